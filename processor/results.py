"""What became of a list, for who sent it: `out/<lane>/<list>.ket-qua.csv`, a line a row.

Promises: no cell is a formula to a spreadsheet, whatever a list said; what is not known is told as not known.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import structlog

from archive.record import DocumentKey
from processor import details, parking, station
from processor.cells import cell
from processor.errors import reason
from processor.intake.headings import BAD
from processor.intake.listing import Row
from processor.ledger import Mark
from processor.listed import Opened
from processor.report import visible
from processor.shift import Shift

log = structlog.get_logger()
_HEADINGS = ("Dòng", "Tên tệp", "Kết quả", "Mã văn bản hoặc thư mục", "Mã lý do", "Lý do")
_STATES = {"held": "giữ lại", "rejected": "từ chối"}


def lay(opened: Opened, marks: Mapping[int, Mark], shift: Shift) -> None:
    """Put the result of a list where its sender looks; a convenience, like all copies in `out/`."""
    told: Sequence[Sequence[str]] = [("", opened.name, "không nhận", "", BAD, f"{reason(BAD).vi} {opened.bad}")]
    if not opened.bad:
        told = list(_outcomes(opened, marks, shift))
    place = shift.new_claim()
    made = place / "result.csv"
    try:
        made.write_bytes(table(told))
        station.hand_out(shift.tools.station, opened.lane, opened.name, made, ".ket-qua.csv")
    except OSError as error:
        log.error("no-copy-in-out", list=opened.sha256[:12], error=error.strerror)
    finally:
        made.unlink(missing_ok=True)
        place.rmdir()


def table(told: Sequence[Sequence[str]]) -> bytes:
    """Rows as a CSV that Excel opens in Vietnamese and never calculates."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_HEADINGS)
    writer.writerows([[cell(visible(text)) for text in row] for row in told])
    return b"\xef\xbb\xbf" + text.getvalue().encode()



def _outcomes(opened: Opened, marks: Mapping[int, Mark], shift: Shift) -> Iterator[Sequence[str]]:
    lots = {(lot.told["scan_sha256"], lot.told["part"]): (lot.state, lot.folder, lot.told)
            for lot in parking.lots(shift.tools.station) if lot.told["lane"] == opened.lane}  # fmt: skip
    for row in opened.rows:
        yield (str(row.number), row.name, *_outcome(opened, row, marks.get(row.number), lots, shift))


def _outcome(
    opened: Opened, row: Row, mark: Mark | None, lots: Mapping[tuple[str, str], tuple[str, str, Mapping[str, Any]]], shift: Shift
) -> Sequence[str]:
    if mark is None:
        return "không có bản quét", "", row.wrong[0] if row.wrong else "list-left", row.wrong[1] if row.wrong else ""
    key = DocumentKey(mark.scan_sha256, opened.lane, mark.file_code, mark.part)
    state, code = shift.tools.archive.key_state(key)
    if state == "filed":
        row_filed = shift.tools.archive.get(str(code))
        was_there = row_filed is not None and dt.datetime.fromisoformat(row_filed["filed_at"]) < dt.datetime.fromisoformat(mark.at)
        return "đã lưu từ trước, không theo dòng này" if was_there else "đã lưu", str(code), "", ""
    lot = lots.get((mark.scan_sha256, mark.part))
    if lot is None:
        return "đã xử lý theo yêu cầu riêng", "", "", ""
    why = str(lot[2]["code"])
    return _STATES[lot[0]], lot[1], why, f"{reason(why).vi} {details.vietnamese(str(lot[2].get('detail', '')))}".strip()
