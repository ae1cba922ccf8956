"""Persons named beside other words: next to a trade, beside a company behind a dash, in a Brazilian firm name."""

import re

from ingest.names.legal_forms import fold
from ingest.privacy.lexica import lexica, person_words
from ingest.privacy.text import Name, phrases, take_apart
from ingest.privacy.words import SPOKEN_IN, vocabulary

SAINTS = frozenset({"san", "santa", "santo", "saint", "st", "los", "las"})
"""Words with which places named like persons begin."""
_MARITAL = phrases(
    r"(?<![^\W_])(?:epse|epouse|nee|veuve|vve|mme|mlle|mr|mrs)(?![^\W_])", "epse epouse nee veuve vve mme mlle mr mrs"
)
_MONSIEUR = phrases(r"(?<![^\W_])(?<![^\W_]\.)(?<![^\W_]\.\s)m\.\s?(?=[^\W_]{2})", "m")
_TOKEN = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_ARTICLES = frozenset({"the", "du", "des", "aux", "au", "les"})
"""Articles that stand before no whole name: `Hôtel des Sables Blancs`."""
_STRAIGHT = str.maketrans({"’": "'", "ʼ": "'"})
_DASH = re.compile(r"\s+[-–—]+\s*|\s*[-–—]+\s+|\s*[–—|]\s*|\s+/\s*|/\s+|(?<=[^\W\d_]{3})/(?=[^\W\d_]{3})")
_DASH_SIGN = re.compile(r"[–—|/]|-(?:(?=\s)|(?<=\s-))")
"""What `_DASH` cannot do without: a hyphen inside a word is none."""
_FIRM = re.compile(
    r"^(?:[a-z](?:\.\s*|\s+)){1,4}(?:(?:de|da|do|dos|das|e)\s+)?([^\W\d_]{3,})(?![^\W_]).*\W(?:me|mei|epp|m\.e|e\.p\.p)\W*$"
)
_SOCIETY = re.compile(
    r"(?<![^\W_])(?:ltda|limitada|eirele|eireli|s\s?/\s?a|s\.a|s/s|sa|cia|sociedade|cooperativa)(?![^\W_])"
)


def states_marriage(name: Name, country: str | None) -> bool:
    """Words only persons are named with: épouse, née, veuve, M., Mme."""
    french = country is None or country in SPOKEN_IN["fr"]
    return bool(_MARITAL.search(name) or (french and _MONSIEUR.search(name)))


def person_beside_trade(name: Name, stated: str, country: str | None) -> bool:
    """Whether, a word of trade apart, a person may be named: two neighbours, or a given name beside another name."""
    if states_marriage(name, country) or _two_names(stated, country):
        return True
    rest = [word for word in name.words if _may_name(word, country)]
    return len(rest) > 1 and any(_is_given(word) for word in rest)


def _is_given(word: str) -> bool:
    """A given name of the lexicon that is not more frequent as a surname."""
    people = lexica()
    return word in people.given and people.given[word] <= people.surname.get(word, 3)


def _two_names(stated: str, country: str | None) -> bool:
    """Two neighbours that may both be names, whatever their case, with no contracted article before them."""
    text = fold(stated).translate(_STRAIGHT)
    before: re.Match[str] | None = None
    article = False
    for found in _TOKEN.finditer(text):
        near = before is not None and not text[before.end() : found.start()].strip(" ,.")
        if before is not None and near and not article and _both_name(before.group(), found.group(), country):
            return True
        if before is None or not near or not _may_name(before.group(), country):
            article = before is not None and before.group() in _ARTICLES
        before = found
    return False


def _both_name(one: str, other: str, country: str | None) -> bool:
    # what belongs to somebody is no surname: Kenny's Farmhouse
    if min(len(one), len(other)) < 2 or one.endswith("'s") or other.endswith("'s"):
        return False
    return all(_may_name(word, country) for word in take_apart(f"{one} {other}").words)


def _may_name(word: str, country: str | None) -> bool:
    """A word that may be a name: letters, not in the vocabulary, no particle, no sign word of the country."""
    known = vocabulary()
    if len(word) < 3 or not word.isalpha() or word in known.words or word in known.function:
        return False
    return word not in person_words("particle") and not any(
        word in known.signs[language] for language, countries in SPOKEN_IN.items() if country in countries
    )


def beside_dash(stated: str) -> tuple[str, ...]:
    """The parts between dashes and slashes; a single one otherwise."""
    parts = _DASH.split(stated) if _DASH_SIGN.search(stated) else [stated]
    return tuple(part for part in (part.strip(" ,;") for part in parts) if part)


def firm_of_one(stated: str, country: str | None) -> bool:
    """`A.B. SURNAME DISTRIBUIDORA ME`: a Brazilian entrepreneur's firm name, which is that of the person by law."""
    if country != "br":
        return False
    text = fold(stated).strip()
    found = _FIRM.match(text)
    return found is not None and _may_name(found[1], country) and not _SOCIETY.search(text)
