"""Names that a question meets, from the same name down to one that is only similar.

Levels order answers; within a level come a name's share of words asked for, then number and recency of records.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from db.index.candidates import finder
from db.index.generation import NameIndex, country_code, form_code
from db.index.segment import Segment, key_of, ragged
from db.index.ways import Candidate
from ingest.names.folding import fold
from ingest.names.matching import match_name
from ingest.names.normal import normal_form, words

NUMBER, SAME, NAME, WRITTEN, SPELT, BEGINS, WORDS, LIKE = range(8)
"""A number; the same name and legal form; the same name; its words written or ordered otherwise; misspelt; a name that
begins with what is asked for; one that has all its words; a similar one."""
SIMILAR = 0.62
"""Score of the least similar name shown."""
_FEW, _MANY = 40, 1500
"""Candidates looked at; many where records are restricted, as most may fall away."""

Rows = npt.NDArray[np.int64]


@dataclass(slots=True)
class Met:
    """Companies met (rows of company), and for each its best name: level, share of words in steps, and the link.

    `link` is a place in the links of the index, -1 for a number. `differs` says how a candidate differs, by name.
    """

    company: Rows
    level: Rows
    share: Rows
    link: Rows
    name: Rows
    differs: dict[int, Candidate] = field(default_factory=dict)


class _Meetings:
    """Names met so far, each with its best level."""

    def __init__(self) -> None:
        self.name: list[Rows] = []
        self.level: list[Rows] = []
        self.share: list[Rows] = []
        self.form: list[Rows] = []

    def add(self, names: Rows, level: int | Rows, share: int | Rows, form: int = -1) -> None:
        """Names with their level; `form` is a legal form that the company must have, as its code."""
        self.name.append(names)
        for column, value in ((self.level, level), (self.share, share), (self.form, form)):
            column.append(np.broadcast_to(np.asarray(value, np.int64), names.shape))


def meet(index: NameIndex, query: str, country: str | None, numbered: Rows, *, deep: bool) -> Met:
    """Everything the query meets; `country` restricts companies, `numbered` are rows of companies found by number.

    `deep`: many more candidates, because records are restricted and most may fall away.
    """
    wanted = normal_form(query, country)
    asked = match_name(query, country)
    meetings = _Meetings()
    same = index.exactly(key_of(wanted.text))
    if same is not None:
        meetings.add(np.array([same]), NAME, 4)
    divided = _by_other_division(index, query, meetings) if same is None else set()
    _with_all_words(index, meetings, wanted.text, asked.tokens)
    allowed = _names_in(index, country) if country else None
    limit = _MANY if deep else _FEW
    found = _accepted(index, asked.text, limit, allowed)
    if min((_level(candidate) or LIKE for candidate in found), default=LIKE) > SPELT:
        for text in sorted(divided - {asked.text}):
            found += _accepted(index, text, limit, allowed)
    differs = {candidate.name: candidate for candidate in reversed(found) if candidate.name != same}
    if differs:
        levels = np.array([_level(candidate) for candidate in differs.values()], np.int64)
        shares = np.array([round(candidate.score * 20) for candidate in differs.values()], np.int64)
        meetings.add(np.array([*differs], np.int64), levels, shares)
    met = _companies(index, meetings, form_code(wanted.legal_form), numbered, country)
    met.differs = differs
    return met


def _accepted(index: NameIndex, text: str, limit: int, allowed: npt.NDArray[np.bool_] | None) -> list[Candidate]:
    """Candidates that are similar enough to be shown."""
    found = finder(index).best(text, limit, allowed=allowed, begun=True)
    return [candidate for candidate in found if _level(candidate) is not None]


def _level(candidate: Candidate) -> int | None:
    whole = not candidate.missing and not candidate.extra
    if whole and not candidate.letters and not candidate.begun:
        return WRITTEN
    if whole and candidate.letters and not candidate.begun:
        return SPELT
    if not candidate.missing and not candidate.letters:
        return WORDS
    return LIKE if candidate.score >= SIMILAR else None


def _by_other_division(index: NameIndex, query: str, meetings: _Meetings) -> set[str]:
    """Adds companies whose own country divides the query otherwise, and gives the match texts it has there.

    "Foo KK" is Foo, a kabushiki kaisha, in Japan only; elsewhere KK is part of the name.
    """
    divided = {found.text: found.legal_form for found in (normal_form(query, country) for country in index.countries)}
    divided[fold(query)] = ""
    for text, legal_form in sorted(divided.items()):
        if (name := index.exactly(key_of(text))) is not None:
            meetings.add(np.array([name]), SAME, 4, form_code(legal_form))
    return {match_name(text).text for text in divided}


def _names_in(index: NameIndex, country: str) -> npt.NDArray[np.bool_]:
    """Of every name, whether a company of that country has it."""
    links = index.links
    inside = links.country[links.company_row] == country_code(country)
    counts = np.concatenate(([0], np.cumsum(inside)))
    found: npt.NDArray[np.bool_] = counts[links.start[1:]] > counts[links.start[:-1]]
    return found


def _with_all_words(index: NameIndex, meetings: _Meetings, norm: str, tokens: tuple[str, ...]) -> None:
    """Adds all names in which every word of the query begins a word, as it was written or in match spelling.

    Runs written without blanks are indexed by every two neighbours: there the run may stand anywhere in the name.
    """
    written = [part for run in norm.split() for part in (words(run)[1:] or [run])]
    for part, first in zip(index.parts, index.first, strict=True):
        # the last word may be cut off, and then is no abbreviation or numeral: "Bank of Amer", "Grupo V"
        for asked in dict.fromkeys((tuple(written), tokens, (*tokens[:-1], written[-1]))):
            ranges = [part.begins(word.encode()) for word in asked]
            docs = _having(ranges, part)
            if not len(docs):
                continue
            begun = np.ones(len(docs), bool)
            for at, (low, high) in enumerate(ranges):
                there = np.minimum(part.word_start[docs].astype(np.int64) + at, len(part.word) - 1)
                begun &= (part.doc_words[docs] > at) & (part.word[there] >= low) & (part.word[there] < high)
            share = np.ceil(4 * np.minimum(1, len(asked) / part.doc_words[docs])).astype(np.int64)
            meetings.add(first + docs, np.where(begun, BEGINS, WORDS), share)


def _having(ranges: list[tuple[int, int]], part: Segment) -> Rows:
    """Names that have a word of every range."""
    slices = sorted((part.names_with(low, high) for low, high in ranges), key=len)
    if not slices or not len(slices[0]):
        return np.empty(0, np.int64)
    docs = np.sort(slices[0])
    docs = docs[np.append(True, docs[1:] != docs[:-1])]
    for names in slices[1:]:
        has = np.zeros(len(part), bool)
        has[names] = True
        docs = docs[has[docs]]
    found: Rows = docs.astype(np.int64)
    return found


def _companies(index: NameIndex, meetings: _Meetings, form: int, numbered: Rows, country: str | None) -> Met:
    """The companies of the names met, each once, by its best name."""
    links = index.links
    none = [np.empty(0, np.int64)]
    names, levels = np.concatenate([*meetings.name, *none]), np.concatenate([*meetings.level, *none])
    shares, forms = np.concatenate([*meetings.share, *none]), np.concatenate([*meetings.form, *none])
    places, lengths = ragged(links.start, names)
    company = links.company_row[places].astype(np.int64)
    stated = links.stated[places]
    names, levels, shares, forms = (np.repeat(column, lengths) for column in (names, levels, shares, forms))
    formed = links.form[company].astype(np.int64)
    levels = np.where((levels == NAME) & stated & (formed == form), SAME, levels)
    fits = (forms < 0) | (stated & (formed == forms))
    company, levels, shares, places, names, stated = (
        column[fits] for column in (company, levels, shares, places, names, stated)
    )
    if len(numbered):
        same = np.full(len(numbered), NUMBER)
        company, levels = np.concatenate((company, numbered)), np.concatenate((levels, same))
        shares, places = np.concatenate((shares, same)), np.concatenate((places, same - 1))
        names, stated = np.concatenate((names, same - 1)), np.concatenate((stated, same == NUMBER))
    if country:
        inside = links.country[company] == country_code(country)
        company, levels, shares, places, names, stated = (
            column[inside] for column in (company, levels, shares, places, names, stated)
        )
    order = np.lexsort((places, -shares, ~stated, levels, company))
    order = order[np.concatenate(([True], np.diff(company[order]) != 0))] if len(order) else order
    return Met(company[order], levels[order], shares[order], places[order].astype(np.int64), names[order])


def ranked(index: NameIndex, met: Met, limit: int, records: Rows | None = None, last: Rows | None = None) -> Rows:
    """Places in `met` of the best companies; records and last days are the companies' own unless given."""
    links = index.links
    counted = links.records[met.company].astype(np.int64) if records is None else records
    latest = links.last[met.company].astype(np.int64) if last is None else last
    order = np.lexsort((links.company_key[met.company], -latest, -counted, -met.share, met.level))
    return order[:limit]
