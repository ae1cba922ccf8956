"""What a source no longer publishes is shown as the source declared: with a remark, or as a tombstone only."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from db.show import record as show
from db.show.company import CompanyFile, company_file
from db.show.page import Asked, NothingShown
from ingest.catalog import Source
from ingest.errors import UsageError
from tests.cli.homes import FIRST, SECOND, SOURCES, Home, company_id, make_home

TODAY = date(2026, 1, 20)
PERMANENT = {source.id: source for source in SOURCES}
MIRROR = {source.id: replace(source, retention="mirror-source") for source in SOURCES}
TERM = {source.id: replace(source, retention="term") for source in SOURCES}
GONE = company_id("Gone Services GmbH", "de")
ACME = company_id("Acme Pipeline Inc.", "us")
SECRET = "Secret Alias SA"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def remove(home: Home, key: str, *, at: str = "2026-01-15", removal: str = "removed at source") -> None:
    with home.changing() as con:
        con.execute("UPDATE record SET removed_at = ?::TIMESTAMP, removal = ? WHERE native_id = ?", [at, removal, key])


def asked(home: Home, sources: Mapping[str, Source] = MIRROR, **more: Any) -> Asked:
    return Asked(home=home.path, sources=sources, today=TODAY, **more)


def page(home: Home, company: str, question: Asked) -> CompanyFile | NothingShown:
    with home.store.reading() as con:
        return company_file(con, company, question)


def shown(home: Home, company: str, question: Asked) -> CompanyFile:
    found = page(home, company, question)
    assert isinstance(found, CompanyFile)
    return found


def nothing(home: Home, wanted: str, question: Asked) -> NothingShown:
    with home.store.reading() as con:
        found = (show.record_file if ":" in wanted else company_file)(con, wanted, question)
    assert isinstance(found, NothingShown)
    return found


def test_a_permanent_source_keeps_what_it_removed_with_a_remark(home: Home) -> None:
    found = shown(home, GONE, asked(home, PERMANENT))
    assert found.company["name"] == "Gone Services GmbH"
    assert [r["remarks"] for r in found.records] == [["aged out, seen on 2025-12-01"]]
    assert (found.hidden, found.tombstones) == ({}, [])


@pytest.mark.parametrize("sources", [MIRROR, TERM])
def test_a_company_of_hidden_records_only_is_told_neutrally(home: Home, sources: Mapping[str, Source]) -> None:
    found = nothing(home, GONE, asked(home, sources))
    assert found.why == "its records are no longer published: 1 by Invented Agency"
    assert (found.id, found.tombstones) == (GONE, [])
    assert "--include-removed" in found.next_step
    assert "Gone" not in str(found)


def test_a_tombstone_is_ids_and_dates(home: Home) -> None:
    found = nothing(home, GONE, asked(home, include_removed=True))
    (stone,) = found.tombstones
    assert stone.words == "no longer published by Invented Agency, seen on 2025-12-01"
    assert (stone.record_id, stone.source_id) == (f"{FIRST}:7", FIRST)
    assert stone.removed_at == datetime(2025, 12, 1, tzinfo=UTC)
    assert found.next_step == ""
    assert not any(word in str(found) for word in ("Gone", "debarment", "2021", "HR 77"))


@pytest.mark.parametrize("ask", [show.record_file, show.record_history, show.find_record])
def test_a_hidden_record_is_shown_in_no_way(home: Home, ask: Any) -> None:
    with home.store.reading() as con:
        found = ask(con, f"{FIRST}:7", asked(home))
    assert isinstance(found, NothingShown)
    assert found.why == "no longer published by Invented Agency, seen on 2025-12-01"
    assert found.next_step == "`--include-removed` shows its ids and dates."
    assert "Gone" not in str(found)
    (stone,) = nothing(home, f"{FIRST}:7", asked(home, include_removed=True)).tombstones
    assert stone.record_id == f"{FIRST}:7"


def hide_half_of_acme(home: Home) -> None:
    with home.changing() as con:
        con.execute(
            """UPDATE record SET names = [{'name': ?, 'kind': 'alias'}], country = 'us',
            addresses = [{'text': '9 Secret St', 'city': NULL, 'region': NULL, 'postcode': '99999', 'country': NULL}],
            identifiers = [{'scheme': 'xx-register', 'value': '424242', 'valid': NULL}] WHERE native_id = '9'""",
            [SECRET],
        )
        con.execute("INSERT INTO company_name VALUES ('secret alias', ?, ?, 'alias')", [ACME, SECRET])
        con.execute(
            """UPDATE company SET identifiers = identifiers || [{'scheme': 'xx-register', 'value': '424242',
            'valid': NULL}] WHERE company_id = ?""",
            [ACME],
        )
    remove(home, "9")


def test_what_only_a_hidden_record_says_is_nowhere_on_the_page(home: Home) -> None:
    hide_half_of_acme(home)
    before = shown(home, ACME, asked(home, PERMANENT))
    assert SECRET in str(before)
    assert "424242" in str(before)
    found = shown(home, ACME, asked(home))
    assert [r["record_id"] for r in found.records] == [f"{FIRST}:1"]
    assert found.hidden == {"Invented Agency": 1}
    assert not any(word in str(found) for word in (SECRET, "424242", "9 Secret St", "99999", f"{SECOND}:9"))
    assert (found.company["records"], found.company["kinds"], found.company["sources"]) == (1, ["penalty"], [FIRST])
    assert (found.company["name"], found.company["country"]) == ("Acme Pipeline Inc.", "us")
    assert [number["value"] for number in found.company["identifiers"]] == ["0001234567", "5493001KJTIIGC8Y1R12"]
    (stone,) = shown(home, ACME, asked(home, include_removed=True)).tombstones
    assert stone.record_id == f"{SECOND}:9"


def test_possible_matches_tell_nothing_of_hidden_records(home: Home) -> None:
    llc = company_id("ACME PIPELINE, LLC", "us")
    assert llc in {match.company_id for match in shown(home, ACME, asked(home)).possible}
    remove(home, "2")
    partly = {match.company_id: match for match in shown(home, ACME, asked(home)).possible}[llc]
    assert (partly.records, partly.name) == (1, "ACME PIPELINE, LLC")
    assert partly.reasons == ["alike by what is no longer published, which is not shown"]
    remove(home, "3")
    assert llc not in {match.company_id for match in shown(home, ACME, asked(home)).possible}


def test_publication_ends_hides_a_record_of_any_source_after_that_day(home: Home) -> None:
    with home.changing() as con:
        con.execute("UPDATE record SET publication_ends = ? WHERE native_id = '7'", [TODAY])
    assert shown(home, GONE, asked(home, PERMANENT)).hidden == {}
    with home.changing() as con:
        con.execute("UPDATE record SET publication_ends = ? WHERE native_id = '7'", [date(2026, 1, 19)])
    found = nothing(home, f"{FIRST}:7", asked(home, PERMANENT))
    assert found.why == "no longer published by Invented Agency: publication ended on 2026-01-19"


def test_as_of_a_day_on_which_it_was_published_it_stands_as_then(home: Home) -> None:
    remove(home, "3")
    with home.changing() as con:
        con.execute("UPDATE record SET publication_ends = DATE '2026-01-12' WHERE native_id = '2'")
    llc = company_id("ACME PIPELINE, LLC", "us")
    found = shown(home, llc, asked(home, as_of=date(2026, 1, 10)))
    assert [r["remarks"] for r in found.records] == [
        ["no longer published by Invented Agency since 2026-01-12"],
        ["no longer published by Invented Agency since, seen on 2026-01-15"],
    ]
    assert (found.company["records"], found.company["removed"], found.possible) == (2, 0, [])
    assert found.coverage
    assert set(found.coverage.searched) == {FIRST, SECOND}
    record = show_record(home, f"{FIRST}:3", asked(home, as_of=date(2026, 1, 10)))
    assert record.remarks == ["no longer published by Invented Agency since, seen on 2026-01-15"]
    assert record.record["in_force"] is True
    assert "last_seen" in record.record
    assert nothing(home, llc, asked(home, as_of=date(2026, 1, 15))).why.startswith(
        "its records are no longer published"
    )


def show_record(home: Home, record_id: str, question: Asked) -> show.RecordFile:
    with home.store.reading() as con:
        found = show.record_file(con, record_id, question)
    assert isinstance(found, show.RecordFile)
    return found


def test_a_permanent_record_removed_since_and_one_removed_by_then(home: Home) -> None:
    question = asked(home, PERMANENT, as_of=date(2026, 1, 10))
    assert show_record(home, f"{FIRST}:7", question).remarks == ["aged out, seen on 2025-12-01"]
    remove(home, "1")
    assert show_record(home, f"{FIRST}:1", question).remarks == [
        "no longer published by Invented Agency since, seen on 2026-01-15"
    ]


def test_before_a_record_was_known_that_is_said_with_what_had_been_synced(home: Home) -> None:
    early = asked(home, as_of=date(2025, 12, 1))
    found = nothing(home, f"{FIRST}:1", early)
    assert found.why == "it was not known on 2025-12-01: first seen on 2026-01-09"
    assert found.coverage
    assert found.coverage.searched == (SECOND,)
    assert nothing(home, ACME, early).why == "no record of it was known on 2025-12-01"
    never = asked(home, as_of=date(2024, 1, 1))
    for wanted in (f"{FIRST}:1", ACME):
        assert nothing(home, wanted, never).why == "nothing was known on 2024-01-01: no source had been synced"
    with pytest.raises(UsageError, match="no record"):
        show_record(home, f"{FIRST}:none", never)
    with pytest.raises(UsageError, match="2026-01-21 is still to come"):
        asked(home, as_of=date(2026, 1, 21))


def test_as_of_shows_the_version_of_the_day(home: Home) -> None:
    with home.changing() as con:
        con.execute(
            """INSERT INTO record_history BY NAME
            SELECT * REPLACE ('proposed' AS status, 'Acme Piping Inc.' AS company_name, 1 AS version,
                              TIMESTAMP '2025-06-01' AS changed_at, TIMESTAMP '2025-06-01' AS first_seen),
                   TIMESTAMP '2026-01-09 09:00' AS superseded_at FROM record WHERE native_id = '1'"""
        )
        con.execute("UPDATE record SET version = 2 WHERE native_id = '1'")
    then = asked(home, PERMANENT, as_of=date(2026, 1, 8))
    record = show_record(home, f"{FIRST}:1", then)
    assert (record.record["status"], record.versions, record.as_of) == ("proposed", [], date(2026, 1, 8))
    assert record.remarks == ["not a finding"]
    # when it was last seen is known of today, not of that day
    assert "last_seen" not in record.record
    found = shown(home, ACME, then)
    assert (found.company["name"], [r["status"] for r in found.records]) == ("Acme Piping Inc.", ["proposed"])
    assert found.names == []
    (version,) = show_record(home, f"{FIRST}:1", asked(home, PERMANENT)).versions
    assert version["said"] == {"company_name": "Acme Piping Inc.", "status": "proposed"}


def test_force_is_told_for_the_day_asked_for(home: Home) -> None:
    llc = company_id("ACME PIPELINE, LLC", "us")
    told = {
        day: shown(home, llc, asked(home, PERMANENT, force_on=day)).records[1]["in_force"]
        for day in (None, date(2024, 3, 31), date(2030, 1, 1), date(2030, 1, 2))
    }
    assert [*told.values()] == [True, False, True, False]
    (span,) = shown(home, llc, asked(home, PERMANENT)).force
    assert (span.kind, span.start, span.end) == ("order", date(2024, 4, 1), date(2030, 1, 1))
    blanca = shown(home, company_id("Blanca Flor SA de CV", "mx"), asked(home, PERMANENT))
    assert (blanca.force, blanca.force_not_stated) == ([], 1)
    assert blanca.records[0]["in_force_says"] == "not stated"
