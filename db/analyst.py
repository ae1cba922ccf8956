"""What analysts decide, in a database of its own that no sync rewrites: allow rules, and tombstones of purges."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args
from urllib.parse import urlsplit

from db.analyst_file import WAIT_SECONDS, AnalystFile
from db.times import utc_now
from ingest.errors import UsageError
from ingest.names.folding import fold
from ingest.privacy.rulings import Rulings, Scope, digest, exact_name, name_key, record_keys

Reason = Literal["individual", "request", "court order", "error"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
"""Why something may be purged."""
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
class Analyst:
    """The analyst database of one home. Reading creates nothing; without the file there are no rulings.

    Every method raises StoreBusy when others keep the file locked, StoreDamaged when file or key are not whole.
    """

    home: Path
    wait: float = WAIT_SECONDS

    @property
    def _file(self) -> AnalystFile:
        """The database and the key of its tombstones."""
        return AnalystFile(self.home, self.wait)

    def allow(self, company_name: str, source_id: str, *, evidence: str, why: str, by: str) -> AllowRule:
        """A new rule; it takes effect at the next sync of the source. Raises UsageError where one is in force."""
        name = exact_name(_text(company_name, "a company name"))
        if not name_key(name):
            raise UsageError("a ruling needs a company name")
        reference = _evidence(evidence)
        values = [name, _text(source_id, "a source"), reference, _text(why, "a reason"), _text(by, "an analyst's name")]
        with self._file.writing() as con:
            rulings = self._rulings(con, source_id)
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
        given = [_text(by, "an analyst's name"), utc_now().isoformat(), _text(why, "a reason"), number]
        with self._file.writing() as con:
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
        with self._file.reading() as con:
            rows = con.execute("SELECT * FROM allow_rule ORDER BY number").fetchall() if con else []
        rules = [_rule(row) for row in rows]
        chosen = [rule for rule in rules if source_id in (None, rule.source_id)]
        return [rule for rule in chosen if rule.revoked_at is None or not in_force]

    def purge(self, *, records: Sequence[tuple[str, str]], names: Sequence[str], reason: Reason, by: str) -> int:
        """Puts tombstones on records, as (source id, native id as stored), and on names in every source; gives how many
        are new. Erases allow rules for those names.

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
        maker, moment = _text(by, "an analyst's name"), utc_now().isoformat()
        with self._file.writing() as con:
            key = self._file.key(con, make=True)
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
        return made

    def forget(self, names: Sequence[str]) -> int:
        """Erases rules made for these names, in force or not, and the texts of rules that mention one; gives how many
        rules had either. Nothing is written where there are none.
        """
        with self._file.reading() as con:
            rules = [_rule(row) for row in con.execute("SELECT * FROM allow_rule").fetchall()] if con else []
        keys = {name_key(name) for name in names} - {""}
        gone = [rule.number for rule in rules if name_key(rule.company_name) in keys]
        texts = ("evidence", "why", "revoked_why")
        bare = [(text, rule.number) for rule in rules for text in texts if mentions(getattr(rule, text) or "", names)]
        if gone or bare:
            with self._file.writing() as con:
                for text, number in bare:
                    con.execute(f"UPDATE allow_rule SET {text} = ? WHERE number = ?", [ERASED, number])
                con.executemany("DELETE FROM allow_rule WHERE number = ?", [[number] for number in gone])
        return len({*gone, *(number for _, number in bare)})

    def tombstones(self) -> list[Tombstones]:
        """Counts by scope and reason."""
        sql = "SELECT scope, reason, count(*) FROM tombstone GROUP BY scope, reason ORDER BY scope, reason"
        with self._file.reading() as con:
            return [Tombstones(*row) for row in con.execute(sql).fetchall()] if con else []

    def rulings(self, source_id: str) -> Rulings:
        """What is in force for a source. Raises StoreDamaged rather than forget a purge."""
        with self._file.reading() as con:
            return self._rulings(con, source_id) if con else Rulings()

    def _rulings(self, con: sqlite3.Connection, source_id: str) -> Rulings:
        (state,) = con.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise self._file.damaged("is damaged")
        rules = con.execute(
            "SELECT company_name, number, revoked_at IS NULL FROM allow_rule WHERE source_id = ?", [source_id]
        ).fetchall()
        allowed = {name: number for name, number, in_force in rules if in_force}
        revoked = frozenset(name for name, _, in_force in rules if not in_force) - allowed.keys()
        stones = con.execute("SELECT scope, digest FROM tombstone WHERE source_id IN (?, '')", [source_id]).fetchall()
        found = {scope: frozenset(text for of, text in stones if of == scope) for scope in ("record", "name")}
        return Rulings(allowed, self._file.key(con, make=False), found["record"], found["name"], revoked)


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
    made, revoked = (text and datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (made_at, revoked_at))
    return AllowRule(number, name, source_id, evidence, why, made_by, made, revoked_by, revoked, revoked_why)


def _text(value: str, what: str) -> str:
    """The text, trimmed. Raises UsageError when it is blank or endless."""
    text = value.strip()
    if not text or len(text) > _LONGEST or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise UsageError(f"a ruling needs {what}, of at most {_LONGEST:,} characters")
    return text


def _evidence(value: str) -> str:
    """An http(s) address as given, or an existing file as a file: address. Raises UsageError for anything else."""
    text = _text(value, "evidence")
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
