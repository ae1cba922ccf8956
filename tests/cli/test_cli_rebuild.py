"""`trackrecord rebuild`: says what came back, what did not and why, and never makes a home poorer."""

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.cli.homes import Home
from tests.db.conftest import ROWS, Agency
from tests.db.rebuilt import differing


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    """Two runs in the home that `command` asks."""
    agency = Agency(tmp_path)
    agency.sync(*ROWS)
    agency.sync(ROWS[0].replace("1000", "900"), *ROWS[1:])
    return agency


def test_it_says_what_came_back(agency: Agency, command: Any, tmp_path: Path) -> None:
    ran = command("rebuild", "--into", str(tmp_path / "new"))
    assert (ran.code, ran.err) == (0, "")
    assert re.search(r"xx_fair_work +2 +3 +4 +0 +0 +0", ran.out)
    assert "made again from the evidence store" in ran.out
    (new,) = (tmp_path / "new" / "generations").glob("*.duckdb")
    assert differing(agency.store.current, new) == {}


def test_json(agency: Agency, command: Any) -> None:
    before = agency.store.current.name
    ran = command("rebuild", "--json")
    assert ran.code == 0
    assert (ran.json["whole"], ran.json["published"], ran.json["runs"]) == (True, True, 2)
    assert ran.json["sources"][0]["versions"] == 4
    assert agency.store.current.name != before


def test_what_is_damaged_is_named_and_what_is_there_stays(agency: Agency, command: Any) -> None:
    (adapter,) = (agency.store.evidence / "adapters").iterdir()
    adapter.write_bytes(b"nothing")
    before = agency.store.current.name
    ran = command("rebuild")
    assert ran.code == 1
    assert f"adapters/{adapter.name}" in ran.out
    assert "Nothing was replaced" in ran.out
    assert agency.store.current.name == before
    (agency.home / "CURRENT").unlink()
    ran = command("rebuild")
    assert ran.code == 1
    assert "without what is missing" in ran.out


def test_a_home_partly_of_before_journals_says_what_that_means(agency: Agency, command: Any) -> None:
    con = duckdb.connect(str(agency.store.current))
    con.execute("DELETE FROM evidence WHERE kind = 'journal' AND run_id = (SELECT min(run_id) FROM run)")
    con.close()
    ran = command("rebuild")
    assert ran.code == 1
    assert re.search(r"1 run before \d{4}-\d\d-\d\d \d\d:\d\d UTC loaded before journals were kept", ran.out)
    assert "A sync brings back what the agency still shows." in ran.out
    assert "Nothing was replaced" in ran.out


def test_a_gap_in_the_chain_is_said(agency: Agency, command: Any) -> None:
    first = min((agency.store.evidence / "runs").glob("*/*.json"))
    first.unlink()
    (agency.home / "CURRENT").unlink()
    ran = command("rebuild")
    assert ran.code == 1
    assert "retrieval chain" in ran.out


def test_a_home_without_journals_has_nothing_to_rebuild_from(home: Home, command: Any) -> None:
    before = home.generation.read_bytes()
    ran = command("rebuild")
    assert (ran.code, ran.out) == (4, "")
    assert "no journal" in ran.err
    assert home.generation.read_bytes() == before


def test_a_new_home_must_be_new(agency: Agency, command: Any) -> None:
    ran = command("rebuild", "--into", str(agency.folder))
    assert ran.code == 2
    assert "not an empty or new folder" in ran.err
