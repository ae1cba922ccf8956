"""Judgements and disputes as JSON Lines, to hand from one team's database to another's."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from db.analyst import Analyst, evidence_address, stated
from db.analyst_file import AnalystFile
from db.answer_file import replacing
from db.decisions.kept import Decisions
from db.decisions.named_in_text import names_person
from db.decisions.rows import VERDICTS, Dispute, Judgement, Rested, Shape, insert, rest_on, rows, table_of
from db.times import utc_now
from ingest.errors import UsageError
from ingest.privacy.judge import judge_one
from ingest.privacy.rulings import Rulings
from ingest.privacy.verdict import Entity, Subject

FORMAT: Final = 1
"""Of a line; one of another format is refused."""
LONGEST_LINE: Final = 32_000_000
_RECORD = re.compile(r"[a-z0-9_]{3,100}:\S(?:.{0,498}\S)?")
_ENDS = {Judgement: "revoked", Dispute: "withdrawn"}
_Shape = type[Judgement] | type[Dispute]


@dataclass(frozen=True, slots=True)
class Imported:
    """Lines by what became of them. `ended`: known here, and revoked or withdrawn there since; `purged`: left out."""

    new: int
    known: int
    ended: int
    purged: int


class _Wrong(Exception):
    """What is wrong with a line, without its content."""


def export(home: Path, file: Path, shape: _Shape) -> int:
    """Writes all judgements, or all disputes, ended ones too; gives how many. The file is the owner's alone.

    Raises UsageError where it cannot be written; what stood there before then stays.
    """
    decisions = Decisions(home)
    given: Sequence[Judgement | Dispute] = decisions.judgements() if shape is Judgement else decisions.all_disputes()
    rested = decisions.rested_on([item.number for item in given]) if shape is Judgement else {}
    with replacing(file, "output") as part, part.open("w", encoding="utf-8") as lines:
        for item in given:
            said = {name: value for name, value in asdict(item).items() if name not in _OWN and value is not None}
            if shape is Judgement:
                said["rests_on"] = [list(record) for record in rested[item.number]]
            line = {"trackrecord": table_of(shape), "format": FORMAT, **said}
            lines.write(json.dumps(line, ensure_ascii=True, default=datetime.isoformat) + "\n")
    return len(given)


_OWN = ("number", "imported_by", "imported_at")
"""What is this database's own."""


def import_(home: Path, file: Path, shape: type[Shape], *, by: str) -> Imported:
    """Takes in what another team exported, all or nothing; authors and times stay as they are. Twice changes nothing.

    One that is known, and was revoked or withdrawn there, is so here too. What is about a purged record is left out.
    Raises UsageError naming the line that is wrong, never its content. Cost: linear in the lines.
    """
    maker, now = stated(by, "an analyst's name"), utc_now().isoformat()
    counts = dict.fromkeys(("new", "known", "ended", "purged"), 0)
    with AnalystFile(home).writing() as con:
        purged = _Purged(Analyst(home), con)
        for number, line in _lines(file):
            try:
                given, rests_on = _read(line, shape)
                rests_on = [record for record in rests_on if not purged.record(record.record_id)]
                gone = purged.record(given["record_id"]) if given.get("record_id") else not rests_on
                if gone or purged.name(given.get("supplier")):
                    counts["purged"] += 1
                    continue
                known = rows(con, shape, "uid = ?", [given["uid"]])
                if not known:
                    made = insert(con, table_of(shape), {**given, "imported_by": maker, "imported_at": now})
                    rest_on(con, made, rests_on)
                    counts["new"] += 1
                    continue
                counts["ended" if _take_end(con, known[0], given, shape, maker) else "known"] += 1
            except (_Wrong, UsageError) as error:
                what = error.what if isinstance(error, UsageError) else str(error)
                step = "Nothing was taken in. Ask for a new export."
                raise UsageError(f"line {number:,}: {what}", where=file.name, next_step=step) from None
    return Imported(**counts)


class _Purged:
    """What was purged here, asked source by source."""

    def __init__(self, analyst: Analyst, con: sqlite3.Connection) -> None:
        self._analyst, self._con = analyst, con
        self._of: dict[str, Rulings] = {}

    def _rulings(self, source_id: str) -> Rulings:
        if source_id not in self._of:
            self._of[source_id] = self._analyst.rulings_in(self._con, source_id)
        return self._of[source_id]

    def record(self, record_id: str) -> bool:
        source_id, _, native_id = record_id.partition(":")
        return self._rulings(source_id).is_purged_record(source_id, native_id)

    def name(self, name: str | None) -> bool:
        return name is not None and self._rulings("").is_purged_name(name)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        with file.open("rb") as given:
            number = 0
            while line := given.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise UsageError(f"line {number:,} is longer than any export writes", where=file.name)
                if line.strip():
                    yield number, line.decode("utf-8", "surrogateescape")
    except OSError as error:
        raise UsageError(f"the file cannot be read: {error.strerror}", where=str(file)) from None


def _read(line: str, shape: _Shape) -> tuple[dict[str, Any], list[Rested]]:
    """The columns of a line, each checked as if an analyst had typed it, and what it rests on. Raises _Wrong."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        raise _Wrong("is no JSON") from None
    if not isinstance(said, dict) or said.pop("trackrecord", None) != table_of(shape):
        raise _Wrong(f"is no {table_of(shape)} of trackrecord")
    if said.pop("format", None) != FORMAT:
        raise _Wrong("is of another version of trackrecord")
    given_rests = _list(said.pop("rests_on", [])) if shape is Judgement else []
    rests_on = list(dict.fromkeys(map(_rested, given_rests)))
    if len({record.record_id for record in rests_on}) < len(given_rests):
        raise _Wrong("rests on one record twice")
    checks = _JUDGEMENT if shape is Judgement else _DISPUTE
    ended = _ENDS[shape]
    given: dict[str, Any] = {}
    for name, check in (checks | {f"{ended}_by": _who, f"{ended}_at": _moment, f"{ended}_why": _reason}).items():
        if (value := said.pop(name, None)) is not None:
            given[name] = check(_string(value, name))
    if said:
        raise _Wrong("has a field that no export writes")
    _require(given, shape, rests_on)
    return given, rests_on


def _require(given: dict[str, Any], shape: _Shape, rests_on: Sequence[Rested]) -> None:
    needed = {"uid", "why", "made_by", "made_at"}
    needed |= {"company_id", "verdict"} if shape is Judgement else {"record_id"}
    if missing := sorted(needed - given.keys()):
        raise _Wrong(f"states no {missing[0]}")
    if shape is Judgement and (("record_id" in given) == ("supplier_key" in given) or not rests_on):
        raise _Wrong("does not say what was judged")
    end = [f"{_ENDS[shape]}_{part}" in given for part in ("by", "at", "why")]
    if any(end) and not all(end):
        raise _Wrong("does not say who ended it, when and why")
    if "evidence_sha256" in given and "evidence" not in given:
        raise _Wrong("has a hash of no evidence")


def _take_end(
    con: sqlite3.Connection, known: Judgement | Dispute, given: dict[str, Any], shape: _Shape, by: str
) -> bool:
    """Whether what is known here ended there meanwhile, which is taken over. Raises _Wrong where they differ.

    The file says who ended it, and anybody can write a file: `by`, who took it in, stands beside that name.
    """
    for name in ("record_id", "supplier_key", "company_id", "verdict", "made_by", "made_at"):
        here = getattr(known, name, None)
        stored = here.replace(tzinfo=None).isoformat() if isinstance(here, datetime) else here
        if stored != given.get(name):
            raise _Wrong("contradicts what is known here under the same uid")
    ended = _ENDS[shape]
    if getattr(known, f"{ended}_at") is not None or f"{ended}_at" not in given:
        return False
    columns = [f"{ended}_{part}" for part in ("by", "at", "why")]
    con.execute(
        f"UPDATE {table_of(shape)} SET ({', '.join(columns)}) = (?, ?, ?) WHERE number = ?",
        [f"{given[columns[0]]} (taken in by {by})", *(given[column] for column in columns[1:]), known.number],
    )
    return True


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _Wrong("does not say what it rests on")
    return value


def _rested(value: Any) -> Rested:
    if not isinstance(value, list) or len(value) != 3 or not all(isinstance(part, str) for part in value):
        raise _Wrong("does not say what it rests on")
    record_id, party_id, said = value
    if not re.fullmatch(r"c[0-9a-f]{15}", party_id) or not re.fullmatch(r"[0-9a-f]{32}", said):
        raise _Wrong("does not say what it rests on")
    return Rested(_record_id(record_id), party_id, said)


def _string(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise _Wrong(f"has a {name} that is no text")
    return value


def _pattern(pattern: str, what: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise _Wrong(f"has {what} that is none")
        return value

    return check


def _record_id(value: str) -> str:
    if not _RECORD.fullmatch(value) or not value.isprintable():
        raise _Wrong("has a record id that is none")
    return value


def _reason(value: str) -> str:
    # its length first: looking for names in megabytes takes hours
    text = stated(value, "a reason")
    if (found := names_person(text)) is not None:
        raise _Wrong(f"its reason seems to name a person ({found})")
    return text


def _label(value: str) -> str:
    text = stated(value, "a label")
    if judge_one(Subject(text)).entity in {Entity.PERSON, Entity.SOLE_TRADER}:
        raise _Wrong("its label is taken for the name of a person")
    return text


def _who(value: str) -> str:
    return stated(value, "an analyst's name")


def _moment(value: str) -> str:
    """A time with its zone, as it is stored: UTC without zone."""
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat() if moment.tzinfo else _no_time()
    except (ValueError, OverflowError):
        return _no_time()


def _no_time() -> str:
    raise _Wrong("has a time that is none")


def _address(value: str) -> str:
    """Evidence as exported: a file of theirs need not exist here."""
    if re.fullmatch(r"file:///\S+", value):
        return stated(value, "evidence")
    # a path would be looked up on this computer, of which the file knows nothing
    return evidence_address(value) if value.startswith(("http://", "https://")) else _no_address()


def _no_address() -> str:
    raise _Wrong("has evidence that is no address")


_COMMON: dict[str, Callable[[str], str]] = {
    "uid": _pattern(r"[0-9a-f]{32}", "a uid"),
    "why": _reason,
    "made_by": _who,
    "made_at": _moment,
    "record_id": _record_id,
}
_JUDGEMENT = _COMMON | {
    "supplier_key": _pattern(r"s[0-9a-f]{15}", "a supplier key"),
    "company_id": _pattern(r"c[0-9a-f]{15}", "a company id"),
    "supplier": _label,
    "reference": _pattern(r"r[0-9a-f]{15}", "a reference"),
    "verdict": _pattern("|".join(VERDICTS), "a verdict"),
}
_DISPUTE = _COMMON | {"evidence": _address, "evidence_sha256": _pattern(r"[0-9a-f]{64}", "a hash")}
