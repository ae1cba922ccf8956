"""Bytes on their way to disk: decoded, counted, hashed and limited while they pass, never all in memory."""

import hashlib
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingest.errors import FetchError, PartialPayload, TooLarge, WrongContent

CHUNK = 64 * 1024
RATIO_COUNTS_FROM = 10_000_000

Tick = Callable[[int], None]
"""Told the number of bytes on disk after each piece; may raise to stop the transfer."""


@dataclass(slots=True)
class Part:
    """A file in the work folder that grows, perhaps over several attempts, with the SHA-256 of what it holds."""

    path: Path
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    validator: str = ""
    """What If-Range may send to go on where the transfer ended; empty when it must start over."""
    total: int | None = None
    """Bytes announced for the whole."""

    def restart(self) -> None:
        """Forget everything received."""
        self.path.write_bytes(b"")
        self.size, self.digest, self.validator, self.total = 0, hashlib.sha256(), "", None


def new_part(work: Path) -> Part:
    """An empty file of its own in the work folder, readable by its owner only."""
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=work, prefix="fetch-", suffix=".payload", delete=False) as file:
        return Part(Path(file.name))


def file_chunks(path: Path) -> Iterator[bytes]:
    """A file in pieces of 64 KiB."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def store(chunks: Iterable[bytes], part: Part, limit: int, tick: Tick) -> None:
    """Append to the part. Raises TooLarge beyond `limit` bytes, FetchError when the disk does not take them."""
    try:
        with part.path.open("ab", buffering=0) as file:
            for chunk in chunks:
                if part.size + len(chunk) > limit:
                    raise TooLarge(f"more than {limit:,} bytes", next_step="See `max_bytes` in source.toml.")
                file.write(chunk)
                part.digest.update(chunk)
                part.size += len(chunk)
                tick(part.size)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FetchError(f"the download could not be written: {reason}", where=str(part.path.parent)) from None


def decoded(chunks: Iterable[bytes], encoding: str, max_ratio: float) -> Iterator[bytes]:
    """The content behind a Content-Encoding: none, identity or gzip, in pieces of at most 64 KiB each.

    Raises WrongContent for other or broken encodings, PartialPayload when gzip ends too early, TooLarge when it
    unpacks to more than `max_ratio` times what was sent.
    """
    if encoding in {"", "identity"}:
        return iter(chunks)
    if encoding in {"gzip", "x-gzip"}:
        return _inflated(chunks, max_ratio)
    raise WrongContent("the answer has a content encoding nobody asked for")


def _inflated(chunks: Iterable[bytes], max_ratio: float) -> Iterator[bytes]:
    engine = zlib.decompressobj(wbits=31)
    given = gained = 0
    for chunk in chunks:
        given += len(chunk)
        rest = chunk
        while rest:
            if engine.eof:
                rest = rest.lstrip(b"\0")
                if not rest:
                    break
                engine = zlib.decompressobj(wbits=31)
            try:
                piece = engine.decompress(rest, CHUNK)
            except zlib.error:
                raise WrongContent("the gzip encoding of the answer is broken") from None
            rest = engine.unused_data if engine.eof else engine.unconsumed_tail
            gained += len(piece)
            if gained > RATIO_COUNTS_FROM and gained > given * max_ratio:
                raise TooLarge(f"a gzip answer that unpacks to more than {max_ratio:,.0f} times its size")
            yield piece
    if given and not engine.eof:
        raise PartialPayload("the gzip encoding of the answer ends too early")
