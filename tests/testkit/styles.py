"""Twelve ways offices lay out the same letter, all within NĐ 30/2020/NĐ-CP Phụ lục I, or as often met beside it.

PURE data, in points (1/72 inch) of an A4 page. The first is the one letters have unless another is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

PAPER = (595.28, 841.89)
MM = 72 / 25.4


@dataclass(frozen=True, slots=True)
class Style:
    """Margins (NĐ 30 PL I mục I.3: top 20-25 mm, left 30-35, right 15-20), the axes of the head's two columns and of the
    signature, sizes of type, and small habits.

    Attributes:
        agency: size of the agency's name; the parent's is half a point smaller.
        nation: size of the country's name; the motto's is a point larger.
        number: size of the number's line.
        dated: size of the line of place and date.
        brief: size and width of a công văn's subject under its number.
        title: size of the kind's name.
        listed: size of the recipients.
        sign_gap: room for the signature.
        label: how the number's line opens.
        drop: how far the number and the date stand under the head.
        ruled: whether rules stand under agency, motto and subject.
    """

    top: float = 21 * MM
    left: float = 30 * MM
    right: float = PAPER[0] - 17 * MM
    head_left: float = 58 * MM
    head_right: float = 143 * MM
    sign: float = 146 * MM
    sign_gap: float = 25 * MM
    agency: float = 13
    nation: float = 12.5
    number: float = 13
    dated: float = 13.5
    brief: tuple[float, float] = (12, 62 * MM)
    title: float = 14
    listed: float = 11
    leading: float = 1.26
    label: str = "Số:"
    drop: float = 19
    ruled: bool = True


STYLES = (
    Style(),
    Style(left=32 * MM, head_left=60 * MM, head_right=146 * MM, drop=23),
    Style(top=20 * MM, left=30 * MM, head_left=55 * MM, head_right=140 * MM, sign=140 * MM, agency=12, nation=12, dated=13),
    Style(top=25 * MM, left=35 * MM, right=PAPER[0] - 15 * MM, head_left=62 * MM, head_right=148 * MM, sign=150 * MM),
    Style(left=30 * MM, right=PAPER[0] - 20 * MM, head_left=57 * MM, head_right=140 * MM, title=16, leading=1.4),
    Style(nation=13, dated=14, number=14, agency=13, head_left=59 * MM, head_right=145 * MM, drop=26),
    Style(head_left=56 * MM, head_right=141 * MM, listed=12, sign=142 * MM, sign_gap=32 * MM),
    Style(label="Số :", head_left=58 * MM, head_right=144 * MM, drop=17, ruled=False),
    Style(agency=12, nation=12, number=12, dated=12, brief=(11.5, 58 * MM), title=13, listed=10.5, leading=1.18),
    Style(top=22 * MM, left=30 * MM, head_left=61 * MM, head_right=147 * MM, brief=(13, 66 * MM), sign=148 * MM, listed=11.5),
    Style(head_left=54 * MM, head_right=138 * MM, nation=12, agency=12.5, sign=136 * MM, drop=21),
    Style(left=34 * MM, head_left=63 * MM, head_right=149 * MM, leading=1.5, sign_gap=28 * MM, ruled=False),
)
