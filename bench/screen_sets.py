"""A home of 1.3 million invented companies with records, and a noisy list of suppliers, a third of them not in it.

The absent ones are made like all others and taken out of the home again, so that words and spelling tell nothing.
"""

import csv
import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)

import duckdb  # noqa: E402

from bench.name_queries import CLASSES, asked_as  # noqa: E402
from db.index.candidates import Finder  # noqa: E402
from db.index.generation import open_index  # noqa: E402
from db.index.opening import opened  # noqa: E402
from db.index.place import folder_of  # noqa: E402
from db.store import Store  # noqa: E402
from ingest.names.matching import match_name  # noqa: E402

CUT = "cut to 30 characters"
NOISE = (*(kind for kind in CLASSES if kind != "prefix"), CUT)
"""How suppliers are written; a name as long as a field of the accounts is cut there."""
_ABSENT = "hash(company_id, 9) % 260 = 0"
_FIELD = 30
_SEEN_PRESENT, _SEEN_ABSENT = 30_000, 4_000
"""Names, in the order they are drawn, that have been in a list whose answers were read while rules were made."""
_DRAWN = 30_000
_RECORD = """
    SELECT 'xx_bench:' || number || '-' || n AS record_id, 'xx_bench' AS source_id, company_id,
           number || '-' || n AS native_id, name AS company_name, 'company' AS entity_type,
           'legal form' AS gate_reason, country, 'penalty' AS kind, 'environment' AS subject_area,
           DATE '2020-01-01' + (number % 2000)::INTEGER AS issued_on, 'final' AS status,
           [{'kind': 'final', 'value': (number % 90000)::DECIMAL(18, 2), 'currency': 'USD'}] AS amounts,
           'https://agency.example/' || number AS source_url, 'v1' AS adapter_version, 'r' AS retrieval_id,
           number AS row_number, '' AS row_hash, 1 AS version, now()::TIMESTAMP AS first_seen,
           now()::TIMESTAMP AS changed_at, now()::TIMESTAMP AS last_seen
    FROM (SELECT *, unnest(range(1 + number % 3)) AS n FROM kept.made) ORDER BY company_id, n"""


@dataclass(frozen=True, slots=True)
class Supplier:
    """A line of the list; `company_id` is None for one that is not in the home."""

    kind: str
    text: str
    country: str
    company_id: str | None


def make_home(names: Path, home: Path) -> Store:
    """The home, made once from the folder that `bench/names_1m.py` made: one to three records a company."""
    store = Store(home)
    if (home / "made").exists():
        _indexed(store)
        return store
    shutil.rmtree(home, ignore_errors=True)
    with store.writing() as writer, writer.next_generation() as con:
        con.execute(f"ATTACH '{names / 'names.duckdb'}' AS kept (READ_ONLY)")
        con.execute(f"INSERT INTO gen.record BY NAME SELECT * FROM ({_RECORD}) WHERE NOT {_ABSENT}")
        con.execute(
            f"""INSERT INTO gen.company BY NAME
            SELECT company_id, name, norm, legal_form, country, 'company' AS entity_type, 1 + number % 3 AS records,
                   0 AS removed, 0 AS not_adverse, ['xx_bench'] AS sources, ['penalty'] AS kinds,
                   DATE '2020-01-01' + (number % 2000)::INTEGER AS first_on, first_on AS last_on
            FROM kept.made WHERE NOT {_ABSENT} ORDER BY company_id"""
        )
        con.execute(
            f"""INSERT INTO gen.company_name BY NAME
            SELECT norm, company_id, name, 'stated' AS kind FROM kept.made WHERE NOT {_ABSENT} ORDER BY norm"""
        )
        con.execute(
            """INSERT INTO gen.run BY NAME SELECT 'run' AS run_id, 'xx_bench' AS source_id, now()::TIMESTAMP AS
            started_at, 1 AS seconds, 'loaded' AS outcome, 'v1' AS adapter_version, 1 AS rows_read,
            (SELECT count(*) FROM gen.record) AS added, 0 AS changed, 0 AS removed, 0 AS unchanged"""
        )
        con.execute("DETACH kept")
    (home / "made").touch()
    _indexed(store)
    return store


def _indexed(store: Store) -> None:
    """Builds the index anew where the home has one of an older format, so that no measure counts that."""
    with store.reading() as con:
        opened(con)


def suppliers(names: Path, store: Store, count: int, *, unseen: bool = False) -> list[Supplier]:
    """The list as handed over: equal parts of each noise, one in three absent, a country for four in five.

    Rules were made while looking at what came of the names that are drawn first; `unseen` draws from behind them.

    An absent name is left out where its words, as registered or as written, are those of a company in the home, and
    where a company in the home goes on as the name does that was cut.
    """
    chance = random.Random(29 if unseen else 23)
    present, absent = count - count // 3, count // 3
    seen = (_SEEN_PRESENT, _SEEN_ABSENT) if unseen else (0, 0)
    found = _noisy(_rows(names, seen[0], absent=False), present, chance, lambda _: True)
    found += _noisy(_rows(names, seen[1], absent=True), absent, chance, _not_in(store))
    chance.shuffle(found)
    return found


def _not_in(store: Store) -> Callable[[str], bool]:
    index = open_index(folder_of(store.current), store.current)
    assert index is not None
    finder = Finder(index)

    def absent(text: str) -> bool:
        given = match_name(text).text
        words, cut = sorted(given.split()), len(text) in {_FIELD, _FIELD - 1}
        numbers, _ = finder.scored(given, 20, begun=cut)
        found = [index.text(int(number)) for number in numbers]
        return not any(sorted(name.split()) == words or (cut and name.startswith(given)) for name in found)

    return absent


def _rows(names: Path, skipped: int, *, absent: bool) -> list[tuple[str | None, tuple[str, str, str, str, str]]]:
    """Company id, None for an absent one, and name, normal form, legal form, country and Latin spelling."""
    with duckdb.connect(str(names / "names.duckdb"), read_only=True) as con:
        rows = con.execute(
            f"""SELECT company_id, name, norm, legal_form, country, latin FROM made
            WHERE {"" if absent else "NOT"} {_ABSENT} ORDER BY hash(name, 23) LIMIT {_DRAWN} OFFSET {skipped}"""
        ).fetchall()
    return [(None if absent else row[0], row[1:]) for row in rows]


def _noisy(
    rows: list[tuple[str | None, tuple[str, str, str, str, str]]],
    count: int,
    chance: random.Random,
    fits: Callable[[str], bool],
) -> list[Supplier]:
    """As many of each noise, as far as there are names it can befall: few stand in another script."""
    wanted = {kind: count // len(NOISE) for kind in NOISE}
    found: list[Supplier] = []
    for company_id, row in rows:
        if len(found) == count:
            break
        if not fits(row[0]):
            continue
        kinds = sorted((kind for kind in NOISE if wanted[kind] > 0), key=lambda kind: -wanted[kind])
        for kind in (*kinds, NOISE[0]):
            text = _text(kind, row, chance)
            if text is not None and (text == row[0] or fits(text)):
                found.append(Supplier(kind, text, row[3] if chance.random() < 0.8 else "", company_id))
                wanted[kind] -= 1
                break
    return found


def _text(kind: str, row: tuple[str, str, str, str, str], chance: random.Random) -> str | None:
    if kind == CUT:
        return row[0][:_FIELD].strip() if len(row[0]) > _FIELD else None
    return asked_as(kind, row, chance)


def write_list(path: Path, given: list[Supplier]) -> None:
    """The list as CSV, as an analyst would hand it over."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("Vendor no.", "Supplier", "Country"))
        writer.writerows((number, one.text, one.country.upper()) for number, one in enumerate(given, 1))
