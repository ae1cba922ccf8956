"""The schemes of identifiers, one declaration each: shape, check digit, written form, natural persons.

Check digits come from python-stdnum, whose modules name the official source of each algorithm. Schemes it lacks
carry theirs here. Values are canonical: upper case, letters and digits only.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from stdnum import bic, imo, lei
from stdnum.br import cnpj, cpf
from stdnum.cn import uscc
from stdnum.eu import vat
from stdnum.fr import siren, siret
from stdnum.mx import rfc
from stdnum.ru import inn, ogrn
from stdnum.tr import vkn
from stdnum.us import ein

Test = Callable[[str], bool]
Rewrite = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Scheme:
    """One kind of number; `country` is where it is issued (ISO 3166-1, lower case), None if worldwide."""

    name: str
    title: str
    country: str | None
    shape: re.Pattern[str]
    """What a canonical value looks like."""
    holds: Test | None = None
    """Further test of a well-shaped value: check digit, prefix or country."""
    has_check_digit: bool = False
    """Passing `holds` is proof against typing errors; else a well-shaped value is neither proved nor refuted."""
    country_in: Callable[[str], str | None] | None = None
    """Reads the country out of a value that holds, where the number itself carries it."""
    canonical: Rewrite | None = None
    """Rewrites letters and digits to the one form that is stored, such as zero-padding."""
    display: Rewrite | None = None
    """The way the register prints a well-shaped value; the canonical value itself unless given."""
    personal: re.Pattern[str] | None = None
    """Canonical values that denote a natural person or a sole trader."""
    bare: re.Pattern[str] | None = None
    """What may be typed without naming the scheme, before rewriting; `shape` unless given."""
    issued_unchecked: bool = False
    """The register itself has issued numbers whose check digit is wrong."""
    labels: tuple[str, ...] = ()
    """Words that announce the number in a query, besides the scheme's name."""


def _grouped(pattern: str, template: str) -> Rewrite:
    groups = re.compile(pattern)
    return lambda value: groups.sub(template, value)


def _padded(label: str, digits: int) -> Rewrite:
    """Drop the label and restore leading zeros, which spreadsheets and agencies leave out."""

    def rewrite(value: str) -> str:
        number = value.removeprefix(label)
        return number.zfill(digits) if number.isascii() and number.isdigit() else value

    return rewrite


def _company_number(value: str) -> str:
    """Companies House numbers have eight characters: two of them a register's prefix, or none."""
    parts = re.fullmatch(r"([A-Z]{2}|)([0-9]+)", value)
    return parts[1] + parts[2].zfill(8 - len(parts[1])) if parts else value


def _vat(value: str) -> str:
    return vat.validate(value) if vat.is_valid(value) else value


def _vat_country(value: str) -> str | None:
    """Greece and Northern Ireland have letters of their own; EU and IM number non-European sellers."""
    return {"EL": "gr", "XI": "gb", "EU": None, "IM": None}.get(value[:2], value[:2].lower())


def _bic_country(value: str) -> str | None:
    return value[4:6].lower()


def _uscc(value: str) -> bool:
    """GB 32100-2015; python-stdnum refuses the registering departments A, N and Y, which exist."""
    return value[-1] == uscc.calc_check_digit(value)


def _imo_company(value: str) -> bool:
    """IMO resolution A.1117(30): weights 8, 6, 4, 2, 9, 7, modulo 11, then modulo 10."""
    total = sum(int(digit) * weight for digit, weight in zip(value, (8, 6, 4, 2, 9, 7), strict=False))
    return int(value[6]) == (11 - total % 11) % 10


def _rfc(value: str) -> bool:
    return rfc.is_valid(value, validate_check_digits=True)


SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("lei", "Legal Entity Identifier, ISO 17442", None, re.compile(r"[0-9A-Z]{18}[0-9]{2}"), lei.is_valid,
               has_check_digit=True),
        Scheme("cnpj", "Cadastro Nacional da Pessoa Jurídica", "br", re.compile(r"[0-9A-Z]{12}[0-9]{2}"),
               cnpj.is_valid, has_check_digit=True, display=cnpj.format, personal=re.compile(r"[0-9]{11}")),
        Scheme("cpf", "Cadastro de Pessoas Físicas", "br", re.compile(r"[0-9]{11}"), cpf.is_valid,
               has_check_digit=True, display=cpf.format, personal=re.compile(r".*")),
        Scheme("siret", "Numéro SIRET, establishment", "fr", re.compile(r"[0-9]{14}"), siret.is_valid,
               has_check_digit=True, display=siret.format),
        Scheme("siren", "Numéro SIREN, legal unit", "fr", re.compile(r"[0-9]{9}"), siren.is_valid,
               has_check_digit=True, display=_grouped(r"(\d{3})(\d{3})(\d{3})", r"\1 \2 \3")),
        Scheme("uscc", "统一社会信用代码, GB 32100", "cn", re.compile(r"[1-9ANY][0-9][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"),
               _uscc, has_check_digit=True, personal=re.compile(r"92.*")),
        Scheme("rfc", "Registro Federal de Contribuyentes", "mx",
               re.compile(r"[A-Z&Ñ]{3,4}[0-9]{6}[0-9A-Z]{2}[0-9A]"), _rfc, has_check_digit=True,
               personal=re.compile(r".{13}|[A-Z&Ñ]{4}[0-9]{6}"), issued_unchecked=True),
        Scheme("vat", "VAT number of the European Union", None, re.compile(r"[A-Z]{2}[0-9A-Z]{2,13}"), vat.is_valid,
               has_check_digit=True, country_in=_vat_country, canonical=_vat,
               personal=re.compile(r"ES[0-9KLMXYZ].*|CZ[0-9]{9,10}|PT(?:[123]|45).*")),
        Scheme("ru-inn", "Идентификационный номер налогоплательщика", "ru", re.compile(r"[0-9]{10}|[0-9]{12}"),
               inn.is_valid, has_check_digit=True, personal=re.compile(r"[0-9]{12}"), labels=("inn", "инн")),
        Scheme("ru-ogrn", "Основной государственный регистрационный номер", "ru", re.compile(r"[0-9]{13}|[0-9]{15}"),
               ogrn.is_valid, has_check_digit=True, personal=re.compile(r"[0-9]{15}"),
               labels=("ogrn", "ogrnip", "огрн", "огрнип")),
        Scheme("tr-vkn", "Vergi Kimlik Numarası", "tr", re.compile(r"[0-9]{10}"), vkn.is_valid, has_check_digit=True,
               personal=re.compile(r"[0-9]{11}"), labels=("vkn",)),
        Scheme("imo", "IMO ship identification number", None, re.compile(r"[0-9]{7}"), imo.is_valid,
               has_check_digit=True, canonical=_padded("IMO", 7), display="IMO {}".format,
               bare=re.compile(r"(?:IMO)?[0-9]{7}"),
               issued_unchecked=True),
        Scheme("imo-company", "IMO company and registered owner number", None, re.compile(r"[0-9]{7}"), _imo_company,
               has_check_digit=True, canonical=_padded("IMO", 7), display="IMO {}".format,
               bare=re.compile(r"(?:IMO)?[0-9]{7}"),
               labels=("imo",)),
        Scheme("cik", "SEC Central Index Key", "us", re.compile(r"[0-9]{10}"), canonical=_padded("CIK", 10),
               bare=re.compile(r"(?:CIK)?[0-9]{1,10}")),
        Scheme("ein", "IRS Employer Identification Number", "us", re.compile(r"[0-9]{9}"), ein.is_valid,
               display=ein.format, labels=("fein",)),
        Scheme("uei", "SAM.gov Unique Entity ID", "us", re.compile(r"[1-9A-HJ-NP-Z][0-9A-HJ-NP-Z]{11}")),
        Scheme("duns", "D-U-N-S number", None, re.compile(r"[0-9]{9}"),
               display=_grouped(r"(\d{2})(\d{3})(\d{4})", r"\1-\2-\3"), labels=("d-u-n-s",)),
        Scheme("bic", "Business Identifier Code, ISO 9362", None,
               re.compile(r"[A-Z]{6}[0-9A-Z]{2}(?:[0-9A-Z]{3})?"), bic.is_valid,
               country_in=_bic_country, canonical=_grouped(r"^(.{8})XXX$", r"\1"), labels=("swift", "swift/bic")),
        Scheme("gb-company-number", "Companies House company number", "gb",
               re.compile(r"(?:[0-9]{2}|[A-Z]{2}|R0)[0-9]{6}|(?:IP|SP|RS)[0-9A-Z]{6}|SL[0-9]{5}A"),
               canonical=_company_number, bare=re.compile(r"[0-9]{7,8}|(?:[A-Z]{2}|R0)[0-9]{5,6}"),
               labels=("company number", "company no")),
        Scheme("accession", "EDGAR accession number", "us", re.compile(r"[0-9]{18}"),
               display=_grouped(r"(\d{10})(\d{2})(\d{6})", r"\1-\2-\3")),
        Scheme("un-ref", "Permanent reference number of the UN Security Council lists", None,
               re.compile(r"[A-Z]{2}[EI][0-9]{3}"), display=lambda value: f"{value[:2]}{value[2].lower()}.{value[3:]}",
               personal=re.compile(r"[A-Z]{2}I.*")),
        Scheme("fda-fei", "FDA Establishment Identifier", "us", re.compile(r"[0-9]{7}|[0-9]{10}"), labels=("fei",)),
        Scheme("phmsa-opid", "PHMSA operator identifier", "us", re.compile(r"[1-9][0-9]{0,5}"),
               labels=("opid", "operator id")),
        Scheme("ofac-ent", "OFAC entity number", "us", re.compile(r"[1-9][0-9]{0,5}")),
    )
}  # fmt: skip
"""In the order in which a bare query that fits several of them is more likely to mean one."""
