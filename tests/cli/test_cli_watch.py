"""trackrecord watch: lists made, shown, run and removed from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

import cli.watch
from tests.cli.homes import FIRST, SECOND, Home, company_id
from tests.watch.world import ACME, GONE, HEADER, NOBODY

PERSON, UNSURE = "V-3,Janet Q. Roe,US,", "V-7,Zalmir Quorvane Traders,DE,"
ACME_ID = company_id("Acme Pipeline Inc.", "us")


@pytest.fixture
def suppliers(tmp_path: Path) -> Path:
    path = tmp_path / "suppliers.csv"
    path.write_text("\n".join((HEADER, ACME, GONE, NOBODY)) + "\n", encoding="utf-8")
    return path


def test_add_says_what_is_left_out_and_what_to_do(home: Home, command: Any, suppliers: Path) -> None:
    suppliers.write_text(
        "\n".join((HEADER, ACME, PERSON, UNSURE, ",,,", ACME, "Jan,Kestrel Foods Ltd,,", "V-9,?,,")) + "\n"
    )
    ran = command("watch", "add", "tier1", str(suppliers), "--by", "Ann")
    assert ran.code == 0, ran.err
    assert "Watch list tier1: 2 suppliers" in ran.out
    assert "1 row (3): read as a person or sole trader. Left out; nothing of it is kept." in ran.err
    assert "1 row (4): the privacy gate is unsure whether it names an organisation" in ran.err
    assert f"watch add tier1 {suppliers} --vouched" in ran.err
    assert "1 row (6): the same as a row before" in ran.err
    assert "1 row (7): the reference is no number" in ran.err
    assert "1 row (8): the name has no letter and no digit. Left out." in ran.err
    for text in ("Roe", "Quorvane"):
        assert text not in ran.out + ran.err
    again = command("watch", "add", "tier1", str(suppliers), "--vouched", "--by", "Bea")
    assert "unsure" not in again.err
    assert "replaced" in again.out
    shown = command("watch", "show", "tier1")
    assert "by Bea" in shown.out
    assert command("watch", "show", "tier1", "--json").json["suppliers"][1]["vouched_by"] == "Bea"


def test_add_as_json(home: Home, command: Any, suppliers: Path) -> None:
    suppliers.write_text("\n".join((HEADER, ACME, PERSON, UNSURE, ",,GB,")) + "\n")
    made = command("watch", "add", "tier1", str(suppliers), "--by", "Ann", "--threshold", "likely", "--json").json
    assert (made["added"], made["threshold"], made["reference"], made["made_by"]) == (1, "likely", "Vendor No", "Ann")
    assert made["left_out"] == {
        "person_or_sole_trader": [3],
        "unsure": [4],
        "unreadable": [{"row": 5, "why": "no name in this row"}],
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--threshold", "certain"), "no threshold `certain`"),
        (("--column", "name"), "ROLE=HEADER"),
        (("--column", "name=Nowhere"), "no column called `Nowhere`"),
    ],
)
def test_add_with_what_cannot_be(
    home: Home, command: Any, suppliers: Path, words: tuple[str, ...], message: str
) -> None:
    ran = command("watch", "add", "tier1", str(suppliers), *words)
    assert ran.code == 2
    assert message in ran.err
    assert command("watch", "run", "tier1").code == 2


def test_run_says_what_is_new_once(home: Home, command: Any, suppliers: Path) -> None:
    command("watch", "add", "tier1", str(suppliers), "--by", "Ann")
    ran = command("watch", "run", "tier1")
    assert ran.code == 1, ran.err
    assert "tier1: first run: all there is, the baseline" in ran.out
    assert f"{FIRST}:1" in ran.out
    assert f"-{ACME_ID}" in ran.out
    assert "2 of 3 suppliers are matched now: 2 matches; 3 records." in ran.out
    ran = command("watch", "run", "TIER1")
    assert (ran.code, ran.err) == (0, "")
    assert len(ran.out.splitlines()) == 1
    assert ran.out.startswith("tier1: nothing new since 2")
    assert "10 records of 2 sources" in ran.out


def test_run_as_json(home: Home, command: Any, suppliers: Path) -> None:
    command("watch", "add", "tier1", str(suppliers))
    ran = command("watch", "run", "tier1", "--json")
    assert ran.code == 1
    assert (ran.json["since"], ran.json["news"], ran.json["anything_new"]) == (None, {"new match": 2}, True)
    line = ran.json["lines"][1]
    assert (line["what"], line["record"]["record_id"], line["supplier"]["row"]) == ("new match", f"{FIRST}:1", 2)
    ran = command("watch", "run", "tier1", "--json", "--all")
    assert (ran.code, ran.json["anything_new"]) == (0, False)
    assert [line["what"] for line in ran.json["lines"]] == ["as before"] * 3
    assert ran.json["meaning"].startswith("nothing new since")


def test_run_writes_a_report(home: Home, command: Any, suppliers: Path, tmp_path: Path) -> None:
    command("watch", "add", "tier1", str(suppliers))
    report = tmp_path / "report.html"
    assert command("watch", "run", "tier1", "-o", str(tmp_path / "report.pdf")).code == 2
    ran = command("watch", "run", "tier1", "-o", str(report))
    assert ran.code == 1
    assert f"Report: {report}" in ran.out
    assert f"{SECOND}:9" in report.read_text(encoding="utf-8")
    ran = command("watch", "run", "tier1", "-o", str(report), "--json")
    assert (ran.code, ran.json["report"]) == (0, str(report))
    assert "lines" not in ran.json
    ran = command("watch", "run", "tier1", "-o", str(report))
    assert (ran.code, len(ran.out.splitlines())) == (0, 1)
    assert "Nothing new." in report.read_text(encoding="utf-8")


def test_of_many_lines_the_first_are_printed(
    home: Home, command: Any, suppliers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.watch, "_SHOWN", 1)
    command("watch", "add", "tier1", str(suppliers))
    ran = command("watch", "run", "tier1")
    assert "… and 2 more lines, which count as reported now." in ran.out
    assert "watch run tier1 --all -o REPORT.html" in ran.out


def test_a_dismissed_match_is_counted_and_silent(home: Home, command: Any, suppliers: Path) -> None:
    command("watch", "add", "tier1", str(suppliers))
    line = command("watch", "run", "tier1", "--json").json["lines"][0]
    ran = command("judge", line["match"], "different", "--why", "a namesake", "--by", "Ann")
    assert ran.code == 0, ran.err
    ran = command("watch", "run", "tier1", "--all")
    assert ran.code == 0
    assert f"{FIRST}:1" not in ran.out
    assert command("watch", "run", "tier1", "--json").json["dismissed"] == 1


def test_lists_and_their_removal(home: Home, command: Any, suppliers: Path) -> None:
    assert "No watch lists" in command("watch", "list").out
    command("watch", "add", "tier1", str(suppliers), "--by", "Ann")
    assert "never" in command("watch", "list").out
    command("watch", "run", "tier1")
    (listed,) = command("watch", "list", "--json").json["lists"]
    assert (listed["name"], listed["suppliers"], listed["made_by"]) == ("tier1", 3, "Ann")
    assert listed["news"] == {"new match": 2}
    assert command("watch", "remove", "tier1", "--by", "Ann").code == 2
    ran = command("watch", "remove", "tier1", "--why", "no longer ours", "--by", "Ann")
    assert ran.out == "Watch list tier1 is removed, with its 3 suppliers.\n"
    assert command("watch", "list", "--json").json["lists"] == []
    command("watch", "add", "tier1", str(suppliers))
    assert command("watch", "remove", "tier1", "--why", "again", "--json").json["removed"] == "tier1"


def test_suppliers_whom_todays_gate_leaves_out_are_told_by_row(home: Home, command: Any, suppliers: Path) -> None:
    from db.watch.lists import WatchLists  # noqa: PLC0415

    command("watch", "add", "tier1", str(suppliers))
    with WatchLists(home.path).file.writing() as con:
        con.execute("UPDATE watch_list SET gate_version = 'older'")
        con.execute("UPDATE watch_supplier SET name = 'Janet Roe' WHERE row = 3")
    ran = command("watch", "run", "tier1")
    assert "tier1: the privacy gate of today leaves out 1 row (3); erased." in ran.err


def test_a_home_without_a_database_is_told(command: Any, suppliers: Path, tmp_path: Path) -> None:
    ran = command("watch", "add", "tier1", str(suppliers), home=tmp_path / "nowhere")
    assert ran.code == 4
    assert "no home of trackrecord" in ran.err
    assert json.loads(command("watch", "list", "--json", home=tmp_path / "nowhere").out)["lists"] == []


def test_changes_of_a_watch_list(home: Home, command: Any, suppliers: Path) -> None:
    command("watch", "add", "tier1", str(suppliers))
    asked = ("changes", "--since", "2020-01-01", "--watch", "tier1", "--json")
    assert command(*asked).code == 2
    command("watch", "run", "tier1")
    ran = command(*asked)
    assert ran.code in {0, 1}, ran.err
    assert {change["record_id"] for change in ran.json["changes"]} == {f"{FIRST}:1", f"{SECOND}:9", f"{FIRST}:7"}
