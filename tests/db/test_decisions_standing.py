"""A match judged different stays dismissed until a record or the supplier changes; then it says what changed."""

from pathlib import Path

import pytest

from db.decisions.kept import Decisions, Judgement, match_id, reference_key, supplier_key
from db.decisions.rested_on import of_company, of_record
from db.decisions.standing import SUPPLIER_CHANGED, Match, Standing, record_standing, standing
from tests.db.conftest import Agency
from tests.db.doctored import copied

KEY = supplier_key("Acme Widget", "xx", [])
ONE = "1,Acme Widgets Ltd,F,2024-01-31,1000,"
OTHERS = ("2,Beta Tools GmbH,F,2024-02-29,2500.50,", "3,Gamma Foods SA,V,2024-03-31,,")
RECORD = "xx_fair_work:1"


class Desk:
    """An analyst before the published generation."""

    def __init__(self, agency: Agency) -> None:
        self.agency = agency
        self.decisions = Decisions(agency.home)
        self.company = self.holding("1")

    def holding(self, key: str) -> str:
        ((company_id,),) = self.agency.ask(f"SELECT company_id FROM record WHERE native_id = '{key}'")
        return str(company_id)

    def judge(self, verdict: str = "different", by: str = "ann", reference: str = "") -> Judgement:
        match = match_id(KEY, self.company)
        with self.agency.store.reading() as con:
            rests_on = of_company(con, self.company)
        return self.decisions.judge_match(match, verdict, why="other", by=by, rests_on=rests_on, reference=reference)

    def judge_record(self, verdict: str = "different", by: str = "ann") -> None:
        with self.agency.store.reading() as con:
            rests_on = of_record(con, RECORD)
        self.decisions.judge_record(RECORD, self.company, verdict, why="other", by=by, rests_on=rests_on)

    def stands(self, key: str = KEY, company: str | None = None, reference: str = "") -> Standing | None:
        match = Match(key, company or self.company, reference)
        with self.agency.store.reading() as con:
            return standing(con, self.decisions, [match]).get((key, match.company_id))

    def record_stands(self) -> Standing | None:
        with self.agency.store.reading() as con:
            return record_standing(con, self.decisions).get(RECORD)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    """A home that is only ever copied."""
    agency = Agency(tmp_path_factory.mktemp("made"))
    agency.sync(ONE, *OTHERS)
    return agency


@pytest.fixture
def desk(made: Agency, tmp_path: Path) -> Desk:
    return Desk(copied(made, tmp_path / "agency"))


def sure(found: Standing | None) -> Standing:
    assert found is not None
    return found


def test_what_nobody_judged_has_no_standing(desk: Desk) -> None:
    assert desk.stands() is None
    assert desk.record_stands() is None
    desk.judge()
    assert desk.stands(key=supplier_key("Acme Widget", "de", [])) is None
    assert desk.stands(company=desk.holding("2")) is None
    assert not Match(KEY, desk.company).reference


def test_seen_again_is_no_change_and_another_version_is(desk: Desk) -> None:
    desk.judge()
    desk.agency.sync(ONE, *OTHERS, "9,Delta Lines Inc,F,2024-05-31,10,")
    assert sure(desk.stands()).dismissed
    desk.agency.sync(ONE.replace("1000", "900"), *OTHERS)
    found = sure(desk.stands())
    assert (found.dismissed, found.verdict) == (False, "different")
    assert found.changed == f"1 record changed: {RECORD} (amounts)"
    assert found.sentence().startswith(f"changed since dismissed: {found.changed}; judged different by ann on ")
    desk.judge()
    assert sure(desk.stands()).dismissed


def test_a_record_that_goes_and_comes_back_is_no_change(desk: Desk) -> None:
    desk.judge()
    desk.agency.sync(*OTHERS)
    assert sure(desk.stands()).dismissed
    desk.agency.sync(ONE, *OTHERS)
    assert desk.agency.ask("SELECT version FROM record WHERE native_id = '1'") == [(2,)]
    assert sure(desk.stands()).dismissed


def test_new_records_of_who_was_there_stay_dismissed_and_are_counted(desk: Desk) -> None:
    desk.judge()
    desk.agency.sync(ONE, *OTHERS, ONE.replace("1,", "7,", 1), ONE.replace("1,", "8,", 1).replace("1000", "5"))
    found = sure(desk.stands())
    assert (found.dismissed, found.new_records) == (True, 2)
    assert found.sentence().endswith("; 2 new records under a dismissed match")


def test_a_company_with_another_id_has_its_judgements_all_the_same(desk: Desk) -> None:
    desk.judge()
    with desk.agency.store.writing() as writer, writer.next_generation() as con:
        for table in ("record", "company", "company_name"):
            con.execute(f"UPDATE gen.{table} SET company_id = 'c00000000000000a' WHERE company_id = ?", [desk.company])
        con.execute("UPDATE gen.record SET company_id = 'c00000000000000a' WHERE native_id = '2'")
    found = sure(desk.stands(company="c00000000000000a"))
    assert found.changed == "1 record of a respondent that was not there: xx_fair_work:2"
    assert not found.dismissed


def test_a_supplier_that_changed_is_known_by_its_reference(desk: Desk) -> None:
    reference = reference_key("V-1001")
    desk.judge(reference=reference)
    assert sure(desk.stands(reference=reference)).dismissed
    other = supplier_key("Acme Widget Group", "xx", [])
    found = sure(desk.stands(key=other, reference=reference))
    assert (found.dismissed, found.changed) == (False, SUPPLIER_CHANGED)
    assert desk.stands(key=other) is None
    desk.agency.sync(ONE.replace("1000", "900"), *OTHERS)
    changed = sure(desk.stands(key=other, reference=reference)).changed
    assert changed == f"{SUPPLIER_CHANGED}; 1 record changed: {RECORD} (amounts)"


def test_two_who_disagree_dismiss_nothing(desk: Desk) -> None:
    desk.judge()
    second = desk.judge("same", by="bob")
    found = sure(desk.stands())
    assert (found.verdict, found.dismissed, len(found.judgements)) == ("contested", False, 2)
    assert found.sentence().startswith("contested: judged different by ann")
    desk.decisions.revoke(second.number, why="was wrong", by="bob")
    assert sure(desk.stands()).dismissed


def test_who_was_unsure_first_is_answered_and_later_doubts_count(desk: Desk) -> None:
    desk.judge("unsure", by="bob")
    assert sure(desk.stands()).verdict == "unsure"
    desk.judge()
    assert sure(desk.stands()).dismissed
    desk.judge("unsure", by="carol")
    assert sure(desk.stands()).verdict == "contested"


def test_of_several_who_dismissed_it_one_who_saw_it_as_it_is_suffices(desk: Desk) -> None:
    desk.judge()
    desk.agency.sync(ONE.replace("1000", "900"), *OTHERS)
    desk.judge(by="bob")
    found = sure(desk.stands())
    assert (found.dismissed, found.by) == (True, "bob")


def test_a_same_match_is_never_changed(desk: Desk) -> None:
    desk.judge("same")
    desk.agency.sync(ONE.replace("1000", "900"), *OTHERS)
    found = sure(desk.stands())
    assert (found.verdict, found.changed) == ("same", None)
    assert found.sentence().startswith("judged same by ann")


def test_a_record_judged_not_its_comes_back_when_it_changes(desk: Desk) -> None:
    desk.judge_record()
    found = sure(desk.record_stands())
    assert found.dismissed
    assert found.sentence().startswith("judged not to be about this company by ann")
    desk.agency.sync(ONE.replace("1000", "900"), *OTHERS)
    assert sure(desk.record_stands()).changed == f"1 record changed: {RECORD} (amounts)"
    desk.judge_record("same")
    assert sure(desk.record_stands()).sentence().startswith("judged to be about this company by ann")


def test_a_record_that_moved_is_judged_no_more(desk: Desk) -> None:
    desk.judge_record()
    with desk.agency.store.writing() as writer, writer.next_generation() as con:
        con.execute("UPDATE gen.record SET company_id = 'c00000000000000a' WHERE native_id = '1'")
    assert sure(desk.record_stands()).changed == "it stands under another company now"
    with desk.agency.store.writing() as writer, writer.next_generation() as con:
        con.execute(
            "INSERT INTO gen.company_redirect VALUES (?, 'c00000000000000a', 'linked anew', TIMESTAMP '2026-01-01')",
            [desk.company],
        )
    assert sure(desk.record_stands()).dismissed


def test_a_record_that_is_not_here_has_no_standing(desk: Desk) -> None:
    desk.judge_record()
    with desk.agency.store.writing() as writer, writer.next_generation() as con:
        con.execute("DELETE FROM gen.record WHERE native_id = '1'")
    assert desk.record_stands() is None


def test_what_a_key_rests_on() -> None:
    key = supplier_key("Acmé Widgets, Ltd.", "XX", ["DE 811-128-135", ""])
    assert key == supplier_key("acme  widgets ltd", "xx", ["de811128135"])
    assert key != supplier_key("acme widgets ltd", "xx", [])
    assert key != supplier_key("acme widgets ltd", None, ["DE811128135"])
    assert supplier_key("北京", None, []) != supplier_key("上海", None, [])
    assert (reference_key("  "), reference_key(" V  1 ")) == ("", reference_key("V 1"))
