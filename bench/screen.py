"""Screening of 10,000 noisy suppliers, a third of them absent, against 1.3 million invented companies.

    python bench/screen.py NAMES HOME [--suppliers 10000] [--slice 100] [--unseen 2700]

The rules were made while looking at answers to the first list; `found_unseen` is of names that were in none then.
NAMES is a folder made by `bench/names_1m.py`; HOME is made from it once. Beside it brute force on a slice: rapidfuzz
over all names. Writes bench/results/screen.json. Memory is that of all processes: `rss` counts pages they share in
each of them, `pss` once.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

import duckdb  # noqa: E402
from rapidfuzz import fuzz, process  # noqa: E402

from bench.screen_sets import Supplier, make_home, suppliers, write_list  # noqa: E402
from db.match.compare import Matcher, Party  # noqa: E402
from db.screen.run import Wish, screen  # noqa: E402
from db.store import Store  # noqa: E402
from ingest.names.matching import match_name  # noqa: E402

BARS = {"seconds": 30, "peak_gb": 3, "first_three": 0.97, "matches_each": 3, "absent_reported": 0.01, "pair_us": 50}


class Memory:
    """Highest memory of this process and its children, looked at twice a second."""

    def __init__(self) -> None:
        self.rss = self.pss = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            rss, pss = map(sum, zip(*(_memory_of(pid) for pid in [os.getpid(), *_children(os.getpid())]), strict=True))
            self.rss, self.pss = max(self.rss, rss), max(self.pss, pss)


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(child) for child in text.split()]


def _memory_of(pid: int) -> tuple[int, int]:
    """Bytes; a process that has ended has none."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0, 0
    found = {line.split(":")[0]: int(line.split()[-2]) * 1024 for line in lines if line.endswith("kB")}
    return found.get("Rss", 0), found.get("Pss", 0)


def screened(store: Store, given: list[Supplier], folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One whole screening, from the file to the report: what it cost, and the rows of the report."""
    write_list(folder / "suppliers.csv", given)
    wish = Wish(folder / "suppliers.csv", folder / "report.jsonl")
    before = _cpu()
    started = time.perf_counter()
    with Memory() as memory:
        done = screen(store, wish, [], datetime.now(UTC), lambda *_: None)
    cost = {
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(_cpu() - before, 1),
        "peak_gb": round(memory.rss / 1e9, 2),
        "peak_gb_shared_once": round(memory.pss / 1e9, 2),
    }
    rows = [json.loads(line) for line in (folder / "report.jsonl").read_text(encoding="utf-8").splitlines()]
    return {**cost, "rows": done.rows, "matches": done.matches}, rows


def _cpu() -> float:
    """Seconds of this process and of the children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(item.ru_utime + item.ru_stime for item in used)


def judged(given: list[Supplier], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Shares of present suppliers whose company is reported, first or among three, and of absent ones by band."""
    kinds: dict[str, Counter[str]] = {}
    total: Counter[str] = Counter()
    for one, row in zip(given, rows, strict=True):
        ids = [match["company"]["company_id"] for match in row["matches"]]
        facts = Counter[str](matches=len(ids))
        if one.company_id is None:
            facts["absent"] += 1
            band = row["matches"][0]["band"] if ids else "none"
            facts[f"absent {band}"] += 1
        else:
            facts.update(present=1, first=ids[:1] == [one.company_id], first_three=one.company_id in ids[:3])
        kinds.setdefault(one.kind, Counter()).update(facts)
        total.update(facts)
    return {"all": _shares(total), "by_noise": {kind: _shares(facts) for kind, facts in sorted(kinds.items())}}


def _shares(facts: Counter[str]) -> dict[str, Any]:
    present, absent = max(facts["present"], 1), max(facts["absent"], 1)
    return {
        "present": facts["present"],
        "first": round(facts["first"] / present, 4),
        "first_three": round(facts["first_three"] / present, 4),
        "absent": facts["absent"],
        "absent_same": round(facts["absent same"] / absent, 4),
        "absent_likely": round(facts["absent likely"] / absent, 4),
        "absent_possible": round(facts["absent possible"] / absent, 4),
        "matches_each": round(facts["matches"] / max(facts["present"] + facts["absent"], 1), 2),
    }


def pair_cost(given: list[Supplier], rows: list[dict[str, Any]]) -> dict[str, float]:
    """Microseconds of CPU for one pair of supplier and company found, names prepared once each, as a batch does it."""
    pairs = [
        (Party(one.text, one.country or None), Party(match["name_that_matched"], match["company"]["country"]))
        for one, row in zip(given, rows, strict=True)
        for match in row["matches"]
    ]
    matcher = Matcher()
    took = []
    for _ in range(2):
        started = time.process_time()
        for one, other in pairs:
            matcher.compare(one, other)
        took.append((time.process_time() - started) / max(len(pairs), 1) * 1e6)
    return {"pairs": len(pairs), "us_with_preparing": round(took[0], 1), "us_prepared": round(took[1], 1)}


def brute_force(names: Path, given: list[Supplier], size: int) -> dict[str, Any]:
    """rapidfuzz over all normal forms for the first suppliers: the same measure, and seconds for ten thousand."""
    with duckdb.connect(str(names / "names.duckdb"), read_only=True) as con:
        rows = con.execute("SELECT norm, company_id FROM made").fetchall()
    norms, few = [row[0] for row in rows], given[:size]
    texts = [match_name(one.text).text for one in few]
    cpu, started = _cpu(), time.perf_counter()
    scores = process.cdist(texts, norms, scorer=fuzz.token_sort_ratio, workers=2)
    seconds, cpu = time.perf_counter() - started, _cpu() - cpu
    best = scores.argsort(axis=1)[:, ::-1][:, :3]
    present = [at for at, one in enumerate(few) if one.company_id]
    right = sum(few[at].company_id in {rows[place][1] for place in best[at]} for at in present)
    return {
        "suppliers": len(few),
        "seconds": round(seconds, 1),
        "seconds_for_10000": round(seconds / len(few) * 10_000),
        "cpu_seconds_for_10000": round(cpu / len(few) * 10_000),
        "first_three": round(right / max(len(present), 1), 3),
    }


def _print(found: dict[str, Any], indent: str = "") -> None:
    for label, value in found.items():
        if isinstance(value, dict) and any(isinstance(part, dict) for part in value.values()):
            print(f"{indent}{label}")
            _print(value, indent + "  ")
        elif isinstance(value, dict):
            print(f"{indent}{label:<22}", "  ".join(f"{name} {part}" for name, part in value.items()))
        else:
            print(f"{indent}{label:<22} {value}")


def main() -> None:
    """Measures, prints and writes what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", type=Path)
    parser.add_argument("home", type=Path)
    parser.add_argument("--suppliers", type=int, default=10_000)
    parser.add_argument("--slice", type=int, default=100)
    parser.add_argument("--unseen", type=int, default=2_700)
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    store = make_home(chosen.names, chosen.home)
    given = suppliers(chosen.names, store, chosen.suppliers)
    unseen = suppliers(chosen.names, store, chosen.unseen, unseen=True)
    with tempfile.TemporaryDirectory() as folder:
        cost, rows = screened(store, given, Path(folder))
        _, unseen_rows = screened(store, unseen, Path(folder))
    brute = brute_force(chosen.names, given, chosen.slice)
    per_supplier = cost["cpu_seconds"] / len(given) * 10_000
    found = {
        "bars": BARS,
        "load_average": round(load, 1),
        "screen": cost,
        "found": judged(given, rows),
        "found_unseen": judged(unseen, unseen_rows),
        "one_pair": pair_cost(given, rows),
        "brute_force": {**brute, "times_our_cpu": round(brute["cpu_seconds_for_10000"] / per_supplier, 1)},
    }
    _print(found)
    target = ROOT / "bench" / "results"
    target.mkdir(parents=True, exist_ok=True)
    (target / "screen.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
