"""A home folder with invented companies, as a sync would leave it, for tests of what is asked of it."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb

from db.index.place import folder_of
from db.index.refresh import refresh
from db.store import Store
from ingest.archive import file_sha256, hash_sql
from ingest.catalog import Resource, Source
from ingest.fetch.retrieval import Retrieval, chain_hash
from ingest.model import DAY_SQL, NOT_ADVERSE_SQL
from ingest.names.normal import normal_form

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
FIRST, SECOND, THIRD = "us_phmsa_pipeline_enforcement", "xx_old_register", "xx_never"
ESCAPED = "Red \x1b[31mAlert\u202e Corp"
COLUMNS = ["NAME", "AMOUNT"]


def source(source_id: str, **changes: Any) -> Source:
    """A source of the catalogue that needs no folder."""
    resource = Resource("list", "file", "csv", used=("NAME", "AMOUNT"), url="https://agency.example/list.csv")
    made = Source(
        id=source_id,
        title=f"Title of {source_id}",
        publisher="Invented Agency",
        jurisdiction="us",
        subject_area="environment",
        homepage="https://agency.example",
        licence="CC0",
        legal_basis="Invented Act",
        means="something",
        means_not="nothing else",
        correction_channel="https://agency.example/errors",
        cadence="weekly",
        retention="permanent",
        snapshot="full",
        company_only=False,
        resource=(resource,),
    )
    return replace(made, **changes)


SOURCES = [source(FIRST), source(SECOND), source(THIRD)]

RECORDS: list[dict[str, Any]] = [
    {"key": "1", "company_name": "Acme Pipeline Inc.", "issued_on": date(2020, 5, 1), "kind": "penalty",
     "status": "final", "legal_basis": "49 CFR 195",
     "amounts": [{"kind": "proposed", "value": "1000.00", "currency": "USD"},
                 {"kind": "final", "value": "500.50", "currency": "USD"}],
     "identifiers": [{"scheme": "cik", "value": "0001234567", "valid": None},
                     {"scheme": "lei", "value": "5493001KJTIIGC8Y1R12", "valid": True}],
     "addresses": [{"text": "1 Main St", "city": "Omaha", "region": "NE", "postcode": "68102", "country": "us"}],
     "events": [{"date": date(2020, 6, 1), "type": "hearing", "note": "held"}]},
    {"key": "2", "company_name": "ACME PIPELINE, LLC", "issued_on": date(2019, 1, 2), "kind": "warning",
     "status": "closed"},
    {"key": "3", "company_name": "ACME PIPELINE, LLC", "issued_on": date(2024, 3, 4), "kind": "order",
     "status": "active", "effective_from": date(2024, 4, 1), "effective_to": date(2030, 1, 1)},
    {"key": "4", "company_name": "Acme Pipeline Holdings Ltd", "country": "gb", "kind": "penalty",
     "status": "withdrawn", "status_as_published": "Withdrawn", "issued_on": date(2018, 7, 7)},
    {"key": "5", "company_name": "東亜配管株式会社", "country": "jp", "kind": "violation", "status": "final",
     "published_on": date(2023, 2, 2), "names": [{"name": "Toa Piping", "kind": "alias"}], "rows": [5, 6]},
    {"key": "6", "company_name": ESCAPED, "kind": "allegation", "status": "alleged", "withheld": True,
     "summary": "first line\nsecond \x1b]0;title\x07 line"},
    {"key": "7", "company_name": "Gone Services GmbH", "country": "de", "kind": "debarment", "status": "active",
     "effective_from": date(2020, 1, 1), "effective_to": date(2021, 1, 1), "removed_at": datetime(2025, 12, 1),  # noqa: DTZ001
     "removal": "aged out", "identifiers": [{"scheme": "xx-register", "value": "HR 77", "valid": None}]},
    {"key": "8", "company_name": "Blanca Flor SA de CV", "country": "mx", "kind": "listing", "status": "cleared",
     "status_as_published": "Desvirtuado", "source_id": SECOND, "status_on": date(2022, 2, 2),
     "identifiers": [{"scheme": "xx-register", "value": "77", "valid": False}]},
    {"key": "9", "company_name": "Acme Pipeline Inc.", "issued_on": date(2021, 1, 1), "kind": "listing",
     "status": "final", "source_id": SECOND},
    {"key": "10", "company_name": "Mori Foods KK", "country": "jp", "kind": "recall", "status": "final"},
]  # fmt: skip
"""`rows`: input rows when there are several. `withheld`: the row also names somebody who was withheld."""


@dataclass
class Home:
    """A home under construction; changes to it are what tests are about."""

    path: Path
    retrievals: list[Retrieval] = field(default_factory=list)

    @property
    def store(self) -> Store:
        """The store the code under test gets."""
        return Store(self.path)

    @property
    def generation(self) -> Path:
        """The published file."""
        return self.path / "generations" / "gen-000001.duckdb"

    @contextmanager
    def changing(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A writing connection, as nobody but a test has it."""
        con = duckdb.connect(str(self.generation))
        try:
            yield con
        finally:
            con.close()

    def run(self, source_id: str, run_id: str, started: datetime, outcome: str = "loaded", **more: Any) -> str:
        """Adds a run with one retrieval; gives the retrieval's id."""
        retrieval = Retrieval(
            source_id=source_id,
            resource="list",
            url=f"https://agency.example/{source_id}.csv",
            final_url=f"https://cdn.agency.example/{source_id}.csv",
            attempted_at=started,
            retrieved_at=more.get("retrieved_at", started),
            status=200,
            headers={"etag": '"1"'},
            bytes=10,
            sha256=hashlib.sha256(run_id.encode()).hexdigest(),
            outcome="failed" if outcome == "failed" else "ok",
            error=more.get("error"),
            via="network",
        )
        with self.changing() as con:
            row = con.execute("SELECT chain_hash FROM retrieval ORDER BY seq DESC LIMIT 1").fetchone()
            link = chain_hash(row[0] if row else "", retrieval)
            self.retrievals.append(retrieval)
            plain = [t and t.replace(tzinfo=None) for t in (retrieval.attempted_at, retrieval.retrieved_at)]
            con.execute(
                f"INSERT INTO retrieval VALUES ({', '.join('?' * 17)})",
                [len(self.retrievals), link[:16], run_id, source_id, "list", retrieval.url, retrieval.final_url, *plain,
                 200, json.dumps(retrieval.headers), 10, retrieval.sha256, retrieval.outcome, retrieval.error,
                 "network", link],
            )  # fmt: skip
            con.execute(
                "INSERT INTO run VALUES (?, ?, ?, 1.5, ?, ?, NULL, 'v1', ?, 10, ?, 0, 0, 0, NULL)",
                [run_id, source_id, started.replace(tzinfo=None), outcome, more.get("error"), more.get("as_of"),
                 more.get("added", 0)],
            )  # fmt: skip
        return link[:16]


def make_home(path: Path) -> Home:
    """The home: two sources synced, ten records of eight companies, their evidence and a whole retrieval chain."""
    if not _built:
        home = _build(path)
        refresh(home.generation, folder_of(home.generation))
        files = {
            str(file.relative_to(path)): (file.read_bytes(), file.stat().st_mtime_ns)
            for file in path.rglob("*")
            if file.is_file()
        }
        _built.append((tuple(home.retrievals), files))
        return home
    retrievals, files = _built[0]
    for name, (content, changed) in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
        # by it the name index knows the file it was made for
        os.utime(path / name, ns=(changed, changed))
    return Home(path, list(retrievals))


_built: list[tuple[tuple[Retrieval, ...], dict[str, tuple[bytes, int]]]] = []
"""Retrievals of the home as first made in this process, and its files with the time of their last change."""


def _build(path: Path) -> Home:
    home = Home(path)
    home.generation.parent.mkdir(parents=True)
    (path / "CURRENT").write_text("gen-000001.duckdb\n")
    with home.changing() as con:
        for file in sorted(resources.files("db").joinpath("schema").iterdir(), key=lambda item: item.name):
            con.execute(file.read_text(encoding="utf-8"))
    first = home.run(FIRST, "run-1", datetime(2026, 1, 9, 8, tzinfo=UTC), as_of=date(2026, 1, 8), added=8)
    second = home.run(SECOND, "run-2", datetime(2025, 6, 1, 8, tzinfo=UTC), as_of=date(2025, 5, 30), added=2)
    with home.changing() as con:
        for source_id, run_id, retrieval_id in ((FIRST, "run-1", first), (SECOND, "run-2", second)):
            mine = [record for record in RECORDS if record.get("source_id", FIRST) == source_id]
            _evidence(con, path, run_id, retrieval_id, mine)
            for record in mine:
                _record(con, source_id, retrieval_id, record)
        _companies(con)
    return home


def _rows(record: dict[str, Any]) -> list[int]:
    return list(record.get("rows", [int(record["key"]) + 100]))


def _evidence(
    con: duckdb.DuckDBPyConnection, path: Path, run_id: str, retrieval_id: str, records: list[dict[str, Any]]
) -> None:
    source_id = records[0].get("source_id", FIRST)
    name = f"rows/{source_id}/{run_id}.list.parquet"
    file = path / "evidence" / name
    file.parent.mkdir(parents=True)
    con.execute("CREATE TEMP TABLE given (n BIGINT, withheld BOOLEAN, NAME VARCHAR, AMOUNT VARCHAR)")
    for record in records:
        for number in _rows(record):
            values = [
                number,
                record.get("withheld", False),
                record["company_name"],
                "500.50" if number == 101 else None,
            ]
            con.execute("INSERT INTO given VALUES (?, ?, ?, ?)", values)
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE evident AS SELECT n AS _row, '{retrieval_id}' AS retrieval_id,
        NULL::VARCHAR AS member, n AS row_number, withheld AS named_withheld, {hash_sql(COLUMNS)} AS row_hash,
        CASE WHEN NOT withheld THEN NAME END AS NAME, CASE WHEN NOT withheld THEN AMOUNT END AS AMOUNT FROM given"""
    )
    quoted = str(file).replace("'", "''")
    con.execute(f"COPY evident TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)")
    con.execute("DROP TABLE given")
    row = [name, run_id, source_id, "list", "rows", file.stat().st_size, file_sha256(file)]
    con.execute("INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def _record(con: duckdb.DuckDBPyConnection, source_id: str, retrieval_id: str, given: dict[str, Any]) -> None:
    rows = _rows(given)
    hashes = [
        con.execute("SELECT row_hash FROM evident WHERE row_number = ?", [number]).fetchall()[0][0] for number in rows
    ]
    several = [{"retrieval_id": retrieval_id, "member": None, "row": number} for number in rows]
    name, country = given["company_name"], given.get("country", "us")
    stamp = datetime(2026, 1, 9, 9)  # noqa: DTZ001
    record = {
        "record_id": f"{source_id}:{given['key']}",
        "source_id": source_id,
        "company_id": company_id(name, country),
        "native_id": given["key"],
        "entity_type": "company",
        "gate_reason": "legal form",
        "country": country,
        "subject_area": "environment",
        "source_url": "https://agency.example",
        "adapter_version": "v1",
        "retrieval_id": retrieval_id,
        "row_number": rows[0],
        "source_rows": several if len(rows) > 1 else None,
        "row_hash": hashes[0] if len(rows) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest(),
        "version": 1,
        "first_seen": stamp,
        "changed_at": stamp,
        "last_seen": stamp,
        **{name: value for name, value in given.items() if name not in {"key", "rows", "withheld", "source_id"}},
    }
    con.execute(f"INSERT INTO record ({', '.join(record)}) VALUES ({', '.join('?' * len(record))})", [*record.values()])


def company_id(name: str, country: str) -> str:
    """The id of a company as named + country."""
    key = normal_form(name, country).key(country)
    return "c" + hashlib.sha256(key.encode()).hexdigest()[:15]


def _companies(con: duckdb.DuckDBPyConnection) -> None:
    for key, name, country in con.execute(
        "SELECT company_id, min(company_name), any_value(country) FROM record GROUP BY company_id ORDER BY company_id"
    ).fetchall():
        form = normal_form(name, country)
        con.execute(
            f"""INSERT INTO company SELECT company_id, ?, ?, ?, ?, 'company', flatten(list(identifiers)), count(*),
            count(removed_at), count_if({NOT_ADVERSE_SQL}), list_sort(list(DISTINCT source_id)),
            coalesce(list_sort(list(DISTINCT kind) FILTER (NOT {NOT_ADVERSE_SQL})), []), min({DAY_SQL}), max({DAY_SQL})
            FROM record WHERE company_id = ? GROUP BY company_id""",
            [name, form.text, form.legal_form, country, key],
        )
        aliases = con.execute(
            "SELECT DISTINCT n.name, n.kind FROM (SELECT unnest(names) AS n FROM record WHERE company_id = ?)", [key]
        ).fetchall()
        for other, kind in [(name, "stated"), *aliases]:
            norm = normal_form(other, country).text
            con.execute("INSERT INTO company_name VALUES (?, ?, ?, ?)", [norm, key, other, kind])
    con.execute(
        """INSERT INTO company_identifier SELECT DISTINCT i.value, i.scheme, i.valid, company_id
        FROM (SELECT company_id, unnest(identifiers) AS i FROM record)"""
    )
