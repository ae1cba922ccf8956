"""Search by number: a number in full, or the root that all establishments of a company share."""

import re
from dataclasses import dataclass

import duckdb

from ingest.identifiers import recognise
from ingest.identifiers.schemes import SCHEMES

_ROOT = re.compile(r"(?:(siren|siret|cnpj)[\s:#.]*)?([0-9][0-9 .]*)", re.IGNORECASE)
_ROOT_OF = {9: ("siret", {"", "siren", "siret"}), 8: ("cnpj", {"", "cnpj"})}
"""By number of digits: the scheme whose numbers begin with it, and what may be written before it."""


@dataclass(frozen=True, slots=True)
class Match:
    """What of the company the query met.

    `by`: identifier, root (of an identifier), same name, name (another legal form, another way to write it, an alias),
    words (all words of the query begin words of the name), similar (misspelt, or words are missing).
    """

    by: str
    text: str
    kind: str
    """Scheme of the identifier, or kind of the name: stated, alias …"""


def by_number(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, Match]:
    """Companies by numbers the query may be; one that no known scheme explains is looked for as typed.

    Cost: range scans of company_identifier, which is sorted by value.
    """
    numbers: dict[str, Match] = {}
    pairs = {(found.scheme, found.value) for found in recognise(query)}
    typed = query.strip()
    for value in sorted({value for _, value in pairs} | ({typed} if any(map(str.isdigit, typed)) else set())):
        for company_id, scheme in con.execute(
            "SELECT company_id, scheme FROM company_identifier WHERE value = ?", [value]
        ).fetchall():
            if (scheme, value) in pairs or (value == typed and scheme not in SCHEMES):
                numbers.setdefault(company_id, Match("identifier", value, scheme))
    scheme, root = _root(typed)
    if root:
        for company_id, value in con.execute(
            """SELECT company_id, min(value) FROM company_identifier
            WHERE value >= ? AND value < ? AND scheme = ? GROUP BY company_id""",
            [root, f"{root}~", scheme],
        ).fetchall():
            numbers.setdefault(company_id, Match("root", value, scheme))
    return numbers


def _root(typed: str) -> tuple[str, str]:
    """The scheme to look in and the digits its numbers begin with: a SIREN or the first part of a CNPJ."""
    written = _ROOT.fullmatch(typed)
    if written is None:
        return "", ""
    digits = re.sub("[ .]", "", written[2])
    scheme, labels = _ROOT_OF.get(len(digits), ("", set[str]()))
    return (scheme, digits) if (written[1] or "").lower() in labels else ("", "")
