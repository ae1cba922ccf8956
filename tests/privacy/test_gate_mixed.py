"""Persons beside a trade, a company, a sign: withheld; companies of the same build: passed. All names invented."""

import pytest

from ingest.privacy.judge import clean_care_of, judge_one
from ingest.privacy.verdict import Subject


def passes(name: str, country: str | None = None) -> bool:
    return judge_one(Subject(name, country)).passes


@pytest.mark.parametrize(
    "name",
    [
        "KEBAB DURANVAL Serge", "Serge DURANVAL Pizza", "SNACK ZALMIR Qorvin", "PIZZERIA QUORVANE Jean-Zal",
        "RESTAURANT ZALMIR SERGE", "BOUCHERIE QUORVANE EPSE ZALMIR", "Boulangerie Quorvane née Zalmir",
        "BAR VEUVE QUORVANE", "TRAITEUR VVE QUORVANE", "PIZZA M. QUORVANE", "PIZZA A EMPORTER MR QUORVANE",
        "RESTAURANT MME QUORVANE", "Épicerie Mlle Quorvane", "PHARMACIE QUORVANE ÉPOUSE ZALMIR",
    ],
)  # fmt: skip
def test_a_person_beside_a_trade_word_is_withheld(name: str) -> None:
    assert not passes(name, "fr")
    assert not passes(name)


@pytest.mark.parametrize(
    "name",
    [
        "PIZZERIA QUORVANE",
        "Boucherie du Quorvane",
        "Quorvane Garden Centre",
        "KEBAB Quorvane",
        "SARL Kebab DURANVAL Serge",
    ],
)
def test_a_trade_word_beside_one_name_passes(name: str) -> None:
    assert passes(name, "fr")


def test_an_initial_m_is_no_monsieur() -> None:
    assert passes("Q. M. Quorvane Construction", "us")
    assert passes("M. Quorvane Construction", "us")


@pytest.mark.parametrize(
    ("name", "country", "passed"),
    [
        ("QUORVANE PIZZA EIRL", "fr", False), ("Quorvane E.I.R.L.", "fr", False), ("EIRL QUORVANE", None, False),
        ("EI QUORVANE PIZZA", "fr", False), ("PIZZA QUORVANE EI", "fr", False), ("PIZZA QUORVANE E.I.", "fr", False),
        ("Pizza Quorvane, entrepreneur individuel", None, False), ("Entreprise individuelle Quorvane", "fr", False),
        ("QUORVANE E.I.R.L.", "pe", True), ("QUORVANE EIRELI", "br", True), ("EI QUORVANE SARL", "fr", True),
    ],
)  # fmt: skip
def test_french_individual_entrepreneurs_are_withheld(name: str, country: str | None, passed: bool) -> None:
    assert passes(name, country) is passed


@pytest.mark.parametrize(
    ("name", "passed"),
    [
        ("Products dba Jane Roe", False), ("Kestrel Products t/a Ellen Quorvane", False), ("dba Ellen Quorvane", False),
        ("Kestrel Ridge LLC d/b/a Ellen Quorvane", False), ("Kestrel Products dba Quorvane Zalmir", False),
        ("Kestrel Ridge LLC dba Quorvane Zalmir", True), ("Kestrel Ridge LLC dba Blue Falcon Foods", True),
        ("Kestrel Ridge LLC dba", True), ("dba Kestrel Ridge LLC", True),
    ],
)  # fmt: skip
def test_the_name_behind_dba_is_judged_too(name: str, passed: bool) -> None:
    assert passes(name) is passed


@pytest.mark.parametrize(
    ("name", "passed"),
    [
        ("Jane Roe – Box Workshop Inc.", False), ("Ellen Quorvane - Box Workshop Inc.", False),
        ("Box Workshop Inc. / Ellen Quorvane", False), ("Ellen Quorvane/Box Workshop Inc.", False),
        ("Quorvane, Ellen - Box Workshop Inc.", False),
        ("Quorvane Field Services - Gulf Coast Company, LP", True), ("Quorvane Midstream - ND, LLC", True),
        ("Box-Workshop Inc.", True), ("Quorvane Midstream - San Antonio", True), ("Bøgeskov A/S", True),
    ],
)  # fmt: skip
def test_a_person_at_a_dash_beside_a_company_is_withheld(name: str, passed: bool) -> None:
    assert passes(name) is passed


@pytest.mark.parametrize(
    ("name", "country", "passed"),
    [
        ("A.B. QUORVANE DISTRIBUIDORA ME", "br", False), ("S Quorvane Negócios e Serviços ME", "br", False),
        ("S. E. de Quorvane Informática-ME", "br", False), ("Q Z QUORVANE COMERCIO EPP", "br", False),
        ("A.B. QUORVANE DISTRIBUIDORA LTDA ME", "br", True), ("A B QUORVANE COMERCIO EIRELI - ME", "br", True),
        ("J R CONSTRUCOES ME", "br", True), ("A.B. QUORVANE DISTRIBUIDORA ME", "us", True),
    ],
)  # fmt: skip
def test_a_brazilian_firm_name_of_initials_and_surname_is_withheld(name: str, country: str, passed: bool) -> None:
    assert passes(name, country) is passed


@pytest.mark.parametrize("name", ["ZHANG & LI", "Quorvane & Zalmir", "Quorvane and Zalmir", "QUORVANE ET ZALMIR"])
def test_two_surnames_joined_are_unsure(name: str) -> None:
    assert not passes(name)
    assert passes(f"{name} LLP")
    assert passes(f"{name} Bank")


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("ENDOWMENT FOR CARE OF FAMILIES", "ENDOWMENT FOR CARE OF FAMILIES"),
        ("Health Care of Sampletown Inc", "Health Care of Sampletown Inc"),
        ("Care of Jane Roe", None),
        ("Kestrel Ridge LLC, care of Jane Roe", "Kestrel Ridge LLC"),
        ("Kestrel Ridge LLC (in care of Jane Roe)", "Kestrel Ridge LLC"),
        ("Kestrel Ridge LLC/care of Jane Roe", "Kestrel Ridge LLC"),
        ("Kestrel Ridge LLC c/o Roe, Jane", "Kestrel Ridge LLC"),
        ("Kestrel Ridge LLC, Attn: Jane Roe, President", "Kestrel Ridge LLC"),
        ("c/o Jane Roe, Kestrel Ridge LLC", "Kestrel Ridge LLC"),
    ],
)
def test_care_of_in_a_name_counts_at_the_start_of_a_part_only(name: str, left: str | None) -> None:
    assert clean_care_of(name, name=True) == left
