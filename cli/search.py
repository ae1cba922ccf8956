"""trackrecord search: companies by name or number."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import as_json, coverage
from cli.home import Json, argument, is_sample, store_of
from cli.render import heading, identifier, notice, say, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.numbers import Match
    from db.search import Found, Result, Unpublished

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
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Answer from what the database knew at the end of this day, UTC."),
    ] = None,
    include_removed: Annotated[
        bool,
        typer.Option("--include-removed", help="List companies too whose records their source no longer publishes."),
    ] = False,
    limit: Annotated[int, typer.Option(help="Companies shown at most.")] = 20,
    json: Json = False,
) -> None:
    """Find companies by name or number (LEI, CIK, CNPJ, RFC, SIRET …), grouped as named, with country.

    A record that a source declared `mirror-source` no longer publishes, or whose publication has ended, does not
    count; --include-removed says how many there are, and nothing else of them. A company is also found by an earlier
    name that its source has corrected since, which is said. With --as-of a day it is found by the names it had then.
    """
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
        found = search(
            con,
            text,
            catalogue().values(),
            datetime.now(UTC),
            filters=filters,
            limit=limit,
            as_of=as_of.date() if as_of else None,
            include_removed=include_removed,
        )
    if json:
        as_json.report(found, sample=is_sample(store.home))
        return
    _print(found)
    notice(sample=is_sample(store.home))


def _print(found: "Found") -> None:
    if not found.results:
        coverage.in_full(found.query, found.coverage, found.as_of)
        return
    shown = f", the first {len(found.results)} shown (--limit shows more)" if found.total > len(found.results) else ""
    known = f", as known at the end of {found.as_of} (UTC)" if found.as_of else ""
    heading(f"{found.total:,} compan{'y' if found.total == 1 else 'ies'} for “{found.query}”{known}{shown}")
    say()
    columns = _columns(found.results)
    table([*columns], zip(*columns.values(), strict=True))
    say()
    coverage.in_short(found.coverage)


def _columns(results: "Sequence[Result]") -> dict[str, list[Any]]:
    """Cells of the table by its titles; columns that say nothing in this answer are left out."""
    columns: dict[str, list[Any]] = {
        "company": [result.name or "(not shown)" for result in results],
        "country": [(result.country or "").upper() for result in results],
        "records": [result.records for result in results],
        "of them removed": [result.removed or "" for result in results],
        "cleared or withdrawn": [result.not_adverse or "" for result in results],
    }
    if any(result.gone_since for result in results):
        columns["no longer published since"] = [result.gone_since or "" for result in results]
    if any(result.unpublished for result in results):
        columns["not shown"] = [[_unpublished(found) for found in result.unpublished] for result in results]
    return columns | {
        "first": [result.first for result in results],
        "last": [result.last for result in results],
        "records by kind": [_kinds(result) for result in results],
        "sources": [result.sources for result in results],
        "why": [_why(result.matched, result.why) for result in results],
        "numbers": [
            [identifier({**number, "valid": None}) for number in result.identifiers[:_NUMBERS]] for result in results
        ],
        "id": [result.company_id for result in results],
    }


def _unpublished(found: "Unpublished") -> str:
    return f"{found.records:,} record{'' if found.records == 1 else 's'} no longer published by {found.publisher}"


def _kinds(result: "Result") -> list[str] | str:
    kinds = [f"{kind} {n:,}" for kind, n in result.by_kind.items()]
    return kinds or ("– (cleared or withdrawn)" if result.records else "")


def _why(match: "Match", why: "tuple[str, ...]") -> str:
    if match.by == "identifier":
        return identifier({"scheme": match.kind, "value": match.text, "valid": None})
    if match.by == "root":
        return f"{_ROOTS[match.kind]} {match.text}"
    return ", ".join(why)
