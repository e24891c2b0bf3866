"""What is due to be destroyed, the copies of it that lie about a station, and the minutes (biên bản) for signing.

Promises: the minutes tell codes, digests and counts, and nothing of what a document said; what could not be reached is named in
them. Refuses (SohoaError `not-due`) what its period does not let go, where no second reason was given.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.dossiers import FileRow
from archive.durable import DurableError, sha256_file
from archive.naming import LOCAL, local_date
from archive.orders import Kind
from archive.store import Archive
from processor import ledger, parking, retention
from processor.errors import SohoaError
from processor.notices import outbox

_TITLES: Mapping[Kind, str] = {
    "disposed": "BIÊN BẢN TIÊU HỦY TÀI LIỆU LƯU TRỮ SỐ",
    "purged": "BIÊN BẢN LOẠI BỎ TÀI LIỆU CHỨA BÍ MẬT NHÀ NƯỚC",
}
_KEPT = ("desk", "serve")  # pictures of pages; copies of the catalogue, with what a document said
_CENTRE = " " * 12  # by which the printed page knows a line that stands in its middle
_MOST_LISTED = 20  # codes on the one page; the log has all of them


@dataclass(slots=True)
class Cleared:
    """What went of a station's folders: how many files; `left`: what could not be taken, or looked at."""

    files: int = 0
    left: list[Path] = field(default_factory=list)

    def take(self, path: Path) -> None:
        """Take a file away; one that is gone already counts as none."""
        there = path.is_file()
        try:
            path.unlink(missing_ok=True)
        except OSError:  # open in another program, a share that is read-only: the rest goes all the same
            self.left.append(path)
        else:
            self.files += there

    def take_all(self, folder: Path) -> None:
        """Take a folder away with all that is in it."""
        for path in [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]:
            self.take(path)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Done:
    """What the minutes tell: codes, digests of scans, files in the archive and about it, days sealed anew, copies elsewhere."""

    kind: Kind
    order: str
    by: Sequence[str]
    codes: Sequence[str]
    scans: Sequence[str]
    files: int
    days: Sequence[str]
    about: Cleared
    updated: Sequence[str]
    away: Sequence[str]


def due_on(row: FileRow) -> dt.date | None:
    """The first day on which the documents of a file may go; None: never by themselves, or its work has not ended."""
    period = retention.of_file(row.retention, row.maintenance, row.periods)
    closed = dt.datetime.fromisoformat(row.closed_at).astimezone(LOCAL).date() if row.closed_at else None
    ended = dt.date.fromisoformat(row.ended_on) if row.ended_on else closed
    return retention.due_on(period, ended) if ended else None


def refuse_early(archive: Archive, doc_codes: Collection[str], today: dt.date) -> None:
    """The period of each of these documents' files is over.

    Raises:
        SohoaError: of one it is not.
    """
    rows = (archive.get(code) for code in doc_codes)
    for code in sorted({row["file_code"] for row in rows if row}):
        row = archive.declared(code)
        due = due_on(row) if row and row.closed_at else None
        if due is None or due > today:
            until = f"before {due.isoformat()}" if due else "by its period: it is open, or kept for ever, or nobody can reckon it"
            raise SohoaError(f"{code} is not due {until}; an order that says otherwise wants --early with its reason")


def digests(told: Mapping[str, Any]) -> set[str]:
    """The bytes a document had, by the log: of its PDF and its scan."""
    filed = [event["public"]["sha256"] for event in told["events"] if event["type"] == "filed"]
    return {*filed, told["scan_sha256"]}


def names_of(archive: Archive, doc_codes: Collection[str], scans: Collection[str]) -> set[str]:
    """The names under which documents and scans came, as the log still knows them."""
    events = [event for scan in scans for event in archive.told_of(scan)]
    told = [archive.get(code) or {} for code in doc_codes]
    names = {str(event["private"].get("name") or "") for event in events} | {str(row.get("original_name") or "") for row in told}
    return {name.rpartition("/")[2] for name in names} - {""}


def clear_about(station: Path, known: Collection[str], names: Collection[str]) -> Cleared:
    """Take what tells of these bytes out of the station's folders.

    Args:
        station: its folder: what was handed out, lots, letters, pictures, and the names in the notes on lists.
        known: SHA-256 of PDFs and scans.
        names: under which they came.
    """
    cleared = clear_handed(station, known)
    for laid in outbox.letters(station):
        if laid.told.get("scan_sha256") in known:
            cleared.take_all(station / laid.folder)
    ledger.at(station).forget_scans(known, names)
    for lot in list(parking.lots(station)):
        if lot.told["scan_sha256"] in known:
            cleared.take_all(station / lot.folder)
    for kept in _KEPT:  # pages at work or killed: what they show is made again for whoever looks
        for path in [path for path in (station / "work" / kept).rglob("*") if path.is_file()]:
            cleared.take(path)
    return cleared


def handed(archive: Archive, doc_codes: Collection[str]) -> set[str]:
    """SHA-256 of documents' bytes, but for what a document outside the order has too: an original that was filed twice."""
    told = [row for code in doc_codes if (row := archive.get(code))]
    scans = {row["scan_sha256"] for row in told}
    codes = {event["doc_code"] for scan in scans for event in archive.told_of(scan) if event["type"] == "filed"} - {*doc_codes}
    others = [row for code in codes if (row := archive.get(code)) and row["state"] == "filed"]
    own, kept = ({digest for row in rows for digest in digests(row)} for rows in (told, others))
    return own - kept


def clear_handed(station: Path, known: Collection[str]) -> Cleared:
    """Take the clerk's copies of these bytes out of `out/`, with what was said of their signatures."""
    cleared = Cleared()
    for path in _same(station / "out", known, cleared.left):
        for each in (path, path.with_suffix(".xac-minh.txt")):
            cleared.take(each)
    return cleared


def _same(folder: Path, known: Collection[str], unread: list[Path]) -> Iterator[Path]:
    """Files with these bytes; what cannot be looked at may be one, and is told."""

    def unseen(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            unread.append(Path(error.filename))

    found = [Path(within, name) for within, _, names in os.walk(folder, onerror=unseen) for name in names]
    for path in [path for path in found if path.is_file() and not path.is_symlink()]:
        try:
            if sha256_file(path).sha256 in known:
                yield path
        except (FileNotFoundError, DurableError):  # it went meanwhile, or is no file
            continue
        except OSError:
            unread.append(path)


def title(kind: Kind) -> str:
    """What the minutes are called."""
    return _TITLES[kind].capitalize()


def minutes(done: Done, agency: str, now: dt.datetime) -> str:
    """The minutes, to be printed and signed."""
    day = local_date(now)
    more = len(done.codes) - _MOST_LISTED
    codes = [*done.codes[:_MOST_LISTED], *([f"và {more} mã khác, xem nhật ký"] if more > 0 else [])]
    where = "ở trạm (out/, held/, rejected/, notices/, ảnh trang)" if done.kind == "purged" else "đã giao văn thư trong out/"
    about = f"{done.about.files} tệp {where}" if done.about.files or done.kind == "purged" else ""
    away = [f"  - {name}: chưa xử lý; phải cập nhật hoặc tiêu hủy vật mang tin" for name in done.away]
    if done.about.left:
        away.insert(0, f"  - {len(done.about.left)} tệp ở trạm chưa loại bỏ được; khi loại bỏ xong sẽ lập lại biên bản này")
    lines = [
        *(f"{_CENTRE}{line}" for line in ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "")),
        agency, "", f"{_CENTRE}{_TITLES[done.kind]}", "",
        f"Hôm nay, ngày {day:%d/%m/%Y}, tại {agency}.", f"Căn cứ: {done.order}", "",
        "1. Tài liệu (không ghi nội dung)", *(f"  - Mã {code}" for code in codes),
        *(f"  - Bản quét SHA-256 {scan}" for scan in done.scans[:_MOST_LISTED]), "",
        "2. Đã loại bỏ", f"  - {done.files} tệp trong kho: văn bản, bản ghi, bản quét, tệp chứng minh",
        "  - văn bản nhận dạng, dữ liệu mô tả và chỉ mục tìm kiếm trong danh mục", *([f"  - {about}"] if about else []),
        *(f"  - bản sao tại {name}" for name in done.updated), "",
        "3. Còn lại", "  - mã tài liệu và các mục nhật ký không chứa nội dung",
        *(f"  - gói ngày {dt.date.fromisoformat(iso):%d/%m/%Y} đã được niêm phong lại" for iso in done.days), *away, "",
        "4. Người thực hiện, chứng kiến (ký, ghi rõ họ tên)",
        *(line for name in done.by or ("",) for line in ("", "", f"  {name}: ........................................")),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
