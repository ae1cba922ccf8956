"""trackrecord show: everything about one company or one record."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import as_json
from cli.home import Json, argument, is_sample, store_of
from cli.render import facts, heading, identifier, money, notice, plain, say

if TYPE_CHECKING:
    from db.show.page import NothingShown
    from db.show.record import OriginalRow, RecordFile

_APART = (
    "record_id", "amounts", "identifiers", "names", "addresses", "events", "source_rows", "in_force", "in_force_says",
)  # fmt: skip
"""Columns with a rendering of their own."""


def run(
    context: typer.Context,
    *,
    record_or_company: Annotated[str, typer.Argument(help="A company id (c…) or a record id (source:key).")],
    raw: Annotated[bool, typer.Option("--raw", help="The original row as the agency published it.")] = False,
    history: Annotated[
        bool, typer.Option("--history", help="Every version of a record, and which retrievals showed it.")
    ] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Answer from what the database knew at the end of this day, UTC."),
    ] = None,
    in_force_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Tell for this day what was in force; else today, or --as-of."),
    ] = None,
    include_removed: Annotated[
        bool, typer.Option("--include-removed", help="Ids and dates of records that their source no longer publishes.")
    ] = False,
    json: Json = False,
) -> None:
    """Show a company's records in time order, or one record with its full provenance.

    A record that a source declared `mirror-source` no longer publishes, or whose publication has ended, is not shown;
    --include-removed gives its ids and dates. With --as-of a day on which it was published it stands as it did then.
    In force is computed from dates; `not stated` means that they do not say.
    """
    from db.show.page import Asked, NothingShown
    from ingest.catalog import catalogue

    wanted = argument(record_or_company.strip())
    store = store_of(context)
    asked = Asked(
        home=store.home,
        sources=catalogue(),
        today=datetime.now(UTC).date(),
        as_of=as_of.date() if as_of else None,
        force_on=in_force_on.date() if in_force_on else None,
        include_removed=include_removed,
    )
    company = _check(wanted, asked.as_of, raw=raw, history=history)
    with store.reading() as con:
        found: Any
        if company:
            from db.show.company import company_file

            found = company_file(con, wanted, asked)
        else:
            from db.show import record as show

            if raw:
                record = show.find_record(con, wanted, asked)
                found = record
                if not isinstance(record, NothingShown):
                    found = {"record_id": wanted, "rows": show.original_rows(con, store, record)}
            else:
                found = (show.record_history if history else show.record_file)(con, wanted, asked)
    if json:
        as_json.report(found, sample=is_sample(store.home))
        return
    if isinstance(found, NothingShown):
        _print_nothing(found)
    elif company:
        from cli.show_company import print_company

        print_company(found)
    elif raw:
        _print_rows(found["rows"])
    elif history:
        from cli.show_history import print_history

        print_history(found)
    else:
        _print_record(found)
    notice(sample=is_sample(store.home))


def _check(wanted: str, as_of: object, *, raw: bool, history: bool) -> bool:
    """Whether a company is asked for. Raises UsageError for options that do not go with it or with each other."""
    from db.show.record import is_company
    from ingest.errors import UsageError

    company = is_company(wanted)
    for option, given in (("--raw", raw), ("--history", history)):
        if company and given:
            raise UsageError(f"{option} takes a record id", next_step=f"Ids stand in `trackrecord show {wanted}`.")
    if raw and history:
        raise UsageError("--raw and --history are two questions", next_step="Ask one at a time.")
    if history and as_of:
        raise UsageError("--history shows every version with its times", next_step="Leave --as-of out.")
    return company


def _print_nothing(nothing: "NothingShown") -> None:
    heading(f"{nothing.id}: {nothing.why}.")
    if nothing.next_step:
        say(f"  {nothing.next_step}")
    for stone in nothing.tombstones:
        print_tombstone(stone)
    print_coverage(nothing.coverage)


def print_tombstone(stone: Any) -> None:
    """What is left of a hidden record."""
    say()
    heading(f"{stone.record_id}  {stone.words}")
    facts(
        [
            ("source", stone.source_id),
            ("first seen", stone.first_seen),
            ("last seen", stone.last_seen),
            ("missed on", stone.removed_at),
            ("publication ends", stone.publication_ends),
        ]
    )


def print_coverage(covered: Any) -> None:
    """The sources as they stood on the day asked for."""
    if covered is None:
        return
    from cli import coverage

    say()
    heading("What had been synced by then")
    coverage.states(state for state in covered.sources if state.source_id in covered.searched)
    say(f"Not synced by then: {', '.join(covered.not_searched) or 'no source of the catalogue'}.")


def _print_record(file: "RecordFile") -> None:
    record, provenance = file.record, file.provenance
    heading(f"{record['record_id']}  {record['company_name']}" + (f"  as known on {file.as_of}" if file.as_of else ""))
    if file.remarks:
        heading("; ".join(file.remarks).upper())
    for beside in (*file.disputes, *file.judgements):
        say(f"  {beside['sentence']}")
    facts(
        [
            *((name, value) for name, value in record.items() if name not in _APART),
            ("in force", record["in_force_says"]),
            ("identifiers", [identifier(found) for found in record.get("identifiers", [])]),
            ("names", [f"{name['name']} ({name['kind']})" for name in record.get("names", [])]),
            ("amounts", money(record.get("amounts"))),
            *(("address", _address(address)) for address in record.get("addresses", [])),
            *(("event", f"{plain(e['date'])} {e['type'] or ''} {e['note'] or ''}") for e in record.get("events", [])),
        ]
    )
    say()
    heading("Where it comes from")
    lists = ("retrievals", "rows", "evidence")
    known = [{**found, "retrieved_at": found["retrieved_at"] or "unknown"} for found in provenance["retrievals"]]
    facts(
        [
            *((name, value) for name, value in provenance.items() if name not in lists),
            *(pair for retrieval in known for pair in retrieval.items()),
            *(("row", f"{r['row']} of {r['member'] or 'the file'}, {r['retrieval_id']}") for r in provenance["rows"]),
            *(("evidence", file) for file in provenance["evidence"]),
        ]
    )
    for version in file.versions:
        say()
        span = f"{plain(version['changed_at'])} to {plain(version['superseded_at'])}"
        heading(f"Version {version['version']}, {span}, said")
        facts((name, value if value is not None else "(nothing)") for name, value in version["said"].items())
    print_coverage(file.coverage)


def _print_rows(rows: "list[OriginalRow]") -> None:
    for row in rows:
        heading(f"{row.member or row.relation}, row {row.row_number} of retrieval {row.retrieval_id}")
        facts([("evidence", row.file), ("row hash", row.row_hash)])
        if row.named_withheld:
            say("  This row also names somebody who was withheld: only its number and hash are kept.")
        facts((name, "(empty)" if value is None else value) for name, value in row.columns.items())


def _address(address: dict[str, str | None]) -> str:
    return ", ".join(part for part in address.values() if part)
