"""Words that many names of the database hold: two such words are two words, not one and its typing error."""

from dataclasses import dataclass, field

from db.index.generation import NameIndex
from db.match.weights import KNOWN_FROM, Weights, default_weights


@dataclass(frozen=True, slots=True)
class Familiar(Weights):
    """The weights that ship with trackrecord; a word is known as well where the names of an index show it is one."""

    index: NameIndex | None = None
    _held: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

    def knows(self, word: str) -> bool:
        """Whether so many names hold the word that it is hardly a typing error of another."""
        return Weights.knows(self, word) or self._names_with(word) >= KNOWN_FROM

    def _names_with(self, word: str) -> int:
        if word not in self._held:
            held = 0
            for part in self.index.parts if self.index else ():
                token = part.find(word.encode())
                held += len(part.names_with(token, token + 1)) if token is not None else 0
            self._held[word] = held
        return self._held[word]


def familiar(index: NameIndex) -> Familiar:
    """Weights for comparing with the names of this index."""
    shipped = default_weights()
    return Familiar(shipped.names, shipped.counts, index=index)
