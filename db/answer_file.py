"""Answers on a file of the user's, as CSV that no spreadsheet takes for formulas."""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from db.home import MARKER
from ingest.durable import fsync
from ingest.errors import UsageError

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the first ones in full width, which Japanese and Chinese spreadsheets take for them."""


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
    with replacing(output, "output") as part, part.open("w", encoding="utf-8", newline="") as file:
        write_csv(file, columns, rows)


@contextmanager
def replacing(output: Path, what: str, next_step: str = "Make room, or choose another -o.") -> Iterator[Path]:
    """A file to write to, with the ending of `output`, whose place it takes when the block ends well.

    It is for its owner alone, as it may name persons. What stood there before stays otherwise. Raises UsageError, which
    calls the file `what`, for a place that cannot be written and for any OSError of the block.
    """
    if output.exists() and not output.is_file():
        raise UsageError(f"the {what} is no regular file", where=str(output))
    here = output.absolute().parent.resolve()
    if any((folder / MARKER).exists() for folder in (here, *here.parents)):
        # a slip of the pen must not put a report in the place of the analysts' database
        step = "Files in there are its own. Choose another place."
        raise UsageError(f"the {what} would lie in the home of the database", where=str(output), next_step=step)
    try:
        with TemporaryDirectory(prefix=".trackrecord-", dir=output.absolute().parent) as folder:
            part = Path(folder) / f"part{output.suffix.lower()}"
            yield part
            part.chmod(0o600)
            fsync(part)
            part.replace(output)
    except OSError as error:
        said = f"the {what} cannot be written: {error.strerror}"
        raise UsageError(said, where=str(output), next_step=next_step) from None
