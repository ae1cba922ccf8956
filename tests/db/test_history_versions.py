"""A record's history: every version with what it changed, the retrievals that showed it, and when it vanished."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

import db.sync
from db.history import CONTENT, FieldChange, Version, change_in_words, differences, history
from tests.db.conftest import ROWS, SQL, Agency

START = datetime(2026, 3, 1, 9, tzinfo=UTC)


@dataclass
class Days:
    """An agency that is synced once a day, by an invented clock, and told what each sync did."""

    agency: Agency
    day: int = 0
    runs: list[str] = field(default_factory=list)

    def sync(self, *rows: str, accept: str | None = None) -> None:
        """The next day's sync."""
        moment = (START + timedelta(days=self.day)).replace(tzinfo=None)
        self.day += 1
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(db.sync, "utc_now", lambda: moment)
            report = self.agency.sync(*rows, accept=accept)
        self.runs.append(report.outcome)

    def history(self, key: str) -> list[Version]:
        with self.agency.store.reading() as con:
            return history(con, f"xx_fair_work:{key}")


def on(day: int) -> datetime:
    """The time of the sync of that day, from 0."""
    return START + timedelta(days=day)


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Days:
    """Eight days: the same file, an amount corrected, a row gone and back, another adapter."""
    found = Days(Agency(tmp_path_factory.mktemp("agency")))
    corrected = (ROWS[0].replace("1000", "900").replace("Acme Widgets", "Acme Gadgets"), *ROWS[1:])
    found.sync(*ROWS)
    found.sync(*ROWS)
    found.sync(*corrected)
    found.sync(*corrected[:1], *corrected[2:])
    found.sync(*corrected[:1], *corrected[2:])
    found.sync(*corrected)
    found.agency.sql = SQL.replace("'penalty' AS kind", "'order' AS kind")
    found.sync(*corrected)
    found.sync(*corrected)
    assert found.runs == ["loaded", "unchanged", "loaded", "loaded", "unchanged", "loaded", "loaded", "unchanged"]
    return found


def test_each_version_says_what_changed_and_who_showed_it(days: Days) -> None:
    first, second, third = days.history("1")
    assert [v.version for v in (first, second, third)] == [1, 2, 3]
    assert (first.changes, first.remarks, first.removal) == ([], [], None)
    assert (first.said["company_name"], first.data_as_of) == ("Acme Widgets Ltd", None)
    assert [line for change in second.changes for line in change_in_words(change)] == [
        "company_name: Acme Widgets Ltd → Acme Gadgets Ltd",
        "amounts: final 1,000.00 EUR → final 900.00 EUR",
    ]
    assert (first.superseded_at, second.changed_at, second.superseded_at) == (on(2), on(2), on(6))
    shown = [(v.first.synced_at, v.last.synced_at) for v in (first, second, third) if v.first and v.last]
    assert shown == [(on(0), on(1)), (on(2), on(5)), (on(6), on(7))]


def test_runs_that_found_the_file_unchanged_count_as_showing(days: Days) -> None:
    first = days.history("1")[0]
    assert first.first
    assert first.last
    chain = days.agency.ask("SELECT retrieval_id, outcome FROM retrieval ORDER BY seq LIMIT 2")
    assert chain == [(first.first.retrieval_id, "ok"), (first.last.retrieval_id, "unchanged")]
    assert first.last.retrieved_at == datetime(2024, 6, 1, 8, tzinfo=UTC)


def test_only_another_adapter_is_said(days: Days) -> None:
    third = days.history("1")[-1]
    assert third.changes == [FieldChange("kind", "penalty", "order")]
    assert third.remarks == [f"the agency's row is unchanged: re-read with adapter {third.adapter_version}"]
    assert third.adapter_version == days.agency.source.adapter_version


def test_a_removal_has_its_range_and_a_return_is_said(days: Days) -> None:
    first, back, _ = days.history("2")
    assert first.removal
    assert first.removal.last
    assert first.removal.missed
    assert first.removal.removal == "removed at source"
    assert (first.removal.last.synced_at, first.removal.missed.synced_at) == (on(2), on(3))
    assert first.removal.last == first.last
    assert (back.changes, back.remarks) == ([], ["came back after it was removed at source"])
    assert (back.version, back.changed_at, back.removal) == (2, on(5), None)


def test_an_erased_version_leaves_a_gap_that_is_said(tmp_path: Path) -> None:
    found = Days(Agency(tmp_path))
    for amount in ("1000", "900", "800"):
        found.sync(ROWS[0].replace("1000", amount), *ROWS[1:])
    with found.agency.store.writing() as writer, writer.next_generation() as con:
        con.execute("DELETE FROM gen.record_history WHERE version = 2")
    _, third = found.history("1")
    assert third.remarks == ["version 2 erased: it held what is not stored, or was purged"]
    assert [line for c in third.changes for line in change_in_words(c)] == [
        "amounts: final 1,000.00 EUR → final 800.00 EUR"
    ]
    with found.agency.store.writing() as writer, writer.next_generation() as con:
        con.execute("DELETE FROM gen.record_history")
    (third,) = found.history("1")
    assert third.remarks == ["version 1, 2 erased: it held what is not stored, or was purged"]


def test_another_gate_is_said_only_where_the_gate_decides(tmp_path: Path) -> None:
    found = Days(Agency(tmp_path))
    found.sync(*ROWS)
    found.sync(ROWS[0].replace("Acme Widgets", "Acme Gadgets"), *ROWS[1:])
    with found.agency.store.writing() as writer, writer.next_generation() as con:
        con.execute("UPDATE gen.record_history SET row_hash = (SELECT row_hash FROM gen.record WHERE native_id = '1')")
        con.execute("UPDATE gen.run SET gate_version = 'other' WHERE started_at < ?", [on(1).replace(tzinfo=None)])
    assert found.history("1")[1].remarks == ["the agency's row is unchanged: judged by another gate or ruling"]
    with found.agency.store.writing() as writer, writer.next_generation() as con:
        con.execute("UPDATE gen.record_history SET status = 'alleged'")
    assert found.history("1")[1].remarks == []


def test_versions_without_books_are_still_shown(days: Days, tmp_path: Path) -> None:
    found = Days(Agency(tmp_path))
    found.sync(*ROWS)
    with found.agency.store.writing() as writer, writer.next_generation() as con:
        con.execute("UPDATE gen.record SET removed_at = changed_at + INTERVAL 1 DAY")
        con.execute("DELETE FROM gen.retrieval")
    (version,) = found.history("1")
    assert (version.first, version.last) == (None, None)
    assert version.removal
    assert (version.removal.removal, version.removal.missed) == ("removed at source", None)
    assert days.history("none") == []


def applied(before: dict[str, Any], changes: list[FieldChange]) -> dict[str, Any]:
    """What a record says once these changes are made to what it said."""
    for change in changes:
        assert before.get(change.field) == change.before
    return {**before, **{change.field: change.after for change in changes}}


def test_all_versions_in_order_give_the_present_state(tmp_path: Path) -> None:
    """A walk of eight days over five rows: each is edited, dropped or given back by chance; the books must agree."""
    seed = 20260301
    chance = Random(seed)  # noqa: S311 -- no secret
    found = Days(Agency(tmp_path))
    keys = [str(n) for n in range(1, 6)]
    rows = {key: (f"Quarry {key} Ltd", "F", date(2024, 1, int(key)), 100 * int(key)) for key in keys}
    shown: dict[str, list[tuple[int, object]]] = {key: [] for key in keys}
    for day in range(8):
        for key in keys:
            name, status, issued, amount = rows[key]
            edit = chance.choice(("none", "none", "none", "amount", "status", "day"))
            amount += 7 * (edit == "amount")
            status = {"F": "V", "V": "F"}[status] if edit == "status" else status
            rows[key] = (name, status, issued + timedelta(days=edit == "day"), amount)
        gone = chance.sample(keys, chance.choice((0, 0, 1, 2)))
        for key in keys:
            shown[key].append((day, None if key in gone else rows[key]))
        lines = [f"{k},{n},{s},{i},{a}," for k, (n, s, i, a) in rows.items() if k not in gone]
        found.sync(*lines)
    assert "failed" not in found.runs
    for key in keys:
        versions = found.history(key)
        assert [v.version for v in versions] == [*range(1, len(versions) + 1)], seed
        assert [v.superseded_at for v in versions] == [*(v.changed_at for v in versions[1:]), None], seed
        state = versions[0].said
        for version in versions[1:]:
            state = applied(state, version.changes)
            assert {name: value for name, value in state.items() if value is not None} == version.said, seed
        # the days on which the agency showed each version, and those on which it showed nothing
        expected: list[tuple[int, int]] = []
        before: object = None
        for day, row in shown[key]:
            if row is not None and row == before:
                expected[-1] = (expected[-1][0], day)
            elif row is not None:
                expected.append((day, day))
            before = row
        told = [(v.first.synced_at, v.last.synced_at) for v in versions if v.first and v.last]
        assert told == [(on(first), on(last)) for first, last in expected], seed
        for (_, last), version in zip(expected, versions, strict=True):
            missed = version.removal.missed.synced_at if version.removal and version.removal.missed else None
            after = dict(shown[key]).get(last + 1, "the end")
            assert missed == (on(last + 1) if after is None else None), seed


def test_differences_leave_out_what_is_no_content() -> None:
    before = dict.fromkeys((*CONTENT, "native_id", "data_as_of", "row_number"))
    assert differences(before, {**before, "data_as_of": date(2026, 1, 1), "row_number": 7, "native_id": "2"}) == []


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (FieldChange("status", None, "final"), ["status: (nothing) → final"]),
        (FieldChange("issued_on", date(2026, 1, 1), None), ["issued_on: 2026-01-01 → (nothing)"]),
        (
            FieldChange(
                "names",
                [{"name": "Acme", "kind": "alias"}, {"name": "Old Acme", "kind": "former"}],
                [{"name": "Acme", "kind": "trade"}, {"name": "New", "kind": "alias"}],
            ),
            ["names: Acme (alias) → Acme (trade)", "names: gone Old Acme (former)", "names: added New (alias)"],
        ),
        (
            FieldChange(
                "amounts",
                [{"kind": "final", "value": 1, "currency": None}],
                [{"kind": "final", "value": None, "currency": None}, {"kind": "paid", "value": 2, "currency": "EUR"}],
            ),
            [
                "amounts: final 1 (currency not stated) → final not stated (currency not stated)",
                "amounts: added paid 2 EUR",
            ],
        ),
        (
            FieldChange("addresses", [{"text": "1 Elm St", "city": None}], [{"text": "2 Elm St", "city": "Omaha"}]),
            ["addresses: 1 Elm St → 2 Elm St, Omaha"],
        ),
        (
            FieldChange("identifiers", None, [{"scheme": "lei", "value": "X", "valid": False}]),
            ["identifiers: added lei X (not valid)"],
        ),
        (
            FieldChange("events", [{"date": date(2026, 1, 1), "type": "hearing", "note": None}], None),
            ["events: gone 2026-01-01 hearing"],
        ),
        (
            FieldChange(
                "names",
                [{"name": "A", "kind": "alias"}, {"name": "B", "kind": "alias"}],
                [{"name": "B", "kind": "alias"}, {"name": "A", "kind": "alias"}],
            ),
            ["names: the same in another order"],
        ),
    ],
)
def test_a_change_is_read_item_by_item(change: FieldChange, lines: list[str]) -> None:
    assert change_in_words(change) == lines
