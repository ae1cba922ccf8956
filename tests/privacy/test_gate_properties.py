"""Properties of the gate: case, accents and normal forms change nothing; forms never harm; no text breaks it."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import gate_sets
from ingest.names.legal_forms import TABLE, split_legal_form
from ingest.privacy import judge as judge_module
from ingest.privacy.care_of import clean_care_of
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
LONG = (
    *(
        (unit * 10_000)[:10_000]
        for unit in (
            "((a",
            "c/o\n",
            "c/o a, ",
            "a/c ",
            "p/a Jane ",
            "fao ",
            ",",
            "; ",
            "/",
            '"',
            "\u200f",
            "e\u0301",
            "\ud800",
            "ﷺ",
            "S. A. ",
            "dba ",
            "John, ",
            "a - ",
            "[a]",
            "\t",
            " \n",
            "山様方",
            "张",
            "as trustee of ",
            "Acme Ltd John ",
        )
    ),
    "a" * 9_999,
    "1/" * 5_000,
    "(" * 9_999,
    "a.b." * 2_500,
    "c/o " * 2_500,
    "株" * 9_999,
)
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


UNSEEN = ("\u200b", "\u200d", "\u00ad", "\u200f", "\u2060", "\ufeff", "\u202e", "\ufe0f", "\U000e0041")
BLANKS = ("\u00a0", "\u2009", "\u3000", "\t", "   ", "\u202f")


def full_width(text: str) -> str:
    """ASCII as the full-width letters of Chinese and Japanese sources."""
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def rewritten(name: str) -> Iterator[str]:
    """The same name in other cases, normal forms, widths, blanks, and with unseen signs."""
    yield from (name.upper(), name.lower(), name.title(), full_width(name), f"  {name}\r\n")
    yield from (unicodedata.normalize(form, name) for form in FORMS)
    yield from (name.replace(" ", blank) for blank in BLANKS)
    yield from (f"{name[:2]}{sign}{name[2:]}{sign}" for sign in UNSEEN)


def differing(names: list[Subject]) -> int:
    """Names of which another writing has another entity."""
    return sum(
        any(
            judge_one(replace(subject, name=text)).entity != judge_one(subject).entity
            for text in rewritten(subject.name)
        )
        for subject in names
    )


@given(NAMES, st.sampled_from(COUNTRIES))
def test_no_writing_of_a_name_changes_its_verdict(name: str, country: str | None) -> None:
    assert differing([Subject(name, country)]) == 0


def sampled(names: Iterable[gate_sets.Labelled], share: int) -> list[Subject]:
    """One name of `share`, by hash."""
    return [item.subject for item in names if sha256(item.subject.name.encode()).digest()[1] % share == 0]


def real_sets(share: int) -> list[Subject]:
    """A sample of every labelled set of bench/gate.py; skips where the sets are not on this machine."""
    if not (gate_sets.DATA / "ref_gate_gleif_category").is_dir():
        pytest.skip("the labelled names of ../shared/data are not on this machine")
    people = (*gate_sets.probable_people(), *gate_sets.synthetic_people())
    named = [gate_sets.Labelled(Subject(row[0]), gate_sets.PERSON, "") for row in people]
    sets = (gate_sets.ofac_gate(), gate_sets.hard_cases(), gate_sets.gleif(), gate_sets.corporations(), named)
    return [subject for names in sets for subject in sampled(names, share)]


def test_no_writing_of_a_real_name_changes_its_verdict() -> None:
    names = real_sets(32)
    assert len(names) > 500
    assert differing(names) == 0


def test_a_corporate_form_of_its_country_never_withholds_a_real_company() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    forms: dict[str, list[str]] = {}
    for row in rows:
        if row["elf"] and row["class"] == "company" and row["where"] != "start" and row["form"][0].isupper():
            forms.setdefault(row["country"], []).append(row["form"])
    stated = [subject for subject in real_sets(8) if subject.country in forms]
    bare = [replace(subject, name=split_legal_form(subject.name, subject.country)[0]) for subject in stated]
    names = [subject for subject in bare if judge_one(subject).passes]
    assert len(names) > 200
    for at, subject in enumerate(names):
        listed = forms[subject.country or ""]
        form = listed[at % len(listed)]
        assert judge_one(replace(subject, name=f"{subject.name} {form}")).passes, form


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20), st.integers(1, 10_000), st.sampled_from(COUNTRIES))
def test_any_text_of_ten_thousand_letters_has_a_verdict(unit: str, size: int, country: str | None) -> None:
    text = (unit * size)[:10_000]
    assert judge_one(Subject(text, country)).reason
    for name in (True, False):
        left = clean_care_of(text, name=name)
        assert left is None or left


@given(
    st.permutations(["Kestrel Ridge LLC", "Quorvane, John", "Smith Farms", "株式会社青空", "c/o Jane Roe", "The Inn"])
)
def test_the_order_of_a_batch_and_its_other_names_are_no_matter(names: list[str]) -> None:
    subjects = [Subject(name) for name in names]
    assert judge(subjects) == [judge_one(subject) for subject in subjects]
