"""Why a name was found, in words."""

from db.index.meeting import BEGINS, LIKE, NAME, RENUMBERED, SAME, SPELT, WORDS, WRITTEN
from db.index.ways import Candidate
from ingest.names.matching import match_name

BY = {
    SAME: "same name",
    NAME: "name",
    WRITTEN: "name",
    SPELT: "similar",
    BEGINS: "words",
    WORDS: "words",
    LIKE: "similar",
    RENUMBERED: "similar",
}
"""What a level is called for machines; see `db.numbers.Match`."""


def reasons(level: int, differs: Candidate | None, asked: str, met: str, *, kind: str, name: str) -> tuple[str, ...]:
    """Reasons for one company: `asked` and `met` are normal forms, `kind` and `name` those of the name that was met."""
    found: list[str] = []
    if level in {SAME, NAME}:
        found.append("same name")
        if level == NAME and kind == "stated":
            found.append("legal form differs")
    elif level == BEGINS:
        found.append("begins with")
    elif level == WORDS:
        found.append("has all words")
    elif level == RENUMBERED:
        ours, theirs = (" ".join(match_name(norm).numerals) for norm in (asked, met))
        found.append(f"other number: {theirs}, not {ours}")
    if differs is not None and (
        level in {WRITTEN, SPELT, LIKE} or (level == WORDS and not differs.missing and not differs.letters)
    ):
        found += _differences(differs, asked, met, begun=level not in {SPELT, WRITTEN})
    if kind != "stated":
        found.append(f"{'earlier name' if kind == 'earlier' else kind} “{name}”")
    return tuple(found)


def _differences(differs: Candidate, asked: str, met: str, *, begun: bool) -> list[str]:
    found = []
    if differs.letters:
        found.append(f"typo: {differs.letters} letter{'s' if differs.letters > 1 else ''}")
    if asked.isascii() != met.isascii():
        found.append("transliterated")
    elif not differs.missing and not differs.letters and not begun and sorted(asked.split()) != sorted(met.split()):
        found.append("written as one word" if differs.joined else _written(asked.split(), met.split()))
    if differs.reordered:
        found.append("other word order")
    if differs.missing:
        found.append(f"without “{' '.join(differs.missing)}”")
    elif differs.extra and not found:
        found.append("more words")
    return found


def _written(asked: list[str], met: list[str]) -> str:
    """What sets two ways to write the same words apart."""
    ours, theirs = [word for word in asked if word not in met], [word for word in met if word not in asked]
    if not ours or not theirs:
        return f"but for “{' '.join(ours or theirs)}”"
    short = any(_shortens(one, other) or _shortens(other, one) for one in ours for other in theirs)
    return "abbreviation" if short else "other wording"


def _shortens(short: str, long: str) -> bool:
    """Whether the letters of a shorter word stand in the longer one in this order, the first one first."""
    rest = iter(long)
    return len(short) < len(long) and short[0] == long[0] and all(letter in rest for letter in short)
