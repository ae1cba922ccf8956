"""The versions of a record: what each changed, which retrievals first and last showed it, and when it vanished."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from db.rows import rows_of
from ingest.model import NOT_CONTENT, RECORD, SQL_COLUMNS

CONTENT = tuple(column.name for column in SQL_COLUMNS if column.name not in NOT_CONTENT)
"""Columns of what a record says."""
NOTHING = "(nothing)"
FROM_GATE = ("company_name", "entity_type", "names", "addresses", "identifiers")
_NAMES = ", ".join(column.name for column in RECORD)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One column of a record in two versions; lists as lists of mappings."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Showing:
    """A retrieval that showed a record, or missed it. Times are UTC; `retrieved_at` is None where it is unknown."""

    retrieval_id: str
    run_id: str
    url: str
    retrieved_at: datetime | None
    synced_at: datetime


@dataclass(frozen=True, slots=True)
class Removal:
    """A record gone from its source between the last retrieval that showed it and the first that missed it."""

    removal: str
    removed_at: datetime
    last: Showing | None
    missed: Showing | None


@dataclass(frozen=True, slots=True)
class Version:
    """One version: `changes` are against the version kept before it, `said` is all it says.

    `first` and `last` are None where the books of the runs do not hold them. `remarks` say in words what else happened
    between it and the one before.
    """

    version: int
    changed_at: datetime
    superseded_at: datetime | None
    first: Showing | None
    last: Showing | None
    changes: list[FieldChange]
    remarks: list[str]
    removal: Removal | None
    data_as_of: date | None
    adapter_version: str
    said: dict[str, Any]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    """The columns in which two versions say something else, in the order of the model."""
    return [FieldChange(name, before[name], after[name]) for name in CONTENT if before[name] != after[name]]


def change_in_words(change: FieldChange) -> list[str]:
    """The change, a line for each item of a list: `status: proposed → final`, `names: added Acme (alias)`."""
    if change.field not in _ITEMS:
        return [f"{change.field}: {_plain(change.before)} → {_plain(change.after)}"]
    lines = []
    for before, after in _paired(change.before or [], change.after or [], change.field):
        if before is None:
            lines.append(f"{change.field}: added {after}")
        elif after is None:
            lines.append(f"{change.field}: gone {before}")
        else:
            lines.append(f"{change.field}: {before} → {after}")
    return lines or [f"{change.field}: the same in another order"]


def history(con: duckdb.DuckDBPyConnection, record_id: str) -> list[Version]:
    """Every version that is kept, the first one first; none for an id that is not known.

    Cost: look-ups by record id in two tables, and the runs of its source.
    """
    source_id = record_id.partition(":")[0]
    found = rows_of(
        con,
        f"""SELECT {_NAMES}, superseded_at FROM record_history WHERE source_id = $1 AND record_id = $2
        UNION ALL SELECT {_NAMES}, NULL FROM record WHERE source_id = $1 AND record_id = $2
        ORDER BY version, superseded_at NULLS LAST""",
        [source_id, record_id],
    )
    books = _Books.of(con, source_id)
    versions: list[Version] = []
    before: dict[str, Any] | None = None
    for row in found:
        first = books.first(row)
        changes = differences(before, row) if before else []
        last = books.last(row, first)
        removal = None
        if row["removed_at"] is not None:
            missed = books.at(row["removed_at"], first)
            removal = Removal(row["removal"] or "removed at source", row["removed_at"], last, missed)
        versions.append(
            Version(
                version=row["version"],
                changed_at=row["changed_at"],
                superseded_at=row["superseded_at"],
                first=first,
                last=last,
                changes=changes,
                remarks=_remarks(before, row, books) if before or row["version"] > 1 else [],
                removal=removal,
                data_as_of=row["data_as_of"],
                adapter_version=row["adapter_version"],
                said={name: row[name] for name in CONTENT if row[name] not in (None, [])},
            )
        )
        before = row
    return versions


@dataclass(frozen=True, slots=True)
class _Books:
    """The good runs of one source in time order, and their retrievals by run."""

    runs: list[dict[str, Any]]
    retrievals: dict[str, list[dict[str, Any]]]

    @classmethod
    def of(cls, con: duckdb.DuckDBPyConnection, source_id: str) -> "_Books":
        runs = rows_of(
            con,
            """SELECT run_id, started_at, outcome, gate_version FROM run
            WHERE source_id = ? AND outcome IN ('loaded', 'unchanged') ORDER BY started_at, rowid""",
            [source_id],
        )
        retrievals: dict[str, list[dict[str, Any]]] = {run["run_id"]: [] for run in runs}
        for row in rows_of(
            con,
            """SELECT retrieval_id, run_id, resource, url, retrieved_at FROM retrieval
            WHERE source_id = ? AND outcome IN ('ok', 'unchanged') ORDER BY seq""",
            [source_id],
        ):
            if row["run_id"] in retrievals:
                retrievals[row["run_id"]].append(row)
        return cls(runs, retrievals)

    def first(self, version: Mapping[str, Any]) -> Showing | None:
        """The retrieval that first showed the version: it stands in the version itself."""
        for run in self.runs:
            for retrieval in self.retrievals[run["run_id"]]:
                if retrieval["retrieval_id"] == version["retrieval_id"]:
                    return _showing(run, retrieval)
        return None

    def last(self, version: Mapping[str, Any], first: Showing | None) -> Showing | None:
        """The retrieval of the last run that showed the version: what was unchanged after that shows the same."""
        shown = [at for at, run in enumerate(self.runs) if run["started_at"] <= version["last_seen"]]
        if first is None or not shown:
            return None
        at = shown[-1]
        while at + 1 < len(self.runs) and self.runs[at + 1]["outcome"] == "unchanged":
            at += 1
        return first if self.runs[at]["run_id"] == first.run_id else self._like(first, self.runs[at])

    def at(self, moment: datetime, first: Showing | None) -> Showing | None:
        """The retrieval, of the file that first showed the version, of the run that began then."""
        run = next((run for run in self.runs if run["started_at"] == moment), None)
        return self._like(first, run) if run and first else None

    def gate(self, version: Mapping[str, Any]) -> str | None:
        """Version of the gate, and of the rulings, in the run that brought this version of the record."""
        return next((run["gate_version"] for run in self.runs if run["started_at"] == version["changed_at"]), None)

    def _like(self, first: Showing, run: Mapping[str, Any]) -> Showing | None:
        """The retrieval of this run that got the same address, else the last one of the same resource, else of any."""
        given = self.retrievals[run["run_id"]]
        resource = next(r["resource"] for r in self.retrievals[first.run_id] if r["retrieval_id"] == first.retrieval_id)
        chosen = [r for r in given if r["url"] == first.url] or [r for r in given if r["resource"] == resource] or given
        return _showing(run, chosen[-1]) if chosen else None


def _showing(run: Mapping[str, Any], retrieval: Mapping[str, Any]) -> Showing:
    return Showing(
        retrieval["retrieval_id"], run["run_id"], retrieval["url"], retrieval["retrieved_at"], run["started_at"]
    )


def _remarks(before: Mapping[str, Any] | None, after: Mapping[str, Any], books: _Books) -> list[str]:
    """What else lies between two versions: an erased one, a removal, or another reading of the same row."""
    found = []
    known = before["version"] if before else 0
    if erased := range(known + 1, after["version"]):
        listed = ", ".join(map(str, erased))
        found.append(f"version {listed} erased: it held what is not stored, or was purged")
    if before is None:
        return found
    if before["removed_at"] is not None:
        found.append(f"came back after it was {before['removal'] or 'removed at source'}")
    elif before["row_hash"] == after["row_hash"]:
        if before["adapter_version"] != after["adapter_version"]:
            found.append(f"the agency's row is unchanged: re-read with adapter {after['adapter_version']}")
        elif books.gate(before) != books.gate(after) and {c.field for c in differences(before, after)} <= {*FROM_GATE}:
            found.append("the agency's row is unchanged: judged by another gate or ruling")
    return found


def _paired(before: Sequence[Any], after: Sequence[Any], field: str) -> list[tuple[str | None, str | None]]:
    """Items that differ, as texts: those with one key together, what is left as gone or added."""
    text, key = _ITEMS[field]
    rest = [*after]
    gone = []
    for item in before:
        if item in rest:
            rest.remove(item)
        else:
            gone.append(item)
    pairs: list[tuple[str | None, str | None]] = []
    for item in gone:
        # one address for another is a correction, like an amount of the same kind
        same = [other for other in rest if key(other) == key(item)] or ([*rest] if len(rest) == len(gone) == 1 else [])
        if same:
            rest.remove(same[0])
        pairs.append((text(item), text(same[0]) if same else None))
    return pairs + [(None, text(item)) for item in rest]


def _plain(value: object) -> str:
    return NOTHING if value is None else str(value)


def _amount(item: Mapping[str, Any]) -> str:
    value = "not stated" if item["value"] is None else f"{item['value']:,}"
    return f"{item['kind']} {value} {item['currency'] or '(currency not stated)'}"


def _address(item: Mapping[str, Any]) -> str:
    return ", ".join(part for part in item.values() if part)


def _number(item: Mapping[str, Any]) -> str:
    return f"{item['scheme']} {item['value']}{' (not valid)' if item['valid'] is False else ''}"


def _event(item: Mapping[str, Any]) -> str:
    return " ".join(str(part) for part in item.values() if part)


_Read = Callable[[Mapping[str, Any]], Any]
_ITEMS: dict[str, tuple[_Read, _Read]] = {
    "amounts": (_amount, lambda item: (item["kind"], item["currency"])),
    "addresses": (_address, lambda item: item["text"]),
    "identifiers": (_number, lambda item: (item["scheme"], item["value"])),
    "names": (lambda item: f"{item['name']} ({item['kind']})", lambda item: item["name"]),
    "events": (_event, lambda item: (item["date"], item["type"])),
}
"""How an item of a list is written, and by what it is the same item in another version."""
