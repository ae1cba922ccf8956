"""Time stamp tokens (RFC 3161): asked for, and checked by the signature they carry. No network here.

An answer comes from a stranger: what the parsers below say of it is never quoted.
"""

import hashlib
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from ingest.errors import UsageError, WrongContent

_SHA256 = "2.16.840.1.101.3.4.2.1"
_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
_UNREADABLE = (ValueError, TypeError, LookupError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension)
_STATUS = {
    PKIStatus.GRANTED_WITH_MODS: "granted something else than was asked",
    PKIStatus.REJECTION: "rejected the request",
    PKIStatus.WAITING: "wants to answer later",
    PKIStatus.REVOCATION_WARNING: "warns that its certificate is about to be revoked",
    PKIStatus.REVOCATION_NOTIFICATION: "says that its certificate was revoked",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """What a token says once it was checked; times are UTC. `certificate`: SHA-256 of the authority's, hex.

    `trusted`: whether that certificate leads to one of those asked for; None where nobody said whom to trust.
    """

    stamped_at: datetime
    authority: str
    issuer: str
    certificate: str
    certificate_until: datetime
    trusted: bool | None
    nonce: int | None


def request(message: bytes) -> tuple[bytes, int]:
    """A request (DER) to stamp the SHA-256 of `message` and send the certificate along, and its nonce."""
    builder = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256)
    made = builder.nonce(nonce=True).cert_request(cert_request=True).build()
    return made.as_bytes(), made.nonce or 0


def check(token: bytes, message: bytes, ca: Path | None) -> Checked:
    """What the token (TimeStampResp, DER) says, when it is granted, over `message`, and signed by its certificate.

    `ca`: PEM file of certificates to trust. The certificate must be one for time stamps and valid at the time of the
    stamp; whether it was revoked is not asked. Raises WrongContent saying what does not fit, UsageError for `ca`.
    """
    roots = certificates(ca) if ca else None
    with warnings.catch_warnings():
        # of a certificate that a later version of the parser will refuse
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return _checked(token, message, roots)


def _checked(token: bytes, message: bytes, roots: list[x509.Certificate] | None) -> Checked:
    try:
        answer = decode_timestamp_response(token)
        status = PKIStatus(answer.status)
    except ValueError:
        raise WrongContent("not an answer of a time stamp authority") from None
    if status is not PKIStatus.GRANTED:
        raise WrongContent(f"the authority {_STATUS[status]}")
    try:
        stamp, signer = answer.tst_info, _signer(answer)
        algorithm, imprint = stamp.message_imprint.hash_algorithm.dotted_string, stamp.message_imprint.message
        at, nonce = stamp.gen_time.astimezone(UTC), stamp.nonce
        self_consistent = _reissued(signer)
    except _UNREADABLE:
        raise WrongContent("the token cannot be read") from None
    if algorithm != _SHA256:
        raise WrongContent("the token is over another hash than SHA-256")
    if imprint != hashlib.sha256(message).digest():
        raise WrongContent("the token is over something else")
    if not signer.not_valid_before_utc <= at <= signer.not_valid_after_utc:
        raise WrongContent("the authority's certificate was not valid at the time of the stamp")
    if not _signed(answer, message, self_consistent):
        raise WrongContent("the signature does not fit")
    return Checked(
        stamped_at=at,
        authority=_name(signer.subject),
        issuer=_name(signer.issuer),
        certificate=signer.fingerprint(hashes.SHA256()).hex(),
        certificate_until=signer.not_valid_after_utc,
        trusted=None if roots is None else _signed(answer, message, roots),
        nonce=nonce,
    )


def _signer(answer: TimeStampResponse) -> x509.Certificate:
    """The one certificate in the token that its one signature names. Raises WrongContent, ValueError."""
    named = [(one.issuer, one.serial_number) for one in answer.signed_data.signer_infos]
    given = [x509.load_der_x509_certificate(one) for one in answer.signed_data.certificates]
    found = [one for one in given if named == [(one.issuer, one.serial_number)]]
    if len(found) != 1:
        raise WrongContent("the token does not carry the one certificate it was signed with")
    try:
        usage = found[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        usage = None
    if usage is None or not usage.critical or list(usage.value) != [_STAMPING]:
        raise WrongContent("the authority's certificate is not one for time stamps")
    return found[0]


def _reissued(signer: x509.Certificate) -> list[x509.Certificate]:
    """The signer's key certified by a root made here: with it the verifier asks for nothing but the signature."""
    key = ec.generate_private_key(ec.SECP256R1())
    blank = (
        x509.CertificateBuilder()
        .issuer_name(signer.issuer)
        .not_valid_before(signer.not_valid_before_utc)
        .not_valid_after(signer.not_valid_after_utc)
    )
    root = blank.subject_name(signer.issuer).public_key(key.public_key()).serial_number(x509.random_serial_number())
    leaf = blank.subject_name(signer.subject).public_key(signer.public_key()).serial_number(signer.serial_number)
    return [
        root.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()),
        leaf.add_extension(x509.ExtendedKeyUsage([_STAMPING]), critical=True).sign(key, hashes.SHA256()),
    ]


def _signed(answer: TimeStampResponse, message: bytes, roots: list[x509.Certificate]) -> bool:
    """Whether the signature holds and leads to one of the roots, as of the time of the stamp."""
    try:
        return VerifierBuilder(roots=roots).build().verify_message(answer, message)
    except (VerificationError, ValueError):
        return False


def certificates(ca: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file. Raises UsageError."""
    try:
        return x509.load_pem_x509_certificates(ca.read_bytes())
    except OSError as error:
        raise UsageError(f"the certificates cannot be read: {error.strerror}", where=str(ca)) from None
    except ValueError:
        raise UsageError("no certificates in PEM form", where=str(ca)) from None


def _name(name: x509.Name) -> str:
    """The common name, else the organisation, else all of it."""
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := name.get_attributes_for_oid(oid):
            return str(found[0].value)
    return name.rfc4514_string()
