"""One export: checked, written into a folder of its own beside its place, and put there when everything is whole."""

import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, get_args

import duckdb

from db.chosen_companies import chosen_companies
from db.decisions.kept import Decisions
from db.export import writing
from db.export.columns import Format, dictionary
from db.export.view import Chosen, counted, prepare
from db.progress import Told
from db.status import Coverage, coverage
from db.store import Store
from ingest.catalog import Source
from ingest.errors import StoreError, UsageError
from ingest.model import KINDS

FORMATS: tuple[Format, ...] = get_args(Format)
MOST_ROWS = 1_048_575
"""Rows of a sheet below its titles."""
MEANS = (
    "Public records, not a consumer report. Allegations are not findings. Persons and sole traders are not in this"
    " database. What an entry means and does not mean is said by source."
)
_SOURCE_TITLES = (
    "source", "title", "publisher", "records", "tombstones", "licence", "attribution", "means", "means not",
    "correction channel", "data as of", "retrieved", "state", "why",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: records with content, tombstones of hidden ones, and what they were taken from."""

    format: Format
    files: list[str]
    records: int
    tombstones: int
    coverage: Coverage


def export(
    store: Store,
    output: Path,
    chosen: Chosen,
    sources: Iterable[Source],
    now: datetime,
    *,
    written: str | None = None,
    progress: Told,
) -> Exported:
    """Writes the chosen records to `output`, with dictionary and coverage beside it or in its sheets; `now` is UTC.

    The format is that of the ending unless given. Files are for their owner alone; what stood there before stays until
    all is written. Raises UsageError for a wish that cannot be met or a place that cannot be written. Cost: linear in
    the records, memory bounded.
    """
    _check(store, output, chosen, now.date())
    known = {source.id: source for source in sources}
    folder = None
    try:
        with store.reading() as con:
            chosen = replace(chosen, companies=tuple(sorted(chosen_companies(con, chosen.companies))))
            prepare(con, chosen, known, Decisions(store.home), now.date())
            job = _job(con, output, _format(output, written), chosen=chosen, known=known, now=now)
            folder = Path(tempfile.mkdtemp(prefix=".trackrecord-", dir=output.absolute().parent))
            parts = job.write(con, folder, progress)
        for part, place in parts:
            part.chmod(0o600)
            part.replace(place)
    except OSError as error:
        said = error.strerror or "the disk does not take it"
        step = "What stood there before stays. Make room, or choose another -o."
        raise UsageError(f"the export cannot be written: {said}", where=str(output), next_step=step) from None
    except (duckdb.OutOfMemoryException, duckdb.IOException):
        step = "Raise TRACKRECORD_MEMORY, for instance to 4GB, or restrict the export."
        raise StoreError("the export needs more memory or spill space", next_step=step) from None
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    return Exported(job.format, [str(place) for _, place in parts], *job.totals, job.coverage)


@dataclass(frozen=True, slots=True)
class _Job:
    """What is to be written, and what it rests on. `counts`: records and tombstones by source."""

    output: Path
    format: Format
    chosen: Chosen
    sources: Mapping[str, Source]
    now: datetime
    generation: str
    counts: Mapping[str, tuple[int, int]]
    coverage: Coverage

    @property
    def totals(self) -> tuple[int, int]:
        """Records with content, and tombstones."""
        return sum(pair[0] for pair in self.counts.values()), sum(pair[1] for pair in self.counts.values())

    def write(self, con: duckdb.DuckDBPyConnection, folder: Path, progress: Told) -> list[tuple[Path, Path]]:
        """Files in `folder`, each with the place it is meant for; the records come last."""
        total = sum(self.totals)
        rows = folder / f"records.{self.format}"

        def tell(done: int) -> None:
            progress("rows", done, total)

        if self.format == "xlsx":
            writing.write_xlsx(con, rows, tell, [self._dictionary(), self._sources()])
            return [(rows, self.output)]
        {"csv": writing.write_csv, "jsonl": writing.write_jsonl, "parquet": writing.write_parquet}[self.format](
            con, rows, tell
        )
        words, rest = folder / "dictionary.csv", folder / "coverage.json"
        writing.write_table(words, [*self._dictionary(), *self._licences()])
        writing.write_json(rest, self._statement())
        beside = [(part, self.output.with_name(f"{self.output.name}.{part.name}")) for part in (words, rest)]
        return [*beside, (rows, self.output)]

    def _dictionary(self) -> list[Sequence[str]]:
        return [("column", "type", "meaning", "unit"), *dictionary(self.format)]

    def _licences(self) -> Iterable[Sequence[str]]:
        """A line for each source in the export, below the columns."""
        for source_id in self.counts:
            if source := self.sources.get(source_id):
                terms = " — ".join(filter(None, [source.licence, source.attribution]))
                yield f"source: {source_id}", "licence", f"{source.title}, {source.publisher}: {terms}", ""

    def _sources(self) -> list[Sequence[Any]]:
        """The sources of the export and of its coverage, as a table."""
        found: list[Sequence[Any]] = [_SOURCE_TITLES]
        for state in self.coverage.sources:
            source = self.sources.get(state.source_id)
            told = (
                (source.licence, source.attribution, source.means, source.means_not, source.correction_channel)
                if source
                else ("",) * 5
            )
            age = (
                state.data_as_of,
                state.retrieved_at or ("unknown" if state.loaded_at else None),
                state.state,
                state.why,
            )
            counts = self.counts.get(state.source_id, (0, 0))
            found.append((state.source_id, state.title, state.publisher, *counts, *told, *age))
        return [*found, (), ("exported", self.now), ("generation", self.generation), *self._wish(), (MEANS,)]

    def _wish(self) -> list[tuple[str, str]]:
        """What the export was restricted to, in words."""
        return [
            (name, ", ".join(value) if isinstance(value, tuple) else str(value))
            for name, value in asdict(self.chosen).items()
            if value
        ]

    def _statement(self) -> dict[str, Any]:
        """The coverage statement: what was exported, from what, and how old and complete that is."""
        titles = [title.replace(" ", "_") for title in _SOURCE_TITLES]
        rows = [dict(zip(titles, row, strict=True)) for row in self._sources()[1 : len(self.coverage.sources) + 1]]
        records, tombstones = self.totals
        return {
            "file": self.output.name,
            "exported_at": self.now,
            "generation": self.generation,
            "restricted_to": dict(self._wish()),
            "records": records,
            "tombstones": tombstones,
            "searched": self.coverage.searched,
            "not_searched": self.coverage.not_searched,
            "sources": rows,
            "notice": MEANS,
        }


def _job(
    con: duckdb.DuckDBPyConnection,
    output: Path,
    shape: Format,
    *,
    chosen: Chosen,
    known: Mapping[str, Source],
    now: datetime,
) -> _Job:
    counts = counted(con)
    total = sum(sum(pair) for pair in counts.values())
    if shape == "xlsx" and total > MOST_ROWS:
        step = "Restrict the export, or ask for csv or parquet."
        raise UsageError(f"{total:,} rows are more than a sheet holds ({MOST_ROWS:,})", next_step=step)
    end = datetime.combine(chosen.as_of, time.max, UTC) if chosen.as_of else None
    covered = coverage(con, known.values(), end or now, chosen.sources, end)
    ((file,),) = con.execute("SELECT path FROM duckdb_databases() WHERE database_name = current_database()").fetchall()
    return _Job(output, shape, chosen, known, now, Path(file).name, counts, covered)


def _format(output: Path, written: str | None) -> Format:
    """The format asked for, else that of the ending. Raises UsageError where they contradict."""
    ending = output.suffix.lower().removeprefix(".")
    asked = (written or ending).lower()
    for shape in FORMATS:
        if shape == asked and (ending == asked or ending not in FORMATS):
            return shape
    if asked in FORMATS:
        raise UsageError(f"--format {asked} goes into a file ending in .{ending}", where=str(output))
    raise UsageError("the format is not known", next_step=f"Formats: {', '.join(FORMATS)}.")


def _check(store: Store, output: Path, chosen: Chosen, today: date) -> None:
    """Raises UsageError for a place that is not for exports, and for restrictions without sense."""
    if output.is_dir():
        raise UsageError("the output is a folder", where=str(output), next_step="Name a file in it.")
    if output.exists() and not output.is_file():
        raise UsageError("the output is no regular file", where=str(output))
    if not output.absolute().parent.is_dir():
        raise UsageError("there is no such folder", where=str(output.parent))
    if output.resolve().is_relative_to(store.home.resolve()):
        raise UsageError("the output lies in the home of the database", where=str(output), next_step="Choose another.")
    if unknown := [kind for kind in chosen.kinds if kind not in KINDS]:
        raise UsageError(f"no kind `{unknown[0][:40]}`", next_step=f"Kinds: {', '.join(KINDS)}.")
    if chosen.as_of and chosen.as_of > today:
        raise UsageError(f"{chosen.as_of} is still to come", next_step=f"The latest day is {today}, UTC.")
