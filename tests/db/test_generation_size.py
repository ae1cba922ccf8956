"""Replaced versions do not pile up in the generation file."""

from pathlib import Path

from db.store import Store
from ingest.model import RECORD, literal

ROWS = 260_000
GIVEN = {"record_id": "'xx:' || i", "entity_type": "'company'", "version": "1", "row_number": "i"}
BLANK = {"VARCHAR": literal("x"), "TIMESTAMP": "TIMESTAMP '2026-01-01'"}


def test_a_file_full_of_replaced_versions_is_written_anew(tmp_path: Path) -> None:
    store = Store(tmp_path / "home")
    required = {c.name: GIVEN.get(c.name) or BLANK[c.type] for c in RECORD if c.required}
    values = ", ".join(f"{value} AS {name}" for name, value in required.items())
    places = "SELECT count(*), max(rowid) + 1 FROM record"
    with store.writing() as writer:
        with writer.next_generation() as con:
            con.execute(f"INSERT INTO gen.record BY NAME SELECT {values} FROM range({ROWS}) t(i)")
        # one row in a hundred may stay as a hole, one in twenty is too much
        for share, numbered in ((1, ROWS), (5, ROWS * 95 // 100)):
            with writer.next_generation() as con:
                con.execute(f"DELETE FROM gen.record WHERE row_number % 100 BETWEEN 1 AND {share}")
            with store.reading() as con:
                assert con.execute(places).fetchone() == (ROWS * (100 - share) // 100, numbered)
