"""Names made ready for matching: one text for the ways in which a company is written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.names.form_classes import clash, form_class, form_homes
from ingest.names.matching import LONGEST, match_name, match_names, place_kinds, warm
from ingest.names.stated_aliases import split_aliases
from ingest.names.transliteration import han_number, native_words, romanised, simplified


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Quorvex Intl Mfg Co.", "Quorvex International Manufacturing Company"),
        ("Quorvex Bros & Co", "Quorvex Brothers and Company"),
        ("Univ. of Quorvia", "University of Quorvia"),
        ("Quorvex Hldgs Ltd", "Quorvex Holdings Limited"),
        ("Banco Quorvex S.A.", "Bank Quorvex SA"),
        ("Quorvex Fund VII", "Quorvex Fund 7"),
        ("Quorvex 007 Ltd", "Quorvex 7 Ltd"),
        ("First Quorvex", "1st Quorvex"),
        ("Quorvex München GmbH", "Quorvex Munich GmbH"),
        ("Quorvex New York Inc", "Quorvex NewYork Inc"),
        ("Кворвекс Банк", "Kvorveks Bank"),
        ("Завод Кворвекс", "Plant Kvorveks"),
        ("廣東夸克集團有限公司", "广东夸克集团有限公司"),
        ("クオルベックス銀行", "kuorubekkusu bank"),
        ("Quorvex.com Inc", "Quorvex Inc"),
        ("Quorvex &amp; Sons", "Quorvex & Sons"),
        ("Ltd Quorvex (Ltd) Malta", "Ltd Quorvex Malta"),
    ],
)
def test_ways_of_writing_one_name_give_one_text(one: str, other: str) -> None:
    assert match_name(one).text == match_name(other).text != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Quorvex Fund VII", "Quorvex Fund VIII"),
        ("Quorvex Chile", "Quorvex"),
        ("Quorvex North", "Quorvex South"),
        ("北京夸克", "上海夸克"),
    ],
)
def test_names_that_differ_keep_differing(one: str, other: str) -> None:
    assert match_name(one).text != match_name(other).text


@pytest.mark.parametrize(
    ("name", "text", "form"),
    [
        ("Quorvex B.V., Velden, NL", "quorvex", "bv"),
        ("N. V. Quorvex", "quorvex", "nv"),
        ("Naamloze Vennootschap Quorvex", "quorvex", "nv"),
        ("QUORVEX N.V. TE UTRECHT", "quorvex", "nv"),
        ("Quorvex Inc., Chile Branch", "quorvex chile branch", ""),
        ("Quorvex Inc., Suite 5", "quorvex suite 5", ""),
        ("Quorvex, Zander & Mold", "quorvex zander mold", ""),
        ("ООО Кворвекс", "kvorveks", "ооо"),
        ("夸克科技股份有限公司", "kuake technology", "股份有限公司"),
        ("QUORVEX GMBH, 8000 MUENCHEN", "quorvex", "gmbh"),
        ("Quorvex GmbH [DE", "quorvex", "gmbh"),
        ("Oy Quorvex Ab", "quorvex", "oy"),
        ("QuorvexN. V.", "quorvex", "nv"),
        ("Quorvex, a Delaware corporation", "quorvex", ""),
        ("Quorvex N.V. Lindenweg 1", "quorvex", "nv"),
        ("Quorvex Lindenweg 1", "quorvex lindenweg 1", ""),
    ],
)
def test_legal_form_and_seat_are_set_apart(name: str, text: str, form: str) -> None:
    found = match_name(name)
    assert (found.text, found.legal_form) == (text, form)


def test_a_single_roman_figure_counts_only_behind_a_counted_thing() -> None:
    assert match_name("Quorvex Fund V").numerals == ("5",)
    assert match_name("Quorvex V").numerals == ()
    assert match_name("第三夸克公司").numerals == ("3",)
    assert match_name("Quorvex2 3M4x").numerals == ("2",)


def test_what_a_name_has_besides_its_text() -> None:
    found = match_name("Кворвекс Верба ООО (КВ)")
    assert (found.native, found.form_class, found.folded) == ("кворвекс верба", "limited", "кворвекс верба")
    assert found.aliases == ("КВ",)
    assert match_name("Quorvex").native == ""


@pytest.mark.parametrize("name", ["", " ", "...", "&", "()", "\ud800", "x" * 20_000, "and", "The", "ltd", "李"])
def test_no_name_is_too_odd(name: str) -> None:
    found = match_name(name)
    assert len(found.text) <= LONGEST * 12
    assert found.tokens == tuple(found.text.split()) or not found.text.strip()


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_has_a_matching_form_that_is_latin_or_its_own(name: str) -> None:
    found = match_name(name)
    assert found == match_names([(name, None)])[0]
    if any(sign.isalnum() and sign.isascii() for sign in name):
        assert found.tokens


@pytest.mark.parametrize(
    ("name", "main", "others"),
    [
        ("Quorvex Ltd", "Quorvex Ltd", ()),
        ("Quorvex Ltd f/k/a Zander Inc", "Quorvex Ltd", ("Zander Inc",)),
        ("Quorvex Ltd (formerly Zander Inc)", "Quorvex Ltd", ("Zander Inc",)),
        ("Quorvex Overseas Export (QOE)", "Quorvex Overseas Export", ("QOE",)),
        ("Quorvex (Malta)", "Quorvex (Malta)", ()),
        ("QUORVEX (MALTA)", "QUORVEX (MALTA)", ()),
        ("Quorvex (XYZ Ltd Co)", "Quorvex", ("XYZ Ltd Co",)),
        ("Quorvex Ltd; Zander Inc", "Quorvex Ltd", ("Zander Inc",)),
        ("夸克公司（曾用名：中山公司）", "夸克公司", ("中山公司",)),
        ("; ;", "; ;", ()),
        ("(Quorvex)", "(Quorvex)", ()),
        ("Quorvex Zanderia S.A. - Quorzan", "Quorvex Zanderia S.A.", ("Quorzan",)),
        ("Quorvex Zanderia Ltd - QZ", "Quorvex Zanderia Ltd - QZ", ()),
        ("Quorvex Zanderia Mold Ltd - QZM", "Quorvex Zanderia Mold Ltd", ("QZM",)),
        ("Quorvex Ltd - Malta", "Quorvex Ltd - Malta", ()),
        ("Quorvex - Quorzan", "Quorvex - Quorzan", ()),
        ("aka ", "aka ", ()),
    ],
)
def test_other_names_in_the_same_text(name: str, main: str, others: tuple[str, ...]) -> None:
    assert split_aliases(name) == (main, others)


@pytest.mark.parametrize(
    ("form", "kind"),
    [("gmbh", "limited"), ("ag", "corporation"), ("corp /de/", "corporation"), ("lp", "partnership"), ("", ""),
     ("/de/", ""), ("llc co", "limited"), ("genossenschaft", "co-operative"), ("what", "")],
)  # fmt: skip
def test_class_of_a_legal_form(form: str, kind: str) -> None:
    assert form_class(form) == kind


def test_forms_that_no_company_has_at_once() -> None:
    assert clash("gmbh", "ag") == clash("ag", "gmbh") != ""
    assert "different countries" in clash("gmbh", "bv")
    assert clash("inc", "corp") == clash("ooo", "llc") == clash("what", "gmbh") == clash("ltd", "inc") == ""
    assert "de" in form_homes("gmbh")


def test_readings() -> None:
    assert romanised(simplified("кворвекс")) == "kvorveks"
    assert native_words("夸克市建行") == ("夸克", "construction", "bank")
    assert [han_number(signs) for signs in ("三", "十", "二十三", "一百")] == [3, 10, 23, 100]
    warm()
    assert place_kinds()["chile"] == ("country", "cl")
