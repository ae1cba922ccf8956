"""Setting the legal form of a folded name apart, by the table of `legal_forms` and a stricter rule than the gate's.

The gate asks "is this a company?" and may take any hint. Here the rest has to stay the company's name: a form counts
at the end, or in front where it is customary there; numerals ("Fund II") and words that say what the company does
("Investment Company", "Stiftung") stay in the name. Two tables of ours say the rest:

- `data/legal_form_spellings.tsv`: canonical spelling of forms and of words in them (Incorporated → inc);
- `data/legal_form_words.tsv`: `connecting` and `qualifying` words may precede a form inside a longer one, any other
  word tells what the company does; a form with a `naming` word, or that is a `naming alone` word, is none;
  `behind only` never leads a name; `home` and `in front` are short forms that count, or count in front, in the given
  countries only (A. O. Smith; Bank of X, KY).

What is set apart depends on the words alone, never on what was set apart before: the normal form of a normal form
is itself.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ingest.names.folding import fold, plain
from ingest.names.legal_forms import TABLE, split_legal_form

SPELLINGS = TABLE.with_name("legal_form_spellings.tsv")
WORDS = TABLE.with_name("legal_form_words.tsv")
_NUMERAL = re.compile("[ivx]+")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3200-\u33ff\u3400-\u9fff\uac00-\ud7a3]")
_GROUP = re.compile("(集团|集團)(.*)")
"""A group (集团有限公司) and its company (有限公司) are two companies: the word stays in the name."""
_LONGEST = 12
_UNMISTAKABLE = 10
"""Letters from which on a form listed for one country is a form in any."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Forms of one end of a name: letters without blanks → canonical form and countries ("" is everywhere)."""

    forms: dict[str, tuple[str, frozenset[str]]]
    outermost: frozenset[str]
    homes: dict[str, frozenset[str]]

    def form(self, words: list[str], country: str | None) -> str | None:
        """Canonical form that these words state in that country."""
        key = "".join(words)
        if key not in self.forms or (key in self.homes and country not in self.homes[key]):
            return None
        form, countries = self.forms[key]
        return form if "" in countries or country in countries or len(key) >= _UNMISTAKABLE else None


class _Rules(NamedTuple):
    end: _Place
    front: _Place
    naming_alone: frozenset[str]


def set_apart(name: str, folded: str, country: str | None) -> tuple[str, str]:
    """Rest of the folded name, and its legal forms in canonical spelling ("co ltd"); the rest is never empty.

    Also without a leading "the" and without an "and" that the form leaves dangling. `country` is ISO 3166-1 alpha-2,
    lower case.
    """
    if folded.isascii() or not _UNSPACED.search(folded):
        return _set_words_apart(folded, country)
    # the published name first: the brackets of (株) and (주) do not outlive folding
    text, form = _set_run_apart(plain(name), folded, country)
    forms = [form]
    while True:
        rest, inner = _set_words_apart(text, country)
        rest, innermost = _set_run_apart(rest, rest, country)
        if rest == text:
            return text, " ".join(filter(None, forms))
        text, forms = rest, [innermost, inner, *forms]


@cache
def canonical(form: str) -> str:
    """One text for all spellings of a legal form: "Incorporated" gives "inc", "Company Limited" "co ltd"."""
    spellings = _spellings()
    folded = fold(form)
    if folded in spellings:
        return spellings[folded]
    return " ".join(spellings.get(word, word) for word in folded.split() if word not in {"and", "und", "et", "y"})


def _set_words_apart(folded: str, country: str | None) -> tuple[str, str]:
    rules = _rules()
    words, front, back = folded.split(), "", ""
    while len(words) > 1:
        if words[0] == "the":
            del words[0]
        elif words[-1] == "and":
            del words[-1]
        elif words[-1] in rules.end.outermost and (found := _at_end(words, rules.end, country)):
            del words[-found[0] :]
            back = f"{found[1]} {back}"
        elif words[0] in rules.front.outermost and (found := _in_front(words, rules.front, country)):
            del words[: found[0]]
            front = f"{front}{found[1]} "
        else:
            break
    return " ".join(words), f"{front}{back}".rstrip()


def _at_end(words: list[str], place: _Place, country: str | None) -> tuple[int, str] | None:
    """Number of words of the longest form at the end, and the form."""
    for length in range(min(_LONGEST, len(words) - 1), 0, -1):
        if form := place.form(words[-length:], country):
            return length, form
    return None


def _in_front(words: list[str], place: _Place, country: str | None) -> tuple[int, str] | None:
    for length in range(min(_LONGEST, len(words) - 1), 0, -1):
        if form := place.form(words[:length], country):
            return length, form
    return None


def _set_run_apart(given: str, text: str, country: str | None) -> tuple[str, str]:
    """One form in a script without blanks, at either end of the text; inside it is part of a branch's name."""
    remaining, found = split_legal_form(given, country)
    form = canonical(found.text) if found else ""
    rest = fold(remaining)
    if group := _GROUP.fullmatch(form):
        rest, form = rest + group[1], group[2]
    at_an_end = rest != text and (text.startswith(rest) or text.endswith(rest))
    if form.isascii() or form in _rules().naming_alone or not rest or not at_an_end:
        return text, ""
    return rest, form


@cache
def _spellings() -> dict[str, str]:
    return {fold(row["spelling"]): row["canonical"] for row in _table(SPELLINGS)}


@cache
def _rules() -> _Rules:
    words: dict[str, dict[str, frozenset[str]]] = {}
    for row in _table(WORDS):
        words.setdefault(row["rule"], {})[row["word"]] = frozenset(row["countries"].split())
    listed = [(fold(row["form"]).split(), row) for row in _table(TABLE)]
    general = {"".join(parts) for parts, row in listed if not row["country"]}
    inner = {parts[0] for parts, row in listed if len(parts) == 1 and not row["country"]}
    inner.update(words["connecting"], words["qualifying"])

    def says_form_only(parts: list[str]) -> bool:
        if not parts or _NUMERAL.fullmatch("".join(parts)) or not words["naming"].keys().isdisjoint(parts):
            return False
        if len(parts) == 1:
            return parts[0] not in words["naming alone"]
        ending = next((at for at in range(1, len(parts)) if "".join(parts[at:]) in general), 0)
        return inner.issuperset(parts[:ending])

    def may_lead(parts: list[str], row: dict[str, str]) -> bool:
        """Forms listed for any place lead a name if they are long, or in Cyrillic, Arabic or Hebrew letters."""
        form, key = canonical(row["form"]), "".join(parts)
        if row["where"] != "any" or row["country"]:
            return row["where"] == "start"
        long = len(key) > 4 or (len(key) > 2 and key[0] > "\u0370")
        return len(parts) > 2 or form == "llc" or (long and words["behind only"].keys().isdisjoint(form.split()))

    forms = [(parts, row) for parts, row in listed if says_form_only(parts)]
    return _Rules(
        _place(((parts, parts[-1], row) for parts, row in forms if row["where"] != "start"), words["home"]),
        _place(
            ((parts, parts[0], row) for parts, row in forms if may_lead(parts, row)), words["home"] | words["in front"]
        ),
        frozenset(words["naming alone"]),
    )


def _place(forms: Iterable[tuple[list[str], str, dict[str, str]]], homes: dict[str, frozenset[str]]) -> _Place:
    known: dict[str, tuple[str, frozenset[str]]] = {}
    outermost = set()
    for parts, outer, row in forms:
        key = "".join(parts)
        form, countries = known.get(key, (canonical(row["form"]), frozenset()))
        known[key] = (form, countries | {row["country"]})
        outermost.add(outer)
    return _Place(known, frozenset(outermost), homes)


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
