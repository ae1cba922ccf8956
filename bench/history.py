"""Ten refreshes of a large source, 1 % of it changed in each: what history costs in the file, in `changes` and in time.

    python bench/history.py [--rows 5000000] [--refreshes 10] [--keep DIR]

Of every hundred rows of the PHMSA-shaped file of `bench/ingest.py` a refresh changes 0.8, drops 0.1 and adds 0.1.
Refreshes are a day apart by an invented clock. Prints a table and writes bench/results/history.json. What history adds
is the size of the generation file against that of the last file alone, synced into an empty home.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from bench.ingest import SOURCE, SYNC, measured, mirror_of, write_rows  # noqa: E402
from bench.search import spread, timed  # noqa: E402
from db.as_of import retention_of  # noqa: E402
from db.changes.between import changes  # noqa: E402
from db.index.place import folder_of  # noqa: E402
from db.search import search  # noqa: E402
from db.store import Store  # noqa: E402
from ingest.catalog import catalogue  # noqa: E402

FIRST = datetime(2026, 7, 2, 3, tzinfo=UTC)
CLOCK = "import datetime, db.sync\ndb.sync.utc_now = lambda: datetime.datetime({moment})\nstarted = time.perf_counter()"


def refresh_rows(given: Path, target: Path, number: int) -> None:
    """The file as the agency has it one refresh later."""
    chance = random.Random(number)
    kept = 0
    with given.open(encoding="cp1252", newline="") as old, target.open("w", encoding="cp1252", newline="") as new:
        new.write(next(old))
        for line in old:
            kept += 1
            drawn = chance.random()
            if drawn < 0.001:
                continue
            new.write(line.replace("191.5(a)", f"191.5(a),  190.{number}(a)", 1) if drawn < 0.009 else line)
        added = target.with_suffix(".added")
        write_rows(added, max(kept // 1000, 1), seed=1000 + number, first=100_000_000 * number)
        with added.open(encoding="cp1252", newline="") as more:
            next(more)
            shutil.copyfileobj(more, new)
        added.unlink()


def sync_on(home: Path, folder: Path, file: Path, moment: datetime) -> dict[str, float]:
    """One sync in a process of its own, at an invented time."""
    mirror = folder / "mirror"
    mirror_of(mirror, file)
    code = SYNC.format(root=str(ROOT), home=str(home), source=SOURCE, mirror=str(mirror))
    at = ", ".join(str(part) for part in moment.timetuple()[:6])
    return measured(code.replace("started = time.perf_counter()", CLOCK.format(moment=at)))


def size_of(home: Path) -> dict[str, float]:
    """MB of the generation, of its name index and of the evidence store."""
    generation = Store(home).current
    folders = {"index": folder_of(generation), "evidence": home / "evidence"}
    found = {"generation": generation.stat().st_size}
    found |= {name: sum(f.stat().st_size for f in at.rglob("*") if f.is_file()) for name, at in folders.items()}
    return {name: round(size / 1e6, 1) for name, size in found.items()}


def asked(home: Path, last: datetime, middle: date, queries: int) -> dict[str, Any]:
    """Times of `changes` over the last refresh, and of searches now and as of a day between the refreshes."""
    sources, now = list(catalogue().values()), datetime.now(UTC)
    found: dict[str, Any] = {}
    with Store(home).reading() as con:
        started = time.perf_counter()
        listed = list(
            changes(
                con, last.replace(tzinfo=None) - timedelta(hours=1), today=now.date(), retention=retention_of(sources)
            )
        )
        found["changes_s"] = round(time.perf_counter() - started, 2)
        found["changes_listed"] = len(listed)
        pools = {
            "exact name": "SELECT DISTINCT name FROM company ORDER BY hash(name) LIMIT ?",
            "identifier": "SELECT DISTINCT value FROM company_identifier ORDER BY hash(value) LIMIT ?",
        }
        for label, sql in pools.items():
            drawn = [row[0] for row in con.execute(sql, [queries]).fetchall()]
            for when, day in (("now", None), ("as of", middle)):
                ask = partial(search, con, sources=sources, now=now, as_of=day)
                timed(drawn[:20], ask)
                found[f"{label}, {when}"] = spread(timed(drawn, ask))
            found[f"{label}, as of / now"] = round(
                found[f"{label}, as of"]["p50_ms"] / found[f"{label}, now"]["p50_ms"], 2
            )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as cache:
        # byte code cached as after a first use
        environment["PYTHONPYCACHEPREFIX"] = cache

        def command(words: tuple[str, ...], _: str = "") -> None:
            given = [str(Path(sys.executable).parent / "trackrecord"), "--home", str(home), *words]
            subprocess.run(given, check=True, capture_output=True, cwd=ROOT, env=environment)

        for label, words in (
            ("command: changes", ("changes", "--since", f"{last:%Y-%m-%d}")),
            ("command: search", ("search", drawn[0])),
            ("command: search as of", ("search", drawn[0], "--as-of", f"{middle}")),
        ):
            command(words)
            found[label] = spread(timed(["again"] * 5, partial(command, words)))
    return found


def main() -> None:
    """Loads, refreshes, asks; prints and writes what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--refreshes", type=int, default=10)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--keep", type=Path, help="keep the home here; one that is there is only asked")
    chosen = parser.parse_args()
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="trackrecord-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    home, notes = folder / "home", folder / "history-so-far.json"
    result: dict[str, Any] = {"rows": chosen.rows, "refreshes": chosen.refreshes}
    last = FIRST + timedelta(days=chosen.refreshes)
    if notes.exists():
        result |= json.loads(notes.read_text())
    else:
        file = folder / "phmsa-0.txt"
        write_rows(file, chosen.rows)
        result["first load"] = sync_on(home, folder, file, FIRST) | size_of(home)
        print(json.dumps(result["first load"]), flush=True)
        for number in range(1, chosen.refreshes + 1):
            later = folder / f"phmsa-{number}.txt"
            refresh_rows(file, later, number)
            file.unlink()
            file = later
            result[f"refresh {number}"] = sync_on(home, folder, file, FIRST + timedelta(days=number)) | size_of(home)
            print(json.dumps(result[f"refresh {number}"]), flush=True)
        result["last file alone"] = sync_on(folder / "alone", folder, file, last) | size_of(folder / "alone")
        shutil.rmtree(folder / "alone")
        file.unlink()
        final, alone = result[f"refresh {chosen.refreshes}"], result["last file alone"]
        result["history_adds_percent"] = round(100 * (final["generation"] / alone["generation"] - 1), 1)
        notes.write_text(json.dumps(result))
    result["asked"] = asked(home, last, (FIRST + timedelta(days=chosen.refreshes // 2)).date(), chosen.queries)
    result["machine"] = {
        "python": sys.version.split()[0],
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    (ROOT / "bench" / "results" / "history.json").write_text(json.dumps(result, indent=1) + "\n")
    for name, value in result.items():
        print(f"{name:<24} {json.dumps(value)}")
    if chosen.keep is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
