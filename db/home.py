"""The folder of a database: made and marked as ours, and cleared of what a killed sync left behind."""

import shutil
from pathlib import Path

import duckdb

from db.index.place import folder_of
from ingest.durable import fsync, write_whole
from ingest.errors import StoreDamaged, StoreError, UsageError
from ingest.model import literal

MARKER = "trackrecord.home"
ASIDE = "damaged"
"""Folder of a home for generations that were not whole; no sync erases it, a purge does."""
_OURS = "A home of trackrecord. Files in here are its own.\n"
_PUBLISHED = "Its database was published.\n"
LOCKED_DOWN = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
_BEFORE_MARKED = ("lock", "lock.owner", "SAMPLE")


def unopenable(path: Path) -> StoreDamaged:
    """The error of a generation that is there and cannot be opened."""
    step = "Run `trackrecord doctor`: it says how to get it back."
    return StoreDamaged("the published generation cannot be opened", where=str(path), next_step=step)


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
            (home / MARKER).write_text(_OURS, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"the home cannot be written: {error.strerror}", where=str(home)) from None


def mark_published(home: Path) -> None:
    """Notes that a generation was published here once: from then on the evidence store is no leftover of a first sync
    that was killed, even where pointer and generations are lost.
    """
    if not was_published(home):
        write_whole(home / MARKER, (_OURS + _PUBLISHED).encode())


def was_published(home: Path) -> bool:
    """Whether a generation was ever published here; False also for homes of before this was noted."""
    try:
        return _PUBLISHED in (home / MARKER).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


def erase_work(home: Path) -> None:
    """The work folder of a sync that was killed."""
    shutil.rmtree(home / "work", ignore_errors=True)


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


def point_to(home: Path, generation: Path, work: Path) -> None:
    """Makes pointer CURRENT name that generation: the one step that publishes it."""
    pointer = work / "CURRENT"
    pointer.write_text(f"{generation.name}\n", encoding="ascii")
    fsync(pointer)
    fsync(generation.parent)
    pointer.replace(home / "CURRENT")
    fsync(home)
