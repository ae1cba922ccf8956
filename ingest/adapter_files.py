"""The files an adapter is made of, and its version: a hash over them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

ADAPTER_FILES = ("source.toml", "records.sql", "extract.py")
"""What the folder of a source holds for its adapter; the last only where the format is not tabular."""


def version_of(parts: Iterable[tuple[str, bytes]]) -> str:
    """The version of an adapter: over the names and bytes of its files, in the order of ADAPTER_FILES, then macros."""
    digest = hashlib.sha256()
    for name, content in parts:
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()[:16]


def macro_order(name: str) -> tuple[bool, str]:
    """Sorts files of macros: `macros.sql` first, which the others may use."""
    return name != "macros.sql", name


def macro_files() -> list[Path]:
    """The SQL files of macros that every records.sql may use."""
    return sorted(Path(__file__).parent.glob("*.sql"), key=lambda path: macro_order(path.name))
