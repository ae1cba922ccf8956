"""Which record each derived output row is: by the agency's key, and among records that share one by what they say."""

from db.content import Loading
from db.journal import Journal
from ingest.content import said_stably_sql
from ingest.model import NOT_CONTENT, SQL_COLUMNS
from ingest.privacy.gate import Gated

_CHANGES = "('added', 'changed')"


def base_sql(line: str) -> str:
    """SQL for the agency's key of a line's record: its native id without the number of a record that shares its key."""
    native = f"substr({line}.record_id, strpos({line}.record_id, ':') + 1)"
    return f"CASE WHEN {line}.nth > 1 THEN left({native}, -1 - len({line}.nth::VARCHAR)) ELSE {native} END"


def match(gated: Gated, journal: Journal, loading: Loading) -> int:
    """Tables `keyed` (_out, same) and `incoming` as a sync makes them, the latter with `turn`, the line it comes from.

    A line that nothing gives has no `_out`: it still replaces what stood there. Gives how many versions were found by
    their rows alone, because what they say has changed.
    """
    con, source_id = gated.candidates.inputs.con, gated.candidates.inputs.source.id
    said = ", ".join(f"r.{column.name}" for column in SQL_COLUMNS if column.name not in NOT_CONTENT)
    con.execute(
        f"""CREATE OR REPLACE TABLE keyed AS
        WITH said AS (SELECT _out, r.native_id, hash({said}) AS said, coalesce(o._line, -1) AS line
                      FROM ready r JOIN output o ON o.rowid = _out),
        first AS (SELECT native_id, said, line, min(_out) AS same FROM said GROUP BY ALL)
        SELECT _out, same, native_id, nullif(line, -1) AS _line FROM said JOIN first USING (native_id, said, line)"""
    )
    con.execute(
        """CREATE OR REPLACE TABLE incoming (_out BIGINT, record_id VARCHAR, native_id VARCHAR, state VARCHAR,
        version INTEGER, first_seen TIMESTAMP, turn BIGINT)"""
    )
    if journal.plain:
        con.execute(
            f"""INSERT INTO incoming SELECT min(same), '{source_id}:' || native_id, native_id, 'added', 1, ?, NULL
            FROM keyed WHERE _line IS NULL AND native_id NOT IN (SELECT {base_sql("l")} FROM line l)
            GROUP BY native_id""",
            [loading.now],
        )
    con.execute(
        f"""CREATE OR REPLACE TABLE wanted AS
        SELECT turn, {base_sql("l")} AS key, nth, said FROM line l WHERE state IN {_CHANGES} AND NOT bare"""
    )
    # a line of a record that shares no key takes whatever its rows give
    con.execute(
        """CREATE OR REPLACE TABLE taken AS SELECT w.turn, min(k.same) AS _out
        FROM wanted w JOIN keyed k ON k.native_id = w.key WHERE w.nth IS NULL AND k._line IS NULL GROUP BY w.turn"""
    )
    con.execute(
        f"""CREATE OR REPLACE TABLE sharing AS
        SELECT _out, native_id, {said_stably_sql()} AS said_stably FROM ready
        WHERE _out IN (SELECT same FROM keyed WHERE _line IS NULL)
            AND native_id IN (SELECT key FROM wanted WHERE nth IS NOT NULL)"""
    )
    con.execute(
        """INSERT INTO taken SELECT w.turn, min(s._out) FROM wanted w
        JOIN sharing s ON s.native_id = w.key AND s.said_stably = w.said WHERE w.nth IS NOT NULL GROUP BY w.turn"""
    )
    # what is left over on both sides goes together in order
    row = con.execute(
        """INSERT INTO taken SELECT w.turn, s._out
        FROM (SELECT *, row_number() OVER (PARTITION BY key ORDER BY nth) AS place FROM wanted
              WHERE nth IS NOT NULL AND turn NOT IN (SELECT turn FROM taken)) w
        JOIN (SELECT *, row_number() OVER (PARTITION BY native_id ORDER BY said_stably) AS place FROM sharing
              WHERE _out NOT IN (SELECT _out FROM taken)) s ON s.native_id = w.key AND s.place = w.place"""
    ).fetchone()
    con.execute("INSERT INTO taken SELECT _line, _out FROM keyed WHERE _line IS NOT NULL AND _out = same")
    con.execute(
        """INSERT INTO incoming
        SELECT t._out, l.record_id, substr(l.record_id, strpos(l.record_id, ':') + 1),
               CASE l.state WHEN 'added' THEN 'added' ELSE 'changed' END, l.version, coalesce(l.first_seen, ?), l.turn
        FROM line l LEFT JOIN taken t USING (turn) WHERE l.state IN ('erased', 'added', 'changed')""",
        [loading.now],
    )
    return int(row[0]) if row else 0
