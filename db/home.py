"""The folder of a database: made and marked as ours, and cleared of what a killed sync left behind."""

import os
import shutil
from pathlib import Path

import duckdb

from db.index.generation import folder_of
from ingest.errors import StoreDamaged, StoreError, UsageError
from ingest.model import literal

MARKER = "trackrecord.home"
LOCKED_DOWN = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
_BEFORE_MARKED = ("lock", "lock.owner", "SAMPLE")


def unopenable(path: Path) -> StoreDamaged:
    """The error of a generation that is there and cannot be opened."""
    return StoreDamaged(
        "the published generation cannot be opened",
        where=str(path),
        next_step="Restore the file from a backup, or move the home away and sync again.",
    )


def make_home(home: Path) -> None:
    """A folder of our own, closed to other users: payloads of a running sync may name people."""
    if "?" in str(home):
        raise UsageError("the engine cannot use a path with a question mark", where=str(home))
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (home / MARKER).exists():
            strange = [path.name for path in home.iterdir() if path.name not in _BEFORE_MARKED]
            if strange and not (home / "CURRENT").exists():
                raise UsageError(
                    "this folder holds other things than a trackrecord home",
                    where=str(home),
                    next_step="Give an empty or new folder with --home.",
                )
            (home / MARKER).write_text("A home of trackrecord. Files in here are its own.\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"the home cannot be written: {error.strerror}", where=str(home)) from None


def erase_leftovers(home: Path, published: Path | None) -> None:
    """Payloads, spill and half-built generations of a sync that was killed; evidence that no generation knows.

    `published`: the published generation, if there is one. Raises StoreDamaged when it does not open.

    The work folder goes last: while it is there, somebody still has to erase. Nothing else is touched unless the
    published generation opens.
    """
    work = home / "work"
    for part in work.iterdir() if work.is_dir() else ():
        shutil.rmtree(part, ignore_errors=True)
    if published is None:
        shutil.rmtree(home / "evidence", ignore_errors=True)
    else:
        erase_unknown(home, published)
    shutil.rmtree(work, ignore_errors=True)


def erase_unknown(home: Path, published: Path) -> None:
    """Generations but the published one, and evidence files it does not know."""
    try:
        with duckdb.connect(config=dict(LOCKED_DOWN)) as con:
            con.execute(f"ATTACH {literal(str(published))} AS published (READ_ONLY)")
            known = {row[0] for row in con.execute("SELECT file FROM published.evidence").fetchall()}
    except duckdb.Error:
        raise unopenable(published) from None
    erase_old_generations(published)
    for file in (home / "evidence").rglob("*"):
        if file.is_file() and str(file.relative_to(home / "evidence")) not in known:
            file.unlink(missing_ok=True)


def erase_old_generations(published: Path) -> None:
    """Generations but the published one, with their name indexes."""
    for path in published.parent.glob("gen-*"):
        if path in {published, folder_of(published)}:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def fsync(path: Path) -> None:
    """Waits until the disk has a file or the entries of a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
