"""Whether records of a pack are what their rows say: derived again by the adapter in it, and by the installed one.

An adapter in a pack is its maker's: a constant SELECT would agree with any record. What it says is proven only where
the installed adapter is the same, or reads the same from the rows.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from db.evidence_pack import plain
from db.evidence_pack.derive import (
    KEY_ELSEWHERE,
    NO_ADAPTER,
    WITHHELD,
    Derived,
    Run,
    derive_runs,
    disagreement,
    rulings_of,
)
from db.evidence_pack.loaded import Loaded
from ingest.adapter import Adapter, adapter_of
from ingest.catalog import SOURCES, find_source
from ingest.errors import CatalogError
from ingest.privacy.rulings import ALLOWED, Rulings

OWN_ADAPTER: Final = "only the adapter in the pack reads them so from their rows, no installed one does"
_APART: Final = (WITHHELD, NO_ADAPTER, KEY_ELSEWHERE)
"""Why a version cannot be derived again although nothing need be wrong, where the pack itself says so."""


class Outcome(NamedTuple):
    """How many were checked, what differs, what else there is to say, and how many stand on the maker's word."""

    n: int
    causes: list[str]
    remarks: list[str]
    unproven: int = 0


def records(found: Loaded, memory: str, seconds: float) -> Outcome:
    """Every version derived again from its rows by the adapter in the pack, in an engine that can do nothing else.

    Where that is not the installed one it may say what it likes, so the installed one is asked too.
    """
    wanted = {}
    for record, version in found.versions:
        key = (record["source_id"], version["run_id"])
        wanted[key] = version["adapter_version"]
    try:
        runs = [
            Run(
                source_id,
                run_id,
                adapter_version,
                found.adapters.get((source_id, adapter_version)),
                plain.day(found.head["runs"].get(run_id, {}).get("data_as_of")),
                found.tables.get((source_id, run_id), {}),
            )
            for (source_id, run_id), adapter_version in wanted.items()
        ]
    except ValueError:
        return Outcome(0, ["a day in manifest.json is none"], [])
    rulings = rulings_of([(record["source_id"], version) for record, version in found.versions])
    outcomes = derive_runs(runs, rulings, memory=memory, seconds=seconds)
    by_run = {
        (run.source_id, run.run_id): (run.adapter_version, run.withheld, outcome)
        for run, outcome in zip(runs, outcomes, strict=True)
    }
    confirmed = _by_installed(runs, rulings, memory=memory, seconds=seconds)
    causes, apart = _ids(found), Counter[str]()
    agreeing = 0
    for record, version in found.versions:
        adapter_version, withheld, outcome = by_run[record["source_id"], version["run_id"]]
        why, stated = disagreement(version, outcome, withheld), version.get("underivable")
        if version["adapter_version"] != adapter_version:
            why, stated = "its run had another adapter", None
        if why is None:
            agreeing += 1
            other = confirmed.get((record["source_id"], version["run_id"]))
            if other is not None and disagreement(version, other, withheld) is not None:
                apart[OWN_ADAPTER] += 1
        elif why not in _APART or stated != why:
            causes.append(f"{record['record_id']} version {version['version']}: {why}")
        else:
            apart[why] += 1
    remarks = [f"{n:,} versions: {why}" for why, n in sorted(apart.items())]
    unproven = sum(apart.values())
    ruled = sum(str(version["gate_reason"]).startswith(ALLOWED) for _, version in found.versions)
    remarks += [f"{ruled:,} versions passed the privacy gate by a rule of an analyst"] if ruled else []
    return Outcome(agreeing, causes, remarks, unproven)


def _by_installed(
    runs: Sequence[Run], rulings: Mapping[str, Rulings], *, memory: str, seconds: float
) -> dict[tuple[str, str], Derived]:
    """(source, run) → what the installed adapter makes of the rows, for runs with another adapter in the pack."""
    others = []
    for run in runs:
        own = installed(run.source_id)
        if run.adapter is not None and (own is None or run.adapter.files != own.files):
            others.append(replace(run, adapter=own))
    derived = derive_runs(others, rulings, memory=memory, seconds=seconds)
    return {(run.source_id, run.run_id): outcome for run, outcome in zip(others, derived, strict=True)}


def _ids(found: Loaded) -> list[str]:
    """What is wrong with the ids of records, and with how many the manifest says there are."""
    ids = Counter(record["record_id"] for record in found.records)
    causes = [f"{record_id} is there {n:,} times" for record_id, n in ids.items() if n > 1]
    causes += [
        f"{record['record_id']} version {version['version']}: it is about another record"
        for record, version in found.versions
        if record["record_id"] != f"{record['source_id']}:{version['says']['native_id']}"
    ]
    shown = sum("versions" in record for record in found.records)
    counts = {"records": shown, "versions": len(found.versions), "tombstones": len(found.records) - shown}
    if any(found.head["counts"].get(name) != n for name, n in counts.items()):
        causes.append("the manifest counts other records")
    return causes


def installed(source_id: str) -> Adapter | None:
    """The adapter of the catalogue; None where it has none that can be read."""
    if not (SOURCES / source_id / "source.toml").exists():
        return None
    try:
        return adapter_of(find_source(source_id))
    except CatalogError:
        return None
