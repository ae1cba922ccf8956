"""Companies that did not always stand as they do now, or whose records may be hidden: their versions, summed up.

A company whose records all came on one day, and are neither removed nor published until a given day, has none here:
since `since` it stands as its card says. Of every other company all versions of its records are counted in groups, so
that an answer as of a day, or after a publication ended, is added up without asking the database.
"""

from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from db.index.segment import Numbers

Days = npt.NDArray[np.int32]
"""Days since 1970."""
NEVER = 2**31 - 1
"""The day of what has not happened."""
NO_DATE = -(2**31)
NO_NAME = 2**32 - 1
"""The row of a name that the index lacks."""
REMOVED, ENDS = 1, 2
_EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date | None:
    """The day of a number; None for NO_DATE."""
    return None if number == NO_DATE else date.fromordinal(number + _EPOCH)


@dataclass(frozen=True, slots=True)
class Versions:
    """Per row of company: the day it was first known, its groups from `start[n]` up to `start[n + 1]`, and whether
    any of them is of a record that was removed (REMOVED) or whose publication ends (ENDS).

    Per group: a name (row of company_name) that `n` versions state, of a source and kind (places in the lists of the
    index), with the days between which the database held them, of removal, and on which publication ends; the last
    two also of the present version of these records; first and last day of the records. `n` is 0 for other names.
    """

    since: Days
    start: Numbers
    hideable: npt.NDArray[np.uint8]
    name_row: Numbers
    source: npt.NDArray[np.uint16]
    kind: npt.NDArray[np.uint16]
    not_adverse: npt.NDArray[np.bool_]
    held_from: Days
    replaced: Days
    removed: Days
    ends: Days
    removed_by_now: Days
    ends_by_now: Days
    first: Days
    last: Days
    n: Numbers

    @classmethod
    def open(cls, folder: Path) -> "Versions":
        """Maps the files. Raises OSError or ValueError where one is missing or cut off."""
        return cls(*(np.asarray(np.load(folder / f"{item.name}.npy", mmap_mode="r")) for item in fields(cls)))

    def save(self, folder: Path) -> None:
        """Writes the files into a new folder."""
        folder.mkdir(parents=True)
        for item in fields(self):
            np.save(folder / f"{item.name}.npy", getattr(self, item.name))
