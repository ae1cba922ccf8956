"""Cutting c/o, attn, z.Hd. and v/ parts out of names and addresses: they name persons."""

import re

_HINT = re.compile(r"[%/:]|c\.o|att|care|z\.|händen|t\.a\.v", re.IGNORECASE)
_CARE_OF = re.compile(
    r"(?<![^\W_])(?:c/o|c\.o\.|(?:in )?care of|attn\b\.?|attention:|att[:.]|z\.\s?hd\.?|zu händen|z\.\s?h\.|t\.a\.v\."
    r"|ter attentie van|[aà] l'attention de|v/(?=\s?[^\W\d_]{2})|%(?=\s?[^\W\d_]))[^;\n]*",
    re.IGNORECASE,
)


def clean_care_of(text: str) -> str | None:
    """A name or address without its c/o, attn, z.Hd. and v/ parts; None if nothing is left."""
    cut = _CARE_OF.sub("", text) if _HINT.search(text) else text
    return cut.strip(" \t\r\n,;-–—") or None
