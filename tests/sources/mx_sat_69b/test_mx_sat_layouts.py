"""The SAT's list comes with none to three lines above its header, and its entries move from stage to stage."""

import shutil
from pathlib import Path

import pytest

from db.samples import sample_options
from db.store import Store
from db.sync import Report, sync
from ingest.catalog import find_source

SAMPLE = Path(__file__).parent / "sample"
FILE = "Listado_Completo_69-B.csv"


def sync_text(tmp_path: Path, text: str) -> Report:
    mirror = tmp_path / "mirror"
    shutil.copytree(SAMPLE, mirror, dirs_exist_ok=True)
    (mirror / FILE).write_bytes(text.encode("cp1252"))
    (report,) = sync(Store(tmp_path / "home"), [find_source("mx_sat_69b")], sample_options(mirror), lambda *_: None)
    assert report.error is None
    return report


@pytest.fixture
def published() -> str:
    return (SAMPLE / FILE).read_bytes().decode("cp1252")


@pytest.mark.parametrize("lines", [0, 1, 3])
def test_lines_above_the_header_vary(tmp_path: Path, published: str, lines: int) -> None:
    stamp = "Información actualizada al 31 de enero de 2023" + "," * 19 + "\r\n"
    above = [stamp, "," * 19 + "\r\n", "Listado completo" + "," * 19 + "\r\n"][:lines]
    report = sync_text(tmp_path, "".join(above) + published[published.index("No,RFC") :])
    assert report.rows["read"] == 8
    assert report.records["total"] == 6
    assert str(report.data_as_of) == ("2023-01-31" if lines else "None")


def test_the_next_stage_is_a_change_of_the_same_record(tmp_path: Path, published: str) -> None:
    sync_text(tmp_path, published)
    line = next(line for line in published.splitlines() if ",Presunto," in line)
    stage = "500-05-2023-90020 de fecha 9 de enero de 2023"
    definitive = (
        line.replace(",Presunto,", ",Definitivo,")[: -len("," * 8)] + f",{stage},09/01/2023,{stage},31/01/2023,,,,"
    )
    assert definitive.count(",") == line.count(",")
    report = sync_text(tmp_path, published.replace(line, definitive))
    assert (report.records["added"], report.records["changed"], report.records["removed"]) == (0, 1, 0)
    with Store(tmp_path / "home").reading() as con:
        query = "SELECT kind, status, final_on::VARCHAR, version FROM record WHERE native_id LIKE '%500-05-2022-90003'"
        assert con.execute(query).fetchall() == [("violation", "final", "2023-01-31", 2)]


def test_a_taxpayer_presumed_twice_has_two_records(tmp_path: Path, published: str) -> None:
    sync_text(tmp_path, published)
    with Store(tmp_path / "home").reading() as con:
        found = con.execute("SELECT status FROM record WHERE native_id LIKE 'QZA%' ORDER BY status").fetchall()
    assert found == [("alleged",), ("final",)]
