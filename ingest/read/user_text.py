"""Text that a user hands in: encoding and separator told from its bytes, then records one by one.

Memory stays bounded whatever the size of the file, and a stray quote costs its own line only.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from charset_normalizer import from_bytes

from ingest.errors import UsageError
from ingest.read.cells import Dialect, Record, read_record
from ingest.read.lines import LineReader
from ingest.read.text import utf8_blocks

Raw = tuple[int, list[str], str]
"""Number of the row in its file, from 1 and blank rows counted; its cells; why they cannot be trusted."""

ONE_COLUMN = "\x1f"
"""Separator of a file with a single column: commas in a name are then no trouble."""
_SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_EXCEL_LINE = re.compile(r"sep=(.)")
_SAMPLE_ROWS = 50
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_START = 1 << 18
_BLOCK = 1 << 20
_AROUND = 1 << 15
"""Bytes before and behind the first one that is no UTF-8, from which the encoding is told."""
_WESTERN = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœŒ€–—‘’“”…·ºª°§«»®™¿¡\xa0".encode("cp1252")
)
_FOREIGN = re.compile(rb"[\x80-\xff]{3}")
"""Western languages hardly set three accented letters in a row; others write whole words of such bytes."""
_PLAUSIBLE = [
    "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874", "koi8_r",
    "gb18030", "big5", "cp932", "euc_jp", "cp949",
]  # fmt: skip
_CONTROLS = frozenset(code for code in range(32) if chr(code) not in "\t\n\r\f\v\x1a\x1b")


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file of text, and how its bytes become records."""

    path: Path
    encoding: str
    delimiter: str
    told: int = 0
    """The row in which Excel is told the separator; it is no row of the table."""

    @property
    def taken_as(self) -> str:
        """In words, for whoever handed it in."""
        between = _SEPARATORS.get(self.delimiter)
        return f"text in {self.encoding}, {between} between columns" if between else f"text in {self.encoding}"

    def rows(self, after: int, columns: int) -> Generator[Raw, None, None]:
        """The rows behind number `after` that are not blank; `columns` of 0 expects no certain number of cells.

        Raises ReadError for a line over 16 MiB or an encoding that is unknown.
        """
        dialect = Dialect(self.delimiter.encode(), b'"', multiline=True)
        blank, number, after = f' \t\x1a"{self.delimiter}', 0, max(after, self.told)
        with closing(utf8_blocks(self.path, self.encoding, where=self.path.name)) as blocks:
            reader = LineReader(blocks, where=self.path.name)
            for block in reader:
                newline = reader.newline.decode()
                lines = block.data.decode("utf-8", "replace").split(newline)[:-1]
                at = 0
                while at < len(lines):
                    line, taken, problem = lines[at], 1, ""
                    # blocks lend their columns only to the rows of the table: what stands above may be of any shape
                    wanted = columns if number >= after else 0
                    if '"' not in line:
                        cells = line.split(self.delimiter)
                    else:
                        quick = _quoted(line, self.delimiter, wanted)
                        found = quick or _record(lines, at, dialect, wanted, whole=reader.final)
                        if found is None:
                            reader.give_back("".join(f"{line}{newline}" for line in lines[at:]).encode())
                            break
                        cells, taken, problem = found
                    number += 1
                    at += taken
                    if number > after and (taken > 1 or line.strip(blank)):
                        yield number, cells, problem


def text_file(path: Path, needed: Sequence[str], encoding: str | None) -> TextFile:
    """How the file is to be read: in the encoding given, else the one found out; the separator as the rows show it.

    Raises UsageError for bytes that are no text or hold none. Cost: one pass over the file, about 1 GB a second.
    """
    found = encoding or _encoding(path)
    told, separators = 0, tuple(_SEPARATORS)
    lines = _sample(TextFile(path, found, ONE_COLUMN))
    if lines and (said := _EXCEL_LINE.fullmatch(lines[0][1][0].strip('"'))):
        told = lines[0][0]
        separators = (said[1],) if said[1] in _SEPARATORS else separators
    if not lines[1 if told else 0 :]:
        raise UsageError("the file is empty", where=path.name)
    samples = {separator: _sample(TextFile(path, found, separator, told)) for separator in separators}
    return TextFile(path, found, _of_header(samples, needed) or _of_widths(samples), told)


def _sample(text: TextFile) -> list[Raw]:
    with closing(text.rows(0, 0)) as rows:
        return list(islice(rows, _SAMPLE_ROWS))


def holds(cells: Iterable[str], needed: Sequence[str]) -> bool:
    """Whether the cells are a header with all the columns needed, without regard to case."""
    return {cell.strip().casefold() for cell in cells}.issuperset(needed)


def _of_header(samples: dict[str, list[Raw]], needed: Sequence[str]) -> str | None:
    """The separator that finds the columns needed in a header, and most others beside; None if none does."""
    widths = {
        separator: width
        for separator, rows in samples.items()
        if needed and (width := next((len(cells) for _, cells, _ in rows if holds(cells, needed)), 0))
    }
    best = max(widths, key=widths.__getitem__, default=None)
    return ONE_COLUMN if best and widths[best] == 1 else best


def _of_widths(samples: dict[str, list[Raw]]) -> str:
    """The separator that divides half of the first rows at least, and most of them into equally many cells."""
    best, found = (0, 1), ONE_COLUMN
    for separator, rows in samples.items():
        if not rows or _is_in_names(rows):
            continue
        widths = Counter(len(cells) for _, cells, _ in rows if len(cells) > 1)
        width, times = widths.most_common(1)[0] if widths.total() * 2 >= len(rows) else (1, 0)
        if (times, width) > best:
            best, found = (times, width), separator
    return found


def _is_in_names(rows: list[Raw]) -> bool:
    """Whether the separator is that of `Acme, Inc.`: not in the first line, and with a blank behind it ever after."""
    adjacent = len(rows) > 1 and rows[1][0] == rows[0][0] + 1
    return adjacent and len(rows[0][1]) == 1 and all(cell[:1] == " " for _, cells, _ in rows for cell in cells[1:])


def _encoding(path: Path) -> str:
    """By byte order mark, else UTF-8 if every byte fits, else what the bytes around the first misfit look like."""
    with path.open("rb") as file:
        start = file.read(_START)
        for mark, name in _MARKS:
            if start.startswith(mark):
                return name
        if start.count(b"\0") > len(start) // 8:
            even, odd = start[::2].count(0), start[1::2].count(0)
            if max(even, odd) > 4 * min(even, odd) + 4:
                return "utf-16-be" if even > odd else "utf-16-le"
        if len(_CONTROLS.intersection(start)) > 3:
            raise UsageError("this is not a table of text", where=path.name, next_step="Give CSV, XLSX or Parquet.")
        block, tail = start, b""
        while True:
            whole = tail + block
            try:
                _, used = codecs.utf_8_decode(whole, "strict", not block)
            except UnicodeDecodeError as error:
                return _code_page(whole, error.start)
            if not block:
                return "utf-8"
            tail, block = whole[used:], file.read(_BLOCK)


def _code_page(data: bytes, misfit: int) -> str:
    begin = data.rfind(b"\n", 0, max(misfit - _AROUND, 0)) + 1
    sample = b"\n".join(line for line in data[begin : misfit + _AROUND].split(b"\n") if not line.isascii())
    high = [byte for byte in sample if byte > 127]
    # a few accented letters are too little for statistics; the commonest code page is asked first
    if len(high) < 3 or (_WESTERN.issuperset(high) and not _FOREIGN.search(sample)):
        return "cp1252"
    best = from_bytes(sample, cp_isolation=_PLAUSIBLE).best()
    return best.encoding if best else "cp1252"


def _quoted(line: str, delimiter: str, columns: int) -> tuple[list[str], int, str] | None:
    """The cells of a line whose quoting is flawless and ends with it; None where it needs a closer look."""
    try:
        cells = next(csv.reader((line,), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return (cells, 1, "") if not columns or len(cells) == columns else None


def _record(
    lines: list[str], at: int, dialect: Dialect, columns: int, *, whole: bool
) -> tuple[list[str], int, str] | None:
    """Cells of the record that starts at a line, lines it takes, what is wrong; None if it may go on behind them."""

    def read(columns: int) -> Record | None:
        return read_record(lambda n: lines[n].encode(), at, len(lines), columns, dialect, whole=whole)

    record = read(columns)
    problem = record.reason if record else ""
    if problem and columns:
        record = read(0)
    if record is None:
        return None
    if record.reason:
        cells = lines[at].split(dialect.delimiter.decode())
        # "Acme" Ltd: the quotes are part of the name
        literal = len(cells) == columns and all(cell.count('"') % 2 == 0 for cell in cells)
        return cells, 1, "" if literal else problem
    return [cell.decode() for cell in record.cells], record.lines, ""
