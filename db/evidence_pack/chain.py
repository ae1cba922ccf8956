"""The part of the retrieval chain a pack rests on, link by link, and the time stamps that cover it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

import duckdb

from db.evidence_pack.plain import moment, plain
from db.rows import rows_of
from db.stamp.kept import Stamp
from ingest.errors import WrongContent
from ingest.fetch.retrieval import Retrieval, chain_hash
from ingest.model import RETRIEVAL

FIELDS: Final = tuple(item.name for item in fields(Retrieval))
Row = dict[str, Any]


def chain_part(con: duckdb.DuckDBPyConnection, needed: Sequence[int], stamps: Sequence[Stamp]) -> tuple[str, list[Row]]:
    """The chain hash before the first of the retrievals needed (numbers, in order), and the chain from it, as written
    to a pack: to the stamp that covers all of them, or to the head.
    """
    if not needed:
        return "", []
    first = needed[0]
    before = rows_of(con, "SELECT chain_hash FROM retrieval WHERE seq < ? ORDER BY seq DESC LIMIT 1", [first])
    names = ", ".join(column.name for column in RETRIEVAL)
    rows = rows_of(con, f"SELECT {names} FROM retrieval WHERE seq >= ? ORDER BY seq", [first])
    end = next((stamp.seq for stamp in stamps if stamp.seq >= needed[-1]), None)
    kept = [row for row in rows if end is None or row["seq"] <= end]
    for row in kept:
        row["headers"] = json.loads(row["headers"])
    return before[0]["chain_hash"] if before else "", [plain(row) for row in kept]


def covering(stamps: Sequence[Stamp], first: int, last: int) -> list[Stamp]:
    """Stamps that show something about retrievals `first` to `last`: those within, and the first that covers all."""
    within = [stamp for stamp in stamps if first <= stamp.seq < last]
    behind = [stamp for stamp in stamps if stamp.seq >= last]
    return [*within, *behind[:1]] if behind else within


def broken_links(previous: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What does not agree in a part of the chain, each with the number of its retrieval."""
    found = []
    expected = rows[0]["seq"] if rows else 0
    for row in rows:
        where = f"retrieval number {row['seq']}"
        if row["seq"] != expected:
            found.append(f"{where}: the one before it is missing, or it is doubled")
        elif chain_hash(previous, _retrieval(row)) != row["chain_hash"]:
            found.append(f"{where} differs from its chain hash")
        if row["retrieval_id"] != row["chain_hash"][:16]:
            found.append(f"{where}: its id is not that of its chain hash")
        previous, expected = row["chain_hash"], row["seq"] + 1
    return found


def _retrieval(row: Mapping[str, Any]) -> Retrieval:
    given = {name: row[name] for name in FIELDS}
    attempted = moment(row["attempted_at"])
    if attempted is None:
        raise WrongContent("a retrieval without a time")
    return Retrieval(**{**given, "attempted_at": attempted, "retrieved_at": moment(row["retrieved_at"])})
