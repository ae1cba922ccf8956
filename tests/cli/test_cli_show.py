"""`trackrecord show` as a user sees it: history, days, what is no longer published, what analysts said."""

import re
from dataclasses import replace
from types import MappingProxyType

import pytest

import ingest.catalog
from cli.main import main
from db.decisions.kept import Decisions
from tests.cli.conftest import Command
from tests.cli.homes import FIRST, SECOND, SOURCES, Home, company_id

pytestmark = pytest.mark.usefixtures("home")

ACME, GONE = company_id("Acme Pipeline Inc.", "us"), company_id("Gone Services GmbH", "de")


@pytest.fixture
def mirrored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every source declares that it is mirrored: what it publishes no more is not shown."""
    known = MappingProxyType({source.id: replace(source, retention="mirror-source") for source in SOURCES})
    monkeypatch.setattr(ingest.catalog, "catalogue", lambda: known)


@pytest.fixture
def versions(home: Home) -> None:
    """Record 1 had another status and amount before; record 7 was missing in a later run."""
    with home.changing() as con:
        con.execute(
            """INSERT INTO record_history BY NAME
            SELECT * REPLACE ('proposed' AS status, [amounts[1]] AS amounts, TIMESTAMP '2025-06-01' AS changed_at,
                              TIMESTAMP '2025-06-01' AS last_seen),
                   changed_at AS superseded_at FROM record WHERE native_id = '1'"""
        )
        con.execute("UPDATE record SET version = 2 WHERE native_id = '1'")


@pytest.mark.usefixtures("versions")
def test_the_history_reads_as_differences(command: Command, home: Home) -> None:
    ran = command("show", f"{FIRST}:1", "--history")
    assert ran.code == 0
    assert f"{FIRST}:1  Acme Pipeline Inc.: 2 versions" in ran.out
    assert "Version 1, since 2025-06-01 00:00 UTC\n" in ran.out
    assert "Version 2, since 2026-01-09 09:00 UTC, the present one" in ran.out
    assert "  status: proposed → final\n" in ran.out
    assert "  amounts: added final 500.50 USD\n" in ran.out
    assert re.search(r"first shown +retrieval [0-9a-f]{16} \(2026-01-09 08:00 UTC\)", ran.out)
    with home.changing() as con:
        con.execute("UPDATE record_history SET removed_at = superseded_at, removal = 'removed at source'")
    assert "\n  came back after it was removed at source\n" in command("show", f"{FIRST}:1", "--history").out
    machine = command("show", f"{FIRST}:1", "--history", "--json").json
    assert machine["versions"][1]["changes"][0] == {"field": "status", "before": "proposed", "after": "final"}
    assert machine["versions"][1]["first"]["synced_at"] == "2026-01-09T08:00:00+00:00"


def test_a_removal_is_told_with_its_range(command: Command, home: Home) -> None:
    out = command("show", f"{FIRST}:7", "--history").out
    assert f"{FIRST}:7  Gone Services GmbH: 1 version\n" in out
    assert re.search(
        r"aged out: last shown by retrieval [0-9a-f]{16} \(2026-01-09 08:00 UTC\); missing in a retrieval not on "
        r"record, synced 2025-12-01 00:00 UTC",
        out,
    )
    with home.changing() as con:
        con.execute("UPDATE retrieval SET retrieved_at = NULL")
    assert "(time unknown, synced 2026-01-09 08:00 UTC)" in command("show", f"{FIRST}:7", "--history").out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((ACME, "--history"), "--history takes a record id"),
        ((f"{FIRST}:1", "--history", "--raw"), "two questions"),
        ((f"{FIRST}:1", "--history", "--as-of", "2026-01-10"), "every version"),
        ((f"{FIRST}:1", "--as-of", "2999-01-01"), "2999-01-01 is still to come"),
        ((f"{FIRST}:1", "--as-of", "yesterday"), "--as-of"),
    ],
)
def test_options_that_make_no_sense_are_refused(command: Command, words: tuple[str, ...], says: str) -> None:
    ran = command("show", *words)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


@pytest.mark.usefixtures("mirrored")
@pytest.mark.parametrize("option", [(), ("--raw",), ("--history",), ("--json",), ("--raw", "--json")])
def test_a_hidden_record_is_said_and_nothing_of_it_is_shown(command: Command, option: tuple[str, ...]) -> None:
    ran = command("show", f"{FIRST}:7", *option)
    assert (ran.code, ran.err) == (0, "")
    assert "no longer published by Invented Agency, seen on 2025-12-01" in ran.out
    assert "--include-removed" in ran.out
    assert not any(word in ran.out for word in ("Gone", "HR 77", "debarment", "2021"))


@pytest.mark.usefixtures("mirrored")
def test_a_tombstone_is_shown_when_asked_for(command: Command) -> None:
    for wanted in (f"{FIRST}:7", GONE):
        out = command("show", wanted, "--include-removed").out
        assert f"{FIRST}:7  no longer published by Invented Agency, seen on 2025-12-01" in out
        assert re.search("missed on +2025-12-01 00:00 UTC", out)
        assert "Gone" not in out
    assert command("show", GONE, "--json").json["why"] == "its records are no longer published: 1 by Invented Agency"


@pytest.mark.usefixtures("mirrored")
def test_a_page_says_what_it_leaves_out(command: Command, home: Home) -> None:
    with home.changing() as con:
        con.execute("UPDATE record SET removed_at = TIMESTAMP '2026-01-15' WHERE native_id = '9'")
    out = command("show", ACME).out
    assert re.search("not shown +1 no longer published by Invented Agency", out)
    assert f"{SECOND}:9" not in out
    assert "`--include-removed`" in out
    asked_for = command("show", ACME, "--include-removed").out
    assert f"{SECOND}:9  no longer published by Invented Agency, seen on 2026-01-15" in asked_for
    assert "`--include-removed`" not in asked_for


def test_as_of_a_day_says_which_sources_had_been_synced(command: Command) -> None:
    out = command("show", ACME, "--as-of", "2026-01-09").out
    assert out.startswith("Acme Pipeline Inc.  as known on 2026-01-09\n")
    assert "What had been synced by then" in out
    assert "Not synced by then: xx_never." in out
    assert "as known on 2026-01-09" in command("show", f"{FIRST}:1", "--as-of", "2026-01-09").out
    never = command("show", ACME, "--as-of", "2020-01-01").out
    assert never.startswith(f"{ACME}: nothing was known on 2020-01-01: no source had been synced.\n")
    assert "Acme" not in never
    assert command("show", f"{FIRST}:1", "--as-of", "2025-07-01").out.startswith(
        f"{FIRST}:1: it was not known on 2025-07-01: first seen on 2026-01-09.\n"
    )


def test_force_that_no_date_states_is_said(command: Command) -> None:
    out = command("show", ACME).out
    assert re.search("in force +not stated by 1 measures", out)
    assert re.search("in force +not stated\n", out)
    record = command("show", f"{FIRST}:3", "--in-force-on", "2031-01-01").out
    assert re.search("in force +not in force on 2031-01-01: ended on 2030-01-01", record)


def test_what_analysts_said_stands_beside_the_record(command: Command, home: Home) -> None:
    decisions = Decisions(home.path)
    decisions.dispute(f"{FIRST}:1", why="Paid by another company.", evidence=None, by="Ada")
    decisions.judge_record(f"{FIRST}:1", ACME, "different", why="other plant", by="Ada", rests_on=())
    for wanted in (f"{FIRST}:1", ACME):
        out = command("show", wanted).out
        assert "disputed by Ada on " in out
        assert "Paid by another company." in out
        assert "https://agency.example/errors" in out
        assert "judged not to be about this company by Ada" in out
    assert "disputed" not in command("show", f"{FIRST}:2").out
    machine = command("show", ACME, "--json").json
    (dispute,) = machine["records"][0]["disputes"]
    assert (dispute["made_by"], dispute["why"]) == ("Ada", "Paid by another company.")
    assert command("show", f"{FIRST}:1", "--json").json["judgements"][0]["verdict"] == "different"


def test_a_page_without_decisions_loads_nothing_for_them(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise AssertionError("asked for decisions")

    monkeypatch.setattr(Decisions, "disputes", fails)
    assert main(["--home", str(home.path), "show", f"{FIRST}:1"]) == 0
    assert not (home.path / "analyst.sqlite").exists()
