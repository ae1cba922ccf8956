"""Marks of persons to be asked for, in many languages and writings: cut in names and addresses, decoys kept."""

import pytest

from ingest.privacy.care_of import clean_care_of
from ingest.privacy.judge import judge_one
from ingest.privacy.verdict import Subject

COMPANY = "Kestrel Ridge LLC"
MARKS = (
    "℅", "C / O", "ｃ／ｏ", "c\\o", "c/o", "C/O:", "c.o.", "C. O.", "(c/o", "c/\u200bo", "c/o,", "c/o -", "%",
    "FAO", "FAO:", "f.a.o.", "For the attention of", "attn", "ATTN.", "attn :", "Attn:\t", "ATTN:\n", "ATTN\r\n",
    "Attention:", "[attn:", "att:", "At.:", "AT:", "att.", "Att", "att. :", ", care of", ", attention",
    "z. Hdn.", "z.H.", "z. Hd.", "z.Hd", "zH", "zu Hd.", "zu Händen", "zuhanden", "p. Adr.", "per Adresse",
    "p/a", "P/A", "p.a.", "t.a.v.", "t.n.v.", "ter attentie van", "à l'attn de", "à l’attention de",
    "aux bons soins de",
    "A/C", "a/c", "aos cuidados de", "ao cuidado de", "atención:", "a la atención de", "a los cuidados de", "a/a:",
    "c.a.", "alla c.a.", "alla cortese attenzione", "all'attenzione di", "presso", "v/", "s/c", "вниманию", "для",
    "c/-", "C/- ", "Contact:", "do rąk", "na ręce", "k rukám", "în atenția", "υπόψη", "לידי", "لعناية",
)  # fmt: skip
PERSONS = ("Jane Roe", "Maria Garcia, Suite 200", "Garcia, Maria", "Jane Roe, John Smith", "Jane Roe, MD")


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("person", PERSONS)
@pytest.mark.parametrize("name", [True, False])
def test_nobody_is_left_behind_a_mark(mark: str, person: str, name: bool) -> None:
    for text in (f"{COMPANY} {mark} {person}", f"{COMPANY}, {mark} {person}, 12 Main St"):
        left = clean_care_of(text, name=name) or ""
        assert left.startswith(COMPANY)
        assert not {"Jane", "Roe", "Maria", "Garcia", "John", "Smith"} & set(left.replace(",", " ").split())


@pytest.mark.parametrize("mark", ["S/O", "d/o", "W/O", "a/s de"])
def test_a_relation_in_an_address_is_cut_and_the_place_kept(mark: str) -> None:
    assert clean_care_of(f"{mark} Jane Roe, 12 Main St, Pune") == "12 Main St, Pune"
    assert clean_care_of("A/S De Forenede Kestrel", name=True) == "A/S De Forenede Kestrel"


@pytest.mark.parametrize(
    "name",
    [
        "A/C Repair Ltd", "Sampletown A/C Repair Ltd", "C/O-Tech Ltd", "Home Care of Sampletown", "Att Transport AB",
        "Jane Quorvane, P.A.", "Quorvane & Zalmir, P.A. of Sampletown", "Kestrel P/A", "50 % Club", "100% Juice Co",
        "Attention Design LLC", "United Nations FAO", "FAO Schwarz", "Presso Coffee Srl", "Kestrel C.A.", "Kestrel A/S",
        "Kestrel, C.A. Sucursal Bogota", "Plan C / Operations Ltd", "Kestrel S/C Ltda", "Atención Médica SL", "Watt: X",
        "ATN Kestrel Inc",
        "Zh Kestrel", "Магазин для детей", "気付き株式会社", "废品回收", "全交电子", "C.A. Maria Garcia Ltd",
        "Matt. Kestrel",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_mark_is_kept(name: str) -> None:
    assert clean_care_of(name, name=True) == name


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("c/o Acme Corp, 12 Main St", "12 Main St"),
        ("c/o Jane Roe, Suite 5, Austin", "Suite 5, Austin"),
        ("c/o Roe, Jane, Suite 5, Austin", "Suite 5, Austin"),
        ("c/o Jane Roe, Santa Maria, CA", "Santa Maria, CA"),
        ("Attn: Roe,\nJane\n5 Main St", "5 Main St"),
        ("ATTN:\nJane Roe\r\n5 Main St\r\nAustin", "5 Main St\nAustin"),
        ("c/o (Roe, Jane) 5 Main St", None),
        ("5 Main St (c/o Roe, Jane)", "5 Main St"),
        ("Att. Jane Roe, c/o John Smith; z.Hd. Petra Müller, Berlin", "Berlin"),
        ("Via Roma 1 presso Rossi Mario, Milano", "Via Roma 1, Milano"),
        ("東京都港区1-2-3 山田様方 佐藤花子", "東京都港区1-2-3"),
        ("東京都港区 青空ホテル気付 山田太郎", "東京都港区 青空ホテル"),
        ("北京市朝阳区1号 王小明收", "北京市朝阳区1号"),
        ("北京市朝阳区1号 由王小明转交", "北京市朝阳区1号"),
        ("서울시 강남구 1 김민준 귀하", "서울시 강남구 1"),
        ("12 High Street  ", "12 High Street"),
        ("１２ Ｈｉｇｈ Street", "１２ Ｈｉｇｈ Street"),
    ],
)
def test_addresses_keep_their_place(address: str, left: str | None) -> None:
    assert clean_care_of(address) == left


def test_the_company_beside_a_mark_passes_and_a_person_does_not() -> None:
    assert judge_one(Subject("Kestrel Ridge LLC ｃ／ｏ Jane Roe")).passes
    assert not judge_one(Subject("Jane Roe c/o Kestrel Ridge LLC")).passes
    assert not judge_one(Subject("김민준 귀하", "kr")).passes
