"""trackrecord screen: a file of suppliers against the database."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import as_json, coverage
from cli.home import Json, columns_of, is_sample, store_of
from cli.render import facts, heading, notice, progress, say, table

if TYPE_CHECKING:
    from db.screen.run import Screened


def run(
    context: typer.Context,
    *,
    suppliers: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX or Parquet with a column of names.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The report: .xlsx, .csv or .jsonl.")],
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=HEADER",
            help="Which column is what, if the header does not say: name, country, id, address, city, postcode.",
        ),
    ] = None,
    threshold: Annotated[str, typer.Option(help="Weakest match reported: same, likely or possible.")] = "possible",
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Answer from what the database knew at the end of this day, UTC."),
    ] = None,
    include_removed: Annotated[
        bool, typer.Option("--include-removed", help="Ids and dates of records that their source no longer publishes.")
    ] = False,
    json: Json = False,
) -> None:
    """Look up every supplier of a file; each row comes back with its matches and why, or with what `none` rests on.

    Every input column and row is kept. A match on name alone is a possible match. Cells that a spreadsheet would run
    as a formula are written behind an apostrophe (CSV) or as text (XLSX).

    What the file says is stored nowhere but in the report, which only you can read. Until the report is there a folder
    `.REPORT.work` beside it, closed to others, holds rows and matches: asking again after an interruption goes on from
    it. It goes with the end of the screening; delete it if you do not mean to go on.
    """
    from datetime import UTC

    from db.screen.run import Wish, screen
    from ingest.catalog import catalogue

    wish = Wish(suppliers, output, columns_of(column), threshold, as_of.date() if as_of else None, include_removed)
    store = store_of(context)
    with progress() as tell:
        done = screen(store, wish, catalogue().values(), datetime.now(UTC), tell)
    if json:
        as_json.report(done, sample=is_sample(store.home))
        return
    _print(done)
    notice(sample=is_sample(store.home))


def _print(done: "Screened") -> None:
    from db.screen.matching import BANDS

    total = sum(done.rows.values())
    heading(f"{total:,} rows screened into {done.report}")
    say()
    facts([("read as", f"{done.taken_as}, header in row {done.header_row}")])
    facts([(item.role, f"{item.column} ({item.why})") for item in done.columns])
    if done.resumed:
        say("  Went on where an earlier screening of this file had stopped.")
    say()
    shown = (*BANDS, "dismissed", "none", "not screened")
    table(("best match", "rows"), [(band, done.rows[band]) for band in shown if done.rows.get(band)])
    say()
    dismissed = f" and {done.dismissed:,} dismissed by analysts" if done.dismissed else ""
    say(f"{done.matches:,} matches{dismissed}, with {done.companies:,} companies.")
    if done.unpublished:
        n = done.unpublished
        say(f"{n:,} of their records {'is' if n == 1 else 'are'} no longer published and not counted.")
    coverage.in_short(done.coverage)
