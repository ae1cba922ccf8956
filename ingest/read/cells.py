"""The exact, slow reading of lines whose quotes or number of cells look wrong at a glance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

LINES_OF_ONE_RECORD = 1000
BYTES_OF_ONE_RECORD = 1 << 20

LINE_BREAK_INSIDE = "\ufdd1"
"""Stands for a line break inside a cell, so that every record is one line. A code point that no text may use."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are separated: one ASCII character each; no quoting when `quote` is empty."""

    delimiter: bytes
    quote: bytes
    multiline: bool


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its cells, or the reason why it has none, and the number of lines it takes."""

    cells: tuple[bytes, ...]
    reason: str = ""
    lines: int = 1


@dataclass(slots=True)
class _Scan:
    """Cells of one record, fed line by line.

    A quote opens a cell only at its start, and closes it only before a delimiter or the end of a line; any other
    quote belongs to the text. With `pairs` two quotes in a cell always stand for one.
    """

    dialect: Dialect
    pairs: bool
    cells: list[bytes] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    """Lines so far of the quoted cell that is still open."""
    inside: bool = False
    strict: bool = True
    """Whether every quote stands where the rules of CSV want it (RFC 4180)."""

    def feed(self, line: bytes) -> None:
        delimiter, quote = self.dialect.delimiter, self.dialect.quote
        at = 0
        while True:
            if self.inside:
                end = self._closing(line, at)
                self.parts.append(line[at:] if end < 0 else line[at:end])
                if end < 0:
                    return
                self.cells.append(b"\n".join(self.parts).replace(quote + quote, quote))
                self.parts, self.inside = [], False
                at = end + 1
            elif quote and line.startswith(quote, at):
                self.inside = True
                at += 1
                continue
            else:
                end = line.find(delimiter, at)
                cell = line[at:] if end < 0 else line[at:end]
                self.strict = self.strict and not (quote and quote in cell)
                self.cells.append(cell)
                at += len(cell)
            if at >= len(line):
                return
            at += 1

    def _closing(self, line: bytes, at: int) -> int:
        quote, delimiter = self.dialect.quote, self.dialect.delimiter
        while (end := line.find(quote, at)) >= 0:
            behind = line[end + 1 : end + 2]
            if self.pairs and behind == quote:
                at = end + 2
                continue
            if behind in {b"", delimiter}:
                return end
            self.strict = False
            at = end + 1
        return -1


def read_record(
    line_at: Callable[[int], bytes], first: int, available: int, columns: int, dialect: Dialect, *, whole: bool
) -> Record | None:
    """The record that starts at line `first` of `available` lines; `columns` of 0 accepts any number of cells.

    None when it may go on behind the lines at hand (never with `whole`). A quote that never closes costs its own
    line only: reading goes on with the very next one.
    """
    reason = ""
    for pairs in (True, False) if dialect.quote else (True,):
        scan = _Scan(dialect, pairs)
        scan.feed(line_at(first))
        lines = 1
        if scan.inside and dialect.multiline:
            lines = _continued(scan, line_at, first, available, columns)
            if lines < 0 and not whole:
                return None
        if lines > 0 and not scan.inside and (not columns or len(scan.cells) == columns):
            return Record(tuple(scan.cells), "", lines)
        if not reason:
            reason = "a quoted cell never ends" if scan.inside or lines < 1 else _miscounted(len(scan.cells), columns)
    return Record((), reason)


def canonical(cells: Sequence[bytes], dialect: Dialect) -> bytes:
    """The cells as one line that every CSV reader understands in the same way, without line end."""
    delimiter, quote = dialect.delimiter, dialect.quote
    if not quote:
        return delimiter.join(cells)
    special = (delimiter, quote, b"\n")
    written = [
        quote + cell.replace(quote, quote + quote).replace(b"\n", LINE_BREAK_INSIDE.encode()) + quote
        if any(mark in cell for mark in special)
        else cell
        for cell in cells
    ]
    return delimiter.join(written)


def is_no_row(line: bytes) -> bool:
    """Whether a line separates rather than tells: blank, the old end-of-file mark, or a rule of dashes."""
    return not line.strip(b" \t\x1a") or (len(line) > 2 and not line.strip(b"-"))


def _continued(scan: _Scan, line_at: Callable[[int], bytes], first: int, available: int, columns: int) -> int:
    """Number of lines once the open cell has closed; 0 when it does not within bounds, -1 when the lines run out."""
    size = sum(map(len, scan.parts))
    swallowed = False
    for number in range(first + 1, min(available, first + LINES_OF_ONE_RECORD)):
        line = line_at(number)
        size += len(line)
        if size > BYTES_OF_ONE_RECORD:
            return 0
        swallowed = swallowed or _is_whole(line, columns, scan.dialect)
        scan.feed(line)
        if not scan.inside:
            # A stray quote finds its partner in a later row: only flawless quoting may run over whole rows.
            return 0 if swallowed and not scan.strict else number - first + 1
    return -1 if available < first + LINES_OF_ONE_RECORD else 0


def _is_whole(line: bytes, columns: int, dialect: Dialect) -> bool:
    if line.count(dialect.delimiter) + 1 < columns:
        return False
    scan = _Scan(dialect, pairs=True)
    scan.feed(line)
    return not scan.inside and len(scan.cells) == columns


def _miscounted(found: int, columns: int) -> str:
    return f"{found} cells instead of {columns}"
