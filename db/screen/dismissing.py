"""Marks in the work file of a screening which matches analysts dismissed: they count no more, and stay."""

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from db.decisions.standing import Match
from db.screen import findings
from db.screen.decided import Decided
from db.screen.work import ROWS, Work
from ingest import arrow

_PAIR = pa.schema([("subject", pa.int64()), ("company_id", pa.string())])


def dismiss(work: Work, con: duckdb.DuckDBPyConnection, decided: Decided) -> Decided:
    """What was decided about the matches found; table `dismissed` of the work file has those that are dismissed.

    Those are matches judged different, and all with companies of which every record was set aside. Cost: nothing but
    the latter where no match was judged; else linear in the suppliers found.
    """
    judged = decided.suppliers()
    found = (
        [(subject, match) for subject, match in _found(work, decided) if match.supplier_key in judged] if judged else []
    )
    decided = decided.on_matches(con, [match for _, match in found])
    pairs = [(subject, match.company_id) for subject, match in found if decided.dismisses(match)]
    columns = {"subject": [subject for subject, _ in pairs], "company_id": [key for _, key in pairs]}
    work.con.execute("DROP TABLE IF EXISTS dismissed")
    arrow.load(work.con, "dismissed", _PAIR, iter([pa.RecordBatch.from_pydict(columns, schema=_PAIR)]))
    work.con.execute(
        """INSERT INTO dismissed SELECT subject, company_id FROM hit
        WHERE company_id IN (SELECT unnest(?::VARCHAR[])) EXCEPT FROM dismissed""",
        [findings.emptied(con)],
    )
    return decided


def _found(work: Work, decided: Decided) -> Iterator[tuple[int, Match]]:
    """Every match with the number of its supplier."""
    for start in range(0, work.count("subject"), ROWS):
        for subject, name, country, cells, company_ids in work.con.execute(
            """SELECT s.rowid, s.name, s.country, s.ids, list(h.company_id) FROM subject s
            JOIN hit h ON h.subject = s.rowid WHERE s.rowid >= ? AND s.rowid < ? GROUP BY ALL""",
            [start, start + ROWS],
        ).fetchall():
            key = decided.key(name, country, cells)
            yield from ((subject, Match(key, company_id)) for company_id in company_ids)
