"""A folder that answers in place of the network: `index.json` and the files it names.

index.json is a list of objects: url, source_id, file (relative to the folder), media_type, bytes, sha256 (both of
the stored file) and, where known, fetched_at (ISO 8601 with its zone) and content_encoding (gzip).
"""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ingest.catalog import Source
from ingest.errors import FetchError, Unreachable
from ingest.fetch.addresses import plain_url
from ingest.fetch.content import settle
from ingest.fetch.retrieval import Attempt, Fetched, Got, Payload, Progress, Wanted, silent
from ingest.fetch.stream import decoded, file_chunks, new_part, store

INDEX = "index.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer the mirror can give."""

    url: str
    file: str
    media_type: str
    bytes: int | None
    sha256: str | None
    """Checked where the index gives them."""
    fetched_at: datetime | None
    content_encoding: str


class Mirror:
    """Answers for the addresses of one mirror folder; never touches the network."""

    def __init__(self, folder: Path, *, max_ratio: float = 200.0) -> None:
        """Reads the index. Raises Unreachable when there is none, FetchError when it is not what it should be."""
        self._folder = folder
        self._max_ratio = max_ratio
        self._entries = {entry.url: entry for entry in map(self._entry, read_index(folder))}

    def get(self, wanted: Wanted, work: Path, *, now: Callable[[], datetime], progress: Progress = silent) -> Got:
        """The mirrored answer for one address, checked like an answer of the agency."""
        attempt = Attempt(wanted, "mirror", now())
        entry = self._entries.get(wanted.url)
        if entry is None:
            error = Unreachable("not in the mirror", next_step=f"The mirror is {self._folder}.")
            return replace(attempt.failure(error), missing=True)
        attempt.final_url, attempt.retrieved_at = entry.url, entry.fetched_at
        attempt.keep_headers(entry_headers(entry))
        part = new_part(work)
        try:
            path = self._verified(entry)
            chunks = decoded(file_chunks(path), entry.content_encoding, self._max_ratio)
            total = None if entry.content_encoding else entry.bytes
            store(chunks, part, wanted.resource.max_bytes, lambda done: progress(wanted.name, done, total))
            return settle(attempt, part)
        except FetchError as error:
            part.path.unlink(missing_ok=True)
            attempt.bytes = part.size
            return attempt.failure(error)
        except BaseException:
            part.path.unlink(missing_ok=True)
            raise

    def _verified(self, entry: Entry) -> Path:
        """The file of an entry. Raises FetchError when it is missing or not what the index says."""
        place = f"{self._folder}/{entry.file}"
        path = (self._folder / entry.file).resolve()
        if not path.is_file():
            raise FetchError("a file of the mirror is missing", where=place, next_step="Copy the mirror again.")
        digest = hashlib.sha256()
        for chunk in file_chunks(path):
            digest.update(chunk)
        if path.stat().st_size != (entry.bytes or path.stat().st_size) or digest.hexdigest() != (
            entry.sha256 or digest.hexdigest()
        ):
            raise FetchError(
                "a file of the mirror differs from its index", where=place, next_step="Copy the mirror again."
            )
        return path

    def _entry(self, item: Mapping[str, object]) -> Entry:
        url, file, sha256, size = (item.get(key) for key in ("url", "file", "sha256", "bytes"))
        good = isinstance(url, str) and isinstance(file, str) and isinstance(size, int | None)
        good = good and (sha256 is None or re.fullmatch(r"[0-9a-fA-F]{64}", str(sha256)) is not None)
        if not good or Path(str(file)).is_absolute():
            raise _broken(self._folder, "an entry lacks url or file, or its bytes or sha256 is malformed")
        return Entry(
            url=str(url),
            file=str(file),
            media_type=str(item.get("media_type") or ""),
            bytes=size if isinstance(size, int) else None,
            sha256=str(sha256).lower() if sha256 else None,
            fetched_at=self._moment(item.get("fetched_at")),
            content_encoding=str(item.get("content_encoding") or "").lower(),
        )

    def _moment(self, text: object) -> datetime | None:
        """UTC; None where no time, or none with its zone, is given: a retrieval time is never guessed."""
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(str(text))
            return moment.astimezone(UTC) if moment.tzinfo else None
        except (ValueError, OverflowError):
            raise _broken(self._folder, "a fetched_at is not an ISO 8601 time") from None


def read_index(folder: Path) -> list[Mapping[str, object]]:
    """The entries of a mirror's index."""
    try:
        entries = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except OSError:
        raise Unreachable(
            "no mirror here: index.json cannot be read",
            where=str(folder),
            next_step="Make one with `trackrecord mirror OUT SOURCE...` on a connected machine.",
        ) from None
    except ValueError:
        raise _broken(folder, "not JSON") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _broken(folder, "not a list of objects")
    return entries


def write_mirror(out: Path, source: Source, fetched: Iterable[Fetched]) -> int:
    """Make or extend a mirror folder with payloads and landing pages just fetched; returns how many were added.

    Files go to `files/<sha256>` as they were after content decoding, an address already there is replaced, and the
    index is renamed into place last. Files handed in by a person have no address and are left out.
    """
    (out / "files").mkdir(parents=True, exist_ok=True)
    entries = {str(entry.get("url")): entry for entry in (read_index(out) if (out / INDEX).exists() else [])}
    payloads = [payload for one in fetched for payload in (*one.pages, *one.payloads)]
    from_web = [payload for payload in payloads if payload.retrieval.via != "file"]
    for payload in from_web:
        entry = _as_entry(source, payload)
        _put(out / str(entry["file"]), file_chunks(payload.path))
        entries[payload.retrieval.url] = entry
    text = json.dumps(list(entries.values()), indent=1, ensure_ascii=False)
    _put(out / INDEX, [text.encode() + b"\n"])
    return len(from_web)


def entry_headers(entry: Entry) -> dict[str, str]:
    """The headers that an entry stands for."""
    headers = {
        "content-type": entry.media_type,
        "content-length": str(entry.bytes),
        "content-encoding": entry.content_encoding,
    }
    return {name: value for name, value in headers.items() if value}


def _as_entry(source: Source, payload: Payload) -> dict[str, object]:
    row = payload.retrieval
    entry: dict[str, object] = {
        "url": plain_url(row.url),
        "source_id": source.id,
        "file": f"files/{row.sha256}",
        "media_type": row.headers.get("content-type", "").partition(";")[0].strip(),
        "bytes": row.bytes,
        "sha256": row.sha256,
    }
    if row.retrieved_at is not None:
        entry["fetched_at"] = row.retrieved_at.isoformat()
    return entry


def _put(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file so that it is there whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        try:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _broken(folder: Path, what: str) -> FetchError:
    return FetchError(f"the index of the mirror is broken: {what}", where=str(folder / INDEX))
