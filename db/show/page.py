"""What a page of a company or a record is asked for, and what stands in its place where nothing may be shown."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import duckdb

from db.as_of import TOMBSTONE, known_on, retention_of
from db.in_force import in_force, in_words
from db.remarks import no_longer, remarks, tombstone_words
from db.rows import rows_of
from db.status import Coverage, coverage
from ingest.catalog import Source
from ingest.errors import UsageError

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """How a page is asked for. `today` is UTC; `as_of`: from what was known at the end of that day.

    `force_on`: the day for which force is told; `as_of` or today where it is None. Raises UsageError for an `as_of`
    that is still to come.
    """

    home: Path
    sources: Mapping[str, Source]
    today: date
    as_of: date | None = None
    force_on: date | None = None
    include_removed: bool = False

    def __post_init__(self) -> None:
        if self.as_of and self.as_of > self.today:
            raise UsageError(f"{self.as_of} is still to come", next_step=f"The latest day is {self.today}, UTC.")

    @property
    def force_day(self) -> date:
        """The day for which force is told."""
        return self.force_on or self.as_of or self.today

    @property
    def until(self) -> datetime | None:
        """The end of the day asked for, with zone; None at present."""
        return datetime.combine(self.as_of, time.max, UTC) if self.as_of else None

    def open(self, con: duckdb.DuckDBPyConnection) -> None:
        """Makes view `known`: see db.as_of."""
        known_on(con, self.as_of, today=self.today, retention=retention_of(self.sources.values()))

    def covered(self, con: duckdb.DuckDBPyConnection) -> Coverage | None:
        """The sources as they stood at the end of the day asked for; None at present."""
        if self.until is None:
            return None
        return coverage(con, self.sources.values(), self.until, until=self.until)

    def publisher(self, source_id: str) -> str:
        """Who publishes the source, as far as the catalogue knows."""
        source = self.sources.get(source_id)
        return source.publisher if source else source_id


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of a record that is hidden: ids, dates, and that it is published no more."""

    record_id: str
    source_id: str
    first_seen: datetime
    last_seen: datetime | None
    removed_at: datetime | None
    publication_ends: date | None
    words: str


@dataclass(frozen=True, slots=True)
class NothingShown:
    """In place of a page: why nothing of this id is shown, what to do about it, and tombstones if they were asked for.

    `coverage`: what had been synced by the day asked for; None at present.
    """

    id: str
    why: str
    next_step: str
    tombstones: list[Tombstone]
    coverage: Coverage | None


def tombstone(record: Mapping[str, Any], asked: Asked) -> Tombstone:
    """The tombstone of a record of view `known` that is hidden."""
    kept = {name: record[name] for name in TOMBSTONE if name not in {"removal", "hidden"}}
    return Tombstone(**kept, words=tombstone_words(record, asked.publisher(record["source_id"])))


def adorn(record: Record, asked: Asked) -> None:
    """Puts beside a record what a reader must know with it: `in_force`, `in_force_says` and `remarks`."""
    record["in_force"] = in_force(record, asked.force_day)
    record["in_force_says"] = in_words(record, asked.force_day)
    record["remarks"] = remarks(record)


def say_what_came_since(con: duckdb.DuckDBPyConnection, records: Iterable[Record], asked: Asked) -> None:
    """Beside records as of a day: that the source publishes them no more today. Cost: a scan of ids of their sources.

    To be called after `adorn`; nothing happens at present.
    """
    found = {record["record_id"]: record for record in records}
    if asked.as_of is None or not found:
        return
    for now in rows_of(
        con,
        """SELECT record_id, source_id, removed_at, publication_ends FROM record
        WHERE list_contains(?, source_id) AND list_contains(?, record_id)
            AND (removed_at IS NOT NULL OR publication_ends < ?)""",
        [sorted({record["source_id"] for record in found.values()}), [*found], asked.today],
    ):
        record, gone = found[now["record_id"]], no_longer(asked.publisher(now["source_id"]))
        if now["removed_at"] is not None and record["removed_at"] is None:
            record["remarks"].append(f"{gone} since, seen on {now['removed_at']:%Y-%m-%d}")
        elif now["removed_at"] is None:
            record["remarks"].append(f"{gone} since {now['publication_ends']}")


def say_what_analysts_said(records: Collection[Record], asked: Asked) -> None:
    """Puts `disputes` and `judgements` beside records that have any. Cost without any: a look whether a file exists."""
    if not (asked.home / "analyst.sqlite").exists():
        return
    from db.decisions.kept import Decisions, dispute_sentence, judgement_sentence  # noqa: PLC0415 -- most homes have none

    decisions = Decisions(asked.home)
    ids = {record["record_id"] for record in records}
    disputes, judgements = decisions.disputes(ids), decisions.on_records(ids)
    for record in records:
        source = asked.sources.get(record["source_id"])
        told = [(found, dispute_sentence(found, source)) for found in disputes.get(record["record_id"], ())]
        if told:
            record["disputes"] = [_row(found, sentence) for found, sentence in told]
        judged = [(found, judgement_sentence(found)) for found in judgements.get(record["record_id"], ())]
        if judged:
            record["judgements"] = [_row(found, sentence) for found, sentence in judged]


def _row(found: Any, sentence: str) -> dict[str, Any]:
    filled = {item.name: getattr(found, item.name) for item in fields(found) if getattr(found, item.name) is not None}
    return {**filled, "sentence": sentence}
