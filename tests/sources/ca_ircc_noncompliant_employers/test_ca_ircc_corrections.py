"""A decision stays the same record when the agency corrects its penalty or the employer pays."""

import shutil
from pathlib import Path

from db.samples import sample_options
from db.store import Store
from db.sync import Options, Report, sync
from ingest.catalog import find_source

SAMPLE = Path(__file__).parent / "sample"
FILE = "employers-non-compliant.html"


def sync_edited(tmp_path: Path, edits: dict[str, str]) -> Report:
    mirror = tmp_path / "mirror"
    shutil.copytree(SAMPLE, mirror, dirs_exist_ok=True)
    page = (SAMPLE / FILE).read_text(encoding="utf-8")
    for old, new in edits.items():
        assert old in page
        page = page.replace(old, new)
    (mirror / FILE).write_text(page, encoding="utf-8")
    source = find_source("ca_ircc_noncompliant_employers")
    (report,) = sync(Store(tmp_path / "home"), [source], sample_options(mirror), lambda *_: None)
    return report


def test_paid_penalty_and_corrected_amount_are_changes_of_the_same_record(tmp_path: Path) -> None:
    sync_edited(tmp_path, {})
    after = sync_edited(tmp_path, {"Ineligible - unpaid monetary penalty": "Eligible", "$1,250": "$1,520"})
    assert after.error is None
    assert (after.records["added"], after.records["changed"], after.records["removed"]) == (0, 2, 0)


def test_an_operating_name_that_is_a_persons_is_not_kept(tmp_path: Path) -> None:
    report = sync_edited(tmp_path, {})
    assert report.beside["withheld respondent"]["alias"] == 1
    with Store(tmp_path / "home").reading() as con:
        records = con.execute("SELECT r::VARCHAR FROM record r").fetchall()
    assert not [text for (text,) in records if "Vanderquist" in text or "Oduya" in text]


def test_a_page_whose_table_is_filled_by_script_fails_instead_of_emptying_the_list(tmp_path: Path) -> None:
    page = (SAMPLE / FILE).read_text(encoding="utf-8")
    sync_edited(tmp_path, {})
    rows = page[page.index("<tbody>") + len("<tbody>") : page.index("</tbody>")]
    mirror = tmp_path / "mirror"
    (mirror / FILE).write_text(page.replace(rows, ""), encoding="utf-8")
    source = find_source("ca_ircc_noncompliant_employers")
    (report,) = sync(Store(tmp_path / "home"), [source], Options(mirror=mirror), lambda *_: None)
    assert report.outcome == "failed"
    with Store(tmp_path / "home").reading() as con:
        assert con.execute("SELECT count(*) FROM record WHERE removed_at IS NULL").fetchall() == [(6,)]
