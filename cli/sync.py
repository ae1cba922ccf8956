"""trackrecord sync: refresh sources, one after the other."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import as_json
from cli.home import Json, command, is_sample, real_store_of
from cli.render import facts, heading, notice, progress, say, size, warn

if TYPE_CHECKING:
    from db.store import Store
    from db.sync import Report
    from ingest.catalog import Source

SOME_FAILED = 3

Mirror = Annotated[
    Path | None,
    typer.Option(envvar="TRACKRECORD_MIRROR", help="Folder made by `trackrecord mirror`; nothing else is asked."),
]
Contact = Annotated[
    str | None,
    typer.Option(envvar="TRACKRECORD_CONTACT", help="Your address or page, told to agencies in the User-Agent."),
]


def run(
    context: typer.Context,
    *,
    source_ids: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE_ID]...", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every source of the catalogue.")] = False,
    starter: Annotated[bool, typer.Option("--starter", help="Small sources that need no key.")] = False,
    mirror: Mirror = None,
    file: Annotated[list[Path] | None, typer.Option(help="A file got by hand; repeatable. One source only.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, for sources by day.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, for sources by day.")
    ] = None,
    accept_change: Annotated[
        str | None, typer.Option(metavar="WHY", help="Publish an implausible number of rows. One source only.")
    ] = None,
    contact: Contact = None,
    json: Json = False,
) -> None:
    """Refresh sources: each lands whole or not at all. Exit 3 when one failed; what it had published stays."""
    from db.sync import Options, sync
    from ingest.errors import UsageError

    sources = _chosen(source_ids or [], everything=everything, starter=starter)
    if (file or accept_change is not None) and len(sources) != 1:
        raise UsageError("--file and --accept-change go with exactly one source", next_step="Name it: SOURCE_ID.")
    if accept_change is not None and not accept_change.strip():
        raise UsageError("--accept-change needs a reason", next_step="Say why the change is real.")
    if since and until and since > until:
        raise UsageError("--from is later than --to")
    if missing := [path for path in file or () if not path.is_file()]:
        raise UsageError("no such file", where=str(missing[0]))
    store = real_store_of(context)
    options = Options(
        mirror=mirror,
        files=tuple(file or ()),
        since=since.date() if since else None,
        until=until.date() if until else None,
        accept_change=accept_change,
        contact=contact or Options().contact,
    )
    reports: list[Report] = []
    try:
        with progress() as tell:
            for report in sync(store, sources, options, tell):
                reports.append(report)
                show(report, json=json)
    finally:
        if json:
            as_json.items(report.as_json() for report in reports)
    if not json:
        finish(context, store, reports, ask=any(report.outcome in {"loaded", "unchanged"} for report in reports))
    bad = {"failed", "not handed in"} if source_ids else {"failed"}
    if any(report.outcome in bad for report in reports):
        raise typer.Exit(SOME_FAILED)


def show(report: "Report", *, json: bool) -> None:
    """One source's report; with --json one line on stderr if it failed."""
    if json:
        if report.error:
            warn(report.error)
        return
    heading(f"{report.source_id}: {report.outcome} in {report.seconds:,.1f} s")
    if report.error:
        say(f"  {report.error}")
    rows, records = report.rows, report.records
    facts(
        [
            ("rows", _fates(rows)),
            ("no record", _reasons(report.not_a_record)),
            ("withheld", _reasons(report.withheld)),
            *((name, _reasons(reasons)) for name, reasons in report.beside.items()),
            ("records", ", ".join(f"{n:,} {name}" for name, n in records.items())),
            ("data as of", report.data_as_of),
            *(("retrieval", _retrieval(retrieval)) for retrieval in report.retrievals),
        ]
    )


def finish(context: typer.Context, store: "Store", reports: "list[Report]", *, ask: bool = True) -> None:
    """What all came to, what to `ask` next, and the notice."""
    outcomes = [report.outcome for report in reports]
    say()
    say("; ".join(f"{outcomes.count(name)} {name}" for name in dict.fromkeys(outcomes)) + ".")
    if questions := _questions(store) if ask else []:
        say("Ask next:")
        for words in questions:
            say(f"  {command(context, *words)}")
    notice(sample=is_sample(store.home))


def _questions(store: "Store") -> list[tuple[str, ...]]:
    from db.status import example_questions
    from ingest.errors import StoreMissing

    try:
        with store.reading() as con:
            return example_questions(con)
    except StoreMissing:
        return []


def _chosen(source_ids: list[str], *, everything: bool, starter: bool) -> "list[Source]":
    from ingest.catalog import catalogue, find_source
    from ingest.errors import UsageError

    if sum((bool(source_ids), everything, starter)) != 1:
        step = "Give SOURCE_IDs (see `trackrecord sources`), --starter or --all."
        raise UsageError("say what to sync", next_step=step)
    if source_ids:
        return [find_source(source_id) for source_id in dict.fromkeys(source_ids)]
    return [source for source in catalogue().values() if everything or source.starter]


def _fates(rows: dict[str, int]) -> str:
    """The rows read and what became of them, which a run that failed may not have come to."""
    if not rows["read"]:
        return ""
    fates = {name.replace("_", " "): n for name, n in rows.items() if name != "read"}
    if sum(fates.values()) != rows["read"]:
        return f"{rows['read']:,} read, not accounted: the run stopped before"
    return f"{rows['read']:,} read = " + " + ".join(f"{n:,} {name}" for name, n in fates.items())


def _reasons(counts: dict[str, int]) -> str:
    return ", ".join(f"{reason}: {n:,}" for reason, n in counts.items())


def _retrieval(row: dict[str, Any]) -> str:
    if row["outcome"] not in {"ok", "unchanged"}:
        return f"{row['outcome']}, {row['url']}"
    when = f"given {row['retrieved_at']}" if row["retrieved_at"] else "time of retrieval unknown"
    return f"{row['outcome']}, {size(row['bytes'])}, {when}, {row['url']}"
