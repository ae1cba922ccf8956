"""What a name alone says: the evidence of its parts and of the persons beside a company, and the order of all."""

import re

from ingest.privacy import mixed, places, trading
from ingest.privacy.as_a_whole import (
    Case,
    Evidence,
    build,
    declared_firm,
    firm_of_one,
    italian_owner,
    known_company,
    legal_form,
    organisation_word,
    person_name,
    script,
    sole_marker,
)
from ingest.privacy.forms import by_legal_form
from ingest.privacy.known import is_known
from ingest.privacy.lexica import is_name_word, person_words
from ingest.privacy.persons import (
    comma_order,
    frequent_given,
    looks_like_person,
    may_be_name_word,
    states_person,
)  # fmt: skip
from ingest.privacy.text import Name, take_apart
from ingest.privacy.verdict import Entity, Verdict
from ingest.privacy.words import vocabulary

_VESSEL = re.compile(r"^(?:m/v|f/v|m/t|s/v|m\.v\.|f\.v\.|m\.t\.)\s*\S")
_LONGEST_NAME = 3
"""Words of a person before `and`; more are seldom one."""


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
    if len(texts) < 2:
        return None
    parts = [case.about(text) for text in texts]
    named = any(
        (looks_like_person(part.name.words) and part.name.words[0] not in mixed.SAINTS)
        or (comma_order(part.name) and by_legal_form(part.stated, part.country) is None)
        for part in parts
    )
    return Verdict(Entity.UNSURE, "person beside company") if named and not is_known(case.name.text) else None


def person_beside(case: Case) -> Verdict | None:
    """`Jane Roe, Acme Ltd`, `Acme Inc: Jane Roe`, `Acme Inc a/k/a Jane Roe`: a person beside a company."""
    if _joined_to_company(case) and not is_known(case.name.text):
        return Verdict(Entity.UNSURE, "person beside company")
    parts = trading.beside(case.name)
    if len(parts) < 2:
        return None
    somebody = [_is_somebody(part) for part in parts]
    if len(parts) > 2 and not any(somebody):
        somebody[:2] = [_is_somebody(take_apart(f"{parts[0].text} {parts[1].text}"))] * 2
    if not any(somebody) and _may_be_somebody(case.about(parts[0].text)):
        somebody[0] = not all(trading.may_be_a_partner(part, case.country) for part in parts[1:])
    if not any(somebody) or is_known(case.name.text):
        return None
    if any(
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


def _joined_to_company(case: Case) -> bool:
    """`Jane Roe and Kestrel Foods Ltd`: somebody before `and`, `&` or `+`, and no partner of his behind it."""
    texts = trading.joined(case.name)
    if texts is None:
        return False
    one = case.about(texts[0])
    # Behind `and`, a rare name is seldom more than the first of two trades: `Zalmir Seal and Tar Products`.
    somebody = _is_somebody(one.name) or ("+" in case.name.text and _may_be_somebody(one))
    if not somebody or len(one.name.words) > _LONGEST_NAME:
        return False
    other = case.about(texts[1])
    return not trading.may_be_a_partner(other.name, case.country) and _states_company(other)


def _may_be_somebody(case: Case) -> bool:
    """Whether two or three words that no vocabulary has may be a rare name; no place, known company or legal form."""
    words, known = trading.without_role(case.name), vocabulary()
    if not 1 < len(words) < 4 or not all(word.isalpha() for word in words) or len(words[-1]) == 1:
        return False
    if any(word in known.words or word in known.function or word in places.places().codes for word in words):
        return False
    return not (places.is_place(words) or is_known(case.name.text) or by_legal_form(case.stated, case.country))


def _states_company(case: Case) -> bool:
    return any(verdict is not None and verdict.passes for verdict in (legal_form(case), organisation_word(case)))


def acting_for(case: Case) -> Verdict | None:
    """`Who, as trustee of …` is who; a personal trust, `Law Offices of Jane Roe` are who they name."""
    if looks_like_person(trading.personal_trust(case.name)) or trading.is_own_trust(case.name):
        return Verdict(Entity.UNSURE, "personal trust")
    named = trading.lawyer(case.name) or trading.family(case.name)
    if named and all(may_be_name_word(word) for word in named):
        form = by_legal_form(case.stated, case.country)
        return form if form and form.passes else Verdict(Entity.UNSURE, "named after a person")
    who = trading.acting(case.name)
    if not who:
        return None
    verdict = _decide(case.about(who))
    return verdict if verdict.passes else Verdict(Entity.PERSON, "person acting for others")


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
    if not brackets:
        return None
    before = case.about(outside)
    somebody = _is_somebody(before.name) or _may_be_somebody(before)
    if somebody and any(_states_company(case.about(text)) for text in brackets):
        return Verdict(Entity.UNSURE, "person beside company")
    for inside in brackets:
        part = case.about(inside)
        words = trading.without_role(part.name)
        if places.is_place(words):
            continue
        if looks_like_person(words) or (len(words) < len(part.name.words) and _may_be_somebody(part)):
            return Verdict(Entity.UNSURE, "person in brackets")
    return None


EVIDENCE: tuple[Evidence, ...] = (
    placeholder, vessel, person_phrase, several, before_place, person_at_dash, trading_as, acting_for, case_title,
    person_in_brackets, person_beside, firm_of_one, sole_marker, legal_form, known_company, script, italian_owner,
    organisation_word, build, person_name, declared_firm,
)  # fmt: skip
"""The order of evidence in a name."""
