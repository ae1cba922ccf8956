"""Which companies a supplier may be: numbers decide, places help, guesses do not contradict, ties stay possible."""

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from db.screen.matching import BANDS, Matcher
from db.screen.numbers import Number, numbers
from db.screen.report import Hit
from db.screen.work import Supplier
from db.store import Store
from tests.db.indexed import add

LEI, OTHER_LEI = "5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55"
CNPJ, BRANCH, OTHER_CNPJ = "11222333000181", "11222333000262", "11444777000161"
SIRET, SIREN = "73282932000074", "732829320"
World = dict[str, str]
Find = Callable[..., list[Hit]]

NAMES = (
    ("Quorvex Energy Inc.", "us"), ("Quorvex Energy GmbH", "de"), ("Brellin Tools Ltd", "gb"),
    ("Brellim Tools Ltd", "gb"), ("Tarvos Mineração SA", "br"), ("Ondrelle SAS", "fr"),
    ("Northwind Kestrel Agricultural Workers Fund", "us"), ("General Services Group LLC", "us"),
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, World]:
    """A home with these companies; two of them with addresses, six called alike in other countries."""
    store, ids = Store(tmp_path_factory.mktemp("world") / "home"), {}
    with store.writing() as writer, writer.next_generation() as con:
        (scratch,) = con.execute("SELECT current_database()").fetchall()[0]
        con.execute("USE gen")
        for name, country in NAMES:
            ids[name] = add(con, name, country)
        for number, country in enumerate(("us", "de", "fr", "it", "es", "pl", "cz", "at", "ch")):
            ids[f"Vellaria {country}"] = add(con, "Vellaria Trading", country, records=number)
        for name, scheme, value in (
            ("Quorvex Energy Inc.", "lei", LEI), ("Tarvos Mineração SA", "cnpj", CNPJ),
            ("Ondrelle SAS", "siret", SIRET),
            ("Brellin Tools Ltd", "ein", "123456789"), ("Brellin Tools Ltd", "xx-register", "HR 77"),
        ):  # fmt: skip
            _number(con, ids[name], scheme, value)
        for name, city, postcode in (
            ("General Services Group LLC", "Omaha", "68102"), ("Vellaria fr", "Lille", "59000"),
        ):  # fmt: skip
            _address(con, ids[name], city, postcode)
        con.execute(f"USE {scratch}")
    return store, ids


def _number(con: duckdb.DuckDBPyConnection, company_id: str, scheme: str, value: str) -> None:
    con.execute("INSERT INTO company_identifier VALUES (?, ?, true, ?)", [value, scheme, company_id])
    con.execute(
        """UPDATE company SET identifiers = list_concat(coalesce(identifiers, []),
        [{'scheme': $1::VARCHAR, 'value': $2::VARCHAR, 'valid': true}]) WHERE company_id = $3""",
        [scheme, value, company_id],
    )


def _address(con: duckdb.DuckDBPyConnection, company_id: str, city: str, postcode: str) -> None:
    con.execute(
        """INSERT INTO record BY NAME SELECT 's:1' AS record_id, 's' AS source_id, ? AS company_id, '1' AS native_id,
        'x' AS company_name, 'company' AS entity_type, 'r' AS gate_reason, 'penalty' AS kind, 'tax' AS subject_area,
        'final' AS status, 'v' AS adapter_version, 'r' AS retrieval_id, 1 AS row_number, 'h' AS row_hash, 1 AS version,
        now()::TIMESTAMP AS first_seen, now()::TIMESTAMP AS changed_at, now()::TIMESTAMP AS last_seen,
        [{'text': '1 Main St', 'city': ?, 'region': NULL, 'postcode': ?, 'country': NULL}] AS addresses""",
        [company_id, city, postcode],
    )


@pytest.fixture
def find(world: tuple[Store, World]) -> Find:
    def found(name: str, country: str = "", header: str = "Number", ids: str = "", **place: Any) -> list[Hit]:
        given = {"address": "", "city": "", "postcode": "", **place}
        supplier = Supplier(5, name, country, (ids,), **given)
        with world[0].reading() as con:
            return Matcher(con, len(BANDS) - 1, (header,)).find([supplier]).get(5, [])

    return found


def test_an_equal_number_decides_whatever_the_name(find: Find) -> None:
    (hit,) = find("Entirely Other Words", ids=LEI)
    assert (hit.met, hit.band, hit.score) == ("Quorvex Energy Inc.", "same", 1.0)


def test_another_valid_number_leaves_the_same_name_possible_and_hides_it_not(find: Find) -> None:
    assert find("Quorvex Energy Inc.", "us")[0].band == "same"
    (hit,) = [hit for hit in find("Quorvex Energy Inc.", "us", ids=OTHER_LEI) if hit.met == "Quorvex Energy Inc."]
    assert hit.band == "possible"
    assert any(why.startswith("different numbers") for why in hit.why)
    assert "Quorvex Energy Inc." not in [hit.met for hit in find("Quorvix Energie", "us", ids=OTHER_LEI)]


def test_a_name_run_together_is_written_alike(find: Find) -> None:
    (hit, *_) = find("North wind Kestrel Agricultural Workers Fund", "us")
    assert hit.band in {"same", "likely"}
    assert find("Ond relle", "fr")[0].band == "likely"


def test_companies_of_one_name_say_that_it_does_not_tell_which(find: Find) -> None:
    hits = find("Vellaria Trading", "")
    assert len(hits) > 1
    assert all(f"one of {len(hits)} companies of this name kept apart" in hit.why[-1] for hit in hits)
    assert not any("kept apart" in why for why in find("Quorvex Energy Inc.", "us", ids=LEI)[0].why)


@pytest.mark.parametrize(("header", "ids"), [("CNPJ", CNPJ), ("CNPJ", BRANCH), ("Tax no.", "11.222.333/0002-62")])
def test_a_branch_is_found_by_the_root_of_its_number(find: Find, header: str, ids: str) -> None:
    assert [hit.met for hit in find("Alguma Filial", "br", header, ids)] == ["Tarvos Mineração SA"]


@pytest.mark.parametrize(("header", "ids"), [("SIREN", SIREN), ("N° SIRET", SIRET)])
def test_a_siren_finds_the_company_of_its_establishments(find: Find, header: str, ids: str) -> None:
    (hit,) = find("Nom tout autre", "fr", header, ids)
    assert (hit.met, hit.band) == ("Ondrelle SAS", "same")


def test_a_number_whose_scheme_is_stated_decides_although_it_has_no_check_digit(find: Find) -> None:
    assert find("Wholly Different", header="EIN", ids="12-3456789")[0].band == "same"


def test_a_guessed_number_only_hints(find: Find) -> None:
    (hit,) = find("Wholly Different Matter", header="Vendor", ids="12-3456789")
    assert hit.band == "possible"
    assert "if that is what it is" in hit.why[0]
    assert find("Brellin Tools", header="Vendor", ids="12-3456789")[0].band == "same"
    assert find("Quorvex Energy Inc.", "us", "Vendor", "98-7654321")[0].band == "same"


def test_numbers_of_cells() -> None:
    assert numbers(("LEI code", "Vendor"), (LEI, "")) == (Number("lei", LEI, sure=True),)
    assert numbers(("LEI",), ("not a number at all, surely",)) == ()


def test_a_common_name_elsewhere_is_held_down_and_the_right_place_helps(find: Find) -> None:
    near = find("General Services Group LLC", city="Omaha", postcode="68102")[0]
    far = find("General Services Group LLC", city="Reno", postcode="89501")[0]
    bare = find("General Servces Group", city="Omaha")[0]
    assert near.band == "same"
    assert far.score < near.score
    assert "same city" in bare.why


def test_of_many_companies_of_one_name_those_of_the_country_come_first(find: Find, world: tuple[Store, World]) -> None:
    hits = find("Vellaria Trading", "us")
    assert hits[0].company_id == world[1]["Vellaria us"]
    assert 1 <= len(hits) <= 5


def test_two_names_equally_near_are_both_only_possible(find: Find) -> None:
    hits = find("Brellix Tools")
    assert {hit.met for hit in hits} >= {"Brellin Tools Ltd", "Brellim Tools Ltd"}
    assert {hit.band for hit in hits} == {"possible"}


def test_a_name_cut_by_its_field_is_possible(find: Find) -> None:
    (hit, *_) = find("NORTHWIND KESTREL AGRICULTURAL W")
    assert hit.met == "Northwind Kestrel Agricultural Workers Fund"
    assert "the supplier's name is the beginning of this one" in hit.why


def test_nothing_alike_is_left_out(find: Find) -> None:
    assert find("Zzyq Plommen") == []
    assert find("株") == []


def test_a_slip_in_the_only_word_of_a_name_leaves_it_possible(find: Find) -> None:
    (hit,) = find("Ondrellle", "fr")
    assert (hit.met, hit.band) == ("Ondrelle SAS", "possible")
    assert "no word is written alike" in hit.why
