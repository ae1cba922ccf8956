"""Ways in which a person's name was slipped past the gate, and companies that look the same. All names invented."""

import pytest

from ingest.privacy.care_of import clean_care_of
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


JOINS = (" and ", " & ", " + ", "\n", " > ", " with ", " v ", " o/b/o ", ", ", " / ", " @ ", " | ")


@pytest.mark.parametrize("join", JOINS)
def test_a_person_joined_to_a_company_is_withheld(join: str) -> None:
    assert not passes(f"Jane Quorvane{join}Kestrel Foods Ltd")
    assert not passes(f"Kestrel Foods Ltd{join}Jane Quorvane")


@pytest.mark.parametrize("join", [join for join in JOINS if join not in {" and ", " & "}])
def test_a_rare_name_before_a_company_is_withheld(join: str) -> None:
    assert not passes(f"Zalmir Quorvane{join}Kestrel Foods Ltd")


@pytest.mark.parametrize(
    "name",
    [
        "Zalmir Quorvane\tKestrel Foods Ltd", "Kestrel Foods Ltd (CEO: Zalmir Quorvane)",
        "Jane Quorvane @ Kestrel Foods",
        "Zalmir Quorvane, director of Kestrel Foods Ltd", "Zalmir Quorvane (Kestrel Foods Ltd)",
        "Jane Quorvane (Kestrel Foods Ltd)", "Kestrel Foods Ltd (Jane Quorvane)",
    ],
)  # fmt: skip
def test_a_person_in_another_place_beside_a_company_is_withheld(name: str) -> None:
    assert not passes(name)


@pytest.mark.parametrize(
    "name",
    [
        "Jane Quorvane & John Zalmir LLP", "Quorvane & Zalmir Foods Ltd", "Jane Quorvane & Sons Ltd",
        "Jane Quorvane and Company", "Quorvane & Zalmir Holdings Inc", "Jane Quorvane & Zalmir Holdings Inc",
        "Kestrel Foods Ltd and Zalmir Bank Ltd", "Zalmir Seal and Kestrel Products Ltd", "Quorvane\tLtd",
        "Zalmir Quorvane Foods with Care Ltd", "Running Kestrel, LLC", "Kestrel/Zalmir Ltd",
    ],
)  # fmt: skip
def test_partners_and_trades_joined_are_a_company(name: str) -> None:
    assert passes(name)


@pytest.mark.parametrize(
    "name",
    [
        "The Law Offices of Zalmir Quorvane", "Law Office of Jane Quorvane", "Law Office of Ann Banks",
        "The Roe Family", "The Quorvane Family", "Zalmir Quorvane Living Trust", "Jane Quorvane Family Trust",
        "Zalmir Quorvane Revocable Trust", "Quorvane Testamentary Trust", "Zalmir Quorvane IRA Trust",
        "Ann Banks et al.", "Ann Banks Plumbing", "Ann B. Banks Plumbing", "Praxis Dr. Ann Banks",
    ],
)  # fmt: skip
def test_what_bears_nothing_but_a_persons_name_is_withheld(name: str) -> None:
    assert not passes(name)


@pytest.mark.parametrize(
    "name",
    [
        "Law Offices of Zalmir Quorvane, P.C.", "Law Offices of Quorvane & Zalmir", "Quorvane Family Trust Company Ltd",
        "Zalmir Family Foundation",
        "Quorvane Family Trust", "The Happy Family Restaurant", "Banks Plumbing Ltd", "St. Ann Church of Quorvane",
        "Ann Banks Hospital Foundation",
    ],
)  # fmt: skip
def test_more_than_a_persons_name_passes(name: str) -> None:
    assert passes(name)


@pytest.mark.parametrize("name", ["Nguyen Van Co", "Tran Thi Sa", "Park Sa", "Sia Roe", "SIA ROE", "Venkataraman K S"])
def test_a_short_form_may_be_a_name(name: str) -> None:
    assert not passes(name)


@pytest.mark.parametrize(
    ("name", "country"),
    [("Sia Roe", "lv"), ("Park SA", "fr"), ("Tan AG", None), ("Zalmir SA", None), ("SIA Kestrel Foods", None)],
)
def test_a_short_form_at_home_or_beside_no_surname_is_a_form(name: str, country: str | None) -> None:
    assert passes(name, country)


@pytest.mark.parametrize(
    "name",
    [
        "โรงพยาบาล กขคง", "Ngân hàng Thương mại Cổ phần Zalmir", "Freiwillige Feuerwehr Zalmir", "Ejido Zalmir",
        "Azienda Agricola Zalmir Quorvane Soc. Agr.", "Comhairle Contae Zalmir", "Primăria Comunei Zalmir",
        "ЗАТ «Кворван»", "Zalmir MMC", "ບໍລິສັດ ຊາລມີ", "ក្រុមហ៊ុន ហ្សាលមៀ", "ကုမ္ပဏီ ဇာမီ", "زلمیر لمیٹڈ",
    ],
)  # fmt: skip
def test_forms_and_words_of_further_languages_pass(name: str) -> None:
    assert passes(name)


@pytest.mark.parametrize(("name", "country"), [("OÜ Zalmir", "ee"), ("Ngân hàng Zalmir", "vn")])
def test_forms_before_the_name_pass_at_home(name: str, country: str) -> None:
    assert passes(name, country)


@pytest.mark.parametrize(
    "name",
    [
        "Kestrel Ltd, u/g Jane Quorvane", "Kestrel Kft., Quorvane Jane kezéhez",
        "Kestrel A.Ş., Jane Quorvane dikkatine",
        "ТОВ Кестрел, до рук Кворван",
    ],
)  # fmt: skip
def test_persons_behind_further_marks_are_cut(name: str) -> None:
    assert clean_care_of(name, name=True) == name.split(",", maxsplit=1)[0]
