"""The state of a source: how old its data are, and whether the last sync worked."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from db.status import SourceState, example_questions, source_states, status
from tests.cli.homes import FIRST, NOW, SECOND, SOURCES, THIRD, Home, make_home, source


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def state(home: Home, source_id: str = FIRST, now: datetime = NOW, **declared: Any) -> SourceState:
    with home.store.reading() as con:
        states = source_states(con, [source(source_id, **declared)], now)
    return next(found for found in states if found.source_id == source_id)


@pytest.mark.parametrize(
    ("cadence", "days"),
    [("daily", 2), ("weekly", 14), ("monthly", 62), ("quarterly", 184), ("yearly", 732), ("irregular", 90)],
)
def test_stale_is_older_than_twice_the_cadence(home: Home, cadence: str, days: int) -> None:
    retrieved = datetime(2026, 1, 9, 8, tzinfo=UTC)
    assert state(home, now=retrieved + timedelta(days=days), cadence=cadence).state == "ok"
    late = state(home, now=retrieved + timedelta(days=days + 1), cadence=cadence)
    assert late.state == "stale"
    assert f"{days + 1} days old" in late.why


def test_a_failed_run_says_since_when_the_data_stand(home: Home) -> None:
    home.run(FIRST, "run-3", datetime(2026, 1, 10, tzinfo=UTC), "failed", error="no answer")
    found = state(home)
    assert (found.state, found.error) == ("failed", "no answer")
    assert found.why == "the last sync, 2026-01-10, failed; what stands was synced on 2026-01-09"
    assert found.data_as_of == date(2026, 1, 8)
    assert found.retrieved_at == datetime(2026, 1, 9, 8, tzinfo=UTC)
    assert found.records == 8


def test_a_source_that_only_failed_has_no_data(home: Home) -> None:
    home.run(THIRD, "run-3", datetime(2026, 1, 10, tzinfo=UTC), "failed", error="no answer")
    found = state(home, THIRD)
    assert found.state == "failed"
    assert found.why.endswith("there is no data")
    assert found.loaded_at is None


def test_an_unchanged_answer_makes_a_source_fresh_again(home: Home) -> None:
    home.run(SECOND, "run-3", datetime(2026, 1, 10, tzinfo=UTC), "unchanged", as_of=date(2025, 5, 30))
    assert state(home, SECOND).state == "ok"


def test_runs_of_the_same_second_count_in_their_order(home: Home) -> None:
    moment = datetime(2026, 1, 10, tzinfo=UTC)
    home.run(FIRST, "run-4", moment, "failed", error="no answer")
    home.run(FIRST, "run-3", moment)
    assert state(home).state == "ok"


def test_the_age_of_a_file_is_that_of_its_data(home: Home) -> None:
    home.run(FIRST, "run-3", NOW, as_of=date(2025, 1, 1), retrieved_at=None)
    assert state(home).state == "stale"
    home.run(FIRST, "run-4", NOW, retrieved_at=None)
    unknown = state(home)
    assert (unknown.state, unknown.retrieved_at) == ("stale", None)
    assert unknown.why.startswith("age unknown")


def test_a_source_is_as_old_as_its_oldest_file(home: Home) -> None:
    home.run(FIRST, "run-3", NOW)
    home.run(FIRST, "run-3", NOW, retrieved_at=datetime(2021, 7, 7, tzinfo=UTC))
    assert state(home).retrieved_at == datetime(2021, 7, 7, tzinfo=UTC)
    home.run(FIRST, "run-3", NOW, retrieved_at=None)
    assert state(home).retrieved_at is None


def test_without_a_database_nothing_was_ever_synced() -> None:
    assert [found.state for found in source_states(None, SOURCES, NOW)] == ["never synced"] * 3


def test_a_source_that_left_the_catalogue_still_counts(home: Home) -> None:
    with home.store.reading() as con:
        (first, second) = source_states(con, [], NOW)
    assert (first.source_id, first.publisher, first.records) == (FIRST, "not in this catalogue", 8)
    assert second.source_id == SECOND


def test_status_counts_what_is_there(home: Home) -> None:
    with home.store.reading() as con:
        found = status(home.store, con, SOURCES, NOW)
    assert (found.records, found.removed, found.companies, found.evidence_files) == (10, 1, 8, 2)
    assert found.generation == "gen-000001.duckdb"
    assert found.size == home.generation.stat().st_size
    counted = {s.source_id: (s.records, s.removed) for s in found.sources}
    assert counted == {FIRST: (8, 1), SECOND: (2, 0), THIRD: (0, 0)}


def test_example_questions_are_about_what_is_there(home: Home) -> None:
    with home.store.reading() as con:
        search, show, sql = example_questions(con)
        assert con.execute("SELECT name FROM company WHERE company_id = ?", [show[1]]).fetchone() == (search[1],)
        assert con.execute(sql[1]).fetchall()
    with home.changing() as con:
        con.execute("DELETE FROM company")
        assert example_questions(con) == []
