"""Verify finds every kind of tampering and names it; an untouched home agrees."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from db.verify import Finding, Verdict, verify
from ingest.archive import file_sha256
from ingest.errors import StoreDamaged, StoreMissing
from tests.cli.homes import FIRST, SECOND, Home, make_home

ROWS = f"rows/{FIRST}/run-1.list.parquet"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "it's home")


def checked(home: Home) -> Verdict:
    return verify(home.store, lambda _name, _done, _total: None)


def changed(home: Home, sql: str) -> list[Finding]:
    with home.changing() as con:
        con.execute(sql)
    return checked(home).findings


def rewritten(home: Home, change: Callable[[str], str]) -> Verdict:
    """The Parquet file rewritten, and its new hash entered as a forger would."""
    file = home.path / "evidence" / ROWS
    other = file.with_suffix(".new")
    con = duckdb.connect()
    try:
        con.execute("CREATE TABLE rows AS SELECT * FROM read_parquet(?)", [str(file)])
        con.execute(change("rows"))
        con.execute("COPY rows TO '" + str(other).replace("'", "''") + "' (FORMAT parquet)")
    finally:
        con.close()
    other.replace(file)
    with home.changing() as gen:
        gen.execute(
            "UPDATE evidence SET sha256 = ?, bytes = ? WHERE file = ?", [file_sha256(file), file.stat().st_size, ROWS]
        )
    return checked(home)


def test_an_untouched_home_agrees(home: Home) -> None:
    verdict = checked(home)
    assert verdict.findings == []
    assert (verdict.files, verdict.retrievals, verdict.rows, verdict.records) == (2, 2, 11, 10)
    assert not (home.path / "evidence" / "spill").exists()


def test_a_flipped_byte_is_found(home: Home) -> None:
    file = home.path / "evidence" / ROWS
    content = bytearray(file.read_bytes())
    content[40] ^= 1
    file.write_bytes(content)
    verdict = checked(home)
    assert verdict.findings == [Finding("file", ROWS, "differs from what was stored", 8, f"{FIRST}:1 version 1")]
    assert any("cannot be traced" in note for note in verdict.notes)


def test_a_missing_and_an_unknown_file_are_found(home: Home) -> None:
    file = home.path / "evidence" / ROWS
    file.rename(file.with_name("other.parquet"))
    found = checked(home).findings
    assert found == [
        Finding("file", ROWS, "missing", 8, f"{FIRST}:1 version 1"),
        Finding("file", f"rows/{FIRST}/other.parquet", "unknown to the database"),
    ]


def test_files_of_a_running_sync_are_not_judged(home: Home) -> None:
    (home.path / "evidence" / "new.parquet").write_bytes(b"half")
    with home.store.writing():
        (home.path / "evidence" / "newer.parquet").write_bytes(b"half")
        verdict = checked(home)
    assert verdict.findings == []
    assert "a sync is running: files that no generation knows were not judged" in verdict.notes


def test_a_changed_retrieval_breaks_the_chain_where_it_stands(home: Home) -> None:
    found = changed(home, "UPDATE retrieval SET url = 'https://elsewhere.example' WHERE seq = 1")
    assert [(f.what, f.file, f.cause, f.count) for f in found] == [
        ("retrieval", None, "differs from its chain hash", 1)
    ]
    assert found[0].first.startswith(f"seq 1, {FIRST}")


def test_a_retrieval_that_is_gone_is_missed_by_chain_and_records(home: Home) -> None:
    found = changed(home, "DELETE FROM retrieval WHERE seq = 1")
    assert found[0].cause == "the one before it is missing, or it is doubled"
    assert found[0].first.startswith("seq 2, ")
    assert Finding("record", None, "its retrieval does not exist", 8, f"{FIRST}:1 version 1") in found


def test_a_forged_id_of_a_retrieval_is_found(home: Home) -> None:
    found = changed(home, "UPDATE retrieval SET retrieval_id = 'ffffffffffffffff' WHERE seq = 2")
    assert "its id is not that of its chain hash" in {f.cause for f in found}


def test_an_original_row_that_was_rewritten_is_found(home: Home) -> None:
    verdict = rewritten(home, lambda rows: f"UPDATE {rows} SET AMOUNT = '1.00' WHERE row_number = 101")
    assert verdict.findings == [Finding("row", ROWS, "differs from its hash", 1, "row 101")]


def test_an_original_row_that_was_removed_is_missed_by_its_record(home: Home) -> None:
    verdict = rewritten(home, lambda rows: f"DELETE FROM {rows} WHERE row_number IN (101, 6)")
    assert {(f.file, f.count, f.first) for f in verdict.findings} == {
        (ROWS, 1, f"{FIRST}:1 version 1"),
        (ROWS, 1, f"{FIRST}:5 version 1"),
    }


@pytest.mark.parametrize(("key", "plural"), [("1", ""), ("5", "s")])
def test_a_record_with_another_row_hash_is_found(home: Home, key: str, plural: str) -> None:
    (found,) = changed(home, f"UPDATE record SET row_hash = 'ff' WHERE record_id = '{FIRST}:{key}'")
    assert (found.what, found.file, found.count, found.first) == ("record", ROWS, 1, f"{FIRST}:{key} version 1")
    assert f"original row{plural} " in found.cause


def test_earlier_versions_are_checked_too(home: Home) -> None:
    (found,) = changed(
        home,
        f"""INSERT INTO record_history BY NAME SELECT * REPLACE (0 AS version, 'ff' AS row_hash),
        TIMESTAMP '2025-02-02' AS superseded_at FROM record WHERE record_id = '{SECOND}:8'""",
    )
    assert found.first == f"{SECOND}:8 version 0"


def test_many_findings_of_one_cause_are_one(home: Home) -> None:
    with home.changing() as con:
        con.execute(
            f"""INSERT INTO record SELECT r.* REPLACE ('{FIRST}:x' || n AS record_id, 'ff' AS row_hash)
            FROM (FROM record WHERE native_id = '2') r, range(1100) t(n)"""
        )
    (found,) = checked(home).findings
    assert (found.what, found.file, found.count, found.first) == ("record", ROWS, 1100, f"{FIRST}:x0 version 1")


def test_a_damaged_file_of_another_relation_does_not_excuse_a_record(home: Home) -> None:
    with home.changing() as con:
        con.execute(
            "INSERT INTO evidence BY NAME SELECT * REPLACE ('rows/gone' AS file, 'side' AS relation)"
            f" FROM evidence WHERE file = '{ROWS}'"
        )
        con.execute(f"UPDATE record SET row_hash = 'ff' WHERE record_id = '{FIRST}:1'")
    assert [(f.what, f.file, f.count) for f in checked(home).findings] == [
        ("file", "rows/gone", 0),
        ("record", ROWS, 1),
    ]


def test_without_a_database_there_is_nothing_to_verify(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreMissing):
        checked(Home(tmp_path / "empty"))


def test_a_generation_that_is_no_database_is_said(home: Home) -> None:
    home.generation.write_bytes(b"not a database at all" * 1000)
    with pytest.raises(StoreDamaged, match="cannot be opened"):
        checked(home)
