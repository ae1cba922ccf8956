"""The rows of an export: views over what is known, of which only `shown` holds content."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from db.as_of import known_on, retention_of
from db.decisions.kept import Decisions, dispute_sentence, judgement_sentence
from db.export.columns import BURIED, EXPORTED, NEUTRAL
from db.in_force import in_force_sql
from db.remarks import REMARKS_SQL, no_longer_sql
from db.screen.asking import hand_over
from ingest.catalog import Source
from ingest.model import DAY_SQL, literal

_SOURCES = pa.schema(
    [(name, pa.string()) for name in ("source_id", "source_title", "publisher", "licence", "attribution")]
)
_SHARED = [("why", pa.string()), ("made_by", pa.string()), ("made_at", pa.timestamp("us")), ("sentence", pa.string())]
_BESIDE = pa.schema(
    [
        ("record_id", pa.string()),
        ("disputes", pa.list_(pa.struct([("number", pa.int64()), ("evidence", pa.string()), *_SHARED]))),
        ("judgements", pa.list_(pa.struct([("number", pa.int64()), ("verdict", pa.string()), *_SHARED]))),
    ]
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which records are exported; what is empty restricts nothing. `since` leaves out those without a date.

    `as_of`: from what was known at the end of that day. `include_removed`: hidden ones as tombstones.
    """

    sources: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    country: str | None = None
    since: date | None = None
    as_of: date | None = None
    include_removed: bool = False

    @property
    def condition(self) -> str:
        """SQL over the columns of `known`."""
        listed = (("source_id", self.sources), ("kind", self.kinds), ("company_id", self.companies))
        parts = [f"{column} IN ({', '.join(literal(one) for one in chosen)})" for column, chosen in listed if chosen]
        parts += [f"country = {literal(self.country)}"] if self.country else []
        parts += [f"{DAY_SQL} >= DATE '{self.since}'"] if self.since else []
        return " AND ".join(parts) or "true"


def prepare(
    con: duckdb.DuckDBPyConnection, chosen: Chosen, sources: Mapping[str, Source], decisions: Decisions, today: date
) -> None:
    """Views `shown` (all columns), `buried` (tombstones) and `exported` (both, with the columns of EXPORTED).

    Cost: nothing until they are read; then two joins of the records with small tables.
    """
    known_on(con, chosen.as_of, today=today, retention=retention_of(sources.values()))
    hand_over(con, "export_source", _SOURCES, [_source(source) for source in sources.values()])
    hand_over(con, "beside", _BESIDE, _said(decisions, sources))
    columns = ", ".join(f'"{column.name}"' for column in EXPORTED if column not in BURIED)
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW shown AS SELECT {columns} FROM (
        SELECT k.*, s.* EXCLUDE (source_id), r.url AS retrieval_url, r.retrieved_at, r.sha256 AS payload_sha256,
               b.disputes, b.judgements,
               nullif(concat_ws('; ', nullif(k.remark, ''),
                                {no_longer_sql("coalesce(s.publisher, k.source_id)")} || ' since' || n.went),
                      '') AS remarks
        FROM (SELECT *, {DAY_SQL} AS date, {in_force_sql(chosen.as_of or today)} AS in_force, {REMARKS_SQL} AS remark
              FROM known WHERE hidden IS NULL AND {chosen.condition}) k
        LEFT JOIN export_source s ON s.source_id = k.source_id LEFT JOIN beside b ON b.record_id = k.record_id
        LEFT JOIN (SELECT retrieval_id, url, retrieved_at, sha256 FROM retrieval) r ON r.retrieval_id = k.retrieval_id
        LEFT JOIN ({_went_since(chosen.as_of, today)}) n ON n.record_id = k.record_id)"""
    )
    neutral = ", ".join(column.name for column in NEUTRAL if column.name != "tombstone")
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW buried AS SELECT {neutral},
               {no_longer_sql("coalesce(publisher, source_id)")} AS tombstone
        FROM (SELECT {neutral} FROM known WHERE hidden IS NOT NULL AND {chosen.include_removed} AND {chosen.condition})
        LEFT JOIN (SELECT source_id, publisher FROM export_source) USING (source_id)"""
    )
    ordered = ", ".join(f'"{column.name}"' for column in EXPORTED)
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW exported AS SELECT {ordered}
        FROM (SELECT * FROM shown UNION ALL BY NAME SELECT * FROM buried)"""
    )


def _went_since(as_of: date | None, today: date) -> str:
    """SQL for the records that were shown on the day asked for and are published no more."""
    if as_of is None:
        return "SELECT '' AS record_id, '' AS went WHERE false"
    return f"""SELECT record_id, CASE WHEN removed_at IS NULL THEN ' ' || publication_ends
                   ELSE ', seen on ' || strftime(removed_at, '%Y-%m-%d') END AS went
        FROM record
        WHERE removed_at >= DATE '{as_of}' + 1 OR (removed_at IS NULL AND publication_ends < DATE '{today}')"""


def counted(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """Records with content and tombstones, by source, of the export that was prepared."""
    return {
        source_id: (shown, buried)
        for source_id, shown, buried in con.execute(
            """SELECT source_id, sum(shown)::BIGINT, sum(buried)::BIGINT FROM (
                SELECT source_id, 1 AS shown, 0 AS buried FROM shown
                UNION ALL SELECT source_id, 0, 1 FROM buried) GROUP BY source_id ORDER BY source_id"""
        ).fetchall()
    }


def _source(source: Source) -> tuple[str | None, ...]:
    return source.id, source.title, source.publisher, source.licence, source.attribution or None


def _said(decisions: Decisions, sources: Mapping[str, Source]) -> Sequence[tuple[Any, ...]]:
    """What analysts said of records: record id, disputes, judgements."""
    disputes, judgements = decisions.disputes(), decisions.on_records()
    return [
        (
            record_id,
            [
                {**_fields(dispute, ("number", "why", "made_by", "made_at")),
                 "evidence": dispute.evidence_for_others,
                 "sentence": dispute_sentence(dispute, sources.get(record_id.partition(":")[0]))}
                for dispute in disputes.get(record_id, ())
            ] or None,
            [
                {**_fields(judgement, ("number", "verdict", "why", "made_by", "made_at")),
                 "sentence": judgement_sentence(judgement)}
                for judgement in judgements.get(record_id, ())
            ] or None,
        )
        for record_id in sorted({*disputes, *judgements})
    ]  # fmt: skip


def _fields(row: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
