"""The home as a folder: whose it is, who may read it, what a kill left in it, how much room there is."""

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import disk_usage

from filelock import FileLock, Timeout

from db.doctor.trouble import BY_REPAIR, NOTHING, Trouble
from db.home import ASIDE, MARKER
from db.index.place import folder_of
from db.stamp.kept import FOLDER as STAMPS
from db.stamp.kept import unreadable

PRIVATE = ("analyst.sqlite", "purge.key")
_SPARE_BYTES = 20_000_000
_CLOCK = timedelta(hours=1)


def is_busy(home: Path) -> bool:
    """Whether a process holds the writer's lock; a killed one gave it back when it died."""
    if not (home / "lock").exists():
        return False
    try:
        with FileLock(home / "lock").acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def readable_by_others(home: Path) -> list[Path]:
    """The folder and the files in it that others on this machine can open and should not."""
    found = [path for path in (home, *(home / name for name in PRIVATE)) if path.exists()]
    return [path for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077]


def folder_troubles(home: Path) -> Iterator[Trouble]:
    """What is wrong with the folder itself."""
    if not (home / MARKER).exists() and any(home.iterdir()):
        step = "Give the right --home, or run a sync, which marks it again."
        yield Trouble("the folder is not marked as a home of trackrecord", str(home), NOTHING, step)
    if open_ones := readable_by_others(home):
        names = ", ".join(path.name for path in open_ones)
        lost = "secrecy: payloads of a running sync and analysts' notes may name people"
        yield Trouble(f"others on this machine can open: {names}", str(home), lost, BY_REPAIR, "permissions")
    if not os.access(home, os.W_OK | os.X_OK):
        step = "Give yourself the right to write there, or copy the home; questions work meanwhile."
        yield Trouble("the home cannot be written", str(home), "syncing, judging and stamping", step)
    for path in unreadable(home):
        step = "Restore the .json beside it from a backup; the token itself may be good."
        what = "a time stamp has no readable description"
        yield Trouble(what, f"{STAMPS}/{path.name}", "what it shows about the time of retrieval", step)


def leftovers(home: Path, published: Path, unknown: list[str]) -> Iterator[Trouble]:
    """What a killed sync, purge or index left behind; `unknown`: evidence files that no generation knows."""
    if (home / "work").exists():
        what = "a sync was killed here: what it was fetching is still on disk"
        yield Trouble(what, str(home / "work"), "that sync; run it again", BY_REPAIR, "leftovers")
    others = sorted(
        {path.name for path in published.parent.glob("gen-*")} - {published.name, folder_of(published).name}
    )
    if others:
        what = f"{len(others)} file{'s' * (len(others) != 1)} of other generations left over, the first {others[0]}"
        yield Trouble(what, str(published.parent), NOTHING, BY_REPAIR, "leftovers")
    if unknown:
        n = len(unknown)
        what = f"{n} evidence file{'s' * (n != 1)} that no record rests on, the first {unknown[0]}"
        yield Trouble(what, str(home / "evidence"), NOTHING, BY_REPAIR, "leftovers")


def room_troubles(home: Path, published: Path) -> Iterator[Trouble]:
    """Whether the next generation fits beside the published one."""
    index = sum(path.stat().st_size for path in folder_of(published).rglob("*") if path.is_file())
    needed = int((published.stat().st_size + index) * 1.2) + _SPARE_BYTES
    free = disk_usage(home).free
    if free < needed:
        what = f"{free / 1e6:,.0f} MB are free; the next sync needs about {needed / 1e6:,.0f} MB"
        yield Trouble(what, str(home), "the next sync", "Make room on this disk, or move the home to a larger one.")


def set_aside(home: Path) -> list[str]:
    """A note on generations that a repair moved out of the way."""
    n = sum(1 for _ in (home / ASIDE).glob("*"))
    if not n:
        return []
    what = "file that a repair set aside" if n == 1 else "files that a repair set aside"
    return [f"the folder {ASIDE} holds {n:,} {what}; delete it when you need it no more"]


def clock_troubles(home: Path, newest: datetime | None, now: datetime) -> Iterator[Trouble]:
    """Whether this machine's clock (`now`, UTC without zone) is behind what was written; `newest` is the last run."""
    published = datetime.fromtimestamp((home / "CURRENT").stat().st_mtime, UTC).replace(tzinfo=None)
    latest = max(newest or published, published)
    if latest > now + _CLOCK:
        what = f"this machine's clock says {now:%Y-%m-%d %H:%M} UTC, and the home was written {latest:%Y-%m-%d %H:%M}"
        step = "Set the clock before the next sync."
        yield Trouble(what, str(home), "the order in which changes and retrievals happened", step)
