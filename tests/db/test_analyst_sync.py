"""Rulings of analysts and a changed gate take effect at the next sync, though the agency's file is the same."""

from typing import Any

import pytest

from db.analyst import Analyst
from db.sync import Options, sync
from ingest.errors import StoreDamaged, StoreError
from tests.db.test_sync_privacy import everything_below

NAME = "Zorblax Quuxly"
ROWS = ("1,Acme Widgets Ltd,F,2024-01-31,1000,", f"2,{NAME},F,2024-02-29,10,", "3,Gamma Foods SA,F,2024-03-31,5,")
NAMES = "SELECT company_name, gate_reason FROM record ORDER BY native_id"
ACME, GAMMA = ("Acme Widgets Ltd", "legal form: ltd"), ("Gamma Foods SA", "legal form: sa")
LINK = "https://register.example/77"


def allow(agency: Any, name: str = NAME) -> int:
    rule = Analyst(agency.home).allow(name, agency.source.id, evidence=LINK, why="is registered", by="ann")
    return rule.number


def purge(agency: Any, *names: str, records: tuple[str, ...] = ()) -> None:
    keys = [(agency.source.id, key) for key in records]
    Analyst(agency.home).purge(records=keys, names=names, reason="request", by="ann")


def test_a_rule_and_its_revocation_take_effect_at_the_next_sync_of_the_same_file(agency: Any) -> None:
    assert agency.sync(*ROWS).withheld == {"no evidence": 1}
    assert agency.sync(*ROWS).outcome == "unchanged"
    allow(agency)
    assert agency.ask(NAMES) == [ACME, GAMMA]
    report = agency.sync(*ROWS)
    assert (report.outcome, report.records["added"], report.rows["withheld"]) == ("loaded", 1, 0)
    assert agency.ask(NAMES) == [ACME, (NAME, "allowed by analyst, rule 1"), GAMMA]
    assert agency.sync(*ROWS).outcome == "unchanged"
    Analyst(agency.home).revoke(1, why="was a person", by="bob")
    report = agency.sync(*ROWS)
    assert (report.outcome, report.records["removed"], report.withheld) == ("loaded", 1, {"no evidence": 1})
    assert agency.ask(NAMES) == [ACME, GAMMA]
    assert agency.ask("SELECT count(*) FROM record_history") == [(0,)]
    assert agency.sync(*ROWS).outcome == "unchanged"


def test_after_a_revocation_nothing_but_the_rule_holds_the_name(agency: Any) -> None:
    agency.sync(*ROWS)
    allow(agency)
    agency.sync(*ROWS)
    Analyst(agency.home).revoke(1, why="was a person", by="bob")
    agency.sync(*ROWS)
    (agency.home / "analyst.sqlite").unlink()
    assert NAME.encode() not in everything_below(agency.home)


def test_a_rule_of_another_source_lets_nothing_pass_and_reads_nothing_anew(agency: Any) -> None:
    agency.sync(*ROWS)
    Analyst(agency.home).allow(NAME, "xx_other", evidence=LINK, why="is registered", by="ann")
    assert agency.sync(*ROWS).outcome == "unchanged"
    assert agency.ask(NAMES) == [ACME, GAMMA]


def test_a_rule_made_while_a_sync_runs_holds_from_the_next_one(agency: Any) -> None:
    agency.sync(*ROWS)
    made: list[int] = []

    def meanwhile(*_: object) -> None:
        if not made:
            made.append(allow(agency))

    changed = (*ROWS, "4,Delta Lines Inc,F,2024-05-31,10,")
    (report,) = sync(agency.store, [agency.source], Options(mirror=agency.publish(*changed)), meanwhile)
    assert (made, report.outcome, report.rows["withheld"]) == ([1], "loaded", 1)
    assert agency.sync(*changed).rows["withheld"] == 0


def test_a_rule_is_made_while_another_holds_the_writers_lock(agency: Any) -> None:
    agency.sync(*ROWS)
    with agency.store.writing():
        assert allow(agency) == 1


def test_what_passed_by_a_revoked_rule_goes_though_an_increment_shows_it_no_more(agency: Any) -> None:
    agency.snapshot = "increment"
    decomposed = "Zorbla\u0308x Quuxly"
    agency.sync(*ROWS[:2])
    allow(agency)
    allow(agency, "Zorbläx Quuxly")
    agency.sync(*ROWS[:2], f"7,{decomposed},F,2024-02-29,10,")
    Analyst(agency.home).revoke(1, why="was a person", by="bob")
    report = agency.sync(ROWS[2])
    assert report.records["removed"] == 1
    assert agency.ask(NAMES) == [ACME, GAMMA, (decomposed, "allowed by analyst, rule 2")]


def test_a_record_that_stays_names_the_rule_in_force(agency: Any) -> None:
    agency.sync(*ROWS)
    allow(agency)
    agency.sync(*ROWS)
    Analyst(agency.home).revoke(1, why="better evidence", by="ann")
    allow(agency)
    report = agency.sync(*ROWS)
    assert (report.records["unchanged"], report.records["changed"]) == (3, 0)
    assert agency.ask(NAMES) == [ACME, (NAME, "allowed by analyst, rule 2"), GAMMA]


def test_a_changed_gate_reads_everything_anew(agency: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    agency.sync(*ROWS)
    monkeypatch.setattr("db.ledger.gate_version", lambda: "another")
    report = agency.sync(*ROWS)
    assert (report.outcome, report.records["unchanged"]) == ("loaded", 2)
    assert agency.sync(*ROWS).outcome == "unchanged"
    assert agency.ask("SELECT count(DISTINCT gate_version) FROM run") == [(2,)]


def test_a_generation_of_before_the_version_was_kept_is_read_anew(agency: Any) -> None:
    agency.sync(*ROWS)
    with agency.store.writing() as writer, writer.next_generation() as con:
        con.execute("UPDATE gen.run SET gate_version = NULL")
    assert agency.sync(*ROWS).outcome == "loaded"


def test_a_purged_record_does_not_come_back_and_its_rows_stay_counted(agency: Any) -> None:
    agency.sync(*ROWS)
    purge(agency, records=("1",))
    for _ in range(2):
        report = agency.sync(*ROWS, accept="test")
        assert agency.ask(NAMES) == [GAMMA]
    assert agency.ask("SELECT fate, reason, n FROM tally WHERE reason = 'purged' ORDER BY fate") == [
        ("withheld", "purged", 1), ("withheld respondent", "purged", 1),
    ]  # fmt: skip
    assert report.outcome == "unchanged"
    changed = (ROWS[0].replace("1000", "2000"), *ROWS[1:])
    report = agency.sync(*changed)
    assert report.withheld == {"no evidence": 1, "purged": 1}
    assert report.rows["read"] == report.rows["mapped"] + report.rows["withheld"] == 3
    assert agency.ask("SELECT count(*) FROM record_history") == [(0,)]
    assert b"Acme Widgets" not in everything_below(agency.home)


def test_a_purged_record_takes_all_under_its_key_and_nothing_else(agency: Any) -> None:
    twice = (*ROWS, "1,Delta Lines Inc,F,2024-05-31,10,")
    agency.sync(*twice)
    ((native_id,),) = agency.ask("SELECT native_id FROM record WHERE native_id LIKE '1#%'")
    purge(agency, records=(str(native_id),))
    agency.sync(*twice)
    assert agency.ask(NAMES) == [GAMMA]


@pytest.mark.parametrize("name", ["ACME  WIDGETS, LTD.", "Ltd Acme Widgets"])
def test_a_purged_name_does_not_come_back_under_another_key(agency: Any, name: str) -> None:
    agency.sync(*ROWS)
    purge(agency, "Acme Widgets Ltd")
    report = agency.sync(*ROWS, f'8,"{name}",F,2024-05-31,10,')
    assert report.withheld == {"no evidence": 1, "purged": 2}
    assert agency.ask(NAMES) == [GAMMA]
    assert agency.ask("SELECT count(*) FROM company_name WHERE name ILIKE '%acme%'") == [(0,)]


@pytest.mark.parametrize("lost", ["purge.key", "analyst.sqlite"])
def test_without_key_or_tombstones_nothing_is_synced(agency: Any, lost: str) -> None:
    agency.sync(*ROWS)
    purge(agency, records=("1",))
    agency.sync(*ROWS)
    (agency.home / lost).unlink()
    before = agency.store.current
    with pytest.raises(StoreDamaged, match="Restore"):
        agency.sync(*ROWS)
    assert agency.store.current == before
    assert agency.ask(NAMES) == [GAMMA]


def test_a_database_that_cannot_be_read_stops_the_sync_and_leaves_the_lock_free(agency: Any) -> None:
    agency.sync(*ROWS)
    (agency.home / "analyst.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="damaged"):
        agency.sync(*ROWS)
    (agency.home / "analyst.sqlite").unlink()
    assert agency.sync(*ROWS).outcome == "unchanged"
