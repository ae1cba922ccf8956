"""What a screening keeps while it runs: rows of the input, distinct suppliers, what was found. A kill loses nothing.

It lies in a folder beside the report, closed to other users, which goes when the report is there. A screening of the
same file with the same options against the same generation goes on where the last one stopped.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow as pa

from db.screen.columns import Taken
from db.screen.doubts import SECOND_HEADER, repeats_headers, warning
from db.screen.report import Hit
from ingest import arrow
from ingest.archive import file_sha256
from ingest.errors import StoreBusy, UsageError
from ingest.names.country import country_of
from ingest.read.user_table import Row

FORMAT = 3
"""Of the work file: one of another format is started anew."""
ROWS = 10_000
"""Rows of the input held in memory at a time."""
TOGETHER = 1_000
"""Suppliers looked up together: what a kill loses at most."""
LONGEST_NAME = 600
_MEMORY = "600MB"
_SUBJECT = ("name", "country", "ids", "address", "city", "postcode")
_GIVEN = pa.schema(
    [
        ("row", pa.int64()), ("cells", pa.list_(pa.string())), ("problem", pa.string()), ("name", pa.string()),
        ("country", pa.string()), ("ids", pa.list_(pa.string())), ("address", pa.string()), ("city", pa.string()),
        ("postcode", pa.string()), ("warning", pa.string()),
    ]
)  # fmt: skip
_HITS = pa.schema(
    [
        ("subject", pa.int64()), ("place", pa.int32()), ("company_id", pa.string()), ("met", pa.string()),
        ("band", pa.string()), ("score", pa.float64()), ("why", pa.list_(pa.string())),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Supplier:
    """A distinct supplier of the input; `country` ISO 3166-1 alpha-2 lower case or empty, `ids` one per column."""

    number: int
    name: str
    country: str
    ids: tuple[str, ...]
    address: str
    city: str
    postcode: str


@dataclass(frozen=True, slots=True)
class Given:
    """A row of the input: number in the file, cells, why it was not screened, what was found; `key` of its supplier.

    `warning`: numbers of it that were not used.
    """

    row: int
    cells: list[str]
    problem: str
    warning: str
    hits: Sequence[Hit]
    key: str


class Work:
    """The work folder of a report, for the screening that `key` describes; that of another one is thrown away."""

    def __init__(self, report: Path, key: str) -> None:
        self.folder = report.with_name(f".{report.name}.work")
        self.file = self.folder / "work.duckdb"
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self.con = self._connect()
            self.resumed = self._is_of(key)
            if not self.resumed:
                self.con.close()
                self._empty()
                self.con = self._connect()
                self.con.execute("CREATE TABLE about AS SELECT ? AS key, false AS complete", [key])
        except OSError as error:
            what = f"the folder of the report cannot be written: {error.strerror}"
            raise UsageError(what, where=str(report.parent)) from None

    def _connect(self) -> duckdb.DuckDBPyConnection:
        """The work file; one that is damaged, or of an engine that this one does not know, is begun anew."""
        config = {
            "autoinstall_known_extensions": "false",
            "memory_limit": _MEMORY,
            "temp_directory": str(self.folder / "spill"),
        }
        try:
            return duckdb.connect(str(self.file), config=dict(config))
        except duckdb.Error as error:
            if "lock" in str(error):
                raise StoreBusy(
                    "another screening writes this report", where=str(self.folder), next_step="Wait for it to end."
                ) from None
        self._empty()
        return duckdb.connect(str(self.file), config=dict(config))

    def _empty(self) -> None:
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _is_of(self, key: str) -> bool:
        try:
            rows = self.con.execute("SELECT key = ? AND complete FROM about", [key]).fetchall()
        except duckdb.Error:
            return False
        return rows == [(True,)]

    def take(self, given: Iterator[Row], taken: Sequence[Taken], tell: Callable[[int], None]) -> None:
        """Tables `supplier` (every row) and `subject` (distinct ones, numbered by their row id)."""
        arrow.load(self.con, "supplier", _GIVEN, given_batches(given, taken, tell))
        keys = ", ".join(_SUBJECT)
        self.con.execute(
            f"CREATE TABLE subject AS SELECT DISTINCT {keys} FROM supplier WHERE problem = '' ORDER BY {keys}"
        )
        same = " AND ".join(f"s.{name} = u.{name}" for name in _SUBJECT)
        self.con.execute(
            f"""CREATE TABLE line AS SELECT s.row, u.rowid AS subject
            FROM supplier s JOIN subject u ON {same} WHERE s.problem = '' ORDER BY s.row"""
        )
        self.con.execute("CREATE TABLE done (batch BIGINT)")
        self.con.execute(
            """CREATE TABLE hit (subject BIGINT, place INTEGER, company_id VARCHAR, met VARCHAR, band VARCHAR,
                                 score DOUBLE, why VARCHAR[])"""
        )
        self.con.execute("UPDATE about SET complete = true")

    def count(self, table: str) -> int:
        """Rows of one of the tables."""
        return self._number(f"SELECT count(*) FROM {table}")

    def _number(self, sql: str) -> int:
        # a result that is not fetched to its end keeps the connection from giving tables
        ((number,),) = self.con.execute(sql).fetchall()
        return int(number)

    def spare_cells(self) -> bool:
        """Whether any row has cells beyond the columns."""
        return self._number("SELECT count_if(cells[-1] <> '') FROM supplier") > 0

    def pending(self) -> Iterator[tuple[int, list[Supplier]]]:
        """Batches of suppliers nobody has looked for yet, by their number."""
        done = {row[0] for row in self.con.execute("SELECT batch FROM done").fetchall()}
        for batch in range(-(-self.count("subject") // TOGETHER)):
            if batch not in done:
                rows = self.con.execute(
                    f"SELECT rowid, {', '.join(_SUBJECT)} FROM subject WHERE rowid >= ? AND rowid < ? ORDER BY rowid",
                    [batch * TOGETHER, (batch + 1) * TOGETHER],
                ).fetchall()
                yield batch, [Supplier(row[0], row[1], row[2], tuple(row[3]), *row[4:]) for row in rows]

    def looked_up(self) -> int:
        """Suppliers of the batches that are done."""
        return min(self.count("done") * TOGETHER, self.count("subject"))

    def keep(self, batch: int, found: dict[int, list[Hit]]) -> None:
        """Stores what was found for a batch; a kill before it ends leaves the batch pending."""
        rows = [(number, place, hit) for number, hits in found.items() for place, hit in enumerate(hits)]
        columns = {
            "subject": [number for number, _, _ in rows],
            "place": [place for _, place, _ in rows],
            **{name: [getattr(hit, name) for _, _, hit in rows] for name in ("company_id", "met", "band", "score")},
            "why": [list(hit.why) for _, _, hit in rows],
        }
        self.con.execute("BEGIN")
        arrow.load(self.con, "hit", _HITS, iter([pa.RecordBatch.from_pydict(columns, schema=_HITS)]))
        self.con.execute("INSERT INTO done VALUES (?)", [batch])
        self.con.execute("COMMIT")

    def company_ids(self) -> Iterator[pa.RecordBatch]:
        """Companies that any supplier may be, each once; column `company_id`."""
        return arrow.batches(self.con, "SELECT DISTINCT company_id FROM hit ORDER BY 1")

    def keep_only(self, company_ids: Iterator[pa.RecordBatch]) -> None:
        """Drops hits of all companies but these: they have no record on the day asked for."""
        self.con.execute("DROP TABLE IF EXISTS on_record")
        arrow.load(self.con, "on_record", pa.schema([("company_id", pa.string())]), company_ids)
        self.con.execute("DELETE FROM hit WHERE company_id NOT IN (SELECT company_id FROM on_record)")

    def tally(self) -> dict[str, int]:
        """Rows of the input by the band of their best match; `dismissed`, `none` and `not screened` beside."""
        rows = self.con.execute(
            """SELECT CASE WHEN l.row IS NULL THEN 'not screened' WHEN f.subject IS NULL THEN 'none'
                           ELSE coalesce(b.band, 'dismissed') END, count(*)
            FROM supplier s LEFT JOIN line l USING (row)
            LEFT JOIN (SELECT DISTINCT subject FROM hit) f ON f.subject = l.subject
            LEFT JOIN (SELECT subject, arg_min(band, place) AS band
                       FROM hit ANTI JOIN dismissed USING (subject, company_id) GROUP BY subject) b
                ON b.subject = l.subject
            GROUP BY 1"""
        ).fetchall()
        return {str(name): int(n) for name, n in rows}

    def matches(self) -> int:
        """Matches of all rows: those of a supplier that stands in several rows count in each; no dismissed ones."""
        return self._number("SELECT count(*) FROM line JOIN hit USING (subject)") - self.dismissed()

    def dismissed(self) -> int:
        """Dismissed matches of all rows."""
        return self._number("SELECT count(*) FROM line JOIN dismissed USING (subject)")

    def given(self, key: Callable[[str, str, Sequence[str]], str]) -> Iterator[list[Given]]:
        """Every row of the input in its order, with its matches, best first; some thousands at a time.

        `key` is asked for name, country and numbers of suppliers with a match.
        """
        for start in range(0, self._number("SELECT coalesce(max(row), 0) FROM supplier") + 1, ROWS):
            bounds = [start, start + ROWS]
            hits: dict[int, list[Hit]] = {}
            for row in self.con.execute(
                """SELECT subject, company_id, met, band, score, why FROM hit WHERE subject IN
                (SELECT subject FROM line WHERE row >= ? AND row < ?) ORDER BY subject, place""",
                bounds,
            ).fetchall():
                hits.setdefault(row[0], []).append(Hit(row[1], row[2], row[3], row[4], tuple(row[5])))
            yield [
                Given(number, cells, problem, warning, hits.get(subject, ()), key(*said) if subject in hits else "")
                for number, cells, problem, warning, subject, *said in self.con.execute(
                    """SELECT s.row, s.cells, s.problem, s.warning, l.subject, s.name, s.country, s.ids
                    FROM supplier s LEFT JOIN line l USING (row)
                    WHERE s.row >= ? AND s.row < ? ORDER BY s.row""",
                    bounds,
                ).fetchall()
            ]

    def close(self, *, finished: bool) -> None:
        """Closes the file; the folder goes once the report is there, or if there is nothing in it to go on with."""
        with suppress(duckdb.Error):  # where the disk is full, closing fails as well
            self.con.close()
        if finished:
            shutil.rmtree(self.folder, ignore_errors=True)


def key_of(path: Path, *parts: str) -> str:
    """What a screening depends on: the bytes of the input, and everything in `parts`."""
    return hashlib.sha256("\x1f".join((str(FORMAT), file_sha256(path), *parts)).encode()).hexdigest()


def given_batches(
    given: Iterator[Row], taken: Sequence[Taken], tell: Callable[[int], None]
) -> Iterator[pa.RecordBatch]:
    """Rows of the input as the columns taken from them, some thousands together; `problem` where a name is no name."""
    places = {role: [item.place for item in taken if item.role == role] for role in ("name", "country", "id")}
    where = {role: next((item.place for item in taken if item.role == role), None) for role in _SUBJECT[3:]}
    read = 0
    while chunk := list(islice(given, ROWS)):
        columns: dict[str, list[object]] = {name: [] for name in _GIVEN.names}
        for at_row, (number, cells, doubtful) in enumerate(chunk, read):
            name = " ".join(cells[places["name"][0]].split())
            columns["row"].append(number)
            columns["cells"].append(cells)
            again = SECOND_HEADER if at_row == 0 and repeats_headers(cells, taken) else ""
            columns["problem"].append(doubtful or again or _problem(name))
            columns["warning"].append(warning(cells, taken))
            columns["name"].append(name)
            columns["country"].append(next((c for at in places["country"] if (c := country_of(cells[at]))), "") or "")
            columns["ids"].append([cells[at].strip() for at in places["id"]])
            for role, at in where.items():
                columns[role].append(" ".join(cells[at].split()) if at is not None else "")
        yield pa.RecordBatch.from_pydict(columns, schema=_GIVEN)
        read += len(chunk)
        tell(read)


def _problem(name: str) -> str:
    if not name:
        return "no name in this row"
    if not any(map(str.isalnum, name)):
        return "the name has no letter and no digit"
    return f"the name has {len(name):,} characters" if len(name) > LONGEST_NAME else ""
