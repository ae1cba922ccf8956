"""The whole OFAC lists: SDN of 2021 with addresses and aliases of 2025, consolidated list of 2025."""

import csv
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from db.sync import Report

Synced = tuple[Report, duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def ofac(synced: Callable[[str], Synced]) -> Synced:
    return synced("us_ofac_sdn")


def published(shared: Path, name: str) -> list[list[str]]:
    """Rows of a file, read without the adapter; the last line is the old end-of-file mark."""
    with (shared / "data" / "us_ofac_sdn" / name).open(encoding="cp1252", newline="") as file:
        return [row for row in csv.reader(file) if row and row != ["\x1a"]]


def test_98_percent_of_what_is_no_individual_is_a_record(ofac: Synced, shared: Path) -> None:
    report, _ = ofac
    rows = published(shared, "sdn.csv") + published(shared, "cons_prim.csv")
    individuals = sum(row[2] == "individual" for row in rows)
    assert report.error is None
    assert report.rows["read"] == len(rows) == 9418
    assert sum(n for fate, n in report.rows.items() if fate != "read") == len(rows)
    assert report.records["total"] >= 0.98 * (len(rows) - individuals)
    assert report.rows["rejected"] == report.rows["not_a_record"] == 0
    assert report.rows["withheld"] >= individuals


def test_vessels_and_aircraft_keep_the_type_of_the_source(ofac: Synced) -> None:
    _, con = ofac
    types = dict(con.execute("SELECT entity_type, count(*) FROM record GROUP BY 1").fetchall())
    assert (types["vessel"], types["aircraft"]) == (406, 277)
    ships = """SELECT count(*) FROM record WHERE entity_type = 'vessel'
               AND list_contains(list_transform(identifiers, lambda i: i.scheme), 'imo')"""
    assert con.execute(ships).fetchall()[0][0] > 380


def test_rows_of_other_vintages_are_counted_as_orphans(ofac: Synced, shared: Path) -> None:
    report, _ = ofac
    listed = {row[0] for name in ("sdn.csv", "cons_prim.csv") for row in published(shared, name)}
    for resource, name in (
        ("street_address", "add.csv"),
        ("alternate_name", "alt.csv"),
        ("comment", "sdn_comments.csv"),
    ):
        rows = published(shared, name)
        orphans = sum(row[0] not in listed for row in rows)
        assert report.beside["orphan"][resource] == orphans
        assert report.beside["joined"][resource] == len(rows) - orphans


def test_who_is_on_both_lists_has_two_records_and_one_decision(ofac: Synced) -> None:
    _, con = ofac
    both = con.execute(
        """SELECT native_id, list_id FROM record WHERE decision_id = 'ofac-18782' ORDER BY native_id"""
    ).fetchall()
    assert both == [
        ("cons-18782", "UKRAINE-EO13662; IRAN-CON-ARMS-EO; RUSSIA-EO14024"),
        ("sdn-18782", "SYRIA; UKRAINE-EO13662"),
    ]
    doubled = "SELECT count(*) FROM record WHERE len(addresses) <> len(list_distinct(addresses))"
    assert con.execute(doubled).fetchone() == (0,)


def test_remarks_go_on_in_the_comments(ofac: Synced) -> None:
    _, con = ofac
    found = con.execute("SELECT identifiers, issued_on::VARCHAR FROM record WHERE native_id = 'cons-17016'").fetchone()
    assert found is not None
    numbers = {(i["scheme"], i["value"]): i["valid"] for i in found[0]}
    assert numbers["lei", "253400WSS48YWMBUA688"] is True
    assert numbers["ru-inn", "7744001497"] is True
    assert numbers["ru-ogrn", "1027700167110"] is True
    assert found[1] == "2022-02-24"


def test_linked_persons_and_owners_of_vessels_are_never_stored(ofac: Synced) -> None:
    _, con = ofac
    told = "SELECT count(*) FROM record r WHERE contains(lower(r::VARCHAR), 'linked to') OR contains(r::VARCHAR, '-0-')"
    assert con.execute(told).fetchone() == (0,)
    codes = "SELECT count(*) FROM record WHERE country IS NOT NULL AND NOT regexp_full_match(country, '[a-z]{2}')"
    assert con.execute(codes).fetchone() == (0,)
