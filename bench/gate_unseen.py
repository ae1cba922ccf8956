"""Both error rates of the gate on labelled names it was not made on: agency files that carry a type of their own.

Run `python -m bench.gate_unseen`. Judged by the name alone, with the country where the file gives one; the type is
the truth, never evidence. Persons whose parts are known are judged in the six writings of `bench.gate`. A third of each
set is held out by hash, as there. Writes bench/results/gate_unseen.json: counts only.
"""

import csv
import gzip
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from lxml import etree
from python_calamine import CalamineWorkbook

from bench.gate import WRITINGS, writings
from bench.gate_sets import DATA, EITHER, ORGANISATION, PERSON, Labelled
from ingest.privacy.judge import judge
from ingest.privacy.verdict import Subject

RESULTS = Path(__file__).parent / "results" / "gate_unseen.json"
PLACES = {
    "Afghanistan": "af", "Albania": "al", "Bangladesh": "bd", "Brazil": "br", "Cambodia": "kh", "China": "cn",
    "Colombia": "co", "Egypt, Arab Republic of": "eg", "Egypt": "eg", "India": "in", "Indonesia": "id", "Italy": "it",
    "Kenya": "ke", "Mexico": "mx", "Nepal": "np", "Nigeria": "ng", "Pakistan": "pk", "Peru": "pe", "Philippines": "ph",
    "Romania": "ro", "Russian Federation": "ru", "Spain": "es", "Tanzania": "tz", "Turkiye": "tr", "Turkey": "tr",
    "Uganda": "ug", "Ukraine": "ua", "Uzbekistan": "uz", "Vietnam": "vn", "Viet Nam": "vn", "Germany": "de",
}  # fmt: skip
"""Codes of the countries that the development banks name most."""


@dataclass(frozen=True, slots=True)
class Named:
    """A labelled name of one set; with its given name and surname where the file keeps them apart."""

    item: Labelled
    parts: tuple[str, str] | None = None


Names = Iterator[Named]


def _named(
    group: str, name: str, truth: str, country: str | None = None, *, parts: tuple[str, str] = ("", "")
) -> Named:
    return Named(Labelled(Subject(" ".join(name.split()), country), truth, group), parts if all(parts) else None)


def _rows(path: str, *, delimiter: str = ",", encoding: str = "utf-8-sig") -> Iterator[dict[str, str]]:
    raw = (DATA / path).read_bytes()
    text = (gzip.decompress(raw) if path.endswith(".gz") else raw).decode(encoding, errors="replace")
    yield from csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)


def _sheet(path: str, header: int = 0) -> Iterator[dict[str, str]]:
    rows = CalamineWorkbook.from_path(str(DATA / path)).get_sheet_by_index(0).to_python()
    names = [str(cell) for cell in rows[header]]
    for row in rows[header + 1 :]:
        yield dict(zip(names, (str(cell) for cell in row), strict=True))


def screening_list() -> Names:
    """Names and aliases of the US consolidated screening list; only rows that carry a type."""
    truths = {"Individual": PERSON, "Entity": ORGANISATION}
    for row in _rows("us_trade_csl/consolidated_full.csv.gz"):
        truth = truths.get(row["type"])
        if truth is None:
            continue
        kind = row["type"].lower()
        surname, _, given = row["name"].partition(",")
        known = (given.strip(), surname.strip()) if truth == PERSON else ("", "")
        yield _named(f"us_trade_csl {kind}", row["name"], truth, parts=known)
        for alias in row["alt_names"].split("; "):
            if alias:
                yield _named(f"us_trade_csl alias of {kind}", alias, truth)


def canada() -> Names:
    """Names of the Canadian autonomous sanctions list."""
    for record in etree.parse(str(DATA / "ca_gac_sema/sema-lmes.xml")).iter("record"):
        given, surname = record.findtext("GivenName") or "", record.findtext("LastName") or ""
        entity = record.findtext("EntityOrShip") or record.findtext("Entity") or ""
        if given and surname:
            yield _named("ca_gac_sema persons", f"{given} {surname}", PERSON, parts=(given, surname))
        for name in entity.split(" / ") if not given else ():
            yield _named("ca_gac_sema entities", name, ORGANISATION)


def united_nations() -> Names:
    """Names, aliases and names in their own script of the UN list."""
    root = etree.parse(str(DATA / "un_sc_consolidated/consolidated.xml")).getroot()
    for tag, truth in (("INDIVIDUAL", PERSON), ("ENTITY", ORGANISATION)):
        for item in root.iter(tag):
            cells = [item.findtext(part) or "" for part in ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")]
            stated = [" ".join(cell.split()) for cell in cells if cell.strip()]
            known = (" ".join(stated[:-1]), stated[-1]) if truth == PERSON and len(stated) > 1 else ("", "")
            yield _named(f"un {tag.lower()}", " ".join(stated), truth, parts=known)
            for alias in item.iter(f"{tag}_ALIAS"):
                name = alias.findtext("ALIAS_NAME") or ""
                if name.strip():
                    yield _named(f"un alias of {tag.lower()}", name, truth)
            own = item.findtext("NAME_ORIGINAL_SCRIPT") or ""
            for name in re.split(r"[;\n]| / ", own):
                if name.strip():
                    yield _named(f"un own script of {tag.lower()}", name, truth)


def ofac_aliases() -> Names:
    """Aliases of the OFAC list, typed by the entry they belong to."""
    kinds = {}
    with (DATA / "us_ofac_sdn/sdn.csv").open(encoding="utf-8", errors="replace", newline="") as file:
        for cells in csv.reader(file):
            if len(cells) > 2:
                kinds[cells[0]] = cells[2].strip()
    with (DATA / "us_ofac_sdn/alt.csv").open(encoding="utf-8", errors="replace", newline="") as file:
        for cells in csv.reader(file):
            kind = kinds.get(cells[0], "vessel") if len(cells) > 3 else "vessel"
            if kind in {"individual", "-0-"}:
                truth = PERSON if kind == "individual" else ORGANISATION
                yield _named(f"us_ofac_sdn alias of {'individual' if truth == PERSON else 'entity'}", cells[3], truth)


def development_banks() -> Names:
    """Firms and individuals of the Inter-American bank; persons with a title of the World Bank."""
    for row in _sheet("int_iadb_sanctions/IDB_sanctioned_firms_and_individuals.xlsx"):
        truth = {"Firm": ORGANISATION, "Individual": PERSON}.get(row["Entity"])
        if truth:
            country = PLACES.get(row["Nationality"])
            yield _named(f"int_iadb {row['Entity'].lower()}", row["Title"], truth, country)
    for row in _sheet("int_worldbank_debarred/Listing_of_Ineligible_Firms_and_Individuals.xlsx", 1):
        name = row["Firm Name"]
        bare = re.sub(r"^(?:MR|MRS|MS|DR|ENGR?)\.? +", "", name, flags=re.IGNORECASE)
        if bare != name:
            yield _named("int_worldbank persons", bare, PERSON, PLACES.get(row["Country"]))
        elif name:
            yield _named("int_worldbank others", name, EITHER, PLACES.get(row["Country"]))
    for row in _rows("int_ebrd_ineligible/ebrd_ineligible_entities.csv"):
        yield _named("int_ebrd (no type)", row["Firm Name"], EITHER, PLACES.get(row["Nationality"]))


def fed() -> Names:
    """Persons and banks of the US Federal Reserve, by name alone."""
    for row in _rows("us_fed_enforcement_actions/enforcementactions.csv"):
        if row["Individual"]:
            surname, _, given = row["Individual"].partition(",")
            known = (given.strip(), surname.strip())
            yield _named("us_fed persons", row["Individual"], PERSON, "us", parts=known)
        for bank in row["Banking Organization"].split("; "):
            if bank:
                yield _named("us_fed banks", bank, ORGANISATION, "us")


def mexico() -> Names:
    """Taxpayers of the Mexican list by name alone: a tax number of 13 signs is a person's, one of 12 a company's."""
    with (DATA / "mx_sat_69b/Listado_Completo_69-B.csv").open(encoding="latin-1", newline="") as file:
        for cells in csv.reader(file):
            number = cells[1].strip() if len(cells) > 3 and cells[0].isdigit() else ""
            if re.fullmatch(r"[A-ZÑ&]{3,4}\d{6}\w{3}", number) and not number.startswith("XXX"):
                truth = PERSON if len(number) == 13 else ORGANISATION
                yield _named(f"mx_sat_69b {truth}s", cells[2], truth, "mx")


def brazil() -> Names:
    """Punished companies and persons (CNEP) and non-profits barred from agreements (CEPIM), by name alone."""
    for row in json.loads((DATA / "br_cgu_cnep/cnep_102023.json").read_text(encoding="utf-8"))["data"]:
        digits = len(re.sub(r"\D", "", row["cpfCnpj"]))
        if digits in {11, 14}:
            truth = PERSON if digits == 11 else ORGANISATION
            yield _named(f"br_cgu_cnep {truth}s", row["nomeSancionado"], truth, "br")
    for row in json.loads((DATA / "br_cgu_cepim/cepim_102023.json").read_text(encoding="utf-8"))["data"]:
        yield _named("br_cgu_cepim non-profits", row["nomeSancionado"], ORGANISATION, "br")


def chinese() -> Names:
    """Responsible persons and businesses (sole traders among them) of Taipei; Chinese company names."""
    with (DATA / "tw_taipei_labor_violations/683113371043.csv").open(encoding="cp950", errors="replace") as file:
        for cells in list(csv.reader(file))[1:]:
            if cells[4].strip():
                yield _named("tw_taipei responsible persons", cells[4], PERSON, "tw")
            yield _named("tw_taipei businesses", cells[3], EITHER, "tw")
    for row in _sheet("ref_namepairs_cn/similarity_pairs.xlsx"):
        for name in (row["公司1"], row["公司2"]):
            yield _named("ref_namepairs_cn", name, ORGANISATION, "cn")


def organisations() -> Names:
    """Files that hold nothing but organisations."""
    for row in _rows("us_cms_nh_penalties/All_US_Nursing_Home_Penalties.tsv", delimiter="\t"):
        yield _named("us_cms nursing homes", row["Provider Name"], ORGANISATION, "us")
    for row in _rows("us_hhs_ocr_breach_report/breach_report_2025-07.csv"):
        yield _named("us_hhs_ocr covered entities", row["Name of Covered Entity"], EITHER, "us")
    for row in _rows("ref_us_sec_ex21/ex21_labels.csv"):
        yield _named("ref_us_sec_ex21 subsidiaries", row["Subsidiary"], ORGANISATION)
    for row in _rows("ref_us_irs_eo_bmf/eo4.csv"):
        yield _named("ref_us_irs_eo_bmf (words learnt from it)", row["NAME"], ORGANISATION, "us")
    for row in _rows("ref_namepairs_eu_aliases/eu_entity_aliases.csv"):
        for name in (row["name"], row["other_name"]):
            yield _named("ref_namepairs_eu_aliases", name, ORGANISATION)
    for row in _rows("us_ofac_enforcement/ofac_civil_penalties_2003_2025.derived.csv"):
        yield _named("us_ofac_enforcement", row["Name"], EITHER, "us")


def mixed() -> Names:
    """Files whose names are mostly organisations but carry no type: the share withheld is reported."""
    for row in _rows("ref_namepairs_patstat/patstat_reference.csv"):
        yield _named("ref_namepairs_patstat applicants", row["person_name"].lstrip("* "), EITHER, "nl")
    for row in _rows("ref_resolution_eci_sites/eci_sites_true_ids.csv"):
        yield _named("ref_resolution_eci_sites", row["Site name"], EITHER, "us")
    for row in _sheet("us_ma_ago_fair_labor_citations/Data_Portal_Citations.xlsx"):
        yield _named("us_ma_ago employers", row["Employer"], EITHER, "us")
        if row["Individual"].strip():
            yield _named("us_ma_ago individuals", row["Individual"], PERSON, "us")
    for row in _sheet("us_ne_dol_wpca_citations/WPCA_Citations.xlsx"):
        yield _named("us_ne_dol businesses", row["Business Name"], EITHER, "us")
    for row in _rows("us_osha_enforcement/osha_inspection.derived.csv"):
        yield _named("us_osha establishments", row["estab_name"], EITHER, "us")
    for row in _rows("us_epa_npdes_formal_actions/NPDES_FORMAL_ENFORCEMENT_ACTIONS_FL.csv"):
        yield _named("us_epa_npdes facilities", row["FAC_NAME"], EITHER, "us")
    for row in _rows("us_dol_whd_whisard/whd_san_francisco_district_2016.derived.csv"):
        yield _named("us_dol_whd employers", row["Legal Name"], EITHER, "us")
    for row in _rows("us_trade_csl/consolidated_full.csv.gz"):
        if row["source"].startswith("Entity List"):
            yield _named("us_trade_csl entity list", row["name"], EITHER)


SETS: tuple[Callable[[], Names], ...] = (
    screening_list, canada, united_nations, ofac_aliases, development_banks, fed, mexico, brazil, chinese,
    organisations, mixed,
)  # fmt: skip


@cache
def every_name() -> tuple[Named, ...]:
    """All distinct names of all sets."""
    found = (named for read in SETS for named in read() if named.item.subject.name)
    return tuple({(named.item.group, named.item.subject): named for named in found}.values())


def measured() -> dict[str, dict[str, float | int | str]]:
    """Per set and writing: rows, and the share of errors in the two thirds and in the third held out."""
    keys: list[tuple[str, str, str, bool]] = []
    subjects: list[Subject] = []
    for named in every_name():
        item = named.item
        keys.append((item.group, "as given", item.truth, item.held_out))
        subjects.append(item.subject)
        for writing, written in writings(item.subject.name, *named.parts) if named.parts else ():
            if writing != WRITINGS[0]:
                keys.append((item.group, writing, item.truth, item.held_out))
                subjects.append(Subject(written, item.subject.country))
    rows: Counter[tuple[str, str, str, bool]] = Counter(keys)
    passed = Counter(key for key, verdict in zip(keys, judge(subjects), strict=True) if verdict.passes)
    table: dict[str, dict[str, float | int | str]] = {}
    for group, writing, truth, _ in dict.fromkeys(rows):
        label = group if writing == "as given" else f"{group}: {writing}"
        errors = {}
        for held_out in (False, True):
            count = rows[group, writing, truth, held_out]
            share = passed[group, writing, truth, held_out] / count if count else 0.0
            errors[held_out] = share if truth == PERSON or not count else 1 - share
        both = rows[group, writing, truth, False] + rows[group, writing, truth, True]
        kind = "persons that pass" if truth == PERSON else "withheld" if truth == EITHER else "organisations withheld"
        table[label] = {"measure": kind, "rows": both, "two_thirds": errors[False], "held_out": errors[True]}
    return table


def main() -> int:
    """Prints the table, writes the counts."""
    table = measured()
    print(f"{'set':62}{'measure':24}{'rows':>8}{'2/3':>9}{'held out':>10}")
    for label, row in table.items():
        print(f"{label:62}{row['measure']:24}{row['rows']:8,}{row['two_thirds']:9.2%}{row['held_out']:10.2%}")
    result = {"measured": datetime.now(UTC).strftime("%Y-%m-%d"), "sets": table}
    RESULTS.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
