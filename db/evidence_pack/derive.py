"""Records derived again from the rows of a pack, and whether they say what the pack says they say.

Used on both ends: who makes a pack learns what cannot be derived again, who verifies it learns what differs.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from db.evidence_pack.plain import filled, plain
from db.evidence_pack.rows import without_text
from ingest.adapter import Adapter, adapter_of
from ingest.catalog import Source
from ingest.errors import TransformError
from ingest.model import literal
from ingest.privacy.gate import pass_gate
from ingest.privacy.rulings import ALLOWED, Rulings, exact_name
from ingest.rederive import (
    StoredRows,
    Task,
    derived_apart,
    engine_failed,
    open_beside,
    said,
    take_over,
)

WITHHELD: Final = "row text withheld, cannot be re-derived"
NO_ADAPTER: Final = "the adapter of that time is not kept"
KEY_ELSEWHERE: Final = "says what its rows say, but its key was made with other rows of the file, which are not here"
_MOST_OF_A_ROW: Final = 20
_MOST_BESIDE: Final = 1_000
"""Records that rows can give: so many each, and some that give many."""
_MOST_TEXT: Final = 256_000_000
"""Bytes that the records of one run can hold."""
Place = tuple[str, str | None, int]
Version = Mapping[str, Any]
"""A version of a record as in records.jsonl."""


@dataclass(frozen=True, slots=True)
class Run:
    """The rows of one run in a pack, and the adapter that made records of them."""

    source_id: str
    run_id: str
    adapter_version: str
    adapter: Adapter | None
    data_as_of: date | None
    relations: dict[str, pa.Table]

    @property
    def withheld(self) -> set[Place]:
        """Places of rows whose text is withheld. Cost: a pass over the rows."""
        return {
            (row["retrieval_id"], row["member"], row["row_number"])
            for table in self.relations.values()
            for row in table.select(["retrieval_id", "member", "row_number", "named_withheld"]).to_pylist()
            if row["named_withheld"] is not False
        }


@dataclass(slots=True)
class Derived:
    """What came of a run: everything its rows say, why nothing could be derived, and how many respondents of these
    rows the gate of this installation withholds.
    """

    says: list[tuple[dict[str, Any], frozenset[Place]]] = field(default_factory=list)
    error: str | None = None
    withheld: int = 0


def derive_runs(runs: Sequence[Run], rulings: Mapping[str, Rulings], *, memory: str, seconds: float) -> list[Derived]:
    """What the rows of each run say, in the order of runs; `seconds` bounds all of them together.

    Cost: one process for the adapters' SQL, and a pass of the gate for each run.
    """
    found = [Derived(error=None if run.adapter else NO_ADAPTER) for run in runs]
    adapted = [(run, run.adapter, outcome) for run, outcome in zip(runs, found, strict=True) if run.adapter]
    tasks = [Task(adapter, StoredRows(tables=run.relations), run.data_as_of) for run, adapter, _ in adapted]
    if not tasks:
        return found
    with derived_apart(tasks, memory=memory, seconds=seconds) as derivations:
        for number, ((run, _, outcome), derived) in enumerate(zip(adapted, derivations, strict=True)):
            if derived.error is not None:
                outcome.error = derived.error.what
                continue
            with closing(open_beside(derived.output.with_name(f"gate_{number}.duckdb"), memory)) as con:
                try:
                    _require_bounded(con, derived.output, run)
                    gated = pass_gate(take_over(con, derived), rulings.get(run.source_id))
                    outcome.withheld = _count(con, "SELECT count(*) FROM profile WHERE NOT whole")
                    outcome.says = [_plain(row) for row in said(gated, derived).to_pylist()]
                except TransformError as error:
                    outcome.error = error.what
                except duckdb.Error as error:
                    outcome.error = engine_failed(error, derived).what
    return found


def _require_bounded(con: duckdb.DuckDBPyConnection, output: Path, run: Run) -> None:
    """Raises TransformError when more came out than these rows can give: nothing else bounds what comes behind.

    Asked in our own connection, where no macro of the adapter can answer.
    """
    con.execute(f"ATTACH {literal(str(output))} AS bounded (READ_ONLY)")
    try:
        n = _count(con, "SELECT count(*) FROM bounded.output")
        size = _count(con, "SELECT coalesce(sum(strlen(o::VARCHAR)), 0) FROM bounded.output o")
    finally:
        con.execute("DETACH bounded")
    given = sum(table.num_rows for table in run.relations.values())
    if n > _MOST_OF_A_ROW * given + _MOST_BESIDE or size > _MOST_TEXT:
        what = f"the SQL gives {n:,} records of {size:,} bytes, more than {given:,} rows can"
        raise TransformError(what, source=run.source_id, where="records.sql")


def judge_otherwise(
    runs: Sequence[Run],
    outcomes: Sequence[Derived],
    sources: Mapping[str, Source],
    rulings: Mapping[str, Rulings],
    *,
    memory: str,
    seconds: float,
) -> None:
    """Lets the gate judge the rows that their own adapter gives nothing of, by the installed adapter of the source.

    What it withholds is added to the outcome. Where there is none, or it fails too, the text of the rows goes: nothing
    shows that they name nobody.
    """
    failed = [(run, outcome) for run, outcome in zip(runs, outcomes, strict=True) if outcome.error is not None]
    installed = {run.source_id: adapter_of(sources[run.source_id]) for run, _ in failed if run.source_id in sources}
    others = [replace(run, adapter=installed.get(run.source_id)) for run, _ in failed]
    judged = derive_runs(others, rulings, memory=memory, seconds=seconds)
    for (run, outcome), other in zip(failed, judged, strict=True):
        outcome.withheld = other.withheld
        if other.error is not None:
            for relation, rows in run.relations.items():
                run.relations[relation] = without_text(rows)


def disagreement(version: Version, derived: Derived, withheld: AbstractSet[Place]) -> str | None:
    """Why the version is not what its rows say; None when it is.

    Records that share a key are numbered over the whole file (`K#2`), which the rows of some of them cannot tell.
    """
    if not withheld.isdisjoint(places := places_of(version)):
        return WITHHELD
    if derived.error is not None:
        return derived.error
    says, key = dict(version["says"]), str(version["says"].get("native_id"))
    says["native_id"] = None
    causes = ["its rows give no record"]
    for said_here, rows in sorted(derived.says, key=lambda found: str(found[0]["native_id"]) != key):
        if rows.isdisjoint(places):
            continue
        differing = {name for name in says.keys() | said_here.keys() if says.get(name) != said_here.get(name)}
        fields = sorted(differing - {"native_id"})
        if not fields and rows == places:
            same_key = key in {said_here["native_id"], f"{said_here['native_id']}#{key.rpartition('#')[2]}"}
            return None if same_key else KEY_ELSEWHERE
        causes.append(f"its rows say something else: {', '.join(fields)}" if fields else "it rests on other rows")
    return min(causes[1:] or causes, key=len)


def places_of(version: Version) -> set[Place]:
    """The places of the version's input rows."""
    return {(place["retrieval_id"], place.get("member"), place["row"]) for place in version["rows"]}


def rulings_of(versions: Sequence[tuple[str, Version]]) -> dict[str, Rulings]:
    """Source → the allow rules by which versions, given with their source, passed the gate by their own statement."""
    allowed: dict[str, dict[str, int]] = {}
    for source_id, version in versions:
        reason = str(version.get("gate_reason", ""))
        if reason.startswith(ALLOWED) and reason.removeprefix(ALLOWED).isdecimal():
            names = [version["says"]["company_name"]]
            allowed.setdefault(source_id, {}).update({exact_name(n): int(reason.removeprefix(ALLOWED)) for n in names})
    return {source_id: Rulings(allowed=names) for source_id, names in allowed.items()}


def _plain(row: Mapping[str, Any]) -> tuple[dict[str, Any], frozenset[Place]]:
    rows = frozenset((place["retrieval_id"], place["member"], place["row"]) for place in row["rows"])
    return filled({name: plain(value) for name, value in row.items() if name not in {"rows", "gate_reason"}}), rows


def _count(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = con.execute(sql).fetchone()
    return int(row[0]) if row else 0
