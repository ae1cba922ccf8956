"""Search by exact name and by identifier on a large database, and the name index on 1.3 million invented names.

    python bench/search.py --records HOME [--queries 300] [--cold 10]      HOME kept by `bench/ingest.py --keep DIR`
    python bench/search.py --names DIR [--each 100] [--batch 10000]        DIR made by `bench/names_1m.py DIR`

Prints tables and writes bench/results/search.json and search_names.json. Times are wall times of one process.
"""

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

import duckdb  # noqa: E402 -- the script's own folder holds an ingest.py
import numpy as np  # noqa: E402
from rapidfuzz import fuzz, process  # noqa: E402

from bench.name_queries import CLASSES, Question, misspelt, questions  # noqa: E402
from db.index.batch import candidates_batch  # noqa: E402
from db.index.candidates import Finder  # noqa: E402
from db.index.generation import NameIndex, folder_of, open_index  # noqa: E402
from db.index.meeting import meet, ranked  # noqa: E402
from db.index.opening import opened, warm  # noqa: E402
from db.index.refresh import refresh  # noqa: E402
from db.index.segment import key_of  # noqa: E402
from db.search import search  # noqa: E402
from db.store import Store  # noqa: E402
from ingest.catalog import catalogue  # noqa: E402
from ingest.names.matching import match_name  # noqa: E402

NONE = np.empty(0, np.int64)


def spread(took: Iterable[float]) -> dict[str, float]:
    """Milliseconds: median, 95th percentile, largest."""
    ordered = sorted(took)
    p95 = ordered[int(len(ordered) * 0.95)]
    return {
        "p50_ms": round(statistics.median(ordered), 1), "p95_ms": round(p95, 1), "max_ms": round(ordered[-1], 1)
    }  # fmt: skip


def timed(queries: Iterable[str], ask: Callable[[str], object]) -> list[float]:
    """Milliseconds of each query."""
    took = []
    for query in queries:
        started = time.perf_counter()
        ask(query)
        took.append((time.perf_counter() - started) * 1000)
    return took


def cold(home: Path, queries: Iterable[str]) -> dict[str, float]:
    """Milliseconds of whole commands, started anew for each query."""
    command = [str(Path(sys.executable).parent / "trackrecord"), "--home", str(home), "search"]
    return spread(
        timed(queries, lambda query: subprocess.run([*command, query], check=True, capture_output=True, cwd=ROOT))
    )


def records_bench(home: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    """Draws names and numbers from the database itself and looks each up."""
    chance = random.Random(7)
    sources, now = list(catalogue().values()), datetime.now(UTC)
    with Store(home).reading() as con:
        (records, companies) = con.execute(
            "SELECT (SELECT count(*) FROM record), (SELECT count(*) FROM company)"
        ).fetchone() or (0, 0)
        pools = {
            "exact name": "SELECT DISTINCT name FROM company ORDER BY hash(name) LIMIT 5000",
            "identifier": "SELECT DISTINCT value FROM company_identifier ORDER BY hash(value) LIMIT 5000",
        }
        drawn = {label: [row[0] for row in con.execute(sql).fetchall()] for label, sql in pools.items()}
        results = {}
        for label, pool in drawn.items():
            queries = [chance.choice(pool) for _ in range(chosen.queries)]
            timed(queries[:20], lambda query: search(con, query, sources, now))
            results[label] = spread(timed(queries, lambda query: search(con, query, sources, now)))
    for label, pool in drawn.items():
        results[f"cold, {label}"] = cold(home, [chance.choice(pool) for _ in range(chosen.cold)])
    print(f"{records:,} records, {companies:,} companies, {os.cpu_count()} cores")
    return {"records": records, "companies": companies, "results": results}


def names_bench(folder: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    """Builds the index anew, refreshes it with one name in a hundred new, and asks it in seven classes."""
    home = folder / "home"
    generation = Store(home).current
    target = folder_of(generation)
    shutil.rmtree(target, ignore_errors=True)
    built = _seconds(lambda: refresh(generation, target))
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    index = open_index(target, generation)
    assert index is not None
    found: dict[str, Any] = {"names": len(index), "build": built, "index_mb": round(size / 1e6)}
    found["update_1_percent"] = _updated(folder, generation, target)
    warm(index)
    asked = questions(folder / "names.duckdb", chosen.each)
    found["classes"], found["index"] = _asked_of_index(index, asked, _rows(generation, asked))
    with Store(home).reading() as con:
        opened(con)
        now = datetime.now(UTC)
        took = timed((question.text for question in asked), lambda text: search(con, text, [], now, limit=10))
    found["search"] = spread(took)
    found["cold"] = cold(home, [question.text for question in asked[:: max(1, len(asked) // chosen.cold)]])
    found["batch"] = _batch(index, folder, chosen.batch)
    found["brute_force"] = _brute_force(folder, asked)
    found["peak_gb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)
    return found


def _seconds(work: Callable[[], object]) -> dict[str, float]:
    wall, cpu = time.perf_counter(), _cpu()
    work()
    return {"seconds": round(time.perf_counter() - wall, 1), "cpu_seconds": round(_cpu() - cpu, 1)}


def _cpu() -> float:
    """Seconds of processor time of this process and of those it has ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _updated(folder: Path, generation: Path, target: Path) -> dict[str, float]:
    """A generation in which one company in a hundred has gone and another one has come."""
    later = folder / "later.duckdb"
    shutil.copyfile(generation, later)
    with duckdb.connect(str(later)) as con:
        con.execute("CREATE TEMP TABLE gone AS SELECT company_id FROM company WHERE hash(company_id) % 100 = 1")
        for table in ("company", "company_name"):
            con.execute(f"CREATE TEMP TABLE new AS SELECT * FROM {table} SEMI JOIN gone USING (company_id)")
            con.execute(f"DELETE FROM {table} WHERE company_id IN (FROM gone)")
            con.execute(
                f"""INSERT INTO {table} SELECT * REPLACE (company_id || 'x' AS company_id, norm || ' anew' AS norm)
                FROM new ORDER BY norm"""
            )
            con.execute("DROP TABLE new")
    shutil.rmtree(folder / "later.index", ignore_errors=True)
    took = _seconds(lambda: refresh(later, folder / "later.index", target))
    # one part would mean that all was built again: somebody changed the rules of names meanwhile
    return {**took, "parts": len([*(folder / "later.index").glob("part-*")])}


def _rows(generation: Path, asked: list[Question]) -> dict[str, int]:
    """Rows of the companies that are meant."""
    with duckdb.connect(str(generation), read_only=True) as con:
        ids = [question.company_id for question in asked]
        return dict(
            con.execute("SELECT company_id, rowid FROM company WHERE list_contains(?, company_id)", [ids]).fetchall()
        )


def _asked_of_index(
    index: NameIndex, asked: list[Question], rows: dict[str, int]
) -> tuple[dict[str, Any], dict[str, float]]:
    """Per class: share of questions with the right company among the first ten, and the times of the index alone."""

    def first_ten(text: str) -> set[int]:
        met = meet(index, text, None, NONE, deep=False)
        return set(met.company[ranked(index, met, 10)].tolist())

    timed([question.text for question in asked[::5]], first_ten)
    classes: dict[str, Any] = {}
    every: list[float] = []
    hits = 0
    for kind in CLASSES:
        mine = [question for question in asked if question.kind == kind]
        right, took = 0, []
        for question in mine:
            started = time.perf_counter()
            right += rows[question.company_id] in first_ten(question.text)
            took.append((time.perf_counter() - started) * 1000)
        classes[kind] = {"questions": len(mine), "recall_at_10": round(right / max(len(mine), 1), 3), **spread(took)}
        every += took
        hits += right
    return classes, {"recall_at_10": round(hits / len(asked), 4), **spread(every)}


def _batch(index: NameIndex, folder: Path, size: int) -> dict[str, Any]:
    """Noisy names against the whole index in two processes: names a second, and recall among twenty candidates."""
    chance = random.Random(3)
    with duckdb.connect(str(folder / "names.duckdb"), read_only=True) as con:
        rows = con.execute("SELECT norm, name FROM made ORDER BY hash(name, 5) LIMIT ?", [size]).fetchall()
    norms = [row[0] for row in rows]
    texts = []
    for norm, name in rows:
        words = norm.split()
        noisy = misspelt(name, chance) or name
        texts.append(match_name(noisy if chance.random() < 0.7 else " ".join(reversed(words))).text)
    found: list[Any] = []
    took = _seconds(lambda: found.extend(candidates_batch(index, texts, 20)))
    right = sum(index.exactly(key_of(norm)) in names.tolist() for norm, (names, _) in zip(norms, found, strict=True))
    rate = round(size / took["seconds"])
    finder = Finder(index)
    alone = timed(texts[:500], lambda text: finder.scored(text, 20))
    return {"names": size, **took, "names_per_second": rate, "recall_at_20": round(right / size, 4),
            "one_process": spread(alone)}  # fmt: skip


def _brute_force(folder: Path, asked: list[Question]) -> dict[str, Any]:
    """rapidfuzz over all normal forms, for a few questions: the same measure of recall, and its time."""
    with duckdb.connect(str(folder / "names.duckdb"), read_only=True) as con:
        rows = con.execute("SELECT norm, company_id FROM made").fetchall()
    norms = [row[0] for row in rows]
    few = asked[:: max(1, len(asked) // 28)]
    right, took = 0, []
    for question in few:
        started = time.perf_counter()
        best = process.extract(match_name(question.text).text, norms, scorer=fuzz.token_sort_ratio, limit=10)
        took.append((time.perf_counter() - started) * 1000)
        right += question.company_id in {rows[place][1] for _, _, place in best}
    return {"questions": len(few), "recall_at_10": round(right / len(few), 3), **spread(took)}


def _print(found: dict[str, Any], indent: str = "") -> None:
    for label, row in found.items():
        if isinstance(row, dict) and any(isinstance(value, dict) for value in row.values()):
            print(f"{indent}{label}")
            _print(row, indent + "  ")
        else:
            shown = "  ".join(f"{name} {value:>8}" for name, value in row.items()) if isinstance(row, dict) else row
            print(f"{indent}{label:<20}", shown)


def main() -> None:
    """Measures, prints and writes what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=Path)
    parser.add_argument("--names", type=Path)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--each", type=int, default=100)
    parser.add_argument("--cold", type=int, default=10)
    parser.add_argument("--batch", type=int, default=10_000)
    chosen = parser.parse_args()
    target = ROOT / "bench" / "results"
    target.mkdir(parents=True, exist_ok=True)
    for home, name, measure in (
        (chosen.records, "search.json", records_bench),
        (chosen.names, "search_names.json", names_bench),
    ):
        if home is not None:
            found = measure(home, chosen)
            _print(found)
            (target / name).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
