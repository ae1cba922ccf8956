"""Legal forms of companies: which words of a name state one, and which form that is.

Table: `data/legal_forms.tsv`, made by bench/make_gate_tables.py from the ISO 20275 Entity Legal Forms code list v1.5
(GLEIF, 2023-09-28) and our supplement for what the list writes differently (S.L., A/S, ООО, (株) and many more).
"""

import csv
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Literal

TABLE = Path(__file__).parent / "data" / "legal_forms.tsv"

_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f"
)
_PIECE = re.compile(rf"(?:[^\W_]|[{_MARKS}])+(?:['’](?![sS]\b)(?:[^\W_]|[{_MARKS}])+)*")
_ASCII_PIECE = re.compile(r"[a-z0-9]+(?:'(?!s\b)[a-z0-9]+)*", re.ASCII)
"""What `_PIECE` finds in lower-case ASCII, in a third of the time."""
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3200-\u33ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d", "ħ": "h"})
_EDGES = " \t,;:-–—/&+.·・•(（[【『「<«\"“„'"
_ENDED = re.compile(
    r"[\s,(\[-]+(?:in|en|em|w|under|v)\s+(?:liquida[a-zçãóé]+|likwidacji|administration|receivership|konkurs|likvid[a-zāá]+"
    r"|recuperação judicial|recuperacao judicial|bankruptcy)[\s)\].]*$",
    re.IGNORECASE,
)
"""What a register adds behind the form of a company that is being wound up."""
_ENDED_LAST = ("liquida", "likwidacji", "administration", "receivership", "konkurs", "likvid", "judicial", "bankruptcy")
"""Starts of the folded words with which `_ENDED` ends."""
_LONGEST = 12
"""Pieces of the longest form worth looking for: `S. de R. L. de C. V., SOFOM E.N.R.`."""


@dataclass(frozen=True, slots=True)
class LegalForm:
    """One legal form: as listed, country (ISO 3166-1 alpha-2, lower case, or empty), ELF code, class."""

    text: str
    country: str
    elf: str
    cls: str


@dataclass(frozen=True, slots=True)
class Found:
    """A legal form inside a name, at `[start, end)` of the composed (NFC) text."""

    form: LegalForm
    start: int
    end: int


_Place = tuple[LegalForm, int, int]
"""A form, and the numbers of its first and last word in the name."""


def fold(text: str) -> str:
    """Lower case without accents, the same for every case, accent and Unicode normal form of a text."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).upper().casefold())
    if plain.isascii():
        return plain
    bare = "".join([sign for sign in plain if not unicodedata.combining(sign)])
    return unicodedata.normalize("NFC", bare.translate(_LETTERS))


@lru_cache(65_536)
def _folded_word(word: str) -> str:
    return fold(word)


@lru_cache(16_384)
def form_key(text: str) -> str:
    """What is compared of a legal form: its folded words, lone letters joined (S. A. de C. V. is `sa de cv`)."""
    if _UNSPACED.search(text):
        return "".join(fold(text).split())
    return _joined([fold(piece) for piece in _PIECE.findall(text)])


def _joined(pieces: Sequence[str]) -> str:
    words: list[str] = []
    alone = False
    for piece in pieces:
        if alone and len(piece) == 1:
            words[-1] += piece
        else:
            words.append(piece)
            alone = len(piece) == 1
    return " ".join(words)


@dataclass(frozen=True, slots=True)
class _Forms:
    at_end: dict[str, tuple[LegalForm, ...]]
    at_start: dict[str, tuple[LegalForm, ...]]
    anywhere: dict[str, tuple[LegalForm, ...]]
    last_pieces: frozenset[str]
    first_pieces: frozenset[str]
    words: frozenset[str]
    """Every word of the keys: a longer word that is none of them stands in no form."""
    unspaced: dict[str, tuple[tuple[int, str, LegalForm], ...]]
    """By first sign: rank, longest form first, form as compared, form."""


@cache
def _forms() -> _Forms:
    places: dict[str, dict[str, list[LegalForm]]] = {"end": {}, "start": {}, "any": {}}
    last: set[str] = set()
    first: set[str] = set()
    unspaced: list[tuple[str, LegalForm]] = []
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            form = LegalForm(row["form"], row["country"], row["elf"], row["class"])
            key = form_key(form.text)
            if _UNSPACED.search(form.text):
                unspaced.append((key, form))
                continue
            places[row["where"]].setdefault(key, []).append(form)
            pieces = [fold(piece) for piece in _PIECE.findall(form.text)]
            if row["where"] != "start":
                last.update((pieces[-1], key.split()[-1]))
            if row["where"] != "end":
                first.update((pieces[0], key.split()[0]))
    end, start, anywhere = (
        {key: tuple(forms) for key, forms in places[place].items()} for place in ("end", "start", "any")
    )
    unspaced.sort(key=lambda pair: -len(pair[0]))
    by_sign: dict[str, list[tuple[int, str, LegalForm]]] = {}
    for rank, (key, form) in enumerate(unspaced):
        by_sign.setdefault(key[0], []).append((rank, key, form))
    ranked = {sign: tuple(forms) for sign, forms in by_sign.items()}
    words = frozenset(word for keys in (end, start, anywhere) for key in keys for word in key.split())
    return _Forms(end, start, anywhere, frozenset(last), frozenset(first), words, ranked)


def find_legal_form(name: str, country: str | None) -> Found | None:
    """The legal form a name states: at its end, else at its start, else inside it; longest first."""
    text = unicodedata.normalize("NFC", name)
    end = len(text)
    words = _words(text, end)
    if words and words[-1].startswith(_ENDED_LAST):
        ended = _ENDED.search(text)
        if ended:
            end = ended.start()
            words = _words(text, end)
    found = _at_end(words, country) or _at_start(text, end, words, country) or _inside(text, end, words, country)
    if found is not None:
        form, first, last = found
        spans = _spans(text, end)
        return Found(form, spans[first][0], spans[last][1])
    return None if text.isascii() or not _UNSPACED.search(text) else _unspaced(text, _forms(), country)


def _words(text: str, end: int) -> list[str]:
    """The folded words of a text up to `end`."""
    if text.isascii():
        return _ASCII_PIECE.findall(text.lower(), 0, end)
    return [_folded_word(word) for word in _PIECE.findall(text, 0, end)]


def _spans(text: str, end: int) -> list[tuple[int, int]]:
    """Where each of the `_words` stands; asked for seldom, and only then looked for."""
    found = _ASCII_PIECE.finditer(text.lower(), 0, end) if text.isascii() else _PIECE.finditer(text, 0, end)
    return [piece.span() for piece in found]


def split_legal_form(tokens_or_name: str, country: str | None) -> tuple[str, LegalForm | None]:
    """A name without its legal form, and the form; (name, None) when it states none or nothing else."""
    text = unicodedata.normalize("NFC", tokens_or_name)
    found = find_legal_form(text, country)
    if found is None:
        return tokens_or_name.strip(), None
    before = text[: found.start].rstrip(_EDGES)
    after = text[found.end :].strip(_EDGES + ".)）]】』」>»”’")
    closed = text[found.end :].strip()
    if after and closed.startswith(tuple(")）]】")) and before.count("(") > before.count(")"):
        before = before.replace("(", "", 1)
    rest = f"{before} {after}".strip() if not _UNSPACED.search(text) else f"{before}{after}"
    return (rest, found.form) if rest else (tokens_or_name.strip(), None)


def _at_end(words: list[str], country: str | None) -> _Place | None:
    """The longest form of up to `_LONGEST` last words, the first word apart; its key grows to the front."""
    forms = _forms()
    if not words or words[-1] not in forms.last_pieces:
        return None
    found, key, alone = None, "", False
    for first in range(len(words) - 1, max(0, len(words) - _LONGEST - 1), -1):
        word = words[first]
        letter = len(word) == 1
        if not letter and word not in forms.words:
            break
        key = word + key if (alone and letter) or not key else f"{word} {key}"
        alone = letter
        form = _suits(key, "end", country) if key in forms.at_end or key in forms.anywhere else None
        found = (form, first, len(words) - 1) if form else found
    return found


def _at_start(text: str, end: int, words: list[str], country: str | None) -> _Place | None:
    """A comma behind the first words makes them a surname, not a form."""
    forms = _forms()
    if words and words[0] in forms.first_pieces:
        for last in range(min(len(words) - 1, _LONGEST), 0, -1):
            key = _joined(words[:last])
            form = _suits(key, "start", country) if key in forms.at_start or key in forms.anywhere else None
            if form and not text.startswith(",", _spans(text, end)[last - 1][1]):
                return form, 0, last - 1
    return None


def _inside(text: str, end: int, words: list[str], country: str | None) -> _Place | None:
    """Forms that no other word can be; and dotted ones (B.V., S.r.l.) that a branch or a remark follows."""
    forms, many, pointed = _forms(), len(words), text.count(".") > 1
    for first in range(1, many - 1):
        letter = len(words[first]) == 1
        dotted = letter or words[first] in forms.last_pieces
        if not (letter or words[first] in forms.words) or not (dotted or words[first] in forms.first_pieces):
            continue
        longest = min(many - 1, first + _LONGEST)
        behind = first + 1
        while behind < longest and (len(words[behind]) == 1 or words[behind] in forms.words):
            behind += 1
        for last in range(behind, first, -1):
            key = _joined(words[first:last])
            form = _suits(key, "any", country) if key in forms.anywhere else None
            if form is None and pointed and dotted and len(key) > 1 and len(words[last]) > 1 and key in forms.at_end:
                spans = _spans(text, end)
                points = text.count(".", spans[first][0], spans[last - 1][1] + 1)
                form = _suits(key, "end alone", country) if points > 1 else None
            if form:
                return form, first, last - 1
    return None


def _unspaced(text: str, forms: _Forms, country: str | None) -> Found | None:
    """Forms of scripts written without spaces: at either end, else the longest one inside."""
    # letter by letter: some grow when folded, and every place has to lead back to the text
    width = [unicodedata.normalize("NFKC", sign).casefold() for sign in text]
    plain = "".join(width)
    origin = [at for at, signs in enumerate(width) for _ in signs]
    best: tuple[int, int, LegalForm] | None = None
    ranked = [found for sign in set(plain) if sign in forms.unspaced for found in forms.unspaced[sign]]
    for _, key, form in sorted(ranked, key=itemgetter(0)):
        at = plain.rfind(key)
        if at >= 0 and (not form.country or country in {None, form.country}) and len(key) < len(plain):
            outer = at == 0 or at + len(key) == len(plain)
            if outer or best is None:
                best = (at, at + len(key), form)
            if outer:
                break
    return Found(best[2], origin[best[0]], origin[best[1] - 1] + 1) if best else None


@lru_cache(16_384)
def _suits(key: str, where: Literal["end", "start", "any", "end alone"], country: str | None) -> LegalForm | None:
    """The form of that country, else one that holds everywhere; without a country the first one listed."""
    forms = _forms()
    there = {"end": forms.at_end, "end alone": forms.at_end, "start": forms.at_start}.get(where, {})
    candidates = there.get(key, ()) + (forms.anywhere.get(key, ()) if where != "end alone" else ())
    if not candidates:
        return None
    own = [form for form in candidates if form.country == country]
    coded = [form for form in own if form.elf]
    general = [form for form in candidates if not form.country]
    if country is not None and (own or general):
        chosen = (coded or own or general)[0]
        # What the supplement says of a form outranks the class guessed from the name in the ISO list.
        stated = general or own
        return LegalForm(chosen.text, chosen.country, chosen.elf, stated[0].cls)
    if general:
        return general[0]
    long = [form for form in candidates if len(form_key(form.text)) > 3]
    return long[0] if long else None
