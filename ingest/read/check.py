"""The quick look at all lines of a block at once: which of them need the exact reading of `cells`?"""

import numpy as np
import numpy.typing as npt

from ingest.read.cells import Dialect
from ingest.read.lines import Lines

_QUIET_START = np.ones(256, bool)
_QUIET_START[list(b" \t\r\n\x1a-")] = False


def suspicious(lines: Lines, columns: int, dialect: Dialect) -> npt.NDArray[np.int64]:
    """Numbers (from 0) of the lines that are not plainly `columns` cells.

    A line passes when it holds an even number of quotes, each at the edge of a cell or beside another quote, and
    `columns` - 1 delimiters outside of them. Delimiters are counted modulo 256: eight times as fast, and the
    engine refuses the line that is wrong by exactly 256 cells.
    """
    codes = np.frombuffer(lines.data, np.uint8)
    ends = lines.ends
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
    delimiters = (codes == dialect.delimiter[0]).view(np.uint8)
    found = np.add.reduceat(delimiters, starts, dtype=np.uint8)
    wrong = np.zeros(len(ends), bool)
    if columns == 1:
        wrong |= ~_QUIET_START[codes[starts]]
    quotes = np.flatnonzero(codes == dialect.quote[0]) if dialect.quote else np.zeros(0, np.int64)
    if quotes.size:
        before = np.searchsorted(quotes, ends)
        in_line = np.diff(before, prepend=0)
        wrong |= (in_line & 1).astype(bool)
        if wrong.any():
            # Without the quotes of odd lines the others alternate between opening and closing again.
            quotes = quotes[~np.repeat(wrong, in_line)]
            in_line[wrong] = 0
            before = np.cumsum(in_line)
        found -= _between_quotes(
            codes=codes, delimiters=delimiters, quotes=quotes, pairs_up_to=before // 2, wrong=wrong, dialect=dialect
        )
    wrong |= found != (columns - 1) % 256
    return np.flatnonzero(wrong)


def _between_quotes(
    *,
    codes: npt.NDArray[np.uint8],
    delimiters: npt.NDArray[np.uint8],
    quotes: npt.NDArray[np.int64],
    pairs_up_to: npt.NDArray[np.int64],
    wrong: npt.NDArray[np.bool_],
    dialect: Dialect,
) -> npt.NDArray[np.uint8]:
    """Delimiters inside of quotes for each line (modulo 256); marks lines with a quote in the wrong place."""
    if not quotes.size:
        return np.zeros(len(wrong), np.uint8)
    opening, closing = quotes[::2], quotes[1::2]
    edge = np.zeros(256, bool)
    edge[[dialect.delimiter[0], dialect.quote[0], 10, 13]] = True
    # A quote at the very first place looks at the last byte of the block: a line feed, an edge as well.
    misplaced = np.flatnonzero(~(edge[codes[opening - 1]] & edge[codes[closing + 1]]))
    wrong[np.searchsorted(pairs_up_to, misplaced, side="right")] = True
    inside = np.concatenate([np.zeros(1, np.uint8), np.add.reduceat(delimiters, quotes, dtype=np.uint8)[::2]])
    running = np.cumsum(inside, dtype=np.uint8)[pairs_up_to]
    return np.diff(running, prepend=np.uint8(0))
