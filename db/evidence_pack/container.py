"""The file of a pack: a zip in which every byte follows from names and contents, so that none can change unseen.

Contents are stored, not deflated: the same content would deflate to other bytes with another version of zlib, and what
is not deflated cannot explode. Entries are sorted by name, dated 1980-01-01, without extra fields, below 4 GB.
"""

import mmap
import os
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from db.answer_file import replacing
from ingest.errors import UsageError

COMMENT: Final = b"trackrecord evidence pack 1"
MOST_FILES: Final = 10_000
MOST_BYTES: Final = 2_000_000_000
NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,120}(?:/[A-Za-z0-9_][A-Za-z0-9_.+-]{0,120}){0,5}")
"""Names of files in a pack: no path outside, nothing a file system could misread."""

_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_VERSION, _UNIX, _DATE = 20, 3 << 8, 0x0021
_FILE_MODE = 0o100644 << 16
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a pack and where its content lies."""

    name: str
    crc: int
    size: int
    at: int
    """Offset of its local header."""

    @property
    def local(self) -> bytes:
        """The header before its content."""
        name = self.name.encode("ascii")
        return _LOCAL.pack(b"PK\3\4", _VERSION, 0, 0, 0, _DATE, self.crc, self.size, self.size, len(name), 0) + name

    @property
    def central(self) -> bytes:
        """Its line in the directory."""
        name = self.name.encode("ascii")
        fields = (_UNIX | _VERSION, _VERSION, 0, 0, 0, _DATE, self.crc, self.size, self.size, len(name), 0, 0, 0, 0)
        return _CENTRAL.pack(b"PK\1\2", *fields, _FILE_MODE, self.at) + name


@dataclass(frozen=True, slots=True)
class Pack:
    """The files of a pack that was opened; `faults` say where its bytes are not as we write them."""

    data: mmap.mmap
    entries: Mapping[str, Entry]
    faults: tuple[str, ...]

    def read(self, name: str, most: int = MOST_BYTES) -> bytes | None:
        """Content of a file; None where there is none, or it is larger than `most` bytes."""
        entry = self.entries.get(name)
        if entry is None or entry.size > most:
            return None
        start = entry.at + len(entry.local)
        return self.data[start : start + entry.size]

    def pieces(self, name: str) -> Iterator[bytes]:
        """Content of a file that is there, in blocks."""
        entry = self.entries[name]
        start = entry.at + len(entry.local)
        for at in range(start, start + entry.size, _PIECE):
            yield self.data[at : min(at + _PIECE, start + entry.size)]


def write_pack(output: Path, files: Mapping[str, bytes | Path]) -> None:
    """The pack in `output`, which changes only once all is written; readable by its owner alone.

    Raises UsageError when it cannot be written, or would be larger than a pack may be.
    """
    with replacing(output, "pack") as part, part.open("wb") as file:
        _write(file, files)


def _write(file: IO[bytes], files: Mapping[str, bytes | Path]) -> None:
    sizes = {name: content.stat().st_size if isinstance(content, Path) else len(content)
             for name, content in files.items()}  # fmt: skip
    if len(files) > MOST_FILES or sum(sizes.values()) + 400 * len(files) > MOST_BYTES:
        raise UsageError(
            f"the pack would hold {len(files):,} files of {sum(sizes.values()):,} bytes together",
            next_step="Ask for fewer records, or leave payloads out with --payloads 0.",
        )
    entries = []
    for name in sorted(files):
        content = files[name]
        crc = 0
        for piece in _pieces(content):
            crc = zlib.crc32(piece, crc)
        entries.append(Entry(name, crc, sizes[name], file.tell()))
        file.write(entries[-1].local)
        for piece in _pieces(content):
            file.write(piece)
    file.write(_directory(entries, file.tell()))


def _pieces(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _directory(entries: Iterable[Entry], at: int) -> bytes:
    lines = [entry.central for entry in entries]
    listed = b"".join(lines)
    return listed + _END.pack(b"PK\5\6", 0, 0, len(lines), len(lines), len(listed), at, len(COMMENT)) + COMMENT


@contextmanager
def opened(path: Path) -> Iterator[Pack]:
    """The files of a pack, for as long as the block lasts. Raises UsageError for what is no pack of ours at all.

    Nothing of the file is trusted: headers are compared with those we would write, and reading ends where one differs.
    """
    # opening a pipe would wait for somebody to write into it
    if path.exists() and not path.is_file():
        raise _no_pack(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if not 0 < size <= MOST_BYTES:
                raise _no_pack(path)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                if data[-len(COMMENT) :] != COMMENT and not data[: _LOCAL.size + 60].startswith(_OPENING):
                    raise _no_pack(path)
                yield _parsed(data)
    except OSError as error:
        raise UsageError(f"the pack cannot be read: {error.strerror}", where=str(path)) from None


_OPENING: Final = b"PK\3\4" + struct.pack("<5H", _VERSION, 0, 0, 0, _DATE)


def _no_pack(path: Path) -> UsageError:
    step = "Give a file that `trackrecord evidence … -o` wrote, as it was written: not unpacked and zipped anew."
    return UsageError("this is no evidence pack", where=str(path), next_step=step)


def _parsed(data: mmap.mmap) -> Pack:
    entries: dict[str, Entry] = {}
    faults, at, last = [], 0, ""
    while data[at : at + 4] == b"PK\3\4":
        entry = _entry(data, at)
        if entry is None or entry.name <= last or len(entries) == MOST_FILES:
            faults.append(f"the header at byte {at:,} is not as trackrecord writes it; nothing behind it was read")
            return Pack(data, entries, tuple(faults))
        entries[entry.name], last = entry, entry.name
        pack = Pack(data, entries, ())
        crc = 0
        for piece in pack.pieces(entry.name):
            crc = zlib.crc32(piece, crc)
        if crc != entry.crc:
            faults.append(f"{entry.name} differs from its checksum in the zip")
        at += len(entry.local) + entry.size
    directory = _directory(entries.values(), at)
    if len(data) - at != len(directory) or data[at:] != directory:
        faults.append(f"the directory behind byte {at:,} is not as trackrecord writes it")
    return Pack(data, entries, tuple(faults))


def _entry(data: mmap.mmap, at: int) -> Entry | None:
    """The entry whose header begins there, if it is one of ours and its content is all there."""
    header = data[at : at + _LOCAL.size]
    if len(header) < _LOCAL.size:
        return None
    crc, size, length = (_LOCAL.unpack(header)[place] for place in (6, 8, 9))
    name = data[at + _LOCAL.size : at + _LOCAL.size + length].decode("ascii", "replace")
    if not NAME.fullmatch(name):
        return None
    entry = Entry(name, crc, size, at)
    start = at + len(entry.local)
    return entry if data[at:start] == entry.local and start + size <= len(data) else None
