"""TLS is verified against the host name, although connections go to the IP address that was checked."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ingest.catalog import Source
from ingest.errors import Blocked, Unreachable
from tests.fetch.conftest import Agency, Answer, Make, make_resource

REASON = "documented bulk address"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for fairwork.example, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fairwork.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("fairwork.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secure(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agency]:
    """The agency's server behind TLS; fairwork.example and other.example both lead to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    agency = Agency(context)

    def checked(url: str, *rest: Any, **named: Any) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr("ingest.fetch.network.checked_addresses", checked)
    agency.plan("/a.csv", Answer(b"a,b\n1,2\n"))
    yield agency
    agency.close()


def address(agency: Agency, host: str) -> str:
    return f"https://{host}:{agency.place.partition(':')[2]}/a.csv"


def test_an_unknown_certificate_is_refused_at_once(secure: Agency, open_fetcher: Make, source: Source) -> None:
    fetcher = open_fetcher()
    with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
        fetcher.fetch(source, make_resource(address(secure, "fairwork.example"), robots_reason=REASON))
    assert len(fetcher.attempts) == 1
    assert secure.requests == []


def test_a_trusted_certificate_counts_for_its_host_only(
    secure: Agency, open_fetcher: Make, source: Source, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    fetcher = open_fetcher()
    good = make_resource(address(secure, "fairwork.example"), robots_reason=REASON)
    assert len(fetcher.fetch(source, good).payloads) == 1
    with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
        fetcher.fetch(source, make_resource(address(secure, "other.example"), robots_reason=REASON))
    secure.plan("/a.csv", Answer(b"", 302, {"Location": "http://fairwork.example/a.csv"}))
    with pytest.raises(Blocked, match="down to http"):
        fetcher.fetch(source, good)
