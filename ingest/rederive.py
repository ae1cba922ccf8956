"""What records say, derived again from stored rows with the adapter that once made them, whoever it comes from.

The SQL of the adapter runs in a process of its own that can do nothing else (ingest.locked_engine). The gate and
everything behind it run in a connection that never saw a macro of the adapter, by the code of a sync.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingest import arrow, locked_engine
from ingest.adapter import Adapter
from ingest.content import ready_sql
from ingest.errors import TransformError, UsageError
from ingest.model import SQL_COLUMNS, literal
from ingest.privacy.gate import Gated, pass_gate
from ingest.privacy.rulings import Rulings
from ingest.transform import (
    CONTROL_COLUMNS,
    Candidates,
    Inputs,
    blank_relation_sql,
    casts,
    check_vocabulary,
    lookup_macro,
    relation_columns,
    require_columns,
)

PLACES = "STRUCT(retrieval_id VARCHAR, member VARCHAR, row BIGINT)[]"
_OVERHEAD = 1_500_000_000
"""Bytes of address space an engine takes beside its memory limit."""
_LARGEST_FILE = 20_000_000_000
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Original rows of one run by relation: as tables, or as files of the evidence store (never both of one)."""

    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """One run to derive again. `data_as_of`: the agency's stamp of the whole, for rows that give none."""

    adapter: Adapter
    rows: StoredRows
    data_as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """The end of a task: a file with table `output`, and the files of rows; or why there is none."""

    task: Task
    output: Path
    files: Mapping[str, Path]
    columns: frozenset[str] = frozenset()
    error: TransformError | None = None


def rederive(
    adapter: Adapter,
    rows: StoredRows,
    *,
    data_as_of: date | None,
    memory: str = "1GB",
    seconds: float = 60,
    rulings: Rulings | None = None,
) -> pa.Table:
    """What the records of these rows say after the gate, one line for each: the columns of SQL_COLUMNS, `gate_reason`
    and `rows`, a list of (retrieval_id, member, row).

    Rows that name somebody withheld have no text and give nothing. `native_id` is the agency's key, without the number
    that records sharing a key got. Raises TransformError, without content of a row. Cost: linear; a process of its own.
    """
    (derived,) = rederive_each([Task(adapter, rows, data_as_of)], memory=memory, seconds=seconds, rulings=rulings)
    if isinstance(derived, TransformError):
        raise derived
    return derived


def rederive_each(
    tasks: Sequence[Task], *, memory: str = "1GB", seconds: float = 60, rulings: Rulings | None = None
) -> Iterator[pa.Table | TransformError]:
    """`rederive` of several runs with one start of the engine: a table, or why there is none, in the order of tasks.

    `seconds` bounds all of them together.
    """
    with derived_apart(tasks, memory=memory, seconds=seconds) as derivations:
        for number, derived in enumerate(derivations):
            if derived.error is not None:
                yield derived.error
                continue
            scratch = derived.output.with_name(f"gate_{number}.duckdb")
            with closing(open_beside(scratch, memory)) as con:
                try:
                    yield said(pass_gate(take_over(con, derived), rulings), derived)
                except TransformError as error:
                    yield error
                except duckdb.Error as error:
                    yield engine_failed(error, derived)


@contextmanager
def derived_apart(
    tasks: Sequence[Task], *, memory: str, seconds: float, folder: Path | None = None
) -> Iterator[list[Derived]]:
    """Runs the SQL of the adapters in the locked process; the files it gives live as long as the block.

    Raises TransformError when the process could not be started at all.
    """
    with TemporaryDirectory(prefix="trackrecord-derive-", dir=folder) as name:
        place = Path(name)
        started = [Derived(task, place / f"out_{n}.duckdb", _files(task, place, n)) for n, task in enumerate(tasks)]
        plan = {
            "limits": {
                "memory": _bytes(memory) + _OVERHEAD,
                "seconds": int(seconds * 2) + 1,
                "file": _LARGEST_FILE,
            },
            "jobs": [_job(derived, memory, place) for derived in started],
        }
        yield _ended(started, _answers(plan, seconds, place))


def _answers(plan: Mapping[str, Any], seconds: float, place: Path) -> list[dict[str, Any]]:
    """What the process said, one answer a job; the last says why there are fewer than jobs."""
    kept = {name: os.environ[name] for name in ("TZ", "LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    script = str(Path(locked_engine.__file__))
    late = False
    # a file, not a pipe: what it says must not fill our memory
    with (place / "answers").open("w+b") as answers:
        try:
            subprocess.run(  # noqa: S603 -- our own script
                [sys.executable, "-I", script],
                input=json.dumps(plan).encode(),
                stdout=answers,
                stderr=subprocess.DEVNULL,
                cwd=place,
                env=kept,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            late = True
        answers.seek(0)
        said = [json.loads(line) for line in answers if line.endswith(b"\n")]
    if len(said) < len(plan["jobs"]):
        said.append({"error": "late" if late else "ended", "message": f"{seconds:g}"})
    return said


def _ended(started: Sequence[Derived], said: Sequence[Mapping[str, Any]]) -> list[Derived]:
    ended = []
    for number, derived in enumerate(started):
        # one that ends the process is the last that was begun: those behind it were never tried
        answer = said[min(number, len(said) - 1)]
        source = derived.task.adapter.source
        error = columns = None
        try:
            if "error" in answer:
                raise _error(answer, source.id)
            columns = require_columns(source, answer["columns"])
        except TransformError as raised:
            error = raised
        ended.append(Derived(derived.task, derived.output, derived.files, columns or frozenset(), error))
    return ended


def _error(answer: Mapping[str, Any], source_id: str) -> TransformError:
    kind, message = answer["error"], answer["message"]
    what, step = {
        "refused": (f"the adapter is refused: {message}", ""),
        "sql": (f"the SQL is wrong: {message}", ""),
        "memory": ("not enough memory", "Allow more, for instance with TRACKRECORD_MEMORY."),
        "late": (f"stopped after {message} seconds", "Allow more time, if the adapter is one you trust."),
        "ended": ("the engine ended: it took more memory or time than it may", ""),
        "engine": (f"{message} in the SQL", "The engine's message is withheld because it may quote input."),
    }[kind]
    return TransformError(what, source=source_id, where="records.sql", next_step=step)


def _files(task: Task, place: Path, number: int) -> dict[str, Path]:
    files = dict(task.rows.files)
    for relation, table in task.rows.tables.items():
        files[relation] = place / f"rows_{number}_{len(files)}.parquet"
        pq.write_table(table, files[relation], compression="none")
    return files


def _job(derived: Derived, memory: str, place: Path) -> dict[str, Any]:
    adapter = derived.task.adapter
    relations = adapter.source.relations
    return {
        "out": str(derived.output),
        "memory": memory,
        "disk": f"{_LARGEST_FILE // 10**9}GB",
        "threads": min(2, os.cpu_count() or 1),
        "temp": str(place / "spill"),
        "relations": {
            name: {"files": [str(derived.files[name])], "columns": relation_columns(group)}
            for name, group in relations.items()
            if name in derived.files
        },
        "blank": {name: blank_relation_sql(group) for name, group in relations.items() if name not in derived.files},
        "macros": adapter.macros,
        "lookup": lookup_macro(adapter.source),
        "sql": adapter.records_sql.rstrip().rstrip(";"),
        "casts": casts(),
    }


def open_beside(scratch: Path, memory: str) -> duckdb.DuckDBPyConnection:
    """A connection for the gate, with tables in a file of its own. Raises TransformError without memory for it."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "temp_directory": str(scratch.with_suffix(".spill")),
    }
    return duckdb.connect(str(scratch), config=config)


def take_over(con: duckdb.DuckDBPyConnection, derived: Derived) -> Candidates:
    """Table `output` of what was derived, and `stored_row` with the place and hash of every row of its primary
    relations, in our own connection: candidates for the gate.

    Raises TransformError for a kind or status outside of the model.
    """
    adapter = derived.task.adapter
    con.execute(f"ATTACH {literal(str(derived.output))} AS derived (READ_ONLY)")
    try:
        types = {column.name: column.type for column in SQL_COLUMNS} | CONTROL_COLUMNS
        types["identifiers"] = "STRUCT(scheme VARCHAR, value VARCHAR)[]"
        selected = ", ".join(f"{name}::{kind} AS {name}" for name, kind in types.items() if name in derived.columns)
        con.execute(f"CREATE OR REPLACE TABLE output AS SELECT {selected} FROM derived.output ORDER BY rowid")
    finally:
        con.execute("DETACH derived")
    primary = [name for name, group in adapter.source.relations.items() if group[0].role == "primary"]
    files = [literal(str(derived.files[name])) for name in primary if name in derived.files]
    if not files:
        raise TransformError("no rows of a primary relation", source=adapter.source.id, where="rows")
    con.execute(
        f"""CREATE OR REPLACE TABLE stored_row AS
        SELECT _row, retrieval_id, member, row_number, named_withheld, row_hash
        FROM read_parquet([{", ".join(files)}])"""
    )
    inputs = Inputs(con, adapter.source)
    candidates = Candidates(inputs, derived.columns, "_rows" in derived.columns)
    check_vocabulary(candidates)
    return candidates


def said(gated: Gated, derived: Derived) -> pa.Table:
    """One line per record that passed: output rows that say the same are one, with the rows of all of them."""
    con = gated.candidates.inputs.con
    con.execute(f"CREATE OR REPLACE TABLE ready AS {ready_sql(gated, derived.task.data_as_of)}")
    names = ", ".join(column.name for column in SQL_COLUMNS)
    same = ", ".join(column.name for column in SQL_COLUMNS if column.name != "data_as_of")
    return arrow.table(
        con,
        f"""WITH said AS (SELECT _out, {names}, gate_reason, min(_out) OVER (PARTITION BY {same}) AS same FROM ready),
        place AS (SELECT same, list({{'retrieval_id': retrieval_id, 'member': member, 'row': row_number}}
                                    ORDER BY _row)::{PLACES} AS rows
                  FROM (SELECT DISTINCT s.same, r.* FROM said s
                        JOIN ({gated.candidates.row_links()}) l USING (_out) JOIN stored_row r USING (_row))
                  GROUP BY same)
        SELECT {names}, gate_reason, rows FROM said JOIN place USING (same) WHERE _out = same ORDER BY _out""",
    )


def engine_failed(error: duckdb.Error, derived: Derived) -> TransformError:
    """What is said of an engine that failed on the rows of a run; its own words may quote them."""
    what = f"the engine failed ({type(error).__name__})"
    return TransformError(what, source=derived.task.adapter.source.id, where="gate")


def _bytes(memory: str) -> int:
    """Bytes of a limit as the engine takes it: `1200MB`, `1.5GiB`. Raises UsageError for anything else."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]i?B)\s*", memory, re.IGNORECASE)
    if found is None:
        raise UsageError(f"no amount of memory: {memory[:40]}", next_step="Write it as 1200MB or 4GB.")
    return int(float(found[1]) * _UNITS[found[2].upper()])
