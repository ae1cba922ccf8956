"""The command `trackrecord`: its verbs, the options they share, and what its exit code says.

0 done    1 findings or differences    2 a wrong command, option or query    3 a source failed
4 the database is busy, missing or damaged    70 a fault of trackrecord    130 interrupted    141 reader gone
"""

import errno
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from cli import (
    allow,
    changes,
    cite,
    compare,
    dispute,
    doctor,
    evidence,
    export,
    judge,
    mirror,
    purge,
    rebuild,
    refresh,
    sample,
    screen,
    search,
    show,
    sources,
    sql,
    stamp,
    start,
    status,
    sync,
    verify,
    watch,
    why,
)
from cli.render import ReaderGone, warn
from ingest.errors import SourceError, StoreError, TrackrecordError, UsageError

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
USAGE, SOURCE, STORE, FAULT, INTERRUPTED, NO_READER = 2, 3, 4, 70, 130, 141

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in (
    start, sync, refresh, sources, search, screen, show, changes, cite, compare, status, verify, stamp, evidence,
    export, why, judge, dispute, allow, purge, doctor, rebuild, sql, mirror, sample,
):  # fmt: skip
    app.command(verb.__name__.rpartition(".")[2])(verb.run)
app.add_typer(watch.app, name="watch")


@app.callback()
def shared(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(envvar="TRACKRECORD_HOME", help="Folder of the database. Default: the platform's data folder."),
    ] = None,
) -> None:
    """What have public authorities put on record about this company? Companies only, every record traceable."""
    context.obj = home


def run() -> None:
    """The entry point: runs the command line and exits with its code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    code = main(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = NO_READER
    if code == NO_READER:
        # what is still buffered has no reader; without this the interpreter would complain at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def main(arguments: list[str]) -> int:
    """Runs one command and gives its exit code. Says on stderr in one line what went wrong."""
    try:
        code = int(typer.main.get_command(app).main(arguments, prog_name="trackrecord", standalone_mode=False) or 0)
    except typer.TyperException as error:
        typer.echo(error.format_message(), err=True)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except ReaderGone:
        return NO_READER
    except TrackrecordError as error:
        _trace()
        warn(error.sentence())
        return _code(error)
    except Exception as error:  # noqa: BLE001 -- the last resort: its message is not shown, it may quote input
        _trace()
        return _fault(error)
    if code == INTERRUPTED:
        warn("Interrupted. What was published before stays.")
    return code


def _code(error: TrackrecordError) -> int:
    for kind, code in ((UsageError, USAGE), (SourceError, SOURCE), (StoreError, STORE)):
        if isinstance(error, kind):
            return code
    return FAULT


def _fault(error: Exception) -> int:
    """What nobody raised on purpose, and its code."""
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        place = f" ({error.filename})" if error.filename else ""
        warn(f"the disk is full{place}. Make room and run it again; what was published before stays.")
        return STORE
    warn(f"unexpected {type(error).__name__} at {_place(error)}, please report it (TRACKRECORD_DEBUG=1 shows more)")
    return FAULT


def _place(error: BaseException) -> str:
    """File and line of our own code in which the error arose; the last place anywhere if none is ours."""
    places = traceback.extract_tb(error.__traceback__)
    root = Path(__file__).parent.parent
    ours = [place for place in places if Path(place.filename).is_relative_to(root) and ".venv" not in place.filename]
    last = (ours or places)[-1]
    return f"{Path(last.filename).parent.name}/{Path(last.filename).name}:{last.lineno}"


def _trace() -> None:
    if os.environ.get("TRACKRECORD_DEBUG") == "1":
        traceback.print_exc()
