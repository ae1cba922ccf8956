"""The page of a company as text."""

from typing import TYPE_CHECKING, Any

from cli.render import facts, heading, identifier, money, say
from cli.show import print_coverage, print_tombstone

if TYPE_CHECKING:
    from db.show.company import CompanyFile

_MOST = 20


def print_company(file: "CompanyFile") -> None:
    """The company, when its measures were in force, why it is one, its records, and possible matches."""
    company = file.company
    heading(company["name"] + (f"  as known on {file.as_of}" if file.as_of else ""))
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
            ("in force", _force(file)),
            ("not shown", [f"{n:,} no longer published by {who}" for who, n in file.hidden.items()]),
        ]
    )
    if file.hidden and not file.tombstones:
        say("  `--include-removed` shows the ids and dates of what is no longer published.")
    if file.links:
        say()
        heading("Why this is one company")
        for text in _first([link.text for link in file.links]):
            say(f"  {text}")
    for record in file.records:
        _print_record(record)
    for stone in file.tombstones:
        print_tombstone(stone)
    if file.possible:
        say()
        heading("Possible matches, not part of this company")
        for match in file.possible:
            country = match.country.upper() if match.country else "country not stated"
            say(f"  {match.company_id}  {match.name} ({country}), {match.records:,} records")
            for reason in match.reasons:
                say(f"      {reason}")
    print_coverage(file.coverage)


def _print_record(record: dict[str, Any]) -> None:
    from db.in_force import MEASURES

    say()
    remark = f" — {'; '.join(record['remarks']).upper()}" if record["remarks"] else ""
    heading(f"{record['date'] or 'undated'}  {record['kind']}, {_status(record)}{remark}")
    for beside in (*record.get("disputes", ()), *record.get("judgements", ())):
        say(f"  {beside['sentence']}")
    told = record["in_force"] is not None or record["kind"] in MEASURES or record["effective_to"]
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
            ("effective", _span(record["effective_from"], record["effective_to"])),
            ("in force", record["in_force_says"] if told else None),
            ("data as of", record["data_as_of"]),
            ("link", record["document_url"] or record["source_url"]),
        ]
    )


def _force(file: "CompanyFile") -> list[str]:
    from db.in_force import span_in_words

    unknown = f"not stated by {file.force_not_stated:,} measures" if file.force_not_stated else ""
    told = [f"{span.kind} {span_in_words(span)}" for span in file.force]
    return _first([*told, *filter(None, [unknown])])


def _first(texts: list[str]) -> list[str]:
    """As many as a page bears, and how many more there are."""
    return texts if len(texts) <= _MOST else [*texts[:_MOST], f"and {len(texts) - _MOST:,} more (--json lists all)"]


def _last(day: object) -> str:
    return f", last {day}" if day else ""


def _status(record: dict[str, Any]) -> str:
    day = f" since {record['status_on']}" if record["status_on"] else ""
    published = f" (“{record['status_as_published']}”)" if record["status_as_published"] else ""
    return f"{record['status']}{day}{published}"


def _span(start: object, end: object) -> str:
    return " ".join(part for part in (f"from {start}" if start else "", f"to {end}" if end else "") if part)
