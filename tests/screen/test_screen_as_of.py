"""A screening as of a day answers from what the database knew at the end of it."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import db.sync
from db.as_of import known_on
from db.screen.run import Wish, screen
from ingest.catalog import Retention
from ingest.errors import UsageError
from tests.db.conftest import ROWS, Agency

FIRST, SECOND = datetime(2026, 3, 1, 9), datetime(2026, 3, 20, 9)  # noqa: DTZ001 -- stored without zone
NOW = datetime(2026, 4, 1, tzinfo=UTC)


@dataclass
class Asking:
    agency: Agency
    folder: Path
    retention: Retention = "permanent"

    def about(self, name: str, as_of: date | None) -> dict[str, Any]:
        """The row of the report on one supplier."""
        (self.folder / "s.csv").write_text(f"Vendor\n{name}\n", encoding="utf-8")
        wish = Wish(self.folder / "s.csv", self.folder / "r.jsonl", as_of=as_of)
        source = replace(self.agency.source, retention=self.retention)
        screen(self.agency.store, wish, [source], NOW, lambda *_: None)
        found: dict[str, Any] = json.loads((self.folder / "r.jsonl").read_text(encoding="utf-8"))
        return found


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asking:
    """Two syncs: on the second one amount was changed, one record was gone and one company was new."""
    agency = Agency(tmp_path)
    monkeypatch.setattr(db.sync, "utc_now", lambda: FIRST)
    assert agency.sync(*ROWS).error is None
    monkeypatch.setattr(db.sync, "utc_now", lambda: SECOND)
    changed = ROWS[0].replace("1000", "900").replace("2024-01-31", "2025-02-01")
    assert agency.sync(changed, *ROWS[2:], "6,Zeta Mining Ltd,F,2026-03-10,70,").error is None
    return Asking(agency, tmp_path)


BEFORE, BETWEEN, AFTER = FIRST.date() - timedelta(days=1), date(2026, 3, 5), SECOND.date()


def test_a_changed_record_has_the_version_of_the_day(asking: Asking) -> None:
    (then,) = asking.about("Acme Widgets Ltd", BETWEEN)["matches"]
    (later,) = asking.about("Acme Widgets Ltd", AFTER)["matches"]
    assert (then["company"]["amounts"], then["company"]["last_on"]) == (
        [{"kind": "final", "currency": "EUR", "value": "1000.00"}],
        "2024-01-31",
    )
    assert (later["company"]["amounts"][0]["value"], later["company"]["last_on"]) == ("900.00", "2025-02-01")
    assert asking.about("Acme Widgets Ltd", None)["matches"] == [later]


def test_a_removed_record_was_not_yet_removed(asking: Asking) -> None:
    (then,) = asking.about("Beta Tools GmbH", BETWEEN)["matches"]
    (later,) = asking.about("Beta Tools GmbH", None)["matches"]
    asking.retention = "mirror-source"
    assert asking.about("Beta Tools GmbH", BETWEEN)["matches"] == [then]
    assert asking.about("Beta Tools GmbH", None)["matches"] == []
    assert (then["company"]["removed"], later["company"]["removed"]) == (0, 1)
    assert (then["company"]["by_kind"], later["company"]["by_kind"]) == ({"penalty": 1}, {})


def test_a_company_known_later_is_a_qualified_nil(asking: Asking) -> None:
    row = asking.about("Zeta Mining Ltd", BETWEEN)
    assert (row["result"], row["matches"]) == ("no record found", [])
    assert row["meaning"].startswith(
        "searched 3 records of 1 sources; as known on 2026-03-05; data as of: xx_fair_work "
    )
    assert asking.about("Zeta Mining Ltd", AFTER)["matches"][0]["company"]["records"] == 1


def test_before_the_first_sync_nothing_was_searched(asking: Asking) -> None:
    row = asking.about("Acme Widgets Ltd", BEFORE)
    assert row["matches"] == []
    assert "searched 0 records of 0 sources" in row["meaning"]
    assert "not searched: xx_fair_work" in row["meaning"]


def test_nothing_is_said_of_a_day_to_come(asking: Asking) -> None:
    assert "data as of: ;" not in asking.about("Acme Widgets Ltd", BEFORE)["meaning"]
    with pytest.raises(UsageError, match="2999-01-01 is still to come"):
        asking.about("Acme Widgets Ltd", date(2999, 1, 1))


def test_a_corrected_name_counts_for_the_company_it_belongs_to_now(asking: Asking) -> None:
    asking.agency.sync(ROWS[0].replace("Acme Widgets", "Acme Gadgets"), *ROWS[1:])
    with asking.agency.store.reading() as con:
        known_on(con, BETWEEN, today=BETWEEN, retention={})
        ((name, company),) = con.execute(
            "SELECT k.company_name, c.name FROM known k JOIN company c USING (company_id) WHERE native_id = '1'"
        ).fetchall()
    assert (name, company) == ("Acme Widgets Ltd", "Acme Gadgets Ltd")


def test_a_person_finds_nothing_and_leaves_no_trace(asking: Asking, tmp_path: Path) -> None:
    row = asking.about("Roe, Janet Q.", None)
    assert row["matches"] == []
    held = [path for path in tmp_path.rglob("*") if path.is_file() and "mirror" not in path.parts]
    assert {path.name for path in held if b"Janet" in path.read_bytes()} == {"s.csv", "r.jsonl"}
