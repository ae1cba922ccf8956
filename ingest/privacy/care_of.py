"""Cutting c/o, attn, z.Hd., presso, 気付 … parts out of names and addresses: they name persons."""

import re

from ingest.names.legal_forms import fold
from ingest.privacy.lexica import lexica, person_words
from ingest.privacy.mixed import SAINTS
from ingest.privacy.persons import comma_order, looks_like_person
from ingest.privacy.text import composed, take_apart

_HINT = re.compile(
    r"[%/:\\℅気様转轉收전귀]|[cp]\. ?[ao]|att|care|z\.|zh|zu h|zu ?hand|händen|t\. ?a\.|t\. ?n\.|fao|f\.\s?a|presso"
    r"|attenz|aten|cuidado|soins|adr|вним|для|имя|aandacht|contact|do r|na r|k ruk|υπ|לידי|لعناية"
    r"|рук|через|עבור|kez[ée]hez|dikkatine"
)
"""What every mark holds in lower case."""
_SURE = "|".join(
    (
        r"c/o(?!-\w)", r"c\s?[/\\]\s?o(?![\w-])", r"(?<!\w\.)c\.\s?o\.",
        r"c/-", r"attn\b", r"contact(?: person)?\s?:", r"attention\s?:", r"for (?:the )?attention of", r"att\s?[:.]",
        r"at\.?\s?:", r"f\.\s?a\.\s?o\b",
        r"fao\s?:", r"[aà] l'att(?:n|ention)?\.?\s?d[eu']", r"aux bons soins d[eu']",
        r"z\.\s?h(?:dn?)?\b", r"z\.\s?händen", r"zu\s?h(?:dn?\.|d\b|ä?anden|änden|aenden|anden)", r"(?-i:zH)(?=\s)",
        r"p\.\s?adr\b", r"per adresse", r"t\.\s?a\.\s?v\.", r"ter (?:attentie|aandacht) van", r"t\.\s?n\.\s?v\.",
        r"a los? cuidados? de", r"a la atenci[oó]n de", r"atenci[oó]n\s?:", r"atn[.:]",
        r"a/a\s?:", r"aos? cuidados? d[eao]s?", r"alla c\.?\s?a\.?(?![^\W_])", r"alla cortese attenzione",
        r"all'attenzione di", r"c\.\s?att", r"do r[ąa]k\b", r"na r[ęe]ce\b", r"k ruk[áa]m\b",
        r"(?:[îi]n )?aten[țţt]ia\b", r"υπ[όο]ψ[ηι]ν?\b", r"לידי", r"لعناية", r"вниманию",
        r"до рук(?![^\W_])", r"внимание\s?:", r"на имя",
        r"v/(?=\s?[^\W\d_]{2})",
    )
)  # fmt: skip
_DOUBTFUL = r"(?:a/c|p/a|p\.\s?a\.|c\.\s?a\.|s/c|fao|presso|для|через|עבור|u/g|at\.|att)(?![^\W_])"
"""Marks that are also air conditioning, professional association, compañía anónima, a body of the UN, coffee …"""
_CARE = r"(?:in )?care of(?![^\W_])"
# `Care of` inside a name is part of it (`Home Care of Sampletown`), and so is a share; in an address neither is.
_AT_PART = rf"(?:^|(?<=[,;/(\[\n]))\s?{_CARE}|(?<=[,;/(\[\n])\s?attention(?![^\W_])"
_AT_ADDRESS = r"(?:[sdw]/o|a/s d[eu])(?![^\W_])"
"""Son, daughter or wife of, and French `aux soins de`: in a name they are a relation, or a Danish company."""
_STARTS = {
    True: rf"(?<![^\W_])(?:{_SURE}|(?<!\d)(?<!\d\s)%(?=\s?[^\W\d_])|(?P<doubtful>{_DOUBTFUL}))|{_AT_PART}",
    False: rf"(?<![^\W_])(?:{_SURE}|{_CARE}|(?<!\d)%(?=\s?[^\W\d_])|attention(?![^\W_])|{_DOUBTFUL}|{_AT_ADDRESS})",
}
_MARKS = {
    name: re.compile(rf"(?P<open>[(\[]\s?)?(?:{start})[\s.:=,-]*", re.IGNORECASE) for name, start in _STARTS.items()
}
_BEHIND = re.compile(r"(?:[^,;\n()\[\]]+|\([^()\n]{0,80}\)|\[[^\[\]\n]{0,80}\]|[()\[\]])*")
_IN_BRACKETS = re.compile(r"[^)\]\n]*[)\]]?")
_NEXT = re.compile(r"[,\n]\s*([^,;\n]*)")
_DOUBT = 80
"""Letters behind a doubtful mark in which a person is looked for."""
_EDGE = " \t\r\n,;-–—"
_EMPTY = re.compile(r"[,;]\s?(?=[,;])|\s(?=[,;])")
_MARK_BEHIND = re.compile(
    r"[^\s\d,;-]{1,10}様方[^,;\n]*|気付(?![きくけか])[^,;\n]*|(?:由[^\s\d,;]{1,8})?[转轉]交[^,;\n]*"
    r"|(?:(?<=[\s,;\d号室楼])|^)[\u4e00-\u9fff]{2,4}(?:先生|女士|小姐)?\s?亲?(?<![回接征吸])收(?=$|[\s,;)])"
    r"|[가-힣]{2,8}\s?(?:귀하|님\s?앞)|[가-힣]{2,8}\s전교(?=\s|$)[^,;\n]*"
    r"|(?:^|(?<=[,;\n]))[^,;\n\d]{2,60}\s(?:kez[ée]hez|dikkatine)(?![^\W_])[.:]?",
    re.IGNORECASE,
)
"""Where the mark is behind a person: Japanese 様方, Chinese 收, Korean 귀하, Hungarian kezéhez, Turkish dikkatine."""
_HINT_BEHIND = re.compile("[様気转轉收귀님전]|kez[ée]hez|dikkatine", re.IGNORECASE)


def clean_care_of(text: str, *, name: bool = False) -> str | None:
    """A name or address without its c/o, attn, z.Hd. and v/ parts, each up to the next comma; None if nothing is left.

    `name`: the text is a name, in which `care of` counts only at the start of a part, and a mark that may be
    something else only before a person's name. Text of which nothing is cut comes back as it was; else composed.
    """
    whole = text.isascii() and text.isprintable()
    if whole and not _HINT.search(text.lower()):
        return text.strip(_EDGE) or None
    plain = composed(text)
    left = _without_marks(_MARK_BEHIND.sub("", plain) if _HINT_BEHIND.search(plain) else plain, name=name)
    if left == plain:
        return text.strip(_EDGE) or None
    return _EMPTY.sub("", left).strip(f"{_EDGE}/") or None


def _without_marks(text: str, *, name: bool) -> str:
    kept, at = [], 0
    found = _MARKS[name].search(text)
    while found is not None:
        end = _end_of_person(text, found, name=name)
        if end is None:
            end = found.end()
            kept.append(text[at:end])
        else:
            kept.append(text[at : found.start()])
        at = end
        found = _MARKS[name].search(text, at)
    return "".join(kept) + text[at:] if kept else text


def _end_of_person(text: str, found: re.Match[str], *, name: bool) -> int | None:
    """Where the person's name ends: `c/o Roe, Jane` and `c/o Jane Roe, MD` go on behind their comma; None: no cut."""
    behind = _IN_BRACKETS if found["open"] else _BEHIND
    if name and found["doubtful"]:
        near = text[found.end() : found.end() + _DOUBT]
        if found.start() == 0 or not _names_person(near, behind):
            return None
    cut = behind.match(text, found.end())
    end = cut.end() if cut else found.end()
    words = _words(text[found.end() : end])
    alone = len([word for word in words if word not in person_words("particle")]) < 2
    following = None if found["open"] else _NEXT.match(text, end)
    while following is not None:
        words = _words(following[1])
        if not words or not (all(_belongs(word, given=alone) for word in words) or _is_somebody(following[1])):
            break
        alone = alone and all(_belongs(word, given=False) for word in words)
        end = following.end()
        following = _NEXT.match(text, end)
    return end


def _names_person(text: str, behind: re.Pattern[str]) -> bool:
    """Whether somebody's name stands behind a doubtful mark: Jane Roe, or `Roe, Jane`."""
    person = behind.match(text)
    end = person.end() if person else 0
    following = _NEXT.match(text, end)
    if _is_somebody(text[:end]) or following is None:
        return _is_somebody(text[:end])
    given = lexica().given
    return comma_order(take_apart(text[: following.end()])) and any(word in given for word in _words(following[1]))


def _is_somebody(piece: str) -> bool:
    words = take_apart(piece).words
    return looks_like_person(words) and words[0] not in SAINTS


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold(text.replace(".", "")))


def _belongs(word: str, *, given: bool) -> bool:
    """A suffix, credential or role; behind a surname alone a given name or initial, too."""
    if word in person_words("suffix") or word in person_words("role"):
        return True
    return given and word.isalpha() and (len(word) == 1 or word in lexica().given)
