"""Which of several readings the ink of a word looks like: each is drawn in Times, which NĐ 30/2020 asks for, and laid over it.

Why: where readings are of two minds ("NC" and "NG", "Tuấn" and "Tuần") each model is sure of its own; the ink is a witness that no
model has heard. Promises: an answer only where the letters fit and one text fits clearly better where they differ. Refuses: to
weigh a mark against none, for typefaces set a letter's second mark at places of their own. Runs in a worker.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import TypeAlias

import numpy
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from processor.describe.vocabulary import fold, nfc
from processor.errors import MissingError
from processor.ocr.words import SIGNS, Word
from processor.seal import fonts

LEAST, CLEAR = 0.7, 0.03  # correlation of what fits; by how much one text must fit better than another where they differ
MOST, LONGEST = 4, 24  # texts that are weighed, and their letters: what a pen wrote is read in more ways
SURE, WITNESSES, LEAST_WITNESSES, MOST_WITNESSES = 95.0, range(4, 10), 3, 7  # read, letters and number of words that show the type
LIKE_TIMES = 0.82  # of their correlations: 0.85 to 0.93 in scans of Times, 0.73 to 0.80 in other type
LARGEST = 250_000  # pixels of a word's box: a title's words have a fifth; what is larger is no print, and would take minutes
_SCALES = (0.94, 0.97, 1.0, 1.03, 1.06)  # of the size at which a text is as wide as its word: boxes are not drawn tight
_DRAWN = 200  # pixels to the em, before a letter is brought to the size of the page's
_SOFT = 0.8  # pixels: edges as a scanner sees them
_ROUND, _OVER = 0.25, 0.45  # heights of a word kept beside it, and above and below: its marks may reach out of its box
_DIFFERS = 0.2  # of black
_SHIFT, _FRAME = 2, 3  # pixels a part may lie elsewhere than the whole says, and kept round it
_LETTERS = re.compile(r"/?[^\W\d_][^\W\d_/-]*[/-]?[^\W\d_]+")  # of a word or a notation; digits are never weighed
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_STEP = 32  # pixels: a transform of a round size is quick
Field: TypeAlias = NDArray[numpy.float64]


@dataclass(frozen=True, slots=True)
class _Ink:
    """The ink (0-1) of a word and a little round it, with what laying a text over it asks for again and again."""

    field: Field
    wide: float
    size: tuple[int, int]
    spectrum: NDArray[numpy.complex128]
    sums: tuple[Field, Field]


@dataclass(frozen=True, slots=True)
class _Fit:
    """How a text lies best over a word: how close (correlation), in which face and size, and from where it is drawn."""

    text: str
    close: float
    face: Path
    scale: float
    down: float
    across: float


def told(plain: Image.Image, words: Sequence[Word], asked: Sequence[Word]) -> list[Word]:
    """The words of a page, those asked about as their shape has them.

    What its shape refutes is no rival of a word any more, and what it says is one reading more. A page whose sure words do not look
    like Times tells nothing: in other type a "KT" may look more like the "KI" of Times.

    Args:
        plain: the grey page.
        words: all of them; boxes in fractions of the page.
        asked: those of them on which readings differ.
    """
    told = [word for word in asked if 1 < len(_weighed(word)) <= MOST and _area(plain, word) <= LARGEST]
    if not told or not _is_times(plain, words):
        return list(words)
    return [_told(plain, word) if word in told else word for word in words]


def _is_times(plain: Image.Image, words: Sequence[Word]) -> bool:
    shown = (word for word in words if word.confidence >= SURE and _area(plain, word) <= LARGEST)
    sure = [word for word in shown if word.text.isalpha() and len(word.text) in WITNESSES]
    some = sure[:: max(1, len(sure) // MOST_WITNESSES)][:MOST_WITNESSES]
    try:
        faces = _faces()
    except MissingError:  # `doctor` tells; nothing else is lost by it
        return False
    close = [_fitted(_cut(plain, word), word.text, faces).close for word in some]
    return len(some) >= LEAST_WITNESSES and median(close) >= LIKE_TIMES


def _area(plain: Image.Image, word: Word) -> float:
    return (word.right - word.left) * plain.width * (word.bottom - word.top) * plain.height


def _weighed(word: Word) -> list[str]:
    return [text for text in dict.fromkeys(word.rivals) if _LETTERS.fullmatch(text) and len(text) <= LONGEST]


def _told(plain: Image.Image, word: Word) -> Word:
    texts, faces = _weighed(word), _faces()
    ink, core = _cut(plain, word), word.text.strip(SIGNS)
    printed = [word.text.replace(core, text) if core else text for text in texts]
    ways = [texts, printed] if printed != texts else [texts]  # the box is that of a reading with the sign after it, or without
    fits = max(([_fitted(ink, text, faces) for text in way] for way in ways), key=lambda way: max(fit.close for fit in way))
    lost = {fit.text: _refuted(ink, fit, fits) for fit in fits}
    won = [at for at, fit in enumerate(fits) if lost[fit.text] and not any(fit.text in lost[other] for other in lost)]
    if len(won) != 1:
        return word
    said, gone = texts[won[0]], {texts[at] for at, fit in enumerate(fits) if fit.text in lost[fits[won[0]].text]}
    return replace(word, text=printed[won[0]], rivals=(said, *(text for text in word.rivals if text not in gone)))


def _refuted(ink: _Ink, fit: _Fit, fits: Sequence[_Fit]) -> frozenset[str]:
    """The texts that fit clearly less than this one where the two differ."""
    found = set[str]()
    for other in fits:
        if fit.close < LEAST or other is fit or not _is_comparable(fit.text, other.text):
            continue
        second = other if other.face == fit.face else _fitted(ink, other.text, [fit.face])
        best = max(fit, second, key=lambda each: each.close)
        if _parted(fit.text)[0] == _parted(other.text)[0]:  # the same letters lie at the same place
            pair = replace(best, text=fit.text), replace(best, text=other.text)
        else:
            pair = fit, second
        one, two = _compared(ink, *(_laid(ink, each) for each in pair))
        if one >= LEAST and one - two >= CLEAR:
            found.add(other.text)
    return frozenset(found)


def _is_comparable(text: str, other: str) -> bool:
    """Whether two texts differ in letters, or in which tone they have, not in how many marks."""
    (bare, tones), (plain, marks) = _parted(text), _parted(other)
    return len(tones) == len(marks) if bare == plain else fold(bare) != fold(plain)


def _parted(text: str) -> tuple[str, str]:
    letters = unicodedata.normalize("NFD", text)
    return nfc("".join(c for c in letters if c not in _TONES)), "".join(c for c in letters if c in _TONES)


@lru_cache(maxsize=1)
def _faces() -> tuple[Path, ...]:
    upright = fonts.find()
    return tuple(dict.fromkeys((upright, fonts.bold(upright), fonts.italic(upright))))


def _cut(plain: Image.Image, word: Word) -> _Ink:
    """The ink of a word; beyond the page there is none."""
    left, right = word.left * plain.width, word.right * plain.width
    top, bottom = word.top * plain.height, word.bottom * plain.height
    beside, over = (round((bottom - top) * share) + _FRAME for share in (_ROUND, _OVER))
    box = (int(left) - beside, int(top) - over, int(right) + beside + 1, int(bottom) + over + 1)
    part = Image.new("L", (box[2] - box[0], box[3] - box[1]), 255)
    part.paste(plain, (-box[0], -box[1]))
    field = 1 - numpy.asarray(part, dtype=float) / 255
    size = (-(-field.shape[0] // _STEP) * _STEP, -(-field.shape[1] // _STEP) * _STEP)
    sums = tuple(numpy.pad(each.cumsum(0).cumsum(1), ((1, 0), (1, 0))) for each in (field, field**2))
    return _Ink(field, right - left, size, numpy.fft.rfft2(field, size), (sums[0], sums[1]))


@lru_cache(maxsize=256)
def _drawn(text: str, face: Path) -> tuple[Image.Image, int, int]:
    """A text in ink, and where its picture begins, seen from where its first letter does on the base line."""
    font = ImageFont.truetype(str(face), _DRAWN)
    left, top, right, bottom = map(round, font.getbbox(text, anchor="ls"))
    picture = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(picture).text((-left, -top), text, 255, font, "ls")
    return picture, left, top


def _shown(text: str, face: Path, scale: float) -> tuple[Field, float, float]:
    """A text at a size, as a scanner would see it, and where it begins."""
    picture, left, top = _drawn(text, face)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    soft = Image.new("L", (size[0] + 2 * _FRAME, size[1] + 2 * _FRAME))
    soft.paste(picture.resize(size, Image.Resampling.BOX), (_FRAME, _FRAME))
    shown = numpy.asarray(soft.filter(ImageFilter.GaussianBlur(_SOFT)), dtype=float) / 255
    return shown, left * scale - _FRAME, top * scale - _FRAME


def _fitted(ink: _Ink, text: str, faces: Sequence[Path]) -> _Fit:
    fits = []
    for face in faces:
        for near in _SCALES:
            scale = near * ink.wide / _drawn(text, face)[0].width
            shown, left, top = _shown(text, face, scale)
            close, down, across = _found(ink, shown)
            fits.append(_Fit(text, close, face, scale, down - top, across - left))
    return max(fits, key=lambda fit: fit.close)


def _found(ink: _Ink, shown: Field) -> tuple[float, int, int]:
    """Where a picture correlates best with a part of the ink, and how closely; -1 where it is larger than that."""
    rows, columns = ink.field.shape[0] - shown.shape[0] + 1, ink.field.shape[1] - shown.shape[1] + 1
    if rows < 1 or columns < 1:
        return -1.0, 0, 0
    own = shown - shown.mean()
    product = numpy.fft.irfft2(ink.spectrum * numpy.conj(numpy.fft.rfft2(own, ink.size)), ink.size)[:rows, :columns]
    total, squares = (_summed(sums, *shown.shape) for sums in ink.sums)
    spread = numpy.maximum(squares - total**2 / own.size, 1e-9)
    close = product / numpy.sqrt(spread * (own**2).sum())
    down, across = numpy.unravel_index(close.argmax(), close.shape)
    return float(close[down, across]), int(down), int(across)


def _summed(sums: Field, high: int, wide: int) -> Field:
    """Sums over every window of a size."""
    return sums[high:, wide:] - sums[:-high, wide:] - sums[high:, :-wide] + sums[:-high, :-wide]


def _laid(ink: _Ink, fit: _Fit) -> Field:
    """A text laid where it fits, on a field as large as the ink's, with room for it to be moved."""
    shown, left, top = _shown(fit.text, fit.face, fit.scale)
    field = numpy.pad(numpy.zeros_like(ink.field), _SHIFT)
    down, across = (max(0, round(edge) + _SHIFT) for edge in (fit.down + top, fit.across + left))
    place = field[down : down + shown.shape[0], across : across + shown.shape[1]]
    place[:] = shown[: place.shape[0], : place.shape[1]]
    return field


def _compared(ink: _Ink, first: Field, second: Field) -> tuple[float, float]:
    """How closely each of two texts lies over the ink where they differ."""
    differs = numpy.abs(first - second)[_SHIFT:-_SHIFT, _SHIFT:-_SHIFT] > _DIFFERS
    rows, columns = numpy.flatnonzero(differs.any(axis=1)), numpy.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return 0.0, 0.0
    top, left = (max(0, int(edges[0]) - _FRAME) for edges in (rows, columns))
    part = ink.field[top : int(rows[-1]) + _FRAME + 1, left : int(columns[-1]) + _FRAME + 1]
    moves = [(top + down, left + across) for down in range(2 * _SHIFT + 1) for across in range(2 * _SHIFT + 1)]
    high, wide = part.shape
    ways = ((text[down : down + high, across : across + wide] for down, across in moves) for text in (first, second))
    one, two = (max(_correlated(part, each) for each in way) for way in ways)
    return one, two


def _correlated(one: Field, two: Field) -> float:
    one, two = one - one.mean(), two - two.mean()
    spread = float(numpy.sqrt((one**2).sum() * (two**2).sum()))
    return float((one * two).sum()) / spread if spread > 1e-6 else 0.0
