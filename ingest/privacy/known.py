"""Companies known by name: listed ones, and well-known ones that carry a person's name."""

import gzip
import re
from functools import cache
from pathlib import Path

from ingest.names.legal_forms import fold
from ingest.privacy.places import is_place

DATA = Path(__file__).parent / "data"
_WORD = re.compile(r"[^\W_]+|&")


def known_key(name: str) -> str:
    """The form in which a known name is compared: folded words, `&` and possessive marks apart."""
    return " ".join(_WORD.findall(fold(name).replace("'", "").replace("’", "")))


@cache
def known_companies() -> frozenset[str]:
    """Keys of all known names."""
    with gzip.open(DATA / "companies_sec.txt.gz", "rt", encoding="utf-8") as file:
        listed = set(file.read().splitlines())
    kept = (DATA / "companies_known.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(listed | {known_key(name) for name in kept if name and not name.startswith("#")})


def is_known(name: str) -> bool:
    """Whether this is, word for word, the name of a known company, with or without a leading article.

    Of two words or more it may be followed by the country it works in: `Kestrel Ridge Canada`.
    """
    key = known_key(name).removeprefix("the ")
    known = known_companies()
    before, _, last = key.rpartition(" ")
    return key in known or f"the {key}" in known or (" " in before and before in known and is_place((last,)))
