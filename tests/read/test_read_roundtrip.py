"""Whatever is written as CSV is read back cell by cell, and never by the slow fallback."""

import csv
import io
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.read import delimited
from tests.read.conftest import Reading


@pytest.fixture(autouse=True)
def no_second_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine has to agree with the quick check at the first attempt."""
    clean = delimited._clean

    def first_only(*arguments: object, exact: bool) -> object:
        assert not exact
        return clean(*arguments, exact=exact)  # type: ignore[arg-type]

    monkeypatch.setattr(delimited, "_clean", first_only)


CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufdd1\ufeff"), max_size=8)
SPECIAL = st.text(st.sampled_from("a\",;|\t\n 'é€"), max_size=8)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(st.one_of(CELL, SPECIAL), min_size=width, max_size=width), max_size=12)
    ),
    encoding=st.sampled_from(["utf-8", "utf-16", "gb18030", "utf-8-sig"]),
    style=st.tuples(
        st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    ),
)
def test_whatever_a_csv_writer_writes_is_read_back(
    reading: Reading, table: list[list[str]], encoding: str, style: tuple[str, str, Literal[0, 1]]
) -> None:
    delimiter, newline, quoting = style
    table = [["k", *row] for row in table]
    width = len(table[0]) if table else 1
    names = tuple(f"C{place}" for place in range(width))
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=newline, quoting=quoting)
    writer.writerows([names, *table])
    content = buffer.getvalue().encode(encoding)
    (found,) = reading(content, "csv", names, delimiter=delimiter, encoding=encoding, multiline=True)
    assert found.cells == [tuple(cell or None for cell in row) for row in table]
    assert found.numbers == list(range(2, len(table) + 2))
    assert found.rows.rejected == ()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.text(st.sampled_from('a",  é-'), max_size=12), max_size=15), multiline=st.booleans())
def test_any_line_noise_is_read_or_rejected_and_the_last_row_survives(
    reading: Reading, lines: list[str], multiline: bool
) -> None:
    content = "\n".join(["A,B,C", *lines, "last,row,5"])
    (found,) = reading(content, "csv", ("A", "B", "C"), multiline=multiline)
    assert found.cells[-1] == ("last", "row", "5")
    if not multiline:
        assert found.numbers[-1] == len(lines) + 2
        blank = sum(not line.strip() or (len(line) > 2 and not line.strip("-")) for line in lines)
        assert found.rows.rows + len(found.rows.rejected) + blank == len(lines) + 1
