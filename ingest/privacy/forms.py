"""The evidence of legal forms: which one a name states, and when a short one may be part of a person's name."""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile

from ingest.names.legal_forms import Found, find_legal_form, fold, form_key
from ingest.privacy.lexica import is_name_word, lexica, person_words
from ingest.privacy.mixed import SAINTS
from ingest.privacy.persons import comma_order, frequent_given, looks_like_person
from ingest.privacy.text import Name, take_apart
from ingest.privacy.verdict import Entity, Verdict
from ingest.privacy.words import Strength, vocabulary

_ENTITIES = {
    "company": Entity.COMPANY,
    "partnership": Entity.COMPANY,
    "cooperative": Entity.COMPANY,
    "non-profit": Entity.NON_PROFIT,
    "public body": Entity.PUBLIC_BODY,
    "sole trader": Entity.SOLE_TRADER,
}
_EIRL_IS_A_COMPANY = frozenset({"pe", "cl", "cr", "do", "py"})
"""Countries whose EIRL is a legal person (empresa individual de responsabilidad limitada); a French one is a person."""
_WORDS = frozenset({"company", "companies", "co", "trust", "partnership", "association", "chartered"})
_LONE_LETTERS = re.compile(r"[^\W\d_](?:[. ]{1,2}[^\W\d_])+\.?")
_BARE_LETTERS = re.compile(r"[^\W\d_](?: [^\W\d_])+")
_INITIALS_BEHIND = frozenset({"in", "lk", "my", "sg", "np"})
"""Countries in which the initials of many people stand behind their name."""
_SOME_WORD = re.compile("[a-zA-Z0-9]")
"""A sign that is in a word however a name is taken apart."""
_JOINS = (",", "and ", "&", ";", "-", "/")
_JOINED = frozenset({"and", "&", "y", "et", "und", "e", "og", "och", "en", "i", "with", "by", "its", "per", "formerly"})


@dataclass
class _Stated:
    """A form in its name, and, taken apart when asked for, what stands before and behind it."""

    text: str
    found: Found
    country: str | None

    @cached_property
    def before(self) -> Name:
        return take_apart(self.text[: self.found.start])

    @cached_property
    def after(self) -> Name:
        return take_apart(self.text[self.found.end :])

    @property
    def key(self) -> str:
        return form_key(self.written)

    @property
    def written(self) -> str:
        return self.text[self.found.start : self.found.end]

    @property
    def ahead(self) -> str:
        return self.text[: self.found.start].rstrip()

    @cached_property
    def rest(self) -> tuple[str, ...]:
        return self.before.words + self.after.words

    @property
    def is_all(self) -> bool:
        """Whether the name is nothing but the form."""
        return not _SOME_WORD.search(self.text, 0, self.found.start) and not self.rest


def by_legal_form(text: str, country: str | None) -> Verdict | None:
    """The verdict of the legal form a name states; None when there is none, or when it may be part of a person's name.

    A name that goes on after its form to name a person is mixed: withheld.
    """
    found = find_legal_form(text, country)
    if found is None or found.form.cls not in _ENTITIES:
        return None
    stated = _Stated(text, found, country)
    entity = _ENTITIES[found.form.cls]
    if stated.key == "eirl" and country not in _EIRL_IS_A_COMPANY:
        entity = Entity.SOLE_TRADER
    if entity is Entity.SOLE_TRADER:
        return Verdict(entity, f"sole-trader form: {form_key(found.form.text)}")
    if stated.is_all or _part_of_a_name(stated):
        return None
    if _person_follows(stated):
        return Verdict(Entity.UNSURE, "person beside company")
    return Verdict(entity, f"legal form: {form_key(found.form.text)}")


def _part_of_a_name(stated: _Stated) -> bool:
    """Whether the form may be a surname, given name, initials or credential of the person the rest names."""
    key = stated.key
    if _are_initials(stated) or (_also_a_name(key) and _beside_a_surname(stated)):
        return True
    alone = key in _WORDS and len(stated.rest) == 1 and lexica().given.get(stated.rest[0], 3) < 3
    if alone or (key in {"sa", "co"} and stated.before.words[-1:] in {("de",), ("da",), ("van",), ("thi",)}):
        return True
    if not _also_a_name(key) or "." in stated.written or "/" in stated.written or stated.ahead.endswith("&"):
        return False
    rest = stated.rest
    if key == "earl":
        return stated.country != "fr" and not any(word in vocabulary().words for word in rest)
    apart = stated.ahead.endswith(",") and not all(is_name_word(word) for word in rest)
    if comma_order(take_apart(stated.text)) and not apart:
        return True
    seldom = key in person_words("form seldom bare") and not any(word in vocabulary().words for word in rest)
    at_home = key in person_words("form of its country") and stated.found.form.country == stated.country
    return not at_home and (seldom or _all_names(rest) or looks_like_person(rest))


def _beside_a_surname(stated: _Stated) -> bool:
    """`Park Sa`, `Sia Roe`: a form that is a name too beside a surname alone, outside of the form's country."""
    rest, surnames = stated.rest, lexica().surname
    if "." in stated.written or "/" in stated.written or stated.ahead.endswith("&"):
        return False
    if stated.country is not None and stated.found.form.country == stated.country:
        return False
    if len(rest) != 1 or rest[0] in vocabulary().words:
        return False
    return rest[0] in lexica().abroad or (not stated.before.words and surnames.get(rest[0], 3) < 3)


def _are_initials(stated: _Stated) -> bool:
    """`Suresh K S`, `Suresh K.S.`: letters behind names and nothing else, which is how South Indian initials stand.

    Where that is the custom, dotted letters count too, and behind words that no table knows.
    """
    written, country = stated.written, stated.country
    customary = country in _INITIALS_BEHIND
    if stated.found.form.country == country or not (_LONE_LETTERS if customary else _BARE_LETTERS).fullmatch(written):
        return False
    if stated.after.words or stated.ahead.endswith((",", "&")):
        return False
    rest = stated.rest
    words = vocabulary().words
    named = is_name_word(rest[0]) and rest[0] not in words if len(rest) == 1 else _all_names(rest)
    return named or (customary and len(rest) < 3 and not any(word in words or not word.isalpha() for word in rest))


def _also_a_name(key: str) -> bool:
    if key in person_words("form also a name"):
        return True
    known = lexica()
    return len(key) <= 3 and key not in person_words("form no name") and (key in known.surname or key in known.given)


def _all_names(words: tuple[str, ...]) -> bool:
    """Whether all words may be one person's, one a given name; a credential before the form speaks against it."""
    words = tuple(word for word in words if word != "&")
    if words and words[-1] in person_words("suffix") - person_words("generation"):
        return False
    if all(len(word) == 1 for word in words):
        return True
    given, known = lexica().given, vocabulary().words
    if any(word in known and known[word].strength > Strength.SOFT and word not in given for word in words):
        return False
    return all(is_name_word(word) for word in words) and any(given.get(word, 3) < 3 for word in words)


def _person_follows(stated: _Stated) -> bool:
    """`Acme Inc and John Smith`, `Acme Ltd John Smith`: somebody's name behind the form, joined to it or not."""
    if not stated.text[stated.found.end :].strip(" .)") or not stated.after.words or not stated.before.words:
        return False
    if frequent_given().isdisjoint(stated.after.words):
        return False
    skipped = person_words("role") | _JOINED
    words = tuple(dropwhile(lambda word: word in skipped, stated.after.words))
    if frequent_given().isdisjoint(words):
        return False
    # The partners' names stand behind the form of a Polish or Italian partnership.
    alone = words == stated.after.words and stated.found.form.cls == "partnership"
    if looks_like_person(words) and not alone:
        return words[0] not in SAINTS
    return fold(stated.text[stated.found.end :]).lstrip(" .)").startswith(_JOINS) and 2 <= len(words) <= 5
