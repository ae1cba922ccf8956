"""The labelled names that bench/gate.py judges: read from ../shared/data, never copied, split by hash."""

import csv
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree, html
from python_calamine import CalamineWorkbook

from ingest.privacy.verdict import Subject

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
PERSON, ORGANISATION, EITHER = "person", "organisation", "either"
OFAC_NULL = "-0-"
ISO_NAME, ISO_SHORT = "Entity Legal Form name Local name", "Abbreviations Local language"
ISO_COUNTRY = "Country Code (ISO 3166-1)"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One subject, what it is (person, organisation, either) and the group it is reported under."""

    subject: Subject
    truth: str
    group: str

    @property
    def held_out(self) -> bool:
        """A third of all names, by hash: never looked at while the gate is developed."""
        return hashlib.sha256(self.subject.name.encode()).digest()[0] % 3 == 0


def _csv(path: str, *, delimiter: str = ",", encoding: str = "utf-8-sig") -> Iterator[dict[str, str]]:
    with (DATA / path).open(encoding=encoding, newline="") as file:
        yield from csv.DictReader(file, delimiter=delimiter)


def ofac_gate() -> Iterator[Labelled]:
    """OFAC names with the list's own type; given names of the persons permuted."""
    for row in _csv("ref_gate_ofac/ofac_names_labelled.csv"):
        yield Labelled(Subject(row["name"]), PERSON if row["label"] == "PERSON" else ORGANISATION, "ofac")


def hard_cases() -> Iterator[Labelled]:
    """Hand-written hard cases, grouped by certainty (CLEAR, POLICY, MIXED)."""
    for row in _csv("ref_gate_hardcases/hardcases.csv"):
        truth = PERSON if row["label"] == "PERSON" else ORGANISATION
        yield Labelled(Subject(row["name"]), truth, row["certainty"])


def gleif() -> Iterator[Labelled]:
    """LEI names by category; sole proprietors grouped by country."""
    for row in _csv("ref_gate_gleif_category/gleif_names_by_category.csv"):
        country, category = row["country"].lower(), row["entity_category"]
        sole = category == "SOLE_PROPRIETOR"
        group = f"{category} {country}" if sole else category
        yield Labelled(Subject(row["legal_name"], country), EITHER if sole else ORGANISATION, group)


def ends_in_iso_form() -> Callable[[str, str | None], bool]:
    """Whether a name ends in a form that the ISO 20275 list itself has for the country; no table of ours is asked."""
    forms: dict[str, set[str]] = {}
    newest = max((DATA / "ref_iso20275_elf").glob("*elf-code-list*.csv"))
    for row in _csv(str(newest.relative_to(DATA))):
        names = f"{row[ISO_NAME]};{row[ISO_SHORT]}".split(";")
        forms.setdefault(row[ISO_COUNTRY].lower(), set()).update(_bare(name) for name in names)

    def ends(name: str, country: str | None) -> bool:
        words, listed = name.split(), forms.get(country or "", set())
        return any(len(tail := _bare("".join(words[-size:]))) > 1 and tail in listed for size in range(1, len(words)))

    return ends


def _bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def corporations() -> Iterator[Labelled]:
    """Corporation names of US campaign finance lists."""
    for name in etree.parse(str(DATA / "ref_gate_probablepeople/company_labeled.xml")).getroot():
        yield Labelled(
            Subject(" ".join("".join(str(part) for part in name.itertext()).split()), "us"),
            ORGANISATION,
            "corporations",
        )


def probable_people() -> Iterator[tuple[str, str, str]]:
    """(name, given, surname) of shuffled US persons; names of one token, or without a surname, have no writings."""
    for row in _csv("ref_gate_probablepeople/person_shuffled.csv"):
        words, tags = row["name"].split(), row["token_tags"].split("+")
        pairs = list(zip(words, tags, strict=False))
        given = " ".join(word.strip(",") for word, tag in pairs if tag in {"GivenName", "FirstInitial", "MiddleName"})
        surname = " ".join(word.strip(",") for word, tag in pairs if tag == "Surname")
        yield row["name"], given, surname


def synthetic_people() -> Iterator[tuple[str, str, str, str]]:
    """(name, given, surname, script) of generated persons of many cultures."""
    for row in _csv("ref_gate_synthetic_persons/synthetic_persons.csv"):
        given = " ".join(part for part in (row["first_name"], row["middle_name"]) if part)
        yield row["full_name"], given, row["last_name"], script_of(row["full_name"])


def script_of(name: str) -> str:
    """The script of a name's first letter outside of ASCII, as the language group of the synthetic persons."""
    ranges = (
        ("cyrillic", 0x400, 0x52F), ("greek", 0x370, 0x3FF), ("hebrew", 0x590, 0x5FF), ("arabic", 0x600, 0x77F),
        ("indic", 0x900, 0xDFF), ("thai", 0xE00, 0xE7F), ("georgian", 0x10A0, 0x10FF), ("kana", 0x3040, 0x30FF),
        ("han", 0x3400, 0x9FFF), ("hangul", 0xAC00, 0xD7AF), ("armenian", 0x530, 0x58F),
    )  # fmt: skip
    for letter in name:
        for script, first, last in ranges:
            if first <= ord(letter) <= last:
                return script
    return "latin ascii" if name.isascii() else "latin accented"


def phmsa() -> Iterator[Labelled]:
    """Pipeline operators."""
    for row in _csv(
        "us_phmsa_pipeline_enforcement/PHMSA Pipeline Enforcement Raw Data.txt", delimiter="\t", encoding="cp1252"
    ):
        yield Labelled(Subject(row["Operator_Name"], "us"), ORGANISATION, "phmsa")


def cnep() -> Iterator[Labelled]:
    """Companies punished in Brazil; a document of 11 digits is a person's."""
    for row in json.loads((DATA / "br_cgu_cnep/cnep_102023.json").read_text(encoding="utf-8"))["data"]:
        digits = "".join(sign for sign in row["cpfCnpj"] if sign.isdigit())
        scheme = "cnpj" if len(digits) == 14 else "cpf" if len(digits) == 11 else ""
        numbers = ((scheme, digits),) if scheme else ()
        subject = Subject(row["nomeSancionado"], "br", None, numbers)
        yield Labelled(subject, PERSON if scheme == "cpf" else ORGANISATION, f"cnep {scheme or 'no number'}")


def cepim() -> Iterator[Labelled]:
    """Non-profits barred from agreements in Brazil, by name alone: their source holds nobody else."""
    for row in json.loads((DATA / "br_cgu_cepim/cepim_102023.json").read_text(encoding="utf-8"))["data"]:
        yield Labelled(Subject(row["nomeSancionado"], "br"), ORGANISATION, "cepim, by name alone")


def edgar() -> Iterator[Labelled]:
    """Filers of one day at the SEC: companies, funds, and persons who file about their shares."""
    with (DATA / "us_sec_edgar_index/company.20221003.idx").open(encoding="latin-1") as file:
        listed = file.read().partition("-" * 80)[2].splitlines()[1:]
    names = dict.fromkeys(line[:62].strip() for line in listed if line[:62].strip())
    for name in names:
        yield Labelled(Subject(name, None), EITHER, "edgar, filers of one day")


def ircc() -> Iterator[Labelled]:
    """Employers found non-compliant in Canada (legal name, else operating name)."""
    page = html.parse(str(DATA / "ca_ircc_noncompliant_employers/employers-non-compliant.html"))
    for row in page.xpath("//tr[td]"):
        cells = [" ".join(cell.text_content().split()) for cell in row.xpath("td")]
        name = cells[1] if len(cells) > 1 and cells[1] not in {"", "-"} else cells[0]
        yield Labelled(Subject(name, "ca"), EITHER, "ircc")


def mhlw() -> Iterator[Labelled]:
    """Employers prosecuted in Japan."""
    for row in _csv("jp_mhlw_labor_violations/reference_appearances.tsv", delimiter="\t"):
        yield Labelled(Subject(row["company_name"], "jp"), EITHER, "mhlw")


def fda(declared: str | None) -> Iterator[tuple[str, Labelled]]:
    """(event, recalling firm) of food recalls."""
    book = CalamineWorkbook.from_path(str(DATA / "us_fda_recalls_dashboard/fda_recalls_2024_2025_dirty.xlsx"))
    header, *rows = book.get_sheet_by_index(0).to_python()
    names = [str(name) for name in header]
    event, firm = names.index("Event ID"), names.index("Recalling Firm Name")
    country = names.index("Recalling Firm Country")
    for row in rows:
        code = "us" if str(row[country]).startswith("United States") else None
        yield str(row[event]), Labelled(Subject(str(row[firm]), code, declared), ORGANISATION, "fda")


def alimconfiance() -> Iterator[Labelled]:
    """Shops and restaurants inspected in France; many stand under a sign, many under their owner's name."""
    for row in _csv("fr_dgal_alimconfiance/export_alimconfiance.csv", delimiter=";"):
        yield Labelled(Subject(row["APP_Libelle_etablissement"], "fr"), EITHER, "alimconfiance")


def typed_sources() -> Iterator[Labelled]:
    """Rows of OFAC, UN, Fed, SAT with the source's own type as truth, judged as the source declares them."""
    with (DATA / "us_ofac_sdn/sdn.csv").open(encoding="utf-8", errors="replace", newline="") as file:
        for cells in csv.reader(file):
            if len(cells) > 2:
                person = cells[2].strip() == "individual"
                kind = cells[2].strip()
                declared = "person" if person else "other organisation" if kind == OFAC_NULL else kind
                truth = PERSON if person else ORGANISATION
                yield Labelled(Subject(cells[1], None, declared), truth, "ofac sdn")
    root = etree.parse(str(DATA / "un_sc_consolidated/consolidated.xml")).getroot()
    for tag, declared, truth in (("INDIVIDUAL", "person", PERSON), ("ENTITY", "other organisation", ORGANISATION)):
        for item in root.iter(tag):
            parts = [item.findtext(part) or "" for part in ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")]
            yield Labelled(Subject(" ".join(" ".join(parts).split()), None, declared), truth, "un")
    for row in _csv("us_fed_enforcement_actions/enforcementactions.csv"):
        if row["Individual"]:
            yield Labelled(Subject(row["Individual"], "us", "person"), PERSON, "fed")
        for bank in row["Banking Organization"].split("; ") if row["Banking Organization"] else ():
            yield Labelled(Subject(bank, "us", "company"), ORGANISATION, "fed")
    with (DATA / "mx_sat_69b/Listado_Completo_69-B.csv").open(encoding="latin-1", newline="") as file:
        for cells in csv.reader(file):
            if len(cells) > 3 and cells[0].isdigit():
                person = len(cells[1].strip()) != 12 or cells[1].startswith("XXX")
                number = (("rfc", cells[1].strip()),)
                yield Labelled(Subject(cells[2], "mx", None, number), PERSON if person else ORGANISATION, "sat")
