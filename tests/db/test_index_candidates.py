"""Candidates are found misspelt, begun, reordered and run together; other numbers are other names."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from db.index import batch, candidates, meeting, spelling
from db.index.batch import candidates_batch
from db.index.candidates import Finder, finder
from db.index.generation import NameIndex
from db.index.meeting import meet
from db.index.ways import Candidate
from tests.db.indexed import index_of

NONE = np.empty(0, np.int64)
NAMES = (
    "Zorvexa Pipeline Inc",
    "Zorvexa Pipeline Holdings Ltd",
    "Norbank Trading SA",
    "Kelmar Capital Fund 7 LP",
    "Kelmar Capital Fund 8 LP",
    "Kelmarine Shipping GmbH",
    "Quonset Vale Farms LLC",
    "Ovrita AG",
    *(f"Common Trading {chr(97 + number)}{chr(98 + number)}lo Ltd" for number in range(20)),
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> NameIndex:
    return index_of(tmp_path_factory.mktemp("index"), NAMES)


def first(index: NameIndex, text: str, *, begun: bool = False) -> tuple[str, Candidate]:
    best = finder(index).best(text, 5, begun=begun)[0]
    return index.text(best.name), best


@pytest.mark.parametrize(
    "typed", ["zorvexa pipline", "zorvexa pipelinee", "zorvexa pipelime", "zorvexa pipeilne", "zrvexa pipeline"]
)
def test_one_letter_wrong_is_found_and_counted(index: NameIndex, typed: str) -> None:
    text, found = first(index, typed)
    assert (text, found.letters, found.missing, found.extra) == ("zorvexa pipeline", 1, (), 0)


def test_the_order_of_words_is_told(index: NameIndex) -> None:
    text, found = first(index, "pipeline zorvexa")
    assert (text, found.reordered, found.letters, found.score) == ("zorvexa pipeline", True, 0, 1.0)
    assert not first(index, "zorvexa pipeline")[1].reordered


def test_words_run_together_and_apart_are_found(index: NameIndex) -> None:
    together, apart = first(index, "zorvexapipeline"), first(index, "nor bank trading")
    assert (together[0], together[1].joined, together[1].extra) == ("zorvexa pipeline", True, 0)
    assert (apart[0], apart[1].joined, apart[1].missing) == ("norbank trading", True, ())


def test_a_beginning_is_found_only_where_one_is_asked_for(index: NameIndex) -> None:
    text, found = first(index, "quonset va", begun=True)
    assert (text, found.begun, found.missing) == ("quonset vale farms", True, ())
    assert first(index, "quonset va")[1].missing == ("va",)


def test_another_number_is_another_word(index: NameIndex) -> None:
    found = {index.text(best.name): best for best in finder(index).best("kelmar capital fund 7", 5)}
    assert found["kelmar capital fund 7"].missing == ()
    assert found["kelmar capital fund 8"].missing == ("7",)
    assert found["kelmar capital fund 8"].letters == 0


def test_a_rare_word_counts_more_than_a_common_one(index: NameIndex) -> None:
    assert first(index, "zorvexa trading")[0].startswith("zorvexa")


def test_nothing_in_common_finds_nothing(index: NameIndex) -> None:
    assert finder(index).best("xylophone", 5) == []
    assert finder(index).best("", 5) == []


def test_only_allowed_names_are_given(index: NameIndex) -> None:
    allowed = np.zeros(len(index), bool)
    assert finder(index).best("zorvexa pipeline", 5, allowed=allowed) == []
    wanted = finder(index).best("zorvexa pipeline", 5)[1].name
    allowed[wanted] = True
    assert [found.name for found in finder(index).best("zorvexa pipeline", 5, allowed=allowed)] == [wanted]


def test_the_rarest_word_is_looked_at_whatever_the_budget(index: NameIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "_BUDGET", 1)
    assert first(index, "common trading eflo")[0] == "common trading eflo"
    monkeypatch.setattr(candidates, "_WEIGHED", 2)
    assert len(finder(index).best("common trading", 50)) == 2


def test_names_of_common_words_are_sought_from_either_side(index: NameIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [len(meet(index, text, None, NONE, deep=False).company) for text in ("common tra eflo", "tra common")]
    monkeypatch.setattr(meeting, "_LOOKED_THROUGH", 0)
    again = [len(meet(index, text, None, NONE, deep=False).company) for text in ("common tra eflo", "tra common")]
    assert asked == again == [1, 20]


def test_misspellings_met_are_forgotten_when_there_are_too_many(
    index: NameIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "_KEPT", 0)
    mine = Finder(index)
    for _ in range(2):
        assert [mine.best(typed, 1)[0].letters for typed in ("zorvexb", "kelmarin")] == [1, 1]


def test_a_batch_gives_what_single_questions_give(index: NameIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["zorvexa pipline", "nobody", "kelmar capital fund 8"]
    monkeypatch.setattr(batch, "_CHUNK", 2)
    alone = [(names.tolist(), scores.tolist()) for names, scores in candidates_batch(index, texts, 3)]
    assert [index.text(names[0]) if names else "" for names, _ in alone] == [
        "zorvexa pipeline",
        "",
        "kelmar capital fund 8",
    ]
    monkeypatch.setattr(batch, "_WORTH_PROCESSES", 1)
    several = [(names.tolist(), scores.tolist()) for names, scores in candidates_batch(index, texts, 3)]
    assert several == alone


def test_a_process_opens_the_index_once(index: NameIndex) -> None:
    first_time, again = (batch._of_chunk(index.folder, ["zorvexa pipline"], 1) for _ in range(2))
    assert first_time[0][0].tolist() == again[0][0].tolist() != []


@given(st.text("abcde", min_size=3, max_size=9), st.text("abcde", min_size=3, max_size=9))
def test_words_one_letter_apart_share_a_hash(one: str, other: str) -> None:
    if OSA.distance(one, other) <= 1:
        hashes = [set(spelling.hashes_of(word.encode()).tolist()) for word in (one, other)]
        assert hashes[0] & hashes[1]


def test_empty_index(tmp_path: Path) -> None:
    index = index_of(tmp_path, [])
    assert len(index) == 0
    assert finder(index).best("acme", 5) == []
    assert index.exactly(1) is None
