"""Trading names, owners and mixed subjects: who stands behind a sign, and who else is named beside a company."""

import re

from ingest.names.legal_forms import split_legal_form
from ingest.privacy.lexica import person_words
from ingest.privacy.text import Name, take_apart
from ingest.privacy.words import vocabulary

_TRADING_AS = re.compile(
    r"(?<![^\W_])(?:also )?(?:d/b/a|d\.b\.a\.?|dba|t/as?|t\.a\.|trading as|doing business as|handelend onder de naam"
    r"|hodn|h\.o\.d\.n\.?|operating as|o/a|carrying on business as|h/o|nom commercial|nombre comercial"
    r"|nome (?:de )?fantasia|(?:faisant affaires?|agissant|exercant) sous|(?:a|sous) l'enseigne|handelnd unter"
    r"|opererend onder)(?![^\W_])[:.]?"
)
_OWNER = re.compile(
    r"(?<![^\W_])(?:inhaber(?:in)?|inh\.|inh(?= )|owner|proprietor|prop\.|prop(?= )|sole prop\w*|titular|titolare"
    r"|gerant|wlasciciel|innehavare|indehaver|persona fisica|dachdeckermeister|malermeister|prowadzacy|prowadzaca"
    r"|einzelunternehmen|eenmanszaak)(?![^\W_])"
)
_INDIVIDUAL = re.compile(r"(?<![^\W_])(?:entrepreneure? individuel(?:le)?|entreprise individuelle)(?![^\W_])")
_RUN_BY = re.compile(r"(?<![^\W_/])v/(?=\s?[^\W\d_]{2})", re.IGNORECASE)
_BESIDE = re.compile(
    r"[,:\n|]|(?<![^\W_])(?:a[/.]?k[/.]?a|f[/.]?k[/.]?a|n[/.]?k[/.]?a|o/b/o|s/c|on behalf of|also known as|alias"
    r"|formerly(?: known as)?|represented by|vertreten durch|representee? par|representad[ao] por|rappresentat[ao] da)"
    r"(?![^\W_])"
)
_BESIDE_SIGNS = re.compile(r"[:\n|]")
_BESIDE_WORDS = frozenset(
    {
        "aka", "fka", "nka", "obo", "sc", "behalf", "known", "alias", "formerly", "represented", "vertreten",
        "represente", "representee", "representado", "representada", "rappresentato", "rappresentata",
    }
)  # fmt: skip
_ACTING = re.compile(
    r"[\s,]+(?:solely )?(?:as|in (?:its|his|her|their) capacity as) (?:[^\W_]+[- ]){0,2}?"
    r"(?:trustee|executor|executrix|administrator|receiver|nominee|guardian|custodian|personal representative"
    r"|director|officer|president|chairman|chairwoman|secretary|treasurer|owner|agent|employee|principal|manager)s?"
    r"(?: (?:of|for|to|under)(?![^\W_])|$)"
)
_IN_A_ROLE = frozenset({"as", "capacity"})
_MATTER = re.compile(r"^\s*(?:in the matter of|in re|matter of|ex parte|re:)[\s:]+")
_PARTY = re.compile(r"[,;]|\s+(?:and|&|et|y|und|e)\s+")
_PERSONAL_TRUST = re.compile(
    r"(?<![^\W_])(?:revocable|irrevocable|living|testamentary|grantor|ira|inter vivos)(?![^\W_])"
)
_ABOUT_ONESELF = frozenset(
    {
        "professional", "corporation", "corp", "association", "company", "limited", "liability", "partnership", "law",
        "attorney", "attorneys", "counsel", "counselors", "counsellors", "office", "offices", "associates",
        "associate", "partners", "practice", "group", "services", "sons", "trustee", "chartered", "individual",
        "state", "federal", "national",
    }
)  # fmt: skip
"""What a name says of itself behind a comma: `Jane Roe, Attorney at Law, P.C.`"""
_CASE = re.compile(r"[^\W_]{2,}\.?,?\s+(?:v\.|vs\.?|versus|ex rel\.?)\s+[^\W_]{2,}")
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_NEXT = re.compile(r"[;；|｜•](?!\s*(?:d/?b/?a|a/?k/?a|f/?k/?a|t/a)\b)", re.IGNORECASE)


def trader_behind(name: Name) -> tuple[str, str] | None:
    """(who, sign) of `who trading as sign`, as folded text."""
    found = _TRADING_AS.search(name.text)
    if found is None:
        return None
    return name.text[: found.start()].strip(" ,(-;"), name.text[found.end() :].strip(" ,()-")


def names_owner(name: Name) -> bool:
    """Whether the name says who owns the business: Inh., Prop., owner."""
    return bool(_OWNER.search(name.text))


def is_french_trader(name: Name, country: str | None) -> bool:
    """`Entrepreneur individuel`, and in France its short form EI at either end of the name."""
    ends = {name.words[0], name.words[-1]} if country == "fr" and len(name.words) > 1 else set()
    return "ei" in ends or bool(_INDIVIDUAL.search(name.text))


def run_by(text: str) -> bool:
    """`Olesen Byg v/ Lars Olesen`: Danish `ved`, run by."""
    return bool(_RUN_BY.search(text))


def owner_behind_sign(name: Name) -> tuple[str, ...]:
    """`AUTO SERVICE DI ROSSI MARIO`: the two or three words behind the last `di`, as Italian sole traders write it."""
    if "di" not in name.words[1:]:
        return ()
    last = len(name.words) - 1 - name.words[::-1].index("di")
    behind = name.words[last + 1 :]
    return behind if 2 <= len(behind) <= 3 else ()


def bracketed(name: Name) -> tuple[str, tuple[str, ...]]:
    """The text outside of brackets, and what stands inside each."""
    if "(" not in name.text and "[" not in name.text:
        return name.text, ()
    return _BRACKETS.sub(" ", name.text).strip(), tuple(part for part in _BRACKETS.findall(name.text) if part.strip())


def is_case_title(name: Name) -> bool:
    """`A v. B`, `State ex rel. B`: a case title names two parties."""
    return bool(_CASE.search(name.text))


def respondents(text: str) -> tuple[str, ...]:
    """The respondents of one cell, cut at semicolons, bars and bullets; a single one otherwise."""
    parts = tuple(part.strip() for part in _NEXT.split(text))
    return tuple(part for part in parts if part) or ((text.strip(),) if text.strip() else ())


def beside(name: Name) -> tuple[Name, ...]:
    """The parts between commas, colons, line breaks, `a/k/a`, `on behalf of`; a single one otherwise."""
    if len(name.parts) < 2 and _BESIDE_WORDS.isdisjoint(name.words) and not _BESIDE_SIGNS.search(name.text):
        return (name,)
    return tuple(take_apart(part.strip(" ,.(")) for part in _BESIDE.split(name.text) if part.strip(" ,.("))


def has_name_of_its_own(name: Name, country: str | None) -> bool:
    """Whether a part is more than a credential, form or trade: `Kestrel Ltd`, not `M.D., P.A.` or `Attorney at Law`."""
    ignored = person_words("suffix") | person_words("role") | vocabulary().function | _ABOUT_ONESELF
    rest, form = split_legal_form(f"x {name.text}", country)
    words = [word for word in take_apart(rest).words[1:] if word not in ignored]
    return len(words) > (0 if form else 1)


def acting(name: Name) -> str | None:
    """Who acts in `who, as trustee of …`, as folded text."""
    found = _ACTING.search(name.text) if not _IN_A_ROLE.isdisjoint(name.words) else None
    return name.text[: found.start()].strip(" ,") if found else None


def matter(name: Name) -> tuple[str, tuple[Name, ...]] | None:
    """What `In the Matter of …` is about, as folded text, and the parties it names."""
    found = _MATTER.match(name.text)
    if found is None:
        return None
    about = name.text[found.end() :]
    return about, tuple(take_apart(part) for part in _PARTY.split(about) if part.strip())


def personal_trust(name: Name) -> tuple[str, ...]:
    """The words of a trust that a person made for life or death (revocable, living …), without those that say so."""
    if "trust" not in name.words or not _PERSONAL_TRUST.search(name.text):
        return ()
    said = _PERSONAL_TRUST.sub(" ", name.text)
    return tuple(word for word in take_apart(said).words if word not in {"the", "trust", "family"} and word.isalpha())
