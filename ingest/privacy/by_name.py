"""What a name alone says: the evidence of names in its order, each step one function of a case."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from ingest.privacy import mixed, organisations, places, sole_traders, trading
from ingest.privacy.forms import by_legal_form
from ingest.privacy.known import is_known
from ingest.privacy.lexica import is_name_word, lexica, person_words
from ingest.privacy.persons import (
    comma_order,
    frequent_given,
    looks_like_person,
    may_be_person,
    states_person,
    states_relation,
)  # fmt: skip
from ingest.privacy.scripts import by_signs, is_unspaced
from ingest.privacy.text import Name, take_apart
from ingest.privacy.verdict import Entity, Verdict
from ingest.privacy.words import vocabulary

_VESSEL = re.compile(r"^(?:m/v|f/v|m/t|s/v|m\.v\.|f\.v\.|m\.t\.)\s*\S")


@dataclass(frozen=True, slots=True)
class Case:
    """A name as stated (c/o parts cut), taken apart; `firm`: the source calls the subject an establishment."""

    stated: str
    name: Name
    country: str | None
    firm: bool

    def about(self, text: str) -> "Case":
        """The same case for a part of the name."""
        return Case(text, take_apart(text), self.country, self.firm)


Evidence = Callable[[Case], Verdict | None]


def judge_name(stated: str, country: str | None, *, firm: bool) -> Verdict:
    """The verdict of the first evidence that decides; without any, unsure."""
    return _decide(Case(stated, take_apart(stated), country, firm))


def _decide(case: Case) -> Verdict:
    for evidence in EVIDENCE:
        verdict = evidence(case)
        if verdict is not None:
            return verdict
    return Verdict(Entity.UNSURE, "no evidence")


def placeholder(case: Case) -> Verdict | None:
    """No name at all: blank, unknown, n/a."""
    bare = case.name.text.strip(" .-*")
    empty = not case.name.words or bare in person_words("no name")
    return Verdict(Entity.UNSURE, "no name") if empty else None


def vessel(case: Case) -> Verdict | None:
    """A ship's prefix before the name: M/V, F/V."""
    return Verdict(Entity.VESSEL, "vessel prefix") if _VESSEL.match(case.name.text.strip()) else None


def person_phrase(case: Case) -> Verdict | None:
    """Estates, heirs, `an individual`: the subject is a person whatever else is written."""
    return Verdict(Entity.PERSON, "person phrase") if states_person(case.name) else None


def before_place(case: Case) -> Verdict | None:
    """`Kestrel Bank, Springfield, Ohio`: what stands before the seat, where that alone passes."""
    for head in places.before_place(case.stated):
        about = case.about(head)
        verdict = _decide(about) if len(about.name.words) > 1 else None
        if verdict and verdict.passes:
            return verdict
    return None


def several(case: Case) -> Verdict | None:
    """Several respondents in one cell pass only if all of them do."""
    parts = trading.respondents(case.stated)
    if len(parts) < 2:
        return None
    verdicts = [_decide(case.about(part)) for part in parts]
    withheld = [verdict for verdict in verdicts if not verdict.passes]
    if not withheld:
        return verdicts[0]
    return withheld[0] if len(withheld) == len(verdicts) else Verdict(Entity.UNSURE, "person beside company")


def trading_as(case: Case) -> Verdict | None:
    """`Who trading as sign` is who; only where who is nobody's name and the sign a company's, the sign decides."""
    behind = trading.trader_behind(case.name)
    if behind is None or not any(behind):
        return None
    who, sign = case.about(behind[0]), case.about(behind[1])
    if not all(behind):
        return _decide(who if behind[0] else sign)
    verdict, signed = _decide(who), _decide(sign)
    if _is_person(sign, signed) or (verdict.passes and not signed.passes and _may_be_anyone(who, sign)):
        return Verdict(Entity.UNSURE, "person behind trading name")
    if verdict.passes:
        return verdict
    words = who.name.words
    telling = any(word in vocabulary().words and not is_name_word(word) for word in words)
    if verdict.entity is Entity.UNSURE and telling and not frequent_given().intersection(words) and signed.passes:
        return signed
    return Verdict(Entity.PERSON, "trading name of a person")


def _is_person(case: Case, verdict: Verdict) -> bool:
    """Whether a part of a name is a person's: by its verdict or by the order of its words."""
    if verdict.entity in {Entity.PERSON, Entity.SOLE_TRADER}:
        return True
    return not verdict.passes and (comma_order(case.name) or looks_like_person(case.name.words))


def _may_be_anyone(who: Case, sign: Case) -> bool:
    """Whether a sign of several words without evidence stands behind words without a legal form."""
    form = by_legal_form(who.stated, who.country)
    return (form is None or not form.passes) and len(sign.name.words) > 1


def person_at_dash(case: Case) -> Verdict | None:
    """`Jane Roe – Acme Inc.`: a person before or behind a dash or slash, beside something else."""
    texts = mixed.beside_dash(case.stated)
    if len(texts) < 2 or is_known(case.name.text):
        return None
    parts = [case.about(text) for text in texts]
    named = any(
        (looks_like_person(part.name.words) and part.name.words[0] not in mixed.SAINTS)
        or (comma_order(part.name) and by_legal_form(part.stated, part.country) is None)
        for part in parts
    )
    return Verdict(Entity.UNSURE, "person beside company") if named else None


def person_beside(case: Case) -> Verdict | None:
    """`Jane Roe, Acme Ltd`, `Acme Inc: Jane Roe`, `Acme Inc a/k/a Jane Roe`: a person beside a company."""
    parts = trading.beside(case.name)
    if len(parts) < 2 or is_known(case.name.text):
        return None
    somebody = [_is_somebody(part) for part in parts]
    if len(parts) > 2 and not any(somebody):
        somebody[:2] = [_is_somebody(take_apart(f"{parts[0].text} {parts[1].text}"))] * 2
    if any(somebody) and any(
        trading.has_name_of_its_own(part, case.country) and _states_company(case.about(part.text))
        for part, person in zip(parts, somebody, strict=True)
        if not person
    ):
        return Verdict(Entity.UNSURE, "person beside company")
    return None


def _is_somebody(name: Name) -> bool:
    """Whether a part is a person's whole name, roles apart, and no place or known company named like one."""
    words = tuple(word for word in name.words if word not in person_words("role"))
    named = looks_like_person(words) and words[0] not in mixed.SAINTS and not is_known(name.text)
    return named and not frequent_given().isdisjoint(words)


def _states_company(case: Case) -> bool:
    return any(verdict is not None and verdict.passes for verdict in (legal_form(case), organisation_word(case)))


def acting_for(case: Case) -> Verdict | None:
    """`Who, as trustee of …` is who; a personal trust is the person whose name it bears."""
    if looks_like_person(trading.personal_trust(case.name)):
        return Verdict(Entity.UNSURE, "personal trust")
    who = trading.acting(case.name)
    if not who:
        return None
    verdict = _decide(case.about(who))
    return verdict if verdict.passes else Verdict(Entity.PERSON, "person acting for others")


def firm_of_one(case: Case) -> Verdict | None:
    """A Brazilian firm name of initials and surname: an individual entrepreneur."""
    found = mixed.firm_of_one(case.stated, case.country)
    return Verdict(Entity.UNSURE, "firm name of an individual") if found else None


def case_title(case: Case) -> Verdict | None:
    """`A v. B` names two parties, and may name a person; `In the Matter of A and B` is A and B."""
    if trading.is_case_title(case.name):
        return Verdict(Entity.UNSURE, "case title")
    matter = trading.matter(case.name)
    if matter is None:
        return None
    about, parties = matter
    if len(parties) > 1 and any(_is_somebody(party) for party in parties):
        return Verdict(Entity.UNSURE, "case title")
    return _decide(case.about(about))


def person_in_brackets(case: Case) -> Verdict | None:
    """A person's name in brackets behind that of a firm, or before a firm in brackets."""
    outside, brackets = trading.bracketed(case.name)
    if brackets and _is_somebody(take_apart(outside)) and any(_states_company(case.about(text)) for text in brackets):
        return Verdict(Entity.UNSURE, "person beside company")
    for inside in brackets:
        words = tuple(word for word in take_apart(inside).words if word not in person_words("role"))
        if places.is_place(words):
            continue
        if looks_like_person(words):
            return Verdict(Entity.UNSURE, "person in brackets")
    return None


def sole_marker(case: Case) -> Verdict | None:
    """A word by which the country's sole traders name their business."""
    return sole_traders.by_marker(case.name, case.country)


def legal_form(case: Case) -> Verdict | None:
    """A legal form in the name, or in brackets behind it; without one that passes, an owner named is a sole trader."""
    outside, brackets = trading.bracketed(case.name)
    form = by_legal_form(case.stated, case.country)
    for part in (outside, *brackets) if brackets else ():
        form = form or by_legal_form(part, case.country)
    trader = trading.names_owner(case.name) or trading.is_french_trader(case.name, case.country)
    if (form is None or not form.passes) and trader:
        return Verdict(Entity.SOLE_TRADER, "owner named")
    return form


def known_company(case: Case) -> Verdict | None:
    """Word for word the name of a known company."""
    return Verdict(Entity.COMPANY, "known company") if is_known(case.stated) else None


def script(case: Case) -> Verdict | None:
    """Organisation words and personal names of scripts without spaces."""
    return by_signs(case.name.text) if is_unspaced(case.name.text) else None


def italian_owner(case: Case) -> Verdict | None:
    """A sign that ends in `di` and somebody's name, without a legal form: an Italian sole trader."""
    owner = trading.owner_behind_sign(case.name) if case.country == "it" else ()
    given, surnames = lexica().given, lexica().surname
    named = any(word in given for word in owner) or (owner and all(word in surnames for word in owner))
    if named and not any(word in vocabulary().words and not is_name_word(word) for word in owner):
        return Verdict(Entity.SOLE_TRADER, "owner named")
    return None


def organisation_word(case: Case) -> Verdict | None:
    """Words of the vocabulary, outside of brackets; beside a name, less of them where the source says establishment."""
    outside, brackets = trading.bracketed(case.name)
    name = take_apart(outside) if brackets else case.name
    verdict = organisations.by_words(name, case.stated, case.country)
    if verdict and verdict.entity is Entity.COMPANY and sole_traders.named_by_law(name, case.country):
        return Verdict(Entity.SOLE_TRADER, "owner named")
    if verdict and not verdict.passes and case.firm and frequent_given().isdisjoint(name.words):
        return Verdict(Entity.COMPANY, "source type: firm")
    return verdict


def build(case: Case) -> Verdict | None:
    """How the name is built: joined surnames, acronyms, common words."""
    if comma_order(case.name):
        return organisations.by_common_words(case.name)
    return (
        organisations.by_joint(case.name)
        or organisations.by_acronym(case.name)
        or organisations.by_common_words(case.name)
    )


def person_name(case: Case) -> Verdict | None:
    """The orders in which persons are named."""
    if states_relation(case.name):
        return Verdict(Entity.PERSON, "person relation")
    if looks_like_person(case.name.words):
        return Verdict(Entity.PERSON, "person name pattern")
    return None


def declared_firm(case: Case) -> Verdict | None:
    """A firm, says the source, and nothing in the name is a person's."""
    if not case.firm or may_be_person(case.name):
        return None
    return Verdict(Entity.COMPANY, "source type: firm")


EVIDENCE: tuple[Evidence, ...] = (
    placeholder, vessel, person_phrase, several, before_place, person_at_dash, trading_as, acting_for, case_title,
    person_in_brackets, person_beside, firm_of_one, sole_marker, legal_form, known_company, script, italian_owner,
    organisation_word, build, person_name, declared_firm,
)  # fmt: skip
"""The order of evidence in a name."""
