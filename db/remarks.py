"""What stands in words beside a record or in its place and must not be overlooked, for Python and for SQL."""

from collections.abc import Mapping
from typing import Any

from db.as_of import ENDED, NO_LONGER
from ingest.model import NOT_ADVERSE, NOT_ADVERSE_SQL

_NO_FINDING = ("alleged", "proposed", "contested")
"""Statuses of matters on which nobody decided yet."""


def remarks(record: Mapping[str, Any]) -> list[str]:
    """What a reader must not overlook: cleared matters, allegations, records that the source took back."""
    found = []
    if record["status"] in NOT_ADVERSE:
        found.append(f"{record['status']}: not held against the company")
    if record["kind"] == "allegation" or record["status"] in _NO_FINDING:
        found.append("not a finding")
    if record["removed_at"] is not None:
        found.append(f"{record['removal'] or 'removed at source'}, seen on {record['removed_at']:%Y-%m-%d}")
    return found


REMARKS_SQL = f"""concat_ws('; ',
    CASE WHEN {NOT_ADVERSE_SQL} THEN status || ': not held against the company' END,
    CASE WHEN kind = 'allegation' OR status IN {_NO_FINDING} THEN 'not a finding' END,
    coalesce(removal, 'removed at source') || ', seen on ' || strftime(removed_at, '%Y-%m-%d'))"""
"""SQL over the columns of a record for the same, joined; empty where there is nothing to say."""


def no_longer(publisher: str) -> str:
    """The one neutral sentence on what may not be shown."""
    return f"{NO_LONGER} by {publisher}"


def no_longer_sql(publisher: str) -> str:
    """The same, of an SQL expression for the publisher."""
    return f"'{NO_LONGER} by ' || {publisher}"


def tombstone_words(record: Mapping[str, Any], publisher: str) -> str:
    """The same with the day, of a hidden record: its `hidden`, `publication_ends` and `removed_at`."""
    if record["hidden"] == ENDED:
        return f"{no_longer(publisher)}: publication ended on {record['publication_ends']}"
    return f"{no_longer(publisher)}, seen on {record['removed_at']:%Y-%m-%d}"
