"""Reasons name nobody; what names somebody all the same goes with a purge, and so do decisions on what is purged."""

import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from db.analyst import ERASED, Analyst
from db.analyst_file import SCHEMA, AnalystFile
from db.decisions.judging import dispute, judge
from db.decisions.kept import Decisions, match_id, supplier_key
from db.decisions.named_in_text import names_person
from db.purge import Asked, purge
from db.store import Store
from ingest.errors import StoreBusy, UsageError
from tests.db.conftest import Agency
from tests.db.doctored import copied
from tests.db.traces import traces

ROWS = (
    "1,Acme Widgets Ltd,F,2024-01-31,1000,", "2,Beta Tools GmbH,F,2024-02-29,2500.50,",
    "3,Gamma Foods SA,V,2024-03-31,,", "4,Acme Widgets Ltd,F,2024-05-31,7,",
)  # fmt: skip
FIRST, LAST = "xx_fair_work:1", "xx_fair_work:4"


@pytest.mark.parametrize(
    "text",
    [
        "Checked with Janet Roe of purchasing", "spoke to Mr. Quillfeather", "Frau Müller hat es bestätigt",
        "Owner is John A. Smith", "Roe, Janet is the director", "Director: Thomas Schmidt",
        "ask janet.roe@agency.example", "Mr Quux of Acme", "CPF 529.982.247-25",
        "born 12.03.1970", "signed by Maria Garcia Lopez",
    ],
)  # fmt: skip
def test_texts_that_name_a_person(text: str) -> None:
    assert names_person(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "different", "Different legal form: GmbH against AG, and another register number",
        "The agency's company sits in Houston, Texas, ours in Lyon", "Sede en Santa Cruz de Tenerife, no en Madrid",
        "Confirmed by the register extract of 3 March 2024", "Plant on Abraham Lincoln Avenue",
        "Is a subsidiary of Martin Marietta Materials", "William Grant & Sons Ltd", "Office in Hong Kong",
        "Company seat Charlotte, North Carolina", "Robert Bosch GmbH, but ours is Robert Bosch Tools GmbH",
        "Checked against Companies House", "NOT THE SAME COMPANY", "Washington DC office", "Grant of licence in August",
        "St. Louis subsidiary", "The fine was set aside by the Court of Appeal", "see https://x.example/Janet.Roe",
    ],
)  # fmt: skip
def test_ordinary_reasons_name_nobody(text: str) -> None:
    assert names_person(text) is None


def test_what_companies_are_called_is_no_person() -> None:
    assert names_person("not Janet Roe, but another") is not None
    assert names_person("not Janet Roe, but another", ["Janet Roe"]) is None


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    """A home that is only ever copied."""
    found = Agency(tmp_path_factory.mktemp("made"))
    found.sync(*ROWS)
    return found


@pytest.fixture
def agency(made: Agency, tmp_path: Path) -> Agency:
    return copied(made, tmp_path / "agency")


def decide(agency: Any) -> None:
    """A judgement on Acme, on one of its records, and a dispute of the other."""
    ((company,),) = agency.ask("SELECT DISTINCT company_id FROM record WHERE company_name = 'Acme Widgets Ltd'")
    match = match_id(supplier_key("Acme", "xx", []), company)
    judge(agency.store, match, "different", why="not Acme Widgets Ltd of Xland", by="ann")
    judge(agency.store, FIRST, "unsure", why="other site", by="ann")
    dispute(agency.store, LAST, why="wrong amount", evidence=None, by="ann")


def purged(agency: Any, asked: Asked) -> None:
    source = agency.source
    purge(agency.store, asked, reason="individual", by="t", sources={source.id: source})


def test_decisions_on_a_purged_company_vanish(agency: Any) -> None:
    decide(agency)
    ((company,),) = agency.ask("SELECT DISTINCT company_id FROM record WHERE native_id = '1'")
    purged(agency, Asked(company_id=company))
    decisions = Decisions(agency.home)
    assert (decisions.judgements(), decisions.all_disputes()) == ([], [])
    with AnalystFile(agency.home).writing() as con:
        assert con.execute("SELECT count(*) FROM judged_record").fetchone() == (0,)
    assert traces(agency.home, "Acme Widgets") == []


def test_decisions_on_a_purged_record_vanish_and_others_stay(agency: Any) -> None:
    decide(agency)
    purged(agency, Asked((FIRST,)))
    decisions = Decisions(agency.home)
    (left,) = decisions.judgements()
    assert (left.record_id, left.why) == (None, "not Acme Widgets Ltd of Xland")
    assert [rest.record_id for rest in decisions.rested_on([left.number])[left.number]] == [LAST]
    assert list(decisions.disputes()) == [LAST]
    purged(agency, Asked((LAST,)))
    assert (decisions.judgements(), decisions.disputes()) == ([], {})


def test_reasons_that_mention_a_purged_name_lose_their_text(agency: Any) -> None:
    decide(agency)
    dispute(agency.store, "xx_fair_work:2", why="is about acme, widgets LTD", evidence=None, by="ann")
    Decisions(agency.home).withdraw(2, why="Acme Widgets Ltd asked", by="ann")
    assert Analyst(agency.home).forget(["Acme Widgets Ltd"]) == 2
    decisions = Decisions(agency.home)
    assert decisions.judgements()[0].why == ERASED
    found = decisions.all_disputes()[1]
    assert (found.why, found.withdrawn_why) == (ERASED, ERASED)
    assert b"widgets" not in (agency.home / "analyst.sqlite").read_bytes().lower()


def test_a_file_of_before_there_were_decisions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "trackrecord.home").touch()
    with monkeypatch.context() as before:
        before.setattr("db.analyst_file.SCHEMA", SCHEMA[:1])
        Analyst(tmp_path).allow("Zorblax", "xx_one", evidence="https://x.example", why="not Quux", by="ann")
    decisions = Decisions(tmp_path)
    assert (decisions.judgements(), decisions.disputes(), decisions.rested_on([1])) == ([], {}, {1: []})
    assert Analyst(tmp_path).forget(["Quux"]) == 1
    decisions.dispute("xx_one:1", why="wrong", evidence=None, by="ann")
    assert list(decisions.disputes(["xx_one:1"])) == ["xx_one:1"]
    assert decisions.disputes(["xx_one:2"]) == {}


def test_rows_are_checked_whoever_makes_them(tmp_path: Path) -> None:
    (tmp_path / "trackrecord.home").touch()
    decisions = Decisions(tmp_path)
    with pytest.raises(UsageError, match="no id of a match"):
        decisions.judge_match("x", "same", why="w", by="b", rests_on=[])
    with pytest.raises(UsageError, match="a ruling needs a reason"):
        decisions.dispute("xx_one:1", why=" ", evidence=None, by="ann")
    assert decisions.all_disputes() == []


def _disputing(home: Path, name: str, n: int) -> None:
    for at in range(n):
        Decisions(home).dispute(f"xx_one:{at}", why="wrong", evidence=None, by=name)


def test_several_write_while_a_sync_runs(agency: Any) -> None:
    with Store(agency.home).writing():
        spawn = multiprocessing.get_context("spawn")
        started = [spawn.Process(target=_disputing, args=(agency.home, name, 20)) for name in ("ann",)]
        for process in started:
            process.start()
        dispute(agency.store, FIRST, why="wrong amount", evidence=None, by="carol")
        for process in started:
            process.join(60)
            assert process.exitcode == 0
    assert len(Decisions(agency.home).all_disputes()) == 21


def test_a_file_that_others_keep_locked(tmp_path: Path) -> None:
    (tmp_path / "trackrecord.home").touch()
    Decisions(tmp_path).dispute("xx_one:1", why="wrong", evidence=None, by="ann")
    with AnalystFile(tmp_path).writing(), pytest.raises(StoreBusy):
        Decisions(tmp_path, wait=0.1).dispute("xx_one:2", why="wrong", evidence=None, by="bob")
