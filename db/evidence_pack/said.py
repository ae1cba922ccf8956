"""What analysts said of the records of a pack, in sentences: disputes and judgements, without who they are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from db.decisions.kept import Decisions, dispute_sentence, judgement_sentence
from ingest.catalog import Source

_SOMEBODY: Final = "an analyst"
"""A pack goes to others: who works here does not concern them."""
Row = Mapping[str, Any]


def disputes_of(home: Path, records: Sequence[Row], sources: Mapping[str, Source]) -> dict[str, list[str]]:
    """Record id → its disputes, each with the agency's own channel for corrections."""
    found = Decisions(home).disputes(_shown(records))
    return {
        record_id: [
            dispute_sentence(replace(dispute, made_by=_SOMEBODY), sources.get(record_id.partition(":")[0]))
            for dispute in disputes
        ]
        for record_id, disputes in sorted(found.items())
    }


def judgements_of(home: Path, records: Sequence[Row]) -> dict[str, list[str]]:
    """Record id → judgements in force on whether it is about the company it stands under."""
    found = Decisions(home).on_records(_shown(records))
    return {
        record_id: [judgement_sentence(replace(judgement, made_by=_SOMEBODY)) for judgement in judgements]
        for record_id, judgements in sorted(found.items())
    }


def _shown(records: Sequence[Row]) -> set[str]:
    return {record["record_id"] for record in records if "versions" in record}
