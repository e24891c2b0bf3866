"""Reads parts of a page once more: what readings in other pixels say alike is sure (`agreement`).

Head and foot are read twice, the second time by another model where one is installed; a line of theirs in which a word stays
doubtful, and the block of the signature under a black seal, more often. For describing, never for the text layer. Runs in a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy
from numpy.typing import NDArray
from PIL import Image

from processor.ocr import agreement, ink, inkasked, reader, regions, rings, specks
from processor.ocr.words import Word

FINER_DPI, _MOST_FINER = 300, 2.0  # of the second reading, and how much a coarse page is enlarged for it
_LINE_DPI, _FINER_LINE_DPI, _COARSE_DPI = 400, 320, 200  # of readings after the second
_MOST_LINES = 10
_NEAR, _ROOM = 2.5, 0.4  # heights of a word: between words of one line at most, and white kept round it
_BLOCK = 0.42  # of the width: the signature stands right of it (describe/layout)
_QUIET = 2.5  # mm the edge of a part may move to run between two lines
_DARK = 128
_LEAST = 30.0  # what is read with less under a seal are its letters
_HANGING = "“”„\"*+~^°<>«»_=¬'`‘’|¡!¿{}[]#@"  # strokes of a seal and a pen, read as signs
_EDGE, _PARTED, _LEAST_HIGH = 0.1, 0.4, 0.4  # of digits: share of their width; mm of white; share of the height they were read at
_STAR = 2  # small letters that the star of a seal is read as, at most
Box: TypeAlias = tuple[int, int, int, int]
Zone: TypeAlias = tuple[float, float]
Columns: TypeAlias = tuple[regions.Gutter | None, reader.Layout]


def read_twice(picture: Image.Image, dpi: float, languages: str, words: Sequence[Word]) -> list[Word]:
    """The words of a page, those of its head and of its foot held against a second reading in finer pixels.

    Args:
        picture: the upright, straightened page.
        dpi: its resolution.
        languages: Tesseract's names joined by `+`.
        words: what was read of it; boxes in fractions of the picture.
    """
    plain = specks.without(ink.without(picture) if picture.mode == "RGB" else picture.convert("L"), dpi)
    finer = min(max(FINER_DPI / dpi, 1.0), _MOST_FINER)
    words = agreement.unlapped(words)
    columns: Columns = (regions.gutter(words), "block")
    other = reader.another(languages)
    second = [(zone, strip(plain, _rows(zone, plain.height), dpi, other, finer, columns)) for zone in regions.zones(words)]
    block = _block(plain, dpi, regions.foot(words))
    if block and picture.mode == "RGB" and ink.bands(picture.crop(block), dpi):
        block = None  # a seal in colour is gone with its ink
    found = inkasked.shaped(plain, settled(plain, dpi, languages, words, second, block))
    return [_measured(plain, dpi, word) if word.text.isdecimal() else word for word in found]


def _measured(plain: Image.Image, dpi: float, word: Word) -> Word:
    """Digits with the height they are printed or written at: cut from a number and its notation they have the height of both.

    A rule above them, or a speck, is parted from them by white; a pen's stroke is not.
    """
    edge = (word.right - word.left) * _EDGE
    left, right = (round(side * plain.width) for side in (word.left + edge, word.right - edge))
    top, bottom = (round(side * plain.height) for side in (word.top, word.bottom))
    rows = numpy.flatnonzero((numpy.asarray(plain.crop((left, top, max(right, left + 1), bottom))) < _DARK).any(axis=1))
    runs = numpy.split(rows, numpy.flatnonzero(numpy.diff(rows) > _PARTED / 25.4 * dpi) + 1)
    high = max(runs, key=len)
    if len(high) < _LEAST_HIGH * (bottom - top):
        return word
    return replace(word, top=(top + int(high[0])) / plain.height, bottom=(top + int(high[-1]) + 1) / plain.height)


def settled(
    plain: Image.Image, dpi: float, languages: str, words: Sequence[Word], second: Sequence[tuple[Zone, Sequence[Word]]],
    block: Box | None,
) -> list[Word]:  # fmt: skip
    """The words of a page, those of its zones held against their second reading, and against a third where doubt is left.

    Args:
        plain: the page without coloured ink.
        dpi: its resolution.
        languages: Tesseract's names joined by `+`.
        words: the first reading.
        second: what was read again, by zones.
        block: where a signature under a black seal may stand.
    """
    found = agreement.whole(words)
    for zone, again in second:
        found = agreement.confirmed(agreement.yielding(found, again), again, zone)
    under = _under_ring(plain, dpi, languages, block) if block else []
    found = _replaced(found, under, block, plain.size) if under and block else found
    for zone, again in second:
        lines = [box for box in _doubtful_lines(found, zone, plain.size) if not (under and block and _is_within(box, block))]
        for box in lines[:_MOST_LINES]:
            readings = [words, again]
            for fine, model in ((_LINE_DPI, languages), (_FINER_LINE_DPI, reader.another(languages))):
                readings.append(part(plain, box, dpi, model, fine / dpi, "line"))
                found = _settled_line(found, readings, box, plain.size)
                if not any(_lies_in(word, box, plain.size) for word in filter(agreement.is_doubtful, found)):
                    break
    return found


def _is_within(box: Box, block: Box) -> bool:
    return block[0] <= box[0] and block[1] <= box[3] and box[1] <= block[3]


def _block(plain: Image.Image, dpi: float, foot: Zone | None) -> Box | None:
    """Where the signature stands, in the right half of a foot, from a row between two lines of print."""
    if foot is None:
        return None
    top, bottom = _rows(foot, plain.height)
    half = plain.crop((round(_BLOCK * plain.width), 0, plain.width, plain.height))
    dark = (numpy.asarray(half) < _DARK).sum(axis=1)
    return round(_BLOCK * plain.width), quiet(dark, top, round(_QUIET / 25.4 * dpi)), plain.width, bottom


def quiet(dark: NDArray[numpy.int64], edge: int, reach: int) -> int:
    """The row nearest an edge where least is printed; the page's own edges stay."""
    if edge <= 0 or edge >= len(dark):
        return max(0, min(edge, len(dark)))
    first, last = max(0, edge - reach), min(len(dark), edge + reach)
    window = dark[first:last]
    rows = numpy.flatnonzero(window == window.min()) + first
    return int(min(rows, key=lambda row: abs(int(row) - edge)))


def _rows(zone: Zone, height: int) -> tuple[int, int]:
    return round(zone[0] * height), round(zone[1] * height)


def _settled_line(found: Sequence[Word], readings: Sequence[Sequence[Word]], box: Box, size: tuple[int, int]) -> list[Word]:
    """The words of a page, the doubtful ones of one line as three readings have them."""
    doubtful = [word for word in found if _lies_in(word, box, size) and agreement.is_doubtful(word)]
    firm = [word for word in found if word not in doubtful]
    told = agreement.voted([[word for word in words if _lies_in(word, box, size)] for words in readings])
    near = [word for word in firm if _lies_in(word, box, size)]
    top, bottom = min((word.top for word in doubtful), default=0.0), max((word.bottom for word in doubtful), default=0.0)
    told, near = ([word for word in words if top <= (word.top + word.bottom) / 2 <= bottom] for words in (told, near))
    kept = [word for word in told if not any(agreement.touches(word, other) for other in near)]
    sure = [word for word in near if word.confidence >= agreement.SURE]
    lost = [word for word in doubtful if not any(agreement.touches(word, other) for other in kept)
            and not any(agreement.is_same_place(word, other) or agreement.is_read_twice(word, other) for other in (*sure, *kept))]
    return [*firm, *kept, *lost]


def _lies_in(word: Word, box: Box, size: tuple[int, int]) -> bool:
    across, down = (word.left + word.right) / 2 * size[0], (word.top + word.bottom) / 2 * size[1]
    return box[0] <= across <= box[2] and box[1] <= down <= box[3]


def _doubtful_lines(words: Sequence[Word], zone: Zone, size: tuple[int, int]) -> list[Box]:
    """Where the lines of a zone lie in which a word is in doubt; a line ends at a gap between columns.

    First those with the least in doubt: what is doubtful throughout is mostly a stamp's or a pen's.
    """
    inner = [word for word in words if zone[0] <= word.top and word.bottom <= zone[1] and any(map(str.isalnum, word.text))]
    found: dict[Box, float] = {}
    for doubtful in filter(agreement.is_doubtful, inner):
        if not any(_lies_in(doubtful, box, size) for box in found):
            line = _line(doubtful, inner, size)
            found[_box(line, size)] = sum(map(agreement.is_doubtful, line)) / len(line)
    return sorted(found, key=lambda box: (found[box], box[1]))


def _line(word: Word, words: Sequence[Word], size: tuple[int, int]) -> list[Word]:
    """The words that stand in one line with a word, no wider apart than words are."""
    high = (word.bottom - word.top) / 2
    middle = (word.top + word.bottom) / 2
    row = sorted((other for other in words if abs((other.top + other.bottom) / 2 - middle) < high), key=lambda each: each.left)
    runs = [[row[0]]]
    for before, after in zip(row, row[1:], strict=False):
        if (after.left - before.right) * size[0] > _NEAR * 2 * high * size[1]:
            runs.append([])
        runs[-1].append(after)
    return next(run for run in runs if word in run)


def _box(words: Sequence[Word], size: tuple[int, int]) -> Box:
    heights = sorted((word.bottom - word.top) * size[1] for word in words)
    room = heights[len(heights) // 2] * _ROOM
    tops, bottoms = sorted(word.top for word in words), sorted(word.bottom for word in words)
    top, bottom = tops[len(words) // 4] * size[1], bottoms[-1 - len(words) // 4] * size[1]  # one speck moves neither
    left, right = min(word.left for word in words) * size[0], max(word.right for word in words) * size[0]
    low, high = (max(0, round(edge - room)) for edge in (left, top))
    return low, high, min(size[0], round(right + room)), min(size[1], round(bottom + room))


def _under_ring(plain: Image.Image, dpi: float, languages: str, box: Box) -> list[Word]:
    """What stands in the block of the signature under the rings of a black seal, read three times by each model; else nothing."""
    clear = rings.without(plain.crop(box), dpi)
    if clear is None:
        return []
    page = plain.copy()
    page.paste(clear, box[:2])
    other = reader.another(languages)
    ways: tuple[tuple[int, reader.Layout], ...] = ((FINER_DPI, "page"), (_LINE_DPI, "block"), (_COARSE_DPI, "anywhere"))
    told = [_read(page, box, dpi, model, fine, how) for fine, how in ways for model in dict.fromkeys((languages, other))]
    found = agreement.voted(told)
    for line in _doubtful_lines(found, (0.0, 1.0), plain.size)[:_MOST_LINES]:
        more = [_read(page, line, dpi, model, fine, "line") for fine, model in ((FINER_DPI, other), (_LINE_DPI, languages))]
        found = _settled_line(found, (*told, *more), line, plain.size)
    return [replace(word, confidence=agreement.DOUBTED) if word.confidence == agreement.OUTVOTED else word for word in found]


def _read(page: Image.Image, box: Box, dpi: float, languages: str, fine: int, how: reader.Layout) -> list[Word]:
    """What is read in a box without what seals and pens leave."""
    return [_tidied(word) for word in part(page, box, dpi, languages, fine / dpi, how) if word.confidence >= _LEAST]


def _replaced(words: Sequence[Word], under: Sequence[Word], box: Box, size: tuple[int, int]) -> list[Word]:
    """The words of a page, those in a box as they were read under the rings, but for what was surely read before."""
    outer = [word for word in words if not _lies_in(word, box, size)]
    inner = [word for word in words if _lies_in(word, box, size) and any(map(str.isalnum, word.text))]
    firm = [agreement.disputed(word, under) for word in inner if word.confidence >= agreement.SURE]
    sure = [word for word in under if word.confidence >= agreement.SURE]
    rest = [word for word in firm if not any(agreement.touches(word, other) for other in sure)]
    doubtful = [word for word in under if word.confidence < agreement.SURE]
    return [*outer, *sure, *rest, *(word for word in doubtful if not any(agreement.touches(word, other) for other in rest))]


def _tidied(word: Word) -> Word:
    """A word without the strokes of a seal and a pen that were read as signs before and after it, or as small letters before
    its capital: the star of a seal stands beside the name."""
    text = word.text.strip(_HANGING).lstrip(".,;:-")
    small = next((at for at, letter in enumerate(text) if not letter.islower()), 0)
    text = text[small:] if small <= _STAR and text[small : small + 1].isupper() and text[small + 1 :].isalpha() else text
    edge = word.left + (word.right - word.left) * (len(word.text) - len(text)) / len(word.text)
    return replace(word, text=text, left=edge if word.text.endswith(text) else word.left) if text else word


def part(plain: Image.Image, box: Box, dpi: float, languages: str, finer: float, layout: reader.Layout) -> list[Word]:
    """The words in a box of a grey page, read `finer` times enlarged; their boxes are fractions of the page."""
    piece = plain.crop(box)
    if finer != 1:
        piece = piece.resize((round(piece.width * finer), round(piece.height * finer)), Image.Resampling.LANCZOS)
    wide, high = (box[2] - box[0]) / plain.width, (box[3] - box[1]) / plain.height
    left, top = box[0] / plain.width, box[1] / plain.height
    return agreement.unlapped([
        replace(word, left=left + word.left * wide, right=left + word.right * wide, top=top + word.top * high,
                bottom=top + word.bottom * high)
        for word in reader.strip(piece, dpi * finer, languages, layout)
    ])  # fmt: skip


def strip(
    plain: Image.Image, rows: tuple[int, int], dpi: float, languages: str, finer: float = 1.0,
    columns: Columns | None = None,
) -> list[Word]:  # fmt: skip
    """The words between two rows of a grey page, read `finer` times enlarged, but for those an edge within the page cuts.

    The two columns of a foot are read each for itself, in the layout asked for: as pages, marks that a pen touches are torn off; as
    blocks, a seal may swallow words beside it.
    """
    boxes = _columns(plain, rows, dpi, columns)
    read = ((box, agreement.whole(part(plain, box, dpi, languages, finer, how))) for box, how in boxes)
    return [word for box, words in read for word in words if not _is_cut(word, box, plain.size)]


def _columns(
    plain: Image.Image, rows: tuple[int, int], dpi: float, columns: Columns | None
) -> list[tuple[Box, reader.Layout]]:
    top, bottom = rows
    gutter, how = columns or (None, "page")
    if gutter is None or bottom <= gutter.top * plain.height:
        return [((0, top, plain.width, bottom), "page")]
    dark = (numpy.asarray(plain) < _DARK).sum(axis=1)
    row = max(top, quiet(dark, round(gutter.top * plain.height), round(_QUIET / 25.4 * dpi)))
    across = round(gutter.across * plain.width)
    whole: list[tuple[Box, reader.Layout]] = [((0, top, plain.width, row), "page")] if row > top else []
    return [*whole, ((0, row, across, bottom), how), ((across, row, plain.width, bottom), how)] if row < bottom else whole


def _is_cut(word: Word, box: Box, size: tuple[int, int]) -> bool:
    left, top, right, bottom = word.left * size[0], word.top * size[1], word.right * size[0], word.bottom * size[1]
    before = (box[0] > 0 and left <= box[0] + 0.5) or (box[1] > 0 and top <= box[1] + 0.5)
    return before or (box[2] < size[0] and right >= box[2] - 0.5) or (box[3] < size[1] and bottom >= box[3] - 0.5)
