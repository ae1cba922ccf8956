"""Is this regulated subject an organisation? The gate's judgement over all evidence, closed by default."""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

from ingest.privacy import numbers, trading
from ingest.privacy.by_name import judge_name
from ingest.privacy.care_of import clean_care_of
from ingest.privacy.forms import by_legal_form
from ingest.privacy.text import composed
from ingest.privacy.verdict import PASSING, Entity, Subject, Verdict

__all__ = ["clean_care_of", "judge", "judge_one", "withheld_outright"]

LONGEST = 400
"""Letters of the longest name; what is longer is text and may name anybody."""
_FIRM_PREFIX = re.compile(r"^(?:m/s|messrs)(?![^\W_])\.?\s*", re.IGNORECASE)
_E_MAIL = re.compile(r"[^\s@<>,;()]+@[^\s@<>,;()]+\.[^\W\d_]{2,}")
_DATE = re.compile(r"(?<!\d)(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d)(?!\d)")
_BESIDE_NAME = re.compile(
    rf"{_DATE.pattern}|\((?:id|no|nr|lic\w*)?\.?\s?#?\d[\d -]*\)|(?<![\w.])(?:(?:no|nr|id)\b\.?\s?)?#?\d{{4,}}(?![\w.])"
    r"|^\d{1,4}[.)]\s",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_WITHHELD = frozenset(Entity) - PASSING
_Plain = tuple[str, str | None, str | None, tuple[tuple[str, str], ...]]
MANY = 50_000
"""Distinct subjects from which a second process pays off."""


def judge(subjects: Sequence[Subject]) -> list[Verdict]:
    """One verdict for every subject, in their order; distinct subjects are judged once, many of them on two cores."""
    distinct = list(dict.fromkeys(subjects))
    if len(distinct) < MANY:
        found = {subject: judge_one(subject) for subject in distinct}
    else:
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            parts = pool.map(_judge_part, _parts(distinct, 5_000))
            found = dict(zip(distinct, (kinds[at] for kinds, part in parts for at in part), strict=True))
    return [found[subject] for subject in subjects]


def _parts(subjects: list[Subject], size: int) -> Iterator[list[_Plain]]:
    """The subjects as plain tuples, which cost a process a tenth of what dataclasses cost to hand over."""
    plain = ((s.name, s.country, s.declared, s.identifiers) for s in subjects)
    return iter(lambda: list(islice(plain, size)), [])


def _judge_part(subjects: list[_Plain]) -> tuple[list[Verdict], list[int]]:
    """The different verdicts of a part, and for every subject which of them is its own."""
    kinds: dict[Verdict, int] = {}
    own = [kinds.setdefault(judge_one(Subject(*subject)), len(kinds)) for subject in subjects]
    return list(kinds), own


def judge_one(subject: Subject) -> Verdict:
    """The verdict of the first evidence that decides: source type, numbers, then the name."""
    name = composed(_cells(subject.name))
    verdict = _withheld_outright(subject, name)
    if verdict is None and subject.declared in PASSING:
        verdict = Verdict(Entity(subject.declared), f"source type: {subject.declared}")
    return verdict or numbers.by_identifiers(subject.identifiers) or _by_stated_name(subject, name)


def _cells(name: str) -> str:
    """A tab among plain blanks sets apart what stood in two cells; alone it is a blank as any other."""
    return name.replace("\t", "\n") if "\t" in name and " " in name.strip() else name


def withheld_outright(subject: Subject) -> Verdict | None:
    """What no other evidence outweighs: a person by type of the source, by identifier, by a number in the name."""
    return _withheld_outright(subject, composed(subject.name))


def _withheld_outright(subject: Subject, name: str) -> Verdict | None:
    if subject.declared in _WITHHELD:
        return Verdict(Entity(subject.declared), f"source type: {subject.declared}")
    numbered = numbers.by_identifiers(subject.identifiers)
    if numbered is not None and not numbered.passes:
        return numbered
    return numbers.by_number_in_name(name[:LONGEST], subject.country)


def _by_stated_name(subject: Subject, name: str) -> Verdict:
    stated = clean_care_of(name, name=True) or ""
    prefix = _FIRM_PREFIX.match(stated)
    stated = stated[prefix.end() :] if prefix else stated
    if not stated:
        return Verdict(Entity.UNSURE, "no name")
    if len(stated) > LONGEST:
        return Verdict(Entity.UNSURE, "longer than a name")
    if trading.run_by(name):
        form = by_legal_form(stated, subject.country)
        return form if form and form.passes else Verdict(Entity.SOLE_TRADER, "owner named")
    if "@" in stated and _E_MAIL.search(stated):
        return Verdict(Entity.UNSURE, "e-mail address in name")
    verdict = judge_name(stated, subject.country, firm=subject.declared == "firm")
    return _without_numbers(stated, subject, verdict) if verdict.passes else verdict


def _without_numbers(stated: str, subject: Subject, verdict: Verdict) -> Verdict:
    """The verdict on a name without dates and long numbers beside it, where that is a person's; else as it was.

    `Ann Banks 12345` is Ann Banks: a number makes no company of a person.
    """
    if not _DIGIT.search(stated):
        return verdict
    bare = " ".join(_BESIDE_NAME.sub(" ", stated).split()) if _BESIDE_NAME.search(stated) else stated
    if bare == stated or not bare.strip(" ,.()#-"):
        return verdict
    alone = judge_name(bare.strip(" ,#-"), subject.country, firm=subject.declared == "firm")
    dated = bool(_DATE.search(stated))
    return alone if alone.entity in {Entity.PERSON, Entity.SOLE_TRADER} or (dated and not alone.passes) else verdict
