"""What analysts ruled, at the gate: a rule lifts what the name alone decided, a purge withholds for good."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from ingest.account import account
from ingest.model import NAMES
from ingest.privacy.gate import pass_gate
from ingest.privacy.judge import judge_one
from ingest.privacy.rulings import Rulings, digest, name_key
from ingest.privacy.verdict import Entity, Subject
from ingest.privacy.version import gate_version
from ingest.read.rows import Rows
from ingest.transform import Candidates, Inputs
from tests.cli.homes import source

UNSURE, PERSON, TRADER = "Zorblax Quuxly", "Roe, Janet Q.", "Janet Roe t/a Quux"
KEY = b"k" * 32
SOURCE_ID = "xx_fair_work"


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        yield made


def allowing(*names: str) -> Rulings:
    return Rulings({name: number for number, name in enumerate(names, 1)})


def purging(*names: str, records: tuple[str, ...] = ()) -> Rulings:
    return Rulings(
        key=KEY,
        names=frozenset(digest(KEY, "name", "", name_key(name)) for name in names),
        records=frozenset(digest(KEY, "record", SOURCE_ID, record) for record in records),
    )


def gate(con: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]], rulings: Rulings) -> dict[str, Any]:
    """Native id → (passes, reason, aliases kept), and the counted fates under `fates`."""
    given = [name for name in rows[0] if name not in {"key", "names"}]
    aliases = "names" in rows[0]
    kinds = {"identifiers": "STRUCT(scheme VARCHAR, value VARCHAR)[]"}
    columns = ", ".join([f"{name} {kinds.get(name, 'VARCHAR')}" for name in given] + [f"names {NAMES}"] * aliases)
    con.execute(f"CREATE TABLE output (_row BIGINT, native_id VARCHAR, {columns})")
    for at, row in enumerate(rows, 1):
        values: list[Any] = [at, row.get("key", str(at)), *(row[name] for name in given)]
        if aliases:
            values.append([{"name": name, "kind": "alias"} for name in row["names"]])
        con.execute(f"INSERT INTO output VALUES ({', '.join('?' * len(values))})", values)
    made = source(SOURCE_ID)
    inputs = Inputs(con, made)
    inputs.add(made.resource[0], Rows("raw", "_row", "true", len(rows), (), (), (), None, None), "r1")
    gated = pass_gate(
        Candidates(inputs, frozenset({"_row", "native_id", *rows[0]} - {"key"}), many_rows=False), rulings
    )
    counted = account(gated)
    found = con.execute(
        f"""SELECT o.native_id, p.passes, p.reason, list_transform(p.kept_names, lambda n: n.name), p.stated
        FROM {gated.join_sql} ORDER BY o._row"""
    ).fetchall()
    assert all(row[4] is None for row in found if not row[1]), "a withheld name was kept"
    return {row[0]: (row[1], row[2], row[3]) for row in found} | {
        "fates": {fate: counted.total(fate) for fate in ("mapped", "withheld")},
        "withheld": counted.reasons("withheld"),
    }


def test_names_of_the_tests_are_withheld_by_the_name_alone() -> None:
    found = [judge_one(Subject(name)).entity for name in (UNSURE, PERSON, TRADER)]
    assert found == [Entity.UNSURE, Entity.PERSON, Entity.PERSON]


@pytest.mark.parametrize("name", [UNSURE, PERSON, TRADER])
@pytest.mark.parametrize("blanks", ["", "  "])
def test_an_allowed_name_passes_and_says_by_which_rule(con: duckdb.DuckDBPyConnection, name: str, blanks: str) -> None:
    found = gate(
        con, [{"company_name": blanks + name + blanks}, {"company_name": f"{name} Q"}], allowing("Other", name)
    )
    assert found["1"] == (True, "allowed by analyst, rule 2", None)
    assert found["2"][0] is False
    assert found["fates"] == {"mapped": 1, "withheld": 1}


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        ({"entity_type": "person"}, "source type: person"),
        ({"entity_type": "sole trader"}, "source type: sole trader"),
        ({"entity_type": "suppressed"}, "source type: suppressed"),
        ({"identifiers": [{"scheme": "rfc", "value": "QUXZ800101AB1"}], "country": "mx"}, "identifier: rfc 13"),
    ],
)
def test_no_rule_lifts_what_the_source_or_a_number_says(
    con: duckdb.DuckDBPyConnection, evidence: dict[str, Any], reason: str
) -> None:
    found = gate(con, [{"company_name": UNSURE, **evidence}], allowing(UNSURE))
    assert found["1"] == (False, reason, None)


def test_no_rule_lifts_a_persons_number_in_the_name(con: duckdb.DuckDBPyConnection) -> None:
    name = "Quux Zorblax 529.982.247-25"
    found = gate(con, [{"company_name": name, "country": "br"}], allowing(name))
    assert found["1"] == (False, "identifier: cpf in name", None)


def test_a_name_that_passes_by_itself_keeps_its_own_reason(con: duckdb.DuckDBPyConnection) -> None:
    found = gate(con, [{"company_name": "Acme Inc."}], allowing("Acme Inc."))
    assert found["1"] == (True, "legal form: inc", None)


def test_an_alias_passes_only_if_it_is_itself_an_allowed_name(con: duckdb.DuckDBPyConnection) -> None:
    rows = [
        {"company_name": UNSURE, "names": [PERSON, "Acme Inc."]},
        {"company_name": "Acme Inc.", "names": [UNSURE, TRADER]},
    ]
    found = gate(con, rows, allowing(UNSURE))
    assert [found[key][0] for key in "12"] == [True, True]
    assert [found[key][2] for key in "12"] == [["Acme Inc."], [UNSURE]]


@pytest.mark.parametrize("name", ["Acme Zürich Inc.", "ACME ZU\u0308RICH, INC", "Inc. Zürich Acme c/o Jan Doe"])
def test_a_purged_name_is_withheld_in_every_writing_and_as_an_alias(con: duckdb.DuckDBPyConnection, name: str) -> None:
    rows = [
        {"company_name": name, "names": ["Beta Ltd"]},
        {"company_name": "Beta Ltd", "names": [name, "Beta & Co Ltd"]},
    ]
    found = gate(con, rows, purging("Acme Zürich Inc"))
    assert found["1"] == (False, "purged", ["Beta Ltd"])
    assert found["2"] == (True, "legal form: ltd", ["Beta & Co Ltd"])
    assert found["withheld"] == {"purged": 1}


def test_a_purge_outweighs_the_source_and_a_rule(con: duckdb.DuckDBPyConnection) -> None:
    rulings = Rulings({UNSURE: 1}, KEY, names=purging(UNSURE, "Acme Inc.").names)
    rows: list[dict[str, Any]] = [
        {"company_name": UNSURE, "entity_type": None},
        {"company_name": "Acme Inc.", "entity_type": "company"},
    ]
    found = gate(con, rows, rulings)
    assert [found[key][:2] for key in "12"] == [(False, "purged"), (False, "purged")]


@pytest.mark.parametrize("typed", [True, False])
def test_a_purged_record_is_withheld_and_no_other_of_the_same_company(
    con: duckdb.DuckDBPyConnection, *, typed: bool
) -> None:
    more = {"entity_type": "company"} if typed else {}
    rows = [{"key": key, "company_name": "Acme Inc.", **more} for key in ("A-1", "A-2", "A-2", "A-3")]
    found = gate(con, rows, purging(records=("A-2", "A-9")))
    assert [found[key][0] for key in ("A-1", "A-2", "A-3")] == [True, False, True]
    assert found["A-2"][1] == "purged"
    assert found["fates"] == {"mapped": 2, "withheld": 2}
    assert con.execute("SELECT rowid, _row, native_id FROM output ORDER BY rowid").fetchall() == [
        (0, 1, "A-1"), (1, 2, "A-2"), (2, 3, "A-2"), (3, 4, "A-3"),
    ]  # fmt: skip


def test_tombstones_that_nothing_meets_change_nothing(con: duckdb.DuckDBPyConnection) -> None:
    found = gate(con, [{"company_name": "Acme Inc."}], purging("Beta", records=("9",)))
    assert found["1"] == (True, "legal form: inc", None)


def test_a_purged_alias_counts_as_withheld_and_its_row_is_not_whole(con: duckdb.DuckDBPyConnection) -> None:
    gate(con, [{"company_name": "Acme Inc.", "names": ["Beta Ltd"]}], purging("beta ltd."))
    assert con.execute("SELECT aliases_withheld, whole FROM profile").fetchall() == [(1, False)]


def test_the_version_of_the_gate_is_that_of_its_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    assert len(gate_version()) == 16
    seen = set()
    monkeypatch.setattr("ingest.privacy.version.__file__", str(tmp_path / "privacy" / "version.py"))
    for name, text in (
        ("privacy/a.py", "1"),
        ("names/data/b.tsv", "1"),
        ("names/data/b.tsv", "2"),
        ("identifiers/c", ""),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        gate_version.cache_clear()
        seen.add(gate_version())
    (tmp_path / "privacy" / "a.pyc").write_text("compiled")
    gate_version.cache_clear()
    assert gate_version() in seen
    gate_version.cache_clear()
    assert len(seen) == 4
