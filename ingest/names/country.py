"""The country that a cell of a supplier file names, in whatever language it is written.

`data/country_names.tsv` holds names in thirty languages from Unicode CLDR 47 (Unicode License V3, by Babel 2.18), the
ISO 3166-1 codes, and spellings that lists of suppliers use (USA, PR China, EE.UU.).
"""

import csv
import unicodedata
from functools import cache
from pathlib import Path

NAMES = Path(__file__).parent / "data" / "country_names.tsv"
_MARKS = str.maketrans("", "", ".,'’()")


def country_of(text: str) -> str | None:
    """ISO 3166-1 alpha-2, lower case, of a code or a name; None for anything else."""
    return _table().get(_key(text))


def _key(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_MARKS))
    return " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).replace("-", " ").split())


@cache
def _table() -> dict[str, str]:
    found: dict[str, str] = {}
    with NAMES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            for name in (*row["names"].split("|"), row["alpha_3"], row["country"]):
                if name:
                    found[_key(name)] = row["country"]
    return found
