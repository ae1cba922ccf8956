"""Fixed width, spreadsheets, JSON, XML, HTML, PDF and a source's own extract.py."""

import datetime
import json
import re
from pathlib import Path

import pytest

from ingest.errors import ReadError
from tests.read.conftest import Reading
from tests.read.files import ruled_pdf, workbook

FORM = ("Form Type", "Company Name", "CIK", "Date Filed", "File Name")
COMPANY = ("Company Name", "Form Type", "CIK", "Date Filed", "File Name")


def test_fixed_width_with_a_header_on_one_line(reading: Reading) -> None:
    content = (
        "Description: index\nLast Data Received:    Mar 18, 2020\n \n"
        "Form Type   Company Name                  CIK         Date Filed  File Name\n" + "-" * 80 + "\n"
        "1-A POS     Acme & Sons, Ltd.             1806014     20200318    edgar/data/1.txt      \n"
        "8-K         Bolt                          19          20200318    edgar/data/2.txt\n"
        "8-K         torn\n\n"
    )
    (found,) = reading(content, "fixed", FORM, columns=FORM, tail=3, as_of_pattern=r"Received:\s+(.*)")
    assert found.cells == [
        ("1-A POS", "Acme & Sons, Ltd.", "1806014", "20200318", "edgar/data/1.txt"),
        ("8-K", "Bolt", "19", "20200318", "edgar/data/2.txt"),
    ]
    assert found.numbers == [6, 7]
    assert found.rows.rejected == ((8, "the line is too short for its columns"),)
    assert found.rows.stamp == "Mar 18, 2020"


def test_fixed_width_with_a_wrapped_header(reading: Reading) -> None:
    content = (
        "Company Name                  Form Type   CIK\r\n      Date Filed  File Name\r\n" + "-" * 60 + "\r\n"
        "Acme Ltd                      8-K         7           20221003    edgar/data/1.txt   \r\n"
    )
    (found,) = reading(content, "fixed", COMPANY, columns=COMPANY, tail=3)
    assert found.cells == [("Acme Ltd", "8-K", "7", "20221003", "edgar/data/1.txt")]
    assert found.numbers == [4]


def test_fixed_width_without_tail(reading: Reading) -> None:
    (found,) = reading("A    B\n------\n1 2  3 4 \n", "fixed", ("A", "B"), columns=("A", "B"))
    assert found.cells == [("1 2", "3 4")]


def test_an_index_of_a_day_without_filings_has_no_rows(reading: Reading) -> None:
    header = "Form Type   Company Name   CIK         Date Filed  File Name\n-----------\n"
    assert reading(header, "fixed", FORM, columns=FORM, tail=3)[0].rows.rows == 0


@pytest.mark.parametrize(
    ("content", "keys", "message"),
    [
        ("A B\n1 2\n", {"columns": ("A", "B")}, "no line of dashes"),
        ("x\n" * 1100, {"columns": ("A", "B")}, "does not name"),
        ("A C\n---\n", {"columns": ("A", "B")}, "does not name"),
        ("A\nB C\n------\n", {"columns": ("A", "B C"), "ignored": ("B C",)}, "does not name"),
        ("A\n---\n", {}, "needs `columns`"),
    ],
)
def test_fixed_width_with_another_layout_fails(
    reading: Reading, content: str, keys: dict[str, object], message: str
) -> None:
    with pytest.raises(ReadError, match=message):
        reading(content, "fixed", ("A",), **keys)


def test_spreadsheet_cells_become_text(reading: Reading) -> None:
    rows: list[list[object]] = [
        ["NO", "EMPLOYER\nNAME", "ON", "AMOUNT", "OPEN"],
        [1, "Acme", datetime.date(2024, 5, 1), 12.5, True],
        [None, None, None, None, None],
        [2.0, None, datetime.datetime(2024, 5, 1, 9, 30), 0.0000001, False],  # noqa: DTZ001 -- sheets know no zones
        [123456789012345, "Bolt", datetime.time(9, 30), datetime.timedelta(hours=30), "x"],
    ]
    (found,) = reading(workbook(rows), "xlsx", ("NO", "EMPLOYER NAME", "ON", "AMOUNT"), ignored=("OPEN",))
    assert found.cells[:2] == [
        ("1", "Acme", "2024-05-01", "12.5"),
        ("2", None, "2024-05-01T09:30:00", "0.0000001"),
    ]
    assert found.cells[2][:3] == ("123456789012345", "Bolt", "09:30:00")
    assert found.numbers == [2, 4, 5]
    (found,) = reading(workbook(rows), "xlsx", ("OPEN",))
    assert [row[0] for row in found.cells] == ["true", "false", "x"]


def test_spreadsheet_with_preamble_and_named_sheet(reading: Reading) -> None:
    content = workbook([["Updated"], [], ["NO", "EMPLOYER"], [1, "Acme"]])
    (found,) = reading(content, "xlsx", ("NO", "EMPLOYER"), preamble="NO,EMP", rows_at="Notices")
    assert (found.cells, found.numbers) == ([("1", "Acme")], [4])
    (found,) = reading(content, "xlsx", ("A", "B"), columns=("A", "B"))
    assert found.numbers == [1, 3, 4]
    for keys in ({"preamble": "ID"}, {"rows_at": "Other"}):
        with pytest.raises(ReadError, match=r"no header row|no sheet `Other`"):
            reading(content, "xlsx", ("NO",), **keys)
    with pytest.raises(ReadError, match="no header row"):
        reading(workbook([]), "xlsx", ("NO",))


def test_spreadsheet_rows_are_numbered_as_the_sheet_shows_them_below_blank_ones(reading: Reading) -> None:
    content = workbook([[], [], ["NO", "EMPLOYER"], [1, "Acme"], [], [2, "Bolt"]])
    (found,) = reading(content, "xlsx", ("NO", "EMPLOYER"))
    assert (found.cells, found.numbers) == ([("1", "Acme"), ("2", "Bolt")], [4, 6])


def test_json_values_become_text(reading: Reading) -> None:
    rows = [
        '{"id": 12345678901234567890,"name": "Ac\\u00e9me", "amount": 4965.70,"open": true,"none": null,"x": "\\\\[{"}',
        '{"id": 2, "parts": [{"a": 1.50, "b": [null, "é"]}], "name": "", "amount": 0.0000001}',
    ]
    content = '\ufeff{"total": 2, "data": {"rows": [' + ",".join(rows) + "]}}"
    names = ("id", "name", "amount", "open", "none", "parts")
    (found,) = reading(content, "json", names, rows_at="data.rows", as_of_pattern=r'"total": (\d)', ignored=("y",))
    assert found.cells == [
        ("12345678901234567890", "Acéme", "4965.70", "true", None, None),
        ("2", None, "0.0000001", None, None, '[{"a":1.50,"b":[null,"é"]}]'),
    ]
    assert found.numbers == [1, 2]
    assert found.rows.stamp == "2"
    assert (found.rows.missing, found.rows.unknown) == (("y",), ("x",))


def test_json_array_at_the_top_and_in_another_encoding(reading: Reading) -> None:
    (found,) = reading('[{"a": "é", "b": 1e400}]', "json", ("a", "b"), encoding="utf-16")
    assert found.cells == [("é", "1E+400")]
    assert reading("[]", "json", ("a",))[0].rows.rows == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"data": {}}', "no array at `data`"),
        ('{"data": [1]}', "is no object"),
        ('{"data": [{"a": 1}, {"a": ', r"not readable as JSON \(notices, row 2\)"),
        ('{"data": [{"b": 1}]}', "lacks the column `a`"),
        ('{"data": [{"a": ' + "[" * 100_000, "nested deeper than 200"),
    ],
)
def test_json_of_another_shape_fails(reading: Reading, content: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        reading(content, "json", ("a",), rows_at="data")


def test_json_whole_file_has_to_be_an_array(reading: Reading) -> None:
    with pytest.raises(ReadError, match="no array as the whole file"):
        reading('{"a": 1}', "json", ("a",))


XML = """<?xml version="1.0" encoding="UTF-8"?>
<LIST xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" date='2025-01-02'><!-- c -->
 <PEOPLE><PERSON><NO>9</NO></PERSON></PEOPLE>
 <FIRMS>
  <FIRM id="7" xmlns="urn:x"><NO>1</NO><NAME xsi:nil="true">Acme &amp; Co </NAME>
   <ALIAS><QUALITY>a.k.a.</QUALITY><NAME>AC</NAME></ALIAS><ADDRESS><CITY>X</CITY><ZIP/></ADDRESS><ADDRESS/>
   <TAG>a</TAG><TAG>b</TAG><KIND code="5">late</KIND><DEEP><IN><X>1</X></IN></DEEP></FIRM>
  <FIRM><NO>2</NO><NAME>Bolt</NAME><ALIAS/><ADDRESS> </ADDRESS></FIRM>
 </FIRMS>
</LIST>"""


def test_xml_children_become_text_or_lists(reading: Reading) -> None:
    names = ("@id", "NO", "NAME", "ALIAS", "ADDRESS", "TAG", "KIND", "DEEP")
    (found,) = reading(XML, "xml", names, rows_at="FIRMS/FIRM", as_of_pattern="date='([^']+)'")
    first, second = found.by_name
    assert (first["@id"], first["NO"], first["NAME"]) == ("7", "1", "Acme & Co ")
    assert json.loads(str(first["ALIAS"])) == [{"QUALITY": "a.k.a.", "NAME": "AC"}]
    assert json.loads(str(first["ADDRESS"])) == [{"CITY": "X", "ZIP": None}]
    assert json.loads(str(first["TAG"])) == ["a", "b"]
    assert json.loads(str(first["KIND"])) == [{"@code": "5", "#text": "late"}]
    assert json.loads(str(first["DEEP"])) == [{"IN": [{"X": "1"}]}]
    assert (second["NAME"], second["ALIAS"], second["ADDRESS"]) == ("Bolt", None, None)
    assert found.numbers == [1, 2]
    assert found.rows.stamp == "2025-01-02"


@pytest.mark.parametrize(
    ("content", "rows_at", "message"),
    [
        (XML, "", "`rows_at`"),
        (XML, "SHIPS/SHIP", "no element `SHIPS`"),
        (XML[:-40], "FIRMS/FIRM", "not readable as XML"),
        ("<!DOCTYPE a [<!ENTITY e 'boom'>]><a><r><n>&e;</n></r></a>", "r", "document type"),
        ("<a>" + "<r>" * 400 + "</r>" * 400 + "</a>", "r", "not readable as XML"),
    ],
)
def test_xml_of_another_shape_or_unsafe_fails(reading: Reading, content: str, rows_at: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        reading(content, "xml", ("NO",), rows_at=rows_at)


PAGE = """<html><table><tr><td>menu</td></tr></table><table id=t><caption>List</caption>
<thead><tr><th>Name</th><th>Reason(s)</th><th>Status</th></tr></thead><tbody>
<tr><td>Ac<b>me</b><br>Ltd</td><td><a href="#1">1</a>, <a href="#2">2</a></td><td rowspan="2">open</td></tr>
<tr><td colspan="2">Bolt <table><tr><td>inner</td></tr></table></td></tr>
<tr><td></td></tr><tr><td>torn</td></tr><tr><td rowspan=2>C</td><td>r</td><td>x</td></tr><tr><td>s</td><td>y</td></tr>
</tbody></table></html>"""


def test_html_table(reading: Reading) -> None:
    names = ("Name", "Reason(s)", "Status", "Reason(s) @href")
    (found,) = reading(PAGE, "html", names, rows_at="table#t")
    assert found.cells == [
        ("Acme Ltd", "1, 2", "open", '["#1", "#2"]'),
        ("Bolt inner", "Bolt inner", "open", None),
        ("C", "r", "x", None),
        ("C", "s", "y", None),
    ]
    assert found.numbers == [2, 3, 6, 7]
    assert found.rows.rejected == ((5, "1 cells instead of 4"),)


@pytest.mark.parametrize(
    ("content", "rows_at", "message"),
    [
        ("<p>Access denied", "", "no table"),
        (PAGE, "table[[", "CSS selector|no table"),
        ("<table></table>", "", "no header"),
    ],
)
def test_html_without_the_table_fails(reading: Reading, content: str, rows_at: str, message: str) -> None:
    with pytest.raises(ReadError, match=message):
        reading(content, "html", ("Name",), rows_at=rows_at)


def test_html_has_a_limit(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.read.html.LARGEST_PAGE", 10)
    with pytest.raises(ReadError, match="larger than"):
        reading(PAGE, "html", ("Name",))


def test_pdf_tables_with_sections_and_repeated_headers(reading: Reading) -> None:
    header = ["NAME", "ON", "LAW"]
    pages = [
        [["List\nNorth Bureau"], header, ["Acme", "R6.3.1", "Art.\n32"], ["Bolt", "R6.3.2", "Art. 5"]],
        [["South Bureau"], header, ["Crane", "", "Art. 9"]],
    ]
    (found,) = reading(ruled_pdf(pages), "pdf", ("NAME", "ON", "LAW", "_section"))
    assert found.cells == [
        ("Acme", "R6.3.1", "Art. 32", "North Bureau"),
        ("Bolt", "R6.3.2", "Art. 5", "North Bureau"),
        ("Crane", None, "Art. 9", "South Bureau"),
    ]
    assert found.numbers == [3, 4, 7]


def test_pdf_of_another_shape_fails(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    content = ruled_pdf([[["A", "B", "C"], ["1", "2", "3"]]])
    with pytest.raises(ReadError, match="no table has the declared columns"):
        reading(content, "pdf", ("NAME",))
    with pytest.raises(ReadError, match="not readable as PDF"):
        reading(b"%PDF-1.4 nothing", "pdf", ("NAME",))
    monkeypatch.setattr("ingest.read.pdf._MOST_PAGES", 0)
    with pytest.raises(ReadError, match="pages"):
        reading(content, "pdf", ("A",))


def test_extract_py_gives_rows(reading: Reading, tmp_path: Path) -> None:
    code = "def rows(path):\n  for line in path.read_text().splitlines():\n    yield {'a': line, 'b': None, 'c': 'x'}\n"
    (tmp_path / "extract.py").write_text(code, encoding="utf-8")
    (found,) = reading("one\ntwo", "extract", ("a", "b"))
    assert (found.cells, found.numbers, found.rows.unknown) == ([("one", None), ("two", None)], [1, 2], ("c",))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (None, "no extract.py"),
        ("raise KeyError('MARKER')", "cannot be imported: KeyError"),
        ("x = 1", "cannot be imported: AttributeError"),
        ("def rows(path):\n yield {'a': '1'}\n raise OSError('MARKER')", r"failed with OSError \(notices, row 2\)"),
    ],
)
def test_a_failing_extract_py_is_told_without_its_words(
    reading: Reading, tmp_path: Path, code: str | None, message: str
) -> None:
    if code:
        (tmp_path / "extract.py").write_text(code, encoding="utf-8")
    with pytest.raises(ReadError, match=message) as caught:
        reading("one", "extract", ("a",))
    assert not re.search("MARKER", str(caught.value))
