"""A kill at any moment leaves a whole generation, and the next start leaves no payload behind."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from db.store import Store
from db.sync import Options, sync
from ingest.errors import StoreBusy, StoreDamaged, StoreError, StoreMissing, UsageError

ROOT = Path(__file__).parents[2]
PERSON = "Quillfeather"
CHILD = """
import sys
from pathlib import Path
from db.store import Store
from db.sync import Options, sync
from ingest.catalog import load_source
home, source, mirror = map(Path, sys.argv[1:])
print("ready", flush=True)
for report in sync(Store(home), [load_source(source)], Options(mirror=mirror, accept_change="test"), lambda *_: None):
    print(report.outcome, flush=True)
"""


def many_rows(amount: int, rows: int = 3000) -> list[str]:
    people = [f'p{n},"{PERSON}, Janet {n}",F,2024-01-01,1,{PERSON}' for n in range(200)]
    return [f"{n},Company {n} Ltd,F,2024-01-31,{amount},{PERSON}" for n in range(rows)] + people


def start(agency: Any) -> subprocess.Popen[str]:
    folder = agency.source.folder
    command = [sys.executable, "-c", CHILD, str(agency.home), str(folder), str(agency.folder / "mirror")]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def end(child: subprocess.Popen[str]) -> None:
    child.communicate()


def amounts(store: Store) -> set[tuple[int, str]]:
    with store.reading() as con:
        found = con.execute("SELECT count(*), amounts[1].value::VARCHAR FROM record GROUP BY 2").fetchall()
        (sources,) = con.execute("SELECT sum(records) FROM company").fetchone() or (0,)
    assert sources == sum(n for n, _ in found)
    return set(found)


def test_kill_at_random_moments_leaves_a_whole_generation_and_no_payload(agency: Any) -> None:
    agency.sync(*many_rows(1), accept="first")
    chance = random.Random(20261122)  # noqa: S311 -- moments, not secrets
    started = time.monotonic()
    agency.publish(*many_rows(2))
    child = start(agency)
    end(child)
    whole = time.monotonic() - started
    seen, killed = set(), 0
    for turn in range(9):
        amount = 3 + turn
        before = amounts(agency.store)
        agency.publish(*many_rows(amount))
        child = start(agency)
        time.sleep(chance.uniform(0, whole))
        child.send_signal(signal.SIGKILL)
        killed += child.poll() is None
        end(child)
        now = amounts(agency.store)
        assert now in (before, {(3000, f"{amount}.00")})
        seen.add(now == before)
        leftovers = [path for path in (agency.home / "work").rglob("*") if path.is_file()]
        assert not leftovers, "reading erases what a killed sync left behind"
        for file in agency.home.rglob("*"):
            assert not file.is_file() or PERSON.encode() not in file.read_bytes(), file.name
    assert True in seen, "no kill came before publication: the test proves nothing"


def test_second_sync_says_who_holds_the_lock(agency: Any, rows: tuple[str, ...]) -> None:
    with agency.store.writing(), pytest.raises(StoreBusy, match=f"process {os.getpid()} on "):
        agency.sync(*rows)


def test_reading_works_while_a_sync_runs(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    reports = iter(sync(agency.store, [agency.source], Options(mirror=agency.publish(*rows[:3])), lambda *_: None))
    with agency.store.writing() as writer, writer.next_generation() as con:
        con.execute("DELETE FROM gen.record")
        assert agency.ask("SELECT count(*) FROM record") == [(3,)]
    assert agency.ask("SELECT count(*) FROM record") == [(0,)]
    del reports


def test_a_reader_keeps_its_generation_while_the_next_is_published(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    with agency.store.reading() as con:
        agency.sync(rows[0].replace("1000", "900"), *rows[1:])
        assert con.execute("SELECT max(version) FROM record").fetchall() == [(1,)]
    assert agency.ask("SELECT max(version) FROM record") == [(2,)]
    assert len(list((agency.home / "generations").glob("gen-*.duckdb"))) == 1


def test_a_pointer_that_points_nowhere_is_reported(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    (agency.home / "CURRENT").write_text("gen-999999.duckdb\n")
    with pytest.raises(StoreDamaged, match="cannot be opened"), agency.store.reading():
        pass
    (agency.home / "CURRENT").write_text("../../etc/passwd\n")
    with pytest.raises(StoreDamaged, match="does not name a generation"), agency.store.reading():
        pass


def test_migrations_are_applied_once_and_a_changed_one_is_noticed(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    agency.sync(*rows[:4])
    assert agency.ask("SELECT count(*) - count(DISTINCT name) FROM migration") == [(0,)]
    with duckdb.connect(str(agency.store.current)) as con:
        con.execute("UPDATE migration SET sha256 = 'other'")
    with pytest.raises(StoreDamaged, match=r"0001_tables\.sql was changed"):
        agency.sync(*rows)


def test_lock_without_a_readable_owner_is_still_a_lock(agency: Any, rows: tuple[str, ...]) -> None:
    with agency.store.writing():
        (agency.home / "lock.owner").write_text(json.dumps({"pid": 1}))
        with pytest.raises(StoreBusy, match="just starting"):
            agency.sync(*rows)


def test_a_folder_of_somebody_else_is_neither_used_nor_erased(tmp_path: Path) -> None:
    for name in ("work", "evidence", "generations"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.txt").write_text("mine")
    with pytest.raises(StoreMissing), Store(tmp_path).reading():
        pass
    with pytest.raises(UsageError, match="other things than a trackrecord home"), Store(tmp_path).writing():
        pass
    assert len(list(tmp_path.rglob("mine.txt"))) == 3


def test_a_lost_pointer_costs_nothing(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    before = sorted(path for path in agency.home.rglob("*") if path.is_file() and path.name != "CURRENT")
    (agency.home / "CURRENT").unlink()
    (agency.home / "work").mkdir()
    with pytest.raises(StoreDamaged, match="CURRENT is missing"), agency.store.reading():
        pass
    with pytest.raises(StoreDamaged, match="CURRENT is missing"):
        agency.sync(*rows)
    assert set(before) <= {path for path in agency.home.rglob("*") if path.is_file()}


def test_a_home_that_cannot_be_written_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"), Store(tmp_path / "file").writing():
        pass
    with pytest.raises(UsageError, match="question mark"), Store(tmp_path / "what?").writing():
        pass


def test_two_readers_in_one_process(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    with agency.store.reading() as one, agency.store.reading() as two:
        assert one.execute("SELECT 1").fetchall() == two.execute("SELECT 1").fetchall()
