"""What a record says: output rows of records.sql with their judged respondent; unreadable values become empty."""

import re
from datetime import date

from ingest.model import NOT_CONTENT, SQL_COLUMNS, Column
from ingest.privacy.gate import Gated

_FROM_GATE = {
    "company_name": "p.stated",
    "entity_type": "p.entity",
    "names": "p.kept_names",
    "addresses": "p.kept_addresses",
    "identifiers": "p.checked",
}
_LOOKED_UP = ("kind", "country", "role", "agency_type", "agency_code", "legal_basis", "summary", "entity_type")
"""Columns that a lookup table may fill."""


def ready_sql(gated: Gated, data_as_of: date | None, beside: str = "") -> str:
    """Every passed output row with the columns of the model: marks of unreadable values become empty.

    `data_as_of`, the agency's stamp of the whole, is taken where a row gives none. `beside`: more columns of
    `profile p`, each followed by a comma.
    """
    columns = ", ".join(f"{_content_sql(c, gated, data_as_of)} AS {c.name}" for c in SQL_COLUMNS)
    rows = "_rows" if gated.candidates.many_rows else "_row"
    where = "AND o.not_a_record IS NULL" if "not_a_record" in gated.candidates.columns else ""
    return f"""SELECT o.rowid AS _out, o.{rows}, {beside} p.reason AS gate_reason, {columns}
        FROM {gated.join_sql} WHERE p.passes {where}"""


def _content_sql(column: Column, gated: Gated, data_as_of: date | None) -> str:
    name, source = column.name, gated.candidates.inputs.source
    if name in _FROM_GATE:
        return _FROM_GATE[name]
    given = f"o.{name}" if name in gated.candidates.columns else "NULL"
    if column.type == "DATE":
        given = f"nullif({given}, DATE '-infinity')" if given != "NULL" else given
    elif name == "amounts" and given != "NULL":
        given = f"nullif(list_filter({given}, lambda a: a.value IS NOT NULL), [])"
    elif name == "events" and given != "NULL":
        given = f"nullif(list_filter({given}, lambda e: e.date > DATE '-infinity'), [])"
    elif name == "status":
        given = f"coalesce(nullif({given}, chr(26)), 'unknown')"
    elif column.type == "VARCHAR" and given != "NULL":
        # a code that the lookup table does not know is kept as the agency wrote it
        given = f"ltrim({given}, chr(26))" if source.lookup and name in _LOOKED_UP else given
        given = f"nullif({given}, '')"
    defaults = {
        "subject_area": f"'{source.subject_area}'",
        "source_url": "'" + source.homepage.replace("'", "''") + "'",
        "data_as_of": f"DATE '{data_as_of}'" if data_as_of else "NULL",
    }
    given = f"coalesce({given}, {defaults[name]})" if name in defaults else given
    return f"({given})::{column.type}"


def said_stably_sql() -> str:
    """SQL for a SHA-256, hex, of what a record says: the same in every version of the engine, so it may be stored.

    Lists are written field by field, because how the engine writes a list as text changes. Cost: some microseconds.
    """
    parts = ", ".join(f"coalesce({_text_sql(c)}, chr(30))" for c in SQL_COLUMNS if c.name not in NOT_CONTENT)
    return f"sha256(concat_ws(chr(31), {parts}))"


def _text_sql(column: Column) -> str:
    if not column.type.startswith("STRUCT"):
        return f"{column.name}::VARCHAR"
    fields = re.findall(r"(\w+) [A-Z]", column.type.removeprefix("STRUCT("))
    written = ", ".join(f"coalesce(x.{name}::VARCHAR, chr(26))" for name in fields)
    return f"array_to_string(list_transform({column.name}, lambda x: concat_ws(chr(29), {written})), chr(28))"
