"""`trackrecord changes`, `export` and `cite` as their users meet them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

import ingest.catalog
from cli import changes as verb
from db.decisions.kept import Decisions
from tests.cli.conftest import Command
from tests.cli.homes import FIRST, SECOND, SOURCES, Home, source

COLUMNS = "* REPLACE ('2026-01-05'::TIMESTAMP AS changed_at, 'as it was' AS summary, 'v0' AS adapter_version)"


@pytest.fixture
def changed(home: Home) -> Home:
    """The home, in which a record said something else before, and a source was synced since."""
    with home.changing() as con:
        con.execute(f"DELETE FROM record WHERE record_id = '{FIRST}:7'")
        con.execute(
            f"""INSERT INTO record_history BY NAME SELECT {COLUMNS}, '2026-01-09 09:00'::TIMESTAMP AS superseded_at
            FROM record WHERE record_id IN ('{FIRST}:1', '{FIRST}:2')"""
        )
        con.execute(f"UPDATE record SET first_seen = '2026-01-05' WHERE record_id IN ('{FIRST}:1', '{FIRST}:2')")
        con.execute(f"UPDATE record SET adapter_version = 'v0' WHERE record_id = '{FIRST}:1'")
    home.run(FIRST, "run-3", datetime(2026, 1, 9, 9, tzinfo=UTC))
    home.run(SECOND, "run-4", datetime(2026, 1, 9, 10, tzinfo=UTC), "failed", error="no answer")
    return home


def test_changes_are_counted_by_source_and_listed_with_what_they_rest_on(changed: Home, command: Command) -> None:
    ran = command("changes", "--since", "2026-01-06")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "9 changes since 2026-01-06"
    assert "re-read with another adapter" in lines[2]
    assert "changed by the agency" in lines[2]
    assert "summary: as it was → (nothing)" in ran.out
    assert "cleared (“Desvirtuado”)" in ran.out
    assert "\x1b" not in ran.out
    (looked,) = [line for line in lines if line.startswith(f"{SECOND} ") and "failed" in line]
    assert "the last sync, 2026-01-09, failed" in looked
    assert "Not synced in this time, so nothing is known to have changed: xx_never." in ran.out


def test_a_limit_cuts_the_list_never_the_counts(changed: Home, command: Command) -> None:
    ran = command("changes", "--since", "2026-01-06", "--limit", "2")
    assert ran.out.startswith("9 changes since")
    assert "7 more left out; --limit shows more, --jsonl gives all." in ran.out
    told = command("changes", "--since", "2026-01-06", "--limit", "2", "--json").json
    assert (told["total"], len(told["changes"]), told["left_out"]) == (9, 2, 7)
    assert len(command("changes", "--since", "2026-01-06", "--json").json["changes"]) == 9


def test_json_lines_end_with_the_sums(changed: Home, command: Command) -> None:
    Decisions(changed.path).dispute(f"{FIRST}:1", why="wrong company", evidence=None, by="Analyst A")
    ran = command("changes", "--since", "2026-01-06", "--jsonl", "--source", FIRST)
    *lines, last = [json.loads(line) for line in ran.out.splitlines()]
    assert len(lines) == last["summary"]["total"] == 7
    (line,) = [line for line in lines if line["record_id"] == f"{FIRST}:1"]
    assert line["fields"] == [{"field": "summary", "before": "as it was", "after": None}]
    assert "wrong company" in line["disputes"][0]
    assert [item["source_id"] for item in last["summary"]["sources"]] == [FIRST]
    assert "not a consumer report" in last["notice"]


def test_no_change_still_says_what_was_looked_at(changed: Home, command: Command) -> None:
    ran = command("changes", "--since", "2026-01-09T09:30Z")
    assert ran.out.startswith("0 changes since 2026-01-09 09:30 UTC")
    assert f"{SECOND}" in ran.out
    assert f"nothing is known to have changed: {FIRST}, xx_never." in ran.out


def test_removed_records_of_a_mirrored_source_show_no_content(
    home: Home, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {item.id: item for item in (source(FIRST, retention="mirror-source"), *SOURCES[1:])}
    monkeypatch.setattr(ingest.catalog, "catalogue", lambda: known)
    with home.changing() as con:
        con.execute(f"UPDATE record SET first_seen = '2025-01-01', changed_at = '2025-01-01', last_seen = '2025-11-30' "
                    f"WHERE record_id = '{FIRST}:7'")  # fmt: skip
    for words in ([], ["--json"], ["--jsonl"]):
        ran = command("changes", "--since", "2025-11-01", "--until", "2025-12-31", *words)
        assert "no longer published by Invented Agency" in ran.out
        assert "Gone Services" not in ran.out
        assert "debarment" not in ran.out
    assert "last seen 2025-11-30 00:00 UTC, first missed 2025-12-01 00:00 UTC" in command(
        "changes", "--since", "2025-11-01", "--until", "2025-12-31"
    ).out  # fmt: skip


def test_an_ended_measure_is_said_to_have_expired(home: Home, command: Command) -> None:
    with home.changing() as con:
        con.execute("UPDATE record SET first_seen = '2025-01-01', changed_at = '2025-01-01'")
        con.execute(f"UPDATE record SET effective_to = '2025-12-15' WHERE record_id = '{FIRST}:3'")
    ran = command("changes", "--since", "2025-12-02", "--until", "2025-12-31")
    assert "in force until 2025-12-15" in ran.out
    assert ran.out.startswith("1 change since 2025-12-02 until 2025-12-31")


def test_what_changed_and_changed_back_is_counted(changed: Home, command: Command) -> None:
    with changed.changing() as con:
        con.execute(f"UPDATE record_history SET summary = NULL WHERE record_id = '{FIRST}:1'")
    assert "1 records changed and say the same again; they are not listed." in command(
        "changes", "--since", "2026-01-06"
    ).out  # fmt: skip


def test_changes_of_a_company_and_of_a_watch_list(
    changed: Home, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with changed.store.reading() as con:
        ids = dict(con.execute("SELECT name, company_id FROM company").fetchall())
    acme, mori = ids["Acme Pipeline Inc."], ids["Mori Foods KK"]

    def asked(*words: str) -> int:
        return int(command("changes", "--since", "2026-01-06", "--json", *words).json["total"])

    assert [asked("--company", acme), asked("--company", acme, "--company", mori)] == [2, 3]
    assert asked("--company", acme, "--kind", "penalty") == 1
    monkeypatch.setattr("db.watch.companies_of", lambda _home, name: {mori} if name == "mine" else set())
    assert [asked("--watch", "mine"), asked("--watch", "mine", "--company", acme)] == [1, 0]
    ran = command("changes", "--since", "2026-01-06", "--company", "c" + "0" * 15)
    assert (ran.code, "no company" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "soon"), "--since is no day, time or retrieval"),
        (("--since", "2026-01-06", "--json", "--jsonl"), "exclude each other"),
        (("--since", "2026-01-06", "--limit", "-1"), "--limit must be 0 or more"),
        (("--since", "2026-01-06", "--source", "xx_nothing"), "no source"),
        (("--since", "2026-01-06", "--kind", "fine"), "no kind"),
        (("--since", "2026-01-06", "--watch", "nobody's"), "nobody's"),
    ],
)
def test_a_question_without_sense_is_refused(home: Home, command: Command, words: tuple[str, ...], said: str) -> None:
    ran = command("changes", *words)
    assert (ran.code, said in ran.err, ran.out) == (2, True, "")


def test_more_than_one_json_text_bears_goes_by_lines(
    home: Home, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verb, "_MOST_JSON", 3)
    ran = command("changes", "--since", "2026-01-01", "--json")
    assert (ran.code, "Ask with --jsonl" in ran.err) == (2, True)
    assert command("changes", "--since", "2026-01-01", "--json", "--limit", "1").code == 0


def test_a_sample_is_marked(home: Home, command: Command) -> None:
    (home.path / "SAMPLE").touch()
    told: dict[str, Any] = json.loads(command("changes", "--since", "2026-01-09", "--jsonl").out.splitlines()[-1])
    assert told["sample"] is True
    assert "SAMPLE" in command("cite", f"{FIRST}:1").out
    assert command("changes", "--since", "2026-01-09", "--json").json["sample"] is True


def test_export_tells_what_it_wrote(home: Home, command: Command) -> None:
    output = home.path.parent / "all.csv"
    ran = command("export", "-o", str(output), "--country", "JP", "--since", "2023-01-01", "--as-of", "2026-01-09")
    assert ran.code == 0
    assert ran.out.startswith("1 records written into ")
    assert "all.csv.dictionary.csv" in ran.out
    assert "not searched: xx_never" in ran.out
    told = command("export", "-o", str(output), "--json").json
    assert (told["format"], told["records"], told["files"][-1]) == ("csv", 10, str(output))
    assert command("export", "-o", str(output), "--country", "Japan").code == 2


def test_export_counts_tombstones(home: Home, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {item.id: item for item in (source(FIRST, retention="mirror-source"), *SOURCES[1:])}
    monkeypatch.setattr(ingest.catalog, "catalogue", lambda: known)
    output = home.path.parent / "all.jsonl"
    ran = command("export", "-o", str(output), "--include-removed", "--source", FIRST)
    assert "1 of records no longer published" in ran.out


def test_cite_prints_one_paragraph(home: Home, command: Command) -> None:
    ran = command("cite", f"{FIRST}:1")
    assert ran.code == 0
    assert ran.out.splitlines()[0].startswith(f"Invented Agency, “Title of {FIRST}”, penalty, Acme Pipeline Inc.")
    told = command("cite", f"{FIRST}:1", "--json").json
    assert (told["record_id"], told["hidden"], told["parts"]["respondent"]) == (
        f"{FIRST}:1", False, "Acme Pipeline Inc.",
    )  # fmt: skip
    assert told["citation"] == ran.out.splitlines()[0]
    assert command("cite", "c" + "0" * 15).code == 2
    assert command("cite", f"{FIRST}:99").code == 2
