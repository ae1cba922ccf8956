"""The evidence of words: what the vocabulary says of a name, weighed against what the person lexica say."""

from ingest.privacy.lexica import lexica
from ingest.privacy.persons import (
    SUFFIXES,
    TITLES,
    comma_order,
    frequent_given,
    holds_full_name,
    is_name_word,
    states_relation,
)  # fmt: skip
from ingest.privacy.text import Name
from ingest.privacy.verdict import Entity, Verdict
from ingest.privacy.words import SPOKEN_IN, Strength, Word, vocabulary

_FAMILY_TRADES = frozenset(["farm", "farms", "ranch", "orchard", "orchards", "dairy"])
_FAMILY_FIRM = frozenset(["son", "sons", "daughter", "daughters", "brothers", "bros", "cie", "co"])
THRESHOLD = 1.5
_PERSONAL_TITLES = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "mme",
        "prof",
        "judge",
        "sir",
        "rev",
        "dame",
        "herr",
        "frau",
        "sheikh",
        "prince",
        "princess",
        "mullah",
        "haji",
    ]
)
_VOWELS = frozenset("aeiouyàáâäãåèéêëìíîïòóôöõøùúûü")


def by_words(name: Name, country: str | None) -> Verdict | None:
    """The verdict of the strongest organisation word, unless the rest of the name reads as a person's."""
    known = vocabulary()
    signs = frozenset().union(*(known.signs[tongue] for tongue, lands in SPOKEN_IN.items() if country in lands))
    best: Word | None = None
    for word in name.words:
        entry = known.words.get(word)
        if word in signs and (entry is None or entry.strength < Strength.TRADE):
            entry = Word(word, Strength.TRADE, Entity.COMPANY)
        if entry is not None and (best is None or entry.strength > best.strength):
            best = entry
    if best is None or best.strength is Strength.SOFT:
        best = _compound(name.words) or best
    if best is None or best.strength is Strength.SOFT or _trapped(name.words):
        return None
    if _also_a_name(best.text) and not _beside_a_word(name, best):
        return None
    if best.strength is Strength.HARD:
        return Verdict(best.entity, f"organisation word: {best.text}")
    if name.words[0] in _PERSONAL_TITLES:
        return None
    if holds_full_name(name.words) or comma_order(name) or states_relation(name):
        return None
    if best.text in _FAMILY_TRADES and all(word in _FAMILY_TRADES or is_name_word(word) for word in name.words):
        return None
    kind = "trade word" if best.strength is Strength.TRADE else "organisation word"
    return Verdict(best.entity, f"{kind}: {best.text}")


def _compound(words: tuple[str, ...]) -> Word | None:
    """A word that ends in one of the vocabulary: Ferrellgas, Investcapitalbank, Pensionsstiftung."""
    people, ends, beginnings = lexica(), vocabulary().ends, vocabulary().beginnings
    for word in words:
        if len(word) >= 7 and word not in people.surname and word not in people.given:
            for size in range(3, len(word) - 2):
                if word[-size:] in ends and (size > 3 or len(word) > 8):
                    return Word(word[-size:], Strength.FIRM, Entity.COMPANY)
                if len(word) > 7 and word[:size] in beginnings:
                    return Word(word[:size], Strength.FIRM, Entity.COMPANY)
    return None


def _also_a_name(word: str) -> bool:
    people = lexica()
    return people.surname.get(word, 3) < 3 or people.given.get(word, 3) < 3


def _beside_a_word(name: Name, best: Word) -> bool:
    """Whether something else than names stands beside an organisation word that is a surname or given name too."""
    known, people = vocabulary(), lexica()
    others = [word for word in name.words if word != best.text and word not in TITLES and word not in SUFFIXES]
    if not others or all(len(word) == 1 for word in others) or comma_order(name):
        return False
    if any(
        (word in known.words and not is_name_word(word)) or word in known.function or not word.isalpha()
        for word in others
    ):
        return True
    if any(word in frequent_given() for word in others):
        return False
    # Only a word as firm as `bank` or `church` says enough beside a word that no table knows.
    return best.strength is Strength.HARD or all(word in people.surname for word in others)


def _trapped(words: tuple[str, ...]) -> bool:
    """Two words (initials and titles apart) that are a given name and a surname too: Christian Bank, Laura Group."""
    known = lexica()
    whole = [word for word in words if len(word) > 1 and word not in TITLES and word not in SUFFIXES]
    if len(whole) != 2 or "&" in words:
        return False
    one, other = whole
    return (known.given.get(one) == 1 and other in known.surname) or (
        known.given.get(other) == 1 and one in known.surname
    )


def by_build(name: Name) -> Verdict | None:
    """The verdict of how a name is built: joined surnames, `& Sons`, digits, acronyms, function and common words."""
    words = name.words
    if not words or comma_order(name):
        return None
    given = frequent_given()
    if "&" in words or "and" in words:
        joint = words.index("&") if "&" in words else words.index("and")
        if joint and joint + 1 < len(words) and words[joint + 1] in _FAMILY_FIRM and not holds_full_name(words):
            return Verdict(Entity.COMPANY, "family firm: & sons")
        if len(words) == 3 and joint == 1 and not (words[0] in given or words[2] in given):
            return Verdict(Entity.COMPANY, "two names joined")
    if any(word in given for word in words) or (all(len(word) < 3 for word in words[1:]) and len(words[0]) == 1):
        return None
    known = vocabulary()
    people = lexica()
    if len(words) <= 2 and all(_is_acronym(word) for word in words) and not any(
        word in people.given or word in people.surname for word in words
    ):  # fmt: skip
        return Verdict(Entity.COMPANY, "acronym")
    if all(is_name_word(word) for word in words) and any(word in people.given for word in words):
        return None
    score = 0.0
    for word in words:
        entry = known.words.get(word)
        named = word in people.given or word in people.surname
        if entry is not None:
            score += 1.0 if named else 2.0
        elif word in known.function:
            score += 2.0 if word == "los" and word == words[0] else 1.0
        elif any(sign.isdigit() for sign in word):
            score += 1.5
        elif named:
            score -= 1.0
        elif len(word) > 1:
            score -= 0.5
    if name.possessive:
        score += 2.0
    return Verdict(Entity.COMPANY, "common words") if score >= THRESHOLD else None


def _is_acronym(word: str) -> bool:
    return 2 <= len(word) <= 5 and word.isascii() and word.isalnum() and not _VOWELS.intersection(word)
