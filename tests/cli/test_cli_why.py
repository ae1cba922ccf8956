"""why: the verdict on a name in words, and on a file of names row by row."""

import codecs
import csv
import io
import json
import os
import stat
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

import db.why
from cli.main import main
from db.analyst import Analyst
from tests.cli.conftest import Command
from tests.cli.homes import Home

ROWS = "id,Name,Country\n1,Kestrel Ridge LLC,US\n2,John Quorvane,us\n3,Quorvane Zalmirin,\n"
ANSWER = [
    ["id", "Name", "Country", "verdict", "reason"],
    ["1", "Kestrel Ridge LLC", "US", "company", "legal form: llc"],
    ["2", "John Quorvane", "us", "person", "person name pattern"],
    ["3", "Quorvane Zalmirin", "", "unsure", "no evidence"],
]


def put(path: Path, text: str | bytes, encoding: str = "utf-8") -> Path:
    """A file of that text."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def cells(text: str) -> list[list[str]]:
    """The rows of CSV text."""
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.fixture
def names(tmp_path: Path) -> Path:
    return put(tmp_path / "names.csv", ROWS)


def test_a_passing_name_is_explained_with_its_evidence(command: Command) -> None:
    out = command("why", "Kestrel", "Ridge", "LLC", "--country", "US").out
    assert out.startswith("Passes as company. The name states a legal form")
    assert "evidence    llc" in out
    assert "decided by  a legal form" in out
    assert "; a ship's prefix; " in out
    assert "known companies" not in out
    assert "kestrel  not in the tables" in out


def test_a_withheld_name_is_told_what_can_be_done(command: Command) -> None:
    ran = command("why", "Quorvane Zalmirin")
    assert ran.code == 0
    assert ran.out.startswith("Withheld as unsure. Nothing in the name shows")
    assert "trackrecord allow" in ran.out


def test_a_number_or_type_decides_before_the_name(command: Command) -> None:
    said = command("why", "Quorvane", "--id", "rfc=QUO010203AB1", "--json").json
    assert (said["passes"], said["verdict"], said["evidence"]) == (True, "company", "rfc 12")
    assert said["before"] == ["the type that the source states"]
    assert command("why", "Kestrel LLC", "--type", "Person", "--json").json["verdict"] == "person"


def test_json_holds_all_that_the_text_says(command: Command) -> None:
    said = command("why", "John Quorvane", "--json").json
    assert said["name"] == "John Quorvane"
    assert said["reason"] == "person name pattern"
    assert said["words"][0] == {"word": "john", "known_as": ["given name, telling by itself", "surname"]}
    assert set(said) == {
        "name", "verdict", "passes", "reason", "meaning", "evidence", "decided_by", "before", "advice", "words",
        "allowed_by",
    }  # fmt: skip


def test_a_rule_of_an_analyst_for_the_name_is_told(command: Command, home: Home) -> None:
    ruled = Analyst(home.path).allow(
        "Quorvane Zalmirin", "xx_source", evidence="https://register.example/1", why="registered", by="an analyst"
    )
    assert f"allowed by  rule {ruled.number} in xx_source" in command("why", "Quorvane Zalmirin").out
    assert command("why", "Quorvane Zalmirin", "--json").json["allowed_by"] == [f"rule {ruled.number} in xx_source"]
    assert command("why", "Zalmirin Quorvane", "--json").json["allowed_by"] == []


def test_an_empty_name_is_no_name(command: Command) -> None:
    assert command("why", " ", "--json").json["reason"] == "no name"


def test_controls_in_a_name_do_not_reach_the_terminal(command: Command) -> None:
    assert "\x1b" not in command("why", "Kestrel \x1b[31mRidge LLC").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give one name, or a file"),
        (("Acme", "--file", "names.csv"), "give one name, or a file"),
        (("Acme", "--country", "usa"), "two letters"),
        (("Acme", "--type", "nobody"), "Known: aircraft"),
        (("Acme", "--id", "12345"), "SCHEME=VALUE"),
        (("Acme", "--id", "rfc="), "SCHEME=VALUE"),
        (("Acme", "-o", "x.csv"), "-o and --encoding go with --file"),
        (("--file", "names.csv", "--type", "company"), "--type and --id go with a name"),
        (("--file", "missing.csv"), "there is no such file"),
        (("--file", "."), "no regular file"),
        (("--file", "names.csv", "--encoding", "klingon"), "the encoding `klingon` is unknown"),
        (("--file", "names.csv", "--encoding", "undefined"), "the encoding cannot be used"),
        (("--file", "names.csv", "-o", "names.csv"), "the output would overwrite its input"),
        (("--file", "names.csv", "-o", "."), "the output is no regular file"),
        (("--file", "names.csv", "-o", "nowhere/out.csv"), "the output cannot be written: No such file"),
    ],
)
def test_wrong_commands_exit_2(
    command: Command, names: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(names.parent)
    ran = command("why", *words)
    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""
    assert names.read_text(encoding="utf-8") == ROWS


def test_a_hard_link_to_the_input_is_not_overwritten(command: Command, names: Path) -> None:
    link = names.with_name("link.csv")
    os.link(names, link)
    assert command("why", "--file", str(names), "-o", str(link)).code == 2
    assert names.read_text(encoding="utf-8") == ROWS


def test_a_file_comes_back_with_verdict_and_reason(command: Command, names: Path) -> None:
    assert cells(command("why", "--file", str(names)).out) == ANSWER
    assert cells(command("why", "--file", str(names), "-o", "-").out) == ANSWER


def test_an_output_file_is_written_whole_and_for_its_owner(command: Command, names: Path) -> None:
    out = names.with_name("out.csv")
    ran = command("why", "--file", str(names), "-o", str(out))
    assert ran.code == 0
    assert ran.out.startswith(f"3 rows judged, 1 pass; written to {out}")
    assert "unsure   no evidence             1" in ran.out
    assert cells(out.read_text(encoding="utf-8")) == ANSWER
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert {path.name for path in names.parent.iterdir()} == {"names.csv", "out.csv"}
    machine = command("why", "--file", str(names), "-o", str(out), "--json").json
    assert (machine["rows"], machine["passing"], machine["unused"]) == (3, 1, {})
    assert {"verdict": "person", "reason": "person name pattern", "rows": 1} in machine["verdicts"]


def test_a_file_as_json_is_a_list_of_rows(command: Command, names: Path) -> None:
    rows = command("why", "--file", str(names), "--json").json
    assert rows[1] == {
        "id": "2", "Name": "John Quorvane", "Country": "us", "verdict": "person", "reason": "person name pattern",
    }  # fmt: skip


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(b"", "utf-8"), (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
     (b"", "utf-16-le"), (b"", "utf-16-be"), (b"", "cp1252")],
)  # fmt: skip
def test_common_encodings_and_separators_are_found(
    command: Command, tmp_path: Path, separator: str, mark: bytes, encoding: str
) -> None:
    text = separator.join(("Land", "NAME")) + "\r\n" + separator.join(("x", "Käse Öhrli GmbH – Köln")) + "\r\n"
    file = put(tmp_path / "names.txt", mark + text.encode(encoding))
    assert cells(command("why", "--file", str(file)).out) == [
        ["Land", "NAME", "verdict", "reason"],
        ["x", "Käse Öhrli GmbH – Köln", "company", "legal form: gmbh"],
    ]


def test_another_encoding_can_be_named(command: Command, tmp_path: Path) -> None:
    file = put(tmp_path / "names.csv", "name\n架空商事株式会社\n", "cp932")
    assert cells(command("why", "--file", str(file), "--encoding", "cp932").out)[1][:2] == [
        "架空商事株式会社",
        "company",
    ]


def test_what_an_encoding_lacks_is_said(command: Command, tmp_path: Path) -> None:
    file = put(tmp_path / "names.csv", b"name\nK\x81strel LLC\n")
    assert "1 names with characters that the encoding does not have (the file was read as text in cp1252)" in (
        command("why", "--file", str(file)).err
    )


def test_one_column_is_one_name_a_line(command: Command, tmp_path: Path) -> None:
    file = put(tmp_path / "names.csv", 'name\nKestrel, Ridge; Sons LLC\n\n"Acme, LLC"\n"Two\nlines LLC"\nJohn Quorvane')
    found = cells(command("why", "--file", str(file)).out)
    assert [row[0] for row in found[1:]] == ["Kestrel, Ridge; Sons LLC", "Acme, LLC", "Two\nlines LLC", "John Quorvane"]
    assert found[-1][1] == "person"


def test_cells_that_a_spreadsheet_would_obey_are_defused(command: Command, tmp_path: Path) -> None:
    file = put(tmp_path / "names.csv", 'name;=x\n=1+1 LLC;+1\n"\tKestrel LLC";@y\n-3 LLC;a=b\n')
    assert cells(command("why", "--file", str(file)).out) == [
        ["name", "'=x", "verdict", "reason"],
        ["'=1+1 LLC", "'+1", "company", "legal form: llc"],
        ["'\tKestrel LLC", "'@y", "company", "legal form: llc"],
        ["'-3 LLC", "a=b", "company", "legal form: llc"],
    ]


def test_rows_that_do_not_fit_are_given_back_and_not_judged(command: Command, tmp_path: Path) -> None:
    text = (
        "name,country,note\nAcme, LLC,us,x\nKestrel LLC\nKestrel LLC,us,,, \n"
        'Acme LLC,us,"a ""b"""\n"a","b","c","d"\n"Open LLC,us,x\nAcme LLC,us,x\n'
    )
    ran = command("why", "--file", str(put(tmp_path / "names.csv", text)))
    assert ran.code == 0
    assert [row[3:] for row in cells(ran.out)[1:]] == [
        ["not judged", "4 cells instead of 3"],
        ["company", "legal form: llc"],
        ["company", "legal form: llc"],
        ["company", "legal form: llc"],
        ["not judged", "4 cells instead of 3"],
        ["not judged", "a quoted cell never ends"],
        ["company", "legal form: llc"],
    ]
    assert cells(ran.out)[1][:3] == ["Acme", " LLC", "us,x"]


def test_columns_called_verdict_or_reason_stay(command: Command, tmp_path: Path) -> None:
    file = put(tmp_path / "names.csv", "reason,name,Verdict,reason (2)\na,Acme LLC,b,c\n")
    found = cells(command("why", "--file", str(file)).out)
    assert found == [
        ["reason", "name", "Verdict", "reason (2)", "verdict (2)", "reason (3)"],
        ["a", "Acme LLC", "b", "c", "company", "legal form: llc"],
    ]


def test_country_and_type_columns_count_and_what_is_unknown_is_said(command: Command, tmp_path: Path) -> None:
    file = put(
        tmp_path / "names.csv",
        "name,country,type\nZalmirin,,company\nAcme LLC,Atlantis,\nAcme LLC,us,thing\nZalmirin,,firm\n",
    )
    ran = command("why", "--file", str(file), "--country", "us")
    assert [row[3] for row in cells(ran.out)[1:]] == ["company", "company", "company", "company"]
    assert "1 countries that are no code of two letters" in ran.err
    assert "1 types that the gate does not know" in ran.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\n \r\n\n", "the file is empty"),
        (codecs.BOM_UTF8, "the file is empty"),
        (b"Quorvane,John\nZalmirin,Jane\n", "no column is called `name`"),
        (b"name,NAME\na,b\n", "2 columns called `name`"),
        (b"name,country,Country\na,b,c\n", "2 columns called `country`"),
        (b"PK\x03\x04rest", "the spreadsheet cannot be read"),
        (b"\xd0\xcf\x11\xe0rest", "Save it as CSV"),
        (bytes(range(256)) * 64, "this is not a table of text"),
        (b"\0" * 5000, "the file is empty"),
        (b"PAR1rest", "the Parquet file cannot be read"),
        (b'"name', "no column is called `name`"),
        (b"name\n" + b"x" * (17 << 20) + b"\n", "a line is longer than 16 MiB"),
    ],
)
def test_files_that_are_no_table_of_names_exit_2(command: Command, tmp_path: Path, content: bytes, said: str) -> None:
    out = tmp_path / "out.csv"
    ran = command("why", "--file", str(put(tmp_path / "names.csv", content)), "-o", str(out))
    assert ran.code == 2
    assert said in ran.err
    assert "Quorvane" not in ran.err
    assert not out.exists()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_cannot_be_read_is_said(command: Command, names: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("ingest.read.user_text.utf8_blocks", refuse)
    ran = command("why", "--file", str(names))
    assert (ran.code, "the file cannot be read: Permission denied" in ran.err) == (2, True)


def test_long_names_and_null_characters_do_no_harm(command: Command, tmp_path: Path) -> None:
    file = put(tmp_path / "names.csv", "name,x\n" + "Kestrel " * 1250 + ",1\nAc\0me LLC,2\n" + '"' * 101 + ",3\n")
    found = cells(command("why", "--file", str(file)).out)
    assert [row[-2] for row in found[1:]] == ["unsure", "company", "unsure"]


def test_an_excel_separator_line_is_obeyed(command: Command, tmp_path: Path) -> None:
    file = put(tmp_path / "names.csv", "sep=;\nname;x,y\nAcme LLC;1\n")
    assert cells(command("why", "--file", str(file)).out)[1] == ["Acme LLC", "1", "company", "legal form: llc"]


def test_long_files_are_judged_in_batches_and_come_back_in_order(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.why, "BATCH_ROWS", 7)
    rows = [f"Kestrel {n} LLC" if n % 3 else "John Quorvane" for n in range(60)]
    file = put(tmp_path / "names.csv", "name\n" + "\n".join(rows) + "\n")
    found = cells(command("why", "--file", str(file)).out)[1:]
    assert [row[0] for row in found] == rows
    assert [row[1] for row in found] == ["company" if n % 3 else "person" for n in range(60)]


def test_a_cell_over_several_blocks_is_one_cell(command: Command, tmp_path: Path) -> None:
    filler = "".join(f"{n},Kestrel Ridge LLC\n" for n in range(24_000))
    file = put(
        tmp_path / "names.csv", "id,name\n" + filler[: (512 << 10) - 20].rsplit("\n", 1)[0] + '\n1,"Two\nlines LLC"\n'
    )
    assert cells(command("why", "--file", str(file)).out)[-1][1:3] == ["Two\nlines LLC", "company"]


def test_nothing_of_a_file_is_stored(names: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--home", str(tmp_path / "home"), "why", "--file", str(names), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 3
    assert {path.name for path in tmp_path.iterdir()} == {"names.csv"}


def test_spreadsheets_with_a_title_and_parquet_are_judged_like_text(command: Command, tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "names.xlsx") as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(csv.reader(["Suppliers of ours", "", *ROWS.splitlines()])):
            sheet.write_row(number, 0, row)
    ran = command("why", "--file", str(tmp_path / "names.xlsx"))
    assert cells(ran.out) == ANSWER
    assert "The header was found in row 3" in ran.err
    pq.write_table(pa.table({"name": ["Kestrel Ridge LLC"]}), tmp_path / "names.parquet")
    assert cells(command("why", "--file", str(tmp_path / "names.parquet")).out)[1][1] == "company"
