"""Strong links between parties, and the companies they make: the same whatever order sources came in.

Two parties are one company by an equal number; by an equal name, legal form and country together with an equal place
or minor number; or where one's alias, former name or name in its own script is the other's stated name, in one country
and borne by no second company. By name alone nothing is joined, and nothing by name that different numbers of one
scheme contradict, though a third party stand between them (db.resolve.components).
"""

from datetime import datetime

import duckdb
import numpy as np
import pyarrow as pa

from db.resolve.components import Nodes, connected, joined
from db.resolve.parties import VERSION, make_forms, rename_parties
from db.resolve.schemes import PARTS
from ingest import arrow

ALIASES = ("alias", "former", "original script")
"""Kinds of other names that may link. A trade name may be many companies', a weak alias is so called by its source."""

_KEY = "kind, named, subject, value"
_NAME = "sort || ' ' || as_named"


def resolve(con: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Links the parties of the companies in table `touched` anew, with all that share a key with them.

    Table `concerned` then names every company, old and new, whose records may be others than before; records of `gen`
    bear the new ids. New parties are taken from `arriving` (db.resolve.parties). `now` is UTC without zone.
    Cost: a few scans of party_key and of record.company_id, then linear in the parties reached.
    """
    _make_ready(con)
    if _outdated(con):
        con.execute(
            "INSERT INTO went SELECT company_id, min(record_id), 'linked anew' FROM gen.record GROUP BY company_id"
        )
        con.execute("INSERT INTO touched SELECT old_id FROM went")
        rename_parties(con)
        con.execute("INSERT INTO touched SELECT company_id FROM arriving")
    con.execute(
        """CREATE OR REPLACE TABLE concerned AS SELECT DISTINCT company_id FROM touched WHERE company_id IS NOT NULL"""
    )
    con.execute(
        "CREATE OR REPLACE TABLE closed AS SELECT party_id FROM gen.party SEMI JOIN concerned USING (company_id)"
    )
    _close(con)
    _take_leave(con)
    con.execute(
        "INSERT INTO gen.party BY NAME SELECT * EXCLUDE (key) FROM arriving SEMI JOIN gen.record USING (party_id)"
    )
    con.execute("INSERT INTO gen.party_key BY NAME FROM arriving_key SEMI JOIN gen.party USING (party_id)")
    con.execute("INSERT INTO closed SELECT party_id FROM arriving SEMI JOIN gen.party USING (party_id)")
    con.execute("DROP TABLE arriving")
    con.execute("DROP TABLE arriving_key")
    _hear_aliases(con)
    _close(con)
    _settle(con)
    _move(con, now)
    _write_links(con, now)


def _make_ready(con: duckdb.DuckDBPyConnection) -> None:
    """Empty tables where nothing arrives, as after a purge."""
    con.execute("CREATE OR REPLACE TABLE went (old_id VARCHAR, record_id VARCHAR, why VARCHAR)")
    con.execute("CREATE TABLE IF NOT EXISTS arriving AS SELECT *, NULL::BIGINT AS key FROM gen.party WHERE false")
    con.execute("CREATE TABLE IF NOT EXISTS arriving_key AS FROM gen.party_key WHERE false")


def _outdated(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether `gen` holds records of no party, or parties made by another version."""
    found = con.execute(
        """SELECT EXISTS (FROM gen.record WHERE party_id IS NULL)
        OR EXISTS (FROM gen.party WHERE version <> ?)""",
        [VERSION],
    ).fetchone()
    return bool(found and found[0])


def _close(con: duckdb.DuckDBPyConnection) -> None:
    """Table `closed` grows by whatever shares a key with it, until nothing more does."""
    con.execute("CREATE OR REPLACE TABLE reached AS FROM closed")
    while True:
        row = con.execute(
            f"""CREATE OR REPLACE TABLE frontier AS
            WITH own AS (SELECT DISTINCT {_KEY} FROM gen.party_key SEMI JOIN reached USING (party_id)),
            stated AS (SELECT DISTINCT {_NAME} AS named FROM gen.party SEMI JOIN reached USING (party_id))
            SELECT DISTINCT party_id FROM (
                SELECT party_id FROM (FROM gen.party_key WHERE value IN (SELECT value FROM own))
                SEMI JOIN (FROM own WHERE kind <> 'alias') USING ({_KEY})
                UNION ALL SELECT party_id FROM gen.party WHERE {_NAME} IN (SELECT named FROM own WHERE kind = 'alias')
                UNION ALL SELECT party_id FROM gen.party_key SEMI JOIN stated USING (named) WHERE kind = 'alias')
            ANTI JOIN closed USING (party_id)"""
        ).fetchone()
        if row is None or not row[0]:
            return
        con.execute("INSERT INTO closed FROM frontier")
        con.execute("CREATE OR REPLACE TABLE reached AS FROM frontier")


def _take_leave(con: duckdb.DuckDBPyConnection) -> None:
    """Parties of the companies concerned that no record is of any more."""
    con.execute(
        """CREATE OR REPLACE TABLE orphan AS
        SELECT party_id FROM gen.party SEMI JOIN concerned USING (company_id) ANTI JOIN gen.record USING (party_id)"""
    )
    for table in ("party_key", "party"):
        con.execute(f"DELETE FROM gen.{table} WHERE party_id IN (SELECT party_id FROM orphan)")


def _hear_aliases(con: duckdb.DuckDBPyConnection) -> None:
    """Alias keys of the parties of companies concerned, from their records as they are now."""
    kinds = ", ".join(f"'{kind}'" for kind in ALIASES)
    con.execute(
        f"""CREATE OR REPLACE TABLE alias_stated AS
        SELECT DISTINCT p.party_id, {_NAME} AS stated, p.sort AS sort, p.country AS country, n.name AS name,
               n.kind AS kind
        FROM (SELECT party_id, unnest(names) AS n FROM gen.record SEMI JOIN concerned USING (company_id)
              WHERE names IS NOT NULL) r JOIN gen.party p USING (party_id)
        WHERE p.country IS NOT NULL AND n.kind IN ({kinds})"""
    )
    make_forms(con, "alias_form", "SELECT DISTINCT name, country FROM alias_stated")
    con.execute(
        """DELETE FROM gen.party_key WHERE kind = 'alias'
        AND party_id IN (SELECT party_id FROM gen.party SEMI JOIN concerned USING (company_id))"""
    )
    con.execute(
        """INSERT INTO gen.party_key BY NAME
        SELECT DISTINCT party_id, 'alias' AS kind, sort || ' ' || as_named AS named, a.kind AS subject, name AS value
        FROM alias_stated a JOIN alias_form f USING (name, country) WHERE sort || ' ' || as_named <> stated"""
    )


def _settle(con: duckdb.DuckDBPyConnection) -> None:
    """Table `settled` (party_id, company_id) for all of `closed`.

    A company takes its id from its smallest number; else from the smallest of its names with place that no other
    company shares; else from its smallest party.
    """
    con.execute(
        f"""CREATE OR REPLACE TABLE node AS
        SELECT row_number() OVER (ORDER BY party_id) - 1 AS node, party_id, {_NAME} AS named, anchor, by_number
        FROM gen.party SEMI JOIN closed USING (party_id)"""
    )
    con.execute(
        """CREATE OR REPLACE TABLE node_key AS SELECT n.node, k.kind, k.named, k.subject, k.value
        FROM gen.party_key k JOIN node n USING (party_id)"""
    )
    part = _parts(con)
    schema = pa.schema([("node", pa.int64()), ("part", pa.int64())])
    con.execute("DROP TABLE IF EXISTS node_part")
    batch = pa.RecordBatch.from_arrays([pa.array(np.arange(len(part))), pa.array(part)], schema=schema)
    arrow.load(con, "node_part", schema, [batch])
    con.execute(
        """CREATE OR REPLACE TABLE settled AS
        WITH member AS (FROM node JOIN node_part USING (node)),
        shared AS (SELECT anchor FROM member WHERE NOT by_number GROUP BY anchor HAVING count(DISTINCT part) > 1),
        called AS (SELECT part, coalesce(min(anchor) FILTER (by_number),
                               min(anchor) FILTER (NOT by_number AND anchor NOT IN (SELECT anchor FROM shared)),
                               min(party_id)) AS company_id FROM member GROUP BY part)
        SELECT party_id, company_id FROM member JOIN called USING (part)"""
    )


def _parts(con: duckdb.DuckDBPyConnection) -> Nodes:
    """The part of each node: by number, then by name and place, then by alias."""
    (size,) = con.execute("SELECT count(*) FROM node").fetchone() or (0,)
    colours = []
    for subject in PARTS:
        found = _pairs(
            con,
            f"""SELECT node, dense_rank() OVER (ORDER BY value) - 1 FROM node_key
            WHERE kind <> 'alias' AND subject = '{subject}'""",
        )
        if len(found[0]):
            colours.append(found)
    node, hub = _pairs(con, _hubs("number"))
    part = connected(size + (int(hub.max()) + 1 if len(hub) else 0), node, hub + size)[:size]
    part = joined(part, *_pairs(con, _hubs("beside")), colours)
    con.execute(
        """CREATE OR REPLACE TABLE heard AS
        SELECT DISTINCT named, dense_rank() OVER (ORDER BY named) - 1 AS hub FROM node_key
        WHERE kind = 'alias' AND named IN (SELECT named FROM node)"""
    )
    node, hub = _pairs(con, "SELECT node, hub FROM node JOIN heard USING (named)")
    # a name that two companies bear links neither
    bearers = np.unique(np.stack([hub, part[node]], axis=1), axis=0)
    names, counts = np.unique(bearers[:, 0], return_counts=True)
    sole = np.isin(hub, names[counts == 1])
    aliased, by = _pairs(con, "SELECT DISTINCT node, hub FROM node_key JOIN heard USING (named) WHERE kind = 'alias'")
    known = np.isin(by, names[counts == 1])
    return joined(part, np.concatenate([node[sole], aliased[known]]), np.concatenate([hub[sole], by[known]]), colours)


def _hubs(kind: str) -> str:
    return (
        f"""SELECT node, dense_rank() OVER (ORDER BY named, subject, value) - 1 FROM node_key WHERE kind = '{kind}'"""
    )


def _pairs(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[Nodes, Nodes]:
    one, other = con.execute(sql).fetchnumpy().values()
    return np.asarray(one, dtype=np.int64), np.asarray(other, dtype=np.int64)


def _move(con: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Writes the new companies of parties and their records, and says where ids went that are no company's now."""
    con.execute(
        """CREATE OR REPLACE TABLE moved AS SELECT p.party_id, p.company_id AS old_id, s.company_id
        FROM gen.party p JOIN settled s USING (party_id) WHERE p.company_id <> s.company_id"""
    )
    for table in ("party", "record"):
        con.execute(
            f"UPDATE gen.{table} SET company_id = m.company_id FROM moved m WHERE {table}.party_id = m.party_id"
        )
    con.execute(
        """INSERT INTO concerned SELECT company_id FROM (
            SELECT old_id AS company_id FROM moved UNION SELECT company_id FROM moved)
        ANTI JOIN concerned USING (company_id)"""
    )
    con.execute(
        """CREATE OR REPLACE TABLE gone AS SELECT DISTINCT company_id AS old_id FROM gen.company
        SEMI JOIN concerned USING (company_id) ANTI JOIN gen.party USING (company_id)"""
    )
    con.execute(
        """INSERT INTO went SELECT company_id, min(record_id), 'corrected' FROM gen.record_history
        WHERE company_id IN (SELECT old_id FROM gone) GROUP BY company_id"""
    )
    con.execute(
        """CREATE OR REPLACE TABLE redirect AS
        SELECT DISTINCT ON (old_id) old_id, company_id, why FROM (
            SELECT old_id, company_id, 'linked anew' AS why, count(*) AS parties FROM moved GROUP BY old_id, company_id
            UNION ALL SELECT w.old_id, r.company_id, w.why, 0 FROM went w
            JOIN (SELECT record_id, company_id FROM gen.record
                  WHERE record_id IN (SELECT record_id FROM went)) r USING (record_id))
        SEMI JOIN gone USING (old_id) ORDER BY old_id, parties DESC, company_id"""
    )
    con.execute(
        """UPDATE gen.company_redirect SET company_id = n.company_id FROM redirect n
        WHERE company_redirect.company_id = n.old_id"""
    )
    con.execute(
        """INSERT INTO gen.company_redirect BY NAME
        SELECT old_id, company_id, why, ?::TIMESTAMP AS since FROM redirect""",
        [now],
    )
    # names of replaced versions follow the redirects
    con.execute(
        """INSERT INTO concerned SELECT DISTINCT company_id FROM (
            SELECT company_id FROM redirect UNION ALL SELECT company_id FROM gen.company_redirect
            WHERE old_id IN (SELECT company_id FROM gen.party))
        ANTI JOIN concerned USING (company_id)"""
    )
    con.execute(
        """DELETE FROM gen.company_redirect WHERE old_id IN (SELECT company_id FROM gen.party)
        OR company_id NOT IN (SELECT company_id FROM gen.party)"""
    )


def _write_links(con: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """One row per pair and method with all that agrees: each party with the first one of its company that has the key.

    A link found before keeps its time.
    """
    con.execute(
        f"""CREATE OR REPLACE TABLE found_link AS
        WITH keyed AS (SELECT k.*, s.company_id FROM gen.party_key k JOIN settled s USING (party_id)),
        first AS (SELECT {_KEY}, company_id, min(party_id) AS party_a FROM keyed WHERE kind <> 'alias'
                  GROUP BY ALL HAVING count(*) > 1),
        stated AS (SELECT {_NAME} AS named, s.company_id, min(party_id) AS party_a
                   FROM gen.party JOIN settled s USING (party_id) GROUP BY ALL),
        pair AS (SELECT f.party_a, k.party_id AS party_b,
                        CASE kind WHEN 'number' THEN 'number' ELSE 'name and place' END AS method,
                        subject || ' ' || value AS agrees
                 FROM first f JOIN keyed k USING ({_KEY}, company_id) WHERE f.party_a <> k.party_id
                 UNION ALL SELECT s.party_a, k.party_id, 'alias', k.subject || ' ' || k.value
                 FROM keyed k JOIN stated s USING (named, company_id)
                 WHERE k.kind = 'alias' AND s.party_a <> k.party_id)
        SELECT party_a, party_b, method, string_agg(DISTINCT agrees, '; ' ORDER BY agrees) AS evidence,
               '{VERSION}' AS version FROM pair GROUP BY party_a, party_b, method"""
    )
    same = "party_a, party_b, method, evidence, version"
    concerned = "FROM closed UNION ALL FROM orphan"
    con.execute(
        f"""DELETE FROM gen.company_link WHERE (party_a IN ({concerned}) OR party_b IN ({concerned}))
        AND ({same}) NOT IN (SELECT ({same}) FROM found_link)"""
    )
    con.execute(
        f"""INSERT INTO gen.company_link BY NAME SELECT *, ?::TIMESTAMP AS made_at, 'rule' AS made_by
        FROM found_link ANTI JOIN gen.company_link USING ({same})""",
        [now],
    )
