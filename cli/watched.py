"""What `trackrecord watch` says of its lists: what became of a file, and each list in short."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cli.home import command
from cli.render import facts, heading, say, warn

if TYPE_CHECKING:
    from db.watch.lists import Difference, WatchList
    from db.watch.suppliers import Read, Supplier

_ROWS = 20


def tell_added(context: typer.Context, made: "Difference", read: "Read", file: Path) -> None:
    """What became of the file and of the list, and what to do about rows that were left out."""
    found = made.list_
    heading(f"Watch list {found.name}: {found.suppliers:,} suppliers" + ("" if made.made else ", replaced"))
    facts(
        [
            ("read as", f"{read.taken_as}, header in row {read.header_row}"),
            ("reference", read.reference),
            *((item.role, f"{item.column} ({item.why})") for item in read.columns),
            ("added", made.added),
            *((name, n) for name, n in _counts(made).items() if not made.made),
            ("vouched for", made.vouched or None),
        ]
    )
    for what in _left_out(read):
        warn(what)
    if made.unsure:
        again = command(context, "watch", "add", found.name, str(file), "--vouched")
        warn(
            f"{rows_in_words(made.unsure)}: the privacy gate is unsure whether {_these(made.unsure)} an organisation; "
            "left out. With an LEI or the number of a company register in the row it is kept. If you know that all of "
            f"these are organisations, not persons or sole traders, say so: {again}"
        )
    say(f"Ask what is on record: {command(context, 'watch', 'run', found.name)}")


def _left_out(read: "Read") -> Iterator[str]:
    if read.persons:
        yield f"{rows_in_words(read.persons)}: read as a person or sole trader. Left out; nothing of it is kept."
    by_problem: dict[str, list[int]] = {}
    for row, problem in read.unreadable.items():
        by_problem.setdefault(problem, []).append(row)
    for problem, rows in by_problem.items():
        yield f"{rows_in_words(tuple(rows))}: {problem}. Left out."
    if read.same:
        yield f"{rows_in_words(read.same)}: the same as a row before. Kept once."
    if read.references_left_out:
        yield f"{rows_in_words(read.references_left_out)}: the reference is no number, so it is not kept; the name is."


def _counts(made: "Difference") -> dict[str, int]:
    return {name: getattr(made, name) for name in ("gone", "changed", "unchanged")}


def _these(rows: tuple[int, ...]) -> str:
    return "it names" if len(rows) == 1 else "each of them names"


def rows_in_words(rows: tuple[int, ...]) -> str:
    """`3 rows (4, 9, 17)`; of many the first."""
    listed = ", ".join(map(str, rows[:_ROWS])) + (", …" if len(rows) > _ROWS else "")
    return f"{len(rows):,} row{'' if len(rows) == 1 else 's'} ({listed})"


def added(made: "Difference", read: "Read") -> dict[str, Any]:
    """The same for machines."""
    return {
        **listed(made.list_),
        "made": made.made,
        "added": made.added,
        **_counts(made),
        "read_as": read.taken_as,
        "columns": [{"role": item.role, "column": item.column, "why": item.why} for item in read.columns],
        "reference": read.reference,
        "left_out": {
            "person_or_sole_trader": read.persons,
            "unsure": made.unsure,
            "unreadable": [{"row": row, "why": why} for row, why in read.unreadable.items()],
        },
        "same_as_before": read.same,
        "references_left_out": read.references_left_out,
    }


def listed(found: "WatchList") -> dict[str, Any]:
    """A list, for machines."""
    names = (
        "name", "threshold", "suppliers", "vouched", "made_by", "made_at", "changed_by", "changed_at", "ran_at", "news",
    )  # fmt: skip
    return {name: getattr(found, name) for name in names}


def row_of(found: "WatchList") -> tuple[object, ...]:
    """A list as a row of a table."""
    changed = f"{found.changed_at:%Y-%m-%d} by {found.changed_by}" if found.changed_at else None
    return (
        found.name,
        found.suppliers,
        found.vouched,
        found.threshold,
        f"{found.made_at:%Y-%m-%d}",
        found.made_by,
        changed,
        found.ran_at or "never",
        found.news or ("nothing" if found.ran_at else None),
    )


def supplier_of(supplier: "Supplier") -> dict[str, Any]:
    """A supplier as it is kept, for machines."""
    names = ("row", "reference", "name", "country", "numbers", "address", "city", "postcode")
    return {name: getattr(supplier, name) for name in names}
