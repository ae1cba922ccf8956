"""Batches of suppliers looked up in two processes, each with a connection and the mapped index; the order stays."""

import atexit
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import duckdb

from db.index.shown import View
from db.screen.matching import Matcher
from db.screen.report import Hit
from db.screen.work import Supplier
from db.store import Store
from ingest.errors import StoreBusy, StoreError

PROCESSES = 2
WORTH_PROCESSES = 2_000
"""Suppliers from which on starting processes pays."""
_MEMORY = "400MB"
Batch = tuple[int, list[Supplier]]
Found = dict[int, list[Hit]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What every batch is looked up with: the home and its generation file, the weakest band, headers of numbers.

    `view`: what may be found; None: whatever the database holds.
    """

    home: Path
    generation: str
    weakest: int
    id_headers: tuple[str, ...]
    view: View | None = None


def generation_of(con: duckdb.DuckDBPyConnection) -> str:
    """Name of the generation file a connection reads."""
    rows = con.execute("SELECT path FROM duckdb_databases() WHERE database_name = current_database()").fetchall()
    return Path(rows[0][0]).name


def find_all(
    con: duckdb.DuckDBPyConnection, asked: Asked, batches: Iterable[Batch], suppliers: int
) -> Generator[tuple[int, Found], None, None]:
    """Number of a batch and what was found for it, in order. `suppliers`: how many there are in all batches."""
    matcher = Matcher(con, asked.weakest, asked.id_headers, asked.view)
    if suppliers < WORTH_PROCESSES:
        yield from ((number, matcher.find(batch)) for number, batch in batches)
        return
    # not forked: an open database and its threads do not survive that
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=end_with_parent) as pool:
        waiting: deque[tuple[int, Future[Found | None]]] = deque()
        try:
            for number, batch in batches:
                waiting.append((number, pool.submit(find, asked, batch)))
                if len(waiting) > PROCESSES + 1:
                    yield _next(waiting)
            while waiting:
                yield _next(waiting)
        finally:
            for _, future in waiting:
                future.cancel()


def _next(waiting: deque[tuple[int, Future[Found | None]]]) -> tuple[int, Found]:
    number, future = waiting.popleft()
    try:
        found = future.result()
    except BrokenProcessPool:
        raise StoreError(
            "a process of the screening was ended from outside, perhaps for want of memory",
            next_step="Ask again: it goes on where it stopped.",
        ) from None
    if found is None:
        raise StoreBusy("a new generation was just published", next_step="Ask again.")
    return number, found


_held: dict[Asked, Matcher] = {}
_opened = ExitStack()


def find(asked: Asked, suppliers: Sequence[Supplier]) -> Found | None:
    """What was found, on a connection that this process keeps; None where another generation has been published."""
    if asked not in _held:
        con = _opened.enter_context(Store(asked.home, _MEMORY).reading())
        if generation_of(con) != asked.generation:
            _opened.close()
            return None
        _held[asked] = Matcher(con, asked.weakest, asked.id_headers, asked.view)
    return _held[asked].find(suppliers)


def end_with_parent() -> None:
    """The process ends when the one that started it is gone, and leaves an interrupt to that one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    atexit.register(_end)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_for, args=(parent,), daemon=True).start()


def _end() -> None:
    """Closes what is open, which erases its spill, and spares the engine's report on what the end of Python leaks."""
    _opened.close()
    os._exit(0)


def _wait_for(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
