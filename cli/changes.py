"""trackrecord changes: what came, changed, returned, went or expired since a day, a time or a retrieval."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import as_json
from cli.home import Json, argument, is_sample, store_of
from cli.render import NOTICE, heading, notice, plain, say, table, write

if TYPE_CHECKING:
    import duckdb

    from db.changes.between import Change, Counted
    from db.changes.interval import Interval, Looked
    from ingest.catalog import Source

_SHOWN = 50
_SOURCES_NAMED = 12
_MOST_JSON = 100_000
_CAUSES = {
    "agency": "changed by the agency",
    "adapter": "re-read with another adapter",
    "gate": "judged by another gate or ruling",
    "agency or adapter": "row and adapter both changed",
}


def run(
    context: typer.Context,
    *,
    since: Annotated[
        str, typer.Option(metavar="DAY|TIME|RETRIEVAL", help="2026-01-31, 2026-01-31T12:00Z, or a retrieval's id.")
    ],
    until: Annotated[
        str | None, typer.Option(metavar="DAY|TIME|RETRIEVAL", help="To the end of this. Default: now.")
    ] = None,
    source: Annotated[list[str] | None, typer.Option(help="Records of this source only; may be repeated.")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Records of this kind only; may be repeated.")] = None,
    company: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Records of this company only; may be repeated.")
    ] = None,
    watch: Annotated[str | None, typer.Option(metavar="NAME", help="Companies of this watch list only.")] = None,
    limit: Annotated[int | None, typer.Option(help=f"Changes listed at most. Default: {_SHOWN}; JSON: all.")] = None,
    json: Json = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Print every change as a line of JSON, the sums last.")
    ] = False,
) -> None:
    """Show what changed between two moments: new, changed, back, removed, aged out and expired records.

    Changes are dated by the sync that saw them, and are net: what was changed and changed back is counted only. A
    removed record of a source that keeps nothing it no longer publishes is told by its id and dates alone. What the
    answer rests on stands below it: sources that were not synced since can show no change.
    """
    from db.changes.between import changed_back, changes, counts
    from db.changes.interval import interval_of, looked_at
    from ingest.catalog import catalogue, find_source
    from ingest.errors import UsageError

    if json and jsonl:
        raise UsageError("--json and --jsonl exclude each other")
    if limit is not None and limit < 0:
        raise UsageError("--limit must be 0 or more")
    chosen = tuple(find_source(argument(source_id)).id for source_id in source or ())
    store, known, now = store_of(context), catalogue(), datetime.now(UTC)
    with store.reading() as con:
        interval = interval_of(con, argument(since), argument(until) if until is not None else None, now)
        found = changes(
            con,
            interval.since,
            until=interval.until,
            sources=chosen,
            kinds=tuple(kind or ()),
            companies=_companies(context, con, company, watch),
            today=now.date(),
            retention={source.id: source.retention for source in known.values()},
            most=limit if json or jsonl or limit is not None else _SHOWN,
        )
        told = _Told(interval, counts(con), changed_back(con), looked_at(con, known.values(), interval, now, chosen))
        if json and limit is None and told.total > _MOST_JSON:
            raise UsageError(f"{told.total:,} changes are too many for one JSON text", next_step="Ask with --jsonl.")
        lines = _lines(found, known, store.home)
        if not (json or jsonl):
            _print(told, list(lines))
            notice(sample=is_sample(store.home))
            return
        if json:
            listed = list(lines)
            summary = {**told.summary(), "left_out": told.total - len(listed), "changes": listed}
            as_json.report(summary, sample=is_sample(store.home))
            return
        for line in lines:
            write(as_json.text(line, gap=None) + "\n")
        marked = {"sample": True} if is_sample(store.home) else {}
        write(as_json.text({"summary": told.summary(), **marked, "notice": NOTICE}, gap=None) + "\n")


@dataclass(frozen=True, slots=True)
class _Told:
    """The sums of an answer, and what it rests on."""

    interval: "Interval"
    counts: "list[Counted]"
    changed_back: int
    sources: "list[Looked]"

    @property
    def total(self) -> int:
        """How many changes there are."""
        return sum(counted.n for counted in self.counts)

    def summary(self) -> dict[str, Any]:
        """For machines; `since` itself is not part of the interval, `until` is; empty for now."""
        from db.changes.between import CHANGES
        from db.times import utc

        by_kind = {kind: sum(c.n for c in self.counts if c.kind == kind) for kind in CHANGES}
        return {
            "asked": f"since {self.interval.since_words} until {self.interval.until_words}",
            "since": utc(self.interval.since),
            "until": utc(self.interval.until),
            "total": self.total,
            "totals": by_kind,
            "counts": self.counts,
            "changed_and_changed_back": self.changed_back,
            "sources": self.sources,
        }


def _companies(
    context: typer.Context, con: "duckdb.DuckDBPyConnection", company: list[str] | None, watch: str | None
) -> set[str] | None:
    """The companies asked for; None for all. Of one that is asked for and watched, both must hold."""
    from cli.home import home_of
    from db.chosen_companies import chosen_companies

    asked = chosen_companies(con, map(argument, company)) if company else None
    if watch is None:
        return asked
    from db.watch import companies_of

    watched = companies_of(home_of(context), argument(watch))
    return watched if asked is None else asked & watched


def _lines(found: "Iterator[Change]", known: "Mapping[str, Source]", home: Path) -> Iterator[dict[str, Any]]:
    """Changes as they are told, each with the disputes of its record."""
    from db.changes.between import told
    from db.decisions.kept import Decisions

    disputes = Decisions(home).disputes()
    for change in found:
        yield told(change, known.get(change.source_id), disputes.get(change.record_id, ()))


def _print(told: _Told, lines: list[dict[str, Any]]) -> None:
    until = f" until {told.interval.until_words}" if told.interval.until else ""
    heading(f"{told.total:,} change{'' if told.total == 1 else 's'} since {told.interval.since_words}{until}")
    if told.counts:
        say()
        _print_counts(told.counts)
    if told.changed_back:
        say(f"{told.changed_back:,} records changed and say the same again; they are not listed.")
    if lines:
        say()
        table(("seen", "change", "record", "company", "kind", "date", "what"), [_row(line) for line in lines])
    if told.total > len(lines):
        say(f"{told.total - len(lines):,} more left out; --limit shows more, --jsonl gives all.")
    say()
    _print_looked(told.sources)


def _print_counts(counts: "list[Counted]") -> None:
    """Sources by what changed; what the agency did not do stands in columns of its own."""
    from db.changes.between import CHANGES

    names: dict[str, str] = {**_CAUSES, **{kind: kind for kind in CHANGES}}
    order = ["new", *_CAUSES, *(kind for kind in CHANGES if kind not in {"new", "changed"})]
    cells: dict[str, dict[str, int]] = {}
    for counted in counts:
        name = str(counted.cause) if counted.kind == "changed" else counted.kind
        row = cells.setdefault(counted.source_id, {})
        row[name] = row.get(name, 0) + counted.n
    columns = [name for name in order if any(name in row for row in cells.values())]
    titles = ("source", *(names[name] for name in columns))
    table(titles, [(source_id, *(row.get(name, 0) for name in columns)) for source_id, row in cells.items()])


def _row(line: dict[str, Any]) -> tuple[object, ...]:
    start = (f"{line['at']:%Y-%m-%d}", line["change"], line["record_id"])
    if "tombstone" in line:
        return (*start, "", "", None, "; ".join([line["tombstone"], *_gone(line)]))
    what = [*_fields(line), *_gone(line)]
    if line["change"] in {"new", "back"}:
        published = f" (“{line['status_as_published']}”)" if line["status_as_published"] else ""
        what = [f"{line['status']}{published}", *what]
    if line["change"] == "expired":
        ends = (("in force until", line["effective_to"]), ("published until", line["publication_ends"]))
        what += [f"{words} {day}" for words, day in ends if day]
    cause = _CAUSES[line["cause"]] if line["cause"] not in {None, "agency"} else None
    return (
        *start,
        line["company_name"],
        line["kind"],
        line["date"],
        "; ".join([*what, *filter(None, [cause]), *line["disputes"]]),
    )


def _fields(line: dict[str, Any]) -> list[str]:
    from db.history import change_in_words

    return [words for change in line["fields"] for words in change_in_words(change)]


def _gone(line: dict[str, Any]) -> list[str]:
    """When a removed record was seen last and missed first."""
    if line["removed_at"] is None:
        return []
    return [f"last seen {plain(line['last_seen'])}, first missed {plain(line['removed_at'])}"]


def _print_looked(sources: "Iterable[Looked]") -> None:
    """What was synced in the interval, and what was not: there nothing can show as changed."""
    synced = [source for source in sources if source.synced or source.failed]
    if synced:
        heading("Looked at")
        table(("source", "syncs", "last", "failed", "state", "why"), [_looked(source) for source in synced])
    idle = [source.source_id for source in sources if not (source.synced or source.failed)]
    if idle:
        named = ", ".join(idle[:_SOURCES_NAMED]) + (
            f" and {len(idle) - _SOURCES_NAMED:,} more" * (len(idle) > _SOURCES_NAMED)
        )
        say(f"Not synced in this time, so nothing is known to have changed: {named}.")


def _looked(source: "Looked") -> tuple[object, ...]:
    reread = "; read with another adapter or gate since: new and removed records may come of that"
    why = source.why + reread * source.reread
    return source.source_id, source.synced, source.last_synced_at, source.failed or "", source.state, why
