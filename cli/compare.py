"""trackrecord compare: whether two names are one company, and why; for one pair or a file of pairs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import as_json
from cli.answer import country_code, deliver, is_printed, warn_of_titles, warn_of_unused
from cli.home import Json, argument
from cli.render import facts, heading, progress, say, table, warn, write

if TYPE_CHECKING:
    from db.match.compare import Party
    from db.match.pairs import Summary
    from db.match.verdict import Comparison

_MEANING = {
    "same": "The same company, as far as names and numbers tell.",
    "likely": "Likely the same company: look at what differs.",
    "possible": "Possibly the same company: not without further evidence.",
    "different": "Different companies, as far as names and numbers tell.",
}


def run(
    *,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME NAME]", help="Two names.")] = None,
    country_a: Annotated[str | None, typer.Option(help="ISO 3166-1 country of the first: us, br, jp.")] = None,
    country_b: Annotated[str | None, typer.Option(help="The same of the second.")] = None,
    id_a: Annotated[
        list[str] | None, typer.Option(metavar="SCHEME=VALUE", help="A number of the first: lei=…; may be repeated.")
    ] = None,
    id_b: Annotated[list[str] | None, typer.Option(metavar="SCHEME=VALUE", help="The same of the second.")] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(help="Compare a file instead: columns name1, name2; country1, country2, id1, id2 if it has them."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="With --pairs: the CSV to write. Default, or `-`: print it.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="With --pairs: its encoding, where it is not UTF-8, UTF-16 or Windows-1252.")
    ] = None,
    json: Json = False,
) -> None:
    """Say whether two names are one company: a score from 0 to 1, a band, and the reasons with their weights.

    With --pairs, all columns and rows come back in their order as UTF-8 CSV, with `score`, `band` and `reasons`
    added. Cells that a spreadsheet would take for a formula (= + - @) are given behind an apostrophe.
    """
    from ingest.errors import UsageError

    given = names or []
    if pairs:
        if given or country_a or country_b or id_a or id_b:
            raise UsageError("names, countries and numbers stand in the columns of --pairs")
        _file(pairs, output, encoding, json=json)
        return
    if output or encoding:
        raise UsageError("-o and --encoding go with --pairs")
    if len(given) != 2:
        raise UsageError(
            "give two names, each in quotation marks, or a file of pairs with --pairs",
            next_step="See `trackrecord compare --help`.",
        )
    _pair(_party(given[0], country_a, id_a, "a"), _party(given[1], country_b, id_b, "b"), json=json)


def _party(name: str, country: str | None, numbers: list[str] | None, side: str) -> "Party":
    from db.match.compare import Party
    from ingest.errors import UsageError
    from ingest.identifiers import parse
    from ingest.identifiers.schemes import SCHEMES

    code = country_code(country, f"--country-{side}")
    found = []
    for given in numbers or []:
        scheme, _, value = argument(given).partition("=")
        scheme = scheme.strip().lower()
        if scheme not in SCHEMES or not value.strip():
            raise UsageError(f"--id-{side} takes SCHEME=VALUE", next_step=f"Schemes: {', '.join(SCHEMES)}.")
        if parse(scheme, value).valid is False:
            warn(f"The {scheme} of --id-{side} is not valid and is left out.")
        found.append((scheme, value.strip()))
    return Party(argument(name), code, tuple(found))


def _pair(one: "Party", other: "Party", *, json: bool) -> None:
    from db.match.compare import compare

    found = compare(one, other)
    if json:
        reasons = [{"text": reason.text, "weight": reason.weight} for reason in found.reasons]
        content = {"score": found.score, "band": found.band, "reasons": reasons, "version": found.version}
        write(as_json.text({"a": one.name, "b": other.name, **content}) + "\n")
        return
    _print(found)


def _print(found: "Comparison") -> None:
    heading(_MEANING[found.band])
    say()
    facts([("score", f"{found.score:.3f} of 1"), ("band", found.band), ("version", found.version)])
    say()
    table(("reason", "weight"), [(reason.text, f"{reason.weight:+.3f}") for reason in found.reasons])


def _file(file: Path, output: Path | None, encoding: str | None, *, json: bool) -> None:
    from db.match.pairs import ADDED, Summary, compared
    from ingest.read.user_table import open_table

    given = open_table(file.expanduser(), "name1", "name2", encoding=encoding)
    warn_of_titles(given)
    columns, summary = given.columns_and(*ADDED), Summary()
    with progress() as tell:
        rows = compared(given, summary, tell=tell)
        deliver(rows, columns, given, output, json=json)
    warn_of_unused(summary.unused, given)
    if not is_printed(output):
        _report(summary, str(output), json=json)


def _report(summary: "Summary", output: str, *, json: bool) -> None:
    counted = [{"band": band, "rows": rows} for band, rows in summary.bands.most_common()]
    if json:
        content = {"output": output, "rows": summary.rows, "bands": counted, "unused": dict(summary.unused)}
        write(as_json.text(content) + "\n")
        return
    heading(f"{summary.rows:,} pairs compared; written to {output}")
    say()
    table(("band", "rows"), [tuple(row.values()) for row in counted])
