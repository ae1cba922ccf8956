"""Other names that a name states inside itself: "formerly …", "d/b/a …", "(ROE)", "曾用名", a list with semicolons."""

import re

from ingest.names.folding import fold
from ingest.names.legal_forms import split_legal_form

_MARKER = re.compile(
    r"[\s,;(\[（]+(?:a[./]?k[./]?a[./]?|f[./]?k[./]?a[./]?|n[./]?k[./]?a[./]?|d[./]?b[./]?a[./]?|t/a|"
    r"also known as|now known as|formerly(?: known as)?|previously(?: known as)?|trading as|doing business as|"
    r"operating as|in short|ранее|бывш\w*|также известн\w+ как|曾用名|旧称|原名|简称|旧社名)"
    r"(?=[\s:：,«\"“'‘]|[\u3400-\u9fff])"
    r"[\s:：,]*",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"\s*[(\[（]([^()\[\]（）]{2,}(?:[(（][^()（）]*[)）])?)[)\]）]\s*[.,;]?\s*$")
_SHORT = re.compile(r"[A-ZА-ЯЁ0-9][A-ZА-ЯЁ0-9&.\- ]{1,14}")
_BEHIND_DASH = re.compile(r"^(.+)\s[-–—]\s*([^\W\d_]{3,20})\s*$")
"""A single word behind the legal form and a dash: Compania Petrolera Acme S.A. - Petracme."""
_WORDS = re.compile(r"[^\W_]+")
_MOST = 12


def split_aliases(name: str) -> tuple[str, tuple[str, ...]]:
    """The name itself, and the other names that stand in the same text, as written; most names state none."""
    if not ("(" in name or "（" in name or "[" in name or ";" in name or _MARKER.search(name)):
        return _split_at_dash(name)
    parts = [part for part in re.split(r"\s*;\s*", name) if len(part) > 2]
    if not parts:
        return name, ()
    found: list[str] = []
    for part in parts[:_MOST]:
        found += _split_part(part)
    main, *others = dict.fromkeys(found)
    return main, tuple(others[:_MOST])


def _split_part(part: str) -> list[str]:
    pieces = [piece.strip(" \t,;()[]（）\"“”'‘’") for piece in _MARKER.split(part)]
    if len(pieces) > 1:
        return [piece for piece in pieces if len(piece) > 1] or [part]
    closed = _CLOSED.search(part)
    if closed is None or not (before := part[: closed.start()].strip()):
        return [part]
    inner = closed[1].strip()
    return [before, inner] if _is_name(inner, before) else [part]


def _split_at_dash(name: str) -> tuple[str, tuple[str, ...]]:
    """A short name behind a dash: made of the beginnings or the initials of the name that ends in its legal form."""
    found = _BEHIND_DASH.match(name)
    if found is None:
        return name, ()
    before, short = found[1].rstrip(" ,"), found[2]
    words, made = fold(before).split(), fold(short)
    begins = len(made) > 3 and any(word[:3] == made[:3] and word != made for word in words)
    if not (begins or _are_initials(made, words)) or split_legal_form(before, None)[1] is None:
        return name, ()
    return before, (short,)


def _are_initials(letters: str, words: list[str]) -> bool:
    signs = iter(word[0] for word in words)
    return all(letter in signs for letter in letters)


def _is_name(inner: str, before: str) -> bool:
    """Brackets hold another name if it has its own legal form, or shortens the one before them."""
    rest, form = split_legal_form(inner, None)
    if form is not None and rest != inner and len(rest) > 1 and len(_WORDS.findall(inner)) > 1:
        return True
    letters = "".join(sign for sign in inner.upper() if sign.isalpha())
    if len(letters) < 2 or not _SHORT.fullmatch(inner):
        return False
    initials = [word.upper() for word in _WORDS.findall(before)]
    return _are_initials(letters, initials) or (before != before.upper() and before.isascii())
