"""The two lists of a pack's files: the manifest for us, SHA256SUMS for anybody who has `sha256sum`."""

from collections.abc import Mapping
from typing import Any, Final

FORMAT: Final = "trackrecord evidence pack 1"
MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"


def sums_file(listed: Mapping[str, Mapping[str, Any]]) -> bytes:
    """SHA256SUMS over these files, the manifest among them, as `sha256sum -c` reads it."""
    return "".join(f"{found['sha256']}  {name}\n" for name, found in sorted(listed.items())).encode("ascii")
