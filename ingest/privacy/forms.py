"""The evidence of legal forms: which one a name states, and when a short one may be part of a person's name."""

from ingest.names.legal_forms import LegalForm, find_legal_form, fold, form_key
from ingest.privacy.lexica import lexica
from ingest.privacy.persons import SUFFIXES, comma_order, frequent_given, is_name_word, looks_like_person
from ingest.privacy.text import take_apart
from ingest.privacy.verdict import Entity, Verdict
from ingest.privacy.words import Strength, vocabulary

_ENTITIES = {
    "company": Entity.COMPANY, "partnership": Entity.COMPANY, "cooperative": Entity.COMPANY,
    "non-profit": Entity.NON_PROFIT, "public body": Entity.PUBLIC_BODY, "sole trader": Entity.SOLE_TRADER,
}  # fmt: skip
_ALSO_A_NAME = frozenset(
    [
        "sa",
        "pa",
        "se",
        "ca",
        "sal",
        "sam",
        "est",
        "na",
        "al",
        "do",
        "an",
        "ae",
        "ee",
        "oe",
        "ou",
        "ev",
        "ik",
        "sia",
        "as",
        "ad",
        "ao",
        "et",
        "earl",
        "lo",
        "saci",
    ]
)
"""Forms that are also a surname, a given name, initials or a credential when they stand without dots."""


def by_legal_form(text: str, country: str | None) -> Verdict | None:
    """The verdict of the legal form a name states; None when there is none, or when it may be part of a person's name.

    A name that goes on after its form to name a person is mixed: withheld.
    """
    found = find_legal_form(text, country)
    if found is None or found.form.cls not in _ENTITIES:
        return None
    entity = _ENTITIES[found.form.cls]
    written = text[found.start : found.end]
    key = form_key(written)
    before, after = take_apart(text[: found.start]), take_apart(text[found.end :])
    rest = before.words + after.words
    if not rest:
        return None
    if entity is Entity.SOLE_TRADER:
        return Verdict(entity, f"sole-trader form: {_spelt(found.form)}")
    if _also_a_name(key) and not _dotted(written) and not text[: found.start].rstrip().endswith("&"):
        if comma_order(take_apart(text)) and (not text[: found.start].rstrip().endswith(",") or _all_named(rest)):
            return None
        if key == "earl" and country != "fr":
            if not any(word in vocabulary().words for word in rest):
                return None
        if (
            key != "earl"
            and (_all_names(rest) or looks_like_person(rest))
            and not (key in _OWN_COUNTRY and found.form.country == country)
        ):
            return None
    if key in {"company", "companies", "co", "trust", "partnership", "association", "chartered"} and _given_alone(rest):
        return None
    if key in {"sa", "co"} and before.words and before.words[-1] in {"de", "da"}:
        return None
    if after.words and before.words and text[found.end :].lstrip(" .)").startswith(_JOINS) and _full_name(after.words):
        return Verdict(Entity.UNSURE, "person beside company")
    return Verdict(entity, f"legal form: {_spelt(found.form)}")


_PLAIN_FORMS = frozenset(
    ["co", "inc", "ltd", "llc", "llp", "plc", "ag", "ab", "oy", "bv", "nv", "srl", "spa", "kft", "aps"]
)
_OWN_COUNTRY = frozenset(["as", "ad", "ik", "sia", "ou", "ev", "est"])
_JOINS = (",", "and ", "AND ", "And ", "&", ";", "-", "/")


def _also_a_name(key: str) -> bool:
    """Whether a bare form may also be a surname, a given name, initials or a credential."""
    if key in _ALSO_A_NAME:
        return True
    known = lexica()
    return len(key) <= 3 and key not in _PLAIN_FORMS and (key in known.surname or key in known.given)


def _spelt(form: LegalForm) -> str:
    return fold(form.text)


def _dotted(written: str) -> bool:
    return "." in written or "/" in written


def _all_names(words: tuple[str, ...]) -> bool:
    """Whether every word may be a person's, one of them a given name; a credential before the form speaks against it."""
    words = tuple(word for word in words if word != "&")
    if words and words[-1] in SUFFIXES - {"jr", "sr", "ii", "iii", "iv"}:
        return False
    given = lexica().given
    firm = vocabulary().words
    if any(word in firm and firm[word].strength > Strength.SOFT and word not in given for word in words):
        return False
    if all(len(word) == 1 for word in words):
        return True
    return all(is_name_word(word) for word in words) and any(given.get(word, 3) < 3 for word in words)


def _all_named(words: tuple[str, ...]) -> bool:
    return all(is_name_word(word) for word in words)


def _given_alone(words: tuple[str, ...]) -> bool:
    return len(words) == 1 and lexica().given.get(words[0], 3) < 3


def _full_name(words: tuple[str, ...]) -> bool:
    given = frequent_given()
    return 2 <= len([word for word in words if word not in {"and", "&"}]) <= 5 and any(word in given for word in words)
