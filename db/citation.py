"""A record in one paragraph as it is cited, made of what is stated alone: in an answer and in a pack the same.

In the order lawyers and auditors are used to: authority, title of the data set, matter, respondent, date, status in the
agency's words, address, retrieval, proof, the record's id here; then what must not be overlooked.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

_DATES = (
    ("issued_on", "issued"), ("final_on", "final"), ("published_on", "published"), ("effective_from", "in force from"),
    ("opened_on", "opened"), ("status_on", "status of"),
)  # fmt: skip
"""By which day a record is cited, the first that is stated, and what the day is."""
_OF_RETRIEVAL = ("retrieval_id", "url", "retrieved_at", "via", "sha256", "chain_hash")


def parts_of(
    record: Mapping[str, Any],
    *,
    authority: str,
    title: str,
    retrievals: Iterable[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    remarks: Sequence[str],
    disputes: Sequence[str],
) -> dict[str, Any]:
    """What a citation is made of. `record`: columns by name, those that are stated at least.

    `retrievals`: with their columns, times with zone; `rows`: where in the files it stands (row, and member if any).
    """
    dated = next(((words, record[name]) for name, words in _DATES if record.get(name)), None)
    return {
        "authority": authority,
        "title": title,
        "list": record.get("list_id"),
        "kind": record["kind"],
        "agency_type": record.get("agency_type"),
        "case": record.get("case_id"),
        "decision": record.get("decision_id"),
        "respondent": record["company_name"],
        "role": record.get("role"),
        "date": dated[1] if dated else None,
        "date_is": dated[0] if dated else None,
        "status": record["status"],
        "status_on": record.get("status_on"),
        "status_as_published": record.get("status_as_published"),
        "url": record.get("document_url") or record.get("source_url"),
        "retrievals": [{name: given[name] for name in _OF_RETRIEVAL} for given in retrievals],
        "rows": rows,
        "row_hash": record["row_hash"],
        "record_id": record["record_id"],
        "version": record["version"],
        "changed_at": record["changed_at"],
        "remarks": remarks,
        "disputes": disputes,
    }


def paragraph(parts: Mapping[str, Any]) -> str:
    """The paragraph of `parts_of`."""
    what = parts["kind"] + (f" (“{parts['agency_type']}”)" if parts["agency_type"] else "")
    about = parts["respondent"] + (f" ({parts['role']})" if parts["role"] else "")
    status = f"status “{parts['status_as_published']}” ({parts['status']})" if parts["status_as_published"] else ""
    matter = [
        f"{parts['authority']}, “{parts['title']}”",
        _given("list ", parts["list"]),
        what,
        _given("case ", parts["case"]),
        _given("decision ", parts["decision"]),
        about,
        f"{parts['date_is']} {parts['date']}" if parts["date"] else "undated",
        (status or f"status {parts['status']}") + _given(" since ", parts["status_on"]),
    ]
    own = [
        *(_retrieved(retrieval) for retrieval in parts["retrievals"]),
        f"{_rows(parts['rows'])}, SHA-256 {parts['row_hash']}",
    ]
    last = [*parts["remarks"], *(sentence.rstrip(".") for sentence in parts["disputes"])]
    sentences = [
        ", ".join(filter(None, matter)),
        _given("", parts["url"]),
        *map(_capital, own),
        f"trackrecord {parts['record_id']}, version {parts['version']} of {shown_day(parts['changed_at'])}",
        *map(_capital, last),
    ]
    return ". ".join(filter(None, sentences)) + "."


def shown_day(moment: datetime) -> str:
    """The day of a time."""
    return f"{moment:%Y-%m-%d}"


def _retrieved(retrieval: Mapping[str, Any]) -> str:
    """When and whence a file came, and its hash."""
    at = retrieval["retrieved_at"]
    when = f"retrieved {at:%Y-%m-%d %H:%M} UTC" if at else "retrieval time unknown"
    return f"{when}, {retrieval['url']}, SHA-256 {retrieval['sha256'] or 'unknown'}"


def _rows(places: Iterable[Mapping[str, Any]]) -> str:
    """Where in the files the record stands."""
    found: dict[str, list[str]] = {}
    for place in places:
        found.setdefault(place.get("member") or "the file", []).append(str(place["row"]))
    return ", ".join(f"row{'s' * (len(rows) > 1)} {', '.join(rows)} of {member}" for member, rows in found.items())


def _given(words: str, value: object) -> str:
    return f"{words}{value}" if value else ""


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
