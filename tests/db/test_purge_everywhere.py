"""A purge reaches every place in a home that came to know the name since: watch lists, decisions, set-aside files."""

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from db.analyst import Analyst
from db.decisions.kept import Decisions
from db.decisions.rows import match_id, supplier_key
from db.home import ASIDE
from db.purge import Asked, purge
from db.replay.rebuild import rebuild
from db.verify import verify
from db.watch.lists import WatchLists
from db.watch.run import run
from db.watch.suppliers import read_suppliers
from tests.db.conftest import Agency
from tests.db.rebuilt import assert_same, rebuilt_beside
from tests.db.traces import traces

ROOT = Path(__file__).parents[2]
NAME = "Quillfeather Zebedin"
ID = "xx_fair_work:1"
ROWS = (
    f"1,{NAME} Ltd,F,2024-01-31,1000,Jan Doe",
    "2,Beta Tools GmbH,F,2024-02-29,2500.50,Jan Doe",
    "3,Gamma Foods SA,V,2024-03-31,,",
)
CHILD = """
import os, signal, sys
from pathlib import Path
from db.purge import Asked, purge
from db.store import Store
import db.store

def end(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "before":
    db.store.Writer._publish = end
else:
    whole, db.store.Writer._publish = db.store.Writer._publish, lambda *given: (whole(*given), end())
purge(Store(Path(sys.argv[1])), Asked(("xx_fair_work:1",), None, True), reason="request", by="t", sources={})
"""


def set_aside(agency: Agency) -> Path:
    """A generation that a repair moved out of the way."""
    folder = agency.home / ASIDE
    folder.mkdir(exist_ok=True)
    target = folder / f"20260101T000000-{agency.store.current.name}"
    shutil.copyfile(agency.store.current, target)
    return target


def watched(agency: Agency) -> None:
    """A list with the company as supplier, matched with its records, and reported."""
    file = agency.folder / "suppliers.csv"
    file.write_text(f"Supplier,Address\n{NAME} Ltd,1 Elm St\nBeta Tools GmbH,c/o {NAME} Ltd\n", encoding="utf-8")
    lists = WatchLists(agency.home)
    lists.put("desk", read_suppliers(agency.home, file, {}, lambda _: None), threshold=None, by="Ann", vouched=False)
    file.unlink()
    sources = {agency.source.id: agency.source}
    said: list[object] = []
    run(
        agency.store,
        "desk",
        sources,
        datetime.now(UTC),
        deliver=lambda _, lines: said.extend(lines),
        tell=lambda *_: None,
    )
    assert said


def eventful(agency: Agency) -> None:
    """Four runs, one of them failed, a removal, a reason, decisions, a watch list, a file set aside."""
    agency.sync(*ROWS)
    agency.sync(ROWS[0].replace("1000", "900"), *ROWS[1:])
    assert agency.sync(f"7,{NAME} Ltd,F").outcome == "failed"
    agency.sync(*ROWS[1:], accept=f"the file lacks {NAME} Ltd")
    ((company,),) = agency.ask(f"SELECT company_id FROM record WHERE record_id = '{ID}'")
    decisions = Decisions(agency.home)
    decisions.dispute(ID, why=f"{NAME} Ltd is another", evidence=None, by="Ann")
    decisions.dispute("xx_fair_work:2", why=f"is {NAME} Ltd in truth", evidence=None, by="Ann")
    match = match_id(supplier_key(f"{NAME} Ltd", "xx", ()), str(company))
    decisions.judge_match(match, "same", supplier=f"{NAME} Ltd", reference="", why="same", by="Ann", rests_on=[])
    watched(agency)
    set_aside(agency)


def findings(agency: Agency) -> list[Any]:
    return verify(agency.store, lambda *_: None).findings


@pytest.mark.parametrize("by_name", [False, True])
def test_no_byte_of_a_purged_name_is_left_and_nothing_brings_it_back(
    agency: Agency, tmp_path: Path, by_name: bool
) -> None:
    eventful(agency)
    known = {trace.partition("/")[0].partition(":")[0] for trace in traces(agency.home, NAME)}
    assert {"analyst.sqlite", ASIDE, "evidence", "generations"} <= known
    asked = Asked(names=(f"{NAME} Ltd",)) if by_name else Asked((ID,), None, True)
    purge(agency.store, asked, reason="request", by="t", sources={agency.source.id: agency.source})
    assert traces(agency.home, NAME) == []
    assert findings(agency) == []
    new = assert_same(agency.store, tmp_path)
    assert traces(new.home, NAME) == []
    agency.sync(*ROWS)
    assert rebuild(agency.store).published
    assert agency.ask("SELECT native_id FROM record ORDER BY 1") == [("2",), ("3",)]
    assert traces(agency.home, NAME) == []


def test_a_name_that_no_record_bears_goes_from_what_was_set_aside(agency: Agency) -> None:
    agency.sync(*ROWS)
    target = set_aside(agency)
    purge(agency.store, Asked(names=("Theta Haulage Ltd",)), reason="request", by="t", sources={})
    assert not target.exists()


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_was_set_aside_is_gone_though_a_purge_was_killed(agency: Agency, when: str) -> None:
    agency.sync(*ROWS)
    set_aside(agency)
    killed = subprocess.run(
        [sys.executable, "-c", CHILD, str(agency.home), when], cwd=ROOT, capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert agency.sync(*ROWS).records["total"] == 2
    assert traces(agency.home, NAME) == []
    assert findings(agency) == []


def test_a_rebuild_after_a_killed_purge_brings_nobody_back(agency: Agency, tmp_path: Path) -> None:
    """The tombstones stand, nothing else was done, and the database is lost."""
    agency.sync(*ROWS)
    agency.sync(ROWS[0].replace("1000", "900"), *ROWS[1:])
    Analyst(agency.home).purge(records=[(agency.source.id, "1")], names=[f"{NAME} Ltd"], reason="request", by="t")
    rebuilt, new = rebuilt_beside(agency.store, tmp_path)
    assert (rebuilt.whole, rebuilt.sources[0].withheld) == (True, 2)
    assert traces(new.home, NAME) == []
    shutil.rmtree(agency.home / "generations")
    (agency.home / "CURRENT").unlink()
    assert rebuild(agency.store).whole
    assert traces(agency.home, NAME) == []
    assert findings(agency) == []
    assert_same(agency.store, tmp_path)
