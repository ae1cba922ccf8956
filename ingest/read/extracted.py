"""Rows from a source's own extract.py, for layouts that are no table."""

import importlib.util
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ingest.catalog import Resource, Source
from ingest.errors import ReadError
from ingest.read.rows import Fields, Rows, Target, load_fields


def read_extracted(target: Target, source: Source, resource: Resource, path: Path) -> Rows:
    """What `rows(path)` of the source's extract.py yields; numbered by position from 1.

    Whatever it raises becomes a ReadError with row number and type, since messages may quote the file.
    """
    extract = _rows_function(source, target.where)

    def rows() -> Iterator[tuple[int, Fields]]:
        number = 0
        try:
            for number, fields in enumerate(extract(path), 1):
                yield number, fields
        except Exception as error:  # noqa: BLE001 -- code of a source may raise anything
            kind = type(error).__name__
            raise ReadError(f"extract.py failed with {kind}", where=f"{target.where}, row {number + 1}") from None

    return load_fields(target, resource, rows())


def _rows_function(source: Source, where: str) -> Callable[[Path], Iterable[Fields]]:
    file = source.folder / "extract.py"
    spec = importlib.util.spec_from_file_location(f"extract_{source.id}", file)
    if not file.exists() or spec is None or spec.loader is None:
        raise ReadError("the source has no extract.py", where=where)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        extract: Callable[[Path], Iterable[Fields]] = module.rows
    except Exception as error:  # noqa: BLE001 -- code of a source may raise anything
        raise ReadError(f"extract.py cannot be imported: {type(error).__name__}", where=where) from None
    return extract
