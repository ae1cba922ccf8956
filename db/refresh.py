"""Refresh: every source that is due, one after the other, then every watch list; nothing bad stops what comes after."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb

from db.progress import Told
from db.status import SourceState, source_states
from db.store import Store
from db.sync import Options, Report, sync
from db.watch.lists import WatchList, WatchLists
from db.watch.run import Line, Ran, run
from ingest.catalog import Cadence, Source
from ingest.errors import StoreError, StoreMissing, TrackrecordError, UsageError

EVERY: Final[dict[Cadence, timedelta]] = {
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "quarterly": timedelta(days=91),
    "yearly": timedelta(days=365),
    "irregular": timedelta(days=7),
}
"""How long a good sync keeps a source from being due."""
SLACK: Final = 0.9
"""Part of that time after which it is due all the same: a daily job does not start at the same second every day."""
AFTER_FAILURE: Final = timedelta(hours=6)
"""How long a failed sync keeps a source from being asked again."""
_UNFORESEEN = (duckdb.Error, ValueError, TypeError, OSError, RecursionError, MemoryError, ArithmeticError, LookupError)


@dataclass(frozen=True, slots=True)
class SourceResult:
    """A source: what its sync came to, or `not due`, or `not synced` where others were syncing, and how it stands.

    `report` is None where it was not synced; `next_due` is UTC.
    """

    source_id: str
    outcome: str
    report: Report | None
    state: SourceState
    next_due: datetime | None


@dataclass(frozen=True, slots=True)
class ListResult:
    """A watch list: what its run found, or the error that kept it from being run; `report` is the file written."""

    name: str
    ran: Ran | None
    report: Path | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh came to. `stopped`: why sources that are due could not be synced, where the database kept them."""

    sources: tuple[SourceResult, ...]
    lists: tuple[ListResult, ...]
    stopped: str | None

    @property
    def failed(self) -> list[str]:
        """Sources whose sync failed."""
        return [found.source_id for found in self.sources if found.outcome == "failed"]

    @property
    def anything_new(self) -> bool:
        """Whether a list found something new."""
        return any(found.ran is not None and found.ran.anything for found in self.lists)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. `chosen`: sources that this home is to have from now on, beside those it has synced before.

    `report_dir`: where each list's report is put, if anywhere.
    """

    chosen: Sequence[Source]
    options: Options
    report_dir: Path | None = None


def next_due(state: SourceState, source: Source) -> datetime | None:
    """When the source is to be synced again; None for now, as it never was."""
    if state.last_run_at is None:
        return None
    every = EVERY[source.cadence] * SLACK
    if state.state == "failed":
        return state.last_run_at + min(AFTER_FAILURE, every)
    return (state.loaded_at or state.last_run_at) + every


def refresh(
    store: Store, catalogue: Mapping[str, Source], wish: Wish, now: Callable[[], datetime], tell: Told
) -> Refreshed:
    """Syncs what is due and runs all lists; `now` gives the time in UTC, with zone.

    Raises UsageError where no source was ever synced and none is chosen, or the folder for reports is none. A source
    that fails, a list that fails, and a sync of others under way are in what it gives.
    """
    if wish.report_dir is not None and not wish.report_dir.is_dir():
        raise UsageError("there is no such folder", where=str(wish.report_dir))
    chosen = {source.id for source in wish.chosen}
    before = _states(store, catalogue, now())
    mine = [catalogue[s.source_id] for s in before.values() if s.last_run_at is not None or s.source_id in chosen]
    if not mine:
        step = "Choose sources once: `trackrecord refresh --starter`, --all, or `trackrecord sync SOURCE_ID`."
        raise UsageError("this home has no sources yet", where=str(store.home), next_step=step)
    at = now()
    due = [source for source in mine if (when := next_due(before[source.id], source)) is None or when <= at]
    reports, stopped = _synced(store, due, wish.options, tell)
    lists = tuple(_run_lists(store, catalogue, wish.report_dir, now, tell))
    after = _states(store, catalogue, now())
    results = []
    for source in mine:
        report = reports.get(source.id)
        outcome = report.outcome if report else "not synced" if source in due else "not due"
        state = after[source.id]
        results.append(SourceResult(source.id, outcome, report, state, next_due(state, source)))
    return Refreshed(tuple(results), lists, stopped)


def _states(store: Store, catalogue: Mapping[str, Source], now: datetime) -> dict[str, SourceState]:
    """The sources of the catalogue as they stand; nothing was ever synced where there is no database."""
    try:
        with store.reading() as con:
            found = source_states(con, catalogue.values(), now)
    except StoreMissing:
        found = source_states(None, catalogue.values(), now)
    return {state.source_id: state for state in found if state.source_id in catalogue}


def _synced(store: Store, due: Sequence[Source], options: Options, tell: Told) -> tuple[dict[str, Report], str | None]:
    """Reports by source, and what kept us from syncing the others, if anything did: the lists are run all the same."""
    reports: dict[str, Report] = {}
    if not due:
        return reports, None
    try:
        for report in sync(store, due, options, tell):
            reports[report.source_id] = report
    except StoreError as error:
        return reports, error.sentence()
    except _UNFORESEEN as error:
        return reports, f"unexpected {type(error).__name__}. Run `trackrecord verify`."
    return reports, None


def _run_lists(
    store: Store, catalogue: Mapping[str, Source], folder: Path | None, now: Callable[[], datetime], tell: Told
) -> Iterator[ListResult]:
    for list_ in WatchLists(store.home).all():
        report = _report_path(folder, list_, now()) if folder is not None else None
        try:
            ran = run(store, list_.name, catalogue, now(), deliver=_delivery(report), tell=tell)
        except TrackrecordError as error:
            yield ListResult(list_.name, None, None, error.sentence())
        except _UNFORESEEN as error:
            # what it says may quote a supplier; the other lists are to be run all the same
            yield ListResult(list_.name, None, None, f"unexpected {type(error).__name__}. Please report it.")
        else:
            yield ListResult(list_.name, ran, report, None)


def _delivery(report: Path | None) -> Callable[[Ran, Iterator[Line]], None]:
    def deliver(ran: Ran, lines: Iterator[Line]) -> None:
        if report is not None:
            from db.watch.report import write  # noqa: PLC0415 -- only where a report is asked for

            write(report, ran, lines)

    return deliver


def _report_path(folder: Path, list_: WatchList, at: datetime) -> Path:
    name = "-".join(list_.name.split())
    return folder / f"{name}-{list_.number}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.html"
