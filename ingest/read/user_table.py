"""A table that a user hands in: CSV of any encoding and separator, spreadsheet or Parquet, row by row as text.

Nothing of the file is logged, and no message quotes it: a list of suppliers may name persons on any line.
"""

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

from ingest.errors import ReadError, UsageError
from ingest.read.user_text import Raw, holds, text_file
from ingest.read.user_workbook import Parquet, sheet_of

_HEADER_WITHIN = 20
_PARQUET = b"PAR1"
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


class Row(NamedTuple):
    """A row of the table, whose cells are as many as there are columns.

    `number` counts every row of the file from 1, blank ones too; `problem` says why the cells cannot be trusted to
    stand in their columns: there are more of them than columns, or a quoted cell never ends.
    """

    number: int
    cells: list[str]
    problem: str = ""


class _File(Protocol):
    @property
    def taken_as(self) -> str: ...

    @property
    def delimiter(self) -> str: ...

    def rows(self, after: int, columns: int, /) -> Generator[Raw, None, None]: ...


@dataclass(frozen=True, slots=True)
class UserTable:
    """A table whose header has been found: `columns` as written, in row `header_row`, below `titles` rows of text."""

    path: Path
    columns: tuple[str, ...]
    header_row: int
    titles: int
    file: _File

    @property
    def taken_as(self) -> str:
        """How the file is read, in words: `text in utf-8, comma between columns`, `sheet Vendors`, `Parquet`."""
        return self.file.taken_as

    @property
    def headers(self) -> tuple[str, ...]:
        """A name for each column and for the spare cell of a row, none empty and none twice."""
        names: list[str] = []
        taken = Counter[str]()
        for number, column in enumerate((*self.columns, "(more)"), 1):
            name = " ".join(column.split())[:100] or f"column {number}"
            taken[name.casefold()] += 1
            names.append(name if taken[name.casefold()] == 1 else f"{name} ({taken[name.casefold()]})")
        return tuple(names)

    def place(self, name: str) -> int | None:
        """Where the column of that name stands, without regard to case; None if there is none."""
        places = [at for at, column in enumerate(self.columns) if column.strip().casefold() == name]
        if len(places) > 1:
            raise UsageError(f"the header has {len(places)} columns called `{name}`", where=self.path.name)
        return places[0] if places else None

    def columns_and(self, *added: str) -> tuple[str, ...]:
        """The columns as written, and those added to the answer, numbered where the table has their name already."""
        names = {column.strip().casefold() for column in self.columns}
        numbered = ((name, *(f"{name} ({n})" for n in range(2, len(names) + 2))) for name in added)
        return (*self.columns, *(next(name for name in tried if name not in names) for tried in numbered))

    def rows(self, *, spare: bool = False) -> Generator[Row, None, None]:
        """The rows in their order, blank ones apart; each call reads anew. Raises UsageError for a line over 16 MiB.

        Cells beyond the columns are joined to the last one, which is a problem of the row. With `spare` they stand in
        a cell of their own, which every row then has behind the others, and are no problem.
        Memory does not grow with the file, except that spreadsheets are held whole.
        """
        columns = len(self.columns)
        with _plainly(self.path), closing(self.file.rows(self.header_row, columns)) as rows:
            for number, cells, problem in rows:
                if spare:
                    beyond = " | ".join(cell for cell in cells[columns:] if cell.strip())
                    yield Row(number, [*cells[:columns], *[""] * (columns - len(cells)), beyond], problem)
                elif len(cells) == columns:
                    yield Row(number, cells, problem)
                else:
                    yield _fitted(number, cells, problem, columns, self.file.delimiter)


def open_table(path: Path, *needed: str, encoding: str | None = None) -> UserTable:
    """The table in `path`, with columns `needed` (lower case) in its header. Raises UsageError naming what is wrong.

    The header is the first row that has them; if none is needed, the first of the widest rows near the top. What
    stands above it is a title. Spreadsheets and Parquet are known by their bytes; all else is text in `encoding`, or
    in the one found out.
    """
    if not path.exists():
        raise UsageError("there is no such file", where=str(path))
    if not path.is_file():
        raise UsageError("this is no regular file", where=str(path))
    with _plainly(path):
        file = _file(path, needed, encoding)
        with closing(file.rows(0, 0)) as rows:
            top = [(number, cells) for number, cells, _ in islice(rows, _HEADER_WITHIN)]
    if not top:
        raise UsageError("the file is empty", where=path.name)
    at = next((at for at, (_, cells) in enumerate(top) if holds(cells, needed)), None) if needed else _widest(top)
    if at is None:
        raise _without(needed, top, file, path)
    return UserTable(path, tuple(top[at][1]), top[at][0], at, file)


def _file(path: Path, needed: Sequence[str], encoding: str | None) -> _File:
    with path.open("rb") as opened:
        start = opened.read(4)
    if start == _PARQUET:
        return Parquet(path)
    return sheet_of(path) if start in _SPREADSHEETS else text_file(path, needed, encoding)


def _widest(top: Sequence[tuple[int, list[str]]]) -> int:
    filled = [sum(1 for cell in cells if cell.strip()) for _, cells in top]
    widest = max(filled)
    return next(at for at, count in enumerate(filled) if count * 2 >= widest and count >= min(2, widest))


def _without(needed: Sequence[str], top: Sequence[tuple[int, list[str]]], file: _File, path: Path) -> UsageError:
    cells = top[_widest(top)][1]
    missing = [name for name in needed if not holds(cells, (name,))]
    return UsageError(
        f"no column is called {' or '.join(f'`{name}`' for name in missing)}",
        where=path.name,
        next_step=f"A header with {' and '.join(f'`{name}`' for name in needed)} has to stand near the top; found "
        f"{len(cells)} column{'s' * (len(cells) != 1)}, read as {file.taken_as}.",
    )


@contextmanager
def _plainly(path: Path) -> Iterator[None]:
    """A file that cannot be read is told as a wrong choice of the user: no source has failed."""
    try:
        yield
    except ReadError as error:
        raise UsageError(error.what, where=error.where) from None
    except UnicodeError:
        raise UsageError("the encoding cannot be used for reading", where=path.name) from None
    except OSError as error:
        raise UsageError(f"the file cannot be read: {error.strerror}", where=str(path)) from None


def _fitted(number: int, cells: list[str], problem: str, columns: int, delimiter: str) -> Row:
    if len(cells) < columns:
        return Row(number, cells + [""] * (columns - len(cells)), problem)
    if not any(cell.strip() for cell in cells[columns:]):
        return Row(number, cells[:columns], problem)
    joined = delimiter.join(cells[columns - 1 :])
    return Row(number, [*cells[: columns - 1], joined], problem or f"{len(cells)} cells instead of {columns}")
