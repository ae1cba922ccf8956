"""What strong links alone find on labelled sets of records: pairwise precision and recall, all and the held-out third.

    python bench/resolve.py [--shared ../shared]

Clusters whose hash falls into the last third are held out; nothing was tuned on them. The sets label establishments
and invented companies (see their ORIGIN.json). Prints a table and writes bench/results/resolve.json.
"""

import argparse
import csv
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

import duckdb  # noqa: E402

from db.companies import refresh_companies  # noqa: E402 -- the script's own folder holds a resolve.py
from db.migrate import migrate  # noqa: E402
from ingest.identifiers import check  # noqa: E402

COUNTRIES = {"Singapore": "sg", "Germany": "de", "India": "in", "": "us"}


@dataclass(frozen=True)
class Labelled:
    """One record and the cluster it truly belongs to."""

    key: str
    cluster: str
    source: str
    name: str
    country: str
    address: dict[str, str | None]
    numbers: tuple[tuple[str, str], ...] = ()
    alias: str = ""

    @property
    def held_out(self) -> bool:
        return hashlib.sha256(self.cluster.encode()).digest()[0] % 3 == 2


def _address(text: str, city: str = "", region: str = "", postcode: str = "") -> dict[str, str | None]:
    return {"text": text or None, "city": city or None, "region": region or None, "postcode": postcode or None,
            "country": None}  # fmt: skip


def eci_sites(folder: Path) -> Iterator[Labelled]:
    """Sites of Chicago child care with name and address."""
    with (folder / "eci_sites_true_ids.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            source = re.sub(r"\W+", "_", row["Source"].lower())
            yield Labelled(row["Id"], row["True Id"], source, row["Site name"], "us",
                           _address(row["Address"], postcode=row["Zip"]))  # fmt: skip


def senzing(folder: Path) -> Iterator[Labelled]:
    """Invented organisations of three sources."""
    with (folder / "actual_truthset_key.csv").open(encoding="utf-8", newline="") as file:
        truth = {(row["DATA_SOURCE"], row["RECORD_ID"]): row["CLUSTER_ID"] for row in csv.DictReader(file)}
    for name in ("customers", "reference", "watchlist"):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["RECORD_TYPE"] != "ORGANIZATION":
                    continue
                numbers = [("lei", row.get("LEI_NUMBER", ""))]
                kind = {"EIN": "ein", "VAT": "vat"}.get(row.get("TAX_ID_TYPE", ""), "tax")
                numbers += [(kind, row.get("TAX_ID_NUMBER", "")), ("national-id", row.get("NATIONAL_ID_NUMBER", ""))]
                given = tuple((scheme, value) for scheme, value in numbers if value)
                text = row["ADDR_FULL"] or ", ".join(filter(None, (row["ADDR_LINE1"], row["ADDR_CITY"])))
                yield Labelled(
                    f"{name}-{row['RECORD_ID']}", truth[row["DATA_SOURCE"], row["RECORD_ID"]], name,
                    row["PRIMARY_NAME_FULL"] or row["PRIMARY_NAME_ORG"], COUNTRIES[row["ADDR_COUNTRY"]],
                    _address(text, row["ADDR_CITY"], row["ADDR_STATE"], row["ADDR_POSTAL_CODE"]), given,
                    row.get("SECONDARY_NAME_ORG", ""),
                )  # fmt: skip


def companies(records: list[Labelled]) -> dict[str, str]:
    """The company that strong links give each record."""
    con = duckdb.connect()
    try:
        con.execute("ATTACH ':memory:' AS gen")
        migrate(con)
        for record in records:
            checked = check(record.numbers)
            numbers = [
                {"scheme": scheme, "value": value, "valid": valid}
                for (scheme, _), (value, valid) in zip(record.numbers, checked, strict=True)
            ]
            names = [{"name": record.alias, "kind": "alias"}] if record.alias else None
            con.execute(
                """INSERT INTO gen.record BY NAME SELECT $1 || ':' || $2 AS record_id, $1 AS source_id,
                '' AS company_id, $2 AS native_id, $3 AS company_name, 'company' AS entity_type, '' AS gate_reason,
                $4 AS country, 'listing' AS kind, '' AS subject_area, $5 AS names, [$6] AS addresses, $7 AS identifiers,
                'final' AS status, '' AS adapter_version, '' AS retrieval_id, 1 AS row_number, '' AS row_hash,
                1 AS version, now()::TIMESTAMP AS first_seen,
                now()::TIMESTAMP AS changed_at, now()::TIMESTAMP AS last_seen""",
                [record.source, record.key, record.name, record.country, names, record.address, numbers or None],
            )
        con.execute("CREATE TABLE touched (company_id VARCHAR)")
        refresh_companies(con)
        return dict(con.execute("SELECT native_id, company_id FROM gen.record").fetchall())
    finally:
        con.close()


def measured(records: list[Labelled], found: dict[str, str]) -> dict[str, float | int]:
    """Pairs of records that are truly one, that were joined, and both."""

    def pairs(keys: list[object]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(keys).values())

    true = pairs([record.cluster for record in records])
    made = pairs([found[record.key] for record in records])
    right = pairs([(record.cluster, found[record.key]) for record in records])
    return {
        "records": len(records), "true_pairs": true, "joined_pairs": made, "right_pairs": right,
        "precision": round(right / made, 4) if made else 1.0, "recall": round(right / true, 4) if true else 1.0,
    }  # fmt: skip


def main() -> None:
    """Prints the table and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    shared = parser.parse_args().shared / "data"
    results = {}
    for name, read in (("eci_sites", eci_sites), ("senzing", senzing)):
        records = list(read(shared / f"ref_resolution_{name}"))
        found = companies(records)
        for part, chosen in (("all", records), ("held out", [record for record in records if record.held_out])):
            results[f"{name}, {part}"] = row = measured(chosen, found)
            print(f"{name:<12}{part:<10}" + "".join(f"{key} {value:>8}   " for key, value in row.items()))
    target = ROOT / "bench" / "results"
    target.mkdir(parents=True, exist_ok=True)
    (target / "resolve.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
