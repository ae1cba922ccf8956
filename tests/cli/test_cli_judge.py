"""`trackrecord judge`: what an analyst says about a match or record, and what becomes of it."""

from typing import Any

import duckdb
import pytest

from cli.main import USAGE
from db.analyst import Analyst
from db.decisions.kept import Decisions, match_id, reference_key, supplier_key
from db.watch.lists import WatchLists
from db.watch.suppliers import read_suppliers
from tests.cli.homes import FIRST, SECOND, company_id, make_home

COMPANY = company_id("ACME PIPELINE, LLC", "us")
MATCH = match_id(supplier_key("Acme Pipelines", "us", []), COMPANY)
RECORD = f"{FIRST}:2"
WHY = ("--why", "other register number")


@pytest.fixture(autouse=True)
def _analyst(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKRECORD_ANALYST", "ann")


def change(home: Any, sql: str) -> None:
    """Alters the published generation, as a sync of a changed file would."""
    with duckdb.connect(str(home.path / "generations" / "gen-000001.duckdb")) as con:
        con.execute(sql)


def test_a_match_is_judged_by_its_id_alone(home: Any, command: Any) -> None:
    ran = command("judge", MATCH, "different", *WHY)
    assert (ran.code, ran.err) == (0, "")
    for text in ("Judgement 1 is made", MATCH, "other register number", "by ann", "stays dismissed until"):
        assert text in ran.out
    listed = command("judge", "--list")
    assert next(line for line in listed.out.splitlines() if MATCH in line).rstrip().endswith("dismissed")


def test_a_judgement_as_json_and_its_list(home: Any, command: Any) -> None:
    made = command("judge", MATCH, "same", *WHY, "--by", "bob", "--supplier", "Acme Pipelines Inc.", "--json").json
    assert made["match"] == MATCH
    assert made["judgement"]["supplier"] == "Acme Pipelines Inc."
    command("judge", RECORD, "different", *WHY)
    (first, second) = command("judge", "--list", "--json").json["judgements"]
    assert first["judgement"] == made["judgement"]
    assert (first["stands"]["verdict"], second["stands"]["verdict"]) == ("same", "different")
    assert second["judgement"]["record_id"] == RECORD
    for option, value, found in (
        ("--match", MATCH, [1]), ("--record", RECORD, [2]), ("--company", COMPANY, [1, 2]), ("--record", "x:1", []),
    ):  # fmt: skip
        listed = command("judge", "--list", option, value, "--json").json["judgements"]
        assert [item["judgement"]["number"] for item in listed] == found


def test_the_list_of_nothing_makes_nothing(home: Any, command: Any) -> None:
    assert command("judge", "--list").out.startswith("No judgements.")
    assert not (home.path / "analyst.sqlite").exists()


def test_a_revoked_judgement_stays_on_record(home: Any, command: Any) -> None:
    command("judge", MATCH, "different", *WHY)
    ran = command("judge", "--revoke", "1", "--why", "was the same after all", "--by", "bob")
    assert (ran.code, "Judgement 1 is revoked" in ran.out) == (0, True)
    line = next(line for line in command("judge", "--list").out.splitlines() if MATCH in line)
    assert "by bob: was the same after all" in line
    assert command("judge", "--revoke", "1", *WHY).code == USAGE


def test_judging_again_replaces_ones_own_judgement_alone(home: Any, command: Any) -> None:
    command("judge", MATCH, "different", *WHY)
    command("judge", MATCH, "same", *WHY)
    first, second = Decisions(home.path).judgements()
    assert (first.revoked_why, second.revoked_at) == ("judged again", None)
    command("judge", MATCH, "different", *WHY, "--by", "bob")
    out = command("judge", "--list").out
    assert out.count("contested: another analyst judged otherwise") == 2


def test_the_list_says_what_changed(home: Any, command: Any) -> None:
    command("judge", MATCH, "different", *WHY)
    change(home, f"UPDATE record SET status = 'vacated' WHERE record_id = '{RECORD}'")
    assert f"changed since dismissed: 1 record changed: {RECORD}" in command("judge", "--list").out
    stands = command("judge", "--list", "--json").json["judgements"][0]["stands"]
    assert (stands["verdict"], stands["changed"]) == ("different", f"1 record changed: {RECORD}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((MATCH, "other", *WHY), "same, different, unsure"),
        ((MATCH, "different"), "--why is missing"),
        ((MATCH, *WHY), "is missing"),
        (("nonsense", "same", *WHY), "neither a match nor a record"),
        (("s000000000000000-c000000000000000", "same", *WHY), "no company"),
        ((f"{FIRST}:77", "same", *WHY), "no record"),
        ((RECORD, "same", *WHY, "--supplier", "Acme"), "not with a record"),
        ((), "give a match or record"),
        ((MATCH, "same", *WHY, "--list"), "give a match or record"),
        (("--revoke", "1", *WHY), "no judgement 1 is in force"),
    ],
)
def test_what_is_no_judgement(home: Any, command: Any, words: tuple[str, ...], said: str) -> None:
    ran = command("judge", *words)
    assert (ran.code, ran.out) == (USAGE, "")
    assert said in ran.err
    assert Decisions(home.path).judgements() == []


@pytest.mark.parametrize(
    "words",
    [
        ("--why", "spoke to Janet Quillfeather-Roe"),
        ("--why", "asked janet.roe@agency.example"),
        (*WHY, "--supplier", "Janet Roe"),
    ],
)
def test_texts_that_name_a_person_are_refused_and_not_repeated(home: Any, command: Any, words: tuple[str, ...]) -> None:
    ran = command("judge", MATCH, "same", *words)
    assert (ran.code, ran.out) == (USAGE, "")
    assert "roe" not in ran.err.casefold()
    assert not (home.path / "analyst.sqlite").exists()


def test_what_a_company_is_called_is_no_person(home: Any, command: Any) -> None:
    change(home, f"INSERT INTO company_name VALUES ('x', '{COMPANY}', 'Janet Roe', 'trade')")
    assert command("judge", MATCH, "same", "--why", "trades as Janet Roe there").code == 0


def test_a_purged_name_is_no_label(home: Any, command: Any) -> None:
    Analyst(home.path).purge(records=[], names=["Zorblax Holding"], reason="request", by="ann")
    ran = command("judge", MATCH, "same", *WHY, "--supplier", "Zorblax Holding")
    assert (ran.code, "(purged)" in ran.err, "Zorblax" in ran.err) == (USAGE, True, False)


def test_judgements_go_from_team_to_team(home: Any, command: Any, tmp_path: Any) -> None:
    command("judge", MATCH, "different", *WHY)
    command("judge", f"{SECOND}:8", "unsure", *WHY)
    file, other = str(tmp_path / "out.jsonl"), make_home(tmp_path / "other").path
    assert "2 judgements written" in command("judge", "--export", file).out
    assert command("judge", "--export", file, "--json").json["exported"] == 2
    assert "2 new judgements" in command("judge", "--import", file, "--by", "bob", home=other).out
    again = command("judge", "--import", file, "--json", home=other).json
    assert (again["new"], again["known"]) == (0, 2)
    found = Decisions(other).judgements()
    assert [(one.made_by, one.imported_by) for one in found] == [("ann", "bob"), ("ann", "bob")]
    assert "dismissed" in command("judge", "--list", home=other).out


def test_a_list_before_the_first_sync_has_no_standing(command: Any, tmp_path: Any, home: Any) -> None:
    command("judge", MATCH, "different", *WHY)
    file, bare = str(tmp_path / "out.jsonl"), tmp_path / "bare"
    command("judge", "--export", file)
    bare.mkdir()
    (bare / "trackrecord.home").touch()
    assert command("judge", "--import", file, home=bare).code == 0
    assert "nothing here is judged by it" in command("judge", "--list", home=bare).out


def test_a_supplier_of_a_watch_list_is_known_by_what_the_list_calls_it(home: Any, tmp_path: Any, command: Any) -> None:
    file = tmp_path / "list.csv"
    file.write_text(
        "Supplier No,Vendor,Country\nV-1,Beta Tools GmbH,DE\nV-2,Acme Pipelines Inc.,US\n", encoding="utf-8"
    )
    read = read_suppliers(home.path, file, {}, lambda *_: None)
    WatchLists(home.path).put("pumps", read, threshold=None, by="ann", vouched=False)
    match = match_id(supplier_key("Acme Pipelines Inc.", "us", []), COMPANY)
    made = command("judge", match, "different", *WHY, "--json").json["judgement"]
    assert made["reference"] == reference_key("r:V-2")
