"""Which gate judged: a hash of its code and tables, so that a changed one reads everything anew."""

import hashlib
from functools import cache
from pathlib import Path

_FOLDERS = ("privacy", "names", "identifiers")


@cache
def gate_version() -> str:
    """16 hex digits over every file of the gate and of what it builds on; hashed once per process."""
    root, found = Path(__file__).parent.parent, hashlib.sha256()
    for folder in _FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                content = file.read_bytes()
                found.update(f"{file.relative_to(root).as_posix()} {len(content)}\n".encode())
                found.update(content)
    return found.hexdigest()[:16]
