"""trackrecord watch: lists of suppliers, matched again and again; only what is new is reported."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import as_json, coverage
from cli.home import Json, argument, columns_of, command, home_of, is_sample, store_of
from cli.render import facts, heading, notice, progress, say, table, warn
from cli.ruling import By, who
from cli.watched import added, listed, row_of, rows_in_words, supplier_of, tell_added

if TYPE_CHECKING:
    from collections.abc import Iterator

    from db.watch.run import Line, Ran

SOMETHING_NEW = 1
_SHOWN = 40
"""Lines printed; a report has all of them."""

Name = Annotated[str, typer.Argument(metavar="NAME", help="The watch list.")]

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """Keep lists of suppliers, and hear what is new about them. Made for cron: exit 1 says that something is."""


@app.command("add")
def add(
    context: typer.Context,
    *,
    name: Name,
    suppliers: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX or Parquet with a column of names.")],
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=HEADER",
            help="Which column is what, if the header does not say: name, country, id, address, city, postcode, and "
            "reference, your own number of a supplier.",
        ),
    ] = None,
    threshold: Annotated[
        str | None, typer.Option(help="Weakest match reported: same, likely or possible. Default: possible.")
    ] = None,
    vouched: Annotated[
        bool, typer.Option("--vouched", help="You say that suppliers whose names are unsure are organisations.")
    ] = False,
    by: By = None,
    json: Json = False,
) -> None:
    """Make a watch list from a file, or replace its suppliers: what stays the same is not reported again.

    Your reference tells which row is which supplier of an earlier file, else name and country. Kept are reference,
    name, country, numbers, address and row number; nothing else of the file. Rows of persons and sole traders are left
    out, and so are names that may be a person's, unless the row has an LEI or a number of a company register, or you
    vouch for them with --vouched, which is recorded with your name.
    """
    from db.screen.matching import BANDS
    from db.watch.lists import WatchLists
    from db.watch.suppliers import read_suppliers
    from ingest.errors import UsageError

    if threshold is not None and threshold not in BANDS:
        raise UsageError(f"no threshold `{threshold[:40]}`", next_step=f"Thresholds: {', '.join(BANDS)}.")
    home, named = home_of(context), argument(name)
    lists, by_whom = WatchLists(home), who(by)
    with progress() as tell:
        read = read_suppliers(home, suppliers, columns_of(column), lambda rows: tell("rows read", rows, None))
    made = lists.put(named, read, threshold=threshold, by=by_whom, vouched=vouched)
    if json:
        as_json.report(added(made, read), sample=is_sample(home))
        return
    tell_added(context, made, read, suppliers)
    notice(sample=is_sample(home))


@app.command("list")
def all_(context: typer.Context, *, json: Json = False) -> None:
    """List the watch lists, and when each was last run."""
    from db.watch.lists import WatchLists

    home = home_of(context)
    lists = WatchLists(home).all()
    if json:
        as_json.report({"lists": [listed(found) for found in lists]}, sample=is_sample(home))
        return
    if lists:
        titles = ("list", "suppliers", "vouched for", "threshold", "made", "by", "changed", "last run", "new then")
        table(titles, [row_of(found) for found in lists])
    else:
        say("No watch lists. Make one: trackrecord watch add NAME FILE")
    notice(sample=is_sample(home))


@app.command("show")
def show(context: typer.Context, *, name: Name, json: Json = False) -> None:
    """Show a watch list and its suppliers as they are kept."""
    from db.watch.lists import WatchLists

    home = home_of(context)
    lists = WatchLists(home)
    found = lists.find(argument(name))
    kept = lists.suppliers(found)
    if json:
        rows = [
            {**supplier_of(item.supplier), "vouched_by": item.vouched_by, "vouched_at": item.vouched_at}
            for item in kept
        ]
        as_json.report({**listed(found), "suppliers": rows}, sample=is_sample(home))
        return
    heading(f"{found.name}: {found.suppliers:,} suppliers")
    facts(
        [
            ("made", f"{found.made_at:%Y-%m-%d %H:%M} UTC by {found.made_by}"),
            ("changed", found.changed_at and f"{found.changed_at:%Y-%m-%d %H:%M} UTC by {found.changed_by}"),
            ("threshold", found.threshold),
            ("last run", found.ran_at or "never"),
            ("new then", found.news),
        ]
    )
    say()
    titles = ("row", "reference", "name", "country", "numbers", "address", "city", "postcode", "vouched for")
    table(
        titles,
        [
            (
                item.supplier.row,
                item.supplier.reference,
                item.supplier.name,
                item.supplier.country.upper(),
                ", ".join(f"{header} {cell}" for header, cell in item.supplier.numbers),
                item.supplier.address,
                item.supplier.city,
                item.supplier.postcode,
                item.vouched_at and f"{item.vouched_at:%Y-%m-%d} by {item.vouched_by}",
            )
            for item in kept
        ],
    )
    notice(sample=is_sample(home))


@app.command("remove")
def remove(
    context: typer.Context,
    *,
    name: Name,
    why: Annotated[str, typer.Option(help="Your reason, in words.")],
    by: By = None,
    json: Json = False,
) -> None:
    """Remove a watch list: its suppliers and what was seen of them are erased; that it was, and why it went, stays."""
    from db.watch.lists import WatchLists

    home = home_of(context)
    gone = WatchLists(home).remove(argument(name), why=argument(why), by=who(by))
    if json:
        as_json.report({"removed": gone.name, "suppliers": gone.suppliers}, sample=is_sample(home))
        return
    say(f"Watch list {gone.name} is removed, with its {gone.suppliers:,} suppliers.")


@app.command("run")
def run(
    context: typer.Context,
    *,
    name: Name,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The report: .csv, .xlsx or .html.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what is as before: all that is on record about the list.")
    ] = False,
    json: Json = False,
) -> None:
    """Match a watch list and report what is new or different since its last run. Exit 1 if anything is, else 0.

    New are matches, records, changes (with the fields), what came into force or ceased, what the source removed or
    publishes again, disputes, and matches dismissed before that have changed since. The first run reports all there is.
    What is reported counts as reported only once it is all written: after an interruption it comes again.
    Where nothing is new, one line says what was searched and how fresh it is.
    """
    from datetime import UTC, datetime

    from db.watch.report import check, write
    from db.watch.run import run as run_list
    from ingest.catalog import catalogue

    store = store_of(context)
    sample = is_sample(store.home)
    if output is not None:
        check(output)

    def deliver(ran: "Ran", lines: "Iterator[Line]") -> None:
        if output is not None:
            write(output, ran, lines)
            lines = iter(())
        if json:
            shown = {"report": str(output)} if output is not None else {"lines": list(lines)}
            as_json.report({**summary(ran), **shown}, sample=sample)
        elif output is None:
            _print(context, ran, lines)
        else:
            _print_counts(ran, f"Report: {output}")

    with progress() as tell:
        ran = run_list(
            store,
            argument(name),
            catalogue(),
            datetime.now(UTC),
            deliver=deliver,
            tell=tell,
            everything=everything,
        )
    if not json and (ran.anything or everything):
        notice(sample=sample)
    if ran.anything:
        raise typer.Exit(SOMETHING_NEW)


def _print(context: typer.Context, ran: "Ran", lines: "Iterator[Line]") -> None:
    from itertools import islice

    _print_counts(ran, None)
    shown = list(islice(lines, _SHOWN + 1))
    if not shown:
        return
    say()
    titles = ("supplier", "what is new", "company", "band", "record", "date", "kind", "status", "match", "remarks")
    table(titles, [_line(line) for line in shown[:_SHOWN]])
    if len(shown) > _SHOWN:
        rest = sum(1 for _ in lines) + 1
        say(f"… and {rest:,} more lines, which count as reported now.")
        say(f"All of it: {command(context, 'watch', 'run', ran.name, '--all', '-o', 'REPORT.html')}")


def _print_counts(ran: "Ran", report: str | None) -> None:
    from db.watch.news import SAME
    from db.watch.run import nothing_new

    if ran.left_out:
        warn(f"{ran.name}: the privacy gate of today leaves out {rows_in_words(ran.left_out)}; erased.")
    if not ran.anything:
        say(f"{ran.name}: {nothing_new(ran)}." + (f" {report}" if report else ""))
        return
    since = f"new since {ran.since:%Y-%m-%d %H:%M} UTC" if ran.since else "first run: all there is, the baseline"
    heading(f"{ran.name}: {since}")
    say()
    table(("what", "number"), [(what, number) for what, number in ran.news.items() if what != SAME])
    say()
    dismissed = f", {ran.dismissed:,} dismissed by analysts" if ran.dismissed else ""
    say(
        f"{ran.matched:,} of {ran.suppliers:,} suppliers are matched now: {ran.matches:,} matches{dismissed}; "
        f"{ran.records:,} records."
    )
    coverage.in_short(ran.coverage)
    if report:
        say(report)


def _line(line: "Line") -> tuple[object, ...]:
    named = line.supplier.name + (f" ({line.supplier.reference})" if line.supplier.reference else "")
    record = line.record
    return (
        named,
        f"{line.what}: {line.detail}" if line.detail else line.what,
        line.company,
        line.band,
        record.get("record_id"),
        record.get("date"),
        record.get("kind"),
        record.get("status"),
        line.match,
        "; ".join(filter(None, (line.judgement, *line.remarks))),
    )


def summary(ran: "Ran") -> dict[str, Any]:
    """What a run came to, for machines."""
    from db.watch.run import nothing_new

    names = (
        "name", "since", "suppliers", "matched", "matches", "records", "dismissed", "threshold", "news", "left_out",
    )  # fmt: skip
    meaning = {} if ran.anything else {"meaning": nothing_new(ran)}
    return {
        **{name: getattr(ran, name) for name in names},
        "anything_new": ran.anything,
        **meaning,
        "coverage": ran.coverage,
    }
