"""`trackrecord doctor`: plain words, the next step, and an exit code that a script can trust."""

import re
from pathlib import Path

import pytest

from db.doctor.whole import damage
from tests.cli.conftest import Command
from tests.cli.homes import Home


@pytest.fixture
def home(home: Home) -> Home:
    home.path.chmod(0o700)
    (home.path / "trackrecord.home").write_text("A home of trackrecord. Files in here are its own.\n")
    return home


def test_a_healthy_home(home: Home, command: Command) -> None:
    ran = command("doctor")
    assert ran.code == 0, ran.out
    assert "Nothing is wrong." in ran.out
    assert "gen-000001.duckdb" in ran.out
    assert "Note: 2 runs have no journal" in ran.out
    said = command("doctor", "--json").json
    assert (said["healthy"], said["troubles"], said["done"]) == (True, [], [])
    assert said["notes"][0].startswith("2 runs have no journal")


def test_findings_say_what_where_what_is_lost_and_what_to_do(home: Home, command: Command) -> None:
    evidence = next((home.path / "evidence").rglob("*.parquet"))
    evidence.unlink()
    ran = command("doctor")
    assert ran.code == 1
    for part in ("1 thing is wrong", "An evidence file is missing", str(evidence), "the proof for up to", "backup"):
        assert part in ran.out
    (trouble,) = command("doctor", "--json").json["troubles"]
    assert set(trouble) == {"what", "where", "lost", "step", "repair", "unusable"}


def test_a_damaged_database_is_exit_4_and_other_commands_lead_here(home: Home, command: Command) -> None:
    home.generation.write_bytes(b"not a database at all" * 1000)
    for words in (("search", "acme"), ("status",), ("verify",), ("sql", "SELECT 1")):
        ran = command(*words)
        assert ran.code == 4
        assert "Run `trackrecord doctor`" in ran.err
        assert ran.err.count("\n") == 1
    ran = command("doctor")
    assert ran.code == 4
    assert "is no database file" in ran.out
    # without journals and without another generation there is nothing to repair it from
    assert command("doctor", "--repair").code == 4


def test_repair_does_what_is_safe_and_says_so(home: Home, command: Command) -> None:
    (home.path / "CURRENT").unlink()
    home.path.chmod(0o755)
    ran = command("doctor", "--repair")
    assert ran.code == 0, ran.out
    assert "CURRENT names gen-000001.duckdb, which is whole" in ran.out
    assert "home is closed to others on this machine" in ran.out
    assert "Nothing is wrong." in ran.out
    assert command("search", "acme").code == 0


def test_no_home(command: Command, tmp_path: Path) -> None:
    ran = command("doctor", home=tmp_path / "none")
    assert ran.code == 1
    assert "There is no home here" in ran.out
    assert "trackrecord sync --starter" in ran.out
    assert command("doctor", "--repair", home=tmp_path / "none").code == 1
    assert not (tmp_path / "none").exists()


def test_a_page_that_is_damaged_below_a_question(home: Home, command: Command) -> None:
    """The file opens, the question fails in the middle: one line with the next step, and no half of an answer."""
    whole = home.generation.read_bytes()
    told = []
    for start in range(12_288, len(whole), 262_144):
        home.generation.write_bytes(whole[: start + 100] + b"\xa5" * 100 + whole[start + 200 :])
        found = damage(home.generation, lambda *_: None)
        if found and (table := re.search("table (.*) cannot be read to its end", found.what)):
            ran = command("sql", f"SELECT * FROM {table[1]}")
            assert (ran.code, ran.err.count("\n")) == (4, 1)
            told.append("the published generation is damaged" in ran.err and "Run `trackrecord doctor`" in ran.err)
    assert told
    assert all(told)
