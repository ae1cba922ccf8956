"""trackrecord rebuild: the database made again from the evidence store."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import as_json
from cli.home import Json, is_sample, store_of
from cli.render import facts, heading, notice, progress, say, table

if TYPE_CHECKING:
    from db.replay.rebuild import Rebuilt


def run(
    context: typer.Context,
    *,
    into: Annotated[
        Path | None,
        typer.Option(metavar="NEWHOME", help="A new folder for the database; the home stays as it is."),
    ] = None,
    json: Json = False,
) -> None:
    """Make the database again from the evidence store alone: the same records, versions and ids. Exit 1 when a file of
    the evidence store is missing or damaged, or runs have no journal.

    A database that opens is replaced only by a whole one. Whom the gate or a purge withholds by now is not restored.
    """
    from db.replay.rebuild import rebuild
    from db.store import Store

    store = store_of(context)
    with progress() as tell:
        rebuilt = rebuild(store, into=Store(into.expanduser()) if into else None, tell=tell)
    if json:
        as_json.report({**_fields(rebuilt), "whole": rebuilt.whole}, sample=is_sample(store.home))
    else:
        _print(rebuilt)
        notice(sample=is_sample(store.home))
    if not rebuilt.whole:
        raise typer.Exit(1)


def _fields(rebuilt: "Rebuilt") -> dict[str, object]:
    return {name: getattr(rebuilt, name) for name in type(rebuilt).__dataclass_fields__}


def _print(rebuilt: "Rebuilt") -> None:
    columns = ("source", "runs", "records", "versions", "withheld now", "lost", "differing")
    table(
        columns,
        [(s.source_id, s.runs, s.records, s.versions, s.withheld, s.lost, s.differing) for s in rebuilt.sources],
    )
    say()
    facts([("home", rebuilt.home), ("runs", rebuilt.runs), ("retrievals", rebuilt.retrievals)])
    for note in rebuilt.notes:
        say(note)
    if rebuilt.missing:
        say()
        heading(f"{len(rebuilt.missing):,} file{'s' * (len(rebuilt.missing) != 1)} of the evidence store not whole")
        table(
            ("file", "source", "what", "versions lost"),
            [(one.file, one.source_id, one.cause, one.lost) for one in rebuilt.missing],
        )
    if rebuilt.without_journal:
        n = rebuilt.without_journal
        since = f"before {rebuilt.journals_since:%Y-%m-%d %H:%M} UTC " if rebuilt.journals_since else ""
        say()
        say(
            f"{n:,} run{'s' * (n != 1)} {since}loaded before journals were kept: the original rows are there, but not "
            "what became of them, so their records and versions are not restored. A sync brings back what the "
            "agency still shows."
        )
    say()
    if rebuilt.whole:
        heading("The database was made again from the evidence store.")
    elif rebuilt.published:
        heading("The database was made again, without what is missing.")
    else:
        heading("Nothing was replaced: the database that is there opens, and what could be made again is less.")
        say("`--into NEWHOME` keeps what could be made again beside it.")
