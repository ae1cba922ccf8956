"""Every source has a sample in its agency's exact format, and the sample gives exactly the expected records.

`tests/sources/<id>/sample/` is a small mirror (index.json and files); `sample/handed-in/` holds files for --file, and
`sample/options.json` may give `from` and `to`. After a deliberate change, TRACKRECORD_WRITE_EXPECTED=1 rewrites
expected.json: read its difference before you commit it.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from db.samples import sample_options
from db.store import Store
from db.sync import Report, sync
from ingest.catalog import SOURCES, catalogue, find_source
from ingest.model import RECORD, SQL_COLUMNS

HERE = Path(__file__).parent
WRITE = os.environ.get("TRACKRECORD_WRITE_EXPECTED") == "1"
COLUMNS = ("record_id", *(column.name for column in SQL_COLUMNS), "gate_reason", "row_number", "member")


def run_sample(source_id: str, home: Path) -> tuple[Report, list[dict[str, Any]]]:
    """Syncs the sample of a source into an empty home; gives the report and the records as plain values."""
    folder = HERE / source_id / "sample"
    (report,) = sync(Store(home), [find_source(source_id)], sample_options(folder), lambda *_: None)
    if report.outcome != "loaded":
        return report, []
    with Store(home).reading() as con:
        picked = ", ".join(COLUMNS)
        row = con.execute(
            f"SELECT coalesce(to_json(list(r ORDER BY r.record_id)), '[]') FROM (SELECT {picked} FROM record) r"
        ).fetchone()
    records = json.loads(row[0]) if row else []
    return report, [{key: value for key, value in record.items() if value is not None} for record in records]


@pytest.mark.parametrize("source_id", sorted(catalogue()))
def test_sample_gives_exactly_the_expected_records(source_id: str, tmp_path: Path) -> None:
    assert (HERE / source_id / "sample").is_dir(), f"{source_id} has no sample under tests/sources"
    report, records = run_sample(source_id, tmp_path / "home")
    assert report.error is None
    found = {
        "data_as_of": report.data_as_of.isoformat() if report.data_as_of else None,
        "rows": report.rows,
        "not_a_record": report.not_a_record,
        "withheld": report.withheld,
        "beside": report.beside,
        "records": records,
    }
    expected_file = HERE / source_id / "expected.json"
    if WRITE:
        expected_file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert expected_file.exists(), f"{source_id} has no expected.json"
    assert found == json.loads(expected_file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("source_id", sorted(catalogue()))
def test_sample_shows_both_what_is_kept_and_what_is_not(source_id: str) -> None:
    """A sample without a record, or one in which nothing is left out, tests only half of a source."""
    expected = json.loads((HERE / source_id / "expected.json").read_text(encoding="utf-8"))
    assert expected["records"]
    assert expected["rows"]["mapped"] < expected["rows"]["read"]


def test_every_folder_of_a_sample_belongs_to_a_source() -> None:
    folders = {path.name for path in HERE.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert folders <= {path.name for path in SOURCES.iterdir()}


def test_records_hold_every_column_of_the_model() -> None:
    assert set(COLUMNS) <= {column.name for column in RECORD}
