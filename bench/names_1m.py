"""Company names in any number, invented from the statistics of real ones, and a home that holds them.

    python bench/names_1m.py HOME [--names 1300000] [--data ../shared/data]

What is learnt from the reference names: which words follow which, how long names are, how often a word was never seen
before, and how such words are spelt. No name is copied; one that comes out equal to a real one is left out.
Every fiftieth name is written in Cyrillic, Greek or kana by tables of this file, which are not those of the index.
"""

import argparse
import csv
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

import duckdb  # noqa: E402
import pyarrow as pa  # noqa: E402

from db.store import Store  # noqa: E402
from db.times import utc_now  # noqa: E402
from ingest import arrow  # noqa: E402
from ingest.names.normal import company_id, normal_form  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
_CYRILLIC = dict(zip("abvgdeziklmnoprstufyh", "абвгдезиклмнопрстуфых", strict=True))
_GREEK = dict(zip("abgdeziklmnoprstfx", "αβγδεζικλμνοπρστφξ", strict=True))
_KANA = {
    consonant + vowel: sign
    for consonant, signs in {
        "": "アイウエオ", "k": "カキクケコ", "s": "サ*ス*ソ", "t": "タ***ト", "n": "ナニヌネノ", "m": "マミムメモ",
        "r": "ラリルレロ",
    }.items()
    for vowel, sign in zip("aiueo", signs, strict=True)
    if sign != "*"
}  # fmt: skip


_AGAIN = 0.7
"""Share of words rare in the reference that were met before: a million names hold about a third as many words."""


@dataclass(frozen=True, slots=True)
class Named:
    """An invented name; `latin` is how it is spelt in Latin letters where it stands in another script."""

    name: str
    country: str
    latin: str = ""


def reference_names(data: Path) -> dict[str, list[str]]:
    """Real names by country, from files of registers and lists of companies."""

    def rows(path: str, column: str, **options: str) -> list[str]:
        with (data / path).open(encoding=options.get("encoding", "utf-8"), errors="replace", newline="") as file:
            for _ in range(int(options.get("skip", "0"))):
                next(file)
            return [row[column] for row in csv.DictReader(file) if row.get(column)]

    tickers = json.loads((data / "ref_us_sec_company_tickers/company_tickers.json").read_text(encoding="utf-8"))
    us = [entry["title"] for entry in tickers.values()]
    us += rows("ref_us_sec_ex21/ex21_labels.csv", "Subsidiary") + rows("ref_us_irs_eo_bmf/eo4.csv", "NAME")
    mexican = rows("mx_sat_69b/Listado_Completo_69-B.csv", "Nombre del Contribuyente", encoding="latin-1", skip="2")
    return {"us": us, "mx": mexican, "nl": rows("ref_namepairs_patstat/patstat_reference.csv", "person_name")}


class Inventor:
    """Draws names from a chain of words; words never seen before from a chain of letters."""

    def __init__(self, names: list[str], chance: random.Random) -> None:
        self.chance = chance
        self.real = {name.casefold() for name in names}
        split = [name.split() for name in names if 2 <= len(name.split()) <= 9]
        counts = Counter(word for words in split for word in words)
        followers: defaultdict[str, list[str]] = defaultdict(list)
        letters: defaultdict[str, list[str]] = defaultdict(list)
        for words in split:
            before = ""
            for word in words:
                # a word met once stands for all those never met
                shown = word if counts[word] > 1 else "*"
                followers[before].append(shown)
                before = shown
            followers[before].append("")
        for word, n in counts.items():
            if n == 1 and word.isalpha() and 4 <= len(word) <= 14:
                spelt = f"  {word.lower()} "
                for at in range(2, len(spelt)):
                    letters[spelt[at - 2 : at]].append(spelt[at])
        self.followers, self.letters = dict(followers), dict(letters)
        self.drawn: list[str] = []

    def name(self) -> str:
        """An invented name of two to nine words."""
        while True:
            words: list[str] = []
            before = ""
            while (following := self.chance.choice(self.followers[before])) and len(words) < 10:
                words.append(self.word() if following == "*" else following)
                before = following
            name = " ".join(words)
            if 2 <= len(words) <= 9 and name.casefold() not in self.real:
                return name

    def word(self) -> str:
        """An invented word of four letters or more; the more often one was drawn, the likelier it comes again."""
        word = self.chance.choice(self.drawn) if self.drawn and self.chance.random() < _AGAIN else self._new_word()
        self.drawn.append(word)
        return word

    def _new_word(self) -> str:
        while True:
            spelt = "  "
            while (letter := self.chance.choice(self.letters[spelt[-2:]])) != " " and len(spelt) < 16:
                spelt += letter
            if len(spelt) > 5:
                return spelt[2:].capitalize()


def invented(count: int, data: Path, seed: int = 4) -> Iterator[Named]:
    """Invented names in any number, in no order; normal forms may repeat."""
    chance = random.Random(seed)
    inventors = {country: Inventor(names, chance) for country, names in reference_names(data).items()}
    countries = [*inventors]
    shares = [6, 3, 1]
    for number in range(count):
        country = chance.choices(countries, shares)[0]
        if number % 50 == 0:
            yield _in_other_script(inventors["us"], chance)
        else:
            yield Named(inventors[country].name(), country)


def _in_other_script(inventor: Inventor, chance: random.Random) -> Named:
    script = chance.choice(("ru", "gr", "jp"))
    if script == "jp":
        latin = "".join(chance.choice([*_KANA]) for _ in range(chance.randint(4, 7)))
        syllables, at = "", 0
        while at < len(latin):
            length = 2 if latin[at : at + 2] in _KANA else 1
            syllables += _KANA[latin[at : at + length]]
            at += length
        return Named(f"{syllables}株式会社", "jp", f"{latin.capitalize()} KK")
    table = _CYRILLIC if script == "ru" else _GREEK
    words: list[str] = []
    while len(words) < 2:
        word = inventor.word().lower()
        if set(word) <= table.keys():
            words.append(word)
    written = " ".join("".join(map(table.__getitem__, word)).capitalize() for word in words)
    latin = " ".join(word.capitalize() for word in words)
    if script == "ru":
        return Named(f"ООО {written}", "ru", f"OOO {latin}")
    return Named(f"{written} ΑΕ", "gr", f"{latin} AE")


_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("company_id", "name", "norm", "legal_form", "country", "latin")]
    + [("number", pa.int64())]
)


def make_home(home: Path, count: int, data: Path) -> int:
    """Publishes a generation of invented companies, without records; gives how many have a normal form of their own.

    Table `made` of `names.duckdb` beside it says how the names were made.
    """
    seen: set[str] = set()

    def batches() -> Iterator[pa.RecordBatch]:
        waiting: list[dict[str, object]] = []
        for made in invented(count * 2, data):
            form = normal_form(made.name, made.country)
            if form.text in seen:
                continue
            seen.add(form.text)
            key = company_id(form.key(made.country))
            waiting.append(
                {"company_id": key, "name": made.name, "norm": form.text, "legal_form": form.legal_form,
                 "country": made.country, "latin": made.latin, "number": len(seen)}
            )  # fmt: skip
            if len(waiting) == 50_000 or len(seen) == count:
                yield pa.RecordBatch.from_pylist(waiting, schema=_SCHEMA)
                waiting = []
            if len(seen) == count:
                return

    home.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(home / "names.duckdb")) as kept:
        kept.execute("DROP TABLE IF EXISTS made")
        arrow.load(kept, "made", _SCHEMA, batches())
    store = Store(home / "home")
    with store.writing() as writer, writer.next_generation() as con:
        con.execute(f"ATTACH '{home / 'names.duckdb'}' AS kept (READ_ONLY)")
        con.execute(
            """INSERT INTO gen.company BY NAME
            SELECT company_id, name, norm, legal_form, country, 'company' AS entity_type, 1 + number % 7 AS records,
                   0 AS removed, 0 AS not_adverse, ['xx'] AS sources, ['penalty'] AS kinds,
                   DATE '2020-01-01' + (number % 2000)::INTEGER AS first_on, DATE '2026-01-01' AS last_on
            FROM kept.made ORDER BY company_id"""
        )
        con.execute(
            """INSERT INTO gen.company_name BY NAME
            SELECT norm, company_id, name, 'stated' AS kind FROM kept.made ORDER BY norm"""
        )
        con.execute(
            """INSERT INTO gen.company_identifier BY NAME SELECT format('{:020d}', number) AS value,
            'xx-register' AS scheme, company_id FROM kept.made ORDER BY value"""
        )
        con.execute("DETACH kept")
    return len(seen)


def main() -> None:
    """Makes the home."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--names", type=int, default=1_300_000)
    parser.add_argument("--data", type=Path, default=DATA)
    chosen = parser.parse_args()
    started = utc_now()
    print(f"{make_home(chosen.home, chosen.names, chosen.data):,} names in {utc_now() - started}")


if __name__ == "__main__":
    main()
