"""JSON for machines: decimals as exact numbers, dates ISO, and no character that a terminal would obey."""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from functools import singledispatch
from typing import Any

from cli.render import NOTICE, UNSAFE, write, written_out


def report(value: Any, *, sample: bool) -> None:
    """An object, given as mapping or dataclass; the notice is its last key, `sample` stands in those of a sample."""
    given = (
        dict(value) if isinstance(value, Mapping) else {item.name: getattr(value, item.name) for item in fields(value)}
    )
    marked = {"sample": True} if sample else {}
    write(text({**given, **marked, "notice": NOTICE}) + "\n")


def items(given: Iterable[object]) -> None:
    """A list, one item a line, written as the items come."""
    start = "["
    try:
        for item in given:
            write(f"{start}\n{text(item, gap=None)}")
            start = ","
    finally:
        # an error behind the first items must not leave half a list
        write("[]\n" if start == "[" else "\n]\n")


def text(value: object, gap: str | None = "\n") -> str:
    """JSON text; `gap` is what stands between parts: a line break with the present indent, or None for one line."""
    if is_dataclass(value):
        value = {item.name: getattr(value, item.name) for item in fields(value)}
    inner = None if gap is None else gap + "  "
    if isinstance(value, Mapping):
        parts = [f"{_string(str(name))}: {text(part, inner)}" for name, part in value.items()]
        return _joined("{}", parts, gap, inner)
    if isinstance(value, list | tuple | set | frozenset):
        return _joined("[]", [text(part, inner) for part in value], gap, inner)
    return _scalar(value)


def _joined(brackets: str, parts: list[str], gap: str | None, inner: str | None) -> str:
    if not parts or gap is None:
        return f"{brackets[0]}{', '.join(parts)}{brackets[1]}"
    return f"{brackets[0]}{inner}{f',{inner}'.join(parts)}{gap}{brackets[1]}"


@singledispatch
def _scalar(value: object) -> str:
    return _string(str(value))


@_scalar.register(int)
@_scalar.register(type(None))
def _(value: int | None) -> str:
    return json.dumps(value)


@_scalar.register
def _(value: float) -> str:
    """Infinities and NaN have no JSON number: they become words."""
    return json.dumps(value) if value - value == 0 else _string(str(value))


@_scalar.register
def _(value: Decimal) -> str:
    return f"{value:f}" if value.is_finite() else _string(str(value))


@_scalar.register(date)
@_scalar.register(time)
def _(value: date | time) -> str:
    return _string(value.isoformat())


@_scalar.register(bytes)
@_scalar.register(bytearray)
def _(value: bytes) -> str:
    return _string(value.hex())


def _string(value: str) -> str:
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return UNSAFE.sub(written_out, json.dumps(value, ensure_ascii=not unicode))
