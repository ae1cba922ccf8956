"""What the agency shows no more is judged again when gate or rulings have changed, and goes when it is withheld."""

import shutil
from collections.abc import Sequence
from typing import Any

import pytest

import db.ledger
import ingest.privacy.gate
from db.analyst import Analyst
from db.verify import verify
from ingest.privacy.judge import judge
from ingest.privacy.verdict import Entity, Subject, Verdict
from tests.db.traces import traces

NAME = "Quillfeather Zebedin"
ROW = f"1,{NAME} Ltd,F,2024-01-31,1000,"
ROWS = ("2,Beta Tools GmbH,F,2024-02-29,2500.50,", "3,Gamma Foods SA,V,2024-03-31,,")
ALIASED = """
SELECT _row, NOTICE_NO AS native_id, 'penalty' AS kind, EMPLOYER AS company_name, 'xx' AS country, 'final' AS status,
       [alias('alias', nullif(STATE, ''))] AS names FROM notice
"""


def sound(agency: Any) -> bool:
    return not verify(agency.store, lambda *_: None).findings


def stricter_gate(patch: pytest.MonkeyPatch, version: str | None = "another gate") -> None:
    """From now on the gate takes everything called so for a person."""

    def strict(subjects: Sequence[Subject]) -> list[Verdict]:
        found = zip(subjects, judge(subjects), strict=True)
        return [Verdict(Entity.PERSON, "person name pattern") if NAME in s.name else v for s, v in found]

    patch.setattr(ingest.privacy.gate, "judge", strict)
    if version:
        patch.setattr(db.ledger, "gate_version", lambda: version)


@pytest.mark.parametrize("snapshot", ["full", "increment"])
def test_a_stricter_gate_erases_what_is_shown_no_more(
    agency: Any, snapshot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency.snapshot = snapshot
    agency.sync(ROW, *ROWS)
    assert agency.sync(*ROWS).error is None
    assert traces(agency.home, NAME)
    stricter_gate(monkeypatch)
    report = agency.sync(*ROWS)
    assert (report.error, report.records["removed"], report.records["unchanged"]) == (None, 1, 2)
    assert traces(agency.home, NAME) == []
    assert sound(agency)


def test_a_stricter_gate_takes_an_alias_out_of_what_stays(agency: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    agency.sql = ALIASED
    rows = (f"1,Acme Ltd,{NAME} Ltd,,1,", "2,Beta Ltd,Beta Trading Ltd,,2,", "3,Gamma Ltd,,,2,")
    agency.sync(*rows)
    agency.sync(*rows[1:])
    agency.sync(rows[0], *rows[1:])
    agency.sync(*rows[1:])
    assert agency.ask("SELECT count(*) FROM record_history WHERE native_id = '1'") == [(1,)]
    stricter_gate(monkeypatch)
    assert agency.sync(*rows[1:]).error is None
    assert agency.ask("SELECT company_name, names FROM record WHERE native_id = '1'") == [("Acme Ltd", None)]
    assert agency.ask("SELECT count(*) FROM record_history WHERE native_id = '1'") == [(0,)]
    assert traces(agency.home, NAME) == []
    assert traces(agency.home, "Beta Trading")
    assert sound(agency)


def test_the_same_gate_judges_nothing_again(agency: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    agency.sync(ROW, *ROWS)
    agency.sync(*ROWS)
    stricter_gate(monkeypatch, version=None)
    assert agency.sync(*ROWS, "4,Delta Lines Inc,F,2024-04-30,10,").error is None
    assert agency.ask("SELECT removal FROM record WHERE native_id = '1'") == [("removed at source",)]


@pytest.mark.parametrize("by", ["key", "name"])
def test_tombstones_erase_what_is_shown_no_more(agency: Any, by: str) -> None:
    """A purge that was killed after its first step, or a database restored from a backup."""
    agency.sync(ROW, *ROWS)
    records, names = ([("xx_fair_work", "1")], []) if by == "key" else ([], [f"{NAME} Ltd"])
    Analyst(agency.home).purge(records=records, names=names, reason="individual", by="t")
    assert agency.sync(*ROWS).error is None
    assert traces(agency.home, NAME) == []
    assert agency.ask("SELECT count(*) FROM record") == [(2,)]
    assert sound(agency)


def test_a_restored_backup_loses_what_was_purged_at_the_next_sync(agency: Any) -> None:
    agency.sync(ROW, *ROWS)
    for name in ("generations", "evidence"):
        shutil.copytree(agency.home / name, agency.folder / name)
    pointer = (agency.home / "CURRENT").read_bytes()
    Analyst(agency.home).purge(records=[("xx_fair_work", "1")], names=[], reason="individual", by="t")
    agency.sync(ROW, *ROWS)
    assert traces(agency.home, NAME) == []
    for name in ("generations", "evidence"):
        shutil.rmtree(agency.home / name)
        shutil.copytree(agency.folder / name, agency.home / name)
    (agency.home / "CURRENT").write_bytes(pointer)
    assert traces(agency.home, NAME)
    agency.sync(*ROWS)
    assert traces(agency.home, NAME) == []


def test_a_revoked_rule_takes_the_alias_it_let_pass_along(agency: Any) -> None:
    agency.sql = ALIASED
    rows = (f"2,Acme Ltd,{NAME},,1,", "3,Gamma Ltd,,,2,")
    agency.sync(*rows)
    assert traces(agency.home, NAME) == []
    Analyst(agency.home).allow(NAME, "xx_fair_work", evidence="https://register.example/1", why="firm", by="t")
    agency.sync(*rows)
    assert agency.ask("SELECT names[1].name FROM record WHERE native_id = '2'") == [(NAME,)]
    Analyst(agency.home).revoke(1, why="was a person", by="t")
    agency.sync("2,Acme Ltd,,,1,", rows[1])
    assert [found for found in traces(agency.home, NAME) if "analyst" not in found] == []
    assert sound(agency)
