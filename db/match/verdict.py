"""What a comparison says: score, band, reasons. The bands and their borders were fixed before anything was measured."""

from dataclasses import dataclass

VERSION = "names_v1"
BANDS = ((0.93, "same"), (0.80, "likely"), (0.50, "possible"), (0.0, "different"))
"""Lowest score of each band, best first."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence in words; `weight` above 0 speaks for one company, below 0 for two."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far two parties are one company: score 0 to 1, its band, and why, the strongest reasons first."""

    score: float
    band: str
    reasons: tuple[Reason, ...]
    version: str = VERSION


def band_of(score: float) -> str:
    """same, likely, possible or different."""
    return next(band for lowest, band in BANDS if score >= lowest)
