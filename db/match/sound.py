"""Keys under which spellings of one transliterated word agree: x and ks, iu, yu and ju, vowels that no one wrote."""

import re
from functools import lru_cache

_STEPS = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        (r"(?<=.s)k(?:aya|aja|aia|oye|oe|oje|ogo|ij|iy|yy|yi|ii|i|y|iye)$", "k"),
        (r"(?:yy|iy|ij|yi|ii|yj|iyi)$", "i"),
        (r"shch|sch|sh", "s"),
        (r"zh", "z"),
        (r"ch", "c"),
        (r"qu", "kv"),
        (r"kh|gh", "h"),
        (r"ks|cs", "x"),
        (r"ck|q|c(?=[aouklrt])|c$", "k"),
        (r"ph", "f"),
        (r"th", "t"),
        (r"tz|ts|cz", "c"),
        (r"w", "v"),
        (r"[yij]+u", "u"),
        (r"[yij]+a", "a"),
        (r"[yij]+[oe]", "e"),
        (r"[yj]", "i"),
        (r"ou|oo", "u"),
        (r"(.)\1+", r"\1"),
    )
)
_VOWELS = re.compile("[aeiouv]|(?<!^)h")
_KIN = str.maketrans("gdbrjcqxz", "ktplkkkks")


@lru_cache(maxsize=200_000)
def sound(word: str) -> str:
    """The word as it sounds: most romanisations of one Cyrillic or Greek word give one key."""
    for pattern, written in _STEPS:
        word = pattern.sub(written, word)
    return word


@lru_cache(maxsize=200_000)
def skeleton(word: str) -> str:
    """Consonants alone, kin ones as one: for Arabic, Hebrew and Korean, whose vowels are unwritten or read freely."""
    return re.sub(r"(.)\1+", r"\1", _VOWELS.sub("", sound(word)).translate(_KIN))
