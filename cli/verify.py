"""trackrecord verify: does everything stored still agree?"""

from typing import TYPE_CHECKING

import typer

from cli import as_json
from cli.home import Json, is_sample, store_of
from cli.render import facts, heading, notice, progress, say, size, table

if TYPE_CHECKING:
    from db.verify import Finding


def run(context: typer.Context, *, json: Json = False) -> None:
    """Hash the evidence store, the retrieval chain and every original row again; exit 1 names what differs."""
    from db.verify import verify

    store = store_of(context)
    with progress() as tell:
        verdict = verify(store, tell)
    if json:
        as_json.report(verdict, sample=is_sample(store.home))
    else:
        facts(
            [
                ("evidence files", f"{verdict.files:,}, {size(verdict.bytes)}"),
                ("retrievals", verdict.retrievals),
                ("original rows", verdict.rows),
                ("records", verdict.records),
                ("time stamps", verdict.stamps),
            ]
        )
        for note in verdict.notes:
            say(note)
        say()
        if verdict.findings:
            n = len(verdict.findings)
            heading(f"{n:,} difference{'' if n == 1 else 's'}")
            table(
                ("what", "file", "cause", "affects", "first of them"),
                [(f.what, f.file, f.cause, _affected(f), f.first) for f in verdict.findings],
            )
        else:
            heading("Everything agrees.")
        notice(sample=is_sample(store.home))
    if verdict.findings:
        raise typer.Exit(1)


def _affected(found: "Finding") -> str:
    if not found.count:
        return ""
    unit = "record" if found.what == "file" else found.what
    return f"{found.count:,} {unit}{'' if found.count == 1 else 's'}"
