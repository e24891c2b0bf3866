"""What the desk does: describes what was filed, sends what is held on its way, refuses it.

Promises: what is saved was seen: whoever comes second is shown both values, and nothing of theirs or of the first is lost.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from archive.errors import ArchiveError
from archive.naming import local_date
from archive.record import DESCRIPTIVE
from processor import handing
from processor.desk import access, drawers, joins, pages, papers, typed
from processor.desk.drawers import Desk
from processor.desk.papers import Field, Paper
from processor.desk.typed import Reading
from processor.errors import SohoaError
from processor.errors import reason as reason_of
from processor.filecodes import in_full
from processor.handing import Meanwhile
from processor.intake import pages as ranges
from processor.lot_notes import MOST_PAGES

CHANGED = "Có người vừa sửa văn bản này. Giá trị của họ ở dưới ô; chọn giá trị đúng rồi nhấn Enter để lưu."
THEIRS = "Người khác vừa ghi giá trị này."
_STALE = "Trang này cũ (bàn đã khởi động lại). Mở lại từ danh sách."
_MOST_FIELDS = 120

Act = Callable[[Request, dict[str, str]], Response]


async def _form(request: Request) -> dict[str, str] | None:
    """What a form says; None where it does not bear its session's token."""
    try:
        body = (await request.body()).decode("ascii")
        told = dict(parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS))
    except ValueError:  # not a form, or not UTF-8
        return None
    return told if access.is_token(told.get("token", ""), pages.session_of(request)) else None


async def _done(request: Request, act: Act) -> Response:
    told = await _form(request)
    return PlainTextResponse(_STALE, 403) if told is None else await run_in_threadpool(act, request, told)


async def describe(request: Request) -> Response:
    """Describe a filed document."""
    return await _done(request, _describe)


async def act(request: Request) -> Response:
    """What is asked of a lot."""
    return await _done(request, _act)


def _describe(request: Request, form: dict[str, str]) -> Response:
    desk, session, code = pages.desk_of(request), pages.session_of(request), request.path_params["code"]
    paper = drawers.filed(desk, code)
    if paper is None:
        return pages.gone(request)
    told = typed.read(form, DESCRIPTIVE, *drawers.days(desk, code, session.near))
    if form.get("version") != paper.version:
        return pages.document(request, both(paper, form, told), 409, alert=CHANGED)
    if told.wrong or told.doubtful:
        return pages.document(request, again(paper, told), 422)
    try:
        changes = changed(paper, told.values, form)
        if changes:
            desk.archive.describe(code, changes, session.actor, expected=paper.version)
            session.done += 1
    except ArchiveError as error:
        if error.code != "changed":
            raise
        return _describe(request, form)  # somebody was a moment quicker: now it is seen
    if day := told.values.get("issued_date"):
        session.near = dt.date.fromisoformat(day)
    return onward(request, desk, paper, f"Đã lưu {code}." if changes else f"{code}: không có gì thay đổi.")


def changed(paper: Paper, values: Mapping[str, str], form: Mapping[str, str]) -> dict[str, str]:
    """What a form changes; a doubtful value that the clerk ticked as right is sure from now on."""
    known = {each.name: each for each in paper.fields}
    ticked = {name for name in values if form.get(f"right_{name}") and known[name].doubtful}
    return {name: value for name, value in values.items() if value != known[name].value or name in ticked}


def onward(request: Request, desk: Desk, paper: Paper, said: str) -> Response:
    """The next document of the list, or the list where it ends."""
    lane = pages.lane_of(request)
    _, after = pages.beside(desk, paper, lane)
    session = pages.session_of(request)
    session.said = said if after else f"{said} Hết danh sách."
    if after:
        return RedirectResponse(after + pages.query(lane), 303)
    tab = {"filed": "describe"}.get(paper.address.split("/")[1], paper.address.split("/")[1])
    return RedirectResponse(f"/?tab={tab}" + (pages.query(lane).replace("?", "&") if lane else ""), 303)


def again(paper: Paper, told: Reading) -> Paper:
    """The form as it was sent, with what is wrong or to be looked at."""
    return replace(paper, fields=[_again(each, told) for each in paper.fields])


def _again(each: Field, told: Reading) -> Field:
    if each.name not in told.values:
        return each
    value = told.values[each.name]
    message = told.wrong.get(each.name) or told.doubtful.get(each.name, "")
    shown = typed.written(value) if each.name == "issued_date" else value
    return replace(each, value=value, shown=shown, message=message, wrong=each.name in told.wrong)


def both(paper: Paper, form: Mapping[str, str], told: Reading) -> Paper:
    """What somebody else has saved, with this clerk's values over it, and theirs beside where the two differ."""
    return replace(paper, fields=[_both(each, form, told) for each in paper.fields])


def _both(each: Field, form: Mapping[str, str], told: Reading) -> Field:
    was, mine = form.get(f"was_{each.name}"), told.values.get(each.name)
    if was is None or mine is None or mine in {was, each.value}:  # not touched here, or typed the same: what is saved stands
        return replace(each, message=THEIRS) if was not in {None, each.value} else each
    shown = typed.written(mine) if each.name == "issued_date" else mine
    theirs = each.shown if each.value != was else None
    return replace(each, value=mine, shown=shown, theirs=theirs)


# What is held or was refused

_WHY = "Ghi lý do: nhật ký giữ lại ai quyết định và vì sao."
_GONE = "Văn bản này vừa được người khác xử lý."
_BROKEN = "Tệp fields.json trong thư mục của văn bản không đọc được: sửa hoặc xóa tệp ấy trước."
_ONE_PART = "Ghi ít nhất hai khoảng trang, cách nhau bằng dấu chấm phẩy: 1-2; 3-5."
_NO_PAGE = "Không có trang ấy, hoặc gõ chưa đúng. Gõ như 1-3,5."
_NO_TURN = "Gõ như 2:90,5:180 (trang:độ), hoặc dùng nút Xoay dưới ảnh."
_NO_FILE = "Hồ sơ này chưa khai báo hoặc đã đóng."
_SENT = {"release": "Đã cho đi tiếp", "retry": "Đã cho xử lý lại", "reject": "Đã từ chối", "split": "Đã tách", "join": "Đã ghép"}


def _act(request: Request, form: dict[str, str]) -> Response:
    desk, asked = pages.desk_of(request), request.path_params
    found = drawers.lot(desk, asked["state"], asked["lane"], asked["lot"])
    do = form.get("do", "")
    if found is None or do not in ({"release", "reject", "split", "join"} if found.state == "held" else {"retry"}):
        return pages.gone(request)
    if found.folder in handing.under_way(desk.journal):
        return _too_late(request, found.state)
    paper = drawers.held(desk, found)
    told = read_lot(desk, paper, form) if do in {"release", "split"} else Reading({}, {}, {})
    if form.get("version") != paper.version:
        return pages.document(request, both(paper, form, told), 409, alert=CHANGED)
    if alert := joins.refusal(desk, form, paper.where) if do == "join" else _refusal(do, paper, form):
        kept: dict[str, Any] = {name: form.get(name, "") for name in ("reason", "parts")} | {"joined": form if do == "join" else {}}
        return pages.document(request, again(paper, told), 422, alert=alert, **kept)
    if told.wrong or told.doubtful:
        return pages.document(request, again(paper, told), 422)
    changes = changed(paper, told.values, form) if do == "release" else {}
    try:
        _send(request, do, paper, changes, form)
    except Meanwhile:
        return _too_late(request, found.state)
    except SohoaError:
        return pages.document(request, again(paper, told), 422, alert=_BROKEN)
    return onward(request, desk, paper, f"{_SENT[do]}: {paper.name}.")


def _too_late(request: Request, state: str) -> Response:
    pages.session_of(request).said = _GONE
    return RedirectResponse(f"/?tab={state}", 303)


def _send(request: Request, do: str, paper: Paper, changes: Mapping[str, str], form: Mapping[str, str]) -> None:
    desk, session = pages.desk_of(request), pages.session_of(request)
    args = {"kind": paper.where.partition("/")[0], "reason": form.get("reason", "").strip(), "operator": session.actor}
    if do == "split":
        args |= {"parts": form["parts"], "file_code": form.get("file_code", "").strip()}
    if do == "join":
        args |= {"file_code": form.get("file_code", "").strip()}
        handing.send_together(desk.station, desk.journal, joins.chosen(form, paper.where), **args)
        desk.errands.news()
        return
    handing.send(desk.station, desk.journal, do, (paper.where, paper.version), changes, **args)
    desk.errands.news()


def _refusal(do: str, paper: Paper, form: Mapping[str, str]) -> str:
    """Why this cannot be asked; empty: it can."""
    reason = form.get("reason", "").strip()
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs"} for char in reason.replace("\r\n", " ").replace("\n", " ")):
        return "Lý do có ký tự ẩn. Gõ lại."
    if do == "split" and reason_of(paper.code).answered and not reason:
        return _WHY
    if do == "reject" or (do == "release" and paper.code in drawers.ANSWERED_FOR):
        return "" if reason else _WHY
    if do == "release" and paper.code in drawers.NOT_RELEASED:
        return "Văn bản này không thể cho đi tiếp; chỉ có thể từ chối."
    return _unsplit(paper, form.get("parts", ""), reason) if do == "split" else ""


def _unsplit(paper: Paper, text: str, reason: str) -> str:
    """Why a scan cannot be split so: every page goes somewhere, or somebody says why not."""
    count = paper.pages or MOST_PAGES
    parts = [ranges.parse(part, count) for part in text.split(";") if part.strip()]
    if len(parts) < 2 or len({tuple(part or ()) for part in parts}) < len(parts):
        return _ONE_PART
    if None in parts:
        return _NO_PAGE
    named = {number for part in parts for number in part or ()}
    if named & paper.taken:
        return _taken(paper, named)
    left = sorted({*(ranges.parse(paper.part, paper.pages) or ())} - named)
    return f"Trang bị bỏ ra: {', '.join(map(str, left))}. {_WHY}" if left and not reason else ""


def _taken(paper: Paper, wanted: Collection[int]) -> str:
    """Which pages of a stack another document of it has."""
    twice = sorted(paper.taken & {*wanted})
    return f"Trang {', '.join(map(str, twice))} đã thuộc văn bản khác của tập quét; cùng một văn bản thì ghép." if twice else ""


def read_lot(desk: Desk, paper: Paper, form: Mapping[str, str]) -> Reading:
    """What is said of a held scan: of its description, its file, its pages."""
    told = typed.read(form, DESCRIPTIVE, *drawers.days(desk, "", None))
    routed = {name: unicodedata.normalize("NFC", form[name]).strip() for name in papers.ROUTED if name in form}
    wrong = {name: why for name, text in routed.items() if (why := _misrouted(desk, paper, name, text))}
    return Reading({**told.values, **routed}, {**told.wrong, **wrong}, told.doubtful)


def _misrouted(desk: Desk, paper: Paper, name: str, text: str) -> str:
    if not text and not (name == "pages" and paper.taken):  # no pages: all of the scan
        return ""
    count = paper.pages or MOST_PAGES
    if name == "pages":
        wanted = ranges.parse(text, count)
        return _NO_PAGE if not wanted else "" if ranges.normal(text) == paper.part else _taken(paper, wanted)
    if name == "rotate":
        turned = ranges.turns(text)
        return "" if turned is not None and max(turned, default=0) <= count else _NO_TURN
    today = local_date(desk.clock())
    file = desk.archive.declared(in_full(text, desk.settings.station.organ_id, today.year, today, desk.station))
    return "" if file is not None and file.closed_at is None else _NO_FILE
