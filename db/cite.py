"""The citation of a record of a home; of a hidden one only that it is published no more."""

from dataclasses import dataclass
from typing import Any

import duckdb

from db.citation import paragraph, parts_of, shown_day
from db.show.page import Asked, NothingShown
from db.show.record import record_file


@dataclass(frozen=True, slots=True)
class Citation:
    """The paragraph and what it is made of; of a hidden record only that it is published no more, with its dates."""

    record_id: str
    citation: str
    hidden: bool
    parts: dict[str, Any]


def cite(con: duckdb.DuckDBPyConnection, record_id: str, asked: Asked) -> Citation:
    """The citation of a record as it stands. Raises UsageError for an id that is not known."""
    found = record_file(con, record_id, asked)
    if isinstance(found, NothingShown):
        return _hidden(found, asked)
    record, provenance = found.record, found.provenance
    parts = parts_of(
        record,
        authority=provenance["publisher"] or record["source_id"],
        title=provenance["source"] or record["source_id"],
        retrievals=provenance["retrievals"],
        rows=provenance["rows"],
        remarks=found.remarks,
        disputes=[dispute["sentence"] for dispute in found.disputes],
    )
    return Citation(record_id, paragraph(parts), hidden=False, parts=parts)


def _hidden(found: NothingShown, asked: Asked) -> Citation:
    """The tombstone as a sentence."""
    (stone,) = found.tombstones
    source = asked.sources.get(stone.source_id)
    title = source.title if source else stone.source_id
    last = f", last {shown_day(stone.last_seen)}" if stone.last_seen else ""
    text = f"Record {stone.record_id} of “{title}”: {stone.words}. First seen {shown_day(stone.first_seen)}{last}."
    return Citation(stone.record_id, text, hidden=True, parts={"tombstone": stone})
