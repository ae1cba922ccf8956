"""Sync of a PHMSA-shaped file, end to end, against bare DuckDB: the same rows as a typed table and a Parquet file.

    python bench/ingest.py [--rows 1000000 5000000] [--small] [--keep DIR]

Prints a table and writes bench/results/ingest.json. Each measurement runs in a process of its own: its peak memory is
the largest resident size of that process. There is one operator to 200 rows (the agency's
own file has 790 to 5,067); dates, amounts, quotes and citations have the shape of the agency's file.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = "us_phmsa_pipeline_enforcement"
HEADER = ROOT / "tests" / "sources" / SOURCE / "sample" / "cases.txt"
WORDS = [
    "Alder", "Amber", "Birch", "Bluff", "Cedar", "Clay", "Copper", "Coral", "Delta", "Ember", "Falcon", "Fern",
    "Flint", "Glacier", "Granite", "Harbor", "Hazel", "Iron", "Juniper", "Keel", "Lark", "Linden", "Marble", "Mesa",
    "Midland", "Nova", "Oak", "Onyx", "Orchard", "Pacific", "Pebble", "Pine", "Prairie", "Quartz", "Raven", "Ridge",
    "River", "Sable", "Sierra", "Slate", "Spruce", "Summit", "Tamarack", "Timber", "Umber", "Valley", "Vista",
    "Walnut", "Willow", "Zephyr",
]  # fmt: skip
FORMS = (
    "PIPELINE COMPANY, LLC",
    "GAS CO.",
    "ENERGY PARTNERS, L.P.",
    "TRANSMISSION, INC.",
    "GATHERING LLC",
    "OIL CORP.",
)
CASES = ("Notice of Probable Violation", "Warning Letter", "Notice of Amendment")


def write_rows(path: Path, rows: int, *, seed: int = 7, first: int = 0) -> None:
    """A tab-separated Windows-1252 file with CRLF and a quoted name and citation in every row."""
    header = HEADER.read_text(encoding="cp1252").splitlines()[0].split("\t")
    at = {name: place for place, name in enumerate(header)}
    chance = random.Random(seed)
    operators = [
        f"{' '.join(chance.sample(WORDS, 3))} {number} {chance.choice(FORMS)}".upper()
        for number in range(max(rows // 200, 50))
    ]
    days = [f"{m}/{d}/{y}" for y in range(3, 27) for m in range(1, 13) for d in (1, 9, 17, 28)]
    with path.open("w", encoding="cp1252", newline="") as file:
        file.write("\t".join(header) + "\r\n")
        lines = []
        for number in range(first, first + rows):
            operator = chance.randrange(len(operators))
            kind = chance.choice(CASES)
            opened = chance.choice(days)
            cells = [""] * len(header)
            values = {
                "CPF_Number": f"{number:09d}NOPV", "Operator_ID": str(10000 + operator),
                "Operator_Name": f'"{operators[operator]}"', "Operator_Searchable_Name": f'"{operators[operator]}"',
                "Region": "Southwest", "Pipeline_Type": "INTERSTATE GAS TRANSMISSION",
                "How_Discovered?": "Integrated", "Case_Type": kind,
                "Cited_Regulations": f'"192.{chance.randrange(999)}(a),  195.{chance.randrange(999)}(b),  191.5(a)"',
                "Violation_Category": '"Corrosion Control,  Operation and/or Maintenance,  Reporting"',
                "Case_Status": "CLOSED", "Opened_Date": opened, "Closed_Date": chance.choice(days),
                "Notice_Sent_Date": opened, "Opened_Year": "2013", "Closed_Year": "2014",
                "Report_Number": f"25-{number}", "Data_Source": "WMS", "Data_as_of": "07/01/2026 09AM",
            }  # fmt: skip
            if kind == CASES[0]:
                amount = str(chance.randrange(1000, 900000))
                values |= {
                    "Proposed_Penalties": amount, "Assessed_Penalties": amount, "Collected_Penalties": amount,
                    "Latest_Order_Type": "Final Order", "Latest_Order_Date": chance.choice(days),
                    "Operator_Response_Date": chance.choice(days), "Final_Order_Date": chance.choice(days),
                    "Penalty_Collected_Date": chance.choice(days), "Notice_Actions": '"CO/CP, CP, WI"',
                }  # fmt: skip
            for name, value in values.items():
                cells[at[name]] = value
            lines.append("\t".join(cells))
            if len(lines) == 20_000:
                file.write("\r\n".join(lines) + "\r\n")
                lines.clear()
        if lines:
            file.write("\r\n".join(lines) + "\r\n")


def mirror_of(folder: Path, file: Path) -> None:
    """A mirror folder that answers PHMSA's address with `file`."""
    address = (ROOT / "ingest" / "sources" / SOURCE / "source.toml").read_text(encoding="utf-8")
    url = address.split('url = "', 1)[1].split('"', 1)[0]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cases.txt").unlink(missing_ok=True)
    (folder / "cases.txt").symlink_to(file)
    entry = {"url": url, "file": "cases.txt", "media_type": "text/plain", "fetched_at": "2026-07-02T03:02:41+00:00"}
    (folder / "index.json").write_text(json.dumps([entry]), encoding="utf-8")


SYNC = """
import json, sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from db.store import Store
from db.sync import Options, sync
from ingest.catalog import find_source
started = time.perf_counter()
(report,) = sync(Store(Path({home!r})), [find_source({source!r})],
                 Options(mirror=Path({mirror!r}), accept_change="benchmark"), lambda *_: None)
seconds = time.perf_counter() - started
assert report.error is None, report.error
"""

BARE = """
import duckdb, json, time
started = time.perf_counter()
con = duckdb.connect({out!r} + ".duckdb", config={{"memory_limit": "1200MB"}})
dates = {dates!r}
money = {money!r}
columns = {columns!r}
typed = ", ".join(
    f"TRY_CAST(try_strptime({{q}}, ['%m/%d/%y', '%m/%d/%Y']) AS DATE) AS {{q}}" if c in dates else
    f"TRY_CAST({{q}} AS DECIMAL(18,2)) AS {{q}}" if c in money else q
    for c in columns for q in ['"' + c + '"'])
con.execute(f"CREATE TABLE t AS SELECT {{typed}} FROM "
            f"read_csv({file!r}, delim='\\t', quote='\\"', header=true, "
            f"all_varchar=true, auto_detect=false, new_line='\\\\r\\\\n', "
            f"columns={{dict.fromkeys({header!r}, 'VARCHAR')}})")
con.execute("COPY t TO '" + {out!r} + ".parquet' (FORMAT parquet, COMPRESSION zstd)")
con.execute("CHECKPOINT")
con.close()
seconds = time.perf_counter() - started
"""
TAIL = """
import resource
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"seconds": seconds, "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}))
"""


def measured(code: str) -> dict[str, float]:
    """Runs code in a fresh process; gives its seconds and peak resident size."""
    # without a file to run, the engine takes the process for a prompt and shows a progress bar
    named = "__file__ = 'measured'\n"
    ran = subprocess.run([sys.executable, "-c", named + code + TAIL], capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(ran.stderr)
    result: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return result


def bare(file: Path, out: Path) -> dict[str, float]:
    """Bare DuckDB: all columns of the file, dates and amounts typed; table file and zstd Parquet."""
    with file.open(encoding="cp1252") as text:
        used = header = text.readline().rstrip("\r\n").split("\t")
    code = BARE.format(
        out=str(out), file=str(file), header=header, columns=used,
        dates=[name for name in used if name.endswith("_Date")],
        money=[name for name in used if name.endswith("_Penalties")],
    )  # fmt: skip
    return measured(code)


def main() -> None:
    """Measures each size, prints ratios, writes JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 5_000_000])
    parser.add_argument("--small", action="store_true", help="also sync 5,000 rows of the source again afterwards")
    parser.add_argument("--keep", type=Path, help="keep the homes here")
    chosen = parser.parse_args()
    results = []
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="trackrecord-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    for rows in chosen.rows:
        file = folder / f"phmsa-{rows}.txt"
        write_rows(file, rows)
        mirror_of(folder / f"mirror-{rows}", file)
        home = folder / f"home-{rows}"
        base = bare(file, folder / f"bare-{rows}")
        for leftover in folder.glob(f"bare-{rows}*"):
            leftover.unlink()
        code = SYNC.format(root=str(ROOT), home=str(home), source=SOURCE, mirror=str(folder / f"mirror-{rows}"))
        ours = measured(code)
        row = {
            "rows": rows, "file_mb": round(file.stat().st_size / 1e6), "bare_s": round(base["seconds"], 1),
            "sync_s": round(ours["seconds"], 1), "ratio": round(ours["seconds"] / base["seconds"], 2),
            "bare_cpu_s": round(base["cpu_s"], 1),
            "sync_cpu_s": round(ours["cpu_s"], 1), "cpu_ratio": round(ours["cpu_s"] / base["cpu_s"], 2),
            "bare_peak_mb": round(base["peak_mb"]), "sync_peak_mb": round(ours["peak_mb"]),
        }  # fmt: skip
        if chosen.small:
            row["small_sync_s"] = round(_small(folder, home), 2)
        results.append(row)
        print(json.dumps(row), flush=True)
        file.unlink()
        if chosen.keep is None:
            shutil.rmtree(home)
    _print(results)
    target = ROOT / "bench" / "results"
    target.mkdir(parents=True, exist_ok=True)
    stamp = {
        "python": sys.version.split()[0],
        "cores": os.cpu_count(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    (target / "ingest.json").write_text(json.dumps({"machine": stamp, "results": results}, indent=1) + "\n")


def _small(folder: Path, home: Path) -> float:
    """Seconds to sync another source of 5,000 rows (the real CEPIM shape is used: its sample repeated) into `home`."""
    other = folder / "cepim.json"
    people = [
        {
            "skSancao": None, "skFatAcordosLeniencia": -1, "skFatCepim": number, "cadastro": "CEPIM",
            "cpfCnpj": f"{number % 100:02d}.{number % 1000:03d}.888/0001-18",
            "nomeSancionado": f"INSTITUTO {WORDS[number % len(WORDS)].upper()} {number}", "ufSancionado": "SP",
            "categoriaSancao": "ATRASO NA ENTREGA DA PRESTACAO DE CONTAS", "orgao": "Ministério Exemplar",
            "dataPublicacao": "30/10/2023", "valorMulta": "Não se aplica", "dataInicialSancao": "",
            "dataFinalSancao": "", "quantidade": 1, "linkDetalhamento": f"/sancoes/cepim?id={number}",
        }
        for number in range(1, 5001)
    ]  # fmt: skip
    other.write_text(json.dumps({"data": people}, ensure_ascii=False), encoding="utf-8")
    code = SYNC.format(root=str(ROOT), home=str(home), source="br_cgu_cepim", mirror=str(folder / "none"))
    code = code.replace(f"mirror=Path({str(folder / 'none')!r})", f"files=(Path({str(other)!r}),)")
    return measured(code)["seconds"]


def _print(results: list[dict[str, float]]) -> None:
    names = list(results[0])
    print("  ".join(f"{name:>13}" for name in names))
    for row in results:
        print("  ".join(f"{row[name]:>13}" for name in names))


if __name__ == "__main__":
    main()
