"""Trading names, owners and mixed subjects: who stands behind a sign, and who else is named beside a company."""

import re

from ingest.privacy.text import Name

_TRADING_AS = re.compile(
    r"(?<![^\W_])(?:also )?(?:d/b/a|d\.b\.a\.?|dba|t/a|t\.a\.|trading as|doing business as|handelend onder de naam|hodn"
    r"|h\.o\.d\.n\.?|operating as|o/a|carrying on business as|h/o)(?![^\W_])[:.]?"
)
_OWNER = re.compile(
    r"(?<![^\W_])(?:inhaber(?:in)?|inh\.|inh(?= )|owner|proprietor|prop\.|prop(?= )|sole prop\w*|titular|titolare"
    r"|gerant|wlasciciel|innehavare|indehaver|persona fisica|dachdeckermeister|malermeister|prowadzacy|prowadzaca"
    r"|einzelunternehmen|eenmanszaak)(?![^\W_])"
)
_INDIVIDUAL = re.compile(r"(?<![^\W_])(?:entrepreneure? individuel(?:le)?|entreprise individuelle)(?![^\W_])")
_RUN_BY = re.compile(r"(?<![^\W_/])v/(?=\s?[^\W\d_]{2})", re.IGNORECASE)
_CASE = re.compile(r"[^\W_]{2,}\.?,?\s+(?:v\.|vs\.?|versus)\s+[^\W_]{2,}")
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_NEXT = re.compile(r"[;；](?!\s*(?:d/?b/?a|a/?k/?a|f/?k/?a|t/a)\b)", re.IGNORECASE)


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
    """`A v. B`: a case title names two parties."""
    return bool(_CASE.search(name.text))


def respondents(text: str) -> tuple[str, ...]:
    """The respondents of one cell, cut at semicolons; a single one otherwise."""
    parts = tuple(part.strip() for part in _NEXT.split(text))
    return tuple(part for part in parts if part) or ((text.strip(),) if text.strip() else ())
