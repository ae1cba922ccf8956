"""A serving authority, and a home whose retrievals it may stamp."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from db.stamp.request import Anchored, Asking, anchor
from ingest.fetch.pacing import Patience
from tests.cli.homes import Home, make_home
from tests.stamp.authority import Authority, authority

Anchor = Callable[..., Anchored]


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(name="authority")
def _authority() -> Iterator[Authority]:
    with authority() as made:
        yield made


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


@pytest.fixture
def stamped(home: Home, authority: Authority) -> Anchor:
    """Has the home's head stamped by the authority."""

    def run(**changes: Any) -> Anchored:
        defaults: dict[str, Any] = {
            "url": authority.url,
            "contact": "mailto:audit@example.org",
            "private_hosts": frozenset({authority.place}),
            "patience": Patience(connect=5.0, silence=2.0, total=5.0),
        }
        return anchor(home.store, Asking(**{**defaults, **changes}))

    return run
