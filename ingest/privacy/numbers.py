"""What a number says of its holder: person, company, public body, suppressed; most numbers say nothing.

Sources: SAT (RFC of 12 or 13 characters), Receita Federal (CPF), GB 32100-2015 (Chinese unified social credit code).
"""

import re

from ingest.identifiers import personal
from ingest.names.legal_forms import fold
from ingest.privacy.verdict import Entity, Verdict

_DIGIT = re.compile(r"\d")
_CPF_WRITTEN = re.compile(r"(?<!\d)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)")
_ELEVEN_DIGITS = re.compile(r"(?<![\d./-])\d{11}(?![\d./-])")
_CURP = re.compile(r"(?<![A-Z0-9])[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d(?![A-Z0-9])")
_MICRO_ENTREPRENEUR = re.compile(r"^\s*\d{2}\.?\d{3}\.?\d{3}\s+[^\W\d_]")
_SSN = re.compile(r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_BORN = re.compile(
    r"(?<![^\W_])(?:born|d\.?o\.?b|date of birth|geb(?:oren)?|nee? le|nat[oa] il|nacid[oa] el|nascid[oa] em|f\.?\s?nac"
    r"|ur|род|г\.\s?р)(?![^\W_])[.:\s(]{0,3}[^\W_]{0,9}\s?\d"
    r"|(?<!\d)\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d\s?(?:г\.\s?р|года рождения)",
    re.IGNORECASE,
)
_USCC = re.compile(r"^[0-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-HJ-NP-RTUWXY]{10}$")

PERSONAL_SCHEMES = frozenset({"cpf", "curp", "ssn", "itin", "nin", "dni", "nie", "passport", "national-id", "mx-curp"})
_USCC_HOLDER = {
    "1": Entity.PUBLIC_BODY, "5": Entity.NON_PROFIT, "2": Entity.PUBLIC_BODY, "8": Entity.NON_PROFIT,
    "6": Entity.COMPANY, "7": Entity.PUBLIC_BODY, "A": Entity.PUBLIC_BODY, "N": Entity.ORGANISATION,
    "3": Entity.ORGANISATION, "4": Entity.ORGANISATION,
}  # fmt: skip


def by_identifiers(identifiers: tuple[tuple[str, str], ...]) -> Verdict | None:
    """The verdict an identifier gives; what withholds wins over what passes."""
    if not identifiers:
        return None
    found = [verdict for scheme, value in identifiers if (verdict := _by_identifier(scheme, value))]
    withheld = [verdict for verdict in found if not verdict.passes]
    return next(iter(withheld or found), None)


def _by_identifier(scheme: str, value: str) -> Verdict | None:
    kind = scheme.lower().removeprefix("mx-").removeprefix("br-").removeprefix("cn-")
    bare = re.sub(r"[\s.\-/&]", "", value).upper()
    if not bare:
        return None
    if kind in PERSONAL_SCHEMES:
        return Verdict(Entity.PERSON, f"identifier: {kind}")
    if kind == "rfc":
        return _by_rfc(re.sub(r"[\s.\-/]", "", value).upper())
    if kind == "uscc":
        return _by_uscc(bare) if _USCC.match(bare) else None
    if personal(scheme, value):
        return Verdict(Entity.PERSON, f"identifier: {kind} of a person")
    return _by_lei_category(value) if kind == "lei-category" else None


def _by_rfc(value: str) -> Verdict | None:
    if set(value) == {"X"}:
        return Verdict(Entity.SUPPRESSED, "identifier: rfc suppressed by court")
    if re.fullmatch(r"[A-ZÑ&]{4}\d{6}[A-Z0-9]{3}", value) or len(value) == 13:
        return Verdict(Entity.PERSON, "identifier: rfc 13")
    if re.fullmatch(r"[A-ZÑ&]{3}\d{6}[A-Z0-9]{3}", value):
        return Verdict(Entity.COMPANY, "identifier: rfc 12")
    return None


def _by_uscc(value: str) -> Verdict | None:
    if value.startswith("92"):
        return Verdict(Entity.SOLE_TRADER, "identifier: uscc 92")
    if value.startswith(("91", "93")):
        return Verdict(Entity.COMPANY, f"identifier: uscc {value[:2]}")
    holder = _USCC_HOLDER.get(value[0])
    return Verdict(holder, f"identifier: uscc {value[0]}") if holder else None


def _by_lei_category(value: str) -> Verdict | None:
    category = value.strip().upper()
    if category == "SOLE_PROPRIETOR":
        return Verdict(Entity.SOLE_TRADER, "identifier: lei sole proprietor")
    if category in {"RESIDENT_GOVERNMENT_ENTITY", "INTERNATIONAL_ORGANIZATION"}:
        return Verdict(Entity.PUBLIC_BODY, "identifier: lei category")
    return Verdict(Entity.COMPANY, "identifier: lei category") if category in {"GENERAL", "FUND", "BRANCH"} else None


def by_number_in_name(name: str, country: str | None) -> Verdict | None:
    """A personal number written into a name; Brazilian micro-entrepreneurs carry theirs."""
    if not _DIGIT.search(name):
        return None
    if _CPF_WRITTEN.search(name) or _ELEVEN_DIGITS.search(name):
        return Verdict(Entity.PERSON, "identifier: cpf in name")
    if _CURP.search(name.upper()):
        return Verdict(Entity.PERSON, "identifier: curp in name")
    if _SSN.search(name):
        return Verdict(Entity.PERSON, "identifier: ssn in name")
    if country == "br" and _MICRO_ENTREPRENEUR.match(name):
        return Verdict(Entity.SOLE_TRADER, "identifier: cnpj root before name")
    return Verdict(Entity.PERSON, "date of birth in name") if _BORN.search(fold(name)) else None
