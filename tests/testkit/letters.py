"""Made-up administrative letters by NĐ 30/2020/NĐ-CP: what stands on the paper, and the record an archive
should read from it.

Promises: `letter(seed)` is a function of its seed alone; the seeds 0 to 27 give the 27 abbreviated kinds and
công văn once each; every place, person and school is invented. PURE: no I/O, no third-party package. Layout
is `layout.py`'s.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from tests.testkit import phrases
from tests.testkit.forms import KINDS
from tests.testkit.phrases import Agency, Kind

FIRST_DAY = dt.date(
    2025, 7, 1
)  # two levels of local government from this day; no letter cites a law younger than itself
DAYS = 540
OFFICE_LETTER = "Công văn"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of the body; `style` is one of plain, basis, lead, bold, centre."""

    style: str
    text: str

    @property
    def lead(self) -> str:
        """The words set bold at the start: `Điều 1.`, `1.`; empty for other styles."""
        if self.style != "lead":
            return ""
        words = self.text.split(" ")
        return " ".join(words[: 2 if words[0] == "Điều" else 1])


@dataclass(frozen=True, slots=True)
class Letter:
    """One document. Texts are in normal case; the layout sets capitals where NĐ 30 wants them.

    `subject` is the trích yếu as printed, for công văn without "V/v"; it is empty for the kinds whose model
    has none. `type_name` is None for công văn. `authority_lines` are printed above `signer_position` (`TM.
    …`, `KT. …`).
    """

    organ_parent: str
    organ_name: str
    code_number: str
    code_notation: str
    place: str
    issued_date: dt.date
    type_name: str | None
    subject: str
    addressees: tuple[str, ...]
    body: tuple[Paragraph, ...]
    recipients: tuple[str, ...]
    signer_authority: str
    authority_lines: tuple[str, ...]
    signer_position: str
    signer_name: str

    @property
    def code(self) -> str:
        """Số, ký hiệu as read: `05/QĐ-UBND`."""
        return f"{self.code_number}/{self.code_notation}"

    def record(self) -> dict[str, Any]:
        """The descriptive fields a record of this document must hold (NĐ 30 PL VI mục I), dates in ISO form."""
        return {
            "type_name": self.type_name or OFFICE_LETTER,
            "code_number": self.code_number,
            "code_notation": self.code_notation,
            "issued_date": self.issued_date.isoformat(),
            "organ_name": self.organ_name,
            "subject": self.subject,
            "signer_position": self.signer_position,
            "signer_name": self.signer_name,
            "signer_authority": self.signer_authority,
            "organ_parent": self.organ_parent,
            "issued_place": self.place,
            "recipients": "; ".join(name.rstrip(";.") for name in self.recipients),
        }


def written_date(day: dt.date) -> str:
    """A date in words: days under 10 and the months 1 and 2 take a zero (NĐ 30 PL I mục II.4.b)."""
    return f"{day.day:02d} tháng {written_month(day)} năm {day.year}"


def written_month(day: dt.date) -> str:
    """The month as printed in a date line."""
    return f"{day.month:02d}" if day.month < 3 else str(day.month)


def _person(rng: random.Random) -> str:
    return " ".join(rng.choice(part) for part in (phrases.FAMILY, phrases.MIDDLE, phrases.GIVEN))


def _agency(rng: random.Random, kind: Kind) -> tuple[Agency, str]:
    """An agency that may issue this kind, and the place its letters are dated from."""
    commune = rng.choice(phrases.COMMUNES)
    names = {
        "province": rng.choice(phrases.PROVINCES),
        "commune": commune,
        "home": commune.split(" ", 1)[1],
        "school": rng.choice(phrases.SCHOOLS),
    }
    agency, place = rng.choice(phrases.COUNCILS if kind.abbreviation == "NQ" else phrases.AGENCIES)
    parent, name = agency.parent.format_map(names), agency.name.format_map(names)
    return replace(agency, parent=parent, name=name), place.format_map(names)


def _signature(rng: random.Random, agency: Agency) -> tuple[str, tuple[str, ...], str]:
    """The authority (TM., KT., TL. or none), its printed lines, and the signer's own position."""
    collective = (f"TM. {agency.collective}",) if agency.collective else ()
    own = "TM." if collective else ""
    match rng.choices(("head", "deputy", "by-order"), weights=(5, 3, 2))[0]:
        case "deputy":
            return "KT.", (*collective, f"KT. {agency.head}"), agency.deputy
        case "by-order" if agency.head in ("Chủ tịch", "Giám đốc"):
            return (
                "TL.",
                (f"TL. {agency.head}",),
                "Chánh Văn phòng" if len(agency.units) > 1 else "Trưởng bộ phận",
            )
        case _:
            return own, collective, agency.head


def _notation(kind: Kind, agency: Agency, unit: str) -> str:
    """Ký hiệu: kind and agency, or agency and drafting unit for công văn (NĐ 30 PL I mục II.3)."""
    return f"{kind.abbreviation}-{agency.abbreviation}" if kind.name else f"{agency.abbreviation}-{unit}"


def _blocks(rng: random.Random, form: tuple[str, ...], points: Iterator[str]) -> Iterator[Paragraph]:
    """The form's blocks in order, points and legal bases dealt out, articles left to be numbered."""
    for block in form:
        style, _, text = block.partition("|")
        match style:
            case "articles":
                yield from (Paragraph("lead", f"Điều {{n}}. {p}") for p in islice(points, rng.randint(2, 4)))
            case "points" | "more":
                low, high = (2, 4) if style == "points" else (1, rng.choice((5, 5, 20)))
                yield from (Paragraph("lead", f"{{i}}. {p}") for p in islice(points, rng.randint(low, high)))
            case "bases":
                chosen = sorted(rng.sample(range(len(phrases.BASES)), 3))
                yield from (Paragraph("basis", phrases.BASES[i]) for i in chosen)
            case "proposal":
                yield Paragraph("basis", phrases.PROPOSAL)
            case _:
                yield Paragraph(style, text)


def _numbered(blocks: Iterator[Paragraph], words: dict[str, str]) -> tuple[Paragraph, ...]:
    """The blocks with every brace filled: articles run through the document, points begin anew under a
    heading.
    """
    body: list[Paragraph] = []
    article = point = 0
    for block in blocks:
        article += "{n}" in block.text
        point = 0 if block.style == "bold" else point + ("{i}" in block.text)
        body.append(replace(block, text=block.text.format(n=article, i=point, **words)))
    body[-1] = replace(body[-1], text=body[-1].text.rstrip(".;") + "./.")
    return tuple(body)


def _words(rng: random.Random, agency: Agency, place: str, issued: dt.date) -> dict[str, str]:
    """What the braces of a form stand for, apart from the matter, the kind and the signer."""
    by_chair = agency.collective == "Ủy ban nhân dân" and rng.random() < 0.5
    head = agency.head if by_chair or not agency.collective else ""
    return {
        "organ": agency.name,
        "organ_upper": agency.name.upper(),
        "decider": f"{head} {agency.name}".strip().replace("phòng Phòng", "phòng").upper(),
        "place": place,
        "unit": agency.units[-1],
        "proposer": f"Trưởng bộ phận {agency.units[-1]}",
        "other": str(rng.randint(12, 980)),
        "person": _person(rng),
        "company": rng.choice(phrases.SCHOOLS).upper(),
        "date": written_date(issued),
        "earlier": written_date(issued - dt.timedelta(rng.randint(3, 25))),
        "later_date": written_date(issued + dt.timedelta(rng.randint(5, 40))),
        "year": str(issued.year),
        "later": str(issued.year + 1),
    }


def _recipients(rng: random.Random, addressed: bool, unit: str) -> tuple[str, ...]:
    first = (
        "Như trên;" if addressed else "Như Điều cuối;" if rng.random() < 0.2 else "Cấp trên trực tiếp (b/c);"
    )
    return (first, *rng.sample(phrases.RECIPIENTS, rng.randint(1, 5)), f"Lưu: VT, {unit}.")


def letter(seed: int) -> Letter:
    """The letter of this seed; kinds take turns by `seed` modulo their number, everything else is drawn."""
    rng = random.Random(f"letter/{seed}")
    kind = KINDS[seed % len(KINDS)]
    agency, place = _agency(rng, kind)
    unit = rng.choice(agency.units)
    issued = FIRST_DAY + dt.timedelta(rng.randrange(DAYS))
    authority, lines, position = _signature(rng, agency)
    signer, topic = _person(rng), rng.choice(phrases.TOPICS)
    words = _words(rng, agency, place, issued)
    words["matter"] = topic.matter.format_map(words)
    words |= {"kind": (kind.name or "").lower(), "signer": signer, "position": position}
    others = [point for other in phrases.TOPICS if other != topic for point in other.points]
    general = rng.sample(phrases.GENERAL, len(phrases.GENERAL))
    points = iter((*rng.sample(topic.points, 3), *general, *others))
    return Letter(
        organ_parent=agency.parent,
        organ_name=agency.name,
        code_number=f"{rng.choice((rng.randint(1, 9), rng.randint(10, 99), rng.randint(100, 4200))):02d}",
        code_notation=_notation(kind, agency, unit),
        place=place,
        issued_date=issued,
        type_name=kind.name,
        subject=kind.subject.format_map(words),
        addressees=tuple(rng.sample(phrases.ADDRESSEES, rng.randint(1, 3))) if kind.addressed else (),
        body=_numbered(_blocks(rng, kind.form, points), words),
        recipients=_recipients(rng, kind.addressed, unit),
        signer_authority=authority,
        authority_lines=lines,
        signer_position=position,
        signer_name=signer,
    )
