"""The analyst database: rules and tombstones, kept apart from every sync, fail closed when anything is missing."""

import multiprocessing
import sqlite3
import stat
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest

from db.analyst import Analyst, Tombstones
from ingest.errors import StoreBusy, StoreDamaged, StoreError, StoreMissing, UsageError
from ingest.privacy.rulings import Rulings

SOURCE, LINK = "xx_fair_work", "https://register.example/77"
COMPOSED, DECOMPOSED = "Zürich Quux", "Zu\u0308rich Quux"


@pytest.fixture
def analyst(tmp_path: Path) -> Analyst:
    (tmp_path / "trackrecord.home").touch()
    return Analyst(tmp_path, wait=0.2)


def allow(analyst: Analyst, name: str = "Zorblax", source_id: str = SOURCE) -> int:
    return analyst.allow(name, source_id, evidence=LINK, why="is registered", by="ann").number


def test_reading_creates_nothing(analyst: Analyst) -> None:
    before = sorted(analyst.home.iterdir())
    assert analyst.rulings(SOURCE) == Rulings()
    assert analyst.rulings(SOURCE).version == ""
    assert (analyst.allow_rules(), analyst.tombstones()) == ([], [])
    assert sorted(analyst.home.iterdir()) == before


def test_a_rule_is_attributable_and_revocable_and_stays_on_record(analyst: Analyst) -> None:
    made = analyst.allow("  Zorblax  ", SOURCE, evidence=LINK, why=" is registered ", by="ann")
    assert (made.company_name, made.evidence, made.why, made.made_by) == ("Zorblax", LINK, "is registered", "ann")
    assert made.made_at.tzinfo is UTC
    assert analyst.rulings(SOURCE).rule_for("Zorblax") == 1
    assert analyst.rulings("xx_other").rule_for("Zorblax") is None
    gone = analyst.revoke(1, why="was a person", by="bob")
    assert (gone.revoked_by, gone.revoked_why) == ("bob", "was a person")
    assert gone.revoked_at is not None
    assert gone.revoked_at >= made.made_at
    assert analyst.rulings(SOURCE) == Rulings(revoked=frozenset({"Zorblax"}))
    assert analyst.allow_rules() == [gone]
    assert analyst.allow_rules(in_force=True) == []
    assert allow(analyst) == 2
    assert [rule.number for rule in analyst.allow_rules(source_id=SOURCE, in_force=True)] == [2]
    assert analyst.allow_rules(source_id="xx_other") == []


def test_a_rule_is_made_once_and_revoked_once(analyst: Analyst) -> None:
    allow(analyst, COMPOSED)
    with pytest.raises(UsageError, match="rule 1 already"):
        allow(analyst, DECOMPOSED)
    analyst.revoke(1, why="error", by="ann")
    for number in (1, 2):
        with pytest.raises(UsageError, match=f"no rule {number} is in force"):
            analyst.revoke(number, why="error", by="ann")


def test_the_version_changes_with_what_is_in_force_for_the_source(analyst: Analyst) -> None:
    versions = [analyst.rulings(SOURCE).version]

    def changed() -> bool:
        versions.append(analyst.rulings(SOURCE).version)
        return versions[-1] != versions[-2]

    allow(analyst)
    assert changed()
    allow(analyst, source_id="xx_other")
    assert not changed()
    analyst.purge(records=[("xx_other", "7")], names=[], reason="error", by="ann")
    assert not changed()
    analyst.purge(records=[(SOURCE, "7")], names=[], reason="error", by="ann")
    assert changed()
    analyst.purge(records=[], names=["Quux"], reason="error", by="ann")
    assert changed()
    analyst.revoke(1, why="error", by="ann")
    assert changed()
    assert len(set(versions)) == 5


@pytest.mark.parametrize("name", [COMPOSED, DECOMPOSED, f" {COMPOSED} ", f"{COMPOSED} c/o Jan Doe"])
def test_an_exact_name_is_that_of_the_agency_in_any_normal_form(analyst: Analyst, name: str) -> None:
    allow(analyst, DECOMPOSED)
    rulings = analyst.rulings(SOURCE)
    assert rulings.rule_for(name) == 1
    assert rulings.rule_for(name.upper()) is None
    assert rulings.rule_for(f"More {name}") is None


def test_a_rule_does_not_keep_the_person_behind_a_care_of_part(analyst: Analyst) -> None:
    allow(analyst, "Zorblax c/o Jan Quillfeather")
    assert b"Quillfeather" not in (analyst.home / "analyst.sqlite").read_bytes()


@pytest.mark.parametrize(
    "evidence", ["", "register.example", "ftp://register.example/1", "https://", "http://a b/", "\0"]
)
def test_evidence_is_an_address_or_a_file(analyst: Analyst, evidence: str) -> None:
    with pytest.raises(UsageError, match="evidence"):
        analyst.allow("Zorblax", SOURCE, evidence=evidence, why="is registered", by="ann")
    assert analyst.allow_rules() == []


def test_evidence_may_be_a_file_that_exists(analyst: Analyst) -> None:
    file = analyst.home / "letter.pdf"
    file.touch()
    rule = analyst.allow("Zorblax", SOURCE, evidence=str(file), why="is registered", by="ann")
    assert rule.evidence == file.as_uri()


@pytest.mark.parametrize(
    ("name", "source_id", "why", "by"),
    [
        ("", SOURCE, "w", "b"), ("--", SOURCE, "w", "b"), ("c/o Jan Doe", SOURCE, "w", "b"),
        ("a" * 1001, SOURCE, "w", "b"),
        ("Z\ud800", SOURCE, "w", "b"), ("Z", " ", "w", "b"), ("Z", SOURCE, " ", "b"), ("Z", SOURCE, "w", ""),
    ],
)  # fmt: skip
def test_every_part_of_a_rule_is_needed(analyst: Analyst, name: str, source_id: str, why: str, by: str) -> None:
    with pytest.raises(UsageError, match="a ruling needs"):
        analyst.allow(name, source_id, evidence=LINK, why=why, by=by)


def test_a_purge_leaves_counts_and_no_text(analyst: Analyst) -> None:
    given = {"records": [(SOURCE, "NOTICE-77"), (SOURCE, "K#2")], "names": ["Roe, Quillfeather"]}
    assert analyst.purge(**given, reason="individual", by="ann") == 4  # type: ignore[arg-type]
    assert analyst.purge(**given, reason="request", by="ann") == 0  # type: ignore[arg-type]
    assert analyst.tombstones() == [Tombstones("name", "individual", 1), Tombstones("record", "individual", 3)]
    stored = b"".join(file.read_bytes() for file in analyst.home.iterdir())
    assert not any(text in stored.lower() for text in (b"notice-77", b"quillfeather"))


def test_a_purged_name_counts_in_every_writing_and_source(analyst: Analyst) -> None:
    analyst.purge(records=[], names=["Roe, Zoë"], reason="individual", by="ann")
    rulings = analyst.rulings("xx_any")
    for writing in ("ZOË ROE", "Roe, Zoe\u0308", "zoe  roe", "Zoe Roe c/o Acme Ltd", "Acme Ltd; Roe, Zoe"):
        assert rulings.is_purged_name(writing), writing
    for other in ("Zoe Roe Ltd", "Roe", "Acme Ltd", ""):
        assert not rulings.is_purged_name(other), other


def test_a_purged_record_counts_in_its_source_with_all_under_its_key(analyst: Analyst) -> None:
    analyst.purge(records=[(SOURCE, "K#2"), (SOURCE, "#3")], names=[], reason="court order", by="ann")
    rulings = analyst.rulings(SOURCE)
    assert [rulings.is_purged_record(SOURCE, key) for key in ("K", "K#2", "K#3", "#3", "")] == [
        True, True, False, True, False,
    ]  # fmt: skip
    assert not analyst.rulings("xx_other").is_purged_record("xx_other", "K")


def test_a_purge_erases_rules_for_the_name_and_no_rule_brings_it_back(analyst: Analyst) -> None:
    allow(analyst, "Quillfeather Zorblax")
    allow(analyst, "Acme Ltd; Zorblax, Quillfeather", "xx_other")
    analyst.revoke(2, why="error", by="ann")
    allow(analyst, "Other")
    analyst.purge(records=[], names=["ZORBLAX Quillfeather"], reason="individual", by="ann")
    assert [rule.number for rule in analyst.allow_rules()] == [3]
    assert not any(b"Quillfeather" in file.read_bytes() for file in analyst.home.iterdir())
    with pytest.raises(UsageError, match="was purged"):
        allow(analyst, "Quillfeather Zorblax")
    assert allow(analyst, "Fourth") == 4


def test_what_cannot_be_purged(analyst: Analyst) -> None:
    with pytest.raises(UsageError, match="there are: individual, request, court order, error"):
        analyst.purge(records=[], names=["Roe"], reason="mood", by="ann")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="letter or digit"):
        analyst.purge(records=[], names=[" "], reason="error", by="ann")
    with pytest.raises(UsageError, match="an analyst's name"):
        analyst.purge(records=[], names=["Roe"], reason="error", by=" ")
    assert not (analyst.home / "purge.key").exists()


def test_files_are_the_owners_alone(analyst: Analyst) -> None:
    analyst.purge(records=[], names=["Roe"], reason="error", by="ann")
    made = {file.name: stat.S_IMODE(file.stat().st_mode) for file in analyst.home.iterdir()}
    assert made.pop("trackrecord.home")
    assert made == {"analyst.sqlite": 0o600, "purge.key": 0o600}


def _purged(analyst: Analyst) -> None:
    allow(analyst)
    analyst.purge(records=[], names=["Roe"], reason="error", by="ann")


def _overwrite_page(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:8192] = b"x" * 4096
    file.write_bytes(bytes(content))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "key lost": lambda home: (home / "purge.key").unlink(),
    "key cut": lambda home: (home / "purge.key").write_bytes(b"short"),
    "other key": lambda home: (home / "purge.key").write_bytes(b"x" * 32),
    "database lost": lambda home: (home / "analyst.sqlite").unlink(),
    "database empty": lambda home: (home / "analyst.sqlite").write_bytes(b""),
    "database of text": lambda home: (home / "analyst.sqlite").write_text("no database " * 1000),
    "database cut": lambda home: (home / "analyst.sqlite").write_bytes((home / "analyst.sqlite").read_bytes()[:4096]),
    "page overwritten": lambda home: _overwrite_page(home / "analyst.sqlite"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_nothing_is_forgotten_in_silence(analyst: Analyst, damage: Callable[[Path], object]) -> None:
    _purged(analyst)
    damage(analyst.home)
    with pytest.raises(StoreDamaged, match=r"Restore (analyst\.sqlite|purge\.key) from a backup"):
        analyst.rulings(SOURCE)
    with pytest.raises(StoreDamaged, match="backup"):
        analyst.purge(records=[], names=["Other"], reason="error", by="ann")
    assert not list(analyst.home.glob("purge.key.*"))


def test_a_file_of_a_later_version_is_left_alone(analyst: Analyst) -> None:
    allow(analyst)
    con = sqlite3.connect(analyst.home / "analyst.sqlite")
    con.execute("PRAGMA user_version = 99")
    con.close()
    with pytest.raises(StoreError, match="Update trackrecord"):
        analyst.rulings(SOURCE)
    with pytest.raises(StoreError, match="Update trackrecord"):
        allow(analyst, "Other")


def test_no_rules_are_kept_in_a_folder_that_is_no_home(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing, match="no home"):
        allow(Analyst(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_said(analyst: Analyst) -> None:
    (analyst.home / "purge.key").mkdir()
    with pytest.raises(StoreDamaged, match="missing or empty"):
        allow(analyst)
    (analyst.home / "purge.key").rmdir()
    allow(analyst)
    (analyst.home / "purge.key").mkdir()
    with pytest.raises(StoreError, match="key cannot be read"):
        analyst.rulings(SOURCE)
    (analyst.home / "analyst.sqlite").unlink()
    (analyst.home / "analyst.sqlite").mkdir()
    with pytest.raises(StoreError, match="cannot be read or written"):
        analyst.allow_rules()


def test_a_key_that_cannot_be_written_leaves_nothing_half_made(
    analyst: Analyst, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    allow(analyst)
    monkeypatch.setattr("ingest.durable.os.fsync", refuse)
    with pytest.raises(StoreError, match="No space left"):
        analyst.purge(records=[], names=["Roe"], reason="error", by="ann")
    monkeypatch.undo()
    assert analyst.tombstones() == []
    assert analyst.purge(records=[], names=["Roe"], reason="error", by="ann") == 1


def test_a_database_that_cannot_be_made_is_said(analyst: Analyst, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("db.analyst_file.os.open", refuse)
    with pytest.raises(StoreError, match="Read-only file system"):
        allow(analyst)


def test_waiting_ends_when_others_keep_the_file(analyst: Analyst) -> None:
    allow(analyst)
    con = sqlite3.connect(analyst.home / "analyst.sqlite", isolation_level=None)
    con.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(StoreBusy, match="Try again"):
            allow(analyst, "Other")
        with pytest.raises(StoreBusy, match="Try again"):
            analyst.rulings(SOURCE)
    finally:
        con.close()
    assert allow(analyst, "Other") == 2


def _write_many(home: Path, who: str) -> None:
    analyst = Analyst(home)
    for turn in range(10):
        allow(analyst, f"Zorblax {who} {turn}")
        analyst.purge(records=[(SOURCE, f"{who}{turn}")], names=[], reason="error", by=who)


def test_two_processes_write_at_the_same_time(analyst: Analyst) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(analyst.home, who)) for who in ("a", "b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    rulings = Analyst(analyst.home).rulings(SOURCE)
    assert len(rulings.allowed) == len(set(rulings.allowed.values())) == 20
    assert all(rulings.is_purged_record(SOURCE, f"{who}{turn}") for who in "ab" for turn in range(10))
