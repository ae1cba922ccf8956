"""Search finds companies by number and name, ranks without judging, and says what it searched."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from db.search import Filters, Found, search
from ingest.errors import UsageError
from ingest.names.normal import normal_form
from tests.cli.homes import FIRST, NOW, SECOND, SOURCES, THIRD, Home, company_id, make_home


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with make_home(tmp_path / "home").store.reading() as reading:
        yield reading


def find(con: duckdb.DuckDBPyConnection, query: str, limit: int = 20, **filters: Any) -> Found:
    return search(con, query, SOURCES, NOW, filters=Filters(**filters), limit=limit)


def names(found: Found) -> list[str]:
    return [result.name for result in found.results]


@pytest.mark.parametrize(
    "query",
    ["0001234567", "CIK 1234567", "cik1234567", "5493001KJTIIGC8Y1R12", "LEI: 5493 001K JTII GC8Y 1R12"],
)
def test_a_number_finds_its_company(con: duckdb.DuckDBPyConnection, query: str) -> None:
    found = find(con, query)
    assert names(found) == ["Acme Pipeline Inc."]
    assert found.results[0].matched.by == "identifier"
    assert found.results[0].identifiers[0] == {"scheme": "cik", "value": "0001234567", "valid": None}


def test_a_number_of_an_unknown_scheme_is_found_as_typed(con: duckdb.DuckDBPyConnection) -> None:
    assert names(find(con, " HR 77 ")) == ["Gone Services GmbH"]
    assert find(con, "77").results[0].matched.kind == "xx-register"


def test_the_same_name_comes_first_then_other_forms_then_longer_names(con: duckdb.DuckDBPyConnection) -> None:
    found = find(con, "acme pipeline inc")
    assert names(found) == ["Acme Pipeline Inc.", "ACME PIPELINE, LLC", "Acme Pipeline Holdings Ltd"]
    assert [result.matched.by for result in found.results] == ["same name", "name", "words"]
    assert found.results[1].records == 2


@pytest.mark.parametrize("query", ["ÁCME  Pipe-Line llc".replace("-", ""), "Acme pipeline, L.L.C."])
def test_case_accents_and_punctuation_do_not_matter(con: duckdb.DuckDBPyConnection, query: str) -> None:
    assert names(find(con, query))[0] == "ACME PIPELINE, LLC"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("pipe hold", "Acme Pipeline Holdings Ltd"),
        ("holdings acme", "Acme Pipeline Holdings Ltd"),
        ("flor blan", "Blanca Flor SA de CV"),
        ("配管", "東亜配管株式会社"),
        ("東亜配管", "東亜配管株式会社"),
        ("亜", "東亜配管株式会社"),
    ],
)
def test_every_word_of_the_query_begins_a_word_of_the_name(
    con: duckdb.DuckDBPyConnection, query: str, first: str
) -> None:
    assert names(find(con, query))[0] == first


def test_words_in_the_middle_of_a_word_do_not_match(con: duckdb.DuckDBPyConnection) -> None:
    assert names(find(con, "line acme")) == []
    assert [result.why[0] for result in find(con, "acme ipeline").results] == ["typo: 1 letter"] * 3


def test_an_alias_is_found_and_named(con: duckdb.DuckDBPyConnection) -> None:
    exact, prefix = find(con, "Toa Piping").results[0], find(con, "toa pip").results[0]
    assert (exact.name, exact.matched.text, exact.matched.kind) == ("東亜配管株式会社", "Toa Piping", "alias")
    assert (exact.matched.by, prefix.matched.by) == ("name", "words")


def test_a_company_met_by_several_names_shows_the_stated_one(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with home.changing() as con:
        key = company_id("Gone Services GmbH", "de")
        for name in ("Abra Gone", "Zebra Gone"):
            norm = normal_form(name).text
            con.execute("INSERT INTO company_name VALUES (?, ?, ?, 'alias')", [norm, key, name])
    with home.store.reading() as con:
        assert find(con, "gone").results[0].matched.text == "Gone Services GmbH"
        assert find(con, "zeb gon").results[0].matched.text == "Zebra Gone"
        assert find(con, "abra gone").results[0].matched.by == "name"


def test_a_legal_form_of_one_country_does_not_hide_its_company(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    form = normal_form("Mori Foods KK", "jp")
    other = normal_form("Mori Foods KK")
    assert (form.text, form.legal_form, other.text) == ("mori foods", "kk", "mori foods kk")
    with home.store.reading() as con:
        found = find(con, "Mori Foods KK")
        assert names(found) == ["Mori Foods KK"]
        assert found.results[0].matched.by == "same name"
        assert names(find(con, "Mori Foods KK", country="jp")) == ["Mori Foods KK"]
        assert find(con, "Toa Piping KK").results[0].why == ("but for “kk”", "alias “Toa Piping”")


def test_filters_restrict_and_recount(con: duckdb.DuckDBPyConnection) -> None:
    (only,) = find(con, "acme pipeline inc", sources=(SECOND,)).results
    assert (only.records, only.sources, only.kinds, only.first) == (1, [SECOND], ["listing"], date(2021, 1, 1))
    assert names(find(con, "acme", kinds=("order", "warning"))) == ["ACME PIPELINE, LLC"]
    (recent,) = find(con, "acme pipeline llc", since=date(2022, 1, 1)).results
    assert (recent.records, recent.first, recent.last) == (1, date(2024, 3, 4), date(2024, 3, 4))
    assert names(find(con, "acme", country="gb")) == ["Acme Pipeline Holdings Ltd"]
    assert names(find(con, "mori", since=date(1900, 1, 1))) == []


def test_removed_records_are_counted_apart(con: duckdb.DuckDBPyConnection) -> None:
    (gone,) = find(con, "gone services").results
    assert (gone.records, gone.removed) == (1, 1)
    (gone,) = find(con, "gone services", kinds=("debarment",)).results
    assert (gone.records, gone.removed) == (1, 1)


@pytest.mark.parametrize("filters", [{}, {"kinds": ("listing",)}, {"sources": (SECOND,)}])
def test_a_cleared_case_is_counted_but_its_kind_is_not_held_against_the_company(
    con: duckdb.DuckDBPyConnection, filters: dict[str, Any]
) -> None:
    (cleared,) = find(con, "blanca flor", **filters).results
    assert (cleared.records, cleared.not_adverse, cleared.kinds) == (1, 1, [])


def test_kinds_are_those_of_the_records_that_stand(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with home.changing() as con:
        con.execute("UPDATE record SET status = 'vacated' WHERE native_id = '3'")
    with home.store.reading() as con:
        (mixed,) = find(con, "acme pipeline llc", since=date(1900, 1, 1), sources=(FIRST,)).results[:1]
    assert (mixed.name, mixed.records, mixed.not_adverse, mixed.kinds) == ("ACME PIPELINE, LLC", 2, 1, ["warning"])


@pytest.fixture
def rooted(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Establishments of one French and one Brazilian company, and a number that only begins alike."""
    home = make_home(tmp_path / "rooted")
    with home.changing() as con:
        con.execute(
            "INSERT INTO company_identifier VALUES ('73282932000074', 'siret', true, $1),"
            "('73282932000082', 'siret', true, $1), ('31751386000100', 'cnpj', true, $2),"
            "('31751386999', 'xx-register', NULL, $3), ('73282932099', 'xx-register', NULL, $3)",
            [company_id("Mori Foods KK", "jp"), company_id("Blanca Flor SA de CV", "mx"),
             company_id("Gone Services GmbH", "de")],
        )  # fmt: skip
        con.execute("CREATE TABLE sorted AS FROM company_identifier ORDER BY value")
        con.execute("DELETE FROM company_identifier")
        con.execute("INSERT INTO company_identifier FROM sorted ORDER BY value")
        con.execute("DROP TABLE sorted")
    with home.store.reading() as reading:
        yield reading


@pytest.mark.parametrize(
    ("query", "name", "scheme", "value"),
    [
        ("732829320", "Mori Foods KK", "siret", "73282932000074"),
        ("732 829 320", "Mori Foods KK", "siret", "73282932000074"),
        ("SIREN: 732829320", "Mori Foods KK", "siret", "73282932000074"),
        ("31751386", "Blanca Flor SA de CV", "cnpj", "31751386000100"),
        (" 31.751.386 ", "Blanca Flor SA de CV", "cnpj", "31751386000100"),
        ("CNPJ 31.751.386", "Blanca Flor SA de CV", "cnpj", "31751386000100"),
    ],
)
def test_the_number_of_a_company_finds_its_establishments(
    rooted: duckdb.DuckDBPyConnection, query: str, name: str, scheme: str, value: str
) -> None:
    (found,) = find(rooted, query).results
    assert found.name == name
    assert (found.matched.by, found.matched.kind, found.matched.text) == ("root", scheme, value)


@pytest.mark.parametrize("query", ["73282932", "3175138", "CNPJ 732829320", "SIREN 31751386", "7328 29320 00"])
def test_a_part_of_another_length_or_scheme_is_no_root(rooted: duckdb.DuckDBPyConnection, query: str) -> None:
    assert find(rooted, query).results == []


def test_the_limit_hides_nothing_silently(con: duckdb.DuckDBPyConnection) -> None:
    found = find(con, "acme", limit=1)
    assert (len(found.results), found.total) == (1, 3)


def test_many_names_with_one_word_are_ranked_by_records_not_by_kind(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with home.changing() as con:
        for number in range(30):
            name = f"Zeta {chr(97 + number % 26)}{number} Works"
            key, form = company_id(name, "us"), normal_form(name, "us")
            con.execute(
                """INSERT INTO company
                VALUES (?, ?, ?, '', 'us', 'company', NULL, ?, 0, 0, ['x'], ['listing'], NULL, NULL)""",
                [key, name, form.text, number],
            )
            con.execute("INSERT INTO company_name VALUES (?, ?, ?, 'stated')", [form.text, key, name])
    with home.store.reading() as con:
        found = find(con, "zeta works", limit=3)
    assert [result.records for result in found.results] == [29, 28, 27]
    assert found.total == 30


@pytest.mark.parametrize(
    ("query", "filters", "says"),
    [
        ("  ", {}, "empty"),
        ("!!!", {}, "no letter and no digit"),
        (" %.…「」 ", {}, "no letter and no digit"),
        ("acme", {"country": "usa"}, "--country"),
        ("acme", {"country": "u1"}, "--country"),
        ("acme", {"kinds": ("fine",)}, "no kind"),
    ],
)
def test_questions_without_sense_are_refused(
    con: duckdb.DuckDBPyConnection, query: str, filters: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        find(con, query, **filters)


def test_a_limit_below_one_is_refused(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match="--limit"):
        find(con, "acme", limit=0)


@pytest.mark.parametrize("query", ["'; DROP TABLE record; --", "a" * 5000, "Inc", "\u0000x"])
def test_odd_queries_find_nothing_and_break_nothing(con: duckdb.DuckDBPyConnection, query: str) -> None:
    assert find(con, query).results == []


def test_the_answer_says_what_was_searched_and_what_not(con: duckdb.DuckDBPyConnection) -> None:
    coverage = find(con, "nobody at all").coverage
    assert (coverage.searched, coverage.not_searched) == ((FIRST, SECOND), (THIRD,))
    assert (coverage.records, coverage.companies) == (10, 8)
    assert {state.source_id: state.state for state in coverage.sources} == {
        FIRST: "ok",
        SECOND: "stale",
        THIRD: "never synced",
    }
    assert find(con, "nobody", sources=(FIRST,)).coverage.searched == (FIRST,)


def test_defaults_ask_everything(tmp_path: Path) -> None:
    home: Home = make_home(tmp_path / "home")
    with home.store.reading() as con:
        assert search(con, "acme", SOURCES, datetime.now(UTC)).total == 3
