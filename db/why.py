"""A file of names, judged by the gate: every row as it came, with verdict and reason. Nothing of it is kept."""

import re
import signal
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from multiprocessing import get_context

from db.progress import Told
from ingest.privacy.judge import judge
from ingest.privacy.verdict import Entity, Subject, Verdict
from ingest.read.user_table import Row, UserTable

BATCH_ROWS = 20_000
BATCH_LETTERS = 8_000_000
AHEAD = 4
"""Batches under way at most: two are judged, two wait, so that neither core is idle."""
NOT_JUDGED = "not judged"
TYPES = frozenset({*map(str, Entity), "firm"})
_COUNTRY = re.compile("[a-z]{2}")


@dataclass(slots=True)
class Summary:
    """Rows by verdict and kind of reason; cells that could not be used, by what is wrong with them."""

    rows: int = 0
    passing: int = 0
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Batch:
    rows: list[Row] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    """For each row the place of its subject; -1 where the row cannot be judged."""
    subjects: dict[Subject, int] = field(default_factory=dict)


def judged(table: UserTable, summary: Summary, *, country: str | None, tell: Told) -> Iterator[list[str]]:
    """The rows of the table in their order, each with verdict and reason; `country` is that of rows without one.

    Distinct subjects are judged in batches, long files on two cores. Memory does not grow with the file.
    """
    for batch, verdicts in _in_order(_batches(table, summary, country)):
        for row, place in zip(batch.rows, batch.places, strict=True):
            summary.rows += 1
            if place < 0:
                summary.verdicts[NOT_JUDGED, "row not readable"] += 1
                yield [*row.cells, NOT_JUDGED, row.problem]
                continue
            verdict = verdicts[place]
            summary.passing += verdict.passes
            summary.verdicts[verdict.entity, verdict.reason.partition(":")[0]] += 1
            yield [*row.cells, str(verdict.entity), verdict.reason]
        tell("rows", summary.rows, None)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where name, country and type stand; `default` is the country of rows that state none."""

    name: int
    country: int | None
    declared: int | None
    default: str | None

    def subject(self, cells: list[str], unused: Counter[str]) -> Subject:
        """The subject of a row; what cannot be used is counted."""
        name = cells[self.name]
        stated = cells[self.country].strip().lower() if self.country is not None else ""
        if stated and not _COUNTRY.fullmatch(stated):
            unused["countries that are no code of two letters"] += 1
            stated = ""
        kind = cells[self.declared].strip().lower() if self.declared is not None else ""
        if kind and kind not in TYPES:
            unused["types that the gate does not know"] += 1
            kind = ""
        if "\ufffd" in name:
            unused["names with characters that the encoding does not have"] += 1
        return Subject(name, stated or self.default, kind or None)


def _batches(table: UserTable, summary: Summary, default: str | None) -> Iterator[_Batch]:
    places = _Places(table.place("name") or 0, table.place("country"), table.place("type"), default)
    batch, letters = _Batch(), 0
    for row in table.rows():
        batch.rows.append(row)
        letters += sum(map(len, row.cells))
        if row.problem:
            batch.places.append(-1)
        else:
            subject = places.subject(row.cells, summary.unused)
            batch.places.append(batch.subjects.setdefault(subject, len(batch.subjects)))
        if len(batch.rows) >= BATCH_ROWS or letters > BATCH_LETTERS:
            yield batch
            batch, letters = _Batch(), 0
    if batch.rows:
        yield batch


def _in_order(batches: Iterator[_Batch]) -> Iterator[tuple[_Batch, list[Verdict]]]:
    """Each batch with the verdicts on its subjects; one batch alone needs no second process."""
    ahead = [batch for _, batch in zip(range(2), batches, strict=False)]
    if len(ahead) < 2:
        for batch in ahead:
            yield batch, judge(list(batch.subjects))
        return
    pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=_leave_interrupts)
    try:
        waiting: deque[tuple[_Batch, Future[list[Verdict]]]] = deque()
        for batch in chain(ahead, batches):
            waiting.append((batch, pool.submit(judge, list(batch.subjects))))
            if len(waiting) >= AHEAD:
                ready, verdicts = waiting.popleft()
                yield ready, verdicts.result()
        for ready, verdicts in waiting:
            yield ready, verdicts.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_interrupts() -> None:
    """Ctrl-C is the parent's to answer: a worker would only print a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
