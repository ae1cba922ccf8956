"""One thing that is wrong with a home, and all that was found."""

from dataclasses import dataclass, field
from typing import Literal

Repair = Literal["permissions", "leftovers", "pointer", "rebuild", "index"]

NOTHING = "nothing"
RESTORE = "Restore it from a backup."
BY_REPAIR = "Run `trackrecord doctor --repair`."


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, where, what is lost by it, and the next step.

    `repair`: what --repair does about it, None where it can do nothing. `unusable`: nothing can be asked until it is
    mended.
    """

    what: str
    where: str
    lost: str
    step: str
    repair: Repair | None = None
    unusable: bool = False


@dataclass(slots=True)
class Diagnosis:
    """What was found. `notes` are no troubles; they say what could not be judged, or will mend itself."""

    home: str
    generation: str | None = None
    troubles: list[Trouble] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def unusable(self) -> bool:
        """Whether nothing can be asked of this home."""
        return any(trouble.unusable for trouble in self.troubles)
