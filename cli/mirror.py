"""trackrecord mirror: a folder of agency files for machines without internet."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli import as_json
from cli.home import Json
from cli.render import notice, progress, say, table
from cli.sync import SOME_FAILED, Contact


def run(
    *,
    out: Annotated[Path, typer.Argument(help="The folder; an older mirror in it is extended.")],
    source_ids: Annotated[list[str], typer.Argument(metavar="SOURCE_ID...")],
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, for sources by day.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, for sources by day.")
    ] = None,
    contact: Contact = None,
    json: Json = False,
) -> None:
    """Fetch the files of sources into a folder that `sync --mirror` reads. Exit 3 when a source failed."""
    from db.mirror import make_mirror
    from db.sync import Options
    from ingest.catalog import find_source

    options = Options(
        since=since.date() if since else None,
        until=until.date() if until else None,
        contact=contact or Options().contact,
    )
    sources = [find_source(source_id) for source_id in dict.fromkeys(source_ids)]
    with progress() as tell:
        made = make_mirror(out, sources, options, tell)
    if json:
        as_json.report({"folder": out, "sources": made}, sample=False)
    else:
        table(("source", "files", "error"), [(one.source_id, one.files, one.error) for one in made])
        say()
        say(f"Read it with: trackrecord sync SOURCE_ID --mirror {out}")
        say("These are the agencies' own files and may name persons: keep them as carefully as any such file.")
        notice(sample=False)
    if any(one.error for one in made):
        raise typer.Exit(SOME_FAILED)
