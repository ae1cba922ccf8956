"""What a second sync of the same source does: nothing, a new version, a removal, or a refusal to publish."""

from datetime import date
from typing import Any

import pytest

from db.sync import Options, sync
from ingest.errors import UsageError


def test_fates_add_up_and_records_are_stored(agency: Any, rows: tuple[str, ...]) -> None:
    report = agency.sync(*rows)
    assert report.error is None
    assert report.rows == {"read": 5, "mapped": 3, "not_a_record": 1, "withheld": 1, "rejected": 0}
    assert report.not_a_record == {"revoked before issue": 1}
    assert agency.ask("SELECT record_id, company_name, status, row_number FROM record ORDER BY 1") == [
        ("xx_fair_work:1", "Acme Widgets Ltd", "final", 2),
        ("xx_fair_work:2", "Beta Tools GmbH", "final", 3),
        ("xx_fair_work:3", "Gamma Foods SA", "vacated", 4),
    ]


def test_same_payload_twice_changes_nothing(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    before = agency.ask("SELECT * FROM record ORDER BY record_id")
    report = agency.sync(*rows)
    assert report.outcome == "unchanged"
    assert agency.ask("SELECT * FROM record ORDER BY record_id") == before
    assert agency.ask("SELECT count(*) FROM retrieval") == [(2,)]


def test_other_bytes_that_say_the_same_change_no_record(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    report = agency.sync(*reversed(rows))
    assert (report.outcome, report.records["unchanged"], report.records["changed"]) == ("loaded", 3, 0)
    assert agency.ask("SELECT count(*) FROM record_history") == [(0,)]


def test_changed_row_makes_a_new_version_and_keeps_the_old(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    report = agency.sync(rows[0].replace("1000", "900"), *rows[1:])
    assert report.records == {"added": 0, "changed": 1, "removed": 0, "unchanged": 2, "total": 3}
    now = "SELECT version, amounts[1].value::VARCHAR FROM record WHERE native_id = '1'"
    assert agency.ask(now) == [(2, "900.00")]
    old = "SELECT version, amounts[1].value::VARCHAR, superseded_at IS NOT NULL FROM record_history"
    assert agency.ask(old) == [(1, "1000.00", True)]


def test_correcting_a_name_moves_the_record_to_the_right_company(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    agency.sync(rows[0].replace("Acme Widgets", "Acme Gadgets"), *rows[1:])
    assert agency.ask("SELECT name, records FROM company ORDER BY name") == [
        ("Acme Gadgets Ltd", 1),
        ("Beta Tools GmbH", 1),
        ("Gamma Foods SA", 1),
    ]


def test_row_gone_from_a_full_source_is_marked_and_comes_back_as_a_new_version(
    agency: Any, rows: tuple[str, ...]
) -> None:
    agency.sync(*rows)
    report = agency.sync(*rows[1:])
    assert report.records["removed"] == 1
    assert agency.ask("SELECT native_id, removal FROM record WHERE removed_at IS NOT NULL") == [
        ("1", "removed at source")
    ]
    report = agency.sync(*rows)
    assert report.records["changed"] == 1
    assert agency.ask("SELECT count(*) FROM record WHERE removed_at IS NOT NULL") == [(0,)]


def test_increment_infers_no_removal_and_may_be_empty(agency: Any, rows: tuple[str, ...]) -> None:
    agency.snapshot = "increment"
    agency.sync(*rows)
    report = agency.sync()
    assert (report.error, report.rows["read"], report.records["removed"]) == (None, 0, 0)
    assert agency.ask("SELECT count(*) FROM record WHERE removed_at IS NULL") == [(3,)]


def test_what_leaves_a_rolling_window_has_aged_out(agency: Any) -> None:
    agency.snapshot = "window"
    agency.sync("1,Acme Widgets Ltd,F,2019-01-31,1,", "2,Beta Tools GmbH,F,2999-01-31,1,", "3,Gamma SA,F,2999-01-31,1,")
    agency.sync("3,Gamma SA,F,2999-01-31,2,", "4,Delta Ltd,F,2999-01-31,2,", "5,Epsilon Ltd,F,2999-01-31,2,")
    assert agency.ask("SELECT native_id, removal FROM record WHERE removal IS NOT NULL ORDER BY 1") == [
        ("1", "aged out"),
        ("2", "removed at source"),
    ]


@pytest.mark.parametrize(("kept", "said"), [(1, "fewer than the 2"), (2, "a fall over 50%")])
def test_a_shrunken_file_never_replaces_a_good_one(agency: Any, rows: tuple[str, ...], kept: int, said: str) -> None:
    agency.sync(*rows)
    report = agency.sync(*rows[:kept])
    assert report.outcome == "failed"
    assert said in str(report.error)
    assert agency.ask("SELECT count(*) FROM record WHERE removed_at IS NULL") == [(3,)]
    assert agency.ask("SELECT outcome FROM run ORDER BY started_at, outcome DESC") == [("loaded",), ("failed",)]


def test_an_analyst_can_accept_an_implausible_change_and_it_is_recorded(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    report = agency.sync(*rows[:2], accept="the agency closed its old register")
    assert (report.outcome, report.records["removed"]) == ("loaded", 1)
    assert agency.ask("SELECT accepted_change FROM run WHERE accepted_change IS NOT NULL") == [
        ("the agency closed its old register",)
    ]


def test_a_jump_stops_publication(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows[:2])
    report = agency.sync(*(f"{n},Company {n} Ltd,F,2024-01-31,1," for n in range(7)))
    assert "a jump over 200%" in str(report.error)


def test_same_key_twice_keeps_both_and_counts_it(agency: Any) -> None:
    report = agency.sync("1,Acme Ltd,F,2024-01-31,1,", "1,Beta Ltd,F,2024-01-31,1,", "1,Acme Ltd,F,2024-01-31,1,")
    assert (report.rows["mapped"], report.records["total"]) == (3, 2)
    assert report.beside["issue"]["several records under one key"] == 1
    (first, second) = agency.ask("SELECT record_id, len(source_rows) FROM record ORDER BY 1")
    assert {first[0], second[0]} == {"xx_fair_work:1", "xx_fair_work:1#2"}


def test_a_new_adapter_reads_the_unchanged_file_anew(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    agency.sql = agency.sql.replace("'penalty' AS kind", "'order' AS kind")
    report = agency.sync(*rows)
    assert (report.outcome, report.records["changed"]) == ("loaded", 3)


def test_unreadable_values_keep_the_record_and_are_counted(agency: Any) -> None:
    report = agency.sync("1,Acme Ltd,X,31.31.2024,many,", "2,Beta Ltd,F,2024-01-31,1,")
    assert report.beside["issue"] == {
        "amounts: unreadable amount": 1,
        "issued_on: unreadable date": 1,
        "status: code not in the lookup table": 1,
    }
    assert agency.ask("SELECT status, status_as_published, issued_on, amounts FROM record WHERE native_id = '1'") == [
        ("unknown", "X", None, None)
    ]


def test_sql_that_loses_a_row_fails_the_source(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sql += " WHERE STATE <> 'R'"
    report = agency.sync(*rows)
    assert "rows do not add up: 5 read, 4 of them returned" in str(report.error)


def test_retrieval_time_comes_from_the_mirror_never_now(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    assert agency.ask("SELECT retrieved_at::VARCHAR, via FROM retrieval") == [("2024-06-01 08:00:00", "mirror")]


def test_a_record_whose_row_now_names_a_person_is_erased_and_not_called_removed(
    agency: Any, rows: tuple[str, ...]
) -> None:
    agency.sync(*rows)
    report = agency.sync('1,"Quillfeather, Janet",F,2024-01-31,1000,', *rows[1:])
    assert (report.error, report.records["removed"], report.records["total"]) == (None, 1, 2)
    assert agency.ask("SELECT count(*) FROM record WHERE removal IS NOT NULL") == [(0,)]
    assert agency.ask("SELECT count(*) FROM company") == [(2,)]


def test_nothing_is_called_removed_when_rows_could_not_be_read(agency: Any, rows: tuple[str, ...]) -> None:
    agency.sync(*rows)
    report = agency.sync("1,Acme Widgets Ltd,F", *rows[1:])
    assert (report.rows["rejected"], report.records["removed"]) == (1, 0)
    assert report.beside["issue"]["removals not inferred: rows unreadable"] == 1


def test_a_file_of_another_kind_is_not_silently_replaced_by_the_download(agency: Any, rows: tuple[str, ...]) -> None:
    mirror = agency.publish(*rows)
    other = agency.folder / "notices.dat"
    other.write_text("x")
    options = Options(mirror=mirror, files=(other,))
    with pytest.raises(UsageError, match="of no kind this source takes"):
        list(sync(agency.store, [agency.source], options, lambda *_: None))


def test_days_for_a_source_without_days_are_refused(agency: Any, rows: tuple[str, ...]) -> None:
    options = Options(mirror=agency.publish(*rows), since=date(2024, 1, 1))
    with pytest.raises(UsageError, match="sources by day only"):
        list(sync(agency.store, [agency.source], options, lambda *_: None))


def test_one_sources_fault_is_recorded_and_does_not_quote_it(
    agency: Any, rows: tuple[str, ...], monkeypatch: Any
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("Quillfeather")

    monkeypatch.setattr("db.sync.transform", broken)
    report = agency.sync(*rows)
    assert report.outcome == "failed"
    assert "unexpected ValueError" in str(report.error)
    assert "Quillfeather" not in str(report.as_json())
    assert agency.ask("SELECT outcome FROM run") == [("failed",)]
