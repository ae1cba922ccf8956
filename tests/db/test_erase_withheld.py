"""A sync that withholds what an earlier one let pass leaves no byte of it; other records keep their evidence."""

import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from db.analyst import Analyst
from db.verify import verify
from tests.db.traces import traces

NAME = "Quillfeather Zebedin"
ROWS = ("2,Beta Tools GmbH,F,2024-02-29,2500.50,", "3,Gamma Foods SA,V,2024-03-31,,")
ALIASED = """
SELECT _row, NOTICE_NO AS native_id, 'penalty' AS kind, EMPLOYER AS company_name, 'xx' AS country, 'final' AS status,
       [alias('alias', nullif(STATE, ''))] AS names, [money('final', AMOUNT, 'EUR')] AS amounts
FROM notice
"""
JOINED_TOML = """
[[resource]]
name = "address"
pattern = "file"
url = "https://fairwork.example/open-data/places.csv"
format = "csv"
role = "joined"
joined_to = "notice.NOTICE_NO"
key = ["NO"]
used = ["NO", "PLACE"]
optional = true
"""


def withhold(home: Path, *names: str) -> None:
    """The gate withholds these names by now."""
    Analyst(home).purge(records=[], names=names, reason="individual", by="t")


def sound(agency: Any) -> bool:
    return not verify(agency.store, lambda *_: None).findings


def test_a_record_withheld_by_now_is_gone_with_all_versions_and_evidence(agency: Any) -> None:
    agency.sync(f"1,{NAME} Ltd,F,2024-01-31,1000,", *ROWS)
    agency.sync(f"1,{NAME} Ltd,F,2024-01-31,900,", *ROWS)
    before = agency.ask(
        "SELECT record_id, version, row_hash FROM record WHERE record_id <> 'xx_fair_work:1' ORDER BY 1"
    )
    withhold(agency.home, f"{NAME} Ltd")
    report = agency.sync(f"1,{NAME} Ltd,F,2024-01-31,900,", *ROWS)
    assert (report.error, report.records["unchanged"], report.withheld) == (None, 2, {"purged": 1})
    assert agency.ask("SELECT record_id, version, row_hash FROM record ORDER BY 1") == before
    assert traces(agency.home, NAME) == []
    assert traces(agency.home / "evidence", "Beta Tools")
    assert sound(agency)


def test_a_record_that_shared_its_key_is_erased_and_not_called_removed(agency: Any) -> None:
    agency.sync("1,Acme Ltd,F,2024-01-31,1000,", f"1,{NAME} Ltd,F,2024-01-31,1,", *ROWS)
    withhold(agency.home, f"{NAME} Ltd")
    agency.sync("1,Acme Ltd,F,2024-01-31,1000,", f"1,{NAME} Ltd,F,2024-01-31,1,", *ROWS)
    assert agency.ask("SELECT native_id, company_name, removal FROM record ORDER BY 1") == [
        ("1", "Acme Ltd", None),
        ("2", "Beta Tools GmbH", None),
        ("3", "Gamma Foods SA", None),
    ]
    assert traces(agency.home, NAME) == []
    assert sound(agency)


def test_an_older_version_does_not_keep_an_alias_that_is_withheld_by_now(agency: Any) -> None:
    agency.sql = ALIASED
    rows = (f"1,Acme Ltd,{NAME} Ltd,,1,", "2,Beta Ltd,Beta Trading Ltd,,2,")
    agency.sync(*rows)
    agency.sync(rows[0], rows[1].replace(",2,", ",3,"))
    withhold(agency.home, f"{NAME} Ltd")
    report = agency.sync(rows[0], rows[1].replace(",2,", ",3,"))
    assert report.records["changed"] == 1
    assert agency.ask("SELECT native_id, version, names IS NULL FROM record ORDER BY 1") == [
        ("1", 2, True),
        ("2", 2, False),
    ]
    assert agency.ask("SELECT native_id, version FROM record_history") == [("2", 1)]
    assert traces(agency.home, NAME) == []
    assert traces(agency.home / "evidence", "Beta Trading")
    assert sound(agency)


def test_an_ordinary_sync_keeps_every_file(agency: Any) -> None:
    agency.sync(*ROWS)
    agency.sync(ROWS[0].replace("2500.50", "3"), ROWS[1])
    files = agency.ask("SELECT file, sha256 FROM evidence ORDER BY file")
    agency.sync(ROWS[0].replace("2500.50", "4"), ROWS[1])
    assert set(files) < set(agency.ask("SELECT file, sha256 FROM evidence"))


@pytest.fixture
def with_places(agency: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The agency publishes addresses in a second file, joined to its notices."""
    invented = sys.modules[type(agency).__module__]
    monkeypatch.setattr(invented, "TOML", invented.TOML.replace("[bounds]", f"{JOINED_TOML}\n[bounds]"))
    publish = type(agency).publish

    def with_second(self: Any, *rows: str, **more: Any) -> Path:
        mirror: Path = publish(self, *rows, **more)
        places = ["NO,PLACE", "1,1 Elm Road", f"1,{NAME} House", "2,2 Oak Road", "3,3 Fir Road"]
        (mirror / "places.csv").write_text("\n".join(places) + "\n", encoding="utf-8")
        entries = json.loads((mirror / "index.json").read_text(encoding="utf-8"))
        second = {"url": "https://fairwork.example/open-data/places.csv", "file": "places.csv"}
        (mirror / "index.json").write_text(json.dumps([entries[0], entries[0] | second]), encoding="utf-8")
        return mirror

    monkeypatch.setattr(type(agency), "publish", with_second)
    return agency


def test_joined_rows_follow_the_rows_they_belong_to(with_places: Any) -> None:
    agency = with_places
    rows = (f"1,{NAME} Ltd,F,2024-01-31,1000,", *ROWS)
    assert agency.sync(*rows).error is None
    assert traces(agency.home / "evidence", "Elm Road")
    withhold(agency.home, f"{NAME} Ltd")
    assert agency.sync(*rows).error is None
    assert traces(agency.home, NAME) == traces(agency.home, "Elm Road") == []
    assert traces(agency.home / "evidence", "Oak Road")
    assert sound(agency)


def test_joined_rows_of_a_shared_row_lose_their_text(with_places: Any) -> None:
    agency = with_places
    agency.sql = """SELECT _row, NOTICE_NO || '-' || turn AS native_id, 'penalty' AS kind, name AS company_name
        FROM (SELECT _row, NOTICE_NO, unnest(string_split(EMPLOYER, '; ')) AS name,
                     generate_subscripts(string_split(EMPLOYER, '; '), 1) AS turn FROM notice)"""
    rows = (f"1,Acme Ltd; {NAME} Ltd,F,2024-01-31,1000,", *ROWS)
    assert agency.sync(*rows).error is None
    withhold(agency.home, f"{NAME} Ltd")
    assert agency.sync(*rows).records["unchanged"] == 3
    assert traces(agency.home, NAME) == traces(agency.home, "Elm Road") == []
    assert traces(agency.home / "evidence", "Oak Road")
    with duckdb.connect() as con:
        pattern = str(agency.home / "evidence/rows/*/*.address.*.parquet")
        rows_left = con.execute("SELECT named_withheld, count(*) FROM read_parquet(?) GROUP BY 1 ORDER BY 1", [pattern])
        assert rows_left.fetchall() == [(False, 2), (True, 2)]
    assert sound(agency)
