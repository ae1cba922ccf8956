"""Show: a company's records in time order, or one record with everything that proves it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from db.resolve.present import Link, SourceCount, links_of, places_of, present_id, sources_of
from db.status import utc
from db.store import Store
from ingest.archive import META
from ingest.catalog import Source
from ingest.errors import StoreDamaged, UsageError
from ingest.model import DAY_SQL, NOT_ADVERSE, RECORD

if TYPE_CHECKING:
    from db.resolve.possible import PossibleMatch

COMPANY_ID = re.compile(r"c[0-9a-f]{15}")

_IN_COMPANY = (
    "record_id", "source_id", "kind", "subject_area", "role", "agency_type", "status", "status_on",
    "status_as_published", "legal_basis", "summary", "case_id", "decision_id", "list_id", "amounts", "violation_start",
    "violation_end", "effective_from", "effective_to", "source_url", "document_url", "data_as_of", "removed_at",
    "removal",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CompanyFile:
    """A company, its other names, why it is one, and its records in time order (undated ones last).

    `asked` is the id that was asked for, where the company has another by now. Each record: columns of the model,
    `date`, `in_force` (True, False, or None without dates of force) and `remarks`.
    """

    company: dict[str, Any]
    names: list[dict[str, Any]]
    records: list[dict[str, Any]]
    asked: str | None
    places: list[str]
    sources: list[SourceCount]
    links: list[Link]
    possible: "list[PossibleMatch]"


@dataclass(frozen=True, slots=True)
class RecordFile:
    """One record: its filled columns, where each of them comes from, and the versions before this one."""

    record: dict[str, Any]
    remarks: list[str]
    provenance: dict[str, Any]
    versions: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class OriginalRow:
    """One input row as published; without columns where the row also names somebody who was withheld."""

    file: str
    relation: str
    retrieval_id: str
    member: str | None
    row_number: int
    row_hash: str
    named_withheld: bool
    columns: dict[str, str | None]


def is_company(argument: str) -> bool:
    """Whether the argument is a company's id; raises UsageError when it is no record's id either."""
    if COMPANY_ID.fullmatch(argument):
        return True
    if ":" not in argument:
        raise UsageError(
            f"`{argument[:80]}` is neither a company id nor a record id",
            next_step=f"Find ids with `trackrecord search {argument[:80]}`.",
        )
    return False


def company_file(con: duckdb.DuckDBPyConnection, company_id: str, today: date) -> CompanyFile:
    """The company that has this id, or had it before a merger or correction, and its records.

    Raises UsageError for an id that is not known, or is several companies' by now. Cost: scans of record.company_id,
    and a question to the name index.
    """
    # brings the name index and the comparison along, which a record's page should not wait for
    from db.resolve.possible import possible_matches  # noqa: PLC0415

    asked = company_id
    company_id = present_id(con, asked) or asked
    found = _dicts(con, "SELECT * FROM company WHERE company_id = ?", [company_id])
    if not found:
        raise UsageError(f"no company `{company_id}`", next_step="Find ids with `trackrecord search NAME`.")
    names = _dicts(
        con,
        "SELECT DISTINCT name, kind FROM company_name WHERE company_id = ? AND name <> ? ORDER BY kind, name",
        [company_id, found[0]["name"]],
    )
    records = _dicts(
        con,
        f"""SELECT {DAY_SQL} AS date, {", ".join(_IN_COMPANY)} FROM record WHERE company_id = ?
        ORDER BY date NULLS LAST, source_id, record_id""",
        [company_id],
    )
    for record in records:
        record["in_force"] = in_force(record, today)
        record["remarks"] = remarks(record)
    return CompanyFile(
        found[0],
        names,
        records,
        asked if asked != company_id else None,
        places_of(con, company_id),
        sources_of(con, company_id, DAY_SQL),
        links_of(con, company_id),
        possible_matches(con, company_id),
    )


def record_file(
    con: duckdb.DuckDBPyConnection, record_id: str, sources: Mapping[str, Source], today: date
) -> RecordFile:
    """The record with its provenance. Raises UsageError for an id that is not known."""
    record = find_record(con, record_id)
    filled = {name: value for name, value in record.items() if value not in (None, [])}
    filled["in_force"] = in_force(record, today)
    return RecordFile(
        record=filled,
        remarks=remarks(record),
        provenance=_provenance(con, record, sources),
        versions=_versions(con, record),
    )


def find_record(con: duckdb.DuckDBPyConnection, record_id: str) -> dict[str, Any]:
    """Every column of a record, by name. Raises UsageError for an id that is not known."""
    found = _dicts(
        con,
        "SELECT * FROM record WHERE source_id = ? AND record_id = ?",
        [record_id.partition(":")[0], record_id],
    )
    if not found:
        raise UsageError(f"no record `{record_id[:200]}`", next_step="Ids stand in `trackrecord show COMPANY_ID`.")
    return found[0]


def in_force(record: Mapping[str, Any], today: date) -> bool | None:
    """Whether a measure is in force today, by its dates alone; None for what has no such dates or was lifted.

    A penalty without an end took effect once and is no measure that goes on: None as well.
    """
    start, end = record["effective_from"], record["effective_to"]
    if (start is None or record["kind"] == "penalty") and end is None:
        return None
    if record["status"] in NOT_ADVERSE or record["removed_at"] is not None:
        return None
    return (start is None or start <= today) and (end is None or today <= end)


def remarks(record: Mapping[str, Any]) -> list[str]:
    """What a reader must not overlook: cleared matters, allegations, records that the source took back."""
    found = []
    if record["status"] in NOT_ADVERSE:
        found.append(f"{record['status']}: not held against the company")
    if record["kind"] == "allegation" or record["status"] in {"alleged", "proposed", "contested"}:
        found.append("not a finding")
    if record["removed_at"] is not None:
        found.append(f"{record['removal'] or 'removed at source'}, seen on {record['removed_at']:%Y-%m-%d}")
    return found


def original_rows(con: duckdb.DuckDBPyConnection, store: Store, record: Mapping[str, Any]) -> list[OriginalRow]:
    """The input rows of a record out of the evidence store, in their order.

    Raises StoreDamaged when the evidence file or the row is not there. Reads on a connection of its own.
    """
    places = _places(record)
    files = con.execute(
        """SELECT DISTINCT e.file, e.relation FROM evidence e JOIN retrieval r USING (run_id)
        WHERE e.kind = 'rows' AND r.retrieval_id IN (SELECT unnest(?::VARCHAR[])) ORDER BY e.file""",
        [[place["retrieval_id"] for place in places]],
    ).fetchall()
    found: list[OriginalRow] = []
    reader = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    try:
        for file, relation in files:
            found += _rows_in(reader, store, file, relation, places)
    finally:
        reader.close()
    order = {(place["retrieval_id"], place["member"], place["row"]): at for at, place in enumerate(places)}
    if {(row.retrieval_id, row.member, row.row_number) for row in found} != order.keys():
        raise StoreDamaged(
            f"the evidence store lacks an original row of {record['record_id']}",
            where=str(store.evidence),
            next_step="Run `trackrecord verify`.",
        )
    return sorted(found, key=lambda row: order[row.retrieval_id, row.member, row.row_number])


def _rows_in(
    reader: duckdb.DuckDBPyConnection, store: Store, file: str, relation: str, places: list[dict[str, Any]]
) -> Iterable[OriginalRow]:
    path = store.evidence / file
    try:
        rows = _dicts(
            reader,
            """SELECT f.* FROM read_parquet(?) f SEMI JOIN (
                SELECT unnest(?::STRUCT(retrieval_id VARCHAR, member VARCHAR, "row" BIGINT)[], recursive := true)) p
            ON p.retrieval_id = f.retrieval_id AND p.member IS NOT DISTINCT FROM f.member AND p."row" = f.row_number""",
            [str(path), places],
        )
    except duckdb.Error:
        raise StoreDamaged(
            "an evidence file is missing or damaged", where=str(path), next_step="Run `trackrecord verify`."
        ) from None
    for row in rows:
        columns = {name: value for name, value in row.items() if name not in META}
        yield OriginalRow(
            file=file,
            relation=relation,
            **{name: row[name] for name in META if name != "_row"},
            columns={} if row["named_withheld"] else columns,
        )


def _places(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Retrieval, member and row number of every input row of the record."""
    only = {"retrieval_id": record["retrieval_id"], "member": record["member"], "row": record["row_number"]}
    return record["source_rows"] or [only]


def _provenance(
    con: duckdb.DuckDBPyConnection, record: Mapping[str, Any], sources: Mapping[str, Source]
) -> dict[str, Any]:
    source = sources.get(record["source_id"])
    places = _places(record)
    retrievals = _dicts(
        con,
        """SELECT retrieval_id, run_id, resource, url, final_url, retrieved_at, attempted_at, via, status, bytes,
                  sha256, chain_hash FROM retrieval WHERE retrieval_id IN (SELECT unnest(?::VARCHAR[])) ORDER BY seq""",
        [[place["retrieval_id"] for place in places]],
    )
    files = con.execute(
        "SELECT file FROM evidence WHERE run_id IN (SELECT unnest(?::VARCHAR[])) AND source_id = ? ORDER BY file",
        [[retrieval["run_id"] for retrieval in retrievals], record["source_id"]],
    ).fetchall()
    return {
        "source_id": record["source_id"],
        "source": source.title if source else None,
        "publisher": source.publisher if source else None,
        "licence": source.licence if source else None,
        "means": source.means if source else None,
        "means_not": source.means_not if source else None,
        "correction_channel": source.correction_channel if source else None,
        "data_as_of": record["data_as_of"],
        "retrievals": retrievals,
        "rows": places,
        "row_hash": record["row_hash"],
        "adapter_version": record["adapter_version"],
        "evidence": [row[0] for row in files],
    }


def _versions(con: duckdb.DuckDBPyConnection, record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Earlier versions, latest first, each with the columns in which the next one differs and what they said."""
    earlier = _dicts(
        con,
        "SELECT * FROM record_history WHERE source_id = ? AND record_id = ? ORDER BY version DESC, superseded_at DESC",
        [record["source_id"], record["record_id"]],
    )
    following, versions = record, []
    for version in earlier:
        said = {c.name: version[c.name] for c in RECORD if c.origin == "sql" and version[c.name] != following[c.name]}
        span = {name: version[name] for name in ("version", "changed_at", "superseded_at")}
        versions.append({**span, "said": said})
        following = version
    return versions


def _dicts(con: duckdb.DuckDBPyConnection, sql: str, values: list[Any]) -> list[dict[str, Any]]:
    """Rows by column name; times with their zone, UTC."""
    con.execute(sql, values)
    names = [column[0] for column in con.description or []]
    return [
        {name: utc(value) if isinstance(value, datetime) else value for name, value in zip(names, row, strict=True)}
        for row in con.fetchall()
    ]
