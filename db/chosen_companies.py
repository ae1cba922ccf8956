"""Companies chosen by their ids, which may be those of before a merger or correction."""

from collections.abc import Iterable

import duckdb

from db.resolve.present import present_id
from db.show.record import is_company
from ingest.errors import UsageError


def chosen_companies(con: duckdb.DuckDBPyConnection, given: Iterable[str]) -> set[str]:
    """The present ids of these companies. Raises UsageError for what is or was no company's id."""
    found = set()
    for text in given:
        wanted = text.strip()
        present = present_id(con, wanted) if is_company(wanted) else None
        if not present or not con.execute("SELECT 1 FROM company WHERE company_id = ?", [present]).fetchall():
            raise UsageError(f"no company `{wanted[:80]}`", next_step="Find ids with `trackrecord search NAME`.")
        found.add(present)
    return found
