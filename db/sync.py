"""One source after another: fetch, read, transform, gate, load, publish. Each lands whole or not at all."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from db.analyst import Analyst
from db.content import Loading
from db.disk import unforeseen
from db.ledger import Ledger, Versions, known_validators
from db.load import Loaded, load
from db.progress import Told
from db.store import Store, Writer
from db.times import utc_now
from ingest.account import FATES, Account, account
from ingest.adapter import adapter_of
from ingest.archive import EvidenceFile, store_adapter, store_payload
from ingest.catalog import Resource, Source
from ingest.errors import Jumped, NotHandedIn, Shrunk, SourceError, UsageError
from ingest.fetch import Fetched, Fetcher, Payload
from ingest.fetch.patterns import handed_in_files
from ingest.privacy.gate import pass_gate
from ingest.privacy.rulings import Rulings
from ingest.read import read
from ingest.transform import Inputs, transform

_UNFORESEEN = (ValueError, TypeError, OSError, RecursionError, MemoryError, ArithmeticError, LookupError)


@dataclass(frozen=True, slots=True)
class Options:
    """How a sync is to be done."""

    mirror: Path | None = None
    files: tuple[Path, ...] = ()
    since: date | None = None
    until: date | None = None
    accept_change: str | None = None
    contact: str = "no contact configured"
    private_hosts: frozenset[str] = frozenset()


@dataclass(slots=True)
class Report:
    """What one source's sync came to. `rows` are counts of input rows, `records` of records."""

    source_id: str
    outcome: str = "failed"
    error: str | None = None
    data_as_of: date | None = None
    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("read", *FATES), 0))
    not_a_record: dict[str, int] = field(default_factory=dict)
    withheld: dict[str, int] = field(default_factory=dict)
    beside: dict[str, dict[str, int]] = field(default_factory=dict)
    records: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("added", "changed", "removed", "unchanged", "total"), 0)
    )
    retrievals: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Plain values: dates as ISO text, seconds rounded."""
        plain = asdict(self)
        plain["data_as_of"] = self.data_as_of.isoformat() if self.data_as_of else None
        plain["seconds"] = round(self.seconds, 2)
        return plain


def sync(store: Store, sources: Sequence[Source], options: Options, progress: Told) -> Iterator[Report]:
    """Syncs the sources one by one and yields a report after each. Raises StoreBusy at once when another sync runs."""
    with store.writing() as writer:
        for source in sources:
            yield _sync_one(writer, source, options, progress)


def _sync_one(writer: Writer, source: Source, options: Options, progress: Told) -> Report:
    started, now = time.monotonic(), utc_now()
    report = Report(source.id)
    # outside of the block: a database of rulings that cannot be read stops the whole sync
    rulings = Analyst(writer.store.home).rulings(source.id)
    run = _Run(writer, source, options, progress, report, f"{now:%Y%m%dT%H%M%S}-{uuid4().hex[:8]}", now, rulings)
    try:
        with writer.next_generation() as con:
            run.ledger = Ledger(con, source.id, run.run_id, writer.store.evidence)
            run.execute(con)
            report.seconds = time.monotonic() - started
            run.ledger.close(report, now, Versions.of(source, rulings), options.accept_change)
            report.records["total"] = run.ledger.total()
    except SourceError as error:
        _fail(writer, run, report, error)
    except (duckdb.Error, *_UNFORESEEN) as error:
        # one source's fault must not keep the others from being synced
        _fail(writer, run, report, unforeseen(error, source.id, writer.store.home))
    report.seconds = time.monotonic() - started
    return report


def _fail(writer: Writer, run: "_Run", report: Report, error: SourceError) -> None:
    """Publishes a generation that differs only in saying that this run failed, and when."""
    report.outcome, report.error = "failed", error.sentence()
    if isinstance(error, NotHandedIn) and not run.attempted:
        report.outcome = "not handed in"
        return
    report.records = dict.fromkeys(report.records, 0)
    writer.erase_unpublished()
    with writer.next_generation() as con:
        ledger = Ledger(con, run.source.id, run.run_id, writer.store.evidence)
        for attempt in run.attempted:
            ledger.add(attempt)
        ledger.close(report, run.now, Versions.of(run.source, run.rulings), None)
        report.retrievals = ledger.described()
        report.records["total"] = ledger.total()


@dataclass(slots=True)
class _Run:
    """The state of one source's sync while it is under way."""

    writer: Writer
    source: Source
    options: Options
    progress: Told
    report: Report
    run_id: str
    now: datetime
    rulings: Rulings
    attempted: list[Any] = field(default_factory=list)
    ledger: Ledger = field(init=False)

    def execute(self, con: duckdb.DuckDBPyConnection) -> None:
        self._check_options()
        known = known_validators(con, self.source.id, Versions.of(self.source, self.rulings))
        with Fetcher(
            self.writer.work,
            contact=self.options.contact,
            mirror=self.options.mirror,
            known=known,
            conditional=bool(known),
            progress=self.progress,
            private_hosts=self.options.private_hosts,
        ) as fetcher:
            self.attempted = fetcher.attempts
            inputs, payloads = self._gather(con, fetcher)
        if inputs is None:
            self.report.outcome = "unchanged"
            self.report.records["unchanged"] = self.ledger.total()
            self.report.data_as_of = self.ledger.last_data_as_of()
        else:
            self._land(inputs, payloads)
        self.report.retrievals = self.ledger.described()

    def _check_options(self) -> None:
        """Raises UsageError for options that this source would otherwise silently ignore."""
        endings = sorted({ending for resource in self.source.resource for ending in resource.endings})
        for path in self.options.files:
            if not any(handed_in_files(resource, [path]) for resource in self.source.resource):
                step = f"This source takes files ending in {', '.join(endings)}."
                raise UsageError(
                    "the file handed in is of no kind this source takes", source=self.source.id, next_step=step
                )
        dated = any(resource.pattern == "dated" for resource in self.source.resource)
        if (self.options.since or self.options.until) and not dated:
            raise UsageError("--from and --to go with sources by day only", source=self.source.id)

    def _gather(self, con: duckdb.DuckDBPyConnection, fetcher: Fetcher) -> tuple[Inputs | None, list[Payload]]:
        """Fetches and reads every resource; None when all are unchanged. One changed file needs the others again."""
        wanted = groups(self.source)
        fetched = {group[0].name: self._fetch(fetcher, group, []) for group in wanted if group[0].pattern != "keyed"}
        if not any(answer.payloads for pairs in fetched.values() for _, answer in pairs):
            return None, []
        inputs, payloads = Inputs(con, self.source), []
        for group in wanted:
            pairs = fetched.get(group[0].name, [])
            if group[0].pattern == "keyed":
                pairs = self._fetch(fetcher, group, inputs.keys(group[0]), conditional=False)
            elif any(a.outcome == "unchanged" for _, answer in pairs for a in answer.attempts):
                for _, answer in pairs:
                    for payload in answer.payloads:
                        payload.path.unlink(missing_ok=True)
                pairs = self._fetch(fetcher, group, [], conditional=False)
            for resource, answer in pairs:
                for payload in answer.payloads:
                    self._read(con, inputs, resource, payload)
                    payloads.append(payload)
        return inputs, payloads

    def _fetch(
        self, fetcher: Fetcher, group: tuple[Resource, ...], keys: Sequence[str], *, conditional: bool | None = None
    ) -> list[tuple[Resource, Fetched]]:
        before = len(fetcher.attempts)
        try:
            return fetcher.fetch_group(
                self.source,
                group,
                since=self.options.since,
                until=self.options.until,
                keys=keys,
                handed_in=self.options.files,
                conditional=conditional,
            )
        except NotHandedIn:
            if not group[0].optional:
                raise
            return []
        finally:
            for attempt in fetcher.attempts[before:]:
                self.ledger.add(attempt)

    def _read(self, con: duckdb.DuckDBPyConnection, inputs: Inputs, resource: Resource, payload: Payload) -> None:
        table = f"raw_{len(inputs.files)}"
        retrieval_id = self.ledger.id_of(payload.retrieval)
        try:
            for rows in read(con, self.source, resource, payload.path, payload.name, table, work=self.writer.work):
                inputs.add(resource, rows, retrieval_id)
        finally:
            if not self.source.company_only:
                payload.path.unlink(missing_ok=True)

    def _land(self, inputs: Inputs, payloads: list[Payload]) -> None:
        report = self.report
        report.rows["read"] = inputs.rows_read
        if self.options.accept_change is None:
            self._check_bounds(inputs.rows_read)
        candidates = transform(inputs)
        gated = pass_gate(candidates, self.rulings)
        counted = account(gated)
        stamp = inputs.data_as_of()
        report.data_as_of = date.fromisoformat(stamp) if stamp else None
        adapter, folder = adapter_of(self.source), self.writer.store.evidence
        loaded = load(gated, Loading(self.run_id, self.now, report.data_as_of, folder, adapter.version))
        self._tell(counted, loaded)
        evidence = [*loaded.evidence, *self._whole_payloads(counted, payloads), store_adapter(adapter, folder)]
        self.ledger.count(counted, evidence, loaded.lines)

    def _check_bounds(self, rows: int) -> None:
        """Full and rolling sources must stay near their last good size; an empty increment is valid."""
        if self.source.snapshot == "increment":
            return
        bounds, before = self.source.bounds, self.ledger.last_rows_read()
        step = 'What is published stays. If the change is real: sync with --accept-change "why".'
        if rows < bounds.min_rows:
            what = f"{rows} rows, fewer than the {bounds.min_rows} this source must have"
            raise Shrunk(what, source=self.source.id, next_step=step)
        if before and rows < before * (1 - bounds.max_drop):
            what = f"{rows} rows after {before}: a fall over {bounds.max_drop:.0%}"
            raise Shrunk(what, source=self.source.id, next_step=step)
        if before and rows > before * (1 + bounds.max_jump):
            what = f"{rows} rows after {before}: a jump over {bounds.max_jump:.0%}"
            raise Jumped(what, source=self.source.id, next_step=step)

    def _whole_payloads(self, counted: Account, payloads: list[Payload]) -> list[EvidenceFile]:
        """Whole files of a company-only source; none as soon as a row is no record or anything in it was withheld."""
        kept = []
        row = self.ledger.con.execute("SELECT bool_and(whole) FROM profile").fetchone()
        whole = bool(row and row[0])
        for payload in payloads:
            if self.source.company_only and counted.total("mapped") == counted.rows_read and whole:
                kept.append(store_payload(payload.path, self.writer.store.evidence))
            payload.path.unlink(missing_ok=True)
        return kept

    def _tell(self, counted: Account, loaded: Loaded) -> None:
        report = self.report
        report.outcome = "loaded"
        report.rows |= {fate: counted.total(fate) for fate in FATES}
        report.not_a_record = counted.reasons("not_a_record")
        report.withheld = counted.reasons("withheld")
        report.beside = {
            name: counted.reasons(name) for name in ("rejected", "withheld respondent", "joined", "orphan", "issue")
        }
        if loaded.duplicates:
            report.beside["issue"]["several records under one key"] = loaded.duplicates
        report.records |= {
            "added": loaded.added,
            "changed": loaded.changed,
            "removed": loaded.removed,
            "unchanged": loaded.unchanged,
        }


def groups(source: Source) -> list[tuple[Resource, ...]]:
    """Resources in order, alternatives (`one_of`) together."""
    found: dict[str, tuple[Resource, ...]] = {}
    for resource in source.resource:
        name = f"one of {resource.one_of}" if resource.one_of else resource.name
        found[name] = (*found.get(name, ()), resource)
    return list(found.values())
