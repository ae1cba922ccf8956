"""Identifiers of companies: parse, check, recognise, write. Nothing here raises, whatever the text.

`valid` has three states: True — the check digit agrees; None — well shaped, but the scheme has no check digit (or
the scheme is unknown); False — malformed, or the check digit is wrong. An empty value is no identifier at all:
blank, only zeros, or masked by a court or for privacy (`XXXXXXXXXXXX`, `***.456.789-**`).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.identifiers.schemes import SCHEMES, Scheme


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number as it is stored; `country` is the ISO code of the register, lower case, where it is national."""

    scheme: str
    value: str
    valid: bool | None
    country: str | None


def parse(scheme: str, text: str) -> Identifier:
    """The identifier that `text` writes in `scheme`; of an unknown scheme the trimmed text."""
    known = SCHEMES.get(scheme)
    if known is None:
        return Identifier(scheme, text.strip(), None, None)
    return _identifier(known, _compact(text))


def check(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, bool | None]]:
    """Canonical value and validity of each (scheme, text); give it distinct pairs."""
    return [(found.value, found.valid) for found in (parse(scheme, text) for scheme, text in pairs)]


def personal(scheme: str, text: str) -> bool:
    """True if the number, also a masked one, denotes a natural person or a sole trader."""
    known = SCHEMES.get(scheme)
    if known is None or known.personal is None:
        return False
    if scheme in {"cpf", "cnpj"} and "*" in text:
        return True
    value = _value(known, _compact(text))
    return bool(value) and known.personal.fullmatch(value) is not None


def display(scheme: str, value: str) -> str:
    """The value as its register prints it; malformed values and unknown schemes stay as they are."""
    known = SCHEMES.get(scheme)
    if known is None or known.display is None or not known.shape.fullmatch(value):
        return value
    return known.display(value)


def recognise(text: str) -> list[Identifier]:
    """What a bare query may be, best first: named scheme, right punctuation, check digit, shape alone.

    Numbers with a wrong check digit are left out, save of registers that have issued such numbers, which come last.
    """
    labelled, rest = _label(text.strip())
    compact = _compact(rest)
    # a phrase without a digit is a name, even where its letters happen to have the shape of a bank code
    if not compact or len(compact) > 20 or (" " in rest.strip() and not any(map(str.isdigit, compact))):
        return []
    ranked: list[tuple[int, Identifier]] = []
    for scheme in labelled or SCHEMES.values():
        typed_whole = labelled or (scheme.bare or scheme.shape).fullmatch(compact)
        found = _identifier(scheme, compact)
        if typed_whole and found.value and (found.valid is not False or _issued(scheme, found.value)):
            ranked.append((_rank(found, rest), found))
    return [found for _, found in sorted(ranked, key=lambda pair: pair[0])]


_LABELS = {
    label: tuple(scheme for scheme in SCHEMES.values() if label in (scheme.name, *scheme.labels))
    for label in {label for scheme in SCHEMES.values() for label in (scheme.name, *scheme.labels)}
}
_ANY_LABEL = "|".join(sorted(map(re.escape, _LABELS), key=len, reverse=True))
_LABEL = re.compile(rf"({_ANY_LABEL})(?:\s*(?:no|nr|number))?[\s:#=№.]+", re.IGNORECASE)
_MASK = re.compile(r"[0X]*|X[AE]XX010101000")
"""Zeros, the mask of suppressed entries, and Mexico's RFC for the general public and for foreigners."""


def _label(text: str) -> tuple[tuple[Scheme, ...], str]:
    """Schemes that the text names before its number, and the text behind that name."""
    match = _LABEL.match(text)
    return (_LABELS[match[1].lower()], text[match.end() :]) if match else ((), text)


def _compact(text: str) -> str:
    """Upper-case letters and digits; `&` counts as a letter, as it does in an RFC."""
    return "".join(
        character
        for character in unicodedata.normalize("NFKC", text).upper()
        if character.isalnum() or character == "&"
    )


def _value(scheme: Scheme, compact: str) -> str:
    if _MASK.fullmatch(compact):
        return ""
    return scheme.canonical(compact) if scheme.canonical else compact


def _identifier(scheme: Scheme, compact: str) -> Identifier:
    value = _value(scheme, compact)
    if not scheme.shape.fullmatch(value) or (scheme.holds and not scheme.holds(value)):
        return Identifier(scheme.name, value, valid=False, country=scheme.country)
    country = scheme.country_in(value) if scheme.country_in else scheme.country
    return Identifier(scheme.name, value, valid=True if scheme.has_check_digit else None, country=country)


def _issued(scheme: Scheme, value: str) -> bool:
    return scheme.issued_unchecked and scheme.shape.fullmatch(value) is not None


def _rank(found: Identifier, typed: str) -> int:
    written = display(found.scheme, found.value)
    if found.valid is False:
        return 3
    if written != found.value and typed.strip().upper() == written.upper():
        return 0
    return 1 if found.valid else 2
