"""What a number says of its holder, and numbers written into names."""

import pytest

from ingest.privacy.judge import judge_one
from ingest.privacy.verdict import Entity, Subject


@pytest.mark.parametrize(
    ("scheme", "value", "entity"),
    [
        ("rfc", "QNO010101AB1", Entity.COMPANY),
        ("RFC", "QNO-010101-AB1", Entity.COMPANY),
        ("rfc", "Q&O010101AB1", Entity.COMPANY),
        ("mx-rfc", "QUNO010101AB1", Entity.PERSON),
        ("rfc", "XXXXXXXXXXXX", Entity.SUPPRESSED),
        ("cpf", "000.000.001-91", Entity.PERSON),
        ("curp", "QUNO010101HDFXXX01", Entity.PERSON),
        ("uscc", "91310000MA1FL00000", Entity.COMPANY),
        ("uscc", "92310000MA1FL00000", Entity.SOLE_TRADER),
        ("uscc", "93310000MA1FL00000", Entity.COMPANY),
        ("uscc", "11310000MA1FL00000", Entity.PUBLIC_BODY),
        ("uscc", "52310000MA1FL00000", Entity.NON_PROFIT),
        ("lei-category", "SOLE_PROPRIETOR", Entity.SOLE_TRADER),
        ("lei-category", "GENERAL", Entity.COMPANY),
        ("lei-category", "RESIDENT_GOVERNMENT_ENTITY", Entity.PUBLIC_BODY),
    ],
)
def test_a_number_that_speaks_decides(scheme: str, value: str, entity: Entity) -> None:
    assert judge_one(Subject("Quetzal Norte", None, None, ((scheme, value),))).entity is entity


@pytest.mark.parametrize(
    ("scheme", "value"),
    [
        ("cnpj", "00.000.000/0001-91"), ("siret", "12345678901234"), ("ein", "00-1234567"), ("cik", "0000000001"),
        ("rfc", ""), ("rfc", "???"), ("uscc", "x"), ("uscc", "Y1310000MA1FL00000"), ("lei", "00000000000000000000"),
        ("lei-category", "?"),
    ],
)  # fmt: skip
def test_a_number_that_says_nothing_leaves_the_name(scheme: str, value: str) -> None:
    numbers = ((scheme, value),)
    assert judge_one(Subject("Zalmira Quorvane", None, None, numbers)).entity is Entity.UNSURE
    assert judge_one(Subject("Zalmira Quorvane Ltd", None, None, numbers)).entity is Entity.COMPANY


def test_withholding_numbers_outweigh_passing_ones_and_the_source() -> None:
    numbers = (("rfc", "QNO010101AB1"), ("cpf", "00000000191"))
    assert judge_one(Subject("Quetzal Norte SA de CV", "mx", "company", numbers)).entity is Entity.PERSON


@pytest.mark.parametrize(
    ("name", "country", "entity"),
    [
        ("ZALMIRA QUORVANE 00000000191", "br", Entity.PERSON),
        ("ZALMIRA QUORVANE LTDA 00000000191", None, Entity.PERSON),
        ("Zalmira Quorvane (000.000.001-91)", "br", Entity.PERSON),
        ("QUNO010101HDFXXX01 Zalmira", "mx", Entity.PERSON),
        ("12.345.678 Zalmira Quorvane", "br", Entity.SOLE_TRADER),
        ("Kestrel Ridge 123456789012 LLC", "us", Entity.COMPANY),
    ],
)
def test_a_personal_number_in_the_name_withholds(name: str, country: str | None, entity: Entity) -> None:
    assert judge_one(Subject(name, country)).entity is entity
    if entity != Entity.COMPANY:
        assert judge_one(Subject(name, country, "company")).entity is entity
