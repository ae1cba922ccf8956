"""Building a part of the name index from keys and match texts. Cost: a few sorts of all words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from db.index import spelling
from db.index.segment import Keys, Numbers, Segment, ragged


@dataclass(frozen=True, slots=True)
class Names:
    """Names to index: key, words joined by single blanks (none empty), and how many of these are its match text."""

    keys: Keys
    texts: pa.Array
    words: npt.NDArray[np.uint16]

    @classmethod
    def together(cls, several: Sequence["Names"]) -> "Names":
        """All of them, one after another."""
        return cls(
            np.concatenate([np.empty(0, np.uint64), *(names.keys for names in several)]),
            pa.chunked_array([names.texts for names in several], pa.string()).combine_chunks(),
            np.concatenate([np.empty(0, np.uint16), *(names.words for names in several)]),
        )


def build_segment(names: Names, total: int, base: Segment | None = None) -> Segment:
    """The part with these names.

    Words are weighed by how many of `total` names hold them, those of part `base` counted too.
    """
    order = np.argsort(names.keys, kind="stable")
    own = names.words[order]
    lists = pc.split_pattern(names.texts.take(pa.array(order)), " ")
    word_start = np.asarray(lists.offsets).astype(np.uint32)
    coded = lists.flatten().dictionary_encode()
    ranked = pc.array_sort_indices(coded.dictionary)
    rank = np.empty(len(ranked), np.uint32)
    rank[np.asarray(ranked)] = np.arange(len(ranked), dtype=np.uint32)
    word = rank[np.asarray(coded.indices)]
    tokens = coded.dictionary.take(ranked).cast(pa.binary())
    token_start, token_text = _bytes_of(tokens)
    posting_start, posting = _postings(word, word_start, len(tokens))
    holds = np.diff(posting_start).astype(np.int64)
    if base is not None:
        holds += _holders_in(base, tokens)
    token_weight = (np.log1p(total / np.maximum(holds, 1)) / np.log1p(max(total, 1))).astype(np.float32)
    sums = np.concatenate(([0.0], np.cumsum(token_weight[word], dtype=np.float64)))
    hashes, owners = spelling.table(token_text, token_start)
    return Segment(
        doc_key=names.keys[order],
        doc_words=own,
        doc_weight=(sums[word_start[:-1] + own] - sums[word_start[:-1]]).astype(np.float32),
        word=word,
        word_start=word_start,
        token_text=token_text,
        token_start=token_start,
        token_head=_heads(token_text, token_start),
        token_weight=token_weight,
        posting=posting,
        posting_start=posting_start,
        misspelt_hash=hashes,
        misspelt_token=owners,
    )


def names_of(segment: Segment, docs: npt.NDArray[np.int64]) -> Names:
    """Names of a part, put together again from their words."""
    places, lengths = ragged(segment.word_start, docs)
    starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
    words = _tokens(segment).take(pa.array(segment.word[places]))
    texts = pc.binary_join(pa.ListArray.from_arrays(pa.array(starts), words), " ")
    return Names(segment.doc_key[docs], texts, segment.doc_words[docs])


def _tokens(segment: Segment) -> pa.Array:
    offsets = pa.py_buffer(segment.token_start.astype(np.int32))
    text = pa.py_buffer(np.ascontiguousarray(segment.token_text))
    return pa.StringArray.from_buffers(len(segment.token_start) - 1, offsets, text)


def _holders_in(base: Segment, tokens: pa.Array) -> np.ndarray:
    """How many names of the other part hold each of these words."""
    places = pc.index_in(tokens.cast(pa.string()), value_set=_tokens(base))
    known = np.asarray(places.fill_null(0)).astype(np.int64)
    return np.where(np.asarray(places.is_valid()), np.diff(base.posting_start)[known], 0).astype(np.int64)


def _bytes_of(tokens: pa.Array) -> tuple[Numbers, np.ndarray]:
    lengths = np.asarray(pc.binary_length(tokens))
    start = np.concatenate(([0], np.cumsum(lengths))).astype(np.uint32)
    joined = b"".join(tokens.to_pylist())
    return start, np.frombuffer(joined, np.uint8)


def _heads(text: np.ndarray, start: Numbers) -> Keys:
    """The first eight bytes of each word as a number that sorts as the words do."""
    padded = np.concatenate((text, np.zeros(8, np.uint8)))
    places = start[:-1].astype(np.int64)[:, None] + np.arange(8)
    letters = np.where(places < start[1:].astype(np.int64)[:, None], padded[places], 0).astype(np.uint8)
    return np.ascontiguousarray(letters).view(">u8").ravel().astype(np.uint64)


def _postings(word: Numbers, word_start: Numbers, tokens: int) -> tuple[Numbers, Numbers]:
    docs = np.repeat(np.arange(len(word_start) - 1, dtype=np.uint64), np.diff(word_start))
    pairs = np.sort((word.astype(np.uint64) << np.uint64(32)) | docs)
    pairs = pairs[np.concatenate(([True], pairs[1:] != pairs[:-1]))] if len(pairs) else pairs
    holders = np.searchsorted(pairs, np.arange(tokens + 1, dtype=np.uint64) << np.uint64(32))
    return holders.astype(np.uint32), (pairs & np.uint64(0xFFFFFFFF)).astype(np.uint32)
