"""What is checked of a pack once it was read: each check gives how many, what differs, and remarks."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import zstandard
from jinja2 import TemplateError

from db.evidence_pack import plain
from db.evidence_pack.chain import broken_links
from db.evidence_pack.container import Pack
from db.evidence_pack.crate import METADATA
from db.evidence_pack.derive import places_of
from db.evidence_pack.dossier import dossier_version, render
from db.evidence_pack.loaded import LARGEST, Loaded
from db.evidence_pack.proof import Outcome, installed
from db.evidence_pack.rows import hashes_agree
from db.stamp.kept import check_token
from ingest.errors import ReadError, WrongContent
from ingest.privacy.version import gate_version

_CLOCKS_APART: Final = timedelta(hours=1)
MOST_UNPACKED: Final = 20_000_000_000
"""Bytes of all whole files of a pack together, unpacked."""
_UNSHOWABLE = (TemplateError, LookupError, TypeError, ValueError, ArithmeticError, RecursionError)


def chain(found: Loaded) -> Outcome:
    """Every link of the chain, what the manifest says of it, and that every record has its retrievals in it."""
    stated = found.head["chain"]
    try:
        causes = broken_links(stated["previous"] if stated else "", found.chain)
    except (ValueError, OverflowError, WrongContent):
        return Outcome(len(found.chain), ["a time in retrievals.jsonl is none"], [])
    if found.chain:
        real = {"first": found.chain[0]["seq"], "last": found.chain[-1]["seq"], "head": found.chain[-1]["chain_hash"]}
        if stated is None or {name: stated[name] for name in real} != real:
            causes.append("the manifest states other ends of the chain")
    got = {(row["retrieval_id"], row["run_id"], row["source_id"]) for row in found.chain if row["outcome"] == "ok"}
    for record, version in found.versions:
        causes += [
            f"{record['record_id']} version {version['version']}: its retrieval is not in the chain"
            for place in version["rows"]
            if (place["retrieval_id"], version["run_id"], record["source_id"]) not in got
        ]
    by_id, names = found.by_id, ("retrieval_id", "seq", "source_id", "url", "retrieved_at", "sha256", "bytes")
    for line in found.head["retrievals"]:
        row = by_id.get(line["retrieval_id"], {})
        if line != {name: row.get(name) for name in names}:
            causes.append("a retrieval in the manifest is another one in the chain")
    return Outcome(len(found.chain), causes, [])


def time_stamps(found: Loaded, pack: Pack, ca: Path | None) -> Outcome:
    """Every stamp against the chain, its own signature, and the certificates of `ca` where they are given."""
    causes, remarks = [], []
    links = {row["seq"]: row for row in found.chain}
    files = {name for name in pack.entries if name.startswith("stamps/")}
    causes += [
        f"{name} is unknown to the manifest" for name in sorted(files - {s["file"] for s in found.head["stamps"]})
    ]
    for stamp in found.head["stamps"]:
        token, link = pack.read(stamp["file"], LARGEST), links.get(stamp["seq"])
        if token is None or link is None or link["chain_hash"] != stamp["chain_hash"]:
            causes.append(f"{stamp['file']}: the chain does not hold what it covers")
            continue
        try:
            checked = check_token(token, stamp["chain_hash"], ca)
        except WrongContent as error:
            causes.append(f"{stamp['file']}: {error.what}")
            continue
        attempted = plain.moment(link["attempted_at"])
        if attempted and checked.stamped_at < attempted - _CLOCKS_APART:
            causes.append(f"{stamp['file']}: it is older than the retrieval it covers")
        if checked.trusted is False:
            causes.append(f"{stamp['file']}: its authority's certificate does not lead to those asked for")
        if (checked.stamped_at, checked.authority) != (plain.moment(stamp["stamped_at"]), stamp["authority"]):
            causes.append(f"{stamp['file']}: the manifest states another time or authority than its token")
        trust = "trusted" if checked.trusted else "signature valid, authority not checked: give --ca"
        remarks.append(
            f"retrievals up to number {stamp['seq']} existed on {checked.stamped_at:%Y-%m-%d %H:%M} UTC, says "
            f"{checked.authority} ({trust}; certificate SHA-256 {checked.certificate})"
        )
    last = max((row["seq"] for row in found.head["retrievals"]), default=0)
    if not found.head["stamps"]:
        remarks.append("no time stamp: when anything was retrieved stands on the word of the pack's maker")
    elif last > max(stamp["seq"] for stamp in found.head["stamps"]):
        remarks.append("the latest retrievals are not covered by a stamp")
    return Outcome(len(found.head["stamps"]), causes, remarks)


def rows(found: Loaded) -> Outcome:
    """Every original row against its hash, and every version against the hashes of its rows."""
    causes, count, withheld = [], 0, 0
    hashes: dict[tuple[str, str], dict[Any, tuple[int, str]]] = {}
    for (source_id, run_id), tables in found.tables.items():
        for relation, table in tables.items():
            lines = table.select(
                ["_row", "retrieval_id", "member", "row_number", "named_withheld", "row_hash"]
            ).to_pylist()
            agree = hashes_agree(table)
            causes += [
                f"row {line['row_number']} of {relation}, run {run_id}: differs from its hash"
                for line, agrees in zip(lines, agree, strict=True)
                if not agrees
            ]
            count, withheld = count + len(lines), withheld + sum(line["named_withheld"] is not False for line in lines)
            places = hashes.setdefault((source_id, run_id), {})
            for line in lines:
                key = (line["retrieval_id"], line["member"], line["row_number"])
                places[key] = (line["_row"], str(line["row_hash"]))
    for record, version in found.versions:
        of_run = hashes.get((record["source_id"], version["run_id"]), {})
        mine = [of_run.get(place) for place in places_of(version)]
        kept = sorted(item for item in mine if item is not None)
        if len(kept) < len(mine):
            causes.append(f"{record['record_id']} version {version['version']}: an original row is missing")
        elif _hash_of([row_hash for _, row_hash in kept]) != version["row_hash"]:
            causes.append(f"{record['record_id']} version {version['version']}: its rows have another hash")
    remarks = [f"the text of {withheld:,} rows is withheld, as they also name somebody: their hash cannot be checked"]
    return Outcome(count, causes, remarks if withheld else [])


def _hash_of(hashes: list[str]) -> str:
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def payloads(found: Loaded, pack: Pack) -> Outcome:
    """Every whole file of an agency, unpacked, against the SHA-256 that a retrieval states."""
    sizes = {row["sha256"]: row["bytes"] for row in found.chain if row["sha256"]}
    names = [name for name in pack.entries if name.startswith("payloads/")]
    left, causes = MOST_UNPACKED, []
    for name in names:
        # a size stated in the pack is no bound: all of them together have one
        digest, size = _unpacked(pack, name, min(max(sizes.values(), default=0), left))
        left -= size
        if sizes.get(digest) != size:
            causes.append(f"{name} is not the file of any retrieval")
    return Outcome(len(names), causes, [])


def _unpacked(pack: Pack, name: str, most: int) -> tuple[str, int]:
    """SHA-256 and size of a file unpacked; no hash for what is not one whole zstd frame, or larger than `most`."""
    digest, size = hashlib.sha256(), 0
    unpacker = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
    try:
        for piece in pack.pieces(name):
            for at in range(0, len(piece), 1 << 12):
                part = unpacker.decompress(piece[at : at + (1 << 12)])
                size += len(part)
                if size > most:
                    return "", size
                digest.update(part)
    except zstandard.ZstdError:
        return "", size
    return digest.hexdigest() if unpacker.eof and not unpacker.unused_data else "", size


def adapters(found: Loaded) -> Outcome:
    """Every adapter against the version its folder states; remarks say whether it is the installed one."""
    causes, remarks = [], []
    for (source_id, version), adapter in sorted(found.adapters.items()):
        if (adapter.source.id, adapter.version) != (source_id, version):
            causes.append(f"adapters/{source_id}/{version}: its files are another adapter")
        elif (own := installed(source_id)) is None:
            remarks.append(f"{source_id} {version}: this installation does not have the source, or cannot read it")
        else:
            same = "the installed one" if adapter.files == own.files else "another one than the installed one"
            remarks.append(f"{source_id} {version}: {same}")
    same = found.head["gate_version"] == gate_version()
    remarks.append(f"privacy gate: {'the installed one' if same else 'another one than the installed one'}")
    return Outcome(len(found.adapters), causes, remarks)


def dossier(found: Loaded, pack: Pack) -> Outcome:
    """The dossier made again of what is in the pack; by its hash alone where another version made it."""
    if found.head["dossier_version"] != dossier_version():
        why = "made by another version of trackrecord: what it says was not compared with the records"
        return Outcome(1, [], [why], 1)
    try:
        made = render(found.head, found.dossier, found.records, found.by_id)
    except _UNSHOWABLE:
        return Outcome(1, ["dossier.html cannot be made of what is in the pack"], [])
    same = made == pack.read("dossier.html", len(made))
    return Outcome(1, [] if same else ["dossier.html says something else than the records and the manifest"], [])


def crate(found: Loaded, pack: Pack) -> Outcome:
    """The hashes in the RO-Crate description against those of the manifest."""
    try:
        said = plain.parsed(pack.read(METADATA, LARGEST) or b"", METADATA)
        listed = {
            entity["@id"]: {"bytes": int(entity["contentSize"]), "sha256": entity["sha256"]}
            for entity in said["@graph"]
            if entity.get("@type") == "File"
        }
    except (ReadError, LookupError, TypeError, ValueError, AttributeError):
        return Outcome(0, [f"{METADATA} is missing or not readable"], [])
    stated = {name: said for name, said in (found.stated_files or {}).items() if name != METADATA}
    causes = [] if listed == stated else [f"{METADATA} lists other files than the manifest"]
    return Outcome(len(listed), causes, [])
