"""The whole consolidated list of the Security Council of 2025-04-19."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from lxml import etree

from db.store import Store
from db.sync import Options, Report, sync
from ingest.catalog import find_source

Synced = tuple[Report, duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def un(synced: Callable[[str], Synced]) -> Synced:
    return synced("un_sc_consolidated")


def test_every_entity_is_a_record_and_every_individual_is_withheld(un: Synced) -> None:
    report, _ = un
    assert report.error is None
    assert report.records["total"] == 193
    assert report.rows == {"read": 877, "mapped": 193, "not_a_record": 0, "withheld": 684, "rejected": 0}
    assert report.data_as_of is not None
    assert report.data_as_of.isoformat() == "2025-04-19"


def test_no_reference_number_of_an_individual_is_stored(un: Synced) -> None:
    _, con = un
    found = con.execute(
        "SELECT count(*), count(*) FILTER (NOT regexp_full_match(native_id, '[A-Z]{2}e\\.\\d{3}')) FROM record"
    ).fetchone()
    assert found == (193, 0)


def test_aliases_carry_their_quality_and_the_original_script_is_one_line(un: Synced) -> None:
    _, con = un
    kinds = dict(
        con.execute("SELECT n.kind, count(*) FROM (SELECT unnest(names) AS n FROM record) GROUP BY 1").fetchall()
    )
    assert kinds == {"alias": 559, "former": 18, "original script": 42}
    broken = "SELECT count(*) FROM (SELECT unnest(names) AS n FROM record) WHERE regexp_matches(n.name, '\\s{2}|\\n')"
    assert con.execute(broken).fetchone() == (0,)


def test_numbers_are_taken_from_the_comments_and_nothing_else(un: Synced) -> None:
    _, con = un
    numbers = "SELECT list_transform(identifiers, lambda i: i.scheme || ' ' || i.value) FROM record WHERE native_id = ?"
    assert con.execute(numbers, ["KPe.023"]).fetchone() == (["bic DCBKKPPY", "un-ref KPE023"],)
    assert con.execute("SELECT count(*) FROM record WHERE summary IS NOT NULL").fetchone() == (0,)


def test_every_day_of_amendment_is_an_event(un: Synced, shared: Path) -> None:
    _, con = un
    tree = etree.parse(shared / "data" / "un_sc_consolidated" / "consolidated.xml")
    published = sum(1 for day in tree.iterfind("ENTITIES/ENTITY/LAST_DAY_UPDATED/VALUE") if day.text)
    assert con.execute("SELECT sum(len(events)) FROM record").fetchone() == (published,)


def test_the_document_read_twice_is_unchanged_the_second_time(shared: Path, tmp_path: Path) -> None:
    outcomes = []
    for _ in range(2):
        (report,) = sync(
            Store(tmp_path), [find_source("un_sc_consolidated")], Options(mirror=shared / "mirror"), lambda *_: None
        )
        outcomes.append((report.outcome, report.records["total"]))
    assert outcomes == [("loaded", 193), ("unchanged", 193)]
