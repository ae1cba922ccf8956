"""What a judgement rests on: the records a company had, whose they were, and a digest of what each of them said."""

import re

import duckdb

from db.decisions.rows import Rested
from db.resolve.present import has_links
from ingest.model import SQL_COLUMNS

_NOT_CONTENT = ("native_id", "data_as_of")
"""Columns that say which record it is, or differ from day to day although it says the same; as in db.load."""
_SAID = sorted((column for column in SQL_COLUMNS if column.name not in _NOT_CONTENT), key=lambda column: column.name)
_FIELD = re.compile(r"(\w+) [A-Z]+(?:\([\d, ]+\))?(?=[,)])")


def said_sql(prefix: str) -> str:
    """SQL for a digest of what a record says, 32 hex digits: the same in every database and version of the engine.

    What is not stated does not enter, so a column that a later version of trackrecord adds changes no digest of
    records that leave it empty.
    """
    parts = ", ".join(
        f"'{column.name}' || chr(31) || {_text(f'{prefix}.{column.name}', column.type)}" for column in _SAID
    )
    return f"left(sha256(concat_ws(chr(30), {parts})), 32)"


def _text(column: str, type_: str) -> str:
    """SQL for a column as text, NULL where it states nothing; of a list every part of every item."""
    if not type_.startswith("STRUCT("):
        return f"{column}::VARCHAR"
    item = " || chr(28) || ".join(f"coalesce(x.{name}::VARCHAR, chr(26))" for name in _FIELD.findall(type_))
    return f"nullif(array_to_string(list_transform({column}, lambda x: {item}), chr(29)), '')"


def differing_sql(one: str, other: str) -> str:
    """SQL for the names of the columns in which two versions say different things."""
    names = ", ".join(
        f"CASE WHEN {one}.{column.name} IS DISTINCT FROM {other}.{column.name} THEN '{column.name}' END"
        for column in _SAID
    )
    return f"list_filter([{names}], lambda x: x IS NOT NULL)"


def party_sql(con: duckdb.DuckDBPyConnection, prefix: str) -> str:
    """SQL for a record's respondent as its source knows it; generations of before there were parties know companies."""
    return f"coalesce({prefix}.party_id, {prefix}.company_id)" if has_links(con) else f"{prefix}.company_id"


def of_company(con: duckdb.DuckDBPyConnection, company_id: str) -> list[Rested]:
    """What a judgement on a match with the company rests on; nothing for an id that is no company's."""
    return _rested(con, "company_id", company_id)


def of_record(con: duckdb.DuckDBPyConnection, record_id: str) -> list[Rested]:
    """What a judgement on the record rests on."""
    return _rested(con, "record_id", record_id)


def _rested(con: duckdb.DuckDBPyConnection, column: str, key: str) -> list[Rested]:
    rows = con.execute(
        f"SELECT record_id, {party_sql(con, 'r')}, {said_sql('r')} FROM record r WHERE {column} = ? ORDER BY record_id",
        [key],
    ).fetchall()
    return [Rested(*row) for row in rows]
