"""Writes the generated pages of docs/: record.schema.json, data-dictionary.md, cli.md, sources.md.

Into privacy.md, which is written by hand, it brings the figures of the last `python bench/gate.py`.

`python docs/generate.py` writes them; with --check it writes nothing, names the pages that differ and exits 1.
"""

import contextlib
import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import typer

from cli.main import app
from docs.gate_figures import left_out, privacy_page
from ingest.catalog import Resource, Source, catalogue
from ingest.model import RECORD, TABLES, Column

DOCS = Path(__file__).parent
HELP_WIDTH = 100
_DATA_DICTIONARY = """\
Generated from `ingest/model.py` by `make docs`. Ask these tables with `trackrecord sql`.

- Amounts of different kinds or currencies are never added up.
- A record with status `alleged`, `proposed` or `contested` is not a finding; one with status `vacated`, `withdrawn` or
  `cleared` is not held against the company.
- What is in force today follows from `effective_from` and `effective_to`, never from a flag.
- `removed_at` means that the agency no longer publishes the record, or that it aged out of a rolling list.
- A date is the agency's own; all times are UTC."""
_COMMAND_LINE = """\
Generated from the commands' own help by `make docs`.

Exit codes: 0 done; 1 findings or differences; 2 a wrong command, option or query; 3 a source failed; 4 the database is
busy, missing or damaged; 70 a fault of trackrecord; 130 interrupted; 141 reader gone."""
_SOURCES = """\
Generated from `ingest/sources/*/source.toml` and the last measurement of the privacy gate by `make docs`.
`trackrecord sources` adds how fresh each one is in your database."""
_PLAIN: Mapping[str, dict[str, Any]] = {
    "VARCHAR": {"type": "string"},
    "BOOLEAN": {"type": "boolean"},
    "INTEGER": {"type": "integer"},
    "BIGINT": {"type": "integer"},
    "UHUGEINT": {"type": "integer", "minimum": 0},
    "DOUBLE": {"type": "number"},
    "DATE": {"type": "string", "format": "date"},
    "TIMESTAMP": {"type": "string", "format": "date-time", "$comment": "UTC; a missing offset means UTC"},
}


def record_schema() -> str:
    """JSON Schema 2020-12 of one row of table `record`, as `trackrecord sql --json` prints it."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "record",
        "description": f"{TABLES['record'][0]}. Generated from ingest/model.py.",
        "type": "object",
        "properties": {column.name: _property(column) for column in RECORD},
        "required": [column.name for column in RECORD if column.required],
        "additionalProperties": False,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def data_dictionary() -> str:
    """Every table with every column: type, whether it is always filled, meaning, possible values."""
    parts = ["# Data dictionary", _DATA_DICTIONARY]
    for table, (purpose, columns) in TABLES.items():
        rows = [(f"`{c.name}`", f"`{c.type}`", "always" if c.required else "", _meaning(c)) for c in columns]
        parts += [f"## {table}", f"{purpose}.", _table(("column", "type", "filled", "meaning"), rows)]
    return _page(parts)


def command_line() -> str:
    """The help of `trackrecord` and of each of its commands, as a terminal shows it."""
    parts = ["# Command line", _COMMAND_LINE, "## trackrecord", _help()]
    for command in app.registered_commands:
        parts += [f"## trackrecord {command.name}", _help(str(command.name))]
    for group in app.registered_groups:
        parts += [f"## trackrecord {group.name}", _help(str(group.name))]
        for command in group.typer_instance.registered_commands if group.typer_instance else ():
            parts += [f"### trackrecord {group.name} {command.name}", _help(str(group.name), str(command.name))]
    return _page(parts)


def sources_page() -> str:
    """One section per source of the catalogue: what an entry means, licence, corrections, bounds, columns."""
    parts = [
        "# Sources",
        _SOURCES,
        _table(
            ("source", "title", "jurisdiction", "subject area", "cadence"),
            [(f"[{s.id}](#{s.id})", s.title, s.jurisdiction, s.subject_area, s.cadence) for s in catalogue().values()],
        ),
    ]
    for source in catalogue().values():
        parts += _source(source)
    return _page(parts)


PAGES: Mapping[str, Callable[[], str]] = {
    "record.schema.json": record_schema,
    "data-dictionary.md": data_dictionary,
    "cli.md": command_line,
    "sources.md": sources_page,
    "privacy.md": privacy_page,
}


def main(arguments: list[str]) -> int:
    """Writes the pages, or with --check only compares them; gives the exit code."""
    made = {DOCS / name: make() for name, make in PAGES.items()}
    differing = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for path in differing:
            print(f"docs/{path.name} is not up to date: run `make docs` and commit it.", file=sys.stderr)
        return 1 if differing else 0
    for path in differing:
        path.write_text(made[path], encoding="utf-8")
        print(f"docs/{path.name} written")
    return 0


def json_type(duckdb_type: str) -> dict[str, Any]:
    """JSON Schema of a DuckDB type, as the model uses them. Raises KeyError for others."""
    if duckdb_type.endswith("[]"):
        return {"type": "array", "items": json_type(duckdb_type.removesuffix("[]"))}
    if duckdb_type.startswith("DECIMAL"):
        return {"type": "number"}
    if duckdb_type.startswith("STRUCT("):
        fields = re.split(r", (?![^(]*\))", duckdb_type.removeprefix("STRUCT(").removesuffix(")"))
        named = dict(field.split(" ", 1) for field in fields)
        properties = {name: _nullable(json_type(kind)) for name, kind in named.items()}
        return {"type": "object", "properties": properties, "required": list(named), "additionalProperties": False}
    return dict(_PLAIN[duckdb_type])


def _property(column: Column) -> dict[str, Any]:
    found = json_type(column.type)
    if column.choices:
        found["enum"] = list(column.choices) if column.required else [*column.choices, None]
    if not column.required:
        found = _nullable(found)
    return {"description": column.comment, **found}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


def _meaning(column: Column) -> str:
    choices = ", ".join(f"`{choice}`" for choice in column.choices)
    return f"{column.comment}: {choices}" if choices else column.comment


def _help(*words: str) -> str:
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        typer.main.get_command(app).main(
            [*words, "--help"], prog_name="trackrecord", standalone_mode=False, terminal_width=HELP_WIDTH
        )
    lines = [line.rstrip() for line in shown.getvalue().strip().splitlines()]
    return "```text\n" + "\n".join(lines) + "\n```"


def _source(source: Source) -> list[str]:
    window = f" of {source.window_months} months" if source.window_months else ""
    bounds = source.bounds
    plausible = (
        f"at least {bounds.min_rows:,} rows; a fall over {bounds.max_drop:.0%} or a jump over {bounds.max_jump:.0%} "
        "stops publication"
        if source.snapshot != "increment"
        else "none: an empty increment is valid"
    )
    facts = [
        ("publisher", source.publisher),
        ("jurisdiction", source.jurisdiction),
        ("subject area", source.subject_area),
        ("home page", source.homepage),
        ("licence", source.licence),
        ("attribution", source.attribution),
        ("legal basis", source.legal_basis),
        ("corrections", source.correction_channel),
        ("cadence", source.cadence),
        ("retention", source.retention),
        ("snapshot", f"{source.snapshot}{window}"),
        ("plausible", plausible),
        ("companies only", "yes" if source.company_only else "no: persons are withheld ([how](privacy.md))"),
        ("withheld", left_out(source.id)),
        ("starter set", "yes" if source.starter else "no"),
        ("met a live file", "yes" if source.verified else "not yet: written from the documented format"),
    ]
    return [
        f"## {source.id}",
        f"**{source.title}.**",
        f"An entry means: {source.means}",
        f"It does not mean: {source.means_not}",
        _table(("", ""), [(name, text) for name, text in facts if text]),
        *(part for resource in source.resource for part in _resource(resource)),
    ]


def _resource(resource: Resource) -> list[str]:
    place = f"<{resource.url}>" if "{" not in resource.url and resource.url else f"`{resource.url or '--file'}`"
    kinds = [
        ("used", resource.used),
        ("read, only extracts kept", resource.parsed),
        ("extracts", tuple(resource.extracts)),
        ("ignored", resource.ignored),
        ("personal, never visible", resource.personal),
    ]
    rows = [(kind, ", ".join(f"`{_cell(name)}`" for name in names)) for kind, names in kinds if names]
    return [
        f"Resource `{resource.name}` ({resource.pattern}, {resource.format}): {place}",
        _table(("columns", "names"), rows),
    ]


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(titles)
    lines = [heads, ["---"] * len(heads), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().replace("|", r"\|").replace(r"\\|", r"\|")


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
