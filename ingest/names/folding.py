"""Folding of characters: one text for every way of writing the same letters. Used by index and query alike."""

import re
import unicodedata
from itertools import pairwise

_APOSTROPHES = "'`´‘’‛ʹʻʼʽʾʿˈ′＇׳״"
_DELETED = {ord(sign): None for sign in (*_APOSTROPHES, "™", "℠")}
"""Gone before compatibility forms apply: NFKC would turn ™ into the letters TM and ´ into a blank."""
_LETTERS = {
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t",
    "ŋ": "n", "ĸ": "k", "ə": "e", "ɖ": "d", "ƒ": "f", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ɲ": "n", "ʉ": "u", "ɨ": "i",
    "й": "й", "&": " and ", "+": " and ", ".": ".", "/": "/", "،": " ", "ـ": "", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه",
}  # fmt: skip
"""What decomposition does not split. Arabic letters and the Persian ones of the same sound are one; й is no и."""
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]"
)
"""Accents, vowel points and variation selectors; vowel signs of Indic scripts, Thai and kana are letters and stay."""
_IDEOGRAPHS = "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_GAP = re.compile(f"(?<=[{_IDEOGRAPHS}]) (?=[{_IDEOGRAPHS}])")
_INITIALS = re.compile(r"(?<![^\W_])(?:[^\W\d_][./])+[^\W\d_](?![^\W_])")
_HEBREW_QUOTE = re.compile('(?<=[א-ת])"(?=[א-ת])')
_RUN = re.compile(f"[{_IDEOGRAPHS}\u0e00-\u0e7f\uac00-\ud7a3]{{2,}}")


class _Signs(dict[int, str | None]):
    """Table for `str.translate` that works a character out when it first meets it."""

    def __missing__(self, code: int) -> str | None:
        self[code] = folded = _fold_sign(chr(code))
        return folded


def _fold_sign(sign: str) -> str | None:
    if sign in _LETTERS:
        return _LETTERS[sign]
    category = unicodedata.category(sign)
    if category == "Cf" or _MARKS.match(sign) or "\u02b0" <= sign <= "\u02ff":
        return None
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if category[0] == "L":
        parts = unicodedata.normalize("NFD", sign)
        return _LETTERS.get(parts[0], parts[0]) if parts[1:] and all(map(_MARKS.match, parts[1:])) else sign
    return sign if category[0] in "NM" else " "


_SIGNS = _Signs()
_ASCII = str.maketrans(
    {chr(code): None if chr(code) in _APOSTROPHES else " " for code in range(128) if not chr(code).isalnum()}
)


def fold(name: str) -> str:
    """Words of a name in lower case: no accents, punctuation or apostrophes, "&" as "and", initials joined.

    Characters are NFKC with full case folding. Scripts stay what they are; blanks between ideographs or kana go.
    Empty if the name holds neither letter nor digit.
    """
    if name.isascii():
        text = name.lower()
        if "&" in text or "+" in text:
            text = text.replace("&", " and ").replace("+", " and ")
        if "." in text or "/" in text:
            text = _INITIALS.sub(_without_points, text)
        return _join_initials(text.translate(_ASCII).split())
    text = unicodedata.normalize("NFKC", name.translate(_DELETED)).casefold()
    text = _HEBREW_QUOTE.sub("", text).translate(_SIGNS)
    text = _INITIALS.sub(_without_points, text).replace(".", " ").replace("/", " ")
    text = unicodedata.normalize("NFKC", _join_initials(text.split()))
    return _GAP.sub("", text)


def plain(name: str) -> str:
    """A name of punctuation alone: folded in case and width, blanks single."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def words(text: str) -> list[str]:
    """Distinct words of a normal form for the search index.

    Scripts written without blanks give the whole run and every two neighbours of it, so that any part is found.
    """
    found: dict[str, None] = {}
    for word in text.split():
        found[word] = None
        if not word.isascii():
            for run in _RUN.findall(word):
                found.update({run[at : at + 2]: None for at in range(len(run) - 1)})
    return list(found)


def _without_points(initials: re.Match[str]) -> str:
    return initials[0].replace(".", "").replace("/", "")


def _join_initials(parts: list[str]) -> str:
    """Parts joined by blanks; single letters in a row become one word: "l l bean" gives "ll bean"."""
    if not parts or min(map(len, parts)) > 1:
        return " ".join(parts)
    joined = [parts[0]]
    for before, part in pairwise(parts):
        if _is_initial(before) and _is_initial(part):
            joined[-1] += part
        else:
            joined.append(part)
    return " ".join(joined)


def _is_initial(part: str) -> bool:
    return len(part) == 1 and part.isalpha() and (part < "\u0e00" or part > "\u9fff")
