"""One call that writes a file and reads it: shared by the tests of all formats."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pytest

from ingest.catalog import Resource, Source
from ingest.read import Rows, read


@dataclass
class Outcome:
    """What one file became, with the good rows fetched."""

    rows: Rows
    columns: list[str]
    numbers: list[int]
    cells: list[tuple[str | None, ...]]

    @property
    def by_name(self) -> list[dict[str, str | None]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.cells]


class Reading(Protocol):
    """Writes `content` to a file and reads it as a resource with these keys."""

    def __call__(self, content: bytes | str | Path, form: str, used: tuple[str, ...], **keys: Any) -> list[Outcome]: ...


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """An invented data set whose folder is the test's own."""
    return Source(
        id="xx_fair_work_penalties",
        title="Fair Work penalty notices",
        publisher="Fair Work Office of Xland",
        jurisdiction="xx",
        subject_area="wages-labour",
        homepage="https://fairwork.example",
        licence="CC-BY-4.0",
        legal_basis="Fair Work Act",
        means="A penalty.",
        means_not="No conviction.",
        correction_channel="https://fairwork.example/error",
        cadence="weekly",
        retention="permanent",
        snapshot="full",
        company_only=False,
        resource=(),
        folder=tmp_path,
    )


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    ) as connection:
        yield connection


@pytest.fixture
def fetch(con: duckdb.DuckDBPyConnection) -> Callable[[Rows], Outcome]:
    """The good rows of a table in the order of the file."""

    def run(rows: Rows) -> Outcome:
        relation = con.execute(
            f'SELECT {rows.number_sql} AS n, * FROM "{rows.table}" WHERE {rows.where_sql} ORDER BY n'
        )
        names = [column[0] for column in relation.description or []]
        kept = [place for place, name in enumerate(names) if place and not name.startswith(("_number", "_placeholder"))]
        found = relation.fetchall()
        assert len(found) == rows.rows
        return Outcome(
            rows,
            [names[place] for place in kept],
            [row[0] for row in found],
            [tuple(row[place] for place in kept) for row in found],
        )

    return run


@pytest.fixture
def reading(
    con: duckdb.DuckDBPyConnection, source: Source, tmp_path: Path, fetch: Callable[[Rows], Outcome]
) -> Reading:
    work = tmp_path / "work"
    work.mkdir()

    def run(content: bytes | str | Path, form: str, used: tuple[str, ...], **keys: Any) -> list[Outcome]:
        path = tmp_path / "notices"
        if isinstance(content, Path):
            path = content
        elif isinstance(content, str):
            path.write_bytes(content.encode(keys.get("encoding", "utf-8")))
        else:
            path.write_bytes(content)
        resource = Resource(name="notice", pattern="handed-in", format=form, used=used, **keys)  # type: ignore[arg-type]
        try:
            return [fetch(rows) for rows in read(con, source, resource, path, path.name, "notice", work=work)]
        finally:
            assert list(work.iterdir()) == [], "temporary files are deleted"

    return run
