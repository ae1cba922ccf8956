"""A rebuild from an evidence store that is not whole: what is missing is named and counted, nothing else is lost."""

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from db.journal import Journal, journals_in, latest, read_journal, write_journal
from db.replay.rebuild import rebuild
from db.store import Store
from db.verify import verify
from ingest.errors import StoreBusy, StoreDamaged, StoreError, StoreMissing, UsageError
from tests.db.conftest import ROWS, Agency
from tests.db.rebuilt import differing, rebuilt_beside

SECOND = (ROWS[0].replace("1000", "900"), *ROWS[1:], "9,Zeta Haulage Ltd,F,2024-06-01,5,")
THIRD = (*SECOND[:-1], "8,Eta Freight Ltd,F,2024-06-02,5,")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    """Three runs that loaded and one that failed, in a home that is only ever copied."""
    agency = Agency(tmp_path_factory.mktemp("whole"))
    for rows in (ROWS, SECOND, THIRD):
        assert agency.sync(*rows).outcome == "loaded"
    assert agency.sync("1,Short Ltd,F,2024-01-31,1000,x").outcome == "failed"
    return agency


@pytest.fixture
def home(whole: Agency, tmp_path: Path) -> Store:
    shutil.copytree(whole.home, tmp_path / "home")
    return Store(tmp_path / "home")


def runs(store: Store) -> list[Journal]:
    return latest([read_journal(store.evidence, file) for file in journals_in(store.evidence)])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def keys(store: Store, table: str = "record") -> list[tuple[Any, ...]]:
    with store.reading() as con:
        return con.execute(f"SELECT native_id, version FROM {table} ORDER BY ALL").fetchall()


ALL = [("1", 2), ("2", 1), ("3", 1), ("8", 1), ("9", 1)]


def test_journals_say_what_the_tables_say(home: Store) -> None:
    outcomes = [journal.run["outcome"] for journal in runs(home)]
    assert outcomes == ["loaded", "loaded", "loaded", "failed"]
    assert [journal.plain for journal in runs(home)] == [True, False, False, False]
    assert verify(home, lambda *_: None).findings == []


@pytest.mark.parametrize("gone", ["CURRENT", "generations", "damaged"])
def test_a_home_whose_database_is_gone_or_damaged_is_made_again(whole: Agency, home: Store, gone: str) -> None:
    if gone == "CURRENT":
        (home.home / "CURRENT").unlink()
    if gone == "generations":
        shutil.rmtree(home.home / "generations")
    if gone == "damaged":
        content = bytearray(home.current.read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        home.current.write_bytes(content)
    rebuilt = rebuild(home)
    assert (rebuilt.whole, rebuilt.published) == (True, True)
    assert differing(whole.store.current, home.current) == {}
    assert verify(home, lambda *_: None).findings == []


def test_a_lost_database_is_not_taken_for_a_first_sync(home: Store) -> None:
    (home.home / "CURRENT").unlink()
    shutil.rmtree(home.home / "generations")
    with pytest.raises(StoreDamaged, match="trackrecord rebuild"), home.writing():
        pass
    assert list(journals_in(home.evidence))


def test_a_damaged_file_of_rows_costs_the_records_of_that_run_alone(home: Store) -> None:
    damaged = runs(home)[1].of_kind("rows")[0].file
    flip(home.evidence / damaged)
    rebuilt = rebuild(home)
    assert (rebuilt.whole, rebuilt.published) == (False, False), "the database that is there is better"
    assert keys(home) == ALL
    (home.home / "CURRENT").unlink()
    rebuilt = rebuild(home)
    assert (rebuilt.whole, rebuilt.published) == (False, True)
    assert [(one.file, one.cause, one.lost) for one in rebuilt.missing] == [
        (damaged, "differs from what was stored", 2)
    ]
    assert rebuilt.sources[0].lost == 2
    assert keys(home) == [("2", 1), ("3", 1), ("8", 1)]
    assert keys(home, "record_history") == [("1", 1)]
    assert {found.file for found in verify(home, lambda *_: None).findings} == {damaged}


def test_a_missing_file_of_rows_of_the_first_run(home: Store) -> None:
    damaged = runs(home)[0].of_kind("rows")[0].file
    (home.evidence / damaged).unlink()
    (home.home / "CURRENT").unlink()
    rebuilt = rebuild(home)
    assert [(one.file, one.cause, one.lost) for one in rebuilt.missing] == [(damaged, "missing", 3)]
    assert keys(home) == [("1", 2), ("8", 1), ("9", 1)]
    with home.reading() as con:
        ((first, changed),) = con.execute("SELECT first_seen, changed_at FROM record WHERE native_id = '1'").fetchall()
    assert first < changed, "what the journal says of the lost version is kept"


def test_a_damaged_file_of_lines_costs_what_only_it_said(home: Store) -> None:
    damaged = runs(home)[2].lines
    assert damaged is not None
    flip(home.evidence / damaged)
    (home.home / "CURRENT").unlink()
    rebuilt = rebuild(home)
    assert [(one.file, one.lost) for one in rebuilt.missing] == [(damaged, 1)]
    assert keys(home) == [row for row in ALL if row[0] != "8"]


@pytest.mark.parametrize("opens", [True, False])
def test_a_journal_that_cannot_be_read_costs_its_run(home: Store, tmp_path: Path, *, opens: bool) -> None:
    journal = runs(home)[1]
    flip(home.evidence / journal.file)
    if not opens:
        (home.home / "CURRENT").unlink()
    rebuilt, new = rebuilt_beside(home, tmp_path)
    assert not rebuilt.whole
    assert [(one.file, one.source_id) for one in rebuilt.missing] == [(journal.file, "xx_fair_work")]
    assert rebuilt.missing[0].lost == (2 if opens else 0)
    assert (rebuilt.runs, rebuilt.without_journal) == (3, 0)
    assert any("chain" in note for note in rebuilt.notes)
    assert keys(new) == [("1", 1), ("2", 1), ("3", 1), ("8", 1)]
    with new.reading() as con:
        booked = {row[0] for row in con.execute("SELECT file FROM evidence").fetchall()}
    kept = {str(path.relative_to(home.evidence)) for path in home.evidence.rglob("*") if path.is_file()}
    assert booked == kept, "what a later rebuild may still read is not thrown away"


def test_an_adapter_that_is_missing_is_the_installed_one_or_costs_its_runs(home: Store) -> None:
    (adapter,) = (home.evidence / "adapters").iterdir()
    flip(adapter)
    (home.home / "CURRENT").unlink()
    rebuilt = rebuild(home)
    assert {one.file for one in rebuilt.missing} == {f"adapters/{adapter.name}"}
    assert sum(one.lost for one in rebuilt.missing) == 6
    assert keys(home) == []


def test_runs_of_before_journals_are_named_and_do_not_crash(home: Store, tmp_path: Path) -> None:
    first = runs(home)[0]
    (home.evidence / first.file).unlink()
    con = duckdb.connect(str(home.current))
    con.execute("DELETE FROM evidence WHERE kind = 'journal' AND run_id = ?", [first.run_id])
    con.close()
    rebuilt, _ = rebuilt_beside(home, tmp_path)
    assert (rebuilt.without_journal, rebuilt.missing, rebuilt.whole) == (1, [], False)
    assert rebuilt.journals_since == runs(home)[0].run["started_at"]
    assert any("before journals were kept" in note for note in verify(home, lambda *_: None).notes)
    kept = rebuild(home)
    assert (kept.published, keys(home)) == (False, ALL)
    (home.home / "CURRENT").unlink()
    made = rebuild(home)
    assert (made.published, made.without_journal) == (True, 1)
    assert keys(home) == [("1", 2), ("8", 1), ("9", 1)]


def test_a_home_without_any_journal_says_so(home: Store) -> None:
    shutil.rmtree(home.evidence / "runs")
    con = duckdb.connect(str(home.current))
    con.execute("DELETE FROM evidence WHERE kind = 'journal'")
    con.close()
    with pytest.raises(StoreMissing, match="no journal"):
        rebuild(home)
    assert keys(home) == ALL


def test_an_engine_that_fails_leaves_what_was_published(home: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise duckdb.IOException("disk full")

    monkeypatch.setattr("db.replay.rebuild.write_books", fails)
    with pytest.raises(StoreError, match="IOException"):
        rebuild(home)
    assert keys(home) == ALL


def test_the_new_home_is_new(home: Store, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear", encoding="utf-8")
    for folder in (home.home, home.home / "inside", tmp_path / "other", tmp_path / "other" / "letter.txt"):
        with pytest.raises(UsageError):
            rebuild(home, into=Store(folder))


def test_a_rebuild_waits_for_nobody(home: Store) -> None:
    with home.writing(), pytest.raises(StoreBusy):
        rebuild(home)


CHANGES = {
    "format": lambda content: content.update(format=2),
    "digest": lambda content: content.update(plain="yes"),
    "run": lambda content: content["run"].pop("seconds"),
    "type": lambda content: content["run"].update(rows_read="many"),
    "boolean": lambda content: content["run"].update(rows_read=True),
    "required": lambda content: content["run"].update(outcome=None),
    "time": lambda content: content["run"].update(started_at="yesterday"),
    "list": lambda content: content.update(tallies=[[1]]),
    "evidence": lambda content: content.update(evidence=[1]),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("resigned", [True, False])
def test_a_journal_that_was_changed_is_not_believed(
    home: Store, change: str, monkeypatch: pytest.MonkeyPatch, *, resigned: bool
) -> None:
    file = runs(home)[0].file
    content = json.loads((home.evidence / file).read_text(encoding="utf-8"))
    CHANGES[change](content)
    (home.evidence / file).write_text(json.dumps(content), encoding="utf-8")
    if resigned:
        # even with a digest that fits, what is no journal is none
        monkeypatch.setattr("db.journal._digest", lambda _: content["sha256"])
    if resigned and change == "digest":
        assert read_journal(home.evidence, file).plain
        return
    with pytest.raises(StoreDamaged, match="journal"):
        read_journal(home.evidence, file)


def test_a_journal_survives_writing_and_reading(home: Store, tmp_path: Path) -> None:
    for journal in runs(home):
        entry = write_journal(tmp_path, journal)
        assert read_journal(tmp_path, entry.file) == journal
        assert isinstance(journal.run["started_at"], datetime)
    with pytest.raises(StoreDamaged, match="missing"):
        read_journal(tmp_path, "runs/xx/none.json")


def test_verify_finds_journals_that_disagree(home: Store) -> None:
    assert home.current
    first, second, *_ = runs(home)
    con = duckdb.connect(str(home.current))
    con.execute("UPDATE run SET rows_read = 7 WHERE run_id = ?", [first.run_id])
    con.execute("UPDATE tally SET n = n + 1 WHERE run_id = ?", [second.run_id])
    con.close()
    found = {(one.file, one.cause) for one in verify(home, lambda *_: None).findings if one.what == "journal"}
    assert found == {(first.file, "says otherwise than table run"), (second.file, "says otherwise than table tally")}


@pytest.mark.parametrize("table", ["retrieval", "evidence", "adapter", "name", "journal", "zip"])
def test_verify_finds_every_sort_of_disagreement(home: Store, table: str) -> None:
    first = runs(home)[0]
    (adapter,) = (home.evidence / "adapters").iterdir()
    con = duckdb.connect(str(home.current))
    book = "UPDATE evidence SET sha256 = sha256(content), bytes = size FROM read_blob(?) WHERE file = ?"
    if table == "retrieval":
        con.execute("UPDATE retrieval SET status = 418 WHERE run_id = ?", [first.run_id])
    elif table == "evidence":
        con.execute("DELETE FROM evidence WHERE file = ?", [first.of_kind("rows")[0].file])
    elif table == "adapter":
        con.execute("UPDATE run SET adapter_version = 'x'")
    elif table == "name":
        adapter.rename(adapter.with_name("0.zip"))
        con.execute("UPDATE evidence SET file = 'adapters/0.zip' WHERE kind = 'adapter'")
    else:
        path = home.evidence / first.file if table == "journal" else adapter
        path.write_bytes(b"no such thing")
        con.execute(book, [str(path), str(path.relative_to(home.evidence))])
    con.close()
    causes = {one.cause for one in verify(home, lambda *_: None).findings if one.what == "journal"}
    wanted = {
        "retrieval": "says otherwise than table retrieval",
        "evidence": "names other evidence than table evidence",
        "adapter": "says otherwise than table run",
        "name": "holds another adapter than its name says",
        "journal": "a journal of the evidence store cannot be read",
        "zip": "is no adapter that this version reads: not a zip archive",
    }
    assert wanted[table] in causes
