"""The formats of an export. Rows come from view `exported` in batches; memory does not grow with them."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from db.answer_file import formula_safe
from db.export.columns import BURIED, EXPORTED, NEUTRAL, flat_sql, json_sql
from ingest import arrow

Tell = Callable[[int], None]
_BATCH = 50_000
_SHEET_BATCH = 2_000


def write_csv(con: duckdb.DuckDBPyConnection, path: Path, tell: Tell) -> None:
    """Every cell a text or a number, none of which a spreadsheet runs as a formula; empty for what is not there."""
    from pyarrow import csv as cells  # noqa: PLC0415 -- only where it is asked for

    with path.open("wb") as file:
        file.write((",".join(f'"{column.name}"' for column in EXPORTED) + "\n").encode())
        for batch in _batches(con, _flat(safe=True), tell):
            cells.write_csv(pa.Table.from_batches([batch]), file, cells.WriteOptions(include_header=False))


def write_jsonl(con: duckdb.DuckDBPyConnection, path: Path, tell: Tell) -> None:
    """An object a line, nested; a tombstone has its own few names."""
    listed = [json_sql(column) for column in EXPORTED if column not in BURIED]
    sql = f"""SELECT to_json(s)::VARCHAR FROM (SELECT {", ".join(listed)} FROM shown) s
        UNION ALL SELECT to_json(b)::VARCHAR FROM (SELECT {", ".join(map(json_sql, NEUTRAL))} FROM buried) b"""
    with path.open("w", encoding="utf-8") as file:
        for batch in _batches(con, sql, tell):
            file.writelines(f"{line}\n" for line in batch.column(0).to_pylist())


def write_parquet(con: duckdb.DuckDBPyConnection, path: Path, tell: Tell) -> None:
    """Typed and nested: DECIMAL money, DATE days, times in UTC; the meaning of a column is in its metadata."""
    from pyarrow import parquet  # noqa: PLC0415 -- only where it is asked for

    sql = "SELECT * FROM exported"
    meanings = {column.name: column.comment for column in EXPORTED}
    given = con.sql(f"{sql} LIMIT 0")
    plain: pa.Schema = (getattr(given, "to_arrow_table", None) or given.arrow)().schema
    schema = pa.schema([pa.field(f.name, _zoned(f.type), metadata={"comment": meanings[f.name]}) for f in plain])
    with path.open("wb") as file, parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in _batches(con, sql, tell):
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))


def write_xlsx(
    con: duckdb.DuckDBPyConnection, path: Path, tell: Tell, tables: Sequence[Sequence[Sequence[Any]]]
) -> None:
    """Sheets `Records`, `Dictionary` and `Sources`; every text is a text. The last two are given, titles first."""
    from db.screen.workbook import Sheet, opened  # noqa: PLC0415 -- only where it is asked for

    with opened(path) as (book, formats):
        records = Sheet(book, "Records", formats, [column.name for column in EXPORTED])
        for batch in _batches(con, _flat(safe=False), tell, _SHEET_BATCH):
            for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                records.add(cells)
        for title, (titles, *rows) in zip(("Dictionary", "Sources"), tables, strict=True):
            sheet = Sheet(book, title, formats, titles)
            for row in rows:
                sheet.add(row)


def write_table(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    """A small table as CSV, titles first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([formula_safe(str(cell)) for cell in row] for row in rows)


def write_json(path: Path, value: object) -> None:
    """An object as JSON; days and times as ISO text."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2, default=_iso) + "\n", encoding="utf-8")


def _iso(value: Any) -> str:
    return str(value.isoformat())


def _flat(*, safe: bool) -> str:
    return f"SELECT {', '.join(flat_sql(column, formula_safe=safe) for column in EXPORTED)} FROM exported"


def _batches(con: duckdb.DuckDBPyConnection, sql: str, tell: Tell, rows: int = _BATCH) -> Iterator[pa.RecordBatch]:
    done = 0
    for batch in arrow.batches(con, sql, rows_per_batch=rows):
        yield batch
        done += batch.num_rows
        tell(done)


def _zoned(kind: pa.DataType) -> pa.DataType:
    """The type with every time in it marked as UTC."""
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", "UTC")
    if pa.types.is_list(kind):
        return pa.list_(_zoned(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _zoned(field.type)) for field in kind])
    return kind
