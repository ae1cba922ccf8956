"""Answers on a file of the user's: written to a file, or printed as CSV or JSON as they come."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli import as_json
from cli.render import safe, warn, write

if TYPE_CHECKING:
    from ingest.read.user_table import UserTable


def is_printed(output: Path | None) -> bool:
    """Whether the answer goes to standard output: no `-o`, or `-o -`."""
    return output is None or str(output) == "-"


def deliver(
    rows: Iterable[Sequence[str]], columns: Sequence[str], given: "UserTable", output: Path | None, *, json: bool
) -> None:
    """The rows into `output`, or printed: as a JSON list with `json`, else as CSV."""
    from db.answer_file import write_csv, write_file
    from ingest.read.columns import tidy

    if output is not None and not is_printed(output):
        write_file(output.expanduser(), given.path, columns, rows)
    elif json:
        names = tidy(columns)
        as_json.items(dict(zip(names, row, strict=True)) for row in rows)
    else:
        # what a terminal might obey is written out; programs get the cells as they are
        shown = ([safe(cell) for cell in row] for row in rows) if sys.stdout.isatty() else rows
        write_csv(_Printed(), columns, shown)


def warn_of_titles(given: "UserTable") -> None:
    """Says what stands above the header and is left out."""
    if given.titles:
        warn(f"The header was found in row {given.header_row}; what stands above it is left out.")


def warn_of_unused(unused: Mapping[str, int], given: "UserTable") -> None:
    """Says how many cells could not be used, by what is wrong with them."""
    for what, count in sorted(unused.items()):
        warn(f"{count:,} {what} (the file was read as {given.taken_as}).")


def country_code(country: str | None, option: str) -> str | None:
    """The value of an option for a country, lower case. Raises UsageError for anything but two letters."""
    from ingest.errors import UsageError

    code = country.strip().lower() if country is not None else None
    if code is not None and not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise UsageError(f"{option} takes a code of two letters", next_step="For example: us, br, jp.")
    return code


class _Printed:
    """Standard output, for the CSV writer."""

    def write(self, text: str, /) -> None:
        write(text)
