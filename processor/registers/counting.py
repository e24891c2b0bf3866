"""Numbers as Vietnamese writes them out ("Viết bằng chữ").

PURE: no I/O, no third-party package.
"""

from __future__ import annotations

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_GROUPS = ("", " nghìn", " triệu", " tỷ")


def in_words(number: int) -> str:
    """A number from 0 to 999,999,999,999 in words: 1,005 is "một nghìn không trăm linh năm".

    Raises:
        ValueError: it is beyond these.
    """
    if not 0 <= number < 10 ** (3 * len(_GROUPS)):
        raise ValueError(f"{number} is not written out")
    if number == 0:
        return _DIGITS[0]
    groups = [number // 1000**place % 1000 for place in range(len(_GROUPS))]
    top = max(place for place, group in enumerate(groups) if group)
    told = [_group(groups[place], whole=place < top) + _GROUPS[place] for place in range(top, -1, -1) if groups[place]]
    return " ".join(told)


def _group(group: int, whole: bool) -> str:
    """Three digits; `whole`: hundreds and tens are said though they are nought, since something stands before."""
    hundreds, tens, ones = group // 100, group // 10 % 10, group % 10
    told = [f"{_DIGITS[hundreds]} trăm"] if hundreds or whole else []
    if tens == 0:
        if ones:
            told.append(f"linh {_DIGITS[ones]}" if told else _DIGITS[ones])
    else:
        told.append("mười" if tens == 1 else f"{_DIGITS[tens]} mươi")
        if ones:
            told.append(_ones(tens, ones))
    return " ".join(told)


def _ones(tens: int, ones: int) -> str:
    if ones == 5:
        return "lăm"
    if ones == 1 and tens > 1:
        return "mốt"
    return "tư" if ones == 4 and tens > 1 else _DIGITS[ones]
