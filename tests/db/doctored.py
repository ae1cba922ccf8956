"""A home synced three times, copied for each test, and ways to damage it."""

import shutil
from pathlib import Path

from db.doctor.examine import examine
from db.doctor.repair import repair
from db.doctor.trouble import Diagnosis
from db.store import Store
from tests.db.conftest import ROWS, Agency

BLOCK, FIRST_BLOCK = 262_144, 12_288
SAID = """SELECT record_id, version, company_id, company_name, status, amounts, removed_at, removal, first_seen,
    changed_at, last_seen, row_hash FROM {} ORDER BY ALL"""
HEAD = "SELECT seq, chain_hash FROM retrieval ORDER BY seq DESC LIMIT 1"


def synced(folder: Path) -> Agency:
    """A home with a record that is new, one that changed and one that is gone."""
    agency = Agency(folder)
    agency.sync(*ROWS)
    agency.sync(ROWS[0], ROWS[1].replace("2500.50", "9.75"), *ROWS[2:], "6,Zeta Boats Ltd,F,2024-06-30,7,")
    agency.sync(ROWS[0], ROWS[1].replace("2500.50", "9.75"), *ROWS[3:], "6,Zeta Boats Ltd,F,2024-06-30,7,")
    return agency


def copied(agency: Agency, folder: Path) -> Agency:
    """The same home elsewhere; its name index knows the generation by its time."""
    shutil.copytree(agency.folder, folder, copy_function=shutil.copy2)
    (folder / "home").chmod(0o700)
    return Agency(folder)


def what_is_known(store: Store) -> list[list[tuple[object, ...]]]:
    """Records, versions, ids and the head of the chain: what must be the same after a repair."""
    with store.reading() as con:
        return [con.execute(sql).fetchall() for sql in (SAID.format("record"), SAID.format("record_history"), HEAD)]


def overwrite_pages(path: Path, at: int = 2000) -> None:
    """Some bytes of every block."""
    content = bytearray(path.read_bytes())
    for start in range(FIRST_BLOCK, len(content), BLOCK):
        content[start + at : start + at + 64] = b"\xa5" * 64
    path.write_bytes(content)


def looked_at(store: Store) -> Diagnosis:
    """What the doctor says."""
    return examine(store, lambda *_: None)


def repaired(store: Store) -> tuple[list[str], Diagnosis]:
    """What the doctor did, and says then."""
    return repair(store, lambda *_: None)


def whats(found: Diagnosis) -> list[str]:
    """The troubles in words."""
    return [trouble.what for trouble in found.troubles]
