"""Hashes of files as the lists of a pack hold them."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from db.evidence_pack.verify import PackVerdict, verify_pack


def listed(files: Mapping[str, bytes | Path]) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 by name."""
    found = {name: content if isinstance(content, bytes) else content.read_bytes() for name, content in files.items()}
    return {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in sorted(found.items())
    }


def check(path: Path, ca: Path | None = None, seconds: float = 60) -> PackVerdict:
    """The verdict on a pack."""
    return verify_pack(path, ca=ca, tell=lambda *_: None, seconds=seconds)


def differing(verdict: PackVerdict) -> dict[str, list[str]]:
    """What differs, by check."""
    return {found.what: found.causes for found in verdict.checks if found.differences}


def remarks(verdict: PackVerdict, what: str) -> str:
    """What a check remarks."""
    return "; ".join(next(found.remarks for found in verdict.checks if found.what == what))
