"""CSV, TSV and pipe-separated files: checked in blocks, cleaned into a UTF-8 file, loaded by the engine.

Every record is one line of the cleaned file, unreadable ones as a placeholder, so the engine's rowid numbers them.
"""

import secrets
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import duckdb

from ingest.arrow import quoted
from ingest.catalog import Resource
from ingest.errors import ReadError
from ingest.read.cells import LINE_BREAK_INSIDE, Dialect, canonical, is_no_row, read_record
from ingest.read.check import suspicious
from ingest.read.columns import Kept, choose, tidy
from ingest.read.lines import LineReader, Lines, ahead
from ingest.read.rows import Rejections, Rows, Target
from ingest.read.text import utf8_blocks

_ENGINE_LINE = 2_000_000
_HEADER_WITHIN = 10_000


@dataclass(slots=True)
class _Cleaned:
    """What the pass over the file found out."""

    rejections: Rejections
    marker: str = field(default_factory=lambda: secrets.token_hex(16))
    names: tuple[str, ...] = ()
    newline: bytes = b"\n"
    before: int = 0
    """Records above the first line of the cleaned file."""
    written: int = 0
    placeholders: int = 0
    longest: int = 0
    breaks: bool = False


def read_delimited(target: Target, resource: Resource, path: Path, work: Path) -> Rows:
    """The file as a table; see `Rows`. The engine and the check disagreeing leads to an exact reading of all lines."""
    for exact in (False, True):
        cleaned_path = work / f"read-{secrets.token_hex(8)}.csv"
        try:
            cleaned = _clean(resource, path, cleaned_path, target.where, exact=exact)
            kept = choose(resource, cleaned.names, where=target.where)
            if _load(target, resource, cleaned, kept, cleaned_path):
                return Rows(
                    table=target.table,
                    number_sql=f"rowid + {cleaned.before + 1}",
                    where_sql="NOT _placeholder" if cleaned.placeholders else "true",
                    rows=cleaned.written - cleaned.placeholders,
                    rejected=cleaned.rejections.all(),
                    missing=kept.missing,
                    unknown=kept.unknown,
                    member=target.member,
                    stamp=target.stamp,
                )
        finally:
            cleaned_path.unlink(missing_ok=True)
    raise ReadError("the engine did not read as many rows as the file has", where=target.where)


def _clean(resource: Resource, path: Path, cleaned_path: Path, where: str, *, exact: bool) -> _Cleaned:
    dialect = _dialect(resource, where)
    cleaned = _Cleaned(Rejections(where))
    with ExitStack() as stack:
        file = stack.enter_context(cleaned_path.open("wb"))
        blocks = stack.enter_context(closing(utf8_blocks(path, resource.encoding, where=where)))
        reader = LineReader(blocks, where=where)
        # Reading ahead takes a fifth off the time; a record over several lines may have to give lines back.
        supply = stack.enter_context(closing(iter(reader) if dialect.multiline else ahead(reader)))
        if resource.columns:
            cleaned.names = tidy(resource.columns)
        header_found = bool(resource.columns) and not resource.preamble
        for lines in supply:
            rest: Lines | None = lines
            if not header_found:
                rest = _header(lines, reader, resource, dialect, cleaned)
                header_found = bool(cleaned.names) and rest is not None
            if header_found and rest is not None and len(rest.ends):
                _write(file, rest, reader, dialect, cleaned, exact=exact)
        if not header_found:
            looked_for = f"starts with `{resource.preamble}`" if resource.preamble else "is not blank"
            raise ReadError(f"no header: no line {looked_for}", where=where)
        cleaned.newline = reader.newline or b"\n"
    return cleaned


def _dialect(resource: Resource, where: str) -> Dialect:
    delimiter, quote = resource.delimiter.encode(), resource.quote.encode()
    if len(delimiter) != 1 or len(quote) > 1 or delimiter == quote:
        raise ReadError("`delimiter` and `quote` have to be one ASCII character each", where=where)
    return Dialect(delimiter, quote, resource.multiline)


def _line_at(lines: Lines, newline: bytes) -> Callable[[int], bytes]:
    """Gives a line by its number, without line end."""
    data, ends, shorter = lines.data, lines.ends, len(newline) - 1

    def line(number: int) -> bytes:
        start = int(ends[number - 1]) + 1 if number else 0
        return data[start : int(ends[number]) - shorter]

    return line


def _header(lines: Lines, reader: LineReader, resource: Resource, dialect: Dialect, cleaned: _Cleaned) -> Lines | None:
    """Read the header; gives the lines behind it, or None when it is not among these lines."""
    line_at = _line_at(lines, reader.newline)
    begin = resource.preamble.encode()
    for number in range(len(lines.ends)):
        line = line_at(number)
        plain = line.replace(dialect.quote, b"") if dialect.quote else line
        if is_no_row(line) or not (line.startswith(begin) or plain.startswith(begin)):
            cleaned.before += 1
            if cleaned.before > _HEADER_WITHIN:
                return None
            continue
        record = read_record(line_at, number, len(lines.ends), 0, dialect, whole=reader.final)
        taken = 1
        if record is None or record.reason:
            cells = line.split(dialect.delimiter)
        else:
            cells, taken = list(record.cells), record.lines
        if not cleaned.names:
            cleaned.names = tidy(cell.decode("utf-8", "replace") for cell in cells)
        cleaned.before += 1
        end = int(lines.ends[number + taken - 1]) + 1
        return Lines(lines.data[end:], lines.ends[number + taken :] - end)
    return None


def _write(
    file: IO[bytes], lines: Lines, reader: LineReader, dialect: Dialect, cleaned: _Cleaned, *, exact: bool
) -> None:
    """Write the lines: plain ones as they are, the others cell by cell or as a placeholder."""
    count, columns, newline = len(lines.ends), len(cleaned.names), reader.newline
    line_at, view = _line_at(lines, newline), memoryview(lines.data)
    placeholder = cleaned.marker.encode() + dialect.delimiter * (columns - 1)
    cleaned.longest = max(cleaned.longest, _longest(lines))
    line = passed = 0
    for number in range(count) if exact else suspicious(lines, columns, dialect).tolist():
        if number < line:
            continue  # a part of the record before
        _copy(file, view, lines, passed, number)
        cleaned.written += number - passed
        text = line_at(number)
        if is_no_row(text):
            record_text, taken = placeholder, 1
            cleaned.placeholders += 1
        else:
            record = read_record(line_at, number, count, columns, dialect, whole=reader.final)
            if record is None:
                reader.give_back(bytes(view[_start(lines, number) :]))
                return
            taken = record.lines
            if record.reason:
                cleaned.rejections.add(cleaned.before + cleaned.written + 1, record.reason)
                cleaned.placeholders += 1
                record_text = placeholder
            else:
                record_text = canonical(record.cells, dialect)
                cleaned.breaks = cleaned.breaks or taken > 1
                cleaned.longest = max(cleaned.longest, len(record_text))
        file.write(record_text + newline)
        cleaned.written += 1
        line = passed = number + taken
    _copy(file, view, lines, passed, count)
    cleaned.written += count - passed


def _start(lines: Lines, number: int) -> int:
    return int(lines.ends[number - 1]) + 1 if number else 0


def _copy(file: IO[bytes], view: memoryview, lines: Lines, first: int, behind: int) -> None:
    if behind > first:
        file.write(view[_start(lines, first) : _start(lines, behind)])


def _longest(lines: Lines) -> int:
    gaps = lines.ends[1:] - lines.ends[:-1]
    return max(int(lines.ends[0]) + 1, int(gaps.max()) if len(gaps) else 0)


def _load(target: Target, resource: Resource, cleaned: _Cleaned, kept: Kept, cleaned_path: Path) -> bool:
    """Load the cleaned file; False when the engine refuses it or sees another number of records."""
    chosen = []
    for name, place in zip(kept.names, kept.places, strict=True):
        source = f"c{place}"
        value = f"replace({source}, '{LINE_BREAK_INSIDE}', chr(10))" if cleaned.breaks else source
        chosen.append(f"{value} AS {quoted(name)}")
    if cleaned.placeholders or not chosen:
        chosen.append(f"c0 IS NOT DISTINCT FROM '{cleaned.marker}' AS _placeholder")
    options = {
        "columns": "{" + ", ".join(f"c{place}: 'VARCHAR'" for place in range(len(cleaned.names))) + "}",
        "auto_detect": "false",
        "all_varchar": "true",
        "header": "false",
        "delim": _literal(resource.delimiter),
        "quote": _literal(resource.quote),
        "escape": _literal(resource.quote),
        "nullstr": "''",
        "new_line": r"'\r\n'" if cleaned.newline == b"\r\n" else r"'\n'",
        "parallel": "true",
    }
    if cleaned.longest >= _ENGINE_LINE:
        options |= {"max_line_size": str(cleaned.longest + 16), "buffer_size": str(4 * cleaned.longest)}
    arguments = ", ".join(f"{name} = {value}" for name, value in options.items())
    table = quoted(target.table)
    try:
        target.con.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT {', '.join(chosen)} FROM read_csv(?, {arguments})",
            [str(cleaned_path)],
        )
        found = target.con.execute(f"SELECT count(*), coalesce(max(rowid) + 1, 0) FROM {table}").fetchone()
    except duckdb.Error:
        return False
    return found == (cleaned.written, cleaned.written)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
