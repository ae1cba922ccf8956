"""A name taken apart once, for every piece of evidence to look at."""

import re
import unicodedata
from dataclasses import dataclass

from ingest.names.legal_forms import fold

_DOTTED = re.compile(r"(?<![^\W_])((?:[^\W\d_]\.){2,})(?=[^\w]|$|[^\W\d_](?![^\W_]))")
_SLASHED = re.compile(r"(?<![^\W_])([a-z])/([a-z])(?:/([a-z]))?(?![^\W_])")
_SEPARATORS = str.maketrans(dict.fromkeys('-–—_/\\|.:*#+=~^<>[]{}"“”„«»‹›「」『』【】!?¡¿@$%·•・\t\r\n', " "))
_QUOTES = str.maketrans({"’": "'", "`": "'", "´": "'", "ʼ": "'", "‘": "'", "，": ",", "；": ";", "（": "(", "）": ")"})

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
"""Signs without width: soft hyphens, joiners, marks of direction, variation selectors, tags."""
_BREAKS = re.compile("[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = re.compile("(?:[^\\S\n]|[\x00-\x08\x0e-\x1b\x7f-\x9f\u115f\u1160\u2800])+")
_LINES = re.compile(" ?\n[ \n]*")


def composed(text: str) -> str:
    """One spelling for every Unicode normal form, width, kind of blank and of line break; nothing unseen is left."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    # NFKC makes a blank and an accent of the sign that many write for an apostrophe.
    text = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).replace(" \u0301", "'").replace("’", "'")
    return _LINES.sub("\n", _BLANKS.sub(" ", _BREAKS.sub("\n", text))).strip(" \n")


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
