"""Replaced versions do not pile up in the generation file."""

from pathlib import Path

import pytest

from db.store import Store
from ingest.model import RECORD, literal

ROWS = 260_000
GIVEN = {"record_id": "'xx:' || i", "entity_type": "'company'", "version": "1", "row_number": "i"}
BLANK = {"VARCHAR": literal("x"), "TIMESTAMP": "TIMESTAMP '2026-01-01'"}


def test_a_file_full_of_replaced_versions_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "home")
    required = {c.name: GIVEN.get(c.name) or BLANK[c.type] for c in RECORD if c.required}
    values = ", ".join(f"{value} AS {name}" for name, value in required.items())
    places = "SELECT count(*), max(rowid) + 1 FROM record"
    with store.writing() as writer:
        with writer.next_generation() as con:
            con.execute(f"INSERT INTO gen.record BY NAME SELECT {values} FROM range({ROWS}) t(i)")
        gone = 0
        # few holes stay; more go, but not at the cost of who only changes some rows
        for rows, numbered in ((8_000, ROWS), (7_000, ROWS - 15_000), (900, ROWS - 15_000)):
            with writer.next_generation() as con:
                con.execute(
                    f"DELETE FROM gen.record WHERE row_number * 7 % {ROWS} BETWEEN {gone} AND {gone + rows - 1}"
                )
            gone += rows
            with store.reading() as con:
                assert con.execute(places).fetchone() == (ROWS - gone, numbered)
        monkeypatch.setattr("db.store.MOST_SLACK", 0.001)
        with writer.next_generation() as con:
            con.execute(f"DELETE FROM gen.record WHERE row_number * 7 % {ROWS} = {gone}")
    with store.reading() as con:
        assert con.execute(places).fetchone() == (ROWS - gone - 1, ROWS - 15_000)
