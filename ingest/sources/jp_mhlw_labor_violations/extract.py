"""Rows from the ministry's PDF: ruled tables, one section per labour bureau, cells broken into lines.

The bureau stands in a title row of the table or, for some bureaus, as plain text above it. Where a line of a cell ends
tells a name broken by the width of the column from an establishment that the clerk set on a line of its own, and small
letters are readings of the name below them: both are lost once the text is joined.
"""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pdfplumber

NAME, STATUTE = "企業・事業場名称", "違反法条"
_RULED = {"vertical_strategy": "lines", "horizontal_strategy": "lines"}
_READING_SIZE = 6
"""Points; the text is 7 to 13 points high."""
_FULL_LINE = 12.5
"""Width of a line of the name column, in full-width letters, that left no room for the next letter."""

_BUREAU = re.compile(r"^(\S{2,4}労働局)$", re.MULTILINE)
_POSTED = re.compile(r"掲載日：(\S+)")
_FORM = r"（[株有同合資名]）|\([株有同合資名]\)|[㈱㈲]|(?:株式|有限|合同|合資|合名)会社"
_BRANCH = (
    r"[本支][社店部所]|[営事]業[所部]|(?:事務|出張|作業|製[作造])所|工場|センター|倉庫|店|ミル|ホテル|ステーション"
)
_BEHIND_FORM = re.compile(rf"(.+?(?:{_FORM}))\s*(.+)")
_BEHIND_BLANK = re.compile(rf"(\S+)\s+(.*(?:{_BRANCH}).*)")


def rows(path: Path) -> Iterator[dict[str, str | None]]:
    """One row per case: the columns of the header, and bureau, posted, companies and keys (one line per respondent)."""
    bureau = posted = ""
    header: list[str] = []
    with pdfplumber.open(path) as document:
        for page in document.pages:
            sheet = page.filter(_is_no_reading)
            posted = posted or "".join(_POSTED.findall(sheet.extract_text())[:1])
            for table in sheet.find_tables(_RULED):
                above = sheet.crop((0, 0, sheet.width, max(table.bbox[1], 1))).extract_text()
                bureau = (_BUREAU.findall(above) or [bureau])[-1]
                for cells in table.extract():
                    texts = [(cell or "").strip() for cell in cells]
                    if sum(map(bool, texts)) == 1:
                        bureau = (_BUREAU.findall("".join(texts)) or [bureau])[-1]
                    elif NAME in (joined := [_joined(text) for text in texts]):
                        header = joined
                    elif any(texts):
                        yield _row(dict(zip(header, texts, strict=True))) | {"bureau": bureau, "posted": posted}
            page.close()


def _is_no_reading(thing: dict[str, Any]) -> bool:
    return bool(thing["object_type"] != "char" or thing["size"] >= _READING_SIZE)


def _row(cells: dict[str, str]) -> dict[str, str | None]:
    stated = _name(cells[NAME])
    parts = [_company(part) for part in re.split(r"\s*及び\s*", stated)]
    fields: dict[str, str | None] = {name: _joined(text) for name, text in cells.items()}
    # every statute stands on a line of its own; what starts with no statute goes on with the line above
    fields[STATUTE] = re.sub(r"\n(?=.*法|.*則|.*令)", "、", cells[STATUTE]).replace("\n", "")
    fields[NAME] = stated
    return fields | {"companies": "\n".join(parts), "keys": "\n".join(map(_key, parts))}


def _joined(text: str) -> str:
    return text.replace("\n", "")


def _name(text: str) -> str:
    """The name in one line: a blank for every line break but those inside of words."""
    name = ""
    width = 0.0
    for line in text.split("\n"):
        name += line if not name or width >= _FULL_LINE or line.startswith("（") else f" {line}"
        width = sum(1.0 if unicodedata.east_asian_width(letter) in "WFA" else 0.5 for letter in line)
    return name


def _company(stated: str) -> str:
    """The company without its establishment and without `and five others`."""
    name = re.sub(r"[外他ほか]+[0-9０-９]+[社名者]$", "", stated)
    behind = _BEHIND_FORM.fullmatch(name) or _BEHIND_BLANK.fullmatch(name)
    return behind[1] if behind else name


def _key(company: str) -> str:
    """The company in one spelling: width, legal form and blanks, which the ministry respells from month to month."""
    return unicodedata.normalize("NFKC", re.sub(rf"{_FORM}|\s", "", company)).casefold()
