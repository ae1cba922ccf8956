"""Rules made for names the gate had not seen: seats, articles, institutions, sole traders by country, persons."""

import pytest

from ingest.privacy.judge import judge_one
from ingest.privacy.known import known_companies
from ingest.privacy.places import before_place, is_place
from ingest.privacy.verdict import Entity, Subject
from ingest.privacy.words import vocabulary


def _passes(name: str, country: str | None = None) -> bool:
    return judge_one(Subject(name, country)).passes


@pytest.mark.parametrize(
    "name",
    [
        "Quorvane State Bank, Springfield, Ohio", "Quorvane Bancorp, Inc., Macon, Georgia",
        "Bank of Quorvane, Zalm, AR",
        "Quorvane Valley Bank, Zalmton Montana", "Quorvane Bank, Zalmton MT", "Quorvane Trading, Kenya",
    ],
)  # fmt: skip
def test_a_seat_behind_the_name_changes_nothing(name: str) -> None:
    assert _passes(name, "us")


@pytest.mark.parametrize(
    "name",
    [
        "Banks, Mary, MD", "Rice, Georgia, VA", "Church, Virginia", "Quorvane, John, Denver, Colorado", "Lake, Montana",
        "Zalmir, Quorvane, Kenya", "Smith, Texas",
    ],
)  # fmt: skip
def test_a_seat_behind_a_person_lets_nobody_pass(name: str) -> None:
    assert not _passes(name, "us")


@pytest.mark.parametrize(
    ("stated", "left"),
    [
        ("Kestrel Bank, Zalm, Ohio", ("Kestrel Bank", "Kestrel Bank, Zalm")),
        ("Kestrel Bank, Zalm, OH", ("Kestrel Bank", "Kestrel Bank, Zalm")),
        ("Kestrel Bank, Zalm OH", ("Kestrel Bank",)),
        ("Kestrel Bank, Zalm North Carolina", ("Kestrel Bank",)),
        ("Kestrel Bank, New York", ("Kestrel Bank",)),
        ("Kestrel Bank, Ghana", ("Kestrel Bank",)),
        ("Kestrel Bank, Kenya", ()),
        ("Kestrel Bank, Virginia", ()),
        ("Kestrel Bank, MD", ()),
        ("Kestrel Bank, Zalm", ()),
        ("Kestrel Bank, ...", ()),
        ("Kestrel Bank", ()),
        ("", ()),
    ],
)
def test_what_stands_before_a_seat(stated: str, left: tuple[str, ...]) -> None:
    assert before_place(stated) == left


def test_a_country_in_brackets_is_no_person() -> None:
    assert is_place(("hong", "kong"))
    assert _passes("Zalmir (Hong Kong) Limited", "hk")
    assert _passes("QUORVANE BANK, PJSC (UKRAINE)", "ua")
    assert not _passes("Zalmir Limited (Jane Quorvane)", "hk")


@pytest.mark.parametrize(
    "name",
    ["The Quorv", "ZALMKNOLLS, THE", "Terraces of Zalm (The)", "Hickory Creek at Zalmtown", "The Crossings at Zalm"],
)
def test_articles_and_at_speak_for_an_establishment(name: str) -> None:
    assert _passes(name, "us")


@pytest.mark.parametrize("name", ["The Smiths", "The John", "Smith, The", "The Maria Quorvane", "the"])
def test_an_article_before_a_persons_name_decides_nothing(name: str) -> None:
    assert not _passes(name, "us")


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("ZALMVIEW POST ACUTE", "us"), ("ZALMOR WWTP", "us"), ("Zalmor Detention Facility", "us"),
        ("ACAO SOCIAL DE ZALMOPOLIS", "br"), ("IRMANDADE DA SANTA CASA DE ZALMOR", "br"), ("LECHERIA ZALMORA", "mx"),
        ("NUCLEO DE PESQUISA ZALMOR", "br"), ("ФГУП Залмор", "ru"), ("Zalmorbank", None), ("Oboronzalmprom", None),
        ("الجماعة الزلمورية المقاتلة", None), ("QUORVANE TOYOTA", "us"), ("Jean Jesus Cooperativa de Zalmor", "br"),
    ],
)  # fmt: skip
def test_institutions_of_more_kinds_and_languages_pass(name: str, country: str | None) -> None:
    assert _passes(name, country)


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("UD Zalmor Jaya", "id"), ("Hộ kinh doanh Zalmor", "vn"), ("Zalmor Enterprise", "my"), ("Zalmor e.v.", "hu"),
        ("Zalmorski Trans s.c.", "pl"), ("PHU Zalmor", "pl"), ("КФХ Залмор", "ru"), ("СПД Залмор Петро", "ua"),
        ("青空商號", "tw"), ("青空企業社", "tw"), ("青空工程行", "tw"), ("青空小吃店（總店）", "tw"),
        ("蓝天经营部", "cn"), ("蓝天工作室", "cn"), ("푸른상사", "kr"), ("UD", "id"),
    ],
)  # fmt: skip
def test_words_of_sole_traders_withhold_in_their_country(name: str, country: str) -> None:
    assert judge_one(Subject(name, country)).entity is Entity.SOLE_TRADER


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("Zalmor Enterprise", "us"), ("Zalmor Enterprise Sdn Bhd", "my"), ("青空商行股份有限公司", "tw"),
        ("青空銀行", "tw"),
        ("蓝天科技有限公司", "cn"), ("Zalmor Trans sp. z o.o.", "pl"), ("PHU Zalmor sp. z o.o.", "pl"),
        ("PT Zalmor", "id"),
    ],
)  # fmt: skip
def test_a_corporate_form_outweighs_the_marker(name: str, country: str) -> None:
    assert _passes(name, country)


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("ZALMOR INDUSTRIES WOJCIECH QUORVANSKI", "pl"), ("UNIVERSAL SERVICE TOBIASZ QUORVANSKI", "pl"),
        ("SYSTEM TECH DI QUORVANI ANNAMARIA", "it"), ("FAMILY STORE DI ROSSI BIANCHI", "it"),
    ],
)  # fmt: skip
def test_where_the_law_puts_the_name_into_the_firm_it_is_a_persons(name: str, country: str) -> None:
    assert not _passes(name, country)


def test_the_same_name_with_a_form_or_as_a_public_body_passes() -> None:
    assert _passes("ZALMOR INDUSTRIES WOJCIECH QUORVANSKI SP. Z O.O.", "pl")
    assert _passes("Fundacja Wojciech Quorvanski", "pl")
    assert _passes("ZALMOR INDUSTRIES", "pl")


@pytest.mark.parametrize(
    "name",
    [
        "QUORVANOVA, Darya", "Nail Quorvanzade", "Quorvanov Aleksandr Sergeyevich", "Beauty Quorvanda",
        "Okechukwu Quorvan",
        "Haji Rafiq Quorvanzai", "Mullah Zalmir Quorvan", "Engr. Chukwuma Quorvan", "Balwinder Quorvane Construction",
        "Залмиров И. И.", "залмиров иван петрович", "นายสมชาย ใจดี", "ნინო ზალმირი", "Արամ Զալմիրյան",
        "Quorvan oglu Market",
        "Siti Nurul binti Zalmir", "Nguyen Thi Zalm Market", "Olga Petrovna Market", "Quorvane, Jane, DDS",
        "Jane Quorvane, CPA",
    ],
)  # fmt: skip
def test_persons_of_the_world_are_withheld(name: str) -> None:
    assert not _passes(name)


@pytest.mark.parametrize("alias", ["Zalm1r99", "42", "07 11", "Zalm1r_Quorvane"])
def test_user_names_and_bare_numbers_are_no_evidence(alias: str) -> None:
    assert not _passes(alias)
    assert _passes("QZ7")


def test_a_known_company_may_name_the_country_it_works_in() -> None:
    known = next(name for name in sorted(known_companies()) if len(name.split()) == 2 and name.isascii())
    assert judge_one(Subject(f"{known.title()} Canada")).reason == "known company"


def test_rows_of_one_kind_add_up() -> None:
    assert {"of", "at"} <= vocabulary().function
    assert {"bank", "neftekhim"} <= vocabulary().ends


def test_what_belongs_to_somebody_is_no_surname() -> None:
    assert _passes("Zennor's Farmhouse Cheese")


def test_an_establishment_by_its_source_passes_unless_it_bears_nothing_but_a_personal_name() -> None:
    assert judge_one(Subject("Quorvane Zalmir Bakery", declared="firm")).passes
    assert not judge_one(Subject("Quorvane Zalmir Bakery")).passes
    assert not judge_one(Subject("Jane Quorvane", declared="firm")).passes
