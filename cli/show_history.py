"""The history of a record as text: each version with what it changed and the retrievals that showed it."""

from typing import TYPE_CHECKING

from cli.render import facts, heading, plain, say

if TYPE_CHECKING:
    from db.history import Removal, Showing, Version
    from db.show.record import HistoryFile


def print_history(file: "HistoryFile") -> None:
    """Every version, the first one first."""
    heading(f"{file.record_id}  {file.company_name}: {len(file.versions):,} version{'s' * (len(file.versions) != 1)}")
    for version in file.versions:
        _print_version(version, present=version is file.versions[-1])


def _print_version(version: "Version", *, present: bool) -> None:
    from db.history import change_in_words

    say()
    last = ", the last one" if version.removal else ", the present one"
    heading(f"Version {version.version}, since {plain(version.changed_at)}{last * present}")
    for remark in version.remarks:
        say(f"  {remark}")
    for change in version.changes:
        for line in change_in_words(change):
            say(f"  {line}")
    facts(
        [
            ("first shown", _shown(version.first)),
            ("last shown", _shown(version.last)),
            ("replaced", version.superseded_at),
            ("data as of", version.data_as_of),
            ("adapter", version.adapter_version),
        ]
    )
    if version.removal:
        say(f"  {_vanished(version.removal)}")


def _vanished(removal: "Removal") -> str:
    return (
        f"{removal.removal}: last shown by {_shown(removal.last)}; missing in {_shown(removal.missed)}, "
        f"synced {plain(removal.removed_at)}"
    )


def _shown(showing: "Showing | None") -> str:
    if showing is None:
        return "a retrieval not on record"
    when = plain(showing.retrieved_at) if showing.retrieved_at else f"time unknown, synced {plain(showing.synced_at)}"
    return f"retrieval {showing.retrieval_id} ({when})"
