"""Bytes of any encoding as UTF-8, block by block: memory stays bounded whatever the size of the file."""

import codecs
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from ingest.errors import ReadError

BLOCK = 512 << 10
"""Small enough to stay in the processor's cache between the steps: 8 MiB blocks take twice the time."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SPARSE = 64


def utf8_blocks(path: Path, encoding: str, *, where: str) -> Generator[bytes, None, None]:
    """The file as UTF-8 blocks cut anywhere between characters; byte order mark and NUL characters left out.

    A byte order mark wins over the declared encoding. Bytes that mean nothing in the encoding become U+FFFD.
    Raises ReadError for an encoding that Python does not know.
    """
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        marked = next((name for mark, name in _MARKS if start.startswith(mark)), encoding)
        transcode = _transcoder(marked, where)
        first = True
        while block := file.read(BLOCK):
            text = transcode(block, False)  # noqa: FBT003 -- the signature of incremental decoders
            if text:
                yield _cleaned(text, first=first)
                first = False
        if rest := transcode(b"", True):  # noqa: FBT003
            yield _cleaned(rest, first=first)


def head(path: Path, encoding: str, *, where: str, size: int = 64 << 10) -> str:
    """The first `size` characters at most of the decoded text."""
    with closing(utf8_blocks(path, encoding, where=where)) as blocks:
        return next(blocks, b"")[: 4 * size].decode("utf-8", "ignore")[:size]


class Utf8Reader:
    """A file-like object over UTF-8 blocks, for parsers that ask for bytes."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; empty at the end. Everything that is left for a negative size."""
        if size < 0:
            whole, self._rest = self._rest + b"".join(self._blocks), b""
            return whole
        if not self._rest and size:
            self._rest = next(self._blocks, b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def _cleaned(text: bytes, *, first: bool) -> bytes:
    if first and text.startswith(codecs.BOM_UTF8):
        text = text[3:]
    return text.translate(None, b"\0") if b"\0" in text else text


def _transcoder(encoding: str, where: str) -> Callable[[bytes, bool], bytes]:
    try:
        "".encode(encoding)
        name = codecs.lookup(encoding).name
    except LookupError:
        raise ReadError(f"the encoding `{encoding}` is unknown", where=where) from None
    if name in {"utf-8", "utf-8-sig", "ascii"}:
        return _Utf8()
    upper = bytes(range(128, 256)).decode(encoding, "replace")
    lower = bytes(range(128)).decode(encoding, "replace")
    if len(upper) == 128 and lower == bytes(range(128)).decode("ascii"):
        return _SingleByte(encoding, upper)
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return lambda block, final: decoder.decode(block, final).encode("utf-8", "replace")


class _Utf8:
    """Checks UTF-8 and lets it through; only broken blocks are rewritten."""

    def __init__(self) -> None:
        self._tail = b""

    def __call__(self, block: bytes, final: bool) -> bytes:  # noqa: FBT001 -- the signature of incremental decoders
        if not self._tail and block.isascii():
            return block
        whole = self._tail + block
        try:
            _, used = codecs.utf_8_decode(whole, "strict", final)
        except UnicodeDecodeError:
            text, used = codecs.utf_8_decode(whole, "replace", final)
            self._tail = whole[used:]
            return text.encode()
        self._tail = whole[used:]
        return whole[:used]


class _SingleByte:
    """One byte is one character and the lower half is ASCII: only the upper half needs work, and it is rare."""

    def __init__(self, encoding: str, upper: str) -> None:
        self._encoding = encoding
        self._upper = [character.encode() for character in upper]

    def __call__(self, block: bytes, _final: bool) -> bytes:  # noqa: FBT001 -- the signature of incremental decoders
        if block.isascii():
            return block
        places = np.flatnonzero(np.frombuffer(block, np.uint8) > 127)
        if len(places) * _SPARSE > len(block):
            return block.decode(self._encoding, "replace").encode()
        view = memoryview(block)
        pieces: list[bytes | memoryview] = []
        last = 0
        for place in places.tolist():
            pieces += (view[last:place], self._upper[block[place] - 128])
            last = place + 1
        pieces.append(view[last:])
        return b"".join(pieces)
