"""trackrecord verify: does everything stored still agree?"""

import typer

from cli import as_json
from cli.home import Json, is_sample, store_of
from cli.render import facts, heading, notice, progress, say, size, table


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
            ]
        )
        for note in verdict.notes:
            say(note)
        say()
        if verdict.findings:
            heading(f"{len(verdict.findings) + verdict.unnamed:,} differences")
            table(("what", "where", "problem"), [(f.what, f.where, f.problem) for f in verdict.findings])
            if verdict.unnamed:
                say(f"{verdict.unnamed:,} more of the same kinds are not named here.")
        else:
            heading("Everything agrees.")
        notice(sample=is_sample(store.home))
    if verdict.findings:
        raise typer.Exit(1)
