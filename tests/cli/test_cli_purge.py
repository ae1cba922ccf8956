"""`trackrecord purge`: what goes is shown first, nobody is erased by accident, and what went is gone."""

import sys
from importlib import resources
from typing import Any

import duckdb
import pytest

from db.store import STORAGE_VERSION
from db.times import utc_now
from tests.cli.homes import FIRST, Home
from tests.db.traces import traces

ONE = f"{FIRST}:10"


@pytest.fixture
def home(home: Home) -> Home:
    """The home as its writer makes it: in its storage version, with the book of its migrations."""
    written = home.generation.with_suffix(".old")
    home.generation.rename(written)
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{written}' AS old (READ_ONLY)")
        con.execute(f"ATTACH '{home.generation}' AS gen (STORAGE_VERSION '{STORAGE_VERSION}')")
        con.execute("COPY FROM DATABASE old TO gen")
        con.execute("CREATE TABLE gen.migration (name VARCHAR, sha256 VARCHAR, applied_at TIMESTAMP)")
        for file in resources.files("db").joinpath("schema").iterdir():
            text = file.read_text(encoding="utf-8")
            con.execute("INSERT INTO gen.migration VALUES (?, sha256(?), ?)", [file.name, text, utc_now()])
    written.unlink()
    return home


def test_it_erases_and_says_so(home: Home, command: Any) -> None:
    assert traces(home.path, "Mori Foods")
    ran = command("purge", ONE, "--reason", "request", "--by", "A. Uditor", "--yes")
    assert ran.code == 0, ran.err
    assert "1 record erased" in ran.out
    assert "recall" in ran.out
    assert "Mori" not in ran.out + ran.err
    assert traces(home.path, "Mori Foods") == []
    assert command("show", ONE).code == 2
    assert command("verify").code == 0


def test_json_gives_counts_only(home: Home, command: Any) -> None:
    ran = command("purge", ONE, "--with-name", "--reason", "individual", "--yes", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["records"] == [ONE]
    assert ran.json["evidence"]["rows"] == 1
    assert ran.json["tombstones"] == 2
    assert "Mori" not in ran.out
    assert traces(home.path, "Mori Foods") == []


def test_a_name_goes_in_every_writing_and_from_the_rules(home: Home, command: Any) -> None:
    """Also one that no record bears."""
    rule = ("--source", FIRST, "--evidence", "https://register.example/1", "--why", "listed")
    assert command("allow", "Quorvane Zalmir", *rule, "--company").code == 0
    ran = command("purge", "--name", "ZALMIR, Quorvane", "--reason", "individual", "--yes")
    assert ran.code == 0, ran.err
    assert "0 records erased" in ran.out
    assert "analysts' rules and reasons erased" in ran.out
    assert traces(home.path, "Quorvane") == []
    assert "needs a letter" in command("purge", "--name", " ", "--reason", "error", "--yes").err


def test_all_records_of_a_company(home: Home, command: Any) -> None:
    with home.store.reading() as con:
        ((found,),) = con.execute("SELECT company_id FROM company WHERE name LIKE 'Gone Services%'").fetchall()
    ran = command("purge", "--company", found, "--reason", "court order", "--yes")
    assert ran.code == 0, ran.err
    assert "of the company" in ran.out
    assert traces(home.path, "Gone Services") == []


@pytest.mark.parametrize("answer", ["y", "n"])
def test_on_a_terminal_it_asks(home: Home, command: Any, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: answer == "y")
    ran = command("purge", ONE, "--reason", "error", "--with-name")
    assert ran.code == 0
    assert "1 name of these respondents" in ran.out
    assert ("Nothing was erased" in ran.out) == (answer == "n")
    assert bool(traces(home.path, "Mori Foods")) == (answer == "n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((ONE, "--reason", "error"), "Add --yes"),
        ((ONE, "--reason", "error", "--json"), "Add --yes"),
        ((ONE, "--reason", "whim", "--yes"), "--reason is one of"),
        (("--reason", "error", "--yes"), "nothing to purge"),
        ((f"{FIRST}:77", "--reason", "error", "--yes"), "no record"),
        (("--company", "c000000000000000", "--reason", "error", "--yes"), "no company"),
        ((ONE, "--yes"), "--reason"),
    ],
)
def test_what_is_not_clear_erases_nothing(home: Home, command: Any, words: tuple[str, ...], told: str) -> None:
    ran = command("purge", *words)
    assert ran.code == 2
    assert told in ran.err
    assert traces(home.path, "Mori Foods")
    assert not (home.path / "analyst.sqlite").exists()


def test_a_machine_without_a_user_asks_for_one(home: Home, command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid")

    monkeypatch.setattr("getpass.getuser", nobody)
    ran = command("purge", ONE, "--reason", "error", "--yes")
    assert (ran.code, "--by" in ran.err) == (2, True)
    assert traces(home.path, "Mori Foods")


def test_a_home_that_was_never_synced(tmp_path: Any, command: Any) -> None:
    assert command("purge", ONE, "--reason", "error", "--yes", home=tmp_path / "none").code == 4
