"""What is new about a watch list: matches and records now against those it has seen, in SQL, line by line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from db.as_of import ENDED, NO_LONGER, TOMBSTONE, known_on
from db.history import change_in_words, differences
from db.in_force import in_force_sql
from db.rows import rows_of
from db.screen.asking import hand_over
from db.screen.matching import BANDS
from db.watch.state import Seen, State
from ingest import arrow
from ingest.model import DAY_SQL, RECORD

NEW_MATCH, RETURNED, MATCH_GONE = "new match", "changed since dismissed", "match gone"
STRONGER, WEAKER = "stronger match", "weaker match"
NEW_RECORD, CHANGED, BACK, MOVED = "new record", "changed record", "published again", "now of another company"
IN_FORCE, NOT_IN_FORCE = "came into force", "no longer in force"
DISPUTED, WITHDRAWN = "disputed", "dispute withdrawn"
GONE = ("removed at source", "aged out", NO_LONGER, ENDED)
SAME = "as before"
KINDS = (
    RETURNED, NEW_MATCH, STRONGER, WEAKER, NEW_RECORD, CHANGED, IN_FORCE, NOT_IN_FORCE, *GONE, BACK, DISPUTED,
    WITHDRAWN, MOVED, MATCH_GONE, SAME,
)  # fmt: skip
"""What a line may say, in the order in which the lines of a match stand."""
SHOWN = (
    "record_id", "source_id", "kind", "agency_type", "status", "status_as_published", "effective_from", "effective_to",
    "summary", "legal_basis", "case_id", "amounts", "source_url", "document_url", "data_as_of", "first_seen",
    "last_seen", "removed_at", "removal", "publication_ends",
)  # fmt: skip
"""Columns of a record in a line; of one that is hidden no more than TOMBSTONE has."""
_NOW = pa.schema(
    [("supplier", pa.int64()), ("place", pa.int32()), ("company_id", pa.string()), ("rank", pa.int32()),
     ("dismissed", pa.bool_()), ("returned", pa.bool_())]
)  # fmt: skip
_OLD = pa.schema([("supplier", pa.int64()), ("company_id", pa.string()), ("rank", pa.int32())])
_SEEN = pa.schema(
    [("record_id", pa.string()), ("company_id", pa.string()), ("version", pa.int32()), ("gone", pa.string()),
     ("in_force", pa.string()), ("disputes", pa.string())]
)  # fmt: skip
_DISPUTE = pa.schema([("record_id", pa.string()), ("disputes", pa.string())])
_SUPPLIER = pa.schema([("supplier", pa.int64()), ("at", pa.int64())])
_DETAIL = pa.schema([("record_id", pa.string()), ("detail", pa.string())])
_TOGETHER = 500
_PAST = 1_000_000
"""The place of a match that is gone: behind the others of its supplier."""


@dataclass(frozen=True, slots=True)
class Present:
    """A match now: its place among those of the supplier, its band, and where an analyst's judgement leaves it."""

    supplier: int
    place: int
    company_id: str
    band: str
    dismissed: bool
    returned: bool


def prepare(
    con: duckdb.DuckDBPyConnection,
    state: State,
    present: Sequence[Present],
    disputes: Mapping[str, str],
    *,
    today: date,
    retention: Mapping[str, str],
    everything: bool,
) -> None:
    """Temporary tables `held` (records of these matches, and those seen), `pair` (matches) and `line` (what is new).

    The functions below rest on them. `disputes`: record id → numbers of its disputes; `everything`: lines also for
    records that are as before. Cost: scans of company_id and record_id, and one of what is on record.
    """
    known_on(con, None, today=today, retention=retention)
    rank = {band: at for at, band in enumerate(BANDS)}
    old = [(m.supplier, m.hit.company_id, rank.get(m.hit.band, 9)) for m in state.matches if m.shown]
    now = [(p.supplier, p.place, p.company_id, rank[p.band], p.dismissed, p.returned) for p in present]
    hand_over(con, "now_match", _NOW, now)
    hand_over(con, "old_match", _OLD, old)
    hand_over(con, "seen", _SEEN, [tuple(record) for record in state.seen])
    hand_over(con, "dispute_now", _DISPUTE, list(disputes.items()))
    hand_over(con, "supplier", _SUPPLIER, [(kept.number, at) for at, kept in enumerate(state.suppliers)])
    _hold(con, today)
    _pair(con)
    _lines(con)
    if everything:
        _add_the_rest(con)
    _say_what_changed(con)


def _hold(con: duckdb.DuckDBPyConnection, today: date) -> None:
    con.execute(
        """CREATE OR REPLACE TEMP TABLE wanted AS
        SELECT record_id FROM record WHERE company_id IN (SELECT company_id FROM now_match)
        UNION SELECT record_id FROM seen"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE held AS
        SELECT {", ".join(f"k.{name}" for name in SHOWN)}, k.company_id, k.version, k.hidden, k.day,
               coalesce(k.hidden, CASE WHEN k.removed_at IS NOT NULL THEN coalesce(k.removal, '{GONE[0]}') END, '')
                   AS gone,
               CASE WHEN k.hidden IS NULL THEN CASE k.force WHEN true THEN 'yes' WHEN false THEN 'no' END END
                   AS in_force,
               coalesce(d.disputes, '') AS disputes
        FROM (SELECT *, {DAY_SQL} AS day, {in_force_sql(today)} AS force FROM known) k
        SEMI JOIN wanted USING (record_id) LEFT JOIN dispute_now d USING (record_id)"""
    )


def _pair(con: duckdb.DuckDBPyConnection) -> None:
    """Tables `became` (company of a match then → now), `pair` (matches now; `before`: band then, if it was one)."""
    linked = con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'company_redirect'").fetchall()
    redirects = (
        "UNION SELECT old_id, company_id FROM company_redirect WHERE old_id IN (SELECT company_id FROM old_match)"
        if linked
        else ""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE became AS
        SELECT DISTINCT s.company_id AS old_id, h.company_id FROM seen s JOIN held h USING (record_id) {redirects}
        UNION SELECT company_id, company_id FROM old_match"""
    )
    con.execute(
        """CREATE OR REPLACE TEMP TABLE pair AS
        SELECT n.*, o.rank AS before, v.company_id IS NOT NULL AS visible FROM now_match n
        LEFT JOIN (SELECT o.supplier, b.company_id, min(o.rank) AS rank
                   FROM old_match o JOIN became b ON b.old_id = o.company_id GROUP BY ALL) o
            USING (supplier, company_id)
        LEFT JOIN (SELECT DISTINCT company_id FROM held WHERE hidden IS NULL) v USING (company_id)"""
    )


def _lines(con: duckdb.DuckDBPyConnection) -> None:
    """Table `line`: supplier, place and company of the match, record (NULL for the match as a whole), what, detail."""
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE line AS
        WITH known AS (SELECT * FROM pair WHERE before IS NOT NULL AND NOT dismissed),
        event AS (
            SELECT k.supplier, k.place, k.company_id, h.record_id, h.hidden IS NULL AS visible,
                   o.supplier IS NOT NULL AS was, s.version AS version_seen, h.version, s.gone AS gone_seen, h.gone,
                   s.in_force AS force_seen, h.in_force, s.disputes AS disputes_seen, h.disputes,
                   h.effective_from, h.effective_to
            FROM known k JOIN held h USING (company_id) LEFT JOIN seen s USING (record_id)
            LEFT JOIN old_match o ON o.supplier = k.supplier AND o.company_id = s.company_id),
        dates AS (SELECT *, concat_ws(' ', 'from ' || effective_from::VARCHAR, 'to ' || effective_to::VARCHAR) AS force
                  FROM event)
        SELECT p.supplier, p.place, p.company_id, h.record_id,
               CASE WHEN p.returned THEN '{RETURNED}' ELSE '{NEW_MATCH}' END AS what, NULL::VARCHAR AS detail
        FROM pair p JOIN held h USING (company_id) WHERE p.before IS NULL AND NOT p.dismissed AND h.hidden IS NULL
        UNION ALL
        SELECT supplier, place, company_id, NULL, CASE WHEN rank < before THEN '{STRONGER}' ELSE '{WEAKER}' END,
               list_value({", ".join(f"'{band}'" for band in BANDS)})[before + 1] || ' → '
               || list_value({", ".join(f"'{band}'" for band in BANDS)})[rank + 1]
        FROM known WHERE visible AND rank <> before AND before < {len(BANDS)}
        UNION ALL
        SELECT supplier, place, company_id, record_id, '{NEW_RECORD}', NULL FROM dates WHERE NOT was AND visible
        UNION ALL
        SELECT supplier, place, company_id, record_id, '{CHANGED}', NULL FROM dates
        WHERE was AND visible AND version <> version_seen
        UNION ALL
        SELECT supplier, place, company_id, record_id, gone, NULL FROM dates
        WHERE was AND gone_seen = '' AND gone <> ''
        UNION ALL
        SELECT supplier, place, company_id, record_id, '{BACK}', NULL FROM dates
        WHERE was AND gone_seen <> '' AND gone = ''
        UNION ALL
        SELECT supplier, place, company_id, record_id,
               CASE in_force WHEN 'yes' THEN '{IN_FORCE}' ELSE '{NOT_IN_FORCE}' END, force
        FROM dates WHERE was AND visible AND gone = '' AND force_seen <> '' AND in_force <> force_seen
        UNION ALL
        SELECT supplier, place, company_id, record_id,
               CASE WHEN list_has_all(string_split(disputes_seen, ' '), string_split(disputes, ' ')) OR disputes = ''
                    THEN '{WITHDRAWN}' ELSE '{DISPUTED}' END, NULL
        FROM dates WHERE was AND visible AND disputes <> disputes_seen
        UNION ALL
        SELECT o.supplier, {_PAST}, h.company_id, h.record_id, '{MOVED}', NULL
        FROM old_match o JOIN seen s USING (company_id) JOIN held h ON h.record_id = s.record_id
        WHERE h.hidden IS NULL AND NOT EXISTS (
            SELECT 1 FROM pair p WHERE p.supplier = o.supplier AND p.company_id = h.company_id)
        AND {_goes_on("o")}
        UNION ALL
        SELECT o.supplier, {_PAST}, o.company_id, NULL, '{MATCH_GONE}', NULL FROM old_match o
        WHERE NOT {_goes_on("o")}"""
    )


def _goes_on(old: str) -> str:
    """SQL for whether the supplier of an old match is matched with what became of its company, dismissed or not."""
    return f"""EXISTS (SELECT 1 FROM pair p JOIN became b ON b.company_id = p.company_id
                       WHERE p.supplier = {old}.supplier AND b.old_id = {old}.company_id)"""


def _add_the_rest(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        f"""INSERT INTO line SELECT p.supplier, p.place, p.company_id, h.record_id, '{SAME}', NULL
        FROM pair p JOIN held h USING (company_id)
        WHERE NOT p.dismissed AND h.hidden IS NULL AND NOT EXISTS (
            SELECT 1 FROM line l WHERE l.supplier = p.supplier AND l.record_id = h.record_id)"""
    )


def _say_what_changed(con: duckdb.DuckDBPyConnection) -> None:
    """Fills in which fields of a changed record differ from the version seen; one that says the same is no news."""
    asked = con.execute(
        f"""SELECT DISTINCT h.source_id, h.record_id, s.version FROM line l JOIN held h USING (record_id)
        JOIN seen s USING (record_id) WHERE l.what = '{CHANGED}' ORDER BY ALL"""
    ).fetchall()
    said: list[tuple[str, str]] = []
    for start in range(0, len(asked), _TOGETHER):
        said += _changes(con, asked[start : start + _TOGETHER])
    hand_over(con, "said", _DETAIL, said)
    mine = f"what = '{CHANGED}'"
    con.execute(f"UPDATE line SET detail = s.detail FROM said s WHERE s.record_id = line.record_id AND {mine}")
    con.execute(f"DELETE FROM line WHERE {mine} AND detail = ''")


def _changes(con: duckdb.DuckDBPyConnection, asked: Sequence[tuple[str, str, int]]) -> Iterator[tuple[str, str]]:
    names = ", ".join(column.name for column in RECORD if column.origin == "sql")
    wanted = "source_id IN (SELECT unnest($1::VARCHAR[])) AND record_id IN (SELECT unnest($2::VARCHAR[]))"
    given = [sorted({source_id for source_id, _, _ in asked}), [record_id for _, record_id, _ in asked]]
    present = rows_of(con, f"SELECT record_id, {names} FROM record WHERE {wanted}", given)
    now = {row["record_id"]: row for row in present}
    then = {
        (row["record_id"], row["version"]): row
        for row in rows_of(con, f"SELECT record_id, version, {names} FROM record_history WHERE {wanted}", given)
    }
    for _, record_id, version in asked:
        before = then.get((record_id, version))
        if before is None:
            yield record_id, f"version {version}, which was reported, is no longer kept"
        else:
            yield record_id, "; ".join(text for c in differences(before, now[record_id]) for text in change_in_words(c))


def counted(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Lines by what they say; of a new match, or one that returned, the matches."""
    whole = f"what IN ('{NEW_MATCH}', '{RETURNED}')"
    rows = con.execute(
        f"""SELECT what, CASE WHEN any_value({whole}) THEN count(DISTINCT (supplier, company_id)) ELSE count(*) END
        FROM line GROUP BY what"""
    ).fetchall()
    found = {str(what): int(number) for what, number in rows}
    return {what: found[what] for what in KINDS if what in found}


def totals(con: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    """Suppliers that are matched now, matches, and the records on show of the companies matched."""
    sql = """SELECT (SELECT count(DISTINCT supplier) FROM pair WHERE visible AND NOT dismissed),
        (SELECT count(*) FROM pair WHERE visible AND NOT dismissed),
        (SELECT count(*) FROM held WHERE hidden IS NULL AND company_id IN
            (SELECT company_id FROM pair WHERE NOT dismissed))"""
    ((suppliers, found, records),) = con.execute(sql).fetchall()
    return int(suppliers), int(found), int(records)


def lines(con: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    """The lines in the order of suppliers, matches, what they say, and date; a hidden record is a tombstone."""
    hidden = ", ".join(
        f"h.{name}" if name in TOMBSTONE else f"CASE WHEN h.hidden IS NULL THEN h.{name} END AS {name}"
        for name in SHOWN
    )
    order = ", ".join(f"'{kind}'" for kind in KINDS)
    for batch in arrow.batches(
        con,
        f"""SELECT l.supplier, l.place, l.company_id, l.what, l.detail, {hidden}, h.hidden, h.in_force,
            CASE WHEN h.hidden IS NULL THEN h.day END AS date,
            CASE WHEN v.company_id IS NOT NULL THEN c.name END AS company,
            CASE WHEN v.company_id IS NOT NULL THEN c.country END AS country
        FROM line l JOIN supplier s USING (supplier) LEFT JOIN held h ON h.record_id = l.record_id
        LEFT JOIN company c ON c.company_id = l.company_id
        LEFT JOIN (SELECT DISTINCT company_id FROM held WHERE hidden IS NULL) v ON v.company_id = l.company_id
        ORDER BY s.at, l.place, l.company_id, list_position([{order}], l.what),
                 date DESC NULLS LAST, l.record_id""",
        rows_per_batch=2_048,
    ):
        yield from batch.to_pylist()


def seen_now(con: duckdb.DuckDBPyConnection) -> list[Seen]:
    """The records that are reported now or were before, as they are now; of matches that are dismissed none."""
    rows = con.execute(
        """SELECT record_id, company_id, version, gone, coalesce(in_force, ''), disputes FROM held
        WHERE company_id IN (SELECT company_id FROM pair WHERE visible AND NOT dismissed)
        AND (hidden IS NULL OR record_id IN (SELECT record_id FROM seen))"""
    ).fetchall()
    return [Seen(*row) for row in rows]


def visible(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The companies matched that have a record on show."""
    return {row[0] for row in con.execute("SELECT DISTINCT company_id FROM pair WHERE visible").fetchall()}
