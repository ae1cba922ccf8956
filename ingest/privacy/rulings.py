"""What analysts ruled about one source, as plain data: names that are allowed, names and records that were purged.

A purge leaves no text behind, only keyed hashes (HMAC-SHA256); without the key nobody can test a name against them.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ingest.names.folding import fold, plain
from ingest.privacy.care_of import clean_care_of
from ingest.privacy.trading import respondents

Scope = Literal["record", "name"]
ALLOWED = "allowed by analyst, rule "
"""Start of the gate's reason for what a rule let through; its number follows."""
_NUMBERED = re.compile(r"#[1-9][0-9]*$")


def exact_name(name: str) -> str:
    """The text a rule must equal: as the agency states it, outer blanks and c/o parts cut, NFC; empty if none is left.

    A rule never holds the name of whoever stands behind `c/o`.
    """
    return unicodedata.normalize("NFC", clean_care_of(name.strip(), name=True) or "")


def name_key(name: str) -> str:
    """The text whose digest stands for a purged name: its folded words in sorted order, empty without any.

    `Roe, Jane` is `JANE ROE`: agencies reorder names between files.
    """
    return " ".join(sorted((fold(name) or plain(name)).split()))


def record_keys(native_id: str) -> tuple[str, ...]:
    """The agency's keys that a stored native id may stand for: itself, and without the `#2` of a shared key.

    Which record of a shared key gets which number changes with the others, so a purge covers all under that key.
    """
    return tuple(dict.fromkeys((native_id, _NUMBERED.sub("", native_id) or native_id)))


def digest(key: bytes, scope: Scope, source_id: str, text: str) -> str:
    """The keyed hash, hex; `source_id` is empty for what holds in every source."""
    return hmac.digest(key, "\0".join((scope, source_id, text)).encode("utf-8", "surrogatepass"), "sha256").hex()


@dataclass(frozen=True, slots=True)
class Rulings:
    """What is in force for one source. `allowed`: exact name to rule number; `records`, `names`: digests of `key`.

    `revoked`: exact names that rules once let pass.
    """

    allowed: Mapping[str, int] = field(default_factory=dict)
    key: bytes = field(default=b"", repr=False)
    records: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    revoked: frozenset[str] = frozenset()

    @property
    def version(self) -> str:
        """A short hash that changes with anything in force; empty when nothing is."""
        if not (self.allowed or self.records or self.names):
            return ""
        parts = [sorted(self.allowed.items()), sorted(self.records), sorted(self.names)]
        return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()[:12]

    @property
    def reasons(self) -> list[str]:
        """The gate's reasons that rules in force give."""
        return [f"{ALLOWED}{number}" for number in sorted(set(self.allowed.values()))]

    def rule_for(self, name: str) -> int | None:
        """The number of the rule that allows exactly this name."""
        return self.allowed.get(exact_name(name)) if self.allowed else None

    def is_purged_name(self, name: str) -> bool:
        """Whether the name, without its c/o parts, or one of several respondents in it was purged."""
        if not self.names:
            return False
        stated = clean_care_of(name, name=True) or ""
        keys = {name_key(part) for part in (name, stated, *respondents(stated))} - {""}
        return any(digest(self.key, "name", "", key) in self.names for key in keys)

    def is_purged_record(self, source_id: str, native_id: str) -> bool:
        """Whether the record under the agency's key was purged."""
        return bool(self.records) and digest(self.key, "record", source_id, native_id) in self.records
