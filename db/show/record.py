"""Show: one record with everything that proves it, its history, and the rows the agency published."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from db.history import Version, differences, history
from db.rows import rows_of
from db.show.page import Asked, NothingShown, Record, adorn, say_what_analysts_said, say_what_came_since, tombstone
from db.status import Coverage
from db.store import Store
from ingest.catalog import Source
from ingest.errors import StoreDamaged, UsageError

COMPANY_ID = re.compile(r"c[0-9a-f]{15}")


@dataclass(frozen=True, slots=True)
class RecordFile:
    """One record: its filled columns, where each of them comes from, and the versions before this one.

    `disputes` and `judgements` of analysts, each with its `sentence`. `coverage`: the sources as of the day asked for,
    None at present.
    """

    record: Record
    remarks: list[str]
    disputes: list[dict[str, Any]]
    judgements: list[dict[str, Any]]
    provenance: dict[str, Any]
    versions: list[dict[str, Any]]
    as_of: date | None
    coverage: Coverage | None


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """Every version of one record that is kept, the first one first."""

    record_id: str
    company_name: str
    publisher: str
    versions: list[Version]


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


def record_file(con: duckdb.DuckDBPyConnection, record_id: str, asked: Asked) -> RecordFile | NothingShown:
    """The record with its provenance. Raises UsageError for an id that is not known."""
    record = find_record(con, record_id, asked)
    if isinstance(record, NothingShown):
        return record
    del record["hidden"]
    versions = _earlier(con, record)
    adorn(record, asked)
    say_what_came_since(con, [record], asked)
    say_what_analysts_said([record], asked)
    told = {name: record.pop(name, []) for name in ("remarks", "disputes", "judgements")}
    return RecordFile(
        record={name: value for name, value in record.items() if value not in (None, [])},
        provenance=_provenance(con, record, asked.sources),
        versions=versions,
        as_of=asked.as_of,
        coverage=asked.covered(con),
        **told,
    )


def record_history(con: duckdb.DuckDBPyConnection, record_id: str, asked: Asked) -> HistoryFile | NothingShown:
    """Every version of the record; of a hidden one nothing. Raises UsageError for an id that is not known."""
    record = find_record(con, record_id, asked)
    if isinstance(record, NothingShown):
        return record
    return HistoryFile(record_id, record["company_name"], asked.publisher(record["source_id"]), history(con, record_id))


def find_record(con: duckdb.DuckDBPyConnection, record_id: str, asked: Asked) -> Record | NothingShown:
    """Every column of a record by name, as of the day asked for, or why it is not shown.

    Raises UsageError for an id that is not known.
    """
    asked.open(con)
    keys = [record_id.partition(":")[0], record_id]
    found = rows_of(con, "SELECT * FROM known WHERE source_id = ? AND record_id = ?", keys)
    if found and found[0]["hidden"] is None:
        return found[0]
    if found:
        stone = tombstone(found[0], asked)
        step = "" if asked.include_removed else "`--include-removed` shows its ids and dates."
        return NothingShown(record_id, stone.words, step, [stone] if asked.include_removed else [], asked.covered(con))
    covered = asked.covered(con)
    first = con.execute("SELECT first_seen FROM record WHERE source_id = ? AND record_id = ?", keys).fetchone()
    if first is None or covered is None:
        raise UsageError(f"no record `{record_id[:200]}`", next_step="Ids stand in `trackrecord show COMPANY_ID`.")
    why = f"it was not known on {asked.as_of}: first seen on {first[0]:%Y-%m-%d}"
    if not covered.searched:
        why = f"nothing was known on {asked.as_of}: no source had been synced"
    return NothingShown(record_id, why, "", [], covered)


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
    from ingest.archive import META  # noqa: PLC0415 -- the readers of all formats come along, which only this needs

    path = store.evidence / file
    try:
        rows = rows_of(
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
    retrievals = rows_of(
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


def _earlier(con: duckdb.DuckDBPyConnection, record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Earlier versions, latest first, each with the columns in which the next one differs and what they said."""
    earlier = rows_of(
        con,
        """SELECT * FROM record_history WHERE source_id = ? AND record_id = ? AND version < ?
        ORDER BY version DESC, superseded_at DESC""",
        [record["source_id"], record["record_id"], record["version"]],
    )
    following, versions = record, []
    for version in earlier:
        said = {change.field: change.before for change in differences(version, following)}
        span = {name: version[name] for name in ("version", "changed_at", "superseded_at")}
        versions.append({**span, "said": said})
        following = version
    return versions
