"""No full name of a person in five agencies' files is found anywhere after syncs of all twelve sources and a purge:
tables and raw bytes of the database, evidence and journals decompressed, output, logs, packs, exports, reports of a
watch list whose file named such persons, and a rebuild.

The names are read from the agencies' files without our adapters. Texts are compared word by word, so that case, white
space and punctuation make no difference, and a name counts in every rotation of its words ("A B C", "C, A B"). Messages
of these tests give counts only.
"""

import csv
import html
import io
import json
import logging
import os
import re
import subprocess
import sys
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import zstandard
from lxml import etree

from db.store import Store
from ingest.catalog import catalogue
from ingest.privacy.gate import judge_under
from ingest.privacy.rulings import Rulings
from ingest.privacy.verdict import Subject

Words = tuple[str, ...]
CNEP = "data/br_cgu_cnep/cnep_102023.json"
PURGED = "us_phmsa_pipeline_enforcement"
SOURCES = ("un_sc_consolidated", "us_ofac_sdn", "us_fed_enforcement_actions", "mx_sat_69b", "br_cgu_cnep")
MIRRORED = (*SOURCES[:4], "ca_ircc_noncompliant_employers", "fr_dgal_alimconfiance", PURGED)
HANDED_IN = {
    "br_cgu_cnep": (CNEP, CNEP),
    "br_cgu_cepim": ("data/br_cgu_cepim/cepim_102023.json",) * 2,
    "us_fda_recalls_dashboard": ("data/us_fda_recalls_dashboard/fda_recalls_2024_2025_dirty.xlsx",) * 2,
    "jp_mhlw_labor_violations": tuple(
        f"data/jp_mhlw_labor_violations/{name}" for name in ("001150620_2025-03-31.pdf", "001483075_2025-05-30.pdf")
    ),
}
"""File of the first and of the second sync."""
TWICE = ("br_cgu_cnep", "jp_mhlw_labor_violations")
"""Those whose second file is read again: the same, and another one."""
DATED = {"us_sec_edgar_index": ["--from", "2020-03-18", "--to", "2020-03-18"]}
RAW_PIECE = 1 << 20
_LONGEST_KEPT = 2000
OFTEN = 40
"""Persons of each file in the file of the watch list."""
COMPANY = "Gazprombank Joint Stock Company"
LOUD = "import logging; logging.basicConfig(level=logging.DEBUG); from cli.main import run; run()"
_CONTROL = re.compile("[\x00-\x1f\x7f]+")
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r"[^\W_]+")
_SUFFIX = re.compile(r",?\s+(?:jr|sr|ii|iii|iv|esq)\b\.?|\(.*?\)", re.IGNORECASE)


def words(text: str) -> Words:
    """The words of a text without case and punctuation, accents kept."""
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def told_apart(text: str) -> int:
    """How many words of a name are more than a number: a taxpayer's number behind a name makes no company of it."""
    return sum(not word.isdigit() for word in words(text))


def un_persons(data: Path) -> Iterator[str]:
    for person in etree.parse(data / "un_sc_consolidated" / "consolidated.xml").iterfind("INDIVIDUALS/INDIVIDUAL"):
        yield " ".join(person.findtext(f"{part}_NAME") or "" for part in ("FIRST", "SECOND", "THIRD", "FOURTH"))
        yield person.findtext("NAME_ORIGINAL_SCRIPT") or ""


def ofac_persons(data: Path) -> Iterator[str]:
    for name in ("sdn.csv", "cons_prim.csv"):
        with (data / "us_ofac_sdn" / name).open(encoding="cp1252", newline="") as file:
            yield from (row[1] for row in csv.reader(file) if len(row) > 2 and row[2] == "individual")


def fed_persons(data: Path) -> Iterator[str]:
    path = data / "us_fed_enforcement_actions" / "enforcementactions.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield from re.split(r";|\band\b|also known as", row["Individual"])


def sat_persons(data: Path) -> Iterator[str]:
    with (data / "mx_sat_69b" / "Listado_Completo_69-B.csv").open(encoding="cp1252", newline="") as file:
        yield from (row[2] for row in csv.reader(file) if len(row) > 2 and re.fullmatch(r"\w{4}\d{6}\w{3}", row[1]))


def cnep_persons(data: Path) -> Iterator[str]:
    for row in json.loads((data.parent / CNEP).read_text(encoding="utf-8"))["data"]:
        in_name = re.search(r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}", row["nomeSancionado"])
        if in_name or len(re.sub(r"\D", "", row["cpfCnpj"])) == 11:
            yield re.sub(r"[\d.-]+", " ", row["nomeSancionado"])


PERSONS: Mapping[str, Callable[[Path], Iterator[str]]] = dict(
    zip(SOURCES, (un_persons, ofac_persons, fed_persons, sat_persons, cnep_persons), strict=True)
)


@dataclass(slots=True)
class Names:
    """Full names as words, in every rotation, by their first word and length."""

    by_first: dict[str, dict[int, set[Words]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    full: set[Words] = field(default_factory=set)
    clean: set[str] = field(default_factory=set)
    """Texts in which none was found: cells of a database come again in every file made of it."""

    def add(self, text: str) -> None:
        for variant in {words(text), words(_SUFFIX.sub(" ", text))}:
            if len(variant) < 2:
                continue
            self.full.add(variant)
            for at in range(len(variant)):
                turned = variant[at:] + variant[:at]
                self.by_first[turned[0]][len(turned)].add(turned)

    def found(self, text: Words) -> Iterator[tuple[int, int]]:
        """Where a full name stands in the words of a text: first word, and the word behind the last."""
        for at, word in enumerate(text):
            for length, known in self.by_first.get(word, {}).items():
                if text[at : at + length] in known:
                    yield at, at + length


@dataclass(slots=True)
class Hits:
    """Counts by place: names found, and those that are part of a company's own, longer name."""

    found: Counter[str] = field(default_factory=Counter)
    excused: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def names(shared: Path) -> Names:
    known = Names()
    for read in PERSONS.values():
        for name in read(shared / "data"):
            known.add(name)
    return known


@dataclass(frozen=True, slots=True)
class Synced:
    """`output` of syncs, `asked` of what was made of them into folder `made`; `rebuilt`: the home made again."""

    home: Path
    output: str
    made: Path
    asked: str
    rebuilt: Path


@pytest.fixture(scope="module")
def synced_home(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Synced:
    """One home with the twelve sources, synced twice and purged of a company, every logger at its loudest."""
    home = tmp_path_factory.mktemp("no_trace") / "home"
    mirror = ["--mirror", str(shared / "mirror")]
    made = home.with_name("made")
    made.mkdir()
    output: list[str] = []
    asked: list[str] = []

    def run(*arguments: str, codes: tuple[int, ...] = (0,), said: list[str] = output) -> None:
        done = subprocess.run(
            [sys.executable, "-c", LOUD, "--home", str(home), *arguments],
            capture_output=True, text=True, check=False, timeout=600, env={**os.environ, "TRACKRECORD_DEBUG": "1"},
        )  # fmt: skip
        assert done.returncode in codes, f"`{' '.join(arguments[:2])}` ended with {done.returncode}"
        said.extend((done.stdout, done.stderr))

    run("sync", *MIRRORED, *mirror)
    for source_id, days in DATED.items():
        run("sync", source_id, *mirror, *days)
    for source_id, files in HANDED_IN.items():
        run("sync", source_id, "--file", str(shared / files[0]))
    run("sync", *MIRRORED, *mirror, "--json")
    for source_id in TWICE:
        run("sync", source_id, "--file", str(shared / HANDED_IN[source_id][1]))
    with Store(home).reading() as con:
        (gone,) = con.execute("SELECT min(record_id) FROM record WHERE source_id = ?", [PURGED]).fetchone() or ("",)
    run("purge", gone, "--with-name", "--reason", "error", "--by", "test", "--yes")
    run("status")
    run("verify")
    with Store(home).reading() as con:
        companies = con.execute(
            """SELECT company_id FROM (SELECT company_id, row_number() OVER (PARTITION BY source_id ORDER BY record_id)
            AS turn FROM record WHERE removed_at IS NULL) WHERE turn % 40 = 1 AND turn < 600 GROUP BY 1 ORDER BY 1"""
        ).fetchall()
    # what persons could come from, and may be in
    run("evidence", *(row[0] for row in companies), "-o", str(made / "pack.zip"), said=asked)
    # rows that also name somebody cannot be proven: exit 1
    run("evidence", "verify", str(made / "pack.zip"), codes=(0, 1), said=asked)
    run("export", "-o", str(made / "all.csv"), said=asked)
    few = [part for source_id in (SOURCES[0], SOURCES[2], SOURCES[4]) for part in ("--source", source_id)]
    for ending in ("xlsx", "jsonl", "parquet"):
        run("export", "-o", str(made / f"few.{ending}"), *few, said=asked)
    suppliers = home.with_name("suppliers.csv")
    write_suppliers(suppliers, shared)
    run("watch", "add", "desk", str(suppliers), "--json", said=asked)
    for ending in ("html", "csv", "xlsx"):
        run("watch", "run", "desk", "--all", "-o", str(made / f"desk.{ending}"), codes=(0, 1), said=asked)
    suppliers.unlink()
    run("watch", "show", "desk", said=asked)
    run("changes", "--since", "2020-01-01", "--jsonl", said=asked)
    # errors: not a table, not a pack, nobody's record
    run("watch", "add", "other", str(shared / CNEP), codes=(2,), said=asked)
    run("evidence", "verify", str(shared / CNEP), codes=(1, 2), said=asked)
    run("doctor", said=asked)
    rebuilt = home.with_name("rebuilt")
    run("rebuild", "--into", str(rebuilt), said=asked)
    return Synced(home, "\n".join(output), made, "\n".join(asked), rebuilt)


def write_suppliers(file: Path, shared: Path) -> None:
    """Persons as suppliers: as names, in references and behind c/o; none whose name alone looks like a company's."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        table = csv.writer(opened)
        table.writerow(("Vendor No", "Supplier", "Country", "Address"))
        table.writerow(("V-1", COMPANY, "RU", ""))
        for source_id, read in PERSONS.items():
            known = [" ".join(name.split()) for name in read(shared / "data") if told_apart(name) > 1]
            persons = known[:: max(1, len(known) // OFTEN)]
            verdicts = judge_under(Rulings(), [Subject(name) for name in persons])
            for name in (name for name, verdict in zip(persons, verdicts, strict=True) if not verdict.passes):
                table.writerow((f"{source_id}-1", name, "", f"c/o {name}, 5 Elm Street"))
                table.writerow((name, COMPANY, "RU", f"attn {name}"))


def stored_names(con: duckdb.DuckDBPyConnection) -> tuple[dict[str, set[Words]], dict[str, int]]:
    """Company names that passed, by their first word; normal forms with the most words a name of theirs has."""
    carriers: dict[str, set[Words]] = defaultdict(set)
    given = "SELECT company_name FROM record UNION SELECT n.name FROM (SELECT unnest(names) AS n FROM record)"
    for (name,) in con.execute(given).fetchall():
        carriers[next(iter(words(name)), "")].add(words(name))
    norms: dict[str, int] = {}
    pairs = "SELECT norm, name FROM company_name UNION SELECT norm, name FROM company"
    for norm, name in con.execute(pairs).fetchall():
        norms[norm] = max(norms.get(norm, 0), told_apart(name))
    return carriers, norms


def database_texts(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Every distinct text of every column that can hold text, nested ones as text, with its place."""
    columns = """SELECT table_name, column_name FROM duckdb_columns()
                 WHERE NOT internal AND schema_name = 'main' AND contains(data_type, 'VARCHAR')"""
    for table, column in con.execute(columns).fetchall():
        for (text,) in con.execute(
            f'SELECT DISTINCT "{column}"::VARCHAR FROM "{table}" WHERE "{column}" IS NOT NULL'
        ).fetchall():
            yield f"{table}.{column}", text


def evidence_texts(folder: Path) -> Iterator[tuple[str, str]]:
    with duckdb.connect() as con:
        for file in sorted(folder.rglob("*")):
            if file.suffix == ".zip":
                yield from made_texts(file.name, file.read_bytes())
            elif file.suffix == ".parquet":
                relation = "journal" if file.parent.parent.name == "runs" else file.stem.split(".")[1]
                rows = con.execute("SELECT COLUMNS(*)::VARCHAR FROM read_parquet(?)", [str(file)])
                given = [column[0] for column in rows.description or ()]
                for row in rows.fetchall():
                    yield from ((f"{relation}.{c}", t) for c, t in zip(given, row, strict=True) if t)
            elif file.is_file():
                packed = file.read_bytes()
                data = zstandard.ZstdDecompressor().stream_reader(packed).read() if file.suffix == ".zst" else packed
                yield from (("payload", line) for line in data.decode("utf-8", "replace").splitlines())


def raw_texts(home: Path) -> Iterator[tuple[str, str]]:
    """The bytes of files that are not compressed, in overlapping pieces: what was deleted or is in no table."""
    for file in sorted(path for path in home.rglob("*") if path.is_file() and path.suffix not in {".parquet", ".zst"}):
        data = file.read_bytes()
        for at in range(0, len(data), RAW_PIECE):
            text = data[at : at + RAW_PIECE + 500].decode("utf-8", "replace")
            # no name has a control character in it: what one parts are two texts
            yield from ((f"bytes of {file.suffix}", part) for part in _CONTROL.split(text) if " " in part)


def made_texts(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Cells and lines of a file that was made, of those packed into it, and its own name."""
    yield ("names of files", name)
    place = f"bytes of {Path(name).suffix}"
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for member in packed.namelist():
                yield from made_texts(member, packed.read(member))
    elif name.endswith(".parquet"):
        with duckdb.connect() as con:
            table = pq.read_table(io.BytesIO(content))
            con.register("given", table)
            for column in table.column_names:
                cells = con.execute(f'SELECT DISTINCT "{column}"::VARCHAR FROM given WHERE "{column}" IS NOT NULL')
                yield from ((place, text) for (text,) in cells.fetchall())
    elif name.endswith(".csv"):
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        yield from ((place, cell) for row in rows for cell in row)
    elif name.endswith((".xml", ".rels", ".html")):
        text = content.decode("utf-8", "replace")
        parts = _TAG.sub(" ", text).splitlines() if name.endswith(".html") else _TAG.split(text)
        yield from ((place, html.unescape(part)) for part in parts if " " in part)
    else:
        yield from ((place, line) for line in content.decode("utf-8", "replace").splitlines())


def is_part(name: Words, holders: Mapping[str, set[Words]]) -> bool:
    """Whether the words stand in some company's longer name; `holders` are the names by each of their words."""
    size = len(name)
    return any(
        told_apart(" ".join(carrier)) > size and name in {carrier[at : at + size] for at in range(len(carrier))}
        for carrier in holders.get(name[0], ())
    )


def search(
    texts: Iterable[tuple[str, str]], names: Names, carriers: Mapping[str, set[Words]], norms: Mapping[str, int]
) -> Hits:
    """A name inside a company's own, longer name is that company's, not a person's; so is its normal form."""
    hits = Hits()
    normal = {split for norm, most in norms.items() if most > len(split := words(norm))}
    holders: dict[str, set[Words]] = defaultdict(set)
    for carrier in (carrier for known in carriers.values() for carrier in known):
        for word in carrier:
            holders[word].add(carrier)
    for place, text in texts:
        if text in names.clean:
            continue
        split = words(text)
        spans = list(names.found(split))
        if not spans and len(text) < _LONGEST_KEPT:
            names.clean.add(text)
        for start, end in spans:
            inside = any(
                split[at : at + len(carrier)] == carrier
                for at in range(start + 1)
                for carrier in carriers.get(split[at], ())
                if told_apart(" ".join(carrier)) > end - start and at + len(carrier) >= end
            )
            if place.startswith("bytes of"):
                # neighbours in a page run together: the further words of a company's name may not be told apart
                inside = inside or split[start:end] in normal or is_part(split[start:end], holders)
            (hits.excused if inside or norms.get(text, 0) > end - start else hits.found)[place] += 1
    return hits


def test_persons_are_read_from_all_five_files(shared: Path, names: Names) -> None:
    counts = {source: sum(len(words(n)) > 1 for n in read(shared / "data")) for source, read in PERSONS.items()}
    assert counts["un_sc_consolidated"] > 900
    assert counts["us_ofac_sdn"] > 4600
    assert counts["us_fed_enforcement_actions"] > 1250
    assert counts["mx_sat_69b"] > 2600
    assert counts["br_cgu_cnep"] > 25
    assert len(names.full) > 8000


def test_the_search_finds_a_name_in_either_order_and_knows_a_company_by_its_further_words() -> None:
    known = Names()
    known.add("ZEBEDIN OSTRAVAY, Quarlo")
    carriers = {"quarlo": {words("Quarlo Zebedin Ostravay S.A.")}}
    texts = [("a", "by quarlo  ZEBEDIN-Ostravay."), ("b", "Zebedin Ostravay, Quarlo"), ("c", "Quarlo Zebedin"),
             ("d", "[{'name': Quarlo Zebedin Ostravay, S.A., 'kind': x}]"), ("e", "quarlo zebedin ostravay"),
             ("f", "OSTRAVAY QUARLO ZEBEDIN 12345678909")]  # fmt: skip
    carriers["ostravay"] = {words("OSTRAVAY QUARLO ZEBEDIN 12345678909")}
    hits = search(texts, known, carriers, {"quarlo zebedin ostravay": 5})
    assert (dict(hits.found), dict(hits.excused)) == ({"a": 1, "b": 1, "f": 1}, {"d": 1, "e": 1})


def test_all_sources_are_in_the_home(synced_home: Synced) -> None:
    with Store(synced_home.home).reading() as con:
        found = {row[0] for row in con.execute("SELECT DISTINCT source_id FROM record").fetchall()}
    assert found == set(catalogue()) & {*MIRRORED, *HANDED_IN, *DATED}
    assert len(found) == 12


def test_the_search_reaches_database_and_evidence(synced_home: Synced) -> None:
    known = Names()
    known.add(COMPANY)
    with Store(synced_home.home).reading() as con:
        stored = search(database_texts(con), known, {}, {}).found
    kept = search(evidence_texts(synced_home.home / "evidence"), known, {}, {}).found
    assert {"record.company_name", "company.name", "company_name.name"} <= set(stored)
    assert "entry.SDN_Name" in kept
    assert "bytes of .duckdb" in search(raw_texts(synced_home.home), known, {}, {}).found


def test_no_full_name_is_left_in_database_evidence_or_output(synced_home: Synced, names: Names) -> None:
    with Store(synced_home.home).reading() as con:
        carriers, norms = stored_names(con)
        stored = search(database_texts(con), names, carriers, norms)
    kept = search(evidence_texts(synced_home.home / "evidence"), names, carriers, norms)
    raw = search(raw_texts(synced_home.home), names, carriers, norms)
    told = search((("output", line) for line in synced_home.output.splitlines()), names, {}, {})
    counts = dict(stored.excused), dict(kept.excused), dict(raw.excused)
    logging.getLogger(__name__).info("%d names; inside a company's longer name: %s", len(names.full), counts)
    assert (dict(stored.found), dict(kept.found), dict(raw.found), dict(told.found)) == ({}, {}, {}, {})
    assert not told.excused


def test_no_full_name_is_left_in_what_is_made_of_the_home(synced_home: Synced, names: Names) -> None:
    """Packs, exports, reports of a watch list whose file named persons, and all that these commands say."""
    with Store(synced_home.home).reading() as con:
        carriers, norms = stored_names(con)
    found: Counter[str] = Counter()
    for file in sorted(synced_home.made.iterdir()):
        found += search(made_texts(file.name, file.read_bytes()), names, carriers, norms).found
    told = search((("output", line) for line in synced_home.asked.splitlines()), names, carriers, norms)
    assert (dict(found), dict(told.found)) == ({}, {})


def test_the_search_reaches_what_is_made_of_the_home(synced_home: Synced) -> None:
    with Store(synced_home.home).reading() as con:
        companies = con.execute("SELECT company_name FROM record WHERE source_id = ?", [SOURCES[0]]).fetchall()
    missed = []
    for file in synced_home.made.iterdir():
        known = Names()
        for name in (COMPANY, *(name for (name,) in companies)):
            known.add(name)
        if not search(made_texts(file.name, file.read_bytes()), known, {}, {}).found:
            missed.append(file.name)
    assert [name for name in missed if not name.endswith((".dictionary.csv", ".coverage.json"))] == []


def test_a_rebuild_brings_nobody_back(synced_home: Synced, names: Names) -> None:
    with Store(synced_home.rebuilt).reading() as con:
        carriers, norms = stored_names(con)
        stored = search(database_texts(con), names, carriers, norms)
        (records,) = con.execute("SELECT count(*) FROM record").fetchone() or (0,)
    with Store(synced_home.home).reading() as con:
        assert con.execute("SELECT count(*) FROM record").fetchall() == [(records,)]
    assert dict(stored.found) == {}
    shared_files = {path.name for path in (synced_home.home / "evidence").rglob("*") if path.is_file()}
    assert {path.name for path in (synced_home.rebuilt / "evidence").rglob("*") if path.is_file()} == shared_files


def test_nothing_else_is_left_in_the_home(synced_home: Synced) -> None:
    """No payload, spill file or table of an unfinished sync outlives it."""
    work = synced_home.home / "work"
    assert not work.exists() or not list(work.iterdir())
