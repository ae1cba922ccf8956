"""Is this regulated subject an organisation? The gate's judgement over all evidence, closed by default."""

import re
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

from ingest.privacy import numbers, trading
from ingest.privacy.by_name import judge_name
from ingest.privacy.care_of import clean_care_of
from ingest.privacy.forms import by_legal_form
from ingest.privacy.verdict import PASSING, Entity, Subject, Verdict

__all__ = ["clean_care_of", "explain", "judge", "judge_one"]

_BLANKS = re.compile(r"[^\S\n]+")
LONGEST = 400
"""Letters of a name that are looked at; what is longer is text, not a name."""
MANY = 50_000
"""Distinct subjects from which a second process pays off."""

_ADVICE = {
    Entity.PERSON: "No data about individuals is kept.",
    Entity.SOLE_TRADER: "A sole trader is a natural person.",
    Entity.SUPPRESSED: "A court ordered the name suppressed.",
    Entity.UNSURE: "Nothing shows that this is an organisation; an analyst can allow the exact name with evidence.",
}


def judge(subjects: Sequence[Subject]) -> list[Verdict]:
    """One verdict for every subject, in their order; distinct subjects are judged once, many of them on two cores."""
    distinct = list(dict.fromkeys(subjects))
    if len(distinct) < MANY:
        verdicts = _judge_part(distinct)
    else:
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            verdicts = [verdict for part in pool.map(_judge_part, _parts(distinct, 10_000)) for verdict in part]
    found = dict(zip(distinct, verdicts, strict=True))
    return [found[subject] for subject in subjects]


def _parts(subjects: list[Subject], size: int) -> list[list[Subject]]:
    rest = iter(subjects)
    return list(iter(lambda: list(islice(rest, size)), []))


def _judge_part(subjects: list[Subject]) -> list[Verdict]:
    return [judge_one(subject) for subject in subjects]


def judge_one(subject: Subject) -> Verdict:
    """The verdict of the first evidence that decides: source type, numbers, then the name."""
    verdict = _withheld_outright(subject)
    if verdict is None and subject.declared in PASSING:
        verdict = Verdict(Entity(subject.declared), f"source type: {subject.declared}")
    return verdict or numbers.by_identifiers(subject.identifiers) or _by_stated_name(subject)


def _withheld_outright(subject: Subject) -> Verdict | None:
    """What no other evidence outweighs: a person by type of the source, by identifier, by a number in the name."""
    if subject.declared in set(Entity) - PASSING:
        return Verdict(Entity(subject.declared), f"source type: {subject.declared}")
    numbered = numbers.by_identifiers(subject.identifiers)
    if numbered is not None and not numbered.passes:
        return numbered
    return numbers.by_number_in_name(_composed(subject.name), subject.country)


def _composed(name: str) -> str:
    """One spelling for every Unicode normal form and any width of its blanks."""
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
    return _BLANKS.sub(" ", name)[:LONGEST]


def _by_stated_name(subject: Subject) -> Verdict:
    name = _composed(subject.name)
    stated = clean_care_of(name, name=True)
    if stated is None:
        return Verdict(Entity.UNSURE, "no name")
    if trading.run_by(name):
        form = by_legal_form(stated, subject.country)
        return form if form and form.passes else Verdict(Entity.SOLE_TRADER, "owner named")
    return judge_name(stated, subject.country, firm=subject.declared == "firm")


def explain(subject: Subject) -> str:
    """The verdict in one sentence for an analyst; of what is withheld no more than the kind of evidence."""
    verdict = judge_one(subject)
    if verdict.passes:
        return f"Passes as {verdict.entity}: {verdict.reason}."
    return f"Withheld as {verdict.entity}: {verdict.reason}. {_ADVICE[verdict.entity]}"
