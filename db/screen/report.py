"""The lines of a screening report: every input row with its matches, or with what it means that there is none."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from db.as_of import NO_LONGER
from db.screen.decided import Decision
from db.screen.findings import Company
from db.status import Coverage, SourceState

MATCH_COLUMNS = (
    "result", "match", "band", "name score", "company", "name that matched", "company country", "company id",
    "identifiers", "why", "records", "no longer published", "cleared or withdrawn", "records by kind", "in force",
    "last date", "amounts", "links", "sources", "match id", "decision", "disputed records",
)  # fmt: skip
"""Columns behind those of the input; `name score` says how alike two names are, nothing about the company."""

FOUND, NONE_FOUND, NOT_SCREENED = "possible records", "no record found", "not screened"
GONE = NO_LONGER
NOT_STATED = "not stated"
"""In force: the dates of the records do not say."""
DISMISSED = "dismissed"
DECISION = MATCH_COLUMNS.index("decision")


@dataclass(frozen=True, slots=True)
class Hit:
    """One company that a supplier may be; `met` is the name that matched, `why` the reasons in words."""

    company_id: str
    met: str
    band: str
    score: float
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the input: `row` is its number in the file; `problem` says why it could not be screened.

    Each match with what analysts decided about it, dismissed ones last. `tombstones`: ids of companies with what is
    left to say of their records, where asked for. `warning`: numbers of the row that were not used.
    """

    row: int
    cells: Sequence[str]
    matches: Sequence[tuple[Hit, Company, Decision]]
    problem: str = ""
    warning: str = ""
    tombstones: Sequence[tuple[str, str]] = ()

    @property
    def hits(self) -> int:
        """Matches that nobody dismissed."""
        return sum(not decision.dismissed for _, _, decision in self.matches)


def nil(coverage: Coverage, as_of: date | None) -> str:
    """What `no record found` rests on, in one sentence; goes with every supplier without a match."""
    searched = [state for state in coverage.sources if state.source_id in coverage.searched]
    parts = [f"searched {coverage.records:,} records of {len(searched)} sources"]
    if as_of:
        parts.append(f"as known on {as_of}")
    parts += [f"data as of: {', '.join(f'{s.source_id} {_age(s)}' for s in searched)}"] if searched else []
    for state in ("stale", "failed"):
        ids = ", ".join(s.source_id for s in searched if s.state == state)
        parts += [f"{state}: {ids}"] if ids else []
    parts += [f"not searched: {', '.join(coverage.not_searched)}"] if coverage.not_searched else []
    return "; ".join(parts) + ". Persons and sole traders are not in this database."


def _age(state: SourceState) -> str:
    seen = state.data_as_of or (state.retrieved_at.date() if state.retrieved_at else None)
    return seen.isoformat() if seen else "of unknown age"


def match_cells(line: Line, nothing: str) -> Iterator[tuple[Any, ...]]:
    """The cells of MATCH_COLUMNS, one tuple per match, or one that says that there is none; then the tombstones."""
    blank: tuple[Any, ...] = ("",) * (len(MATCH_COLUMNS) - 10)
    if not line.matches:
        result, why = (NOT_SCREENED, line.problem) if line.problem else (NONE_FOUND, nothing)
        yield (result, 0, "", "", "", "", "", "", "", _with(why, line.warning), *blank)
    for at, (hit, company, decision) in enumerate(line.matches, 1):
        yield (
            DISMISSED if decision.dismissed else FOUND,
            at,
            hit.band,
            round(hit.score, 3),
            company.name,
            hit.met,
            (company.country or "").upper(),
            company.company_id,
            "; ".join(company.identifiers),
            _with("; ".join(hit.why), line.warning),
            company.records,
            company.removed + company.unpublished,
            company.not_adverse,
            "; ".join(f"{kind}: {n}" for kind, n in company.by_kind),
            NOT_STATED if company.in_force is None else company.in_force,
            company.last_on,
            "; ".join(_money(*amount) for amount in company.amounts),
            " ".join(company.links),
            "; ".join(company.sources),
            decision.match_id,
            decision.said,
            "; ".join(company.disputed),
        )
    for company_id, said in line.tombstones:
        yield (GONE, "", "", "", "", "", "", company_id, "", said, *blank)


def _with(why: str, warning: str) -> str:
    return f"{why}; {warning}" if why and warning else why or warning


def as_json(line: Line, headers: Sequence[str], nothing: str) -> dict[str, Any]:
    """One row of the input with its matches, for JSON Lines."""
    matches = []
    for hit, found, decision in line.matches:
        matches.append(
            {
                "band": hit.band,
                "name_score": round(hit.score, 3),
                "name_that_matched": hit.met,
                "why": list(hit.why),
                "company": {
                    "company_id": found.company_id,
                    "name": found.name,
                    "country": found.country,
                    "identifiers": list(found.identifiers),
                    "records": found.records,
                    "removed": found.removed,
                    "unpublished": found.unpublished,
                    "not_adverse": found.not_adverse,
                    "by_kind": dict(found.by_kind),
                    "in_force": found.in_force,
                    "last_on": found.last_on,
                    "amounts": [{"kind": k, "currency": c, "value": v} for k, c, v in found.amounts],
                    "links": list(found.links),
                    "sources": list(found.sources),
                },
                "match_id": decision.match_id,
                "decision": _decision_json(decision),
                "disputed_records": list(found.disputed),
            }
        )
    found_any = FOUND if line.hits else DISMISSED if matches else NONE_FOUND
    result = NOT_SCREENED if line.problem else found_any
    more: dict[str, Any] = {} if matches else {"meaning": line.problem or nothing}
    if line.warning:
        more["warning"] = line.warning
    if line.tombstones:
        more["no_longer_published"] = [{"company_id": key, "says": said} for key, said in line.tombstones]
    given = dict(zip(headers, line.cells, strict=True))
    return {"row": line.row, "input": given, "result": result, "matches": matches, **more}


def _decision_json(decision: Decision) -> dict[str, Any] | None:
    stands = decision.standing
    said = {
        "dismissed": decision.dismissed,
        "says": decision.said,
        "records_not_its": decision.set_aside,
    }
    if stands is None:
        return said if decision.said else None
    names = ("verdict", "since", "by", "why", "changed", "new_records")
    return said | {name: getattr(stands, name) for name in names}


def money(amounts: Sequence[dict[str, Any]] | None) -> str:
    """The amounts of one record, each with kind and currency."""
    return "; ".join(_money(a["kind"], a["currency"] or "currency not stated", a["value"]) for a in amounts or ())


def _money(kind: str, currency: str, value: Decimal | None) -> str:
    return f"{kind} {value:,.2f} {currency}" if value is not None else f"{kind}: not stated"
