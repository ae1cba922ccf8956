"""The report as a file: XLSX, CSV or JSON Lines, built beside the old one and put in its place when whole."""

import csv
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from db.answer_file import formula_safe
from db.screen.report import MATCH_COLUMNS, Line, as_json, match_cells
from db.screen.workbook import write_workbook
from ingest.errors import UsageError

FORMATS = (".xlsx", ".csv", ".jsonl")


def write(
    report: Path,
    work: Path,
    headers: Sequence[str],
    lines: Iterator[Line],
    nothing: str,
    *,
    summary: Sequence[tuple[str, Any]],
    coverage: Sequence[Sequence[Any]],
    records: Iterator[dict[str, Any]],
    tombstones: Iterator[dict[str, Any]] | None = None,
) -> None:
    """Writes `report` in the format of its ending; folder `work`, closed to others, holds it until it is whole.

    Raises UsageError where it cannot be written; what stood there before then stays.
    """
    folder = work / "building"
    shutil.rmtree(folder, ignore_errors=True)
    path = folder / f"report{report.suffix.lower()}"
    try:
        folder.mkdir(mode=0o700)
        if path.suffix == ".xlsx":
            write_workbook(
                path,
                summary=summary,
                coverage=coverage,
                headers=headers,
                lines=lines,
                records=records,
                tombstones=tombstones,
                nothing=nothing,
            )
        else:
            with path.open("w", encoding="utf-8", newline="") as file:
                (_write_csv if path.suffix == ".csv" else _write_json)(file, headers, lines, nothing)
        # the list may name persons: nobody else may read it before its owner says so
        path.chmod(0o600)
        path.replace(report)
    except OSError as error:
        step = "What was found is kept: make it writable, or make room, and ask again."
        raise UsageError(f"the report cannot be written: {error.strerror}", where=str(report), next_step=step) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write_csv(file: IO[str], headers: Sequence[str], lines: Iterator[Line], nothing: str) -> None:
    writer = csv.writer(file)
    writer.writerow([formula_safe(cell) for cell in (*headers, "row in the file", *MATCH_COLUMNS)])
    for line in lines:
        for cells in match_cells(line, nothing):
            writer.writerow([_cell(cell) for cell in (*line.cells, line.row, *cells)])


def _cell(cell: Any) -> Any:
    return cell if isinstance(cell, int | float) else "" if cell is None else formula_safe(str(cell))


def _write_json(file: IO[str], headers: Sequence[str], lines: Iterator[Line], nothing: str) -> None:
    for line in lines:
        file.write(json.dumps(as_json(line, headers, nothing), ensure_ascii=False, default=str) + "\n")
