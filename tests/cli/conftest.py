"""Homes for the command line."""

from pathlib import Path

import pytest

from tests.cli.homes import Home, make_home


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the settings of whoever runs it."""
    for name in ("TRACKRECORD_HOME", "TRACKRECORD_MIRROR", "TRACKRECORD_CONTACT", "TRACKRECORD_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")
