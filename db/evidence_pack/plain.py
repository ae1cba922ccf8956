"""Values as a pack writes them: JSON of text, whole numbers, true, false, null, lists and objects alone.

Decimals are written as text with all their digits, days as 2024-01-31, times in UTC as 2024-01-31T09:00:00.000000Z.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ingest.errors import ReadError

_NOT_JSON = (ValueError, RecursionError, UnicodeDecodeError)


def plain(value: object) -> Any:
    """The value in the forms above."""
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(part) for part in value]
    return value if value is None or isinstance(value, str | bool | int) else _written(value)


def _written(value: object) -> str:
    if isinstance(value, datetime):
        moment_utc = value.astimezone(UTC) if value.tzinfo else value
        return f"{moment_utc.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def filled(values: Mapping[str, object]) -> dict[str, Any]:
    """Those with a value, in plain form; an empty list is none."""
    return {name: plain(value) for name, value in values.items() if value is not None and value != []}


def text(value: object) -> bytes:
    """One value as a JSON file for people: indented, keys in the order given."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")


def lines(values: Iterable[object]) -> bytes:
    """Values as JSON Lines."""
    made = (json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in values)
    return "".join(f"{line}\n" for line in made).encode("utf-8", "backslashreplace")


def parsed(content: bytes, name: str) -> Any:
    """The value of a JSON file. Raises ReadError naming the file, quoting nothing.

    UTF-8 alone, no name twice in an object, no half characters: another reader must not see another value.
    """
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_object)
        if b"\\u" in content:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        return value
    except _NOT_JSON:
        raise ReadError("not JSON, or nested too deep", where=name) from None


def parsed_lines(content: bytes, name: str) -> list[Any]:
    """The values of a file of JSON Lines. Raises ReadError naming file and line."""
    return [parsed(line, f"{name}, line {at}") for at, line in enumerate(content.splitlines(), 1)]


def moment(value: str | None) -> datetime | None:
    """A time back from its plain form, with its zone. Raises ValueError."""
    return datetime.fromisoformat(value.removesuffix("Z")).replace(tzinfo=UTC) if value else None


def day(value: str | None) -> date | None:
    """A day back from its plain form. Raises ValueError."""
    return date.fromisoformat(value) if value else None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError
    return made


def _no_constant(_: str) -> Any:
    raise ValueError
