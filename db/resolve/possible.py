"""Possible matches: companies that their names suggest and no strong link proves. Never called more than possible."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb

from db.index.meeting import meet, ranked
from db.index.opening import opened
from db.match.compare import Matcher, Party
from db.resolve.present import has_links
from db.resolve.schemes import SUPPORTING_LENGTH
from ingest.errors import StoreError

LIMIT = 10
_CANDIDATES = 60
_LISTED = "list_contains(?::VARCHAR[], company_id)"


@dataclass(frozen=True, slots=True)
class PossibleMatch:
    """A company kept apart; `reasons` say what speaks for and against it being the same, `score` how much (0 to 1)."""

    company_id: str
    name: str
    country: str | None
    records: int
    score: float
    reasons: list[str]


def possible_matches(con: duckdb.DuckDBPyConnection, company_id: str, limit: int = LIMIT) -> list[PossibleMatch]:
    """The companies most like this one, best first: by name through the index, and those of an equal normal form.

    An equal name is shown whatever speaks against it: the reader must see that it was kept apart, and why.
    Cost: one question to the index, some tens of comparisons.
    """
    (own,) = _companies(con, "company_id = ?", [company_id])
    found = {row["company_id"]: row for row in _equally_named(con, company_id)}
    numbered = _equally_numbered(con, company_id)
    found |= {row["company_id"]: row for row in (*_alike(con, own), *_companies(con, _LISTED, [[*numbered]]))}
    found.pop(company_id, None)
    aliases = _aliases(con, [company_id, *found])
    keys = _keys(con, [company_id, *found])
    matcher, mine = Matcher(), _party(own, aliases)
    matches = []
    for row in found.values():
        compared = matcher.compare(mine, _party(row, aliases))
        equal = row["norm"] == own["norm"]
        number = numbered.get(row["company_id"])
        if compared.band == "different" and not equal and number is None:
            continue
        reasons = [reason.text for reason in compared.reasons]
        if number is not None:
            reasons.insert(0, f"the same {number}, which is no proof by itself")
        if equal:
            reasons.insert(0, _why_apart(own, row, keys.get(company_id, []), keys.get(row["company_id"], [])))
        matches.append(
            PossibleMatch(row["company_id"], row["name"], row["country"], row["records"], compared.score, reasons)
        )
    return sorted(matches, key=lambda match: (-match.score, -match.records, match.company_id))[:limit]


def _why_apart(own: dict[str, Any], other: dict[str, Any], here: list[str], there: list[str]) -> str:
    """Why an equal name is no strong link."""
    if own["legal_form"] != other["legal_form"]:
        return f"same name, legal form “{other['legal_form'] or 'not stated'}”"
    if own["country"] is None or own["country"] != other["country"]:
        return "same name and legal form; not known to be in one country"
    if common := sorted({*here} & {*there}):
        return f"same name and {common[0]}, but different numbers stand between them"
    told = " and ".join(
        f"{where} {', '.join(keys[:3]) or 'nothing'}" for where, keys in (("here", here), ("there", there))
    )
    return f"same name, legal form and country; no number or place in common: {told}"


def _keys(con: duckdb.DuckDBPyConnection, companies: Iterable[str]) -> dict[str, list[str]]:
    """Places and numbers of the companies, in the form in which they are compared."""
    if not has_links(con):
        return {}
    rows = con.execute(
        """SELECT company_id, list(DISTINCT subject || ' ' || value ORDER BY subject || ' ' || value)
        FROM party JOIN party_key USING (party_id)
        WHERE list_contains(?::VARCHAR[], company_id) AND party_key.kind <> 'alias' GROUP BY company_id""",
        [list(companies)],
    ).fetchall()
    return dict(rows)


def _companies(con: duckdb.DuckDBPyConnection, where: str, values: list[Any]) -> list[dict[str, Any]]:
    names = ("company_id", "name", "norm", "legal_form", "country", "identifiers", "records")
    rows = con.execute(f"SELECT {', '.join(names)} FROM company WHERE {where}", values).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]


def _equally_named(con: duckdb.DuckDBPyConnection, company_id: str) -> list[dict[str, Any]]:
    """Companies one of whose names has the normal form of one of its stated names."""
    return _companies(
        con,
        f"""company_id IN (SELECT company_id FROM company_name WHERE norm IN (
            SELECT norm FROM company_name WHERE company_id = ? AND kind = 'stated'))
        ORDER BY records DESC, company_id LIMIT {_CANDIDATES}""",
        [company_id],
    )


def _equally_numbered(con: duckdb.DuckDBPyConnection, company_id: str) -> dict[str, str]:
    """Companies that bear a number of it, and the number."""
    rows = con.execute(
        f"""SELECT o.company_id, min(o.scheme || ' ' || o.value) FROM company_identifier o
        JOIN (SELECT scheme, value FROM company_identifier
              WHERE company_id = ? AND len(value) >= {SUPPORTING_LENGTH}) own USING (scheme, value)
        GROUP BY o.company_id ORDER BY o.company_id LIMIT {_CANDIDATES}""",
        [company_id],
    ).fetchall()
    return dict(rows)


def _alike(con: duckdb.DuckDBPyConnection, own: dict[str, Any]) -> list[dict[str, Any]]:
    """The best candidates of the name index; none where a home without index cannot be written."""
    import numpy as np  # noqa: PLC0415 -- only a company's page needs it

    try:
        index = opened(con)
    except StoreError:
        return []
    met = meet(index, own["name"], None, np.array([], np.int64), deep=False)
    rows = ", ".join(str(int(row)) for row in met.company[ranked(index, met, _CANDIDATES)])
    return _companies(con, f"rowid IN ({rows})", []) if rows else []


def _aliases(con: duckdb.DuckDBPyConnection, companies: Iterable[str]) -> dict[str, tuple[str, ...]]:
    rows = con.execute(
        """SELECT company_id, list(DISTINCT name ORDER BY name) FROM company_name
        WHERE list_contains(?::VARCHAR[], company_id) AND kind <> 'weak alias' GROUP BY company_id""",
        [list(companies)],
    ).fetchall()
    return {company_id: tuple(names) for company_id, names in rows}


def _party(row: dict[str, Any], aliases: dict[str, tuple[str, ...]]) -> Party:
    numbers = tuple((i["scheme"], i["value"]) for i in row["identifiers"] or () if i["valid"] is not False)
    others = tuple(name for name in aliases.get(row["company_id"], ()) if name != row["name"])
    return Party(row["name"], row["country"], numbers, aliases=others)
