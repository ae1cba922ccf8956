"""Both error rates of the gate, in one table: persons that pass, organisations that are withheld.

    python bench/gate.py [--only names|sources|speed]

Every set is split by hash: two thirds were looked at while the gate was made, a third never was; both are printed.
Persons are written in six ways; the worst counts. Then the twelve sources as they are really loaded, and the speed.
Writes bench/results/gate.json and docs/gate-figures.json, from which docs/privacy.md is made. Exit 1 when a bar is
missed. `python bench/gate_unseen.py` judges the files of further agencies.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if sys.path[0] != str(ROOT):
    sys.path[0] = str(ROOT)

from bench import gate_pipeline, gate_sets  # noqa: E402 -- the script's own folder holds an ingest.py
from bench.gate_sets import EITHER, ORGANISATION, PERSON, Labelled  # noqa: E402
from ingest.names.legal_forms import find_legal_form  # noqa: E402
from ingest.privacy.judge import judge  # noqa: E402
from ingest.privacy.verdict import Subject  # noqa: E402

RESULTS, FOR_THE_DOCS = ROOT / "bench" / "results" / "gate.json", ROOT / "docs" / "gate-figures.json"
SEEN, HELD_OUT = "two thirds", "held out"
ALL = (SEEN, HELD_OUT)
WRITINGS = ("as given", "SURNAME, Given", "Given SURNAME", "upper, no comma", "initial", "title or suffix")


@dataclass(slots=True)
class Row:
    """One line of the table: errors and rows, for the two thirds and the third held out."""

    measure: str
    bar: float | None = None
    floor: bool = False
    """A floor on a real file holds for the whole file; other bars hold for the held-out third alone, too."""
    errors: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)

    def count(self, *, held_out: bool, error: bool) -> None:
        """Adds one judged name."""
        part = HELD_OUT if held_out else SEEN
        self.rows[part] += 1
        self.errors[part] += error

    def share(self, *parts: str) -> float:
        """Share of errors in these parts; 0 where there are no rows."""
        rows = sum(self.rows[part] for part in parts)
        return sum(self.errors[part] for part in parts) / rows if rows else 0.0

    @property
    def met(self) -> bool:
        """Whether the bar is met by the held-out third and by all rows."""
        if self.bar is None:
            return True
        return self.share(*ALL) <= self.bar and (self.floor or self.share(HELD_OUT) <= self.bar)

    def figures(self) -> dict[str, Any]:
        """The row for machines: shares between 0 and 1."""
        shares = {"two_thirds": self.share(SEEN), "held_out": self.share(HELD_OUT), "all": self.share(*ALL)}
        rounded = {name: round(share, 5) for name, share in shares.items()}
        return {"measure": self.measure.strip(), "rows": self.rows.total(), **rounded, "bar": self.bar, "met": self.met}

    def line(self) -> str:
        """The printed line."""
        rows = self.rows.total()
        bar = "reported" if self.bar is None else f"<= {self.bar:.1%}"
        verdict = "" if self.bar is None else "  met" if self.met else "  MISSED"
        return (
            f"{self.measure:58}{rows:8,}{self.share(SEEN):10.2%}{self.share(HELD_OUT):10.2%}"
            f"{self.share(*ALL):10.2%}  {bar}{verdict}"
        )


def writings(as_given: str, given: str, surname: str) -> Iterator[tuple[str, str]]:
    """(writing, name) in the six ways a person is written; both orders for initials and titles."""
    first = given.split(maxsplit=1)[0]
    yield WRITINGS[0], as_given
    yield WRITINGS[1], f"{surname.upper()}, {given}"
    yield WRITINGS[2], f"{given} {surname.upper()}"
    yield WRITINGS[3], f"{surname} {given}".upper()
    yield WRITINGS[4], f"{surname}, {first} J."
    yield WRITINGS[4], f"{first[0]}. {surname}"
    yield WRITINGS[4], f"{first} J. {surname}"
    yield WRITINGS[5], f"Dr. {given} {surname}"
    yield WRITINGS[5], f"{given} {surname} Jr."
    yield WRITINGS[5], f"{surname}, {given}, MD"


def persons(people: Iterable[tuple[str, str, str, str]], measure: str, bar: float | None) -> list[Row]:
    """One row per writing and one per group (its worst writing) of (name, given, surname, group)."""
    rows = {writing: Row(f"{measure}: {writing}", bar) for writing in WRITINGS}
    groups: dict[tuple[str, str], Row] = defaultdict(lambda: Row(""))
    keys, subjects = [], []
    for name, given, surname, group in people:
        if given and surname:
            held_out = Labelled(Subject(name), PERSON, group).held_out
            for writing, written in writings(name, given, surname):
                keys.append((writing, group, held_out))
                subjects.append(Subject(written))
    for (writing, group, held_out), verdict in zip(keys, judge(subjects), strict=True):
        rows[writing].count(held_out=held_out, error=verdict.passes)
        groups[group, writing].count(held_out=held_out, error=verdict.passes)
    worst: dict[str, Row] = {}
    for (group, writing), row in groups.items():
        if group not in worst or row.share(*ALL) > worst[group].share(*ALL):
            row.measure, row.bar = f"  worst writing in {group}: {writing}", 0.03 if bar else None
            worst[group] = row
    return [*rows.values(), *(worst[group] for group in sorted(worst) if len(worst) > 1)]


def labelled(names: Iterable[Labelled], bars: dict[str, float], *, errors: str, floor: bool = False) -> list[Row]:
    """One row per group; `errors`: what counts, `wrong` (against the truth) or `withheld` or `passes`."""
    rows: dict[str, Row] = {}
    items = list(names)
    for item, verdict in zip(items, judge([item.subject for item in items]), strict=True):
        row = rows.setdefault(item.group, Row(item.group, bars.get(item.group), floor))
        wrong = verdict.passes if item.truth == PERSON else not verdict.passes
        error = {"wrong": wrong, "withheld": not verdict.passes, "passes": verdict.passes}[errors]
        row.count(held_out=item.held_out, error=error)
    return [rows[group] for group in sorted(rows)]


def grouped(names: Iterable[Labelled], group: str, truth: str | None = None) -> Iterator[Labelled]:
    """The names of one truth, all in one group."""
    for item in names:
        if truth is None or item.truth == truth:
            yield Labelled(item.subject, item.truth, group)


def ofac_persons() -> Iterator[tuple[str, str, str, str]]:
    """OFAC persons cut at their comma."""
    for item in gate_sets.ofac_gate():
        if item.truth == PERSON:
            surname, _, given = item.subject.name.partition(", ")
            yield item.subject.name, given, surname, "ofac"


def person_tables() -> list[Row]:
    """Persons that pass."""
    rows = persons(ofac_persons(), "OFAC persons that pass", 0.005)
    rows += persons(gate_sets.synthetic_people(), "synthetic persons that pass", 0.01)
    rows += persons(
        ((*row, "us") for row in gate_sets.probable_people()), "US persons (probablepeople) that pass", None
    )
    hard = [item for item in gate_sets.hard_cases() if item.group == "CLEAR"]
    rows += labelled(grouped(hard, "CLEAR hard cases: persons that pass", PERSON), {}, errors="passes")
    rows[-1].bar = 0.0
    sole = [item for item in gate_sets.gleif() if item.truth == EITHER]
    outside = [item for item in sole if item.subject.country != "in"]
    rows += labelled(grouped(outside, "GLEIF sole proprietors outside India that pass"), {}, errors="passes")
    rows += [row for row in labelled(outside, {}, errors="passes") if row.rows.total() >= 20]
    inside = [item for item in sole if item.subject.country == "in"]
    return rows + labelled(grouped(inside, "GLEIF sole proprietors in India that pass"), {}, errors="passes")


def organisation_tables() -> list[Row]:
    """Organisations that are withheld."""
    ofac, gleif = "OFAC organisations withheld", [item for item in gate_sets.gleif() if item.truth == ORGANISATION]
    rows = labelled(grouped(gate_sets.ofac_gate(), ofac, ORGANISATION), {ofac: 0.08}, errors="withheld")
    clear = "CLEAR hard cases: organisations withheld"
    hard = [item for item in gate_sets.hard_cases() if item.group == "CLEAR"]
    rows += labelled(grouped(hard, clear, ORGANISATION), {clear: 0.02}, errors="withheld")
    general = [item for item in gleif if item.group == "GENERAL"]
    ends_in_form = gate_sets.ends_in_iso_form()
    formed = [item for item in general if ends_in_form(item.subject.name, item.subject.country)]
    with_form = "GLEIF GENERAL with a legal form, withheld"
    rows += labelled(grouped(formed, with_form), {with_form: 0.01}, errors="withheld")
    rows += labelled(gleif, dict.fromkeys((item.group for item in gleif), 0.06), errors="withheld")
    return rows + labelled(gate_sets.corporations(), {}, errors="withheld")


def source_tables() -> list[Row]:
    """Share of the names withheld in each of the twelve sources, judged as the source declares them."""
    rows = labelled(gate_sets.phmsa(), {"phmsa": 1 - 5000 / 5067}, errors="withheld", floor=True)
    rows += labelled(gate_sets.cnep(), {}, errors="withheld")
    rows += labelled(gate_sets.cepim(), {}, errors="withheld")
    rows += labelled(gate_sets.ircc(), {"ircc": 0.15}, errors="withheld", floor=True)
    rows += labelled(gate_sets.mhlw(), {"mhlw": 1 - 400 / 466}, errors="withheld", floor=True)
    events = dict(gate_sets.fda("firm"))
    rows += labelled(grouped(events.values(), "fda events, declared firm"), {}, errors="withheld")
    rows += labelled(gate_sets.edgar(), {}, errors="withheld")
    rows += labelled(gate_sets.alimconfiance(), {}, errors="withheld")
    shops = [item for item in gate_sets.alimconfiance() if find_legal_form(item.subject.name, "fr") is None]
    rows += labelled(grouped(shops, "alimconfiance without legal form"), {}, errors="withheld")
    typed = list(gate_sets.typed_sources())
    for source in dict.fromkeys(item.group for item in typed):
        own = [item for item in typed if item.group == source]
        rows += labelled(grouped(own, f"{source}: organisations, by its own type", ORGANISATION), {}, errors="withheld")
    typed += [item for item in gate_sets.cnep() if item.truth == PERSON]
    stored = "persons of UN, OFAC, Fed, SAT, CNEP that pass"
    return rows + labelled(grouped(typed, stored, PERSON), {stored: 0.0}, errors="passes")


NAMES = {"persons": person_tables, "organisations": organisation_tables, "sources": source_tables}
TITLES = {
    "persons": "Persons that pass", "organisations": "Organisations withheld", "sources": "Withheld in the sources",
}  # fmt: skip


def names() -> tuple[dict[str, Any], int]:
    """Figures of all labelled names, printed as they come; and how many bars are missed."""
    figures: dict[str, Any] = {}
    missed = 0
    for part, table in NAMES.items():
        print(f"\n{TITLES[part]:58}{'rows':>8}{'2/3':>10}{'held out':>10}{'all':>10}  bar", flush=True)
        rows = table()
        for row in rows:
            print(row.line())
        figures[part] = [row.figures() for row in rows]
        missed += sum(not row.met for row in rows)
    return figures, missed


def write(figures: dict[str, Any]) -> None:
    """Writes the figures for the bench and for the docs."""
    text = json.dumps(figures, indent=1, ensure_ascii=False) + "\n"
    for path in (RESULTS, FOR_THE_DOCS):
        path.write_text(text, encoding="utf-8")


def main() -> int:
    """Prints the tables and writes the figures; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("names", "sources", "speed"), help="One part; the others stay as they were.")
    only = parser.parse_args().only
    started, missed = time.perf_counter(), 0
    known = RESULTS.exists() and only
    figures: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if known else {}
    figures["measured"] = f"{datetime.now(UTC):%Y-%m-%d}"
    figures["machine"] = f"{os.cpu_count()} cores, {sys.platform}, Python {sys.version.split()[0]}"
    if only in {None, "names"}:
        found, missed = names()
        figures |= found
        write(figures)
    if only in {None, "sources"}:
        figures["loaded"] = gate_pipeline.loaded()
        missed += figures["loaded"]["persons_stored"] > 0
    if only in {None, "speed"}:
        figures["speed"] = gate_pipeline.speed()
    print(f"\n{missed} bars missed, {time.perf_counter() - started:.0f} s")
    write(figures)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
