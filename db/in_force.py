"""Whether a measure was in force on a day, by its dates alone: the one rule, for records, for SQL and in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

LIFTED = ("vacated", "withdrawn", "cleared", "closed", "expired")
"""Statuses that end a measure on their day, `status_on`."""
MEASURES = ("debarment", "listing", "licence action", "order")
"""Kinds of which a reader wants to know whether they are in force, though no date says so."""

Ends = Literal["on the day stated", "no end stated", "last shown"]


@dataclass(frozen=True, slots=True)
class Span:
    """A period in which measures of one kind were in force without a gap. `start`: None where it is not stated.

    `end` is its last day; None without one. `ends` says what that day is: `last shown` means that the source published
    the measure no more after it, so that nothing is known of the time since.
    """

    kind: str
    start: date | None
    end: date | None
    ends: Ends
    record_ids: tuple[str, ...]


def in_force(record: Mapping[str, Any], day: date) -> bool | None:
    """Whether the measure was in force on the day; None where its dates do not say.

    Reads kind, effective_from, effective_to, status, status_on, removed_at, last_seen. First and last day count. A
    penalty without an end took effect once and is no measure that goes on: None. So is one that was lifted on a day
    the source does not state, and one that the source removed, after the last sync that showed it.
    """
    if not _goes_on(record):
        return None
    start, end = record["effective_from"], _last_day(record)
    if (start and day < start) or (end and day > end):
        return False
    if _lifted_undated(record) or (record["removed_at"] is not None and day > record["last_seen"].date()):
        return None
    return True


def in_force_sql(day: date) -> str:
    """SQL over the columns of `record` or view `known` for the same: true, false or NULL."""
    on, lifted = f"DATE '{day}'", "status IN ('" + "', '".join(LIFTED) + "')"
    return f"""CASE WHEN (effective_from IS NULL OR kind = 'penalty') AND effective_to IS NULL THEN NULL
        WHEN {on} < effective_from OR {on} > effective_to OR ({lifted} AND {on} > status_on) THEN false
        WHEN ({lifted} AND status_on IS NULL) OR (removed_at IS NOT NULL AND {on} > last_seen::DATE) THEN NULL
        ELSE true END"""


def in_words(record: Mapping[str, Any], day: date) -> str:
    """The same in words, with the reason: `in force on DAY`, `not in force on DAY: …` or `not stated: …`."""
    answer, start, end = in_force(record, day), record["effective_from"], _last_day(record)
    if answer:
        return f"in force on {day}, {f'until {end}' if end else 'no end stated'}"
    if answer is None:
        if not _goes_on(record):
            return "not stated"
        if _lifted_undated(record):
            return f"not stated: {record['status']}, on a day the source does not state"
        return f"not stated for {day}: last shown on {record['last_seen'].date()}, no longer published since"
    if start and day < start:
        return f"not in force on {day}: begins on {start}"
    how = record["status"] if _is_lifted(record) and end == record["status_on"] else "ended"
    return f"not in force on {day}: {how} on {end}"


def spans(records: Iterable[Mapping[str, Any]]) -> list[Span]:
    """When measures of each kind were in force, by their dates; overlapping and adjoining periods are one.

    Left out are records that do not say: see `in_force`. Cost: a sort of the records.
    """
    merged: list[Span] = []
    given = [span for record in records if (span := _span(record))]
    for span in sorted(given, key=lambda found: (found.kind, found.start or date.min)):
        last = merged[-1] if merged else None
        if last is None or last.kind != span.kind or _apart(last, span):
            merged.append(span)
            continue
        later = span if (span.end or date.max) > (last.end or date.max) else last
        both = (*last.record_ids, *span.record_ids)
        merged[-1] = Span(last.kind, last.start, later.end, later.ends, both)
    return merged


def span_in_words(span: Span) -> str:
    """The period, as `from A to B`, `since A, no end stated` or `from A, last shown on B`."""
    start = f"from {span.start}" if span.start else "from a day not stated"
    if span.end is None:
        return f"since {span.start}, no end stated"
    return f"{start} to {span.end}" if span.ends == "on the day stated" else f"{start}, last shown on {span.end}"


def _span(record: Mapping[str, Any]) -> Span | None:
    if not _goes_on(record) or _lifted_undated(record):
        return None
    start, end = record["effective_from"], _last_day(record)
    ends: Ends = "on the day stated" if end else "no end stated"
    if record["removed_at"] is not None and (end is None or end > record["last_seen"].date()):
        end, ends = record["last_seen"].date(), "last shown"
    if start and end and end < start:
        return None
    return Span(record["kind"], start, end, ends, (record["record_id"],))


def _apart(one: Span, other: Span) -> bool:
    """Whether a day lies between a span and a later one."""
    return bool(one.end and other.start and other.start > one.end + timedelta(days=1))


def _goes_on(record: Mapping[str, Any]) -> bool:
    """Whether the record states a period; a penalty without an end is paid once."""
    ends: bool = record["effective_to"] is not None
    return ends or (record["effective_from"] is not None and record["kind"] != "penalty")


def _is_lifted(record: Mapping[str, Any]) -> bool:
    return record["status"] in LIFTED


def _lifted_undated(record: Mapping[str, Any]) -> bool:
    return _is_lifted(record) and record["status_on"] is None


def _last_day(record: Mapping[str, Any]) -> date | None:
    """The last day of force: the end stated, or that on which it was lifted before."""
    lifted_on = record["status_on"] if _is_lifted(record) else None
    return min((day for day in (record["effective_to"], lifted_on) if day), default=None)
