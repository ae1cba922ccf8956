"""Fixed-width listings such as EDGAR's form and company indexes.

The header may wrap onto two lines and stands above a line of dashes. The last `tail` fields never hold blanks and
are split from the right, since their offsets drift; the others start where their names stand in the header.
Layout: https://www.sec.gov/search-filings/edgar-search-assistance/accessing-edgar-data
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ingest.catalog import Resource
from ingest.errors import ReadError
from ingest.read.columns import choose
from ingest.read.lines import LineReader
from ingest.read.rows import Numbered, Rejections, Rows, Target, load_numbered
from ingest.read.text import utf8_blocks

_HEADER_WITHIN = 1000


def read_fixed(target: Target, resource: Resource, path: Path, _work: Path) -> Rows:
    """The listing as a table; see `Rows`. Raises ReadError without dashed line or with other names above it."""
    if not resource.columns or not 0 <= resource.tail <= len(resource.columns):
        raise ReadError("fixed width needs `columns`, and `tail` within them", where=target.where)
    kept = choose(resource, resource.columns, where=target.where)
    rejections = Rejections(target.where)
    with closing(utf8_blocks(path, resource.encoding, where=target.where)) as blocks:
        lines = _lines(LineReader(blocks, where=target.where))
        starts = _starts(lines, resource, target.where)

        def rows() -> Iterator[Numbered]:
            for number, line in lines:
                if not line.strip(" \t\x1a"):
                    continue
                cells = _split(line, starts, resource.tail)
                if cells is None:
                    rejections.add(number, "the line is too short for its columns")
                else:
                    yield number, [cells[place] for place in kept.places]

        return load_numbered(target, kept, rows(), rejections)


def _lines(reader: LineReader) -> Iterator[tuple[int, str]]:
    number = 0
    for block in reader:
        for line in block.data.decode().split("\n")[:-1]:
            number += 1
            yield number, line.rstrip("\r")


def _starts(lines: Iterator[tuple[int, str]], resource: Resource, where: str) -> list[int]:
    """Offsets of the columns left of the tail; reads up to and with the line of dashes."""
    above: list[str] = []
    for number, line in lines:
        if len(line) > 2 and not line.strip().strip("-"):
            break
        above.append(line)
        if number > _HEADER_WITHIN:
            break
    else:
        raise ReadError("no line of dashes under a header", where=where)
    for height in (1, 2):
        header = above[-height:]
        if " ".join(" ".join(header).split()) == " ".join(resource.columns):
            left = resource.columns[: len(resource.columns) - resource.tail]
            starts, at = [], 0
            for name in left:
                at = header[0].find(name, at)
                if at < 0:
                    break
                starts.append(at)
                at += len(name)
            if len(starts) == len(left):
                return starts
    raise ReadError(
        "the header does not name the declared columns in their order",
        where=where,
        next_step=f"Expected: {', '.join(resource.columns)}.",
    )


def _split(line: str, starts: list[int], tail: int) -> list[str] | None:
    """Cells of one line, without the blanks that pad them; None when the tail is incomplete."""
    parts = line.rstrip().rsplit(None, tail) if tail else [line]
    left = parts[0]
    if len(parts) != tail + 1 or (tail and len(left) <= starts[-1]):
        return None
    ends = [*starts[1:], len(left)]
    return [*(left[start:end].rstrip() for start, end in zip(starts, ends, strict=True)), *parts[1:]]
