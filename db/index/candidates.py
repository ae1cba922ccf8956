"""Names that may mean what is asked for: by the rarest words they share, as written, misspelt, begun or run together.

Words are weighed by how few names hold them, so a shared "Zorvexa" counts and a shared "International" hardly does.
First the names of the rarest words are collected, at most `_BUDGET` of them; the best are then weighed by all words.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import local

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA

from db.index.generation import NameIndex
from db.index.segment import Numbers, Segment, ragged
from db.index.ways import Answers, Candidate, Way, aligned, find_ways, write_credit

_BUDGET = 60_000
"""Names looked at for one question, except that those of the rarest word are always looked at."""
_WEIGHED = 600
"""Names weighed by all their words, for every word found."""
_NEAR = 40
"""Misspellings of one word looked for."""
_LONG = 8
"""Letters from which on a word may have two of them wrong."""
_OWN = 0.35
"""How much a word counts that only the name has; one that only the question has counts 1."""
_KEPT = 200_000


@dataclass(slots=True)
class _Workspace:
    """Arrays of zeros as long as a part's names and words; always left as zeros."""

    score: npt.NDArray[np.float32]
    credit: npt.NDArray[np.float32]
    near: dict[bytes, list[int]] = field(default_factory=dict)


class Finder:
    """Finds candidates; keeps workspace and misspellings met, so it serves one thread at a time."""

    def __init__(self, index: NameIndex) -> None:
        self.index = index
        self._spaces = [
            _Workspace(np.zeros(len(part), np.float32), np.zeros(len(part.token_weight), np.float32))
            for part in index.parts
        ]

    def best(
        self, text: str, limit: int, *, allowed: npt.NDArray[np.bool_] | None = None, begun: bool = False
    ) -> list[Candidate]:
        """The best `limit` names for a match text, best first; `allowed` says of every name whether it may be one.

        `begun`: somebody types this: the last word may be only a beginning, a long word have two letters wrong.
        """
        words = text.encode().split()
        ways, asked = self._asked(words, begun=begun)
        found = []
        answers = [Answers.by(here) for here in ways]
        for name, score in zip(*self._scored(ways, asked, limit, allowed), strict=True):
            place, number = self.index.part_of(int(name))
            part = self.index.parts[place]
            found.append(aligned(part, number, words, answers[place], name=int(name), score=float(score)))
        return found

    def scored(
        self, text: str, limit: int, *, begun: bool = False
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Numbers and scores alone of the best names for a whole name, best first; `begun` as for `best`."""
        ways, asked = self._asked(text.encode().split(), begun=begun)
        return self._scored(ways, asked, limit, None)

    def _asked(self, words: list[bytes], *, begun: bool) -> tuple[list[list[Way]], float]:
        """Ways to find the words in every part, and how much all of them weigh."""
        known = [[part.find(word) for word in words] for part in self.index.parts]
        near = [
            [self._near(part, space, word, there, typed=begun) for word, there in zip(words, found, strict=True)]
            for part, space, found in zip(self.index.parts, self._spaces, known, strict=True)
        ]
        weights = [self._weight(at, known, near) for at in range(len(words))]
        ways = [
            find_ways(part, words, weights, there, close, begun=begun)
            for part, there, close in zip(self.index.parts, known, near, strict=True)
        ]
        return ways, sum(weights)

    def _scored(
        self, ways: list[list[Way]], asked: float, limit: int, allowed: npt.NDArray[np.bool_] | None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        names, scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
        for place, (part, first) in enumerate(zip(self.index.parts, self.index.first, strict=True)):
            here = None if allowed is None else allowed[first : first + len(part)]
            docs, similar = self._weighed(place, ways[place], asked, limit, here)
            names.append(first + docs)
            scores.append(similar)
        name, score = np.concatenate(names), np.concatenate(scores)
        best = np.lexsort((name, -score))[:limit]
        return name[best], score[best]

    def _near(self, part: Segment, space: _Workspace, word: bytes, known: int | None, *, typed: bool) -> list[int]:
        """Words of the part one letter away from this one; two where it is long, nothing is closer and it was typed."""
        if len(word) < (4 if known is not None else 3):
            return []
        if word not in space.near:
            if len(space.near) > _KEPT:
                space.near.clear()
            space.near[word] = _closest(part, word, part.near(word), 1)
        if typed and known is None and not space.near[word] and len(word) >= _LONG:
            return _closest(part, word, part.alike(word, 3), 2)
        return space.near[word]

    def _weight(self, at: int, known: list[list[int | None]], near: list[list[list[int]]]) -> float:
        """Weight of a word of the question; one that no name holds weighs what the commonest word close to it does."""
        for part, tokens in zip(self.index.parts, known, strict=True):
            if (token := tokens[at]) is not None:
                return float(part.token_weight[token])
        weights = [
            float(part.token_weight[tokens[at][0]])
            for part, tokens in zip(self.index.parts, near, strict=True)
            if tokens[at]
        ]
        return min(weights, default=1.0)

    def _weighed(
        self, place: int, ways: list[Way], asked: float, limit: int, allowed: npt.NDArray[np.bool_] | None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Best names of a part by all their words."""
        part, space = self.index.parts[place], self._spaces[place]
        docs = self._collected(part, space, ways, asked, allowed)
        live = self.index.links.start
        first = self.index.first[place]
        docs = docs[live[first + docs + 1] > live[first + docs]]
        if not len(docs):
            return docs, np.empty(0, np.float32)
        tokens = write_credit(space.credit, ways)
        places, lengths = ragged(part.word_start, docs)
        ends = np.cumsum(lengths)
        matched = np.add.reduceat(space.credit[part.word[places]], ends - lengths)
        space.credit[tokens] = 0
        scores = _similarity(matched, asked, part.doc_weight[docs])
        best = np.lexsort((part.doc_key[docs], -scores))[:limit]
        return docs[best], scores[best]

    def _collected(
        self,
        part: Segment,
        space: _Workspace,
        ways: list[Way],
        asked: float,
        allowed: npt.NDArray[np.bool_] | None,
    ) -> npt.NDArray[np.int64]:
        """The names that score best by the rarest words."""
        budget = _BUDGET
        touched: list[Numbers] = []
        for size, at in sorted((way.size(part), at) for at, way in enumerate(ways)):
            if touched and size > budget:
                break
            budget -= size
            names = ways[at].names(part)
            space.score[names] += ways[at].credit
            touched.append(names)
        if not touched:
            return np.empty(0, np.int64)
        docs = np.concatenate(touched)
        scores = _similarity(space.score[docs], asked, part.doc_weight[docs])
        space.score[docs] = 0
        if allowed is not None:
            docs, scores = docs[allowed[docs]], scores[allowed[docs]]
        if len(docs) > _WEIGHED * len(touched):
            docs = docs[np.argpartition(-scores, _WEIGHED * len(touched))[: _WEIGHED * len(touched)]]
        docs = np.sort(docs)
        return docs[np.append(True, docs[1:] != docs[:-1])].astype(np.int64) if len(docs) else docs.astype(np.int64)


def _closest(part: Segment, word: bytes, tokens: Iterable[int], letters: int) -> list[int]:
    """Those of the words that differ in so many letters, the commonest first."""
    close = [token for token in tokens if OSA.distance(word, part.token(token), score_cutoff=letters) == letters]
    return sorted(close, key=lambda token: (float(part.token_weight[token]), token))[:_NEAR]


def _similarity(
    matched: npt.NDArray[np.float32], asked: float, own: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Weight in common against what the question has alone, and, in part, what the name has alone."""
    matched = np.minimum(matched, np.float32(asked))
    apart = (np.float32(asked) - matched) + np.float32(_OWN) * np.maximum(own - matched, 0)
    found: npt.NDArray[np.float32] = matched / (matched + apart)
    return found


_own = local()


def finder(index: NameIndex) -> Finder:
    """The finder of this thread for an index."""
    found: Finder | None = getattr(_own, "finder", None)
    if found is None or found.index is not index:
        found = _own.finder = Finder(index)
    return found
