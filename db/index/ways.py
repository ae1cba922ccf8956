"""Ways in which words of a question may stand in names: as written, a letter apart, begun, run together or apart."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA

from db.index.segment import Numbers, Segment

_BEGUN = 0.85
_JOINED = 0.95
"""What finding a word is worth that is only begun, or run together with another."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name (its number in the index) and how it differs from what was asked, word by word.

    `score`: 0 to 1, weighted words in common. `missing`: words asked for that it lacks; `extra`: how many of its own
    were not asked for; `letters`: letters that differ; `begun`: the last word asked for is only the beginning of one.
    """

    name: int
    score: float
    missing: tuple[str, ...]
    extra: int
    letters: int
    reordered: bool
    joined: bool
    begun: bool


@dataclass(slots=True)
class Way:
    """One way to find words of the question in a part: numbers of words there, and what finding one is worth."""

    asked: tuple[int, ...]
    tokens: list[int]
    credit: float
    letters: int = 0
    begun: tuple[int, int] | None = None
    half: bool = False

    def names(self, part: Segment) -> Numbers:
        if self.begun:
            return part.names_with(*self.begun)
        if len(self.tokens) == 1:
            return part.names_with(self.tokens[0], self.tokens[0] + 1)
        return np.concatenate([part.names_with(token, token + 1) for token in self.tokens])

    def size(self, part: Segment) -> int:
        if self.begun:
            return len(part.names_with(*self.begun))
        return sum(int(part.posting_start[token + 1]) - int(part.posting_start[token]) for token in self.tokens)


def find_ways(
    part: Segment,
    words: list[bytes],
    weights: list[float],
    known: list[int | None],
    near: list[list[int]],
    *,
    begun: bool,
) -> list[Way]:
    """All ways to find the words of the question in a part."""
    ways = []
    for at, (word, there) in enumerate(zip(words, known, strict=True)):
        if there is not None:
            ways.append(Way((at,), [there], weights[at]))
        for same_start, cost in ((True, 1.25), (False, 1.75)):
            if close := [token for token in near[at] if (part.token(token)[:1] == word[:1]) is same_start]:
                letters = OSA.distance(word, part.token(close[0]))
                ways.append(Way((at,), close, weights[at] * (1 - cost * letters / max(len(word), 4)), letters=letters))
        if at and (joined := part.find(words[at - 1] + word)) is not None:
            ways.append(Way((at - 1, at), [joined], _JOINED * (weights[at - 1] + weights[at])))
        if there is None or len(word) >= 8:
            ways += _split(part, at, word, weights[at])
    last = len(words) - 1
    if begun and len(words[last]) > 1:
        low, high = part.begins(words[last])
        if low < high:
            ways.append(Way((last,), [], _BEGUN * weights[last], begun=(low, high)))
    return ways


def _split(part: Segment, at: int, word: bytes, weight: float) -> list[Way]:
    """Two words that this one may be, run together; the rarest pair."""
    pairs = []
    for cut in range(3, len(word) - 2):
        left = part.find(word[:cut])
        if left is not None and (right := part.find(word[cut:])) is not None:
            pairs.append((float(part.token_weight[left] + part.token_weight[right]), left, right, cut))
    if not pairs:
        return []
    _, left, right, cut = min(pairs)
    share = _JOINED * weight / len(word)
    return [Way((at,), [left], share * cut, half=True), Way((at,), [right], share * (len(word) - cut), half=True)]


def write_credit(credit: npt.NDArray[np.float32], ways: list[Way]) -> npt.NDArray[np.int64]:
    """Writes what each word is worth, and gives the words written."""
    tokens: list[int] = []
    for way in sorted(ways, key=lambda way: way.credit):
        if way.begun:
            low, high = way.begun
            credit[low:high] = way.credit
            tokens.extend(range(low, high))
        else:
            credit[way.tokens] = way.credit
            tokens.extend(way.tokens)
    return np.array(tokens, np.int64)


@dataclass(frozen=True, slots=True)
class Answers:
    """Ways by the words of names that they find, each list with the best way first."""

    of_token: dict[int, list[Way]]
    begun: Way | None

    @classmethod
    def by(cls, ways: list[Way]) -> "Answers":
        """The answers that these ways give."""
        of_token: dict[int, list[Way]] = {}
        for way in sorted(ways, key=lambda way: -way.credit):
            for token in way.tokens:
                of_token.setdefault(token, []).append(way)
        return cls(of_token, next((way for way in ways if way.begun), None))

    def best(self, token: int, answered: set[int]) -> Way | None:
        """The way by which a word of a name answers words of the question that none has answered yet."""
        fits = self.of_token.get(token, [])
        if self.begun and self.begun.begun and self.begun.begun[0] <= token < self.begun.begun[1]:
            fits = sorted([*fits, self.begun], key=lambda way: -way.credit)
        best = next((way for way in fits if not answered.issuperset(way.asked)), fits[0] if fits else None)
        return None if best is None or (answered.issuperset(best.asked) and not best.half) else best


def aligned(part: Segment, doc: int, words: list[bytes], answers: Answers, *, name: int, score: float) -> Candidate:
    """The candidate with what differs: each of its words answers one way to find words of the question."""
    met: list[tuple[int, ...]] = []
    answered: set[int] = set()
    extra = letters = 0
    joined = begun = False
    for token in part.words(doc):
        way = answers.best(token, answered)
        if way is None:
            extra += 1
            continue
        met.append(way.asked)
        answered.update(way.asked)
        letters += way.letters
        joined = joined or len(way.asked) > 1 or way.half
        begun = begun or way.begun is not None
    for token in part.other_words(doc) if extra and len(answered) < len(words) else ():
        # a word of the question may stand for one as it was written, of which the match text has the meaning
        if extra and (way := answers.best(token, answered)) is not None and not way.half:
            answered.update(way.asked)
            extra -= 1
            letters += way.letters
            begun = begun or way.begun is not None
    missing = tuple(word.decode() for at, word in enumerate(words) if at not in answered)
    return Candidate(name, score, missing, extra, letters, met != sorted(met), joined, begun)
