"""The gate at work: the twelve sources as they are loaded, whether a person is stored, and how fast it judges."""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if sys.path[0] != str(ROOT):
    sys.path[0] = str(ROOT)

from bench import fates, gate_sets  # noqa: E402 -- the script's own folder holds an ingest.py
from bench.gate_sets import PERSON  # noqa: E402
from db.store import Store  # noqa: E402
from ingest.privacy.judge import judge  # noqa: E402
from ingest.privacy.text import take_apart  # noqa: E402
from ingest.privacy.verdict import Subject  # noqa: E402

TYPED = {
    "ofac sdn": "us_ofac_sdn", "un": "un_sc_consolidated", "fed": "us_fed_enforcement_actions", "sat": "mx_sat_69b",
    "cnep cpf": "br_cgu_cnep",
}  # fmt: skip
"""Sources with a type of their own, by their group in `gate_sets`."""
NAMES = 200_000


def loaded() -> dict[str, Any]:
    """What became of the rows of each source's real file, and typed persons found in the database.

    The share withheld is that of the rows that would be records.
    """
    with tempfile.TemporaryDirectory() as home:
        reports = fates.reports(gate_sets.DATA.parent, Path(home))
        with Store(Path(home)).reading() as con:
            stored = con.execute(
                """SELECT DISTINCT source_id, company_name FROM record
                UNION SELECT source_id, unnest(names).name FROM record"""
            ).fetchall()
    rows: dict[str, dict[str, int]] = {}
    for report in reports:
        if report.error:
            raise SystemExit(f"{report.source_id}: {report.error}")
        found = rows.setdefault(report.source_id, {"read": 0, "not_a_record": 0, "mapped": 0, "withheld": 0})
        for name in found:
            found[name] += report.rows[name]
    persons = {
        (TYPED[item.group], " ".join(sorted(take_apart(item.subject.name).words)))
        for item in (*gate_sets.typed_sources(), *gate_sets.cnep())
        if item.truth == PERSON and item.group in TYPED
    }
    here = {(source_id, " ".join(sorted(take_apart(name).words))) for source_id, name in stored if name}
    print(f"\n{'Loaded from the real files':38}{'rows':>10}{'no record':>10}{'kept':>10}{'withheld':>10}{'share':>9}")
    for source_id, count in rows.items():
        shown = "".join(f"{number:10,}" for number in count.values())
        print(f"{source_id:38}{shown}{count['withheld'] / max(count['mapped'] + count['withheld'], 1):9.2%}")
    print(f"{len(persons & here)} of {len(persons):,} persons by the source's own type are stored")
    return {"sources": rows, "persons": len(persons), "persons_stored": len(persons & here)}


def speed() -> dict[str, float | int]:
    """Distinct names a minute on two cores and the largest process, measured in a process of its own."""
    ran = subprocess.run([sys.executable, __file__], check=True, capture_output=True, text=True, cwd=ROOT)
    found: dict[str, float | int] = json.loads(ran.stdout)
    print(
        f"\n{found['names']:,} distinct names in {found['seconds']} s: {found['names_a_minute']:,} a minute; "
        f"memory {found['main_mb']} MB, and {found['worker_mb']} MB for each of two workers"
    )
    return found


def many_names(count: int) -> list[Subject]:
    """Distinct names: all of GLEIF's and of a day of EDGAR, then their words before others of them."""
    known = list(dict.fromkeys(item.subject for item in (*gate_sets.gleif(), *gate_sets.edgar())))
    chance, found = random.Random(7), dict.fromkeys(known)
    words = [subject.name.split()[0] for subject in known if subject.name.split()]
    while len(found) < count:
        subject = chance.choice(known)
        found[Subject(f"{chance.choice(words)} {subject.name}", subject.country)] = None
    return list(found)[:count]


def main() -> None:
    """Measures the speed, as JSON."""
    subjects = many_names(NAMES)
    started = time.perf_counter()
    judge(subjects)
    seconds = time.perf_counter() - started
    peaks = [resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    measured = {"names": len(subjects), "seconds": round(seconds, 1), "main_mb": peaks[0], "worker_mb": peaks[1]}
    print(json.dumps({**measured, "names_a_minute": round(60 * len(subjects) / seconds)}))


if __name__ == "__main__":
    main()
