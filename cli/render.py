"""What a command prints: tables and facts for people, JSON for machines. No agency text reaches a terminal raw."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from functools import cache, singledispatch
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

NOTICE = (
    "Public records, not a consumer report. A match on name alone is a possible match; allegations are not findings."
)
SAMPLE = "SAMPLE: invented companies, not public records."

_UNLIMITED = 100_000
"""Columns of an output that is no terminal: nothing is wrapped, so that other programs can read the lines."""
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""Controls, direction marks and invisible characters, which can rewrite what a terminal shows."""

Progress = Callable[[str, int, int | None], None]


class ReaderGone(Exception):
    """Whoever read our output has left, as `head` does: not worth a word."""


def safe(text: str) -> str:
    """The text with line breaks as blanks and what a terminal might obey written out, as \\u001b."""
    return UNSAFE.sub(written_out, " ".join(re.split(r"[\t\n\r]+", text)))


def say(text: str = "") -> None:
    """One line or paragraph on stdout; wrapped on a terminal only."""
    with _reader():
        _console().print(safe(text), soft_wrap=not sys.stdout.isatty())


def heading(text: str) -> None:
    """A line that stands out on a terminal."""
    with _reader():
        _console().print(safe(text), style="bold", soft_wrap=not sys.stdout.isatty())


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Name and value, one a line; empty values are left out."""
    filled = [(name, text) for name, value in pairs if (text := plain(value))]
    width = max((len(name) for name, _ in filled), default=0)
    for name, text in filled:
        say(f"  {name.ljust(width)}  {text}")


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under titles; long cells are folded on a terminal, numbers stand right, nothing is cut off."""
    from rich.table import Table
    from rich.text import Text

    given = [list(row) for row in rows]
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for at, title in enumerate(titles):
        numeric = any(_is_number(row[at]) for row in given)
        shown.add_column(title, justify="right" if numeric else "left", overflow="fold")
    for row in given:
        shown.add_row(*(Text(safe(plain(cell))) for cell in row))
    with _reader():
        _console().print(shown)


def notice(*, sample: bool) -> None:
    """The one line that ends every report."""
    say()
    say(f"{SAMPLE} {NOTICE}" if sample else NOTICE)


def warn(text: str) -> None:
    """One line on stderr."""
    sys.stderr.write(safe(text) + "\n")


@singledispatch
def plain(value: object) -> str:
    """A value for people: dates ISO, times in UTC to the minute, thousands marked, lists joined, nothing as empty."""
    return str(value)


@plain.register
def _(value: None) -> str:  # noqa: ARG001
    return ""


@plain.register
def _(value: bool) -> str:  # noqa: FBT001
    return "yes" if value else "no"


@plain.register(int)
@plain.register(Decimal)
def _(value: int | Decimal) -> str:
    return f"{value:,}"


@plain.register
def _(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC"


@plain.register
def _(value: Mapping) -> str:  # type: ignore[type-arg]
    return ", ".join(f"{name}: {plain(part)}" for name, part in value.items() if part is not None)


@plain.register(list)
@plain.register(tuple)
def _(value: Sequence[object]) -> str:
    return ", ".join(plain(part) for part in value)


def size(n: int) -> str:
    """Bytes for people, in units of 1,000."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if n >= factor:
            return f"{n / factor:,.1f} {unit}"
    return f"{n} bytes"


def money(amounts: Iterable[Mapping[str, Any]] | None) -> str:
    """Each amount with its kind and currency; never a sum."""
    return "; ".join(f"{a['kind']} {a['value']:,} {a['currency'] or '(currency not stated)'}" for a in amounts or ())


def identifier(found: Mapping[str, Any]) -> str:
    """A number with its scheme, and a warning where it does not pass its check."""
    wrong = " (not valid)" if found["valid"] is False else ""
    return f"{found['scheme']} {found['value']}{wrong}"


@contextmanager
def progress() -> Iterator[Progress]:
    """Bars on stderr while bytes and steps are reported; silent when stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _name, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[so_far]}"))
    with Bars(*columns, TimeElapsedColumn(), console=Console(file=sys.stderr), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(safe(name), total=total, so_far="")
            bars.update(tasks[name], completed=done, total=total, so_far=f"{done:,}")

        yield tell


def write(text: str) -> None:
    """Text on stdout as it is. Raises ReaderGone."""
    with _reader():
        sys.stdout.write(text)


@contextmanager
def _reader() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise ReaderGone from None


def written_out(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _console() -> "Console":
    return _console_for(sys.stdout.isatty())


@cache
def _console_for(terminal: bool) -> "Console":  # noqa: FBT001
    from rich.console import Console

    class Paper(Console):
        """A console that lets `run` decide what a closed pipe means."""

        def on_broken_pipe(self) -> None:
            raise ReaderGone

    return Paper(markup=False, highlight=False, emoji=False, width=None if terminal else _UNLIMITED)
