"""A purge also takes what analysts wrote about whom it is for: rules, and reasons in rules and runs."""

from typing import Any

import pytest

from db.analyst import ERASED, Analyst, mentions
from db.purge import Asked, Purged, purge
from tests.db.traces import traces

NAME = "Quillfeather Zebedin"
ROWS = ("2,Beta Tools GmbH,F,2024-02-29,2500.50,", "3,Gamma Foods SA,V,2024-03-31,,")
LINK = "https://register.example/1"


def purged(agency: Any, asked: Asked) -> Purged:
    source = agency.source
    return purge(agency.store, asked, reason="individual", by="t", sources={source.id: source})


def allowed(agency: Any, name: str = NAME, **more: str) -> None:
    given = {"evidence": LINK, "why": "in the register"} | more
    Analyst(agency.home).allow(name, "xx_fair_work", by="t", **given)


@pytest.mark.parametrize("with_name", [True, False])
@pytest.mark.parametrize("revoked", [True, False])
def test_the_rule_that_let_a_purged_record_pass_goes_too(agency: Any, with_name: bool, revoked: bool) -> None:
    agency.sync(*ROWS)
    allowed(agency)
    agency.sync(f"1,{NAME},F,2024-01-31,1,", *ROWS)
    if revoked:
        Analyst(agency.home).revoke(1, why="was a person", by="t")
    done = purged(agency, Asked(("xx_fair_work:1",), None, with_name))
    assert (done.records, done.texts) == (("xx_fair_work:1",), 1)
    assert traces(agency.home, NAME) == []
    agency.sync(f"1,{NAME},F,2024-01-31,1,", *ROWS)
    assert traces(agency.home, NAME) == []


def test_a_rule_stays_while_another_record_bears_its_name(agency: Any) -> None:
    agency.sync(*ROWS)
    allowed(agency)
    agency.sync(f"1,{NAME},F,2024-01-31,1,", f"4,{NAME},F,2024-01-31,2,", *ROWS)
    assert purged(agency, Asked(("xx_fair_work:1",))).texts == 0
    assert [rule.company_name for rule in Analyst(agency.home).allow_rules()] == [NAME]


def test_reasons_that_mention_the_name_lose_their_text(agency: Any) -> None:
    row = f"1,{NAME} Ltd,F,2024-01-31,1,"
    agency.sync(row, *ROWS, accept=f"asked {NAME} Ltd about it")
    agency.sync(row, *ROWS, "5,Delta Lines Inc,F,2024-05-31,10,", accept="the list has grown")
    allowed(agency, "Blue Door", why=f"not {NAME.upper()} LTD.", evidence=f"{LINK}?{NAME.replace(' ', '-')}-Ltd")
    assert purged(agency, Asked(("xx_fair_work:1",))).texts == 2
    assert traces(agency.home, NAME) == []
    assert agency.ask("SELECT accepted_change FROM run ORDER BY started_at") == [(ERASED,), ("the list has grown",)]
    (rule,) = Analyst(agency.home).allow_rules()
    assert (rule.company_name, rule.why, rule.evidence) == ("Blue Door", ERASED, ERASED)


def test_a_name_that_only_a_rule_holds_can_be_purged(agency: Any) -> None:
    agency.sync(*ROWS)
    allowed(agency)
    Analyst(agency.home).revoke(1, why="was a person", by="t")
    done = purged(agency, Asked(names=("Zebedin Quillfeather",)))
    assert (done.records, done.tombstones) == ((), 1)
    assert traces(agency.home, NAME) == []
    assert agency.sync(f"1,{NAME},F,2024-01-31,1,", *ROWS).withheld == {"purged": 1}


def test_a_name_takes_its_records_in_any_writing(agency: Any) -> None:
    agency.sync(f"1,{NAME} Ltd,F,2024-01-31,1,", *ROWS)
    assert purged(agency, Asked(names=(f"{NAME.upper()}, LTD.",))).records == ("xx_fair_work:1",)
    assert traces(agency.home, NAME) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("asked Jane Roe", True), ("ROE, JANE", True), ("see roe jane.", True), ("Jane Roebuck", False),
        ("Mary Jane Roe-Smith", True), ("Jane and Roe", False), ("", False),
    ],
)  # fmt: skip
def test_what_mentions_a_name(text: str, found: bool) -> None:
    assert mentions(text, ["Jane Roe", "!"]) is found
