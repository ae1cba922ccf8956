"""search and verify: what they find, as people and machines get it."""

import re

import pytest

from tests.cli.conftest import Command
from tests.cli.homes import FIRST, SECOND, THIRD, Home

pytestmark = pytest.mark.usefixtures("home")


def test_search_lists_companies_and_says_what_was_searched(command: Command) -> None:
    out = command("search", "acme", "pipeline", "llc").out
    assert out.startswith("3 companies for “acme pipeline llc”\n")
    assert re.search(r"ACME PIPELINE, LLC +US +2 +2019-01-02 +2024-03-04 +order 1, warning 1", out)
    assert "same name, legal form differs" in out
    assert "typo: 1 letter" in command("search", "acme pipeilne llc").out
    assert "cik 0001234567, lei 5493001KJTIIGC8Y1R12" in command("search", "acme pipeline inc").out
    assert f"Searched 10 records of 2 sources; stale: {FIRST}, {SECOND}; not searched: {THIRD}." in out


def test_search_shows_cleared_cases_as_such(command: Command) -> None:
    out = command("search", "blanca").out
    assert "cleared or withdrawn" in out.split("\n")[2]
    assert re.search(r"MX +1 +1 +2022-02-02 +2022-02-02 +– \(cleared or withdrawn\) ", out)
    assert "listing" not in out
    (result,) = command("search", "blanca", "--json").json["results"]
    assert (result["records"], result["not_adverse"], result["kinds"], result["by_kind"]) == (1, 1, [], {})


def test_search_says_that_it_met_an_establishment(command: Command, home: Home) -> None:
    with home.changing() as con:
        con.execute("UPDATE company_identifier SET value = '73282932000074', scheme = 'siret' WHERE value = '77'")
        con.execute("UPDATE company_identifier SET value = '31751386000100', scheme = 'cnpj' WHERE value = 'HR 77'")
    assert "SIREN of SIRET 73282932000074" in command("search", "732829320").out
    assert "root of CNPJ 31751386000100" in command("search", "31.751.386").out


def test_search_says_when_it_shows_only_the_first(command: Command) -> None:
    assert command("search", "acme", "--limit", "2").out.startswith(
        "3 companies for “acme”, the first 2 shown (--limit shows more)"
    )


def test_search_names_the_number_or_alias_it_met(command: Command) -> None:
    assert "cik 0001234567" in command("search", "CIK 1234567").out
    assert "begins with, alias “Toa Piping”" in command("search", "toa").out
    assert command("search", "HR 77").out.startswith("1 company for “HR 77”\n")


def test_verify_names_what_differs_and_exits_1(command: Command, home: Home) -> None:
    assert "Everything agrees." in command("verify").out
    with home.changing() as con:
        con.execute("UPDATE record SET row_hash = 'ff' WHERE native_id = '1'")
    ran = command("verify")
    assert ran.code == 1
    assert "1 difference\n" in ran.out
    assert f"{FIRST}:1 version 1" in ran.out
    machine = command("verify", "--json")
    assert machine.code == 1
    (finding,) = machine.json["findings"]
    assert (finding["what"], finding["count"], finding["first"]) == ("record", 1, f"{FIRST}:1 version 1")
    assert finding["file"].startswith(f"rows/{FIRST}/")
    assert "original row" in finding["cause"]


def test_verify_gives_a_damaged_file_one_line(command: Command, home: Home) -> None:
    with home.changing() as con:
        con.execute(
            f"""INSERT INTO record SELECT r.* REPLACE ('{FIRST}:x' || n AS record_id)
            FROM (FROM record WHERE native_id = '2') r, range(1005) t(n)"""
        )
    file = home.path / "evidence" / "rows" / FIRST / "run-1.list.parquet"
    file.write_bytes(b"broken")
    (home.path / "evidence" / "stray").touch()
    ran = command("verify")
    assert ran.code == 1
    assert "2 differences\n" in ran.out
    assert re.search(rf"file +rows/{FIRST}/run-1.list.parquet +differs from what was stored +1,013 records", ran.out)
    assert ran.out.count("version 1") == 1
    assert "cannot be traced" in ran.out
