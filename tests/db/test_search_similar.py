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


def test_a_numeral_is_no_typo(con: duckdb.DuckDBPyConnection) -> None:
    found = find(con, "Kelmar Capital Fund VII").results
    assert found[0].name == "Kelmar Capital Fund VII LP"
    assert "typo" not in " ".join(found[1].why)


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
