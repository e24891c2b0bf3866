"""What the desk shows: lists, documents, pictures of pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response

from archive.errors import ArchiveError
from archive.search import Portion
from processor import handing
from processor.desk import drawers, guard, joins, papers, typed
from processor.desk.access import Session
from processor.desk.drawers import Desk, Row
from processor.desk.papers import Paper
from processor.errors import Verdict
from processor.nightly import lacking
from processor.pictures import NOT_LOOKED, WIDTHS
from processor.report import visible

TABS = {"describe": "Cần mô tả", "held": "Giữ lại", "rejected": "Từ chối", "waiting": "Đang chờ"}
_SHOWN = 100  # rows of a list at once
_MOST_PAGES = 200
GONE = "Không còn ở đây: có người đã xử lý, hoặc đường dẫn sai."


def _environment() -> Environment:
    made = Environment(loader=PackageLoader("processor.desk"), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.filters |= {"seen": visible, "lacking": lacking, "written": typed.written}
    return made


_TEMPLATES = _environment()


def desk_of(request: Request) -> Desk:
    """The desk a request came to."""
    found: Desk = request.app.state.desk
    return found


def session_of(request: Request) -> Session:
    """Whose request it is; the guard saw to it that there is somebody."""
    found: Session = request.state.session
    return found


def shown(request: Request, name: str, status: int = 200, **told: Any) -> HTMLResponse:
    """A page from its template."""
    session, desk = session_of(request), desk_of(request)
    said, session.said = session.said, ""
    frame = {
        "agency": desk.settings.station.agency, "demo": desk.settings.station.demo, "counts": drawers.counts(desk), "tabs": TABS,
        "session": session, "said": said, "lane": lane_of(request),
    }  # fmt: skip
    return HTMLResponse(_TEMPLATES.get_template(name).render(frame | told), status)


def lane_of(request: Request) -> str:
    """The lane a list is narrowed to; what is no lane narrows nothing."""
    lane = request.query_params.get("lane", "")
    return lane if lane in desk_of(request).settings.lanes else ""


def query(lane: str) -> str:
    """What keeps a list's filter from page to page."""
    return f"?{urlencode({'lane': lane})}" if lane else ""


def gone(request: Request) -> HTMLResponse:
    """Nothing is there any more."""
    return shown(request, "gone.html", 404, tab="", why=GONE)


def enter(request: Request) -> Response:
    """A key from the terminal opens a session; the page that follows is asked for by this site, so that its cookie is sent."""
    name = desk_of(request).access.enter(request.query_params.get("key", ""))
    if not name:
        return HTMLResponse(_TEMPLATES.get_template("enter.html").render(ok=False, why=guard.UNKNOWN), 401)
    answer = HTMLResponse(_TEMPLATES.get_template("enter.html").render(ok=True, why=""))
    answer.set_cookie(guard.cookie(request.headers["host"]), name, httponly=True, samesite="strict", path="/")
    return answer


def alive(request: Request) -> Response:
    """Asked before a form is sent: a desk that was started anew gives its pages a new token, and what was typed stays."""
    return JSONResponse({"token": session_of(request).token})


def lists(request: Request) -> Response:
    """The work: four lists, of one lane or all."""
    desk, asked = desk_of(request), request.query_params
    tab = asked.get("tab", "describe")
    lane, after = lane_of(request), asked.get("after", "")
    if tab not in TABS:
        return gone(request)
    rows, more = _rows(desk, tab, lane, after)
    lanes = sorted(desk.settings.lanes)
    by_lane = desk.archive.count_to_describe() if tab == "describe" else {}
    first = next((row.address for row in rows if row.address), "")
    told: dict[str, Any] = {"rows": rows, "first": first, "more": more, "lanes": lanes, "by_lane": by_lane, "query": query(lane)}
    return shown(request, "list.html", tab=tab, **told)


def _rows(desk: Desk, tab: str, lane: str, after: str) -> tuple[list[Row], str]:
    """A list's rows, and where the next ones begin."""
    if tab == "describe":
        rows = drawers.to_describe(desk, Portion(lane, after, limit=_SHOWN + 1))
    else:
        every = drawers.waiting(desk) if tab == "waiting" else drawers.parked(desk, tab)
        rows = [row for row in every if lane in {"", row.lane} and (row.where > after or not after)][: _SHOWN + 1]
    return rows[:_SHOWN], rows[_SHOWN - 1].where if len(rows) > _SHOWN else ""


def beside(desk: Desk, paper: Paper, lane: str) -> tuple[str, str]:
    """The addresses of the documents before and after in their list; empty at its ends."""
    if paper.address.startswith("/filed/"):
        after = drawers.to_describe(desk, Portion(lane, after=paper.where, limit=1))
        before = drawers.to_describe(desk, Portion(lane, before=paper.where, limit=1))
        return before[0].address if before else "", after[0].address if after else ""
    earlier, later = drawers.beside(desk, paper.where, lane)
    return f"/{earlier}" if earlier else "", f"/{later}" if later else ""


def filed(request: Request) -> Response:
    """A filed document."""
    paper = drawers.filed(desk_of(request), request.path_params["code"])
    return document(request, paper) if paper else gone(request)


def parked(request: Request) -> Response:
    """A held or rejected lot."""
    desk, asked = desk_of(request), request.path_params
    found = drawers.lot(desk, asked["state"], asked["lane"], asked["lot"])
    if found is None or found.folder in handing.under_way(desk.journal):
        return gone(request)
    return document(request, drawers.held(desk, found))


def document(request: Request, paper: Paper, status: int = 200, **told: Any) -> Response:
    """The page of a document: its pages, its fields."""
    desk, lane = desk_of(request), lane_of(request)
    before, after = beside(desk, paper, lane)
    kind = paper.address.split("/")[1]
    files = [row.file_code for row in desk.archive.files() if row.closed_at is None] if kind == "held" else []
    frame: dict[str, Any] = {
        "paper": paper, "kind": kind, "tab": {"filed": "describe"}.get(kind, kind), "before": before, "after": after,
        "query": query(lane), "pages": min(paper.pages, _MOST_PAGES), "width": WIDTHS[-1], "files": files, "alert": "",
        "ahead": _ahead(desk, after), "secret": paper.hides, "places": _by_page(paper),
        "answered_for": drawers.ANSWERED_FOR, "not_released": drawers.NOT_RELEASED, "reason": "", "parts": "", "joined": {},
        "splits": drawers.is_paper(desk, paper.lane),
    }  # fmt: skip
    if kind == "held":
        frame["offers"] = joins.offers(desk, paper.where, told.get("joined", {}))
    return shown(request, "document.html", status, **({"offers": []} | frame | told))


def _ahead(desk: Desk, address: str) -> str:
    """The picture the clerk will want next."""
    return f"/picture{address}/1-{WIDTHS[-1]}.jpg" if address else ""


def _by_page(paper: Paper) -> Mapping[int, list[papers.Field]]:
    found: dict[int, list[papers.Field]] = {}
    for each in paper.fields:
        if each.place:
            found.setdefault(each.place.page, []).append(each)
    return found


def day(request: Request) -> Response:
    """A day as it is understood while it is typed."""
    desk, asked = desk_of(request), request.query_params
    found = typed.day(asked.get("text", ""), *drawers.days(desk, asked.get("code", ""), session_of(request).near))
    told = {"iso": found.iso, "shown": found.shown, "doubt": found.doubt} if found else {"shown": "", "doubt": typed.NOT_A_DAY}
    return JSONResponse(told)


def sought(request: Request) -> Response:
    """A document by its code, or the beginning of it or of its scan's digest."""
    try:
        row = desk_of(request).archive.get(request.query_params.get("id", "").strip())
    except ArchiveError:
        row = None
    if row is None or row["state"] != "filed":
        return shown(request, "gone.html", 404, tab="", why="Không có văn bản đã lưu nào mang mã ấy (hoặc có nhiều hơn một).")
    return RedirectResponse(f"/filed/{row['doc_code']}", 303)


def picture(request: Request) -> Response:
    """A page as a picture."""
    desk, asked = desk_of(request), request.path_params
    if "code" in asked:
        seen, looks = drawers.filed_pdf(desk, asked["code"]), NOT_LOOKED
    else:
        found = drawers.lot(desk, asked["state"], asked["lane"], asked["lot"])
        seen, looks = (drawers.scan(desk, found), drawers.looks(desk, found)) if found else (None, NOT_LOOKED)
    if seen is None or asked["width"] not in WIDTHS or asked["number"] < 1:
        return Response(status_code=404)
    try:
        made: Path = desk.pictures.page(*seen, asked["number"], asked["width"], looks)
    except Verdict:
        return Response(status_code=404)
    return FileResponse(made, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=600"})
