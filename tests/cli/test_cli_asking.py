"""The asking commands as a user sees them: text, JSON, the notice, exit codes."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import ingest.catalog
from cli.render import NOTICE, SAMPLE
from tests.cli.conftest import Command
from tests.cli.homes import ESCAPED, FIRST, SECOND, SOURCES, THIRD, Home, company_id

pytestmark = pytest.mark.usefixtures("home")

REPORTS = [
    ("search", "acme"),
    ("search", "nobody"),
    ("show", company_id("Acme Pipeline Inc.", "us")),
    ("show", f"{FIRST}:1"),
    ("show", f"{FIRST}:1", "--raw"),
    ("status",),
    ("sources",),
    ("sources", FIRST),
    ("verify",),
    ("sql", "SELECT 1"),
]


@pytest.mark.parametrize("words", REPORTS)
def test_every_report_ends_with_the_notice_once(command: Command, words: tuple[str, ...]) -> None:
    ran = command(*words)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith(f"\n{NOTICE}\n")
    assert ran.out.count(NOTICE) == 1


@pytest.mark.parametrize("words", [words for words in REPORTS if words[0] != "sql"])
def test_json_objects_carry_the_notice(command: Command, words: tuple[str, ...]) -> None:
    ran = command(*words, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["notice"] == NOTICE
    assert "sample" not in ran.json


@pytest.mark.parametrize("words", REPORTS)
def test_a_sample_home_is_marked_in_every_output(command: Command, home: Home, words: tuple[str, ...]) -> None:
    (home.path / "SAMPLE").touch()
    text, machine = command(*words), command(*words, "--json")
    assert text.out.endswith(f"{SAMPLE} {NOTICE}\n")
    if words[0] == "sql":
        assert machine.err == f"{SAMPLE}\n"
    else:
        assert machine.json["sample"] is True


def test_an_empty_answer_states_the_coverage_in_full(command: Command) -> None:
    out = command("search", "nobody").out
    assert out.startswith("No record found for “nobody” in 2 sources with 10 records.")
    assert re.search(rf"{SECOND} +2 +2025-05-30 +2025-06-01 08:00 UTC +stale", out)
    assert f"Not searched: {THIRD}." in out


def test_an_empty_answer_without_any_source_says_so(command: Command) -> None:
    out = command("search", "nobody", "--source", THIRD).out
    assert "in 0 sources with 0 records" in out
    assert f"Not searched: {THIRD}." in out
    assert "Not searched: no source of the catalogue." in command("search", "nobody", "--source", FIRST).out


def test_search_as_json_has_results_and_coverage(command: Command) -> None:
    answer = command(
        "search", "acme pipeline inc", "--country", "US", "--source", SECOND, "--kind", "listing", "--since",
        "2020-01-01", "--json",
    ).json  # fmt: skip
    assert answer["query"] == "acme pipeline inc"
    (result,) = answer["results"]
    assert result["company_id"] == company_id("Acme Pipeline Inc.", "us")
    assert (result["name"], result["country"], result["records"]) == ("Acme Pipeline Inc.", "us", 1)
    assert (result["first"], result["last"], result["sources"]) == ("2021-01-01", "2021-01-01", [SECOND])
    assert answer["coverage"]["searched"] == [SECOND]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("search", "x", "--source", "xx_none"), "no source"),
        (("search", "x", "--kind", "fine"), "no kind"),
        (("search", "x", "--since", "yesterday"), "--since"),
        (("search",), "QUERY"),
        (("search", "x", "--limit", "0"), "--limit"),
        (("search", "?!"), "no letter and no digit"),
        (("show", "Acme"), "trackrecord search Acme"),
        (("show", "c000000000000000"), "no company"),
        (("show", company_id("Acme Pipeline Inc.", "us"), "--raw"), "--raw takes a record id"),
        (("sources", "xx_none"), "no source"),
        (("sql", "DELETE FROM record"), "refused"),
        (("sql", "SELECT 1; SELECT 2"), "2 statements"),
        (("nonsense",), "nonsense"),
        (("--nonsense",), "--nonsense"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_a_wrong_question_is_said_on_stderr_with_code_2(
    command: Command, words: tuple[str, ...], says: str, *, as_json: bool
) -> None:
    ran = command(*words, *(["--json"] if as_json and words[0] not in {"nonsense", "--nonsense"} else []))
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


def test_a_company_is_shown_in_time_order_with_amounts_and_status(command: Command) -> None:
    out = command("show", company_id("Acme Pipeline Inc.", "us")).out
    assert out.index("2020-05-01  penalty, final") < out.index("2021-01-01  listing, final")
    assert "proposed 1,000.00 USD; final 500.50 USD" in out
    assert "49 CFR 195" in out
    assert "cik 0001234567, lei 5493001KJTIIGC8Y1R12" in out


def test_cleared_and_withdrawn_matters_are_shown_as_such(command: Command) -> None:
    cleared = command("show", company_id("Blanca Flor SA de CV", "mx")).out
    assert "listing, cleared since 2022-02-02 (“Desvirtuado”) — CLEARED: NOT HELD AGAINST THE COMPANY" in cleared
    assert "xx-register 77 (not valid)" in cleared
    assert "CLEARED: NOT HELD AGAINST THE COMPANY" in command("show", f"{SECOND}:8").out


def test_removed_records_and_dates_of_force_are_shown(command: Command) -> None:
    gone = command("show", company_id("Gone Services GmbH", "de")).out
    assert "AGED OUT, SEEN ON 2025-12-01" in gone
    assert "1, 1 removed" in gone
    assert "debarment from 2020-01-01 to 2021-01-01" in gone
    assert re.search("in force +not in force on .*: ended on 2021-01-01", gone)
    ordered = command("show", company_id("ACME PIPELINE, LLC", "us"), "--in-force-on", "2024-04-01").out
    assert "order from 2024-04-01 to 2030-01-01" in ordered
    assert "in force on 2024-04-01, until 2030-01-01" in ordered


def test_other_names_stand_with_their_kind(command: Command) -> None:
    assert "Toa Piping (alias)" in command("show", company_id("東亜配管株式会社", "jp")).out


def test_a_record_is_shown_with_everything_that_proves_it(command: Command) -> None:
    out = command("show", f"{FIRST}:1").out
    for fact in (
        "Invented Agency",
        f"https://agency.example/{FIRST}.csv",
        f"https://cdn.agency.example/{FIRST}.csv",
        "2026-01-09 08:00 UTC",
        f"rows/{FIRST}/run-1.list.parquet",
        "101 of the file",
        "1 Main St, Omaha, NE, 68102, us",
        "2020-06-01 hearing held",
    ):
        assert fact in out
    assert re.search("sha256 +[0-9a-f]{64}", out)


def test_an_unknown_time_of_retrieval_is_said(command: Command, home: Home) -> None:
    with home.changing() as con:
        con.execute("UPDATE retrieval SET retrieved_at = NULL")
    assert re.search("retrieved_at +unknown", command("show", f"{FIRST}:1").out)


def test_earlier_versions_are_shown(command: Command, home: Home) -> None:
    with home.changing() as con:
        con.execute(
            """INSERT INTO record_history BY NAME SELECT * REPLACE ('proposed' AS status, NULL AS legal_basis),
            TIMESTAMP '2026-02-02' AS superseded_at FROM record WHERE native_id = '1'"""
        )
        con.execute("UPDATE record SET version = 2 WHERE native_id = '1'")
    out = command("show", f"{FIRST}:1").out
    assert "Version 1, 2026-01-09 09:00 UTC to 2026-02-02 00:00 UTC, said" in out
    assert re.search("legal_basis +\\(nothing\\)", out)


def test_the_original_row_is_shown_column_by_column(command: Command) -> None:
    out = command("show", f"{FIRST}:1", "--raw").out
    assert re.search("NAME +Acme Pipeline Inc.", out)
    assert "AMOUNT  500.50" in out
    assert "AMOUNT  (empty)" in command("show", f"{FIRST}:2", "--raw").out
    (row,) = command("show", f"{FIRST}:1", "--raw", "--json").json["rows"]
    assert row["columns"] == {"NAME": "Acme Pipeline Inc.", "AMOUNT": "500.50"}


def test_a_row_with_somebody_withheld_says_so(command: Command) -> None:
    assert "names somebody who was withheld" in command("show", f"{FIRST}:6", "--raw").out


@pytest.mark.parametrize("as_json", [False, True])
def test_nothing_an_agency_wrote_reaches_the_terminal_raw(command: Command, *, as_json: bool) -> None:
    option = ["--json"] if as_json else []
    for words in (
        ("search", "red"),
        ("show", company_id(ESCAPED, "us")),
        ("show", f"{FIRST}:6"),
        ("sql", "SELECT company_name, summary FROM record"),
    ):
        out = command(*words, *option).out
        assert "Red \\u001b[31mAlert\\u202e Corp" in out
        assert not set(out) & set("\x1b\x07\u202e")


def test_sources_lists_also_what_was_never_synced(command: Command, tmp_path: Path) -> None:
    ran = command("sources")
    assert re.search(rf"{THIRD} +Title of {THIRD} +Invented Agency +us +0 +never synced", ran.out)
    nowhere = command("sources", "--json", home=tmp_path / "nowhere")
    assert {state["state"] for state in nowhere.json["sources"]} == {"never synced"}
    assert not (tmp_path / "nowhere").exists()


def test_one_source_shows_everything_declared(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    out = command("sources", FIRST).out
    for fact in ("means not", "nothing else", "https://agency.example/errors", "CC0", "NAME, AMOUNT", "min_rows: 1"):
        assert fact in out
    declared = command("sources", FIRST, "--json").json
    assert declared["resource"][0]["used"] == ["NAME", "AMOUNT"]
    assert declared["state"]["records"] == 8
    assert "folder" not in declared
    assert re.search("delimiter +,", out)
    declared_source = SOURCES[1]
    tabs = replace(declared_source.resource[0], delimiter="\t")
    known = {SECOND: replace(declared_source, resource=(tabs,), lookup={"status": {"A": "final"}})}
    monkeypatch.setattr(ingest.catalog, "find_source", known.__getitem__)
    out = command("sources", SECOND).out
    assert re.search("lookup status +A: final", out)
    assert re.search("delimiter +tab", out)


def test_status_names_the_database_and_its_sources(command: Command, home: Home) -> None:
    out = command("status").out
    assert str(home.path) in out
    assert "10, 1 of them no longer published" in out
    found = command("status", "--json").json
    assert (found["records"], found["companies"]) == (10, 8)
    assert found["sources"][0]["retrieved_at"] == "2026-01-09T08:00:00+00:00"


def test_without_a_database_commands_say_what_to_do_and_exit_4(command: Command, tmp_path: Path) -> None:
    for words in (("search", "x"), ("status",), ("verify",), ("sql", "SELECT 1"), ("show", "a:b")):
        ran = command(*words, home=tmp_path / "nowhere")
        assert (ran.code, ran.out) == (4, "")
        assert "trackrecord sync" in ran.err


def test_sql_shows_a_table_and_says_how_much_it_left_out(command: Command) -> None:
    out = command("sql", "SELECT i AS number FROM range(1234) t(i)").out
    assert "1,034 more rows left out; --json gives all of them." in out
    assert "left out" not in command("sql", "SELECT i FROM range(200) t(i)").out


def test_sql_as_json_gives_every_row_exactly(command: Command) -> None:
    rows = command("sql", "SELECT i AS number FROM range(1234) t(i)", "--json").json
    assert [row["number"] for row in rows] == list(range(1234))
    out = command("sql", "SELECT amounts, issued_on, first_seen FROM record WHERE native_id = '1'", "--json").out
    assert '{"kind": "proposed", "value": 1000.00, "currency": "USD"}' in out
    assert '"issued_on": "2020-05-01", "first_seen": "2026-01-09T09:00:00"' in out
    assert command("sql", "SELECT 1 WHERE false", "--json").json == []


def test_an_error_in_the_middle_leaves_valid_json(command: Command) -> None:
    ran = command("sql", "SELECT CASE WHEN i = 90000 THEN 'x' ELSE '1' END::INTEGER FROM range(99999) t(i)", "--json")
    assert ran.code == 2
    assert isinstance(json.loads(ran.out or "[]"), list)
    assert "Could not convert" in ran.err


def test_bytes_that_are_no_text_are_no_fault(command: Command) -> None:
    assert command("search", "caf\udce9").code == 0
    assert command("sql", "SELECT '\udce9'").code == 0
