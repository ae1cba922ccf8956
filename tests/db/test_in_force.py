"""Force on a day is computed from dates alone, the same in Python, SQL and words; periods of several records merge."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import duckdb
import pytest

from db.in_force import in_force, in_force_sql, in_words, span_in_words, spans

DAY = date(2026, 3, 10)
BEFORE, AFTER = date(2026, 3, 1), date(2026, 3, 20)
Record = dict[str, Any]


def nine(day: date) -> datetime:
    """Nine o'clock, UTC without zone, as stored."""
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC).replace(tzinfo=None)


def record(start: date | None = None, end: date | None = None, **more: Any) -> Record:
    """A debarment, active, published until today."""
    seen = more.pop("last_seen", AFTER)
    return {
        "record_id": "xx:1", "kind": "debarment", "effective_from": start, "effective_to": end, "status": "active",
        "status_on": None, "removed_at": None, "last_seen": nine(seen), **more,
    }  # fmt: skip


REMOVED = nine(date(2026, 3, 8))

CASES = [
    (record(), None, "not stated"),
    (record(BEFORE), True, "in force on 2026-03-10, no end stated"),
    (record(DAY, DAY), True, "in force on 2026-03-10, until 2026-03-10"),
    (record(None, AFTER), True, "in force on 2026-03-10, until 2026-03-20"),
    (record(AFTER), False, "not in force on 2026-03-10: begins on 2026-03-20"),
    (record(BEFORE, date(2026, 3, 9)), False, "not in force on 2026-03-10: ended on 2026-03-09"),
    (record(None, date(2026, 3, 9)), False, "not in force on 2026-03-10: ended on 2026-03-09"),
    (record(BEFORE, AFTER, kind="penalty"), True, "in force on 2026-03-10, until 2026-03-20"),
    (record(BEFORE, kind="penalty"), None, "not stated"),
    (record(BEFORE, status="withdrawn", status_on=DAY), True, "in force on 2026-03-10, until 2026-03-10"),
    (record(BEFORE, status="withdrawn", status_on=BEFORE), False,
     "not in force on 2026-03-10: withdrawn on 2026-03-01"),
    (record(BEFORE, AFTER, status="cleared", status_on=BEFORE), False,
     "not in force on 2026-03-10: cleared on 2026-03-01"),
    (record(BEFORE, date(2026, 3, 5), status="expired", status_on=AFTER), False,
     "not in force on 2026-03-10: ended on 2026-03-05"),
    (record(BEFORE, AFTER, status="vacated"), None, "not stated: vacated, on a day the source does not state"),
    (record(BEFORE, date(2026, 3, 5), status="closed"), False, "not in force on 2026-03-10: ended on 2026-03-05"),
    (record(AFTER, status="closed"), False, "not in force on 2026-03-10: begins on 2026-03-20"),
    (record(BEFORE, removed_at=REMOVED, last_seen=date(2026, 3, 7)), None,
     "not stated for 2026-03-10: last shown on 2026-03-07, no longer published since"),
    (record(BEFORE, removed_at=REMOVED, last_seen=DAY), True, "in force on 2026-03-10, no end stated"),
    (record(BEFORE, date(2026, 3, 5), removed_at=REMOVED, last_seen=date(2026, 3, 7)), False,
     "not in force on 2026-03-10: ended on 2026-03-05"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "answer", "words"), CASES)
def test_force_is_told_with_its_reason(given: Record, answer: bool | None, words: str) -> None:
    assert in_force(given, DAY) is answer
    assert in_words(given, DAY) == words


def every_record() -> list[Record]:
    """All combinations of dates around a few days, with every way to end."""
    days = (None, BEFORE, DAY, AFTER)
    statuses = ("active", "unknown", "vacated", "withdrawn", "cleared", "closed", "expired")
    kinds, seen = ("penalty", "listing"), ((None, AFTER), (REMOVED, BEFORE), (REMOVED, DAY))
    return [
        record(start, end, kind=kind, status=status, status_on=on, removed_at=removed, last_seen=last)
        for start, end, kind, status, on, (removed, last) in product(days, days, kinds, statuses, days, seen)
    ]


def test_sql_says_what_python_says() -> None:
    given = every_record()
    names = {"kind": "VARCHAR", "effective_from": "DATE", "effective_to": "DATE", "status": "VARCHAR"}
    names |= {"status_on": "DATE", "removed_at": "TIMESTAMP", "last_seen": "TIMESTAMP"}
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE r (n INTEGER, {', '.join(f'{name} {kind}' for name, kind in names.items())})")
        holes = ", ".join("?" * (len(names) + 1))
        con.execute("BEGIN")
        for at, row in enumerate(given):
            con.execute(f"INSERT INTO r VALUES ({holes})", [at, *map(row.get, names)])
        for day in (DAY, BEFORE - timedelta(days=1), AFTER + timedelta(days=1)):
            said = con.execute(f"SELECT {in_force_sql(day)} FROM r ORDER BY n").fetchall()
            assert [row[0] for row in said] == [in_force(row, day) for row in given]


def test_a_day_is_in_a_period_exactly_when_a_record_is_in_force() -> None:
    given = every_record()
    days = [BEFORE + timedelta(days=n) for n in range(-2, 24)]
    for at in range(0, len(given) - 3, 3):
        some = given[at : at + 3]
        merged = spans(some)
        for day in days:
            within = {s.kind for s in merged if (s.start or day) <= day and (s.end is None or day <= s.end)}
            assert within == {row["kind"] for row in some if in_force(row, day)}


def told(*records: Record) -> list[str]:
    return [f"{span.kind} {span_in_words(span)}" for span in spans(records)]


def test_overlapping_and_adjoining_periods_are_one() -> None:
    first, second = record(date(2020, 1, 1), date(2021, 6, 30)), record(date(2021, 1, 1), date(2022, 12, 31))
    adjoining, apart = record(date(2023, 1, 1), date(2023, 2, 1)), record(date(2023, 2, 3), date(2023, 3, 1))
    inside = record(date(2020, 2, 1), date(2020, 3, 1), record_id="xx:2")
    assert told(apart, adjoining, second, inside, first) == [
        "debarment from 2020-01-01 to 2023-02-01",
        "debarment from 2023-02-03 to 2023-03-01",
    ]
    assert spans([first, inside])[0].record_ids == ("xx:1", "xx:2")


def test_an_open_end_swallows_what_follows() -> None:
    extended = [record(date(2020, 1, 1), date(2021, 1, 1)), record(date(2020, 6, 1)), record(date(2024, 1, 1), AFTER)]
    assert told(*extended) == ["debarment since 2020-01-01, no end stated"]
    assert told(record(None, AFTER)) == ["debarment from a day not stated to 2026-03-20"]


def test_a_lifted_measure_ends_on_its_day_and_a_removed_one_when_last_shown() -> None:
    lifted = record(date(2020, 1, 1), AFTER, status="withdrawn", status_on=date(2022, 5, 5))
    removed = record(date(2024, 1, 1), kind="listing", removed_at=REMOVED, last_seen=date(2026, 3, 7))
    ended = record(date(2023, 1, 1), date(2023, 2, 1), kind="listing", removed_at=REMOVED)
    assert told(lifted, removed, ended) == [
        "debarment from 2020-01-01 to 2022-05-05",
        "listing from 2023-01-01 to 2023-02-01",
        "listing from 2024-01-01, last shown on 2026-03-07",
    ]


def test_what_does_not_say_has_no_period() -> None:
    assert told(record(), record(BEFORE, kind="penalty"), record(BEFORE, status="closed"), record(AFTER, BEFORE)) == []
