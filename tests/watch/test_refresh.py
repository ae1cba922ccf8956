"""Refresh: what is due is synced, every list is run, and nothing bad stops what comes after."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import db.refresh
from db.refresh import AFTER_FAILURE, Refreshed, Wish, next_due, refresh
from db.status import SourceState
from db.sync import Options
from db.watch.run import Line, Ran, run
from ingest.catalog import Source, load_source
from ingest.errors import StoreMissing, UsageError
from tests.cli.homes import Home
from tests.db.conftest import ROWS, Agency
from tests.db.doctored import copied
from tests.watch.world import World

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC)
CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from db.refresh import Wish, refresh
from db.store import Store
from db.sync import Options
from ingest.catalog import load_source
home, folder, mirror = map(Path, sys.argv[1:])
source = load_source(folder)
print("ready", flush=True)
wish = Wish([source], Options(mirror=mirror), home.parent / "reports")
refresh(Store(home), {source.id: source}, wish, lambda: datetime.now(UTC).replace(year=2030), lambda *_: None)
"""


@dataclass
class Office:
    """An agency and an analyst with a list; `later` moves the clock."""

    agency: Agency
    desk: World
    later: timedelta = timedelta()

    @property
    def bad(self) -> Source:
        """A source whose file nobody gives."""
        folder = self.agency.folder / "aa_broken"
        if not folder.exists():
            shutil.copytree(self.agency.source.folder, folder)
            text = (folder / "source.toml").read_text(encoding="utf-8")
            (folder / "source.toml").write_text(text.replace("notices.csv", "missing.csv"), encoding="utf-8")
        return load_source(folder)

    def refresh(self, *sources: Source, chosen: tuple[Source, ...] = (), report_dir: Path | None = None) -> Refreshed:
        known = {source.id: source for source in sources or (self.agency.source,)}
        options = Options(mirror=self.agency.folder / "mirror")
        wish = Wish(chosen, options, report_dir)
        return refresh(self.agency.store, known, wish, lambda: datetime.now(UTC) + self.later, lambda *_: None)


def office_of(agency: Agency) -> Office:
    return Office(agency, World(agency.folder, Home(agency.home), {agency.source.id: agency.source}))


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    """An agency that was synced once, in a home that is only ever copied."""
    agency = Agency(tmp_path_factory.mktemp("synced"))
    agency.sync(*ROWS)
    return agency


@pytest.fixture
def office(synced: Agency, tmp_path: Path) -> Office:
    return office_of(copied(synced, tmp_path / "agency"))


def outcomes(done: Refreshed) -> dict[str, str]:
    return {found.source_id: found.outcome for found in done.sources}


def test_a_home_without_sources_says_how_to_choose(tmp_path: Path) -> None:
    office = office_of(Agency(tmp_path))
    office.agency.publish(*ROWS)
    with pytest.raises(UsageError, match=r"no sources yet .*--starter"):
        office.refresh()
    done = office.refresh(chosen=(office.agency.source,))
    assert (outcomes(done), done.lists, done.failed, done.anything_new) == ({"xx_fair_work": "loaded"}, (), [], False)


def test_what_was_synced_lately_is_not_due(office: Office) -> None:
    assert outcomes(office.refresh()) == {"xx_fair_work": "not due"}
    office.later = timedelta(days=6)
    assert outcomes(office.refresh()) == {"xx_fair_work": "not due"}
    office.later = timedelta(days=6, hours=12)
    assert outcomes(office.refresh()) == {"xx_fair_work": "unchanged"}


def state(**more: Any) -> SourceState:
    given = {"source_id": "x", "title": "", "publisher": "", "jurisdiction": "", "state": "ok", "why": "", **more}
    return SourceState(**given)


@pytest.mark.parametrize(
    ("cadence", "found", "after"),
    [
        ("daily", {"last_run_at": NOW, "loaded_at": NOW}, timedelta(hours=21.6)),
        ("weekly", {"last_run_at": NOW, "loaded_at": NOW, "state": "stale"}, timedelta(days=6.3)),
        ("irregular", {"last_run_at": NOW, "loaded_at": NOW}, timedelta(days=6.3)),
        ("yearly", {"last_run_at": NOW, "loaded_at": NOW}, timedelta(days=328.5)),
        ("yearly", {"last_run_at": NOW, "loaded_at": NOW - timedelta(days=1), "state": "failed"}, AFTER_FAILURE),
        ("daily", {"last_run_at": NOW, "state": "failed"}, AFTER_FAILURE),
    ],
)
def test_when_a_source_is_due(office: Office, cadence: Any, found: dict[str, Any], after: timedelta) -> None:
    assert next_due(state(**found), replace(office.agency.source, cadence=cadence)) == NOW + after
    assert next_due(state(), office.agency.source) is None


def test_a_bad_source_stops_neither_the_others_nor_the_lists(office: Office) -> None:
    office.desk.add("V-1,Acme Widgets Ltd,XX,")
    office.later = timedelta(days=8)
    done = office.refresh(office.bad, office.agency.source, chosen=(office.bad,))
    assert outcomes(done) == {"aa_broken": "failed", "xx_fair_work": "unchanged"}
    assert done.failed == ["aa_broken"]
    assert done.anything_new
    (broken, _) = done.sources
    assert broken.report is not None
    assert broken.report.error
    assert (broken.state.loaded_at, broken.state.state) == (None, "failed")
    office.later = timedelta(hours=5)
    assert outcomes(office.refresh(office.bad, office.agency.source)) == {
        "aa_broken": "not due",
        "xx_fair_work": "not due",
    }
    office.later = timedelta(hours=7)
    assert outcomes(office.refresh(office.bad, office.agency.source))["aa_broken"] == "failed"


def test_lists_find_what_the_sync_brought_and_write_their_reports(office: Office, tmp_path: Path) -> None:
    office.desk.add("V-1,Acme Widgets Ltd,XX,")
    office.desk.run()
    folder = tmp_path / "reports"
    with pytest.raises(UsageError, match="no such folder"):
        office.refresh(report_dir=folder)
    folder.mkdir()
    office.agency.publish(ROWS[0].replace("1000", "900"), *ROWS[1:])
    office.later = timedelta(days=7)
    done = office.refresh(report_dir=folder)
    (found,) = done.lists
    assert found.ran is not None
    assert found.ran.news == {"changed record": 1}
    assert found.report is not None
    assert found.report.name.startswith("tier-1-1-")
    assert "final 1,000.00 EUR → final 900.00 EUR" in found.report.read_text(encoding="utf-8")
    assert not office.refresh(report_dir=folder).anything_new
    assert [path.suffix for path in folder.iterdir()] == [".html"] * len([*folder.iterdir()])


def test_a_bad_list_stops_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.desk.add("V-1,Acme Widgets Ltd,XX,")

    def broken(store: Any, name: str, *given: Any, **more: Any) -> Ran:
        if name == "a bad one":
            raise LookupError("Janet Roe")
        if name == "busy":
            raise StoreMissing("nothing has been synced yet")
        return run(store, name, *given, **more)

    monkeypatch.setattr(db.refresh, "run", broken)
    with office.desk.lists.file.writing() as con:
        for name in ("a bad one", "busy"):
            con.execute(
                """INSERT INTO watch_list (name, threshold, gate_version, made_by, made_at)
                VALUES (?, 'same', '', '', '2026-01-01T00:00:00')""",
                [name],
            )
    done = office.refresh()
    assert [(found.name, found.error) for found in done.lists] == [
        ("a bad one", "unexpected LookupError. Please report it."),
        ("busy", "nothing has been synced yet."),
        ("tier 1", None),
    ]
    assert done.anything_new


def test_lists_are_run_although_another_sync_is_under_way(office: Office) -> None:
    office.desk.add("V-1,Acme Widgets Ltd,XX,")
    office.later = timedelta(days=7)
    with office.agency.store.writing():
        done = office.refresh()
    assert outcomes(done) == {"xx_fair_work": "not synced"}
    assert done.stopped is not None
    assert "another sync is running" in done.stopped
    assert done.anything_new


def test_an_unforeseen_fault_of_a_sync_leaves_the_lists_to_be_run(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.desk.add("V-1,Acme Widgets Ltd,XX,")
    office.later = timedelta(days=7)

    def full(*_: object) -> Iterator[Line]:
        raise OSError(28, "No space left")

    monkeypatch.setattr(db.refresh, "sync", full)
    done = office.refresh()
    assert done.stopped == "unexpected OSError. Run `trackrecord verify`."
    assert done.anything_new


def test_a_kill_at_any_moment_leaves_everything_whole(office: Office) -> None:
    """Killed anywhere, what stands is whole and can be refreshed, and what is new after that is told once."""
    office.desk.add("V-1,Acme Widgets Ltd,XX,")
    office.desk.run()
    (office.agency.folder / "reports").mkdir()
    chance, span = random.Random(5), 0.0  # noqa: S311 -- moments, not secrets
    folders = [str(office.agency.home), str(office.agency.source.folder), str(office.agency.folder / "mirror")]
    for turn in range(3):
        amount = 900 + turn
        office.agency.publish(ROWS[0].replace("1000", str(amount)), *ROWS[1:])
        child = subprocess.Popen([sys.executable, "-c", CHILD, *folders], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        started = time.monotonic()
        if turn:
            time.sleep(chance.uniform(0, span))
            os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        span = span or time.monotonic() - started
        with office.agency.store.reading() as con:
            ((held,),) = con.execute("SELECT amounts[1].value FROM record WHERE native_id = '1'").fetchall()
        assert held in range(900, amount + 1)
        assert office.desk.lists.find("tier 1").ran_at is not None
    office.agency.sync(ROWS[0].replace("1000", "800"), *ROWS[1:])
    office.desk.now = datetime.now(UTC)
    assert office.desk.news() == [("changed record", "xx_fair_work:1")]
    assert str(office.desk.said[0].detail).endswith("→ final 800.00 EUR")
    assert office.desk.news() == []
