"""The database a command works on: --home, TRACKRECORD_HOME, or the platform's data folder."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from db.store import Store

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

_MARK = "SAMPLE"


def home_of(context: typer.Context) -> Path:
    """The home folder, which need not exist yet."""
    if context.obj is not None:
        return Path(context.obj).expanduser()
    from platformdirs import user_data_dir

    return Path(user_data_dir("trackrecord", appauthor=False))


def store_of(context: typer.Context) -> "Store":
    """The store in the home folder."""
    from db.store import Store

    return Store(home_of(context))


def real_store_of(context: typer.Context) -> "Store":
    """The store in the home folder, for public records. Raises UsageError where it holds invented companies."""
    from ingest.errors import UsageError

    store = store_of(context)
    if is_sample(store.home):
        raise UsageError(
            "this home holds invented companies; real records never go there",
            where=str(store.home),
            next_step="Choose another --home.",
        )
    return store


def is_sample(home: Path) -> bool:
    """Whether the home holds invented companies."""
    return (home / _MARK).exists()


def mark_sample(home: Path) -> None:
    """Marks a home as one of invented companies, once and for all."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    (home / _MARK).write_text("Invented companies: made by `trackrecord sample`.\n", encoding="utf-8")


def argument(text: str) -> str:
    """An argument as valid text: bytes that are no UTF-8 become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def columns_of(pairs: list[str] | None) -> dict[str, str]:
    """Role → header, out of options ROLE=HEADER. Raises UsageError for anything else."""
    from ingest.errors import UsageError

    columns = {}
    for pair in pairs or ():
        role, equals, header = argument(pair).partition("=")
        if not equals or not header:
            raise UsageError("--column takes ROLE=HEADER", next_step="For example --column name=Lieferant.")
        columns[role.strip().lower()] = header
    return columns


def command(context: typer.Context, *words: str) -> str:
    """A command line to try next, for this home, quoted for a shell."""
    told = context.obj is None or os.environ.get("TRACKRECORD_HOME") == str(context.obj)
    chosen = [] if told else ["--home", str(context.obj)]
    return shlex.join(["trackrecord", *chosen, *words])
