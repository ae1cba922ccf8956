"""Search by exact name and by identifier on a large database: inside one process, and as a cold command.

    python bench/search.py HOME [--queries 300] [--cold 10]

HOME is a home kept by `bench/ingest.py --keep DIR`. Prints a table and writes bench/results/search.json.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from db.search import search  # noqa: E402 -- the script's own folder holds an ingest.py
from db.store import Store  # noqa: E402
from ingest.catalog import catalogue  # noqa: E402


def timed(queries: list[str], ask: Callable[[str], object]) -> dict[str, float]:
    """Milliseconds of each query: median, 95th percentile, largest."""
    took = []
    for query in queries:
        started = time.perf_counter()
        ask(query)
        took.append((time.perf_counter() - started) * 1000)
    took.sort()
    return {
        "p50_ms": round(statistics.median(took), 1),
        "p95_ms": round(took[int(len(took) * 0.95)], 1),
        "max_ms": round(took[-1], 1),
    }


def main() -> None:
    """Draws names and numbers from the database itself and looks each up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--cold", type=int, default=10)
    chosen = parser.parse_args()
    chance = random.Random(7)
    store, sources, now = Store(chosen.home), list(catalogue().values()), datetime.now(UTC)
    with store.reading() as con:
        (records, companies) = con.execute(
            "SELECT (SELECT count(*) FROM record), (SELECT count(*) FROM company)"
        ).fetchone() or (0, 0)
        names = [
            row[0] for row in con.execute("SELECT DISTINCT name FROM company ORDER BY hash(name) LIMIT 5000").fetchall()
        ]
        numbers = [
            row[0]
            for row in con.execute(
                "SELECT DISTINCT value FROM company_identifier ORDER BY hash(value) LIMIT 5000"
            ).fetchall()
        ]
        results = {}
        for label, pool in (("exact name", names), ("identifier", numbers)):
            queries = [chance.choice(pool) for _ in range(chosen.queries)]
            for query in queries[:20]:
                search(con, query, sources, now)
            results[label] = timed(queries, lambda query: search(con, query, sources, now))
    command = [str(Path(sys.executable).parent / "trackrecord"), "--home", str(chosen.home), "search"]
    for label, pool in (("cold, exact name", names), ("cold, identifier", numbers)):
        queries = [chance.choice(pool) for _ in range(chosen.cold)]
        results[label] = timed(
            queries, lambda query: subprocess.run([*command, query], check=True, capture_output=True, cwd=ROOT)
        )
    print(f"{records:,} records, {companies:,} companies, {os.cpu_count()} cores")
    for label, row in results.items():
        print(f"{label:<18}", "  ".join(f"{name} {value:>8}" for name, value in row.items()))
    target = ROOT / "bench" / "results"
    target.mkdir(parents=True, exist_ok=True)
    found = {"records": records, "companies": companies, "results": results}
    (target / "search.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
