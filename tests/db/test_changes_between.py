"""`changes`: what an auditor is told about the time since the last audit, and what is not told of hidden records."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.changes.between import Change, changed_back, changes, counts, told
from db.changes.interval import interval_of, looked_at
from db.history import FieldChange
from ingest.errors import UsageError
from tests.cli.homes import source
from tests.db.changing import MIRRORED, PERMANENT, RETENTION, Chronicle, empty_generation

TODAY = date(2026, 6, 1)
SOURCES = [source(PERMANENT), source(MIRRORED, retention="mirror-source"), source("xx_never")]


def day(number: int) -> datetime:
    """The sync of that day in March."""
    return datetime(2026, 3, number, 6)  # noqa: DTZ001


@pytest.fixture
def chronicle() -> Chronicle:
    return Chronicle()


def found(chronicle: Chronicle, since: datetime, **more: Any) -> list[Change]:
    """What changed after that."""
    return list(changes(chronicle.con, since, **{"today": TODAY, "retention": RETENTION, **more}))


def short(listed: list[Change]) -> list[tuple[str, str]]:
    return [(change.kind, change.record_id.partition(":")[2]) for change in listed]


def test_every_sort_of_change_is_told_once_latest_first(chronicle: Chronicle) -> None:
    for number in (1, 2, 3):
        chronicle.run(PERMANENT, day(number))
        for key in ("same", "changed", "removed", "back", "aged"):
            if (key, number) not in {("back", 2), ("removed", 3), ("aged", 3)}:
                chronicle.show(PERMANENT, key, day(number), summary=key + "!" * (key == "changed" and number == 3))
        if number == 2:
            chronicle.miss(PERMANENT, "back", day(2))
    chronicle.show(PERMANENT, "new", day(3))
    chronicle.miss(PERMANENT, "removed", day(3))
    chronicle.miss(PERMANENT, "aged", day(3) + timedelta(hours=1), "aged out")
    listed = found(chronicle, day(2))
    assert short(listed) == [
        ("aged out", "aged"), ("back", "back"), ("changed", "changed"), ("new", "new"), ("removed", "removed"),
    ]  # fmt: skip
    assert [(c.kind, c.cause, c.n) for c in counts(chronicle.con)] == [
        ("aged out", None, 1), ("back", None, 1), ("changed", "agency", 1), ("new", None, 1), ("removed", None, 1),
    ]  # fmt: skip
    changed, removed = listed[2], listed[4]
    assert changed.fields == (FieldChange("summary", "changed", "changed!"),)
    assert changed.at == day(3).replace(tzinfo=UTC)
    # the range in which it vanished
    assert (removed.last_seen, removed.removed_at) == (day(2).replace(tzinfo=UTC), day(3).replace(tzinfo=UTC))
    assert removed.company_name == "Acme Widgets Ltd"
    assert [change.kind for change in found(chronicle, day(2), most=2)] == ["aged out", "back"]
    assert found(chronicle, day(4)) == []


def test_values_keep_their_types_and_only_the_net_difference_is_told(chronicle: Chronicle) -> None:
    amounts = [{"kind": "final", "value": Decimal("10.00"), "currency": "EUR"}]
    chronicle.run(PERMANENT, day(1))
    chronicle.show(PERMANENT, "1", day(1), summary="a", issued_on=date(2026, 1, 1))
    chronicle.show(PERMANENT, "1", day(2), summary="b", issued_on=date(2026, 1, 1))
    chronicle.show(PERMANENT, "1", day(3), summary="a", issued_on=date(2026, 1, 2), amounts=amounts)
    (change,) = found(chronicle, day(1))
    assert change.fields == (
        FieldChange("issued_on", date(2026, 1, 1), date(2026, 1, 2)),
        FieldChange("amounts", None, amounts),
    )
    assert [f.field for f in found(chronicle, day(2))[0].fields] == ["summary", "issued_on", "amounts"]
    (before,) = found(chronicle, day(1), until=day(2))
    assert before.fields == (FieldChange("summary", "a", "b"),)
    chronicle.show(PERMANENT, "1", day(4), summary="a", issued_on=date(2026, 1, 1))
    assert found(chronicle, day(1)) == []
    assert (counts(chronicle.con), changed_back(chronicle.con)) == ([], 1)


def test_what_came_and_went_in_between_is_not_lost(chronicle: Chronicle) -> None:
    chronicle.run(PERMANENT, day(1))
    chronicle.show(PERMANENT, "stays", day(1))
    chronicle.show(PERMANENT, "brief", day(2))
    chronicle.miss(PERMANENT, "brief", day(3))
    chronicle.miss(PERMANENT, "stays", day(2))
    chronicle.show(PERMANENT, "stays", day(3))
    assert sorted(short(found(chronicle, day(1)))) == [("back", "stays"), ("removed", "brief")]
    # seen from the middle, what was gone is back and what was there is gone
    assert sorted(short(found(chronicle, day(2)))) == [("back", "stays"), ("removed", "brief")]
    assert sorted(short(found(chronicle, day(1), until=day(2)))) == [("new", "brief"), ("removed", "stays")]


def test_a_new_record_is_dated_by_the_sync_that_brought_it(chronicle: Chronicle) -> None:
    chronicle.run(PERMANENT, day(1))
    chronicle.show(PERMANENT, "1", day(2), status="alleged")
    chronicle.show(PERMANENT, "1", day(3), status="withdrawn")
    (new,) = found(chronicle, day(1))
    assert (new.kind, new.status, new.at) == ("new", "withdrawn", day(2).replace(tzinfo=UTC))


def test_an_unchanged_file_showed_what_was_removed_later(chronicle: Chronicle) -> None:
    chronicle.run(PERMANENT, day(1))
    chronicle.show(PERMANENT, "1", day(1))
    chronicle.run(PERMANENT, day(2), "unchanged")
    chronicle.run(PERMANENT, day(3), "failed", error="the answer is empty")
    chronicle.run(PERMANENT, day(4))
    chronicle.miss(PERMANENT, "1", day(4))
    (removed,) = found(chronicle, day(1))
    assert (removed.last_seen, removed.removed_at) == (day(2).replace(tzinfo=UTC), day(4).replace(tzinfo=UTC))


def test_a_file_that_loaded_without_the_record_did_not_show_it(chronicle: Chronicle) -> None:
    chronicle.run(PERMANENT, day(1))
    chronicle.show(PERMANENT, "1", day(1))
    chronicle.run(PERMANENT, day(2))  # rows of it could not be read, so that nothing was inferred
    chronicle.run(PERMANENT, day(3), "unchanged")
    chronicle.run(PERMANENT, day(4))
    chronicle.miss(PERMANENT, "1", day(4))
    (removed,) = found(chronicle, day(1))
    assert removed.last_seen == day(1).replace(tzinfo=UTC)


def test_the_agency_is_not_said_to_have_changed_what_was_read_otherwise(chronicle: Chronicle) -> None:
    chronicle.run(PERMANENT, day(1))
    for key in ("agency", "adapter", "both", "gate"):
        chronicle.show(PERMANENT, key, day(1), summary="a", row_hash="1")
    chronicle.gate = "gate 2"
    chronicle.run(PERMANENT, day(2))
    chronicle.show(PERMANENT, "gate", day(2), summary="a", company_name="Acme Ltd", row_hash="1")
    chronicle.show(PERMANENT, "agency", day(2), summary="b", row_hash="2")
    chronicle.adapter = "adapter 2"
    chronicle.show(PERMANENT, "adapter", day(2), summary="b", row_hash="1")
    chronicle.show(PERMANENT, "both", day(2), summary="b", row_hash="2")
    causes = {change.record_id.partition(":")[2]: change.cause for change in found(chronicle, day(1))}
    assert causes == {"agency": "agency", "adapter": "adapter", "both": "agency or adapter", "gate": "gate"}


def test_removed_records_of_a_mirrored_source_are_tombstones_without_content(chronicle: Chronicle) -> None:
    for source_id in (MIRRORED, PERMANENT):
        chronicle.run(source_id, day(1))
        chronicle.show(source_id, "1", day(1), summary="SECRET", kind="debarment", effective_to=date(2099, 1, 1))
        chronicle.show(source_id, "1", day(2), summary="SECRET too", kind="debarment", effective_to=date(2099, 1, 1))
        chronicle.miss(source_id, "1", day(3))
    hidden, shown = sorted(found(chronicle, day(1)), key=lambda change: change.source_id)
    publisher = SOURCES[1].publisher
    assert told(hidden, SOURCES[1]) == {
        "change": "removed", "record_id": f"{MIRRORED}:1", "source_id": MIRRORED, "at": hidden.at,
        "first_seen": hidden.first_seen, "last_seen": hidden.last_seen, "removed_at": hidden.removed_at,
        "removal": "removed at source", "publication_ends": None, "tombstone": f"no longer published by {publisher}",
    }  # fmt: skip
    assert "SECRET" not in repr(hidden)
    assert "Acme" not in repr(hidden)
    assert told(shown, SOURCES[0])["company_name"] == "Acme Widgets Ltd"
    # told of a time when it was still published, it is a tombstone all the same
    (then,) = found(chronicle, day(1), until=day(2), sources=(MIRRORED,))
    assert (then.kind, then.fields, then.company_name, then.hidden) == ("changed", (), None, "no longer published")
    (then,) = found(chronicle, day(1), until=day(2), sources=(PERMANENT,))
    assert then.fields == (FieldChange("summary", "SECRET", "SECRET too"),)


def test_measures_and_publications_expire_by_their_dates(chronicle: Chronicle) -> None:
    chronicle.run(PERMANENT, day(1))
    last = {"ended": date(2026, 3, 10), "last day is today": TODAY, "over before": date(2026, 2, 28),
            "goes on": date(2027, 1, 1), "since the first day": date(2026, 3, 1)}  # fmt: skip
    for key, end in last.items():
        chronicle.show(PERMANENT, key, day(1), kind="debarment", status="active", effective_to=end)
    chronicle.show(PERMANENT, "cleared", day(1), kind="listing", status="cleared", effective_to=date(2026, 3, 10))
    chronicle.show(PERMANENT, "published", day(1), summary="SECRET", publication_ends=date(2026, 3, 10))
    chronicle.show(PERMANENT, "new", day(2), kind="debarment", status="active", effective_to=date(2026, 3, 10))
    listed = found(chronicle, day(1))
    assert sorted(short(listed)) == [
        ("expired", "ended"), ("expired", "published"), ("expired", "since the first day"), ("new", "new"),
    ]  # fmt: skip
    by_key = {change.record_id.partition(":")[2]: change for change in listed}
    assert by_key["ended"].at == datetime(2026, 3, 11, tzinfo=UTC)
    assert by_key["ended"].effective_to == date(2026, 3, 10)
    assert by_key["published"].hidden == "publication ended"
    assert "SECRET" not in repr(by_key["published"])
    assert short(found(chronicle, day(1), until=day(10))) == [("new", "new"), ("expired", "since the first day")]
    # a correction and the end of the measure are two things
    chronicle.show(PERMANENT, "ended", day(3), kind="debarment", status="active", effective_to=date(2026, 3, 9))
    assert sorted(c.kind for c in found(chronicle, day(2)) if c.record_id.endswith(":ended")) == ["changed", "expired"]


def test_only_what_was_asked_for(chronicle: Chronicle) -> None:
    for source_id, key, kind in ((PERMANENT, "1", "penalty"), (PERMANENT, "2", "recall"), (MIRRORED, "3", "penalty")):
        chronicle.run(source_id, day(2))
        chronicle.show(source_id, key, day(2), kind=kind)
    assert short(found(chronicle, day(1), sources=(MIRRORED,))) == [("new", "3")]
    assert short(found(chronicle, day(1), kinds=("recall",))) == [("new", "2")]
    assert short(found(chronicle, day(1), companies=[f"c{1:0>15}", "c" * 16])) == [("new", "1")]
    assert short(found(chronicle, day(1), companies=[])) == []
    with pytest.raises(UsageError, match="no kind `fine`"):
        found(chronicle, day(1), kinds=("fine",))


def test_a_company_merged_since_is_found_by_its_present_id(chronicle: Chronicle) -> None:
    chronicle.run(PERMANENT, day(1))
    chronicle.show(PERMANENT, "1", day(2), company_id="c" + "a" * 15)
    chronicle.show(PERMANENT, "1", day(4), company_id="c" + "b" * 15, summary="later")
    chronicle.con.execute(
        "INSERT INTO company_redirect VALUES (?, ?, 'linked anew', ?)", ["c" + "a" * 15, "c" + "b" * 15, day(4)]
    )
    (change,) = found(chronicle, day(1), until=day(3), companies=["c" + "b" * 15])
    assert (change.kind, change.company_id) == ("new", "c" + "b" * 15)


def test_what_was_looked_at_is_told_source_by_source(chronicle: Chronicle) -> None:
    chronicle.run(PERMANENT, day(1))
    chronicle.run(MIRRORED, day(1))
    chronicle.adapter = "adapter 2"
    chronicle.run(PERMANENT, day(3))
    chronicle.run(MIRRORED, day(3), "failed", "no answer")
    now = datetime(2026, 3, 4, tzinfo=UTC)
    interval = interval_of(chronicle.con, "2026-03-02", None, now)
    looked = {item.source_id: item for item in looked_at(chronicle.con, SOURCES, interval, now)}
    assert (looked[PERMANENT].synced, looked[PERMANENT].failed, looked[PERMANENT].reread) == (1, 0, True)
    assert looked[PERMANENT].last_synced_at == day(3).replace(tzinfo=UTC)
    assert (looked[MIRRORED].synced, looked[MIRRORED].failed, looked[MIRRORED].error) == (0, 1, "no answer")
    assert (looked[MIRRORED].state, looked[MIRRORED].reread) == ("failed", False)
    assert (looked["xx_never"].synced, looked["xx_never"].state) == (0, "never synced")
    assert [item.source_id for item in looked_at(chronicle.con, SOURCES, interval, now, [MIRRORED])] == [MIRRORED]
    # as it was at the end of the time asked for
    interval = interval_of(chronicle.con, "2026-03-01", "2026-03-02", now)
    looked = {item.source_id: item for item in looked_at(chronicle.con, SOURCES, interval, now)}
    assert (looked[MIRRORED].synced, looked[MIRRORED].state) == (1, "ok")


def test_intervals_are_given_as_days_times_and_retrievals(chronicle: Chronicle) -> None:
    retrieval = chronicle.run(PERMANENT, day(2))
    chronicle.show(PERMANENT, "1", day(2))
    now = datetime(2026, 3, 4, tzinfo=UTC)

    def asked(since: str, until: str | None = None) -> int:
        interval = interval_of(chronicle.con, since, until, now)
        return len(found(chronicle, interval.since, until=interval.until))

    assert [asked("2026-03-02"), asked("2026-03-03"), asked("2026-03-01", "2026-03-01")] == [1, 0, 0]
    assert [asked("2026-03-01", "2026-03-02"), asked("2026-03-01", "2026-03-04")] == [1, 1]
    assert [asked("2026-03-02T05:59"), asked("2026-03-02T06:00"), asked("2026-03-02T06:30+02:00")] == [1, 0, 1]
    # the run that made a retrieval is known, so only what came after it is asked for
    assert [asked(retrieval), asked("2026-03-01", retrieval)] == [0, 1]
    assert PERMANENT in interval_of(chronicle.con, retrieval, None, now).since_words


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("yesterday", None, "--since is no day"),
        ("2026-02-30", None, "--since is no day"),
        ("0001-01-01", None, "--since is no day"),
        ("2026-03-01", "9999-12-31", "--until is no day"),
        ("2026-03-01", "soon", "--until is no day"),
        ("0123456789abcdef", None, "no retrieval `0123456789abcdef`"),
        ("2027-01-01", None, "--since lies in the future"),
        ("2026-03-02", "2026-03-01", "--until is not after --since"),
    ],
)
def test_an_interval_without_sense_is_refused(chronicle: Chronicle, since: str, until: str | None, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        interval_of(chronicle.con, since, until, datetime(2026, 3, 4, tzinfo=UTC))


SHARED = empty_generation()
STATES = st.lists(st.lists(st.sampled_from([None, "a", "b"]), min_size=3, max_size=3), min_size=2, max_size=6)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=STATES, asked=st.tuples(st.integers(1, 6), st.integers(1, 6)))
def test_net_changes_are_those_between_the_two_states(states: list[list[str | None]], asked: tuple[int, int]) -> None:
    """Whatever lies between: what was there before and after decides; a return is told even where all is as before."""
    for table in ("record", "record_history", "run", "retrieval"):
        SHARED.execute(f"DELETE FROM {table}")
    chronicle = Chronicle(SHARED)
    for number, state in enumerate(states, 1):
        chronicle.run(PERMANENT, day(number))
        for key, said in enumerate(state):
            if said is None:
                chronicle.miss(PERMANENT, str(key), day(number))
            else:
                chronicle.show(PERMANENT, str(key), day(number), summary=said)
    first, last = (min(number, len(states)) for number in sorted(asked))
    listed = found(chronicle, day(first), until=day(last) if first < last else day(first) + timedelta(hours=1))
    expected: dict[str, tuple[str, tuple[str | None, str] | None]] = {}
    for key in range(3):
        course = [state[key] for state in states[:last]]
        before, after, between = course[first - 1], course[-1], course[first - 1 :]
        was_known = any(course[:first])
        if after is None:
            if any(between):
                expected[str(key)] = ("removed", None)
        elif not was_known:
            if any(between[1:]):
                expected[str(key)] = ("new", None)
        elif None in between:
            expected[str(key)] = ("back", None)
        elif before != after:
            expected[str(key)] = ("changed", (before, after))
    assert {
        change.record_id.partition(":")[2]: (
            change.kind,
            next(((f.before, f.after) for f in change.fields), None) if change.kind == "changed" else None,
        )
        for change in listed
    } == expected


def test_real_syncs_are_told_as_what_they_were(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    ((first,),) = agency.ask("SELECT max(started_at) FROM run")
    agency.sync(rows[0], rows[1].replace("2500.50", "3000"), "6,Zeta Mills Ltd,F,2024-05-31,5,")
    ((second,),) = agency.ask("SELECT max(started_at) FROM run")
    agency.sql = agency.sql.replace("'penalty' AS kind", "'order' AS kind")
    agency.sync(rows[0], rows[1].replace("2500.50", "3000"), "6,Zeta Mills Ltd,F,2024-05-31,5,")
    ((third,),) = agency.ask("SELECT max(started_at) FROM run")
    retention = {agency.source.id: agency.source.retention}
    given = {"today": third.date(), "retention": retention}
    with agency.store.reading() as con:
        listed = list(changes(con, first, until=second, **given))
        assert sorted(short(listed)) == [("changed", "2"), ("new", "6"), ("removed", "3")]
        (changed,) = [change for change in listed if change.kind == "changed"]
        assert [(f.field, f.after[0]["value"], changed.cause) for f in changed.fields] == [
            ("amounts", Decimal("3000.00"), "agency")
        ]
        assert [change.company_name for change in listed if change.kind == "removed"] == [None]
        listed = list(changes(con, second, **given))
        assert {(c.kind, c.cause, c.fields[0].field) for c in listed} == {("changed", "adapter", "kind")}
        assert len(listed) == 3
        now = third.replace(tzinfo=UTC)
        interval = interval_of(con, f"{second.isoformat()}Z", None, now)
        (looked,) = looked_at(con, [agency.source], interval, now)
        assert (looked.synced, looked.reread) == (1, True)
        assert list(changes(con, third, **given)) == []
