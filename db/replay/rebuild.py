"""Rebuild: the evidence store replayed into an empty database, run by run, as the journals say.

The same records, versions, ids, times, books and companies come out. What does not: what today's gate or rulings
withhold (counted; it leaves the evidence too), what an erasure took, and what a missing or damaged file held (named,
with the records it cost).
"""

from collections.abc import Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from db.analyst import Analyst
from db.companies import refresh_companies
from db.disk import disk_error
from db.erase import erase_evidence, has_erased, start_erasing
from db.ledger import book, write_books
from db.progress import Told
from db.replay.inventory import Inventory, Missing, take_inventory
from db.replay.moving import move_into, require_new
from db.replay.prepared import Prepared, prepare
from db.replay.run import NOT_RESTORED, Given, Seen, redo
from db.store import Store, Writer
from db.verify import Verdict, check_chain
from ingest.archive import described
from ingest.catalog import Source
from ingest.errors import StoreError, StoreMissing, TransformError


@dataclass(slots=True)
class SourceRebuilt:
    """What came of one source. Versions are counted, all of a record."""

    source_id: str
    runs: int = 0
    records: int = 0
    versions: int = 0
    withheld: int = 0
    """Versions that today's gate or rulings withhold."""
    lost: int = 0
    """Versions that a missing or damaged file held."""
    differing: int = 0
    """Versions found by their rows alone, because they say something else than they did."""


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild came to. `published`: the home now has it; False where it was not whole and better is there."""

    home: str
    published: bool = False
    runs: int = 0
    retrievals: int = 0
    sources: list[SourceRebuilt] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    without_journal: int = 0
    """Runs that loaded before journals were kept; their records cannot be restored from the evidence store."""
    journals_since: datetime | None = None
    """The first run that has a journal, UTC."""
    notes: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return not (self.missing or self.without_journal or any(source.lost for source in self.sources))


class _Kept(Exception):
    """What was rebuilt is not whole, and what is published opens: that stays."""


def rebuild(store: Store, *, into: Store | None = None, tell: Told = lambda *_: None) -> Rebuilt:
    """Replays the evidence store of a home and publishes what comes out: there, or in a new home `into`.

    In the home itself a database that opens is replaced only by a whole one. Takes the writer's locks (StoreBusy).
    Raises StoreMissing where there is no journal, UsageError where `into` is no new folder. Cost: linear in the stored
    rows, as a first sync of them all without fetching; a few scans of ids for every run.
    """
    if into:
        require_new(store, into)
    with store.writing(repairing=True) as here, into.writing() if into else nullcontext(here) as writer:
        inventory = take_inventory(store)
        if not inventory.journals and not inventory.missing:
            raise StoreMissing(
                "there is no journal to rebuild from",
                where=str(store.evidence),
                next_step="What was synced before journals were kept cannot be made again; each sync writes one now.",
            )
        if into:
            move_into(store, into)
        rebuilt = Rebuilt(str(writer.store.home), missing=[*inventory.missing])
        rebuilt.without_journal = inventory.without_journal
        rebuilt.journals_since = min((one.run["started_at"] for one in inventory.journals), default=None)
        try:
            with writer.next_generation(anew=True) as con:
                _replay(con, writer, inventory, rebuilt, tell)
                if not rebuilt.whole and inventory.readable and into is None:
                    raise _Kept
        except _Kept:
            return rebuilt
        except duckdb.Error as error:
            what = f"the engine failed ({type(error).__name__})"
            failed = StoreError(what, where=str(store.home), next_step="What was published is as it was.")
            raise disk_error(error, store.home) or failed from None
    rebuilt.published = True
    return rebuilt


def _replay(con: duckdb.DuckDBPyConnection, writer: Writer, inventory: Inventory, rebuilt: Rebuilt, tell: Told) -> None:
    store = writer.store
    con.execute(f"CREATE TABLE {NOT_RESTORED} (record_id VARCHAR, version INTEGER)")
    start_erasing(con)
    sources: dict[str, SourceRebuilt] = {}
    adapters: dict[str, Source] = {}
    seen: dict[str, Seen] = {}
    # its folder of derived files goes at once where a run fails
    with closing(prepare(inventory.journals, store.evidence, writer.work, store.memory)) as runs:
        for at, prepared in enumerate(runs):
            journal = prepared.journal
            tell(journal.source_id, at, len(inventory.journals))
            source = sources.setdefault(journal.source_id, SourceRebuilt(journal.source_id))
            source.runs += 1
            if journal.run["outcome"] == "loaded":
                _redo(con, store, prepared, source, seen.setdefault(journal.source_id, Seen()))
                rebuilt.missing += prepared.faults
            if prepared.source is not None:
                adapters[journal.source_id] = prepared.source
            write_books(con, journal, described(store.evidence / journal.file, store.evidence, None, "journal"))
    for source_id, state in seen.items():
        state.settle_all(con, source_id)
    _forget_withheld(con)
    for entry, run_id, source_id in inventory.unclaimed:
        book(con, entry, run_id, source_id)
    rebuilt.runs = len(inventory.journals)
    rebuilt.sources = [_counted(con, sources[name]) for name in sorted(sources)]
    _erase_withheld(con, store, adapters, rebuilt)
    _check_chain(con, rebuilt)


def _redo(con: duckdb.DuckDBPyConnection, store: Store, prepared: Prepared, source: SourceRebuilt, seen: Seen) -> None:
    """One run that loaded; what it lost is charged to its first file that is not whole."""
    journal = prepared.journal
    lost = journal.run["added"] + journal.run["changed"]
    if prepared.source is not None:
        rulings = Analyst(store.home).rulings(journal.source_id)
        given = Given(
            journal, prepared.source, prepared.lines, prepared.derived, rulings, damaged=bool(prepared.faults)
        )
        try:
            redone = redo(con, given, seen)
        except TransformError as error:
            (adapter,) = journal.of_kind("adapter")
            prepared.faults.append(Missing(adapter.file, error.what, journal.source_id))
        else:
            source.withheld += redone.withheld
            source.differing += redone.differing
            lost = lost if prepared.unplaceable else redone.lost
    source.lost += lost
    if prepared.faults:
        prepared.faults[0].lost += lost


def _forget_withheld(con: duckdb.DuckDBPyConnection) -> None:
    """A record whose present version is withheld by now goes with all its versions, as at a sync."""
    con.execute("CREATE OR REPLACE TABLE touched (company_id VARCHAR)")
    gone = f"""WHERE record_id IN (SELECT record_id FROM {NOT_RESTORED})
        AND record_id NOT IN (SELECT record_id FROM gen.record)"""
    con.execute(f"INSERT INTO touched SELECT company_id FROM gen.record_history {gone}")
    con.execute(f"DELETE FROM gen.record_history {gone}")
    refresh_companies(con)


def _erase_withheld(
    con: duckdb.DuckDBPyConnection, store: Store, sources: Mapping[str, Source], rebuilt: Rebuilt
) -> None:
    """Takes out of the evidence what today's gate or rulings withhold: no sync would, as no record leads to it.

    Where something is missing nobody can tell whose the other rows are: then it stays, and is said.
    """
    if rebuilt.whole:
        erase_evidence(con, store.evidence, sources)
    elif has_erased(con):
        con.execute("DELETE FROM erasing.version")
        rebuilt.notes.append(
            "original rows of respondents withheld by now are still in the evidence store: bring back what is missing, "
            "then rebuild again"
        )


def _counted(con: duckdb.DuckDBPyConnection, source: SourceRebuilt) -> SourceRebuilt:
    records, versions = con.execute(
        """SELECT (SELECT count(*) FROM gen.record WHERE source_id = $source),
                  (SELECT count(*) FROM gen.record_history WHERE source_id = $source)""",
        {"source": source.source_id},
    ).fetchone() or (0, 0)
    source.records, source.versions = records, records + versions
    return source


def _check_chain(con: duckdb.DuckDBPyConnection, rebuilt: Rebuilt) -> None:
    """Whether the chain of retrievals is the one that was written; a journal that is missing leaves a gap in it."""
    verdict = Verdict()
    check_chain(con, verdict)
    rebuilt.retrievals = verdict.retrievals
    rebuilt.notes += [f"retrieval chain: {found.cause} ({found.first})" for found in verdict.findings]
