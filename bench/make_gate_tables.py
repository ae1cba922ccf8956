"""Makes the shipped tables of the gate and of legal forms from ../shared/data and the hand-kept supplements.

Run `python -m bench.make_gate_tables [FOLDER]`; FOLDER holds the data sets `ref_iso20275_elf`, `ref_lexicon_us_names`
and `ref_us_sec_company_tickers`. The output is the same for the same input, byte by byte.
"""

import csv
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench import gate_sets, gate_unseen
from ingest.names.legal_forms import form_key, split_legal_form
from ingest.privacy.known import known_key
from ingest.privacy.lexica import is_name_word, lexica
from ingest.privacy.text import take_apart
from ingest.privacy.verdict import Subject
from ingest.privacy.words import vocabulary

ROOT = Path(__file__).parent.parent
FORMS = ROOT / "ingest" / "names" / "data"
GATE = ROOT / "ingest" / "privacy" / "data"

SEC = "ref_us_sec_company_tickers"
FREE = ("us_", "ref_us_")
"""Groups of `gate_unseen` that come from US government files."""
LOCAL, LATIN = "Entity Legal Form name Local name", "Entity Legal Form name Transliterated name (per ISO 01-140-10)"
SHORT, SHORT_LATIN = "Abbreviations Local language", "Abbreviations transliterated"
COUNTRY = "Country Code (ISO 3166-1)"

SOLE_TRADER = re.compile(
    r"sole propriet|sole trader|einzelunternehm|einzelkauf|einzelfirma|eenmanszaak|enkeltmand|enkeltperson|enskild n"
    r"|entreprise individuelle|entrepreneur individuel|entreprise en nom personnel|impresa individual|ditta individual"
    r"|personne physique|natürliche person|persona natural|empresari[oa] (individual|em nome)|comerciante individual"
    r"|ettevõtja|fyzick|fizyczn|samostojni podjetnik|trgovac pojedinac|трговец поединец|предузетник|едноличен търговец"
    r"|предприниматель|предприниматели|egyéni|persoan[aă] fizic|intreprindere individ|biznes individual|individualios"
    r"|个体工商户|개인사업자|ملكية فردية|адвокаты, учред|нотариусы|главы крест|физических лиц",
    re.IGNORECASE,
)
NOT_SOLE_TRADER = frozenset({"1PAD", "1CML"})
PUBLIC = re.compile(
    r"government|state|public (law|body|sector)|municip|gemeinde|commune\b|kommun|état|estat|gosudarstv|государств"
    r"|муницип|öffentlich|överenskomst|riigi|valstyb|štátn|státní|országos|administration|ministr|事业单位|机关|国の",
    re.IGNORECASE,
)
NON_PROFIT = re.compile(
    r"non.?profit|not.for.profit|foundation|stiftung|fundaci|fundaç|fondation|fondazione|association|associa|asocia"
    r"|verein|förening|forening|yhdistys|charit|sin fines|sans but|sdružení|združenie|udruga|alapítvány|egyesület"
    r"|fundacja|stowarzyszenie|church|relig|stichting|vereniging|säätiö|фонд|общественн|基金会|社会团体|法人 재단",
    re.IGNORECASE,
)
COOPERATIVE = re.compile(
    r"co-?operativ|coop|genossenschaft|družstvo|spółdzielnia|szövetkezet|кооператив|合作社", re.IGNORECASE
)
PARTNERSHIP = re.compile(
    r"partnership|kommandit|collecti|en commandite|comandita|accomandita|collettivo|offene|spółka (jawna|komand|part)"
    r"|maatschap|vennootschap onder|товариществ|合伙|interessentskab",
    re.IGNORECASE,
)
NOT_A_FORM = re.compile(
    r"\b(other|autre|übrige|annan|annen|altre|iné|lain|embass|botschaft|ambass|canton|kanton|bezirk|bund|branch"
    r"|succurs|filial|zweig|oddział|undivided|indivis|prokura|procur|legal nature|rechtsform|representative)\b|其他"
    r"|その他|прочие|организационно-правовые",
    re.IGNORECASE,
)
ABBREVIATIONS_LEFT_OUT = frozenset({"CH", "SK"})
"""Their lists abbreviate descriptions of the register ("Ent. pub. cantonale"), which no company writes in its name."""
PLAIN_WORDS = frozenset(
    {
        "agency", "anl", "aparte", "banco", "bank", "banka", "branch", "bund", "canton", "church", "commune",
        "company", "comune", "dba", "district", "el", "embassy", "et", "fo", "fond", "fonden", "fp", "fund",
        "individual", "insurer", "limited", "mr", "ms", "obec", "obrt", "ok", "on", "oth", "other", "others",
        "partnership", "per", "person", "pl", "pool", "pp", "pr", "proprietary", "sindicato", "sklad",
        "society", "son", "sp", "state", "ste", "sucursal", "tr", "trust", "union", "unit", "zadruga",
    }
)  # fmt: skip


def main(data: Path) -> None:
    """Writes every table anew."""
    write_forms(data / "ref_iso20275_elf")
    surnames = write_names(data / "ref_lexicon_us_names")
    write_known(data / SEC, surnames)
    write_learnt(data)


def write_forms(folder: Path) -> None:
    """legal_forms.tsv: the supplement first, then what ISO 20275 adds to it."""
    with (FORMS / "legal_forms_supplement.tsv").open(encoding="utf-8", newline="") as file:
        kept = [tuple(row) for row in csv.reader(file, delimiter="\t")][1:]
    newest = max(folder.glob("*elf-code-list*.csv"))
    with newest.open(encoding="utf-8-sig", newline="") as file:
        listed = {row: None for line in csv.DictReader(file) for row in iso_rows(line)}
    seen = {(form_key(row[0]), row[1], row[4]) for row in kept}
    rows = kept + [row for row in listed if (form_key(row[0]), row[1], row[4]) not in seen]
    write_tsv(FORMS / "legal_forms.tsv", ("form", "country", "elf", "class", "where"), rows)


def iso_rows(line: dict[str, str]) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows of one line of the ISO list: its name and its abbreviations, bound to their country."""
    code, country = line["ELF Code"], line[COUNTRY]
    if len(code) != 4 or code in {"8888", "9999"} or NOT_A_FORM.search(f"{line[LOCAL]} {line[LATIN]}"):
        return
    names = {**lexica().surname, **lexica().given}
    kind = legal_class(code, f"{line[LOCAL]} {line[LATIN]}")
    spelt = [line[LOCAL], line[LATIN] if line["Language Code (ISO 639-1)"] not in {"zh", "ja", "ko"} else ""]
    shorts = re.split(r"[;,]", f"{line[SHORT]};{line[SHORT_LATIN]}") if country not in ABBREVIATIONS_LEFT_OUT else []
    for form in [*spelt, *shorts]:
        text = " ".join(form.replace("–", " ").split())
        key = form_key(text)
        words = len(text.split())
        if len(key) < 2 or words > 6 or key in PLAIN_WORDS or "(" in text or (form not in shorts and key in names):
            continue
        yield text, country.lower(), code, kind, "any" if words > 1 and len(key) > 9 else "end"


def legal_class(code: str, name: str) -> str:
    """The class of a legal form, read from its name."""
    if SOLE_TRADER.search(name) and code not in NOT_SOLE_TRADER:
        return "sole trader"
    if code == "4BEM":
        return "trade name"
    for kind, pattern in (
        ("public body", PUBLIC),
        ("non-profit", NON_PROFIT),
        ("cooperative", COOPERATIVE),
        ("partnership", PARTNERSHIP),
    ):
        if pattern.search(name):
            return kind
    return "company"


def write_names(folder: Path) -> frozenset[str]:
    """names_us.tsv.gz: given names and surnames of the US censuses of 1990 and 2010, each with a class of frequency.

    Classes: 1 the most frequent 300 given names of a sex or 2,000 surnames, 2 those up to rank 1,000 or 20,000,
    3 the rest.
    """
    given: dict[str, int] = {}
    for table in ("dist.male.first", "dist.female.first"):
        for name, rank in _ranks((folder / table).read_text(encoding="ascii")):
            given[name] = min(rank, given.get(name, rank))
    surnames: dict[str, int] = {}
    with gzip.open(folder / "census2010_surnames.txt.gz", "rt", encoding="ascii") as file:
        surnames.update(dict.fromkeys((line.strip().lower() for line in file), 999_999))
    surnames.update(_ranks(gzip.decompress((folder / "dist.all.last.gz").read_bytes()).decode("ascii")))
    surnames = {name: rank for name, rank in surnames.items() if name.isalpha() and len(name) > 1}
    lines = ["kind\tclass\tnames"]
    for kind, ranks, (often, seldom) in (("given", given, (300, 1_000)), ("surname", surnames, (2_000, 20_000))):
        groups = {name: 1 if rank <= often else 2 if rank <= seldom else 3 for name, rank in ranks.items()}
        lines += [
            f"{kind}\t{group}\t{' '.join(sorted(n for n in groups if groups[n] == group))}" for group in (1, 2, 3)
        ]
    text = "\n".join(lines) + "\n"
    (GATE / "names_us.tsv.gz").write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    return frozenset(surnames)


def _ranks(text: str) -> Iterator[tuple[str, int]]:
    for line in text.splitlines():
        cells = line.split()
        if len(cells) == 4:
            yield cells[0].lower(), int(cells[3])


def write_known(folder: Path, surnames: frozenset[str]) -> None:
    """companies_sec.txt.gz: names of listed companies without legal form, where the rest still is two words or more.

    A single word is kept where it is no surname; words that the SEC reverses (SCHWAB CHARLES CORP) stay as filed.
    """
    known = set()
    titles = [row["title"] for row in json.loads((folder / "company_tickers.json").read_text("utf-8")).values()]
    exchange = json.loads((folder / "company_tickers_exchange.json").read_text("utf-8"))
    titles += [row[exchange["fields"].index("name")] for row in exchange["data"]]
    for title in titles:
        bare, form = split_legal_form(re.sub(r"\s*[/\\].{0,12}$", "", title), "us")
        key = known_key(bare)
        if form is not None and len(key) > 3 and (" " in key or key not in surnames):
            known.add(key)
    text = "\n".join(sorted(known)) + "\n"
    (GATE / "companies_sec.txt.gz").write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def write_learnt(data: Path) -> None:
    """learnt_words.tsv: words of four or more registered names that no lexicon of names and no list of ours has.

    Read from names of US government files and GLEIF alone, the held-out third left out; no word of any labelled
    person is taken, whatever the file.
    """
    names = {row["title"] for row in json.loads((data / SEC / "company_tickers.json").read_text("utf-8")).values()}
    with (data / "ref_us_irs_eo_bmf" / "eo4.csv").open(encoding="utf-8", newline="") as file:
        names.update(row["NAME"] for row in csv.DictReader(file))
    unseen = [named.item for named in gate_unseen.every_name()]
    labelled = [item for item in (*gate_sets.ofac_gate(), *gate_sets.gleif(), *unseen) if not item.held_out]
    given = {id(item) for item in unseen}
    free = [item for item in labelled if item.group.startswith(FREE) or id(item) not in given]
    names.update(item.subject.name for item in free if item.truth == gate_sets.ORGANISATION)
    people = [item.subject.name for item in labelled if item.truth == gate_sets.PERSON]
    people += [name for name, *_ in gate_sets.synthetic_people() if not _held_out(name)]
    persons = {word for name in people for word in take_apart(name).words}
    counted = Counter(word for name in names for word in set(take_apart(name).words))
    listed, known = vocabulary(without_learnt=True), lexica()
    learnt = sorted(
        word
        for word, count in counted.items()
        if count >= 4 and len(word) > 2 and word.isalpha() and word not in listed.words and word not in persons
        and word not in listed.function and not is_name_word(word) and word not in known.given
    )  # fmt: skip
    write_tsv(GATE / "learnt_words.tsv", ("language", "kind", "words"), [("xx", "soft", " ".join(learnt))])


def _held_out(name: str) -> bool:
    return gate_sets.Labelled(Subject(name), gate_sets.PERSON, "").held_out


def write_tsv(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """One table, tab separated, UTF-8."""
    path.write_text("".join("\t".join(row) + "\n" for row in (header, *rows)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data")
