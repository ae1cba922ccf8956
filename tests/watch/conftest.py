"""The desk of an analyst who watches suppliers."""

from pathlib import Path

import pytest

from tests.watch.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)
