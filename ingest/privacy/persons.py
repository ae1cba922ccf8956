"""Names of persons: lexica of given names and surnames, and the orders in which they are written."""

import re
from functools import cache

from ingest.privacy.lexica import lexica
from ingest.privacy.text import Name
from ingest.privacy.words import Strength, vocabulary

TITLES = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "miss",
        "mister",
        "madam",
        "madame",
        "monsieur",
        "mme",
        "mlle",
        "prof",
        "professor",
        "sir",
        "dame",
        "rev",
        "reverend",
        "fr",
        "hon",
        "honorable",
        "judge",
        "capt",
        "captain",
        "sgt",
        "sergeant",
        "lt",
        "col",
        "colonel",
        "gen",
        "general",
        "maj",
        "major",
        "cmdr",
        "adm",
        "prince",
        "princess",
        "sheikh",
        "shaykh",
        "sheik",
        "haji",
        "hajji",
        "hadji",
        "mullah",
        "mulla",
        "maulavi",
        "mawlawi",
        "maulana",
        "qari",
        "sayyid",
        "sayed",
        "herr",
        "frau",
        "dott",
        "dottssa",
        "ing",
        "lic",
        "arq",
        "sr",
        "sra",
        "srta",
        "don",
        "dona",
        "senor",
        "senora",
        "ustad",
        "hadrat",
        "pastor",
        "rabbi",
        "imam",
        "brother",
        "sister",
        "father",
        "shri",
        "smt",
        "sri",
    ]
)
SUFFIXES = frozenset(
    [
        "jr",
        "sr",
        "ii",
        "iii",
        "iv",
        "junior",
        "senior",
        "md",
        "phd",
        "dds",
        "dmd",
        "do",
        "rn",
        "lpn",
        "esq",
        "esquire",
        "cpa",
        "dvm",
        "od",
        "dpm",
        "pharmd",
        "np",
        "pa",
        "pac",
        "lcsw",
        "jd",
        "pe",
        "mba",
        "msw",
        "dc",
        "cfa",
        "cfp",
        "facs",
        "arnp",
        "aprn",
        "crna",
        "dnp",
        "lmt",
        "mph",
        "lmft",
        "filho",
        "neto",
        "sobrinho",
    ]
)
PARTICLES = frozenset(
    [
        "de",
        "da",
        "do",
        "dos",
        "das",
        "del",
        "di",
        "della",
        "dei",
        "van",
        "der",
        "den",
        "von",
        "zu",
        "zur",
        "ter",
        "ten",
        "te",
        "la",
        "le",
        "el",
        "al",
        "ul",
        "ud",
        "ad",
        "ed",
        "as",
        "ur",
        "bin",
        "ibn",
        "bint",
        "binti",
        "binte",
        "abu",
        "abd",
        "abdul",
        "umm",
        "ould",
        "mac",
        "mc",
        "st",
        "y",
        "e",
        "af",
        "av",
        "o",
        "ap",
        "san",
        "ben",
        "bat",
        "ait",
        "du",
        "des",
        "d",
        "l",
        "dal",
        "della",
        "lo",
        "degli",
    ]
)
RELATION = re.compile(
    r"(?<![^\W_])(?:s/o|d/o|w/o|a/l|a/p|bin|binti|binte|bint|ibn|née|nee|widow of|son of|daughter of|wife of)(?![^\W_])"
)
LEGAL_PHRASE = re.compile(
    r"(?<![^\W_])(?:(?<!real )estate of|heirs? of|heirs of|the late|deceased|an individual|individually|a minor|as trustee for"
    r"|succession de|herencia de|espolio de|nachlass|erbengemeinschaft|eredi di|boedel)(?![^\W_])|^does? \d|^(?:john|jane)"
    r" (?:doe|roe)(?: #?\d+)?$"
)


@cache
def frequent_given() -> frozenset[str]:
    """Given names that are evidence by themselves: frequent ones that are no word of the vocabulary."""
    words = vocabulary().words
    surnames = lexica().surname
    return frozenset(
        name
        for name, frequency in lexica().given.items()
        if len(name) > 2 and name not in words and (frequency == 1 or (frequency == 2 and surnames.get(name) != 1))
    )


def is_name_word(word: str) -> bool:
    """Whether a word can be part of a person's name at all: listed as one, an initial, a particle, title or suffix."""
    known = lexica()
    return (
        len(word) == 1
        or word in known.given
        or word in known.surname
        or word in PARTICLES
        or word in TITLES
        or word in SUFFIXES
    )


def marked_as_person(name: Name) -> str | None:
    """Words that make the subject a person whatever else is written: estates, relations, roles in court."""
    return "person phrase" if LEGAL_PHRASE.search(name.text) else None


def states_relation(name: Name) -> bool:
    """Whether the name says whose child or spouse somebody is: s/o, bin, binti, née."""
    return bool(RELATION.search(name.text))


def looks_like_person(words: tuple[str, ...]) -> bool:
    """Whether these words read as one person's whole name: a given name, and nothing but names beside it."""
    if not 2 <= len(words) <= 6:
        return False
    given = frequent_given()
    vocabulary_words = vocabulary().words
    named = False
    for word in words:
        if word in given:
            named = True
        elif (not is_name_word(word) and word in vocabulary_words) or not word.isalpha():
            return False
    return named or words[0] in TITLES or words[-1] in SUFFIXES


def comma_order(name: Name) -> bool:
    """SURNAME, Given M. — two or three comma parts, the later ones of nothing but names, initials and suffixes."""
    parts = name.parts
    if not 2 <= len(parts) <= 4 or len(parts[0]) > 4 or any(len(part) > 4 for part in parts[1:]):
        return False
    words = vocabulary().words
    given = lexica().given
    for part in parts[1:]:
        for word in part:
            weak = word not in words or words[word].strength <= Strength.SOFT
            if not (is_name_word(word) or (weak and word.isalpha())) or (not weak and word not in given):
                return False
    return not any(w in words and words[w].strength >= Strength.TRADE and not is_name_word(w) for w in parts[0])


def holds_full_name(words: tuple[str, ...]) -> bool:
    """Whether a given name stands beside a surname, an initial or an unknown word: John Smith, Smith J, Krystian K…"""
    given = frequent_given()
    known = vocabulary().words
    surnames = lexica().surname
    for at, word in enumerate(words):
        if word in given:
            after = words[at + 1 : at + 2]
            if after and len(after[0]) == 1:
                after = words[at + 2 : at + 3] or after
            if after and after[0] not in known and after[0].isalpha() and after[0] not in vocabulary().function:
                return True
            if at and words[at - 1] in surnames and words[at - 1] not in known:
                return True
        elif (
            at == 0 and len(word) == 1 and word.isalpha() and at + 1 < len(words) and words[at + 1] in surnames
            and words[at + 1] not in known and (at + 2 >= len(words) or words[at + 2] != "&")
        ):  # fmt: skip
            return True
    return False
