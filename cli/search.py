"""trackrecord search: companies by name or number."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli import as_json, coverage
from cli.home import Json, argument, is_sample, store_of
from cli.render import heading, identifier, notice, say, table

if TYPE_CHECKING:
    from db.numbers import Match
    from db.search import Found

_ROOTS = {"siret": "SIREN of SIRET", "cnpj": "root of CNPJ"}
_NUMBERS = 3
"""Numbers of a company shown in a line; `show` has all."""


def run(
    context: typer.Context,
    *,
    query: Annotated[list[str], typer.Argument(metavar="QUERY", help="A company's name or number.")],
    country: Annotated[str | None, typer.Option(help="ISO 3166-1 country of the company: us, br, jp.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="Records of this source only; may be repeated.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Records of this kind only; may be repeated.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Records dated from this day on; undated ones are left out."),
    ] = None,
    limit: Annotated[int, typer.Option(help="Companies shown at most.")] = 20,
    json: Json = False,
) -> None:
    """Find companies by name or number (LEI, CIK, CNPJ, RFC, SIRET …), grouped as named, with country."""
    from datetime import UTC

    from db.search import Filters, search
    from ingest.catalog import catalogue, find_source

    filters = Filters(
        country=country.lower() if country else None,
        sources=tuple(find_source(source_id).id for source_id in source or ()),
        kinds=tuple(kind or ()),
        since=since.date() if since else None,
    )
    store = store_of(context)
    with store.reading() as con:
        text = argument(" ".join(query))
        found = search(con, text, catalogue().values(), datetime.now(UTC), filters=filters, limit=limit)
    if json:
        as_json.report(found, sample=is_sample(store.home))
        return
    _print(found)
    notice(sample=is_sample(store.home))


def _print(found: "Found") -> None:
    if not found.results:
        coverage.in_full(found.query, found.coverage)
        return
    shown = f", the first {len(found.results)} shown (--limit shows more)" if found.total > len(found.results) else ""
    heading(f"{found.total:,} compan{'y' if found.total == 1 else 'ies'} for “{found.query}”{shown}")
    say()
    table(
        (
            "company",
            "country",
            "records",
            "of them removed",
            "cleared or withdrawn",
            "first",
            "last",
            "records by kind",
            "sources",
            "why",
            "numbers",
            "id",
        ),
        [
            (
                result.name,
                (result.country or "").upper(),
                result.records,
                result.removed or "",
                result.not_adverse or "",
                result.first,
                result.last,
                [f"{kind} {n:,}" for kind, n in result.by_kind.items()] or "– (cleared or withdrawn)",
                result.sources,
                _why(result.matched, result.why),
                [identifier({**number, "valid": None}) for number in result.identifiers[:_NUMBERS]],
                result.company_id,
            )
            for result in found.results
        ],
    )
    say()
    coverage.in_short(found.coverage)


def _why(match: "Match", why: "tuple[str, ...]") -> str:
    if match.by == "identifier":
        return identifier({"scheme": match.kind, "value": match.text, "valid": None})
    if match.by == "root":
        return f"{_ROOTS[match.kind]} {match.text}"
    return ", ".join(why)
