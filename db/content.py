"""What a record says: output rows of records.sql with their judged respondent; unreadable values become empty."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from ingest.model import SQL_COLUMNS, Column
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


@dataclass(frozen=True, slots=True)
class Loading:
    """What the records of one run share. `now` is UTC without zone."""

    run_id: str
    now: datetime
    data_as_of: date | None
    evidence: Path


def ready_sql(gated: Gated, loading: Loading) -> str:
    """Every passed output row with the columns of the model: marks of unreadable values become empty."""
    columns = ", ".join(f"{_content_sql(c, gated, loading)} AS {c.name}" for c in SQL_COLUMNS)
    rows = "_rows" if gated.candidates.many_rows else "_row"
    where = "AND o.not_a_record IS NULL" if "not_a_record" in gated.candidates.columns else ""
    return f"""SELECT o.rowid AS _out, o.{rows}, p.company_id, p.party_id, p.reason AS gate_reason, {columns}
        FROM {gated.join_sql} WHERE p.passes {where}"""


def _content_sql(column: Column, gated: Gated, loading: Loading) -> str:
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
        "data_as_of": f"DATE '{loading.data_as_of}'" if loading.data_as_of else "NULL",
    }
    given = f"coalesce({given}, {defaults[name]})" if name in defaults else given
    return f"({given})::{column.type}"
