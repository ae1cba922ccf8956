"""The files of each run checked, its adapter unpacked, and its rows derived, many runs with one start of the engine."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from db.journal import Journal
from db.replay.inventory import Missing
from ingest.adapter import Adapter, adapter_of, unpack_adapter
from ingest.archive import EvidenceFile, file_sha256
from ingest.catalog import Source, catalogue
from ingest.errors import CatalogError
from ingest.model import literal
from ingest.rederive import Derived, StoredRows, Task, derived_apart

AT_ONCE = 20
"""Runs derived with one start of the engine …"""
_BYTES_AT_ONCE = 100_000_000
"""… unless their rows are more than this."""
_SECONDS = 24 * 3600
"""The SQL of adapters this home ran before: it is ended only if it never ends."""


@dataclass(slots=True)
class Prepared:
    """A run ready to be done again. `lines`: SQL reading its lines; `faults`: its files that are not whole."""

    journal: Journal
    source: Source | None = None
    lines: str | None = None
    derived: Derived | None = None
    faults: list[Missing] = field(default_factory=list)
    unplaceable: bool = False
    """Its lines are not there, so that nobody knows what its rows became."""


def prepare(journals: Sequence[Journal], folder: Path, work: Path, memory: str) -> Generator[Prepared, None, None]:
    """Every run in its order; what it was derived into lives until the next is asked for, at least."""
    adapters: dict[str, Adapter | str] = {}
    batch: list[Prepared] = []
    size = 0
    for journal in journals:
        batch.append(_checked(journal, folder, adapters))
        size += sum(entry.bytes for entry in journal.of_kind("rows"))
        if len(batch) >= AT_ONCE or size > _BYTES_AT_ONCE:
            yield from _derived(batch, folder, adapters, work, memory)
            batch, size = [], 0
    yield from _derived(batch, folder, adapters, work, memory)


def _checked(journal: Journal, folder: Path, adapters: dict[str, Adapter | str]) -> Prepared:
    prepared = Prepared(journal)
    if journal.run["outcome"] != "loaded":
        return prepared
    for entry in journal.of_kind("journal"):
        if _whole(prepared, entry, folder):
            prepared.lines = f"SELECT * FROM read_parquet({literal(str(folder / entry.file))})"
        else:
            prepared.unplaceable = not journal.plain
    version = journal.run["adapter_version"]
    for entry in journal.of_kind("adapter"):
        if version not in adapters:
            adapters[version] = _adapter(folder / entry.file, version, journal.source_id)
        found = adapters[version]
        if isinstance(found, str):
            prepared.faults.append(Missing(entry.file, found, journal.source_id))
            prepared.source = catalogue().get(journal.source_id)
        else:
            prepared.source = found.source
    return prepared


def _adapter(file: Path, version: str, source_id: str) -> Adapter | str:
    """The adapter of that version: as stored, else the installed one if it is the same; else why there is none."""
    try:
        adapter = unpack_adapter(file.read_bytes())
        cause = "" if adapter.version == version else "differs from what was stored"
    except OSError:
        cause = "missing"
    except CatalogError as error:
        cause = error.what
    else:
        if not cause:
            return adapter
    installed = catalogue().get(source_id)
    if installed and installed.adapter_version == version:
        return adapter_of(installed)
    return cause


def _derived(
    batch: Sequence[Prepared], folder: Path, adapters: dict[str, Adapter | str], work: Path, memory: str
) -> Iterator[Prepared]:
    tasks: dict[int, Task] = {}
    for number, prepared in enumerate(batch):
        adapter = adapters.get(prepared.journal.run["adapter_version"])
        if prepared.source is not None and isinstance(adapter, Adapter):
            rows = _rows(prepared, adapter.source, folder)
            if any(adapter.source.relations[name][0].role == "primary" for name in rows.files):
                tasks[number] = Task(adapter, rows, prepared.journal.run["data_as_of"])
    with ExitStack() as stack:
        if tasks:
            derivations = derived_apart(list(tasks.values()), memory=memory, seconds=_SECONDS, folder=work)
            for number, derived in zip(tasks, stack.enter_context(derivations), strict=True):
                if derived.error is None:
                    batch[number].derived = derived
                else:
                    (entry,) = batch[number].journal.of_kind("adapter")
                    cause = derived.error.what
                    batch[number].faults.append(Missing(entry.file, cause, batch[number].journal.source_id))
        yield from batch


def _rows(prepared: Prepared, source: Source, folder: Path) -> StoredRows:
    """The whole files of a run; a relation without one is left out, and so is one to which a damaged one is joined."""
    whole: dict[str, Path] = {}
    damaged: set[str] = set()
    for entry in prepared.journal.of_kind("rows"):
        name = entry.relation or ""
        if name not in source.relations:
            continue
        if _whole(prepared, entry, folder):
            whole[name] = folder / entry.file
        else:
            damaged.add(name)
    for name in damaged:
        first = source.relations[name][0]
        if first.role == "joined":
            whole.pop(first.joined_to.partition(".")[0], None)
    return StoredRows(files=whole)


def _whole(prepared: Prepared, entry: EvidenceFile, folder: Path) -> bool:
    path = folder / entry.file
    cause = "missing"
    try:
        if path.stat().st_size == entry.bytes and file_sha256(path) == entry.sha256:
            return True
        cause = "differs from what was stored"
    except OSError:
        pass
    prepared.faults.append(Missing(entry.file, cause, prepared.journal.source_id))
    return False
