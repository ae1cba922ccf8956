"""What a new home takes from the old one beside the database: evidence, rulings and decisions, time stamps."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from db.analyst_file import AnalystFile
from db.stamp.kept import FOLDER as STAMPS
from db.store import Store
from ingest.durable import fsync
from ingest.errors import StoreError, UsageError


def require_new(store: Store, into: Store) -> None:
    """Raises UsageError unless `into` is a folder that is not there or empty, outside of the home."""
    target = into.home.resolve()
    if target == store.home.resolve() or store.home.resolve() in target.parents:
        raise UsageError("the new home must lie outside of the old one", where=str(into.home))
    if into.home.exists() and (not into.home.is_dir() or any(into.home.iterdir())):
        raise UsageError("the new home is not an empty or new folder", where=str(into.home))


def move_into(store: Store, into: Store) -> None:
    """Copies everything that is not derived; the old home stays as it is. Raises StoreError when it cannot be written.

    Files of evidence are never changed in place, so on the same disk both homes share them.
    """
    try:
        for folder in (store.evidence, store.home / STAMPS):
            for path in folder.rglob("*"):
                if path.is_file() and not path.name.startswith("."):
                    _share(path, into.home / path.relative_to(store.home))
        old, new = AnalystFile(store.home), AnalystFile(into.home)
        if old.path.exists():
            with closing(sqlite3.connect(old.path)) as given, closing(sqlite3.connect(new.path)) as taken:
                given.backup(taken)
            new.path.chmod(0o600)
        if old.key_path.exists():
            shutil.copy2(old.key_path, new.key_path)
    except (OSError, sqlite3.Error) as error:
        what = error.strerror if isinstance(error, OSError) else "the analyst database cannot be copied"
        raise StoreError(f"the new home cannot be written: {what}", where=str(into.home)) from None


def _share(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except OSError:
        shutil.copy2(path, target)
        fsync(target)
