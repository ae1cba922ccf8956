"""The timeline of a dossier: where each record stands on one axis of time, one lane for each kind of record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

LEFT: Final = 150
"""Units of the drawing left of the axis, for the names of lanes."""
WIDTH: Final = 900
LANE: Final = 26
TOP: Final = 12
_RIGHT, _MOST_TICKS = 14, 10
_STEPS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class Moment:
    """One record as it is drawn: its day, the span of a measure where it has one, and the words for it.

    `held`: it counts as a matter of record; cleared, withdrawn and removed ones are drawn hollow.
    """

    lane: str
    day: date
    start: date | None
    end: date | None
    held: bool
    title: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment with its place in the drawing; `bar_x` and `bar_width` where it has a span."""

    moment: Moment
    x: float
    y: float
    bar_x: float | None
    bar_width: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """The drawing: lanes (name, y), ticks (year, x), marks, and its height."""

    lanes: list[tuple[str, float]]
    ticks: list[tuple[int, float]]
    marks: list[Mark]
    height: float
    first: date
    last: date


def timeline(moments: Sequence[Moment], today: date) -> Timeline | None:
    """The drawing of these records; None without any. A span without an end is drawn to `today`."""
    if not moments:
        return None
    days = [moment.day for moment in moments]
    days += [day for moment in moments for day in (moment.start, moment.end) if day and 1900 <= day.year <= 2100]
    first, last = date(min(days).year, 1, 1), date(min(max(days).year + 1, 9999), 1, 1)
    names = list(dict.fromkeys(moment.lane for moment in moments))
    lanes = {name: TOP + LANE * at + LANE / 2 for at, name in enumerate(names)}

    def place(day: date) -> float:
        share = (min(max(day, first), last) - first).days / max((last - first).days, 1)
        return round(LEFT + share * (WIDTH - LEFT - _RIGHT), 1)

    marks = []
    for moment in moments:
        spans = moment.start is not None or moment.end is not None
        begin, end = place(moment.start or moment.day), place(moment.end or max(today, moment.start or moment.day))
        bar = begin if spans and end > begin else None
        marks.append(Mark(moment, place(moment.day), lanes[moment.lane], bar, round(max(end - begin, 0), 1)))
    years = last.year - first.year
    step = next((step for step in _STEPS if years / step <= _MOST_TICKS), _STEPS[-1])
    ticks = [(year, place(date(year, 1, 1))) for year in range(first.year, last.year + 1) if year % step == 0]
    return Timeline(list(lanes.items()), ticks, marks, TOP + LANE * len(lanes) + 22, min(days), max(days))
