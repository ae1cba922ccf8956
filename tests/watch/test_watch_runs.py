"""A run marks as reported what was delivered, whole or not at all; others may sync, purge or change lists meanwhile."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from db.analyst import Analyst
from db.analyst_file import SCHEMA
from db.purge import Asked, purge
from db.screen.parallel import find_all
from db.watch import companies_of, lists, matching, state
from db.watch.run import nothing_new
from ingest.errors import StoreBusy, StoreError, UsageError
from tests.cli.homes import FIRST, Home, company_id
from tests.db.conftest import ROWS, Agency
from tests.db.traces import traces
from tests.watch.world import ACME, ACME_ID, GONE, HEADER, LIST, LLC, NOBODY, World

ROOT = Path(__file__).parents[2]
HOLDINGS = company_id("Acme Pipeline Holdings Ltd", "gb")
KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from db.store import Store
from db.watch.run import run
def deliver(ran, lines):
    print(sum(1 for _ in lines), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
run(Store(Path(sys.argv[1])), "tier 1", {}, datetime(2026, 1, 10, tzinfo=UTC), deliver=deliver, tell=lambda *_: None)
"""


class Stop(Exception):
    """The report could not be delivered."""


def test_what_was_not_delivered_is_reported_again(world: Any) -> None:
    world.add(ACME)

    def deliver(_: object, lines: Iterator[object]) -> None:
        next(lines)
        raise Stop

    with pytest.raises(Stop):
        world.run(deliver=deliver)
    assert world.lists.find(LIST).ran_at is None
    assert world.run().news == {"new match": 1}


def test_a_killed_run_reports_the_same_again(world: Any) -> None:
    world.add(ACME)
    words = [sys.executable, "-c", KILLED, str(world.home.path)]
    ended = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout) == (-signal.SIGKILL, "2\n"), ended.stderr
    assert len(world.news()) == 2
    assert world.news() == []


def test_a_second_run_of_a_list_is_refused_while_one_is_under_way(world: Any) -> None:
    world.add(ACME)

    def deliver(*_: object) -> None:
        with pytest.raises(StoreBusy, match="another run of watch list `tier 1`"):
            world.run()

    assert world.run(deliver=deliver).anything
    assert world.news() == []


def test_a_list_that_is_changed_while_it_runs_keeps_its_news(world: Any) -> None:
    world.add(ACME)
    with pytest.raises(StoreBusy, match="was changed while it ran"):
        world.run(deliver=lambda *_: world.add(ACME, GONE))
    assert world.run().news == {"new match": 2}
    with pytest.raises(StoreBusy, match="was changed while it ran"):
        world.run(deliver=lambda *_: world.lists.remove(LIST, why="done", by="Ann"))


def test_a_home_that_cannot_be_written_is_said(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.add(ACME)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with pytest.raises(StoreError, match="the home cannot be written: Permission denied"):
        world.run()


def test_it_runs_while_a_sync_is_under_way(world: Any) -> None:
    world.add(ACME)
    (world.home.path / "trackrecord.home").touch()
    with world.home.store.writing():
        assert world.run().anything


def test_nobody_is_matched_again_unless_something_changed(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(con: Any, what: Any, batches: Any, suppliers: int) -> Any:
        given = list(batches)
        asked.extend(supplier.number for _, batch in given for supplier in batch)
        return find_all(con, what, iter(given), suppliers)

    monkeypatch.setattr(matching, "find_all", counted)
    world.add(ACME, GONE)
    world.run()
    assert len(asked) == 2
    world.run()
    assert len(asked) == 2
    world.add(ACME, GONE, NOBODY)
    assert world.news() == []
    assert len(asked) == 3, "the new one alone"
    world.add(ACME, "V-6,Gone Services AG,DE,", NOBODY)
    world.run()
    assert len(asked) == 4, "the changed one alone"
    world.add(ACME, "V-6,Gone Services AG,DE,", NOBODY, threshold="same")
    world.run()
    assert len(asked) == 7, "all, under another threshold"
    world.sql("INSERT INTO company_name VALUES ('NOTHING KNOWN', ?, 'Nothing Known Ltd', 'alias')", HOLDINGS)
    assert world.news() == [("new match", f"{FIRST}:4")]
    assert len(asked) == 10, "all, as there is another name"


def test_a_generation_published_meanwhile_does_not_stop_a_run(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def superseded(con: Any, what: Any, batches: Any, suppliers: int) -> Any:
        tried.append(suppliers)
        if suppliers:
            raise StoreBusy("a new generation was just published")
        return find_all(con, what, batches, suppliers)

    monkeypatch.setattr(matching, "find_all", superseded)
    world.add(ACME, GONE)
    assert world.run().matches == 2
    assert tried == [2, 0], "the second time in this process alone, which has its generation open"


def test_suppliers_whom_a_newer_gate_leaves_out_go(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world.add(ACME, "V-7,Zalmir Quorvane Traders,DE,", GONE, vouched=True)
    with world.lists.file.writing() as con:
        con.execute("UPDATE watch_supplier SET name = 'Janet Roe' WHERE reference = 'V-6'")
    assert world.run().left_out == ()
    monkeypatch.setattr(lists, "gate_version", lambda: "newer")
    monkeypatch.setattr(state, "gate_version", lambda: "newer")
    ran = world.run()
    assert (ran.left_out, ran.suppliers) == ((4,), 2)
    assert b"Janet Roe" not in (world.home.path / "analyst.sqlite").read_bytes()
    assert world.run().left_out == ()


def test_companies_of_a_list(world: Any) -> None:
    world.add(ACME, GONE)
    with pytest.raises(UsageError, match="was never run"):
        companies_of(world.home.path, LIST)
    world.run()
    assert companies_of(world.home.path, LIST) == {ACME_ID, company_id("Gone Services GmbH", "de")}
    world.sql("INSERT INTO company_redirect VALUES (?, 'c000000000000002', 'linked anew', now())", ACME_ID)
    assert "c000000000000002" in companies_of(world.home.path, LIST)
    world.judge("different", world.said[0])
    world.run()
    assert ACME_ID not in companies_of(world.home.path, LIST)
    world.sql("DROP TABLE company_redirect")
    assert companies_of(world.home.path, LIST) == {company_id("Gone Services GmbH", "de")}
    assert world.news() == []


def test_a_purge_reaches_suppliers_and_what_was_seen(tmp_path: Path) -> None:
    agency = Agency(tmp_path)
    agency.sync(*ROWS)
    desk = World(tmp_path, Home(agency.home), {agency.source.id: agency.source})
    desk.add(
        'V-9,Beta Tools GmbH,DE,,"Beta Tools GmbH works, 1 Main St",Ulm',
        "V-6,Acme Widgets Ltd,GB,,Beta Tools GmbH Road 1,York",
        header=f"{HEADER},Street,City",
    )
    assert desk.run().news == {"new match": 2}
    assert traces(agency.home, "xx_fair_work:2")
    asked = Asked(("xx_fair_work:2",), with_name=True)
    done = purge(agency.store, asked, reason="request", by="Ann", sources=desk.sources)
    assert done.texts == 3
    assert b"Beta Tools" not in (agency.home / "analyst.sqlite").read_bytes()
    assert b"xx_fair_work:2" not in (agency.home / "analyst.sqlite").read_bytes()
    (kept,) = desk.lists.suppliers(desk.lists.find(LIST))
    assert (kept.supplier.name, kept.supplier.address, kept.supplier.city) == ("Acme Widgets Ltd", "", "York")
    assert desk.news() == []
    assert desk.add("V-9,Beta Tools GmbH,DE,", "V-6,Acme Widgets Ltd,GB,").list_.suppliers == 1


def test_a_run_under_way_does_not_write_back_what_is_purged(world: Any) -> None:
    world.add(ACME, "V-2,Kestrel Foods Ltd,GB,")
    with pytest.raises(StoreBusy):
        world.run(deliver=lambda *_: Analyst(world.home.path).forget(["Acme Pipeline Inc."]))
    assert b"Acme Pipeline Inc." not in (world.home.path / "analyst.sqlite").read_bytes()


def test_names_in_the_name_of_a_list_and_in_reasons_are_forgotten(world: Any) -> None:
    world.add(ACME)
    kept = world.lists.find(LIST)
    with world.lists.file.writing() as con:
        con.execute("UPDATE watch_list SET name = 'Gone Services GmbH'")
    assert Analyst(world.home.path).forget(["Gone Services GmbH"]) == 1
    assert [found.name for found in world.lists.all()] == [f"list {kept.number}"]
    world.lists.remove(f"list {kept.number}", why="GONE SERVICES GMBH asked", by="Ann")
    assert Analyst(world.home.path).forget(["Gone Services GmbH"]) == 1
    assert Analyst(world.home.path).forget(["Gone Services GmbH"]) == 0


def test_a_match_that_is_forgotten_says_no_name(world: Any) -> None:
    world.add(LLC)
    world.run()
    assert Analyst(world.home.path).forget(["ACME PIPELINE, LLC"]) == 2
    with world.lists.file.reading() as con:
        assert con.execute("SELECT count(*) FROM watch_match").fetchone() == (0,)


def test_a_file_of_before_there_were_lists_has_none(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.analyst_file.SCHEMA", SCHEMA[:1])
    Analyst(world.home.path).allow(
        "Zalmir", FIRST, evidence="https://x.example", why="known", by="Ann"
    )  # fmt: skip
    monkeypatch.undo()
    assert world.lists.all() == []
    assert Analyst(world.home.path).forget(["Acme Ltd"]) == 0


def test_nothing_new_says_what_was_searched_and_how_fresh(world: Any) -> None:
    world.add(NOBODY)
    assert nothing_new(world.run()) == (
        "nothing found; 1 supplier against 10 records of 2 sources; xx_old_register stale"
    )
    assert nothing_new(world.run()).startswith("nothing new since 20")
    with world.lists.file.reading() as con:
        (news,) = con.execute("SELECT news FROM watch_run").fetchone()
    assert json.loads(news) == {}
    assert (world.home.path / "analyst.sqlite").stat().st_mode & 0o77 == 0
