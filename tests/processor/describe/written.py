"""Words on a page as a recogniser reports them, made by hand: a line is its text, left end and height.

A word written `text~0.41` has that confidence, any other 0.95. Letters are 0.0105 of the width, lines 0.0115 high.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

from processor.describe.layout import Page, Word
from processor.describe.vocabulary import Vocabulary

ROOT = Path(__file__).parents[3]
LETTER, SPACE, HEIGHT = 0.0105, 0.006, 0.0115
LAW = tomllib.loads((ROOT / "config" / "law" / "kinds.toml").read_text("utf-8"))
VOCABULARY = Vocabulary.from_mapping(LAW)


def word(text: str, left: float, top: float) -> Word:
    """One word; its right end by its letters."""
    said, _, sure = text.partition("~")
    return Word(said, left, top, left + LETTER * len(said), top + HEIGHT, float(sure or 0.95))


def line(text: str, left: float, top: float) -> list[Word]:
    """The words of a line from its left end."""
    words: list[Word] = []
    for part in text.split():
        words.append(word(part, left, top))
        left = words[-1].right + SPACE
    return words


def centred(text: str, centre: float, top: float) -> list[Word]:
    """The words of a line about an axis."""
    words = line(text, 0.0, top)
    shift = centre - words[-1].right / 2
    return [Word(w.text, w.left + shift, w.top, w.right + shift, w.bottom, w.confidence) for w in words]


def page(*rows: Iterable[Word]) -> Page:
    """A page of lines."""
    return Page(tuple(word for row in rows for word in row))


def head(number: str, date: str, agency: tuple[str, str] = ("ỦY BAN NHÂN DÂN", "TỈNH QUẢNG NGÃI")) -> list[Word]:
    """A head as NĐ 30 Phụ lục III draws it, in small letters so that both columns fit."""
    rows = [
        *centred(agency[0], 0.25, 0.07),
        *line("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 0.47, 0.07),
        *centred(agency[1], 0.25, 0.09),
        *line("Độc lập - Tự do - Hạnh phúc", 0.52, 0.09),
        *line(number, 0.16, 0.125),
        *line(date, 0.52, 0.125),
    ]
    return rows


BODY = [
    *line("Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025;", 0.18, 0.27),
    *line("Xét đề nghị của Giám đốc Sở Nội vụ tại Tờ trình số 88/TTr-SNV.", 0.18, 0.29),
]
FOOT = [
    *line("Nơi nhận:", 0.13, 0.70),
    *centred("KT. CHỦ TỊCH", 0.72, 0.70),
    *line("- Như Điều 3;", 0.13, 0.72),
    *centred("PHÓ CHỦ TỊCH", 0.72, 0.72),
    *line("- Lưu: VT, NC.", 0.13, 0.735),
    *centred("Trần Thị Lan Anh", 0.72, 0.82),
]
DECISION = [
    *head("Số: 15/QĐ-UBND", "Quảng Ngãi, ngày 05 tháng 02 năm 2026"),
    *centred("QUYẾT ĐỊNH", 0.52, 0.17),
    *centred("Về việc thành lập Hội đồng thi đua", 0.52, 0.19),
    *centred("của tỉnh năm 2026", 0.52, 0.21),
    *BODY,
    *FOOT,
]
