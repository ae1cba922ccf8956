"""A name cut into weighted words, in the views in which two names may agree."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from db.match.weights import Weights
from ingest.names.matching import MatchName, match_name
from ingest.names.transliteration import native_words, romanised, rule, simplified, table

_HAN = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_VOWELLESS = re.compile("[\u0590-\u06ff\uac00-\ud7a3]")
MOST_WORDS = 40
"""Words of a name that are compared: the time for a pair stays bounded."""


@dataclass(frozen=True, slots=True)
class Words:
    """Distinct words of one view of a name, the weight of each and their sum. Numerals weigh nothing."""

    words: tuple[str, ...]
    weight: dict[str, float]
    total: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """A name ready for comparison. `plain` is the untranslated view, `native` that of Han and kana."""

    name: MatchName
    text: Words
    plain: Words | None
    native: Words | None
    vowelless: bool
    rarest: float
    """Weight of the rarest word."""


def prepare(name: str, country: str | None, weights: Weights) -> Prepared:
    """The name in all its views."""
    match = match_name(name, country)
    text = _words(match.tokens, weights)
    plain = native = None
    if not match.native:
        folded = match.folded
        untranslated = _without_forms((folded if folded.isascii() else romanised(simplified(folded))).split())
        plain = None if untranslated == match.tokens else _words(untranslated, weights)
    elif _HAN.search(match.native):
        native = _words(_without_forms(native_words(match.native)), weights)
    vowelless = bool(match.native and _VOWELLESS.search(match.native))
    return Prepared(match, text, plain, native, vowelless, max(text.weight.values(), default=0.0))


def _without_forms(words: Sequence[str]) -> tuple[str, ...]:
    """The words without the legal forms and the "and" behind the first one."""
    forms = rule("form inside")
    return (*words[:1], *[word for word in words[1:] if word not in forms and word != "and"])


def _words(words: tuple[str, ...], weights: Weights) -> Words:
    weight = {word: 0.0 if word.isdecimal() else weights.of(word) for word in words[:MOST_WORDS]}
    return Words(tuple(weight), weight, sum(weight.values()))


@cache
def poles() -> dict[str, tuple[tuple[str, str], ...]]:
    """Word → the questions it answers, each with its answer: north and south answer one question differently."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in table("opposites.tsv"):
        for pole in row["poles"].split("|"):
            answer, *_ = words = pole.split()
            for word in words:
                found.setdefault(word, []).append((row["question"], answer))
    return {word: tuple(answers) for word, answers in found.items()}
