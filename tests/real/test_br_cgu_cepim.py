"""The whole CEPIM of October 2023, which is the portal's JSON; its keys; and the bulk file's layout."""

import json
import zipfile
from pathlib import Path

import pytest

from db.store import Store
from db.sync import Options, sync
from ingest.catalog import find_source

ENTITY = "99.011.000/0001-54"


@pytest.fixture(scope="module")
def cepim(shared, synced):  # type: ignore[no-untyped-def]
    return synced("br_cgu_cepim", files=(shared / "data/br_cgu_cepim/cepim_102023.json",))


def test_every_barred_agreement_is_a_record_of_its_own(cepim) -> None:  # type: ignore[no-untyped-def]
    report, con = cepim
    assert report.error is None
    assert report.rows == {"read": 4009, "mapped": 4009, "not_a_record": 0, "withheld": 0, "rejected": 0}
    assert report.records["total"] == 4009
    assert report.beside["issue"] == {}
    most = con.execute(
        "SELECT identifiers[1].value, count(*) FROM record GROUP BY 1 ORDER BY 2 DESC LIMIT 1"
    ).fetchone()
    assert most == ("32884108000180", 67)
    assert con.execute("SELECT count(*) FROM record WHERE native_id LIKE '%#%'").fetchone() == (0,)


def test_every_entity_is_a_non_profit_with_a_valid_number(cepim) -> None:  # type: ignore[no-untyped-def]
    _, con = cepim
    kinds = con.execute("SELECT DISTINCT entity_type, kind, status, country FROM record").fetchall()
    assert kinds == [("non-profit", "debarment", "active", "br")]
    assert con.execute("SELECT count(*) FROM record WHERE NOT identifiers[1].valid").fetchone() == (0,)


def test_the_refresh_of_the_register_dates_the_data_not_the_bars(cepim) -> None:  # type: ignore[no-untyped-def]
    report, con = cepim
    assert report.data_as_of.isoformat() == "2023-10-30"
    dated = "published_on IS NOT NULL OR issued_on IS NOT NULL OR effective_from IS NOT NULL"
    assert con.execute(f"SELECT count(*) FROM record WHERE {dated}").fetchone() == (0,)


def _entry(number: int, ground: str, day: str, name: str = "INSTITUTO AURORA DO LAGO") -> dict[str, object]:
    return {
        "skSancao": None, "skFatAcordosLeniencia": -1, "skFatCepim": number, "cadastro": "CEPIM", "cpfCnpj": ENTITY,
        "nomeSancionado": name, "ufSancionado": "SP", "categoriaSancao": ground, "orgao": "Ministério do Turismo",
        "dataPublicacao": day, "valorMulta": "Não se aplica", "dataInicialSancao": "",
        "dataFinalSancao": "", "quantidade": 1, "linkDetalhamento": f"/sancoes/cepim?cnpj={ENTITY}",
    }  # fmt: skip


def test_numbers_that_change_with_every_refresh_and_a_corrected_name_are_no_new_entries(tmp_path: Path) -> None:
    store, source = Store(tmp_path / "home"), find_source("br_cgu_cepim")
    day, later = "27/09/2026", "28/09/2026"
    first = [_entry(1400, "CONTAS", day), _entry(1500, "CONTAS", day), _entry(1600, "DOCUMENTOS", day)]
    second = [_entry(9900, "CONTAS", later), _entry(9700, "DOCUMENTOS", later, "INSTITUTO AURORA DO LAGO CLARO")]
    reports = []
    for entries in (first, second):
        portal = tmp_path / "cepim.json"
        portal.write_text(json.dumps({"recordsTotal": len(entries), "data": entries}), encoding="utf-8")
        (report,) = sync(store, [source], Options(files=(portal,), accept_change="test"), lambda *_: None)
        assert report.error is None
        reports.append(report.records)
    assert reports[0]["added"] == 3
    assert {name: n for name, n in reports[1].items() if n} == {"changed": 1, "removed": 1, "unchanged": 1, "total": 2}


def test_the_bulk_file_is_found_by_its_landing_page_and_keyed_by_agreement(tmp_path: Path) -> None:
    page = '<script>arquivos.push({"ano" : "2026", "mes" : "09", "dia" : "28", "origem" :  "CEPIM"});</script>'
    (tmp_path / "cepim.html").write_text(f"<html><body>{page}</body></html>", encoding="utf-8")
    header = '"CNPJ ENTIDADE";"NOME ENTIDADE";"NÚMERO CONVÊNIO";"ÓRGÃO CONCEDENTE";"MOTIVO DO IMPEDIMENTO"'
    entry = '"99011000000154";"INSTITUTO AÇÃO DO LAGO";"{}";"Ministério do Turismo";"CONTAS"'
    lines = [header, entry.format("700101"), entry.format("700102"), entry.format("")]
    with zipfile.ZipFile(tmp_path / "cepim.zip", "w") as archive:
        archive.writestr("20260928_CEPIM.csv", "\r\n".join([*lines, ""]).encode("iso-8859-1"))
    address = "https://portaldatransparencia.gov.br/download-de-dados/cepim"
    index = [
        {"url": address, "file": "cepim.html", "media_type": "text/html"},
        {"url": f"{address}/20260928", "file": "cepim.zip", "media_type": "application/zip"},
    ]
    (tmp_path / "index.json").write_text(json.dumps(index), encoding="utf-8")
    store = Store(tmp_path / "home")
    options = Options(mirror=tmp_path, accept_change="test")
    (report,) = sync(store, [find_source("br_cgu_cepim")], options, lambda *_: None)
    assert report.error is None
    with store.reading() as con:
        found = con.execute("SELECT native_id, company_name, source_url, member FROM record ORDER BY 1").fetchall()
    assert [native_id for native_id, *_ in found[:2]] == ["700101", "700102"]
    assert {row[1:] for row in found} == {
        ("INSTITUTO AÇÃO DO LAGO", f"https://portaldatransparencia.gov.br/sancoes/cepim?cnpj={ENTITY}",
         "20260928_CEPIM.csv"),
    }  # fmt: skip
