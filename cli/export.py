"""trackrecord export: records as a file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli import as_json, coverage
from cli.home import Json, argument, is_sample, store_of
from cli.render import facts, heading, notice, progress, say

_DAY = ["%Y-%m-%d"]


def run(
    context: typer.Context,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file: .csv, .xlsx, .jsonl or .parquet.")],
    written: Annotated[
        str | None, typer.Option("--format", help="csv, xlsx, jsonl or parquet. Default: by the file's ending.")
    ] = None,
    source: Annotated[list[str] | None, typer.Option(help="Records of this source only; may be repeated.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Records of this kind only; may be repeated.")] = None,
    company: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Records of this company only; may be repeated.")
    ] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166-1 country of the respondent: us, br, jp.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=_DAY, help="Records dated from this day on; undated ones are left out."),
    ] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="What the database knew at the end of this day, UTC.")
    ] = None,
    include_removed: Annotated[
        bool, typer.Option("--include-removed", help="Ids and dates of records that are no longer published.")
    ] = False,
    json: Json = False,
) -> None:
    """Write records with all columns, where each comes from, and what analysts dispute, into a file.

    Beside it stand FILE.dictionary.csv (what each column means; the licences) and FILE.coverage.json (the sources,
    how old and complete they are); a workbook has them as sheets. No cell is run as a formula. The files are yours
    alone, and replace older ones only when whole. Records that a source takes back stay in files made before.
    """
    from cli.answer import country_code
    from db.export.run import export
    from db.export.view import Chosen
    from ingest.catalog import catalogue, find_source

    store = store_of(context)
    chosen = Chosen(
        sources=tuple(find_source(argument(source_id)).id for source_id in source or ()),
        kinds=tuple(kind or ()),
        companies=tuple(argument(company_id) for company_id in company or ()),
        country=country_code(country, "--country"),
        since=since.date() if since else None,
        as_of=as_of.date() if as_of else None,
        include_removed=include_removed,
    )
    with progress() as tell:
        done = export(
            store, output.expanduser(), chosen, catalogue().values(), datetime.now(UTC), written=written, progress=tell
        )
    if json:
        as_json.report(done, sample=is_sample(store.home))
        return
    heading(f"{done.records:,} records written into {output}")
    facts(
        [
            ("tombstones", f"{done.tombstones:,} of records no longer published" if done.tombstones else None),
            *(("beside it", file) for file in done.files[:-1]),
        ]
    )
    say()
    coverage.in_short(done.coverage)
    notice(sample=is_sample(store.home))
