"""What rulings of analysts have in common on the command line: who rules, and why."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.home import argument, is_sample
from cli.render import facts, heading, notice, say

if TYPE_CHECKING:
    from db.decisions.rows import Shape

By = Annotated[str | None, typer.Option(envvar="TRACKRECORD_ANALYST", help="Who rules. Default: the login name.")]
Why = Annotated[str | None, typer.Option(help="Your reason, in words. Name nobody.")]
Export = Annotated[Path | None, typer.Option("--export", metavar="FILE.jsonl", help="Write all of them for a team.")]
Import = Annotated[Path | None, typer.Option("--import", metavar="FILE.jsonl", help="Take in those of another team.")]


def given(value: str | None, option: str, next_step: str) -> str:
    """The value of an option. Raises UsageError where it is missing."""
    from ingest.errors import UsageError

    if not value or not value.strip():
        raise UsageError(f"{option} is missing", next_step=next_step)
    return argument(value)


def who(by: str | None) -> str:
    """The analyst: as given, or who is logged in."""
    from getpass import getuser

    from ingest.errors import UsageError

    try:
        return argument(by or getuser())
    except (OSError, KeyError):
        raise UsageError("nobody is logged in by name", next_step="Say who rules with --by.") from None


def one_of(*asked: object, what: str, verb: str) -> None:
    """Raises UsageError unless exactly one of these is asked for."""
    from ingest.errors import UsageError

    if sum(bool(item) for item in asked) != 1:
        raise UsageError(f"give {what}", next_step=f"See `trackrecord {verb} --help`.")


def exported(home: Path, file: Path, shape: "type[Shape]", *, json: bool) -> None:
    """Writes all judgements or disputes into the file, and says so."""
    from cli import as_json
    from db.decisions.exchange import export
    from db.decisions.rows import table_of

    n, what = export(home, file, shape), table_of(shape)
    if json:
        as_json.report({"file": file, "exported": n}, sample=is_sample(home))
        return
    say(f"{n:,} {what}s written to {file}, with their authors. Only you can read the file.")
    notice(sample=is_sample(home))


def imported(home: Path, file: Path, shape: "type[Shape]", by: str, *, json: bool) -> None:
    """Takes in the judgements or disputes of the file, and says what became of its lines."""
    from cli import as_json
    from db.decisions.exchange import import_
    from db.decisions.rows import table_of

    done, what = import_(home, file, shape, by=by), table_of(shape)
    if json:
        as_json.report(done, sample=is_sample(home))
        return
    heading(f"{done.new:,} new {what}s")
    facts([("known before", done.known), ("ended there since", done.ended), ("purged here", done.purged)])
    notice(sample=is_sample(home))
