"""trackrecord refresh: one command for cron, whose exit code says what came of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import db.refresh
from db.refresh import ListResult, Refreshed, SourceResult
from db.status import SourceState
from db.sync import Report
from tests.cli.homes import FIRST, Home
from tests.watch.world import ACME, HEADER

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
STATE = SourceState(FIRST, "", "", "", "ok", "")


@pytest.fixture
def _nothing_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources last well over any cadence."""
    monkeypatch.setattr(db.refresh, "EVERY", dict.fromkeys(db.refresh.EVERY, timedelta(days=10_000)))


@pytest.mark.usefixtures("_nothing_due")
def test_it_runs_the_lists_and_exits_by_what_they_found(home: Home, command: Any, tmp_path: Path) -> None:
    ran = command("refresh")
    assert ran.code == 0, ran.err
    assert "No watch lists." in ran.out
    assert "not due" in ran.out
    suppliers = tmp_path / "suppliers.csv"
    suppliers.write_text(f"{HEADER}\n{ACME}\n")
    command("watch", "add", "tier1", str(suppliers))
    ran = command("refresh", "--report-dir", str(tmp_path))
    assert ran.code == 1
    assert "first run: new match: 1" in ran.out
    (report,) = tmp_path.glob("tier1-*.html")
    assert str(report) in ran.out
    ran = command("refresh", "--json")
    assert ran.code == 0
    assert [found["outcome"] for found in ran.json["sources"]] == ["not due", "not due"]
    (found,) = ran.json["lists"]
    assert (found["name"], found["news"], found["report"]) == ("tier1", {}, None)
    assert "nothing" in command("refresh").out


def test_a_home_without_sources_is_told(command: Any, tmp_path: Path) -> None:
    ran = command("refresh", home=tmp_path / "new")
    assert ran.code == 2
    assert "--starter" in ran.err


def result(outcome: str, error: str, loaded_at: datetime | None = None) -> SourceResult:
    return SourceResult(FIRST, outcome, Report(FIRST, outcome, error), replace(STATE, loaded_at=loaded_at), NOW)


@pytest.mark.parametrize(
    ("done", "code", "told"),
    [
        (Refreshed((result("failed", "it fell."),), (), "busy"), 3, "it fell. It was never loaded"),
        (Refreshed((result("failed", "it fell.", NOW),), (), None), 3, "Its data is that of 2026-01-10 12:00 UTC."),
        (Refreshed((), (ListResult("tier1", None, None, "it is damaged."),), None), 4, "tier1 was not run: it is"),
        (Refreshed((), (), "another sync is running."), 4, "Not all that is due was synced: another sync is running."),
        (Refreshed((result("not handed in", "hand it in"),), (), None), 0, "hand it in"),
    ],
)
@pytest.mark.usefixtures("home")
def test_exit_codes(command: Any, monkeypatch: pytest.MonkeyPatch, done: Refreshed, code: int, told: str) -> None:
    monkeypatch.setattr(db.refresh, "refresh", lambda *_: done)
    ran = command("refresh", "--all")
    assert ran.code == code
    assert told in ran.err
    ran = command("refresh", "--starter", "--json")
    assert (ran.code, ran.json["stopped"]) == (code, done.stopped)


def test_a_sample_home_is_refused(home: Home, command: Any) -> None:
    (home.path / "SAMPLE").touch()
    assert command("refresh").code == 2
