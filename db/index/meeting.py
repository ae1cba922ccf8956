"""Names that a question meets, from the same name down to one that is only similar.

Levels order answers; within a level come a name's share of words asked for, then number and recency of records.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from db.index.candidates import finder
from db.index.generation import NameIndex, country_code, form_code
from db.index.segment import Segment, key_of, ragged
from db.index.shown import Shown
from db.index.ways import Candidate
from ingest.names.folding import fold
from ingest.names.matching import MatchName, match_name
from ingest.names.normal import normal_form, words

NUMBER, SAME, NAME, WRITTEN, SPELT, BEGINS, WORDS, LIKE, RENUMBERED = range(9)
"""A number; the same name and legal form; the same name; its words written or ordered otherwise; misspelt; a name that
begins with what is asked for; one that has all its words; a similar one; one of another numeral, Fund VIII for VII."""
SIMILAR = 0.62
"""Score of the least similar name shown."""
_FEW, _MANY = 40, 1500
"""Candidates looked at; many where records are restricted, as most may fall away."""

_LOOKED_THROUGH = 3000
"""Names whose own words are read, where the names of common words need not be."""

Rows = npt.NDArray[np.int64]


@dataclass(slots=True)
class Met:
    """Companies met (rows of company), and for each its best name: level, share of words in steps, and the link.

    `link` is a place in the links of the index, -1 for a number. `differs` says how a candidate differs, by name.
    `more`: names that may not be shown fell away, and others may be as similar as those looked at.
    """

    company: Rows
    level: Rows
    share: Rows
    link: Rows
    name: Rows
    differs: dict[int, Candidate] = field(default_factory=dict)
    more: bool = False


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

    def renumber(self, index: NameIndex, numerals: tuple[str, ...]) -> None:
        """Moves names to the end that lack a numeral asked for and have another one; not those of the same name."""
        for place, (names, levels) in enumerate(zip(self.name, self.level, strict=True)):
            other = _with_other_numerals(index, names, numerals) & (levels > NAME)
            self.level[place] = np.where(other, RENUMBERED, levels)


def meet(
    index: NameIndex, query: str, country: str | None, numbered: Rows, *, deep: bool, shown: Shown | None = None
) -> Met:
    """Everything the query meets; `country` restricts companies, `numbered` are rows of companies found by number.

    `deep`: many more candidates, because records are restricted and most may fall away. `shown`: nothing else is met.
    """
    wanted = normal_form(query, country)
    asked = match_name(query, country)
    meetings = _Meetings()
    same = index.exactly(key_of(wanted.text))
    if same is not None:
        meetings.add(np.array([same]), NAME, 4)
    divided = _by_other_division(index, query, meetings) if same is None else set()
    _with_all_words(index, meetings, wanted.text, asked)
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
    if asked.numerals:
        meetings.renumber(index, asked.numerals)
    met = _companies(index, meetings, numbered, form=form_code(wanted.legal_form), country=country, shown=shown)
    met.differs = differs
    met.more = met.more and not deep and len(found) >= limit
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


def _with_other_numerals(index: NameIndex, names: Rows, numerals: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Of each name, whether it lacks one of these numerals and has another one instead."""
    other = np.zeros(len(names), bool)
    for part, first in zip(index.parts, index.first, strict=True):
        mine = np.flatnonzero((names >= first) & (names < first + len(part)))
        lengths = part.doc_words[names[mine] - first].astype(np.int64)
        ends = np.cumsum(lengths)
        begin = part.word_start[names[mine] - first].astype(np.int64)
        word = part.word[np.arange(int(lengths.sum())) + np.repeat(begin - ends + lengths, lengths)]
        owner = np.repeat(np.arange(len(mine)), lengths)
        figures = np.flatnonzero((word >= part.begins(b"0")[0]) & (word < part.begins(b"9")[1]))
        distinct, at = np.unique(word[figures], return_inverse=True)
        said = [part.token(token).decode() for token in distinct.tolist()]
        strange = np.array([text.isdecimal() and text not in numerals for text in said], bool)
        has = np.zeros((len(mine), len(numerals) + 1), bool)
        has[owner[figures[strange[at]]], -1] = True
        for number, numeral in enumerate(numerals):
            has[owner[figures[np.array([text == numeral for text in said], bool)[at]]], number] = True
        other[mine] = has[:, -1] & ~has[:, :-1].all(axis=1)
    return other


def _with_all_words(index: NameIndex, meetings: _Meetings, norm: str, name: MatchName) -> None:
    """Adds all names in which every word of the query begins a word, as it was written or in match spelling.

    Runs written without blanks are indexed by every two neighbours: there the run may stand anywhere in the name.
    """
    written = [part for run in norm.split() for part in (words(run)[1:] or [run])]
    # the last word may be cut off, and then is no abbreviation or numeral: "Bank of Amer", "Grupo V"
    begun, _, last = norm.rpartition(" ")
    ways = dict.fromkeys((tuple(written), name.tokens, (*match_name(begun).tokens, last) if begun else ()))
    for part, first in zip(index.parts, index.first, strict=True):
        for asked in filter(None, ways):
            ranges = [part.begins(word.encode()) for word in asked]
            docs = _having(ranges, part)
            if not len(docs):
                continue
            leads = np.ones(len(docs), bool)
            for at, (low, high) in enumerate(ranges):
                there = np.minimum(part.word_start[docs].astype(np.int64) + at, len(part.word) - 1)
                leads &= (part.doc_words[docs] > at) & (part.word[there] >= low) & (part.word[there] < high)
            share = np.ceil(4 * np.minimum(1, len(asked) / part.doc_words[docs])).astype(np.int64)
            meetings.add(first + docs, np.where(leads, BEGINS, WORDS), share)


def _having(ranges: list[tuple[int, int]], part: Segment) -> Rows:
    """Names that have a word of every range."""
    rarest, *others = sorted({*ranges}, key=lambda held: len(part.names_with(*held)))
    docs = np.sort(part.names_with(*rarest))
    docs = docs[np.append(True, docs[1:] != docs[:-1])] if len(docs) else docs
    while others and len(docs) > _LOOKED_THROUGH:
        has = np.zeros(len(part), bool)
        has[part.names_with(*others.pop(0))] = True
        docs = docs[has[docs]]
    found: Rows = docs.astype(np.int64)
    if others and len(found):
        # the words of few names are sooner read than the names of common words
        places, lengths = ragged(part.word_start, found)
        word, starts = part.word[places], np.cumsum(lengths) - lengths
        held = [np.logical_or.reduceat((word >= low) & (word < high), starts) for low, high in others]
        found = found[np.logical_and.reduce(held)]
    return found


def _companies(
    index: NameIndex, meetings: _Meetings, numbered: Rows, *, form: int, country: str | None, shown: Shown | None
) -> Met:
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
    visible = shown.names(company, links.name_row[places]) if shown else None
    fell = visible is not None and not visible.all()
    if visible is not None:
        fits &= visible
    company, levels, shares, places, names, stated = (
        column[fits] for column in (company, levels, shares, places, names, stated)
    )
    if shown:
        numbered = shown.companies(numbered)
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
    order = np.argsort(company)
    same = company[order[1:]] == company[order[:-1]]
    # only companies met several times are put in order: a short word meets a hundred thousand
    several = np.flatnonzero(np.append(False, same) | np.append(same, False)) if len(order) else order
    again = order[several]
    keys = (places[again], -shares[again], ~stated[again], levels[again], company[again])
    order[several] = again[np.lexsort(keys)]
    order = order[np.append(True, ~same)] if len(order) else order
    found = Met(company[order], levels[order], shares[order], places[order].astype(np.int64), names[order])
    found.more = fell
    return found


def ranked(index: NameIndex, met: Met, limit: int, records: Rows | None = None, last: Rows | None = None) -> Rows:
    """Places in `met` of the best companies; records and last days are the companies' own unless given."""
    links = index.links
    best = np.arange(len(met.company))
    if len(best) > limit:
        # most fall away by level and share, and are not looked up
        rough = (met.level << 8) - met.share
        best = np.flatnonzero(rough <= np.partition(rough, limit - 1)[limit - 1])
    counted = links.records[met.company[best]].astype(np.int64) if records is None else records[best]
    if len(best) > limit:
        rough = (((met.level[best] << 8) - met.share[best]) << 32) - counted
        kept = np.flatnonzero(rough <= np.partition(rough, limit - 1)[limit - 1])
        best, counted = best[kept], counted[kept]
    latest = links.last[met.company[best]].astype(np.int64) if last is None else last[best]
    keys = (links.company_key[met.company[best]], -latest, -counted, -met.share[best], met.level[best])
    return best[np.lexsort(keys)[:limit]]
