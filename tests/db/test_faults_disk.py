"""A disk that fills up while something is written: one clear line, nothing published is lost, and it goes on after."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType

import pytest

import ingest.catalog
from cli.main import main
from db.store import Store
from db.sync import Options, sync
from ingest.catalog import load_source
from ingest.errors import StoreError
from tests.db.conftest import ROWS, Agency
from tests.db.doctored import copied, looked_at, synced, what_is_known, whats
from tests.stamp.authority import Authority, authority

ROOT = Path(__file__).parents[2]
SIZE = 80_000_000
MORE = (*ROWS, *(f"{n},Company {n} Ltd,F,2024-01-31,{n}," for n in range(100, 108)))


class Disk:
    """A small disk of its own, most of which something else may take."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def leave(self, room: int) -> None:
        """Leaves so many bytes free."""
        self.free()
        found = os.statvfs(self.folder)
        with self._ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(found.f_bavail * found.f_frsize - room, 1))

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A tmpfs of 80 MB; where none may be mounted, the tests with a limited file size stand for it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("this machine has no mount command")
    if done.returncode:
        pytest.skip("mounting a tmpfs needs rights this machine does not give")
    yield Disk(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    return synced(tmp_path_factory.mktemp("made"))


@pytest.fixture
def agency(made: Agency, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Agency:
    """The agency, whose home lies on the small disk, as the only source there is."""
    copy = copied(made, tmp_path / "agency")
    (copy.folder / "home").rename(tmp_path / "moved")
    subprocess.run(["cp", "-a", str(tmp_path / "moved"), str(disk.folder / "home")], check=True)
    copy.home = disk.folder / "home"
    # a source that this home has never synced
    shutil.copytree(copy.source.folder, tmp_path / "xx_other_work")
    known = MappingProxyType({one.id: one for one in (copy.source, load_source(tmp_path / "xx_other_work"))})
    monkeypatch.setattr(ingest.catalog, "catalogue", lambda: known)
    monkeypatch.setattr(ingest.catalog, "find_source", known.__getitem__)
    return copy


def records(store: Store) -> list[list[tuple[object, ...]]]:
    """Records and their versions; a run that failed may have been booked."""
    return what_is_known(store)[:2]


def test_a_disk_that_fills_up_during_a_sync(agency: Agency, disk: Disk) -> None:
    """At every stage: while fetching, storing rows, building, indexing, publishing."""
    before, failures = records(agency.store), 0
    mirror = agency.publish(*MORE)
    for room in (0, 200_000, 1_200_000, 2_400_000, 5_000_000, 9_000_000):
        disk.leave(room)
        try:
            (report,) = sync(agency.store, [agency.source], Options(mirror=mirror, accept_change="x"), lambda *_: None)
        except StoreError as error:
            said = error.sentence()
        else:
            if report.outcome == "loaded":
                break
            said = report.error or ""
        disk.free()
        failures += 1
        assert "the disk is full" in said or "No space left on device" in said
        assert said.count("\n") == 0
        assert records(agency.store) == before
        assert whats(looked_at(agency.store)) == []
    else:
        pytest.fail("the room was never enough")
    assert failures >= 3
    disk.free()
    assert records(agency.store) != before
    assert whats(looked_at(agency.store)) == []


def test_a_first_sync_on_a_full_disk_leaves_nothing_half_done(agency: Agency, disk: Disk) -> None:
    store, mirror = Store(disk.folder / "first"), agency.publish(*ROWS)
    disk.leave(300_000)
    with pytest.raises(StoreError, match="the disk is full"):
        list(sync(store, [agency.source], Options(mirror=mirror), lambda *_: None))
    disk.free()
    (report,) = sync(store, [agency.source], Options(mirror=mirror), lambda *_: None)
    assert report.outcome == "loaded"


@pytest.fixture(name="authority")
def _authority() -> Iterator[Authority]:
    with authority() as made:
        yield made


WRITING: dict[str, tuple[Callable[[Agency, Disk, Authority], list[str]], int]] = {
    "refresh": (lambda a, _, __: ["refresh", "--all", "--mirror", str(a.folder / "mirror")], 4),
    "export csv": (lambda _, d, __: ["export", "-o", str(d.folder / "out.csv")], 2),
    "export xlsx": (lambda _, d, __: ["export", "-o", str(d.folder / "out.xlsx")], 2),
    "export parquet": (lambda _, d, __: ["export", "-o", str(d.folder / "out.parquet")], 2),
    "evidence": (lambda _, d, __: ["evidence", "xx_fair_work:1", "-o", str(d.folder / "pack.zip")], 2),
    "stamp": (lambda _, __, t: ["stamp", "--timestamp", t.url, "--private-host", t.place], 4),
    "judge": (lambda _, __, ___: ["dispute", "xx_fair_work:1", "--why", "wrong company", "--by", "A"], 4),
    "rebuild": (lambda _, __, ___: ["rebuild"], 4),
}


@pytest.mark.parametrize("name", WRITING)
def test_every_command_that_writes(
    name: str, agency: Agency, disk: Disk, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    words, code = WRITING[name]
    before = records(agency.store)
    agency.publish(*MORE)
    disk.leave(0)
    command = ["--home", str(agency.home), *words(agency, disk, authority)]
    ran, said = main(command), capsys.readouterr()
    assert ran == code
    assert "disk is full" in said.err or "No space left on device" in said.err
    assert said.err.count("\n") == 1
    disk.free()
    assert records(agency.store) == before
    assert [path.name for path in disk.folder.iterdir()] == ["home"]
    assert main(command) == 0
