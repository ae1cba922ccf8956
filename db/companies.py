"""Companies as named, derived from records: one per normal form, legal form and country, with what search needs.

Only companies whose records changed are derived again; a database that was empty derives all.
"""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from ingest import arrow
from ingest.model import DAY_SQL, NOT_ADVERSE_SQL
from ingest.names.normal import normal_forms, words

_NAME = pa.schema([("name", pa.string()), ("country", pa.string()), ("norm", pa.string())])
_WORD = pa.schema([("norm", pa.string()), ("word", pa.string())])


def refresh_companies(con: duckdb.DuckDBPyConnection) -> None:
    """Derives again the companies named in table `touched`, in database `gen`; `profile` gives forms of new names.

    Cost: one pass over record.company_id, then linear in the companies concerned.
    """
    con.execute("CREATE OR REPLACE TABLE concerned AS SELECT DISTINCT company_id FROM touched")
    con.execute(
        """CREATE OR REPLACE TABLE form AS
        SELECT company_id, any_value(norm) AS norm, any_value(legal_form) AS legal_form FROM (
            SELECT company_id, norm, legal_form FROM profile WHERE passes
            UNION ALL SELECT company_id, norm, legal_form FROM gen.company
            WHERE company_id IN (SELECT company_id FROM concerned)) GROUP BY company_id"""
    )
    for table in ("company", "company_name", "company_word", "company_identifier"):
        con.execute(f"DELETE FROM gen.{table} WHERE company_id IN (SELECT company_id FROM concerned)")
    con.execute(
        f"""CREATE OR REPLACE TABLE fresh AS
        SELECT company_id, company_name, country, entity_type, identifiers, names, source_id, kind, removed_at,
               {DAY_SQL} AS day, {NOT_ADVERSE_SQL} AS not_adverse
        FROM gen.record WHERE company_id IN (SELECT company_id FROM concerned)"""
    )
    con.execute(
        """CREATE OR REPLACE TABLE number_of AS SELECT DISTINCT company_id, i.scheme, i.value, i.valid
        FROM (SELECT DISTINCT company_id, unnest(identifiers) AS i FROM fresh)"""
    )
    con.execute(
        """INSERT INTO gen.company BY NAME
        SELECT f.company_id, min(f.company_name) AS name, any_value(n.norm) AS norm,
               any_value(n.legal_form) AS legal_form, any_value(f.country) AS country,
               min(f.entity_type) AS entity_type, any_value(i.identifiers) AS identifiers,
               count(*) AS records, count(f.removed_at) AS removed, count_if(f.not_adverse) AS not_adverse,
               list_sort(list(DISTINCT f.source_id)) AS sources,
               coalesce(list_sort(list(DISTINCT f.kind) FILTER (NOT f.not_adverse)), []) AS kinds,
               min(f.day) AS first_on, max(f.day) AS last_on
        FROM fresh f JOIN form n USING (company_id)
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
    arrow.load(con, "other_norm", _NAME, _normal_forms(con))
    con.execute(
        """INSERT INTO gen.company_name BY NAME
        SELECT norm, company_id, name, kind FROM (
            SELECT DISTINCT n.norm, f.company_id, f.company_name AS name, 'stated' AS kind
            FROM fresh f JOIN form n USING (company_id)
            UNION ALL SELECT m.norm, o.company_id, o.name, o.kind FROM other_name o
            JOIN other_norm m ON m.name = o.name AND m.country IS NOT DISTINCT FROM o.country) ORDER BY norm"""
    )
    arrow.load(con, "norm_word", _WORD, _words(con))
    con.execute(
        """INSERT INTO gen.company_word BY NAME
        SELECT DISTINCT w.word, n.company_id, n.norm FROM gen.company_name n JOIN norm_word w USING (norm)
        WHERE n.company_id IN (SELECT company_id FROM concerned) ORDER BY w.word"""
    )


def _normal_forms(con: duckdb.DuckDBPyConnection) -> Iterator[pa.RecordBatch]:
    for batch in arrow.batches_apart(con, "SELECT DISTINCT name, country FROM other_name"):
        rows = batch.to_pydict()
        forms = normal_forms(list(zip(rows["name"], rows["country"], strict=True)))
        yield pa.RecordBatch.from_pydict({**rows, "norm": [form.text for form in forms]}, schema=_NAME)


def _words(con: duckdb.DuckDBPyConnection) -> Iterator[pa.RecordBatch]:
    sql = "SELECT DISTINCT norm FROM gen.company_name WHERE company_id IN (SELECT company_id FROM concerned)"
    for batch in arrow.batches_apart(con, sql):
        pairs = [(norm, word) for norm in batch.to_pydict()["norm"] for word in dict.fromkeys(words(norm))]
        columns = {"norm": [pair[0] for pair in pairs], "word": [pair[1] for pair in pairs]}
        yield pa.RecordBatch.from_pydict(columns, schema=_WORD)
