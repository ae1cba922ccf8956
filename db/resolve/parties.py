"""Parties: what one source knows a respondent by. The key is all there is to a party, so its id never depends on order.

A party is a source's distinct combination of name, sort of thing, country, numbers and places. Nothing of a record
beside these enters, and a party is never changed: a corrected address is another party.
"""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from db.resolve.places import make_places
from db.resolve.schemes import NOTHING, SUPPORTING_LENGTH, proofs_sql
from ingest import arrow
from ingest.names.normal import company_id, normal_forms

VERSION = "links_v2"

_COUNTRY = "CASE WHEN regexp_full_match(lower(trim(country)), '[a-z]{2}') THEN lower(trim(country)) END"
_FORM = pa.schema(
    [("name", pa.string()), ("country", pa.string()), ("norm", pa.string()), ("legal_form", pa.string()),
     ("as_named", pa.string())]
)  # fmt: skip


def name_parties(con: duckdb.DuckDBPyConnection, source_id: str) -> None:
    """Table `profile` gets `party_id`, and as `company_id` the party's present company or, if new, its own anchor.

    Parties that database `gen` lacks stand in `arriving`, their keys in `arriving_key`. Cost: linear in respondents.
    """
    columns = {row[0] for row in con.execute("DESCRIBE profile").fetchall()}
    country = _COUNTRY if "country" in columns else "NULL::VARCHAR"
    _make(
        con,
        f"""SELECT rowid AS key, '{source_id}' AS source_id, {_sort("entity")} AS sort, company_id AS as_named, norm,
        legal_form, {country} AS country, checked AS identifiers, kept_addresses AS addresses
        FROM profile WHERE passes""",
    )
    con.execute(
        """CREATE OR REPLACE TABLE profile_named AS
        SELECT p.* REPLACE (coalesce(k.company_id, m.anchor) AS company_id), m.party_id
        FROM profile p LEFT JOIN party_made m ON m.key = p.rowid LEFT JOIN gen.party k ON k.party_id = m.party_id"""
    )
    con.execute("DROP TABLE profile")
    con.execute("ALTER TABLE profile_named RENAME TO profile")
    _keep_new(con)


def rename_parties(con: duckdb.DuckDBPyConnection) -> None:
    """Makes the parties of every record in `gen` anew, as after a change of method; all of them stand in `arriving`.

    Companies are then to be derived from nothing. Cost: linear in records; normal forms of every distinct name.
    """
    for table in ("party", "party_key", "company_link"):
        con.execute(f"DELETE FROM gen.{table}")
    con.execute(
        """CREATE OR REPLACE TABLE respondent_known AS SELECT row_number() OVER () AS key, * FROM (
            SELECT DISTINCT source_id, company_name, entity_type, country, identifiers, addresses FROM gen.record)"""
    )
    make_forms(con, "known_form", "SELECT DISTINCT company_name AS name, country FROM respondent_known")
    _make(
        con,
        f"""SELECT key, source_id, {_sort("entity_type")} AS sort, as_named, norm, legal_form,
        {_COUNTRY.replace("country", "k.country")} AS country, identifiers, addresses FROM respondent_known k
        JOIN known_form f ON f.name = k.company_name AND f.country IS NOT DISTINCT FROM k.country""",
    )
    con.execute(
        """UPDATE gen.record SET party_id = m.party_id, company_id = m.anchor
        FROM respondent_known k JOIN party_made m USING (key)
        WHERE record.source_id = k.source_id AND record.company_name = k.company_name
            AND record.entity_type = k.entity_type AND record.country IS NOT DISTINCT FROM k.country
            AND record.identifiers IS NOT DISTINCT FROM k.identifiers
            AND record.addresses IS NOT DISTINCT FROM k.addresses"""
    )
    _keep_new(con)


def make_forms(con: duckdb.DuckDBPyConnection, table: str, pairs: str) -> None:
    """Table of (name, country, norm, legal_form, as_named) for the distinct (name, country) that the SQL gives."""
    con.execute(f"DROP TABLE IF EXISTS {table}")
    arrow.load(con, table, _FORM, _forms(con, pairs))


def _forms(con: duckdb.DuckDBPyConnection, pairs: str) -> Iterator[pa.RecordBatch]:
    for batch in arrow.batches_apart(con, pairs):
        rows = batch.to_pydict()
        forms = normal_forms(list(zip(rows["name"], rows["country"], strict=True)))
        made = {
            "norm": [form.text for form in forms],
            "legal_form": [form.legal_form for form in forms],
            "as_named": [company_id(form.key(c)) for form, c in zip(forms, rows["country"], strict=True)],
        }
        yield pa.RecordBatch.from_pydict({**rows, **made}, schema=_FORM)


def _sort(entity: str) -> str:
    return f"CASE WHEN {entity} IN ('vessel', 'aircraft') THEN {entity} ELSE 'organisation' END"


def _make(con: duckdb.DuckDBPyConnection, given: str) -> None:
    """Tables `party_made` (key, party_id, anchor, by_number) and `key_made` (key, kind, named, subject, value).

    Without number and place, the source's own name for it is all there is. Numbers and places go beside a name only
    where the country is known.
    """
    con.execute(f"CREATE OR REPLACE TABLE party_given AS {given}")
    make_places(con)
    _make_numbers(con)
    con.execute(
        """CREATE OR REPLACE TABLE key_made AS
        SELECT key, 'number' AS kind, '' AS named, subject, value FROM given_number WHERE joins
        UNION ALL SELECT key, 'beside', g.sort || ' ' || g.as_named, b.subject, b.value
        FROM (SELECT key, subject, value FROM given_number WHERE NOT joins UNION ALL FROM given_place) b
        JOIN party_given g USING (key) WHERE g.country IS NOT NULL"""
    )
    # places stand in the id in the one form that is corrected least: an address may gain a comma
    con.execute(
        f"""CREATE OR REPLACE TABLE party_made AS
        WITH listed AS (
            SELECT key, string_agg(subject || ' ' || value, chr(30) ORDER BY subject, value) AS parts,
                   min('number ' || subject || ' ' || value) FILTER (kind = 'number') AS number,
                   coalesce({_listed("subject = 'postcode'")}, {_listed("subject = 'city'")},
                            {_listed("kind = 'beside'")}) AS places
            FROM key_made GROUP BY key)
        SELECT key, party_id, number IS NOT NULL AS by_number,
               coalesce({_id("number")}, {_id("named || places")}, party_id) AS anchor
        FROM (SELECT g.key, l.number, l.places, g.sort || chr(31) || g.as_named || chr(31) AS named,
                     {_id("concat_ws(chr(31), g.source_id, g.sort, g.as_named, l.parts)")} AS party_id
              FROM party_given g LEFT JOIN listed l USING (key))"""
    )


def _make_numbers(con: duckdb.DuckDBPyConnection) -> None:
    """Table `given_number` (key, subject, value, joins): numbers that hold, reduced to the company they belong to."""
    nothing = ", ".join(f"'{scheme}'" for scheme in NOTHING)
    con.execute(
        f"""CREATE OR REPLACE TABLE given_number AS
        WITH stated AS (SELECT key, sort, country, i.scheme AS scheme, i.value AS value, i.valid AS valid
                        FROM (SELECT key, sort, country, unnest(identifiers) AS i FROM party_given)
                        WHERE i.scheme NOT IN ({nothing})),
        weighed AS (SELECT s.key, s.scheme, s.value, coalesce(p.subject, s.scheme) AS subject,
                           coalesce(p.length, 100) AS length,
                           coalesce(p.joins, false) AND coalesce(p.sort = s.sort, true)
                               AND coalesce(list_contains(p.homes, s.country), true) AS joins
                    FROM stated s LEFT JOIN {proofs_sql()} ON p.scheme = s.scheme
                    WHERE s.value <> '' AND (coalesce(s.valid, true) OR regexp_full_match(s.value, p.issued)))
        SELECT DISTINCT key, CASE WHEN french THEN 'siren' ELSE subject END AS subject,
               CASE WHEN french THEN substr(value, 5, 9) ELSE left(value, length) END AS value, joins
        FROM (SELECT *, scheme = 'vat' AND regexp_full_match(value, 'FR..[0-9]{{9}}') AS french FROM weighed)
        WHERE joins OR len(value) >= {SUPPORTING_LENGTH}"""
    )


def _keep_new(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        f"""CREATE OR REPLACE TABLE arriving AS
        SELECT DISTINCT ON (m.party_id) m.party_id, m.anchor AS company_id, m.key,
               g.* EXCLUDE (key, identifiers, addresses), m.anchor, m.by_number, '{VERSION}' AS version
        FROM party_made m JOIN party_given g USING (key) ANTI JOIN gen.party k ON k.party_id = m.party_id"""
    )
    con.execute(
        """CREATE OR REPLACE TABLE arriving_key AS
        SELECT a.party_id, k.kind, k.named, k.subject, k.value FROM key_made k JOIN arriving a USING (key)"""
    )


def _listed(which: str) -> str:
    return f"string_agg(subject || ' ' || value, chr(30) ORDER BY subject, value) FILTER (kind = 'beside' AND {which})"


def _id(text: str) -> str:
    return f"'c' || left(sha256({text}), 15)"
