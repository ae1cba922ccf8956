"""Search as of a day answers from what was known at the end of it, and hides what may not be shown any more."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

import db.sync
from db.analyst import Analyst
from db.as_of import known_on
from db.index import meeting
from db.index.opening import opened
from db.index.shown import Shown, View
from db.search import Filters, Found, search
from ingest.catalog import Retention, Source
from ingest.errors import UsageError
from tests.db.conftest import ROWS, SQL, Agency
from tests.db.traces import traces

FIRST, SECOND, THIRD = datetime(2026, 3, 1, 9), datetime(2026, 3, 20, 9), datetime(2026, 4, 5, 9)  # noqa: DTZ001 -- stored so
BEFORE, BETWEEN, LATER = date(2026, 2, 28), date(2026, 3, 5), date(2026, 3, 25)
NOW = datetime(2026, 4, 10, tzinfo=UTC)
ENDING = SQL.replace("AS issued_on,", "AS issued_on, (date_iso(ISSUED) + INTERVAL 27 MONTH)::DATE AS publication_ends,")
"""Acme's publication ends on 2026-04-30, Beta's on 2026-05-29."""


@dataclass
class World:
    agency: Agency
    con: duckdb.DuckDBPyConnection
    retention: Retention = "mirror-source"
    now: datetime = NOW

    @property
    def source(self) -> Source:
        return replace(self.agency.source, retention=self.retention)

    def find(self, query: str, as_of: date | None = None, *, removed: bool = False, **filters: Any) -> Found:
        return search(
            self.con, query, [self.source], self.now, filters=Filters(**filters), as_of=as_of, include_removed=removed
        )

    def one(self, query: str, as_of: date | None = None, *, removed: bool = False, **filters: Any) -> Any:
        (found,) = self.find(query, as_of, removed=removed, **filters).results
        return found


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    """Three syncs: a name corrected, a record gone, a company new; then that record back, another one gone."""
    agency = Agency(tmp_path_factory.mktemp("agency"))
    renamed = ROWS[0].replace("Acme Widgets", "Zorvexa Holding").replace("1000", "900")
    again = "7,Gamma Foods SA,F,2025-01-31,5,"
    with pytest.MonkeyPatch.context() as patched:
        for now, rows in (
            (FIRST, (*ROWS, again)),
            (SECOND, (renamed, *ROWS[2:], again, "6,Zeta Mining Ltd,F,2026-03-10,70,")),
            (THIRD, (renamed, ROWS[1], *ROWS[2:], "6,Zeta Mining Ltd,F,2026-03-10,70,")),
        ):
            patched.setattr(db.sync, "utc_now", lambda now=now: now)
            assert agency.sync(*rows).error is None
    return agency


@pytest.fixture
def world(agency: Agency) -> Iterator[World]:
    with agency.store.reading() as con:
        yield World(agency, con)


def test_a_company_that_came_later_was_not_known(world: World) -> None:
    assert world.find("Zeta Mining", BETWEEN).results == []
    assert world.one("Zeta Mining", LATER).records == world.one("Zeta Mining").records == 1
    assert world.find("Zeta Mining", BETWEEN, kinds=("penalty",)).results == []


def test_before_the_first_sync_nothing_was_known(world: World) -> None:
    found = world.find("Acme Widgets", BEFORE)
    assert (found.results, found.coverage.searched, found.coverage.companies) == ([], (), 0)
    assert world.find("Gamma Foods", BEFORE).total == 0


def test_coverage_is_that_of_the_day(world: World) -> None:
    then, now = world.find("Acme", BETWEEN).coverage, world.find("Acme").coverage
    assert (then.records, then.companies, now.records, now.companies) == (4, 3, 5, 4)
    assert then.sources[0].loaded_at == FIRST.replace(tzinfo=UTC)


def test_a_corrected_company_bears_the_name_of_the_day(world: World) -> None:
    then = world.one("Acme Widgets Ltd", BETWEEN)
    assert (then.name, then.matched.text, then.records) == ("Acme Widgets Ltd", "Acme Widgets Ltd", 1)
    assert then.why == ("same name", "earlier name “Acme Widgets Ltd”", "now called “Zorvexa Holding Ltd”")
    assert world.find("Zorvexa Holding", BETWEEN).results == []
    assert world.one("Zorvexa Holding", LATER).name == "Zorvexa Holding Ltd"
    assert world.find("Acme Widgets", LATER).results == []


def test_today_an_earlier_name_finds_its_company_and_is_called_so(world: World) -> None:
    found = world.one("acme widgets")
    assert (found.name, found.matched.kind, found.why) == (
        "Zorvexa Holding Ltd",
        "earlier",
        ("same name", "earlier name “Acme Widgets Ltd”"),
    )


@pytest.mark.parametrize("filters", [{}, {"kinds": ("penalty",)}])
def test_a_record_gone_from_a_mirrored_source_is_not_shown(world: World, filters: dict[str, Any]) -> None:
    """Gamma's second record went with the third sync; Beta's was away for a while and came back."""
    now, then = world.one("Gamma Foods", **filters), world.one("Gamma Foods", LATER, **filters)
    assert (now.records, now.removed, now.by_kind, now.unpublished) == (1, 0, {}, [])
    assert (then.records, then.by_kind, then.gone_since) == (2, {"penalty": 1}, 1)
    assert world.one("Beta Tools", BETWEEN, **filters).gone_since == 0
    assert world.find("Beta Tools", LATER, **filters).results == []
    assert world.one("Beta Tools", **filters).records == 1
    stone = world.one("Gamma Foods", removed=True, **filters)
    assert [(left.publisher, left.records) for left in stone.unpublished] == [("Fair Work Office of Xland", 1)]
    assert (stone.records, stone.by_kind, stone.last) == (1, {}, date(2024, 3, 31))


@pytest.mark.parametrize("filters", [{}, {"kinds": ("penalty",)}])
def test_a_company_without_a_shown_record_is_a_tombstone_where_asked_for(world: World, filters: dict[str, Any]) -> None:
    stone = world.one("Beta Tools", LATER, removed=True, **filters)
    assert (stone.records, stone.by_kind, stone.sources, stone.identifiers) == (0, {}, [], [])
    assert (stone.first, stone.last, stone.unpublished[0].records) == (None, None, 1)
    assert (stone.name, stone.country, stone.matched.text, stone.why) == ("", None, "", ())


def test_a_permanent_source_keeps_what_was_removed(world: World) -> None:
    world.retention = "permanent"
    now, then = world.one("Gamma Foods"), world.one("Gamma Foods", LATER)
    assert (now.records, now.removed, then.removed, then.gone_since) == (2, 1, 0, 0)
    assert world.one("Beta Tools", LATER).removed == 1


def test_a_day_to_come_is_refused(world: World) -> None:
    with pytest.raises(UsageError, match="2026-04-11 is still to come"):
        world.find("acme", date(2026, 4, 11))


@pytest.mark.parametrize("retention", ["permanent", "mirror-source"])
@pytest.mark.parametrize("day", [BEFORE, FIRST.date(), BETWEEN, SECOND.date(), LATER, THIRD.date(), None])
def test_the_index_counts_what_the_view_of_the_day_counts(world: World, day: date | None, retention: Retention) -> None:
    world.retention = retention
    kept = {world.source.id: retention}
    known_on(world.con, day, today=NOW.date(), retention=kept)
    rows = world.con.execute(
        """SELECT c.name, count(*) FILTER (hidden IS NULL) AS n, count(removed_at) FILTER (hidden IS NULL)
        FROM known JOIN company c USING (company_id) GROUP BY ALL HAVING n > 0 ORDER BY ALL"""
    ).fetchall()
    shown = Shown(opened(world.con), View.of(kept, NOW.date(), day))
    cards = world.con.execute("SELECT rowid, name, records, removed FROM company ORDER BY name").fetchall()
    listed = shown.companies(np.array([row for row, *_ in cards], np.int64))
    counts = {row: (count.records, count.removed) for row, count in shown.counts(listed).items()}
    found = [(name, *counts.get(row, card)) for row, name, *card in cards if row in listed]
    assert found == rows


@pytest.fixture(scope="module")
def ending(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    """One sync of records whose publication ends; one of them has an alias and a second company shares its name."""
    agency = Agency(tmp_path_factory.mktemp("ending"), sql=ENDING)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(db.sync, "utc_now", lambda: FIRST)
        assert agency.sync(ROWS[0], ROWS[1], "8,Acme Widgets Ltd,F,2025-01-01,3,").error is None
    return agency


@pytest.mark.parametrize("retention", ["permanent", "mirror-source"])
@pytest.mark.parametrize("filters", [{}, {"kinds": ("penalty",)}])
def test_a_publication_that_ends_between_two_questions_hides_the_record_without_a_sync(
    ending: Agency, retention: Retention, filters: dict[str, Any]
) -> None:
    with ending.store.reading() as con:
        world = World(ending, con, retention)
        world.now = datetime(2026, 4, 30, 23, 59, tzinfo=UTC)
        assert (world.one("acme widgets", **filters).records, world.one("beta tools", **filters).records) == (2, 1)
        world.now = datetime(2026, 5, 1, tzinfo=UTC)
        acme = world.one("acme widgets", **filters)
        assert (acme.records, acme.by_kind, acme.first) == (1, {"penalty": 1}, date(2025, 1, 1))
        world.now = datetime(2026, 5, 30, tzinfo=UTC)
        assert world.find("beta tools", **filters).results == []
        assert world.one("beta tools", removed=True, **filters).unpublished[0].records == 1
        then = world.one("beta tools", date(2026, 5, 29), **filters)
        assert (then.records, then.gone_since, then.unpublished) == (1, 1, [])


def test_of_equal_names_the_one_with_more_shown_records_comes_first(tmp_path: Path) -> None:
    """Records that are hidden do not weigh: without them the order turns."""
    agency = Agency(tmp_path, sql=ENDING)
    old = [f"{n},Zorvexa Foods Ltd,F,2024-01-0{n},1," for n in (1, 2, 3)]
    new = [f"{n},Zorvexa Tools Ltd,F,2025-01-0{n},1," for n in (4, 5)]
    agency.sync(*old, *new)
    with agency.store.reading() as con:
        world = World(agency, con)
        names = {}
        for month in (1, 6):
            world.now = datetime(2027 if month == 1 else 2026, month, 1, tzinfo=UTC)
            names[month] = [result.name for result in world.find("zorvexa", removed=True).results]
        world.now = datetime(2026, 3, 1, tzinfo=UTC)
        before = [result.name for result in world.find("zorvexa").results]
    assert before == ["Zorvexa Foods Ltd", "Zorvexa Tools Ltd"]
    assert names[1] == names[6] == ["Zorvexa Tools Ltd", ""], "a company with nothing to show is not named"


def test_a_number_finds_no_company_without_a_shown_record(tmp_path: Path) -> None:
    numbered = ENDING.replace("'xx' AS country,", "'us' AS country, [id('cik', AMOUNT)] AS identifiers,").replace(
        "[money('final', AMOUNT, 'EUR')] AS amounts", "NULL AS amounts"
    )
    agency = Agency(tmp_path, sql=numbered)
    agency.sync("1,Acme Widgets Ltd,F,2024-01-31,1234567,", "2,Beta Tools Inc,F,2025-02-28,7654321,")
    with agency.store.reading() as con:
        world = World(agency, con, now=datetime(2026, 5, 1, tzinfo=UTC))
        assert world.find("CIK 1234567").results == []
        assert world.one("CIK 7654321").name == "Beta Tools Inc"
        assert world.one("CIK 1234567", removed=True).records == 0
        assert world.find("CIK 7654321", date(2025, 1, 1)).results == []


def test_a_name_stated_by_hidden_records_alone_finds_nothing(tmp_path: Path) -> None:
    """Two names of one company: the records that state the one are published no more."""
    numbered = SQL.replace("'xx' AS country,", "'us' AS country, [id('cik', '1234567')] AS identifiers,")
    agency = Agency(tmp_path, sql=numbered)
    rows = ["1,Acme Widgets Ltd,F,2024-01-31,1,", "2,Zorvexa Holding Ltd,F,2024-01-31,1,",
            "3,Acme Widgets Ltd,F,2024-02-28,1,"]  # fmt: skip
    agency.sync(*rows)
    with agency.store.reading() as con:
        found = World(agency, con).one("acme widgets ltd")
        assert (found.name, found.records, found.why) == ("Acme Widgets Ltd", 3, ("same name",))
        assert World(agency, con).one("zorvexa holding ltd").why == ("same name", "also stated “Zorvexa Holding Ltd”")
    agency.sync(rows[1], "4,Zorvexa Holding Ltd,F,2024-01-31,1,")
    with agency.store.reading() as con:
        world = World(agency, con)
        assert world.find("acme widgets ltd").results == []
        assert world.one("acme widgets ltd", removed=True).unpublished[0].records == 2
        assert [(r.name, r.records) for r in world.find("zorvexa holding ltd").results] == [("Zorvexa Holding Ltd", 2)]


def test_names_that_came_later_do_not_crowd_out_those_of_the_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the best candidate is looked at, and it was not known then: the next one is looked for."""
    monkeypatch.setattr(meeting, "_FEW", 1)
    agency = Agency(tmp_path)
    known = ["1,Zorvexa Quarl Bank Ltd,F,2024-01-31,1,", "2,Beta Tools GmbH,F,2024-01-31,1,"]
    monkeypatch.setattr(db.sync, "utc_now", lambda: FIRST)
    agency.sync(*known)
    monkeypatch.setattr(db.sync, "utc_now", lambda: SECOND)
    assert agency.sync(*known, "3,Zorvexa Quarl Ltd,F,2024-01-31,1,").error is None
    with agency.store.reading() as con:
        world = World(agency, con)
        assert world.one("zorvexo quarl").name == "Zorvexa Quarl Ltd"
        assert world.one("zorvexo quarl", BETWEEN).name == "Zorvexa Quarl Bank Ltd"


def test_a_version_erased_since_takes_its_name_out_of_search(tmp_path: Path) -> None:
    agency = Agency(tmp_path)
    rest = ("2,Beta Tools GmbH,F,2024-02-29,2500.50,", "3,Gamma Foods SA,V,2024-03-31,,")
    agency.sync("1,Quillfeather Zebedin Ltd,F,2024-01-31,1000,", *rest)
    corrected = ("1,Acme Ltd,F,2024-01-31,1000,", *rest)
    agency.sync(*corrected)
    with agency.store.reading() as con:
        assert World(agency, con).one("Quillfeather Zebedin").name == "Acme Ltd"
    Analyst(agency.home).purge(records=[], names=["Quillfeather Zebedin Ltd"], reason="individual", by="t")
    assert agency.sync(*corrected).error is None
    with agency.store.reading() as con:
        assert World(agency, con).find("Quillfeather Zebedin").results == []
    assert traces(agency.home, "Quillfeather") == []
