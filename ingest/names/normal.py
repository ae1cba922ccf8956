"""Normal form of company names: what two spellings of one name share. Index and query use this one implementation.

The legal form is set apart, never dropped: "Acme Inc" and "ACME, INC." are one, "Acme LLC" differs in `legal_form`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from ingest.names.folding import fold, plain, words
from ingest.names.set_apart import set_apart

__all__ = ["NormalName", "company_id", "company_key", "normal_form", "normal_forms", "words"]

_REGISTRANT_TAG = re.compile(r"(?:\s*[/\\]([A-Za-z]{2,3})[/\\]|\s[/\\]([A-Za-z]{2,3}))\s*$")
"""EDGAR tells registrants of one name apart by state or age: "ACME CORP /DE/", "ACME CORP /NEW/"."""


@dataclass(frozen=True, slots=True)
class NormalName:
    """`text`: the name in folded words. `legal_form`: in canonical spelling, "inc", "co ltd", "corp /de/", or empty."""

    text: str
    legal_form: str

    def key(self, country: str | None) -> str:
        """What records are grouped by: company as named + country. No part can hold the separator."""
        return f"{self.text}|{self.legal_form}|{(country or '').strip().lower()}"


def normal_form(name: str, country: str | None = None) -> NormalName:
    """The normal form of a name; `country` (ISO 3166-1 alpha-2, lower case) settles forms known in one country only.

    Applying it to its own text changes nothing. Only a blank name has an empty text.
    """
    tag = _REGISTRANT_TAG.search(name, max(0, len(name) - 8)) if name.isascii() else None
    if tag and (stem := fold(name[: tag.start()])):
        text, legal_form = set_apart(name, stem, country)
        return NormalName(text, f"{legal_form} /{(tag[1] or tag[2]).lower()}/".lstrip())
    text, legal_form = set_apart(name, fold(name), country)
    return NormalName(text or plain(name), legal_form)


def normal_forms(pairs: Sequence[tuple[str, str | None]]) -> list[NormalName]:
    """Normal form of each (name, country), in order; meant for distinct pairs in batches."""
    return [normal_form(name, country) for name, country in pairs]


def company_key(name: str, country: str | None) -> str:
    """Grouping key of a name in a country; see `NormalName.key`, which spares normalising twice."""
    return normal_form(name, country).key(country)


def company_id(key: str) -> str:
    """Id of the company with this key: "c" and the first 15 hexadecimal digits of its SHA-256."""
    return "c" + sha256(key.encode("utf-8", "replace")).hexdigest()[:15]
