"""Zip and gzip payloads, unpacked within limits and under names of our own."""

import fnmatch
import gzip
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from ingest.catalog import Resource
from ingest.errors import ReadError, UnsafeArchive

MOST_MEMBERS = 100
MOST_ENTRIES = 10_000
HIGHEST_RATIO = 200
_FREE_OF_RATIO = 1_000_000
_PIECE = 1 << 20
_ZIP, _GZIP = b"PK", b"\x1f\x8b"
_ARCHIVES = (_ZIP, _GZIP, b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


@contextmanager
def unpacked(resource: Resource, path: Path, name: str, work: Path) -> Iterator[list[tuple[str | None, Path]]]:
    """The files to read out of a payload, with their member names: the payload itself unless it is an archive.

    Unpacked files live in `work` and are deleted at the end. Raises UnsafeArchive; ReadError when nothing matches.
    """
    with path.open("rb") as file:
        start = file.read(8)
    made: list[Path] = []
    try:
        if start.startswith(_GZIP):
            made.append(_new(work))
            _gunzip(path, made[0], resource.max_bytes, name)
            yield [(None, made[0])]
        elif start.startswith(_ZIP) and (resource.member or resource.format != "xlsx"):
            if not resource.member:
                raise ReadError("the file is a zip archive, and no `member` is declared", where=name)
            yield list(_members(resource, path, name, work, made))
        else:
            yield [(None, path)]
    finally:
        for file_made in made:
            file_made.unlink(missing_ok=True)


def check_archive(path: Path, most_bytes: int, *, where: str) -> None:
    """Raises UnsafeArchive when a zip names paths outside, is encrypted, or announces to unpack to too much."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_entries(archive, where)
            _check_sizes(archive.infolist(), most_bytes, where)
    except _BROKEN:
        raise UnsafeArchive("the archive is broken", where=where) from None


def _members(
    resource: Resource, path: Path, name: str, work: Path, made: list[Path]
) -> Iterator[tuple[str | None, Path]]:
    entry_name = ""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_entries(archive, name)
            chosen = sorted(
                (entry for entry in archive.infolist() if not entry.is_dir() and _matches(entry, resource.member)),
                key=lambda entry: entry.filename,
            )
            if not chosen:
                raise ReadError(f"no member matches `{resource.member}`", where=name)
            if len(chosen) > MOST_MEMBERS:
                raise UnsafeArchive(f"more than {MOST_MEMBERS} members match `{resource.member}`", where=name)
            _check_sizes(chosen, resource.max_bytes, name)
            left = resource.max_bytes
            for entry in chosen:
                entry_name = entry.filename
                made.append(_new(work))
                with archive.open(entry) as member:
                    left -= _copy(member, made[-1], left, entry.compress_size, f"{name}, {entry_name}")
                _check_content(made[-1], resource, f"{name}, {entry_name}")
                yield entry_name, made[-1]
    except _BROKEN:
        where = f"{name}, {entry_name}" if entry_name else name
        raise UnsafeArchive("the archive is broken, or there is no room to unpack it", where=where) from None


def _matches(entry: zipfile.ZipInfo, pattern: str) -> bool:
    full = entry.filename.lower()
    return any(fnmatch.fnmatchcase(part, pattern.lower()) for part in (full, PurePosixPath(full).name))


def _check_entries(archive: zipfile.ZipFile, where: str) -> None:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise UnsafeArchive(f"the archive has more than {MOST_ENTRIES} entries", where=where)
    for entry in entries:
        plain = entry.filename.replace("\\", "/")
        if plain.startswith("/") or plain[1:2] == ":" or ".." in plain.split("/"):
            raise UnsafeArchive("the archive names a path outside of itself", where=where)
        if entry.flag_bits & 1:
            raise UnsafeArchive("the archive is encrypted", where=where)


def _check_sizes(entries: list[zipfile.ZipInfo], most_bytes: int, where: str) -> None:
    """What the directory announces; the unpacking itself does not trust it."""
    if sum(entry.file_size for entry in entries) > most_bytes:
        raise UnsafeArchive("the archive unpacks to more than the source may have", where=where)
    if any(_explodes(entry.file_size, entry.compress_size) for entry in entries):
        raise UnsafeArchive(f"the archive unpacks to more than {HIGHEST_RATIO} times its size", where=where)


def _explodes(unpacked_bytes: int, packed_bytes: int) -> bool:
    return unpacked_bytes > _FREE_OF_RATIO and unpacked_bytes > HIGHEST_RATIO * packed_bytes


def _check_content(path: Path, resource: Resource, where: str) -> None:
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_ARCHIVES) and not (resource.format == "xlsx" and start.startswith(_ZIP)):
        raise UnsafeArchive("an archive inside of the archive", where=where)


def _gunzip(path: Path, to: Path, most_bytes: int, where: str) -> None:
    try:
        with gzip.open(path) as stream:
            _copy(stream, to, most_bytes, path.stat().st_size, where)
    except _BROKEN:
        raise UnsafeArchive("the archive is broken, or there is no room to unpack it", where=where) from None
    with to.open("rb") as file:
        if file.read(8).startswith(_ARCHIVES):
            raise UnsafeArchive("an archive inside of the archive", where=where)


def _copy(stream: IO[bytes] | gzip.GzipFile, to: Path, most_bytes: int, packed_bytes: int, where: str) -> int:
    size = 0
    with to.open("wb") as file:
        while piece := stream.read(_PIECE):
            size += len(piece)
            if size > most_bytes:
                raise UnsafeArchive("the archive unpacks to more than the source may have", where=where)
            if _explodes(size, packed_bytes):
                raise UnsafeArchive(f"the archive unpacks to more than {HIGHEST_RATIO} times its size", where=where)
            file.write(piece)
    return size


def _new(work: Path) -> Path:
    return work / f"unpacked-{secrets.token_hex(8)}"
