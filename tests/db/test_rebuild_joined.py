"""Rows that belong to other rows: their loss, and the loss of their text, is that of the records they belong to."""

import json
import resource
import shutil
import sqlite3
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

import db.replay.prepared
from db.analyst import Analyst
from db.journal import journals_in, latest, read_journal
from db.purge import Asked, purge
from db.replay.rebuild import rebuild
from db.store import Store
from db.sync import Options, sync
from ingest import locked_engine
from ingest.catalog import Source, load_source
from ingest.errors import StoreError
from tests.db.conftest import ROWS
from tests.db.rebuilt import assert_same, rebuilt_beside
from tests.db.traces import traces

TOML = """
title = "Joined notices"
publisher = "Fair Work Office of Xland"
jurisdiction = "xx"
subject_area = "wages-labour"
homepage = "https://fairwork.example/penalties"
licence = "CC-BY-4.0"
legal_basis = "Fair Work Act 2009, s. 12"
means = "A final administrative penalty."
means_not = "Not a criminal conviction."
correction_channel = "https://fairwork.example/report-an-error"
cadence = "weekly"
retention = "permanent"
snapshot = "full"
company_only = false

[[resource]]
name = "notice"
pattern = "file"
url = "https://fairwork.example/notices.csv"
format = "csv"
key = ["NO"]
used = ["NO", "SITE", "EMPLOYER"]

[[resource]]
name = "site"
pattern = "file"
url = "https://fairwork.example/sites.csv"
format = "csv"
role = "joined"
joined_to = "notice.SITE"
key = ["SITE"]
used = ["SITE", "TOWN"]
"""
SQL = """
SELECT n._row AS _row, NO || CASE turn WHEN 1 THEN '' ELSE '-' || turn END AS native_id, 'penalty' AS kind,
       name AS company_name, 'xx' AS country, TOWN AS summary
FROM (SELECT *, unnest(string_split(EMPLOYER, '; ')) AS name,
             generate_subscripts(string_split(EMPLOYER, '; '), 1) AS turn FROM notice) n LEFT JOIN site USING (SITE)
"""
NOTICES = (
    "1,a,Acme Widgets Ltd",
    '2,a,"Delta Lines Inc; Roe, Janet Q."',
    "3,b,Beta Tools GmbH",
    "4,c,Gamma Foods SA",
    "5,b,Eta Ltd",
)
SITES = ("a,Arlington", "b,Boxford", "c,Casterbridge")


class Joined:
    """An agency that publishes notices and sites."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, Store(folder / "home")
        (folder / "xx_joined").mkdir()
        (folder / "xx_joined" / "source.toml").write_text(TOML, encoding="utf-8")
        (folder / "xx_joined" / "records.sql").write_text(SQL, encoding="utf-8")
        self.source: Source = load_source(folder / "xx_joined")

    def sync(self, notices: tuple[str, ...] = NOTICES, sites: tuple[str, ...] = SITES) -> None:
        mirror = self.folder / "mirror"
        mirror.mkdir(exist_ok=True)
        entries = []
        for name, header, rows in (("notices", "NO,SITE,EMPLOYER", notices), ("sites", "SITE,TOWN", sites)):
            (mirror / f"{name}.csv").write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
            url = f"https://fairwork.example/{name}.csv"
            entries.append({"url": url, "file": f"{name}.csv", "media_type": "text/csv", "fetched_at": None})
        (mirror / "index.json").write_text(json.dumps(entries), encoding="utf-8")
        options = Options(mirror=mirror, accept_change="a test")
        (report,) = sync(self.store, [self.source], options, lambda *_: None)
        assert report.error is None, report.error

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with self.store.reading() as con:
            return con.execute(sql).fetchall()


@pytest.fixture
def joined(tmp_path: Path) -> Joined:
    return Joined(tmp_path)


def test_a_joined_row_that_also_belongs_to_somebody_withheld_is_said_by_the_journal(
    joined: Joined, tmp_path: Path
) -> None:
    joined.sync()
    joined.sync(sites=("a,Axminster", *SITES[1:]))
    assert joined.ask("SELECT summary, version FROM record WHERE native_id = '1'") == [("Axminster", 2)]
    assert_same(joined.store, tmp_path)


def test_a_purge_takes_the_text_of_joined_rows_and_the_others_records_stay(joined: Joined, tmp_path: Path) -> None:
    joined.sync()
    joined.sync((*NOTICES[:2], "3,b,Beta Tools AG", *NOTICES[3:]))
    asked = Asked(("xx_joined:5",))
    purge(joined.store, asked, reason="request", by="an auditor", sources={"xx_joined": joined.source})
    assert traces(joined.store.evidence, "Eta Ltd") == []
    new = assert_same(joined.store, tmp_path)
    with new.reading() as con:
        assert con.execute("SELECT summary, version FROM record WHERE native_id = '3'").fetchall() == [("Boxford", 2)]


def test_a_purge_in_a_home_whose_sources_nobody_knows_any_more(joined: Joined, tmp_path: Path) -> None:
    joined.sync()
    purge(joined.store, Asked(("xx_joined:5",)), reason="request", by="an auditor", sources={})
    assert traces(joined.store.evidence, "Eta Ltd") == traces(joined.store.evidence, "Boxford") == []
    rebuilt, new = rebuilt_beside(joined.store, tmp_path)
    assert rebuilt.missing == []
    with new.reading() as con:
        kept = con.execute("SELECT native_id FROM record ORDER BY 1").fetchall()
    assert kept == joined.ask("SELECT native_id FROM record ORDER BY 1")


def test_without_the_rows_joined_to_them_no_record_is_derived_by_halves(joined: Joined, tmp_path: Path) -> None:
    joined.sync()
    (journal,) = [read_journal(joined.store.evidence, file) for file in journals_in(joined.store.evidence)]
    (site,) = [entry.file for entry in journal.of_kind("rows") if entry.relation == "site"]
    (joined.store.evidence / site).unlink()
    (joined.store.home / "CURRENT").unlink()
    rebuilt = rebuild(joined.store)
    assert [(one.file, one.lost) for one in rebuilt.missing] == [(site, 3)]
    # what the journal says by itself is there all the same
    assert joined.ask("SELECT native_id, summary FROM record ORDER BY 1") == [("1", "Arlington"), ("2", "Arlington")]


def test_runs_are_derived_some_at_a_time(agency: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for amount in range(5):
        agency.sync(ROWS[0].replace("1000", str(amount)), *ROWS[1:])
    monkeypatch.setattr(db.replay.prepared, "AT_ONCE", 2)
    assert_same(agency.store, tmp_path)


def test_an_adapter_that_is_not_as_stored_is_the_installed_one_where_that_is_the_same(
    agency: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency.sync(*ROWS)
    (adapter,) = (agency.store.evidence / "adapters").iterdir()
    adapter.unlink()
    rebuilt, _ = rebuilt_beside(agency.store, tmp_path)
    assert ([one.cause for one in rebuilt.missing], rebuilt.sources[0].lost) == (["missing"], 3)
    source = agency.source
    monkeypatch.setattr(db.replay.prepared, "catalogue", lambda: MappingProxyType({source.id: source}))
    assert_same(agency.store, tmp_path)
    agency.sql = agency.sql.replace("'penalty'", "'order'")
    other = agency.source
    monkeypatch.setattr(db.replay.prepared, "catalogue", lambda: MappingProxyType({other.id: other}))
    rebuilt, _ = rebuilt_beside(agency.store, tmp_path)
    assert rebuilt.sources[0].lost == 3


def test_an_adapter_of_another_version_in_the_place_of_the_right_one(agency: Any, tmp_path: Path) -> None:
    agency.sync(*ROWS)
    agency.sql = agency.sql.replace("'penalty'", "'order'")
    agency.sync(*ROWS)
    first, second = sorted((agency.store.evidence / "adapters").iterdir())
    shutil.copy(first, second)
    rebuilt, _ = rebuilt_beside(agency.store, tmp_path)
    assert [(one.file, one.cause, one.lost) for one in rebuilt.missing] == [
        (f"adapters/{second.name}", "differs from what was stored", 3)
    ]


def test_an_adapter_whose_sql_fails_or_says_nonsense_costs_its_runs(
    agency: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency.sync(*ROWS)
    for sql, cause in (("SELECT 1 AS nothing", "unknown column"), ("SELECT x FROM y", "SQL is wrong")):
        with monkeypatch.context() as patch:
            patch.setattr("ingest.adapter.Adapter.records_sql", sql)
            rebuilt, _ = rebuilt_beside(agency.store, tmp_path)
        assert (len(rebuilt.missing), rebuilt.sources[0].lost) == (1, 3)
        assert cause in rebuilt.missing[0].cause
    gossip = agency.sql.replace("'penalty'", "'gossip'")
    with monkeypatch.context() as patch:
        patch.setattr("ingest.adapter.Adapter.records_sql", gossip)
        rebuilt, _ = rebuilt_beside(agency.store, tmp_path)
    assert "outside the model" in rebuilt.missing[0].cause
    assert rebuilt.missing[0].lost == 3


def test_the_rulings_go_to_the_new_home(agency: Any, tmp_path: Path) -> None:
    agency.sync(*ROWS)
    source = agency.source
    purge(agency.store, Asked((f"{source.id}:1",)), reason="request", by="a", sources={source.id: source})
    new = assert_same(agency.store, tmp_path)
    assert Analyst(new.home).rulings(source.id) == Analyst(agency.home).rulings(source.id)
    (report,) = sync(new, [source], Options(mirror=agency.publish(*ROWS, "7,Eta Ltd,F,2024-01-01,1,")), lambda *_: None)
    assert report.withheld["purged"] == 1


def test_a_new_home_on_another_disk_or_on_none(agency: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agency.sync(*ROWS)

    def fails(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("db.replay.moving.os.link", fails)
    assert_same(agency.store, tmp_path)
    monkeypatch.setattr("db.replay.moving.shutil.copy2", fails)
    with pytest.raises(StoreError, match="cannot be written: Invalid cross-device link"):
        rebuild(agency.store, into=Store(tmp_path / "full"))

    def locked(_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    Analyst(agency.home).purge(records=(), names=["Nobody Ltd"], reason="error", by="a")
    monkeypatch.undo()
    monkeypatch.setattr("db.replay.moving.sqlite3.connect", locked)
    with pytest.raises(StoreError, match="the analyst database cannot be copied"):
        rebuild(agency.store, into=Store(tmp_path / "broken"))


def test_a_purge_where_a_journal_is_damaged(agency: Any, tmp_path: Path) -> None:
    """What can still be rewritten is; a journal whose words were to be erased goes."""
    agency.sync(*ROWS)
    agency.sync(ROWS[0].replace("1000", "900"), *ROWS[1:], accept="Acme Widgets Ltd was corrected")
    agency.sync(ROWS[0].replace("1000", "800"), *ROWS[1:])
    first, second, third = latest([read_journal(agency.store.evidence, f) for f in journals_in(agency.store.evidence)])
    (agency.store.evidence / second.file).write_text('{"why": "Acme Widgets Ltd was corrected"}', encoding="utf-8")
    (agency.store.evidence / first.file).write_text("{}", encoding="utf-8")
    source = agency.source
    purge(agency.store, Asked((f"{source.id}:1",)), reason="request", by="a", sources={source.id: source})
    assert traces(agency.home, "Acme Widgets") == []
    left = set(journals_in(agency.store.evidence))
    assert first.file in left
    assert second.file not in left
    assert third.file not in left, "it has a new revision"
    assert len(left) == 2


def test_words_alone_are_erased_from_a_journal_too(agency: Any) -> None:
    agency.sync(*ROWS)
    agency.sync(*ROWS[1:], accept="Quorvane Zalmir Ltd asked for it")
    assert traces(agency.home, "Quorvane")
    purge(agency.store, Asked(names=("Quorvane Zalmir Ltd",)), reason="request", by="a", sources={})
    assert traces(agency.home, "Quorvane") == []


def test_limits_are_set_where_the_system_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[int, tuple[int, int]] = {}

    def refuse(what: int, limits: tuple[int, int]) -> None:
        asked[what] = limits
        raise ValueError

    monkeypatch.setattr(resource, "setrlimit", refuse)
    monkeypatch.setattr(resource, "getrlimit", lambda what: (0, 7 if what == resource.RLIMIT_CPU else -1))
    locked_engine.bound({"memory": 5, "seconds": 60, "file": 6})
    assert asked == {
        resource.RLIMIT_AS: (5, 5),
        resource.RLIMIT_CPU: (7, 7),
        resource.RLIMIT_FSIZE: (6, 6),
        resource.RLIMIT_CORE: (0, 0),
    }
    monkeypatch.setitem(sys.modules, "resource", None)
    locked_engine.bound({})


def test_a_home_of_two_agencies_shares_nothing_but_the_chain(agency: Any, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Joined(tmp_path / "other")
    other.store = agency.store
    agency.sync(*ROWS)
    other.sync()
    agency.sync(ROWS[0].replace("1000", "900"), *ROWS[1:])
    other.sync(NOTICES[2:])
    rebuilt, _ = rebuilt_beside(agency.store, tmp_path)
    assert [source.runs for source in rebuilt.sources] == [2, 2]
    assert_same(agency.store, tmp_path)
