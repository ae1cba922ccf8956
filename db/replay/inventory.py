"""What there is to rebuild from: journals that can be read, those that cannot, and runs that have none."""

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from db.home import LOCKED_DOWN
from db.journal import FOLDER, Journal, journals_in, latest, read_journal
from db.store import Store
from ingest.archive import EvidenceFile, described
from ingest.errors import StoreDamaged, StoreMissing
from ingest.model import literal


@dataclass(slots=True)
class Missing:
    """A file of the evidence store that is gone or not as it was stored, and how many versions of records that cost."""

    file: str
    cause: str
    source_id: str
    lost: int = 0


@dataclass(slots=True)
class Inventory:
    """Journals in the order of their runs, and what else there is. `readable`: the published generation opens.

    `unclaimed`: files of runs whose journal cannot be read, with run and source.
    """

    journals: list[Journal] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    unclaimed: list[tuple[EvidenceFile, str, str]] = field(default_factory=list)
    without_journal: int = 0
    readable: bool = False


def take_inventory(store: Store) -> Inventory:
    """Reads every journal; where the published generation opens, it says which there should be. Cost: their bytes."""
    found, known = Inventory(), _known(store)
    found.readable = known is not None
    wanted = sorted(known.journals) if known else list(journals_in(store.evidence))
    journals: list[Journal] = []
    unread: set[tuple[str, str]] = set()
    for file in wanted:
        try:
            journals.append(read_journal(store.evidence, file))
        except StoreDamaged as error:
            source_id, run_id = _named(file)
            unread.add((source_id, run_id))
            lost = known.versions.get(run_id, 0) if known else 0
            found.missing.append(Missing(file, error.what, source_id, lost))
    found.journals = latest(journals)
    read = {journal.run_id for journal in found.journals}
    # an older revision of a journal that can be read is no loss
    found.missing = [one for one in found.missing if _named(one.file)[1] not in read]
    unread = {(source_id, run_id) for source_id, run_id in unread if run_id not in read}
    if known:
        found.without_journal = len(known.versions.keys() - read - {run_id for _, run_id in unread})
        found.unclaimed = [entry for entry in known.files if entry[1] not in read]
    else:
        stored = list(_stored(store.evidence))
        found.unclaimed = [entry for entry in stored if (entry[2], entry[1]) in unread]
        found.without_journal = len(
            {run_id for _, run_id, source_id in stored if (source_id, run_id) not in unread} - read
        )
    return found


@dataclass(slots=True)
class _Known:
    """What the published generation says: its journals, its files with run and source, versions of each loaded run."""

    journals: list[str]
    files: list[tuple[EvidenceFile, str, str]]
    versions: dict[str, int]


def _known(store: Store) -> _Known | None:
    """None where nothing is published, or it does not open."""
    try:
        path = store.current
        with duckdb.connect(config=dict(LOCKED_DOWN)) as con:
            con.execute(f"ATTACH {literal(str(path))} AS published (READ_ONLY)")
            rows = con.execute(
                "SELECT file, relation, kind, bytes, sha256, run_id, source_id FROM published.evidence ORDER BY file"
            ).fetchall()
            versions = con.execute(
                "SELECT run_id, added + changed FROM published.run WHERE outcome = 'loaded'"
            ).fetchall()
            # damage inside shows only when the rows are read
            con.execute("SELECT sum(hash(r)) FROM published.record r").fetchone()
            con.execute("SELECT sum(hash(r)) FROM published.record_history r").fetchone()
    except (StoreMissing, StoreDamaged, duckdb.Error):
        return None
    files = [(EvidenceFile(*row[:5]), row[5], row[6]) for row in rows]
    journals = [entry.file for entry, _, _ in files if entry.kind == "journal" and entry.file.endswith(".json")]
    return _Known(journals, files, dict(versions))


def _stored(folder: Path) -> list[tuple[EvidenceFile, str, str]]:
    """Files of original rows and lines on disk, with the run and source that their names say."""
    found = []
    for kind, below in (("rows", "rows"), ("journal", FOLDER)):
        for path in sorted((folder / below).glob("*/*")):
            if path.suffix in {".parquet", ".json"}:
                source_id, run_id = _named(str(path.relative_to(folder)))
                relation = path.name.split(".")[1] if kind == "rows" else None
                found.append((described(path, folder, relation, kind), run_id, source_id))
    return found


def _named(file: str) -> tuple[str, str]:
    path = Path(file)
    return path.parent.name, path.name.partition(".")[0]
