"""A home with invented companies, a file of suppliers, and what happens to both between two runs of a watch list."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from db.decisions.kept import Decisions
from db.decisions.rested_on import of_company
from db.decisions.rows import reference_key
from db.watch.lists import Difference, WatchLists
from db.watch.run import Line, Ran, run
from db.watch.suppliers import read_suppliers
from ingest.catalog import Source
from ingest.model import RECORD
from tests.cli.homes import FIRST, SOURCES, Home, company_id, make_home

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
LIST = "tier 1"
HEADER = "Vendor No,Supplier,Country,LEI"
ACME = "V-1,Acme Pipeline Inc,US,5493001KJTIIGC8Y1R12"
LLC = "V-2,Acme Pipeline LLC,US,"
GONE = "V-6,Gone Services GmbH,DE,"
NOBODY = "V-4,Nothing Known Ltd,GB,"
ACME_ID, LLC_ID = company_id("Acme Pipeline Inc.", "us"), company_id("ACME PIPELINE, LLC", "us")


@dataclass
class World:
    """One analyst's desk; `said` are the lines of the last run."""

    folder: Path
    home: Home
    sources: dict[str, Source] = field(default_factory=lambda: {source.id: source for source in SOURCES})
    now: datetime = NOW
    said: list[Line] = field(default_factory=list)

    @property
    def file(self) -> Path:
        return self.folder / "suppliers.csv"

    @property
    def lists(self) -> WatchLists:
        return WatchLists(self.home.path)

    def add(self, *rows: str, header: str = HEADER, **more: Any) -> Difference:
        """The list is now made of these rows."""
        self.file.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
        read = read_suppliers(self.home.path, self.file, more.pop("columns", {}), lambda _: None)
        return self.lists.put(LIST, read, **{"threshold": None, "by": "Ann", "vouched": False, **more})

    def run(self, **more: Any) -> Ran:
        """One run; its lines are kept in `said`."""
        self.said = []

        def deliver(_: Ran, lines: Iterator[Line]) -> None:
            self.said += lines

        return run(
            self.home.store, LIST, self.sources, self.now, **{"deliver": deliver, "tell": lambda *_: None, **more}
        )

    def news(self, **more: Any) -> list[tuple[str, str | None]]:
        """What each line of one run says, and of which record."""
        self.run(**more)
        return [(line.what, line.record.get("record_id")) for line in self.said]

    def retain(self, source_id: str, retention: Any) -> None:
        """The source declares another retention."""
        self.sources[source_id] = replace(self.sources[source_id], retention=retention)

    def wait(self, days: int) -> None:
        """So many days pass."""
        self.now += timedelta(days=days)

    def sql(self, sql: str, *values: Any) -> None:
        """A sync that does this to the database."""
        with self.home.changing() as con:
            con.execute(sql, list(values))

    def change(self, key: str, **said: Any) -> None:
        """A sync that brings another version of a record of the first source."""
        names = ", ".join(column.name for column in RECORD)
        sets = ", ".join(f"{name} = ?" for name in said)
        record_id = f"{FIRST}:{key}"
        with self.home.changing() as con:
            con.execute(
                f"""INSERT INTO record_history ({names}, superseded_at)
                SELECT {names}, TIMESTAMP '2026-01-10' FROM record WHERE record_id = ?""",
                [record_id],
            )
            con.execute(
                f"""UPDATE record SET version = version + 1, changed_at = TIMESTAMP '2026-01-10', {sets}
                WHERE record_id = ?""",
                [*said.values(), record_id],
            )

    def copy(self, key: str, new: str, **said: Any) -> None:
        """A sync that brings a record like another one."""
        columns = [column.name for column in RECORD]
        given = {"record_id": f"{FIRST}:{new}", "native_id": new, **said}
        values = ", ".join("?" if name in given else name for name in columns)
        self.sql(
            f"INSERT INTO record ({', '.join(columns)}) SELECT {values} FROM record WHERE record_id = ?",
            *[given[name] for name in columns if name in given],
            f"{FIRST}:{key}",
        )

    def judge(self, verdict: str, line: Line) -> None:
        """The analyst judges the match of a line as it stands."""
        with self.home.store.reading() as con:
            rests_on = of_company(con, line.company_id)
        reference = reference_key(line.supplier.reference)
        Decisions(self.home.path).judge_match(
            line.match, verdict, why="asked them", by="Ann", rests_on=rests_on, reference=reference
        )


def make_world(folder: Path) -> World:
    """A home as `make_home` makes it, and no list yet."""
    return World(folder, make_home(folder / "home"))
