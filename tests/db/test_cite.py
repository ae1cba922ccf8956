"""Citations: whatever a record states stands in its citation; of a hidden one only that it is published no more."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.cite import cite
from db.decisions.kept import Decisions
from db.show.page import Asked
from ingest.errors import UsageError
from tests.cli.homes import FIRST, NOW, SOURCES, Home, make_home, source

TEXT = st.text("abcXYZ äß東 ()-/&", min_size=1, max_size=12).filter(str.strip)
OPTIONAL = {
    "list_id": TEXT, "case_id": TEXT, "decision_id": TEXT, "agency_type": TEXT, "role": TEXT,
    "status_as_published": TEXT, "document_url": st.just("https://agency.example/decision.pdf"),
    "status_on": st.dates(date(1990, 1, 1), date(2030, 1, 1)),
    "issued_on": st.dates(date(1990, 1, 1), date(2030, 1, 1)),
    "member": st.just("list/part-2.csv"),
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = make_home(tmp_path_factory.mktemp("cite") / "home")
    Decisions(made.path).dispute(f"{FIRST}:2", why="it is about another company.", evidence=None, by="Analyst A")
    return made


@pytest.fixture(scope="module")
def changing(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that may change what it cites; nothing of it is kept."""
    with home.changing() as con:
        yield con


def asked(home: Home, *sources: Any) -> Asked:
    known = {item.id: item for item in sources or SOURCES}
    return Asked(home.path, known, NOW.date(), include_removed=True)


def cited(home: Home, key: str) -> str:
    with home.store.reading() as con:
        return cite(con, key, asked(home)).citation


def test_a_citation_reads_like_one(home: Home) -> None:
    said = cited(home, f"{FIRST}:1")
    with home.store.reading() as con:
        ((sha256, row_hash),) = con.execute(
            "SELECT sha256, row_hash FROM record JOIN retrieval USING (retrieval_id) WHERE record_id = ?",
            [f"{FIRST}:1"],
        ).fetchall()
    assert said == (
        f"Invented Agency, “Title of {FIRST}”, penalty, Acme Pipeline Inc., issued 2020-05-01, status final."
        " https://agency.example."
        f" Retrieved 2026-01-09 08:00 UTC, https://agency.example/{FIRST}.csv, SHA-256 {sha256}."
        f" Row 101 of the file, SHA-256 {row_hash}. trackrecord {FIRST}:1, version 1 of 2026-01-09."
    )
    assert "Rows 5, 6 of the file" in cited(home, f"{FIRST}:5")
    assert cited(home, f"{FIRST}:10").count("undated") == 1


def test_what_must_not_be_overlooked_is_in_it(home: Home) -> None:
    assert "Withdrawn: not held against the company." in cited(home, f"{FIRST}:4")
    assert "Not a finding." in cited(home, f"{FIRST}:6")
    assert "Aged out, seen on 2025-12-01." in cited(home, f"{FIRST}:7")
    said = cited(home, f"{FIRST}:2")
    assert "Disputed by Analyst A on " in said
    assert said.endswith(
        "it is about another company. To have it corrected by the agency: https://agency.example/errors."
    )


def test_a_hidden_record_is_cited_as_a_tombstone(home: Home) -> None:
    with home.store.reading() as con:
        found = cite(con, f"{FIRST}:7", asked(home, source(FIRST, retention="mirror-source")))
    assert found.hidden
    assert found.citation == (
        f"Record {FIRST}:7 of “Title of {FIRST}”: no longer published by Invented Agency, seen on 2025-12-01."
        " First seen 2026-01-09, last 2026-01-09."
    )
    assert "Gone Services" not in repr(found)


def test_an_unknown_source_or_record(home: Home) -> None:
    with home.store.reading() as con:
        found = cite(con, f"{FIRST}:1", asked(home, source("xx_other")))
        assert found.citation.startswith(f"{FIRST}, “{FIRST}”, penalty")
        with pytest.raises(UsageError, match="no record"):
            cite(con, f"{FIRST}:99", asked(home))


def test_an_unknown_time_of_retrieval_is_said_to_be_unknown(home: Home, changing: duckdb.DuckDBPyConnection) -> None:
    changing.execute("BEGIN")
    changing.execute("UPDATE retrieval SET retrieved_at = NULL")
    found = cite(changing, f"{FIRST}:1", asked(home))
    changing.execute("ROLLBACK")
    assert "Retrieval time unknown, https://agency.example/" in found.citation


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stated=st.fixed_dictionaries({}, optional=OPTIONAL))
def test_no_part_is_dropped_that_the_record_states(
    home: Home, changing: duckdb.DuckDBPyConnection, stated: dict[str, Any]
) -> None:
    key = f"{FIRST}:10"
    changing.execute("BEGIN")
    for name, value in stated.items():
        changing.execute(f"UPDATE record SET {name} = ? WHERE record_id = ?", [value, key])
    found = cite(changing, key, asked(home))
    changing.execute("ROLLBACK")
    for value in stated.values():
        assert str(value) in found.citation
    for name, value in found.parts.items():
        if isinstance(value, str) and name != "date_is":
            assert value in found.citation
        elif isinstance(value, int | date) and not isinstance(value, datetime):
            assert str(value) in found.citation
    for retrieval in found.parts["retrievals"]:
        assert retrieval["url"] in found.citation
        assert retrieval["sha256"] in found.citation
        assert f"{retrieval['retrieved_at']:%Y-%m-%d %H:%M} UTC" in found.citation
