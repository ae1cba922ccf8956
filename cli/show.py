"""trackrecord show: everything about one company or one record."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import as_json
from cli.home import Json, argument, is_sample, store_of
from cli.render import facts, heading, identifier, money, notice, plain, say

if TYPE_CHECKING:
    from db.show import CompanyFile, OriginalRow, RecordFile

_APART = ("record_id", "amounts", "identifiers", "names", "addresses", "events", "source_rows")
"""Columns with a rendering of their own."""
_MOST = 20


def run(
    context: typer.Context,
    *,
    record_or_company: Annotated[str, typer.Argument(help="A company id (c…) or a record id (source:key).")],
    raw: Annotated[bool, typer.Option("--raw", help="The original row as the agency published it.")] = False,
    json: Json = False,
) -> None:
    """Show a company's records in time order, or one record with its full provenance."""
    from db import show
    from ingest.catalog import catalogue
    from ingest.errors import UsageError

    wanted = argument(record_or_company.strip())
    company = show.is_company(wanted)
    if company and raw:
        raise UsageError("--raw takes a record id", next_step=f"Ids stand in `trackrecord show {wanted}`.")
    store, today = store_of(context), datetime.now(UTC).date()
    with store.reading() as con:
        found: Any
        if company:
            found = show.company_file(con, wanted, today)
        elif raw:
            found = {"record_id": wanted, "rows": show.original_rows(con, store, show.find_record(con, wanted))}
        else:
            found = show.record_file(con, wanted, catalogue(), today)
    if json:
        as_json.report(found, sample=is_sample(store.home))
        return
    if company:
        _print_company(found)
    elif raw:
        _print_rows(found["rows"])
    else:
        _print_record(found)
    notice(sample=is_sample(store.home))


def _print_company(file: "CompanyFile") -> None:
    company = file.company
    heading(company["name"])
    if file.asked:
        say(f"  {file.asked} was merged into this company or corrected: its id is {company['company_id']} now.")
    facts(
        [
            ("id", company["company_id"]),
            ("country", (company["country"] or "not stated").upper()),
            ("taken for", company["entity_type"]),
            ("identifiers", [identifier(found) for found in company["identifiers"] or []]),
            ("other names", [f"{name['name']} ({name['kind']})" for name in file.names]),
            ("places", _first(file.places)),
            ("records", f"{company['records']:,}" + (f", {company['removed']:,} removed" * bool(company["removed"]))),
            *((count.source_id, f"{count.records:,} {count.kind}{_last(count.last_on)}") for count in file.sources),
        ]
    )
    if file.links:
        say()
        heading("Why this is one company")
        for text in _first([link.text for link in file.links]):
            say(f"  {text}")
    for record in file.records:
        say()
        remark = f" — {'; '.join(record['remarks']).upper()}" if record["remarks"] else ""
        heading(f"{record['date'] or 'undated'}  {record['kind']}, {_status(record)}{remark}")
        facts(
            [
                ("record", record["record_id"]),
                ("agency's type", record["agency_type"]),
                ("role", record["role"]),
                ("legal basis", record["legal_basis"]),
                ("summary", record["summary"]),
                ("case", record["case_id"]),
                ("amounts", money(record["amounts"])),
                ("violation", _span(record["violation_start"], record["violation_end"])),
                ("in force", _force(record)),
                ("data as of", record["data_as_of"]),
                ("link", record["document_url"] or record["source_url"]),
            ]
        )

    if file.possible:
        say()
        heading("Possible matches, not part of this company")
        for match in file.possible:
            country = match.country.upper() if match.country else "country not stated"
            say(f"  {match.company_id}  {match.name} ({country}), {match.records:,} records")
            for reason in match.reasons:
                say(f"      {reason}")


def _first(texts: list[str]) -> list[str]:
    """As many as a page bears, and how many more there are."""
    return texts if len(texts) <= _MOST else [*texts[:_MOST], f"and {len(texts) - _MOST:,} more (--json lists all)"]


def _last(day: object) -> str:
    return f", last {day}" if day else ""


def _print_record(file: "RecordFile") -> None:
    record, provenance = file.record, file.provenance
    heading(f"{record['record_id']}  {record['company_name']}")
    if file.remarks:
        heading("; ".join(file.remarks).upper())
    facts(
        [
            *((name, value) for name, value in record.items() if name not in _APART),
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


def _print_rows(rows: "list[OriginalRow]") -> None:
    for row in rows:
        heading(f"{row.member or row.relation}, row {row.row_number} of retrieval {row.retrieval_id}")
        facts([("evidence", row.file), ("row hash", row.row_hash)])
        if row.named_withheld:
            say("  This row also names somebody who was withheld: only its number and hash are kept.")
        facts((name, "(empty)" if value is None else value) for name, value in row.columns.items())


def _status(record: dict[str, Any]) -> str:
    day = f" since {record['status_on']}" if record["status_on"] else ""
    published = f" (“{record['status_as_published']}”)" if record["status_as_published"] else ""
    return f"{record['status']}{day}{published}"


def _force(record: dict[str, Any]) -> str:
    span = _span(record["effective_from"], record["effective_to"])
    if record["in_force"] is None:
        return span
    return f"{span}: {'in force today' if record['in_force'] else 'not in force today'}"


def _span(start: object, end: object) -> str:
    return " ".join(part for part in (f"from {start}" if start else "", f"to {end}" if end else "") if part)


def _address(address: dict[str, str | None]) -> str:
    return ", ".join(part for part in address.values() if part)
