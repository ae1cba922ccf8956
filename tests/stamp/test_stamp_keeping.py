"""Asking an authority, keeping its stamp, and noticing when chain and stamps no longer agree."""

import hashlib
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from db.stamp.kept import check_token, stamps
from db.stamp.request import Asking, anchor
from db.store import Store
from db.verify import verify, verify_stamps
from ingest.errors import (
    Blocked,
    FetchError,
    PartialPayload,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreMissing,
    TooLarge,
    Unreachable,
    UsageError,
    WrongContent,
)
from ingest.fetch.pacing import Patience
from tests.cli.homes import FIRST, SECOND, Home
from tests.stamp.authority import REPLY, SHA512, Authority, issue
from tests.stamp.conftest import Anchor


def kept(home: Home) -> list[str]:
    """What lies in the folder of stamps, but for the lock."""
    return sorted(path.name for path in (home.path / "stamps").glob("*") if path.name != "lock")


def head(home: Home) -> tuple[int, str]:
    with home.store.reading() as con:
        seq, link = con.execute("SELECT seq, chain_hash FROM retrieval ORDER BY seq DESC LIMIT 1").fetchall()[0]
    return seq, link


def test_the_head_is_stamped_and_kept(home: Home, authority: Authority, stamped: Anchor, tmp_path: Path) -> None:
    seq, link = head(home)
    done = stamped(ca=authority.root.pem(tmp_path / "root.pem"))
    assert done.checked is not None
    assert done.checked.trusted is True
    (stamp,) = stamps(home.path)
    assert stamp == done.stamp
    assert (stamp.seq, stamp.chain_hash, stamp.url) == (seq, link, authority.url)
    assert kept(home) == [f"{seq}-{link[:16]}.json", f"{seq}-{link[:16]}.tsr"]
    for name in kept(home):
        assert stat.S_IMODE((home.path / "stamps" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((home.path / "stamps").stat().st_mode) == 0o700
    assert check_token(stamp.token, link, None).stamped_at == stamp.stamped_at
    (query,) = authority.asked
    assert hashlib.sha256(link.encode()).digest() in query


def test_a_head_is_stamped_once_and_the_next_one_again(home: Home, authority: Authority, stamped: Anchor) -> None:
    first = stamped()
    again = stamped(url="http://127.0.0.1:1/nobody")
    assert (again.stamp, again.checked) == (first.stamp, None)
    assert len(authority.asked) == 1
    home.run(FIRST, "run-9", datetime(2026, 1, 10, 8, tzinfo=UTC))
    second = stamped()
    assert second.stamp.seq == first.stamp.seq + 1
    assert [stamp.seq for stamp in stamps(home.path)] == [first.stamp.seq, second.stamp.seq]
    assert verify(home.store, lambda *_: None).stamps == 2


def test_it_works_while_a_sync_runs(home: Home, stamped: Anchor) -> None:
    with home.store.writing():
        assert stamped().checked is not None


def test_a_stamp_survives_the_next_generation(home: Home, stamped: Anchor) -> None:
    stamped()
    with home.store.writing() as writer:
        assert writer.work.exists()
    assert len(stamps(home.path)) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nonce": 4711}, "the answer is to another request"),
        ({"imprint": hashlib.sha256(b"other").digest()}, "the token is over something else"),
        ({"algorithm": SHA512}, "another hash than SHA-256"),
        ({"status": 2}, "rejected the request"),
        ({"signature": b"\1" * 71}, "the signature does not fit"),
        ({"at": datetime.now(UTC) - timedelta(days=2)}, "clock and that of this machine differ"),
        ({"at": datetime.now(UTC) + timedelta(days=2)}, "clock and that of this machine differ"),
    ],
)
def test_an_answer_that_does_not_fit_is_not_kept(
    home: Home, authority: Authority, stamped: Anchor, changes: dict[str, Any], said: str
) -> None:
    authority.now_signs(**changes)
    with pytest.raises(WrongContent, match=said) as caught:
        stamped()
    assert authority.url in str(caught.value)
    assert kept(home) == []


def test_a_certificate_that_is_none_for_stamps_is_refused(home: Home, authority: Authority, stamped: Anchor) -> None:
    authority.now_signs(signer=issue("Plain", authority.root, usage=()))
    with pytest.raises(WrongContent, match="not one for time stamps"):
        stamped()
    assert kept(home) == []


def test_an_authority_one_does_not_trust_is_refused(home: Home, stamped: Anchor, tmp_path: Path) -> None:
    with pytest.raises(WrongContent, match="does not lead to those of --ca"):
        stamped(ca=issue("Other Root").pem(tmp_path / "root.pem"))
    assert kept(home) == []


def test_unusable_certificates_are_said_before_anybody_is_asked(
    authority: Authority, stamped: Anchor, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        stamped(ca=tmp_path / "none.pem")
    assert authority.asked == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"body": b"x" * 200_000}, TooLarge("more than 100,000 bytes")),
        ({"body": b"<html>", "headers": {"Content-Type": "text/html"}}, WrongContent(f"is not {REPLY}")),
        ({"body": b"<html>"}, WrongContent("not an answer of a time stamp authority")),
        ({"status": 503}, Unreachable("answered HTTP 503")),
        ({"status": 401}, Blocked("refused with HTTP 401")),
        ({"status": 302, "headers": {"Location": "http://169.254.169.254/"}}, Blocked("not followed")),
        ({"drip": 0.05}, PartialPayload("too slow")),
    ],
)
def test_a_server_that_misbehaves(
    home: Home, authority: Authority, stamped: Anchor, answer: dict[str, Any], expected: FetchError
) -> None:
    for name, value in answer.items():
        setattr(authority, name, value)
    with pytest.raises(type(expected), match=expected.what) as caught:
        stamped(patience=Patience(connect=5.0, silence=2.0, total=0.3 if authority.drip else 5.0))
    assert authority.url in str(caught.value)
    assert kept(home) == []


def test_nobody_there_and_no_such_address(authority: Authority, stamped: Anchor) -> None:
    with pytest.raises(Unreachable, match="no answer"):
        stamped(url="http://127.0.0.1:1/tsr", private_hosts=frozenset({"127.0.0.1:1"}))
    with pytest.raises(WrongContent, match="not an http or https address"):
        stamped(url="ftp://stamps.example/tsr")
    with pytest.raises(WrongContent, match="not a web address"):
        stamped(url=f"{authority.url}/\x01")


def test_a_private_address_is_refused_unless_allowed(authority: Authority, stamped: Anchor) -> None:
    with pytest.raises(Blocked, match="private or reserved"):
        stamped(private_hosts=frozenset())
    assert authority.asked == []


def test_no_password_of_an_address_is_kept(home: Home, authority: Authority, stamped: Anchor) -> None:
    stamped(url=authority.url.replace("//", "//user:secret@"))
    for name in kept(home):
        assert b"secret" not in (home.path / "stamps" / name).read_bytes()


def test_nothing_retrieved_nothing_to_stamp(home: Home, stamped: Anchor) -> None:
    with home.changing() as con:
        con.execute("DELETE FROM retrieval")
    with pytest.raises(StoreMissing, match="no retrieval to stamp"):
        stamped()


def test_no_home_nothing_to_stamp(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing, match="nothing has been synced"):
        anchor(Store(tmp_path / "empty"), Asking("http://127.0.0.1:1/", "mailto:audit@example.org"))
    assert not (tmp_path / "empty").exists()


def test_two_at_once(home: Home, stamped: Anchor) -> None:
    (home.path / "stamps").mkdir()
    with FileLock(home.path / "stamps" / "lock"), pytest.raises(StoreBusy, match="another process is stamping"):
        stamped()


def test_a_folder_that_takes_nothing(home: Home, stamped: Anchor) -> None:
    (home.path / "stamps").write_text("in the way")
    with pytest.raises(StoreError, match="the stamp cannot be kept"):
        stamped()


def test_what_a_crash_left_is_written_again(home: Home, stamped: Anchor) -> None:
    """The description is written before the token: alone it is nothing."""
    seq, link = head(home)
    (home.path / "stamps").mkdir()
    (home.path / "stamps" / f"{seq}-{link[:16]}.json").write_text("{")
    assert stamps(home.path) == []
    stamped()
    assert len(stamps(home.path)) == 1


def test_a_token_is_never_overwritten(home: Home, stamped: Anchor) -> None:
    stamp = stamped().stamp
    path = home.path / "stamps" / f"{stamp.seq}-{stamp.chain_hash[:16]}.json"
    path.unlink()
    with pytest.raises(StoreDamaged, match="without its description"):
        stamped()
    assert path.with_suffix(".tsr").read_bytes() == stamp.token


@pytest.mark.parametrize(
    ("sql", "cause"),
    [
        ("UPDATE retrieval SET chain_hash = repeat('0', 64) WHERE seq = 2", "no longer holds what it covers"),
        ("DELETE FROM retrieval WHERE seq = 2", "no longer holds what it covers"),
        ("UPDATE retrieval SET attempted_at = TIMESTAMP '2200-01-01' WHERE seq = 2", "older than the retrieval"),
    ],
)
def test_a_stamp_over_what_the_chain_no_longer_holds(home: Home, stamped: Anchor, sql: str, cause: str) -> None:
    stamped()
    with home.changing() as con:
        con.execute(sql)
    found = [finding for finding in verify(home.store, lambda *_: None).findings if finding.what == "stamp"]
    assert len(found) == 1
    assert cause in found[0].cause


def test_a_chain_rewritten_below_a_stamp_is_found(home: Home, stamped: Anchor) -> None:
    stamped()
    with home.changing() as con:
        con.execute(f"UPDATE retrieval SET url = 'https://other.example' WHERE source_id = '{SECOND}'")
    _, verdict = verify_stamps(home.store, None)
    assert [finding.what for finding in verdict.findings] == ["retrieval"]


@pytest.mark.parametrize(
    ("key", "value", "cause"),
    [
        ("stamped_at", "2001-01-01T00:00:00+00:00", "states another time or authority"),
        ("authority", "Somebody Else", "states another time or authority"),
        ("stamped_at", "yesterday", "missing or not readable"),
        ("seq", 7, "missing or not readable"),
        ("chain_hash", "0" * 64, "missing or not readable"),
        ("chain_hash", None, "missing or not readable"),
    ],
)
def test_a_description_that_lies(home: Home, stamped: Anchor, key: str, value: object, cause: str) -> None:
    stamp = stamped().stamp
    path = home.path / "stamps" / f"{stamp.seq}-{stamp.chain_hash[:16]}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    ((state,), verdict) = verify_stamps(home.store, None)
    assert cause in (state.cause or "")
    assert [(finding.what, finding.file) for finding in verdict.findings] == [("stamp", f"stamps/{path.stem}.tsr")]


def test_a_damaged_token_is_found(home: Home, stamped: Anchor) -> None:
    stamp = stamped().stamp
    path = home.path / "stamps" / f"{stamp.seq}-{stamp.chain_hash[:16]}.tsr"
    path.write_bytes(stamp.token[:-5])
    ((state,), _) = verify_stamps(home.store, None)
    assert state.cause == "not an answer of a time stamp authority"
    assert state.trusted is None


def test_an_authority_that_is_not_among_the_trusted(home: Home, stamped: Anchor, tmp_path: Path) -> None:
    stamped()
    ((state,), _) = verify_stamps(home.store, issue("Other Root").pem(tmp_path / "root.pem"))
    assert state.cause == "its authority's certificate does not lead to those asked for"


def test_other_files_in_the_folder_are_nobodys_stamps(home: Home) -> None:
    (home.path / "stamps").mkdir()
    for name in ("notes.txt", "0-0123456789abcdef.tsr", "1-XYZ.tsr"):
        (home.path / "stamps" / name).write_text("x")
    assert verify_stamps(home.store, None)[0] == []
