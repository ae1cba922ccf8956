"""trackrecord sql: the user's own question in SQL, read only."""

from typing import Annotated

import typer

from cli import as_json
from cli.home import Json, argument, is_sample, store_of
from cli.render import SAMPLE, notice, say, table, warn

ROWS_SHOWN = 200


def run(
    context: typer.Context,
    *,
    query: Annotated[str, typer.Argument(help="One SELECT; `SHOW TABLES` and `DESCRIBE record` explain the tables.")],
    json: Json = False,
) -> None:
    """Ask the database in SQL: read only, no files, no network. --json gives every row.

    The tables hold what was ever stored, also records that their source no longer publishes (`removed_at`,
    `publication_ends`), which every other command hides where the source mirrors its agency.
    """
    from itertools import islice

    from db.query import ask, count

    store, query = store_of(context), argument(query)
    sample = is_sample(store.home)
    with store.reading() as con:
        answer = ask(con, query)
        if json:
            as_json.items(dict(zip(answer.columns, row, strict=True)) for row in answer.rows)
            if sample:
                warn(SAMPLE)
            return
        rows = list(islice(answer.rows, ROWS_SHOWN + 1))
        table(answer.columns, rows[:ROWS_SHOWN])
        if len(rows) > ROWS_SHOWN:
            left_out = count(con, query) - ROWS_SHOWN
            say(f"{left_out:,} more rows left out; --json gives all of them.")
    notice(sample=sample)
