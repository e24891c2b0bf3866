"""How a number of things is said in English. PURE."""

from __future__ import annotations

_VOWELS = "aeiouAEIOU"


def counted(number: int, noun: str) -> str:
    """`1 document`, `2 documents`, `3 entries`, `4 FINDINGS`; for the regular nouns we have."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun[-1] in "yY" and noun[-2] not in _VOWELS else f"{noun}s"
    return f"{number} {plural.upper() if noun.isupper() else plural}"
