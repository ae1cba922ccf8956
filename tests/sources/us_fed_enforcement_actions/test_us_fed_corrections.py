"""What the Federal Reserve corrects in its file stays the same record; what it says of persons is nowhere kept."""

import shutil
from pathlib import Path

from db.samples import sample_options
from db.store import Store
from db.sync import Report, sync
from ingest.catalog import find_source

SAMPLE = Path(__file__).parent / "sample"
FILE = "enforcementactions.csv"


def sync_edited(tmp_path: Path, edits: dict[str, str]) -> Report:
    mirror = tmp_path / "mirror"
    shutil.copytree(SAMPLE, mirror, dirs_exist_ok=True)
    text = (SAMPLE / FILE).read_text(encoding="utf-8-sig")
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new)
    (mirror / FILE).write_text(text, encoding="utf-8-sig")
    source = find_source("us_fed_enforcement_actions")
    (report,) = sync(Store(tmp_path / "home"), [source], sample_options(mirror), lambda *_: None)
    assert report.error is None
    return report


def test_corrected_action_and_termination_are_changes_of_the_same_records(tmp_path: Path) -> None:
    before = sync_edited(tmp_path, {"Written Agreement": "Writen Agreement", "2024-02-20": "2024-02-02"})
    after = sync_edited(tmp_path, {"$54.75 million": "$54,570,000"})
    assert after.records["total"] == before.records["total"]
    assert (after.records["added"], after.records["removed"]) == (0, 0)
    # the agreement, and the order and the penalty of three firms
    assert after.records["changed"] == 7


def test_a_corrected_note_changes_nothing(tmp_path: Path) -> None:
    sync_edited(tmp_path, {})
    after = sync_edited(tmp_path, {"effective date was corrected": "termination date was corrected"})
    assert after.records["changed"] == after.records["added"] == after.records["removed"] == 0


def test_a_person_sharing_a_penalty_is_not_named(tmp_path: Path) -> None:
    sync_edited(tmp_path, {})
    with Store(tmp_path / "home").reading() as con:
        records = con.execute("SELECT r::VARCHAR FROM record r").fetchall()
    assert records
    assert not [text for (text,) in records if "Okonjo" in text or "Vandermeulen" in text]
