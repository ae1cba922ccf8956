"""trackrecord why: what the privacy gate takes a name for, and why; for one name or a file of names."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import as_json
from cli.answer import country_code, deliver, is_printed, warn_of_titles, warn_of_unused
from cli.home import Json, argument, home_of
from cli.render import facts, heading, plain, progress, say, table, write

if TYPE_CHECKING:
    from db.analyst import AllowRule
    from db.why import Summary
    from ingest.privacy.explain import Explanation
    from ingest.privacy.verdict import Subject


def run(
    context: typer.Context,
    *,
    name: Annotated[list[str] | None, typer.Argument(metavar="[NAME]", help="A name as an agency writes it.")] = None,
    country: Annotated[
        str | None, typer.Option(help="ISO 3166-1 country: us, br, jp. With --file: of rows that state none.")
    ] = None,
    type_: Annotated[
        str | None, typer.Option("--type", help="What a source says it is: company, person, firm, sole trader …")
    ] = None,
    id_: Annotated[
        list[str] | None, typer.Option("--id", metavar="SCHEME=VALUE", help="A number: rfc=…, cnpj=…; may be repeated.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="Judge a file instead: CSV, XLSX or Parquet with column `name`; `country` and `type` if it has them."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="With --file: the CSV to write. Default, or `-`: print it.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="With --file: the encoding of a CSV, where it is not found out.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what the privacy gate takes a name for, company or person, and why. Nothing is stored or logged.

    With --file, all columns and rows come back in their order as UTF-8 CSV, with `verdict` and `reason` added. Cells
    that a spreadsheet would take for a formula (= + - @) are given behind an apostrophe.
    """
    from ingest.errors import UsageError

    code = country_code(country, "--country")
    if bool(name) == bool(file):
        raise UsageError("give one name, or a file of names with --file", next_step="See `trackrecord why --help`.")
    if file:
        if type_ or id_:
            raise UsageError("--type and --id go with a name", next_step="In a file, type is a column.")
        _file(file, output, code, encoding, json=json)
        return
    if output or encoding:
        raise UsageError("-o and --encoding go with --file")
    subject = _subject(argument(" ".join(name or ())), code, type_, id_ or [])
    rules = [f"rule {rule.number} in {rule.source_id}" for rule in _rules(context, subject.name)]
    _name(subject, rules, json=json)


def _subject(name: str, country: str | None, type_: str | None, numbers: list[str]) -> "Subject":
    from db.why import TYPES
    from ingest.errors import UsageError
    from ingest.privacy.verdict import Subject

    declared = type_.strip().lower() if type_ is not None else None
    if declared is not None and declared not in TYPES:
        raise UsageError("--type is none that the gate knows", next_step=f"Known: {', '.join(sorted(TYPES))}.")
    pairs = []
    for given in numbers:
        scheme, _, value = argument(given).partition("=")
        if not scheme.strip() or not value.strip():
            raise UsageError("--id takes SCHEME=VALUE", next_step="For example: rfc=ABC010203XY9.")
        pairs.append((scheme.strip().lower(), value.strip()))
    return Subject(name, country, declared, tuple(pairs))


def _rules(context: typer.Context, name: str) -> "list[AllowRule]":
    """The analysts' rules in force for exactly this name."""
    from db.analyst import Analyst
    from ingest.privacy.rulings import exact_name

    rules = Analyst(home_of(context)).allow_rules(in_force=True)
    return [rule for rule in rules if rule.company_name == exact_name(name)]


def _name(subject: "Subject", rules: list[str], *, json: bool) -> None:
    from ingest.privacy.explain import explain

    found = explain(subject)
    if json:
        words = [{"word": word, "known_as": known} for word, known in found.words]
        fields = ("verdict", "passes", "reason", "meaning", "evidence", "decided_by", "before", "advice")
        given = {field: getattr(found, field) for field in fields}
        write(as_json.text({"name": subject.name, **given, "allowed_by": rules, "words": words}) + "\n")
        return
    _print(found, rules)


def _print(found: "Explanation", rules: list[str]) -> None:
    heading(found.sentence)
    say()
    facts(
        [
            ("reason", found.reason),
            ("evidence", found.evidence),
            ("decided by", found.decided_by or "nothing: without evidence a name is withheld"),
            ("allowed by", rules),
        ]
    )
    if found.words:
        say()
        table(
            ("word", "known as"),
            [(word, plain(known) or "not in the tables") for word, known in found.words],
        )
    say()
    say(f"Looked at first, without a decision: {'; '.join(found.before) or 'nothing'}.")
    say()
    say(f"What to do: {found.advice}")


def _file(file: Path, output: Path | None, country: str | None, encoding: str | None, *, json: bool) -> None:
    from db.why import Summary, judged
    from ingest.read.user_table import open_table

    given = open_table(file.expanduser(), "name", encoding=encoding)
    warn_of_titles(given)
    columns, summary = given.columns_and("verdict", "reason"), Summary()
    with progress() as tell:
        rows = judged(given, summary, country=country, tell=tell)
        deliver(rows, columns, given, output, json=json)
    warn_of_unused(summary.unused, given)
    if not is_printed(output):
        _report(summary, str(output), json=json)


def _report(summary: "Summary", output: str, *, json: bool) -> None:
    counted = [
        {"verdict": verdict, "reason": reason, "rows": rows}
        for (verdict, reason), rows in sorted(summary.verdicts.items(), key=lambda item: (-item[1], item[0]))
    ]
    if json:
        write(
            as_json.text(
                {"output": output, "rows": summary.rows, "passing": summary.passing, "verdicts": counted,
                 "unused": dict(summary.unused)}
            )
            + "\n"
        )  # fmt: skip
        return
    heading(f"{summary.rows:,} rows judged, {summary.passing:,} pass; written to {output}")
    say()
    table(("verdict", "reason", "rows"), [tuple(row.values()) for row in counted])
