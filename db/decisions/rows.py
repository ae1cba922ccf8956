"""What a judgement and a dispute are: their rows in the analyst database, and the ids of what they are about."""

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, TypeVar, get_args

from db.times import from_text
from ingest.names.folding import fold, plain

Verdict = Literal["same", "different", "unsure"]
VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)
"""What a judgement may say: this is the company; it is another one; nobody can tell yet."""
MATCH_ID: Final = re.compile(r"(s[0-9a-f]{15})-(c[0-9a-f]{15})")


class Rested(NamedTuple):
    """A record a judgement rested on: its respondent as its source knows it, and a digest of what it said."""

    record_id: str
    party_id: str
    said: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """An analyst's word on a match or a record. Times are UTC, with zone; `uid` is the same in every team's database.

    `supplier` is a label, `reference` a digest of what a watch list calls the supplier by. Of a record's judgement
    `company_id` is the company it stood under.
    """

    number: int
    uid: str
    record_id: str | None
    supplier_key: str | None
    company_id: str
    supplier: str | None
    reference: str | None
    verdict: Verdict
    why: str
    made_by: str
    made_at: datetime
    revoked_by: str | None = None
    revoked_at: datetime | None = None
    revoked_why: str | None = None
    imported_by: str | None = None
    imported_at: datetime | None = None

    @property
    def match(self) -> str | None:
        """The match it is about; None for that of a record."""
        return match_id(self.supplier_key, self.company_id) if self.supplier_key else None


@dataclass(frozen=True, slots=True)
class Dispute:
    """What an analyst holds to be wrong with a record, and on what evidence. Times are UTC, with zone."""

    number: int
    uid: str
    record_id: str
    why: str
    evidence: str | None
    evidence_sha256: str | None
    made_by: str
    made_at: datetime
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None
    withdrawn_why: str | None = None
    imported_by: str | None = None
    imported_at: datetime | None = None

    @property
    def evidence_for_others(self) -> str | None:
        """The evidence as a report names it: of a file its hash, not where it lies on somebody's computer."""
        if self.evidence and self.evidence.startswith("file:"):
            return f"a file, SHA-256 {self.evidence_sha256 or 'not known'}"
        return self.evidence


Shape = TypeVar("Shape", Judgement, Dispute)


def table_of(shape: type[Judgement] | type[Dispute]) -> str:
    """The table of their rows."""
    return shape.__name__.lower()


def supplier_key(name: str, country: str | None, numbers: Iterable[str]) -> str:
    """`s` and 15 hex digits that stand for a supplier as stated: exact folded name, country, and all its numbers.

    `numbers` as in the cells; blanks, signs, case and order do not count, nor under which header they stand.
    """
    stated_numbers = sorted({number for given in numbers if (number := "".join((fold(given) or plain(given)).split()))})
    text = "\x1f".join((fold(name) or plain(name), (country or "").strip().lower(), *stated_numbers))
    return "s" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:15]


def match_id(supplier: str, company_id: str) -> str:
    """The id of a match: that of the supplier (`supplier_key`) and that of the company."""
    return f"{supplier}-{company_id}"


def reference_key(reference: str) -> str:
    """`r` and 15 hex digits that stand for what a user's list calls a supplier by; empty for an empty reference."""
    text = " ".join(reference.split())
    return "r" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:15] if text else ""


def insert(con: sqlite3.Connection, table: str, given: Mapping[str, object]) -> int:
    """The number of a new row."""
    (number,) = con.execute(
        f"INSERT INTO {table} ({', '.join(given)}) VALUES ({', '.join('?' * len(given))}) RETURNING number",
        list(given.values()),
    ).fetchone()
    return int(number)


def rest_on(con: sqlite3.Connection, number: int, rests_on: Sequence[Rested]) -> None:
    """Keeps what a judgement rests on."""
    con.executemany("INSERT INTO judged_record VALUES (?, ?, ?, ?)", [(number, *rested) for rested in rests_on])


def rows(
    con: sqlite3.Connection, shape: type[Shape], where: str = "true", values: Sequence[object] = ()
) -> list[Shape]:
    """Judgements or disputes by number; `where` is SQL."""
    columns = [field.name for field in fields(shape)]
    sql = f"SELECT {', '.join(columns)} FROM {table_of(shape)} WHERE {where} ORDER BY number"
    return [shape(*map(_value, columns, row)) for row in con.execute(sql, values)]


def _value(column: str, value: Any) -> Any:
    return from_text(value) if value and column.endswith("_at") else value
