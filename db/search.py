"""Search: companies by a number they carry or by the words of their names, with the coverage of the answer.

Ranked by how they match: the number; the same name with the same legal form; the same name; every word of the query
begins a word of the name. Then by number of records and latest date, never by how bad the records are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from db.numbers import Match, by_number
from db.status import Coverage, coverage
from ingest.catalog import Source
from ingest.errors import UsageError
from ingest.model import KINDS
from ingest.names.folding import fold
from ingest.names.normal import NormalName, normal_form, words

_NUMBER, _SAME, _NAME, _WORDS = 0, 1, 2, 3
_BY = {_SAME: "same name", _NAME: "name", _WORDS: "words"}
_FEW = 500
"""Rows of a word that are cheaper to look through than to look for a rarer word."""
_LAST = "\U0010ffff"
"""Sorts behind every character that may follow a prefix."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Restrictions; empty ones restrict nothing. `since` leaves out records without a date."""

    country: str | None = None
    sources: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    since: date | None = None

    @property
    def recount(self) -> bool:
        """Whether the records themselves are restricted, so that they have to be counted again."""
        return bool(self.sources or self.kinds or self.since)


@dataclass(frozen=True, slots=True)
class Result:
    """A company as named + country; `records` counts removed ones, within the filters.

    `not_adverse`: how many of them are vacated, withdrawn or cleared; `kinds` are those of the others.
    """

    company_id: str
    name: str
    country: str | None
    entity_type: str
    identifiers: list[dict[str, Any]]
    records: int
    removed: int
    not_adverse: int
    sources: list[str]
    kinds: list[str]
    first: date | None
    last: date | None
    matched: Match


@dataclass(frozen=True, slots=True)
class Found:
    """The answer: the best `limit` companies of `total`, and what was searched."""

    query: str
    total: int
    results: list[Result]
    coverage: Coverage


def search(
    con: duckdb.DuckDBPyConnection,
    query: str,
    sources: Iterable[Source],
    now: datetime,
    *,
    filters: Filters | None = None,
    limit: int = 20,
) -> Found:
    """Companies that match the query; `now` is UTC with zone. Raises UsageError for a query or filter without sense.

    Cost: range scans of the sorted search tables; with filters on records, one scan of record.company_id.
    """
    filters = filters or Filters()
    _check(query, filters, limit)
    wanted = normal_form(query, filters.country)
    _by_words(con, wanted.text)
    numbers = by_number(con, query)
    if numbers:
        con.execute(f"INSERT INTO hit SELECT unnest(?::VARCHAR[]), NULL, {_NUMBER}, NULL", [list(numbers)])
    total, rows = _ranked(con, wanted, filters, limit)
    if (not rows or rows[0][0] == _WORDS) and _by_other_division(con, query, wanted):
        total, rows = _ranked(con, wanted, filters, limit)
    results = [_result(con, row, numbers) for row in rows]
    return Found(query, total, results, coverage(con, sources, now, filters.sources))


def _check(query: str, filters: Filters, limit: int) -> None:
    if not query.strip():
        raise UsageError("the query is empty", next_step="Give a company's name or number.")
    if not any(map(str.isalnum, query)):
        raise UsageError("the query has no letter and no digit", next_step="Give a company's name or number.")
    if limit < 1:
        raise UsageError("--limit must be 1 or more")
    if unknown := [kind for kind in filters.kinds if kind not in KINDS]:
        raise UsageError(f"no kind `{unknown[0][:40]}`", next_step=f"Kinds: {', '.join(KINDS)}.")
    if filters.country and not (len(filters.country) == 2 and filters.country.isascii() and filters.country.isalpha()):
        raise UsageError("--country takes two letters of ISO 3166-1", next_step="For example --country us.")


def _by_other_division(con: duckdb.DuckDBPyConnection, query: str, wanted: NormalName) -> bool:
    """Adds companies whose own country divides the query otherwise, and says whether there are any.

    "Foo KK" is Foo, a kabushiki kaisha, in Japan only; elsewhere KK is part of the name.
    """
    countries = con.execute("SELECT DISTINCT country FROM company WHERE country IS NOT NULL").fetchall()
    divided = {found.text: found.legal_form for found in (normal_form(query, row[0]) for row in countries)}
    divided[fold(query)] = ""
    added = False
    for text in sorted(divided.keys() - {wanted.text}):
        for company_id, _, kind in _named(con, text):
            if kind == "stated":
                con.execute(f"INSERT INTO hit VALUES (?, NULL, {_SAME}, ?)", [company_id, divided[text]])
                added = True
    return added


def _by_words(con: duckdb.DuckDBPyConnection, norm: str) -> None:
    """Table `hit`: company_id, norm that was met, tier, legal form the company must have; by the words of `norm`.

    Starts at the rarest word, whose rows lie side by side: bounds on row ids keep the engine from unpacking others,
    and so does looking at the other words in a step of its own. Through a table, and not within one query, the
    engine knows how few hits there are and never builds on all companies.
    Runs written without blanks are indexed by every two neighbours: there the run may stand anywhere in the name.
    """
    indexed: list[str] = []
    conditions: list[str] = []
    values: list[Any] = []
    for part in norm.split():
        anywhere = len(words(part * 3)) > 1
        conditions.append("contains(norm, ?)" if anywhere else "contains(' ' || norm, ?)")
        values.append(part if anywhere else f" {part}")
        indexed += words(part)[1:] or [part]
    ranges: list[tuple[int, str, int, int]] = []
    for word in sorted(indexed, key=len, reverse=True):
        n, first, last = con.execute(
            "SELECT count(*), min(rowid), max(rowid) FROM company_word WHERE word >= ? AND word < ?",
            [word, word + _LAST],
        ).fetchone() or (0, 0, 0)
        if n == 0:
            con.execute(
                "CREATE OR REPLACE TEMP TABLE hit (company_id VARCHAR, norm VARCHAR, tier INTEGER, form VARCHAR)"
            )
            return
        ranges.append((n, word, first, last))
        if n <= _FEW:
            break
    _, rarest, first, last = min(ranges)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE hit AS
        WITH near AS MATERIALIZED (
            SELECT company_id, norm FROM company_word WHERE rowid BETWEEN ? AND ? AND word >= ? AND word < ?)
        SELECT DISTINCT company_id, norm, CASE WHEN norm = ? THEN {_NAME} ELSE {_WORDS} END AS tier,
               NULL::VARCHAR AS form
        FROM near WHERE {" AND ".join(conditions)}""",
        [first, last, rarest, rarest + _LAST, norm, *values],
    )


def _named(con: duckdb.DuckDBPyConnection, norm: str) -> list[tuple[str, str, str]]:
    """(company, name, kind) of whole names, stated ones first."""
    return con.execute(
        "SELECT company_id, name, kind FROM company_name WHERE norm = ? ORDER BY kind <> 'stated', name", [norm]
    ).fetchall()


def _ranked(
    con: duckdb.DuckDBPyConnection, wanted: NormalName, filters: Filters, limit: int
) -> tuple[int, list[tuple[Any, ...]]]:
    """How many companies match, and the best of them: tier, norm that was met, company columns."""
    counted, restrictions = _counted(filters)
    country = "AND c.country = ?" if filters.country else ""
    tier = f"CASE WHEN h.tier = {_NAME} AND c.norm = h.norm AND c.legal_form = ? THEN {_SAME} ELSE h.tier END"
    best = con.execute(
        f"""WITH tiered AS (
            SELECT c.rowid AS place, any_value(company_id) AS company_id, any_value(c.name) AS name,
                   min({tier}) AS tier, any_value(c.records) AS records,
                   min({{'tier': h.tier, 'other': h.norm <> c.norm, 'norm': h.norm}}).norm AS norm,
                   any_value(c.last_on) AS last_on
            FROM hit h JOIN company c USING (company_id)
            WHERE (h.form IS NULL OR h.form = c.legal_form) {country} GROUP BY c.rowid)
        SELECT place, tier, norm, {counted}
        ORDER BY tier, records DESC, last_on DESC NULLS LAST, name, company_id LIMIT ?""",
        [wanted.legal_form, *([filters.country] if filters.country else []), *restrictions, limit],
    ).fetchall()
    if not best:
        return 0, []
    columns = "norm, company_id, name, country, entity_type, identifiers"
    counts = "records, removed, not_adverse, sources, kinds, first_on, last_on"
    places = ", ".join(str(row[0]) for row in best)
    company = {
        row[0]: row[1:]
        for row in con.execute(f"SELECT rowid, {columns}, {counts} FROM company WHERE rowid IN ({places})").fetchall()
    }
    # a recount takes the place of the company's own counts
    return best[0][3], [(tier, met, *company[place][: 13 - len(own)], *own) for place, tier, met, _, *own in best]


def _counted(filters: Filters) -> tuple[str, list[Any]]:
    """The end of the ranking SQL, from the total on: records of the companies counted anew if they are restricted."""
    if not filters.recount:
        return "count(*) OVER () AS total FROM tiered", []
    conditions = ["true"]
    values: list[Any] = []
    for column, chosen in (("source_id", filters.sources), ("kind", filters.kinds)):
        if chosen:
            conditions.append(f"{column} IN ({', '.join('?' * len(chosen))})")
            values += chosen
    if filters.since:
        conditions.append("day >= ?")
        values.append(filters.since)
    # imported here: it brings pyarrow along, which a question without filters should not wait for
    from ingest.model import DAY_SQL, NOT_ADVERSE_SQL  # noqa: PLC0415

    return (
        f"""count(*) OVER () AS total, n.* EXCLUDE (company_id) FROM (SELECT * EXCLUDE (records, last_on) FROM tiered)
        JOIN (SELECT company_id, count(*) AS records, count(removed_at) AS removed,
                   count_if(not_adverse) AS not_adverse, list_sort(list(DISTINCT source_id)) AS sources,
                   coalesce(list_sort(list(DISTINCT kind) FILTER (NOT not_adverse)), []) AS kinds,
                   min(day) AS first_on, max(day) AS last_on
            FROM (SELECT company_id, source_id, kind, removed_at, {DAY_SQL} AS day,
                         {NOT_ADVERSE_SQL} AS not_adverse FROM record
                  SEMI JOIN hit USING (company_id)) WHERE {" AND ".join(conditions)} GROUP BY company_id) n
        USING (company_id)""",
        values,
    )


def _result(con: duckdb.DuckDBPyConnection, row: tuple[Any, ...], numbers: dict[str, Match]) -> Result:
    tier, met, norm, company_id, name, country, entity_type, identifiers, *counts = row
    records, removed, not_adverse, sources, kinds, first, last = counts
    if tier == _NUMBER:
        matched = numbers[company_id]
    elif met in {None, norm}:
        matched = Match(_BY[tier], name, "stated")
    else:
        matched = next(Match(_BY[tier], other, kind) for owner, other, kind in _named(con, met) if owner == company_id)
    return Result(
        company_id=company_id,
        name=name,
        country=country,
        entity_type=entity_type,
        identifiers=identifiers or [],
        records=records,
        removed=removed,
        not_adverse=not_adverse,
        sources=sources,
        kinds=kinds,
        first=first,
        last=last,
        matched=matched,
    )
