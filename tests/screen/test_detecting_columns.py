"""Columns of a supplier file are found by header in many languages, else by their cells, else asked for."""

from collections.abc import Sequence

import pytest

from db.screen.columns import detect
from ingest.errors import UsageError
from ingest.names.country import country_of

ROW = ["Acme Widgets Ltd", "DE", "", "", "", ""]


def roles(headers: Sequence[str], rows: Sequence[Sequence[str]] = (), **given: str) -> dict[str, str]:
    taken = detect([*headers, "(more)"], rows or [[""] * (len(headers) + 1)], given, "f.csv")
    return {item.role: item.column for item in taken}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["Supplier name", "Country", "LEI"], {"name": "Supplier name", "country": "Country", "id": "LEI"}),
        (["Lfd. Nr.", "Lieferant", "Land"], {"name": "Lieferant", "country": "Land"}),
        (["Raison sociale", "Pays", "Ville"], {"name": "Raison sociale", "country": "Pays", "city": "Ville"}),
        (["Razón Social", "PAÍS", "RFC"], {"name": "Razón Social", "country": "PAÍS", "id": "RFC"}),
        (["Razão social", "CNPJ"], {"name": "Razão social", "id": "CNPJ"}),
        (["Наименование организации", "Страна"], {"name": "Наименование организации", "country": "Страна"}),
        (["供应商名称", "国家"], {"name": "供应商名称", "country": "国家"}),
        (["取引先名", "住所"], {"name": "取引先名", "address": "住所"}),
        (["Contact name", "Vendor", "Vendor ID"], {"name": "Vendor"}),
        (["Name (2)", "Supplier legal name"], {"name": "Supplier legal name"}),
    ],
)
def test_headers_of_many_languages(headers: list[str], expected: dict[str, str]) -> None:
    assert roles(headers) == expected


def test_cells_decide_where_headers_say_nothing() -> None:
    rows = [["1", "Acme Ltd", "us", "5493001KJTIIGC8Y1R12", ""], ["2", "Beta AG", "ch", "", ""]]
    assert roles(["a", "b", "c", "d"], rows) == {"name": "b", "country": "c", "id": "d"}


def test_a_choice_of_the_user_comes_first() -> None:
    assert roles(["Vendor", "Trading as"], name="trading AS") == {"name": "Trading as"}


def test_numbers_alone_are_no_names() -> None:
    with pytest.raises(UsageError, match="--column name="):
        roles(["a", "b"], [["1", "2", ""], ["3", "4", ""]])


@pytest.mark.parametrize(("given", "says"), [({"nome": "a"}, "Roles"), ({"name": "z"}, "no column called")])
def test_unknown_roles_and_columns(given: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        roles(["a", "b"], **given)


def test_two_columns_of_one_name_cannot_be_chosen() -> None:
    with pytest.raises(UsageError, match="2 columns"):
        detect(["Vendor-No", "Vendor No", "(more)"], [["", "", ""]], {"name": "vendor no"}, "f.csv")


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("DE", "de"), ("deu", "de"), ("Germany", "de"), ("Allemagne", "de"), ("ALEMANIA", "de"), ("ドイツ", "de"),
        ("U.S.A.", "us"), ("United States of America", "us"), ("Korea, Republic of", "kr"), ("PR China", "cn"),
        ("Côte d’Ivoire", "ci"), ("Turkey", "tr"), ("Atlantis", None), ("", None),
    ],
)  # fmt: skip
def test_countries_in_any_language(text: str, country: str | None) -> None:
    assert country_of(text) == country
