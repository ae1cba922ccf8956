"""The evidence of words: what the vocabulary says of a name, weighed against what the person lexica say."""

from functools import lru_cache

from ingest.privacy import mixed
from ingest.privacy.lexica import is_name_word, lexica, person_words
from ingest.privacy.persons import comma_order, frequent_given, holds_full_name, states_relation
from ingest.privacy.text import Name
from ingest.privacy.verdict import Entity, Verdict
from ingest.privacy.words import SPOKEN_IN, Strength, Word, vocabulary

_VOWELS = frozenset("aeiouy")
_ENOUGH = 1.5
"""Score of common words from which a name without any name in it is an organisation's; see `by_common_words`."""


def by_words(name: Name, stated: str, country: str | None) -> Verdict | None:
    """The verdict of the strongest organisation word, unless the rest of the name reads as a person's."""
    best = _strongest(name.words, country)
    if best is not None and _also_a_name(best.text) and not _beside_a_word(name, best):
        best = _strongest(tuple(word for word in name.words if not _also_a_name(word)), country)
    elif best is not None and _stands_behind_given_name(name.words, best.text):
        best = _strongest(tuple(word for word in name.words if not _also_a_name(word)), country)
        if best is not None and best.strength is not Strength.HARD:
            return Verdict(Entity.UNSURE, "person beside trade word")
    if best is None or best.strength is Strength.SOFT:
        best = _compound(name.words)
    if best is None or _two_names(name.words):
        return None
    if best.strength is not Strength.HARD and _reads_as_person(name, best):
        return None
    beside = best.strength is Strength.TRADE and mixed.person_beside_trade(name, stated, country)
    if beside or (best.strength is Strength.FIRM and mixed.states_marriage(name, country)):
        return Verdict(Entity.UNSURE, "person beside trade word")
    kind = "trade word" if best.strength is Strength.TRADE else "organisation word"
    return Verdict(best.entity, f"{kind}: {best.text}")


def _strongest(words: tuple[str, ...], country: str | None) -> Word | None:
    known = vocabulary()
    signs = [known.signs[language] for language, countries in SPOKEN_IN.items() if country in countries]
    best = None
    for word in words:
        entry = known.words.get(word)
        if signs and (entry is None or entry.strength < Strength.TRADE) and any(word in listed for listed in signs):
            entry = Word(word, Strength.TRADE, Entity.COMPANY)
        if entry is not None and (best is None or entry.strength > best.strength):
            best = entry
    return best


def _compound(words: tuple[str, ...]) -> Word | None:
    """A word that ends or begins with one of the vocabulary: Pensionsstiftung, Agrohandel."""
    return next((found for word in words if len(word) > 6 and (found := _part_of_compound(word))), None)


@lru_cache(65_536)
def _part_of_compound(word: str) -> Word | None:
    people, ends, beginnings = lexica(), vocabulary().ends, vocabulary().beginnings
    if word in people.surname or word in people.given:
        return None
    for size in range(3, len(word) - 2):
        if word[-size:] in ends and (size > 3 or len(word) > 8):
            return Word(word[-size:], Strength.FIRM, Entity.COMPANY)
        if len(word) > 7 and word[:size] in beginnings:
            return Word(word[:size], Strength.FIRM, Entity.COMPANY)
    return None


def _reads_as_person(name: Name, best: Word) -> bool:
    """A whole personal name before a word of trade, a title, initials alone, a comma order; or a family's farm."""
    words, people = name.words, lexica()
    if (best.text in people.surname or best.text in people.given) and all(
        len(word) == 1 for word in words if word != best.text
    ):
        return True
    if words[0] in person_words("title of persons only") or holds_full_name(words):
        return True
    farms = person_words("family trade")
    if best.text in farms and all(word in farms or is_name_word(word) for word in words):
        return True
    return comma_order(name) or states_relation(name)


def _also_a_name(word: str) -> bool:
    people = lexica()
    return people.surname.get(word, 3) < 3 or people.given.get(word, 3) < 3


def _stands_behind_given_name(words: tuple[str, ...], surname: str) -> bool:
    """`Ann Banks`, `Ann B. Banks`: whether a word that is a surname too stands behind a given name."""
    if surname not in words or lexica().surname.get(surname) != 1:
        return False
    at = words.index(surname) - 1
    at -= at > 0 and len(words[at]) == 1 and words[at].isalpha()
    return at >= 0 and words[at] in frequent_given() and (at == 0 or words[at - 1] not in mixed.SAINTS)


def _beside_a_word(name: Name, best: Word) -> bool:
    """Whether something else than names stands beside an organisation word that is a surname or given name too."""
    known, people = vocabulary(), lexica()
    ignored = person_words("title") | person_words("suffix") | {best.text}
    others = [word for word in name.words if word not in ignored]
    if not others or all(len(word) == 1 for word in others) or comma_order(name):
        return False
    for word in others:
        entry = known.words.get(word)
        if (entry and (not is_name_word(word) or entry.strength >= Strength.FIRM)) or word in known.function:
            return True
        if not word.isalpha():
            return True
    if any(word in frequent_given() for word in others):
        return False
    # Only a word as firm as `bank` or `church` says enough beside a word that no table knows.
    return best.strength is Strength.HARD or all(word in people.surname for word in others)


def _two_names(words: tuple[str, ...]) -> bool:
    """Two words, initials and titles apart, that are a given name and a surname too: Christian Bank, Laura Group."""
    known, titles, suffixes = lexica(), person_words("title"), person_words("suffix")
    whole = [word for word in words if len(word) > 1 and word not in titles and word not in suffixes]
    if len(whole) != 2 or "&" in words:
        return False
    one, other = whole
    return (known.given.get(one) == 1 and other in known.surname) or (
        known.given.get(other) == 1 and one in known.surname
    )


def by_joint(name: Name) -> Verdict | None:
    """The verdict of joined names: `Ford & Sons`, `Kestrel & Foods`, `P & B`; two surnames alone may be two persons."""
    words, given = name.words, frequent_given()
    joint = next((at for at, word in enumerate(words) if word in {"&", "and"}), 0)
    if joint == 0 or joint + 1 >= len(words):
        return None
    if words[joint + 1] in person_words("family") and not holds_full_name(words):
        return Verdict(Entity.COMPANY, "family firm")
    pair = {words[0], words[2]} if len(words) == 3 else set()
    common = any(word in vocabulary().words and not is_name_word(word) for word in pair)
    if pair and not pair & given and (common or all(len(word) == 1 for word in pair)):
        return Verdict(Entity.COMPANY, "two words joined")
    return None


def by_acronym(name: Name) -> Verdict | None:
    """The verdict of one or two words of two to five consonants or digits that are nobody's name."""
    words, people = name.words, lexica()
    if (
        0 < len(words) <= 2
        and any(sign.isalpha() for word in words for sign in word)
        and all(
            2 <= len(word) <= 5
            and word.isascii()
            and word.isalnum()
            and not _VOWELS.intersection(word)
            and word not in people.given
            and word not in people.surname
            for word in words
        )
    ):
        return Verdict(Entity.COMPANY, "acronym")
    return None


def _article(words: tuple[str, ...]) -> bool:
    """Whether `the` stands before or behind one to four words that are nobody's given name or frequent surname."""
    if not 1 < len(words) < 6 or "the" not in {words[0], words[-1]}:
        return False
    people = lexica()
    if len(words) == 2 and not vocabulary().words.keys() & words and any(word[:-1] in people.surname for word in words):
        return False
    return not any(word in people.given or people.surname.get(word, 3) < 3 for word in words)


def by_common_words(name: Name) -> Verdict | None:
    """The verdict of common words, function words, digits and possessives, weighed against surnames and unknown words.

    Each common word counts 2 (1 if it is a name too), a function word 1, a word with digits 1.5, a possessive 2, an
    article at either end of a few words that are no names 1 more, `at` before a place 1 more; a surname -1, an
    unknown word -0.5. A frequent given name ends the count.
    """
    words, known, people = name.words, vocabulary(), lexica()
    article = _article(words)
    if (comma_order(name) and not article) or any(word in frequent_given() for word in words):
        return None
    if all(len(word) < 3 for word in words) and any(len(word) == 1 and word.isalpha() for word in words):
        return None
    if all(word.isdigit() for word in words):
        return None
    if len(words) == 1 and words[0] not in known.words and not name.possessive:
        return None
    if all(is_name_word(word) for word in words) and any(word in people.given for word in words):
        return None
    score = 2.0 * name.possessive + article + ("at" in words[1:-1])
    for word in words:
        named = word in people.given or word in people.surname
        if word in known.words:
            score += 1.0 if named else 2.0
        elif word in known.function:
            score += 2.0 if word == "los" and word == words[0] else 1.0
        elif any(sign.isdigit() for sign in word):
            score += 1.5
        elif len(word) > 1:
            score -= 1.0 if named else 0.5
    return Verdict(Entity.COMPANY, "common words") if score >= _ENOUGH else None
