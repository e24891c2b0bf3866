"""A Times-metric font with every Vietnamese letter, made ready for pyHanko.

Why scaled: pyHanko writes widths in the font's own units; Tinos and Times New Roman have 2048 to the em, so letters would
stand 2.05 times apart and PDF/A would fail (6.2.11.5-1). Scaled to 1000 units they are right.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont, TTLibError
from fontTools.ttLib.scaleUpem import scale_upem

from processor.errors import MissingError, Verdict

_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_NAMES = ("Tinos-Regular.ttf", "LiberationSerif-Regular.ttf", "TimesNewRoman.ttf", "Times_New_Roman.ttf", "times.ttf")
_VOWELS = ("a", "ă", "â", "e", "ê", "i", "o", "ô", "ơ", "u", "ư", "y")
_TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
_MORE = "ƀɃ\u0306\u0328–—‘’“”…"  # of names in languages of the highlands, and what is set beside them


def vietnamese_letters() -> frozenset[str]:
    """All 146 letters (both cases) of Vietnamese beyond plain consonants: vowels with tones, and đ."""
    lower = {unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS for tone in _TONES} | {"đ"}
    return frozenset(lower | {letter.upper() for letter in lower})


def missing_letters(font: TTFont) -> frozenset[str]:
    """Vietnamese letters the font lacks (Debian's Liberation 1.07 lacks 92)."""
    known = font.getBestCmap()
    return frozenset(letter for letter in vietnamese_letters() if ord(letter) not in known)


def _candidates() -> Iterator[Path]:
    for name in _NAMES:
        for folder in _FOLDERS:
            yield from sorted(folder.rglob(name), reverse=True)


@cache
def find(setting: str = "") -> Path:
    """The font file to print blocks with.

    Args:
        setting: the office's own font, or "" for one found on the system by coverage.

    Raises:
        MissingError: none covers Vietnamese.
    """
    for path in [Path(setting)] if setting else _candidates():
        try:
            with TTFont(path) as font:
                if not missing_letters(font):
                    return path
        except (OSError, TTLibError):
            continue
    raise MissingError("no Times-metric font with all Vietnamese letters: install fonts-croscore or fonts-liberation2")


_ITALICS = (
    ("Regular", "Italic"), ("TimesNewRoman", "TimesNewRomanItalic"), ("Times_New_Roman", "Times_New_Roman_Italic"),
    ("times", "timesi"),
)  # fmt: skip


@cache
def italic(upright: Path) -> Path:
    """The italic face beside a font; the font itself where there is none."""
    names = (upright.with_name(upright.name.replace(*pair)) for pair in _ITALICS if pair[0] in upright.name)
    return next((path for path in names if path.is_file()), upright)


def face(setting: str, is_italic: bool) -> Path:
    """The font file to print with, upright or in italics; see `find`."""
    return italic(find(setting)) if is_italic else find(setting)


@cache
def prepared(path: Path, folder: Path) -> Path:
    """The font, subset to Latin (Latin-1, Extended-A) and Vietnamese and scaled to 1000 units to the em, in `folder`.

    Nothing is kerned nor joined: a line is drawn as wide as `width` says.
    """
    out = folder / f"block-{path.stem}.ttf"
    options = subset.Options(layout_features=[], notdef_outline=True, hinting=False, name_IDs=["*"])
    with TTFont(path) as font:
        picker = subset.Subsetter(options)
        picker.populate(unicodes=[*range(0x20, 0x180), *map(ord, {*vietnamese_letters(), *_TONES, *_MORE} - {""})])
        picker.subset(font)
        scale_upem(font, 1000)
        font.save(out)
    return out


@cache
def _widths(path: Path) -> tuple[dict[int, str], dict[str, int]]:
    with TTFont(path) as font:
        metrics = font["hmtx"].metrics
        return font.getBestCmap(), {name: advance for name, (advance, _) in metrics.items()}


def width(text: str, prepared_font: Path, size: float) -> float:
    """Width of a line in points, by the advances of a prepared (1000-unit) font.

    Raises:
        Verdict: `no-letter`: the font has no such letter; a box would be sealed in its place.
    """
    names, advances = _widths(prepared_font)
    absent = {f"U+{ord(letter):04X}" for letter in text if ord(letter) not in names}
    if absent:
        raise Verdict("no-letter", " ".join(sorted(absent)))
    return sum(advances[names[ord(letter)]] for letter in text) * size / 1000


_BOLD = (
    ("Regular", "Bold"), ("TimesNewRoman", "TimesNewRomanBold"), ("Times_New_Roman", "Times_New_Roman_Bold"), ("times", "timesbd"),
)  # fmt: skip


@cache
def bold(upright: Path) -> Path:
    """The bold face beside a font; the font itself where there is none."""
    names = (upright.with_name(upright.name.replace(*pair)) for pair in _BOLD if pair[0] in upright.name)
    return next((path for path in names if path.is_file()), upright)
