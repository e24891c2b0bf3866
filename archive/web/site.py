"""What the pages work with, and how they are shown."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from archive.store import Archive
from archive.web.guard import Door, User
from archive.web.hands import Hands
from archive.web.looks import Looks
from archive.web.snapshots import Snapshot, Snapshots
from archive.web.wording import LANGUAGES, Words

TEMPLATES = Path(__file__).parent / "templates"
PLACES = ("overview", "search", "days", "shelves", "integrity", "tables")
LANGUAGE_COOKIE = "sohoa-serve-language"


@dataclass(frozen=True, slots=True)
class Site:
    """One page at work.

    Attributes:
        agency: whose archive. demo: nothing in it has legal value. trusts_proxy: a proxy's word about addresses counts.
    """

    agency: str
    demo: bool
    snapshots: Snapshots
    door: Door
    looks: Looks
    hands: Hands
    clock: Callable[[], dt.datetime]
    trusts_proxy: bool = False


@cache
def said() -> Mapping[str, Sequence[str]]:
    """`words.toml`."""
    text = resources.files("archive.web").joinpath("words.toml").read_text("utf-8")
    found: Mapping[str, Sequence[str]] = tomllib.loads(text)["said"]
    return found


def environment(site: Site) -> Environment:
    """The templates, everything escaped."""
    loader = FileSystemLoader(TEMPLATES)
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["seen"] = site.hands.seen
    made.filters["query"] = query
    return made


def query(told: Mapping[str, object]) -> str:
    """The query of an address; what says nothing is left out."""
    return urlencode({name: value for name, value in told.items() if value not in ("", None)})


def site_of(request: Request) -> Site:
    """The site a request came to."""
    found: Site = request.app.state.site
    return found


def user_of(request: Request) -> User:
    """Who asks; the guard saw to it that there is somebody."""
    found: User = request.state.user
    return found


def snapshot_of(request: Request) -> Snapshot:
    """What they may see."""
    return site_of(request).snapshots.of(user_of(request).role)


def archive_of(request: Request) -> Archive:
    """The same, to be asked."""
    return snapshot_of(request).archive


def words_of(request: Request) -> Words:
    """The language of a request: Vietnamese unless another was chosen."""
    lang = request.cookies.get(LANGUAGE_COOKIE, LANGUAGES[0])
    return Words(lang if lang in LANGUAGES else LANGUAGES[0], said())


def frame(request: Request, place: str) -> dict[str, Any]:
    """What stands around every page."""
    site, words, user = site_of(request), words_of(request), getattr(request.state, "user", None)
    told: dict[str, Any] = {"t": words, "place": place, "places": PLACES, "agency": site.agency, "demo": site.demo, "user": user,
                            "here": request.url.path + (f"?{request.url.query}" if request.url.query else "")}  # fmt: skip
    if user is None:
        return told | {"copied": "", "leaves": False}
    made = site.snapshots.of(user.role)
    age = words("copied", at=words.moment(made.made_at), age=words.age(site.clock() - made.made_at))
    return told | {"copied": age, "leaves": not site.door.user_header}


def shown(request: Request, name: str, place: str, status: int = 200, **told: Any) -> HTMLResponse:
    """A page from its template."""
    templates: Environment = request.app.state.templates
    return HTMLResponse(templates.get_template(name).render(frame(request, place) | told), status)


def gone(request: Request) -> Response:
    """Nothing is there, or nothing that they may see: both look the same."""
    return shown(request, "gone.html", "", 404)


def look(request: Request, what: str, **told: str) -> None:
    """Keep who looked at what.

    Raises:
        OSError: it cannot be kept; then nothing is shown.
    """
    site, user = site_of(request), user_of(request)
    client = request.client.host if request.client else ""
    if site.trusts_proxy:
        client = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip() or client
    site.looks.keep(what, who=user.name, role=user.role, place=client, **told)
