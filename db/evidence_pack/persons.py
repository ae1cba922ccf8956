"""The gate over a finished pack: nothing in it may name a person. What is found is counted by kind, never repeated."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from db.decisions.named_in_text import names_person
from ingest.privacy.care_of import clean_care_of
from ingest.privacy.gate import judge_under
from ingest.privacy.numbers import by_number_in_name
from ingest.privacy.rulings import Rulings
from ingest.privacy.verdict import Subject

_TYPED: Final = "source type: "
_TEXTS: Final = ("role", "agency_type", "legal_basis", "summary", "status_as_published")
"""Columns of prose. In those of agencies' own numbers and addresses, numbers say nothing of persons."""
_ELEVEN_DIGITS: Final = re.compile(r"(?<![\d./-])\d{11}(?![\d./-])")
"""A Brazilian's number without its signs; elsewhere the number of an article."""
Row = Mapping[str, Any]


def persons_in(
    records: Sequence[Row],
    rulings: Mapping[str, Rulings],
    *,
    withheld: int,
    retrievals: Iterable[Row],
    remarks: Iterable[str],
) -> Counter[str]:
    """What may name a person, counted by where it stands; empty for a pack that may be written.

    `withheld`: respondents of the original rows that the gate withholds; `remarks`: what analysts wrote. Cost: one
    verdict per distinct name.
    """
    found: Counter[str] = Counter()
    if withheld:
        found["respondents of original rows"] = withheld
    versions = [(record["source_id"], version["says"], version.get("gate_reason", ""))
                for record in records for version in record.get("versions", ())]  # fmt: skip
    companies = set()
    for source_id in {source_id for source_id, _, _ in versions}:
        mine = [(says, reason) for source, says, reason in versions if source == source_id]
        subjects = list(dict.fromkeys(subject for says, reason in mine for subject in _subjects(says, reason)))
        verdicts = judge_under(rulings.get(source_id, Rulings()), subjects)
        found["names of records"] += sum(not verdict.passes for verdict in verdicts)
        companies |= {subject.name for subject, verdict in zip(subjects, verdicts, strict=True) if verdict.passes}
    for source_id, says, _ in versions:
        parts = [place.get(name) for place in says.get("addresses", ()) for name in ("text", "city", "region")]
        found["addresses"] += sum(clean_care_of(part) != part for part in parts if part)
        texts = [str(says[name]) for name in _TEXTS if name in says]
        texts += [str(event.get("note") or "") for event in says.get("events", ())]
        if not source_id.startswith("br_") and says.get("country") != "br":
            texts = [_ELEVEN_DIGITS.sub(" ", text) for text in texts]
        found["texts of records"] += sum(map(_has_number, texts))
    for row in retrievals:
        handed_in = str(row["url"]).startswith("file:") and names_person(str(row["url"]).removeprefix("file:"))
        found["addresses of retrievals"] += bool(handed_in) or _has_number(f"{row['url']} {row['final_url']}")
    found["remarks of analysts"] = sum(names_person(text, companies) is not None for text in remarks)
    return +found


def _subjects(says: Row, reason: str) -> list[Subject]:
    """The respondent and its other names, as the gate judged them; what the source called it stands in the reason."""
    declared = reason.removeprefix(_TYPED) if reason.startswith(_TYPED) else None
    numbers = tuple((number["scheme"], number["value"]) for number in says.get("identifiers", ()))
    respondent = Subject(says["company_name"], says.get("country"), declared, numbers)
    return [
        respondent,
        *(Subject(name["name"], says.get("country"), declared, ()) for name in says.get("names", ())),
    ]


def _has_number(text: str) -> bool:
    return by_number_in_name(text, None) is not None
