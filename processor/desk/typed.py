"""What a clerk types, and what it means: days as people write them, and why a value cannot be taken, in Vietnamese.

PURE. Promises: a number is kept as it was typed, without the notation that has a field of its own; a day whose month or year was
not typed is completed, never in silence.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from archive.record import RecordError, bears_notation, parse_field
from processor.details import vietnamese

_DAY = re.compile(r"(\d{1,2})(?:[\s./-]+(\d{1,2})(?:[\s./-]+(\d{4}|\d{2}))?)?", re.ASCII)
_CLOSE = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})?", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_PRINTED = re.compile(r"tháng\s*(\d{1,2})\s*năm\s*((?:19|20)\d\d)", re.ASCII | re.IGNORECASE)
_HEAD = 1500  # characters of a page in which its date line stands
_HIDDEN = frozenset({"Cf", "Zl", "Zp"})  # direction overrides and their kin, as a side-car refuses them
NOT_A_DAY = "Không đọc được ngày. Gõ như 5/2/2026, 05022026, 5/2 hoặc chỉ số ngày."
LATER = "Ngày này sau ngày lưu văn bản. Nếu đúng, nhấn Enter lần nữa."
NOT_NUMBER_ALONE = "Ở đây chỉ gõ số; phần chữ sau dấu / gõ ở ô Ký hiệu."
COMPLETED = "Tháng, năm do máy điền. Nếu đúng, nhấn Enter lần nữa."


@dataclass(frozen=True, slots=True)
class Day:
    """A day that was typed, and what the clerk should look at before it is taken; empty: nothing."""

    iso: str
    doubt: str = ""

    @property
    def shown(self) -> str:
        """As Vietnamese write it."""
        return written(self.iso)


def written(iso: str) -> str:
    """`2026-02-05` as `05/02/2026`; what is no such day as it is."""
    found = _ISO.fullmatch(iso)
    return f"{found[3]}/{found[2]}/{found[1]}" if found else iso


def day(text: str, latest: dt.date, near: dt.date | None = None) -> Day | None:
    """A day as it is typed; None where it is none.

    Args:
        text: `5`, `5/2`, `5/2/26`, `05022026`, `2026-02-05` and their like.
        latest: the day the document was filed: it was issued before.
        near: a day of the month that a day typed alone is of: what the page prints, or the document described before.
    """
    text = text.strip()
    if iso := _ISO.fullmatch(text):
        return _judged(_date(int(iso[1]), int(iso[2]), int(iso[3])), latest)
    found = _DAY.fullmatch(text) or _CLOSE.fullmatch(text)
    if found is None:
        return None
    number, month, year = (int(part) if part else None for part in found.groups())
    if year is not None:
        return _judged(_date(_century(year, latest), month or 0, number or 0), latest)
    if month is not None:
        return _completed([(latest.year - back, month) for back in range(5)], number or 0, latest)  # 29/2 comes every four years
    return _completed([_month(near or latest, back) for back in range(3)], number or 0, latest)


def printed_month(text: str) -> dt.date | None:
    """The first day of the month that a page's date line prints around its handwritten day, as it was read."""
    found = _PRINTED.search(unicodedata.normalize("NFC", text)[:_HEAD])
    return _date(int(found[2]), int(found[1]), 1) if found else None


def _century(year: int, latest: dt.date) -> int:
    if year >= 100:
        return year
    this = latest.year - latest.year % 100 + year
    return this if this <= latest.year else this - 100


def _month(base: dt.date, back: int) -> tuple[int, int]:
    months = base.year * 12 + base.month - 1 - back
    return months // 12, months % 12 + 1


def _date(year: int, month: int, number: int) -> dt.date | None:
    try:
        return dt.date(year, month, number)
    except ValueError:
        return None


def _judged(found: dt.date | None, latest: dt.date) -> Day | None:
    return Day(found.isoformat(), LATER if found > latest else "") if found else None


def _completed(months: list[tuple[int, int]], number: int, latest: dt.date) -> Day | None:
    """The last such day that is not later than `latest`."""
    days = (_date(year, month, number) for year, month in months)
    found = next((each for each in days if each and each <= latest), None)
    return Day(found.isoformat(), COMPLETED) if found else None


def hidden(text: str) -> str:
    """What to say of a value that holds characters nobody sees, such as those that turn the writing round; empty: it does not."""
    return "Có ký tự ẩn (đổi hướng chữ). Xóa ô này rồi gõ lại." if any(unicodedata.category(c) in _HIDDEN for c in text) else ""


def message(name: str, text: str) -> str:
    """Why a field cannot hold a value, in Vietnamese; empty: it can."""
    value = unicodedata.normalize("NFC", text).strip()
    if unseen := hidden(value):
        return unseen
    if name == "code_number" and bears_notation(value):
        return NOT_NUMBER_ALONE
    try:
        parse_field(name, value)
    except RecordError as error:
        words = vietnamese(error.detail.partition(": ")[2])  # it stands beside its field
        return NOT_A_DAY if name == "issued_date" else f"{words[:1].upper()}{words[1:]}."
    return ""


def _number(text: str, notation: str) -> str:
    """A number without the notation that stands in its own field: on paper the two are written as one, 68/QĐ-UBND."""
    own = unicodedata.normalize("NFC", notation).strip()
    return re.sub(rf"(?<=\w)\s*/\s*{re.escape(own)}$", "", text, flags=re.IGNORECASE) if own else text


@dataclass(frozen=True, slots=True)
class Reading:
    """A form as it was understood: the value of each field, what is wrong or to be looked at, by field."""

    values: Mapping[str, str]
    wrong: Mapping[str, str]
    doubtful: Mapping[str, str]


def read(form: Mapping[str, str], names: tuple[str, ...], latest: dt.date, near: dt.date | None) -> Reading:
    """What the fields of a form say; a day that was shown back once (`shown_issued_date`) is taken when it comes again."""
    values, wrong, doubtful = dict[str, str](), dict[str, str](), dict[str, str]()
    for name in names:
        if name not in form:
            continue
        text = unicodedata.normalize("NFC", form[name]).strip()
        if name == "code_number":
            text = _number(text, form.get("code_notation", ""))
        if name == "issued_date" and text:
            found = day(text, latest, near)
            if found is None:
                wrong[name] = NOT_A_DAY
            elif found.doubt and form.get("shown_issued_date") != found.iso:
                doubtful[name] = found.doubt
            text = found.iso if found else text
        elif trouble := message(name, text):
            wrong[name] = trouble
        values[name] = text
    return Reading(values, wrong, doubtful)
