"""`--repair` brings the same records, versions and ids back, deletes nothing but leftovers, and says what it did."""

import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from db.index.place import folder_of
from db.purge import Asked, purge
from db.store import Store
from ingest.errors import StoreError
from tests.db.conftest import ROWS, Agency
from tests.db.doctored import copied, overwrite_pages, repaired, synced, what_is_known, whats


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    return synced(tmp_path_factory.mktemp("made"))


@pytest.fixture
def agency(made: Agency, tmp_path: Path) -> Agency:
    return copied(made, tmp_path / "agency")


@pytest.fixture(scope="module")
def known(made: Agency) -> object:
    return what_is_known(made.store)


def evidence_of(home: Path) -> dict[str, bytes]:
    folder = home / "evidence"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_healthy_home_needs_nothing(agency: Agency) -> None:
    deeds, found = repaired(agency.store)
    assert (deeds, whats(found)) == ([], [])


def _lose(store: Store) -> None:
    shutil.rmtree(store.home / "generations")
    (store.home / "CURRENT").unlink()


DAMAGES: dict[str, Callable[[Store], object]] = {
    "pages": lambda store: overwrite_pages(store.current),
    "all gone": _lose,
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_database_comes_back_the_same(agency: Agency, known: object, name: str) -> None:
    evidence = evidence_of(agency.home)
    DAMAGES[name](agency.store)
    deeds, found = repaired(agency.store)
    assert whats(found) == [], deeds
    assert what_is_known(agency.store) == known
    assert evidence_of(agency.home) == evidence
    assert "the database was rebuilt from the evidence store: 3 runs, 4 records" in deeds
    aside = [path.name.partition("-")[2] for path in (agency.home / "damaged").glob("*")]
    assert aside == ([] if name == "all gone" else ["gen-000003.duckdb"])
    # the number of a file set aside is not used again
    assert agency.store.current.name == ("gen-000001.duckdb" if name == "all gone" else "gen-000004.duckdb")
    assert len(found.notes) == len(aside)
    if name == "pages":
        assert agency.sync(*ROWS, "7,Eta Kilns Ltd,F,2024-07-01,1,").outcome == "loaded"


def test_what_was_set_aside_goes_with_a_purge(agency: Agency) -> None:
    (agency.home / "damaged").mkdir()
    shutil.copy2(agency.store.current, agency.home / "damaged" / "x-gen-000001.duckdb")
    purge(agency.store, Asked(("xx_fair_work:1",), None, False, ()), reason="error", by="A", sources={}, shown=None)
    assert not (agency.home / "damaged").exists()


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"gen-000001.duckdb"])
def test_the_pointer_is_set_again(agency: Agency, known: object, content: bytes | None) -> None:
    pointer = agency.home / "CURRENT"
    pointer.unlink() if content is None else pointer.write_bytes(content)
    deeds, found = repaired(agency.store)
    assert whats(found) == []
    assert deeds == ["CURRENT names gen-000003.duckdb, which is whole"]
    assert what_is_known(agency.store) == known


def test_an_older_generation_is_taken_where_nothing_else_is_left(agency: Agency, known: object) -> None:
    older = agency.home / "generations" / "gen-000002.duckdb"
    shutil.copy2(agency.store.current, older)
    overwrite_pages(agency.store.current)
    shutil.rmtree(agency.home / "evidence" / "runs")
    deeds, found = repaired(agency.store)
    assert deeds[0] == "CURRENT names gen-000002.duckdb, which is whole"
    assert deeds[1].startswith("gen-000003.duckdb was moved to damaged/")
    assert "the name index was built again: 4 names" in deeds
    assert what_is_known(agency.store) == known
    # journals cannot be brought back by anybody
    assert set(whats(found)) == {"an evidence file is missing"}


def test_leftovers_go_and_nothing_else(agency: Agency, known: object) -> None:
    evidence = evidence_of(agency.home)
    (agency.home / "work" / "4711").mkdir(parents=True)
    (agency.home / "work" / "4711" / "payload").write_bytes(b"x")
    shutil.copy2(agency.store.current, agency.home / "generations" / "gen-000001.duckdb")
    (agency.home / "evidence" / "rows" / "stray.parquet").write_bytes(b"x")
    deeds, found = repaired(agency.store)
    assert (deeds, whats(found)) == (["what a killed sync left behind was erased"], [])
    assert evidence_of(agency.home) == evidence
    assert what_is_known(agency.store) == known


def test_the_name_index_is_built_again(agency: Agency) -> None:
    start = folder_of(agency.store.current) / "links" / "start.npy"
    whole = start.read_bytes()
    start.write_bytes(b"")
    deeds, found = repaired(agency.store)
    assert (deeds, whats(found)) == (["the name index was built again: 4 names"], [])
    assert start.read_bytes() == whole


def test_the_home_is_closed_to_others(agency: Agency) -> None:
    agency.home.chmod(0o755)
    (agency.home / "purge.key").write_bytes(b"k")
    deeds, found = repaired(agency.store)
    assert "home is closed to others on this machine" in deeds
    assert "purge.key is closed to others on this machine" in deeds
    assert stat.S_IMODE(agency.home.stat().st_mode) == 0o700
    assert stat.S_IMODE((agency.home / "purge.key").stat().st_mode) == 0o600
    # a key without its database is for its owner to see to
    assert whats(found) == ["analyst.sqlite is missing or empty"]
    assert (agency.home / "purge.key").read_bytes() == b"k"


def test_a_running_sync_is_left_in_peace(agency: Agency) -> None:
    agency.store.current.write_bytes(b"")
    with agency.store.writing(repairing=True):
        deeds, found = repaired(agency.store)
    assert len(deeds) == 1
    assert deeds[0].startswith("not done: another sync is running")
    assert found.unusable


def test_what_the_disk_refuses_is_told(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted", "/home")

    agency.home.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", refuse)
    deeds, found = repaired(agency.store)
    assert deeds == ["not done: Operation not permitted (/home)"]
    assert len(found.troubles) == 1


def test_evidence_damaged_together_with_the_database(agency: Agency) -> None:
    """What the other files hold comes back, and what does not is named."""
    agency.store.current.write_bytes(b"")
    rows = min((agency.home / "evidence" / "rows").glob("*/*.parquet"))
    damaged = rows.read_bytes()[:-100]
    rows.write_bytes(damaged)
    deeds, found = repaired(agency.store)
    assert any("could not be restored" in deed for deed in deeds)
    assert any(rows.name in deed for deed in deeds)
    assert not found.unusable
    assert rows.read_bytes() == damaged
    with agency.store.reading() as con:
        assert con.execute("SELECT count(*) FROM record").fetchall()[0][0] > 0


def test_a_rebuild_that_fails_says_so(agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreError("the engine failed", where="here")

    monkeypatch.setattr("db.doctor.repair.rebuild", fail)
    agency.store.current.write_bytes(b"")
    deeds, found = repaired(agency.store)
    assert deeds == ["not done: the engine failed (here)."]
    assert found.unusable
    # the file is where it can be found
    assert len(list((agency.home / "damaged").glob("*gen-000003.duckdb"))) == 1
