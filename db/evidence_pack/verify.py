"""The check of a pack: offline, without a database, trusting nothing in it.

A pack is checked against itself, against the installed code, and against time stamps. What only its maker knows (when
a run was, that a record was removed, how companies are linked, what was searched) is covered by hashes alone. Agreeing
with itself is not enough: an adapter in the pack may say anything of any row. A record is proven when the installed
adapter reads it from its rows too, a dossier when the installed code makes it.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from db.evidence_pack import checks, proof
from db.evidence_pack.container import Pack, opened
from db.evidence_pack.loaded import Loaded, load
from db.evidence_pack.sums import MANIFEST, SUMS, sums_file
from db.progress import Told
from ingest.archive import file_sha256

SECONDS: Final = 120.0
_MOST_CAUSES = 20


@dataclass(slots=True)
class Check:
    """One thing that was checked: how many of what, what differs (the first causes), and remarks that are no fault.

    `unproven`: how many nothing here shows to be right: whoever made the pack may have written what they liked.
    """

    what: str
    n: int = 0
    unit: str = ""
    differences: int = 0
    unproven: int = 0
    causes: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def differ(self, causes: list[str]) -> None:
        """Adds what differs; of many only the first are told."""
        self.differences += len(causes)
        self.causes += causes[: max(_MOST_CAUSES - len(self.causes), 0)]


@dataclass(slots=True)
class PackVerdict:
    """What a pack says of itself, and what was checked. `sha256` is that of the file, to compare with one noted."""

    file: str
    sha256: str
    packed_at: str | None = None
    trackrecord_version: str | None = None
    checks: list[Check] = field(default_factory=list)

    @property
    def differences(self) -> int:
        """Everything that differs; none for a pack that is all right."""
        return sum(check.differences for check in self.checks)

    @property
    def unproven(self) -> int:
        """What stands on the word of the pack's maker although a pack should prove it."""
        return sum(check.unproven for check in self.checks)


def verify_pack(
    path: Path, *, ca: Path | None, tell: Told, memory: str = "1GB", seconds: float = SECONDS
) -> PackVerdict:
    """Checks the pack. Raises UsageError for a file that is no pack, or an unusable `ca`.

    `seconds` bounds what the pack's own SQL may take, all of it together. Cost: a SHA-256 over the file, and one pass
    of the adapters and the gate over the rows in it.
    """
    with opened(path) as pack:
        verdict = PackVerdict(str(path), file_sha256(path))
        found = load(pack)
        verdict.checks += _bytes(pack, found)
        form = Check("form of its files", len(found.read), "files")
        form.differ(found.faults)
        verdict.checks.append(form)
        if found.head:
            verdict.packed_at, verdict.trackrecord_version = found.head["packed_at"], found.head["trackrecord_version"]
        if not found.whole:
            form.remarks.append("nothing else was checked")
            return verdict
        tell("deriving again", 0, None)
        steps: Mapping[str, tuple[str, Callable[[], proof.Outcome]]] = {
            "chain of retrievals": ("retrievals", lambda: checks.chain(found)),
            "time stamps": ("stamps", lambda: checks.time_stamps(found, pack, ca)),
            "original rows": ("rows", lambda: checks.rows(found)),
            "whole files": ("files", lambda: checks.payloads(found, pack)),
            "adapters": ("adapters", lambda: checks.adapters(found)),
            "records derived again": ("versions", lambda: proof.records(found, memory, seconds)),
            "dossier": ("file", lambda: checks.dossier(found, pack)),
            "description": ("files", lambda: checks.crate(found, pack)),
        }
        for what, (unit, step) in steps.items():
            outcome = step()
            check = Check(what, outcome.n, unit, unproven=outcome.unproven, remarks=outcome.remarks)
            check.differ(outcome.causes)
            verdict.checks.append(check)
    return verdict


def check_bytes(path: Path) -> list[Check]:
    """The checks of the zip and its hashes alone: they find every byte that was changed in a pack."""
    with opened(path) as pack:
        return _bytes(pack, load(pack))


def _bytes(pack: Pack, found: Loaded) -> list[Check]:
    return [_container(pack), _files(pack, found)]


def _container(pack: Pack) -> Check:
    check = Check("bytes of the zip", len(pack.data), "bytes")
    check.differ(list(pack.faults))
    return check


def _files(pack: Pack, found: Loaded) -> Check:
    """Every file against the manifest, and the manifest with them against SHA256SUMS."""
    check = Check("files", len(pack.entries), "files")
    real: dict[str, dict[str, Any]] = {}
    for name, entry in pack.entries.items():
        digest = hashlib.sha256()
        for piece in pack.pieces(name):
            digest.update(piece)
        real[name] = {"bytes": entry.size, "sha256": digest.hexdigest()}
    summed = {name: said for name, said in real.items() if name != SUMS}
    if pack.read(SUMS) != sums_file(summed):
        check.differ([f"{SUMS} differs from the files"])
    stated = found.stated_files
    if stated is None:
        check.differ([f"{MANIFEST} is missing or not readable"])
        return check
    listed = {name: said for name, said in summed.items() if name != MANIFEST}
    check.differ([f"{name} is missing" for name in sorted(stated.keys() - listed.keys())])
    check.differ([f"{name} is unknown to the manifest" for name in sorted(listed.keys() - stated.keys())])
    check.differ([f"{name} differs from its hash" for name in sorted(listed.keys() & stated.keys())
                  if listed[name] != stated[name]])  # fmt: skip
    return check
