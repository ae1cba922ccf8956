"""Trading names, owners and mixed subjects: who stands behind a sign, and who else is named beside a company."""

import re

from ingest.names.legal_forms import split_legal_form
from ingest.privacy.lexica import person_words
from ingest.privacy.persons import looks_like_person
from ingest.privacy.text import Name, phrases, take_apart
from ingest.privacy.words import vocabulary

_TRADING_AS = phrases(
    r"(?<![^\W_])(?:also )?(?:d/b/a|d\.b\.a\.?|dba|t/as?|t\.a\.|trading as|doing business as|handelend onder de naam"
    r"|hodn|h\.o\.d\.n\.?|operating as|o/a|carrying on business as|h/o|nom commercial|nombre comercial"
    r"|nome (?:de )?fantasia|(?:faisant affaires?|agissant|exercant) sous|(?:a|sous) l'enseigne|handelnd unter"
    r"|opererend onder)(?![^\W_])[:.]?",
    "d dba t trading doing handelend hodn h operating o carrying nom nombre nome faisant agissant exercant enseigne"
    " handelnd opererend",
)
_OWNER = phrases(
    r"(?<![^\W_])(?:inhaber(?:in)?|inh\.|inh(?= )|owner|proprietor|prop\.|prop(?= )|sole prop\w*|titular|titolare"
    r"|gerant|wlasciciel|innehavare|indehaver|persona fisica|dachdeckermeister|malermeister|prowadzacy|prowadzaca"
    r"|einzelunternehmen|eenmanszaak)(?![^\W_])",
    "inhaber inhaberin inh owner proprietor prop sole titular titolare gerant wlasciciel innehavare indehaver persona"
    " dachdeckermeister malermeister prowadzacy prowadzaca einzelunternehmen eenmanszaak",
)
_INDIVIDUAL = phrases(
    r"(?<![^\W_])(?:entrepreneure? individuel(?:le)?|entreprise individuelle)(?![^\W_])",
    "entrepreneur entrepreneure entreprise",
)
_RUN_BY = re.compile(r"(?<![^\W_/])v/(?=\s?[^\W\d_]{2})", re.IGNORECASE)
_BESIDE = re.compile(
    r"[,:\n|>@]|\s/\s?|/\s|(?<=[^\W\d_]{3})/(?=[^\W\d_]{3})|(?<=[^\W\d_]{2}\s)v(?=\s[^\W\d_]{2})"
    r"|(?<![^\W_])(?:with|a[/.]?k[/.]?a|f[/.]?k[/.]?a|n[/.]?k[/.]?a|o/b/o|s/c|on behalf of|also known as|alias"
    r"|formerly(?: known as)?|represented by|vertreten durch|representee? par|representad[ao] por|rappresentat[ao] da)"
    r"(?![^\W_])"
)
_BESIDE_SIGNS = re.compile(r"[:\n|>@/]")
_BESIDE_WORDS = frozenset(
    {
        "aka", "fka", "nka", "obo", "sc", "behalf", "known", "alias", "formerly", "represented", "vertreten",
        "represente", "representee", "representado", "representada", "rappresentato", "rappresentata", "with", "v",
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
    r"(?<![^\W_])(?:revocable|irrevocable|living|testamentary|grantor|ira|inter vivos|family)(?![^\W_])"
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
_CASE = phrases(r"[^\W_]{2,}\.?,?\s+(?:v\.|vs\.?|versus|ex rel\.?)\s+[^\W_]{2,}", "v vs versus ex")
_JOINT = re.compile(r"\s+(?:and|und|et|y)\s+|\s*[&+]\s*")
_JOINT_WORDS = frozenset({"and", "und", "et", "y", "&"})
_OF_NO_ONE = frozenset(
    {
        "holding", "holdings", "international", "global", "worldwide", "industries", "capital", "bank", "trust",
        "funding", "finance", "financial", "management", "investments",
    }
)  # fmt: skip
"""Words that many firms of two names end in: `Jane Roe & Doe Holdings`."""
_LAW_OFFICE = phrases(r"^(?:the )?law offices? of (.+)$", "law")
_OWN_TRUST = phrases(
    r"(?<![^\W_])(?:(?:revocable|irrevocable|living|testamentary|ira|inter vivos)(?: (?:and|family|revocable))*) trust"
    r"(?![^\W_])(?!,? (?:company|co|corp|corporation|bank|ltd|limited|inc|llc|plc)(?![^\W_]))",
    "trust",
)
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_NEXT = re.compile(r"[;；|｜•](?!\s*(?:d/?b/?a|a/?k/?a|f/?k/?a|t/a)\b)", re.IGNORECASE)


def trader_behind(name: Name) -> tuple[str, str] | None:
    """(who, sign) of `who trading as sign`, as folded text."""
    found = _TRADING_AS.search(name)
    if found is None:
        return None
    return name.text[: found.start()].strip(" ,(-;"), name.text[found.end() :].strip(" ,()-")


def names_owner(name: Name) -> bool:
    """Whether the name says who owns the business: Inh., Prop., owner."""
    return bool(_OWNER.search(name))


def is_french_trader(name: Name, country: str | None) -> bool:
    """`Entrepreneur individuel`, and in France its short form EI at either end of the name."""
    ends = {name.words[0], name.words[-1]} if country == "fr" and len(name.words) > 1 else set()
    return "ei" in ends or bool(_INDIVIDUAL.search(name))


def run_by(text: str) -> bool:
    """`Olesen Byg v/ Lars Olesen`: Danish `ved`, run by."""
    return "/" in text and bool(_RUN_BY.search(text))


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
    return bool(_CASE.search(name))


def respondents(text: str) -> tuple[str, ...]:
    """The respondents of one cell, cut at semicolons, bars and bullets; a single one otherwise."""
    parts = tuple(part.strip() for part in _NEXT.split(text))
    return tuple(part for part in parts if part) or ((text.strip(),) if text.strip() else ())


def beside(name: Name) -> tuple[Name, ...]:
    """The parts between commas, colons, line breaks, `a/k/a`, `on behalf of`; a single one otherwise."""
    if len(name.parts) < 2 and _BESIDE_WORDS.isdisjoint(name.words) and not _BESIDE_SIGNS.search(name.text):
        return (name,)
    return tuple(take_apart(part.strip(" ,.(")) for part in _BESIDE.split(name.text) if part.strip(" ,.("))


def joined(name: Name) -> tuple[str, str] | None:
    """What stands before and behind the first `and`, `&` or `+`, as folded text."""
    found = _JOINT.search(name.text) if "+" in name.text or not _JOINT_WORDS.isdisjoint(name.words) else None
    return (name.text[: found.start()].strip(" ,"), name.text[found.end() :].strip(" ,")) if found else None


def may_be_a_partner(name: Name, country: str | None) -> bool:
    """Whether a part behind `and` goes on with a name: `Doe LLP`, `Sons Ltd`, `John Doe Holdings`."""
    ignored = person_words("suffix") | person_words("family") | vocabulary().function | _ABOUT_ONESELF | _OF_NO_ONE
    rest, _ = split_legal_form(f"x {name.text}", country)
    words = tuple(word for word in take_apart(rest).words[1:] if word not in ignored)
    beginning = name.words[0] if name.words else ""
    return len(words) < 2 or beginning in person_words("family") or looks_like_person(words[:2])


def without_role(name: Name) -> tuple[str, ...]:
    """The words of a part without roles: `CEO: Jane Roe`."""
    return tuple(word for word in name.words if word not in person_words("role"))


def lawyer(name: Name) -> tuple[str, ...]:
    """The words behind `Law Offices of`, where they are one person's and not several partners'."""
    found = _LAW_OFFICE.search(name)
    words = take_apart(found[1]).words if found else ()
    return () if not _JOINT_WORDS.isdisjoint(words) or len(words) > 4 else words


def is_own_trust(name: Name) -> bool:
    """A trust that somebody made for life, death or pension, whatever its name."""
    return bool(_OWN_TRUST.search(name))


def family(name: Name) -> tuple[str, ...]:
    """The words between `The` and `Family` where there is nothing else: `The Roe Family`."""
    words = name.words
    return words[1:-1] if 2 < len(words) < 6 and words[0] == "the" and words[-1] in {"family", "families"} else ()


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
