"""Anchoring the head of the retrieval chain: a time stamp authority is asked, its answer checked, then kept."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from db.stamp.kept import FOLDER, Stamp, message, stamps
from db.store import Store
from ingest.durable import write_whole
from ingest.errors import StoreBusy, StoreDamaged, StoreError, StoreMissing, WrongContent
from ingest.fetch.addresses import plain_url
from ingest.fetch.pacing import Patience
from ingest.fetch.post import post
from ingest.timestamp import Checked, certificates, check, request

LARGEST_ANSWER = 100_000
"""Bytes; public authorities answer with 3,000 to 8,000."""
_CLOCKS_APART = timedelta(hours=1)


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom to ask and how. `ca`: PEM file of certificates the answer must lead to; without it any will do."""

    url: str
    contact: str
    ca: Path | None = None
    private_hosts: frozenset[str] = frozenset()
    patience: Patience | None = None
    now: Callable[[], datetime] = field(default=utc_now)


@dataclass(frozen=True, slots=True)
class Anchored:
    """The stamp over the present head. `checked` is None where it was there already and nobody was asked."""

    stamp: Stamp
    checked: Checked | None


def anchor(store: Store, asking: Asking) -> Anchored:
    """A stamp over the last retrieval of the published generation. Needs no writer's lock: a sync may run.

    Raises StoreMissing where there is nothing to stamp, StoreBusy while somebody else stamps this home, FetchError
    (WrongContent for what is no good stamp of it), StoreError where it cannot be kept.
    """
    with store.reading() as con:
        head = con.execute("SELECT seq, chain_hash FROM retrieval ORDER BY seq DESC LIMIT 1").fetchone()
    if head is None:
        step = "Run `trackrecord sync` first."
        raise StoreMissing("there is no retrieval to stamp", where=str(store.home), next_step=step)
    seq, chain_hash = head
    folder = store.home / FOLDER
    try:
        folder.mkdir(exist_ok=True, mode=0o700)
        # nobody may ask for what another process is just getting
        with FileLock(folder / "lock").acquire(timeout=0.5):
            if there := [stamp for stamp in stamps(store.home) if (stamp.seq, stamp.chain_hash) == (seq, chain_hash)]:
                return Anchored(there[0], None)
            return _stamped(folder, seq, chain_hash, asking)
    except Timeout:
        step = "Try again in a moment."
        raise StoreBusy("another process is stamping this home", where=str(folder), next_step=step) from None
    except OSError as error:
        step = "Make room or make the folder writable, then stamp again."
        raise StoreError(f"the stamp cannot be kept: {error.strerror}", where=str(folder), next_step=step) from None


def _stamped(folder: Path, seq: int, chain_hash: str, asking: Asking) -> Anchored:
    token = folder / f"{seq}-{chain_hash[:16]}.tsr"
    if token.exists():
        step = "Move it away and stamp again."
        raise StoreDamaged("a stamp of this head is there without its description", where=str(token), next_step=step)
    url = plain_url(asking.url)
    asked_at = asking.now()
    answer, checked = _answer(url, chain_hash, asking)
    stamp = Stamp(seq, chain_hash, checked.stamped_at, url, checked.authority, answer)
    described = {
        "seq": seq,
        "chain_hash": chain_hash,
        "stamped_at": checked.stamped_at.isoformat(),
        "requested_at": asked_at.isoformat(),
        "url": url,
        "authority": checked.authority,
        "certificate_sha256": checked.certificate,
    }
    # the token comes last: while it is missing, nothing counts as stamped
    write_whole(token.with_suffix(".json"), (json.dumps(described, indent=1, ensure_ascii=False) + "\n").encode())
    write_whole(token, answer)
    return Anchored(stamp, checked)


def _answer(url: str, chain_hash: str, asking: Asking) -> tuple[bytes, Checked]:
    """The authority's answer, checked against what was asked. Raises FetchError, UsageError for an unusable `ca`."""
    if asking.ca:
        certificates(asking.ca)
    content, nonce = request(message(chain_hash))
    answer = post(
        url,
        content,
        sent="application/timestamp-query",
        expected="application/timestamp-reply",
        limit=LARGEST_ANSWER,
        contact=asking.contact,
        private_hosts=asking.private_hosts,
        patience=asking.patience,
    )
    try:
        checked = check(answer, message(chain_hash), asking.ca)
        if checked.nonce != nonce:
            raise WrongContent("the answer is to another request")
        if checked.trusted is False:
            raise WrongContent("the authority's certificate does not lead to those of --ca")
        if abs(checked.stamped_at - asking.now()) > _CLOCKS_APART:
            raise WrongContent("the authority's clock and that of this machine differ by more than an hour")
    except WrongContent as error:
        step = "Nothing was kept. Ask another authority, or set this machine's clock if that is wrong."
        raise WrongContent(error.what, where=url, next_step=step) from None
    return answer, checked
