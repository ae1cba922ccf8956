"""What is odd about a row of a supplier file: a second row of headers, numbers whose check digit is wrong."""

from collections.abc import Sequence

from db.screen.columns import Taken, is_header
from db.screen.numbers import failing

SECOND_HEADER = "a second row of headers: it repeats what the columns are"


def repeats_headers(cells: Sequence[str], taken: Sequence[Taken]) -> bool:
    """Whether the row directly below the header is another one: every filled cell of the columns is a known header."""
    filled = [item for item in taken if cells[item.place].strip()]
    return any(item.role == "name" for item in filled) and all(
        is_header(item.role, item.column, cells[item.place]) for item in filled
    )


def warning(cells: Sequence[str], taken: Sequence[Taken]) -> str:
    """A sentence on the numbers of the row that were not used because they fail their check; empty for none."""
    failed = [
        f"the number below “{item.column}” fails the check digit of {' or '.join(names)} and was not used"
        for item in taken
        if item.role == "id" and (names := failing(item.column, cells[item.place].strip()))
    ]
    return "; ".join(failed)
