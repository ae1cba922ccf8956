"""A record is called removed only by a whole, plausible retrieval of a full source, with the range in which it went."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import db.sync
from db.history import Removal, history
from db.show.page import Asked
from db.show.record import HistoryFile, record_history
from ingest.catalog import Source, load_source
from ingest.errors import Blocked, FetchError, PartialPayload
from ingest.fetch import Fetcher
from tests.db.conftest import HEADER, ROWS, Agency
from tests.db.doctored import copied

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
WITHOUT_BETA = (ROWS[0], *ROWS[2:])
BETA = "xx_fair_work:2"
OLDER = """
[[resource]]
name = "older"
pattern = "file"
url = "https://fairwork.example/open-data/older.csv"
format = "csv"
key = ["NOTICE_NO"]
used = ["NOTICE_NO", "EMPLOYER", "STATE", "ISSUED", "AMOUNT"]
personal = ["CONTACT"]
"""


@dataclass
class TwoFiles(Agency):
    """The agency with a second file, which is `served` or not."""

    served: bool = True

    @property
    def source(self) -> Source:
        folder = super().source.folder
        file, sql = folder / "source.toml", folder / "records.sql"
        file.write_text(file.read_text(encoding="utf-8").replace("\n[bounds]", f"{OLDER}\n[bounds]"), encoding="utf-8")
        columns = "_row, NOTICE_NO, EMPLOYER, STATE, ISSUED, AMOUNT"
        both = f"FROM (SELECT {columns} FROM notice UNION ALL SELECT {columns} FROM older)"
        sql.write_text(sql.read_text(encoding="utf-8").replace("FROM notice", both), encoding="utf-8")
        return load_source(folder)

    def publish(self, *rows: str, header: str = HEADER, name: str = "notices.csv") -> Path:
        mirror = super().publish(*rows, header=header, name=name)
        (mirror / "older.csv").write_text(f"{header}\n90,Eta Cranes Ltd,F,2019-01-31,5,\n", encoding="utf-8")
        index = mirror / "index.json"
        (entry,) = json.loads(index.read_text(encoding="utf-8"))
        older = {**entry, "url": entry["url"].replace("notices", "older"), "file": "older.csv"}
        index.write_text(json.dumps([entry, *([older] if self.served else [])]), encoding="utf-8")
        return mirror


@dataclass
class Days:
    """An agency that is synced once a day."""

    agency: Agency
    day: int = 0
    errors: list[str] = field(default_factory=list)

    def sync(self, *rows: str) -> str:
        """The next day's sync; gives its outcome."""
        moment = (START + timedelta(days=self.day)).replace(tzinfo=None)
        self.day += 1
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(db.sync, "utc_now", lambda: moment)
            report = self.agency.sync(*rows)
        self.errors.append(report.error or "")
        return report.outcome

    def removal(self, record_id: str = BETA) -> Removal | None:
        with self.agency.store.reading() as con:
            return history(con, record_id)[-1].removal


def on(day: int) -> datetime:
    return START + timedelta(days=day)


def fails_with(error: FetchError) -> Callable[..., Any]:
    def fetch_group(*_: object, **__: object) -> None:
        raise error

    return fetch_group


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    """A home after its first day, which is only ever copied."""
    agency = Agency(tmp_path_factory.mktemp("agency"))
    Days(agency).sync(*ROWS)
    return agency


@pytest.fixture
def days(first_day: Agency, tmp_path: Path) -> Days:
    return Days(copied(first_day, tmp_path / "agency"), day=1)


def test_a_failed_blocked_or_partial_retrieval_infers_nothing(days: Days, monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (Blocked, PartialPayload, FetchError):
        with monkeypatch.context() as patch:
            patch.setattr(Fetcher, "fetch_group", fails_with(error("no usable answer", source="xx_fair_work")))
            assert days.sync(*WITHOUT_BETA) == "failed"
        assert days.removal() is None
    days.sync(*WITHOUT_BETA)
    removal = days.removal()
    assert removal
    assert removal.last
    assert removal.missed
    assert (removal.last.synced_at, removal.missed.synced_at) == (on(0), on(4))


def test_one_file_of_several_that_fails_infers_nothing(tmp_path: Path) -> None:
    agency = TwoFiles(tmp_path)
    days = Days(agency)
    assert days.sync(*ROWS) == "loaded"
    agency.served = False
    assert days.sync(*WITHOUT_BETA) == "failed"
    assert days.removal() is None
    assert days.removal("xx_fair_work:90") is None
    agency.served = True
    assert days.sync(*WITHOUT_BETA) == "loaded"
    removal = days.removal()
    assert removal
    assert removal.last
    assert removal.missed
    # of the two files of the run, the one that had shown it
    assert (removal.last.url, removal.missed.url) == ("https://fairwork.example/open-data/notices.csv",) * 2
    assert days.removal("xx_fair_work:90") is None


def test_an_implausibly_small_file_infers_nothing(days: Days) -> None:
    assert days.sync(ROWS[0], ROWS[2]) == "failed"
    assert "a fall over 50%" in days.errors[-1]
    assert days.removal() is None


def test_a_file_with_unreadable_rows_infers_nothing(days: Days) -> None:
    assert days.sync(*WITHOUT_BETA, "6,Half a row Ltd") == "loaded"
    assert days.removal() is None
    days.sync(*WITHOUT_BETA)
    removal = days.removal()
    assert removal
    assert removal.last
    assert removal.missed
    # the run between did not show it: the last one that did is the first
    assert (removal.last.synced_at, removal.missed.synced_at) == (on(0), on(2))


def test_an_increment_infers_nothing(tmp_path: Path) -> None:
    days = Days(Agency(tmp_path, snapshot="increment"))
    days.sync(*ROWS)
    days.sync("6,Zeta Mining Ltd,F,2026-03-10,70,")
    days.sync("6,Zeta Mining Ltd,F,2026-03-10,70,")
    with days.agency.store.reading() as con:
        (beta,), (zeta,) = history(con, BETA), history(con, "xx_fair_work:6")
    assert (beta.removal, zeta.removal) == (None, None)
    assert beta.last
    assert zeta.last
    assert (beta.last.synced_at, zeta.last.synced_at) == (on(0), on(2))


def test_the_range_begins_with_the_last_of_several_unchanged_retrievals(days: Days) -> None:
    assert [days.sync(*ROWS) for _ in range(2)] == ["unchanged", "unchanged"]
    assert [days.sync(*WITHOUT_BETA) for _ in range(3)] == ["loaded", "unchanged", "unchanged"]
    removal = days.removal()
    assert removal
    assert removal.last
    assert removal.missed
    assert (removal.last.synced_at, removal.missed.synced_at) == (on(2), on(3))
    assert removal.removed_at == on(3)
    chain = [row[0] for row in days.agency.ask("SELECT retrieval_id FROM retrieval ORDER BY seq")]
    assert (removal.last.retrieval_id, removal.missed.retrieval_id) == (chain[2], chain[3])


def test_what_ages_out_of_a_window_is_never_called_removed(tmp_path: Path) -> None:
    days = Days(Agency(tmp_path, snapshot="window"))
    days.sync("2,Beta Tools GmbH,F,2019-01-31,1,", "3,Gamma SA,F,2999-01-31,1,")
    days.sync("3,Gamma SA,F,2999-01-31,1,", "4,Delta Ltd,F,2999-01-31,2,")
    removal = days.removal()
    assert removal
    assert removal.removal == "aged out"


def test_the_history_of_a_record_has_its_name_and_publisher(days: Days) -> None:
    source = days.agency.source
    asked = Asked(home=days.agency.home, sources={source.id: source}, today=START.date())
    with days.agency.store.reading() as con:
        found = record_history(con, BETA, asked)
    assert isinstance(found, HistoryFile)
    assert (found.company_name, found.publisher) == ("Beta Tools GmbH", "Fair Work Office of Xland")
