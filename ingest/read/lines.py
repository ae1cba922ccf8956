"""Whole lines out of UTF-8 blocks, with one kind of line end throughout a file."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingest.errors import ReadError

LONGEST_LINE = 16 << 20
_CARRIAGE_RETURN, _LINE_FEED = 13, 10


@dataclass(frozen=True, slots=True)
class Lines:
    """Some whole lines: their bytes, and where each line ends (position of its line feed)."""

    data: bytes
    ends: npt.NDArray[np.int64]


class LineReader:
    """Iterates over `Lines`. CRLF, LF and lone CR end a line; `newline` is what all lines of the output end with.

    A file that keeps to CRLF is passed on as it is, since rewriting it costs more than checking it.
    Raises ReadError for a line over 16 MiB.
    """

    def __init__(self, blocks: Iterator[bytes], *, where: str) -> None:
        self.newline = b""
        self.final = False
        self._blocks = blocks
        self._where = where
        self._pending = b""

    def give_back(self, rest: bytes) -> None:
        """Put whole lines of the last block back: they come again together with the lines behind them."""
        self._pending = rest + self._pending

    def __iter__(self) -> Generator[Lines, None, None]:
        for block in self._blocks:
            data = self._pending + block
            cut = data.rfind(b"\n") + 1
            if not cut and b"\r" in data[:-1]:
                cut = data.rfind(b"\r", 0, -1) + 1
            self._pending = data[cut:]
            if len(self._pending) > LONGEST_LINE:
                raise ReadError("a line is longer than 16 MiB", where=self._where)
            if cut:
                yield self._lines(data[:cut])
        self.final = True
        if self._pending:
            rest, self._pending = self._pending, b""
            yield self._lines(rest if rest.endswith((b"\r", b"\n")) else rest + (self.newline or b"\n"))

    def _lines(self, data: bytes) -> Lines:
        codes = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(codes == _LINE_FEED)
        returns = int(np.count_nonzero(codes == _CARRIAGE_RETURN))
        wholly_crlf = bool(returns) and returns == len(ends) and bool((codes[ends - 1] == _CARRIAGE_RETURN).all())
        if not self.newline:
            self.newline = b"\r\n" if wholly_crlf else b"\n"
        if (self.newline == b"\r\n" and not wholly_crlf) or (self.newline == b"\n" and returns):
            for mixed in (b"\r\r\n", b"\r\n", b"\r"):
                data = data.replace(mixed, b"\n")
            data = data.replace(b"\n", self.newline)
            ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _LINE_FEED)
        return Lines(data, ends)


def ahead(reader: LineReader) -> Generator[Lines, None, None]:
    """The same lines, each read while the ones before are worked on; nothing can be given back to such a reader."""
    lines = iter(reader)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="read") as pool:
        upcoming = pool.submit(next, lines, None)
        while (ready := upcoming.result()) is not None:
            upcoming = pool.submit(next, lines, None)
            yield ready
