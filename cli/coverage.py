"""What an answer was looked for in, for people: in one line, or source by source."""

from typing import TYPE_CHECKING

from cli.render import heading, say, table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from db.status import Coverage, SourceState


def in_short(coverage: "Coverage") -> None:
    """One line: how much was searched, what is stale or failed, what was not searched."""
    parts = [f"Searched {coverage.records:,} records of {_sources(len(coverage.searched))}"]
    for state in ("stale", "failed"):
        ids = [s.source_id for s in coverage.sources if s.state == state and s.source_id in coverage.searched]
        if ids:
            parts.append(f"{state}: {', '.join(ids)}")
    if coverage.not_searched:
        parts.append(f"not searched: {', '.join(coverage.not_searched)}")
    say("; ".join(parts) + ".")


def in_full(query: str, coverage: "Coverage", as_of: "date | None" = None) -> None:
    """What an empty answer means: every source with its age and state, and those that were not searched.

    `as_of`: all of it at the end of that day, UTC.
    """
    if as_of and not coverage.searched:
        heading(f"Nothing to search for “{query}”: by the end of {as_of} (UTC) no source asked had been synced.")
    else:
        known = f", as known at the end of {as_of} (UTC)" if as_of else ""
        searched_in = f"{_sources(len(coverage.searched))} with {coverage.records:,} records"
        heading(f"No record found for “{query}” in {searched_in}{known}.")
    say()
    searched = [state for state in coverage.sources if state.source_id in coverage.searched]
    if searched:
        states(searched)
        say()
    say(f"Not searched: {', '.join(coverage.not_searched) or 'no source of the catalogue'}.")


def states(found: "Iterable[SourceState]") -> None:
    """Sources with records, data as of, last good retrieval and state."""
    table(
        ("source", "records", "data as of", "retrieved", "state", "why"),
        [
            (s.source_id, s.records, s.data_as_of or "unknown", s.retrieved_at or "unknown", s.state, s.why)
            if s.loaded_at
            else (s.source_id, s.records, "", "", s.state, s.why)
            for s in found
        ],
    )


def _sources(n: int) -> str:
    return f"{n} source{'' if n == 1 else 's'}"
