"""What a number proves, scheme by scheme: one company by itself, only together with the name, or a difference.

Numbers of a legal entity join by themselves. Numbers of a place of business, and numbers that several companies of a
group are known to share or that are unique within an unnamed register only, support an equal name like an address
does. Only numbers that hold (`valid` is not false), or that their register has issued with a wrong check digit, count.
"""

from dataclasses import dataclass

from ingest.identifiers.schemes import SCHEMES


@dataclass(frozen=True, slots=True)
class Proof:
    """`joins`: equal values are one company. `parts`: different values are never joined by name.

    Values are compared under `subject`, reduced to `length` characters where an establishment's number begins with its
    company's.
    """

    joins: bool
    parts: bool
    subject: str = ""
    length: int = 40
    sort: str | None = None
    """The sort of thing whose own number it is, where other things bear it too: a ship's number on its owner."""
    homes: tuple[str, ...] = ()
    """Countries (ISO 3166-1) whose register gives it. Of a company elsewhere it is often its parent's or its branch's,
    and only supports a name; empty where the register takes companies of everywhere."""


_ENTITY = Proof(joins=True, parts=True)
_SUPPORT = Proof(joins=False, parts=False)
_FRANCE = ("fr", "gf", "gp", "mq", "re", "yt", "bl", "mf", "pm", "mc")
"""France, its parts beyond the sea, and Monaco, where INSEE numbers companies too."""


def _national(*homes: str) -> Proof:
    return Proof(joins=True, parts=True, homes=homes)


PROOFS: dict[str, Proof] = {
    "lei": _ENTITY,
    "siren": _national(*_FRANCE),
    "siret": Proof(joins=True, parts=True, subject="siren", length=9, homes=_FRANCE),
    # the first eight digits are the company, the next four its branch
    "cnpj": Proof(joins=True, parts=True, subject="cnpj", length=8, homes=("br",)),
    "uscc": _national("cn"),
    "rfc": _national("mx"),
    "vat": _ENTITY,
    "ru-inn": _national("ru"),
    "ru-ogrn": _national("ru"),
    "tr-vkn": _national("tr"),
    "imo-company": _ENTITY,
    "imo": Proof(joins=True, parts=True, sort="vessel"),
    "cik": _ENTITY,
    "gb-company-number": _national("gb"),
    "un-ref": _ENTITY,
    "ofac-ent": _ENTITY,
    # one company may have several: a pipeline, a place of registration or a branch each
    "phmsa-opid": Proof(joins=True, parts=False),
    "uei": Proof(joins=True, parts=False),
    "duns": Proof(joins=True, parts=False),
    "bic": Proof(joins=True, parts=False, length=8),
    # filings of a subsidiary often state its parent's, and it has no check digit
    "ein": Proof(joins=False, parts=True),
    "fda-fei": _SUPPORT,
}
"""Schemes that are not here support a name, save those below: nobody checked their numbers. Two shops of one trader,
each listed by itself, bear his one tax number in OFAC's list."""

NOTHING = ("accession", "cpf")
"""They number a filing and a person."""
SUPPORTING_LENGTH = 4
"""Shorter numbers than these are met by chance."""
PARTS = tuple(sorted({proof.subject or scheme for scheme, proof in PROOFS.items() if proof.parts}))
"""Subjects whose different values keep companies apart that only their name would join."""


def proofs_sql() -> str:
    """SQL of a relation p: scheme, subject, length, joins, sort, homes, issued.

    `issued` matches values that count though invalid.
    """
    rows = []
    for scheme, proof in PROOFS.items():
        known = SCHEMES[scheme]
        issued = f"'{known.shape.pattern}'" if known.issued_unchecked else "NULL"
        sort = f"'{proof.sort}'" if proof.sort else "NULL"
        homes = str(list(proof.homes)) if proof.homes else "NULL::VARCHAR[]"
        rows.append(
            f"('{scheme}', '{proof.subject or scheme}', {proof.length}, {str(proof.joins).lower()}, {sort}, {homes},"
            f" {issued})"
        )
    return f"(VALUES {', '.join(rows)}) AS p(scheme, subject, length, joins, sort, homes, issued)"
