"""The descriptive fields of a document, read by rules from its pages' words.

PURE. Promises: `read` never raises; a field is there only when sure enough, always with its confidence; what
looks like two things is neither. Refuses: a kind no closed list has, a subject with one doubtful word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from processor.describe import agency as agencies
from processor.describe import heading, place
from processor.describe.heading import SURE, Number, Value
from processor.describe.language import language
from processor.describe.layout import Foot, Head, Line, Page, Word, cut_head, foot, head, pitch
from processor.describe.phrases import Pairs, confirmed, mended, repeated
from processor.describe.recipients import annexes, recipients
from processor.describe.rows import lines
from processor.describe.signature import signer
from processor.describe.subject import Subject, Title, below, beside, runs
from processor.describe.vocabulary import Vocabulary, squash

Box: TypeAlias = tuple[int, float, float, float, float]
"""Page (1-based), then left, top, right, bottom in fractions of the upright page."""

TITLE_DEPTH = 0.5  # of the page: a kind's title stands above
TITLE_AXIS = (0.38, 0.64)  # of the width: and is centred
SURE_TITLE = 0.4  # all its letters match a closed list: little doubt is left
UNREAD = 1.9  # line pitches between agency and number: where the step is wider, a line was not read
NAMES: Mapping[str, str] = MappingProxyType({  # in Vietnamese, as NĐ 30/2020 PL VI has them
    "type_name": "tên loại", "code_number": "số", "code_notation": "ký hiệu", "issued_date": "ngày ban hành",
    "organ_name": "cơ quan ban hành", "subject": "trích yếu", "language": "ngôn ngữ", "page_amount": "số trang",
    "signer_position": "chức vụ người ký", "signer_name": "người ký", "signer_authority": "quyền hạn người ký",
    "organ_parent": "cơ quan chủ quản", "issued_place": "địa danh", "recipients": "nơi nhận", "priority": "mức độ khẩn",
    "attachments": "phụ lục, văn bản kèm theo", "keyword": "từ khóa", "mode": "chế độ sử dụng", "note": "ghi chú",
    "maintenance": "thời hạn bảo quản",
})  # fmt: skip
_OF_THE_END = frozenset({"signer_position", "signer_name", "signer_authority", "recipients"})
_OF_PARTY = re.compile(r"[0-9]-[^\W\d_]{1,6}/")  # "123-CV/TU": the record has no such notation yet, a person writes it
_PARTS = re.compile(r"[^\W_]+")
_GROUPS = re.compile(r"(?<=[/-])[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """The fields read, by their names in the record, and how sure each is (0 to 1); others are absent.

    Attributes:
        places: where each field was read; of one that is absent, where it should stand, if that place is known.
    """

    fields: Mapping[str, str]
    confidence: Mapping[str, float]
    places: Mapping[str, Box]


def read(pages: Sequence[Page], law: Vocabulary) -> Reading:
    """Read what the pages say of themselves.

    Args:
        pages: the upright pages in order; the first one bears the head.
        law: the closed lists.

    Returns:
        Any of `type_name, code_number, code_notation, issued_date` (ISO)`, organ_name, subject, language` (`vi`, `en`, …, or
        two: `vi, en`)`, signer_position, signer_name, signer_authority, organ_parent, issued_place, recipients, attachments`.
    """
    found: dict[str, Value | None] = {}
    zones: dict[str, Box | None] = {}
    rows = [lines(page) for page in pages]
    top = head(rows[0], law) or cut_head(rows[0]) if rows and rows[0] else None
    if top:
        found |= _headed(rows, top, law)
        zones |= {name: _box(1, words) for name, words in _zones(top).items()}
    found["language"] = language(rows, law)
    index, end = _end(rows, law)
    if end:
        zones |= _closed(found, index + 1, end, rows[index], law)
        found["recipients"] = None if top and _differ(found["recipients"], top) else found["recipients"]
    found["attachments"] = annexes(rows, repeated(row for each in rows for row in each), law)
    kept = {name: value for name, value in found.items() if value}
    zones |= {name: _box(index + 1 if name in _OF_THE_END else 1, value.words) for name, value in kept.items() if value.words}
    return Reading(
        {name: value.text for name, value in kept.items()},
        {name: round(value.confidence, 3) for name, value in kept.items()},
        {name: box for name, box in zones.items() if box},
    )


def _box(page: int, words: Sequence[Word]) -> Box | None:
    if not words:
        return None
    sides = (min(w.left for w in words), min(w.top for w in words), max(w.right for w in words), max(w.bottom for w in words))
    left, top, right, bottom = (round(min(max(side, 0.0), 1.0), 4) for side in sides)
    return page, left, top, right, bottom


def _zones(top: Head) -> dict[str, tuple[Word, ...]]:
    """Where the fields of the head should stand, for a person who fills in what was not read."""
    line = heading.number_line(top)
    dated = heading.date_line(top, line)
    zones = {"code_number": line.words, "code_notation": line.words} if line else {}
    zones |= {"issued_date": dated.words, "issued_place": dated.words} if dated else {}
    above = top.left[: line.index] if line else ()
    names = tuple(word for row in above for word in row.words)
    return zones | ({"organ_name": names, "organ_parent": names} if names else {})


def _closed(found: dict[str, Value | None], page: int, end: Foot, rows: Sequence[Line], law: Vocabulary) -> dict[str, Box | None]:
    """Reads the end of a letter into `found`; returns where its fields should stand."""
    signed = signer(end, pitch(rows), law)
    found |= {"signer_position": signed.position, "signer_name": signed.name, "signer_authority": signed.authority}
    found["recipients"] = recipients(end, pitch(rows), law)
    block = tuple(word for row in end.signature for word in row.words)
    listed = tuple(word for row in end.recipients for word in row.words)
    return {name: _box(page, listed if name == "recipients" else block) for name in _OF_THE_END}


def _differ(listed: Value | None, top: Head) -> bool:
    """Whether initials among the recipients are a group of the notation but for one letter: one of them is misread ("GDTTH")."""
    line = heading.number_line(top)
    said = (text for word in line.words for text in (word.text, *word.rivals)) if line else ()
    groups = {group for text in said for group in _GROUPS.findall(text)}
    parts = _PARTS.findall(listed.text) if listed else ()
    return any(heading.is_slip(part, group) for part in parts for group in groups)


def _headed(pages: Sequence[Sequence[Line]], top: Head, law: Vocabulary) -> dict[str, Value | None]:
    everywhere = [row for rows in pages for row in rows]
    title = _title(top.below, law)
    line = heading.number_line(top)
    dated = heading.date_line(top, line)
    text = [row for row in everywhere if not (dated and dated.words[-1] in row.words)]  # apart from the place of issue
    pairs, small = _said(everywhere, law), _said(text, law, small=True)
    names = [confirmed(name, small) for name in agencies.names(top.left[: line.index], law)] if line else []
    notation = None
    if line and not _OF_PARTY.search("".join(word.text for word in line.words)):
        vouchers = _vouchers(everywhere, names)
        notation = heading.notation(line, title.kind if title else None, vouchers, law)
    about = below(top, title, law, pairs) if title else beside(top, line, law, pairs)
    issued_at = place.issued_at(dated, names, (pairs, small), law)
    own = _own(notation, names)
    return {
        "type_name": title.value if title else _letter_kind(top, notation, about, own, law),
        "code_number": heading.number(line) if line and notation else None,
        "code_notation": notation,
        "issued_date": heading.issued_date(dated, heading.printed_dates(everywhere)) if dated else None,
        "organ_name": _organ(top, line, names, issued_at, small, law) if line and names else None,
        "organ_parent": agencies.agency(names[-2], issued_at, small, law) if len(names) > 1 else None,
        "issued_place": issued_at if issued_at and issued_at.confidence >= SURE else None,
        "subject": about.value if about else None,
    }


def _said(rows: Sequence[Line], law: Vocabulary, *, small: bool = False) -> Pairs:
    return repeated((Line(tuple(mended(row.words, law))) for row in rows), small=small)


def _organ(
    top: Head, line: Number, names: Sequence[Sequence[Word]], issued_at: Value | None, pairs: Pairs, law: Vocabulary
) -> Value | None:
    """The agency; above a number whose "Số" a pen has spoilt, only one that a list or the place vouches for."""
    found = agencies.agency(names[-1], issued_at, pairs, law)
    if found is None or heading.is_clear(line):
        return found
    whole = line.top - max(word.top for word in names[-1]) < UNREAD * top.pitch
    placed = issued_at is not None and issued_at.confidence >= SURE and issued_at.text in found.text
    vouched = found.text in law.agency_written.values() or placed
    return found if whole and vouched else None


def _title(rows: Sequence[Line], law: Vocabulary) -> Title | None:
    """The first line that is nothing but a kind's name in capitals, centred, above the body."""
    for index, row in enumerate(rows):
        if row.top > TITLE_DEPTH or row.opening.startswith((*law.addressed, *law.grounds)):
            return None
        for run in runs(row):
            words = tuple(word for word in run if squash(word.text) and not _is_speck(word))
            if not words or not Line(run).text.isupper() or len(words) > 4:
                continue
            line = Line(words)
            kind = law.kinds.get(squash(line.text))
            if kind and TITLE_AXIS[0] <= line.centre <= TITLE_AXIS[1] and line.confidence >= SURE_TITLE:
                return Title(kind, Value(kind.name, max(line.confidence, SURE), words), index, line.centre)
    return None


def _is_speck(word: Word) -> bool:
    """Whether a word is none of a title's: a letter that recognition itself doubts more than that it were one."""
    return len(squash(word.text)) == 1 and word.confidence < SURE_TITLE


def _vouchers(rows: Sequence[Line], names: Sequence[Sequence[Word]]) -> frozenset[str]:
    """Groups of letters that may stand in a notation: surely printed elsewhere, or the agencies' initials."""
    printed = (word for row in rows for word in row.words if word.confidence >= heading.SURE_DIGIT)
    texts = (word.text for word in printed if "/" not in word.text)
    parts = {part for text in texts for part in _PARTS.findall(text) if len(part) > 1}
    short = [agencies.initials(words)[:12] for words in names]
    within = {text[first:last] for text in short for last in range(len(text) + 1) for first in range(last - 2)}  # "THPT" of a TTHPT
    return frozenset(parts | within | {text[:2] for text in short})


def _own(notation: Value | None, names: Sequence[Sequence[Word]]) -> bool:
    """Whether a notation opens with the agency's own initials, as only that of a công văn does."""
    group = notation.text.partition("-")[0] if notation else ""
    return len(group) > 2 and any(agencies.initials(words).startswith(group) for words in names)


def _letter_kind(
    top: Head, notation: Value | None, about: Subject | None, own: bool, law: Vocabulary
) -> Value | None:
    """A công văn bears no title: it is addressed, and marked as one by its subject's place or its notation.

    A "V/v" under the number marks one even where the notation is not read: no other kind has it there.
    NĐ 30 Phụ lục I, Phần I, mục II.5.b; Phụ lục III, mẫu 1.5.
    """
    upper = (row for row in top.below if row.top < TITLE_DEPTH)
    addressed = any(row.opening.startswith(law.addressed) for row in upper)
    if notation:
        marked = (about is not None or own) and law.abbreviation(notation.text.partition("-")[0]) is None
    else:
        marked = about is not None and about.brief
    kind = law.kinds.get(squash("Công văn"))
    return Value(kind.name, SURE) if kind and addressed and marked else None


def _end(rows: Sequence[Sequence[Line]], law: Vocabulary) -> tuple[int, Foot | None]:
    """The first page that lists recipients, and its foot; a page with its own head begins an annex."""
    for index, each in enumerate(rows):
        if index and each and head(each, law):
            break
        end = foot(each, law) if each else None
        if end:
            return index, end
    return 0, None
