"""The source that CONTRIBUTING.md walks through works as it is printed there."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from db.store import Store
from db.sync import Options, sync
from ingest.catalog import Bounds, load_source

ROOT = Path(__file__).parents[2]
SOURCE_ID = "xx_fair_work_penalties"
BLOCK = re.compile(r"^\*\*`([^`]+)`\*\*\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the files of the walk, at the places it names."""
    for path, text in BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_source_of_the_walk_gives_its_records(checkout: Path) -> None:
    source = load_source(checkout / "ingest" / "sources" / SOURCE_ID)
    options = Options(mirror=checkout / "tests" / "sources" / SOURCE_ID / "sample")
    store = Store(checkout / "home")
    (report,) = sync(store, [replace(source, bounds=Bounds())], options, lambda *_: None)
    assert report.error is None
    assert report.rows == {"read": 4, "mapped": 2, "not_a_record": 1, "withheld": 1, "rejected": 0}
    assert report.not_a_record == {"revoked before issue": 1}
    assert not report.beside["issue"]
    with store.reading() as con:
        rows = con.execute(
            """SELECT native_id, company_name, issued_on::VARCHAR, amounts[1].value::VARCHAR, status
            FROM record ORDER BY native_id"""
        ).fetchall()
    assert rows == [
        ("N-1", "Example Bakeries Ltd", "2025-06-30", "1250.00", "final"),
        ("N-2", "Sample Cleaning Services Limited", "2025-07-01", "300.00", "closed"),
    ]


def test_the_walk_uses_no_more_files_than_it_promises(checkout: Path) -> None:
    files = {str(path.relative_to(checkout)) for path in checkout.rglob("*") if path.is_file()}
    assert files == {
        f"ingest/sources/{SOURCE_ID}/source.toml",
        f"ingest/sources/{SOURCE_ID}/records.sql",
        f"tests/sources/{SOURCE_ID}/sample/index.json",
        f"tests/sources/{SOURCE_ID}/sample/notices.csv",
    }


def test_what_the_walk_points_to_exists() -> None:
    """Links of the hand-written pages lead somewhere."""
    for page in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        links = re.findall(r"\]\((?!https?://|#)([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))
        assert not [link for link in links if not (ROOT / link).exists()], page
