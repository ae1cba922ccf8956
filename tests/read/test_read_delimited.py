"""CSV, TSV and pipe-separated files: what is read, how rows are numbered, what a broken line costs."""

import duckdb
import pytest

from ingest.errors import ReadError
from ingest.read import delimited
from ingest.read.cells import LINES_OF_ONE_RECORD
from tests.read.conftest import Reading

NAMES = ("NO", "EMPLOYER", "AMOUNT")


def test_a_plain_file_is_read_in_order_with_its_line_numbers(reading: Reading) -> None:
    (found,) = reading('NO,EMPLOYER,AMOUNT\n1,Acme Ltd,5\n2,"Bolt, Inc",\n', "csv", NAMES)
    assert found.columns == list(NAMES)
    assert found.cells == [("1", "Acme Ltd", "5"), ("2", "Bolt, Inc", None)]
    assert found.numbers == [2, 3]
    assert found.rows.rejected == ()
    assert found.rows.where_sql == "true"


def test_only_needed_columns_reach_the_engine(reading: Reading, con: duckdb.DuckDBPyConnection) -> None:
    (found,) = reading(
        "CONTACT,NO,REMARKS,REGION,PHONE\nsecret,1,text,north,555\n",
        "csv",
        ("NO",),
        parsed=("REMARKS",),
        ignored=("REGION", "GONE"),
        personal=("CONTACT", "PHONE"),
        extracts={"HAS_PHONE": "\"PHONE\" IS NOT NULL AND 'CONTACT' <> '' -- CONTACT"},
    )
    assert found.columns == ["NO", "REMARKS", "PHONE"]
    assert found.rows.missing == ("GONE",)
    assert "secret" not in str(con.execute("SELECT * FROM notice").fetchall())


def test_placeholders_work_when_the_first_column_is_not_kept(reading: Reading) -> None:
    (found,) = reading("A,B\n1,x\n\n2\n3,y\n", "csv", ("B",), ignored=("A",))
    assert (found.cells, found.numbers) == ([("x",), ("y",)], [2, 5])
    assert found.rows.rejected == ((4, "1 cells instead of 2"),)


def test_a_needed_column_that_is_absent_fails_with_its_name(reading: Reading) -> None:
    with pytest.raises(ReadError, match=r"xx_fair_work_penalties: the file lacks the column `AMOUNT` \(notices\)"):
        reading("NO,EMPLOYER,NEW\n1,2,3\n", "csv", NAMES)


def test_undeclared_columns_are_named(reading: Reading) -> None:
    (found,) = reading("NO,NEW\n1,2\n", "csv", ("NO",))
    assert found.rows.unknown == ("NEW",)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "big5", "shift_jis", "latin-1"]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(reading: Reading, encoding: str, newline: str) -> None:
    name = {"big5": "勞動部有限公司", "shift_jis": "株式会社あおぞら"}.get(encoding, "Société Ñandú")
    text = newline.join(["NO,EMPLOYER,AMOUNT", f"1,{name},5", f'2,"{name}, x",6', ""])
    (found,) = reading(text.encode(encoding), "csv", NAMES, encoding=encoding)
    assert found.cells == [("1", name, "5"), ("2", f"{name}, x", "6")]
    assert found.numbers == [2, 3]


def test_a_byte_order_mark_wins_over_the_declared_encoding(reading: Reading) -> None:
    (found,) = reading("NO,EMPLOYER\n1,Société\n".encode("utf-8-sig"), "csv", ("NO", "EMPLOYER"), encoding="cp1252")
    assert found.cells == [("1", "Société")]


@pytest.mark.parametrize("encoding", ["utf-8", "big5", "ascii", "cp1252"])
def test_undecodable_bytes_keep_the_row(reading: Reading, encoding: str) -> None:
    (found,) = reading(b"NO,EMPLOYER\n1,A\x81\xffB\n2,C\n", "csv", ("NO", "EMPLOYER"), encoding=encoding)
    assert [row[0] for row in found.cells] == ["1", "2"]
    assert "\ufffd" in str(found.cells[0][1]) or encoding == "cp1252"


def test_dense_upper_half_and_nul_bytes(reading: Reading) -> None:
    (found,) = reading("A\0,B\n\u0416\u0416\u0416,\0ю\n".encode("cp1251"), "csv", ("A", "B"), encoding="cp1251")
    assert found.cells == [("ЖЖЖ", "ю")]


def test_characters_cut_by_a_block_stay_whole(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.read.text.BLOCK", 5)
    rows = [(str(number), "é€𠮷" * 3) for number in range(20)]
    text = "NO,EMPLOYER\r\n" + "".join(f"{a},{b}\r\n" for a, b in rows)
    for encoding in ("utf-8", "utf-16", "gb18030"):
        (found,) = reading(text.encode(encoding), "csv", ("NO", "EMPLOYER"), encoding=encoding)
        assert found.cells == rows


@pytest.mark.parametrize("encoding", ["klingon", "base64"])
def test_an_unknown_encoding_is_told(reading: Reading, encoding: str) -> None:
    with pytest.raises(ReadError, match="encoding"):
        reading(b"A\n1\n", "csv", ("A",), encoding=encoding)


@pytest.mark.parametrize("above", ["", "Updated 1 May\nList, of all\n\n", ",,\n,,\n"])
def test_preamble_present_or_absent(reading: Reading, above: str) -> None:
    (found,) = reading(above + '"NO","EMPLOYER"\n1,Acme\n', "csv", ("NO", "EMPLOYER"), preamble="NO,")
    assert found.cells == [("1", "Acme")]
    assert found.numbers == [above.count("\n") + 2]


@pytest.mark.parametrize(
    ("content", "preamble"), [("A,B\n1,2\n", "NO,"), ("", ""), ("\n\n", ""), ("x\n" * 10_005, "NO")]
)
def test_without_header_it_fails(reading: Reading, content: str, preamble: str) -> None:
    with pytest.raises(ReadError, match="no header"):
        reading(content, "csv", ("A",), preamble=preamble)


def test_headerless(reading: Reading) -> None:
    (found,) = reading('7,"ACME, LTD",-0- \r\n\x1a', "csv", NAMES, columns=NAMES)
    assert found.cells == [("7", "ACME, LTD", "-0- ")]
    assert found.numbers == [1]
    assert found.rows.rejected == ()


def test_declared_names_replace_a_header_that_the_preamble_finds(reading: Reading) -> None:
    names = ("NO", "EMPLOYER")
    keys = {"columns": names, "preamble": "no|", "delimiter": "|", "quote": ""}
    (found,) = reading("x\nno|name\n----\n1|Acme\n", "csv", names, **keys)
    assert (found.cells, found.numbers) == ([("1", "Acme")], [4])


def test_header_names_are_tidied_and_repeated_ones_numbered(reading: Reading) -> None:
    header = '\ufeff NO ,"EMPLOYER\n  NAME",name,NAME,,\n'
    (found,) = reading(header + "1,2,3,4,5,6\n", "csv", ("NO", "EMPLOYER NAME", "name", "NAME (2)"), multiline=True)
    assert found.cells == [("1", "2", "3", "4")]
    assert found.numbers == [2]
    assert found.rows.unknown == ("column 5", "column 6")


def test_a_header_with_a_stray_quote_is_split_plainly(reading: Reading) -> None:
    (found,) = reading('NO,"EMPLOYER\n1,2\n', "csv", ("NO", '"EMPLOYER'))
    assert found.cells == [("1", "2")]


def test_a_file_without_rows_and_without_last_line_end(reading: Reading) -> None:
    assert reading("NO,EMPLOYER", "csv", ("NO",))[0].rows.rows == 0
    (found,) = reading("NO,EMPLOYER\n1,Acme", "csv", ("NO", "EMPLOYER"))
    assert found.cells == [("1", "Acme")]


@pytest.mark.parametrize("multiline", [False, True])
@pytest.mark.parametrize("stray", ['500,"Bolt,5', '500,Bo"lt,"5', '"500,Bolt,5', '500,"Bolt"" ,5', '500,Bolt,"'])
def test_one_stray_quote_costs_exactly_its_row(reading: Reading, stray: str, multiline: bool) -> None:
    rows = [f'{number},"Acme, {number}",{number}' for number in range(1000)]
    rows[500] = stray
    (found,) = reading("NO,EMPLOYER,AMOUNT\r\n" + "\r\n".join(rows), "csv", NAMES, multiline=multiline)
    assert [row[0] for row in found.cells] == [str(number) for number in range(1000) if number != 500]
    assert found.numbers == [number for number in range(2, 1002) if number != 502]
    assert [number for number, _ in found.rows.rejected] == [502]


def test_quotes_inside_of_cells_are_text(reading: Reading) -> None:
    lines = [
        '1,The "Big" One,5',
        '2,"The "Big" One",6',
        '3,"a ""b"" c",7',
        '4,""x"",8',
        '5,"He said "no""",9',
        '6,"",10',
        '7,"a"b","c"',
    ]
    (found,) = reading("NO,EMPLOYER,AMOUNT\n" + "\n".join(lines) + "\n", "csv", NAMES)
    assert [row[1] for row in found.cells] == [
        'The "Big" One',
        'The "Big" One',
        'a "b" c',
        '"x"',
        'He said "no"',
        None,
        'a"b',
    ]
    assert found.rows.rejected == ()


def test_ragged_rows_are_rejected_and_blank_lines_are_none(reading: Reading) -> None:
    content = "NO,EMPLOYER,AMOUNT\n1,a,b\n2,c\n\n3,d,e,\n  \n4,f,g\n,,\n\x1a"
    (found,) = reading(content, "csv", NAMES)
    assert found.numbers == [2, 7, 8]
    assert found.cells[-1] == (None, None, None)
    assert found.rows.rejected == ((3, "2 cells instead of 3"), (5, "4 cells instead of 3"))
    assert found.rows.where_sql != "true"


def test_one_column(reading: Reading) -> None:
    (found,) = reading('NO\n1\n\n- \n ---\n2\n"3"\n----\n', "csv", ("NO",))
    assert found.cells == [("1",), ("- ",), (" ---",), ("2",), ("3",)]
    assert found.numbers == [2, 4, 5, 6, 7]


def test_many_columns_count_beyond_a_byte(reading: Reading) -> None:
    names = tuple(f"C{number}" for number in range(300))
    (found,) = reading(
        ",".join(names) + "\n" + ",".join(["x"] * 300) + "\n" + ",".join(["x"] * 44) + "\n", "csv", names
    )
    assert (found.rows.rows, found.rows.rejected) == (1, ((3, "44 cells instead of 300"),))


def test_quoted_line_breaks(reading: Reading) -> None:
    content = 'NO,EMPLOYER,AMOUNT\r\n1,"Acme\r\n\r\nof ""Xland"" Ltd",5\r\n2,Bolt,6\r\n3,"a\nb",7\r\n'
    (found,) = reading(content, "csv", NAMES, multiline=True)
    assert [row[1] for row in found.cells] == ['Acme\n\nof "Xland" Ltd', "Bolt", "a\nb"]
    assert found.numbers == [2, 3, 4]
    (single,) = reading(content, "csv", NAMES)
    assert single.cells == [("2", "Bolt", "6")]


def test_a_record_may_cross_blocks_but_not_the_bounds(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.read.text.BLOCK", 64)
    long = "\n".join(["word"] * 50)
    (found,) = reading(f'NO,EMPLOYER,AMOUNT\n1,"{long}",5\n2,x,y\n', "csv", NAMES, multiline=True)
    assert [row[1] for row in found.cells] == [long, "x"]
    monkeypatch.undo()
    endless = "\n".join(["word"] * (LINES_OF_ONE_RECORD + 5))
    (found,) = reading(f'NO,EMPLOYER,AMOUNT\n1,"{endless}",5\n2,x,y\n', "csv", NAMES, multiline=True)
    assert found.cells == [("2", "x", "y")]
    wide = "\n".join(["word" * 5000] * 60)
    (found,) = reading(f'NO,EMPLOYER,AMOUNT\n1,"{wide}",5\n2,x,y\n', "csv", NAMES, multiline=True)
    assert found.cells == [("2", "x", "y")]
    assert found.rows.rejected[0] == (2, "a quoted cell never ends")


def test_without_quoting_a_quote_is_text(reading: Reading) -> None:
    (found,) = reading('NO|EMPLOYER\n1|"Acme\n2|B"o"lt"\n3|a|b\n', "csv", ("NO", "EMPLOYER"), delimiter="|", quote="")
    assert [row[1] for row in found.cells] == ['"Acme', 'B"o"lt"']
    assert found.rows.rejected == ((4, "3 cells instead of 2"),)


def test_mixed_line_ends_count_as_one_kind(reading: Reading) -> None:
    (found,) = reading(b"NO,EMPLOYER\r\n1,a\r\n2,b\n3,c\r4,d\r\r\n5,e\r", "csv", ("NO", "EMPLOYER"))
    assert found.numbers == [2, 3, 4, 5, 6]
    (found,) = reading(b"NO,EMPLOYER\n1,a\r\n2,b\n", "csv", ("NO", "EMPLOYER"))
    assert found.cells == [("1", "a"), ("2", "b")]


def test_a_line_without_end_is_refused(reading: Reading) -> None:
    with pytest.raises(ReadError, match="longer than 16 MiB"):
        reading(b"NO,EMPLOYER\n1," + b"x" * (17 << 20), "csv", ("NO",))


def test_a_long_line_is_read(reading: Reading) -> None:
    (found,) = reading(b"NO,EMPLOYER\n1," + b"x" * (3 << 20) + b"\n2,y\n", "csv", ("NO", "EMPLOYER"))
    assert [len(str(row[1])) for row in found.cells] == [3 << 20, 1]


@pytest.mark.parametrize(("delimiter", "quote"), [("¦", '"'), (",", ","), (";;", '"')])
def test_an_unusable_dialect_is_told(reading: Reading, delimiter: str, quote: str) -> None:
    with pytest.raises(ReadError, match="one ASCII character"):
        reading("A\n1\n", "csv", ("A",), delimiter=delimiter, quote=quote)


def test_absurdly_many_unreadable_rows_fail(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.read.rows.MOST_REJECTED", 3)
    with pytest.raises(ReadError, match="more than 3 rows"):
        reading("A,B\n" + "1\n" * 4, "csv", ("A",))
    monkeypatch.setattr("ingest.read.text.BLOCK", 8)
    with pytest.raises(ReadError, match="more than 3 rows"):
        reading("A,B\n" + "1\n" * 4000, "csv", ("A",))


def test_when_engine_and_check_disagree_every_line_is_read_exactly(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_wide = ",".join(["x"] * (2 + 256))
    (found,) = reading(f"A,B\n1,2\n{too_wide}\n3,4\n", "csv", ("A", "B"))
    assert (found.cells, found.rows.rejected) == ([("1", "2"), ("3", "4")], ((3, "258 cells instead of 2"),))
    monkeypatch.setattr(delimited, "_load", lambda *_: False)
    with pytest.raises(ReadError, match="did not read as many rows"):
        reading("A,B\n1,2\n", "csv", ("A", "B"))


def test_the_stamp_comes_from_the_head_of_the_file(reading: Reading) -> None:
    content = "Información al 3 de mayo\nNO,EMPLOYER\n1,a\n".encode("cp1252")
    keys = {"encoding": "cp1252", "preamble": "NO,"}
    assert reading(content, "csv", ("NO",), as_of_pattern=r"Información al (.+)", **keys)[0].rows.stamp == "3 de mayo"
    assert reading(content, "csv", ("NO",), as_of_pattern=r"Stand (.+)", **keys)[0].rows.stamp is None
