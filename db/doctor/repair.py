"""Doing what is safe: nothing is deleted but leftovers, evidence and what analysts wrote are never touched."""

import shutil
from collections.abc import Callable
from pathlib import Path

from db.doctor.examine import examine
from db.doctor.folder import readable_by_others
from db.doctor.published import generations, way_back
from db.doctor.trouble import Diagnosis, Repair
from db.doctor.whole import damage
from db.home import ASIDE, point_to
from db.index.opening import opened
from db.index.place import folder_of
from db.progress import Told
from db.replay.rebuild import rebuild
from db.store import Store
from db.times import utc_now
from ingest.errors import TrackrecordError

_ORDER: tuple[Repair, ...] = ("permissions", "pointer", "rebuild", "leftovers", "index")


def repair(store: Store, tell: Told) -> tuple[list[str], Diagnosis]:
    """Does what is safe about every trouble, each sort of repair once; what was done, and what is wrong after it.

    A damaged generation is moved into the folder `damaged` of the home. A repair that fails is told among the deeds.
    Cost: as `examine`, twice or more; a rebuild derives every record anew.
    """
    deeds: list[str] = []
    tried: set[Repair] = set()
    while True:
        found = examine(store, tell)
        wanted = [one for one in _ORDER if one not in tried and one in {t.repair for t in found.troubles}]
        if not wanted:
            return deeds, found
        tried.add(wanted[0])
        try:
            deeds += _repairs(store, tell)[wanted[0]]()
        except TrackrecordError as error:
            deeds.append(f"not done: {error.sentence()}")
        except OSError as error:
            deeds.append(f"not done: {error.strerror} ({error.filename or store.home})")


def _repairs(store: Store, tell: Told) -> dict[Repair, Callable[[], list[str]]]:
    return {
        "permissions": lambda: _close(store.home),
        "pointer": lambda: _point(store, tell),
        "rebuild": lambda: _rebuild(store, tell),
        "leftovers": lambda: _sweep(store),
        "index": lambda: _index(store),
    }


def _close(home: Path) -> list[str]:
    deeds = []
    for path in readable_by_others(home):
        path.chmod(0o700 if path.is_dir() else 0o600)
        deeds.append(f"{path.name} is closed to others on this machine")
    return deeds


def _point(store: Store, tell: Told) -> list[str]:
    """Sets the pointer to the whole generation that is the way back; those that are not whole are moved aside."""
    with store.writing(repairing=True) as writer:
        way = way_back(store, tell)
        if way is None or way[1] is None:
            return []
        point_to(store.home, way[1], writer.work)
        return [f"CURRENT names {way[1].name}, which is whole", *_set_aside(store, tell)]


def _rebuild(store: Store, tell: Told) -> list[str]:
    """A new generation from the evidence. A damaged one is in nobody's way then, whether or not it could be opened."""
    with store.writing(repairing=True):
        deeds = _set_aside(store, tell)
    done = rebuild(store, tell=tell)
    records, lost = (sum(getattr(one, name) for one in done.sources) for name in ("records", "lost"))
    deeds.append(f"the database was rebuilt from the evidence store: {done.runs:,} runs, {records:,} records")
    if lost:
        deeds.append(f"{lost:,} versions of records could not be restored: their rows are missing or damaged")
    deeds += [f"missing or damaged: {one.file}" for one in done.missing]
    return deeds + done.notes


def _set_aside(store: Store, tell: Told) -> list[str]:
    """Moves every generation that is not whole out of the way, where no sync erases it."""
    deeds = []
    for path in generations(store.home):
        if damage(path, tell, store.memory) is None:
            continue
        aside = store.home / ASIDE
        aside.mkdir(exist_ok=True, mode=0o700)
        target = aside / f"{utc_now():%Y%m%dT%H%M%S}-{path.name}"
        path.replace(target)
        shutil.rmtree(folder_of(path), ignore_errors=True)
        deeds.append(f"{path.name} was moved to {ASIDE}/{target.name}")
    return deeds


def _sweep(store: Store) -> list[str]:
    with store.writing():
        return ["what a killed sync left behind was erased"]


def _index(store: Store) -> list[str]:
    with store.reading() as con:
        folder = folder_of(store.current)
        shutil.rmtree(folder, ignore_errors=True)
        return [f"the name index was built again: {len(opened(con)):,} names"]
