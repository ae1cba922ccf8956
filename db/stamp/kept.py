"""Time stamps (RFC 3161) over the head of the retrieval chain: what is kept of them, and how each is checked.

A chain hash stands for every retrieval up to it, so one stamp shows that all of them had been made before its time.
Stamped is the SHA-256 of the chain hash's 64 lower-case hex digits as ASCII, without a line end. Anybody can check it:

    printf %s CHAIN_HASH > head && openssl ts -verify -data head -in FILE.tsr -CAfile root-of-the-authority.pem

    stamps/<seq>-<first 16 digits of chain_hash>.tsr     the authority's answer, byte for byte (TimeStampResp, DER)
    stamps/<seq>-<first 16 digits of chain_hash>.json    seq, chain_hash, stamped_at, url, authority; written before it
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import WrongContent

if TYPE_CHECKING:
    from ingest.timestamp import Checked

FOLDER = "stamps"
_TOKEN = re.compile(r"([1-9][0-9]{0,17})-([0-9a-f]{16})\.tsr")
_CHAIN_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Stamp:
    """One kept time stamp: the head of the chain it covers, its time in UTC with zone, and the authority's answer."""

    seq: int
    chain_hash: str
    stamped_at: datetime
    url: str
    authority: str
    token: bytes


def stamps(home: Path) -> list[Stamp]:
    """The stamps of a home, oldest head first; `unreadable` names those that are not whole. Nothing is checked."""
    return [found for path in _tokens(home) if (found := _read(path)) is not None]


def unreadable(home: Path) -> list[Path]:
    """Tokens whose description is missing or not what `stamps` wants."""
    return [path for path in _tokens(home) if _read(path) is None]


def check_token(token: bytes, chain_hash: str, ca: Path | None) -> "Checked":
    """What the token says, when it is a granted stamp over `chain_hash` and signed by the certificate it carries.

    `ca`: PEM file of the certificates to trust; without it the token only agrees with itself, and `trusted` is None.
    Needs no network. Raises WrongContent saying what does not fit, UsageError for an unusable `ca`.
    """
    # 0.2 s that whoever lists stamps need not wait
    from ingest.timestamp import check  # noqa: PLC0415

    return check(token, message(chain_hash), ca)


def message(chain_hash: str) -> bytes:
    """The bytes that are stamped. Raises WrongContent for what is no chain hash."""
    if not _CHAIN_HASH.fullmatch(chain_hash):
        raise WrongContent("not a hash of the retrieval chain")
    return chain_hash.encode("ascii")


def _tokens(home: Path) -> list[Path]:
    found = [path for path in (home / FOLDER).glob("*.tsr") if _TOKEN.fullmatch(path.name)]
    return sorted(found, key=lambda path: (int(path.name.partition("-")[0]), path.name))


def _read(path: Path) -> Stamp | None:
    try:
        said = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        stamp = Stamp(
            seq=int(said["seq"]),
            chain_hash=str(said["chain_hash"]),
            stamped_at=datetime.fromisoformat(said["stamped_at"]).astimezone(UTC),
            url=str(said["url"]),
            authority=str(said["authority"]),
            token=path.read_bytes(),
        )
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    whole = _CHAIN_HASH.fullmatch(stamp.chain_hash) and path.stem == f"{stamp.seq}-{stamp.chain_hash[:16]}"
    return stamp if whole else None
