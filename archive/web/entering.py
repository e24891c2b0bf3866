"""Coming in by name and password, going out, and the choice of a language."""

from __future__ import annotations

import math
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archive.web.door import cookie as cookie_of
from archive.web.guard import RESTS, cookie
from archive.web.site import LANGUAGE_COOKIE, shown, site_of, words_of
from archive.web.wording import LANGUAGES

_YEAR = 365 * 86400


def login(request: Request) -> Response:
    """The form."""
    return shown(request, "login.html", "", wrong="", given="")


async def enter(request: Request) -> Response:
    """The form filled in."""
    form = await request.form()
    return await run_in_threadpool(_entered, request, form)


def _entered(request: Request, form: FormData) -> Response:
    site, words = site_of(request), words_of(request)
    name, password = (str(form.get(each, ""))[:200] for each in ("name", "password"))
    user = site.door.users.get(name)
    opened = site.door.gate.opens(name, password)
    place = request.client.host if request.client else ""
    role = user.role if user and opened else ""
    site.looks.keep("enter" if opened else "enter-refused", who=name if user else "", role=role, place=place)
    if not opened or user is None:
        left = site.door.gate.waits(name)
        wrong = words("wait", seconds=math.ceil(left)) if left else words("wrong_password")
        return shown(request, "login.html", "", 429 if left else 401, wrong=wrong, given=name)
    answer = RedirectResponse("/", 303)
    kept = cookie(request.headers["host"])
    answer.set_cookie(kept, site.door.sessions.begin(user), httponly=True, samesite="strict", path="/", max_age=int(RESTS))
    return answer


def leave(request: Request) -> Response:
    """The end of a session."""
    site_of(request).door.sessions.end(cookie_of(request.headers, cookie(request.headers["host"])))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(cookie(request.headers["host"]), path="/")
    return answer


def language(request: Request) -> Response:
    """The other language, and back to the page."""
    to = request.query_params.get("to", LANGUAGES[0])
    back = request.query_params.get("back", "/")
    parts = urlsplit(back)
    is_ours = back.startswith("/") and not back.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    answer = RedirectResponse(back if is_ours else "/", 303)
    lang = to if to in LANGUAGES else LANGUAGES[0]
    answer.set_cookie(LANGUAGE_COOKIE, lang, httponly=True, samesite="lax", path="/", max_age=_YEAR)
    return answer
