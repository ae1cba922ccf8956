"""Is this regulated subject an organisation? The order of evidence, closed by default."""

import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice

from ingest.privacy import numbers, trading
from ingest.privacy.forms import by_legal_form
from ingest.privacy.known import is_known
from ingest.privacy.organisations import by_build, by_words
from ingest.privacy.persons import (
    comma_order,
    frequent_given,
    is_name_word,
    looks_like_person,
    marked_as_person,
    states_relation,
)  # fmt: skip
from ingest.privacy.scripts import by_signs, is_unspaced
from ingest.privacy.text import Name, take_apart
from ingest.privacy.verdict import PASSING, Entity, Subject, Verdict
from ingest.privacy.words import vocabulary

LONGEST = 400
"""Letters of a name that are looked at; what is longer is text, not a name."""
MANY = 50_000
"""Distinct subjects from which a second process pays off."""

_CARE_OF = re.compile(
    r"(?<![^\W_])(?:c/o|c\.o\.|in care of|care of|attn\b|attention:|attn\.|z\.\s?hd\.?|zu händen|z\.\s?h\.|p\.?\s?a\.?(?=:)"
    r"|t\.a\.v\.|ter attentie van|a l'attention de|à l'attention de|a/c|att:|att\.|v/(?=\s?[^\W\d_]{2})|%(?=\s?[^\W\d_]))"
    r"[^;\n]*",
    re.IGNORECASE,
)
_NO_NAME = frozenset(
    [
        "unknown n/a na none various null nil not available not applicable tbd see below confidential redacted withheld anonymous individual person unnamed sole proprietor self employed"
    ]
) | {"unknown", "n/a", "na", "none", "various", "null", "nil", "anonymous", "individual", "unnamed", "-", "--", "."}
_VESSEL = re.compile(r"^(?:m/v|f/v|m/t|s/v|mv|m\.v\.|f\.v\.|m\.t\.)\s+\S")


def judge(subjects: Sequence[Subject]) -> list[Verdict]:
    """One verdict for every subject, in their order; distinct subjects are judged once, many of them on two cores."""
    distinct = list(dict.fromkeys(subjects))
    if len(distinct) < MANY:
        verdicts = {subject: judge_one(subject) for subject in distinct}
    else:
        with ProcessPoolExecutor(2) as pool:
            parts = pool.map(_judge_part, _parts(distinct, 10_000))
            verdicts = dict(zip(distinct, (verdict for part in parts for verdict in part), strict=True))
    return [verdicts[subject] for subject in subjects]


def _parts(subjects: list[Subject], size: int) -> list[list[Subject]]:
    rest = iter(subjects)
    return list(iter(lambda: list(islice(rest, size)), []))


def _judge_part(subjects: list[Subject]) -> list[Verdict]:
    return [judge_one(subject) for subject in subjects]


def clean_care_of(text: str) -> str | None:
    """A name or address without its c/o, attn, z.Hd. and v/ parts; None if nothing is left."""
    cut = _CARE_OF.sub("", text) if _HINT.search(text) else text
    bare = cut.strip(" \t\r\n,;-–—")
    return bare or None


_HINT = re.compile(r"[%/:]|c\.o|att|care|z\.|händen|t\.a\.v", re.IGNORECASE)


def judge_one(subject: Subject) -> Verdict:
    """The verdict of the first evidence that decides; without any, unsure."""
    declared = subject.declared
    if declared in {Entity.PERSON, Entity.SOLE_TRADER, Entity.SUPPRESSED, Entity.UNSURE}:
        return Verdict(Entity(declared), f"source type: {declared}")
    numbered = numbers.by_identifiers(subject.identifiers)
    if numbered is not None and not numbered.passes:
        return numbered
    written = numbers.by_number_in_name(subject.name, subject.country)
    if written is not None:
        return written
    if declared is not None and declared in PASSING:
        return Verdict(Entity(declared), f"source type: {declared}")
    if numbered is not None:
        return numbered
    stated = clean_care_of(subject.name[:LONGEST])
    if stated is None:
        return Verdict(Entity.UNSURE, "no name")
    if trading.run_by(subject.name):
        form = by_legal_form(stated, subject.country)
        return form if form and form.passes else Verdict(Entity.SOLE_TRADER, "owner named")
    return by_name(stated, subject.country, firm=declared == "firm")


def by_name(stated: str, country: str | None, *, firm: bool) -> Verdict:
    """The verdict of a name alone; `firm`: the source calls the subject an establishment."""
    whole = take_apart(stated)
    text = " ".join(whole.text.split())
    if not whole.words or text.strip(" .-") in _NO_NAME:
        return Verdict(Entity.UNSURE, "no name")
    if _VESSEL.match(text):
        return Verdict(Entity.VESSEL, "vessel prefix")
    phrase = marked_as_person(whole)
    if phrase:
        return Verdict(Entity.PERSON, phrase)
    parts = trading.respondents(stated)
    if len(parts) > 1:
        return _all_of([by_name(part, country, firm=firm) for part in parts], "person beside company")
    behind = trading.trader_behind(whole)
    if behind and behind[0]:
        return _trader(behind[0], behind[1], country, firm=firm)
    if trading.is_case_title(whole):
        return Verdict(Entity.UNSURE, "case title")
    outside, brackets = trading.bracketed(whole)
    for inside in brackets:
        words = take_apart(inside).words
        if looks_like_person(tuple(word for word in words if word not in {"president", "ceo", "owner", "director"})):
            return Verdict(Entity.UNSURE, "person in brackets")
    form = by_legal_form(stated, country)
    for inside in brackets:
        form = form or by_legal_form(inside, country)
    if trading.names_owner(whole) and (form is None or not form.passes):
        return Verdict(Entity.SOLE_TRADER, "owner named")
    if form is not None:
        return form
    return _without_form(take_apart(outside) if brackets else whole, country, firm=firm)


def _without_form(name: Name, country: str | None, *, firm: bool) -> Verdict:
    if is_known(name.text):
        return Verdict(Entity.COMPANY, "known company")
    if is_unspaced(name.text):
        signs = by_signs(name.text)
        if signs is not None:
            return signs
    verdict = by_words(name, country)
    if verdict is None and not (country == "it" and trading.italian_owner(name)):
        verdict = by_build(name)
    if verdict is not None:
        return verdict
    if comma_order(name):
        return Verdict(Entity.PERSON, "person name pattern: surname first")
    if states_relation(name):
        return Verdict(Entity.PERSON, "person relation")
    if looks_like_person(name.words):
        return Verdict(Entity.PERSON, "person name pattern")
    if firm and any(not is_name_word(word) for word in name.words):
        return Verdict(Entity.COMPANY, "source type: firm, no person's name")
    return Verdict(Entity.UNSURE, "no evidence")


def _trader(who: str, sign: str, country: str | None, *, firm: bool) -> Verdict:
    """The verdict of `who trading as sign`: that of who, unless who is no person's name and the sign is a company's."""
    verdict = by_name(who, country, firm=firm)
    if verdict.passes:
        return verdict
    words = take_apart(who).words
    telling = any(word in vocabulary().words and not is_name_word(word) for word in words)
    if verdict.entity is Entity.UNSURE and telling and not frequent_given().intersection(words) and sign:
        signed = by_name(sign, country, firm=firm)
        if signed.passes:
            return signed
    return Verdict(Entity.PERSON, "trading name of a person")


def _all_of(verdicts: list[Verdict], mixed: str) -> Verdict:
    """The first verdict where all pass; where only some do, a company and a person share one name."""
    withheld = [verdict for verdict in verdicts if not verdict.passes]
    if not withheld:
        return verdicts[0]
    return withheld[0] if len(withheld) == len(verdicts) else Verdict(Entity.UNSURE, mixed)


def explain(subject: Subject) -> str:
    """The verdict in one sentence for an analyst; of what is withheld no more than the kind of evidence."""
    verdict = judge_one(subject)
    if verdict.passes:
        return f"Passes as {verdict.entity}: {verdict.reason}."
    return f"Withheld as {verdict.entity}: {verdict.reason}. {_ADVICE.get(verdict.entity, _ADVICE[Entity.UNSURE])}"


_ADVICE = {
    Entity.PERSON: "No data about individuals is kept.",
    Entity.SOLE_TRADER: "A sole trader is a natural person.",
    Entity.SUPPRESSED: "A court ordered the name suppressed.",
    Entity.UNSURE: "Nothing shows that this is an organisation; an analyst can allow the exact name with evidence.",
}
