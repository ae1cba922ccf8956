"""What analysts decide, in a database of its own that no sync rewrites: allow rules, and tombstones of purges."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args
from urllib.parse import urlsplit

from db.analyst_file import InAnalystFile, knows
from db.times import from_text, utc_now
from db.watch_erasure import erase, erase_seen, find
from ingest.errors import UsageError
from ingest.names.folding import fold
from ingest.privacy.rulings import Rulings, Scope, digest, exact_name, name_key, record_keys

Reason = Literal["individual", "request", "court order", "error"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
"""Why something may be purged."""
TEXTS: Final = {
    "allow_rule": ("evidence", "why", "revoked_why"),
    "judgement": ("supplier", "why", "revoked_why"),
    "dispute": ("why", "evidence", "withdrawn_why"),
}
"""Tables numbered row by row, and their columns in which analysts may have written a name."""
_RESTED = "SELECT judgement FROM judged_record WHERE record_id = ?"
ERASED: Final = "erased by a purge"
"""What stands in place of a text that named whom a purge is about."""
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class AllowRule:
    """An analyst's judgement that this exact name in this source is an organisation. Times are UTC, with zone."""

    number: int
    company_name: str
    source_id: str
    evidence: str
    why: str
    made_by: str
    made_at: datetime
    revoked_by: str | None = None
    revoked_at: datetime | None = None
    revoked_why: str | None = None


@dataclass(frozen=True, slots=True)
class Tombstones:
    """How many keyed hashes keep purged data from coming back, by what they stand for and why."""

    scope: str
    reason: str
    n: int


@dataclass(frozen=True, slots=True)
class Analyst(InAnalystFile):
    """The analyst database of one home. Reading creates nothing; without the file there are no rulings.

    Every method raises StoreBusy when others keep the file locked, StoreDamaged when file or key are not whole.
    """

    def allow(self, company_name: str, source_id: str, *, evidence: str, why: str, by: str) -> AllowRule:
        """A new rule; it takes effect at the next sync of the source. Raises UsageError where one is in force."""
        name = exact_name(stated(company_name, "a company name"))
        if not name_key(name):
            raise UsageError("a ruling needs a company name")
        reference = evidence_address(evidence)
        values = [
            name,
            stated(source_id, "a source"),
            reference,
            stated(why, "a reason"),
            stated(by, "an analyst's name"),
        ]
        with self.file.writing() as con:
            rulings = self.rulings_in(con, source_id)
            if rulings.is_purged_name(name):
                raise UsageError("this name was purged; no rule can allow it")
            if (number := rulings.rule_for(name)) is not None:
                raise UsageError(f"rule {number} already allows this name", source=source_id)
            row = con.execute(
                """INSERT INTO allow_rule (company_name, source_id, evidence, why, made_by, made_at)
                VALUES (?, ?, ?, ?, ?, ?) RETURNING *""",
                [*values, utc_now().isoformat()],
            ).fetchone()
        return _rule(row)

    def revoke(self, number: int, *, why: str, by: str) -> AllowRule:
        """The rule, no longer in force; it stays on record. Raises UsageError for one unknown or revoked before."""
        given = [stated(by, "an analyst's name"), utc_now().isoformat(), stated(why, "a reason"), number]
        with self.file.writing() as con:
            row = con.execute(
                """UPDATE allow_rule SET revoked_by = ?, revoked_at = ?, revoked_why = ?
                WHERE number = ? AND revoked_at IS NULL RETURNING *""",
                given,
            ).fetchone()
            if row is None:
                raise UsageError(f"no rule {number} is in force", next_step="`trackrecord allow --list` shows them.")
        return _rule(row)

    def allow_rules(self, *, source_id: str | None = None, in_force: bool = False) -> list[AllowRule]:
        """Rules by number; of one source, or only those in force."""
        with self.file.reading() as con:
            rows = con.execute("SELECT * FROM allow_rule ORDER BY number").fetchall() if con else []
        rules = [_rule(row) for row in rows]
        chosen = [rule for rule in rules if source_id in (None, rule.source_id)]
        return [rule for rule in chosen if rule.revoked_at is None or not in_force]

    def purge(self, *, records: Sequence[tuple[str, str]], names: Sequence[str], reason: Reason, by: str) -> int:
        """Puts tombstones on records, as (source id, native id as stored), and on names in every source; gives how many
        are new. Erases allow rules for those names, disputes and judgements of those records, and what rested on them.

        A record numbered for sharing its key (`K#2`) puts the tombstone on the agency's key: all records under K.
        Doing it twice changes nothing.
        The caller holds the home's writer lock, so that no sync that read older rulings is under way, and erases the
        data itself.
        """
        if reason not in REASONS:
            raise UsageError(f"no such reason for a purge; there are: {', '.join(REASONS)}")
        keys = {name_key(name) for name in names}
        if "" in keys:
            raise UsageError("a name to purge needs a letter or digit")
        maker, moment = stated(by, "an analyst's name"), utc_now().isoformat()
        with self.file.writing() as con:
            key = self.file.key(con, make=True)
            stones: list[tuple[Scope, str, str]] = [("name", "", text) for text in sorted(keys)]
            stones += [("record", source, text) for source, native_id in records for text in record_keys(native_id)]
            before = con.total_changes
            con.executemany(
                "INSERT INTO tombstone VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [(digest(key, *stone), stone[0], stone[1], reason, maker, moment) for stone in stones],
            )
            made = con.total_changes - before
            purged = Rulings(key=key, names=frozenset(digest(key, "name", "", text) for text in keys))
            for number, name in con.execute("SELECT number, company_name FROM allow_rule").fetchall():
                if purged.is_purged_name(name):
                    con.execute("DELETE FROM allow_rule WHERE number = ?", [number])
            record_ids = [f"{source}:{native_id}" for source, native_id in records]
            _erase_decisions(con, record_ids)
            erase_seen(con, record_ids)
        return made

    def forget(self, names: Sequence[str]) -> int:
        """Erases rules made for these names, in force or not, suppliers of watch lists called so, and every text of an
        analyst that mentions one; gives how many rows had any of it. Nothing is written where there are none.
        """
        keys = {name_key(name) for name in names} - {""}
        bare: list[tuple[str, str, int]] = []
        gone: list[int] = []
        with self.file.reading() as con:
            for table, texts in TEXTS.items() if con else ():
                if con and knows(con, table):
                    for number, *row in con.execute(f"SELECT number, {', '.join(texts)} FROM {table}").fetchall():
                        found = zip(texts, row, strict=True)
                        bare += [(table, text, number) for text, said in found if mentions(said or "", names)]
            rules = con.execute("SELECT number, company_name FROM allow_rule").fetchall() if con else ()
            gone += [number for number, name in rules if name_key(name) in keys]
            watched = find(con, names, lambda text: mentions(text, names))
        if gone or bare or watched.rows:
            with self.file.writing() as con:
                for table, text, number in bare:
                    con.execute(f"UPDATE {table} SET {text} = ? WHERE number = ?", [ERASED, number])
                con.executemany("DELETE FROM allow_rule WHERE number = ?", [[number] for number in gone])
                erase(con, watched, ERASED)
        rows = {*(("allow_rule", number) for number in gone), *((table, number) for table, _, number in bare)}
        return len(rows) + watched.rows

    def tombstones(self) -> list[Tombstones]:
        """Counts by scope and reason."""
        sql = "SELECT scope, reason, count(*) FROM tombstone GROUP BY scope, reason ORDER BY scope, reason"
        with self.file.reading() as con:
            return [Tombstones(*row) for row in con.execute(sql).fetchall()] if con else []

    def rulings(self, source_id: str) -> Rulings:
        """What is in force for a source. Raises StoreDamaged rather than forget a purge."""
        with self.file.reading() as con:
            return self.rulings_in(con, source_id) if con else Rulings()

    def rulings_in(self, con: sqlite3.Connection, source_id: str) -> Rulings:
        """The same inside a transaction that is under way."""
        (state,) = con.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise self.file.damaged("is damaged")
        rules = con.execute(
            "SELECT company_name, number, revoked_at IS NULL FROM allow_rule WHERE source_id = ?", [source_id]
        ).fetchall()
        allowed = {name: number for name, number, in_force in rules if in_force}
        revoked = frozenset(name for name, _, in_force in rules if not in_force) - allowed.keys()
        stones = con.execute("SELECT scope, digest FROM tombstone WHERE source_id IN (?, '')", [source_id]).fetchall()
        found = {scope: frozenset(text for of, text in stones if of == scope) for scope in ("record", "name")}
        return Rulings(allowed, self.file.key(con, make=False), found["record"], found["name"], revoked)


def _erase_decisions(con: sqlite3.Connection, record_ids: Sequence[str]) -> None:
    """Erases disputes and judgements of records; a judgement on a match goes with the last record it rested on."""
    rested = {number for key in record_ids for (number,) in con.execute(_RESTED, [key])}
    for table in ("dispute", "judgement", "judged_record"):
        con.executemany(f"DELETE FROM {table} WHERE record_id = ?", [[key] for key in record_ids])
    for number in rested:
        con.execute(
            "DELETE FROM judgement WHERE number = ?1 AND NOT EXISTS (SELECT 1 FROM judged_record WHERE judgement = ?1)",
            [number],
        )
        con.execute(
            "DELETE FROM judged_record WHERE judgement = ?1 AND NOT EXISTS (SELECT 1 FROM judgement WHERE number = ?1)",
            [number],
        )


def mentions(text: str, names: Sequence[str]) -> bool:
    """Whether the words of one of the names stand in the text, side by side, as stated or as in `Roe, Jane`."""
    words = f" {' '.join(fold(text).split())} "
    for name in names:
        folded = fold(name).split()
        turned = (folded, folded[::-1], [*folded[1:], *folded[:1]])
        if folded and any(f" {' '.join(order)} " in words for order in turned):
            return True
    return False


def _rule(row: tuple[Any, ...]) -> AllowRule:
    number, name, source_id, evidence, why, made_by, made_at, revoked_by, revoked_at, revoked_why = row
    made, revoked = (text and from_text(text) for text in (made_at, revoked_at))
    return AllowRule(number, name, source_id, evidence, why, made_by, made, revoked_by, revoked, revoked_why)


def stated(value: str, what: str) -> str:
    """A text of a ruling, trimmed. Raises UsageError when it is blank or endless."""
    text = value.strip()
    if not text or len(text) > _LONGEST or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise UsageError(f"a ruling needs {what}, of at most {_LONGEST:,} characters")
    return text


def evidence_address(value: str) -> str:
    """Evidence for a ruling: an http(s) address as given, or an existing file as a file: address. Raises UsageError."""
    text = stated(value, "evidence")
    try:
        parts = urlsplit(text)
        if parts.scheme in {"http", "https"} and parts.hostname and not any(map(str.isspace, text)):
            return text
        file = Path(text).expanduser()
        if file.is_file():
            return file.resolve().as_uri()
    except (ValueError, OSError):
        pass
    step = "Give the address of a register entry or company page, or the path of a file you keep."
    raise UsageError("evidence must be an http(s) address or an existing file", next_step=step)
