"""The pointer and the generation it names; where they are not whole, the way back."""

from pathlib import Path

from db.doctor.trouble import BY_REPAIR, NOTHING, RESTORE, Repair, Trouble
from db.doctor.whole import damage
from db.journal import journals_in
from db.progress import Told
from db.store import Store
from ingest.errors import StoreDamaged, StoreMissing

_REBUILT = "nothing that the evidence store cannot give back"


def published(store: Store, tell: Told) -> tuple[Path | None, Trouble | None]:
    """The published generation if it is whole, and what is wrong if it is not. Cost: one pass over the file."""
    try:
        path = store.current
    except StoreMissing:
        # evidence of a first sync that was killed is a leftover, which the next one erases
        step = "Run `trackrecord sync --starter`, or give the right --home."
        return None, Trouble("nothing has been synced yet", str(store.home), NOTHING, step)
    except StoreDamaged as error:
        return None, _trouble(store, error.what, store.home / "CURRENT", tell)
    found = damage(path, tell, store.memory)
    if found is None:
        return path, None
    what = f"the published generation, {path.name}, {found.what}"
    if found.later:
        step = "Update trackrecord with its DuckDB, or use the version that wrote it."
        return None, Trouble(what, str(path), NOTHING, step, unusable=True)
    return None, _trouble(store, what, path, tell)


def way_back(store: Store, tell: Told) -> tuple[Repair, Path | None] | None:
    """What brings a whole database back: the newest generation, if that is whole; else the evidence; else an older one.

    An older one comes last: the next sync erases the evidence that it does not know.
    """
    whole = None
    files = generations(store.home)
    for path in reversed(files):
        if damage(path, tell, store.memory) is None:
            whole = path
            break
    if whole is not None and whole == files[-1] and not _is_older(whole, store):
        return "pointer", whole
    if can_rebuild(store):
        return "rebuild", None
    return ("pointer", whole) if whole is not None else None


def generations(home: Path) -> list[Path]:
    """All generation files, oldest first."""
    found = [path for path in (home / "generations").glob("gen-*.duckdb") if path.stem[4:].isdigit()]
    return sorted(found, key=_number)


def can_rebuild(store: Store) -> bool:
    """Whether the evidence store holds journals to replay."""
    return next(journals_in(store.evidence), None) is not None


def _number(path: Path) -> int:
    return int(path.stem[4:])


def _is_older(path: Path, store: Store) -> bool:
    """Whether the pointer names a later one."""
    try:
        return _number(path) < _number(store.current)
    except StoreDamaged:
        return False


def _trouble(store: Store, what: str, where: Path, tell: Told) -> Trouble:
    way = way_back(store, tell)
    if way is None:
        step = "Restore the home from a backup, or move it away and sync again."
        lost = "the database: no journal and no other generation is here"
        return Trouble(what, str(where), lost, step, unusable=True)
    repair, path = way
    if path is None:
        return Trouble(what, str(where), _REBUILT, BY_REPAIR, repair, unusable=True)
    older = _is_older(path, store)
    lost = f"what was synced after {path.name}, which is whole" if older else NOTHING
    step = f"{RESTORE} Or run `trackrecord doctor --repair`." if older else BY_REPAIR
    return Trouble(what, str(where), lost, step, repair, unusable=True)
