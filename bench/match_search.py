"""Aliases of sanctioned entities looked for among 10,000 other names: candidates by trigrams, then `compare`."""

import random
import unicodedata
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from bench.match_sets import SEED, aliases, gleif_names, held_out
from db.match.compare import Matcher, Party
from ingest.names.matching import match_name

OTHERS = 10_000
CANDIDATES = 60
FIRST = 10
_BUCKETS = 1 << 15


@dataclass(frozen=True, slots=True)
class Found:
    """One alias that was looked for: similarity bucket, script, and whether its entity was among the first ten."""

    entity: str
    bucket: str
    found: bool

    @property
    def is_held_out(self) -> bool:
        return held_out(self.entity)


class Trigrams:
    """Cosine of hashed character trigrams of matching texts, brute force: exact, a few milliseconds a query."""

    def __init__(self, texts: list[str]) -> None:
        self._postings: dict[int, list[int]] = defaultdict(list)
        lengths = np.zeros(len(texts))
        for at, text in enumerate(texts):
            grams = _grams(text)
            lengths[at] = len(grams) ** 0.5
            for gram in grams:
                self._postings[gram].append(at)
        self._rarity = {gram: 1 / (1 + np.log1p(len(at))) for gram, at in self._postings.items()}
        self._arrays = {gram: np.array(at, dtype=np.int32) for gram, at in self._postings.items()}
        self._lengths = np.maximum(lengths, 1.0)

    def nearest(self, text: str, many: int) -> list[int]:
        """Numbers of the nearest texts, best first."""
        scores = np.zeros(len(self._lengths))
        for gram in _grams(text):
            if gram in self._arrays:
                scores[self._arrays[gram]] += self._rarity[gram]
        scores /= self._lengths
        best = np.argpartition(-scores, many)[:many]
        return [int(at) for at in best[np.argsort(-scores[best])] if scores[at] > 0]


def _grams(text: str) -> set[int]:
    padded = f" {text.replace(' ', '')} "
    words = f" {text} "
    return {hash_of(padded[at : at + 3]) for at in range(len(padded) - 2)} | {
        hash_of(words[at : at + 3]) for at in range(len(words) - 2)
    }


def hash_of(gram: str) -> int:
    """A stable number for three characters."""
    value = 0
    for sign in gram:
        value = value * 1_000_003 + ord(sign)
    return value % _BUCKETS


def search(of: str) -> list[Found]:
    """Every alias of the list (`ofac` or `eu`) looked for among the entities of the list and GLEIF names."""
    given = aliases(of)
    entities = dict.fromkeys((entity, name) for entity, name, _ in given)
    others = [("", name) for name, _, _ in gleif_names()]
    random.Random(SEED).shuffle(others)
    listed = list(entities) + others[: max(0, OTHERS + 1 - len(entities))]
    prepared = [match_name(name) for _, name in listed]
    index = Trigrams([name.text for name in prepared])
    matcher = Matcher()
    found = []
    for entity, name, alias in given:
        wanted = match_name(alias)
        party = Party(alias)
        scored = [(-matcher.compare(party, Party(listed[at][1])).score, rank, at)
                  for rank, at in enumerate(index.nearest(wanted.text, CANDIDATES))]  # fmt: skip
        first = [listed[at] for _, _, at in sorted(scored)[:FIRST]]
        hit = any(other == entity for other, _ in first)
        found.append(Found(entity, bucket(name, alias), hit))
    return found


def bucket(name: str, alias: str) -> str:
    """Other script, or how much of the writing the two share."""
    if any(sign.isalpha() and not unicodedata.name(sign, "").startswith("LATIN") for sign in alias):
        return "in another script"
    alike = fuzz.token_set_ratio(name.lower(), alias.lower())
    return (
        "much alike (80 or more of 100)"
        if alike >= 80
        else "alike (50 to 80)"
        if alike >= 50
        else "hardly alike (below 50)"
    )
