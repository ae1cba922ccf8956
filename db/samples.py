"""The bundled samples: invented companies in the agencies' formats, run through the very same pipeline."""

import json
from collections.abc import Iterator
from datetime import date
from importlib import resources
from pathlib import Path

from db.progress import Told
from db.store import Store
from db.sync import Options, Report, sync
from ingest.catalog import Source, catalogue
from ingest.errors import StoreMissing

ACCEPTED = "a sample is smaller than the agency's file"
"""The reason kept with every run of a sample: by it the run can be told from others."""


def sample_folder() -> Path:
    """Where the samples lie: in the installed package, or in a checkout's tests. Raises StoreMissing for neither."""
    installed = Path(str(resources.files("db"))) / "bundled_samples"
    checkout = Path(str(resources.files("db"))).parent / "tests" / "sources"
    for folder in (installed, checkout):
        if folder.is_dir():
            return folder
    raise StoreMissing("the bundled samples are missing", where=str(installed), next_step="Install trackrecord again.")


def sample_options(folder: Path) -> Options:
    """How a sample is synced: from its own little mirror, with its handed-in files and its days."""
    chosen = folder / "options.json"
    days = json.loads(chosen.read_text(encoding="utf-8")) if chosen.exists() else {}
    return Options(
        mirror=folder if (folder / "index.json").exists() else None,
        files=tuple(sorted((folder / "handed-in").glob("*"))),
        since=date.fromisoformat(days["from"]) if "from" in days else None,
        until=date.fromisoformat(days["to"]) if "to" in days else None,
        accept_change=ACCEPTED,
    )


def sync_samples(store: Store, progress: Told) -> Iterator[tuple[Source, Report]]:
    """Syncs every source's sample into `store`, which must be a home of its own."""
    folder = sample_folder()
    for source in catalogue().values():
        for report in sync(store, [source], sample_options(folder / source.id / "sample"), progress):
            yield source, report
