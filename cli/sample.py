"""trackrecord sample: the tour without any agency, on invented companies."""

import typer

from cli import as_json
from cli.home import Json, home_of, is_sample, mark_sample
from cli.render import SAMPLE, heading, progress
from cli.sync import SOME_FAILED, finish, show


def run(context: typer.Context, *, json: Json = False) -> None:
    """Run the bundled files of invented companies through the pipeline, in a home of its own marked SAMPLE."""
    from db.samples import sync_samples
    from db.store import Store
    from ingest.errors import UsageError

    given = home_of(context).absolute()
    home = given if is_sample(given) else given.with_name(f"{given.name}-sample")
    if (home / "CURRENT").exists() and not is_sample(home):
        raise UsageError("this home holds real records; invented companies never go there", where=str(home))
    mark_sample(home)
    context.obj = home
    store, reports = Store(home), []
    if not json:
        heading(SAMPLE)
    try:
        with progress() as tell:
            for _, report in sync_samples(store, tell):
                reports.append(report)
                show(report, json=json)
    finally:
        if json:
            as_json.items({**report.as_json(), "sample": True} for report in reports)
    if not json:
        finish(context, store, reports)
    if any(report.outcome == "failed" for report in reports):
        raise typer.Exit(SOME_FAILED)
