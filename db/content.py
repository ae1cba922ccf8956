"""What the records of one run share."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Loading:
    """What the records of one run share. `now` is UTC without zone."""

    run_id: str
    now: datetime
    data_as_of: date | None
    evidence: Path
    adapter_version: str
