"""Normal form of names: what counts as the same name, what stays apart, and that applying it twice is once."""

import csv
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.names.legal_forms import TABLE
from ingest.names.normal import NormalName, company_id, company_key, normal_form, normal_forms, words

COUNTRIES = st.sampled_from([None, "us", "de", "fr", "cn", "jp", "kr", "ru", "il"])


def _listed_forms() -> list[str]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [row["form"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


PIECES = st.one_of(
    st.text(max_size=6),
    st.sampled_from(_listed_forms()),
    st.sampled_from(
        ["the", "The", "&", "and", "A.", "b", "/DE/", "(株)", "集团", "ミナト", "한빛", "ООО", "ש.מ", "é", "й", "II"]
    ),
)
NAMES = st.lists(PIECES, max_size=6).map(" ".join) | st.lists(PIECES, max_size=6).map("".join)


@settings(max_examples=500, deadline=None)
@given(NAMES, COUNTRIES)
@example("ß 株式会社", None)
@example("GmbH und Co. KG MBH", None)
def test_the_normal_form_of_a_normal_form_is_itself(name: str, country: str | None) -> None:
    text = normal_form(name, country).text
    assert normal_form(text, country).text == text


@settings(deadline=None)
@given(NAMES, COUNTRIES)
def test_only_a_blank_name_has_no_text(name: str, country: str | None) -> None:
    assert bool(normal_form(name, country).text) == bool(name.strip())


@given(
    st.lists(st.sampled_from(["Zürnholt", "Nord", "Öl", "Brandt", "Señal", "GmbH", "S.A.", "&", "Inc."]), min_size=1)
)
def test_case_and_accents_do_not_matter(parts: list[str]) -> None:
    name = " ".join(parts)
    plain = name.translate(str.maketrans("üÖñ", "uOn"))
    assert normal_form(name) == normal_form(name.upper()) == normal_form(name.lower()) == normal_form(plain)


@pytest.mark.parametrize(
    ("name", "text", "legal_form"),
    [
        ("Veldora Inc", "veldora", "inc"),
        ("VELDORA, INC.", "veldora", "inc"),
        ("Veldora Incorporated", "veldora", "inc"),
        ("The Veldora Corporation", "veldora", "corp"),
        ("Veldora LLC", "veldora", "llc"),
        ("Veldora Limited Liability Company", "veldora", "llc"),
        ("Veldora Co., Ltd.", "veldora", "co ltd"),
        ("Veldora Company Limited", "veldora", "co ltd"),
        ("Veldora (Private) Limited", "veldora", "pvt ltd"),
        ("Veldora & Co", "veldora", "co"),
        ("Veldora & Sons", "veldora and sons", ""),
        ("Veldora and Sons", "veldora and sons", ""),
        ("Q. Z. Veldora, Inc.", "qz veldora", "inc"),
        ("Q.Z. Veldora Inc", "qz veldora", "inc"),
        ("QZ Veldora Inc", "qz veldora", "inc"),
        ("O'Veldor", "oveldor", ""),
        ("Veldor’s Mills", "veldors mills", ""),
        ("Veldora-Stahl", "veldora stahl", ""),
        ("  Veldora \t Mills ", "veldora mills", ""),
        ("Veldora™ Mills®", "veldora mills", ""),
        ("Veldora+", "veldora", ""),
        ("Veldora/Mills", "veldora mills", ""),
        ("Banco Y S.A.", "banco y", "sa"),
        ("Veldora S. A. de C. V.", "veldora", "sa de cv"),
        ("Veldora Sociedad Anónima de Capital Variable", "veldora", "sa de cv"),
        ("Veldora S.à r.l.", "veldora", "sarl"),
        ("S.A.R.L. Veldora", "veldora", "sarl"),
        ("Veldora GmbH & Co. KG", "veldora", "gmbh co kg"),
        ("Veldora Gesellschaft mit beschränkter Haftung", "veldora", "gmbh"),
        ("Zürnholt Straßenbau AG", "zurnholt strassenbau", "ag"),
        ("Łąkowski Øst Đurić Œuvre Þór Işık", "lakowski ost duric oeuvre thor isik", ""),
        ("Veldora A.Ş.", "veldora", "as"),
        ("VELDORA ANONİM ŞİRKETİ", "veldora", "as"),
        ("Veldora S.A. Inc", "veldora", "sa inc"),
        ("ＶＥＬＤＯＲＡ　Ｉｎｃ", "veldora", "inc"),
        ("ООО «Велдора»", "велдора", "ооо"),
        ("Общество с ограниченной ответственностью «Велдора»", "велдора", "ооо"),
        ("Зелёный Май", "зеленый май", ""),
        ("北峰虚构株式会社", "北峰虚构", "株式会社"),
        ("(株)北峰 虚构", "北峰虚构", "株式会社"),
        ("㈱北峰虚构", "北峰虚构", "株式会社"),
        ("ﾐﾅﾄｶﾞﾗｽ株式会社", "ミナトガラス", "株式会社"),
        ("株式会社Veldora System", "veldora system", "株式会社"),
        ("北峰虚构 Inc. 株式会社", "北峰虚构", "inc 株式会社"),
        ("北峰虚构集团有限公司", "北峰虚构集团", "有限公司"),
        ("한빛가상(주)", "한빛가상", "주식회사"),
        ("주식회사 한빛가상", "한빛가상", "주식회사"),
        ('ולדורה בע"מ', "ולדורה", "בעמ"),
        ("فِلدورا ۱۲۳", "فلدورا 123", ""),
        ("VELDORA CORP /DE/", "veldora", "corp /de/"),
        ("VELDORA CORP \\NEW\\", "veldora", "corp /new/"),
        ("Veldora Inc. /MD", "veldora", "inc /md/"),
    ],
)
def test_normal_forms(name: str, text: str, legal_form: str) -> None:
    assert normal_form(name) == NormalName(text, legal_form)


@pytest.mark.parametrize(
    ("name", "text", "legal_form"),
    [
        ("Veldora Fund II", "veldora fund ii", ""),
        ("Veldora Fund III", "veldora fund iii", ""),
        ("Veldora Investment Company", "veldora investment", "co"),
        ("Veldora Trust Company", "veldora trust", "co"),
        ("Veldora Real Estate Investment Trust", "veldora real estate investment trust", ""),
        ("Stichting Veldora", "stichting veldora", ""),
        ("Limited Veldora", "limited veldora", ""),
        ("Corporation Veldora Company", "corporation veldora", "co"),
        ("Veldora GmbH Berlin", "veldora gmbh berlin", ""),
        ("北峰虚构有限公司上海分店", "北峰虚构有限公司上海分店", ""),
    ],
)
def test_what_tells_companies_apart_stays_in_the_name(name: str, text: str, legal_form: str) -> None:
    assert normal_form(name) == NormalName(text, legal_form)


@pytest.mark.parametrize(
    ("name", "country", "text", "legal_form"),
    [
        ("A. O. Veldora Corp", "us", "ao veldora", "corp"),
        ("AO Veldora", "ru", "veldora", "ao"),
        ("PT Veldora Tbk", "id", "veldora", "pt tbk"),
        ("PT Veldora", "us", "pt veldora", ""),
        ("SCI Veldora", "fr", "veldora", "sci"),
        ("SCI Veldora Inc", "us", "sci veldora", "inc"),
        ("AB Veldora", "se", "veldora", "ab"),
        ("Bank of Veldora, KY", "us", "bank of veldora ky", ""),
        ("Veldora Ky", "fi", "veldora", "ky"),
        ("Veldora spółka z ograniczoną odpowiedzialnością", None, "veldora", "sp zoo"),
    ],
)
def test_short_forms_count_where_they_are_used(name: str, country: str | None, text: str, legal_form: str) -> None:
    assert normal_form(name, country) == NormalName(text, legal_form)


@pytest.mark.parametrize(
    ("name", "text"), [("Inc.", "inc"), ("The", "the"), ("&", "and"), ("!!!", "!!!"), ("™", "tm"), ("", "")]
)
def test_a_name_that_is_all_form_or_punctuation_is_kept(name: str, text: str) -> None:
    assert normal_form(name) == NormalName(text, "")


def test_a_batch_gives_the_same_as_one_by_one() -> None:
    pairs = [("Veldora Inc", "us"), ("AB Veldora", "se"), ("北峰虚构株式会社", None)]
    assert normal_forms(pairs) == [normal_form(name, country) for name, country in pairs]


def test_companies_are_grouped_by_name_form_and_country() -> None:
    assert company_key("Veldora Inc", "us") == company_key("VELDORA, INC.", "US ")
    assert company_key("Veldora Inc", "us") == normal_form("Veldora Inc", "us").key("us")
    keys = {company_key("Veldora Inc", "us"), company_key("Veldora LLC", "us"), company_key("Veldora Inc", None)}
    assert len({company_id(key) for key in keys}) == 3
    assert all(re.fullmatch("c[0-9a-f]{15}", company_id(key)) for key in keys)


def test_registrants_told_apart_by_edgar_stay_apart() -> None:
    assert company_key("VELDORA CORP /DE/", "us") != company_key("VELDORA CORP", "us")
    assert normal_form("VELDORA CORP /DE/").text == normal_form("Veldora Corp").text


@given(st.text())
def test_any_text_has_a_company_id(name: str) -> None:
    assert company_id(company_key(name, None)).startswith("c")


def test_an_unpaired_surrogate_has_a_company_id() -> None:
    assert company_id(company_key("\ud800", None)).startswith("c")


def test_words_find_any_part_of_a_run_without_blanks() -> None:
    assert words("veldora mills veldora") == ["veldora", "mills"]
    assert words("北峰虚构") == ["北峰虚构", "北峰", "峰虚", "虚构"]
    assert words("veldora北峰") == ["veldora北峰", "北峰"]
    assert words("велдора 峰") == ["велдора", "峰"]
    assert words("") == []
