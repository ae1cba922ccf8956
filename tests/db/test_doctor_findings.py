"""The doctor says what is wrong, what is lost, and what to do; looking changes nothing."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from db.analyst import Analyst
from db.doctor import folder as doctor_folder
from db.doctor.examine import examine
from db.doctor.whole import damage
from db.index.place import folder_of
from db.store import Store
from db.times import utc_now
from tests.db.conftest import Agency
from tests.db.doctored import copied, looked_at, overwrite_pages, synced, whats


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    return synced(tmp_path_factory.mktemp("made"))


@pytest.fixture
def agency(made: Agency, tmp_path: Path) -> Agency:
    return copied(made, tmp_path / "agency")


def changed(agency: Agency, *statements: str) -> None:
    """Changes the published generation as nobody but a test does; the name index fits it still."""
    path = agency.store.current
    times = path.stat()
    with duckdb.connect(str(path)) as con:
        for statement in statements:
            con.execute(statement)
    path.chmod(0o600)
    about = folder_of(path) / "about.json"
    size = path.stat().st_size
    about.write_text(about.read_text().replace(str(times.st_size), str(size), 1))
    os.utime(path, ns=(times.st_mtime_ns, times.st_mtime_ns))


def state_of(home: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in home.rglob("*")
        if path.is_file() and path.name != "lock"
    }


def test_a_healthy_home_is_healthy_and_left_alone(agency: Agency) -> None:
    before = state_of(agency.home)
    found = looked_at(agency.store)
    assert (whats(found), found.notes, found.generation) == ([], [], "gen-000003.duckdb")
    assert state_of(agency.home) == before


def test_no_home_and_an_empty_one(tmp_path: Path) -> None:
    (trouble,) = looked_at(Store(tmp_path / "none")).troubles
    assert trouble.what == "there is no home here"
    assert "trackrecord sync" in trouble.step
    assert not (tmp_path / "none").exists()
    (tmp_path / "empty").mkdir(mode=0o700)
    found = looked_at(Store(tmp_path / "empty"))
    assert whats(found) == ["nothing has been synced yet"]
    assert not found.unusable


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _header(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4100:4110] = b"0123456789"
    path.write_bytes(content)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "is missing"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "text": (lambda path: path.write_bytes(b"not a database at all" * 1000), "is no database file"),
    "cut": (_cut, "damaged"),
    "header": (_header, "is cut off or damaged"),
    "pages": (overwrite_pages, "damaged"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_generation_is_noticed(agency: Agency, name: str) -> None:
    do, said = DAMAGES[name]
    do(agency.store.current)
    found = looked_at(agency.store)
    assert found.unusable
    (trouble,) = found.troubles
    assert said in trouble.what
    assert (trouble.lost, trouble.repair) == ("nothing that the evidence store cannot give back", "rebuild")


def test_every_page_in_use_is_read(agency: Agency, tmp_path: Path) -> None:
    """One damaged block at a time: noticed, unless no table has it."""
    content = agency.store.current.read_bytes()
    noticed = []
    for start in range(12_288, len(content), 262_144):
        path = tmp_path / "gen-000001.duckdb"
        path.write_bytes(content[: start + 100] + b"\0\1\2\3" * 20 + content[start + 180 :])
        noticed.append(damage(path, lambda *_: None) is not None)
        path.unlink()
    with agency.store.reading() as con:
        ((used,),) = con.execute("SELECT used_blocks FROM pragma_database_size()").fetchall()
    assert noticed.count(True) >= used - 1


def test_a_database_of_others_is_no_generation(tmp_path: Path) -> None:
    path = tmp_path / "gen-000001.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE record (a INTEGER)")
    found = damage(path, lambda *_: None)
    assert found is not None
    assert found.what == "has no table record_history"


def test_a_file_nobody_may_read(tmp_path: Path) -> None:
    (tmp_path / "gen-000001.duckdb").mkdir()
    found = damage(tmp_path / "gen-000001.duckdb", lambda *_: None)
    assert found is not None
    assert found.what.startswith("cannot be read: ")


def test_a_file_of_a_later_engine_is_not_called_damaged(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise duckdb.IOException("Trying to read a database file with version number 99, but we can only read 67")

    monkeypatch.setattr("db.doctor.whole.duckdb.connect", lambda **_: nullcontext(SimpleNamespace(execute=refuse)))
    found = looked_at(agency.store)
    (trouble,) = found.troubles
    assert "later version of DuckDB" in trouble.what
    assert (trouble.repair, trouble.lost) == (None, "nothing")
    assert "Update trackrecord" in trouble.step


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "CURRENT is missing"), (b"\xff\xfe", "CURRENT cannot be read"), (b"gen-1", "does not name a generation")],
)
def test_a_pointer_that_points_nowhere(agency: Agency, content: bytes | None, said: str) -> None:
    pointer = agency.home / "CURRENT"
    pointer.unlink() if content is None else pointer.write_bytes(content)
    (trouble,) = looked_at(agency.store).troubles
    assert said in trouble.what
    assert (trouble.repair, trouble.lost, trouble.unusable) == ("pointer", "nothing", True)


def test_a_database_that_is_gone_beside_its_evidence(agency: Agency) -> None:
    shutil.rmtree(agency.home / "generations")
    (agency.home / "CURRENT").unlink()
    (trouble,) = looked_at(agency.store).troubles
    assert trouble.what == "the database is gone"
    assert (trouble.repair, trouble.unusable) == ("rebuild", True)


def test_an_older_generation_is_the_last_resort(agency: Agency) -> None:
    older = agency.home / "generations" / "gen-000002.duckdb"
    shutil.copy2(agency.store.current, older)
    agency.store.current.write_bytes(b"")
    assert looked_at(agency.store).troubles[0].repair == "rebuild"
    shutil.rmtree(agency.home / "evidence" / "runs")
    (trouble,) = looked_at(agency.store).troubles
    assert trouble.repair == "pointer"
    assert trouble.lost == "what was synced after gen-000002.duckdb, which is whole"
    older.unlink()
    (trouble,) = looked_at(agency.store).troubles
    assert (trouble.repair, trouble.unusable) == (None, True)
    assert "backup" in trouble.step


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (shutil.rmtree, "the name index is missing"),
        (lambda folder: (folder / "links" / "start.npy").write_bytes(b""), "the name index is damaged"),
        (
            lambda folder: (folder / "about.json").write_text(
                (folder / "about.json").read_text().replace('"format": ', '"format": 9')
            ),
            "the name index is not that of this generation",
        ),
    ],
)
def test_the_name_index(agency: Agency, do: Callable[[Path], object], said: str) -> None:
    do(folder_of(agency.store.current))
    found = looked_at(agency.store)
    assert whats(found) == [said]
    assert found.troubles[0].repair == "index"
    assert not found.unusable


@pytest.mark.parametrize(
    ("which", "lost"),
    [("rows/*/*.parquet", "the proof for up to"), ("adapters/*.zip", "derived"), ("runs/*/*.json", "rebuild")],
)
def test_evidence_that_is_missing_or_altered(agency: Agency, which: str, lost: str) -> None:
    paths = sorted((agency.home / "evidence").glob(which))
    content = paths[0].read_bytes()
    paths[0].write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    (trouble,) = looked_at(agency.store).troubles
    assert "SHA-256 differs" in trouble.what
    assert trouble.where == str(paths[0])
    assert lost in trouble.lost
    assert trouble.repair is None
    paths[0].unlink()
    assert whats(looked_at(agency.store)) == ["an evidence file is missing"]
    paths[0].symlink_to(paths[0])
    (found,) = whats(looked_at(agency.store))
    assert found.startswith("an evidence file cannot be read: ")


def test_runs_of_before_journals_are_noted(agency: Agency) -> None:
    changed(agency, "DELETE FROM evidence WHERE kind = 'journal' AND run_id = (SELECT min(run_id) FROM run)")
    found = looked_at(agency.store)
    assert any("1 run has no journal" in note for note in found.notes)


def test_what_a_kill_left(agency: Agency) -> None:
    (agency.home / "work" / "4711").mkdir(parents=True)
    shutil.copy2(agency.store.current, agency.home / "generations" / "gen-000001.duckdb")
    (agency.home / "evidence" / "rows" / "stray.parquet").write_bytes(b"x")
    found = looked_at(agency.store)
    assert [trouble.repair for trouble in found.troubles] == ["leftovers"] * 3
    said = " ".join(whats(found))
    for part in ("a sync was killed here", "gen-000001.duckdb", "1 evidence file that no record rests on"):
        assert part in said


def test_a_running_sync_is_not_called_a_leftover(agency: Agency) -> None:
    with agency.store.writing():
        (agency.home / "evidence" / "new.parquet").write_bytes(b"half")
        found = looked_at(agency.store)
    assert whats(found) == []
    assert found.notes == ["a sync is running: what it left behind and what it is making were not judged"]


def test_a_lock_that_cannot_be_taken_is_no_sync(agency: Agency) -> None:
    (agency.home / "lock").unlink(missing_ok=True)
    (agency.home / "lock").mkdir()
    assert looked_at(agency.store).notes == []


def test_the_analysts_database(agency: Agency) -> None:
    Analyst(agency.home).allow("Jane Roe", "xx_fair_work", evidence="https://register.example/1", why="x", by="A")
    assert whats(looked_at(agency.store)) == []
    path = agency.home / "analyst.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    (trouble,) = looked_at(agency.store).troubles
    assert trouble.what == "analyst.sqlite is damaged"
    assert "purged could come back" in trouble.lost
    path.unlink()
    (agency.home / "purge.key").write_bytes(b"k" * 32)
    (agency.home / "purge.key").chmod(0o600)
    assert "missing or empty" in looked_at(agency.store).troubles[0].what
    path.write_bytes(whole)
    path.chmod(0o600)
    assert whats(looked_at(agency.store)) == []


def test_an_analyst_at_work_is_noted(agency: Agency) -> None:
    Analyst(agency.home).allow("Jane Roe", "xx_fair_work", evidence="https://register.example/1", why="x", by="A")
    con = sqlite3.connect(agency.home / "analyst.sqlite", isolation_level=None)
    con.execute("BEGIN EXCLUSIVE")
    found = looked_at(agency.store)
    con.close()
    assert "analyst.sqlite is being written and was not judged" in found.notes


def test_what_others_on_the_machine_can_open(agency: Agency) -> None:
    agency.home.chmod(0o755)
    (trouble,) = looked_at(agency.store).troubles
    assert (trouble.what, trouble.repair) == ("others on this machine can open: home", "permissions")
    assert stat.S_IMODE(agency.home.stat().st_mode) == 0o755


def test_a_home_that_cannot_be_written(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert whats(looked_at(agency.store)) == ["the home cannot be written"]


def test_too_little_room_for_the_next_generation(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_folder, "disk_usage", lambda _: SimpleNamespace(free=3_000_000))
    (trouble,) = looked_at(agency.store).troubles
    assert trouble.what.startswith("3 MB are free; the next sync needs about ")


def test_a_clock_that_is_behind(agency: Agency) -> None:
    found = examine(agency.store, lambda *_: None, datetime(2001, 1, 1))  # noqa: DTZ001 -- as stored
    assert "this machine's clock says 2001-01-01" in found.troubles[0].what
    ahead = examine(agency.store, lambda *_: None, utc_now().replace(year=2200))
    assert whats(ahead) == []


def test_samples_among_real_records(agency: Agency) -> None:
    (agency.home / "SAMPLE").write_text("")
    assert "3 of its runs loaded other files" in looked_at(agency.store).troubles[0].what
    (agency.home / "SAMPLE").unlink()
    changed(agency, "UPDATE run SET accepted_change = 'a sample is smaller than the agency''s file'")
    assert "loaded bundled samples of invented companies" in looked_at(agency.store).troubles[0].what
    (agency.home / "SAMPLE").write_text("")
    assert whats(looked_at(agency.store)) == []


def test_a_schema_of_another_version(agency: Agency) -> None:
    changed(agency, "DELETE FROM migration WHERE name LIKE '0003%'")
    assert "the next sync brings the tables up to this version of trackrecord" in looked_at(agency.store).notes
    changed(agency, "INSERT INTO migration VALUES ('9999_later.sql', '', now()::TIMESTAMP)")
    assert whats(looked_at(agency.store)) == [
        "the database was written by a later version of trackrecord (9999_later.sql)"
    ]
    changed(agency, "DROP TABLE migration")
    assert whats(looked_at(agency.store)) == []


def test_a_stamp_without_its_description(agency: Agency) -> None:
    (agency.home / "stamps").mkdir()
    (agency.home / "stamps" / "3-0123456789abcdef.tsr").write_bytes(b"x")
    assert whats(looked_at(agency.store)) == ["a time stamp has no readable description"]


def test_a_folder_that_is_not_marked(agency: Agency) -> None:
    (agency.home / "trackrecord.home").unlink()
    assert whats(looked_at(agency.store)) == ["the folder is not marked as a home of trackrecord"]
