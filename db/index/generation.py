"""The name index of one generation: `generations/gen-000012.index/`, as immutable as the generation it belongs to.

about.json         format, the generation file it was made for, its parts, countries and the size of every file
part-1, part-2     names: the first part of most, the second of those that came later; see `segment`
links/             names → rows of company_name and company; of each company what ranking needs
cards/             what an answer shows of each company; see `cards`
versions/          of companies that did not always stand so, or may be hidden: what to count of them; see `versions`
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from db.index.cards import Cards
from db.index.segment import Keys, Numbers, Segment, key_of
from db.index.versions import Versions
from ingest.errors import StoreDamaged

FORMAT = 3
_CODES = ("countries", "sources", "kinds")
"""Lists of about.json, of which numbers in the files are places."""


@dataclass(frozen=True, slots=True)
class Links:
    """From names to companies. Rows are row ids of the generation, which never changes.

    Name n has the links from `start[n]` up to `start[n + 1]`: a row of company_name, the row of its company, and
    whether the company is so called by the agency. Per row of company: number of records, last day since 1970,
    country as two letters in one number (0 for none), hash of its legal form, and the engine's hash of its id.
    """

    start: Numbers
    name_row: Numbers
    company_row: Numbers
    stated: npt.NDArray[np.bool_]
    records: Numbers
    last: npt.NDArray[np.int32]
    country: npt.NDArray[np.uint16]
    form: Numbers
    company_key: Keys

    @classmethod
    def open(cls, folder: Path) -> "Links":
        """Maps the files. Raises OSError or ValueError where one is missing or cut off."""
        return cls(*(np.asarray(np.load(folder / f"{item.name}.npy", mmap_mode="r")) for item in fields(cls)))

    def save(self, folder: Path) -> None:
        """Writes the files into a new folder."""
        folder.mkdir(parents=True)
        for item in fields(self):
            np.save(folder / f"{item.name}.npy", getattr(self, item.name))


@dataclass(frozen=True, slots=True)
class NameIndex:
    """An opened index. Name numbers count through its parts; `first` is the number each part begins with."""

    folder: Path
    parts: tuple[Segment, ...]
    first: tuple[int, ...]
    links: Links
    cards: Cards
    versions: Versions
    countries: tuple[str, ...]
    sources: tuple[str, ...]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return self.first[-1] + len(self.parts[-1]) if self.parts else 0

    def part_of(self, name: int) -> tuple[int, int]:
        """The place of the part a name is in, and its number there."""
        at = max(place for place, first in enumerate(self.first) if first <= name)
        return at, name - self.first[at]

    def text(self, name: int) -> str:
        """Match text of a name."""
        at, number = self.part_of(name)
        return self.parts[at].text(number)

    def exactly(self, key: int) -> int | None:
        """The name whose normal form has this key."""
        for part, first in zip(self.parts, self.first, strict=True):
            if (number := part.doc(key)) is not None:
                return first + number
        return None


def form_code(legal_form: str) -> int:
    """Hash of a legal form."""
    return key_of(legal_form) & 0xFFFFFFFF


def country_code(country: str) -> int:
    """Two letters as a number."""
    return int.from_bytes(country.encode("ascii", "replace")[:2].ljust(2, b"\0"), "big")


def stamp(generation: Path) -> list[int]:
    """What tells a generation file from another one of its name: size, and time of its last change."""
    found = generation.stat()
    return [found.st_size, found.st_mtime_ns]


def write_about(folder: Path, generation: Path, version: str, parts: int, **codes: Sequence[str]) -> None:
    """Writes about.json last: without it the folder is no index. `codes`: countries, sources and kinds."""
    files = {str(file.relative_to(folder)): file.stat().st_size for file in sorted(folder.rglob("*.npy"))}
    about = {"format": FORMAT, "names": version, "generation": stamp(generation), "parts": parts}
    text = json.dumps({**about, **codes, "files": files}, indent=1)
    (folder / "about.json").write_text(text + "\n", encoding="utf-8")


def about(folder: Path) -> dict[str, Any] | None:
    """What about.json says; None where there is no index or one of another format. Raises StoreDamaged."""
    try:
        found = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            return None
        for name, size in found["files"].items():
            if (folder / name).stat().st_size != size:
                raise _damaged(folder)
        return {"names": str(found["names"]), "generation": found["generation"], "parts": int(found["parts"]),
                **{name: tuple(map(str, found[name])) for name in _CODES}}  # fmt: skip
    except FileNotFoundError:
        if not folder.exists():
            return None
        raise _damaged(folder) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _damaged(folder) from None


def open_parts(folder: Path, parts: int) -> tuple[Segment, ...]:
    """Maps the parts of an index. Raises StoreDamaged."""
    try:
        return tuple(Segment.open(folder / f"part-{number}") for number in range(1, parts + 1))
    except (OSError, ValueError, EOFError):
        raise _damaged(folder) from None


def open_index(folder: Path, generation: Path) -> NameIndex | None:
    """The index, mapped; None where there is none, or one that was made for another state of the generation file.

    Raises StoreDamaged where files are missing, cut off or unreadable.
    """
    said = about(folder)
    return None if said is None or said["generation"] != stamp(generation) else _mapped(folder, said)


def reopened(folder: Path) -> NameIndex:
    """The index that another process of ours has open. Raises StoreDamaged."""
    said = about(folder)
    if said is None:
        raise _damaged(folder)
    return _mapped(folder, said)


def _mapped(folder: Path, said: dict[str, Any]) -> NameIndex:
    parts = open_parts(folder, said["parts"])
    try:
        links, cards = Links.open(folder / "links"), Cards.open(folder / "cards")
        versions = Versions.open(folder / "versions")
    except (OSError, ValueError, EOFError):
        raise _damaged(folder) from None
    first = tuple(int(at) for at in np.cumsum([0, *map(len, parts)])[:-1])
    return NameIndex(folder, parts, first, links, cards, versions, *(said[name] for name in _CODES))


def _damaged(folder: Path) -> StoreDamaged:
    step = "Delete that folder: the next question builds the index again."
    return StoreDamaged("the name index is damaged", where=str(folder), next_step=step)
