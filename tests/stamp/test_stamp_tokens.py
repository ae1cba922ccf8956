"""A token counts only when everything in it fits: what it is over, who signed it, with what, and when."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from db.stamp.kept import check_token
from ingest.errors import UsageError, WrongContent
from tests.stamp.authority import SHA512, STAMPING, Issued, Token, issue

LINK = hashlib.sha256(b"head of a chain").hexdigest()
IMPRINT = hashlib.sha256(LINK.encode()).digest()
ROOT = issue("Throwaway Root")
SIGNER = issue("Throwaway Stamps", ROOT)


def token(signer: Issued = SIGNER, **changes: Any) -> bytes:
    """A good stamp over LINK, but for the changes."""
    parts: dict[str, Any] = {"at": datetime.now(UTC), "nonce": 5, "imprint": IMPRINT}
    return Token(signer, **{**parts, **changes}).answer()


def test_a_good_one_says_when_and_who(tmp_path: Path) -> None:
    at = datetime.now(UTC).replace(microsecond=0)
    found = check_token(token(at=at), LINK, ROOT.pem(tmp_path / "root.pem"))
    assert (found.stamped_at, found.authority, found.issuer) == (at, "Throwaway Stamps", "Throwaway Root")
    assert (found.trusted, found.nonce) == (True, 5)
    assert found.certificate == hashlib.sha256(SIGNER.certificate.public_bytes(Encoding.DER)).hexdigest()


def test_whom_to_trust_is_the_readers_word(tmp_path: Path) -> None:
    assert check_token(token(), LINK, None).trusted is None
    namesake = issue("Throwaway Root")
    assert check_token(token(), LINK, namesake.pem(tmp_path / "other.pem")).trusted is False
    both = issue("Other Root").pem(tmp_path / "both.pem")
    both.write_bytes(both.read_bytes() + ROOT.pem(tmp_path / "root.pem").read_bytes())
    assert check_token(token(), LINK, both).trusted is True


@pytest.mark.skipif(shutil.which("openssl") is None, reason="asks the openssl command, which this machine lacks")
def test_others_can_check_it_as_documented(tmp_path: Path) -> None:
    ROOT.pem(tmp_path / "root.pem")
    (tmp_path / "head.tsr").write_bytes(token())
    (tmp_path / "head").write_text(LINK, encoding="ascii")
    words = ["openssl", "ts", "-verify", "-data", "head", "-in", "head.tsr", "-CAfile", "root.pem"]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Verification: OK" in ran.stdout


MISFITS: dict[str, tuple[Callable[[], bytes], str]] = {
    "over another head": (lambda: token(imprint=hashlib.sha256(b"other").digest()), "over something else"),
    "of another algorithm": (
        lambda: token(algorithm=SHA512, imprint=hashlib.sha512(LINK.encode()).digest()),
        "another hash than SHA-256",
    ),
    "said to be of SHA-512": (lambda: token(algorithm=SHA512), "another hash than SHA-256"),
    "rejected": (lambda: token(status=2), "rejected the request"),
    "granted with changes": (lambda: token(status=1), "something else than was asked"),
    "later": (lambda: token(status=3), "wants to answer later"),
    "of no known status": (lambda: token(status=9), "not an answer of a time stamp authority"),
    "badly signed": (
        lambda: token(signature=SIGNER.key.sign(b"other", ec.ECDSA(hashes.SHA256()))),
        "signature does not fit",
    ),
    "signed with nonsense": (lambda: token(signature=b"\0" * 70), "signature does not fit"),
    "signed by another key": (
        lambda: token(Issued(SIGNER.certificate, issue("Thief", ROOT).key)),
        "signature does not fit",
    ),
    "without certificate": (lambda: token(certificates=()), "does not carry the one certificate"),
    "with another certificate": (
        lambda: token(certificates=(issue("Throwaway Stamps", ROOT).certificate,)),
        "does not carry the one certificate",
    ),
    "by a certificate for nothing": (lambda: token(issue("Plain", ROOT, usage=())), "not one for time stamps"),
    "by a certificate for servers": (
        lambda: token(issue("Server", ROOT, usage=(ExtendedKeyUsageOID.SERVER_AUTH,))),
        "not one for time stamps",
    ),
    "by a certificate for all sorts": (
        lambda: token(issue("Both", ROOT, usage=(STAMPING, ExtendedKeyUsageOID.SERVER_AUTH))),
        "not one for time stamps",
    ),
    "by a usage one may ignore": (lambda: token(issue("Lax", ROOT, critical=False)), "not one for time stamps"),
    "by an expired certificate": (lambda: token(issue("Old", ROOT, days=(-9, -1))), "not valid at the time"),
    "by a certificate to come": (lambda: token(at=datetime.now(UTC) - timedelta(days=30)), "not valid at the time"),
    "a web page": (lambda: b"<!doctype html><title>Log in</title>", "not an answer of a time stamp authority"),
    "empty": (lambda: b"", "not an answer of a time stamp authority"),
    "cut": (lambda: token()[:-9], "not an answer of a time stamp authority"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_what_does_not_fit_is_said(name: str) -> None:
    make, said = MISFITS[name]
    with pytest.raises(WrongContent, match=said):
        check_token(make(), LINK, None)


def test_an_expired_certificate_was_good_when_it_signed(tmp_path: Path) -> None:
    root = issue("Old Root", days=(-40, -2))
    old = issue("Old Stamps", root, days=(-30, -5))
    found = check_token(token(old, at=datetime.now(UTC) - timedelta(days=7)), LINK, root.pem(tmp_path / "root.pem"))
    assert found.trusted is True


def test_a_flipped_byte_changes_nothing_that_is_believed(tmp_path: Path) -> None:
    """With a root to trust, a token with one changed byte is refused, or says what it said before."""
    root, good = ROOT.pem(tmp_path / "root.pem"), token()
    expected, believed = check_token(good, LINK, root), 0
    for at in range(0, len(good), 3):
        broken = good[:at] + bytes([good[at] ^ 0x41]) + good[at + 1 :]
        try:
            said = check_token(broken, LINK, root)
        except WrongContent:
            continue
        if said.trusted:
            assert (said.stamped_at, said.authority, said.nonce) == (expected.stamped_at, expected.authority, 5)
            believed += 1
    assert believed < 10, "bytes outside of what is signed are few"


def test_what_is_no_chain_hash_is_never_stamped() -> None:
    for link in ("", LINK.upper(), LINK + "\n", "0" * 63):
        with pytest.raises(WrongContent, match="not a hash of the retrieval chain"):
            check_token(token(), link, None)


def test_unusable_certificates_are_the_users_error(tmp_path: Path) -> None:
    (tmp_path / "text.pem").write_text("no certificate")
    for name, said in (("none.pem", "cannot be read"), ("text.pem", "no certificates in PEM form")):
        with pytest.raises(UsageError, match=said):
            check_token(token(), LINK, tmp_path / name)
