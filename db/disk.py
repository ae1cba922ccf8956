"""What a full disk and a damaged database file look like to the system and to the engine, told as our own errors."""

import errno
from pathlib import Path

import duckdb

from ingest.errors import SourceError, StoreDamaged, StoreError, TransformError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FULL_WORDS = ("No space left on device", "Disk quota exceeded", "File too large", "failed to offload data block")
_FAILING = frozenset({errno.EIO, errno.EROFS})
_DAMAGED_WORDS = ("Corrupt database file", "Could not read enough bytes")


def disk_error(error: OSError | duckdb.Error, where: Path) -> StoreError | None:
    """The error to raise instead, where the disk below `where` is full or fails, or a database file is damaged.

    None for any other error. An engine's message, which may quote a value, is read and never repeated.
    """
    words = str(error) if isinstance(error, duckdb.Error) else ""
    number = error.errno if isinstance(error, OSError) else None
    if number in _FULL or any(known in words for known in _FULL_WORDS):
        step = "Make room and run it again; what was published before stays."
        return StoreError("the disk is full", where=str(where), next_step=step)
    if number in _FAILING:
        return StoreError("the disk cannot be read or written", where=str(where), next_step="Check the disk.")
    if any(known in words for known in _DAMAGED_WORDS):
        return damaged_generation(where)
    return None


def unforeseen(error: Exception, source_id: str, home: Path) -> SourceError:
    """The failure of a source for an error that nobody raised on purpose, and whose message may quote an input row.

    Raises StoreDamaged where the published generation itself cannot be read: no source is at fault then.
    """
    known = disk_error(error, home) if isinstance(error, OSError | duckdb.Error) else None
    if isinstance(known, StoreDamaged):
        raise known from None
    if known:
        what, step = known.what, known.next_step
    elif isinstance(error, duckdb.OutOfMemoryException):
        what, step = "not enough memory", "Raise TRACKRECORD_MEMORY, for instance to 4GB."
    else:
        kind = "the engine failed ({})" if isinstance(error, duckdb.Error) else "unexpected {}"
        what, step = kind.format(type(error).__name__), "Please report it."
    return TransformError(what, source=source_id, next_step=step)


def damaged_generation(where: Path) -> StoreDamaged:
    """The error of a generation that is there and cannot be read."""
    step = "Run `trackrecord doctor`: it says how to get it back."
    return StoreDamaged("the published generation is damaged", where=str(where), next_step=step)
