"""How much a word of a name tells: the rarer it is among names, the more."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import log

from ingest.names.transliteration import table

_LEAST = 0.06
_UNSEEN = 2
"""Names that are taken to hold a word the table does not list."""
KNOWN_FROM = 12
"""Names from which on a word is one that people know, not a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Number of names, and of those with each word of matching form."""

    names: int
    counts: Mapping[str, int]
    _known: dict[str, float] = field(default_factory=dict, compare=False, repr=False)

    def of(self, word: str) -> float:
        """Weight of a word, from 0.06 for the commonest to almost 1 for a word never seen."""
        weight = self._known.get(word)
        if weight is None:
            count = max(self.counts.get(word, 0), _UNSEEN)
            weight = self._known[word] = max(_LEAST, 1 - log(1 + count) / log(2 + max(self.names, count)))
        return weight

    def knows(self, word: str) -> bool:
        """Whether so many names hold the word that it is hardly a typing error of another."""
        return self.counts.get(word, 0) >= KNOWN_FROM


@cache
def default_weights() -> Weights:
    """The table that ships with trackrecord; `data/token_counts.tsv` says from which names it was learnt."""
    rows = table("token_counts.tsv")
    counts = {word: int(row["count"]) for row in rows[1:] for word in row["words"].split()}
    return Weights(int(rows[0]["count"]), counts)


def learnt_weights(names: Iterable[tuple[str, ...]]) -> Weights:
    """Weights from the words of each name, such as those of a generation; one pass."""
    counts: Counter[str] = Counter()
    number = 0
    for words in names:
        number += 1
        counts.update(set(words))
    return Weights(number, counts)
