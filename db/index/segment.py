"""One immutable part of the name index: distinct names as words, in arrays that are mapped into memory, not read.

doc_key        md5 key of each name's normal form, sorted: a name's number in the part is its place here
doc_words      how many words its match text has; other ways to write them follow
doc_weight     sum of the weights of these words
word, word_start            the words of each name in their order, then the other ways
token_text, token_start     the distinct words, sorted; token_head their first eight bytes as a number
token_weight   0 to 1: how much a word tells names apart, by how many names hold it
posting, posting_start      the names that hold each word; words with one beginning lie side by side
misspelt_hash, misspelt_token   see `spelling`
"""

from bisect import bisect_left
from dataclasses import dataclass, fields
from hashlib import md5
from pathlib import Path

import numpy as np
import numpy.typing as npt

from db.index import spelling

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.uint32]
Weights = npt.NDArray[np.float32]


def key_of(norm: str) -> int:
    """Key of a normal form: the lower half of its MD5, as `md5_number_lower` of the engine gives it."""
    return int.from_bytes(md5(norm.encode("utf-8", "replace"), usedforsecurity=False).digest()[8:], "little")


@dataclass(frozen=True, slots=True)
class Segment:
    """The arrays of one part; names of files are those of the fields."""

    doc_key: Keys
    doc_words: npt.NDArray[np.uint16]
    doc_weight: Weights
    word: Numbers
    word_start: Numbers
    token_text: npt.NDArray[np.uint8]
    token_start: Numbers
    token_head: Keys
    token_weight: Weights
    posting: Numbers
    posting_start: Numbers
    misspelt_hash: Numbers
    misspelt_token: Numbers

    @classmethod
    def open(cls, folder: Path) -> "Segment":
        """Maps the files of a part. Raises OSError or ValueError where one is missing or cut off."""
        # a plain array over the map: slices of numpy's own memmap class are ten times slower
        return cls(*(np.asarray(np.load(folder / f"{item.name}.npy", mmap_mode="r")) for item in fields(cls)))

    def save(self, folder: Path) -> None:
        """Writes the part's files into a new folder."""
        folder.mkdir(parents=True)
        for item in fields(self):
            np.save(folder / f"{item.name}.npy", getattr(self, item.name))

    def __len__(self) -> int:
        return len(self.doc_key)

    def doc(self, key: int) -> int | None:
        """Number of the name with this key."""
        at = int(np.searchsorted(self.doc_key, np.uint64(key)))
        return at if at < len(self.doc_key) and int(self.doc_key[at]) == key else None

    def token(self, number: int) -> bytes:
        """A distinct word by its number."""
        return self.token_text[self.token_start[number] : self.token_start[number + 1]].tobytes()

    def words(self, doc: int) -> list[int]:
        """Numbers of the words of a name's match text, in order."""
        start = int(self.word_start[doc])
        found: list[int] = self.word[start : start + int(self.doc_words[doc])].tolist()
        return found

    def other_words(self, doc: int) -> list[int]:
        """Numbers of the words by which a name is written otherwise."""
        start = int(self.word_start[doc]) + int(self.doc_words[doc])
        found: list[int] = self.word[start : self.word_start[doc + 1]].tolist()
        return found

    def text(self, doc: int) -> str:
        """A name's match text."""
        return b" ".join(map(self.token, self.words(doc))).decode()

    def find(self, word: bytes) -> int | None:
        """Number of a word."""
        low, high = self.begins(word)
        return low if low < high and self.token(low) == word else None

    def begins(self, start: bytes) -> tuple[int, int]:
        """Numbers of the words that begin like this: from, up to but not including."""
        lowest = np.uint64(int.from_bytes(start[:8].ljust(8, b"\0"), "big"))
        highest = np.uint64(int.from_bytes(start[:8].ljust(8, b"\xff"), "big"))
        low = int(np.searchsorted(self.token_head, lowest))
        high = int(np.searchsorted(self.token_head, highest, "right"))
        if len(start) > 8:
            within = range(low, high)
            low, high = (
                low + bisect_left(within, start, key=self.token),
                low + bisect_left(within, start + b"\xff", key=self.token),
            )
        return low, high

    def names_with(self, low: int, high: int) -> Numbers:
        """Names with a word from `low` up to but not including `high`; a name may come more than once."""
        return self.posting[self.posting_start[low] : self.posting_start[high]]

    def near(self, word: bytes) -> list[int]:
        """Numbers of words that share a hash with this one: those one letter apart, and a few others."""
        if not spelling.SHORTEST <= len(word) <= spelling.LONGEST or any(48 <= byte <= 57 for byte in word):
            return []
        hashes = spelling.hashes_of(word)
        lows = np.searchsorted(self.misspelt_hash, hashes)
        highs = np.searchsorted(self.misspelt_hash, hashes, "right")
        owners = [self.misspelt_token[low:high].tolist() for low, high in zip(lows, highs, strict=True) if low < high]
        return sorted({token for some in owners for token in some})

    def alike(self, word: bytes, shared: int) -> list[int]:
        """Numbers of words that share so many first bytes with this one and are as long, give or take two bytes."""
        if any(48 <= byte <= 57 for byte in word):
            return []
        low, high = self.begins(word[:shared])
        lengths = np.diff(self.token_start[low : high + 1].astype(np.int64))
        found: list[int] = (low + np.flatnonzero(np.abs(lengths - len(word)) <= 2)).tolist()
        return found


def ragged(start: Numbers, chosen: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Places of all items of the chosen rows, and how many each row has; `start` says where a row begins."""
    begin = start[chosen].astype(np.int64)
    lengths = start[chosen + 1].astype(np.int64) - begin
    ends = np.cumsum(lengths)
    return np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(begin - ends + lengths, lengths), lengths
