"""`trackrecord allow`: what an analyst reads and what a rule needs."""

from typing import Any

import pytest

from cli.main import USAGE
from db.analyst import Analyst
from tests.cli.homes import FIRST, SECOND

NAME, LINK = "Zorblax Quuxly", "https://register.example/77"
PERSON = "Roe, Janet Q."
GIVEN = ("--source", FIRST, "--evidence", LINK, "--why", "is registered")


@pytest.fixture(autouse=True)
def _analyst(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKRECORD_ANALYST", "ann")


def test_a_rule_is_made_and_says_when_it_takes_effect(home: Any, command: Any) -> None:
    ran = command("allow", NAME, *GIVEN)
    assert (ran.code, ran.err) == (0, "")
    assert "Rule 1 is made" in ran.out
    for text in (
        NAME,
        LINK,
        "is registered",
        "by ann",
        "It takes effect at the next sync",
        f"sync {FIRST}",
        "no rule lifts",
    ):
        assert text in ran.out
    assert Analyst(home.path).rulings(FIRST).rule_for(NAME) == 1


def test_a_rule_as_json_and_its_list(home: Any, command: Any) -> None:
    made = command("allow", *NAME.split(), *GIVEN, "--by", "bob", "--json").json
    assert made["rule"] | {"made_at": None} == {
        "number": 1, "company_name": NAME, "source_id": FIRST, "evidence": LINK, "why": "is registered",
        "made_by": "bob", "made_at": None, "revoked_by": None, "revoked_at": None, "revoked_why": None,
    }  # fmt: skip
    assert made["next"].endswith(f"sync {FIRST}")
    listed = command("allow", "--list", "--json").json
    assert listed["rules"] == [made["rule"]]
    assert listed["tombstones"] == []
    assert command("allow", "--list", "--source", SECOND, "--json").json["rules"] == []
    assert home.path.exists()


def test_the_list_shows_revoked_rules_with_who_and_why(home: Any, command: Any) -> None:
    assert command("allow", "--list").out.startswith("No rules.")
    assert not (home.path / "analyst.sqlite").exists()
    command("allow", NAME, *GIVEN)
    ran = command("allow", "--revoke", "1", "--why", "was a person", "--by", "bob")
    assert ran.code == 0
    assert "Rule 1 is revoked" in ran.out
    assert "erased at the next sync" in ran.out
    assert "no rule lifts" not in ran.out
    line = next(line for line in command("allow", "--list").out.splitlines() if NAME in line)
    assert "by bob: was a person" in line


@pytest.mark.parametrize("name", [PERSON, "Janet Roe t/a Quux"])
def test_a_name_that_reads_as_a_persons_needs_a_confirmation(home: Any, command: Any, name: str) -> None:
    ran = command("allow", name, *GIVEN)
    assert (ran.code, ran.out) == (USAGE, "")
    assert "takes this for the name of a person" in ran.err
    assert "--company" in ran.err
    assert name not in ran.err
    assert Analyst(home.path).allow_rules() == []
    assert command("allow", name, *GIVEN, "--company").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((NAME, "--source", "xx_nowhere", "--evidence", LINK, "--why", "w"), "no source `xx_nowhere`"),
        ((NAME, "--evidence", LINK, "--why", "w"), "--source is missing"),
        ((NAME, "--source", FIRST, "--why", "w"), "--evidence is missing"),
        ((NAME, "--source", FIRST, "--evidence", LINK, "--why", " "), "--why is missing"),
        ((NAME, "--source", FIRST, "--evidence", "ftp://x.example", "--why", "w"), "evidence must be"),
        (("Acme Inc.", *GIVEN), "pass as it is"),
        (("Quux Zorblax 529.982.247-25", *GIVEN, "--country", "br"), "no rule can lift this"),
        (("--revoke", "7", "--why", "w"), "no rule 7 is in force"),
        (("--revoke", "7"), "--why is missing"),
        ((), "give a name, --list or --revoke"),
        ((NAME, "--list"), "give a name, --list or --revoke"),
        (("--list", "--revoke", "1"), "give a name, --list or --revoke"),
    ],
)
def test_what_no_rule_is_made_of(home: Any, command: Any, words: tuple[str, ...], said: str) -> None:
    ran = command("allow", *words)
    assert (ran.code, ran.out) == (USAGE, "")
    assert said in ran.err
    assert not Analyst(home.path).allow_rules()


def test_the_country_of_the_source_counts_unless_another_is_given(home: Any, command: Any) -> None:
    assert "no rule is needed" in command("allow", "Zorblax Oy", *GIVEN, "--country", " FI ").err
    assert home.path.exists()


def test_a_purged_name_cannot_be_allowed(home: Any, command: Any) -> None:
    Analyst(home.path).purge(records=[], names=[NAME], reason="request", by="ann")
    ran = command("allow", NAME, *GIVEN)
    assert ran.code == USAGE
    assert "was purged" in ran.err
    assert command("allow", "--list", "--json").json["tombstones"] == [{"scope": "name", "reason": "request", "n": 1}]


def test_who_rules_is_the_login_name_by_default(home: Any, command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRACKRECORD_ANALYST")
    monkeypatch.setattr("getpass.getuser", lambda: "carol")
    assert command("allow", NAME, *GIVEN, "--json").json["rule"]["made_by"] == "carol"

    def nobody() -> str:
        raise OSError

    monkeypatch.setattr("getpass.getuser", nobody)
    ran = command("allow", "--revoke", "1", "--why", "w")
    assert (ran.code, "--by" in ran.err) == (USAGE, True)
    assert len(Analyst(home.path).allow_rules(in_force=True)) == 1


def test_a_home_that_was_never_synced_or_is_damaged(home: Any, command: Any, tmp_path: Any) -> None:
    ran = command("allow", NAME, *GIVEN, home=tmp_path / "elsewhere")
    assert (ran.code, "no home" in ran.err) == (4, True)
    assert not (tmp_path / "elsewhere").exists()
    (home.path / "analyst.sqlite").write_text("no database" * 1000)
    for words in (("allow", "--list"), ("allow", NAME, *GIVEN), ("status",)):
        ran = command(*words)
        assert (ran.code, "analyst.sqlite is damaged" in ran.err) == (4, True)


def test_status_counts_rules_and_purges(home: Any, command: Any) -> None:
    command("allow", NAME, *GIVEN)
    assert "kept out" not in command("status").out
    Analyst(home.path).purge(records=[(FIRST, "7")], names=["Roe"], reason="request", by="ann")
    found = command("status", "--json").json
    assert (found["allow_rules"], found["tombstones"]) == (1, 2)
    out = command("status").out
    assert "2 names and records kept out" in out
