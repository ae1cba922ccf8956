"""What a pack is about, read from a home: records with all their versions, their runs, retrievals, and companies."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from db.as_of import TOMBSTONE, known_on, retention_of
from db.evidence_pack.plain import filled, plain
from db.resolve.present import links_of, present_id
from db.rows import rows_of
from db.show.record import is_company
from ingest.catalog import Source
from ingest.errors import UsageError
from ingest.model import DAY_SQL, RETRIEVAL, SQL_COLUMNS

MOST_RECORDS = 20_000
_SHOWN = "(SELECT * FROM known WHERE hidden IS NULL)"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user asked for: ids as given, companies (present id → id as given), and the records that belong to them.

    `records`: columns of `known`, oldest matter first within the pack's order; hidden ones too. `earlier`: their
    replaced versions.
    """

    given: tuple[str, ...]
    companies: Mapping[str, str]
    records: list[Row]
    earlier: list[Row]

    @property
    def shown(self) -> list[Row]:
        """Records that may be shown."""
        return [record for record in self.records if record["hidden"] is None]


def asked_for(
    con: duckdb.DuckDBPyConnection, given: Sequence[str], sources: Mapping[str, Source], today: date
) -> Asked:
    """The records of these companies and these records, by the ids given. Raises UsageError for an id not known.

    Cost: two scans of the record tables by id, whatever the number of ids.
    """
    given = tuple(dict.fromkeys(given))
    companies: dict[str, str] = {}
    ids = []
    for text in given:
        if is_company(text):
            company_id = present_id(con, text)
            if company_id is None:
                raise UsageError(f"no company `{text}`", next_step="Find ids with `trackrecord search NAME`.")
            companies[company_id] = text
        else:
            ids.append(text)
    known_on(con, None, today=today, retention=retention_of(sources.values()))
    records = rows_of(
        con,
        f"""SELECT *, {DAY_SQL} AS day FROM known
        WHERE list_contains($1::VARCHAR[], company_id)
            OR (list_contains($2::VARCHAR[], source_id) AND list_contains($3::VARCHAR[], record_id))
        ORDER BY day NULLS LAST, source_id, record_id""",
        [list(companies), sorted({text.partition(":")[0] for text in ids}), ids],
    )
    found = {record["record_id"] for record in records}
    for text in ids:
        if text not in found:
            raise UsageError(f"no record `{text[:200]}`", next_step="Ids stand in `trackrecord show COMPANY_ID`.")
    if len(records) > MOST_RECORDS:
        raise UsageError(
            f"a pack holds at most {MOST_RECORDS:,} records; these are {len(records):,}",
            next_step="Name single records, or make several packs.",
        )
    shown = [record["record_id"] for record in records if record["hidden"] is None]
    earlier = rows_of(
        con,
        """SELECT * FROM record_history WHERE list_contains($1::VARCHAR[], source_id)
            AND list_contains($2::VARCHAR[], record_id)
        ORDER BY record_id, version DESC, superseded_at DESC""",
        [sorted({record["source_id"] for record in records}), shown],
    )
    return Asked(given, companies, records, earlier)


def record_lines(asked: Asked, run_of: Mapping[str, str], last_shown: Mapping[tuple[str, Any], str]) -> list[Row]:
    """One object per record for records.jsonl: versions latest first; a hidden one is ids, dates and why alone.

    `run_of`: retrieval → run; `last_shown`: see `last_runs`.
    """
    earlier: dict[str, list[Row]] = {}
    for version in asked.earlier:
        earlier.setdefault(version["record_id"], []).append(version)
    lines = []
    for record in asked.records:
        if record["hidden"] is not None:
            lines.append(filled({name: record[name] for name in TOMBSTONE}))
            continue
        head = ("record_id", "source_id", "company_id", "first_seen", "last_seen", "removed_at", "removal")
        versions = [record, *earlier.get(record["record_id"], ())]
        lines.append(
            {
                **filled({name: record[name] for name in head}),
                "versions": [_version(version, run_of, last_shown) for version in versions],
            }
        )
    return lines


def _version(version: Row, run_of: Mapping[str, str], last_shown: Mapping[tuple[str, Any], str]) -> Row:
    only = {"retrieval_id": version["retrieval_id"], "member": version["member"], "row": version["row_number"]}
    own = ("version", "changed_at", "superseded_at", "adapter_version", "gate_reason", "row_hash")
    # the removal of the present version is that of the record
    gone = ("removed_at", "removal") if "superseded_at" in version else ()
    return {
        **filled({name: version.get(name) for name in (*own, *gone)}),
        **filled({"run_id": run_of.get(version["retrieval_id"]),
                  "last_run_id": last_shown.get((version["source_id"], version["last_seen"]))}),
        "rows": [filled(place) for place in version["source_rows"] or [only]],
        "says": filled({column.name: version[column.name] for column in SQL_COLUMNS}),
    }  # fmt: skip


def last_runs(con: duckdb.DuckDBPyConnection, asked: Asked) -> dict[tuple[str, Any], str]:
    """(source, time a version was last seen) → the last run that showed it, as an unchanged file after that does."""
    seen = {(version["source_id"], version["last_seen"]) for version in (*asked.shown, *asked.earlier)}
    found = {}
    for source_id in sorted({source_id for source_id, _ in seen}):
        runs = rows_of(
            con,
            """SELECT run_id, started_at, outcome FROM run WHERE outcome IN ('loaded', 'unchanged') AND source_id = ?
            ORDER BY started_at, rowid""",
            [source_id],
        )
        starts = [run["started_at"] for run in runs]
        for moment in (moment for of, moment in seen if of == source_id):
            at = bisect_right(starts, moment) - 1
            while 0 <= at < len(runs) - 1 and runs[at + 1]["outcome"] == "unchanged":
                at += 1
            if at >= 0:
                found[source_id, moment] = runs[at]["run_id"]
    return found


def retrievals_of(con: duckdb.DuckDBPyConnection, run_ids: Iterable[str]) -> list[Row]:
    """All retrievals of these runs, in the order of the chain."""
    names = ", ".join(column.name for column in RETRIEVAL)
    sql = f"SELECT {names} FROM retrieval WHERE list_contains($1::VARCHAR[], run_id) ORDER BY seq"
    return rows_of(con, sql, [sorted(set(run_ids))])


def runs_of(con: duckdb.DuckDBPyConnection, run_ids: Iterable[str]) -> dict[str, Row]:
    """What is known of these runs, by id."""
    rows = rows_of(
        con,
        """SELECT run_id, source_id, started_at, outcome, adapter_version, gate_version, data_as_of FROM run
        WHERE list_contains($1::VARCHAR[], run_id) ORDER BY run_id""",
        [sorted(set(run_ids))],
    )
    return {row["run_id"]: filled(row) for row in rows}


def companies_of(con: duckdb.DuckDBPyConnection, asked: Asked) -> list[Row]:
    """The companies asked for and those of the single records: names, numbers, places, and why each is one company.

    All of it from records that are shown: what an agency publishes no more says nothing here either.
    """
    of_company: dict[str, list[Row]] = {company_id: [] for company_id in asked.companies}
    for record in asked.shown:
        of_company.setdefault(record["company_id"], []).append(record)
    found: list[Row] = []
    for company_id, records in of_company.items():
        names = Counter(record["company_name"] for record in records)
        if not names:
            found.append({"company_id": company_id, "asked": asked.companies[company_id]})
            continue
        name = max(sorted(names), key=names.__getitem__)
        others = {(other, "stated") for other in names} | {
            (other["name"], other["kind"]) for record in records for other in record["names"] or ()
        }
        # single records do not rest on links
        linked = company_id in asked.companies and len({record["party_id"] for record in records}) > 1
        company: Row = {"company_id": company_id}
        found.append(
            {
                **company,
                **filled({"asked": asked.companies.get(company_id), "country": _most(records, "country")}),
                "entity_type": _most(records, "entity_type"),
                "name": name,
                "names": [{"name": n, "kind": k} for n, k in sorted(others, key=str) if n != name],
                "identifiers": _distinct(records, "identifiers"),
                "places": list(dict.fromkeys(p["text"] for p in _distinct(records, "addresses") if p["text"])),
                "links": [link.text for link in links_of(con, company_id, _SHOWN)] if linked else [],
            }
        )
    return found


def _most(records: Iterable[Row], column: str) -> str | None:
    """The value most records state; None where none does."""
    counted = Counter(record[column] for record in records if record[column])
    return max(sorted(counted), key=counted.__getitem__) if counted else None


def _distinct(records: Iterable[Row], column: str) -> list[Row]:
    """The different objects in a column of lists, in the order in which records have them."""
    return list({repr(part): plain(part) for record in records for part in record[column] or ()}.values())
