"""A pack of evidence about companies or records, made of a home: what it holds, and what the gate says of it."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from db.analyst import Analyst
from db.evidence_pack import plain
from db.evidence_pack.chain import chain_part
from db.evidence_pack.collect import Collected, payloads_of
from db.evidence_pack.container import write_pack
from db.evidence_pack.coverage import coverage_lines
from db.evidence_pack.crate import METADATA, crate_file
from db.evidence_pack.derive import Derived, derive_runs, disagreement, judge_otherwise
from db.evidence_pack.dossier import dossier_version, render
from db.evidence_pack.gather import companies_of
from db.evidence_pack.persons import persons_in
from db.evidence_pack.rows import rows_file
from db.evidence_pack.said import disputes_of, judgements_of
from db.evidence_pack.sums import FORMAT, MANIFEST, SUMS, sums_file
from db.progress import Told
from db.stamp.kept import Stamp
from db.store import Store
from ingest.archive import file_sha256
from ingest.catalog import Source
from ingest.errors import StoreError
from ingest.privacy.rulings import Rulings
from ingest.privacy.version import gate_version

SECONDS: Final = 300
"""Time that deriving everything again may take."""
_IN_SOURCE: Final = (
    "id", "title", "publisher", "jurisdiction", "homepage", "licence", "attribution", "legal_basis", "means",
    "means_not", "correction_channel", "cadence", "retention", "snapshot",
)  # fmt: skip
Row = dict[str, Any]


@dataclass(slots=True)
class Made:
    """What was written. Counts are those of the manifest; `underivable`: versions that cannot be derived again, by why.

    `sha256` is that of the whole pack: noted elsewhere, it shows that nothing was changed since.
    """

    file: str
    sha256: str
    bytes: int
    counts: dict[str, int]
    underivable: dict[str, int]
    stamps: int
    left_out: list[str]


@dataclass(slots=True)
class _Contents:
    """The files of a pack so far."""

    files: dict[str, bytes | Path] = field(default_factory=dict)

    def listed(self) -> dict[str, dict[str, Any]]:
        """Size and SHA-256 of each file."""
        return {name: _described(content) for name, content in sorted(self.files.items())}


def make_pack(
    store: Store, given: Sequence[str], output: Path, sources: Mapping[str, Source], *,
    now: datetime, most_payload: int, sample: bool, tell: Told,
) -> Made:  # fmt: skip
    """Writes the pack about these companies and records; `now` is UTC with zone, `most_payload` bytes of whole files.

    Raises UsageError for ids that are not known, StoreDamaged when evidence is missing, StoreError when something in
    it may name a person: then nothing is written. Cost: scans of the record tables and evidence files by id.
    """
    with store.reading() as con:
        tell("records", 0, None)
        found = Collected.of(con, store, given, sources, now.date())
        listed = coverage_lines(con, sources, now)
        companies = companies_of(con, found.asked)
        payloads, left_out = payloads_of(con, store, found, sources, most_payload)
        previous, chain = chain_part(con, found.seqs, found.stamps)
        generation = store.current.stem
    tell("deriving again", 0, None)
    rulings = {source_id: Analyst(store.home).rulings(source_id) for source_id in found.source_ids}
    outcomes = derive_runs(found.runs, rulings, memory=store.memory, seconds=SECONDS)
    judge_otherwise(found.runs, outcomes, sources, rulings, memory=store.memory, seconds=SECONDS)
    underivable = _mark_underivable(found, outcomes)
    disputes, judgements = disputes_of(store.home, found.lines, sources), judgements_of(store.home, found.lines)
    _require_no_person(found, outcomes, chain, rulings, [*disputes.values(), *judgements.values()])
    contents = _Contents()
    for run in found.runs:
        for relation, table in run.relations.items():
            contents.files[f"rows/{run.source_id}/{run.run_id}.{relation}.jsonl"] = rows_file(table)
        if run.adapter:
            folder = f"adapters/{run.source_id}/{run.adapter.version}"
            contents.files |= {f"{folder}/{name}": content for name, content in run.adapter.files.items()}
    for stamp in found.stamps:
        contents.files[f"stamps/{stamp.seq}-{stamp.chain_hash[:16]}.tsr"] = stamp.token
    contents.files |= payloads
    contents.files["records.jsonl"] = plain.lines(found.lines)
    contents.files["retrievals.jsonl"] = plain.lines(chain)
    told: Row = {
        "companies": companies,
        "coverage": listed,
        "sources": {key: _source(key, sources.get(key)) for key in sorted(found.source_ids)},
        "disputes": disputes,
        "judgements": judgements,
    }
    contents.files["dossier.json"] = plain.text(told)
    rested = {place["retrieval_id"] for line in found.lines for v in line.get("versions", ()) for place in v["rows"]}
    head: Row = {
        "format": FORMAT,
        "packed_at": plain.plain(now),
        "day": now.date().isoformat(),
        "sample": sample,
        "asked": list(found.asked.given),
        "generation": generation,
        "trackrecord_version": _own_version(),
        "gate_version": gate_version(),
        "dossier_version": dossier_version(),
        "counts": _counts(found),
        "runs": found.run_lines,
        "chain": {"first": chain[0]["seq"], "last": chain[-1]["seq"], "previous": previous,
                  "head": chain[-1]["chain_hash"]} if chain else None,
        "retrievals": [
            {name: row[name] for name in ("retrieval_id", "seq", "source_id", "url", "retrieved_at", "sha256", "bytes")}
            for row in chain if row["retrieval_id"] in rested
        ],
        "stamps": [_stamp(stamp) for stamp in found.stamps],
        "left_out": left_out,
    }  # fmt: skip
    # as it is read back: what is shown is what stands in the pack
    head = json.loads(plain.text(head))
    by_id = {row["retrieval_id"]: row for row in chain}
    contents.files["dossier.html"] = render(head, json.loads(plain.text(told)), found.lines, by_id)
    contents.files[METADATA] = crate_file(head, told["sources"], contents.listed())
    contents.files[MANIFEST] = plain.text({**head, "files": contents.listed()})
    contents.files[SUMS] = sums_file(contents.listed())
    write_pack(output, contents.files)
    return Made(str(output), file_sha256(output), output.stat().st_size, head["counts"], underivable,
                len(found.stamps), left_out)  # fmt: skip


def _mark_underivable(found: Collected, outcomes: Sequence[Derived]) -> Counter[str]:
    """Writes beside each version why its rows do not give it, where they do not; counts by reason."""
    counted: Counter[str] = Counter()
    by_run = {(run.source_id, run.run_id, run.adapter_version): (run.withheld, outcome)
              for run, outcome in zip(found.runs, outcomes, strict=True)}  # fmt: skip
    for line in found.lines:
        for said in line.get("versions", ()):
            withheld, outcome = by_run[line["source_id"], said["run_id"], said["adapter_version"]]
            why = disagreement(said, outcome, withheld)
            if why is not None:
                said["underivable"] = why
                counted[why] += 1
    return counted


def _require_no_person(
    found: Collected, outcomes: Sequence[Derived], chain: Iterable[Row], rulings: Mapping[str, Rulings],
    remarks: Iterable[Sequence[str]],
) -> None:  # fmt: skip
    """Raises StoreError, counting and naming nobody, when the gate finds that something in the pack may be a person."""
    counted = persons_in(
        found.lines,
        rulings,
        withheld=sum(outcome.withheld for outcome in outcomes),
        retrievals=chain,
        remarks=[text for texts in remarks for text in texts],
    )
    if counted:
        listed = ", ".join(f"{n:,} in {place}" for place, n in sorted(counted.items()))
        raise StoreError(
            f"the pack was not written: the gate finds what may be persons ({listed})",
            next_step="Sync the sources again: what was stored is then judged by the present gate and rulings.",
        )


def _counts(found: Collected) -> dict[str, int]:
    versions = [said for line in found.lines for said in line.get("versions", ())]
    rows = [table.column("named_withheld").to_pylist() for run in found.runs for table in run.relations.values()]
    return {
        "records": sum("versions" in line for line in found.lines),
        "versions": len(versions),
        "tombstones": sum("versions" not in line for line in found.lines),
        "rows": sum(map(len, rows)),
        "rows_withheld": sum(withheld is not False for flags in rows for withheld in flags),
        "underivable": sum("underivable" in said for said in versions),
    }


def _source(source_id: str, source: Source | None) -> dict[str, str]:
    """What a reader must know of a source; of one the catalogue has no more, its id alone."""
    known = {name: str(getattr(source, name)) if source else "" for name in _IN_SOURCE}
    return known if source else {**known, "id": source_id, "title": source_id, "publisher": source_id}


def _stamp(stamp: Stamp) -> Row:
    name = f"stamps/{stamp.seq}-{stamp.chain_hash[:16]}.tsr"
    said = {key: plain.plain(getattr(stamp, key)) for key in ("seq", "chain_hash", "stamped_at", "url", "authority")}
    return {"file": name, **said}


def _described(content: bytes | Path) -> dict[str, Any]:
    if isinstance(content, Path):
        return {"bytes": content.stat().st_size, "sha256": file_sha256(content)}
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _own_version() -> str:
    try:
        return version("trackrecord")
    except PackageNotFoundError:
        return "unknown"
