"""Search forgives how a name is written, says in words why it found it, and ranks by match before all else."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from db.index import meeting
from db.search import Filters, Found, search
from tests.cli.homes import NOW, make_home
from tests.db.indexed import add, alias

COMPANIES = (
    ("International Zorvexa Services Inc", "us", 3),
    ("Zorvexa Pipeline Inc", "us", 9),
    ("Zorvexa Pipeline Holdings Ltd", "gb", 50),
    ("Zorvexa Pipelinx GmbH", "de", 80),
    ("Norbank Trading SA", "fr", 1),
    ("ООО Квазимет Трейдинг", "ru", 2),
    ("Kelmar Capital Fund VII LP", "us", 1),
    ("Kelmar Capital Fund VIII LP", "us", 1),
    ("Kelmar Capital Fund VII Series Two LP", "us", 1),
    ("Kelmar Capital Fund LP", "us", 9),
    ("Delmarva Feeds Inc", "us", 9),
    ("Ovrita Foods KK", "jp", 1),
    ("Quorvita Molinos SC", "mx", 1),
)


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    home = make_home(tmp_path / "home")
    with home.changing() as changing:
        keys = {name: add(changing, name, country, records=records) for name, country, records in COMPANIES}
        alias(changing, keys["Norbank Trading SA"], "Quonset Vale Banque", "former")
    with home.store.reading() as reading:
        yield reading


def find(con: duckdb.DuckDBPyConnection, query: str, limit: int = 20, **filters: Any) -> Found:
    return search(con, query, [], NOW, filters=Filters(**filters), limit=limit)


@pytest.mark.parametrize(
    ("query", "name", "why"),
    [
        ("Zorvexa Pipeline Inc", "Zorvexa Pipeline Inc", ("same name",)),
        ("Zorvexa Pipeline GmbH", "Zorvexa Pipeline Inc", ("same name", "legal form differs")),
        ("Zorveksa Pipeline Hldgs", "Zorvexa Pipeline Holdings Ltd", None),
        ("Norbnk Trading", "Norbank Trading SA", ("typo: 1 letter",)),
        ("Norbnk Tradimg", "Norbank Trading SA", ("typo: 2 letters",)),
        ("Trading Norbank", "Norbank Trading SA", ("other word order",)),
        ("Intl Zorvexa Svcs", "International Zorvexa Services Inc", ("abbreviation",)),
        ("Zorvexa Intl Services", "International Zorvexa Services Inc", ("abbreviation", "other word order")),
        ("Nor Bank Trading", "Norbank Trading SA", ("written as one word",)),
        ("Kvazimet Treyding", "ООО Квазимет Трейдинг", ("transliterated",)),
        ("norbank tra", "Norbank Trading SA", ("begins with",)),
        ("trad nor", "Norbank Trading SA", ("has all words",)),
        ("Quonset Vale Banque", "Norbank Trading SA", ("same name", "former “Quonset Vale Banque”")),
        ("Quonset Vale Bnque", "Norbank Trading SA", ("typo: 1 letter", "former “Quonset Vale Banque”")),
        ("Norbank Trading Limburg", "Norbank Trading SA", ("without “limburg”",)),
        ("Ovrita Fods KK", "Ovrita Foods KK", ("typo: 1 letter",)),
        ("Quorvita Molnos SC", "Quorvita Molinos SC", ("typo: 1 letter",)),
    ],
)
def test_a_name_is_found_and_the_reason_given(
    con: duckdb.DuckDBPyConnection, query: str, name: str, why: tuple[str, ...] | None
) -> None:
    found = find(con, query).results[0]
    assert found.name == name
    assert why is None or found.why == why


def test_the_better_match_comes_before_more_records(con: duckdb.DuckDBPyConnection) -> None:
    found = find(con, "zorvexa pipeline")
    assert [result.name for result in found.results][:3] == [
        "Zorvexa Pipeline Inc",
        "Zorvexa Pipelinx GmbH",
        "Zorvexa Pipeline Holdings Ltd",
    ]
    assert [result.why[0] for result in found.results][:3] == ["same name", "typo: 1 letter", "begins with"]
    assert [result.matched.by for result in found.results][:3] == ["name", "similar", "words"]


def test_a_numeral_is_no_typo_and_another_one_comes_last(con: duckdb.DuckDBPyConnection) -> None:
    found = find(con, "Kelmar Capital Fund VII").results
    assert [result.name for result in found] == [
        "Kelmar Capital Fund VII LP",
        "Kelmar Capital Fund VII Series Two LP",
        "Kelmar Capital Fund LP",
        "Kelmar Capital Fund VIII LP",
    ]
    assert found[3].why == ("other number: 8, not 7",)
    assert found[3].matched.by == "similar"
    assert "number" not in " ".join(why for result in found[:3] for why in result.why)


def test_among_many_names_the_best_match_then_the_most_records_come_first(tmp_path: Path) -> None:
    home = make_home(tmp_path / "many")
    with home.changing() as changing:
        for number in range(40):
            add(
                changing,
                f"Brixwell {chr(97 + number % 26)}{chr(97 + number // 26)}sta Trading",
                records=1 + number % 20,
            )
        add(changing, "Brixwell Trading", records=1)
    with home.store.reading() as con:
        found = find(con, "brixwell trading", limit=5)
    assert found.results[0].name == "Brixwell Trading"
    assert [result.records for result in found.results[1:]] == [20, 20, 19, 19]
    assert found.total == 41


def test_a_name_that_is_cut_off_in_its_numeral_is_still_found(con: duckdb.DuckDBPyConnection) -> None:
    assert "Kelmar Capital Fund VIII LP" in [result.name for result in find(con, "kelmar capital fund vi").results]


@pytest.mark.parametrize("query", ["Quorvizta Molinoz", "quorvtaa molinos", "internatoinol zorvexa services"])
def test_two_letters_may_be_wrong_in_a_long_word(con: duckdb.DuckDBPyConnection, query: str) -> None:
    found = find(con, query).results[0]
    assert found.name in {"Quorvita Molinos SC", "International Zorvexa Services Inc"}
    assert found.why == ("typo: 2 letters",)


def test_two_wrong_letters_in_a_number_or_a_short_word_are_another_word(con: duckdb.DuckDBPyConnection) -> None:
    assert find(con, "norbxxk").results == []
    assert find(con, "quorvit99").results == []


@pytest.mark.parametrize("query", ["Zorvexa Pipeline de", "zorvexa de"])
def test_a_connecting_word_at_the_end_does_not_stand_for_the_whole(con: duckdb.DuckDBPyConnection, query: str) -> None:
    found = [result.name for result in find(con, query).results]
    assert found != []
    assert all("Zorvexa" in name for name in found)


@pytest.mark.parametrize(
    "query", ["z", "7", "GmbH", "a" * 10_000, "zorvexa " * 1_500, "trading \U0001f600", ".* trading", "% OR 1=1"]
)
def test_any_text_is_a_question_with_the_same_answer_twice(con: duckdb.DuckDBPyConnection, query: str) -> None:
    assert find(con, query) == find(con, query)


def test_records_are_counted_by_kind(con: duckdb.DuckDBPyConnection) -> None:
    (two,) = [result for result in find(con, "acme pipeline llc").results if result.name == "ACME PIPELINE, LLC"]
    assert (two.kinds, two.by_kind, two.records) == (["order", "warning"], {"order": 1, "warning": 1}, 2)
    (one,) = [result for result in find(con, "acme pipeline", kinds=("order",)).results if result.by_kind]
    assert (one.kinds, one.by_kind, one.records) == (["order"], {"order": 1}, 1)


def test_a_country_leaves_nothing_out_that_is_in_it(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting, "_FEW", 1)
    assert [result.name for result in find(con, "zorvexa pipelime").results] != []
    assert [result.name for result in find(con, "zorvexa pipelime", country="gb").results] == [
        "Zorvexa Pipeline Holdings Ltd"
    ]


def test_records_that_are_restricted_leave_none_out_among_similar_names(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting, "_FEW", 1)
    assert {result.name for result in find(con, "acme pipelinr", kinds=("order",)).results} == {"ACME PIPELINE, LLC"}
    assert {result.name for result in find(con, "acme pipelinr", since=date(2024, 1, 1)).results} == {
        "ACME PIPELINE, LLC"
    }


def test_nothing_similar_is_nothing_found(con: duckdb.DuckDBPyConnection) -> None:
    assert find(con, "xylophone harbour").results == []
    assert find(con, "zorvexa unrelated words entirely").results == []
