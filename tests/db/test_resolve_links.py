"""Records become one company by strong links alone, and the same companies in whatever order they come."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.companies import refresh_companies
from tests.db.resolve_world import NOW, Row, World, world

LEI, OTHER_LEI = ("lei", "5493001KJTIIGC8Y1R12"), ("lei", "529900T8BM49AURSDO55")
CIK = ("cik", "0001234567")
Worlds = tuple[Row, ...]


def together(*rows: Row) -> set[frozenset[str]]:
    with world(*rows) as made:
        return made.together()


def apart(*keys: str) -> set[frozenset[str]]:
    return {frozenset(key) for key in keys}


def test_an_equal_number_makes_one_company_whatever_the_names() -> None:
    assert together(
        Row("1", "Acme Inc", numbers=(LEI,)), Row("2", "Zenith SA", "xx_two", "fr", numbers=(LEI,))
    ) == apart("12")


def test_a_number_that_does_not_hold_proves_nothing() -> None:
    rows = [Row("1", "Acme Inc", numbers=(LEI,), valid=False), Row("2", "Zenith Inc", numbers=(LEI,), valid=False)]
    assert together(*rows) == apart("1", "2")


def test_a_number_its_register_issued_with_a_wrong_check_digit_counts() -> None:
    number = (("rfc", "ABC010203AB9"),)
    rows = [
        Row(key, name, country="mx", numbers=number, valid=False) for key, name in (("1", "Uno SA"), ("2", "Dos SA"))
    ]
    assert together(*rows) == apart("12")


@pytest.mark.parametrize(
    ("scheme", "one", "other"),
    [("siret", "73282932000074", "73282932000082"), ("cnpj", "11222333000181", "11222333000262"),
     ("bic", "DEUTDEFF", "DEUTDEFF500")],
)  # fmt: skip
def test_establishments_belong_to_their_company(scheme: str, one: str, other: str) -> None:
    country = {"siret": "fr", "cnpj": "br", "bic": "de"}[scheme]
    rows = [
        Row("1", "Usine Nord", country=country, numbers=((scheme, one),)),
        Row("2", "Usine Sud", country=country, numbers=((scheme, other),)),
    ]
    assert together(*rows) == apart("12")


def test_a_french_vat_number_holds_the_siren() -> None:
    rows = [
        Row("1", "Usine Nord", country="fr", numbers=(("vat", "FR44732829320"),)),
        Row("2", "Usine", country="fr", numbers=(("siren", "732829320"),)),
    ]
    assert together(*rows) == apart("12")


def test_a_number_of_another_country_is_often_a_parents_and_joins_nothing_by_itself() -> None:
    number = (("ru-inn", "7707083893"),)
    parent = Row("1", "Alfa Kredit", numbers=number, country="ru")
    daughter = Row("2", "Beta", numbers=number, country="by")
    assert together(parent, daughter) == apart("1", "2")
    assert together(parent, replace(daughter, country="ru")) == apart("12")
    assert together(parent, replace(daughter, country=None)) == apart("12")


def test_a_ship_on_its_owners_record_does_not_make_them_one() -> None:
    number = (("imo", "9074729"),)
    rows = [
        Row("1", "Sea Star", numbers=number, entity_type="vessel"),
        Row("2", "Star Lines", numbers=number),
        Row("3", "Ocean Moon", "xx_two", numbers=number, entity_type="vessel"),
    ]
    assert together(*rows) == apart("13", "2")


def test_numbers_of_establishments_and_of_unnamed_registers_support_a_name_only() -> None:
    number = (("fda-fei", "3001234567"), ("xx-register", "HR 77"))
    rows = [
        Row("1", "Acme Inc", numbers=number),
        Row("2", "Acme Inc", "xx_two", numbers=number),
        Row("3", "Zenith", numbers=number),
    ]
    assert together(*rows) == apart("12", "3")


def test_a_name_alone_joins_nothing() -> None:
    assert together(Row("1", "Acme Inc"), Row("2", "Acme Inc", "xx_two")) == apart("1", "2")
    assert together(Row("1", "Acme Inc", places=("68102",)), Row("2", "Acme Inc", places=("10001",))) == apart("1", "2")


def test_one_agency_naming_one_operator_twice_without_a_place_means_one() -> None:
    assert together(Row("1", "Acme Inc"), Row("2", "ACME, INC.")) == apart("12")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"postcode": "68102-1234", "text": "Omaha"}, {"postcode": "68102", "text": "Omaha"}),
        ({"city": "Omaha", "region": "NE"}, {"city": "OMAHA", "region": "Nebraska"}),
        ({"text": "12 Main Street, Omaha"}, {"text": "12, MAIN STREET - OMAHA"}),
        ({"city": "Omaha", "region": "NE", "country": "us"}, {"city": "Omaha", "region": "NE"}),
    ],
)
def test_an_equal_name_with_an_equal_place_is_one(one: dict[str, str | None], other: dict[str, str | None]) -> None:
    assert together(Row("1", "Acme Inc", address=one), Row("2", "Acme Inc", "xx_two", address=other)) == apart("12")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"city": "Springfield", "region": "IL"}, {"city": "Springfield", "region": "MO"}),
        ({"city": "Springfield"}, {"city": "Springfield"}),
        ({"region": "NE", "text": "NE"}, {"region": "NE", "text": "NE"}),
        ({"city": "unknown", "region": "NE"}, {"city": "Unknown", "region": "NE"}),
        ({"postcode": "00000", "text": "none"}, {"postcode": "00000", "text": "none"}),
        ({"city": "Lima", "country": "pe", "text": "Lima"}, {"city": "Lima", "region": "Ohio", "text": "Lima"}),
    ],
)
def test_what_is_no_place_joins_nothing(one: dict[str, str | None], other: dict[str, str | None]) -> None:
    assert together(Row("1", "Acme Inc", address=one), Row("2", "Acme Inc", "xx_two", address=other)) == apart("1", "2")


def test_a_japanese_municipality_is_a_place() -> None:
    rows = [
        Row(key, "東亜配管株式会社", source, "jp", address={"text": "北海道函館市"})
        for key, source in (("1", "a"), ("2", "b"))
    ]
    assert together(*rows) == apart("12")


@pytest.mark.parametrize(
    "change", [{"country": "gb"}, {"country": None}, {"name": "Acme LLC"}, {"name": "Acme II Inc"}]
)
def test_another_country_form_or_name_is_another_company(change: dict[str, Any]) -> None:
    one = Row("1", "Acme Inc", places=("68102",))
    assert together(one, replace(one, key="2", source="xx_two", **change)) == apart("1", "2")


def test_without_a_country_a_place_joins_nothing() -> None:
    rows = [Row(key, "Acme Inc", source, None, places=("68102",)) for key, source in (("1", "a"), ("2", "b"))]
    assert together(*rows) == apart("1", "2")


def test_a_published_alias_joins() -> None:
    rows = [
        Row("1", "Toa Haikan KK", country="jp", aliases=("Toa Piping KK",)),
        Row("2", "TOA PIPING K.K.", "xx_two", "jp"),
    ]
    with world(*rows) as made:
        assert made.together() == apart("12")
        assert made.ask("SELECT method, evidence, version, made_by, made_at FROM gen.company_link") == [
            ("alias", "alias Toa Piping KK", "links_v2", "rule", NOW)
        ]


@pytest.mark.parametrize("change", [{"country": "kr"}, {"alias_kind": "weak alias"}, {"alias_kind": "trade"}])
def test_a_weak_or_foreign_alias_joins_nothing(change: dict[str, Any]) -> None:
    one = Row("1", "Toa Haikan", country="jp", aliases=("Toa Piping",))
    assert together(replace(one, **change), Row("2", "TOA PIPING", "xx_two", "jp")) == apart("1", "2")


def test_an_alias_that_two_companies_bear_joins_neither() -> None:
    rows = [
        Row("1", "Toa Haikan", aliases=("Toa Piping",)),
        Row("2", "Toa Piping", "xx_two", places=("10001",)),
        Row("3", "Toa Piping", "xx_three", places=("68102",)),
    ]
    assert together(*rows) == apart("1", "2", "3")
    assert together(*rows[:2]) == apart("12")


def test_different_numbers_of_one_scheme_stay_apart() -> None:
    rows = [
        Row("1", "Acme Inc", numbers=(LEI,), places=("68102",)),
        Row("2", "Acme Inc", "xx_two", numbers=(OTHER_LEI,), places=("68102",)),
    ]
    assert together(*rows) == apart("1", "2")


def test_a_third_between_different_numbers_stays_alone() -> None:
    rows = [
        Row("1", "Acme Inc", numbers=(LEI,), places=("68102",)),
        Row("2", "Acme Inc", "xx_two", places=("68102", "10001")),
        Row("3", "Acme Inc", "xx_three", numbers=(OTHER_LEI,), places=("10001",)),
    ]
    assert together(*rows) == apart("1", "2", "3")
    assert together(*rows[:2]) == apart("12")


def test_a_number_of_another_scheme_does_not_lead_around_a_contradiction() -> None:
    rows = [
        Row("1", "Acme Inc", numbers=(LEI,), places=("68102",)),
        Row("2", "Acme Inc", "xx_two", numbers=(CIK,), places=("68102", "10001")),
        Row("3", "Acme Inc", "xx_three", numbers=(OTHER_LEI,), places=("10001",)),
    ]
    assert together(*rows) == apart("1", "2", "3")


def test_an_alias_does_not_join_different_numbers() -> None:
    rows = [
        Row("1", "Acme Inc", numbers=(LEI,), aliases=("Zenith Inc",)),
        Row("2", "Zenith Inc", "xx_two", numbers=(OTHER_LEI,)),
    ]
    assert together(*rows) == apart("1", "2")


def test_a_bridge_that_arrives_later_merges_and_leaves_a_redirect() -> None:
    with world(Row("1", "Acme Inc", places=("68102",)), Row("2", "Acme Inc", "xx_two", places=("10001",))) as made:
        before = set(made.companies())
        made.add(Row("3", "Acme Inc", "xx_three", places=("68102", "10001")))
        ((after, records),) = made.companies().items()
        assert len(records) == 3
        assert after in before
        assert made.ask("SELECT old_id, company_id, why, since FROM gen.company_redirect") == [
            ((before - {after}).pop(), after, "linked anew", NOW)
        ]


def test_a_bridge_that_goes_splits_and_leaves_nothing_behind() -> None:
    rows = [Row("1", "Acme Inc", places=("68102",)), Row("2", "Acme Inc", "xx_two", places=("10001",))]
    with world(*rows) as made:
        before = made.companies()
        made.add(Row("3", "Acme Inc", "xx_three", places=("68102", "10001")))
        made.remove("xx_three:3")
        assert made.companies() == before
        assert made.ask("SELECT company_id, records FROM gen.company ORDER BY 1") == [(c, 1) for c in sorted(before)]
        assert made.ask("FROM gen.company_link") == made.ask("FROM gen.company_redirect") == []
        no_orphans(made)


def test_a_contradiction_that_arrives_later_splits_again() -> None:
    rows = [Row("1", "Acme Inc", numbers=(LEI,), places=("68102",)), Row("2", "Acme Inc", "xx_two", places=("68102",))]
    with world(*rows) as made:
        assert made.together() == apart("12")
        made.add(Row("3", "Acme Inc", "xx_three", numbers=(OTHER_LEI,), places=("68102",)))
        assert made.together() == apart("1", "2", "3")
        made.remove("xx_three:3")
        assert made.together() == apart("12")


def test_a_corrected_address_keeps_the_old_id_working() -> None:
    with world(Row("1", "Acme Inc", places=("68102",))) as made:
        (old,) = made.companies()
        made.add(Row("1", "Acme Inc", places=("68103",)), now=datetime(2026, 2, 1))  # noqa: DTZ001
        (new,) = made.companies()
        assert old != new
        assert made.ask("SELECT old_id, company_id, why FROM gen.company_redirect") == [(old, new, "corrected")]
        made.add(Row("1", "Acme Inc", places=("68104",)))
        (newest,) = made.companies()
        assert {row[0]: row[1] for row in made.ask("FROM gen.company_redirect")} == {old: newest, new: newest}
        made.add(Row("1", "Acme Inc", places=("68102",)))
        assert dict(made.ask("SELECT old_id, company_id FROM gen.company_redirect")) == {new: old, newest: old}
        made.remove("xx_one:1")
        assert made.ask("FROM gen.company_redirect") == []


def test_a_number_keeps_the_id_through_every_correction() -> None:
    with world(Row("1", "Acme Inc", numbers=(LEI,), places=("68102",))) as made:
        before = set(made.companies())
        made.add(Row("1", "Acme Incorporated", numbers=(LEI,), places=("10001",)))
        assert set(made.companies()) == before


def test_another_spelling_of_the_address_keeps_the_id() -> None:
    with world(Row("1", "Acme Inc", address={"text": "1 Main St, Omaha", "postcode": "68102"})) as made:
        before = set(made.companies())
        made.add(Row("1", "Acme Inc", address={"text": "1 Main Street, Omaha", "postcode": "68102"}))
        assert set(made.companies()) == before


def test_an_erased_alias_links_no_more() -> None:
    rows = [Row("1", "Toa Haikan", aliases=("Toa Piping",)), Row("2", "Toa Piping", "xx_two")]
    with world(*rows) as made:
        made.con.execute("CREATE OR REPLACE TABLE touched AS SELECT company_id FROM gen.record")
        made.con.execute("UPDATE gen.record SET names = NULL")
        made.remove()
        assert made.together() == apart("12")
        made.con.execute("CREATE OR REPLACE TABLE touched AS SELECT company_id FROM gen.record")
        refresh_companies(made.con, NOW)
        assert made.together() == apart("1", "2")
        assert made.ask("FROM gen.party_key") == made.ask("FROM gen.company_link") == []


def test_records_from_before_the_links_are_linked_at_the_next_sync() -> None:
    rows = [
        Row("1", "Acme Inc", places=("68102",)),
        Row("2", "Acme Inc", "xx_two", places=("68102",)),
        Row("3", "Zenith"),
    ]
    with world(*rows) as made:
        wanted = made.companies()
        made.con.execute("UPDATE gen.record SET party_id = NULL, company_id = 'c00000000000000' || native_id")
        made.con.execute("UPDATE gen.company SET company_id = 'c000000000000003' WHERE norm = 'zenith'")
        for table in ("party", "party_key", "company_link"):
            made.con.execute(f"DELETE FROM gen.{table}")
        made.add(Row("4", "Omega"))
        found = made.companies()
        assert {c: r for c, r in found.items() if r != {"xx_one:4"}} == wanted
        zenith = next(company for company, records in wanted.items() if records == {"xx_one:3"})
        assert made.ask("SELECT old_id, company_id FROM gen.company_redirect") == [("c000000000000003", zenith)]
        no_orphans(made)


ROWS = st.builds(
    Row,
    key=st.just(""),
    name=st.sampled_from(["Acme Inc", "Acme LLC", "Zenith Inc"]),
    source=st.sampled_from(["xx_one", "xx_two"]),
    country=st.sampled_from(["us", "us", "gb", None]),
    numbers=st.sets(st.sampled_from([LEI, OTHER_LEI, CIK, ("ein", "123456789"), ("ein", "987654321")]), max_size=2).map(
        lambda found: tuple(sorted(found))
    ),
    places=st.sets(st.sampled_from(["68102", "10001", "94105"]), max_size=2).map(lambda found: tuple(sorted(found))),
    aliases=st.sets(st.sampled_from(["Acme Inc", "Zenith Inc"]), max_size=1).map(tuple),
)
BATCHES = st.lists(st.lists(ROWS, min_size=1, max_size=4), min_size=1, max_size=3)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(batches=BATCHES, data=st.data())
def test_order_and_batches_change_nothing(batches: list[list[Row]], data: st.DataObject) -> None:
    numbered = [[replace(row, key=f"{at}.{n}") for n, row in enumerate(batch)] for at, batch in enumerate(batches)]
    rows = [row for batch in numbered for row in batch]
    gone = data.draw(st.lists(st.sampled_from(rows), max_size=2, unique_by=lambda row: row.record_id))
    stays = [row for row in rows if row not in gone]
    with world() as piecemeal, world(*data.draw(st.permutations(stays))) as at_once:
        for batch in numbered:
            piecemeal.add(*batch)
        piecemeal.remove(*(row.record_id for row in gone))
        assert piecemeal.companies() == at_once.companies()
        links = "SELECT party_a, party_b, method, evidence FROM gen.company_link ORDER BY ALL"
        assert piecemeal.ask(links) == at_once.ask(links)
        company = "SELECT * FROM gen.company ORDER BY company_id"
        assert piecemeal.ask(company) == at_once.ask(company)
        no_orphans(piecemeal)
        no_contradiction(at_once)


def no_contradiction(made: World) -> None:
    """Where a company has two LEIs, a record with a CIK beside one of them joins it by that number."""
    for company, numbers in made.ask(
        """SELECT r.company_id, list(DISTINCT i.value)
        FROM (SELECT company_id, unnest(identifiers) AS i FROM gen.record) r WHERE i.scheme = 'lei'
        GROUP BY ALL HAVING count(DISTINCT i.value) > 1"""
    ):
        both = made.ask(
            f"""SELECT count(*) FROM gen.record WHERE company_id = '{company}' AND (len(identifiers) = 2
            AND identifiers[1].scheme <> 'ein' AND identifiers[2].scheme <> 'ein')"""
        )
        assert both[0][0] > 0, numbers


def no_orphans(made: World) -> None:
    """Every party has a record, every key and link its parties, every record the company of its party."""
    assert made.ask("FROM gen.party ANTI JOIN gen.record USING (party_id)") == []
    assert made.ask("FROM gen.party_key ANTI JOIN gen.party USING (party_id)") == []
    for end in ("party_a", "party_b"):
        assert made.ask(f"FROM gen.company_link l ANTI JOIN gen.party p ON p.party_id = l.{end}") == []
    assert made.ask("FROM gen.record r ANTI JOIN gen.party p USING (party_id, company_id)") == []
    assert made.ask("FROM gen.company ANTI JOIN gen.party USING (company_id)") == []
    assert made.ask("SELECT DISTINCT company_id FROM gen.party ANTI JOIN gen.company USING (company_id)") == []
    for table in ("company_name", "company_identifier"):
        assert made.ask(f"FROM gen.{table} ANTI JOIN gen.company USING (company_id)") == []
