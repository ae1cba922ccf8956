"""From a payload to raw rows in the engine: every column as text, with member and physical row number."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb

from ingest.arrow import quoted
from ingest.catalog import Resource, Source
from ingest.errors import ReadError
from ingest.read.archive import unpacked
from ingest.read.delimited import read_delimited
from ingest.read.extracted import read_extracted
from ingest.read.fixed import read_fixed
from ingest.read.html import read_html
from ingest.read.json_rows import read_json
from ingest.read.pdf import read_pdf
from ingest.read.rows import Rows, Target
from ingest.read.spreadsheet import read_spreadsheet
from ingest.read.text import head
from ingest.read.xml_rows import read_xml

__all__ = ["Rows", "read"]

Reader = Callable[[Target, Resource, Path, Path], Rows]
_READERS: Mapping[str, Reader] = {
    "csv": read_delimited,
    "fixed": read_fixed,
    "xlsx": read_spreadsheet,
    "json": read_json,
    "xml": read_xml,
    "html": read_html,
    "pdf": read_pdf,
}


def read(  # noqa: PLR0917 -- the order of the pipeline's contract
    con: duckdb.DuckDBPyConnection,
    source: Source,
    resource: Resource,
    path: Path,
    name: str,
    table: str,
    *,
    work: Path,
) -> list[Rows]:
    """Read the file at `path`, called `name` for people, into `table`: `table_1`, `table_2`… for several members.

    Loads only the columns that the source needs. Temporary files go to `work` and are deleted. Raises ReadError and
    UnsafeArchive with file, column and row number, never with content.
    """
    try:
        with unpacked(resource, path, name, work) as files:
            return [
                _read_file(
                    Target(
                        con=con,
                        table=table if len(files) == 1 else f"{table}_{number}",
                        where=f"{name}, {member}" if member else name,
                        member=member,
                    ),
                    source,
                    resource,
                    file,
                    work,
                )
                for number, (member, file) in enumerate(files, 1)
            ]
    except ReadError as error:
        raise type(error)(error.what, source=source.id, where=error.where, next_step=error.next_step) from None


def _read_file(target: Target, source: Source, resource: Resource, path: Path, work: Path) -> Rows:
    target = Target(target.con, target.table, target.where, target.member, _stamp(resource, path, target.where))
    target.con.execute(f"DROP TABLE IF EXISTS {quoted(target.table)}")
    if resource.format == "extract":
        return read_extracted(target, source, resource, path)
    return _READERS[resource.format](target, resource, path, work)


def _stamp(resource: Resource, path: Path, where: str) -> str | None:
    """The agency's own date stamp, as published; None when there is none or the format has no text."""
    if not resource.as_of_pattern or resource.format in {"xlsx", "pdf"}:
        return None
    found = re.search(resource.as_of_pattern, head(path, resource.encoding, where=where))
    return found[1] if found else None
