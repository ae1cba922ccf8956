"""The adapter of a source, apart from its folder: the files that say how rows become records, and their version.

`files` has `source_id`, `source.toml`, `records.sql`, `macros/<name>.sql` and, where there is one, `extract.py`: kept
for the record and never run, because what it extracted is stored with the rows.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.adapter_files import ADAPTER_FILES, macro_files, macro_order, version_of
from ingest.catalog import Source, parse_source
from ingest.errors import CatalogError

MOST_BYTES = 5_000_000
"""No adapter is larger than this, unpacked."""
_MOST_FILES = 50
_MACROS = "macros/"


@dataclass(frozen=True, slots=True)
class Adapter:
    """What derives records from rows. The folder of `source` need not exist."""

    source: Source
    files: Mapping[str, bytes]
    version: str

    @property
    def records_sql(self) -> str:
        """The text of records.sql."""
        return self.files["records.sql"].decode("utf-8")

    @property
    def macros(self) -> list[str]:
        """The texts of the macros, in the order in which they are made."""
        return [self.files[name].decode("utf-8") for name in _macro_names(self.files)]


def adapter_of(source: Source) -> Adapter:
    """The adapter of a source of the catalogue, as it is on disk."""
    found = {"source_id": source.id.encode()}
    found |= {name: path.read_bytes() for name in ADAPTER_FILES if (path := source.folder / name).exists()}
    found |= {f"{_MACROS}{path.name}": path.read_bytes() for path in macro_files()}
    return Adapter(source, found, source.adapter_version)


def read_adapter(files: Mapping[str, bytes]) -> Adapter:
    """The adapter made of these files, its version computed anew. Raises CatalogError when they are none.

    Nothing of it is run. Whoever has a version to compare with says whether it is the one expected.
    """
    known = {"source_id", *ADAPTER_FILES}
    for name in files:
        if name not in known and not re.fullmatch(rf"{_MACROS}[a-z][a-z0-9_]{{0,40}}\.sql", name):
            raise CatalogError("a file that no adapter has", where=name[:80])
    if missing := [name for name in ("source_id", "source.toml", "records.sql") if name not in files]:
        raise CatalogError("a file of the adapter is missing", where=missing[0])
    try:
        texts = {name: content.decode("utf-8") for name, content in files.items()}
    except UnicodeDecodeError:
        raise CatalogError("an adapter is made of UTF-8 text") from None
    source_id = texts["source_id"].strip()
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,80}", source_id):
        raise CatalogError("no id of a source", where="source_id")
    own = [name for name in ADAPTER_FILES if name in files]
    try:
        source = parse_source(files["source.toml"], Path(source_id), own)
    except RecursionError:
        raise CatalogError("nested too deep", where="source.toml") from None
    parts = [(name, files[name]) for name in own]
    parts += [(name.removeprefix(_MACROS), files[name]) for name in _macro_names(files)]
    return Adapter(source, dict(files), version_of(parts))


def pack_adapter(adapter: Adapter) -> bytes:
    """The files as a zip, the same bytes for the same files: sorted, stored as they are, without a date of today."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(adapter.files):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, adapter.files[name])
    return kept.getvalue()


def unpack_adapter(content: bytes) -> Adapter:
    """The adapter in such a zip. Raises CatalogError when it is none, or absurdly large."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise CatalogError("too large for an adapter")
            files = {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        raise CatalogError("not a zip archive") from None
    return read_adapter(files)


def _macro_names(files: Mapping[str, bytes]) -> list[str]:
    names = [name.removeprefix(_MACROS) for name in files if name.startswith(_MACROS)]
    return [f"{_MACROS}{name}" for name in sorted(names, key=macro_order)]
