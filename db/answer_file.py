"""Answers on a file of the user's, as CSV that no spreadsheet takes for formulas."""

import csv
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from ingest.errors import UsageError

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class Text(Protocol):
    """What text can be written to."""

    def write(self, text: str, /) -> object: ...


def formula_safe(cell: str) -> str:
    """The cell, behind an apostrophe where a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def write_csv(file: Text, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Comma-separated values without formulas."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([formula_safe(column) for column in columns])
    writer.writerows([formula_safe(cell) for cell in row] for row in rows)


def write_file(output: Path, given: Path, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """The rows as UTF-8 CSV in `output`, which changes only once all is written; never the file that was `given`."""
    if output.exists() and output.samefile(given):
        raise UsageError("the output would overwrite its input", where=str(output), next_step="Choose another -o.")
    if output.exists() and not output.is_file():
        raise UsageError("the output is no regular file", where=str(output))
    part = output.with_name(f".trackrecord-{secrets.token_hex(8)}.part")
    try:
        # the file may name persons: nobody else may read it before its owner says so
        with os.fdopen(
            os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline=""
        ) as file:
            write_csv(file, columns, rows)
        part.replace(output)
    except OSError as error:
        raise UsageError(f"the output cannot be written: {error.strerror}", where=str(output)) from None
    finally:
        part.unlink(missing_ok=True)
