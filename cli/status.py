"""trackrecord status: the database and the state of its sources."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from cli import as_json
from cli.coverage import states
from cli.home import Json, is_sample, store_of
from cli.render import facts, notice, plain, say, size

if TYPE_CHECKING:
    from db.status import Status


def run(context: typer.Context, *, json: Json = False) -> None:
    """Show where the database is, how large it is, and how fresh every source is."""
    from db.status import status
    from ingest.catalog import catalogue

    store = store_of(context)
    with store.reading() as con:
        found = status(store, con, catalogue().values(), datetime.now(UTC))
    if json:
        as_json.report(found, sample=is_sample(store.home))
        return
    facts(
        [
            ("home", found.home),
            ("generation", f"{found.generation}, {size(found.size)}"),
            ("evidence", f"{found.evidence_files:,} files, {size(found.evidence_size)}"),
            ("records", f"{found.records:,}, {found.removed:,} of them no longer published"),
            ("companies", found.companies),
            ("allowed by analysts", f"{found.allow_rules:,} names"),
            ("purged", f"{found.tombstones:,} names and records kept out" if found.tombstones else None),
            ("time stamp", _stamp(found)),
        ]
    )
    say()
    states(found.sources)
    notice(sample=is_sample(store.home))


def _stamp(found: "Status") -> str | None:
    """The last stamp, by whom it was given, and what it covers; as stored, not checked."""
    if found.stamped_up_to is None:
        return None
    return f"{plain(found.stamped_at)} by {found.stamped_by}, over the retrievals up to {found.stamped_up_to:,}"
