"""Words one letter apart: hashes of every word with one letter left out, as SymSpell does it, vectorised.

Two words are at most one insertion, deletion, replacement or swap of neighbours apart only if they share such a hash,
so a misspelt word finds its neighbours by a few binary searches. Equal hashes of other words are told apart later.
"""

import numpy as np
import numpy.typing as npt

_BASE = np.uint64(0x9E3779B97F4A7C15)
SHORTEST, LONGEST = 3, 40
"""Bytes of a word that may be misspelt."""


def hashes_without_one(letters: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """Hashes of words of one length L, given as rows of bytes: shape (n, L + 1), the last of the whole word."""
    n, length = letters.shape
    powers = np.ones(length + 1, np.uint64)
    with np.errstate(over="ignore"):
        for at in range(length):
            powers[at + 1] = powers[at] * _BASE
        before = np.zeros((n, length + 1), np.uint64)
        after = np.zeros((n, length + 2), np.uint64)
        for at in range(length):
            before[:, at + 1] = before[:, at] * _BASE + letters[:, at] + np.uint64(1)
            back = length - 1 - at
            after[:, back] = after[:, back + 1] + (letters[:, back] + np.uint64(1)) * powers[at]
        found = np.empty((n, length + 1), np.uint64)
        found[:, length] = before[:, length]
        for at in range(length):
            found[:, at] = before[:, at] * powers[length - 1 - at] + after[:, at + 1]
        found ^= found >> np.uint64(29)
        found *= _BASE
    return (found >> np.uint64(32)).astype(np.uint32)


def hashes_of(word: bytes) -> npt.NDArray[np.uint32]:
    """Hashes of one word, of each of its letters left out, and of the whole."""
    return hashes_without_one(np.frombuffer(word, np.uint8).reshape(1, -1)).ravel()


def table(
    text: npt.NDArray[np.uint8], start: npt.NDArray[np.uint32]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Sorted hashes of all words that may be misspelt, and the number of the word each belongs to.

    `text` holds the words' bytes one after another, `start` where each begins, with the end. Words with a digit are
    left out: another number is another company.
    """
    lengths = np.diff(start)
    digits = np.concatenate(([0], np.cumsum((text >= ord("0")) & (text <= ord("9")))))
    plain = digits[start[1:]] == digits[start[:-1]]
    hashes, owners = [np.empty(0, np.uint32)], [np.empty(0, np.uint32)]
    for length in range(SHORTEST, LONGEST + 1):
        words = np.flatnonzero(plain & (lengths == length)).astype(np.uint32)
        if len(words):
            letters = text[start[words][:, None].astype(np.int64) + np.arange(length)]
            hashes.append(hashes_without_one(letters).ravel())
            owners.append(np.repeat(words, length + 1))
    hashed, owner = np.concatenate(hashes), np.concatenate(owners)
    order = np.argsort(hashed, kind="stable")
    return hashed[order], owner[order]
