"""Each kept time stamp against the retrieval chain as it is now, its own signature, and the certificates one trusts."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from db.stamp.kept import FOLDER, Stamp, check_token, stamps, unreadable
from ingest.errors import WrongContent

_CLOCKS_APART = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class StampState:
    """One stamp as it was found. Times in UTC; `certificate` is the SHA-256 of the authority's, `cause` what is wrong.

    `trusted`: whether the certificate leads to those asked for, None where nobody said; others are None where the
    token could not be read.
    """

    file: str
    seq: int | None = None
    chain_hash: str | None = None
    stamped_at: datetime | None = None
    url: str | None = None
    authority: str | None = None
    issuer: str | None = None
    certificate: str | None = None
    certificate_until: datetime | None = None
    trusted: bool | None = None
    cause: str | None = None


def stamp_states(con: duckdb.DuckDBPyConnection, home: Path, ca: Path | None) -> list[StampState]:
    """Every stamp of the home, judged against table gen.retrieval; whether that chain is whole is asked by verify.

    Raises UsageError for an unusable `ca`. Cost: one signature or two a stamp, a hundredth of a second.
    """
    return [*_broken(home), *(_state(con, stamp, ca) for stamp in stamps(home))]


def listed_stamps(home: Path) -> list[StampState]:
    """Every stamp of the home as it is described; nothing is checked."""
    described = [
        StampState(_file(stamp), stamp.seq, stamp.chain_hash, stamp.stamped_at, stamp.url, stamp.authority)
        for stamp in stamps(home)
    ]
    return [*_broken(home), *described]


def _broken(home: Path) -> list[StampState]:
    cause = "its description is missing or not readable"
    return [StampState(f"{FOLDER}/{path.name}", cause=cause) for path in unreadable(home)]


def _file(stamp: Stamp) -> str:
    return f"{FOLDER}/{stamp.seq}-{stamp.chain_hash[:16]}.tsr"


def _state(con: duckdb.DuckDBPyConnection, stamp: Stamp, ca: Path | None) -> StampState:
    name = _file(stamp)
    try:
        checked = check_token(stamp.token, stamp.chain_hash, ca)
    except WrongContent as error:
        return StampState(name, stamp.seq, stamp.chain_hash, url=stamp.url, cause=error.what)
    cause = None
    link = con.execute("SELECT chain_hash, attempted_at FROM gen.retrieval WHERE seq = ?", [stamp.seq]).fetchone()
    if link is None or link[0] != stamp.chain_hash:
        cause = "the retrieval chain no longer holds what it covers"
    elif checked.stamped_at < link[1].replace(tzinfo=UTC) - _CLOCKS_APART:
        cause = "it is older than the retrieval it covers"
    elif (checked.stamped_at, checked.authority) != (stamp.stamped_at, stamp.authority):
        cause = "its description states another time or authority than its token"
    elif checked.trusted is False:
        cause = "its authority's certificate does not lead to those asked for"
    return StampState(
        name,
        stamp.seq,
        stamp.chain_hash,
        checked.stamped_at,
        stamp.url,
        checked.authority,
        checked.issuer,
        checked.certificate,
        checked.certificate_until,
        checked.trusted,
        cause,
    )
