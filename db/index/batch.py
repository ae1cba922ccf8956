"""Candidates for many names at once, in several processes that share the mapped index."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from db.index.candidates import Finder
from db.index.generation import NameIndex, reopened

_CHUNK = 500
_WORTH_PROCESSES = 2000
"""Names from which on starting processes pays."""
Ranked = tuple[npt.NDArray[np.uint32], npt.NDArray[np.float32]]
"""Numbers of names in the index and their scores, best first."""
_finders: dict[Path, Finder] = {}


def candidates_batch(index: NameIndex, texts: Sequence[str], limit: int, processes: int = 2) -> Iterator[Ranked]:
    """The best `limit` names for each match text, in the order of the texts.

    Cost: 1 to 3 ms a text and process; what is not taken from the iterator waits in memory, 8 bytes a candidate.
    """
    chunks = [list(texts[at : at + _CHUNK]) for at in range(0, len(texts), _CHUNK)]
    if processes < 2 or len(texts) < _WORTH_PROCESSES:
        finder = Finder(index)
        for chunk in chunks:
            yield from _found(finder, chunk, limit)
        return
    # not forked: an open database and its threads do not survive that
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        n = len(chunks)
        for found in pool.map(_of_chunk, [index.folder] * n, chunks, [limit] * n):
            yield from found


def _of_chunk(folder: Path, texts: list[str], limit: int) -> list[Ranked]:
    if folder not in _finders:
        _finders[folder] = Finder(reopened(folder))
    return _found(_finders[folder], texts, limit)


def _found(finder: Finder, texts: list[str], limit: int) -> list[Ranked]:
    pairs = (finder.scored(text, limit) for text in texts)
    return [(names.astype(np.uint32), scores) for names, scores in pairs]
