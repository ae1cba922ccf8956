"""A company's page says why it is one, which others it may be, and answers to every id it ever had."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from cli.main import app
from db.index import opening
from db.resolve import possible
from db.show.company import CompanyFile, company_file
from db.show.page import Asked
from db.store import Store
from ingest.errors import StoreError, UsageError
from tests.db.resolve_world import Row, World

TODAY = date(2026, 1, 10)
LEI, OTHER_LEI = ("lei", "5493001KJTIIGC8Y1R12"), ("lei", "529900T8BM49AURSDO55")
OMAHA: dict[str, str | None] = {
    "text": "1 Main St, Omaha, NE 68102",
    "city": "Omaha",
    "region": "NE",
    "postcode": "68102",
}
Publish = Callable[..., Store]


@pytest.fixture
def publish(tmp_path: Path) -> Publish:
    """Each call is one sync of these rows into the same home."""

    def published(*rows: Row) -> Store:
        store = Store(tmp_path / "home")
        with store.writing() as writer, writer.next_generation() as con:
            World(con).add(*rows)
        return store

    return published


def company_of(store: Store, record_id: str) -> str:
    with store.reading() as con:
        ((found,),) = con.execute("SELECT company_id FROM record WHERE record_id = ?", [record_id]).fetchall()
    return str(found)


def page(store: Store, company_id: str) -> CompanyFile:
    with store.reading() as con:
        found = company_file(con, company_id, Asked(home=store.home, sources={}, today=TODAY))
    assert isinstance(found, CompanyFile)
    return found


def test_links_places_and_sources_are_told(publish: Publish) -> None:
    store = publish(
        Row("1", "Acme Inc", address=OMAHA, numbers=(LEI,)),
        Row("2", "ACME, INC.", "xx_two", address=OMAHA),
        Row("3", "Zenith SA", "xx_three", "fr", numbers=(LEI,), aliases=("Zenit",)),
        Row("4", "Acme Inc", address=OMAHA, numbers=(LEI,)),
    )
    found = page(store, company_of(store, "xx_one:1"))
    assert found.asked is None
    assert found.places == ["1 Main St, Omaha, NE 68102"]
    assert [(count.source_id, count.kind, count.records) for count in found.sources] == [
        ("xx_one", "penalty", 2), ("xx_three", "penalty", 1), ("xx_two", "penalty", 1)
    ]  # fmt: skip
    assert sorted(link.method for link in found.links) == ["name and place", "number"]
    assert "the same number lei 5493001KJTIIGC8Y1R12" in found.links[0].text
    assert "“ACME, INC.” (xx_two)" in found.links[1].text
    assert "the same name, legal form and country, and the same address 1 main st omaha ne 68102" in found.links[1].text
    assert {(name["name"], name["kind"]) for name in found.names} == {
        ("ACME, INC.", "stated"), ("Zenith SA", "stated"), ("Zenit", "alias")
    }  # fmt: skip


def test_an_id_from_before_a_merger_still_shows_the_company(publish: Publish) -> None:
    rows = [Row("1", "Acme Inc", places=("68102",)), Row("2", "Acme Inc", "xx_two", places=("10001",))]
    store = publish(*rows)
    before = {company_of(store, row.record_id) for row in rows}
    store = publish(Row("3", "Acme Inc", "xx_three", places=("68102", "10001")))
    now = company_of(store, "xx_three:3")
    (old,) = before - {now}
    found = page(store, old)
    assert (found.asked, found.company["company_id"]) == (old, now)
    assert found.company["records"] == 3


def test_the_id_of_a_party_or_name_leads_to_its_company(publish: Publish) -> None:
    store = publish(Row("1", "Acme Inc", numbers=(LEI,)), Row("2", "Acme Inc", "xx_two", numbers=(LEI,)))
    with store.reading() as con:
        ids = {row[0] for row in con.execute("SELECT unnest([party_id, as_named]) FROM party").fetchall()}
    assert len(ids) == 3
    assert {page(store, key).company["company_id"] for key in ids} == {company_of(store, "xx_one:1")}


def test_an_id_of_several_companies_names_them(publish: Publish) -> None:
    rows = [Row(str(n), "Acme Inc", places=(f"6810{n}",)) for n in (2, 3)]
    store = publish(*rows)
    with store.reading() as con:
        ((named,),) = con.execute("SELECT DISTINCT as_named FROM party").fetchall()
    with pytest.raises(UsageError, match="is several companies now") as raised:
        page(store, named)
    assert all(company_of(store, row.record_id) in str(raised.value) for row in rows)


def test_an_equal_name_without_a_link_is_a_possible_match_with_the_reason(publish: Publish) -> None:
    store = publish(
        Row("1", "Acme Turbines Inc", places=("68102",)),
        Row("2", "Acme Turbines Inc", "xx_two", places=("10001",)),
        Row("3", "Acme Turbines LLC", "xx_two", places=("68102",)),
        Row("4", "Acme Turbines Inc", "xx_two", "gb", places=("68102",)),
        Row("5", "Acme Turbine Inc", "xx_two", places=("68102",)),
        Row("6", "Quite Another Inc", "xx_two", places=("68102",)),
    )
    possible_ones = {match.company_id: match for match in page(store, company_of(store, "xx_one:1")).possible}
    assert set(possible_ones) == {company_of(store, f"xx_two:{key}") for key in "2345"}
    reasons = {key: possible_ones[company_of(store, f"xx_two:{key}")].reasons[0] for key in "234"}
    assert reasons["2"].startswith("same name, legal form and country; no number or place in common: here ")
    assert "postcode 68102" in reasons["2"]
    assert "postcode 10001" in reasons["2"]
    assert reasons["3"] == "same name, legal form “llc”"
    assert reasons["4"] == "same name and legal form; not known to be in one country"


def test_a_company_kept_apart_by_numbers_says_so(publish: Publish) -> None:
    store = publish(
        Row("1", "Acme Inc", numbers=(LEI,), places=("68102",)),
        Row("2", "Acme Inc", "xx_two", numbers=(OTHER_LEI,), places=("68102",)),
    )
    (match,) = page(store, company_of(store, "xx_one:1")).possible
    assert match.reasons[0] == "same name and postcode 68102, but different numbers stand between them"
    assert match.company_id == company_of(store, "xx_two:2")


def test_a_number_that_is_no_proof_makes_a_possible_match(publish: Publish) -> None:
    number = ("co-nit", "639000204-4")
    store = publish(
        Row("1", "Almacen Azul", country="co", numbers=(number,), valid=None),
        Row("2", "Moda y Estilo", country="co", numbers=(number,), valid=None),
    )
    (match,) = page(store, company_of(store, "xx_one:1")).possible
    assert match.company_id == company_of(store, "xx_one:2")
    assert match.reasons[0] == "the same co-nit 639000204-4, which is no proof by itself"


def test_no_more_than_ten_possible_matches_are_shown(publish: Publish) -> None:
    store = publish(*(Row(str(n), "Acme Inc", places=(f"100{n}",)) for n in range(10, 23)))
    assert len(page(store, company_of(store, "xx_one:10")).possible) == possible.LIMIT


def test_without_an_index_equal_names_are_still_shown(publish: Publish, monkeypatch: pytest.MonkeyPatch) -> None:
    store = publish(Row("1", "Acme Inc", places=("68102",)), Row("2", "Acme Inc", places=("10001",)))

    def fails(*_: object) -> None:
        raise StoreError("the name index is missing and cannot be built")

    monkeypatch.setattr(possible, "opened", fails)
    opening._opened.clear()
    (match,) = page(store, company_of(store, "xx_one:1")).possible
    assert match.company_id == company_of(store, "xx_one:2")


def test_the_page_on_the_terminal(publish: Publish, capsys: pytest.CaptureFixture[str]) -> None:
    many = [
        Row(f"9{n}", "Acme Inc", "xx_two", places=("68102",), address={"text": f"{n}9 Side Street"}) for n in range(22)
    ]
    store = publish(
        Row("1", "Acme Inc", places=("68102",)), Row("2", "Acme LLC", country=None, places=("68102",)), *many
    )
    company = company_of(store, "xx_one:1")
    with store.reading() as con:
        party = con.execute("SELECT min(party_id) FROM party WHERE company_id = ?", [company]).fetchall()[0][0]
    with pytest.raises(SystemExit) as ended:
        app(["--home", str(store.home), "show", party])
    assert not ended.value.code
    shown = capsys.readouterr().out
    assert f"its id is {company} now" in shown
    assert "Why this is one company" in shown
    assert "more (--json lists all)" in shown
    assert "Possible matches, not part of this company" in shown
    assert "Acme LLC (country not stated)" in shown


def test_a_generation_from_before_the_links_still_shows(publish: Publish) -> None:
    store = publish(Row("1", "Acme Inc", places=("68102",)))
    company = company_of(store, "xx_one:1")
    with store.writing() as writer, writer.next_generation() as con:
        for table in ("party", "party_key", "company_link", "company_redirect"):
            con.execute(f"DROP TABLE gen.{table}")
    found = page(store, company)
    assert (found.links, found.possible, found.asked) == ([], [], None)
