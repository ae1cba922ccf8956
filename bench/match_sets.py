"""The labelled sets of names for `bench.match`: pairs of parties with what is true, drawn mechanically."""

import csv
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations, product
from pathlib import Path

from openpyxl import load_workbook
from rapidfuzz import fuzz, process

from db.match.compare import Party
from db.match.weights import default_weights
from ingest.names.matching import match_name, place_words
from ingest.names.normal import normal_form

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SEED = 20261122
_NUMERAL = re.compile(r"\b(?:[0-9]+|[ivx]{1,5})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Two parties, whether they are one company, and the entity by which the pair is held out or not."""

    one: Party
    other: Party
    same: bool
    entity: str


def held_out(entity: str) -> bool:
    """A third of the entities, by hash: never looked at while the scorer was made."""
    return int(sha256(entity.encode()).hexdigest()[:8], 16) % 3 == 0


def _rows(folder: str, name: str) -> list[dict[str, str]]:
    with (DATA / folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _patstat() -> dict[str, list[str]]:
    clusters: dict[str, list[str]] = defaultdict(list)
    for row in _rows("ref_namepairs_patstat", "patstat_reference.csv"):
        clusters[row["leuven_id"]].append(row["person_name"])
    return dict(sorted(clusters.items()))


def patstat() -> Iterator[tuple[Labelled, int]]:
    """Every pair of rows within a cluster, as distinct pairs of names with their number."""
    for cluster, names in _patstat().items():
        times = Counter(names)
        for one, other in combinations(sorted(times), 2):
            yield Labelled(Party(one), Party(other), same=True, entity=cluster), times[one] * times[other]
        for name, count in times.items():
            if count > 1:
                yield Labelled(Party(name), Party(name), same=True, entity=cluster), count * (count - 1) // 2


def patstat_apart() -> Iterator[tuple[Labelled, int]]:
    """Every pair of rows of two clusters whose names share no distinctive word: the others may be one group."""
    clusters = {cluster: Counter(names) for cluster, names in _patstat().items()}
    words = {
        cluster: {word for name in names for word in match_name(name).tokens if default_weights().of(word) > 0.62}
        for cluster, names in clusters.items()
    }
    for one, other in combinations(clusters, 2):
        if not words[one] & words[other]:
            for first, second in product(sorted(clusters[one]), sorted(clusters[other])):
                number = clusters[one][first] * clusters[other][second]
                yield Labelled(Party(first), Party(second), same=False, entity=min(one, other)), number


def patstat_all_clusters() -> list[Labelled]:
    """One pair of names for every two clusters, the nearest by writing: the hardest reading of the labels."""
    clusters = _patstat()
    found = []
    for one, other in combinations(sorted(clusters), 2):
        first, second = (sorted(set(clusters[side]))[:40] for side in (one, other))
        score, pair = max((fuzz.token_sort_ratio(a.lower(), b.lower()), (a, b)) for a in first for b in second)
        if score > 60:
            found.append(Labelled(Party(pair[0]), Party(pair[1]), same=False, entity=min(one, other)))
    return found


def chinese() -> list[Labelled]:
    """All 858 pairs with a human label."""
    sheet = load_workbook(DATA / "ref_namepairs_cn" / "similarity_pairs.xlsx", read_only=True).worksheets[0]
    return [
        Labelled(Party(str(row[0])), Party(str(row[1])), same=str(row[2]).strip() == "是", entity=str(row[0]))
        for row in list(sheet.iter_rows(values_only=True))[1:]
        if row[0] and row[1]
    ]


def brands() -> list[Labelled]:
    """127 pairs across scripts, acronyms and brands; the labels are loose, so this is for recall alone."""
    return [
        Labelled(Party(row["Name_x"]), Party(row["Name_y"]), same=row["Targets"].strip() in {"1", "1.0", "True"},
                 entity=row["Name_x"])
        for row in _rows("ref_namepairs_easonanalytica", "test_data.csv")
    ]  # fmt: skip


def aliases(of: str) -> list[tuple[str, str, str]]:
    """(entity, its name, another name of it) of the OFAC or the EU list, distinct."""
    if of == "ofac":
        rows = _rows("ref_namepairs_ofac_aliases", "sdn_entity_aliases.csv")
        found = [(row["ent_num"], row["sdn_name"], row["alt_name"]) for row in rows]
    else:
        rows = _rows("ref_namepairs_eu_aliases", "eu_entity_aliases.csv")
        found = [(row["name"], row["name"], row["other_name"]) for row in rows]
    return [item for item in dict.fromkeys(found) if item[1].casefold() != item[2].casefold()]


def gleif_names() -> list[tuple[str, str, str]]:
    """(name, country, LEI) of the organisations of the GLEIF sample; sole proprietors are left out."""
    rows = _rows("ref_gate_gleif_category", "gleif_names_by_category.csv")
    return [
        (r["legal_name"], r["country"].lower(), r["lei"]) for r in rows if r["entity_category"] != "SOLE_PROPRIETOR"
    ]


def siblings() -> list[Labelled]:
    """Companies of one Exhibit 21 whose names share a rare word: parents, subsidiaries and their sisters."""
    chance = random.Random(SEED)
    filings: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    for row in _rows("ref_us_sec_ex21", "ex21_labels.csv"):
        if name := row["Subsidiary"].strip():
            normal = normal_form(name)
            filings[row["Filename"]].setdefault((normal.text, normal.legal_form), name)
    found = []
    for filing, names in sorted(filings.items()):
        words = {name: {w for w in match_name(name).tokens if default_weights().of(w) > 0.7} for name in names.values()}
        pairs = [(a, b) for a, b in combinations(sorted(words), 2) if words[a] & words[b]]
        for one, other in chance.sample(pairs, min(600, len(pairs))):
            found.append(Labelled(Party(one), Party(other), same=False, entity=filing))
    return found


def numerals_and_places() -> list[Labelled]:
    """Names of different LEIs that are one text when numerals and places are taken out."""
    groups: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for name, country, lei in gleif_names():
        words = normal_form(name, country).text.split()
        bare = tuple(word for word in words if word not in place_words() and not _NUMERAL.fullmatch(word))
        if bare and bare != tuple(words):
            groups[bare].setdefault(name, lei)
    found = []
    for bare, names in sorted(groups.items()):
        for one, other in list(combinations(sorted(names), 2))[:50]:
            if normal_form(one).text != normal_form(other).text:
                found.append(Labelled(Party(one), Party(other), same=False, entity=" ".join(bare)))
    return found


def registrants() -> list[Labelled]:
    """The 10,000 nearest pairs of names of SEC registrants with different CIK."""
    titles: dict[int, str] = {}
    for row in json.loads((DATA / "ref_us_sec_company_tickers" / "company_tickers.json").read_text()).values():
        titles.setdefault(int(row["cik_str"]), row["title"])
    listed = json.loads((DATA / "ref_us_sec_company_tickers" / "company_tickers_exchange.json").read_text())
    for row in listed["data"]:
        titles.setdefault(int(row[0]), row[1])
    ciks = sorted(titles)
    texts = [normal_form(titles[cik], "us").text for cik in ciks]
    keys = [" ".join(sorted(text.split())) for text in texts]
    found: list[tuple[float, int, int]] = []
    for start in range(0, len(keys), 500):
        block = process.cdist(keys[start : start + 500], keys, scorer=fuzz.ratio, score_cutoff=70, workers=2)
        for row, at in zip(*block.nonzero(), strict=True):
            if start + int(row) < int(at):
                found.append((-float(block[row, at]), start + int(row), int(at)))
    found.sort()
    return [
        Labelled(Party(titles[ciks[a]]), Party(titles[ciks[b]]), same=False, entity=str(ciks[a]))
        for _, a, b in found[:10_000]
    ]


def sites() -> list[tuple[str, Party]]:
    """(cluster, establishment) of the early-childhood sites; by name and address, since agencies share telephones."""
    return [
        (row["True Id"], Party(row["Site name"], "us", address=row["Address"], postcode=row["Zip"], site=True))
        for row in _rows("ref_resolution_eci_sites", "eci_sites_true_ids.csv")
    ]  # fmt: skip


def senzing() -> list[tuple[str, Party]]:
    """(cluster, organisation) of the Senzing truth set; persons are left out."""
    folder = "ref_resolution_senzing"
    cluster = {(r["DATA_SOURCE"], r["RECORD_ID"]): r["CLUSTER_ID"] for r in _rows(folder, "actual_truthset_key.csv")}
    found = []
    for file in ("customers.csv", "reference.csv", "watchlist.csv"):
        for row in _rows(folder, file):
            name = row.get("PRIMARY_NAME_ORG") or row.get("PRIMARY_NAME_FULL") or ""
            if row["RECORD_TYPE"] == "ORGANIZATION" and name.strip():
                found.append((cluster[row["DATA_SOURCE"], row["RECORD_ID"]], _organisation(name, row)))
    return found


def _organisation(name: str, row: dict[str, str]) -> Party:
    kinds = (("TAX_ID", "tax"), ("NATIONAL_ID", "national"), ("LEI", "lei"))
    numbers = tuple(
        (f"{label} {row.get(f'{kind}_COUNTRY') or ''}", row[f"{kind}_NUMBER"])
        for kind, label in kinds
        if row.get(f"{kind}_NUMBER")
    )
    other = tuple(row[key] for key in ("SECONDARY_NAME_ORG", "NATIVE_NAME_FULL", "NATIVE_NAME_ORG") if row.get(key))
    country = (row.get("ADDR_COUNTRY") or "").strip()
    return Party(
        name, country.lower() if len(country) == 2 else None, numbers, row.get("ADDR_LINE1") or "",
        row.get("ADDR_CITY") or "", row.get("ADDR_POSTAL_CODE") or "", other,
    )  # fmt: skip


def all_pairs(members: Iterable[tuple[str, Party]], nearest: int) -> Iterator[Labelled]:
    """Every true pair, and for each member the `nearest` others by name or by street: what a search would bring."""
    given = [(cluster, party) for cluster, party in members]
    names = [match_name(party.name).text for _, party in given]
    streets = [" ".join(party.address.casefold().replace(".", "").split()[:3]) for _, party in given]
    chosen: set[tuple[int, int]] = set()
    by_cluster: dict[str, list[int]] = defaultdict(list)
    by_street: dict[str, list[int]] = defaultdict(list)
    for at, (cluster, _) in enumerate(given):
        by_cluster[cluster].append(at)
        if streets[at]:
            by_street[streets[at]].append(at)
    for group in (*by_cluster.values(), *by_street.values()):
        chosen.update(combinations(group, 2))
    for start in range(0, len(names), 500):
        block = process.cdist(names[start : start + 500], names, scorer=fuzz.token_sort_ratio, workers=2)
        for row in range(block.shape[0]):
            for at in block[row].argsort()[::-1][: nearest + 1]:
                if start + row != int(at):
                    chosen.add((min(start + row, int(at)), max(start + row, int(at))))
    for one, other in sorted(chosen):
        same = given[one][0] == given[other][0]
        yield Labelled(given[one][1], given[other][1], same, min(given[one][0], given[other][0]))
