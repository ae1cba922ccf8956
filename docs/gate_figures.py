"""The measured figures of the privacy gate, as the pages of docs/ show them.

`python bench/gate.py` writes gate-figures.json; `make docs` brings it into privacy.md and sources.md.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).parent / "gate-figures.json"
PAGE = Path(__file__).parent / "privacy.md"
BEGIN, END = "<!-- figures: made by `make docs` -->", "<!-- end of figures -->"
_SOLE = "SOLE_PROPRIETOR "
_LANGUAGE = "worst writing in "


@cache
def figures() -> Mapping[str, Any]:
    """What the bench measured last."""
    found: Mapping[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return found


def privacy_page() -> str:
    """The page as written by hand, with the figures of the last measurement."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{_tables()}\n\n{END}{after}"


def left_out(source_id: str) -> str:
    """What the gate kept of a source's real file and what not; empty for a source that was not measured."""
    row = figures()["loaded"]["sources"].get(source_id)
    if row is None:
        return ""
    of = row["mapped"] + row["withheld"]
    return (
        f"{row['withheld']:,} of {of:,} rows that would be records ({row['withheld'] / max(of, 1):.1%}): persons, sole "
        f"traders, and names that nothing shows to be an organisation's; measured on {figures()['measured']}"
    )


def _tables() -> str:
    known, speed = figures(), figures()["speed"]
    measured = (
        f"Measured on {known['measured']} by `python bench/gate.py` ({known['machine']}). “Held out” is the third of "
        "each set that nobody looked at while the gate was made."
    )
    fast = (
        f"Speed: {speed['names_a_minute']:,} distinct names a minute on two cores; {speed['main_mb']} MB of memory, "
        f"and {speed['worker_mb']} MB for each of two workers."
    )
    return "\n\n".join(
        [
            measured,
            _errors("Persons that pass", [row for row in known["persons"] if not _is_detail(row)]),
            *_details(known["persons"]),
            _errors("Organisations withheld", known["organisations"]),
            _errors("Withheld in the sources, by names", known["sources"]),
            _loaded(known["loaded"]),
            fast,
        ]
    )


def _is_detail(row: Mapping[str, Any]) -> bool:
    return str(row["measure"]).startswith((_SOLE, _LANGUAGE))


def _details(rows: list[Mapping[str, Any]]) -> list[str]:
    """The worst languages, and sole proprietors by country."""
    worst = sorted((r for r in rows if r["measure"].startswith(_LANGUAGE)), key=lambda r: -float(r["all"]))[:3]
    sole = [r for r in rows if r["measure"].startswith(_SOLE)]
    found = []
    if worst:
        listed = "; ".join(f"{r['measure'].removeprefix(_LANGUAGE)} {r['all']:.2%} of {r['rows']:,}" for r in worst)
        found.append(f"Worst scripts of the synthetic persons, each in its worst writing: {listed}.")
    if sole:
        listed = ", ".join(f"{r['measure'].removeprefix(_SOLE).upper()} {r['all']:.1%} of {r['rows']:,}" for r in sole)
        found.append(f"Sole proprietors that pass, by country (20 names or more): {listed}.")
    return found


def _errors(title: str, rows: list[Mapping[str, Any]]) -> str:
    lines = [f"| {title} | names | two thirds | held out | all | bar |", "| --- | --: | --: | --: | --: | --- |"]
    for row in rows:
        bar = "reported" if row["bar"] is None else f"≤ {row['bar']:.1%}{'' if row['met'] else ', missed'}"
        shares = " | ".join(f"{row[part]:.2%}" for part in ("two_thirds", "held_out", "all"))
        lines.append(f"| {row['measure']} | {row['rows']:,} | {shares} | {bar} |")
    return "\n".join(lines)


def _loaded(loaded: Mapping[str, Any]) -> str:
    lines = [
        "| Source, loaded from its real file | rows | no record | kept | withheld | share of what would be a record |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for source_id, row in loaded["sources"].items():
        share = row["withheld"] / max(row["mapped"] + row["withheld"], 1)
        counts = " | ".join(f"{row[name]:,}" for name in ("read", "not_a_record", "mapped", "withheld"))
        lines.append(f"| {source_id} | {counts} | {share:.1%} |")
    stored = f"Of {loaded['persons']:,} persons by the sources' own type, {loaded['persons_stored']} are stored."
    return "\n".join(lines) + f"\n\n{stored}"
