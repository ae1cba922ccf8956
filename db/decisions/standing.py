"""Where judgements stand today: a match judged different stays dismissed until the record or the supplier changes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

import duckdb
import pyarrow as pa

from db.decisions.kept import Decisions, judgement_sentence
from db.decisions.rested_on import differing_sql, party_sql, said_sql
from db.decisions.rows import Judgement, Verdict, match_id
from db.resolve.present import has_links
from db.screen.asking import hand_over

SUPPLIER_CHANGED: Final = "the list states another name, country or number of the supplier"
_NAMED = 3
"""Records named in words about what changed; more are counted."""
_JUDGED = pa.schema([(name, pa.string()) for name in ("record_id", "party_id", "said")]).insert(
    0, pa.field("judgement", pa.int64())
)
_PAIR = pa.schema([("judgement", pa.int64()), ("company_id", pa.string())])


class Match(NamedTuple):
    """A supplier and the company it may be; `reference`: what `reference_key` gives for the user's name of it."""

    supplier_key: str
    company_id: str
    reference: str = ""

    @property
    def id(self) -> str:
        """The id that reports show."""
        return match_id(self.supplier_key, self.company_id)


@dataclass(frozen=True, slots=True)
class Standing:
    """What analysts' judgements on one match or record come to; `contested`: they disagree.

    `changed`: what is no longer as it was when it was judged different. `new_records`: of respondents that were there,
    published since. `judgements` in force, oldest first; `since`, `by` and `why` are of the one that counts.
    """

    verdict: Verdict | Literal["contested"]
    since: datetime
    by: str
    why: str
    changed: str | None
    new_records: int
    judgements: tuple[Judgement, ...]

    @property
    def dismissed(self) -> bool:
        """Whether it was judged different, nobody disagrees, and nothing has changed."""
        return self.verdict == "different" and self.changed is None

    def sentence(self) -> str:
        """All of it in words."""
        said = "; ".join(judgement_sentence(judgement) for judgement in self.judgements)
        if self.verdict == "contested":
            return f"contested: {said}"
        if self.changed is not None:
            return f"changed since dismissed: {self.changed}; {said}"
        if self.new_records:
            return f"{said}; {_number(self.new_records, 'new record')} under a dismissed match"
        return said


class _Found(NamedTuple):
    """A judgement's records now: those that say something else, those of respondents that were not there, others."""

    changed: list[str]
    strangers: list[str]
    more: int


def standing(
    con: duckdb.DuckDBPyConnection, decisions: Decisions, matches: Iterable[Match]
) -> dict[tuple[str, str], Standing]:
    """(supplier key, company id) of every match that was judged → where that stands.

    A judgement holds for the company that has any of the records it rested on, whatever its id is now. One on a
    supplier known by its reference alone is of a supplier that changed. Cost: linear in the matches; two scans of
    record.record_id and company_id, and one of what the companies judged have on record.
    """
    by_supplier: dict[str, list[Judgement]] = {}
    for judgement in decisions.judgements(in_force=True):
        for key in filter(None, (judgement.supplier_key, judgement.reference)):
            by_supplier.setdefault(key, []).append(judgement)
    asked = {
        match: list({j.number: j for key in (match[0], match[2]) for j in by_supplier.get(key, ())}.values())
        for match in matches
        if match.supplier_key in by_supplier or match.reference in by_supplier
    }
    if not asked:
        return {}
    rested = decisions.rested_on({judgement.number for found in asked.values() for judgement in found})
    hand_over(con, "judged", _JUDGED, [(number, *rest) for number, rests in rested.items() for rest in rests])
    own = {(judgement.number, judgement.company_id) for found in asked.values() for judgement in found}
    hand_over(con, "judged_company", _PAIR, sorted(own))
    pairs = {(judgement.number, match.company_id) for match, found in asked.items() for judgement in found}
    hand_over(con, "asked_pair", _PAIR, sorted(pairs))
    now, words = _now(con), _fields(con)
    stands = {}
    for match, found in asked.items():
        holding = [judgement for judgement in found if (judgement.number, match.company_id) in now]
        exact = [judgement for judgement in holding if judgement.supplier_key == match.supplier_key]
        if holding:
            facts = {j.number: _changes(now[j.number, match.company_id], words.get(j.number, {})) for j in holding}
            if not exact:
                facts = {
                    number: ("; ".join(filter(None, (SUPPLIER_CHANGED, text))), more)
                    for number, (text, more) in facts.items()
                }
            stands[match.supplier_key, match.company_id] = _stands(exact or holding, facts)
    return stands


def record_standing(
    con: duckdb.DuckDBPyConnection, decisions: Decisions, record_ids: Collection[str] | None = None
) -> dict[str, Standing]:
    """Record id → where the judgements on whether it is about its company stand; of these records, or of all judged.

    One that says something else by now, or stands under another company, is judged no more.
    """
    judged = decisions.on_records(record_ids)
    if not judged:
        return {}
    rested = decisions.rested_on({judgement.number for found in judged.values() for judgement in found})
    hand_over(con, "judged", _JUDGED, [(number, *rest) for number, rests in rested.items() for rest in rests])
    own = {(judgement.number, judgement.company_id) for found in judged.values() for judgement in found}
    hand_over(con, "judged_company", _PAIR, sorted(own))
    words = _fields(con)
    redirected = "SELECT 1 FROM company_redirect w WHERE w.old_id = c.company_id AND w.company_id = r.company_id"
    facts: dict[int, tuple[str | None, int]] = {}
    for number, record_id, same, stays in con.execute(
        f"""SELECT j.judgement, j.record_id, j.said = {said_sql("r")},
            r.company_id = c.company_id{f" OR EXISTS ({redirected})" if has_links(con) else ""}
        FROM judged j JOIN judged_company c USING (judgement) JOIN record r USING (record_id)"""
    ).fetchall():
        changed = None if same else _changes(_Found([record_id], [], 0), words.get(number, {}))[0]
        moved = None if stays else "it stands under another company now"
        facts[number] = "; ".join(filter(None, (changed, moved))) or None, 0
    known = {key: [j for j in found if j.number in facts] for key, found in judged.items()}
    return {key: _stands(found, facts) for key, found in known.items() if found}


def _now(con: duckdb.DuckDBPyConnection) -> dict[tuple[int, str], _Found]:
    """(judgement, company asked about) → what that company has on record against what the judgement rested on."""
    rows = con.execute(
        f"""WITH holding AS (
            SELECT DISTINCT j.judgement, r.company_id FROM judged j JOIN record r USING (record_id)
            UNION SELECT judgement, company_id FROM judged_company),
        wanted AS (SELECT * FROM holding SEMI JOIN asked_pair USING (judgement, company_id)),
        held AS (SELECT record_id, company_id, {party_sql(con, "r")} AS party_id, {said_sql("r")} AS said FROM record r
                 WHERE company_id IN (SELECT company_id FROM wanted))
        SELECT w.judgement, w.company_id,
               list(h.record_id ORDER BY h.record_id) FILTER (j.said <> h.said),
               list(h.record_id ORDER BY h.record_id) FILTER (j.said IS NULL AND p.party_id IS NULL),
               count(*) FILTER (j.said IS NULL AND p.party_id IS NOT NULL)
        FROM wanted w JOIN held h USING (company_id)
        LEFT JOIN judged j ON j.judgement = w.judgement AND j.record_id = h.record_id
        LEFT JOIN (SELECT DISTINCT judgement, party_id FROM judged) p
            ON p.judgement = w.judgement AND p.party_id = h.party_id
        GROUP BY w.judgement, w.company_id"""
    ).fetchall()
    return {(row[0], row[1]): _Found(row[2] or [], row[3] or [], row[4]) for row in rows}


def _fields(con: duckdb.DuckDBPyConnection) -> dict[int, dict[str, str]]:
    """Judgement → record id → the fields that differ, where the version it rested on is still known."""
    rows = con.execute(
        f"""SELECT DISTINCT j.judgement, j.record_id, {differing_sql("h", "r")}
        FROM judged j JOIN record r ON r.record_id = j.record_id
        JOIN record_history h ON h.record_id = j.record_id
        WHERE j.said <> {said_sql("r")} AND j.said = {said_sql("h")}"""
    ).fetchall()
    found: dict[int, dict[str, str]] = {}
    for number, record_id, names in rows:
        found.setdefault(number, {})[record_id] = ", ".join(names)
    return found


def _changes(found: _Found, fields: Mapping[str, str]) -> tuple[str | None, int]:
    """What changed in words, or None; and how many records are new beside that."""
    changed = [
        f"{record_id} ({fields[record_id]})" if record_id in fields else record_id for record_id in found.changed
    ]
    parts = []
    if changed:
        parts.append(f"{_number(len(changed), 'record')} changed: {_listed(changed)}")
    if found.strangers:
        number = _number(len(found.strangers), "record")
        parts.append(f"{number} of a respondent that was not there: {_listed(found.strangers)}")
    return "; ".join(parts) or None, found.more


def _stands(judgements: Sequence[Judgement], facts: Mapping[int, tuple[str | None, int]]) -> Standing:
    """What judgements in force come to: who was unsure before others judged is answered; else all must agree."""
    decided = [judgement for judgement in judgements if judgement.verdict != "unsure"]
    latest = max((judgement.made_at for judgement in decided), default=None)
    counted = [j for j in judgements if latest is None or j.verdict != "unsure" or j.made_at > latest]
    counted.sort(key=lambda judgement: (judgement.made_at, judgement.number))
    verdicts = {judgement.verdict for judgement in counted}
    # of several who dismissed it, one who saw it as it is now is enough
    last = max(counted, key=lambda judgement: (facts[judgement.number][0] is None, judgement.made_at))
    changed, more = facts[last.number] if verdicts == {"different"} else (None, 0)
    verdict = last.verdict if len(verdicts) == 1 else "contested"
    return Standing(verdict, last.made_at, last.made_by, last.why, changed, more, tuple(counted))


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:_NAMED]) + (f" and {len(texts) - _NAMED:,} more" if len(texts) > _NAMED else "")


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
