"""trackrecord start: the first tour: small sources are loaded, then what came of them and what to ask next."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from cli import sample
from cli.home import real_store_of
from cli.render import heading, progress, say, table
from cli.sync import SOME_FAILED, Contact, Mirror, finish

if TYPE_CHECKING:
    from db.store import Store
    from db.sync import Report
    from ingest.catalog import Source

_GOOD = ("loaded", "unchanged")


def run(context: typer.Context, *, mirror: Mirror = None, contact: Contact = None) -> None:
    """Load the starter set and say what to ask next. Exit 3 when a source failed.

    Where none could be loaded, the same tour is given on invented companies.
    """
    from db.sync import Options, sync
    from ingest.catalog import catalogue

    store = real_store_of(context)
    starter = [source for source in catalogue().values() if source.starter]
    options = Options(mirror=mirror, contact=contact or Options().contact)
    heading(f"Starter set: {len(starter)} small source{'s' * (len(starter) != 1)} without a key")
    reports = []
    with progress() as tell:
        for report in sync(store, starter, options, tell):
            reports.append(report)
            say(f"  {report.source_id}: {report.outcome} in {report.seconds:,.1f} s")
            if report.error:
                say(f"    {report.error}")
    say()
    if not any(report.outcome in _GOOD or report.records["total"] for report in reports):
        say("No source of the starter set could be loaded. The same tour on invented companies instead:")
        say()
        sample.run(context)
        raise typer.Exit(SOME_FAILED)
    _print(store, starter, reports)
    finish(context, store, reports)
    if any(report.outcome not in _GOOD for report in reports):
        raise typer.Exit(SOME_FAILED)


def _print(store: "Store", starter: "list[Source]", reports: "list[Report]") -> None:
    """What was loaded, what was left out and why, and how fresh it is, source by source."""
    from db.status import source_states

    with store.reading() as con:
        states = {state.source_id: state for state in source_states(con, starter, datetime.now(UTC))}
    columns = ("source", "title", "records", "rows no record", "rows withheld", "data as of", "retrieved", "state")
    table(
        columns,
        [
            (
                report.source_id,
                states[report.source_id].title,
                report.records["total"],
                report.rows["not_a_record"],
                report.rows["withheld"],
                states[report.source_id].data_as_of or "unknown",
                states[report.source_id].retrieved_at or "unknown",
                states[report.source_id].state,
            )
            for report in reports
        ],
    )
