"""A small invented agency: its source folder, its files served from a mirror, and homes to sync into."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from db.store import Store
from db.sync import Options, Report, sync
from ingest.catalog import Source, load_source

HEADER = "NOTICE_NO,EMPLOYER,STATE,ISSUED,AMOUNT,CONTACT"
TOML = """
title = "Fair Work penalty notices"
publisher = "Fair Work Office of Xland"
jurisdiction = "xx"
subject_area = "wages-labour"
homepage = "https://fairwork.example/penalties"
licence = "CC-BY-4.0"
legal_basis = "Fair Work Act 2009, s. 12"
means = "A final administrative penalty after the appeal window."
means_not = "Not a criminal conviction."
correction_channel = "https://fairwork.example/report-an-error"
cadence = "weekly"
retention = "mirror-source"
snapshot = "{snapshot}"
{window}
company_only = {company_only}

[[resource]]
name = "notice"
pattern = "file"
url = "https://fairwork.example/open-data/notices.csv"
format = "csv"
key = ["NOTICE_NO"]
used = ["NOTICE_NO", "EMPLOYER", "STATE", "ISSUED", "AMOUNT"]
personal = ["CONTACT"]

[bounds]
min_rows = 2
max_drop = 0.5
max_jump = 2.0

[lookup.state]
"F" = "final"
"V" = "vacated"
"""
SQL = """
SELECT _row, CASE WHEN STATE = 'R' THEN 'revoked before issue' END AS not_a_record,
       NOTICE_NO AS native_id, 'penalty' AS kind, EMPLOYER AS company_name, 'xx' AS country,
       date_iso(ISSUED) AS issued_on, [money('final', AMOUNT, 'EUR')] AS amounts,
       lookup('state', STATE) AS status, STATE AS status_as_published
FROM notice
"""
ROWS = (
    "1,Acme Widgets Ltd,F,2024-01-31,1000,Jan Doe",
    "2,Beta Tools GmbH,F,2024-02-29,2500.50,Jan Doe",
    "3,Gamma Foods SA,V,2024-03-31,,",
    '4,"Roe, Janet Q.",F,2024-04-30,10,',
    "5,Delta Lines Inc,R,2024-05-31,10,",
)


@dataclass
class Agency:
    """The invented agency on one machine."""

    folder: Path
    snapshot: str = "full"
    company_only: bool = False
    sql: str = SQL
    home: Path = field(init=False)

    def __post_init__(self) -> None:
        self.home = self.folder / "home"

    @property
    def store(self) -> Store:
        return Store(self.home)

    @property
    def source(self) -> Source:
        folder = self.folder / "xx_fair_work"
        folder.mkdir(exist_ok=True)
        window = "window_months = 12" if self.snapshot == "window" else ""
        template = TOML.replace('personal = ["CONTACT"]', 'ignored = ["CONTACT"]') if self.company_only else TOML
        text = template.format(snapshot=self.snapshot, window=window, company_only=str(self.company_only).lower())
        (folder / "source.toml").write_text(text, encoding="utf-8")
        (folder / "records.sql").write_text(self.sql, encoding="utf-8")
        return load_source(folder)

    def make_company_only(self) -> None:
        """The agency's file has no personal column any more."""
        self.company_only = True

    def publish(self, *rows: str, header: str = HEADER, name: str = "notices.csv") -> Path:
        """The agency's file is now this."""
        mirror = self.folder / "mirror"
        mirror.mkdir(exist_ok=True)
        (mirror / name).write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
        entry = {
            "url": "https://fairwork.example/open-data/notices.csv",
            "file": name,
            "media_type": "text/csv",
            "fetched_at": "2024-06-01T10:00:00+02:00",
        }
        (mirror / "index.json").write_text(json.dumps([entry]), encoding="utf-8")
        return mirror

    def sync(self, *rows: str, accept: str | None = None, header: str = HEADER) -> Report:
        """One sync of these rows."""
        mirror = self.publish(*rows, header=header)
        (report,) = sync(self.store, [self.source], Options(mirror=mirror, accept_change=accept), lambda *_: None)
        return report

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of a query against the published generation."""
        with self.store.reading() as con:
            return con.execute(sql).fetchall()


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return Agency(tmp_path)


@pytest.fixture
def rows() -> tuple[str, ...]:
    return ROWS


Connect = Callable[[], duckdb.DuckDBPyConnection]
