"""A process that runs the SQL of a stranger's adapter and can do nothing else: started by ingest.rederive as a script.

It reads a plan (JSON) from standard input, loads the rows it names into an engine of their own, then shuts the engine
off from files, network and its own configuration, and only then runs what the adapter says. Memory, time and the size
of files are bounded by the operating system too: an engine in the middle of one function hears no interrupt and counts
no memory. It imports nothing of this project, and no Python of an adapter is ever run.

Standard output is one JSON line a job: `{"columns": [...]}`, or `{"error": kind, "message": text}`. The message is the
engine's own only where that speaks of SQL; any other may quote a row.
"""

import contextlib
import json
import re
import sys
from collections.abc import Mapping
from typing import Any

import duckdb

_ABOUT_SQL = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
_MACRO = re.compile(r"(?is)(?:\s+|--[^\n]*\n|/\*.*?\*/)*CREATE\s+(?:OR\s+REPLACE\s+)?(?:MACRO|FUNCTION)\s")
_LONGEST_MESSAGE = 500


class Refused(Exception):
    """The adapter holds a statement that it may not hold."""


def run(job: Mapping[str, Any]) -> dict[str, Any]:
    """Makes table `output` in the file `job["out"]`; gives the names of its columns, or what went wrong."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": job["memory"],
        "threads": job["threads"],
        "temp_directory": job["temp"],
        "max_temp_directory_size": job["disk"],
        "python_enable_replacements": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    try:
        with contextlib.closing(duckdb.connect(job["out"], config=config)) as con:
            return {"columns": _derive(con, job)}
    except Refused as error:
        return {"error": "refused", "message": str(error)}
    except _ABOUT_SQL as error:
        return {"error": "sql", "message": str(error)[:_LONGEST_MESSAGE]}
    except (duckdb.OutOfMemoryException, MemoryError):
        return {"error": "memory", "message": ""}
    except duckdb.Error as error:
        return {"error": "engine", "message": type(error).__name__}


def _derive(con: duckdb.DuckDBPyConnection, job: Mapping[str, Any]) -> list[str]:
    for name, rows in job["relations"].items():
        columns = ", ".join(_quoted(column) for column in rows["columns"])
        con.execute(
            f"""CREATE TABLE {_quoted(name)} AS SELECT _row, {columns} FROM read_parquet(?, union_by_name = true)
            WHERE NOT named_withheld""",
            [rows["files"]],
        )
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    for text in job["macros"]:
        for statement in con.extract_statements(text):
            if statement.type != duckdb.StatementType.CREATE or not _MACRO.match(statement.query):
                raise Refused("a file of macros holds another statement than CREATE MACRO")
            con.execute(statement)
    con.execute(job["lookup"])
    for name, blank in job["blank"].items():
        _one_select(con, blank)
        con.execute(f"CREATE TABLE {_quoted(name)} AS SELECT * FROM ({blank}\n)")
    _one_select(con, job["sql"])
    returned = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM ({job['sql']}\n)").fetchall()]
    selected = ", ".join(f"{cast} AS {name}" for name, cast in job["casts"].items() if name in returned)
    con.execute(f"CREATE TABLE output AS SELECT {selected or 'NULL AS nothing'} FROM ({job['sql']}\n)")
    return returned


def _one_select(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    statements = con.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise Refused("records.sql and extracts are one SELECT each")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def bound(limits: Mapping[str, int]) -> None:
    """Bounds this process: bytes of memory and of one file, seconds of computing. Nothing where the system cannot."""
    try:
        import resource  # noqa: PLC0415 -- not everywhere
    except ImportError:
        return
    wanted = {
        resource.RLIMIT_AS: limits["memory"],
        resource.RLIMIT_CPU: limits["seconds"],
        resource.RLIMIT_FSIZE: limits["file"],
        resource.RLIMIT_CORE: 0,
    }
    for what, most in wanted.items():
        _, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (least, least))


def main() -> None:
    """Bounds the process, then does every job of the plan."""
    plan = json.load(sys.stdin)
    bound(plan["limits"])
    for job in plan["jobs"]:
        sys.stdout.write(json.dumps(run(job)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
