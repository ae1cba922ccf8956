"""Companies, derived from records and the links between their parties, with what search needs.

Only companies whose records changed are derived again; a database that was empty derives all.
"""

from datetime import datetime

import duckdb

from db.resolve.links import resolve
from db.resolve.parties import make_forms
from db.times import utc_now
from ingest.model import DAY_SQL, NOT_ADVERSE_SQL


def refresh_companies(con: duckdb.DuckDBPyConnection, now: datetime | None = None) -> None:
    """Links anew and derives again the companies named in table `touched`, in database `gen`.

    New parties are taken from `arriving`, where db.resolve.parties has put them. `now` is UTC without zone.
    Cost: a few passes over keys and ids, then linear in the companies concerned.
    """
    # a replaced version counts for the company that has its records now
    con.execute(
        """INSERT INTO touched SELECT w.company_id FROM gen.company_redirect w
        SEMI JOIN touched t ON t.company_id = w.old_id"""
    )
    resolve(con, now or utc_now())
    for table in ("company", "company_name", "company_identifier"):
        con.execute(f"DELETE FROM gen.{table} WHERE company_id IN (SELECT company_id FROM concerned)")
    con.execute(
        f"""CREATE OR REPLACE TABLE fresh AS
        SELECT company_id, party_id, company_name, country, entity_type, identifiers, names, source_id, kind,
               removed_at, {DAY_SQL} AS day, {NOT_ADVERSE_SQL} AS not_adverse
        FROM gen.record WHERE company_id IN (SELECT company_id FROM concerned)"""
    )
    con.execute(
        """CREATE OR REPLACE TABLE number_of AS SELECT DISTINCT company_id, i.scheme, i.value, i.valid
        FROM (SELECT DISTINCT company_id, unnest(identifiers) AS i FROM fresh)"""
    )
    con.execute(
        """CREATE OR REPLACE TABLE stated_name AS
        SELECT f.company_id, f.company_name AS name, p.norm, p.legal_form, p.country, sum(f.records) AS records
        FROM (SELECT company_id, party_id, company_name, count(*) AS records FROM fresh GROUP BY ALL) f
        JOIN gen.party p USING (party_id) GROUP BY ALL"""
    )
    con.execute(
        """INSERT INTO gen.company BY NAME
        SELECT f.company_id, any_value(n.name) AS name, any_value(n.norm) AS norm,
               any_value(n.legal_form) AS legal_form, coalesce(any_value(n.country), min(f.country)) AS country,
               min(f.entity_type) AS entity_type, any_value(i.identifiers) AS identifiers,
               count(*) AS records, count(f.removed_at) AS removed, count_if(f.not_adverse) AS not_adverse,
               list_sort(list(DISTINCT f.source_id)) AS sources,
               coalesce(list_sort(list(DISTINCT f.kind) FILTER (NOT f.not_adverse)), []) AS kinds,
               min(f.day) AS first_on, max(f.day) AS last_on
        FROM fresh f
        JOIN (SELECT DISTINCT ON (company_id) * FROM stated_name ORDER BY company_id, records DESC, name, norm) n
             USING (company_id)
        LEFT JOIN (SELECT company_id, list({'scheme': scheme, 'value': value, 'valid': valid} ORDER BY scheme, value)
                   AS identifiers FROM number_of GROUP BY company_id) i USING (company_id)
        GROUP BY f.company_id ORDER BY f.company_id"""
    )
    con.execute(
        """INSERT INTO gen.company_identifier BY NAME
        SELECT value, scheme, valid, company_id FROM number_of ORDER BY value"""
    )
    _refresh_names(con)


def _refresh_names(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """CREATE OR REPLACE TABLE other_name AS
        SELECT DISTINCT company_id, country, n.name AS name, n.kind AS kind
        FROM (SELECT company_id, country, unnest(names) AS n FROM fresh)"""
    )
    con.execute(
        """INSERT INTO other_name BY NAME
        SELECT DISTINCT company_id, country, name, 'earlier' AS kind FROM (
            SELECT coalesce(w.company_id, h.company_id) AS company_id, h.country,
                   unnest(list_append(coalesce(list_transform(h.names, lambda n: n.name), []), h.company_name)) AS name
            FROM gen.record_history h LEFT JOIN gen.company_redirect w ON w.old_id = h.company_id)
        SEMI JOIN concerned USING (company_id) SEMI JOIN gen.company USING (company_id)
        ANTI JOIN (SELECT company_id, name FROM stated_name UNION ALL SELECT company_id, name FROM other_name)
            USING (company_id, name)"""
    )
    make_forms(con, "other_norm", "SELECT DISTINCT name, country FROM other_name")
    con.execute(
        """INSERT INTO gen.company_name BY NAME
        SELECT norm, company_id, name, kind FROM (
            SELECT DISTINCT norm, company_id, name, 'stated' AS kind FROM stated_name
            UNION ALL SELECT DISTINCT m.norm, o.company_id, o.name, o.kind FROM other_name o
            JOIN other_norm m ON m.name = o.name AND m.country IS NOT DISTINCT FROM o.country) ORDER BY norm"""
    )
