"""A run reports what is new since the last one, once, and nothing else."""

from datetime import date, datetime
from typing import Any

from db.decisions.kept import Decisions
from db.decisions.rested_on import of_record
from tests.cli.homes import FIRST, SECOND, company_id
from tests.watch.world import ACME, ACME_ID, GONE, LIST, LLC, LLC_ID, NOBODY

ONE, TWO, THREE, SEVEN, NINE = f"{FIRST}:1", f"{FIRST}:2", f"{FIRST}:3", f"{FIRST}:7", f"{SECOND}:9"


def test_the_first_run_reports_all_there_is_and_the_second_nothing(world: Any) -> None:
    world.add(ACME, GONE, NOBODY)
    first = world.run()
    assert (first.since, first.suppliers, first.matched, first.matches, first.records) == (None, 3, 2, 2, 3)
    assert first.news == {"new match": 2}
    assert [(line.what, line.supplier.reference, line.record["record_id"]) for line in world.said] == [
        ("new match", "V-1", NINE),
        ("new match", "V-1", ONE),
        ("new match", "V-6", SEVEN),
    ]
    assert {line.company_id for line in world.said if line.supplier.reference == "V-1"} == {ACME_ID}
    second = world.run()
    assert second.since is not None
    assert not second.anything
    assert (second.news, world.said) == ({}, [])


def test_a_list_that_meets_nothing_is_no_news_on_its_first_run(world: Any) -> None:
    world.add(NOBODY)
    assert not world.run().anything


def test_all_shows_what_is_as_before_and_marks_what_is_new(world: Any) -> None:
    world.add(ACME)
    world.run()
    assert world.news(everything=True) == [("as before", NINE), ("as before", ONE)]
    world.copy("1", "11")
    assert world.news(everything=True) == [
        ("new record", f"{FIRST}:11"),
        ("as before", NINE),
        ("as before", ONE),
    ]
    assert world.news() == []


def test_a_changed_record_says_which_fields(world: Any) -> None:
    world.add(ACME)
    world.run()
    world.change("1", status="vacated", summary="struck out")
    assert world.news() == [("changed record", ONE)]
    assert world.said[0].detail == "summary: (nothing) → struck out; status: final → vacated"
    assert world.said[0].remarks == ("vacated: not held against the company",)
    assert world.news() == []


def test_a_change_that_was_changed_back_is_no_news(world: Any) -> None:
    world.add(ACME)
    world.run()
    world.change("1", status="vacated")
    world.change("1", status="final")
    assert world.news() == []


def test_a_version_that_is_no_longer_kept_is_said(world: Any) -> None:
    world.add(ACME)
    world.run()
    world.sql("UPDATE record SET version = 5 WHERE record_id = ?", ONE)
    world.run()
    assert [line.detail for line in world.said] == ["version 1, which was reported, is no longer kept"]


def test_what_a_permanent_source_removes_is_reported_and_when_it_returns(world: Any) -> None:
    world.add(ACME)
    world.run()
    gone = "UPDATE record SET removed_at = ?, removal = ? WHERE record_id = ?"
    world.sql(gone, datetime(2026, 1, 10), "removed at source", ONE)  # noqa: DTZ001 -- as stored
    assert world.news() == [("removed at source", ONE)]
    assert "removed at source, seen on 2026-01-10" in world.said[0].remarks
    assert world.news() == []
    world.sql(gone, None, None, ONE)
    assert world.news() == [("published again", ONE)]


def test_what_a_mirrored_source_removes_is_a_tombstone(world: Any) -> None:
    world.retain(SECOND, "mirror-source")
    world.add(ACME)
    world.run()
    world.sql(
        "UPDATE record SET removed_at = TIMESTAMP '2026-01-10', removal = 'removed at source', summary = 'was late' "
        "WHERE record_id = ?",
        NINE,
    )
    assert world.news() == [("no longer published", NINE)]
    (line,) = world.said
    assert line.remarks == ("no longer published by Invented Agency, seen on 2026-01-10",)
    assert not line.record.keys() & {"kind", "status", "date", "summary", "source_url", "in_force"}
    assert world.news(everything=True) == [("as before", ONE)]


def test_a_match_whose_only_record_is_hidden_ends_with_that_word_and_names_no_company(world: Any) -> None:
    world.add(LLC)
    first = world.run()
    assert first.matches == 1
    world.retain(FIRST, "mirror-source")
    world.sql("UPDATE record SET removed_at = TIMESTAMP '2026-01-10' WHERE record_id IN (?, ?)", TWO, THREE)
    assert world.news() == [("no longer published", TWO), ("no longer published", THREE)]
    assert {(line.company, line.met, line.why) for line in world.said} == {(None, None, ())}
    assert {line.company_id for line in world.said} == {LLC_ID}
    assert world.run().matches == 0
    assert world.said == []
    world.sql("UPDATE record SET removed_at = NULL WHERE record_id = ?", THREE)
    assert world.news() == [("new match", THREE)]


def test_the_end_of_publication_comes_with_its_day(world: Any) -> None:
    world.sql("UPDATE record SET publication_ends = DATE '2026-01-12' WHERE record_id = ?", ONE)
    world.add(ACME)
    world.run()
    world.wait(2)
    assert world.news() == []
    world.wait(1)
    assert world.news() == [("publication ended", ONE)]
    assert "publication ended on 2026-01-12" in world.said[0].remarks[0]


def test_a_measure_comes_into_force_and_expires_with_its_days(world: Any) -> None:
    world.sql(
        "UPDATE record SET effective_from = DATE '2026-01-11', effective_to = DATE '2026-01-12' WHERE record_id = ?",
        THREE,
    )
    world.add(LLC)
    world.run()
    assert world.news() == []
    world.wait(1)
    assert world.news() == [("came into force", THREE)]
    assert (world.said[0].detail, world.said[0].record["in_force"]) == ("from 2026-01-11 to 2026-01-12", "yes")
    world.wait(2)
    assert world.news() == [("no longer in force", THREE)]
    assert world.news() == []


def test_a_dispute_is_news_and_so_is_its_end(world: Any) -> None:
    world.add(ACME)
    world.run()
    decisions = Decisions(world.home.path)
    dispute = decisions.dispute(ONE, why="the agency mixed up two companies", evidence=None, by="Bea")
    assert world.news() == [("disputed", ONE)]
    assert "the agency mixed up two companies" in world.said[0].remarks[-1]
    assert "https://agency.example/errors" in world.said[0].remarks[-1]
    assert world.news() == []
    decisions.withdraw(dispute.number, why="it did not", by="Bea")
    assert world.news() == [("dispute withdrawn", ONE)]


def test_a_judgement_on_a_record_stands_beside_it(world: Any) -> None:
    world.add(ACME)
    with world.home.store.reading() as con:
        rests_on = of_record(con, ONE)
    Decisions(world.home.path).judge_record(ONE, ACME_ID, "different", why="a namesake", by="Bea", rests_on=rests_on)
    world.run()
    said = {line.record["record_id"]: line.remarks for line in world.said}
    assert said[NINE] == ()
    assert len(said[ONE]) == 1
    assert said[ONE][0].startswith("judged not to be about this company by Bea")


def test_a_dismissed_match_is_silent_until_it_changes(world: Any) -> None:
    world.add(ACME, GONE)
    world.run()
    world.judge("different", world.said[0])
    world.copy("1", "11", company_name="Acme Pipeline Inc.")
    ran = world.run()
    assert (ran.news, ran.dismissed, ran.matches) == ({}, 1, 1)
    world.change("1", status="closed")
    ran = world.run()
    assert ran.news == {"changed since dismissed": 1}
    assert {line.what for line in world.said} == {"changed since dismissed"}
    assert {line.record["record_id"] for line in world.said} == {ONE, NINE, f"{FIRST}:11"}
    assert world.said[0].judgement is not None
    assert world.said[0].judgement.startswith("changed since dismissed: 1 record changed: ")
    assert world.news() == []


def test_a_match_dismissed_before_the_first_run_is_never_told(world: Any) -> None:
    world.add(ACME)
    world.run()
    line = world.said[0]
    world.lists.remove(LIST, why="again", by="Ann")
    world.judge("different", line)
    world.add(ACME)
    assert world.news() == []


def test_a_judgement_that_it_is_the_company_stands_beside_the_match(world: Any) -> None:
    world.add(ACME)
    world.run()
    world.judge("same", world.said[0])
    assert world.news() == []
    world.copy("1", "11")
    assert world.news() == [("new record", f"{FIRST}:11")]
    assert world.said[0].judgement.startswith("judged same by Ann")


def test_ids_that_linking_gives_anew_are_no_news(world: Any) -> None:
    """Table company_redirect, or the records themselves, say what became of a company."""
    world.add(ACME)
    world.run()
    for table in ("record", "company", "company_name", "company_identifier"):
        world.sql(f"UPDATE {table} SET company_id = 'c000000000000001' WHERE company_id = ?", ACME_ID)
    assert world.news() == []
    for table in ("record", "company", "company_name", "company_identifier"):
        world.sql(f"UPDATE {table} SET company_id = 'c000000000000002' WHERE company_id = 'c000000000000001'")
    world.sql("INSERT INTO company_redirect VALUES ('c000000000000001', 'c000000000000002', 'linked anew', now())")
    assert world.news() == []
    world.copy("1", "11", company_id="c000000000000002")
    assert world.news() == [("new record", f"{FIRST}:11")]


def test_a_record_that_linking_gives_to_a_company_nobody_watches_is_told(world: Any) -> None:
    world.add(ACME)
    world.run()
    other = company_id("Mori Foods KK", "jp")
    world.sql("UPDATE record SET company_id = ? WHERE record_id = ?", other, NINE)
    assert world.news() == [("now of another company", NINE)]
    assert world.said[0].company_id == other
    assert world.news() == []


def test_records_of_a_company_that_joined_one_watched_are_new_to_the_supplier(world: Any) -> None:
    world.add(ACME)
    world.run()
    world.sql("UPDATE record SET company_id = ? WHERE record_id = ?", ACME_ID, TWO)
    assert world.news() == [("new record", TWO)]


def test_a_supplier_that_is_called_otherwise_loses_and_gains_matches(world: Any) -> None:
    world.add(ACME)
    world.run()
    assert world.add("V-1,Gone Services GmbH,DE,").changed == 1
    assert world.news() == [("new match", SEVEN), ("match gone", None)]
    gone = world.said[-1]
    assert (gone.company, gone.met, gone.company_id) == ("Acme Pipeline Inc.", "Acme Pipeline Inc.", ACME_ID)
    assert world.news() == []


def test_a_match_that_grows_stronger_or_weaker_says_so(world: Any) -> None:
    world.add("V-6,Gone Services AG,DE,")
    world.run()
    before = world.said[0].band
    assert before != "same"
    world.add(GONE)
    assert world.news() == [("stronger match", None)]
    assert world.said[0].detail == f"{before} → same"
    world.add("V-6,Gone Services AG,DE,")
    assert world.news() == [("weaker match", None)]


def test_two_suppliers_of_one_company_are_both_told(world: Any) -> None:
    world.add(ACME, "V-9,Acme Pipeline Incorporated,US,")
    world.run()
    world.change("1", status="closed")
    world.run()
    assert [(line.supplier.reference, line.what) for line in world.said] == [
        ("V-1", "changed record"),
        ("V-9", "changed record"),
    ]


def test_a_threshold_keeps_weak_matches_out(world: Any) -> None:
    world.add("V-6,Gone Services AG,DE,", threshold="same")
    assert not world.run().anything
    world.add("V-6,Gone Services AG,DE,", threshold="possible")
    assert world.run().news == {"new match": 1}


def test_lines_carry_what_judge_and_show_need(world: Any) -> None:
    world.add(ACME)
    world.run()
    line = next(line for line in world.said if line.record["record_id"] == ONE)
    assert line.match == f"{line.match.partition('-')[0]}-{ACME_ID}"
    assert (line.band, line.met, line.company, line.company_country) == (
        "same", "Acme Pipeline Inc.", "Acme Pipeline Inc.", "us",
    )  # fmt: skip
    assert line.why
    assert line.record["date"] == date(2020, 5, 1)
