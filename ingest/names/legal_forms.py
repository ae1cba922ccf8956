"""Legal forms of companies: which words of a name state one, and which form that is.

Table: `data/legal_forms.tsv`, made by bench/make_gate_tables.py from the ISO 20275 Entity Legal Forms code list v1.5
(GLEIF, 2023-09-28) and our supplement for what the list writes differently (S.L., A/S, ООО, (株) and many more).
"""

import csv
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "legal_forms.tsv"

_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f"
)
_PIECE = re.compile(rf"(?:[^\W_]|[{_MARKS}])+(?:['’](?![sS]\b)(?:[^\W_]|[{_MARKS}])+)*")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3200-\u33ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d", "ħ": "h"})
_EDGES = " \t,;:-–—/&+.·・•(（[【『「<«\"“„'"
_ENDED = re.compile(
    r"[\s,(\[-]+(?:in|en|em|w|under|v)\s+(?:liquida[a-zçãóé]+|likwidacji|administration|receivership|konkurs|likvid[a-zāá]+"
    r"|recuperação judicial|recuperacao judicial|bankruptcy)[\s)\].]*$",
    re.IGNORECASE,
)
"""What a register adds behind the form of a company that is being wound up."""
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


def fold(text: str) -> str:
    """Lower case without accents, the same for every case, accent and Unicode normal form of a text."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).upper().casefold())
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return unicodedata.normalize("NFC", bare.translate(_LETTERS))


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
    unspaced: dict[str, tuple[tuple[int, str, LegalForm], ...]]
    """By first sign: rank, longest form first, form as compared, form."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word of a name, folded, at `[start, end)` of the text."""

    text: str
    start: int
    end: int


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
    return _Forms(end, start, anywhere, frozenset(last), frozenset(first), ranked)


def find_legal_form(name: str, country: str | None) -> Found | None:
    """The legal form a name states: at its end, else at its start, else inside it; longest first."""
    text = unicodedata.normalize("NFC", name)
    ended = _ENDED.search(text)
    last = ended.start() if ended else len(text)
    pieces = [_Piece(fold(piece.group()), piece.start(), piece.end()) for piece in _PIECE.finditer(text, 0, last)]
    forms = _forms()
    spaced = (
        _at_end(pieces, forms, country)
        or _at_start(text, pieces, forms, country)
        or _inside(text, pieces, forms, country)
    )
    return spaced or (_unspaced(text, forms, country) if _UNSPACED.search(text) else None)


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


def _at_end(pieces: list[_Piece], forms: _Forms, country: str | None) -> Found | None:
    many = len(pieces)
    if many and pieces[-1].text in forms.last_pieces:
        for first in range(max(1, many - _LONGEST), many):
            key = _joined([piece.text for piece in pieces[first:]])
            form = _suits(forms.at_end.get(key, ()) + forms.anywhere.get(key, ()), country)
            if form:
                return Found(form, pieces[first].start, pieces[-1].end)
    return None


def _at_start(text: str, pieces: list[_Piece], forms: _Forms, country: str | None) -> Found | None:
    """A comma behind the first words makes them a surname, not a form."""
    if pieces and pieces[0].text in forms.first_pieces:
        for last in range(min(len(pieces) - 1, _LONGEST), 0, -1):
            key = _joined([piece.text for piece in pieces[:last]])
            form = _suits(forms.at_start.get(key, ()) + forms.anywhere.get(key, ()), country)
            if form and not text[pieces[last - 1].end :].startswith(","):
                return Found(form, pieces[0].start, pieces[last - 1].end)
    return None


def _inside(text: str, pieces: list[_Piece], forms: _Forms, country: str | None) -> Found | None:
    """Forms that no other word can be; and dotted ones (B.V., S.r.l.) that a branch or a remark follows."""
    many = len(pieces)
    for first in range(1, many - 1):
        dotted = pieces[first].text in forms.last_pieces or len(pieces[first].text) == 1
        if not dotted and pieces[first].text not in forms.first_pieces:
            continue
        for last in range(min(many - 1, first + _LONGEST), first, -1):
            key = _joined([piece.text for piece in pieces[first:last]])
            form = _suits(forms.anywhere.get(key, ()), country)
            if form is None and dotted and len(key) > 1 and len(pieces[last].text) > 1:
                points = text[pieces[first].start : pieces[last - 1].end + 1].count(".")
                form = _suits(forms.at_end.get(key, ()), country) if points > 1 else None
            if form:
                return Found(form, pieces[first].start, pieces[last - 1].end)
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


def _suits(candidates: tuple[LegalForm, ...], country: str | None) -> LegalForm | None:
    """The form of that country, else one that holds everywhere; without a country the first one listed."""
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
