"""A time stamp authority on this machine: a throwaway root, a signer, a server that can misbehave."""

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from rfc3161_client._rust import parse_timestamp_request

SEQUENCE, SET, INTEGER, OCTETS, OID, TIME = 0x30, 0x31, 0x02, 0x04, 0x06, 0x18
SHA256, SHA512 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.3"
STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
REPLY = "application/timestamp-reply"


def der(tag: int, *parts: bytes) -> bytes:
    """One value of ASN.1 in DER."""
    body = b"".join(parts)
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1, "big")
    head = length if len(body) < 128 else bytes([0x80 | len(length)]) + length
    return bytes([tag]) + head + body


def integer(n: int) -> bytes:
    return der(INTEGER, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    body = b""
    for number in (first * 40 + second, *rest):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | (number & 0x7F))
        body += bytes(reversed(digits))
    return der(OID, body)


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def pem(self, path: Path) -> Path:
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path


def issue(
    name: str,
    by: Issued | None = None,
    *,
    usage: tuple[ObjectIdentifier, ...] = (STAMPING,),
    critical: bool = True,
    days: tuple[int, int] = (-10, 10),
) -> Issued:
    """A certificate: a root without `by`, else one for stamps, valid from and to so many days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if by and usage:
        made = made.add_extension(x509.ExtendedKeyUsage(list(usage)), critical=critical)
    return Issued(made.sign(by.key if by else key, hashes.SHA256()), key)


@dataclass(frozen=True)
class Token:
    """What a token is made of; tests change one thing at a time."""

    signer: Issued
    at: datetime
    status: int = 0
    nonce: int | None = None
    imprint: bytes | None = None
    algorithm: str = SHA256
    certificates: tuple[x509.Certificate, ...] | None = None
    signature: bytes | None = None

    def over(self, query: bytes) -> bytes:
        """The whole answer (TimeStampResp) to a request."""
        asked = parse_timestamp_request(query)
        filled = replace(
            self,
            nonce=asked.nonce if self.nonce is None else self.nonce,
            imprint=self.imprint or asked.message_imprint.message,
        )
        return filled.answer()

    def answer(self) -> bytes:
        status = der(SEQUENCE, integer(self.status))
        return der(SEQUENCE, status) if self.status > 1 else der(SEQUENCE, status, self._signed_data())

    def _info(self) -> bytes:
        parts = [
            integer(1),
            oid("1.2.3.4"),
            der(SEQUENCE, der(SEQUENCE, oid(self.algorithm)), der(OCTETS, self.imprint or b"")),
            integer(77),
            der(TIME, f"{self.at:%Y%m%d%H%M%SZ}".encode()),
        ]
        if self.nonce:
            parts.append(integer(self.nonce))
        return der(SEQUENCE, *parts)

    def _signed_data(self) -> bytes:
        info, sha256 = self._info(), der(SEQUENCE, oid(SHA256))
        content, mine = oid("1.2.840.113549.1.9.16.1.4"), self.signer.certificate
        of_mine = der(SEQUENCE, der(SEQUENCE, der(SEQUENCE, der(OCTETS, mine.fingerprint(hashes.SHA256())))))
        attributes = sorted(
            (
                der(SEQUENCE, oid("1.2.840.113549.1.9.3"), der(SET, content)),
                der(SEQUENCE, oid("1.2.840.113549.1.9.4"), der(SET, der(OCTETS, hashlib.sha256(info).digest()))),
                der(SEQUENCE, oid("1.2.840.113549.1.9.16.2.47"), der(SET, of_mine)),
            )
        )
        signature = self.signer.key.sign(der(SET, *attributes), ec.ECDSA(hashes.SHA256()))
        given = (mine,) if self.certificates is None else self.certificates
        signer = der(
            SEQUENCE,
            integer(1),
            der(SEQUENCE, mine.issuer.public_bytes(), integer(mine.serial_number)),
            sha256,
            der(0xA0, *attributes),
            der(SEQUENCE, oid("1.2.840.10045.4.3.2")),
            der(OCTETS, self.signature or signature),
        )
        signed = der(
            SEQUENCE,
            integer(3),
            der(SET, sha256),
            der(SEQUENCE, content, der(0xA0, der(OCTETS, info))),
            der(0xA0, *(one.public_bytes(Encoding.DER) for one in given)),
            der(SET, signer),
        )
        return der(SEQUENCE, oid("1.2.840.113549.1.7.2"), der(0xA0, signed))


@dataclass
class Authority:
    """The authority: `token` is what it signs; `body`, if set, is what it sends instead. `asked` holds the requests."""

    root: Issued
    token: Token
    body: bytes | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": REPLY})
    drip: float = 0.0
    asked: list[bytes] = field(default_factory=list)
    place: str = ""

    @property
    def url(self) -> str:
        return f"http://{self.place}/tsr"

    def now_signs(self, **changes: object) -> None:
        self.token = replace(self.token, **changes)  # type: ignore[arg-type]


@contextmanager
def authority() -> Iterator[Authority]:
    """A serving authority."""
    root = issue("Throwaway Root")
    made = Authority(root, Token(issue("Throwaway Stamps", root), datetime.now(UTC)))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            made.asked.append(query)
            body = made.token.over(query) if made.body is None else made.body
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if made.drip:
                for at in range(len(body)):
                    self.wfile.write(body[at : at + 1])
                    time.sleep(made.drip)
            else:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is part of the tests."""

    server = Server(("127.0.0.1", 0), Handler)
    made.place = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
