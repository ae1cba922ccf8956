"""The whole Alim'confiance export of August 2019; today's layout; and what ages out of the window."""

import csv
import json
from pathlib import Path

import pytest

from db.samples import sample_options
from db.store import Store
from db.sync import Options, sync
from ingest.catalog import find_source

SAMPLE = Path(__file__).parents[1] / "sources" / "fr_dgal_alimconfiance" / "sample"


@pytest.fixture(scope="module")
def alim(synced):  # type: ignore[no-untyped-def]
    return synced("fr_dgal_alimconfiance")


def test_only_the_two_unfavourable_ratings_are_records(alim) -> None:  # type: ignore[no-untyped-def]
    report, con = alim
    assert report.error is None
    assert report.rows["read"] == 15463
    assert report.not_a_record == {"favourable inspection": 8984 + 5298}
    assert report.rows["mapped"] + report.rows["withheld"] == 1099 + 82
    assert report.rows["rejected"] == 0
    ratings = {rating for (rating,) in con.execute("SELECT DISTINCT status_as_published FROM record").fetchall()}
    assert ratings == {"A améliorer", "A corriger de manière urgente"}


def test_shops_without_evidence_of_an_organisation_are_withheld_and_the_others_kept(alim) -> None:  # type: ignore[no-untyped-def]
    report, con = alim
    assert report.records["total"] == report.rows["mapped"] >= 400
    assert report.withheld["no name"] == 10
    assert con.execute("SELECT count(*) FROM record WHERE company_name ILIKE 'sans enseigne%'").fetchone() == (0,)


def test_numbers_of_the_ministry_are_not_taken_for_siret(alim) -> None:  # type: ignore[no-untyped-def]
    report, con = alim
    wrong = "list_filter(identifiers, lambda i: i.scheme = 'siret' AND length(i.value) <> 14)"
    assert con.execute(f"SELECT count(*) FROM record WHERE len({wrong}) > 0").fetchone() == (0,)
    assert report.beside["issue"] == {}


def test_operators_named_in_place_of_a_street_are_not_stored(alim, shared: Path) -> None:  # type: ignore[no-untyped-def]
    _, con = alim
    (text,) = con.execute("SELECT string_agg(to_json(addresses)::VARCHAR, '') FROM record").fetchone()
    with (shared / "data/fr_dgal_alimconfiance/export_alimconfiance.csv").open(encoding="utf-8", newline="") as file:
        cells = [row["ods_adresse"] for row in csv.DictReader(file, delimiter=";")]
    persons = [cell for cell in cells if cell.startswith(("MONSIEUR ", "MADAME ", "Mr "))]
    assert len(persons) >= 5
    assert not [cell for cell in persons if cell in text]


def _mirror(folder: Path, name: str, lines: list[str]) -> Options:
    """A mirror that has only the resource `name`."""
    (resource,) = [one for one in find_source("fr_dgal_alimconfiance").resource if one.name == name]
    (folder / "alim.csv").write_text("\ufeff" + "\r\n".join([*lines, ""]), encoding="utf-8")
    index = [{"url": resource.url, "file": "alim.csv", "media_type": "text/csv"}]
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")
    return Options(mirror=folder, accept_change="a file of this test is small")


def test_todays_layout_gives_records_too(tmp_path: Path) -> None:
    header = (
        "code_ua;siret;app_libelle_etablissement;adresse_activite;code_postal;libelle_commune;date_inspection;"
        "app_libelle_activite_etablissement;synthese_eval_sanit;agrement"
    )
    row = "{};99900100100018;SARL LE PETIT PHARE;12 rue du Port;29999;Port-Inventé;2026-09-0{};Restaurant;{};"
    lines = [header, row.format("77001", 1, "A améliorer"), row.format("77001", 8, "Satisfaisant")]
    store = Store(tmp_path / "home")
    (report,) = sync(
        store, [find_source("fr_dgal_alimconfiance")], _mirror(tmp_path, "present", lines), lambda *_: None
    )
    assert report.error is None
    assert report.not_a_record == {"favourable inspection": 1}
    with store.reading() as con:
        found = con.execute(
            """SELECT native_id, company_name, addresses[1].text, issued_on::VARCHAR, publication_ends::VARCHAR
               FROM record"""
        ).fetchall()
    street = "12 rue du Port, Port-Inventé, 29999"
    assert found == [("77001/99900100100018/2026-09-01", "SARL LE PETIT PHARE", street, "2026-09-01", "2027-09-01")]


def test_inspections_that_leave_the_window_aged_out_and_were_not_removed(tmp_path: Path) -> None:
    store, source = Store(tmp_path / "home"), find_source("fr_dgal_alimconfiance")
    header, *rest = (SAMPLE / "export_alimconfiance.csv").read_text(encoding="utf-8").splitlines()
    fresh = next(line for line in rest if "A améliorer" in line and "SARL" in line)
    for options in (sample_options(SAMPLE), _mirror(tmp_path, "labelled", [header, fresh])):
        (report,) = sync(store, [source], options, lambda *_: None)
        assert report.error is None
    assert report.records["removed"] == 3
    with store.reading() as con:
        gone = con.execute("SELECT DISTINCT removal FROM record WHERE removed_at IS NOT NULL").fetchall()
    assert gone == [("aged out",)]
