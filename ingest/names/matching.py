"""Names made ready for matching: what index, query and scorer compare. Company ids never rest on this.

On top of the normal form: Latin letters, abbreviations and words of other languages under one spelling, numerals as
digits, places under one name, legal forms inside the name gone, and other names in the same text apart.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape

from ingest.names.folding import fold
from ingest.names.form_classes import form_class
from ingest.names.normal import NormalName, normal_form
from ingest.names.stated_aliases import split_aliases
from ingest.names.transliteration import (
    FORMS_INSIDE,
    is_latin,
    romanised,
    rule,
    run_words,
    simplified,
    table,
    vocabulary,
)

LONGEST = 600
"""Characters of a name that are looked at: longer ones are no names, and time stays bounded."""
_ORDINAL = re.compile(r"0*([0-9]+)(?:st|nd|rd|th|er|eme)?")
_MIXED = re.compile(r"([a-z]{2,})0*([0-9]{1,4})|0*([0-9]{1,4})([a-z]{2,})")
_SPACED_POINTS = re.compile(r"(?<![\w.])([^\W\d_]\.)\s+(?=[^\W\d_]\.)")
"""N. V. as N.V.: the points keep the form apart from initials before it."""
_LAST_NUMBER = re.compile(r"\s([0-9]{1,6}|[IVX]{1,6})\s*$")
_SPELT_ACCENT = re.compile(r"\{\w+ over \((\w)\)\}")
"""How patent offices write accents in ASCII: {umlaut over (o)}."""
_GLUED_FORM = re.compile(r"(?<=[^\W\d_]{3})(?=[A-Z]\.\s?[A-Z]\.?(?!\w))")
"""ElectronicsN.V. is Electronics N.V."""
_STREET_BEHIND = re.compile(
    r"[\s,]+(?:[^\W\d_]{3,}(?:weg|straat|strasse|straße|laan|gasse|plein|platz|gatan|vagen|vägen|vej|kade)"
    r"|(?:rue|via|calle|avenida|avenue|rua|ulica|ul\.?)\s[^,]{3,40}?)[\s,]+[0-9]{1,5}[A-Za-z]?\s*$",
    re.IGNORECASE,
)
"""An address that a register prints behind the legal form: Acme N.V. Lindenweg 1."""
_POSTCODE = range(4, 7)
"""Digits of a postcode before a seat."""
_FOUNDED = re.compile(
    r",\s+an?\s+(?:[a-z]+\s+){0,4}?(?:corp(?:oration|\.)?|company|co\.|partnership|association)"
    r"(?:\s+(?:of|organized|existing)\s[^,]{3,60})?[\s.]*$",
    re.IGNORECASE,
)
"""What patents and contracts say of a company behind its name: Acme Inc., a corporation of Delaware."""
_SEAT = re.compile(r"(?:(?<=\.)|(?<=\s)|,)\s*(?i:te)(\s[A-Z][^,]{2,30})$|\s[(\[]([A-Z]{2})[)\]]?$")


@dataclass(frozen=True, slots=True)
class MatchName:
    """A name ready for matching.

    `text`: its words in Latin letters, never empty unless the name has no letter or digit. `tokens`: the same words.
    `legal_form`: canonical spelling, and `form_class` of it (corporation, limited, partnership …), both may be empty.
    `numerals`: digits stated, in order. `native`: folded name in its own script, simplified, if that is not Latin.
    `aliases`: other names that the text states, as written. `folded`: text of the normal form, nothing translated.
    """

    text: str
    tokens: tuple[str, ...]
    legal_form: str
    form_class: str
    numerals: tuple[str, ...]
    native: str
    aliases: tuple[str, ...]
    folded: str


def match_name(name: str, country: str | None = None) -> MatchName:
    """The name ready for matching; `country` (ISO 3166-1 alpha-2, lower case) settles legal forms known there only."""
    given = name[:LONGEST]
    if "&" in given:
        given = unescape(given)
    if "{" in given:
        given = _SPELT_ACCENT.sub(r"\1", given)
    if "." in given:
        given = _GLUED_FORM.sub(" ", _SPACED_POINTS.sub(r"\1", given))
    if "," in given:
        given = _FOUNDED.sub("", given) or given
    main, aliases = split_aliases(given)
    normal = _before_number(main, country) or normal_form(main, country)
    seatless = None if normal.legal_form else _without_seat(main, country)
    normal = seatless or _led_by_form(normal)
    text, native = normal.text, ""
    if not text.isascii():
        text = simplified(text)
        if not is_latin(text):
            native = FORMS_INSIDE.sub("", text) or text
        text = romanised(text)
    tokens = tuple(_settled(text.split())) or tuple(native.split())
    numerals = tuple([token for token in tokens if token.isdecimal()])
    return MatchName(
        " ".join(tokens),
        tokens,
        normal.legal_form,
        form_class(normal.legal_form),
        numerals,
        native,
        aliases,
        normal.text,
    )


def match_names(pairs: Sequence[tuple[str, str | None]]) -> list[MatchName]:
    """Every (name, country) ready for matching, in order; meant for distinct pairs in batches."""
    return [match_name(name, country) for name, country in pairs]


def _before_number(name: str, country: str | None) -> NormalName | None:
    """Normal form of a name whose form stands before its number or its address: "Acme Ltd 2"; None if it is none."""
    number = _LAST_NUMBER.search(name)
    if number is None:
        return None
    if street := _STREET_BEHIND.search(name):
        normal = normal_form(name[: street.start()], country)
        if normal.legal_form:
            return normal
    normal = normal_form(name[: number.start()], country)
    return NormalName(f"{normal.text} {fold(number[1])}", normal.legal_form) if normal.legal_form else None


def _led_by_form(normal: NormalName) -> NormalName:
    """A form that lists put in front of a name: NV Acme, PT Acme, OOO Acme; in Finland at both ends: Oy Acme Ab."""
    first, _, rest = normal.text.partition(" ")
    if normal.legal_form:
        return NormalName(rest, "oy") if rest and {first, normal.legal_form} == {"oy", "ab"} else normal
    first, _, rest = normal.text.replace("naamloze vennootschap", "nv", 1).partition(" ")
    return NormalName(rest, first) if rest and first in rule("form in front") else normal


def _without_seat(name: str, country: str | None) -> NormalName | None:
    """Normal form of what stands before a seat: "Acme B.V., Velden, NL" is Acme B.V.; None if no seat is stated."""
    head = _SEAT.sub(lambda seat: f", {seat[1] or seat[2]}", name)
    if "," not in head:
        return None
    no_seat, found = rule("no seat"), None
    for _ in range(2):
        head, comma, seat = head.rpartition(",")
        words = fold(seat).split()
        if len(words) > 1 and words[0].isdecimal() and len(words[0]) in _POSTCODE:
            del words[0]
        if not comma or len(words) > 3 or any(w in _spellings() or w in no_seat or not w.isalpha() for w in words):
            break
        normal = _led_by_form(normal_form(head, country))
        found = normal if normal.legal_form else found
    return found


def _settled(words: list[str]) -> list[str]:
    """Words in their one spelling, connecting words and inner legal forms gone, unless nothing else is there."""
    spellings, places, numbers = _spellings(), place_words(), _number_words()
    dropped, forms = rule("dropped"), rule("form inside")
    found: list[str] = []
    last = len(words) - 1
    for at, word in enumerate(words):
        if word in dropped or (at and word in forms):
            continue
        if (joined := found[-1] + word if found else "") in places and " " not in joined:
            found[-1] = places[joined]
        elif word in spellings:
            found += spellings[word]
        elif word in places:
            found.append(places[word])
        elif word in numbers and (len(word) > 1 or (at == last and found and found[-1] in rule("counted thing"))):
            found.append(numbers[word])
        elif word[0].isdecimal() or word[-1].isdecimal():
            found += _numbered(word)
        else:
            found.append(word)
    return found or [word for word in words if word not in dropped] or words


def _numbered(word: str) -> list[str]:
    if ordinal := _ORDINAL.fullmatch(word):
        return [ordinal[1]]
    if mixed := _MIXED.fullmatch(word):
        return [part for part in mixed.groups() if part]
    return [word]


@cache
def _number_words() -> dict[str, str]:
    """Numerals in words and Roman figures → digits. A single I, V or X counts behind a counted thing alone."""
    (roman,) = (row["words"].split() for row in table("match_rules.tsv") if row["rule"] == "roman")
    words = {figure: str(value) for value, figure in enumerate(roman, start=1)}
    for row in table("match_rules.tsv"):
        if row["rule"].startswith("counted ") and row["rule"] != "counted thing":
            words.update(dict.fromkeys(row["words"].split(), row["rule"].removeprefix("counted ")))
    return words


@cache
def _spellings() -> dict[str, list[str]]:
    """Abbreviation or word of another language, in Latin letters → words of its meaning."""
    first: dict[str, str] = {}
    for language, words in vocabulary().items():
        for meaning, written in words:
            if language != "zh" or written.isascii():
                latin = romanised(simplified(normal_form(written).text))
                if latin and latin != meaning and " " not in latin:
                    first.setdefault(latin, meaning)
    return {word: [first.get(part, part) for part in meaning.split()] for word, meaning in first.items()}


@cache
def place_words() -> dict[str, str]:
    """Name of a place without blanks ("newyork", "munchen") → the one name of it ("newyork", "munich")."""
    return {word: row["place"] for row in table("places.tsv") for word in row["words"].split() if word.isascii()}


@cache
def place_kinds() -> dict[str, tuple[str, str]]:
    """Name of a place → its kind (country, region, city) and its country."""
    return {row["place"]: (row["kind"], row["country"]) for row in table("places.tsv")}


def warm() -> None:
    """Loads all tables, so that the first name is as quick as the rest."""
    match_name("Acme Inc"), match_name("北京一公司"), run_words(), place_kinds()
