"""Whole agency files as landed in ../shared/data: the number of rows that their ORIGIN.json tells."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.read.conftest import Reading

DATA = Path(__file__).parents[2].parent / "shared" / "data"
EDGAR = {
    "company": ("Company Name", "Form Type", "CIK", "Date Filed", "File Name"),
    "form": ("Form Type", "Company Name", "CIK", "Date Filed", "File Name"),
    "master": ("CIK", "Company Name", "Form Type", "Date Filed", "File Name"),
}
OFAC = ("ent_num", "SDN_Name", "SDN_Type", "Program", "Title", "Call_Sign", "Vess_type", "Tonnage", "GRT", "Vess_flag",
        "Vess_owner", "Remarks")  # fmt: skip
OFAC_ADDRESS = ("Ent_num", "Add_num", "Address", "City", "Country", "Add_remarks")
OFAC_ALIAS = ("ent_num", "alt_num", "alt_type", "alt_name", "alt_remarks")
OFAC_COMMENT = ("ent_num", "remarks")

# source, file, format, rows, keys; columns come from `columns`, else from ORIGIN.json
FILES: list[tuple[str, str, str, int, dict[str, Any]]] = [
    ("us_phmsa_pipeline_enforcement", "PHMSA Pipeline Enforcement Raw Data.txt", "csv", 5067,
     {"delimiter": "\t", "encoding": "cp1252"}),
    ("us_fed_enforcement_actions", "enforcementactions.csv", "csv", 2819, {}),
    ("mx_sat_69b", "Listado_Completo_69-B.csv", "csv", 12666,
     {"encoding": "cp1252", "preamble": "No,RFC", "multiline": True}),
    ("br_cgu_cnep", "cnep_102023.json", "json", 850, {"rows_at": "data"}),
    ("br_cgu_cepim", "cepim_102023.json", "json", 4009, {"rows_at": "data"}),
    ("us_fda_recalls_dashboard", "fda_recalls_2024_2025_dirty.xlsx", "xlsx", 5453, {}),
    ("fr_dgal_alimconfiance", "export_alimconfiance.csv", "csv", 15463, {"delimiter": ";"}),
    ("ca_ircc_noncompliant_employers", "employers-non-compliant.html", "html", 766, {"rows_at": "table#table1"}),
    ("un_sc_consolidated", "consolidated.xml", "xml", 193,
     {"rows_at": "ENTITIES/ENTITY", "names": ("DATAID", "FIRST_NAME", "ENTITY_ALIAS")}),
    ("un_sc_consolidated", "consolidated.xml", "xml", 684,
     {"rows_at": "INDIVIDUALS/INDIVIDUAL", "names": ("DATAID",)}),
    ("us_sec_edgar_index", "company.20221003.idx", "fixed", 4925, {"columns": EDGAR["company"], "tail": 3}),
    ("us_sec_edgar_index", "form.20200318.idx", "fixed", 4084, {"columns": EDGAR["form"], "tail": 3}),
    ("us_sec_edgar_index", "empty-form.idx", "fixed", 0, {"columns": EDGAR["form"], "tail": 3}),
    ("us_sec_edgar_index", "master.20181231.idx", "csv", 2619,
     {"names": EDGAR["master"], "delimiter": "|", "quote": "", "preamble": "CIK|", "encoding": "latin-1"}),
    # The lone end-of-file mark that ends these files is no row, although ORIGIN.json counts it as a line.
    ("us_ofac_sdn", "sdn.csv", "csv", 8976, {"columns": OFAC, "encoding": "cp1252"}),
    ("us_ofac_sdn", "add.csv", "csv", 22641, {"columns": OFAC_ADDRESS, "encoding": "cp1252"}),
    ("us_ofac_sdn", "alt.csv", "csv", 19486, {"columns": OFAC_ALIAS, "encoding": "cp1252"}),
    ("us_ofac_sdn", "sdn_comments.csv", "csv", 21, {"columns": OFAC_COMMENT, "encoding": "cp1252"}),
    ("us_ofac_sdn", "cons_prim.csv", "csv", 442, {"columns": OFAC, "encoding": "cp1252"}),
    ("us_ofac_sdn", "cons_add.csv", "csv", 574, {"columns": OFAC_ADDRESS, "encoding": "cp1252"}),
    ("us_ofac_sdn", "cons_alt.csv", "csv", 1073, {"columns": OFAC_ALIAS, "encoding": "cp1252"}),
    # ORIGIN.json says 466: it leaves out one row of the table whose date cell is empty.
    ("jp_mhlw_labor_violations", "001150620_2025-03-31.pdf", "pdf", 467, {}),
]  # fmt: skip


@pytest.mark.parametrize("landed", FILES, ids=lambda landed: f"{landed[1]}-{landed[3]}")
def test_every_row_of_a_whole_agency_file_is_read(
    reading: Reading, landed: tuple[str, str, str, int, dict[str, Any]]
) -> None:
    source_id, file, form, rows, keys = landed
    path = DATA / source_id / file
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    keys = dict(keys)
    names = keys.pop("names", None) or keys.get("columns")
    if names is None:
        names = tuple(json.loads((path.parent / "ORIGIN.json").read_text(encoding="utf-8"))["columns"])
    (found,) = reading(path, form, names, **keys)
    assert found.rows.rows == rows
    assert found.rows.rejected == ()
    assert found.numbers == sorted(set(found.numbers))


def test_without_multiline_sat_loses_the_one_row_that_needs_it(reading: Reading) -> None:
    path = DATA / "mx_sat_69b" / "Listado_Completo_69-B.csv"
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    (found,) = reading(path, "csv", ("No", "RFC"), encoding="cp1252", preamble="No,RFC")
    assert found.rows.rows == 12665
    assert [number for number, _ in found.rows.rejected] == [12487, 12488, 12489]


def test_mhlw_rows_carry_the_bureau_of_their_section(reading: Reading) -> None:
    path = DATA / "jp_mhlw_labor_violations" / "001150620_2025-03-31.pdf"
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    (found,) = reading(path, "pdf", ("_section",))
    bureaus = {str(row[0]) for row in found.cells}
    assert len(bureaus) == 45
    assert all(bureau.endswith("労働局") for bureau in bureaus)
