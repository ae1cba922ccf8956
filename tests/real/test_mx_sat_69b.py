"""The whole list of the SAT as of 2022-11-30."""

import csv
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from db.sync import Report

Real = tuple[Report, duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def sat(synced: Any) -> Real:
    result: Real = synced("mx_sat_69b")
    return result


def test_companies_are_mapped_persons_withheld_and_suppressed_entries_no_record(sat: Real) -> None:
    report, con = sat
    assert report.error is None
    assert report.rows == {"read": 12666, "mapped": 9963, "not_a_record": 86, "withheld": 2617, "rejected": 0}
    assert report.not_a_record == {"suppressed by court": 86}
    assert report.records["total"] >= 9900
    longest = "SELECT max(length(i.value)) FROM (SELECT unnest(identifiers) AS i FROM record) WHERE i.scheme = 'rfc'"
    assert con.execute(longest).fetchall() == [(12,)]


def test_the_preamble_dates_the_list(sat: Real) -> None:
    report, _ = sat
    assert str(report.data_as_of) == "2022-11-30"


def test_rebutted_and_annulled_entries_are_cleared_and_never_findings(sat: Real) -> None:
    _, con = sat
    found = con.execute("SELECT status_as_published, status, kind FROM record GROUP BY ALL ORDER BY ALL").fetchall()
    assert found == [
        ("Definitivo", "final", "violation"),
        ("Desvirtuado", "cleared", "allegation"),
        ("Presunto", "alleged", "allegation"),
        ("Sentencia Favorable", "cleared", "allegation"),
    ]
    (n,) = con.execute("SELECT count(final_on) FROM record WHERE status = 'cleared'").fetchone() or (-1,)
    assert n == 0


def test_milestones_of_one_taxpayer(sat: Real) -> None:
    _, con = sat
    row = con.execute("SELECT events, final_on::VARCHAR, decision_id FROM record WHERE native_id LIKE 'AAA140116926 %'")
    events, final_on, decision = row.fetchone() or ([], "", "")
    # declared definitive twice: "25/05/2022 - 26/04/2021"
    assert [f"{event['date']} {event['type']}" for event in events] == [
        "2020-11-03 Presunto, página SAT",
        "2020-11-18 Presunto, DOF",
        "2021-04-26 Definitivo, página SAT",
        "2021-05-13 Definitivo, DOF",
        "2022-05-25 Definitivo, página SAT",
        "2022-06-20 Definitivo, DOF",
    ]
    assert (final_on, decision) == ("2022-06-20", "500-05-2022-6121")


def test_all_dates_but_two_are_read(sat: Real) -> None:
    report, con = sat
    assert report.beside["issue"] == {"events: unreadable date": 2}
    (events,) = con.execute("SELECT sum(len(events))::BIGINT FROM record").fetchone() or (0,)
    assert events > 39_000


def test_no_natural_person_of_the_list_is_named_anywhere(sat: Real, shared: Path) -> None:
    _, con = sat
    with (shared / "data/mx_sat_69b/Listado_Completo_69-B.csv").open(encoding="cp1252", newline="") as lines:
        persons = [(row[1], row[2].strip()) for row in csv.reader(lines) if len(row) > 2 and len(row[1].strip()) == 13]
    assert len(persons) == 2617
    kept = " ".join(text for (text,) in con.execute("SELECT r::VARCHAR FROM record r").fetchall()).casefold()
    words = set(re.findall(r"\w+", kept))
    likely = [
        text.casefold()
        for person in persons
        for text in person
        if words.issuperset(re.findall(r"\w+", text.casefold()))
    ]
    assert not [len(text) for text in likely if text in kept]
