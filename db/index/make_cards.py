"""Making the cards of all companies, in one pass over them. Cost: linear in companies, and in the records of those
that have several kinds of records."""

import duckdb
import numpy as np
import pyarrow as pa

from db.index.cards import Cards, Texts
from ingest import arrow
from ingest.model import NOT_ADVERSE_SQL

_FIELD, _ITEM, _PART = "chr(31)", "chr(30)", "chr(29)"
_PLAIN = f"translate({{}}, {_FIELD} || {_ITEM} || {_PART}, '')"
_COUNTED = f"""
    SELECT company_id, array_to_string(list(kind || {_PART} || n ORDER BY kind), {_ITEM}) AS kinds
    FROM (SELECT company_id, kind, count(*) AS n FROM record
          SEMI JOIN (SELECT company_id FROM company WHERE len(kinds) > 1) USING (company_id)
          WHERE NOT {NOT_ADVERSE_SQL} GROUP BY ALL) GROUP BY company_id"""
_NUMBERS = f"""array_to_string(list_transform(identifiers, lambda i:
    {_PLAIN.format("i.scheme")} || {_PART} || coalesce(i.valid::VARCHAR, '') || {_PART} || {_PLAIN.format("i.value")}
    ), {_ITEM})"""
_COMPANIES = f"""
    SELECT c.rowid AS place, concat_ws({_FIELD}, company_id, coalesce(country, ''), entity_type, records, removed,
           not_adverse, coalesce(first_on::VARCHAR, ''), coalesce(last_on::VARCHAR, ''),
           array_to_string(sources, {_ITEM}),
           CASE WHEN len(c.kinds) = 1 THEN c.kinds[1] || {_PART} || (records - not_adverse)
                ELSE coalesce(n.kinds, '') END,
           coalesce({_NUMBERS}, ''), norm, name) AS text
    FROM company c LEFT JOIN ({_COUNTED}) n USING (company_id)"""
_NAMES = f"""
    SELECT rowid AS place, CASE WHEN kind = 'stated' THEN '' ELSE concat_ws({_FIELD}, kind, norm, name) END AS text
    FROM company_name"""


def make_cards(con: duckdb.DuckDBPyConnection) -> Cards:
    """The cards of the companies of the database that `con` reads."""
    return Cards(_texts(con, _COMPANIES), _texts(con, _NAMES))


def _texts(con: duckdb.DuckDBPyConnection, sql: str) -> Texts:
    places, texts, lengths = [np.empty(0, np.int64)], [np.empty(0, np.uint8)], [np.empty(0, np.int64)]
    for batch in arrow.batches(con, sql):
        text = batch.column("text").cast(pa.large_string())
        offsets = np.frombuffer(text.buffers()[1], np.int64)[text.offset : text.offset + len(text) + 1]
        places.append(np.asarray(batch.column("place")))
        lengths.append(np.diff(offsets))
        texts.append(np.frombuffer(text.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]])
    place, length, joined = np.concatenate(places), np.concatenate(lengths), np.concatenate(texts)
    start = np.zeros(int(place.max(initial=-1)) + 2, np.uint64)
    start[place + 1] = length.astype(np.uint64)
    np.cumsum(start, out=start)
    if (np.diff(place) < 0).any():
        # the engine keeps no order behind a join
        own = pa.LargeBinaryArray.from_buffers(
            pa.large_binary(), len(place), [None, pa.py_buffer(np.concatenate(([0], np.cumsum(length)))), pa.py_buffer(joined)]
        )
        ordered = own.take(pa.array(np.argsort(place)))
        joined = np.frombuffer(ordered.buffers()[2], np.uint8)
    return Texts(start, joined)
