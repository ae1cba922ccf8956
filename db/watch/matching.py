"""Suppliers of a list matched as a screening does it; again only where a supplier, a name or the method changed."""

from collections.abc import Iterator, Sequence
from contextlib import closing

import duckdb

from db.progress import Told
from db.screen.matching import BANDS, VERSION
from db.screen.parallel import Asked, find_all, generation_of
from db.screen.report import Hit
from db.screen.work import TOGETHER
from db.screen.work import Supplier as Subject
from db.store import Store
from db.watch.lists import Watched
from db.watch.state import State
from ingest.errors import StoreBusy
from ingest.privacy.version import gate_version


def state_of_names(con: duckdb.DuckDBPyConnection) -> str:
    """What matching rests on beside the suppliers: method, tables of words, every company, name, number and place.

    Two generations with the same text give the same matches. Cost: a scan of three tables, and of two columns of the
    records.
    """
    scans = (
        "SELECT bit_xor(hash(company_id, name, country, identifiers, records)) FROM company",
        "SELECT bit_xor(hash(company_id, name, kind)) FROM company_name",
        "SELECT bit_xor(hash(company_id, scheme, value)) FROM company_identifier",
        "SELECT count(*) || ' ' || coalesce(max(changed_at)::VARCHAR, '') FROM record",
    )
    found = [con.execute(sql).fetchall()[0][0] for sql in scans]
    # the engine's own hashes hold for one version of it only
    return " ".join(map(str, (VERSION, gate_version(), duckdb.__version__, *found)))


def matches(store: Store, con: duckdb.DuckDBPyConnection, state: State, names: str, tell: Told) -> dict[int, list[Hit]]:
    """Number of a supplier → what it may be, best first; suppliers without a match are left out."""
    known = names == state.list_.matched_in
    asked = [kept for kept in state.suppliers if not (known and kept.matched)]
    again = {kept.number for kept in asked}
    found: dict[int, list[Hit]] = {}
    for match in state.matches:
        if match.supplier not in again:
            found.setdefault(match.supplier, []).append(match.hit)
    found |= _looked_up(store, con, asked, state.list_.threshold, tell)
    return found


def _looked_up(
    store: Store, con: duckdb.DuckDBPyConnection, asked: Sequence[Watched], threshold: str, tell: Told
) -> dict[int, list[Hit]]:
    headers = tuple(dict.fromkeys(header for kept in asked for header, _ in kept.supplier.numbers))
    with_what = Asked(store.home, generation_of(con), BANDS.index(threshold), headers)
    found: dict[int, list[Hit]] = {}
    try:
        for hits in _found(con, with_what, asked, len(asked), tell):
            found |= hits
    except StoreBusy:
        # a sync published another generation, which the other processes cannot open: this one has its own open
        for hits in _found(con, with_what, asked, 0, tell):
            found |= hits
    return found


def _found(
    con: duckdb.DuckDBPyConnection, with_what: Asked, asked: Sequence[Watched], at_once: int, tell: Told
) -> Iterator[dict[int, list[Hit]]]:
    if not asked:
        return
    batches = (
        (start, [_subject(kept, with_what.id_headers) for kept in asked[start : start + TOGETHER]])
        for start in range(0, len(asked), TOGETHER)
    )
    with closing(find_all(con, with_what, batches, at_once)) as found:
        for start, hits in found:
            yield hits
            tell("suppliers", min(start + TOGETHER, len(asked)), len(asked))


def _subject(kept: Watched, headers: Sequence[str]) -> Subject:
    s = kept.supplier
    cells = dict(s.numbers)
    return Subject(
        kept.number, s.name, s.country, tuple(cells.get(h, "") for h in headers), s.address, s.city, s.postcode
    )
