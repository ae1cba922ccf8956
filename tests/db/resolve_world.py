"""Small invented worlds of records, put into a database batch by batch as a sync would, for tests of links."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from db.companies import refresh_companies
from db.migrate import migrate
from db.resolve.parties import name_parties
from ingest.names.normal import company_id, normal_form

NOW = datetime(2026, 1, 10, 12)  # noqa: DTZ001


@dataclass(frozen=True)
class Row:
    """One record of an invented agency; `numbers` are (scheme, value), `places` postcodes, `aliases` names."""

    key: str
    name: str
    source: str = "xx_one"
    country: str | None = "us"
    numbers: tuple[tuple[str, str], ...] = ()
    places: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    entity_type: str = "company"
    valid: bool | None = True
    alias_kind: str = "alias"
    address: dict[str, str | None] = field(default_factory=dict)

    @property
    def record_id(self) -> str:
        return f"{self.source}:{self.key}"

    @property
    def addresses(self) -> list[dict[str, Any]] | None:
        blank = dict.fromkeys(("text", "city", "region", "postcode", "country"))
        found = [{**blank, "text": place, "postcode": place} for place in self.places]
        found += [{**blank, **self.address}] if self.address else []
        return found or None

    @property
    def identifiers(self) -> list[dict[str, Any]] | None:
        return [{"scheme": scheme, "value": value, "valid": self.valid} for scheme, value in self.numbers] or None


@dataclass
class World:
    """The database under test."""

    con: duckdb.DuckDBPyConnection

    def add(self, *rows: Row, now: datetime = NOW) -> None:
        """A sync of each source of these rows; a row with a known key replaces that record."""
        for source in dict.fromkeys(row.source for row in rows):
            self._sync(source, [row for row in rows if row.source == source], now)

    def remove(self, *record_ids: str, now: datetime = NOW) -> None:
        """Records erased, as by a purge."""
        self.con.execute(
            "CREATE OR REPLACE TABLE touched AS SELECT company_id FROM gen.record WHERE list_contains(?, record_id)",
            [list(record_ids)],
        )
        self.con.execute("DELETE FROM gen.record WHERE list_contains(?, record_id)", [list(record_ids)])
        refresh_companies(self.con, now)

    def _sync(self, source: str, rows: Sequence[Row], now: datetime) -> None:
        con = self.con
        con.execute(
            """CREATE OR REPLACE TABLE profile (native_id VARCHAR, passes BOOLEAN, entity VARCHAR, stated VARCHAR,
            company_id VARCHAR, norm VARCHAR, legal_form VARCHAR, country VARCHAR,
            checked STRUCT(scheme VARCHAR, value VARCHAR, valid BOOLEAN)[],
            kept_addresses STRUCT(text VARCHAR, city VARCHAR, region VARCHAR, postcode VARCHAR, country VARCHAR)[],
            kept_names STRUCT(name VARCHAR, kind VARCHAR)[])"""
        )
        for row in rows:
            form = normal_form(row.name, row.country)
            names = [{"name": name, "kind": row.alias_kind} for name in row.aliases] or None
            con.execute(
                "INSERT INTO profile VALUES (?, true, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [row.key, row.entity_type, row.name, company_id(form.key(row.country)), form.text, form.legal_form,
                 row.country, row.identifiers, row.addresses, names],
            )  # fmt: skip
        name_parties(con, source)
        old = "source_id = $1 AND native_id IN (SELECT native_id FROM profile)"
        con.execute(f"CREATE OR REPLACE TABLE touched AS SELECT company_id FROM gen.record WHERE {old}", [source])
        con.execute(
            f"""INSERT INTO gen.record_history BY NAME
            SELECT *, TIMESTAMP '{now}' AS superseded_at FROM gen.record WHERE {old}""",
            [source],
        )
        con.execute(f"DELETE FROM gen.record WHERE {old}", [source])
        con.execute("INSERT INTO touched SELECT company_id FROM profile")
        con.execute(
            f"""INSERT INTO gen.record BY NAME
            SELECT $1 || ':' || native_id AS record_id, $1 AS source_id, company_id, native_id, stated AS company_name,
                   entity AS entity_type, 'legal form' AS gate_reason, country, 'penalty' AS kind,
                   'tax' AS subject_area, kept_names AS names, kept_addresses AS addresses, checked AS identifiers,
                   'final' AS status, 'v1' AS adapter_version, 'r' AS retrieval_id, 1 AS row_number, 'h' AS row_hash,
                   1 AS version, TIMESTAMP '{now}' AS first_seen,
                   TIMESTAMP '{now}' AS changed_at, TIMESTAMP '{now}' AS last_seen,
                   party_id FROM profile""",
            [source],
        )
        refresh_companies(con, now)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.con.execute(sql).fetchall()

    def companies(self) -> dict[str, set[str]]:
        """Record ids by company."""
        found: dict[str, set[str]] = {}
        for record_id, company in self.ask("SELECT record_id, company_id FROM gen.record"):
            found.setdefault(company, set()).add(record_id)
        return found

    def together(self) -> set[frozenset[str]]:
        """Keys of records by company, without ids."""
        return {frozenset(record.partition(":")[2] for record in records) for records in self.companies().values()}


@contextmanager
def world(*rows: Row) -> Iterator[World]:
    """An empty database with these rows synced."""
    con = duckdb.connect()
    try:
        con.execute("ATTACH ':memory:' AS gen")
        migrate(con)
        made = World(con)
        if rows:
            made.add(*rows)
        yield made
    finally:
        con.close()
