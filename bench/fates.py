"""What became of every row of the twelve first sources' real files, and why rows were withheld.

    python bench/fates.py [--shared ../shared]

Prints a table per source and writes bench/results/fates.json. Exit 1 when a source failed.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

from db.store import Store  # noqa: E402 -- the script's own folder holds an ingest.py
from db.sync import Options, Report, sync  # noqa: E402
from ingest.catalog import find_source  # noqa: E402

HANDED_IN = {
    "br_cgu_cnep": "cnep_102023.json",
    "br_cgu_cepim": "cepim_102023.json",
    "us_fda_recalls_dashboard": "fda_recalls_2024_2025_dirty.xlsx",
    "jp_mhlw_labor_violations": "001150620_2025-03-31.pdf",
}
DAYS = (date(2018, 12, 31), date(2020, 3, 18), date(2022, 10, 3))
SOURCES = (
    "us_phmsa_pipeline_enforcement", "us_fed_enforcement_actions", "mx_sat_69b", "br_cgu_cnep", "br_cgu_cepim",
    "us_fda_recalls_dashboard", "fr_dgal_alimconfiance", "ca_ircc_noncompliant_employers", "un_sc_consolidated",
    "us_ofac_sdn", "jp_mhlw_labor_violations", "us_sec_edgar_index",
)  # fmt: skip


def reports(shared: Path, home: Path) -> list[Report]:
    """Syncs every source into one home; EDGAR once for each of the days that are here."""
    found: list[Report] = []
    for source_id in SOURCES:
        options = Options(mirror=shared / "mirror")
        if source_id in HANDED_IN:
            options = replace(options, files=(shared / "data" / source_id / HANDED_IN[source_id],))
        days = DAYS if source_id == "us_sec_edgar_index" else (None,)
        for day in days:
            chosen = replace(options, since=day, until=day)
            found += sync(Store(home), [find_source(source_id)], chosen, lambda *_: None)
    return found


def main() -> None:
    """Prints the table; exit 1 when a source failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    shared = parser.parse_args().shared
    with tempfile.TemporaryDirectory() as home:
        found = reports(shared, Path(home))
    columns = ("read", "mapped", "not_a_record", "withheld", "rejected")
    print(f"{'source':<34}" + "".join(f"{name:>13}" for name in (*columns, "records", "withheld %")))
    for report in found:
        share = 100 * report.rows["withheld"] / max(report.rows["read"], 1)
        cells = [*(report.rows[name] for name in columns), report.records["total"]]
        print(f"{report.source_id:<34}" + "".join(f"{cell:>13,}" for cell in cells) + f"{share:>12.1f}%")
        if report.error:
            print(f"    FAILED {report.error}")
        for label, reasons in (
            ("not a record", report.not_a_record),
            ("withheld", report.withheld),
            *report.beside.items(),
        ):
            top = list(reasons.items())[:6]
            if top:
                more = f"; {len(reasons) - 6} more reasons" if len(reasons) > 6 else ""
                print(f"    {label}: " + "; ".join(f"{why or '-'} {n:,}" for why, n in top) + more)
    target = ROOT / "bench" / "results"
    target.mkdir(parents=True, exist_ok=True)
    (target / "fates.json").write_text(
        json.dumps([report.as_json() for report in found], ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    sys.exit(1 if any(report.error for report in found) else 0)


if __name__ == "__main__":
    main()
