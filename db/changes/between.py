"""What changed: records that came, changed, returned, went, aged out or expired between two moments.

Changes are dated by the beginning of the sync that saw them; syncs never overlap. The outcome is net: what changed and
changed back between the two moments is counted, not listed. Of a record that is hidden (`db.as_of`) nothing is told
but its ids and dates.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

import duckdb

from db.changes.moved import Span, compare, gather
from db.decisions.kept import Dispute, dispute_sentence
from db.history import CONTENT, FieldChange
from db.remarks import no_longer
from db.times import utc
from ingest.catalog import Source
from ingest.errors import UsageError
from ingest.model import KINDS, literal

Kind = Literal["new", "changed", "back", "removed", "aged out", "expired"]
CHANGES: tuple[Kind, ...] = get_args(Kind)
Cause = Literal["agency", "adapter", "gate", "agency or adapter"]
"""Why a record says something else: the agency's row is another one, the same row was read with another adapter or
judged by another privacy gate or ruling, or both row and adapter differ."""

_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one record; times are UTC, with zone. A record that changed and expired since stands there twice.

    `at`: the sync that saw it, or the day after the last day of a measure or of its publication. A record that went
    was last seen at `last_seen` and first missed at `removed_at`. `fields`: what a changed or returned record says
    otherwise. `hidden` says why the record itself is not shown: then `company_id` is there to sort by, not to show.
    """

    kind: Kind
    record_id: str
    source_id: str
    company_id: str
    company_name: str | None
    record_kind: str | None
    status: str | None
    status_as_published: str | None
    cause: Cause | None
    removal: str | None
    effective_to: date | None
    publication_ends: date | None
    hidden: str | None
    date: date | None
    at: datetime
    first_seen: datetime
    last_seen: datetime
    removed_at: datetime | None
    fields: tuple[FieldChange, ...]


_CONTENT = ("company_name", "kind", "status", "status_as_published", "effective_to", "day")
_SHOWN_SQL = ", ".join(
    f"CASE WHEN hidden IS NULL THEN {name} END" if name in _CONTENT else name
    for name in (
        "change", "record_id", "source_id", "company_id", "company_name", "kind", "status", "status_as_published",
        "cause", "removal", "effective_to", "publication_ends", "hidden", "day", "moved_at", "first_seen", "last_seen",
        "removed_at",
    )
)  # fmt: skip
"""Of table `moved`: the columns of Change but the last, in its order."""
_DATED = 4
"""Times at their end."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many changes of a kind and cause a source has."""

    source_id: str
    kind: Kind
    cause: Cause | None
    n: int


def changes(
    con: duckdb.DuckDBPyConnection,
    since: datetime,
    *,
    until: datetime | None = None,
    sources: Sequence[str] = (),
    kinds: Sequence[str] = (),
    companies: Iterable[str] | None = None,
    today: date,
    retention: Mapping[str, str],
    most: int | None = None,
) -> Iterator[Change]:
    """The changes after `since` until `until` (UTC without zone; None: now), latest first, at most so many.

    Restricted to sources, kinds of records and companies, where given. `retention` by source id, as `retention_of`
    gives it. To be drained before the next call on the connection. Raises UsageError for an unknown kind. Cost: scans
    of a few narrow columns, then what changed.
    """
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise UsageError(f"no kind `{unknown[0][:40]}`", next_step=f"Kinds: {', '.join(KINDS)}.")
    span = Span(since, until, today, _restriction(con, sources, kinds, companies))
    gather(con, span)
    compare(con, span, retention)
    return _listed(con, most)


def counts(con: duckdb.DuckDBPyConnection) -> list[Counted]:
    """Exact counts of what the last call of `changes` on this connection found, by source, kind and cause."""
    rows = con.execute(
        "SELECT source_id, change, cause, count(*) FROM moved WHERE n IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return [Counted(*row) for row in rows]


def changed_back(con: duckdb.DuckDBPyConnection) -> int:
    """How many records, of the last call of `changes`, changed and say the same again."""
    ((number,),) = con.execute("SELECT count(*) FROM moved WHERE n IS NULL").fetchall()
    return int(number)


def told(change: Change, source: Source | None, disputes: Sequence[Dispute] = ()) -> dict[str, Any]:
    """A change as plain values to show: a neutral tombstone where the record is hidden, else with its disputes."""
    shared = {"change": change.kind, "record_id": change.record_id, "source_id": change.source_id, "at": change.at}
    seen = {name: getattr(change, name) for name in ("first_seen", "last_seen", "removed_at", "removal")}
    if change.hidden:
        by = source.publisher if source else change.source_id
        ends = {"publication_ends": change.publication_ends}
        return {**shared, **seen, **ends, "tombstone": no_longer(by)}
    return {
        **shared,
        "company_id": change.company_id,
        "company_name": change.company_name,
        "kind": change.record_kind,
        "date": change.date,
        "status": change.status,
        "status_as_published": change.status_as_published,
        "fields": list(change.fields),
        "cause": change.cause,
        **seen,
        "effective_to": change.effective_to,
        "publication_ends": change.publication_ends,
        "disputes": [dispute_sentence(dispute, source) for dispute in disputes],
    }


def _restriction(
    con: duckdb.DuckDBPyConnection, sources: Sequence[str], kinds: Sequence[str], companies: Iterable[str] | None
) -> str:
    """SQL over the columns of a record."""
    parts = [
        f"{column} IN ({', '.join(literal(one) for one in chosen)})"
        for column, chosen in (("source_id", sources), ("kind", kinds))
        if chosen
    ]
    if companies is not None:
        # one text is bound far faster than many
        con.execute(
            "CREATE OR REPLACE TEMP TABLE asked_company AS SELECT unnest(string_split(?, ' ')) AS company_id",
            [" ".join(sorted(set(companies)))],
        )
        parts.append("company_id IN (SELECT company_id FROM asked_company)")
    return " AND ".join(parts) or "true"


def _listed(con: duckdb.DuckDBPyConnection, most: int | None) -> Iterator[Change]:
    """Table `moved` in its order, page by page."""
    ((last,),) = con.execute("SELECT coalesce(max(n), 0) FROM moved").fetchall()
    last = last if most is None else min(last, most)
    for first in range(1, last + 1, _PAGE):
        yield from _page(con, f"n BETWEEN {first} AND {min(first + _PAGE - 1, last)}")


def _page(con: duckdb.DuckDBPyConnection, span: str) -> Iterator[Change]:
    """These changes; of the two versions only the columns in which any of them differs are read."""
    differing = {row[0] for row in con.execute(f"SELECT DISTINCT unnest(fields) FROM moved WHERE {span}").fetchall()}
    columns = [name for name in CONTENT if name in differing]
    said: dict[int, tuple[Any, ...]] = {}
    if columns:
        pairs = ", ".join(f"b.{name}, a.{name}" for name in columns)
        rows = con.execute(
            f"""SELECT m.n, {pairs} FROM (SELECT * FROM moved WHERE {span} AND len(fields) > 0) m
            JOIN later a ON a.rowid = m.later_at JOIN former b ON b.rowid = m.former_at"""
        ).fetchall()
        said = {row[0]: row[1:] for row in rows}
    place = {name: 2 * at for at, name in enumerate(columns)}
    zoned: dict[datetime | None, datetime | None] = {}
    # a text is far cheaper to bring over than a list
    sql = f"SELECT n, array_to_string(fields, ' '), {_SHOWN_SQL} FROM moved WHERE {span} ORDER BY n"
    for n, fields, *row in con.execute(sql).fetchall():
        for moment in row[-_DATED:]:
            if moment not in zoned:
                zoned[moment] = utc(moment)
        row[-_DATED:] = [zoned[moment] for moment in row[-_DATED:]]
        changed = tuple([FieldChange(f, said[n][place[f]], said[n][place[f] + 1]) for f in fields.split()])
        row.append(changed)
        yield Change(*row)
