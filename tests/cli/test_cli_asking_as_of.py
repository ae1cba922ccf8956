"""Search as a user asks it of a day, and of what is published no more."""

from dataclasses import replace
from pathlib import Path

import pytest

import ingest.catalog
from tests.cli.conftest import Command
from tests.cli.homes import SECOND, SOURCES, company_id

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def mirrored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every source asks to forget what it removes."""
    known = {source.id: replace(source, retention="mirror-source") for source in SOURCES}
    monkeypatch.setattr(ingest.catalog, "catalogue", lambda: known)


def test_before_the_first_sync_the_answer_says_that_there_was_nothing(command: Command) -> None:
    out = command("search", "acme", "--as-of", "2025-05-31").out
    assert out.startswith(
        "Nothing to search for “acme”: by the end of 2025-05-31 (UTC) no source asked had been synced."
    )
    assert f"Not searched: us_phmsa_pipeline_enforcement, xx_never, {SECOND}." in out
    answer = command("search", "acme", "--as-of", "2025-05-31", "--json").json
    assert (answer["as_of"], answer["results"], answer["coverage"]["searched"]) == ("2025-05-31", [], [])


def test_coverage_is_that_of_the_day(command: Command) -> None:
    out = command("search", "nobody", "--as-of", "2025-06-02").out
    assert out.startswith(
        "No record found for “nobody” in 1 source with 2 records, as known at the end of 2025-06-02 (UTC)."
    )
    assert "1 days old" in out


def test_the_day_stands_above_the_answer(command: Command) -> None:
    out = command("search", "acme pipeline", "--as-of", "2026-01-09").out
    assert out.startswith("3 companies for “acme pipeline”, as known at the end of 2026-01-09 (UTC)")
    assert "not shown" not in out


def test_a_day_to_come_is_a_fault_of_the_question(command: Command) -> None:
    assert "is still to come" in command("search", "acme", "--as-of", "2999-01-01").err


@pytest.mark.usefixtures("mirrored")
def test_what_is_published_no_more_is_a_number_and_only_where_asked_for(command: Command) -> None:
    assert command("search", "gone services").out.startswith("No record found for “gone services”")
    out = command("search", "gone services", "--include-removed").out
    assert "1 record no longer published by Invented Agency" in out
    assert "(not shown)" in out
    assert not any(
        word in out for word in ("Gone Services", "DE ", "debarment", "cleared or withdrawn)", "2020-01-01", "HR 77")
    )
    (stone,) = command("search", "gone services", "--include-removed", "--json").json["results"]
    assert (stone["company_id"], stone["records"], stone["by_kind"]) == (
        company_id("Gone Services GmbH", "de"), 0, {},
    )  # fmt: skip


@pytest.mark.usefixtures("mirrored")
def test_a_screening_says_how_many_are_published_no_more(command: Command, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("Vendor\nGone Services GmbH\n", encoding="utf-8")
    ran = command("screen", str(tmp_path / "s.csv"), "-o", str(tmp_path / "r.csv"), "--include-removed")
    assert "1 of their records is no longer published and not counted." in ran.out
    assert "1 record no longer published by Invented Agency" in (tmp_path / "r.csv").read_text(encoding="utf-8")
