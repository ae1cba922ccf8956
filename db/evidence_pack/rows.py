"""The original rows that records rest on: taken from the evidence store, written to a pack, read back from one.

In a pack each run and relation has a file of JSON Lines, `rows/<source>/<run>.<relation>.jsonl`: the first line names
the columns and their types, each further line is a row as in the evidence store. A type is the name of a plain one,
["list", type], or an object of the fields of a struct; anything else is written as the text it has in the engine. Text,
not Parquet: anybody can read it, and a stranger's file cannot unpack to more than it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import duckdb
import pyarrow as pa

from db.evidence_pack import plain
from db.store import Store
from ingest import arrow
from ingest.archive import META, hash_sql
from ingest.arrow import quoted
from ingest.catalog import Resource, Source
from ingest.errors import ReadError, StoreDamaged
from ingest.model import literal

META_TYPES: Final = {
    "_row": "int64", "retrieval_id": "string", "member": "string", "row_number": "int64", "named_withheld": "bool",
    "row_hash": "string",
}  # fmt: skip
_PLAIN: Final[Mapping[str, pa.DataType]] = {
    "string": pa.string(), "bool": pa.bool_(), "int32": pa.int32(), "int64": pa.int64(), "date": pa.date32(),
}  # fmt: skip
_DEEPEST: Final = 5
_PLACES: Final = pa.schema([("retrieval_id", pa.string()), ("member", pa.string()), ("row_number", pa.int64())])
Places = Iterable[tuple[str, str | None, int]]
"""Retrieval, member and row number of input rows."""


def take_rows(
    store: Store, files: Sequence[tuple[str, str]], source: Source | None, places: Places
) -> dict[str, pa.Table]:
    """The rows at these places out of one run's evidence (file, relation), and the joined rows that belong to them.

    `source` says how relations join: the adapter of that run; without it there are no joined rows. Raises
    StoreDamaged when a file or a row is not there. Cost: one scan of the place columns of each file.
    """
    wanted = list(dict.fromkeys(places))
    columns = list(zip(*wanted, strict=True)) or [(), (), ()]
    given = pa.table(dict(zip(_PLACES.names, map(list, columns), strict=True)), schema=_PLACES)
    resources = source.relations if source else {}
    con = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
                                 "memory_limit": store.memory})  # fmt: skip
    found: dict[str, pa.Table] = {}
    try:
        arrow.register(con, "wanted", given)
        for file, relation in files:
            if _is_joined(resources, relation):
                continue
            sql = f"""SELECT f.* FROM {_parquet(store, file)} f SEMI JOIN wanted w ON w.retrieval_id = f.retrieval_id
                AND w.member IS NOT DISTINCT FROM f.member AND w.row_number = f.row_number ORDER BY f._row"""
            found[relation] = arrow.table(con, sql)
        for file, relation in files:
            if _is_joined(resources, relation) and resources[relation][0].joined_to.partition(".")[0] in found:
                found[relation] = _joined(con, store, file, resources[relation][0], found)
    except duckdb.Error:
        raise StoreDamaged(
            "an evidence file is missing or damaged", where=str(store.evidence), next_step="Run `trackrecord verify`."
        ) from None
    finally:
        con.close()
    if sum(found[relation].num_rows for relation in found if not _is_joined(resources, relation)) != len(wanted):
        raise StoreDamaged(
            "the evidence store lacks original rows of the records",
            where=str(store.evidence),
            next_step="Run `trackrecord verify`.",
        )
    if not all(agrees for table in found.values() for agrees in hashes_agree(table)):
        raise StoreDamaged(
            "an original row differs from its hash", where=str(store.evidence), next_step="Run `trackrecord verify`."
        )
    return {relation: table for relation, table in found.items() if table.num_rows}


def hashes_agree(rows: pa.Table) -> list[bool]:
    """Whether each row has the hash it states; rows whose text is withheld are taken at their word."""
    con = duckdb.connect()
    try:
        arrow.register(con, "given", rows)
        columns = [name for name in rows.column_names if name not in META]
        sql = f"SELECT named_withheld OR row_hash = {hash_sql(columns)} AS agrees FROM given ORDER BY _row"
        return [agrees is True for (agrees,) in con.execute(sql).fetchall()]
    finally:
        con.close()


def without_text(rows: pa.Table) -> pa.Table:
    """The rows with their numbers and hashes only, as those that name somebody who was withheld."""
    blank = {
        name: pa.nulls(rows.num_rows, rows.schema.field(name).type) for name in rows.column_names if name not in META
    }
    kept = {name: rows.column(name) for name in META} | {"named_withheld": pa.array([True] * rows.num_rows)}
    return pa.table({**kept, **blank})


def rows_file(rows: pa.Table) -> bytes:
    """The file of one run and relation."""
    typed = _in_known_types(rows)
    types = [[name, _spec(typed.schema.field(name).type)] for name in typed.column_names]
    return plain.lines([{"columns": types}, *(list(map(plain.plain, row.values())) for row in typed.to_pylist())])


def read_rows(content: bytes, name: str) -> pa.Table:
    """The table of such a file. Raises ReadError for anything `rows_file` would not have written."""
    head, *rows = plain.parsed_lines(content, name) or [None]
    wrong = ReadError("not a file of rows as trackrecord writes it", where=name)
    try:
        given: list[tuple[str, Any]] = [(column, spec) for column, spec in head["columns"]]
        distinct = {column.casefold() for column, _ in given}
        if len(distinct) != len(given) or dict(given[: len(META_TYPES)]) != META_TYPES:
            raise wrong
        values = list(zip(*rows, strict=True)) or [()] * len(given)
        table = pa.table(
            {
                column: pa.array([_value(value, spec) for value in held], _type(spec))
                for (column, spec), held in zip(given, values, strict=True)
            }
        )
    except (TypeError, KeyError, ValueError, OverflowError, AttributeError, RecursionError, pa.ArrowException):
        raise wrong from None
    return table


def _spec(kind: pa.DataType) -> Any:
    """How a type is written; None for one that a pack does not know."""
    if pa.types.is_list(kind):
        inner = _spec(kind.value_type)
        return None if inner is None else ["list", inner]
    if pa.types.is_struct(kind):
        fields = {field.name: _spec(field.type) for field in kind}
        return None if None in fields.values() else fields
    return next((name for name, known in _PLAIN.items() if known.equals(kind)), None)


def _type(spec: Any, depth: int = 0) -> pa.DataType:
    """The type that is written so. Raises KeyError, TypeError or ValueError for anything else."""
    if depth > _DEEPEST:
        raise ValueError
    if isinstance(spec, dict):
        return pa.struct([(name, _type(inner, depth + 1)) for name, inner in spec.items()])
    if isinstance(spec, list):
        word, inner = spec
        return pa.list_(_type(inner, depth + 1)) if word == "list" else _PLAIN[word]
    return _PLAIN[spec]


def _value(value: Any, spec: Any) -> Any:
    """A value back from its plain form."""
    if value is None:
        return None
    if isinstance(spec, dict):
        return {name: _value(value[name], inner) for name, inner in spec.items()}
    if isinstance(spec, list):
        return [_value(item, spec[1]) for item in value]
    return plain.day(value) if spec == "date" else value


def _in_known_types(rows: pa.Table) -> pa.Table:
    """The rows with their columns in the order META, then as published, each of a type a pack knows."""
    names = [*META, *(name for name in rows.column_names if name not in META)]
    con = duckdb.connect()
    try:
        arrow.register(con, "given", rows)
        asked = ", ".join(
            quoted(name) if _spec(rows.schema.field(name).type) else f"{quoted(name)}::VARCHAR AS {quoted(name)}"
            for name in names
        )
        return arrow.table(con, f"SELECT {asked} FROM given ORDER BY _row")
    finally:
        con.close()


def _joined(
    con: duckdb.DuckDBPyConnection, store: Store, file: str, resource: Resource, found: Mapping[str, pa.Table]
) -> pa.Table:
    """The rows of a joined relation that belong to the primary rows found."""
    other, _, column = resource.joined_to.partition(".")
    view = f"found_{other}"
    arrow.register(con, view, found[other])
    sql = f"""SELECT f.* FROM {_parquet(store, file)} f
        SEMI JOIN {quoted(view)} o ON o.{quoted(column)} = f.{quoted(resource.key[0])} ORDER BY f._row"""
    return arrow.table(con, sql)


def _is_joined(resources: Mapping[str, Sequence[Resource]], relation: str) -> bool:
    return relation in resources and resources[relation][0].role == "joined"


def _parquet(store: Store, file: str) -> str:
    return f"read_parquet({literal(str(store.evidence / file))})"
