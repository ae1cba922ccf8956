"""A name taken apart once, for every piece of evidence to look at."""

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from ingest.names.legal_forms import fold

_DOTTED = re.compile(r"(?<![^\W_])((?:[^\W\d_]\.){2,})(?=[^\w]|$|[^\W\d_](?![^\W_]))")
_SLASHED = re.compile(r"(?<![^\W_])([a-z])/([a-z])(?:/([a-z]))?(?![^\W_])")
_SEPARATORS = str.maketrans(dict.fromkeys('()-–—_/\\|.:;*#+=~^<>[]{}"“”„«»‹›「」『』【】!?¡¿@$%·•・\t\r\n', " "))
_RUN = re.compile(r"[^\W_]+")
_QUOTES = str.maketrans({"’": "'", "`": "'", "´": "'", "ʼ": "'", "‘": "'", "，": ",", "；": ";", "（": "(", "）": ")"})

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)
"""Signs without width: soft hyphens, joiners, marks of direction, variation selectors, tags."""
_BREAKS = re.compile("[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = re.compile("(?:[^\\S\n]|[\x00-\x08\x0e-\x1b\x7f-\x9f\u115f\u1160\u2800])+")
_FILLERS = re.compile("[\u115f\u1160\u2800]")
"""Blanks that Python takes for letters and signs."""
_LINES = re.compile(" ?\n[ \n]*")


def composed(text: str) -> str:
    """One spelling for every Unicode normal form, width, kind of blank and of line break; nothing unseen is left."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    # NFKC makes a blank and an accent of the sign that many write for an apostrophe.
    text = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).replace(" \u0301", "'").replace("’", "'")
    if text.isprintable() and not _FILLERS.search(text):
        return " ".join(text.split())
    return _LINES.sub("\n", _BLANKS.sub(" ", _BREAKS.sub("\n", text))).strip(" \n")


class Name(NamedTuple):
    """A folded name: its text, its words, the words of each comma part, whether a word is a possessive, and `runs`.

    `runs`: every run of letters and digits of the text, for `Phrases`; signs that are words may stand among them.
    """

    text: str
    words: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    possessive: bool
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases in folded text, and words of which every phrase holds one whole: without any, nothing is looked for."""

    pattern: re.Pattern[str]
    words: frozenset[str]

    def search(self, name: Name) -> re.Match[str] | None:
        """The first phrase in the name."""
        return None if self.words.isdisjoint(name.runs) else self.pattern.search(name.text)


def phrases(pattern: str, words: str) -> Phrases:
    """Phrases of a pattern and, set apart by blanks, the words one of which is in each."""
    return Phrases(re.compile(pattern), frozenset(words.split()))


def take_apart(name: str) -> Name:
    """The folded name and its words; dotted abbreviations are one word, apostrophes vanish, `&` is a word."""
    text = fold(name)
    if "`" in text or not text.isascii():
        text = text.translate(_QUOTES)
    if text.count(".") > 1:
        text = _DOTTED.sub(lambda found: found.group().replace(".", ""), text)
    possessive = False
    if "'" in text:
        possessive = "'s " in f"{text} " or "s' " in f"{text} "
        plain = text.replace("'", "")
    else:
        plain = text
    if "/" in plain:
        plain = _SLASHED.sub(lambda found: "".join(group or "" for group in found.groups()), plain)
    plain = plain.translate(_SEPARATORS).replace("&", " & ")
    if "," in plain:
        parts = tuple(words for words in (tuple(part.split()) for part in plain.split(",")) if words)
        words = tuple(word for part in parts for word in part)
    else:
        words = tuple(plain.split())
        parts = (words,) if words else ()
    # Of plain text the words are its runs; apostrophes and slashes join some to one word.
    same = text.isascii() and text.isprintable() and "'" not in text and "/" not in text
    return Name(text, words, parts, possessive, words if same else tuple(_RUN.findall(text)))
