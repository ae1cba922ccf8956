"""Numbers of two parties: an equal valid one decides, a different one of the same scheme keeps apart."""

from collections.abc import Sequence

from ingest.identifiers import parse
from ingest.identifiers.schemes import SCHEMES
from ingest.names.transliteration import rule

_LEADING = {"cnpj": 8}
"""Characters that name the company; what follows numbers its establishments."""


def canonical(identifiers: Sequence[tuple[str, str]]) -> dict[str, set[str]]:
    """Scheme → values that may be real; a SIRET also states its SIREN."""
    found: dict[str, set[str]] = {}
    for scheme, text in identifiers:
        number = parse(scheme.strip().lower(), text)
        if number.valid is False or len(number.value) < 4:
            continue
        known = number.value[: _LEADING.get(number.scheme, len(number.value))]
        if number.scheme == "siret":
            found.setdefault("siren", set()).add(number.value[:9])
        found.setdefault(number.scheme, set()).add(known)
    return found


def agreement(one: dict[str, set[str]], other: dict[str, set[str]]) -> tuple[str, str]:
    """Titles of the first scheme with an equal number and of the first one whose numbers exclude each other."""
    equal = different = ""
    for scheme in sorted(one.keys() & other.keys()):
        title = SCHEMES[scheme].title if scheme in SCHEMES else scheme
        if one[scheme] & other[scheme]:
            equal = equal or title
        # a company may have several DUNS, FEI, BIC and, by country, VAT numbers
        elif scheme in rule("one number each"):
            different = different or title
    return equal, different
