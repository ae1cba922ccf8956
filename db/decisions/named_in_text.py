"""Whether a reason that an analyst typed names a person: nobody is to be named in a text that is kept and shown."""

import re
from collections.abc import Iterable, Iterator, Sequence

from ingest.errors import UsageError
from ingest.names.folding import fold
from ingest.names.matching import place_words
from ingest.names.normal import normal_form
from ingest.privacy.judge import judge_one, withheld_outright
from ingest.privacy.lexica import person_words
from ingest.privacy.mixed import SAINTS
from ingest.privacy.persons import frequent_given, looks_like_person, may_be_name_word
from ingest.privacy.places import is_place, places
from ingest.privacy.text import composed, take_apart
from ingest.privacy.verdict import Subject
from ingest.privacy.words import vocabulary

_E_MAIL = re.compile(r"[^\s@<>,;()]+@[^\s@<>,;()]+\.[^\W\d_]{2,}")
_ADDRESS = re.compile(r"(?:https?|file):\S+")
_WORD = re.compile(r"&|[^\W\d_]+(?:['’-][^\W\d_]+)*")
_GAP = re.compile(r"\.? |\. ?")
"""What may stand between two words of one name."""
_COMMA = re.compile(r"(?<![^\W\d_] )([^\W\d_]+), ([^\W\d_]+)")
_TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "herr", "herrn", "frau", "monsieur", "madame", "mme", "mlle", "signor", "signora"}
)


def check_text(text: str, what: str, known: Iterable[str] = ()) -> None:
    """Raises UsageError, without repeating it, where the text names a person; names of `known` companies are none."""
    if (found := names_person(text, known)) is not None:
        raise UsageError(
            f"{what} seems to name a person ({found})",
            next_step="Name nobody: say what differs. A company goes by its full name with its legal form.",
        )


def names_person(text: str, known: Iterable[str] = ()) -> str | None:
    """What speaks for a person being named, in words that repeat nothing; None where nothing does.

    Looks for e-mail addresses, numbers of persons, titles, and full names as they are written amid other words: given
    name and surname, capitalised, and no part of an organisation's name. What is written in lower case is not found.
    """
    plain = _ADDRESS.sub(" ", composed(text))
    if _E_MAIL.search(plain):
        return "an e-mail address"
    if withheld_outright(Subject(plain)) is not None:
        return "the number or birth of a person"
    for name in sorted(known, key=len, reverse=True):
        plain = re.sub(rf"(?<!\w){re.escape(composed(name))}(?!\w)", ";", plain, flags=re.IGNORECASE)
    if any(_is_comma_order(*found.groups()) for found in _COMMA.finditer(plain)):
        return "surname and given name"
    for run in _runs(plain):
        if len(run) > 1 and not _is_organisation(run):
            if any(fold(word) in _TITLES for word in run[:-1]):
                return "a title before a name"
            if _is_full_name(run):
                return "given name and surname"
    return None


def _runs(text: str) -> Iterator[list[str]]:
    """Words with capitals that stand side by side, with the particles and ampersands between them."""
    run: list[str] = []
    end = 0
    for found in _WORD.finditer(text):
        word = found.group()
        if run and not _GAP.fullmatch(text[end : found.start()]):
            yield run
            run = []
        if word[0].isupper() or (run and (word == "&" or fold(word) in person_words("particle"))):
            run.append(word)
        else:
            yield run
            run = []
        end = found.end()
    yield run


def _is_organisation(run: Sequence[str]) -> bool:
    """Whether the words, or those behind the first one of a sentence, are an organisation's name."""
    names = [" ".join(run), " ".join(run[1:])]
    return any(judge_one(Subject(name)).passes or normal_form(name).legal_form for name in names)


def _is_full_name(run: Sequence[str]) -> bool:
    """A frequent given name beside a surname, whichever comes first, and nothing else but words before it."""
    words = take_apart(" ".join(run)).words
    while words and not may_be_name_word(words[0]):
        words = words[1:]
    if not looks_like_person(words) or words[0] in SAINTS or _is_place(words):
        return False
    given = [word for word in words if word in frequent_given()]
    others = [word for word in words if word not in given and len(word) > 1] or given[1:]
    return any(_is_surname(word) for word in others)


def _is_comma_order(surname: str, given: str) -> bool:
    """`Roe, Jane`."""
    capitals = surname[0].isupper() and given[0].isupper()
    return capitals and fold(given) in frequent_given() and _is_surname(fold(surname)) and not _is_place((fold(given),))


def _is_surname(word: str) -> bool:
    return word not in vocabulary().words and not _is_place((word,)) and may_be_name_word(word)


def _is_place(words: Sequence[str]) -> bool:
    return is_place(tuple(words)) or "".join(words) in place_words() or words[-1] in places().codes
