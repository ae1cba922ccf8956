"""Files that are on disk when a function returns, so that a power cut leaves what stood there before or what is new."""

import os
from contextlib import suppress
from pathlib import Path


def fsync(path: Path) -> None:
    """Waits until the disk has a file or the entries of a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, content: bytes) -> None:
    """Puts a file for its owner alone in place of what stood there; on disk when this returns.

    Raises OSError; what stood there before then stays, and nothing half written does.
    """
    arriving = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        arriving.replace(path)
    except OSError:
        with suppress(OSError):
            arriving.unlink(missing_ok=True)
        raise
    fsync(path.parent)
