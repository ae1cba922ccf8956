"""Companies in, people out: invented names of many kinds, scripts and writings."""

import pytest

from ingest.privacy.judge import clean_care_of, judge_one
from ingest.privacy.known import known_companies
from ingest.privacy.verdict import PASSING, Entity, Subject
from ingest.privacy.words import vocabulary

COMPANY, PUBLIC, NON_PROFIT, OTHER = Entity.COMPANY, Entity.PUBLIC_BODY, Entity.NON_PROFIT, Entity.ORGANISATION


@pytest.mark.parametrize(
    ("name", "country", "entity"),
    [
        ("Kestrel Ridge LLC", "us", COMPANY),
        ("SMITHSON, INC.", "us", COMPANY),
        ("JANE Q QUORVANE MD PC", "us", COMPANY),
        ("Jane Quorvane, M.D., P.A.", "us", COMPANY),
        ("Jane Quorvane Roofing LLC", "us", COMPANY),
        ("Jane Quorvane & Co.", "us", COMPANY),
        ("Juan Quorvane S.A. de C.V.", "mx", COMPANY),
        ("Lars Quorvane AB", "se", COMPANY),
        ("EARL Quorvane Elevage", None, COMPANY),
        ("EARL QUORVANE", "fr", COMPANY),
        ("Kestrel Ridge Pipeline", "us", COMPANY),
        ("KESTRELGAS", "us", COMPANY),
        ("Blauwalstiftung Ostufer", "de", COMPANY),
        ("City of Quorvane", "us", PUBLIC),
        ("QUORVANE, CITY OF", "us", PUBLIC),
        ("University of Quorvane", "us", PUBLIC),
        ("First Church of Quorvane", "us", NON_PROFIT),
        ("Friends of Jane Quorvane", "us", NON_PROFIT),
        ("Quorvane Liberation Brigade", None, OTHER),
        ("Quorvane & Foods", None, COMPANY),
        ("Q & Z", None, COMPANY),
        ("T. Quorvane & Sons", None, COMPANY),
        ("Smith Roofing", "us", COMPANY),
        ("Le Restaurant du Quorvane", "fr", COMPANY),
        ("CHEZ QUORVANE TABLES", "fr", COMPANY),
        ("Golden Falcon 24/7", None, COMPANY),
        ("The Blue Kestrel", None, COMPANY),
        ("QXTR", None, COMPANY),
        ("Agroquorvane", None, COMPANY),
        ("Los Quorvane", None, COMPANY),
        ("Quorvane (SARL Zalmir)", "fr", COMPANY),
        ("Quorvane Ltd; Zalmir Inc", None, COMPANY),
        ("Kestrel Ridge LLC dba Jane's Diner", "us", COMPANY),
        ("Absolute Zalmir Quorvane dba Falcon Foods Inc", "us", COMPANY),
        ("Fabbrica di Cose Quorvane", "it", COMPANY),
        ("BLUE FALCON CONCEPTS DBA FALCON FOODS INC", "us", COMPANY),
        ("Quorvane ApS v/ Lars Quorvane", "dk", COMPANY),
        ("Quorvane, AO", "ru", COMPANY),
        ("青空商事", "jp", COMPANY),
        ("青空市立病院", "jp", PUBLIC),
        ("青空病院", "jp", NON_PROFIT),
        ("푸른하늘건설", "kr", COMPANY),
        ("蓝天科技集团", "cn", COMPANY),
        ("Завод Синица", "ru", COMPANY),
        ("بنك النجمة الزرقاء", None, COMPANY),
        ("M/V QUORVANE STAR", None, Entity.VESSEL),
    ],
)
def test_organisations_pass(name: str, country: str | None, entity: Entity) -> None:
    verdict = judge_one(Subject(name, country))
    assert verdict.entity is entity
    assert verdict.passes


@pytest.mark.parametrize(
    "name",
    [
        "QUORVANE, JOHN A", "Quorvane, John", "QUORVANE JOHN A", "John A. Quorvane", "Dr. Jane Q. Quorvane",
        "JANE QUORVANE, MD", "Jane Quorvane, D.D.S.", "Quorvane, John A., Jr.", "JOHN QUORVANE & MARY QUORVANE",
        "John and Mary Quorvane", "VAN DER QUORVANE, PIETER", "Estate of John Quorvane", "Quorvane Est",
        "JANE QUORVANE MD SA", "KIM SU SAM", "JOHN D SA", "Quorvane and Ellen", "Jane Loan", "X. Loan",
        "Jane Steel", "Banks", "Quorvane 12", "Heirs of Q. Zalmir", "John Quorvane, an individual", "DOES 1-10",
        "JOHN DOE #3", "Jane Roe", "Christian Bank", "BANKS, TYRONE", "Virginia Woods", "Mark Company",
        "Rose Garden", "Jane Church", "GROUP, LAURA", "J. Water", "Maria de Sa", "Sá, Joana", "JOANA SÁ",
        "Zalmir Quorvane", "Quorvane", "KUMAR A/L ZALMIR", "Siti binti Quorvane", "ZALMIR S/O QUORVANE",
        "John Quorvane Trucking", "MARIA QUORVANE HOUSE CLEANING", "John Quorvane Farm", "SMITH FARMS",
        "QUORVANE JOHN SA", "SMITH MARY PLUMBING", "Q R SA", "Virginia Carpenter Restaurant",
        "J. Smith Plumbing", "Dr John Quorvane Dental Practice", "Bob's Painting (Robert Quorvane)",
        "Quorvane Corp. (John Quorvane, President)", "QUORVANE INC AND JOHN ZALMIR",
        "QUORVANE INC; JOHN ZALMIR", "United States v. John Quorvane and Zalmir LLC",
        "Law Offices of Jane Quorvane", "KIM, Iyad Na", "Kim An", "Иванов Иван Иванович", "山田 太郎", "王小明",
        "欧阳小明", "김민준", "محمد أحمد", "דוד כהן", "Γιώργος Παπάς", "रमेश कुमार", "สมชาย ใจดี",
        "C/O JANE QUORVANE", "ATTN: JANE QUORVANE", "% LISA QUORVANE",
    ],
)  # fmt: skip
def test_persons_are_withheld(name: str) -> None:
    assert not judge_one(Subject(name)).passes


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("Petra Quorvane e.K.", "de"), ("Quorvane Bau e.K., Inh. Petra Quorvane", "de"),
        ("Auto Quorvane e.U.", "at"), ("Einzelunternehmen Zalmir Quorvane", None),
        ("Eenmanszaak Z. Quorvane", "nl"), ("Quorvane Byg v/ Lars Zalmir", "dk"), ("ИП Синицын", "ru"),
        ("ФОП Синиця Тарас", "ua"), ("Jean Quorvane EI", "fr"), ("QUORVANE, SOLE PROPRIETOR", "us"),
        ("AUTO SERVICE DI QUORVANE MARIO", "it"), ("DITTA INDIVIDUALE QUORVANE", "it"),
        ("张某（个体工商户）", "cn"), ("個人事業主", "jp"), ("Prop. Zalmir Quorvane", "in"),
        ("QUORVANE ROOFING - ZALMIR QUORVANE OWNER", "us"),
    ],
)  # fmt: skip
def test_sole_traders_are_withheld(name: str, country: str | None) -> None:
    assert judge_one(Subject(name, country)).entity in {Entity.SOLE_TRADER, Entity.UNSURE}
    assert not judge_one(Subject(name, country)).passes


@pytest.mark.parametrize(
    "sign", ["dba Quorvane Roofing", "D/B/A QUORVANE ROOFING LLC", "t/a Quorvane & Sons", "doing business as The Inn"]
)
def test_the_trading_name_of_a_person_is_a_person(sign: str) -> None:
    assert judge_one(Subject(f"John Quorvane {sign}", "us")).entity is Entity.PERSON


@pytest.mark.parametrize("name", ["", "   ", "N/A", "UNKNOWN", "various", "-", "???", "c/o"])
def test_no_name_is_unsure(name: str) -> None:
    assert judge_one(Subject(name)).reason == "no name"


@pytest.mark.parametrize("declared", sorted(PASSING))
def test_the_type_given_by_the_source_passes(declared: str) -> None:
    verdict = judge_one(Subject("Zalmira Quorvane", None, declared))
    assert (verdict.entity, verdict.reason) == (Entity(declared), f"source type: {declared}")


@pytest.mark.parametrize("declared", ["person", "sole trader", "suppressed", "unsure"])
def test_the_type_given_by_the_source_withholds(declared: str) -> None:
    assert judge_one(Subject("Kestrel Ridge LLC", "us", declared)).entity is Entity(declared)


def test_firm_passes_only_what_is_no_persons_name() -> None:
    def passes(name: str) -> bool:
        return judge_one(Subject(name, "us", "firm")).passes

    assert passes("Quorvane Zalmir")
    assert passes("Quorvane")
    assert passes("Quorvane of Virginia")
    assert not passes("John Quorvane")
    assert not passes("Quorvane, John")
    assert not passes("J Smith")
    assert not passes("Maria de los Angeles Quorvane")
    assert not passes("Nguyen Tran")


def test_an_unknown_declared_type_is_no_evidence() -> None:
    assert judge_one(Subject("Zalmira Quorvane", None, "something else")).entity is Entity.UNSURE


def test_a_known_company_passes_by_its_exact_name_only() -> None:
    known = next(name for name in sorted(known_companies()) if len(name.split()) == 2 and name.isascii())
    assert judge_one(Subject(known.title())).passes
    assert judge_one(Subject(f"The {known}")).passes


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Kestrel Ridge LLC c/o Jane Quorvane", "Kestrel Ridge LLC"),
        ("Kestrel Ridge LLC, ATTN: Jane Quorvane", "Kestrel Ridge LLC"),
        ("Nordlicht GmbH z.Hd. Petra Quorvane", "Nordlicht GmbH"),
        ("Quorvane ApS v/Lars Quorvane", "Quorvane ApS"),
        ("12 High Street; c/o Jane Quorvane; Zalmirton", "12 High Street; Zalmirton"),
        ("12 High Street", "12 High Street"),
        ("c/o Jane Roe, 5 Main St, Basrah, Iraq", "5 Main St, Basrah, Iraq"),
        ("5 Main St, c/o Jane Roe, Basrah", "5 Main St, Basrah"),
        ("in care of Jane Roe, 5 Main St", "5 Main St"),
        ("Unit 2 (c/o Jane Roe), 5 Main St", "Unit 2, 5 Main St"),
        ("c/o Roe, Jane, Basrah", "Basrah"),
        ("c/o Roe, Jane, MD, Basrah", "Basrah"),
        ("c/o Jane Roe, Esq., Austin, TX", "Austin, TX"),
        ("c/o Jane Roe; Attn: John Roe; 5 Main St", "5 Main St"),
        ("Unit 5/7, 100% Avenue", "Unit 5/7, 100% Avenue"),
        ("c/o Jane Quorvane", None),
        ("% Jane Quorvane", None),
        ("", None),
    ],
)
def test_care_of_parts_are_cut(text: str, left: str | None) -> None:
    assert clean_care_of(text) == left


@pytest.mark.parametrize("name", ["Quorvane Zalmirin", "Quorvane, John", "ИП Синицын", "John Quorvane dba Zalmirin"])
def test_what_is_withheld_is_never_quoted(name: str) -> None:
    for word in ("quorvane", "zalmirin", "синицын", "john"):
        assert word not in judge_one(Subject(name)).reason.lower()


def test_no_word_of_the_vocabulary_is_a_frequent_given_name() -> None:
    words = vocabulary().words
    assert len(words) > 4_000
    assert not {"john", "maria", "ahmed", "wei", "anna", "jose"} & set(words)
