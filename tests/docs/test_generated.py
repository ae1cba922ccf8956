"""The generated pages are up to date, and say what their readers look for."""

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
    home = tmp_path_factory.mktemp("schema") / "home"
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) if False else _quiet(patch) as printed:
        assert main(["--home", str(home), "sample"]) == 0
        printed.clear()
        assert main(["--home", f"{home}-sample", "sql", "--json", "SELECT * FROM record"]) == 0
    return list(json.loads("".join(printed)))
