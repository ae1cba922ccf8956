"""A pack read into memory, once every file in it has the form it should have."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from db.evidence_pack import plain, shape
from db.evidence_pack.container import Pack
from db.evidence_pack.rows import read_rows
from db.evidence_pack.sums import FORMAT, MANIFEST
from ingest.adapter import Adapter, read_adapter
from ingest.errors import CatalogError, ReadError

LARGEST: Final = 64_000_000
"""Bytes of the largest JSON file: what it takes in memory is a multiple."""
MOST_ROWS: Final = 128_000_000
"""Bytes of all files of rows together."""
_ROWS = re.compile(r"rows/([a-z][a-z0-9_]{0,80})/([A-Za-z0-9-]{1,60})\.([a-z][a-z0-9_]{0,40})\.jsonl")
_ADAPTER = re.compile(r"adapters/([a-z][a-z0-9_]{0,80})/([0-9a-f]{16})/(.+)")
Row = dict[str, Any]


@dataclass(slots=True)
class Loaded:
    """What is in a pack. `faults`: files that are missing or have another form; with any, the rest is not looked at.

    `head`: the manifest without its list of files, which is `stated_files`. `tables`: (source, run) → relation → rows.
    `adapters`: (source, version) → adapter, under the version its folder states.
    """

    faults: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    head: Row = field(default_factory=dict)
    stated_files: dict[str, Row] | None = None
    records: list[Row] = field(default_factory=list)
    chain: list[Row] = field(default_factory=list)
    dossier: Row = field(default_factory=dict)
    tables: dict[tuple[str, str], dict[str, pa.Table]] = field(default_factory=dict)
    adapters: dict[tuple[str, str], Adapter] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether everything could be read."""
        return not self.faults

    @property
    def versions(self) -> list[tuple[Row, Row]]:
        """(record, version) of everything that is shown."""
        return [(record, version) for record in self.records for version in record.get("versions", ())]

    @property
    def by_id(self) -> dict[str, Row]:
        """Retrievals by id."""
        return {row["retrieval_id"]: row for row in self.chain}


def load(pack: Pack) -> Loaded:
    """Everything in the pack that has the form it should have."""
    found = Loaded()
    head = _parsed(pack, found, MANIFEST, shape.MANIFEST)
    if head is not None:
        found.stated_files = head.pop("files")
        if head["format"] == FORMAT:
            found.head = head
        else:
            found.faults.append(f"{MANIFEST} is of another format: this trackrecord knows `{FORMAT}`")
    found.records = _lines(pack, found, "records.jsonl", lambda line: shape.SHOWN(line) or shape.STONE(line))
    found.chain = _lines(pack, found, "retrievals.jsonl", shape.RETRIEVAL)
    found.dossier = _parsed(pack, found, "dossier.json", shape.DOSSIER) or {}
    _load_rows(pack, found)
    _load_adapters(pack, found)
    return found


def _content(pack: Pack, found: Loaded, name: str) -> bytes | None:
    content = pack.read(name, LARGEST)
    if content is None:
        found.faults.append(f"{name} is missing, or larger than {LARGEST:,} bytes")
    else:
        found.read.append(name)
    return content


def _parsed(pack: Pack, found: Loaded, name: str, form: Callable[[Any], bool]) -> Any:
    content = _content(pack, found, name)
    if content is None:
        return None
    try:
        value = plain.parsed(content, name)
    except ReadError as error:
        found.faults.append(f"{name}: {error.what}")
        return None
    if not form(value):
        found.faults.append(f"{name} has not the form it should have")
        return None
    return value


def _lines(pack: Pack, found: Loaded, name: str, form: Callable[[Any], bool]) -> list[Row]:
    content = _content(pack, found, name)
    try:
        values = plain.parsed_lines(content or b"", name)
    except ReadError as error:
        found.faults.append(f"{error.where}: {error.what}")
        return []
    wrong = [at for at, value in enumerate(values, 1) if not form(value)]
    if wrong:
        found.faults.append(f"{name}, line {wrong[0]}: not the form it should have ({len(wrong):,} such lines)")
        return []
    return values


def _load_rows(pack: Pack, found: Loaded) -> None:
    names = [name for name in pack.entries if name.startswith("rows/")]
    if sum(pack.entries[name].size for name in names) > MOST_ROWS:
        found.faults.append(f"rows/ holds more than {MOST_ROWS:,} bytes")
        return
    for name in names:
        place, content = _ROWS.fullmatch(name), _content(pack, found, name)
        if place is None or content is None:
            found.faults.append(f"{name} is no file of rows")
            continue
        try:
            found.tables.setdefault((place[1], place[2]), {})[place[3]] = read_rows(content, name)
        except ReadError as error:
            found.faults.append(f"{error.where}: {error.what}")


def _load_adapters(pack: Pack, found: Loaded) -> None:
    files: dict[tuple[str, str], dict[str, bytes]] = {}
    for name in pack.entries:
        if name.startswith("adapters/"):
            place, content = _ADAPTER.fullmatch(name), _content(pack, found, name)
            if place is None or content is None:
                found.faults.append(f"{name} is no file of an adapter")
            else:
                files.setdefault((place[1], place[2]), {})[place[3]] = content
    for (source_id, version), given in files.items():
        try:
            found.adapters[source_id, version] = read_adapter(given)
        except CatalogError as error:
            found.faults.append(f"adapters/{source_id}/{version}: {error.what}")
