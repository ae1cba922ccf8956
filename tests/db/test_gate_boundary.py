"""Only what the gate issued can be loaded, whatever one tries."""

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from db.content import Loading
from db.load import load
from db.store import Store
from ingest.catalog import Source
from ingest.privacy.gate import Gated, pass_gate, require_gated
from ingest.read import read
from ingest.transform import Candidates, Inputs, transform


@pytest.fixture
def candidates(agency: Any, rows: tuple[str, ...], tmp_path: Path) -> Any:
    """Transformed but unjudged records of the invented agency, on a connection that has no generation."""
    source: Source = agency.source
    mirror = agency.publish(*rows)
    with duckdb.connect(str(tmp_path / "scratch.duckdb")) as con:
        inputs = Inputs(con, source)
        (resource,) = source.resource
        for found in read(con, source, resource, mirror / "notices.csv", "notices.csv", "raw_0", work=tmp_path):
            inputs.add(resource, found, "r1")
        yield transform(inputs)


LOADING = Loading("run", datetime(2024, 1, 1), None, Path("evidence"), "0")  # noqa: DTZ001 -- stored times have no zone


def test_candidates_cannot_be_loaded(candidates: Candidates) -> None:
    with pytest.raises(TypeError, match="passed the gate"):
        load(candidates, LOADING)  # type: ignore[arg-type]


def test_gated_cannot_be_made_by_hand(candidates: Candidates) -> None:
    with pytest.raises(TypeError, match="pass_gate alone"):
        Gated(object(), candidates)


def test_a_forged_object_is_refused(candidates: Candidates) -> None:
    forged = object.__new__(Gated)
    forged.candidates = candidates
    with pytest.raises(TypeError, match="passed the gate"):
        load(forged, LOADING)


def test_a_look_alike_is_refused(candidates: Candidates) -> None:
    class LookAlike:
        def __init__(self) -> None:
            self.candidates = candidates
            self.__class__.__name__ = "Gated"

    with pytest.raises(TypeError, match="passed the gate"):
        require_gated(LookAlike())


def test_gated_cannot_be_subclassed_into_the_loader(candidates: Candidates) -> None:
    class Sub(Gated):  # type: ignore[misc]
        def __init__(self) -> None:
            self.candidates = candidates

    with pytest.raises(TypeError, match="passed the gate"):
        require_gated(Sub())


def test_what_the_gate_issues_is_accepted_and_withheld_rows_have_no_company(candidates: Candidates) -> None:
    gated = pass_gate(candidates)
    assert require_gated(gated) is gated
    withheld = candidates.inputs.con.execute("SELECT stated, company_id, norm FROM profile WHERE NOT passes").fetchall()
    assert withheld == [(None, None, None)]


def test_the_database_itself_refuses_a_person(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    with duckdb.connect(str(Store(agency.home).current)) as con:
        with pytest.raises(duckdb.ConstraintException):
            con.execute("UPDATE record SET entity_type = 'person'")
        with pytest.raises(duckdb.ConstraintException):
            con.execute("INSERT INTO record BY NAME SELECT * REPLACE ('sole trader' AS entity_type) FROM record")
