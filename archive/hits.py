"""Where words stand in a text: a piece of it with them marked, and how much of it they are.

PURE: no I/O, no third-party package. Promises: a word is marked as the text has it, with its marks, also when it was typed without.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from archive.words import WORD, Term

OPEN, CLOSE = "\u27e6", "\u27e7"  # ⟦ and ⟧ around what was looked for: in no office's text
_BEFORE, _LENGTH, _MOST = 50, 220, 100
_WEIGHTS = {"subject": 5.0, "type_name": 3.0, "organ_name": 3.0, "code_number": 3.0, "code_notation": 3.0, "keyword": 3.0}
_SATURATION, _LENGTH_COUNTS = 1.2, 0.75  # k1 and b of BM25

Span = tuple[int, int]


def snippet(texts: Sequence[str], asked: Sequence[Term]) -> str | None:
    """The piece in which most of the words stand, nearest to each other, on one line, marked; None where none does."""
    best: tuple[tuple[int, int], str, int] | None = None
    for text in texts:
        found = sorted((match.start(), which) for which, term in enumerate(asked) for match in islice(_matches(term, text), _MOST))
        for place, (start, _) in enumerate(found):
            firsts = {which: at for at, which in reversed(found[place : place + _MOST]) if at < start + _LENGTH - _BEFORE}
            good = len(firsts), start - max(firsts.values())
            if best is None or good > best[0]:
                best = good, text, start
    return _piece(best[1], best[2], asked) if best else None


def score(row: Mapping[str, object], text: str, asked: Sequence[Term], middle: float) -> float:
    """How relevant a document is, in the manner of BM25: fields before text, often before seldom, short before long.

    Args:
        middle: how long the texts it is compared with are on average.
    """
    fields = [(str(row[name]), weight) for name, weight in _WEIGHTS.items() if row.get(name)]
    long = _SATURATION * (1 - _LENGTH_COUNTS + _LENGTH_COUNTS * len(text) / middle)
    total = 0.0
    for term in asked:
        pattern = term.pattern()
        often = len(pattern.findall(text)) + sum(weight * len(pattern.findall(value)) for value, weight in fields)
        total += often / (often + long)
    if len(asked) > 1:  # words side by side say more than words apart
        together = Term(" ".join(term.text for term in asked), is_phrase=True).pattern()
        total += bool(together.search(text)) + sum(1.0 for value, _ in fields if together.search(value))
    return total


def _matches(term: Term, text: str) -> Iterator[re.Match[str]]:
    return term.pattern().finditer(text)


def _piece(text: str, at: int, asked: Sequence[Term]) -> str:
    first, last = max(0, at - _BEFORE), min(len(text), at + _LENGTH - _BEFORE)
    starts = [match.start() for match in WORD.finditer(text, first, min(len(text), at + 1)) if match.start() >= first]
    if first and starts:  # a cut word is left out, not shown as another
        first = starts[1] if len(starts) > 1 and text[first - 1 : first].strip() else starts[0]
    if last < len(text) and (cut := re.search(r"[^\W_]+\Z", text[:last])) and cut.start() > at:
        last = cut.start() if text[last : last + 1].strip() else last
    marked = _marked(text[first:last].replace(OPEN, "[").replace(CLOSE, "]"), asked)
    return ("… " if first else "") + " ".join(marked.split()) + (" …" if last < len(text) else "")


def _marked(text: str, asked: Sequence[Term]) -> str:
    spans: list[Span] = []
    for span in sorted(match.span() for term in asked for match in _matches(term, text)):
        if spans and span[0] <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], span[1])
        else:
            spans.append(span)
    told, after = [], 0
    for start, end in spans:
        told += [text[after:start], OPEN, text[start:end], CLOSE]
        after = end
    return "".join(told) + text[after:]
