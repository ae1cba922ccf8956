"""A name taken apart once, for every piece of evidence to look at."""

import re
from dataclasses import dataclass

from ingest.names.legal_forms import fold

_DOTTED = re.compile(r"(?<![^\W_])((?:[^\W\d_]\.){2,})(?=[^\w]|$|[^\W\d_](?![^\W_]))")
_SLASHED = re.compile(r"(?<![^\W_])([a-z])/([a-z])(?:/([a-z]))?(?![^\W_])")
_SEPARATORS = str.maketrans(dict.fromkeys('-–—_/\\|.:*#+=~^<>[]{}"“”„«»‹›「」『』【】!?¡¿@$%·•・\t\r\n', " "))
_QUOTES = str.maketrans({"’": "'", "`": "'", "´": "'", "ʼ": "'", "‘": "'", "，": ",", "；": ";", "（": "(", "）": ")"})


@dataclass(frozen=True, slots=True)
class Name:
    """A folded name: its text, its words, the words of each comma part, and whether a word is a possessive."""

    text: str
    words: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    possessive: bool


def take_apart(name: str) -> Name:
    """The folded name and its words; dotted abbreviations are one word, apostrophes vanish, `&` is a word."""
    text = fold(name).translate(_QUOTES)
    if "." in text:
        text = _DOTTED.sub(lambda found: found.group().replace(".", ""), text)
    possessive = False
    if "'" in text:
        possessive = "'s " in f"{text} " or "s' " in f"{text} "
        plain = text.replace("'", "")
    else:
        plain = text
    if "/" in plain:
        plain = _SLASHED.sub(lambda found: "".join(group or "" for group in found.groups()), plain)
    plain = plain.translate(_SEPARATORS).replace("(", " ").replace(")", " ").replace(";", " ").replace("&", " & ")
    if "," in plain:
        parts = tuple(words for words in (tuple(part.split()) for part in plain.split(",")) if words)
        words = tuple(word for part in parts for word in part)
    else:
        words = tuple(plain.split())
        parts = (words,) if words else ()
    return Name(text, words, parts, possessive)
