"""Companies derived from records: cleared cases are counted apart, and their kinds are not the company's."""

from pathlib import Path

import duckdb

from db.companies import refresh_companies
from tests.cli.homes import company_id, make_home


def test_records_that_do_not_stand_are_counted_apart(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    con = duckdb.connect()
    try:
        con.execute("ATTACH '" + str(home.generation).replace("'", "''") + "' AS gen")
        con.execute("UPDATE gen.record SET status = 'vacated' WHERE native_id = '3'")
        con.execute("UPDATE gen.company SET records = 99, not_adverse = 99, kinds = ['recall']")
        con.execute("CREATE TABLE touched AS SELECT company_id FROM gen.record")
        con.execute("CREATE TABLE profile (company_id VARCHAR, norm VARCHAR, legal_form VARCHAR, passes BOOLEAN)")
        refresh_companies(con)
        found = {
            row[0]: row[1:]
            for row in con.execute("SELECT company_id, records, not_adverse, kinds FROM gen.company").fetchall()
        }
    finally:
        con.close()
    assert found[company_id("Blanca Flor SA de CV", "mx")] == (1, 1, [])
    assert found[company_id("Acme Pipeline Holdings Ltd", "gb")] == (1, 1, [])
    assert found[company_id("ACME PIPELINE, LLC", "us")] == (2, 1, ["warning"])
    assert found[company_id("Acme Pipeline Inc.", "us")] == (2, 0, ["listing", "penalty"])
