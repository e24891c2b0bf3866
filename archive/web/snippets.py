"""Where in a document's text the words of a question stand. PURE.

Promises: marks count when they were typed, as they do in the search; a snippet is text and marks, never markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from archive.words import exact, fold

_PHRASE = re.compile(r'"([^"]*)"|(\S+)')
_AROUND = 90  # characters
_MOST_SPANS = 200
_MOST_TEXT = 200_000  # characters of a document that are looked through


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a snippet; `is_hit`: a word that was asked for."""

    text: str
    is_hit: bool


Snippets = Callable[[str, Sequence[Mapping[str, object]]], Mapping[str, Sequence[Piece]]]
"""Of a question's words and rows: the pieces of each document's snippet, by its code."""


def snippet(words: str, text: str) -> list[Piece]:
    """The text around the first hit, with every hit in it marked; empty where there is none."""
    text = " ".join(text[:_MOST_TEXT].split())
    spans = sorted((*span, number) for number, term in enumerate(_terms(words)) for span in _spans(term, text))
    if not spans:
        return []
    begin, end = _window(text, _fullest(spans))
    pieces, at = [Piece("… " if begin else "", False)], begin
    for first, last, _ in spans:
        if first < at or last > end:
            continue
        pieces += [Piece(text[at:first], False), Piece(text[first:last], True)]
        at = last
    pieces += [Piece(text[at:end], False), Piece(" …" if end < len(text) else "", False)]
    return [piece for piece in pieces if piece.text]


def _fullest(spans: Sequence[tuple[int, int, int]]) -> int:
    """Where the part of the text begins that holds most of the terms; the first such."""
    def held(at: int) -> int:
        return len({number for first, last, number in spans if at <= first and last <= at + 2 * _AROUND})

    return max((first for first, _, _ in spans[:_MOST_SPANS]), key=lambda at: (held(at), -at))


def _window(text: str, hit: int) -> tuple[int, int]:
    begin = max(0, hit - _AROUND)
    begin = text.find(" ", begin, hit) + 1 if begin else 0
    end = min(len(text), hit + 2 * _AROUND)
    cut = text.rfind(" ", hit, end) if end < len(text) else end
    return begin, cut if cut > hit else end


def _terms(words: str) -> list[str]:
    return [quoted or bare for quoted, bare in _PHRASE.findall(words) if any(char.isalnum() for char in quoted or bare)]


def _spans(term: str, text: str) -> list[tuple[int, int]]:
    """Where a term stands, as whole words; what is between words does not matter."""
    same = fold if fold(term) == exact(term) else exact
    parts = re.findall(r"\w+", same(term))
    changed = "".join(_one(same, char) for char in text)
    found = re.finditer(r"(?<!\w)" + r"\W+".join(map(re.escape, parts)) + r"(?!\w)", changed) if parts else ()
    return [each.span() for each in found]


def _one(same: Callable[[str], str], char: str) -> str:
    """A character changed, and still one: places in the text stay what they are."""
    made = same(char)
    return made if len(made) == 1 else char
