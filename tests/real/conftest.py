"""The agencies' own files, where this machine has them: `../shared` beside the checkout, or TRACKRECORD_SHARED."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from db.store import Store
from db.sync import Options, Report, sync
from ingest.catalog import find_source

SHARED = Path(os.environ.get("TRACKRECORD_SHARED", Path(__file__).parents[2].parent / "shared"))

Synced = Callable[..., tuple[Report, duckdb.DuckDBPyConnection]]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real agency files."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"the agencies' real files are not on this machine (looked in {SHARED})")
    return SHARED


@pytest.fixture(scope="module")
def synced(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced]:
    """Syncs a source from the real files into a home of its own; gives the report and a read-only connection."""
    with ExitStack() as stack:

        def run(source_id: str, **options: Any) -> tuple[Report, duckdb.DuckDBPyConnection]:
            store = Store(tmp_path_factory.mktemp(source_id))
            chosen = replace(Options(mirror=shared / "mirror"), **options)
            (report,) = sync(store, [find_source(source_id)], chosen, lambda *_: None)
            return report, stack.enter_context(store.reading())

        yield run
