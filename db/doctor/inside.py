"""What the published generation says of itself and of the files that belong to it."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import duckdb

from db.analyst_file import AnalystFile
from db.doctor.trouble import BY_REPAIR, RESTORE, Diagnosis, Trouble
from db.index.generation import open_index
from db.index.place import folder_of
from db.progress import Told
from db.samples import ACCEPTED
from ingest.archive import file_sha256, stored_files
from ingest.errors import StoreBusy, StoreDamaged, StoreError

_LOST = {
    "rows": "the proof for up to {n:,} records: their rows as the agency published them",
    "payload": "the agency's whole file; the records keep their rows",
    "journal": "the means to rebuild the database from the evidence: keep a backup of the generation",
    "adapter": "the means to repeat how that run derived its records",
}


def evidence_troubles(con: duckdb.DuckDBPyConnection, folder: Path, tell: Told) -> Iterator[Trouble]:
    """Evidence files that are missing or not what was stored. Cost: one SHA-256 over the evidence store."""
    rows = con.execute("SELECT file, run_id, kind, bytes, sha256 FROM gen.evidence ORDER BY file").fetchall()
    for at, (name, run_id, kind, size, digest) in enumerate(rows):
        tell("evidence files", at, len(rows))
        path = folder / name
        try:
            good = path.stat().st_size == size and file_sha256(path) == digest
        except FileNotFoundError:
            what = "an evidence file is missing"
        except OSError as error:
            what = f"an evidence file cannot be read: {error.strerror}"
        else:
            if good:
                continue
            what = "an evidence file is not what was stored (its SHA-256 differs)"
        ((n,),) = con.execute(
            """SELECT count(*) FROM gen.record
            SEMI JOIN (SELECT retrieval_id FROM gen.retrieval WHERE run_id = ?) USING (retrieval_id)""",
            [run_id],
        ).fetchall()
        lost = _LOST.get(kind, "what it held").format(n=n)
        yield Trouble(what, str(path), lost, f"{RESTORE} `trackrecord verify` names the records concerned.")


def unknown_evidence(con: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    """Files of the evidence store that the generation does not know."""
    known = {row[0] for row in con.execute("SELECT file FROM gen.evidence").fetchall()}
    return sorted(stored_files(folder) - known)


def look_at_journals(con: duckdb.DuckDBPyConnection, found: Diagnosis) -> None:
    """Notes the runs that an earlier version of trackrecord made without a journal."""
    ((n,),) = con.execute(
        "SELECT count(*) FROM gen.run ANTI JOIN (SELECT run_id FROM gen.evidence WHERE kind = 'journal') USING (run_id)"
    ).fetchall()
    if n:
        what = "run has" if n == 1 else "runs have"
        found.notes.append(
            f"{n:,} {what} no journal: the evidence store alone cannot rebuild this database, back it up"
        )


def look_at_schema(con: duckdb.DuckDBPyConnection, path: Path, found: Diagnosis) -> None:
    """Whether the generation's schema is that of this version, an older one, or a later one."""
    ours = {file.name for file in resources.files("db").joinpath("schema").iterdir() if file.name.endswith(".sql")}
    known = con.execute("SELECT 1 FROM duckdb_tables() WHERE database_name = 'gen' AND table_name = 'migration'")
    if known.fetchone() is None:
        return
    theirs = {row[0] for row in con.execute("SELECT name FROM gen.migration").fetchall()}
    if later := sorted(theirs - ours):
        what = f"the database was written by a later version of trackrecord ({later[-1]})"
        found.troubles.append(Trouble(what, str(path), "what that version added", "Update trackrecord."))
    elif ours - theirs:
        found.notes.append("the next sync brings the tables up to this version of trackrecord")


def sample_troubles(con: duckdb.DuckDBPyConnection, home: Path) -> Iterator[Trouble]:
    """Invented companies among real ones, or the other way round."""
    counted = con.execute(
        """SELECT count(*) FILTER (accepted_change = $1), count(*) FILTER (accepted_change IS DISTINCT FROM $1)
        FROM gen.run WHERE outcome = 'loaded'""",
        [ACCEPTED],
    ).fetchall()
    samples, real = counted[0]
    step = "Move the home away and sync into a new one: invented and real companies cannot be told apart here."
    if real and (home / "SAMPLE").exists():
        what = f"this home is marked as a sample, and {real:,} of its runs loaded other files"
        yield Trouble(what, str(home / "SAMPLE"), "the difference between invented and real companies", step)
    elif samples and not (home / "SAMPLE").exists():
        what = f"{samples:,} runs loaded bundled samples of invented companies into this home"
        yield Trouble(what, str(home), "the difference between invented and real companies", step)


def index_troubles(path: Path) -> Iterator[Trouble]:
    """The name index: missing, damaged, or made for another state of the generation."""
    folder = folder_of(path)
    try:
        if open_index(folder, path) is not None:
            return
        what = "the name index is missing" if not folder.exists() else "the name index is not that of this generation"
    except StoreDamaged as error:
        what = error.what
    lost = "quick searching: it is made from the database again, over a minute for a million names"
    yield Trouble(what, str(folder), lost, BY_REPAIR, "index")


def analyst_troubles(home: Path, found: Diagnosis) -> None:
    """The analysts' own database and the key of what was purged."""
    file = AnalystFile(home, wait=1.0)
    lost = "what analysts ruled, judged and watch; and what was purged could come back"
    try:
        with file.reading() as con:
            if con is None:
                return
            if con.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise file.damaged("is damaged")
            file.key(con, make=False)
    except StoreBusy:
        found.notes.append("analyst.sqlite is being written and was not judged")
    except StoreError as error:
        found.troubles.append(Trouble(error.what, error.where or str(home), lost, error.next_step))
