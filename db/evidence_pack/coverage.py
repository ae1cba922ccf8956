"""What was searched for a pack: every source, its state, how old its data are, and the periods it does not cover."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import duckdb

from db.evidence_pack.plain import plain
from db.rows import rows_of
from db.status import STALE_AFTER_DAYS, source_states
from ingest.catalog import Source

_MOST_GAPS = 5
_FOLDER = re.compile(r" \((?!https?://)[^()]*[/\\][^()]*\)")
"""The place of an error sentence, where it is a file or folder and no address."""


def coverage_lines(
    con: duckdb.DuckDBPyConnection, sources: Mapping[str, Source], now: datetime
) -> list[dict[str, Any]]:
    """One object per source of the catalogue and of the database; `now` is UTC with zone.

    `remarks`: its state in words, what its last file held, what was withheld or unreadable in it, and gaps.
    """
    runs: dict[str, list[dict[str, Any]]] = {}
    for run in rows_of(con, "SELECT run_id, source_id, started_at, outcome FROM run ORDER BY started_at, rowid", []):
        runs.setdefault(run["source_id"], []).append(run)
    counted = _counted(con)
    lines = []
    for state in source_states(con, sources.values(), now):
        mine, source = runs.get(state.source_id, []), sources.get(state.source_id)
        names = ("source_id", "title", "publisher", "state", "data_as_of", "retrieved_at", "loaded_at", "last_run_at")
        said = [state.why, *([f"error: {_happened(state.error)}"] if state.error and state.state == "failed" else [])]
        said += counted.get(state.source_id, [])
        said += _gaps(mine, STALE_AFTER_DAYS[source.cadence if source else "irregular"])
        lines.append(
            {
                **{name: plain(getattr(state, name)) for name in names},
                "searched": state.loaded_at is not None,
                "remarks": said,
            }
        )
    return lines


def _happened(error: str) -> str:
    """What happened, without what its user could do about it and without paths of his computer."""
    return _FOLDER.sub("", error.partition(". ")[0].rstrip("."))


def _counted(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Source → what became of the rows of its last file that loaded, in words."""
    found: dict[str, list[str]] = {}
    for row in rows_of(
        con,
        """WITH last AS (SELECT source_id, arg_max(run_id, started_at) AS run_id FROM run WHERE outcome = 'loaded'
                         GROUP BY source_id)
        SELECT source_id, sum(n) FILTER (fate = 'mapped')::BIGINT AS mapped,
               sum(n) FILTER (fate = 'withheld')::BIGINT AS withheld,
               sum(n) FILTER (fate = 'rejected')::BIGINT AS rejected
        FROM last JOIN tally USING (run_id) GROUP BY source_id""",
        [],
    ):
        words = [f"{row['mapped'] or 0:,} rows of its last file became records"]
        words += [f"{row['withheld']:,} were withheld: they may be about persons"] if row["withheld"] else []
        words += [f"{row['rejected']:,} could not be read"] if row["rejected"] else []
        found[row["source_id"]] = words
    return found


def _gaps(runs: list[dict[str, Any]], days: int) -> list[str]:
    """Periods longer than `days` without a good retrieval, and how many runs failed."""
    good = [run["started_at"] for run in runs if run["outcome"] != "failed"]
    spans = [
        f"no good retrieval between {before:%Y-%m-%d} and {after:%Y-%m-%d}"
        for before, after in pairwise(good)
        if after - before > timedelta(days=days)
    ]
    failed = len(runs) - len(good)
    start = [f"first searched on {good[0]:%Y-%m-%d}"] if good else []
    more = [f"and {len(spans) - _MOST_GAPS} more such gaps"] if len(spans) > _MOST_GAPS else []
    return [*start, *spans[-_MOST_GAPS:], *more, *([f"{failed:,} of {len(runs):,} syncs failed"] if failed else [])]
