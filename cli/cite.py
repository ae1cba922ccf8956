"""trackrecord cite: one record as a citation."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli import as_json
from cli.home import Json, argument, is_sample, store_of
from cli.render import notice, say


def run(
    context: typer.Context,
    *,
    record: Annotated[str, typer.Argument(metavar="RECORD", help="A record id (source:key).")],
    json: Json = False,
) -> None:
    """Print a citation of one record: authority, case, date, address, retrieval, SHA-256, id and version.

    Of a record that its source no longer publishes, and is not to be kept in view, only that is said, with its dates.
    """
    from db.cite import cite
    from db.show.page import Asked
    from db.show.record import is_company
    from ingest.catalog import catalogue
    from ingest.errors import UsageError

    wanted = argument(record.strip())
    if is_company(wanted):
        raise UsageError("a citation is of one record", next_step=f"Ids stand in `trackrecord show {wanted}`.")
    store = store_of(context)
    asked = Asked(store.home, catalogue(), datetime.now(UTC).date(), include_removed=True)
    with store.reading() as con:
        found = cite(con, wanted, asked)
    if json:
        as_json.report(found, sample=is_sample(store.home))
        return
    say(found.citation)
    notice(sample=is_sample(store.home))
