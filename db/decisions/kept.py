"""Judgements and disputes of analysts: rows of the analyst database, attributable, dated, revocable, never deleted.

A judgement says whether a supplier is the company it was matched with, or whether a record is about the company it
stands under. A dispute says what is wrong with a record. Neither alters what an agency published: they stand beside it.
"""

import hashlib
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from db.analyst import evidence_address, stated
from db.analyst_file import InAnalystFile, knows
from db.decisions.rows import (
    MATCH_ID,
    VERDICTS,
    Dispute,
    Judgement,
    Rested,
    Shape,
    Verdict,
    insert,
    match_id,
    reference_key,
    rest_on,
    rows,
    supplier_key,
    table_of,
)
from db.times import utc_now
from ingest.catalog import Source
from ingest.errors import UsageError

__all__ = [
    "MATCH_ID", "VERDICTS", "Decisions", "Dispute", "Judgement", "Rested", "Verdict", "dispute_sentence",
    "judgement_sentence", "match_id", "reference_key", "supplier_key",
]  # fmt: skip

_FEW = 500
"""Records asked for one by one; of more, all rows are read."""
JUDGED_AGAIN: Final = "judged again"
"""Why a judgement ended when the same analyst judged the same thing anew."""


def dispute_sentence(dispute: Dispute, source: Source | None) -> str:
    """The dispute in one sentence, with the agency's own channel for corrections, for everywhere the record stands."""
    evidence = f" (evidence: {dispute.evidence_for_others})" if dispute.evidence else ""
    said = f"disputed by {dispute.made_by} on {dispute.made_at:%Y-%m-%d}: {dispute.why.rstrip('.')}{evidence}."
    return f"{said} To have it corrected by the agency: {source.correction_channel}" if source else said


def judgement_sentence(judgement: Judgement) -> str:
    """The judgement in one sentence, for wherever its match or record stands."""
    who = f"{judgement.made_by} on {judgement.made_at:%Y-%m-%d}"
    if judgement.record_id is None:
        return f"judged {judgement.verdict} by {who}: {judgement.why}"
    meaning = {
        "same": "judged to be about this company",
        "different": "judged not to be about this company",
        "unsure": "unsure whether this is about this company,",
    }
    return f"{meaning[judgement.verdict]} by {who}: {judgement.why}"


@dataclass(frozen=True, slots=True)
class Decisions(InAnalystFile):
    """The judgements and disputes in the analyst database of one home. Reading creates nothing and waits for nobody.

    Every method raises StoreBusy when others keep the file locked, StoreDamaged when it is not whole.
    """

    def judge_match(
        self,
        match: str,
        verdict: str,
        *,
        why: str,
        by: str,
        rests_on: Sequence[Rested],
        supplier: str | None = None,
        reference: str = "",
    ) -> Judgement:
        """A new judgement on a match, by its id; one that `by` made on it before is revoked.

        `reference` is what `reference_key` gives, or empty.
        """
        found = MATCH_ID.fullmatch(match)
        if found is None:
            raise UsageError("this is no id of a match", next_step="Reports of `screen` and `watch` show them.")
        about = {"supplier_key": found[1], "company_id": found[2], "reference": reference or None}
        about["supplier"] = stated(supplier, "a label") if supplier else None
        return self._judge(about, verdict, why=why, by=by, rests_on=rests_on)

    def judge_record(
        self, record_id: str, company_id: str, verdict: str, *, why: str, by: str, rests_on: Sequence[Rested]
    ) -> Judgement:
        """A new judgement on whether a record is about the company it stands under; one by `by` before is revoked."""
        about: dict[str, str | None] = {"record_id": record_id, "company_id": company_id}
        return self._judge(about, verdict, why=why, by=by, rests_on=rests_on)

    def _judge(
        self, about: dict[str, str | None], verdict: str, *, why: str, by: str, rests_on: Sequence[Rested]
    ) -> Judgement:
        if verdict not in VERDICTS:
            raise UsageError(f"no such judgement; there are: {', '.join(VERDICTS)}")
        moment, maker = utc_now().isoformat(), stated(by, "an analyst's name")
        given = {**about, "uid": uuid4().hex, "verdict": verdict, "why": stated(why, "a reason")}
        given |= {"made_by": maker, "made_at": moment}
        with self.file.writing() as con:
            con.execute(
                """UPDATE judgement SET revoked_by = made_by, revoked_at = ?, revoked_why = ?
                WHERE revoked_at IS NULL AND made_by = ? AND company_id = ? AND record_id IS ? AND supplier_key IS ?""",
                [moment, JUDGED_AGAIN, maker, *map(about.get, ("company_id", "record_id", "supplier_key"))],
            )
            number = insert(con, "judgement", given)
            rest_on(con, number, rests_on)
            return rows(con, Judgement, "number = ?", [number])[0]

    def revoke(self, number: int, *, why: str, by: str) -> Judgement:
        """The judgement, no longer in force; it stays on record. UsageError for one unknown or revoked before."""
        with self._ending(Judgement, "revoked", number, why=why, by=by) as con:
            return rows(con, Judgement, "number = ?", [number])[0]

    @contextmanager
    def _ending(
        self, shape: type[Judgement] | type[Dispute], ended: str, number: int, *, why: str, by: str
    ) -> Iterator[sqlite3.Connection]:
        given = [stated(by, "an analyst's name"), utc_now().isoformat(), stated(why, "a reason"), number]
        table = table_of(shape)
        with self.file.writing() as con:
            done = con.execute(
                f"""UPDATE {table} SET {ended}_by = ?, {ended}_at = ?, {ended}_why = ?
                WHERE number = ? AND {ended}_at IS NULL""",
                given,
            )
            if not done.rowcount:
                step = f"`trackrecord {'judge' if shape is Judgement else 'dispute'} --list` shows them."
                raise UsageError(f"no {table} {number} is in force", next_step=step)
            yield con

    def judgements(
        self,
        *,
        records: Collection[str] | None = None,
        companies: Collection[str] | None = None,
        match: str | None = None,
        in_force: bool = False,
    ) -> list[Judgement]:
        """Judgements by number: on these records, on matches with or records of these companies, on this match."""
        return [
            judgement
            for judgement in self._of(Judgement, records)
            if (companies is None or judgement.company_id in companies)
            and match in (None, judgement.match)
            and not (in_force and judgement.revoked_at)
        ]

    def on_records(self, record_ids: Collection[str] | None = None) -> dict[str, list[Judgement]]:
        """Record id → judgements in force on whether it is about the company it stands under."""
        found: dict[str, list[Judgement]] = {}
        for judgement in self.judgements(records=record_ids, in_force=True):
            if judgement.record_id is not None:
                found.setdefault(judgement.record_id, []).append(judgement)
        return found

    def rested_on(self, numbers: Collection[int]) -> dict[int, list[Rested]]:
        """Number of a judgement → the records it rested on."""
        found: dict[int, list[Rested]] = {number: [] for number in numbers}
        with self.file.reading() as con:
            if con is not None and knows(con, "judged_record"):
                for number, *row in con.execute("SELECT * FROM judged_record ORDER BY judgement, record_id"):
                    if number in found:
                        found[number].append(Rested(*row))
        return found

    def dispute(self, record_id: str, *, why: str, evidence: str | None, by: str) -> Dispute:
        """A new dispute. Of a file that is evidence the address and the SHA-256 are kept, nothing of what it says."""
        given = {"uid": uuid4().hex, "record_id": record_id, "why": stated(why, "a reason")}
        given |= {"made_by": stated(by, "an analyst's name"), "made_at": utc_now().isoformat()}
        if evidence:
            given |= _evidence(evidence)
        with self.file.writing() as con:
            number = insert(con, "dispute", given)
            return rows(con, Dispute, "number = ?", [number])[0]

    def withdraw(self, number: int, *, why: str, by: str) -> Dispute:
        """The dispute, withdrawn; it stays on record. UsageError for one unknown or withdrawn before."""
        with self._ending(Dispute, "withdrawn", number, why=why, by=by) as con:
            return rows(con, Dispute, "number = ?", [number])[0]

    def all_disputes(self) -> list[Dispute]:
        """Disputes by number, withdrawn ones too."""
        return self._of(Dispute)

    def disputes(self, record_ids: Collection[str] | None = None) -> dict[str, list[Dispute]]:
        """Record id → its disputes that are not withdrawn, oldest first; of these records, or of all."""
        found: dict[str, list[Dispute]] = {}
        for dispute in self._of(Dispute, record_ids):
            if dispute.withdrawn_at is None:
                found.setdefault(dispute.record_id, []).append(dispute)
        return found

    def _of(self, shape: type[Shape], record_ids: Collection[str] | None = None) -> list[Shape]:
        """The rows by number, of these records or all."""
        with self.file.reading() as con:
            if con is None or not knows(con, table_of(shape)):
                return []
            if record_ids is None or len(record_ids) > _FEW:
                return [row for row in rows(con, shape) if record_ids is None or row.record_id in record_ids]
            return rows(con, shape, f"record_id IN ({', '.join('?' * len(record_ids))})", list(record_ids))


def _evidence(given: str) -> dict[str, str]:
    """An http(s) address, or a file's address and SHA-256. Raises UsageError for anything else."""
    address = evidence_address(given)
    if not address.startswith("file:"):
        return {"evidence": address}
    try:
        with Path(given.strip()).expanduser().open("rb") as file:
            return {"evidence": address, "evidence_sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    except OSError as error:
        raise UsageError(f"the evidence cannot be read: {error.strerror}") from None
