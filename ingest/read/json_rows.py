"""JSON arrays of objects, streamed."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import ijson
import numpy as np

from ingest.catalog import Resource
from ingest.errors import ReadError
from ingest.read.rows import Fields, Rows, Target, load_fields
from ingest.read.text import Utf8Reader, utf8_blocks

DEEPEST = 200
LONGEST_NUMBER = 1000
_PLAIN_DIGITS = 50
_LONG_NUMBER = re.compile(rb"[0-9]{%d}" % (LONGEST_NUMBER + 1))
_STEPS = np.zeros(256, np.int64)
_STEPS[list(b"[{")] = 1
_STEPS[list(b"]}")] = -1
_MARKS = _STEPS != 0
_QUOTE = ord('"')
_MARKS[_QUOTE] = True


def read_json(target: Target, resource: Resource, path: Path, _work: Path) -> Rows:
    """The array at the dotted path `rows_at` (empty: the whole file); numbered by position from 1."""
    seen = 0

    def rows() -> Iterator[tuple[int, Fields]]:
        nonlocal seen
        prefix = f"{resource.rows_at}.item" if resource.rows_at else "item"
        with closing(utf8_blocks(path, resource.encoding, where=target.where)) as blocks:
            for item in ijson.items(Utf8Reader(_shallow(blocks, target.where)), prefix):
                seen += 1
                if not isinstance(item, dict):
                    raise ReadError("an element of the array is no object", where=f"{target.where}, row {seen}")
                yield seen, {" ".join(name.split()): _text(value) for name, value in item.items()}

    try:
        loaded = load_fields(target, resource, rows())
        if not seen and not _has_array(path, resource, target.where):
            place = f"at `{resource.rows_at}`" if resource.rows_at else "as the whole file"
            raise ReadError(f"no array {place}", where=target.where)
    except (ijson.JSONError, RecursionError, ValueError, ArithmeticError):
        raise ReadError("not readable as JSON", where=f"{target.where}, row {seen + 1}") from None
    return loaded


def _has_array(path: Path, resource: Resource, where: str) -> bool:
    with closing(utf8_blocks(path, resource.encoding, where=where)) as blocks:
        return any(
            (prefix, event) == (resource.rows_at, "start_array")
            for prefix, event, _ in ijson.parse(Utf8Reader(_shallow(blocks, where)))
        )


def _shallow(blocks: Iterator[bytes], where: str) -> Iterator[bytes]:
    """The same blocks. Raises ReadError for deep nesting, on which the parser's time grows with the square, and for
    endless numbers."""
    depth, quotes, escape, tail = 0, 0, b"", b""
    for block in blocks:
        # the parser dies, process and all, of an integer with more than 4,300 digits
        if _LONG_NUMBER.search(tail + block):
            raise ReadError(f"a number of more than {LONGEST_NUMBER} digits", where=where)
        tail = (tail + block)[-LONGEST_NUMBER:]
        plain = (escape + block).replace(b"\\\\", b"").replace(b'\\"', b"")
        escape = plain[-1:] if plain.endswith(b"\\") else b""
        codes = np.frombuffer(plain, np.uint8)
        marks = codes[_MARKS[codes]]
        before = quotes + np.cumsum(marks == _QUOTE)
        heights = depth + np.cumsum(np.where(before % 2 == 0, _STEPS[marks], 0))
        if len(marks):
            if heights.max() > DEEPEST:
                raise ReadError(f"the JSON is nested deeper than {DEEPEST} levels", where=where)
            depth, quotes = int(heights[-1]), int(before[-1] % 2)
        yield block


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return compact(value)


def compact(value: Any) -> str:
    """The value as JSON text without blanks; numbers as they were written, characters not escaped."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{compact(str(name))}:{compact(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(compact, value)) + "]"
    if isinstance(value, Decimal):
        # `f` writes 0.0000001 as agencies do, and is safe only while the exponent is small.
        return f"{value:f}" if abs(value.adjusted()) < _PLAIN_DIGITS else str(value)
    return json.dumps(value, ensure_ascii=False)
