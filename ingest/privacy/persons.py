"""The evidence of personal names: phrases, relations, and the orders in which names of persons are written."""

from functools import cache

from ingest.privacy.lexica import common_names, is_name_word, lexica, person_words
from ingest.privacy.text import Name, phrases
from ingest.privacy.words import Strength, vocabulary

_RELATION = phrases(
    r"(?<![^\W_])(?:s/o|d/o|w/o|a/l|a/p|bin|binti|binte|bint|ibn|nee|widow of|son of|daughter of|wife of)(?![^\W_])",
    "s d w a bin binti binte bint ibn nee widow son daughter wife",
)
_PHRASE = phrases(
    r"(?<![^\W_])(?:(?<!real )estate of|heirs? of|the late|deceased|an individual|individually|a minor"
    r"|succession de|herencia de|espolio de|nachlass|erbengemeinschaft|eredi di|boedel)(?![^\W_])"
    r"|^does? \d|^(?:john|jane) (?:doe|roe)(?: #?\d+)?$",
    "estate heir heirs late deceased individual individually minor succession herencia espolio nachlass"
    " erbengemeinschaft eredi boedel doe does roe",
)


def states_person(name: Name) -> bool:
    """Words that make the subject a person whatever else is written: estates, heirs, roles in court."""
    return bool(_PHRASE.search(name))


def states_relation(name: Name) -> bool:
    """Whether the name says whose child or spouse somebody is: s/o, bin, binti, née."""
    return bool(_RELATION.search(name))


@cache
def frequent_given() -> frozenset[str]:
    """Given names that are evidence by themselves: frequent as such, more so than as surnames, and no common word."""
    words, function, surnames = vocabulary().words, vocabulary().function, lexica().surname
    return frozenset(
        name
        for name, frequency in lexica().given.items()
        if len(name) > 2
        and name not in words
        and name not in function
        and (frequency == 1 or (frequency == 2 and surnames.get(name) != 1))
    )


def looks_like_person(words: tuple[str, ...]) -> bool:
    """Whether these words read as one person's whole name: a given name, and nothing but names beside it."""
    if not 2 <= len(words) <= 6:
        return False
    if any(_no_name(word) or not word.isalpha() for word in words):
        return False
    given = frequent_given()
    titled = words[0] in person_words("title") or words[-1] in person_words("suffix")
    return titled or any(word in given for word in words)


def _no_name(word: str) -> bool:
    """A function word, or a word of the vocabulary that is nobody's name, or a rare surname at most."""
    if word in vocabulary().function and word not in person_words("particle"):
        return True
    entry = vocabulary().words.get(word)
    return entry is not None and (not is_name_word(word) or (entry.strength > Strength.SOFT and not _is_common(word)))


def may_be_name_word(word: str) -> bool:
    """A word of letters that is a name or that no table knows."""
    if word in person_words("particle"):
        return True
    known = vocabulary()
    return word.isalpha() and word not in known.function and (word not in known.words or is_name_word(word))


def _is_common(word: str) -> bool:
    return word in common_names() or word in person_words("title") or word in person_words("suffix")


def comma_order(name: Name) -> bool:
    """SURNAME, Given M. — the parts behind a comma hold nothing but names, initials, suffixes and unknown words."""
    parts = name.parts
    if not 2 <= len(parts) <= 4 or any(len(part) > 4 for part in parts):
        return False
    words, given = vocabulary().words, lexica().given
    for part in parts[1:]:
        for word in part:
            telling = word in words and words[word].strength > Strength.SOFT
            if (telling and word not in given) or not (word.isalpha() or is_name_word(word)):
                return False
    return not any(
        word in words and words[word].strength > Strength.SOFT and not is_name_word(word) for word in parts[0]
    )


def holds_full_name(words: tuple[str, ...]) -> bool:
    """Whether a given name stands beside a surname or an unknown word, or the name starts with initial and surname."""
    given, known, surnames = frequent_given(), vocabulary(), lexica().surname
    for at, word in enumerate(words):
        if word not in given:
            continue
        after = [other for other in words[at + 1 : at + 3] if len(other) > 1][:1]
        if after and after[0] not in known.words and after[0] not in known.function and after[0].isalpha():
            return True
        before = words[at - 1] if at else ""
        if before in surnames and before not in known.words and before not in person_words("particle"):
            return True
    if len(words) > 1 and len(words[0]) == 1 and words[0].isalpha():
        return words[1] in surnames and words[1] not in known.words and words[2:3] != ("&",)
    return False


def may_be_person(name: Name) -> bool:
    """What speaks against a firm without further evidence: a whole name, or nothing but names with a telling one."""
    words = name.words
    if comma_order(name) or states_relation(name) or looks_like_person(words):
        return True
    if len(words) < 2 or not all(is_name_word(word) for word in words):
        return False
    abroad = lexica().abroad
    return any(len(word) == 1 for word in words) or sum(word in abroad for word in words) > 1
