"""kill -9 during a refresh and during a rebuild: what was published is whole, and the next run does it all."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.db.conftest import ROWS, Agency
from tests.db.doctored import copied, looked_at, overwrite_pages, repaired, synced, what_is_known, whats

ROOT = Path(__file__).parents[2]
CHILD = """
import sys
from types import MappingProxyType
import ingest.catalog
from pathlib import Path
source = ingest.catalog.load_source(Path(sys.argv[1]))
known = MappingProxyType({source.id: source})
ingest.catalog.catalogue = lambda: known
from cli import main
import db.refresh, db.replay.rebuild
print("ready", flush=True)
sys.exit(main.main(sys.argv[2:]))
"""
MORE = (*ROWS, *(f"{n},Company {n} Ltd,F,2024-01-31,{n}," for n in range(100, 1500)))
MOMENTS = (0.3, 0.75)
"""Shares of the time that an undisturbed run takes."""


def start(agency: Agency, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CHILD, str(agency.source.folder), "--home", str(agency.home), *words]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def undisturbed(agency: Agency, *words: str) -> float:
    """Seconds that the whole run takes once its modules are loaded."""
    child = start(agency, *words)
    began = time.monotonic()
    child.communicate()
    return time.monotonic() - began


def killed_after(seconds: float, agency: Agency, *words: str) -> bool:
    """Whether the kill came before the end."""
    child = start(agency, *words)
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    return child.returncode == -signal.SIGKILL


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    return synced(tmp_path_factory.mktemp("made"))


def test_a_refresh_that_is_killed(made: Agency, tmp_path: Path) -> None:
    """Its source is never synced before, so that the first publication of all is among what is disturbed."""
    fresh = Agency(tmp_path / "fresh")
    fresh.folder.mkdir()
    mirror = str(fresh.publish(*MORE))
    words = ("refresh", "--all", "--mirror", mirror)
    whole = undisturbed(fresh, *words)
    after = what_is_known(fresh.store)[0]
    assert len(after) == len(MORE) - 2
    early = 0
    for turn, moment in enumerate(MOMENTS):
        agency = Agency(tmp_path / f"killed-{turn}")
        agency.folder.mkdir()
        killed_after(moment * whole, agency, *words)
        found = looked_at(agency.store)
        assert not found.unusable
        early += found.generation is None
        _, healthy = repaired(agency.store)
        assert set(whats(healthy)) <= {"nothing has been synced yet", "there is no home here"}
        agency.sync(*MORE)
        assert [row[0] for row in what_is_known(agency.store)[0]] == [row[0] for row in after]
        assert whats(looked_at(agency.store)) == []
    assert early, "no kill came before publication: the test proves nothing"


def test_a_rebuild_that_is_killed(made: Agency, tmp_path: Path) -> None:
    """Twice in a row if need be: from a database that opens, and from one that is damaged."""
    known, early = what_is_known(made.store), 0
    agency = copied(made, tmp_path / "undisturbed")
    whole = undisturbed(agency, "rebuild")
    assert what_is_known(agency.store) == known
    for turn, moment in enumerate(MOMENTS):
        agency = copied(made, tmp_path / f"killed-{turn}")
        damaged = turn % 2 == 0
        if damaged:
            overwrite_pages(agency.store.current)
        early += killed_after(moment * whole, agency, "rebuild")
        if not damaged:
            assert what_is_known(agency.store) == known
        _, healthy = repaired(agency.store)
        assert whats(healthy) == []
        assert what_is_known(agency.store) == known
    assert early, "no kill came before the end: the test proves nothing"
