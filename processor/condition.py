"""How the archive stands, as the last section of the clerk's page tells it. PURE."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

CERTIFICATE_SOON = 30  # days: renewing an organisation's certificate takes an office weeks
NONE = "Không có"
_INDENT = " " * 3
_WHY = {"unclean-stop": "máy đã tắt đột ngột", "damage-found": "đã thấy tệp hỏng", "restored": "đã phục hồi tệp từ bản sao",
        "": "theo yêu cầu"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proofs:
    """How long the archive's time-stamps prove something.

    Attributes:
        until: when the first certificate or algorithm they hang on ends.
        days_left: until then.
        is_due: they should have been renewed by now.
        is_renewed: they were, in the night.
        unlisted: how many are still without revocation lists of their authority.
    """

    until: dt.date
    days_left: int
    is_due: bool = False
    is_renewed: bool = False
    unlisted: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """What is told of the archive.

    Attributes:
        sealed_days: whose shelves were closed in the night.
        fixity: (checked, findings); None when no round was made.
        heads: heads of the log: (published, without the organisation's signature, without a time-stamp).
        copies: places where the sealed days lie too, and how many of them want a person.
        certificate_days_left: of the organisation's; None where it is not known.
        missed: nights before this round on which there was none, first and last.
        whole: why everything was read; empty: a share was.
        removing: documents of which an order to remove them was begun and not carried out.
        removed: documents that were removed since the last night's head: only people can tell an order from one that was forged.
        proofs: how long its time-stamps last; None where there are none, or that is not known.
        failed: findings of the night's other works: sealing, publishing, renewing, copying.
    """

    sealed_days: Sequence[dt.date] = ()
    fixity: tuple[int, int] | None = None
    heads: tuple[int, int, int] = (0, 0, 0)
    copies: tuple[int, int] = (0, 0)
    certificate_days_left: int | None = None
    missed: tuple[dt.date, dt.date] | None = None
    whole: str = ""
    removing: int = 0
    removed: int = 0
    proofs: Proofs | None = None
    failed: int = 0

    @property
    def findings(self) -> int:
        """All that was found, whichever work of the night found it."""
        return self.failed + (self.fixity[1] if self.fixity else 0)


def date(day: dt.date) -> str:
    """A day as it is written in Vietnamese."""
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def number(count: int) -> str:
    """A count as it is written in Vietnamese."""
    return f"{count:,}".replace(",", ".")


def lines(facts: Condition) -> list[str]:
    """The section."""
    return [
        "KIỂM TRA KHO LƯU TRỮ",
        f"{_INDENT}Đã niêm phong dữ liệu ngày: {_sealed(facts.sealed_days)}",
        f"{_INDENT}Sổ nhật ký: {_heads(*facts.heads)}",
        f"{_INDENT}Bằng chứng thời gian: {_proofs(facts.proofs)}",
        f"{_INDENT}Bản sao dự phòng: {_copies(*facts.copies)}",
        f"{_INDENT}Kiểm tra toàn vẹn: {_fixity(facts.fixity)}",
        *_rounds(facts),
        f"{_INDENT}Chứng thư số của cơ quan: {_certificate(facts.certificate_days_left)}",
    ]


def _heads(published: int, unsigned: int, unstamped: int) -> str:
    if not published:
        return "chưa có ngày nào được công bố"
    wanting = [(unsigned, "chữ ký"), (unstamped, "dấu thời gian")]
    lacks = ", ".join(f"{number(count)} chờ {what}" for count, what in wanting if count)
    return f"đã công bố {number(published)} ngày, {lacks or 'đủ chữ ký và dấu thời gian'}"


def _proofs(proofs: Proofs | None) -> str:
    if proofs is None:
        return "chưa có"
    if proofs.is_due:
        return f"đến {date(proofs.until)} - CHƯA GIA HẠN ĐƯỢC (sohoa renew)"
    waiting = f", {number(proofs.unlisted)} chờ danh sách thu hồi" if proofs.unlisted else ""
    return f"có giá trị đến {date(proofs.until)}" + (", vừa được gia hạn" if proofs.is_renewed else "") + waiting


def _copies(places: int, faulty: int) -> str:
    if not places:
        return "CHƯA CÓ - hỏng ổ đĩa là mất kho"
    return f"{number(places)} nơi, " + (f"{number(faulty)} nơi CẦN XỬ LÝ (sohoa copies list)" if faulty else "đầy đủ")


def _sealed(days: Sequence[dt.date]) -> str:
    named = [date(day) for day in sorted(days)]
    if len(named) > 4:  # more would not stand on a line
        return f"{number(len(named))} ngày, từ {named[0]} đến {named[-1]}"
    return ", ".join(named) or NONE


def _fixity(fixity: tuple[int, int] | None) -> str:
    if fixity is None:
        return "CHƯA CHẠY"  # a check that did not run must not look like one that found nothing
    told = f"CÓ {number(fixity[1])} LỖI - báo ngay quản trị" if fixity[1] else "không có lỗi"
    return f"đã kiểm tra {number(fixity[0])} mục, {told}"


def _rounds(facts: Condition) -> list[str]:
    """What there is to say beside the figures: that all was read, that some nights nothing was, that a removal was cut short."""
    told = [f"Đã đọc lại toàn bộ kho: {_WHY.get(facts.whole, _WHY[''])}"] if facts.whole else []
    if facts.failed:
        told.append(f"{number(facts.failed)} LỖI khi niêm phong, công bố, gia hạn, sao chép - báo ngay quản trị")
    if facts.missed:
        nights = (facts.missed[1] - facts.missed[0]).days + 1
        told.append(f"{number(nights)} đêm KHÔNG KIỂM TRA, từ {date(facts.missed[0])} đến {date(facts.missed[1])}, nay đọc bù")
    if facts.removed:
        told.append(f"{number(facts.removed)} văn bản ĐÃ LOẠI KHỎI KHO: đối chiếu với quyết định, biên bản đã ký")
    if facts.removing:
        told.append(f"{number(facts.removing)} văn bản LOẠI BỎ DỞ DANG (sohoa status)")
    return [f"{_INDENT}{each}" for each in told]


def _certificate(left: int | None) -> str:
    if left is None:
        return "chưa có thông tin"
    if left < 0:
        return "ĐÃ HẾT HẠN - không ký số được, phải gia hạn ngay"
    return f"còn {number(left)} ngày" + (" - SẮP HẾT HẠN, cần gia hạn ngay" if left <= CERTIFICATE_SOON else "")
