"""Phrases are looked for only in names that hold one of their words: no phrase may go unseen for that."""

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.privacy import mixed, persons, trading
from ingest.privacy.text import Phrases, take_apart

ALL = [
    known for known in chain.from_iterable(vars(m).values() for m in (mixed, persons, trading))
    if isinstance(known, Phrases)
]  # fmt: skip


@pytest.mark.parametrize("known", ALL, ids=lambda known: min(known.words))
@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_every_phrase_is_found_in_a_name(known: Phrases, data: st.DataObject) -> None:
    phrase = data.draw(st.from_regex(known.pattern))
    name = take_apart(f"Kestrel {phrase} Ridge" if data.draw(st.booleans()) else phrase)
    assert bool(known.search(name)) == bool(known.pattern.search(name.text))


def test_there_are_phrases_of_every_sort() -> None:
    assert len(ALL) > 7
