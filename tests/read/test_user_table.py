"""Tables that users hand in are read whatever their encoding, separator and format, and nothing of them is lost."""

import csv
import datetime
import io
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import UsageError
from ingest.read import spreadsheet
from ingest.read.user_table import Row, UserTable, open_table

TEXT = "Lieferant;Land\nMüßig & Söhne GmbH;Österreich\n"


def written(folder: Path, content: bytes | str, name: str = "suppliers.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def cells(table: UserTable) -> list[list[str]]:
    return [row.cells for row in table.rows()]


def workbook(folder: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Vendors")
    for row in rows:
        sheet.append(row)
    book.save(folder / "suppliers.xlsx")
    return folder / "suppliers.xlsx"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings_of_the_west(tmp_path: Path, encoding: str) -> None:
    table = open_table(written(tmp_path, TEXT.encode(encoding)))
    assert table.columns == ("Lieferant", "Land")
    assert list(table.rows()) == [Row(2, ["Müßig & Söhne GmbH", "Österreich"])]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Поставщик;Страна\nООО «Вымышленный завод»;Россия\nЗАО «Небылица»;Украина\n"),
        ("gb18030", "公司名称,国家\n虚构机械制造有限公司,中国\n不存在贸易股份有限公司,中国\n"),
        ("cp932", "会社名,国\n架空製作所株式会社,日本\n株式会社みほんしょうじ,日本\n"),
        ("big5", "公司名稱,國家\n虛構機械股份有限公司,台灣\n不存在貿易有限公司,台灣\n"),
    ],
)
def test_encodings_of_other_scripts_even_far_into_the_file(tmp_path: Path, encoding: str, text: str) -> None:
    header, first, *_ = text.splitlines()
    separator = ";" if ";" in header else ","
    assert cells(open_table(written(tmp_path, text.encode(encoding))))[0] == first.split(separator)
    late = f"name{separator}x\n" + f"Kestrel Ridge LLC{separator}1\n" * 60_000 + text
    assert cells(open_table(written(tmp_path, late.encode(encoding))))[60_001] == first.split(separator)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_and_quotes(tmp_path: Path, separator: str) -> None:
    lines = [["name", "note"], ["Acme, Inc.; Ltd | Co", "two\nlines"], ["Beta", 'said "so"']]
    quoted = "\r\n".join(separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in lines)
    assert cells(open_table(written(tmp_path, quoted))) == lines[1:]


def test_titles_blank_rows_and_ragged_rows(tmp_path: Path) -> None:
    content = "Our suppliers 2026\n\nname,country\nAcme,us,Main St,Suite 4\n\nBeta\n,,\nGamma,us,\n"
    for table in (open_table(written(tmp_path, content)), open_table(written(tmp_path, content), "name")):
        assert (table.columns, table.header_row, table.titles) == (("name", "country"), 3, 1)
        assert table.headers == ("name", "country", "(more)")
        assert list(table.rows(spare=True)) == [
            Row(4, ["Acme", "us", "Main St | Suite 4"]), Row(6, ["Beta", "", ""]), Row(8, ["Gamma", "us", ""]),
        ]  # fmt: skip
        assert list(table.rows()) == [
            Row(4, ["Acme", "us,Main St,Suite 4"], "4 cells instead of 2"), Row(6, ["Beta", ""]),
            Row(8, ["Gamma", "us"]),
        ]  # fmt: skip


def test_headers_are_made_distinct_and_never_empty(tmp_path: Path) -> None:
    table = open_table(written(tmp_path, b"name,,Name,x\nAcme,1,2,3\n"))
    assert table.headers == ("name", "column 2", "Name (2)", "x", "(more)")
    assert table.columns == ("name", "", "Name", "x")
    assert table.columns_and("verdict", "NAME".lower(), "x")[4:] == ("verdict", "name (2)", "x (2)")


def test_names_with_commas_in_a_single_column(tmp_path: Path) -> None:
    path = written(tmp_path, "name\n" + "Kestrel, Inc.\n" * 60 + "Acme; Sons\n")
    for table in (open_table(path), open_table(path, "name")):
        assert table.columns == ("name",)
        assert cells(table)[-2:] == [["Kestrel, Inc."], ["Acme; Sons"]]
        assert table.taken_as == "text in utf-8"
    titled = open_table(written(tmp_path, "Vendors of ours\n\nname, country\nAcme, us\nBeta, us\n"))
    assert titled.columns == ("name", " country")


def test_the_separator_that_excel_is_told(tmp_path: Path) -> None:
    table = open_table(written(tmp_path, "sep=;\nx,y;name\na,b,c;Acme\n"))
    assert (table.columns, table.header_row, table.titles) == (("x,y", "name"), 2, 0)
    assert list(table.rows()) == [Row(3, ["a,b,c", "Acme"])]
    assert open_table(written(tmp_path, "sep=x\nname;y\nAcme;1\n")).columns == ("name", "y")


def test_a_stray_quote_costs_its_own_row_only(tmp_path: Path) -> None:
    content = 'name,country\nAcme,us\n"Beta,us\n' + "Gamma,us\n" * 1_500 + '"Delta" Ltd,us\n'
    rows = list(open_table(written(tmp_path, content)).rows(spare=True))
    assert len(rows) == 1_503
    assert rows[1] == Row(3, ['"Beta', "us", ""], "a quoted cell never ends")
    assert [row for row in rows if row.problem] == rows[1:2]
    assert rows[-1].number == 1_504


def test_an_open_quote_with_too_many_cells_keeps_them_all(tmp_path: Path) -> None:
    table = open_table(written(tmp_path, 'name,country\n"Beta,us,x,y\nAcme,us\n'))
    assert next(table.rows()) == Row(2, ['"Beta', "us,x,y"], "a quoted cell never ends")


def test_a_record_over_two_blocks_of_the_file_is_whole(tmp_path: Path) -> None:
    filler = "".join(f"{n},Kestrel\n" for n in range(60_000))[: (512 << 10) - 20].rsplit("\n", 1)[0]
    table = open_table(written(tmp_path, f'id,name\n{filler}\n1,"Two\nlines ""and more"""\n2,Acme\n'))
    assert cells(table)[-2:] == [["1", 'Two\nlines "and more"'], ["2", "Acme"]]


def test_rows_can_be_read_twice(tmp_path: Path) -> None:
    table = open_table(written(tmp_path, "name\nAcme\n"))
    assert list(table.rows()) == list(table.rows()) == [Row(2, ["Acme"])]


def test_spreadsheet_with_empty_first_sheet_merged_cells_titles_and_dates(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, [], ["Our vendors"], [], ["Name", "Number", "Since"],
        ["Acme GmbH", 42.0, datetime.date(2024, 2, 29)], [None, None, None], ["Beta GmbH", 1.5, None, "beyond"],
    )  # fmt: skip
    for table in (open_table(path), open_table(path, "name", "since")):
        assert (table.taken_as, table.header_row) == ("sheet Vendors", 4)
        assert list(table.rows()) == [
            Row(5, ["Acme GmbH", "42", "2024-02-29", ""]), Row(7, ["Beta GmbH", "1.5", "", "beyond"]),
        ]  # fmt: skip
    renamed = path.rename(tmp_path / "suppliers.csv")
    assert open_table(renamed, "name").taken_as == "sheet Vendors"


def test_text_with_the_ending_of_a_spreadsheet_is_text(tmp_path: Path) -> None:
    assert cells(open_table(written(tmp_path, "name\tx\nAcme\t1\n", "export.xls"))) == [["Acme", "1"]]


def test_parquet_with_bytes_and_times_that_python_does_not_have(tmp_path: Path) -> None:
    table = pa.table(
        {
            "name": pa.array(["Acme", None, None]),
            "n": pa.array([1.0, None, 2.5]),
            "raw": pa.array(["Käse".encode(), None, b"\xff"]),
            "at": pa.array([1, None, 3], pa.timestamp("ns")),
        }
    )
    pq.write_table(table, tmp_path / "suppliers.parquet")
    read = open_table(tmp_path / "suppliers.parquet", "name")
    assert read.taken_as == "Parquet"
    rows = list(read.rows())
    assert [(row.number, row.cells[:3]) for row in rows] == [(2, ["Acme", "1", "Käse"]), (4, ["", "2.5", "\ufffd"])]
    assert rows[0].cells[3] == "1970-01-01 00:00:00.000000001"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b" \n\n ", "the file is empty"),
        (b"sep=;\n", "the file is empty"),
        (bytes(range(256)) * 20, "not a table"),
        (b"PK\x03\x04 broken", "cannot be read"),
        (b"PAR1 broken", "cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 broken", "cannot be read"),
        (b"name3,name4\na,b\n", r"called `name1` or `name2` .* found 2 columns, read as text in utf-8, comma between"),
        (b"name1,x\na,b\n", "called `name2` .*has to stand near the top"),
    ],
)
def test_what_is_no_table_is_said_plainly(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        open_table(written(tmp_path, content), "name1", "name2")


def test_missing_file_folder_and_empty_workbook(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        open_table(tmp_path / "nowhere.csv")
    with pytest.raises(UsageError, match="no regular file"):
        open_table(tmp_path)
    openpyxl.Workbook().save(tmp_path / "empty.xlsx")
    with pytest.raises(UsageError, match="the workbook is empty"):
        open_table(tmp_path / "empty.xlsx")
    blank = tmp_path / "blank.xlsx"
    with xlsxwriter.Workbook(blank) as book:
        book.add_worksheet().write_formula(1, 1, '=""', None, " ")
    with pytest.raises(UsageError, match="the file is empty"):
        open_table(blank)
    pq.write_table(pa.table({}), tmp_path / "empty.parquet")
    assert list(open_table(tmp_path / "empty.parquet").rows()) == []


def test_parquet_damaged_behind_its_header_is_said_when_it_is_reached(tmp_path: Path) -> None:
    path = tmp_path / "suppliers.parquet"
    pq.write_table(pa.table({"name": [f"Acme {n}" for n in range(1000)]}), path, compression="zstd")
    data = bytearray(path.read_bytes())
    data[60:400] = b"\xff" * 340
    path.write_bytes(data)
    with pytest.raises(UsageError, match="the Parquet file cannot be read"):
        list(open_table(path, "name").rows())


def test_workbooks_that_would_fill_the_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path, ["name"], ["Acme"])
    monkeypatch.setattr(spreadsheet, "MOST_CELLS", 1)
    with pytest.raises(UsageError, match="a sheet of 2 rows by 1 columns"):
        open_table(path, "name")


@pytest.mark.parametrize(
    ("rows", "columns", "says"), [(10**6, 10**3, "a sheet of 1,000,000 rows by 1,000"), (3, 2, "")]
)
def test_repeated_cells_of_a_small_file_are_counted(tmp_path: Path, rows: int, columns: int, says: str) -> None:
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    declared = " ".join(f'xmlns:{name}="{urn}:{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f'<office:document-content {declared}><office:body><office:spreadsheet><table:table table:name="A">'
        f'<table:table-row table:number-rows-repeated="{rows}">'
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{columns}">'
        "<text:p>name</text:p></table:table-cell></table:table-row>"
        '<table:table-row table:number-rows-repeated="1000000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    path = tmp_path / "suppliers.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    if says:
        with pytest.raises(UsageError, match=says):
            open_table(path)
    else:
        assert cells(open_table(path)) == [["name", "name"], ["name", "name"]]


TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n",;|\t'), max_size=12),
            min_size=width,
            max_size=width,
        ),
        max_size=12,
    )
)


@given(rows=TABLES, separator=st.sampled_from(",;\t|"))
@settings(deadline=None)
def test_what_a_csv_writer_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], separator: str
) -> None:
    header = ["name", *(f"column {n}" for n in range(1, len(rows[0]) if rows else 1))]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([header, *rows])
    table = open_table(written(tmp_path_factory.mktemp("csv"), out.getvalue()), "name")
    assert table.columns == tuple(header)
    # a row of quotes, separators and blanks alone cannot be told from a blank one
    filled = [row for row in rows if "".join(row).strip(f' \t\x1a"{separator}\n')]
    assert [row for row in cells(table) if "".join(row).strip(f' \t\x1a"{separator}\n')] == filled


def read_or_told(path: Path, *needed: str) -> None:
    """Either rows of one width, or a plain word without content."""
    try:
        table = open_table(path, *needed)
        rows = [*table.rows(), *table.rows()]
        spare = list(table.rows(spare=True))
    except UsageError as error:
        assert str(path.name) in str(error)  # noqa: PT017 -- both outcomes are right
        return
    assert all(len(row.cells) == len(table.columns) for row in rows)
    assert all(len(row.cells) == len(table.headers) for row in spare)
    assert [row.number for row in spare] == sorted({row.number for row in rows})


@given(
    start=st.sampled_from([b"", b"name\n", b'name,"', b"\xff\xfe", b"sep=;\n", b"PK\x03\x04", b"PAR1"]),
    rest=st.binary(max_size=400),
)
@settings(deadline=None)
def test_no_bytes_lead_to_anything_but_a_table_or_a_plain_word(
    tmp_path_factory: pytest.TempPathFactory, start: bytes, rest: bytes
) -> None:
    path = written(tmp_path_factory.mktemp("any"), start + rest)
    read_or_told(path)
    read_or_told(path, "name")


@given(
    kind=st.sampled_from(["packed", "inside", "parquet"]),
    damage=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=5),
    member=st.integers(0, 20),
)
@settings(deadline=None, max_examples=60)
def test_damaged_workbooks_lead_to_a_table_or_a_plain_word(
    tmp_path_factory: pytest.TempPathFactory, kind: str, damage: list[tuple[float, int]], member: int
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = workbook(folder, ["name", "since"], ["Acme", datetime.date(2024, 2, 29)])
    if kind == "parquet":
        path = folder / "suppliers.parquet"
        pq.write_table(pa.table({"name": ["Acme"], "n": [1]}), path)
    if kind == "inside":
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        name = sorted(members)[member % len(members)]
        members[name] = damaged(members[name], damage)
        with zipfile.ZipFile(path, "w") as archive:
            for each, content in members.items():
                archive.writestr(each, content)
    else:
        path.write_bytes(damaged(path.read_bytes(), damage))
    read_or_told(path, "name")


def damaged(content: bytes, damage: list[tuple[float, int]]) -> bytes:
    changed = bytearray(content)
    for place, byte in damage:
        changed[int(place * len(changed))] = byte
    return bytes(changed)
