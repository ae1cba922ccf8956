"""The generated pages are up to date, and say what their readers look for."""

import contextlib
import io
import json
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.main import app, main
from docs import generate
from ingest.catalog import catalogue
from ingest.model import TABLES

ROOT = Path(__file__).parents[2]
FORMATS: dict[str, Callable[[str], object]] = {"date": date.fromisoformat, "date-time": datetime.fromisoformat}
KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
    "null": type(None),
}  # fmt: skip


def refusals(value: Any, schema: dict[str, Any], at: str = "") -> list[str]:
    """Where `value` breaks the schema, for the keywords that the record's schema uses."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(isinstance(value, KINDS[kind]) for kind in kinds):
        return [f"{at}: type"]
    found = [f"{at}: enum"] if "enum" in schema and value not in schema["enum"] else []
    if isinstance(value, str) and "format" in schema:
        try:
            FORMATS[schema["format"]](value)
        except ValueError:
            found.append(f"{at}: format")
    if isinstance(value, list):
        found += [wrong for part in value for wrong in refusals(part, schema["items"], f"{at}[]")]
    if isinstance(value, dict):
        found += [f"{at}.{name}: required" for name in schema["required"] if name not in value]
        found += [f"{at}.{name}: unknown" for name in value if name not in schema["properties"]]
        for name in value.keys() & schema["properties"].keys():
            found += refusals(value[name], schema["properties"][name], f"{at}.{name}")
    return found


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Every record of the bundled samples, as `trackrecord sql --json` prints them."""
    home, printed = tmp_path_factory.mktemp("schema") / "home", io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()):
        assert main(["--home", str(home), "sample"]) == 0
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        assert main(["--home", f"{home}-sample", "sql", "--json", "SELECT * FROM record"]) == 0
    return list(json.loads(printed.getvalue()))


@pytest.mark.parametrize("name", generate.PAGES)
def test_the_committed_page_is_the_generated_one(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == generate.PAGES[name](), "run `make docs`"


def test_check_names_what_is_out_of_date_and_writing_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    assert generate.main(["--check"]) == 1
    assert "docs/cli.md" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    assert generate.main([]) == 0
    assert {path.name for path in tmp_path.iterdir()} == set(generate.PAGES)
    assert generate.main(["--check"]) == 0
    (tmp_path / "sources.md").write_text("old", encoding="utf-8")
    capsys.readouterr()
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().err.count("docs/") == 1


def test_the_schema_accepts_every_record_of_the_samples(records: list[dict[str, Any]]) -> None:
    schema = json.loads(generate.record_schema())
    assert records
    assert [wrong for record in records for wrong in refusals(record, schema)] == []


def test_the_schema_refuses_what_is_no_record(records: list[dict[str, Any]]) -> None:
    schema = json.loads(generate.record_schema())
    good = records[0]
    assert refusals({**good, "status": "guilty"}, schema) == [".status: enum"]
    assert refusals({**good, "issued_on": "yesterday"}, schema) == [".issued_on: format"]
    assert refusals({**good, "score": 7}, schema) == [".score: unknown"]
    assert refusals({**good, "row_hash": None}, schema) == [".row_hash: type"]
    assert refusals({name: value for name, value in good.items() if name != "source_id"}, schema) == [
        ".source_id: required"
    ]
    amount = {"kind": "final", "value": "much", "currency": "USD"}
    assert refusals({**good, "amounts": [amount]}, schema) == [".amounts[].value: type"]


def test_the_data_dictionary_explains_every_column_of_every_table() -> None:
    sections = re.split(r"^## ", generate.data_dictionary(), flags=re.MULTILINE)[1:]
    assert [section.split()[0] for section in sections] == list(TABLES)
    for section, (purpose, columns) in zip(sections, TABLES.values(), strict=True):
        assert purpose in section
        for column in columns:
            assert f"| `{column.name}` | `{column.type}` |" in section
            assert column.comment in section


def test_the_page_of_commands_shows_the_help_of_each() -> None:
    page = generate.command_line()
    for command in app.registered_commands:
        assert f"Usage: trackrecord {command.name} " in page


def test_every_source_says_what_it_means_and_how_errors_are_corrected() -> None:
    page = generate.sources_page()
    for source in catalogue().values():
        section = page.split(f"\n## {source.id}\n")[1].split("\n## ")[0]
        for said in (source.means, source.means_not, source.licence, source.correction_channel, source.homepage):
            assert said in section, source.id
        for resource in source.resource:
            for column in resource.known_columns:
                assert f"`{' '.join(column.split())}`".replace("|", r"\|") in section, (source.id, column)
