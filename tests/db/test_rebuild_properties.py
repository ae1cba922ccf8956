"""Whatever the agency publishes: versions applied in order give the present, and a rebuild gives all of it again."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingest.model import RECORD
from tests.db.conftest import Agency
from tests.db.rebuilt import TABLES, assert_same

NAMES = ("Acme Widgets Ltd", "Beta Tools GmbH", "Gamma Foods SA", '"Roe, Janet Q."', "too,many")
NOTICE = st.tuples(
    st.sampled_from(["1", "2", "3"]), st.sampled_from(NAMES), st.sampled_from(["F", "R"]), st.sampled_from([5, 6])
)
FILES = st.lists(st.lists(NOTICE, min_size=1, max_size=5), min_size=1, max_size=4)
SNAPSHOTS = st.sampled_from(["full", "increment", "window"])


def replayed(agency: Any) -> dict[str, tuple[Any, ...]]:
    """Every record after its versions, first to last."""
    names = ", ".join(column.name for column in RECORD)
    present: dict[str, tuple[Any, ...]] = {}
    versions = f"SELECT {names} FROM record_history UNION ALL SELECT {names} FROM record ORDER BY version"
    for row in agency.ask(versions):
        present[row[0]] = row
    return present


# each example is a handful of syncs: one that fails is small enough without being shrunk
@settings(
    max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)
@given(files=FILES, snapshot=SNAPSHOTS)
def test_versions_in_order_give_the_present_and_a_rebuild_gives_the_same(
    files: list[list[tuple[str, str, str, int]]], snapshot: str
) -> None:
    with TemporaryDirectory() as name:
        agency = Agency(Path(name), snapshot=snapshot)
        for notices in files:
            rows = [f"{key},{company},{state},2024-01-31,{amount}," for key, company, state, amount in notices]
            report = agency.sync(*rows, accept="whatever comes")
            assert report.error is None, report.error
        names = ", ".join(column.name for column in RECORD)
        assert replayed(agency) == {row[0]: row for row in agency.ask(f"SELECT {names} FROM record")}
        doubled = """SELECT record_id, version FROM (FROM record UNION ALL BY NAME FROM record_history)
            GROUP BY ALL HAVING count(*) > 1"""
        assert agency.ask(doubled) == []
        # the id of a company that only erased records bore is forwarded no more
        assert_same(agency.store, Path(name), tuple(table for table in TABLES if table != "company_redirect"))
