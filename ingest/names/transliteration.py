"""Latin letters for names in other scripts: one reading a letter, and the vocabulary where words run together.

Cyrillic and Greek have a table each of our own, after the systems in which registers and sanctions lists print such
names (BGN/PCGN without signs); all else is read by anyascii (ISC licence): pinyin without tones for Chinese characters,
Revised Romanisation for Hangul, Hepburn for kana, consonants alone for Arabic and Hebrew. Kanji have no reading without
a dictionary of 110 MB: a Japanese name meets its romaji by the words of the vocabulary, by kana, alias or identifier.
"""

import csv
import re
from functools import cache, lru_cache
from pathlib import Path

from anyascii import anyascii

DATA = Path(__file__).parent / "data"
_CYRILLIC = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "ё": "e", "є": "ye", "ж": "zh", "з": "z",
        "и": "i", "і": "i", "ї": "yi", "й": "y", "ј": "j", "к": "k", "л": "l", "љ": "lj", "м": "m", "н": "n",
        "њ": "nj", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "ћ": "c", "ђ": "dj", "у": "u", "ў": "u",
        "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "џ": "dz", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "",
        "э": "e", "ю": "yu", "я": "ya", "ѕ": "dz", "ќ": "k", "ѓ": "g", "ә": "a", "ғ": "g", "қ": "k", "ң": "n",
        "ө": "o", "ұ": "u", "ү": "u", "һ": "h",
    }
)  # fmt: skip
_ADJECTIVE = re.compile(r"(?:ий|ый)\b")
_RUN = re.compile("[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff]+")
_ORDINAL = re.compile("第([一二三四五六七八九十百]{1,4})")
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")}
_LEVELS = re.compile("自治[区州县旗]|[省市县區区路街镇乡]")
"""Levels of places and roads, which one text writes and the next leaves out."""
_OTHER = re.compile("[^0-9a-z ]+")
_NOT_LATIN = re.compile("[^\u0000-\u024f\u1e00-\u1eff]")
FORMS_INSIDE = re.compile("(?:股份)?有限(?:责任)?公司|股份公司|股份$|株式会社|有限会社|合同会社|주식회사|유한회사")


def simplified(text: str) -> str:
    """Chinese characters in their simplified form, Japanese ones too: 廣東 and 广东 are one."""
    return text.translate(_simple_signs())


def is_latin(text: str) -> bool:
    """Whether every letter is a Latin one."""
    return text.isascii() or not _NOT_LATIN.search(text)


def romanised(text: str) -> str:
    """Folded, simplified text in Latin letters and digits, words apart; Han, kana and Hangul words by meaning."""
    if _RUN.search(text):
        text = _RUN.sub(_run, _ORDINAL.sub(_ordinal, text))
    text = _ADJECTIVE.sub("ы", text).translate(_CYRILLIC)
    if not text.isascii():
        text = text.translate(_READINGS)
    return " ".join(_OTHER.sub("", text).split())


def native_words(native: str) -> tuple[str, ...]:
    """Words of a native text: known ones by meaning in Latin letters, the rest as written.

    The signs for province, town, county and district behind or inside a name say little and go.
    """
    found: list[str] = []
    for part in _ORDINAL.sub(_ordinal, _spelt_out(native)).split():
        for written, meaning in _cut(part):
            found += meaning.split() if meaning else [_LEVELS.sub("", written)]
    return tuple(filter(None, found))


def _spelt_out(native: str) -> str:
    """Names of banks as people shorten them, in full: 建行 is 建设银行."""
    for short, full in _short_names().items():
        if short in native:
            native = native.replace(short, full)
    return native


@cache
def _short_names() -> dict[str, str]:
    return {row["short"]: row["full"] for row in table("han_short_names.tsv")}


def vocabulary() -> dict[str, list[tuple[str, str]]]:
    """Language → (meaning, written word) of `data/match_words.tsv`, unchanged."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in table("match_words.tsv"):
        found.setdefault(row["language"], []).extend((row["meaning"], word) for word in row["words"].split())
    return found


def table(name: str) -> list[dict[str, str]]:
    """Rows of one of our tables in `data/`; lines that start with # say where it comes from."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


@cache
def rule(name: str) -> frozenset[str]:
    """The words of one rule of `data/match_rules.tsv`."""
    return frozenset(word for row in table("match_rules.tsv") if row["rule"] == name for word in row["words"].split())


@cache
def run_words() -> dict[str, str]:
    """Words of scripts without blanks, simplified → meaning in Latin letters: vocabulary and places."""
    words = {simplified(word): meaning for meaning, word in vocabulary()["zh"] if not word.isascii()}
    for row in table("places.tsv"):
        words.update({simplified(word): row["place"] for word in row["words"].split() if _RUN.fullmatch(word)})
    return words


@cache
def _known_words() -> re.Pattern[str]:
    """Any known word, the longest first."""
    return re.compile("|".join(sorted(map(re.escape, run_words()), key=lambda word: (-len(word), word))))


@lru_cache(maxsize=10_000)
def _cut(run: str) -> tuple[tuple[str, str], ...]:
    """A run of signs as (written, meaning): known words, longest first, and what stands between them without one."""
    meanings, parts, start = run_words(), [], 0
    for word in _known_words().finditer(run):
        if start < word.start():
            parts.append((run[start : word.start()], ""))
        parts.append((word[0], meanings[word[0]]))
        start = word.end()
    if start < len(run):
        parts.append((run[start:], ""))
    return tuple(parts)


@cache
def _simple_signs() -> dict[int, int]:
    return {
        ord(written): ord(simple)
        for row in table("han_simplified.tsv")
        for written, simple in zip(row["written"], row["simplified"], strict=True)
    }


def _run(found: re.Match[str]) -> str:
    """One run of signs: known words by meaning, the rest between them read as one word each."""
    run = FORMS_INSIDE.sub("", found[0]) or found[0]
    return f" {' '.join([meaning or _read(written) for written, meaning in _cut(run)])} "


class _Readings(dict[int, str]):
    """Table for `str.translate` that reads a sign when it first meets it."""

    def __missing__(self, code: int) -> str:
        self[code] = reading = anyascii(chr(code)).lower()
        return reading


_READINGS = _Readings()


def _read(signs: str) -> str:
    first, *rest = (_OTHER.sub("", part.translate(_READINGS)) for part in re.split("[ッっ]", signs))
    # the small tsu doubles the consonant that follows it
    return first + "".join([part[:1] + part for part in rest])


def _ordinal(found: re.Match[str]) -> str:
    return f" {han_number(found[1])} "


def han_number(signs: str) -> int:
    """A number below 1,000 in Chinese figures: 二十三 is 23."""
    total, digit = 0, 0
    for sign in signs:
        if sign in "十百":
            total += max(digit, 1) * (10 if sign == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[sign]
    return total + digit
