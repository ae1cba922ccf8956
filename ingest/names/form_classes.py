"""Classes and countries of legal forms, so that two forms that no one company has at once can be told."""

from functools import cache

from ingest.names.legal_forms import split_legal_form
from ingest.names.transliteration import table

_ISO = {"partnership": "partnership", "cooperative": "co-operative", "non-profit": "non-profit"}


@cache
def form_class(legal_form: str) -> str:
    """Class of a legal form in canonical spelling; empty if it has none or could be several.

    corporation, limited, partnership, co-operative, non-profit: by `data/form_classes.tsv`, else by its class in the
    ISO 20275 list where that is not just "company".
    """
    form = _bare(legal_form)
    if not form:
        return ""
    if found := _last_known(form, _classes()):
        return found
    _, stated = split_legal_form(f"x {form}", None)
    return _ISO.get(stated.cls, "") if stated else ""


@cache
def form_homes(legal_form: str) -> frozenset[str]:
    """Countries whose companies carry this form, also in translation; empty if that is not known."""
    return frozenset(_last_known(_bare(legal_form), _homes()).split())


@cache
def clash(one: str, other: str) -> str:
    """Why one company cannot have both legal forms at once, in words; empty if it can.

    A form in translation is none of another: an ООО calls itself LLC, a 株式会社 Co., Ltd. or Corp.
    """
    homes, others = form_homes(one), form_homes(other)
    if not homes or not others or one == other:
        return ""
    if not homes & others:
        return f"{' and '.join(sorted((_bare(one), _bare(other))))} are legal forms of different countries"
    first, second = form_class(one), form_class(other)
    if first == second or not first or not second or {first, second} <= {"corporation", "limited"} & _both(one, other):
        return ""
    return f"{' and '.join(sorted((_bare(one), _bare(other))))} are different legal forms"


def _both(one: str, other: str) -> set[str]:
    """Corporation and limited in one, where a company is called Ltd in one text and Inc or Co in the next."""
    loose = {"ltd", "co ltd", "inc", "corp", "有限公司", "股份有限公司", "有限责任公司", "jsc"}
    return {"corporation", "limited"} if {_bare(one), _bare(other)} <= loose else set()


def _bare(legal_form: str) -> str:
    form = legal_form.partition("/")[0].strip()
    return form.removesuffix(" co") if f" {form}".endswith((" inc co", " llc co", " ltd co")) else form


def _last_known(form: str, known: dict[str, str]) -> str:
    words = form.split()
    return next((known[rest] for at in range(len(words)) if (rest := " ".join(words[at:])) in known), "")


@cache
def _classes() -> dict[str, str]:
    return {form: row["class"] for row in table("form_classes.tsv") for form in row["forms"].split(",")}


@cache
def _homes() -> dict[str, str]:
    return {row["form"]: row["countries"] for row in table("form_homes.tsv")}
