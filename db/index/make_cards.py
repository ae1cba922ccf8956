"""Making the cards of all companies, in one pass over them. Cost: linear in companies, and in the records of those
that have several kinds of records."""

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from db.index.segment import Numbers
from ingest import arrow
from ingest.model import NOT_ADVERSE_SQL

_FIELD, _ITEM, _PART = "chr(31)", "chr(30)", "chr(29)"
_PLAIN = f"translate({{}}, {_FIELD} || {_ITEM} || {_PART}, '')"
_COUNTED = f"""
    SELECT company_id, array_to_string(list(kind || {_PART} || n ORDER BY kind), {_ITEM}) AS kinds
    FROM (SELECT company_id, kind, count(*) AS n FROM record
          SEMI JOIN (SELECT company_id FROM company WHERE len(kinds) > 1) USING (company_id)
          WHERE NOT {NOT_ADVERSE_SQL} GROUP BY ALL) GROUP BY company_id"""
_NUMBERS = f"""CASE WHEN len(identifiers) > 0 THEN array_to_string(list_transform(identifiers, lambda i:
    {_PLAIN.format("i.scheme")} || {_PART} || coalesce(i.valid::VARCHAR, '') || {_PART} || {_PLAIN.format("i.value")}
    ), {_ITEM}) END"""
_COMPANIES = f"""
    SELECT c.rowid AS place, concat_ws({_FIELD}, company_id, coalesce(country, ''), entity_type, records, removed,
           not_adverse, coalesce(first_on::VARCHAR, ''), coalesce(last_on::VARCHAR, ''),
           array_to_string(sources, {_ITEM}),
           CASE WHEN len(c.kinds) = 1 THEN c.kinds[1] || {_PART} || (records - not_adverse)
                ELSE coalesce(n.kinds, '') END,
           coalesce({_NUMBERS}, ''), name) AS text
    FROM company c LEFT JOIN ({_COUNTED}) n USING (company_id)"""
_NAMES = f"""
    SELECT rowid AS place, concat_ws({_FIELD}, kind, norm, name) AS text FROM company_name
    WHERE kind <> 'stated' OR rowid IN (SELECT place FROM _several)"""


def make_cards(con: duckdb.DuckDBPyConnection, folder: Path, several: Numbers) -> None:
    """Writes the cards of the companies of the database that `con` reads into a new folder.

    `several`: rows of company_name with stated names that are not their company's only ones.
    """
    arrow.register(con, "_several", pa.table({"place": several.astype(np.int64)}))
    try:
        for label, sql in (("company", _COMPANIES), ("name", _NAMES)):
            target = folder / label
            target.mkdir(parents=True)
            _write(con, sql, target)
    finally:
        con.unregister("_several")


def _write(con: duckdb.DuckDBPyConnection, sql: str, folder: Path) -> None:
    places, sizes, texts = [np.empty(0, np.int64)], [np.empty(0, np.int64)], []
    for batch in arrow.batches(con, sql):
        text = batch.column("text").cast(pa.large_string())
        _, offsets, letters = text.buffers()
        begins = np.frombuffer(offsets, np.int64)[text.offset : text.offset + len(text) + 1]
        places.append(np.asarray(batch.column("place")))
        sizes.append(np.diff(begins))
        texts.append(np.frombuffer(letters, np.uint8)[begins[0] : begins[-1]])
    place, sized = np.concatenate(places), np.concatenate(sizes)
    ends = np.cumsum(sized)
    rows = int(place.max(initial=-1)) + 1
    for label, values, kind in (("start", ends - sized, np.uint64), ("size", sized, np.uint32)):
        column = np.zeros(rows, kind)
        column[place] = values
        np.save(folder / f"{label}.npy", column)
    # not put together first: these are some hundred bytes for every company
    with (folder / "text.npy").open("wb") as file:
        shape = (int(ends[-1]) if len(ends) else 0,)
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        for part in texts:
            file.write(part.data)
