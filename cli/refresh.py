"""trackrecord refresh: sync what is due, then run every watch list."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import as_json
from cli.home import Json, is_sample, real_store_of
from cli.render import heading, notice, progress, say, table, warn
from cli.sync import SOME_FAILED, Contact, Mirror
from cli.watch import SOMETHING_NEW

if TYPE_CHECKING:
    from db.refresh import ListResult, Refreshed, SourceResult

NOT_RUN = 4


def run(
    context: typer.Context,
    *,
    mirror: Mirror = None,
    contact: Contact = None,
    starter: Annotated[bool, typer.Option("--starter", help="Also small sources that need no key.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Also every other source of the catalogue.")] = False,
    report_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Put an HTML report of every watch list here.")
    ] = None,
    json: Json = False,
) -> None:
    """Sync every source that is due, then run every watch list; a bad one stops no other. Made for cron.

    Due are sources of this home whose last good sync is older than the agency's cadence (those published irregularly:
    a week), and those that failed, six hours later. Sources this home has never synced are left alone unless --starter
    or --all says so. Without --report-dir, `trackrecord watch run NAME --all` shows what was found.

    Exit 3 when a source failed, else 4 when a watch list could not be run or another sync is under way, else 1 when a
    list found something new, else 0.
    """
    from datetime import UTC, datetime

    from db.refresh import Wish, refresh
    from db.sync import Options
    from ingest.catalog import catalogue

    store, known = real_store_of(context), catalogue()
    chosen = [source for source in known.values() if everything or (starter and source.starter)]
    options = Options(mirror=mirror, contact=contact or Options().contact)
    with progress() as tell:
        done = refresh(store, known, Wish(chosen, options, report_dir), lambda: datetime.now(UTC), tell)
    if json:
        as_json.report(_as_json(done), sample=is_sample(store.home))
    else:
        _print(done)
        notice(sample=is_sample(store.home))
    if done.failed:
        raise typer.Exit(SOME_FAILED)
    if done.stopped or any(found.error for found in done.lists):
        raise typer.Exit(NOT_RUN)
    if done.anything_new:
        raise typer.Exit(SOMETHING_NEW)


def _print(done: "Refreshed") -> None:
    heading("Sources")
    titles = ("source", "sync", "new", "changed", "gone", "data as of", "last good sync", "state", "next due")
    table(titles, [_source(found) for found in done.sources])
    for found in done.sources:
        if found.report is not None and found.report.error:
            warn(f"{found.report.error} {_stands(found)}")
    if done.stopped:
        warn(f"Not all that is due was synced: {done.stopped}")
    say()
    if not done.lists:
        say("No watch lists.")
        return
    heading("Watch lists")
    table(("list", "suppliers", "matched", "new", "report"), [_list(found) for found in done.lists])
    for result in done.lists:
        if result.error:
            warn(f"Watch list {result.name} was not run: {result.error}")


def _source(found: "SourceResult") -> tuple[object, ...]:
    records = found.report.records if found.report and found.outcome in {"loaded", "unchanged"} else {}
    state = found.state
    return (
        found.source_id,
        found.outcome,
        records.get("added"),
        records.get("changed"),
        records.get("removed"),
        state.data_as_of or "unknown",
        state.loaded_at or "never",
        state.state,
        found.next_due,
    )


def _stands(found: "SourceResult") -> str:
    """Since when the data of a source that failed is stale."""
    good = found.state.loaded_at
    return f"Its data is that of {good:%Y-%m-%d %H:%M} UTC." if good else "It was never loaded: there is no data."


def _list(found: "ListResult") -> tuple[object, ...]:
    ran = found.ran
    if ran is None:
        return found.name, None, None, "not run", None
    new = ran.news if ran.anything else "nothing"
    return found.name, ran.suppliers, ran.matched, f"{'' if ran.since else 'first run: '}{_words(new)}", found.report


def _words(new: dict[str, int] | str) -> str:
    return new if isinstance(new, str) else ", ".join(f"{what}: {number:,}" for what, number in new.items())


def _as_json(done: "Refreshed") -> dict[str, Any]:
    from cli.watch import summary

    return {
        "sources": [
            {
                "source_id": found.source_id,
                "outcome": found.outcome,
                "error": found.report.error if found.report else None,
                "records": found.report.records if found.report else None,
                "state": found.state,
                "next_due": found.next_due,
            }
            for found in done.sources
        ],
        "lists": [
            {
                "name": found.name,
                "error": found.error,
                "report": str(found.report) if found.report else None,
                **(summary(found.ran) if found.ran else {}),
            }
            for found in done.lists
        ],
        "stopped": done.stopped,
    }
