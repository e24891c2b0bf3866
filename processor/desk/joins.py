"""What a held scan can be joined with, and what a clerk says of it: an order, from 1.

Promises: who joins has seen every scan as it is; what cannot be joined is not offered, and is refused with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from processor import handing, joining
from processor.desk import drawers, papers
from processor.desk.drawers import Desk
from processor.errors import reason
from processor.parking import Lot
from processor.pictures import WIDTHS

_ORDINAL = re.compile("[0-9]{1,3}")
_SHOWN = 15  # scans before and after, by name
_WHY: Mapping[str, str] = {
    joining.NO_PAPER: "Chỉ ghép được bản quét giấy đang bị giữ.",
    joining.MARKED: "Văn bản có thể mang dấu mật thì không ghép ở đây.",
    joining.NUMBERED: "Văn bản đã có mã thì không ghép được nữa.",
    joining.ALONE: "Văn bản bị giữ vì lý do này thì không ghép được.",
    joining.AGAIN: "Bản sao lần sau của văn bản đã lưu thì không ghép được.",
}
_GONE = "Một bản quét vừa được người khác xử lý hoặc sửa. Xem lại rồi ghép."
_ORDER = "Ghi thứ tự 1, 2, 3… cho ít nhất hai bản quét, mỗi bản một số; bản đang mở cũng phải có số."
_TWICE = "Có trang nằm trong hai bản quét được chọn; mỗi trang chỉ được một lần."


@dataclass(frozen=True, slots=True)
class Offer:
    """A scan that can be joined with the one that is open (or that one itself), and the order typed for it."""

    folder: str
    name: str
    part: str
    why: str
    version: str
    order: str
    picture: str
    is_open: bool

    @property
    def key(self) -> str:
        """What its inputs are called by."""
        return self.folder.rpartition("/")[2]


def offers(desk: Desk, where: str, typed: Mapping[str, str]) -> list[Offer]:
    """The scans beside one in its lane that can be joined with it, by name; none where it cannot be joined itself.

    Args:
        desk: whose.
        where: the folder of the one that is open.
        typed: a form that was sent and could not be followed.
    """
    state, lane, name = where.split("/")
    own = drawers.lot(desk, state, lane, name)
    if own is None or joining.obstacle(own, desk.settings.lanes[lane]):
        return []
    busy = handing.under_way(desk.journal)
    found = [lot for lot in _of_lane(desk, lane) if lot.folder not in busy and not joining.obstacle(lot, desk.settings.lanes[lane])]
    found.sort(key=lambda lot: (lot.told["original_name"], len(lot.told["part"]), lot.told["part"], lot.folder))
    at = next((place for place, lot in enumerate(found) if lot.folder == where), 0)
    near = found[max(0, at - _SHOWN) : at + _SHOWN + 1]
    return [_offer(desk, lot, lot.folder == where, typed) for lot in near] if len(near) > 1 else []


def _of_lane(desk: Desk, lane: str) -> list[Lot]:
    places = sorted((desk.station / "held" / lane).glob("*"))
    return [lot for place in places if (lot := drawers.lot(desk, "held", lane, place.name))]


def _offer(desk: Desk, lot: Lot, is_open: bool, typed: Mapping[str, str]) -> Offer:
    key = lot.folder.rpartition("/")[2]
    told = lot.told
    return Offer(
        lot.folder, told["original_name"], told["part"], reason(told["code"]).vi, handing.version(desk.station / lot.folder),
        typed.get(f"order {key}", "1" if is_open else ""), f"/picture/{lot.folder}/1-{WIDTHS[0]}.jpg", is_open,
    )  # fmt: skip


def chosen(form: Mapping[str, str], where: str) -> list[tuple[str, str]]:
    """The lots of a form and the versions that were seen, in the order that was typed; empty where it is none."""
    state, lane, own = where.split("/")
    typed = {name.removeprefix("order "): text.strip() for name, text in form.items() if name.startswith("order ")}
    keys = {key: text for key, text in typed.items() if text and "/" not in key}
    if own not in keys or not all(_ORDINAL.fullmatch(text) for text in keys.values()):
        return []
    if len({int(text) for text in keys.values()}) < max(len(keys), 2):
        return []
    return [(f"{state}/{lane}/{key}", form.get(f"seen {key}", "")) for key in sorted(keys, key=lambda key: int(keys[key]))]


def refusal(desk: Desk, form: Mapping[str, str], where: str) -> str:
    """Why scans cannot be joined as a form says; empty: they can."""
    seen = chosen(form, where)
    if not seen:
        return _ORDER
    lots = [drawers.lot(desk, *folder.split("/")) for folder, _ in seen]
    told, scans = [], []
    for lot, (folder, version) in zip(lots, seen, strict=True):
        if lot is None or folder in handing.under_way(desk.journal) or version != handing.version(desk.station / folder):
            return _GONE
        if why := joining.obstacle(lot, desk.settings.lanes[lot.told["lane"]]):
            return f"{lot.told['original_name']}: {_WHY[why]}"
        fields, _ = drawers.typed_fields(desk.station / folder)
        told.append({name: text for name, text in fields.items() if name not in {"pages", "rotate", "collate"}})
        scans.append((lot.told["scan_sha256"], fields.get("pages", "") or lot.told["part"]))
    if joining.has_twice(scans):
        return _TWICE
    named = form.get("file_code", "").strip()
    if wrong := joining.differing([{**each, "file_code": named or each.get("file_code", "")} for each in told]):
        labels = ", ".join(papers.LABELS.get(name, name) for name in wrong)
        return f"Các bản quét ghi khác nhau: {labels}. Sửa cho giống nhau (hoặc ghi mã hồ sơ ở đây) rồi ghép."
    return ""
