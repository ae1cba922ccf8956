"""The whole CNEP of October 2023, which is the portal's JSON; and that this JSON says the same as the bulk file."""

import json
import re
from pathlib import Path

import pytest

from db.samples import sample_options
from db.store import Store
from db.sync import Options, sync
from ingest.catalog import find_source

SAMPLE = Path(__file__).parents[1] / "sources" / "br_cgu_cnep" / "sample"


@pytest.fixture(scope="module")
def cnep(shared, synced):  # type: ignore[no-untyped-def]
    return synced("br_cgu_cnep", files=(shared / "data/br_cgu_cnep/cnep_102023.json",))


@pytest.fixture(scope="module")
def rows(shared: Path) -> list[dict[str, str]]:
    return list(json.loads((shared / "data/br_cgu_cnep/cnep_102023.json").read_text(encoding="utf-8"))["data"])


def test_enough_sanctions_are_records_and_every_row_has_one_fate(cnep) -> None:  # type: ignore[no-untyped-def]
    report, _ = cnep
    assert report.error is None
    assert report.rows["read"] == 850
    assert sum(n for fate, n in report.rows.items() if fate != "read") == 850
    assert report.records["total"] >= 780
    assert report.rows["rejected"] == 0


def test_persons_with_a_cpf_or_with_one_in_the_name_leave_no_trace(cnep, rows) -> None:  # type: ignore[no-untyped-def]
    report, con = cnep
    assert report.withheld["identifier: cpf"] == 29
    assert report.withheld["identifier: cpf in name"] == 2
    (text,) = con.execute("SELECT string_agg(to_json(r)::VARCHAR, '') FROM record r").fetchone()
    persons = [row for row in rows if len(re.sub(r"\D", "", row["cpfCnpj"])) == 11]
    assert len(persons) == 29
    for row in persons:
        assert row["cpfCnpj"] not in text
        assert f'"company_name":"{row["nomeSancionado"].strip()}"' not in text


def test_a_fine_and_the_publication_of_one_decision_are_two_sanctions(cnep) -> None:  # type: ignore[no-untyped-def]
    _, con = cnep
    kinds = dict(con.execute("SELECT agency_type, any_value(kind) FROM record GROUP BY 1").fetchall())
    assert kinds["Multa"] == "penalty"
    assert kinds["Publicação extraordinária da decisão condenatória"] == "order"
    assert kinds["Declaração de Inidoneidade sem prazo determinado"] == "debarment"
    (both,) = con.execute(
        """SELECT count(*) FROM (SELECT company_id FROM record GROUP BY 1
           HAVING bool_or(kind = 'penalty') AND bool_or(kind = 'order'))"""
    ).fetchone()
    assert both > 200


def test_fines_are_read_with_brazilian_separators_and_only_where_there_is_one(cnep) -> None:  # type: ignore[no-untyped-def]
    report, con = cnep
    (largest,) = con.execute("SELECT max(amounts[1].value)::VARCHAR FROM record").fetchone()
    assert largest == "384298009.00"
    (odd,) = con.execute(
        "SELECT count(*) FROM record WHERE (amounts IS NULL) = (agency_type = 'Multa')",
    ).fetchone()
    assert odd == 0
    assert report.beside["issue"] == {}


def test_every_sanction_links_to_its_own_page_of_the_portal(cnep) -> None:  # type: ignore[no-untyped-def]
    _, con = cnep
    (wrong,) = con.execute(
        """SELECT count(*) FROM record
           WHERE source_url <> 'https://portaldatransparencia.gov.br/sancoes/consulta/' || native_id"""
    ).fetchone()
    assert wrong == 0


def test_foreign_companies_have_no_country_and_no_number_of_a_brazilian_register(cnep) -> None:  # type: ignore[no-untyped-def]
    _, con = cnep
    foreign = con.execute("SELECT country, identifiers, addresses FROM record WHERE country IS NULL").fetchall()
    assert foreign == [(None, None, None)] * 4


def _entry(code: int, document: str, name: str, *, fine: str, register: str = "CNEP") -> dict[str, object]:
    return {
        "skSancao": code, "skFatAcordosLeniencia": -1, "skFatCepim": -1, "cadastro": register, "cpfCnpj": document,
        "nomeSancionado": name, "ufSancionado": "SP", "categoriaSancao": "Multa", "orgao": "CGU",
        "dataPublicacao": "15/03/2024", "valorMulta": fine, "dataInicialSancao": "", "dataFinalSancao": "",
        "quantidade": 1, "linkDetalhamento": f"/sancoes/consulta/{code}",
    }  # fmt: skip


def test_the_portals_layout_gives_the_bulk_files_records_again_and_no_other_registers(tmp_path: Path) -> None:
    entries = [
        _entry(900001, "99.001.000/0001-73", "VÁRZEA ENGENHARIA LTDA", fine="4.965,70"),
        _entry(900003, "99.002.000/0001-98", "SERRA AZUL TRANSPORTES S.A.", fine="Não se aplica"),
        _entry(700001, "99.002.000/0001-98", "SERRA AZUL TRANSPORTES S.A.", fine="Não se aplica", register="CEIS"),
    ]
    portal = tmp_path / "cnep.json"
    portal.write_text(json.dumps({"draw": 0, "recordsTotal": 3, "data": entries}), encoding="utf-8")
    store, source = Store(tmp_path / "home"), find_source("br_cgu_cnep")
    read = "SELECT record_id, company_id, identifiers, amounts, source_url FROM record WHERE native_id = '900001'"
    found = []
    for options in (sample_options(SAMPLE), Options(files=(portal,), accept_change="fewer rows in this test")):
        (report,) = sync(store, [source], options, lambda *_: None)
        assert report.error is None
        with store.reading() as con:
            found.append(con.execute(read).fetchone())
    assert found[0] == found[1]
    assert report.records["added"] == 0
    assert report.not_a_record == {"entry of another register": 1}
