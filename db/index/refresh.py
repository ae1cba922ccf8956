"""Building the name index of a generation: its first part anew or taken over by hard link, its second, its links.

New names go to the second part; when more than a tenth of all has changed, everything is built again. A name without
a company stays in its part until then, and is never found.
"""

import os
import shutil
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from db.index.build import Names, build_segment, names_of
from db.index.generation import Links, about, open_parts, write_about
from db.index.make_cards import make_cards
from db.index.make_versions import make_versions
from db.index.segment import Keys, Numbers, Segment
from db.index.versions import NO_DATE
from ingest import arrow
from ingest.errors import StoreDamaged
from ingest.names.matching import match_name
from ingest.names.normal import words

Columns = dict[str, Any]
_MERGED_FROM = 0.1
_KEY = "md5_number_lower({})"
_LINKS = """
    SELECT md5_number_lower(n.norm) AS key, n.rowid::UINTEGER AS name_row, c.rowid::UINTEGER AS company_row,
           n.kind = 'stated' AS stated
    FROM company_name n JOIN company c USING (company_id)"""
_COMPANIES = f"""
    SELECT c.rowid::UINTEGER AS company_row, records::UINTEGER AS records,
           coalesce(datediff('day', DATE '1970-01-01', last_on), {NO_DATE})::INTEGER AS last,
           coalesce(ascii(country[1]) * 256 + ascii(country[2]), 0)::USMALLINT AS country, form,
           hash(company_id) AS company_key
    FROM company c JOIN (
        SELECT legal_form, (md5_number_lower(legal_form) & 4294967295)::UINTEGER AS form
        FROM (SELECT DISTINCT legal_form FROM company)) USING (legal_form)"""
_COUNTRIES = "SELECT DISTINCT country FROM company WHERE country IS NOT NULL ORDER BY country"
_NORMS = "SELECT n.rowid AS place, norm FROM company_name n SEMI JOIN _chosen c ON c.place = n.rowid"


def refresh(generation: Path, target: Path, previous: Path | None = None, *, memory: str = "1200MB") -> None:
    """Builds the index of a generation file nobody writes to any more into the new folder `target`.

    `previous` is the index of the generation before, whose parts are taken over as far as they hold. Without it
    nothing is: after a purge no byte of a purged name is left. Cost: links linear in all names, the rest in new ones.
    """
    shut_off: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    with duckdb.connect(str(generation), read_only=True, config=shut_off) as con:
        refresh_over(con, generation, target, previous)


def refresh_over(con: duckdb.DuckDBPyConnection, generation: Path, target: Path, previous: Path | None = None) -> None:
    """`refresh` over an open connection whose database is that generation."""
    version = names_version()
    target.mkdir(parents=True)
    rows = _in_order(con.execute(_LINKS).fetchnumpy())
    names = _first_of_each(rows)
    old = _reusable(previous, version)
    parts = _parts(con, names, old)
    for number, part in enumerate(parts, 1):
        folder = target / f"part-{number}"
        if number <= len(old) and part is old[number - 1] and previous is not None:
            _take_over(previous / f"part-{number}", folder)
        else:
            part.save(folder)
    _links(rows, con.execute(_COMPANIES).fetchnumpy(), parts).save(target / "links")
    make_cards(con, target / "cards", _several_stated(rows))
    made = make_versions(con)
    made.versions.save(target / "versions")
    countries = [row[0] for row in con.execute(_COUNTRIES).fetchall()]
    codes = {"countries": countries, "sources": made.sources, "kinds": made.kinds}
    write_about(target, generation, version, len(parts), **codes)


def names_version() -> str:
    """Hash of what turns a name into its match text: parts made by other rules are not taken over."""
    digest = sha256()
    pending = [resources.files("ingest.names")]
    files = {}
    while pending:
        for item in pending.pop().iterdir():
            if item.is_dir() and item.name != "__pycache__":
                pending.append(item)
            elif item.name.endswith((".py", ".tsv", ".toml", ".json")):
                files[item.name] = item.read_bytes()
    for name in sorted(files):
        digest.update(files[name])
    return digest.hexdigest()


def _reusable(previous: Path | None, version: str) -> tuple[Segment, ...]:
    """Parts of the index before; none where it is damaged, missing or made by other rules: all is built again."""
    if previous is None:
        return ()
    try:
        said = about(previous)
        return open_parts(previous, said["parts"]) if said and said["names"] == version else ()
    except StoreDamaged:
        return ()


def _parts(con: duckdb.DuckDBPyConnection, names: Columns, old: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Parts that together have all these names, taken over from old ones as far as they hold."""
    wanted: Keys = names["key"]
    if not len(wanted):
        return ()
    if old:
        alive = [np.flatnonzero(np.isin(part.doc_key, wanted, assume_unique=True)) for part in old]
        known = np.isin(wanted, np.concatenate([part.doc_key for part in old]), assume_unique=True)
        dead = sum(map(len, old)) - sum(map(len, alive))
        if sum(map(len, alive[1:])) + int((~known).sum()) + dead <= _MERGED_FROM * len(wanted):
            if known.all():
                return old
            later = [names_of(part, docs) for part, docs in zip(old[1:], alive[1:], strict=True)]
            new = _names(con, names["name_row"][~known], wanted[~known])
            return old[0], build_segment(Names.together([*later, new]), len(wanted), old[0])
    return (build_segment(_names(con, names["name_row"], wanted), len(wanted)),)


def _names(con: duckdb.DuckDBPyConnection, rows: Numbers, keys: Keys) -> Names:
    """Names made ready for the index, from rows of company_name and the keys of their normal forms."""
    key = np.zeros(int(rows.max()) + 1, np.uint64)
    key[rows] = keys
    found = []
    arrow.register(con, "_chosen", pa.table({"place": rows.astype(np.int64)}))
    try:
        for batch in arrow.batches(con, _NORMS):
            ready = [indexed(norm) for norm in batch.column("norm").to_pylist()]
            texts = pa.array([" ".join([*own, *others]) for own, others in ready], pa.string())
            counts = np.array([len(own) for own, _ in ready], np.uint16)
            found.append(Names(key[np.asarray(batch.column("place"))], texts, counts))
    finally:
        con.unregister("_chosen")
    return Names.together(found)


def indexed(norm: str) -> tuple[list[str], list[str]]:
    """Words of the match text of a normal form, and words as written that are not among them."""
    own = list(match_name(norm).tokens) or norm.split() or [norm]
    return own, [word for word in words(norm) if word not in own]


def _several_stated(rows: Columns) -> Numbers:
    """Rows of the stated names of companies that are stated in several ways."""
    company, name = (rows[column][rows["stated"]] for column in ("company_row", "name_row"))
    several: Numbers = name[np.bincount(company)[company] > 1]
    return several


def _first_of_each(ordered: Columns) -> Columns:
    """The first of the rows of each key."""
    key = ordered["key"]
    first = np.append(True, key[1:] != key[:-1]) if len(key) else np.zeros(0, bool)
    return {name: column[first] for name, column in ordered.items()}


def _in_order(rows: Columns) -> Columns:
    """Rows by key, then stated names first, then by row; only rows that share a key are looked at twice."""
    order = np.argsort(rows["key"])
    key = rows["key"][order]
    same = np.concatenate(([False], key[1:] == key[:-1])) if len(key) else np.zeros(0, bool)
    shared = np.flatnonzero(same | np.append(same[1:], False)) if len(key) else np.zeros(0, np.int64)
    several = order[shared]
    order[shared] = several[np.lexsort((rows["name_row"][several], ~rows["stated"][several], rows["key"][several]))]
    return {name: column[order] for name, column in rows.items()}


def _links(rows: Columns, companies: Columns, parts: tuple[Segment, ...]) -> Links:
    """Links of all names in the order of their numbers; `rows` are in order of keys, as names are in every part."""
    places, starts = [np.empty(0, np.int64)], [np.zeros(1, np.int64)]
    for part in parts:
        at = np.minimum(np.searchsorted(part.doc_key, rows["key"]), len(part) - 1)
        mine = np.flatnonzero(part.doc_key[at] == rows["key"])
        starts.append(starts[-1][-1] + np.searchsorted(at[mine], np.arange(len(part)), "right"))
        places.append(mine)
    order = np.concatenate(places)
    size = int(companies["company_row"].max(initial=0)) + 1
    by_row = {}
    for column in ("records", "last", "country", "form", "company_key"):
        by_row[column] = np.zeros(size, companies[column].dtype)
        by_row[column][companies["company_row"]] = companies[column]
    return Links(
        start=np.concatenate(starts).astype(np.uint32),
        name_row=rows["name_row"][order],
        company_row=rows["company_row"][order],
        stated=rows["stated"][order],
        **by_row,
    )


def _take_over(part: Path, target: Path) -> None:
    """The files of a part under a second name; copied where the file system has no hard links."""
    target.mkdir()
    for file in part.iterdir():
        try:
            os.link(file, target / file.name)
        except OSError:
            shutil.copyfile(file, target / file.name)
