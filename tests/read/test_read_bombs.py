"""Small files that would end the process or fill its memory are refused in words."""

import io

import openpyxl
import pytest

from ingest.errors import ReadError
from tests.read.conftest import Reading


@pytest.mark.parametrize("digits", [1001, 4301, 2_000_000])
def test_an_endless_number_in_json(reading: Reading, digits: int) -> None:
    with pytest.raises(ReadError, match="a number of more than 1000 digits"):
        reading(f'[{{"a": {"9" * digits}}}]', "json", ("a",))


def test_a_long_number_in_json_is_read(reading: Reading) -> None:
    (found,) = reading(f'[{{"a": {"9" * 900}}}]', "json", ("a",))
    assert found.rows.rows == 1


@pytest.mark.parametrize("far", ["XFD1048576", "XFD4000"])
def test_a_sheet_with_cells_far_apart(reading: Reading, far: str) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "a"
    book.active[far] = "x"
    file = io.BytesIO()
    book.save(file)
    book.close()
    with pytest.raises(ReadError, match=r"a sheet of .* rows by 16,384 columns"):
        reading(file.getvalue(), "xlsx", ("a",))


def test_a_cell_that_claims_to_span_everything(reading: Reading) -> None:
    table = f'<table><tr><th>a</th></tr><tr><td colspan="{"9" * 5000}">x</td></tr></table>'
    (found,) = reading(table, "html", ("a",), rows_at="table")
    assert found.rows.rows == 1
