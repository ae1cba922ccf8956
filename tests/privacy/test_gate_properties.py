"""Properties of the gate: case, accents and normal forms change nothing; forms never harm; no text breaks it."""

import unicodedata
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.privacy import by_name
from ingest.privacy import judge as judge_module
from ingest.privacy.judge import judge, judge_one
from ingest.privacy.verdict import Entity, Subject

NormalForm = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: tuple[NormalForm, ...] = ("NFC", "NFD", "NFKC", "NFKD")
NAMES = st.sampled_from(
    [
        "Kestrel Ridge LLC", "Quorvane, John A.", "Dr. José Quorvane", "Müller & Söhne", "Société Générale du Quorvane",
        "Przedsiębiorstwo Źródło", "Straßenbau Quorvane", "JOANA SÁ", "ООО «Синица»", "Завод Йод", "شركة النجمة",
        "株式会社青空",
        "ガーデンハウス", "(주)푸른하늘", "김민준", "Ακρόπολις Α.Ε.", "İzmir Sanayi", "Jane Roe dba Roe Plumbing",
        "Smith Farms", "Christian Bank", "The Blue Kestrel", "Quorvane v/ Lars Zalmir", "T. Quorvane & Sons", "Kim Na",
        "बैंक नीला", "บริษัท ฟ้า จำกัด", "M/V Quorvane", "Chez Quorvane, S.à r.l.", "Nguyễn Văn Quý", "O'Quorvane's Pub",
    ]
)  # fmt: skip
COUNTRIES = (None, "us", "br", "fr", "it", "jp", "dk")
LONG = ("a" * 9_999, "1/" * 5_000, "(" * 9_999, "a.b." * 2_500, "c/o " * 2_500, "株" * 9_999)
WORDS = st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=12), min_size=1, max_size=4).map(" ".join)


@given(NAMES, st.sampled_from(FORMS), st.booleans())
def test_case_and_normal_form_change_no_verdict(name: str, form: NormalForm, upper: bool) -> None:
    changed = unicodedata.normalize(form, name.upper() if upper else name.lower())
    assert judge_one(Subject(changed)) == judge_one(Subject(name))


@given(NAMES)
def test_accents_and_blanks_change_no_verdict(name: str) -> None:
    plain = "".join(sign for sign in unicodedata.normalize("NFD", name) if not "\u0300" <= sign <= "\u036f")
    assert judge_one(Subject(plain)) == judge_one(Subject(name))
    assert judge_one(Subject(f"  {name.replace(' ', chr(160) + '  ')} ")) == judge_one(Subject(name))


@given(WORDS, st.sampled_from(["Inc", "GmbH", "LLC", "Ltd", "S.A. de C.V.", "Sp. z o.o.", "Pvt Ltd", "d.o.o.", "Ltda"]))
def test_a_corporate_form_makes_any_words_a_company(words: str, form: str) -> None:
    for written in (f"{words} {form}", f"{words.upper()}, {form.upper()}"):
        verdict = judge_one(Subject(written))
        assert verdict.entity in {Entity.COMPANY, Entity.UNSURE} if " v " in f" {words} " else verdict.passes


@given(NAMES, st.sampled_from(["Inc", "GmbH", "LLC", "Limited"]))
def test_a_corporate_form_never_withholds_what_passed(name: str, form: str) -> None:
    if judge_one(Subject(name)).passes:
        assert judge_one(Subject(f"{name} {form}")).passes


@settings(max_examples=300)
@given(
    st.text(max_size=200), st.sampled_from([None, "us", "br", "fr", "it", "jp", "dk"]), st.sampled_from([None, "firm"])
)
def test_any_text_has_a_verdict(text: str, country: str | None, declared: str | None) -> None:
    verdict = judge_one(Subject(text, country, declared))
    assert verdict.reason
    assert verdict == judge_one(Subject(text, country, declared))


@pytest.mark.parametrize("text", LONG)
def test_ten_thousand_letters_are_no_matter(text: str) -> None:
    assert judge_one(Subject(text)).reason


def test_subjects_keep_their_order_and_repeat() -> None:
    subjects = [Subject("Kestrel Ridge LLC"), Subject("Quorvane, John"), Subject("Kestrel Ridge LLC")]
    assert [verdict.passes for verdict in judge(subjects)] == [True, False, True]
    assert judge([]) == []


def test_many_subjects_are_judged_alike_on_two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    subjects = [Subject(f"Kestrel {number} {'LLC' if number % 2 else 'Quorvane'}") for number in range(40)]
    alone = judge(subjects)
    monkeypatch.setattr(judge_module, "MANY", 10)
    assert judge(subjects) == alone


def test_without_any_evidence_nothing_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_name, "EVIDENCE", ())
    names = ("Kestrel Ridge LLC", "City of Quorvane", "株式会社青空", "T. Quorvane & Sons")
    assert {judge_one(Subject(name)).entity for name in names} == {Entity.UNSURE}


@pytest.mark.parametrize(
    ("evidence", "name", "passes"),
    [
        ("vessel", "M/V Quorvane", True), ("person_phrase", "Estate of Quorvane Bank", False),
        ("several", "Quorvane Refinery; John Zalmir", False),
        ("trading_as", "John Quorvane dba Quorvane Refinery", False),
        ("case_title", "People v. Quorvane Bank", False),
        ("person_in_brackets", "Quorvane Bank (John Quorvane)", False),
        ("legal_form", "Zalmira Quorvane LLC", True), ("script", "青空商事", True),
        ("organisation_word", "Zalmira Quorvane Pipeline", True), ("build", "The Blue Kestrel", True),
    ],
)  # fmt: skip
def test_every_evidence_decides_something(
    evidence: str, name: str, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert judge_one(Subject(name)).passes is passes
    left = tuple(step for step in by_name.EVIDENCE if step.__name__ != evidence)
    assert len(left) == len(by_name.EVIDENCE) - 1
    monkeypatch.setattr(by_name, "EVIDENCE", left)
    assert judge_one(Subject(name)).passes is not passes
