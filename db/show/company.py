"""The page of a company: its records in time order, its names, links and periods of force, now or as of a day."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb

from db.in_force import MEASURES, Span, spans
from db.resolve.present import Link, SourceCount, links_of, places_of, present_id, sources_of
from db.rows import rows_of
from db.show.page import (
    Asked,
    NothingShown,
    Record,
    Tombstone,
    adorn,
    say_what_analysts_said,
    say_what_came_since,
    tombstone,
)
from db.status import Coverage
from ingest.errors import UsageError
from ingest.model import DAY_SQL, NOT_ADVERSE

if TYPE_CHECKING:
    from db.resolve.possible import PossibleMatch

_IN_COMPANY = (
    "record_id", "source_id", "kind", "subject_area", "role", "agency_type", "status", "status_on",
    "status_as_published", "legal_basis", "summary", "case_id", "decision_id", "list_id", "amounts", "violation_start",
    "violation_end", "effective_from", "effective_to", "source_url", "document_url", "data_as_of", "first_seen",
    "last_seen", "removed_at", "removal", "publication_ends",
)  # fmt: skip
_HOW_SHOWN = "`--include-removed` shows their ids and dates."


@dataclass(frozen=True, slots=True)
class CompanyFile:
    """A company, its other names, why it is one, and its records in time order (undated ones last).

    `asked` is the id that was asked for, where the company has another by now. Each record: columns of the model,
    `date`, `in_force` (True, False, or None where it is not stated), `in_force_says`, `remarks`, and `disputes` and
    `judgements` where there are any. `force`: when measures were in force; `force_not_stated`: measures that do not
    say. `hidden`: records by publisher that are no longer published; `tombstones` of them, if asked for. `coverage`:
    the sources as of the day asked for, None at present; links and possible matches are those of today.
    """

    company: dict[str, Any]
    names: list[dict[str, Any]]
    records: list[Record]
    asked: str | None
    places: list[str]
    sources: list[SourceCount]
    links: list[Link]
    possible: "list[PossibleMatch]"
    force: list[Span]
    force_not_stated: int
    hidden: dict[str, int]
    tombstones: list[Tombstone]
    as_of: date | None
    coverage: Coverage | None


def company_file(con: duckdb.DuckDBPyConnection, company_id: str, asked: Asked) -> CompanyFile | NothingShown:
    """The company that has this id, or had it before a merger or correction, and its records.

    Nothing that is said by hidden records alone is on the page. Raises UsageError for an id that is not known, or is
    several companies' by now. Cost: scans of record.company_id, and a question to the name index.
    """
    wanted = company_id
    company_id = present_id(con, wanted) or wanted
    found = rows_of(con, "SELECT * FROM company WHERE company_id = ?", [company_id])
    if not found:
        raise UsageError(f"no company `{company_id}`", next_step="Find ids with `trackrecord search NAME`.")
    asked.open(con)
    con.execute("CREATE OR REPLACE TEMP TABLE of_company AS SELECT * FROM known WHERE company_id = ?", [company_id])
    con.execute("CREATE OR REPLACE TEMP VIEW shown AS SELECT * FROM of_company WHERE hidden IS NULL")
    held = rows_of(
        con,
        f"""SELECT {DAY_SQL} AS date, company_name, {", ".join(_IN_COMPANY)}, hidden FROM of_company
        ORDER BY date NULLS LAST, source_id, record_id""",
        [],
    )
    gone = [record for record in held if record["hidden"]]
    records = [record for record in held if not record["hidden"]]
    covered = asked.covered(con)
    tombstones = [tombstone(record, asked) for record in gone] if asked.include_removed else []
    if not records:
        return _nothing(company_id, asked, gone, tombstones, covered)
    for record in records:
        del record["hidden"]
        adorn(record, asked)
    say_what_came_since(con, records, asked)
    say_what_analysts_said(records, asked)
    company, names = _as_shown(con, found[0], records, asked, partly=bool(gone))
    for record in records:
        del record["company_name"]
    return CompanyFile(
        company=company,
        names=names,
        records=records,
        asked=wanted if wanted != company_id else None,
        places=places_of(con, company_id, "shown"),
        sources=sources_of(con, company_id, DAY_SQL, "shown"),
        links=links_of(con, company_id, "shown"),
        possible=_possible(con, company_id, partly=bool(gone)) if asked.as_of is None else [],
        force=spans(records),
        force_not_stated=sum(r["in_force"] is None and r["kind"] in MEASURES for r in records),
        hidden=_by_publisher(gone, asked),
        tombstones=tombstones,
        as_of=asked.as_of,
        coverage=covered,
    )


def _by_publisher(gone: list[Record], asked: Asked) -> dict[str, int]:
    return dict(sorted(Counter(asked.publisher(record["source_id"]) for record in gone).items()))


def _nothing(
    company_id: str, asked: Asked, gone: list[Record], tombstones: list[Tombstone], covered: Coverage | None
) -> NothingShown:
    """Why a company has no record to be shown."""
    if gone:
        listed = " and ".join(f"{n:,} by {publisher}" for publisher, n in _by_publisher(gone, asked).items())
        why = f"its records are no longer published: {listed}"
        return NothingShown(company_id, why, "" if tombstones else _HOW_SHOWN, tombstones, covered)
    if covered and not covered.searched:
        return NothingShown(
            company_id, f"nothing was known on {asked.as_of}: no source had been synced", "", [], covered
        )
    return NothingShown(company_id, f"no record of it was known on {asked.as_of}", "", [], covered)


def _as_shown(
    con: duckdb.DuckDBPyConnection, company: dict[str, Any], records: list[Record], asked: Asked, *, partly: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The company and its other names; worked out from what is shown where that is not all there is today."""
    if asked.as_of is None and not partly:
        names = rows_of(
            con,
            "SELECT DISTINCT name, kind FROM company_name WHERE company_id = ? AND name <> ? ORDER BY kind, name",
            [company["company_id"], company["name"]],
        )
        return company, names
    stated = Counter(record["company_name"] for record in records)
    name = min(stated, key=lambda text: (-stated[text], text))
    names = rows_of(
        con,
        """SELECT DISTINCT name, kind FROM (
            SELECT company_name AS name, 'stated' AS kind FROM shown
            UNION ALL SELECT n.name, n.kind FROM (SELECT unnest(names) AS n FROM shown)) WHERE name <> ?
        ORDER BY kind, name""",
        [name],
    )
    ((country, numbers),) = con.execute(
        """SELECT (SELECT min(country) FROM shown), (SELECT list(i ORDER BY i.scheme, i.value)
        FROM (SELECT DISTINCT unnest(identifiers) AS i FROM shown))"""
    ).fetchall()
    days = [record["date"] for record in records if record["date"]]
    adverse = [record for record in records if record["status"] not in NOT_ADVERSE]
    own = {
        "company_id": company["company_id"],
        "name": name,
        "country": country,
        "entity_type": company["entity_type"],
        "identifiers": numbers,
        "records": len(records),
        "removed": sum(record["removed_at"] is not None for record in records),
        "not_adverse": len(records) - len(adverse),
        "sources": sorted({record["source_id"] for record in records}),
        "kinds": sorted({record["kind"] for record in adverse}),
        "first_on": min(days, default=None),
        "last_on": max(days, default=None),
    }
    return own, names


def _possible(con: duckdb.DuckDBPyConnection, company_id: str, *, partly: bool) -> "list[PossibleMatch]":
    """Possible matches with a record that is shown; reasons that may rest on what hidden ones say are not told."""
    # brings the name index and the comparison along, which a record's page should not wait for
    from db.resolve.possible import possible_matches  # noqa: PLC0415

    matches = possible_matches(con, company_id)
    rows = con.execute(
        """SELECT company_id, mode(company_name) FILTER (hidden IS NULL), count_if(hidden IS NULL), count(hidden)
        FROM known WHERE list_contains(?, company_id) GROUP BY company_id""",
        [[match.company_id for match in matches]],
    ).fetchall()
    shown = {row[0]: row[1:] for row in rows}
    found = []
    for match in matches:
        name, records, hidden = shown[match.company_id]
        if hidden and not records:
            continue
        reasons = ["alike by what is no longer published, which is not shown"] if hidden or partly else match.reasons
        changed = {"name": name, "records": records} if hidden else {}
        found.append(replace(match, reasons=reasons, **changed))
    return found
