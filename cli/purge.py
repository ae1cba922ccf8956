"""trackrecord purge: take records out of the home for good."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli import as_json
from cli.home import Json, argument, is_sample, store_of
from cli.render import facts, heading, notice, say, table

if TYPE_CHECKING:
    from db.purge import Selection


def run(
    context: typer.Context,
    *,
    record_ids: Annotated[list[str] | None, typer.Argument(metavar="[RECORD_ID]...", show_default=False)] = None,
    company: Annotated[str | None, typer.Option(metavar="COMPANY_ID", help="Every record of this company.")] = None,
    with_name: Annotated[
        bool,
        typer.Option("--with-name", help="Also every record of these names in any source, now and in later syncs."),
    ] = False,
    name: Annotated[
        list[str] | None,
        typer.Option(help="This name in any source, now and in later syncs, and in analysts' rules. May be repeated."),
    ] = None,
    reason: Annotated[str, typer.Option(metavar="WHY", help="individual, request, court order, or error.")],
    by: Annotated[str | None, typer.Option(help="Who decides this. Default: the user of this machine.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Erase records for good: the database and the evidence are written anew without them, and no sync brings them
    back. Exit 2 without --yes where nobody can be asked.

    Whoever has the database open meanwhile keeps reading the old state until he closes it. Backups are yours to see to.
    """
    import sys

    from db.analyst import REASONS
    from db.purge import Asked, purge, select
    from ingest.catalog import catalogue
    from ingest.errors import UsageError

    if reason not in REASONS:
        raise UsageError(f"--reason is one of: {', '.join(REASONS)}")
    if not record_ids and company is None and not name:
        raise UsageError("nothing to purge was named", next_step="Give record ids, --company COMPANY_ID or --name.")
    asked = Asked(
        tuple(argument(given.strip()) for given in record_ids or ()),
        argument(company.strip()) if company else None,
        with_name,
        tuple(argument(given.strip()) for given in name or ()),
    )
    store, who = store_of(context), by or _user()
    with store.reading() as con:
        chosen = select(con, asked)
    if not json:
        _print(chosen)
    if not yes:
        if json or not sys.stdin.isatty():
            raise UsageError("a purge cannot be undone and nobody can be asked here", next_step="Add --yes.")
        if not typer.confirm("Erase this for good?", err=True):
            say("Nothing was erased.")
            return
    done = purge(store, asked, reason=reason, by=who, sources=catalogue(), shown=chosen.record_ids)
    if json:
        as_json.report(done, sample=is_sample(store.home))
        return
    heading(f"{len(done.records):,} record{'s' * (len(done.records) != 1)} erased")
    facts(
        [
            ("versions", done.versions),
            ("other versions that lost the name", done.versions_without_the_name or None),
            ("original rows erased", done.evidence.rows),
            ("original rows without their text", done.evidence.rows_without_text or None),
            ("whole payloads erased", done.evidence.payloads or None),
            ("analysts' rules and reasons erased", done.texts or None),
            ("new tombstones", done.tombstones),
        ]
    )
    notice(sample=is_sample(store.home))


def _print(chosen: "Selection") -> None:
    columns = ("record", "source", "kind", "date", "versions", "why")
    table(columns, [(r.record_id, r.source_id, r.kind, r.date, r.versions, r.because) for r in chosen.records])
    if chosen.names:
        n = len(chosen.names)
        say(f"{n:,} name{'s' * (n != 1)} of these respondents will be withheld in every source.")
    say()


def _user() -> str:
    """The user of this machine. Raises UsageError where it has no name."""
    import getpass

    from ingest.errors import UsageError

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        raise UsageError("this machine does not say who you are", next_step="Say it with --by.") from None
