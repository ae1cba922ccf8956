"""Ways in which a person's name was slipped past the gate, and companies that look the same. All names invented."""

import pytest

from ingest.privacy.judge import judge_one
from ingest.privacy.verdict import Subject


def passes(name: str, country: str | None = None) -> bool:
    return judge_one(Subject(name, country)).passes


@pytest.mark.parametrize("name", ["Suresh K S", "PRIYA N V", "Anil A G", "Lakshmi S P A", "Suresh Kumar K K"])
@pytest.mark.parametrize("country", [None, "in", "us", "gb"])
def test_initials_behind_a_name_are_no_legal_form(name: str, country: str | None) -> None:
    assert not passes(name, country)


@pytest.mark.parametrize("name", ["Suresh K.S.", "Quorvanan K S", "Zalmirappa Suresh N.V."])
def test_where_initials_stand_behind_names_dotted_ones_and_unknown_names_count(name: str) -> None:
    assert not passes(name, "in")


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("Zalmir Steel N V", "nl"), ("ZALMIR FOODS S A", "us"), ("Victoria S.A.", "ar"), ("Zalmir Textiles S.A.", "in"),
        ("Victoria S.A.", None), ("Victoria Foods K S", "in"),
    ],
)  # fmt: skip
def test_a_legal_form_in_lone_letters_stays_one(name: str, country: str | None) -> None:
    assert passes(name, country)


@pytest.mark.parametrize(
    "name",
    [
        "Ann Banks 12345", "Grace Church 40021", "1. Ann Banks", "Ann Banks (ID 8812)", "Zalmir Quorvane 1975-01-31",
        "Quorvane, geb. 31.01.1975", "Zalmir Quorvane (born 31 January 1975)", "Zalmir Quorvane DOB 1/31/1975",
        "Zalmir Quorvane 123-45-6789", "Zalmir Quorvane Ltd 123-45-6789", "ann.banks@mail.example",
        "Кворван З., 31.01.1975 г.р.",
    ],
)  # fmt: skip
def test_a_number_or_address_makes_no_company_of_a_person(name: str) -> None:
    assert not passes(name)


@pytest.mark.parametrize(
    "name",
    [
        "Zalmir Foods Ltd 12345", "Zalmir Foods Ltd (ID 8812)", "1. Zalmir Foods Ltd",
        "Local 4400 Zalmir Workers Union", "Zalmir Bank Ltd 2024-01-31", "Studio 2000 Ltd",
        "Zalmir Energy Contract 123-456-7890 Ltd",
    ],
)  # fmt: skip
def test_a_number_takes_nothing_from_a_company(name: str) -> None:
    assert passes(name)


def test_a_date_alone_is_no_name() -> None:
    assert not passes("2024-01-31")


@pytest.mark.parametrize(
    "name",
    [
        "Zalmir Quorvane as director of Kestrel Foods Ltd", "Ann Banks, in her capacity as president of Kestrel Ltd",
        "United States ex rel. Zalmir Quorvane", "Kestrel Foods Ltd | Zalmir Quorvane", "Kestrel Ltd • Jane Quorvane",
    ],
)  # fmt: skip
def test_a_person_in_a_role_or_in_the_same_cell_is_withheld(name: str) -> None:
    assert not passes(name)


def test_companies_in_one_cell_pass() -> None:
    assert passes("Kestrel Foods Ltd | Zalmir Bank Ltd")
