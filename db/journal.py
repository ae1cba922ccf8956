"""Journals: what each run did, kept beside the rows it stored, so that the evidence store alone can be replayed.

    evidence/runs/<source>/<run>.json      every run, failed ones too: its row in table run, its retrievals with their
                                           chain, its counts, the evidence it rests on, and how to read the lines
    evidence/runs/<source>/<run>.parquet   where it loaded: one line per record that is new, changed, gone, or seen

What stored rows say is derived again from them, so a line is no more than an id and a number; only where a row's text
is not kept (it names somebody withheld) the line has what the record says. A first load in which every row is a record
has no lines at all (`plain`). After an erasure both are written anew, as `<run>.<token>.json` with a higher `revision`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from ingest.archive import EvidenceFile, described
from ingest.durable import write_whole
from ingest.errors import StoreDamaged
from ingest.model import EVIDENCE, RETRIEVAL, RUN, SOURCE_ROWS, SQL_COLUMNS, Column

FORMAT = 1
FOLDER = "runs"
Seen = Literal["all but missed", "listed"]
"""Which records that stood before were seen again: all but the lines `missed`, or the lines `seen`."""

CONTENT = tuple(column for column in SQL_COLUMNS if column.name != "native_id")
PLACE = ("retrieval_id", "member", "row_number", "source_rows", "row_hash")
LINE: dict[str, str] = {
    "state": "VARCHAR",
    "record_id": "VARCHAR",
    "version": "INTEGER",
    "first_seen": "TIMESTAMP",
    "nth": "INTEGER",
    "said": "VARCHAR",
    "bare": "BOOLEAN",
    "declared": "VARCHAR",
    "gate_reason": "VARCHAR",
    **{column.name: column.type for column in CONTENT},
    **{name: {"row_number": "BIGINT", "source_rows": SOURCE_ROWS}.get(name, "VARCHAR") for name in PLACE},
}
"""Columns of the lines. `state`: added, changed, removed at source, aged out, seen, missed, or erased: a version that
stood there. `nth` and `said` (SHA-256): number and content of a record that shares its key. `bare`: the row's text is
not kept, so everything from `declared` (the source's own type) to `row_hash` stands here; else it is empty."""


@dataclass(frozen=True, slots=True)
class Journal:
    """What one run did. Rows are those of the tables of that name, columns by name."""

    run: Mapping[str, Any]
    retrievals: Sequence[Mapping[str, Any]]
    tallies: Sequence[tuple[str, str, str, int]] = ()
    """(retrieval_id, fate, reason, n), in the order in which they were counted."""
    evidence: Sequence[EvidenceFile] = ()
    """The files it rests on; the same adapter or payload may have been stored by an earlier run."""
    plain: bool = False
    seen: Seen = "all but missed"
    revision: int = 0
    file: str = field(default="", compare=False)
    """Path below the evidence folder."""

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return str(self.run["run_id"])

    @property
    def source_id(self) -> str:
        """Source of the run."""
        return str(self.run["source_id"])

    @property
    def lines(self) -> str | None:
        """The file of lines, where there is one."""
        return next((e.file for e in self.evidence if e.kind == "journal"), None)

    def of_kind(self, kind: str) -> list[EvidenceFile]:
        """Evidence of one kind: rows, payload, adapter, journal."""
        return [e for e in self.evidence if e.kind == kind]


def write_journal(folder: Path, journal: Journal) -> EvidenceFile:
    """Writes the JSON file; on disk when this returns. A first revision has the run's id alone as its name."""
    token = f".{uuid4().hex[:8]}" if journal.revision else ""
    file = folder / FOLDER / journal.source_id / f"{journal.run_id}{token}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {
        "format": FORMAT,
        "revision": journal.revision,
        "run": _plain(journal.run),
        "retrievals": [_plain(row) for row in journal.retrievals],
        "tallies": [list(tally) for tally in journal.tallies],
        "evidence": [asdict(entry) for entry in journal.evidence],
        "plain": journal.plain,
        "seen": journal.seen,
    }
    write_whole(file, json.dumps({**content, "sha256": _digest(content)}, indent=1).encode())
    return described(file, folder, None, "journal")


def read_journal(folder: Path, file: str) -> Journal:
    """The journal in a JSON file. Raises StoreDamaged when it is not as it was written."""
    path = folder / file
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        digest = content.pop("sha256")
        if content["format"] != FORMAT:
            raise damaged(path, "is of another format than this version reads")
        if digest != _digest(content):
            raise damaged(path, "differs from what was written")
        return Journal(
            run=_typed(content["run"], RUN),
            retrievals=[_typed(row, RETRIEVAL) for row in content["retrievals"]],
            tallies=[(str(row[0]), str(row[1]), str(row[2]), int(row[3])) for row in content["tallies"]],
            evidence=[EvidenceFile(**_typed(entry, _ENTRY)) for entry in content["evidence"]],
            plain=bool(content["plain"]),
            seen=content["seen"],
            revision=int(content["revision"]),
            file=file,
        )
    except FileNotFoundError:
        raise damaged(path, "is missing") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        raise damaged(path, "cannot be read") from None


def journals_in(folder: Path) -> Iterator[str]:
    """Paths of all journals below the evidence folder, by source and name."""
    for path in sorted((folder / FOLDER).glob("*/*.json")):
        yield str(path.relative_to(folder))


def latest(journals: Sequence[Journal]) -> list[Journal]:
    """One journal a run, the last revision of it, in the order in which the runs happened."""
    found: dict[str, Journal] = {}
    for journal in sorted(journals, key=lambda one: one.revision):
        found[journal.run_id] = journal
    return sorted(found.values(), key=lambda one: (one.run["started_at"], one.run_id))


def damaged(path: Path, what: str) -> StoreDamaged:
    """The error of a journal that is not whole."""
    return StoreDamaged(
        f"a journal of the evidence store {what}", where=str(path), next_step="Restore it from a backup."
    )


_ENTRY = tuple(column for column in EVIDENCE if column.name not in {"run_id", "source_id"})


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def _typed(row: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    """The values of a row by the types of its table. Raises KeyError, TypeError or ValueError for another row."""
    if row.keys() != {column.name for column in columns}:
        raise ValueError
    return {column.name: _value(row[column.name], column) for column in columns}


def _value(value: Any, column: Column) -> Any:
    if value is None:
        if column.required:
            raise ValueError
        return None
    kind = {"VARCHAR": str, "DOUBLE": float, "TIMESTAMP": str, "DATE": str}.get(column.type, int)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError
    if column.type == "TIMESTAMP":
        return datetime.fromisoformat(str(value))
    return date.fromisoformat(str(value)) if column.type == "DATE" else value


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
