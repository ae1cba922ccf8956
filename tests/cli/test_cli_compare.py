"""trackrecord compare, as a user meets it: one pair, a file of pairs, and what is wrong with either."""

import csv
import io
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.cli.conftest import Command

LEI = "5493001KJTIIGC8Y1R12"


def test_a_pair_is_explained(command: Command) -> None:
    ran = command("compare", "Quorvex Fund VII", "Quorvex Fund VIII")
    assert ran.code == 0
    assert "Different companies" in ran.out
    assert "different numerals: 7 and 8" in ran.out
    assert "names_v1" in ran.out


def test_countries_and_numbers_of_either_side_count(command: Command) -> None:
    forms = command("compare", "Quorvex GmbH", "Quorvex AG", "--country-a", "DE", "--country-b", "de", "--json").json
    assert forms["band"] == "possible"
    equal = command("compare", "Quorvex", "Zander", "--id-a", f"lei={LEI}", "--id-b", f"LEI={LEI.lower()}", "--json")
    assert (equal.json["score"], equal.json["a"], equal.json["b"]) == (1.0, "Quorvex", "Zander")
    assert equal.json["reasons"] == [{"text": "equal Legal Entity Identifier, ISO 17442", "weight": 1.0}]
    wrong = command("compare", "Quorvex", "Zander", "--id-a", f"lei={LEI[:-1]}3", "--id-b", f"lei={LEI[:-1]}3")
    assert "not valid" in wrong.err
    assert "Different companies" in wrong.out


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("Quorvex",),
        ("a", "b", "c"),
        ("a", "b", "--country-a", "usa"),
        ("a", "b", "--id-b", "lei"),
        ("a", "b", "--id-b", "nonsense=1"),
        ("a", "b", "-o", "x.csv"),
        ("a", "b", "--encoding", "utf-8"),
        ("a", "b", "--pairs", "pairs.csv"),
        ("--pairs", "missing.csv"),
    ],
)
def test_a_wrong_question_is_a_usage_error(command: Command, arguments: tuple[str, ...]) -> None:
    ran = command("compare", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1


def _pairs(path: Path, text: str, encoding: str = "utf-8") -> str:
    path.write_bytes(text.encode(encoding))
    return str(path)


def test_a_file_of_pairs_comes_back_with_the_answer(command: Command, tmp_path: Path) -> None:
    given = _pairs(
        tmp_path / "pairs.csv",
        "Nr;Name1;Name2;country1;country2;id1;id2\n"
        "1;Quorvex Intl Co;Quorvex International;us;us;;\n"
        f"2;Quorvex;Zander;;;lei={LEI};x=1|lei={LEI}\n"
        "3;=Quorvex;;;;;\n"
        "4;Müller Quorvex;Muller Quorvex;;;77;77\n"
        "5;Global Trading;Global Trading;us;india;;\n",
        "cp1252",
    )
    output = tmp_path / "out.csv"
    ran = command("compare", "--pairs", given, "-o", str(output))
    assert ran.code == 0
    assert "5 pairs compared" in ran.out
    assert "1 cells with a country" in ran.err
    rows = list(csv.reader(io.StringIO(output.read_text(encoding="utf-8"))))
    assert rows[0][-3:] == ["score", "band", "reasons"]
    assert [row[-2] for row in rows[1:]] == ["same", "same", "not compared", "same", "same"]
    assert rows[3][1] == "'=Quorvex"
    assert rows[4][1] == "Müller Quorvex"


def test_pairs_are_printed_as_csv_or_json(command: Command, tmp_path: Path) -> None:
    given = _pairs(tmp_path / "pairs.csv", "name1,name2,score\nQuorvex,Quorvex Ltd,9\n")
    assert command("compare", "--pairs", given).out.startswith("name1,name2,score,score (2),band,reasons\nQuorvex,")
    (row,) = command("compare", "--pairs", given, "--json").json
    assert row["band"] == "same"
    summary = command("compare", "--pairs", given, "-o", str(tmp_path / "o.csv"), "--json").json
    assert (summary["rows"], summary["bands"]) == (1, [{"band": "same", "rows": 1}])


def test_many_pairs_keep_their_order(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.match.pairs._ANEW_AFTER", 7)
    monkeypatch.setattr("db.match.pairs._TOLD_EVERY", 5)
    lines = "".join(f"Quorvex {n},Quorvex {n % 3}\n" for n in range(20))
    ran = command("compare", "--pairs", _pairs(tmp_path / "pairs.csv", f"name1,name2\n{lines}"))
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [row["name1"] for row in rows] == [f"Quorvex {n}" for n in range(20)]
    assert [row["band"] == "same" for row in rows] == [n < 3 for n in range(20)]


@pytest.mark.parametrize(
    "text", ["", "\n\n", "name1\nQuorvex\n", "name2\nQuorvex\n", "\x00\x01\x02\xff" * 40, "name1,name1,name2\n"]
)
def test_a_bad_file_is_told_in_one_line(command: Command, tmp_path: Path, text: str) -> None:
    ran = command("compare", "--pairs", _pairs(tmp_path / "pairs.csv", text, "latin-1"))
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_an_empty_workbook_is_told_in_words(command: Command, tmp_path: Path) -> None:
    book = Workbook()
    book.save(tmp_path / "pairs.xlsx")
    ran = command("compare", "--pairs", str(tmp_path / "pairs.xlsx"))
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_ragged_rows_lose_nothing(command: Command, tmp_path: Path) -> None:
    given = _pairs(tmp_path / "pairs.csv", "name1,name2\nQuorvex,Quorvex,more\nQuorvex\n")
    ran = command("compare", "--pairs", given)
    assert ran.code == 0
    assert ran.out.count("not compared") == 2
