"""Cutting c/o, attn, z.Hd. and v/ parts out of names and addresses: they name persons."""

import re

from ingest.names.legal_forms import fold
from ingest.privacy.lexica import lexica, person_words

_HINT = re.compile(r"[%/:]|c\.o|att|care|z\.|händen|t\.a\.v", re.IGNORECASE)
_SIGNS = (
    r"c/o|c\.o\.|attn\b\.?|attention:|att[:.]|z\.\s?hd\.?|zu händen|z\.\s?h\.|t\.a\.v\.|ter attentie van"
    r"|[aà] l'attention de|v/(?=\s?[^\W\d_]{2})|%(?=\s?[^\W\d_])"
)
_CARE = r"(?:in )?care of"
# `Care of` inside a name is part of it (`Home Care of Sampletown`); in an address it is not.
_IN_NAME = rf"(?<![^\W_])(?:{_SIGNS})|(?:^|(?<=[,;/(\[]))\s*{_CARE}(?![^\W_])"
_IN_ADDRESS = rf"(?<![^\W_])(?:{_SIGNS}|{_CARE}(?![^\W_]))"
_CUTS = {
    name: re.compile(rf"[(\[]\s*(?:{start})[^)\]\n]*[)\]]?|(?:{start})[^,;\n]*", re.IGNORECASE)
    for name, start in ((True, _IN_NAME), (False, _IN_ADDRESS))
}
_SIGN = re.compile(rf"^[\s(\[]*(?:{_SIGNS}|{_CARE})", re.IGNORECASE)
_EDGE = " \t\r\n,;-–—"
_SEPARATED = re.compile(r"([,;\n])")
_EMPTY = re.compile(r"[,;]\s*(?=[,;])|\s+(?=[,;])")


def clean_care_of(text: str, *, name: bool = False) -> str | None:
    """A name or address without its c/o, attn, z.Hd. and v/ parts, each up to the next comma; None if nothing is left.

    `name`: the text is a name, in which `care of` counts only at the start of a part.
    """
    if not _HINT.search(text):
        return text.strip(_EDGE) or None
    kept, at = [], 0
    for found in _CUTS[name].finditer(text):
        if found.start() >= at:
            kept.append(text[at : found.start()])
            at = _end_of_person(text, found)
    left = "".join(kept) + text[at:] if kept else text
    return (_EMPTY.sub("", left).strip(f"{_EDGE}/") if kept else left.strip(_EDGE)) or None


def _end_of_person(text: str, found: re.Match[str]) -> int:
    """Where the person's name ends: `c/o Roe, Jane` and `c/o Jane Roe, MD` go on behind their comma."""
    end = found.end()
    words = _words(_SIGN.sub("", found.group()))
    alone = len([word for word in words if word not in person_words("particle")]) < 2
    pieces = _SEPARATED.split(text[end:])
    for mark, piece in zip(pieces[1::2], pieces[2::2], strict=False):
        following = _words(piece)
        named = mark == "," and following and all(_belongs(word, given=alone) for word in following)
        if not named:
            break
        alone = alone and all(_belongs(word, given=False) for word in following)
        end += len(mark) + len(piece)
    return end


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold(text.replace(".", "")))


def _belongs(word: str, *, given: bool) -> bool:
    """A suffix, credential or role; behind a surname alone a given name or initial, too."""
    if word in person_words("suffix") or word in person_words("role"):
        return True
    return given and word.isalpha() and (len(word) == 1 or word in lexica().given)
