"""The descriptive fields of a document, read by rules from its pages' words.

PURE. Promises: `read` never raises; a field is there only when sure enough, always with its confidence; what
looks like two things is neither. Refuses: a kind no closed list has, a subject with one doubtful word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from processor.describe import agency as agencies
from processor.describe import heading
from processor.describe.heading import SURE, Number, Value
from processor.describe.layout import Head, Line, Page, Word, foot, head, lines, pitch
from processor.describe.signature import signer
from processor.describe.vocabulary import SIGNS, Kind, Vocabulary, is_spelt, squash

TITLE_DEPTH = 0.5  # of the page: a kind's title stands above
TITLE_AXIS = (0.38, 0.64)  # of the width: and is centred
SURE_TITLE = 0.4  # all its letters match a closed list: little doubt is left
PARAGRAPH = 1.6  # line pitches: a wider step ends the subject
UNREAD = 1.9  # line pitches between agency and number: where the step is wider, a line was not read
SUBJECT_ROWS = 7
SUBJECT_LENGTH = 500  # NĐ 30 Phụ lục VI: Subject String 500
LEAST_WORDS = 10
NAMES: Mapping[str, str] = MappingProxyType({  # in Vietnamese, as NĐ 30/2020 PL VI has them
    "type_name": "tên loại", "code_number": "số", "code_notation": "ký hiệu", "issued_date": "ngày ban hành",
    "organ_name": "cơ quan ban hành", "subject": "trích yếu", "language": "ngôn ngữ", "page_amount": "số trang",
    "signer_position": "chức vụ người ký", "signer_name": "người ký", "signer_authority": "quyền hạn người ký",
    "organ_parent": "cơ quan chủ quản", "issued_place": "địa danh", "recipients": "nơi nhận", "priority": "mức độ khẩn",
    "attachments": "phụ lục, văn bản kèm theo", "keyword": "từ khóa", "mode": "chế độ sử dụng", "note": "ghi chú",
    "maintenance": "thời hạn bảo quản",
})  # fmt: skip
BRIEF = "V/v"  # how the subject of a công văn opens
_PAGES_OF_LANGUAGE = 3
_VIETNAMESE = re.compile("[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
_PARTS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Reading:
    """The fields read, by their names in the record, and how sure each is (0 to 1); others are absent."""

    fields: Mapping[str, str]
    confidence: Mapping[str, float]


def read(pages: Sequence[Page], law: Vocabulary) -> Reading:
    """Read what the pages say of themselves.

    Args:
        pages: the upright pages in order; the first one bears the head.
        law: the closed lists.

    Returns:
        Any of `type_name, code_number, code_notation, issued_date` (ISO)`, organ_name, subject, language`
        (`vi` or absent)`, signer_position, signer_name`.
    """
    found: dict[str, Value | None] = {}
    rows = lines(pages[0]) if pages else ()
    top = head(rows, law) if rows else None
    if top:
        found |= _headed(rows, top, law)
    found["language"] = _language(pages)
    found["signer_position"], found["signer_name"] = _signed(pages, rows, law)
    kept = {name: value for name, value in found.items() if value}
    return Reading(
        {name: value.text for name, value in kept.items()},
        {name: round(value.confidence, 3) for name, value in kept.items()},
    )


def _headed(rows: Sequence[Line], top: Head, law: Vocabulary) -> dict[str, Value | None]:
    title = _title(top.below, law)
    line = heading.number_line(top)
    dated = heading.date_line(top, line)
    names = agencies.names(top.left[: line.index], law) if line else []
    notation = None
    if line:
        vouchers = _vouchers(rows, names)
        notation = heading.notation(line, title.kind if title else None, vouchers, law)
    about = _subject_below(top, title, law) if title else _subject_beside(top, line, law)
    issued_at = heading.place(dated) if dated else None
    own = _own(notation, names)
    return {
        "type_name": title.value if title else _letter_kind(top, notation, about, own, law),
        "code_number": heading.number(line) if line and notation else None,
        "code_notation": notation,
        "issued_date": heading.issued_date(dated, heading.printed_dates(rows)) if dated else None,
        "organ_name": _organ(top, line, names, issued_at, law) if line and names else None,
        "subject": about.value if about else None,
    }


def _organ(
    top: Head, line: Number, names: Sequence[Sequence[Word]], issued_at: Value | None, law: Vocabulary
) -> Value | None:
    """The agency; above a number whose "Số" a pen has spoilt, only one that a list or the place vouches for."""
    found = agencies.agency(names[-1], issued_at, law)
    if found is None or heading.is_clear(line):
        return found
    whole = line.top - max(word.top for word in names[-1]) < UNREAD * top.pitch
    vouched = found.text in law.agency_written.values() or (issued_at is not None and issued_at.text in found.text)
    return found if whole and vouched else None


@dataclass(frozen=True, slots=True)
class _Title:
    kind: Kind
    value: Value
    index: int
    centre: float


@dataclass(frozen=True, slots=True)
class _Subject:
    """That a subject stands there, its text where it is sure, and whether it opens with "V/v"."""

    value: Value | None
    brief: bool = False


def _runs(row: Line) -> list[tuple[Word, ...]]:
    """A row cut where the gap is wider than three letters: what stands beside a title is no part of it."""
    letter = sum(w.right - w.left for w in row.words) / sum(len(w.text) for w in row.words)
    runs = [[row.words[0]]]
    for before, word in zip(row.words, row.words[1:], strict=False):
        if word.left - before.right > 3 * letter:
            runs.append([])
        runs[-1].append(word)
    return [tuple(run) for run in runs]


def _title(rows: Sequence[Line], law: Vocabulary) -> _Title | None:
    """The first line that is nothing but a kind's name in capitals, centred, above the body."""
    for index, row in enumerate(rows):
        opening = squash(row.text[:40])
        if row.top > TITLE_DEPTH or opening.startswith((*law.addressed, *law.grounds)):
            return None
        for run in _runs(row):
            words = tuple(word for word in run if squash(word.text))  # a speck is no word of a title
            if not words or not Line(run).text.isupper() or len(words) > 4:
                continue
            line = Line(words)
            kind = law.kinds.get(squash(line.text))
            if kind and TITLE_AXIS[0] <= line.centre <= TITLE_AXIS[1] and line.confidence >= SURE_TITLE:
                return _Title(kind, Value(kind.name, max(line.confidence, SURE)), index, line.centre)
    return None


def _vouchers(rows: Sequence[Line], names: Sequence[Sequence[Word]]) -> frozenset[str]:
    """Groups of letters that may stand in a notation: surely printed elsewhere, or the agencies' initials."""
    printed = (word for row in rows for word in row.words if word.confidence >= heading.SURE_DIGIT)
    texts = (word.text for word in printed if "/" not in word.text)
    parts = {part for text in texts for part in _PARTS.findall(text) if len(part) > 1}
    short = [heading.initials(words)[:12] for words in names]
    return frozenset(parts | {text[:size] for text in short for size in range(2, len(text) + 1)})


def _own(notation: Value | None, names: Sequence[Sequence[Word]]) -> bool:
    """Whether a notation opens with the agency's own initials, as only that of a công văn does."""
    group = notation.text.partition("-")[0] if notation else ""
    return len(group) > 2 and any(heading.initials(words).startswith(group) for words in names)


def _letter_kind(
    top: Head, notation: Value | None, about: _Subject | None, own: bool, law: Vocabulary
) -> Value | None:
    """A công văn bears no title: it is addressed, and marked as one by its subject's place or its notation.

    A "V/v" under the number marks one even where the notation is not read: no other kind has it there.
    NĐ 30 Phụ lục I, Phần I, mục II.5.b; Phụ lục III, mẫu 1.5.
    """
    upper = (row for row in top.below if row.top < TITLE_DEPTH)
    addressed = any(squash(row.text[:40]).startswith(law.addressed) for row in upper)
    if notation:
        marked = (about is not None or own) and law.abbreviation(notation.text.partition("-")[0]) is None
    else:
        marked = about is not None and about.brief
    kind = law.kinds.get(squash("Công văn"))
    return Value(kind.name, SURE) if kind and addressed and marked else None


def _subject_below(top: Head, title: _Title, law: Vocabulary) -> _Subject | None:
    """The centred lines under the title, to the first wide step, address, ground or line of capitals."""
    chosen: list[Line] = []
    before = top.below[title.index]
    for row in top.below[title.index + 1 :]:
        words = [word for word in row.words if any(map(str.isalnum, word.text))]
        if not words:
            continue
        line = Line(tuple(words))
        stops = squash(line.text[:40]).startswith((*law.addressed, *law.grounds))
        capitals = line.text.isupper() and len(words) > 1
        if stops or capitals or row.top - before.top > PARAGRAPH * top.pitch:
            return _Subject(_subject(chosen, law)) if chosen else None
        if abs(line.centre - title.centre) > 0.06 or len(chosen) == SUBJECT_ROWS:
            return None
        chosen.append(row)
        before = row
    return None


def _subject_beside(top: Head, line: Number | None, law: Vocabulary) -> _Subject | None:
    """The lines of the left column under the number, if they open as a subject does ("V/v")."""
    if line is None:
        return None
    chosen: list[Line] = []
    before = top.left[line.index]
    for row in top.left[line.index + 1 :]:
        if not any(map(str.isalnum, row.text)):
            continue
        if row.top - before.top > PARAGRAPH * top.pitch or squash(row.text[:40]).startswith(law.addressed):
            break
        if len(chosen) == SUBJECT_ROWS:
            return None
        chosen.append(row)
        before = row
    opening = _opening(chosen[0].words, law)[0] if chosen else ""
    return _Subject(_subject(chosen, law), opening == BRIEF) if opening else None


def _opening(words: Sequence[Word], law: Vocabulary) -> tuple[str, int]:
    """How a subject's opening is written, and how many words it takes; nothing and 0 if not listed."""
    for size in (1, 2):
        written = law.subject_openers.get(squash("".join(word.text for word in words[:size])))
        if written:
            return written, min(size, len(words))
    return "", 0


def _is_written(word: Word) -> bool:
    """Not a speck: letters and digits always count, a sign alone only if it is a sure dash."""
    return any(map(str.isalnum, word.text)) or (word.text in ("-", "–") and word.confidence >= SURE)


def _subject(rows: Sequence[Line], law: Vocabulary) -> Value | None:
    words = [word for row in rows for word in row.words if _is_written(word)]
    opening, taken = _opening(words, law)
    rest = words[taken:]
    if not rest:
        return None
    text = " ".join([*([opening] if opening else []), *(word.text for word in rest)]).strip(SIGNS)
    sure = min(word.confidence for word in rest)
    spelt = all(is_spelt(part) for word in rest for part in _PARTS.findall(word.text))
    return Value(text, sure) if sure >= SURE and spelt and len(text) <= SUBJECT_LENGTH else None


def _language(pages: Sequence[Page]) -> Value | None:
    """`vi` where a quarter of the words bear letters only Vietnamese has."""
    rows = (row for page in pages[:_PAGES_OF_LANGUAGE] for row in lines(page))
    words = (word.text for row in rows for word in row.words if word.confidence >= 0.5)
    spelt = [text for text in words if any(map(str.isalpha, text))]
    share = sum(1 for text in spelt if _VIETNAMESE.search(text)) / max(len(spelt), 1)
    return Value("vi", min(1.0, share * 2)) if len(spelt) >= LEAST_WORDS and share >= 0.25 else None


def _signed(
    pages: Sequence[Page], first: Sequence[Line], law: Vocabulary
) -> tuple[Value | None, Value | None]:
    """The signer, from the first page that lists recipients; a page with its own head begins an annex."""
    for index, page in enumerate(pages):
        rows = lines(page) if index else first
        if not rows:
            continue
        if index and head(rows, law):
            break
        end = foot(rows, law)
        if end:
            return signer(end, pitch(rows), law)
    return None, None
