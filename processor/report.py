"""The clerk's page of the morning, "Phiếu kết quả ngày": what a day's facts read like on one sheet of paper.

Promises: one page (`LINES` lines of `COLUMNS` columns) whatever the day was; its first words after the letterhead say
whether somebody must act; every section stands there, an empty one says so; what is cut is counted, the cut is shared, names are
cut before reasons. Refuses: to pass on a name's control characters or direction overrides (they are made visible), and a
moment without zone. PURE: no I/O; the caller adds the byte order mark and CRLF that Notepad wants.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from processor.sharing import Entry, Section, cut, share

COLUMNS = 78
LINES = 46
_INDENT, _UNDER = " " * 3, " " * 5
_VIETNAM = dt.timezone(dt.timedelta(hours=7))
_CERTIFICATE_SOON = 30  # days: renewing an organisation's certificate takes an office weeks
_NAME_ROOM = 30  # columns: a name that would get less has its place on a line of its own
_NONE = "Không có"
_PAGES = {
    "filed": "đã lưu", "held": "bị giữ", "rejected": "bị từ chối", "under_way": "đang xử lý", "separators": "tờ phân cách",
    "blanks": "trang trắng",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """A document that is named: what it was called, its lane, why it is here, what to do, where it lies.

    One that only `lacks` parts of its description (their Vietnamese names), or bears the number of `double_of`, has its code
    for a place.
    """

    name: str
    lane: str
    vi: str
    act: str
    where: str
    lacks: str = ""
    double_of: str = ""


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What is told of a day. `received` counts scans, duplicates included; `filed` is (lane, documents, pages).

    `fixity` is (checked, findings), None when no round was made; `file_range` has a lane's first and last code; `stacks` counts the
    pages of the stacks of that day by what became of them: `scanned` is the sum of the rest.
    """

    agency: str
    day: dt.date
    made_at: dt.datetime
    demo: bool
    received: int
    duplicates: int
    filed: Sequence[tuple[str, int, int]]
    held: Sequence[Item]
    rejected: Sequence[Item]
    waiting: Sequence[Item]
    to_describe: Sequence[Item]
    sealed_days: Sequence[dt.date]
    fixity: tuple[int, int] | None
    certificate_days_left: int | None
    file_range: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    doubles: Sequence[Item] = ()
    stacks: Mapping[str, int] = field(default_factory=dict)


def visible(text: str) -> str:
    """NFC, with every control, direction override, odd space or lone surrogate written as `<U+202E>`."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(letter if letter.isprintable() else f"<U+{ord(letter):04X}>" for letter in composed)


def visible_lines(text: str) -> str:
    """The same for a text of several lines, which it keeps."""
    return "\n".join(map(visible, text.split("\n")))


def _shorten(text: str, room: int) -> str:
    """Cut in the middle: the end of a file's name tells as much as its beginning."""
    if len(text) <= room:
        return text
    return f"{text[: room // 2]}…{text[len(text) - (room - room // 2 - 1) :]}"


def _wrap(text: str, first: str = "", rest: str = "") -> tuple[str, ...]:
    """Broken between words; what is longer than two lines or so is cut in its middle."""
    room = COLUMNS - max(len(first), len(rest))
    lines, line, gap = [], first, ""
    for word in _shorten(visible(" ".join(text.split())), 2 * room).split():
        word = _shorten(word, room)
        if gap and len(line) + 1 + len(word) > COLUMNS:
            lines.append(line)
            line, gap = rest, ""
        line, gap = f"{line}{gap}{word}", " "
    return (*lines, line)


def _date(day: dt.date) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def _alarms(facts: DayFacts) -> list[tuple[str, str]]:
    """What somebody must see to, worst first: (in full, in short)."""
    found = []
    if facts.fixity and (findings := facts.fixity[1]):
        found.append((f"kho lưu trữ có {_number(findings)} lỗi", f"{_number(findings)} lỗi kho"))
    states = [(facts.held, "bị giữ", "giữ"), (facts.rejected, "bị từ chối", "từ chối"), (facts.waiting, "chờ", "chờ")]
    counted = [(_number(len(items)), full, short) for items, full, short in states if items]
    for (count, full, short), noun in zip(counted, (" văn bản", "", ""), strict=False):
        found.append((f"{count}{noun} {full}", f"{count} {short}"))
    if (left := facts.certificate_days_left) is not None and left <= _CERTIFICATE_SOON:
        found.append((f"chứng thư số {'đã' if left < 0 else 'sắp'} hết hạn", "hạn chứng thư"))
    return found


def _calm(facts: DayFacts) -> list[tuple[str, str]]:
    """What there is to say when nothing is wrong."""
    documents = sum(count for _, count, _ in facts.filed)
    under_way = max(0, facts.received - facts.duplicates - documents)
    if documents and not under_way:
        said = f"Tất cả {_number(documents)} văn bản đã được lưu"
    elif under_way:
        said = f"Đã lưu {_number(documents)} văn bản, {_number(under_way)} bản quét đang xử lý"
    elif facts.received:
        said = f"Không có văn bản mới: {_number(facts.received)} bản quét đều trùng"
    else:
        said = "Trong ngày không có bản quét nào"
    found = [(said, said.replace(" bản quét", ""))]
    if facts.to_describe:
        count = _number(len(facts.to_describe))
        found.append((f"{count} văn bản cần bổ sung mô tả", f"{count} cần mô tả"))
    if facts.doubles:
        count = _number(len(facts.doubles))
        found.append((f"{count} văn bản trùng số, ký hiệu", f"{count} trùng số"))
    if facts.fixity is None:
        found.append(("kho chưa được kiểm tra", "kho chưa kiểm tra"))
    return found


def verdict(facts: DayFacts) -> str:
    """The day in one line, for someone in a hurry: what needs a person, or that nothing does."""
    alarms = _alarms(facts)
    lead, clauses, mark = ("CẦN XỬ LÝ: ", alarms, ", ") if alarms else ("", _calm(facts), "; ")
    full = lead + mark.join(clause for clause, _ in clauses) + "."
    return full if len(full) <= COLUMNS else lead + mark.join(clause for _, clause in clauses) + "."


def title(facts: DayFacts) -> str:
    """The sheet's name, e.g. for the file's properties."""
    return f"PHIẾU KẾT QUẢ NGÀY {_date(facts.day)}"


def _head(facts: DayFacts) -> list[str]:
    if facts.made_at.tzinfo is None:
        raise ValueError("made_at has no time zone")
    made = facts.made_at.astimezone(_VIETNAM)
    centred = [title(facts), f"Lập lúc {made:%H:%M} ngày {_date(made)} (giờ Việt Nam)"]
    if facts.demo:
        centred.append("BẢN MINH HỌA - KHÔNG CÓ GIÁ TRỊ PHÁP LÝ")
    middle = (line.center(COLUMNS).rstrip() for line in centred)
    return [*_wrap(facts.agency.upper()), "", *middle, "", *_wrap(verdict(facts)), ""]


def _item(item: Item) -> tuple[str, ...]:
    bullet = f"{_INDENT}- "
    where, lane = visible(item.where), visible(item.lane)
    named = "" if not lane or lane in where.split("/") else f" (luồng {_shorten(lane, 20)})"
    at = f", tại {where}" if where else ""
    name, room = visible(item.name), COLUMNS - len(bullet) - len(named)
    if item.lacks or item.double_of:
        told = f"thiếu {visible(item.lacks)}" if item.lacks else f"trùng {visible(item.double_of)}"
        return _lacking(bullet + name, f", mã {where}:", told)
    if room - len(at) >= min(len(name), _NAME_ROOM):
        return (f"{bullet}{_shorten(name, room - len(at))}{named}{at}",)
    return (f"{bullet}{_shorten(name, room)}{named}", f"{_UNDER}tại {_shorten(where, COLUMNS - len(_UNDER) - 4)}")


def _lacking(name: str, code: str, lacks: str) -> tuple[str, ...]:
    room = COLUMNS - len(code) - len(lacks) - 1
    if room >= min(len(name), _NAME_ROOM):
        return (f"{_shorten(name, room)}{code} {lacks}",)
    code = _shorten(code, COLUMNS - _NAME_ROOM)
    return (f"{_shorten(name, COLUMNS - len(code))}{code}", f"{_UNDER}{_shorten(lacks, COLUMNS - len(_UNDER))}")


def _reason(vi: str, act: str, count: int) -> tuple[str, ...]:
    many = f" ({_number(count)} văn bản)" if count > 1 else ""
    why = _wrap(f"Lý do{many}: {vi}", _INDENT, _UNDER) if vi else ()
    return (*why, *(_wrap(f"Việc cần làm: {act}", _INDENT, _UNDER) if act else ()))


def _listed(name: str, items: Sequence[Item]) -> Section:
    """Documents under the reason they share, in the order the reasons first came."""
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in items:
        groups.setdefault((item.vi, item.act), []).append(item)
    entries = [
        Entry((*_reason(*why, len(members)), *_item(item)), group, True, _reason(why[0], "", len(members)))
        if place == 0
        else Entry(_item(item), group, False)
        for group, (why, members) in enumerate(groups.items())
        for place, item in enumerate(members)
    ]
    return Section(f"{name}: " + (f"{_number(len(items))} văn bản" if items else _NONE), tuple(entries))


def _received(facts: DayFacts) -> Section:
    told = f"{_number(facts.received)} bản quét" if facts.received else _NONE
    if facts.duplicates:
        told += f", trong đó {_number(facts.duplicates)} bản trùng với bản đã có"
    return Section(f"TIẾP NHẬN: {told}", _stacks(facts.stacks), more="")


def _stacks(stacks: Mapping[str, int]) -> tuple[Entry, ...]:
    """The account of the day's stacks: who scanned so many pages finds each of them."""
    if not stacks:
        return ()
    named = [f"{_number(stacks[name])} {words}" for name, words in _PAGES.items() if stacks.get(name)]
    rest = sum(stacks.get(name, 0) for name in _PAGES)
    wrong = "" if rest == stacks["scanned"] else " - KHÔNG KHỚP, báo ngay quản trị"
    told = f"Tập quét: {_number(stacks['scanned'])} trang = {' + '.join(named) or '0'}{wrong}"
    return (Entry(_wrap(told, _INDENT, _UNDER), 0, True),)


def _filed(facts: DayFacts) -> Section:
    entries = []
    for group, (lane, documents, pages) in enumerate(facts.filed):
        told = f"Luồng {_shorten(visible(lane), 20)}: {_number(documents)} văn bản, {_number(pages)} trang"
        if lane in facts.file_range:
            first, last = (_shorten(visible(code), 40) for code in facts.file_range[lane])
            told += f"; mã {first}" + (f" đến {last}" if last != first else "")
        entries.append(Entry(_wrap(told, _INDENT, _UNDER), group, True))
    documents, pages = sum(row[1] for row in facts.filed), sum(row[2] for row in facts.filed)
    told = f"{_number(documents)} văn bản, {_number(pages)} trang" if documents else _NONE
    return Section(f"ĐÃ LƯU: {told}", tuple(entries), more="")


def _sealed(days: Sequence[dt.date]) -> str:
    named = [_date(day) for day in sorted(days)]
    if len(named) > 4:  # more would not stand on a line
        return f"{_number(len(named))} ngày, từ {named[0]} đến {named[-1]}"
    return ", ".join(named) or _NONE


def _fixity(fixity: tuple[int, int] | None) -> str:
    if fixity is None:
        return "CHƯA CHẠY"  # a check that did not run must not look like one that found nothing
    told = f"CÓ {_number(fixity[1])} LỖI - báo ngay quản trị" if fixity[1] else "không có lỗi"
    return f"đã kiểm tra {_number(fixity[0])} mục, {told}"


def _certificate(left: int | None) -> str:
    if left is None:
        return "chưa có thông tin"
    if left < 0:
        return "ĐÃ HẾT HẠN - không ký số được, phải gia hạn ngay"
    return f"còn {_number(left)} ngày" + (" - SẮP HẾT HẠN, cần gia hạn ngay" if left <= _CERTIFICATE_SOON else "")


def _archive(facts: DayFacts) -> list[str]:
    return [
        "KIỂM TRA KHO LƯU TRỮ",
        f"{_INDENT}Đã niêm phong dữ liệu ngày: {_sealed(facts.sealed_days)}",
        f"{_INDENT}Kiểm tra toàn vẹn: {_fixity(facts.fixity)}",
        f"{_INDENT}Chứng thư số của cơ quan: {_certificate(facts.certificate_days_left)}",
    ]


def text(facts: DayFacts) -> str:
    """The page: at most `LINES` lines of at most `COLUMNS` characters, each ended by `\\n`.

    Raises:
        ValueError: `made_at` has no time zone.
    """
    sections = [
        _received(facts), _filed(facts), _listed("BỊ GIỮ", facts.held), _listed("BỊ TỪ CHỐI", facts.rejected),
        _listed("ĐANG CHỜ", facts.waiting), _listed("CẦN BỔ SUNG MÔ TẢ", facts.to_describe),
        _listed("TRÙNG SỐ, KÝ HIỆU", facts.doubles),
    ]  # fmt: skip
    head, last = _head(facts), _archive(facts)
    last[0] = f"{len(sections) + 1}. {last[0]}"
    needs = [section.needs for section in sections]
    room = LINES - len(head) - len(sections) - len(last)
    airy = sum(need[-1] for need in needs) + len(sections) <= room
    lines = head
    for number, (section, lot) in enumerate(zip(sections, share(needs, room), strict=True), start=1):
        lines += [f"{number}. {section.head}", *cut(section, lot), *([""] if airy else [])]
    return "".join(f"{line}\n" for line in [*lines, *last])
