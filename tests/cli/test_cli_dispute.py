"""`trackrecord dispute`: what is wrong with a record, and where that is shown."""

import hashlib
import json
import stat
from typing import Any

import pytest

from cli.main import USAGE
from db.decisions.kept import Decisions
from tests.cli.homes import FIRST, make_home

RECORD, LINK = f"{FIRST}:1", "https://register.example/77"
WHY = ("--why", "the amount is 500, not 5,000")


@pytest.fixture(autouse=True)
def _analyst(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKRECORD_ANALYST", "ann")


def test_a_dispute_names_the_agencys_own_channel(home: Any, command: Any) -> None:
    ran = command("dispute", RECORD, *WHY, "--evidence", LINK)
    assert (ran.code, ran.err) == (0, "")
    for text in ("Dispute 1 is made", RECORD, "the amount is 500", LINK, "https://agency.example/errors", "by ann"):
        assert text in ran.out
    shown = command("show", RECORD)
    assert "disputed by ann" in shown.out
    assert "https://agency.example/errors" in shown.out


def test_of_a_file_only_address_and_hash_are_kept(home: Any, command: Any, tmp_path: Any) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("a letter that names Zorblax Quuxly")
    made = command("dispute", RECORD, *WHY, "--evidence", str(file), "--by", "bob", "--json").json
    assert made["correction_channel"] == "https://agency.example/errors"
    assert (made["dispute"]["evidence"], made["dispute"]["made_by"]) == (file.as_uri(), "bob")
    assert made["dispute"]["evidence_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert b"Quuxly" not in (home.path / "analyst.sqlite").read_bytes()


def test_a_withdrawn_dispute_stays_on_record_and_is_shown_no_more(home: Any, command: Any) -> None:
    assert command("dispute", "--list").out.startswith("No disputes.")
    command("dispute", RECORD, *WHY)
    ran = command("dispute", "--withdraw", "1", "--why", "the agency corrected it", "--by", "bob")
    assert (ran.code, "Dispute 1 is withdrawn" in ran.out) == (0, True)
    line = next(line for line in command("dispute", "--list").out.splitlines() if RECORD in line)
    assert "by bob: the agency corrected it" in line
    (listed,) = command("dispute", "--list", "--json").json["disputes"]
    assert (listed["withdrawn_why"], listed["why"]) == ("the agency corrected it", WHY[1])
    assert "disputed by" not in command("show", RECORD).out
    assert Decisions(home.path).disputes() == {}
    assert command("dispute", "--withdraw", "1", *WHY).code == USAGE


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((RECORD,), "--why is missing"),
        ((f"{FIRST}:77", *WHY), "no record"),
        (("nonsense", *WHY), "neither a match nor a record"),
        ((RECORD, *WHY, "--evidence", "ftp://x.example"), "evidence must be"),
        ((RECORD, "--why", "says Janet Quillfeather"), "seems to name a person"),
        (("--withdraw", "1", "--why", "says Janet Quillfeather"), "seems to name a person"),
        ((), "give a record"),
        (("--import", "nowhere.jsonl"), "cannot be read"),
    ],
)
def test_what_is_no_dispute(home: Any, command: Any, words: tuple[str, ...], said: str) -> None:
    ran = command("dispute", *words)
    assert (ran.code, ran.out) == (USAGE, "")
    assert said in ran.err
    assert "Quillfeather" not in ran.err
    assert Decisions(home.path).all_disputes() == []


def test_evidence_that_cannot_be_read(home: Any, command: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "letter.txt"
    file.touch()

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(hashlib, "file_digest", refuse)
    ran = command("dispute", RECORD, *WHY, "--evidence", str(file))
    assert (ran.code, "Permission denied" in ran.err) == (USAGE, True)


def test_disputes_go_from_team_to_team(home: Any, command: Any, tmp_path: Any) -> None:
    command("dispute", RECORD, *WHY, "--evidence", LINK)
    file, other = tmp_path / "out.jsonl", make_home(tmp_path / "other").path
    file.write_text("old")
    assert "1 dispute" in command("dispute", "--export", str(file)).out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["trackrecord"] == "dispute"
    assert "1 new dispute" in command("dispute", "--import", str(file), "--by", "bob", home=other).out
    assert "disputed by ann" in command("show", RECORD, home=other).out
    command("dispute", "--withdraw", "1", "--why", "the agency corrected it")
    command("dispute", "--export", str(file))
    again = command("dispute", "--import", str(file), "--json", home=other).json
    assert (again["new"], again["known"], again["ended"]) == (0, 0, 1)
    (found,) = Decisions(other).all_disputes()
    assert (found.withdrawn_by, found.withdrawn_why, found.imported_by) == (
        "ann (taken in by ann)",
        "the agency corrected it",
        "bob",
    )
