"""An evidence pack of 500 records of a large database: how long it takes to make and to verify, and how large it is.

    python bench/evidence.py HOME [--records 500] [--times 3]        HOME kept by `bench/ingest.py --keep DIR`

Each time is a whole command in a process of its own. Records are drawn at random over the whole database, and once
more as those of the company that has most. Prints a table and writes bench/results/evidence.json.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from db.store import Store  # noqa: E402

BAR_SECONDS = 5.0


def command(*words: str) -> tuple[float, float, int]:
    """Seconds and largest memory in MB of one command, and its exit code."""
    started = time.perf_counter()
    script = """import resource, sys
from cli.main import main
code = main(sys.argv[1:])
used = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(used // 1024, file=sys.stderr)
sys.exit(code)"""
    done = subprocess.run(
        [sys.executable, "-c", script, *words], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False
    )
    return time.perf_counter() - started, float(done.stderr.split()[-1]), done.returncode


def measured(home: Path, ids: list[str], times: int, folder: Path) -> dict[str, Any]:
    """Median and largest times of packing and verifying these records."""
    pack = folder / "pack.zip"
    made = [command("--home", str(home), "evidence", *ids, "-o", str(pack), "--json") for _ in range(times)]
    checked = [command("evidence", "verify", str(pack), "--json") for _ in range(times)]
    assert all(code == 0 for _, _, code in (*made, *checked)), "a command failed"
    found: dict[str, Any] = {"pack_mb": round(pack.stat().st_size / 1e6, 2)}
    for name, runs in (("pack", made), ("verify", checked)):
        seconds = [run[0] for run in runs]
        found |= {
            f"{name}_seconds": round(statistics.median(seconds), 2),
            f"{name}_seconds_max": round(max(seconds), 2),
            f"{name}_memory_mb": max(run[1] for run in runs),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--records", type=int, default=500)
    parser.add_argument("--times", type=int, default=3)
    chosen = parser.parse_args()
    with Store(chosen.home).reading() as con:
        ((total,),) = con.execute("SELECT count(*) FROM record").fetchall()
        drawn = sorted(random.Random(5).sample(range(total), min(chosen.records, total)))
        ids = [
            row[0]
            for row in con.execute(
                """SELECT record_id FROM (SELECT record_id, row_number() OVER (ORDER BY rowid) - 1 AS place FROM record)
                WHERE list_contains(?, place)""",
                [drawn],
            ).fetchall()
        ]
        company = con.execute(
            "SELECT company_id, records FROM company WHERE records <= ? ORDER BY records DESC, company_id LIMIT 1",
            [chosen.records],
        ).fetchone()
    assert company is not None
    with TemporaryDirectory(prefix="trackrecord-bench-") as folder:
        results = {
            "records_in_database": total,
            "random": {"records": len(ids), **measured(chosen.home, ids, chosen.times, Path(folder))},
            "company": {"records": company[1], **measured(chosen.home, [company[0]], chosen.times, Path(folder))},
            "bar_seconds": BAR_SECONDS,
        }
    (ROOT / "bench" / "results" / "evidence.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))
    missed = [n for n in ("pack", "verify") if results["random"][f"{n}_seconds"] > BAR_SECONDS]
    print(f"bars missed: {', '.join(missed) or 'none'}")


if __name__ == "__main__":
    main()
