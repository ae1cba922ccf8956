"""Purge: records taken out of the home for good, with every version, original row and name that leads to them.

Tombstones come first, so that nothing can come back; then a generation that never held the records; then the old files
go. What a repair set aside goes before. Killed in between, the next sync, purge or reader finishes it, and asking for
the same purge again does no harm.
"""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import duckdb

from db.analyst import ERASED, Analyst, Reason, mentions
from db.companies import refresh_companies
from db.erase import Erased, erase_evidence, erase_other_names, erase_records, start_erasing
from db.home import ASIDE
from db.store import Store
from ingest import arrow
from ingest.catalog import Source
from ingest.errors import StoreError, UsageError
from ingest.model import DAY_SQL
from ingest.privacy.rulings import name_key
from ingest.privacy.trading import respondents


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants purged. `with_name`: also whatever else bears a name of these respondents, in any source.

    `names`: whatever bears one of these, though no record does: a rule or a reason that an analyst wrote.
    """

    record_ids: tuple[str, ...] = ()
    company_id: str | None = None
    with_name: bool = False
    names: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Doomed:
    """One record that goes, and why; nothing of what it says."""

    record_id: str
    source_id: str
    native_id: str
    kind: str
    date: date | None
    versions: int
    because: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What a purge takes: records, and names from the other names of records that stay. `names` get tombstones."""

    records: tuple[Doomed, ...]
    names: tuple[str, ...] = field(default=(), repr=False)
    spellings: tuple[str, ...] = field(default=(), repr=False)

    @property
    def record_ids(self) -> frozenset[str]:
        """Ids of the records."""
        return frozenset(doomed.record_id for doomed in self.records)


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did. Counts only."""

    records: tuple[str, ...]
    versions: int
    versions_without_the_name: int
    tombstones: int
    texts: int
    """Rules of analysts erased, and their reasons that lost their text, because they name whom the purge is about."""
    evidence: Erased


def select(con: duckdb.DuckDBPyConnection, asked: Asked, database: str = "") -> Selection:
    """What the purge would take, by record id. `database` is a prefix, as "gen.", or empty for the connection's own.

    Records that share the agency's key with one of them (`K`, `K#2`) go too: the tombstone stands on that key. Raises
    UsageError for an id that is not known. Cost: scans of record; `with_name` folds every distinct name.
    """
    record, history = f"{database}record", f"{database}record_history"
    because: dict[str, str] = {}

    def add(why: str, sql: str, given: object) -> None:
        for (record_id,) in con.execute(sql, [given]).fetchall():
            because.setdefault(record_id, why)

    wanted = "record_id IN (SELECT unnest(?::VARCHAR[]))"
    add("asked for", f"SELECT record_id FROM {record} WHERE {wanted}", list(asked.record_ids))
    if unknown := sorted({*asked.record_ids} - because.keys()):
        step = "Ids stand in `trackrecord show COMPANY_ID`."
        raise UsageError(f"no record `{unknown[0][:200]}`", next_step=step)
    if asked.company_id is not None:
        of_company = f"FROM {record} WHERE company_id = ?"
        if con.execute(f"SELECT 1 {of_company} LIMIT 1", [asked.company_id]).fetchone() is None:
            step = "Find ids with `trackrecord search NAME`."
            raise UsageError(f"no company `{asked.company_id[:200]}`", next_step=step)
        add("of the company", f"SELECT record_id {of_company}", asked.company_id)
    names, spellings = [*asked.names], []
    borne = _borne(database)
    if asked.with_name:
        rows = con.execute(f"SELECT DISTINCT name FROM ({borne}) WHERE {wanted}", [list(because)]).fetchall()
        names = sorted({*names, *(name for (name,) in rows if name_key(name))})
    if names:
        spellings = _spellings(con, f"SELECT DISTINCT name FROM ({borne})", {name_key(name) for name in names})
        bearing = f"SELECT record_id FROM ({borne}) WHERE stated AND name IN (SELECT unnest(?::VARCHAR[]))"
        add("same name", bearing, spellings)
    add(
        "same key of the agency",
        f"""WITH chosen AS (SELECT DISTINCT source_id, {_key("native_id")} AS key FROM {record} WHERE {wanted})
        SELECT r.record_id FROM {record} r JOIN chosen c ON c.source_id = r.source_id AND c.key = {_key("r.native_id")}
        WHERE EXISTS (SELECT 1 FROM {record} b WHERE b.source_id = c.source_id AND b.native_id = c.key)""",
        list(because),
    )
    rows = con.execute(
        f"""SELECT record_id, source_id, native_id, kind, {DAY_SQL}, 1 + coalesce(h.n, 0) FROM {record}
        LEFT JOIN (SELECT record_id, count(*) AS n FROM {history} GROUP BY 1) h USING (record_id)
        WHERE {wanted} ORDER BY source_id, record_id""",
        [list(because)],
    ).fetchall()
    records = tuple(
        Doomed(record_id, source_id, native_id, kind, day, versions, because[record_id])
        for record_id, source_id, native_id, kind, day, versions in rows
    )
    return Selection(records, tuple(names), tuple(spellings))


def _borne(database: str) -> str:
    """SQL for every name of every version, and whether it is that of the respondent."""
    return " UNION ALL ".join(
        f"""SELECT record_id, company_name AS name, true AS stated FROM {database}{table} UNION ALL
        SELECT record_id, unnest(list_transform(names, lambda n: n.name)), false FROM {database}{table}"""
        for table in ("record", "record_history")
    )


def _key(column: str) -> str:
    """SQL for the agency's key of a native id: without the number of a record that shares it."""
    return f"regexp_replace({column}, '#[1-9][0-9]*$', '')"


def _spellings(con: duckdb.DuckDBPyConnection, names: str, keys: set[str]) -> list[str]:
    """The names, out of those that the SQL gives, that the gate would withhold once these keys have a tombstone."""
    found: list[str] = []
    for batch in arrow.batches_apart(con, f"SELECT name FROM ({names}) WHERE name IS NOT NULL"):
        names_given = batch.column("name").to_pylist()
        found += [name for name in names_given if any(name_key(part) in keys for part in (name, *respondents(name)))]
    return sorted(found)


def _forgotten(con: duckdb.DuckDBPyConnection, chosen: Selection) -> list[str]:
    """Names that nothing stored bears any more once these records are gone."""
    rows = con.execute(
        f"""SELECT name FROM ({_borne("gen.")}) GROUP BY name
        HAVING bool_and(record_id IN (SELECT unnest(?::VARCHAR[]))) AND name IS NOT NULL""",
        [sorted(chosen.record_ids)],
    ).fetchall()
    return sorted({*chosen.names, *(name for (name,) in rows)})


def _erase_reasons(con: duckdb.DuckDBPyConnection, names: list[str]) -> int:
    """Takes the reasons for accepting a change that mention one of the names out of the books of the runs."""
    rows = con.execute("SELECT run_id, accepted_change FROM gen.run WHERE accepted_change IS NOT NULL").fetchall()
    found = [run_id for run_id, text in rows if mentions(text, names)]
    con.execute("UPDATE gen.run SET accepted_change = ? WHERE list_contains(?, run_id)", [ERASED, found])
    con.execute("INSERT INTO erasing.reworded SELECT unnest(?::VARCHAR[])", [found])
    return len(found)


def purge(
    store: Store,
    asked: Asked,
    *,
    reason: Reason,
    by: str,
    sources: Mapping[str, Source],
    shown: Iterable[str] | None = None,
) -> Purged:
    """Erases what is asked for and publishes a generation that never held it. Takes the writer's lock (StoreBusy).

    `shown`: the record ids somebody agreed to; UsageError when others would go by now. Readers that have the old
    generation open keep reading it; its file is unlinked, so its bytes go when the last of them closes.
    Cost: the published generation is copied twice, the evidence of the sources concerned is read once.
    """
    try:
        with store.writing() as writer, writer.next_generation() as con:
            chosen = select(con, asked, "gen.")
            if shown is not None and not chosen.record_ids <= {*shown}:
                raise UsageError("other records would go by now than were shown", next_step="Ask for the purge again.")
            keys = [(doomed.source_id, doomed.native_id) for doomed in chosen.records]
            forgotten = _forgotten(con, chosen)
            texts = Analyst(store.home).forget(forgotten)
            tombstones = Analyst(store.home).purge(records=keys, names=chosen.names, reason=reason, by=by)
            start_erasing(con)
            texts += _erase_reasons(con, forgotten)
            # a damaged generation cannot be asked whom it holds
            shutil.rmtree(store.home / ASIDE, ignore_errors=True)
            con.execute("CREATE TABLE touched (company_id VARCHAR)")
            con.execute("CREATE TABLE going AS SELECT unnest(?::VARCHAR[]) AS record_id", [sorted(chosen.record_ids)])
            erase_records(con, "SELECT record_id FROM going")
            stripped = erase_other_names(con, chosen.spellings) if chosen.spellings else 0
            evidence = erase_evidence(con, store.evidence, sources)
            refresh_companies(con)
    except (OSError, duckdb.Error) as error:
        what = error.strerror if isinstance(error, OSError) else f"the engine failed ({type(error).__name__})"
        step = "Mend that and sync or purge again: either begins by removing what is left of an erasure."
        raise StoreError(f"the purge is not complete: {what}", where=str(store.home), next_step=step) from None
    versions = sum(doomed.versions for doomed in chosen.records)
    return Purged(tuple(sorted(chosen.record_ids)), versions, stripped, tombstones, texts, evidence)
