"""The evidence that looks at a name as a whole: markers, forms, known names, words, build, order of names."""

from collections.abc import Callable
from typing import NamedTuple

from ingest.privacy import mixed, organisations, sole_traders, trading
from ingest.privacy.forms import by_legal_form
from ingest.privacy.known import is_known
from ingest.privacy.lexica import is_name_word, lexica
from ingest.privacy.persons import comma_order, frequent_given, looks_like_person, may_be_person, states_relation
from ingest.privacy.scripts import by_signs, is_unspaced
from ingest.privacy.text import Name, take_apart
from ingest.privacy.verdict import Entity, Verdict
from ingest.privacy.words import vocabulary


class Case(NamedTuple):
    """A name as stated (c/o parts cut), taken apart; `firm`: the source calls the subject an establishment."""

    stated: str
    name: Name
    country: str | None
    firm: bool

    def about(self, text: str) -> "Case":
        """The same case for a part of the name."""
        return Case(text, take_apart(text), self.country, self.firm)


Evidence = Callable[[Case], Verdict | None]


def firm_of_one(case: Case) -> Verdict | None:
    """A Brazilian firm name of initials and surname: an individual entrepreneur."""
    found = mixed.firm_of_one(case.stated, case.country)
    return Verdict(Entity.UNSURE, "firm name of an individual") if found else None


def sole_marker(case: Case) -> Verdict | None:
    """A word by which the country's sole traders name their business."""
    return sole_traders.by_marker(case.name, case.country)


def legal_form(case: Case) -> Verdict | None:
    """A legal form in the name, or in brackets behind it; without one that passes, an owner named is a sole trader."""
    outside, brackets = trading.bracketed(case.name)
    form = by_legal_form(case.stated, case.country)
    for part in (outside, *brackets) if brackets else ():
        form = form or by_legal_form(part, case.country)
    if form is not None and form.passes:
        return form
    trader = trading.names_owner(case.name) or trading.is_french_trader(case.name, case.country)
    return Verdict(Entity.SOLE_TRADER, "owner named") if trader else form


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
