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

from processor import condition
from processor.condition import CERTIFICATE_SOON, NONE, Condition, date, number
from processor.sharing import Entry, Section, cut, share

COLUMNS = 78
LINES = 48
_INDENT, _UNDER = " " * 3, " " * 5
_VIETNAM = dt.timezone(dt.timedelta(hours=7))
_NAME_ROOM = 30  # columns: a name that would get less has its place on a line of its own
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

    `file_range` has a lane's first and last code; `stacks` counts the
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
    archive: Condition = field(default_factory=Condition)
    file_range: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    doubles: Sequence[Item] = ()
    stacks: Mapping[str, int] = field(default_factory=dict)


def visible(text: str) -> str:
    """NFC, with every control, direction override, odd space or lone surrogate written as `<U+202E>`."""
    composed = unicodedata.normalize("NFC", text)
    if composed.isprintable():  # nearly always; a table has millions of such
        return composed
    return "".join(letter if letter.isprintable() else f"<U+{ord(letter):04X}>" for letter in composed)


def visible_lines(text: str) -> str:
    """The same for a text of several lines, which it keeps."""
    return "\n".join(map(visible, text.split("\n")))


def _shorten(text: str, room: int) -> str:
    """Cut in the middle: the end of a file's name tells as much as its beginning."""
    if len(text) <= room:
        return text
    return f"{text[: room // 2]}…{text[len(text) - (room - room // 2 - 1) :]}"


def _wrap(text: str, first: str = "", rest: str = "", most: int = 2) -> tuple[str, ...]:
    """Broken between words; what is longer than `most` lines or so is cut in its middle."""
    room = COLUMNS - max(len(first), len(rest))
    lines, line, gap = [], first, ""
    for word in _shorten(visible(" ".join(text.split())), most * room).split():
        word = _shorten(word, room)
        if gap and len(line) + 1 + len(word) > COLUMNS:
            lines.append(line)
            line, gap = rest, ""
        line, gap = f"{line}{gap}{word}", " "
    return (*lines, line)


def _alarms(facts: DayFacts) -> list[tuple[str, ...]]:
    """What somebody must see to, worst first: each in full, in short, and as short as it can be said."""
    found: list[tuple[str, ...]] = []
    if findings := facts.archive.findings:
        found.append((f"kho lưu trữ có {number(findings)} lỗi", f"{number(findings)} lỗi kho"))
    if removing := facts.archive.removing:
        found.append((f"{number(removing)} văn bản loại bỏ dở dang", f"{number(removing)} loại bỏ"))
    states = [(facts.held, "bị giữ", "giữ"), (facts.rejected, "bị từ chối", "từ chối"), (facts.waiting, "chờ", "chờ")]
    counted = [(number(len(items)), full, short) for items, full, short in states if items]
    for (count, full, short), noun in zip(counted, (" văn bản", "", ""), strict=False):
        found.append((f"{count}{noun} {full}", f"{count} {short}"))
    if faulty := facts.archive.copies[1]:
        found.append((f"{number(faulty)} bản sao dự phòng chưa đạt", f"{number(faulty)} bản sao dự phòng", f"{number(faulty)} sao"))
    if (left := facts.archive.certificate_days_left) is not None and left <= CERTIFICATE_SOON:
        found.append((f"chứng thư số {'đã' if left < 0 else 'sắp'} hết hạn", "hạn chứng thư"))
    elif (proofs := facts.archive.proofs) and proofs.is_due and proofs.days_left <= CERTIFICATE_SOON:
        found.append(("bằng chứng thời gian cần gia hạn", "hạn dấu giờ"))
    return found


def _calm(facts: DayFacts) -> list[tuple[str, ...]]:
    """What there is to say when nothing is wrong."""
    documents = sum(count for _, count, _ in facts.filed)
    under_way = max(0, facts.received - facts.duplicates - documents)
    if documents and not under_way:
        said = short = f"Tất cả {number(documents)} văn bản đã được lưu"
    elif under_way:
        said = f"Đã lưu {number(documents)} văn bản, {number(under_way)} bản quét đang xử lý"
        short = f"Đã lưu {number(documents)}, đang xử lý {number(under_way)}"
    elif facts.received:
        said = f"Không có văn bản mới: {number(facts.received)} bản quét đều trùng"
        short = f"Chỉ có {number(facts.received)} bản trùng"
    else:
        said, short = "Trong ngày không có bản quét nào", "Trong ngày không có gì"
    found: list[tuple[str, ...]] = [(said, short)]
    if facts.to_describe:
        count = number(len(facts.to_describe))
        found.append((f"{count} văn bản cần bổ sung mô tả", f"{count} cần mô tả"))
    if facts.doubles:
        count = number(len(facts.doubles))
        found.append((f"{count} văn bản trùng số, ký hiệu", f"{count} trùng số"))
    if facts.archive.fixity is None:
        found.append(("kho chưa được kiểm tra", "chưa kiểm kho"))
    return found


def verdict(facts: DayFacts) -> str:
    """The day in one line, for someone in a hurry: what needs a person, or that nothing does; in short only what must be."""
    alarms = _alarms(facts)
    lead, clauses, mark = ("CẦN XỬ LÝ: ", alarms, ", ") if alarms else ("", _calm(facts), "; ")
    chosen = [forms[0] for forms in clauses]
    for depth in (1, 2):
        for place, forms in enumerate(clauses):
            if len(said := lead + mark.join(chosen) + ".") <= COLUMNS:
                return said
            chosen[place] = forms[min(depth, len(forms) - 1)]
    return lead + mark.join(chosen) + "."


def title(facts: DayFacts) -> str:
    """The sheet's name, e.g. for the file's properties."""
    return f"PHIẾU KẾT QUẢ NGÀY {date(facts.day)}"


def _head(facts: DayFacts) -> list[str]:
    if facts.made_at.tzinfo is None:
        raise ValueError("made_at has no time zone")
    made = facts.made_at.astimezone(_VIETNAM)
    centred = [title(facts), f"Lập lúc {made:%H:%M} ngày {date(made)} (giờ Việt Nam)"]
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
    many = f" ({number(count)} văn bản)" if count > 1 else ""
    why = _wrap(f"Lý do{many}: {vi}", _INDENT, _UNDER) if vi else ()
    return (*why, *(_wrap(f"Việc cần làm: {act}", _INDENT, _UNDER, 3) if act else ()))


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
    return Section(f"{name}: " + (f"{number(len(items))} văn bản" if items else NONE), tuple(entries))


def _received(facts: DayFacts) -> Section:
    told = f"{number(facts.received)} bản quét" if facts.received else NONE
    if facts.duplicates:
        told += f", trong đó {number(facts.duplicates)} bản trùng với bản đã có"
    return Section(f"TIẾP NHẬN: {told}", _stacks(facts.stacks), more="và {} mục khác")


def _stacks(stacks: Mapping[str, int]) -> tuple[Entry, ...]:
    """The account of the day's stacks: who scanned so many pages finds each of them."""
    if not stacks:
        return ()
    named = [f"{number(stacks[name])} {words}" for name, words in _PAGES.items() if stacks.get(name)]
    rest = sum(stacks.get(name, 0) for name in _PAGES)
    wrong = "" if rest == stacks["scanned"] else " - KHÔNG KHỚP, báo ngay quản trị"
    told = f"Tập quét: {number(stacks['scanned'])} trang = {' + '.join(named) or '0'}{wrong}"
    return (Entry(_wrap(told, _INDENT, _UNDER), 0, True),)


def _filed(facts: DayFacts) -> Section:
    entries = []
    for group, (lane, documents, pages) in enumerate(facts.filed):
        told = f"Luồng {_shorten(visible(lane), 20)}: {number(documents)} văn bản, {number(pages)} trang"
        if lane in facts.file_range:
            first, last = (_shorten(visible(code), 40) for code in facts.file_range[lane])
            told += f"; mã {first}" + (f" đến {last}" if last != first else "")
        entries.append(Entry(_wrap(told, _INDENT, _UNDER), group, True))
    documents, pages = sum(row[1] for row in facts.filed), sum(row[2] for row in facts.filed)
    told = f"{number(documents)} văn bản, {number(pages)} trang" if documents else NONE
    return Section(f"ĐÃ LƯU: {told}", tuple(entries), more="và {} luồng khác")


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
    head, last = _head(facts), condition.lines(facts.archive)
    last[0] = f"{len(sections) + 1}. {last[0]}"
    needs = [section.needs for section in sections]
    room = LINES - len(head) - len(sections) - len(last)
    airy = sum(need[-1] for need in needs) + len(sections) <= room
    lines = head
    for place, (section, lot) in enumerate(zip(sections, share(needs, room), strict=True), start=1):
        lines += [f"{place}. {section.head}", *cut(section, lot), *([""] if airy else [])]
    return "".join(f"{line}\n" for line in [*lines, *last])
