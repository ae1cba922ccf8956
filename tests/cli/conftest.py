"""Homes for the command line, and the command line itself."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

import ingest.catalog
from cli.main import main
from ingest.catalog import Source
from ingest.errors import CatalogError
from tests.cli.homes import SOURCES, Home, make_home


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


Command = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the settings of whoever runs it, or the sources that the project has today."""
    for name in ("TRACKRECORD_HOME", "TRACKRECORD_MIRROR", "TRACKRECORD_CONTACT", "TRACKRECORD_DEBUG", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    known = MappingProxyType({source.id: source for source in SOURCES})

    def find_source(source_id: str) -> Source:
        if source_id not in known:
            raise CatalogError(f"no source `{source_id}`")
        return known[source_id]

    monkeypatch.setattr(ingest.catalog, "catalogue", lambda: known)
    monkeypatch.setattr(ingest.catalog, "find_source", find_source)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs a command on the home `tmp_path/home` inside this process."""

    def run(*words: str, home: Path | None = tmp_path / "home") -> Ran:
        code = main([*(["--home", str(home)] if home else []), *words])
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return run
