"""One document: its pages, what is known of it, what its signatures are worth, its bytes to take away.

Promises: a document that is not for a role is not found, whichever of its addresses is asked; each look is kept before it is
answered; bytes go out as attachments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from archive import proofpack, proofs, rounds
from archive.errors import ArchiveError
from archive.record import DESCRIPTIVE
from archive.store import Archive
from archive.web.hands import NotShown, Verdict
from archive.web.site import archive_of, gone, look, shown, site_of

WIDTHS = (240, 1400)
_MOST_PAGES = 300
_REPORT = ".verification.json"
_FILING = ("doc_code", "file_code", "lane", "form", "part", "original_name", "filed_at", "signed_at", "timestamped_at",
           "pades_level", "pdfa", "sha256", "scan_sha256", "pages")  # fmt: skip
_MOMENTS = ("filed_at", "signed_at", "timestamped_at")


def whole(archive: Archive, code: str) -> dict[str, Any] | None:
    """A document by its whole code, with events and text."""
    try:
        found = archive.get(code)
    except ArchiveError:
        return None
    return found if found and found["doc_code"] == code else None


def document(request: Request) -> Response:
    """The page of a document."""
    found = whole(archive_of(request), request.path_params["code"])
    if found is None:
        return gone(request)
    look(request, "document", doc_code=found["doc_code"])
    return _shown(request, found, None)


def check(request: Request) -> Response:
    """The same, looked at now: files, record, log, signatures."""
    found = whole(archive_of(request), request.path_params["code"])
    if found is None or not found["path"]:
        return gone(request)
    look(request, "check", doc_code=found["doc_code"])
    return _shown(request, found, site_of(request).hands.check(found))


def _shown(request: Request, found: dict[str, Any], checked: Verdict | None) -> Response:
    archive, hands = archive_of(request), site_of(request).hands
    beside, arrived = companions(archive, found), original(archive, found)
    is_lost, is_original_lost = (path is not None and not _lies(archive, path) for path in (found["path"], arrived))
    return shown(
        request, "document.html", "search", row=found, checked=checked, kept=_kept(request, beside),
        described=[(name, found[name], found["confidence"].get(name)) for name in DESCRIPTIVE if found[name] is not None],
        filing=[(name, found[name]) for name in _FILING if found[name] not in (None, "")], moments=_MOMENTS,
        pages=min(found["pages"] or 0, _MOST_PAGES) if found["path"] and not is_lost else 0, wide=WIDTHS[-1], small=WIDTHS[0],
        is_lost=is_lost, is_original_lost=is_original_lost,
        last=_last_read(request, found), evidence=[PurePosixPath(path).name for path in beside],
        has_original=bool(arrived) and not is_original_lost, has_proof=_is_covered(archive, found),
        file=archive.declared(found["file_code"]), field=hands.field,
    )  # fmt: skip


def companions(archive: Archive, found: Mapping[str, Any]) -> list[str]:
    """What lies beside a document as evidence: paths in the archive."""
    if not found["path"]:
        return []
    shelved = PurePosixPath(found["path"]).stem  # a refiled one's evidence lies with its PDF
    with archive.reading() as db:
        sql = "select path from companion where doc_code in (?, ?) order by path"
        return [row["path"] for row in db.query(sql, [found["doc_code"], shelved])]


def original(archive: Archive, found: Mapping[str, Any]) -> str | None:
    """Where the bytes lie that arrived; None where others' pages are among them that are not for this role."""
    with archive.reading() as db:
        rows = db.query("select path from scan where sha256 = ?", [found["scan_sha256"]])
        return next((row["path"] for row in rows), None) if found["path"] else None


def _kept(request: Request, beside: list[str]) -> Verdict | None:
    """The verdict that was kept when a document was received."""
    path = next((path for path in beside if path.endswith(_REPORT)), None)
    if path is None:
        return None
    try:
        report = json.loads((archive_of(request).root / path).read_bytes())
        return site_of(request).hands.kept(report)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _last_read(request: Request, found: Mapping[str, Any]) -> rounds.Round | None:
    """The last fixity round in which it was read again."""
    if not found["path"]:
        return None
    with archive_of(request).reading() as db:
        made = (each for each in rounds.rounds(db) if each.at > str(found["filed_at"] or "9"))
        return next((each for each in made if each.has(found["doc_code"])), None)


def pdf(request: Request) -> Response:
    """The filed PDF."""
    found = whole(archive_of(request), request.path_params["code"])
    if found is None or not found["path"]:
        return gone(request)
    look(request, "pdf", doc_code=found["doc_code"])
    return attached(request, found["path"], f"{found['doc_code']}.pdf")


def arrived(request: Request) -> Response:
    """The bytes that arrived."""
    archive = archive_of(request)
    found = whole(archive, request.path_params["code"])
    path = original(archive, found) if found else None
    if found is None or path is None:
        return gone(request)
    look(request, "original", doc_code=found["doc_code"])
    return attached(request, path, found["original_name"] or PurePosixPath(path).name)


def evidence(request: Request) -> Response:
    """A file that lies beside a document."""
    archive = archive_of(request)
    found = whole(archive, request.path_params["code"])
    names = {PurePosixPath(path).name: path for path in companions(archive, found)} if found else {}
    name = request.path_params["name"]
    if found is None or name not in names:
        return gone(request)
    look(request, "evidence", doc_code=found["doc_code"])
    return attached(request, names[name], name)


def proof(request: Request) -> Response:
    """What proves the document without the rest of the archive."""
    found = whole(archive_of(request), request.path_params["code"])
    archive = archive_of(request)
    if found is None or not _is_covered(archive, found):
        return gone(request)
    look(request, "proof", doc_code=found["doc_code"])
    data = proofpack.packed(archive.root, archive.proof(found["doc_code"]), archive.record_of(found["path"]))
    return Response(data, media_type="application/octet-stream", headers=_named(f"{found['doc_code']}.proof.zip"))


def _is_covered(archive: Archive, found: Mapping[str, Any]) -> bool:
    """Whether it lies here and can be proved."""
    with archive.reading() as db:
        return bool(found["path"]) and _lies(archive, found["path"]) and proofs.is_covered(db, found["doc_code"])


def attached(request: Request, path: str, name: str) -> Response:
    """A file of the archive to be kept, never shown by the browser."""
    if not _lies(archive_of(request), path):
        return gone(request)
    headers = _named(name) | {"Cache-Control": "no-store"}
    return FileResponse(archive_of(request).root / path, media_type="application/octet-stream", headers=headers)


def _lies(archive: Archive, path: str) -> bool:
    """Whether a file lies where the catalogue has it."""
    file = archive.root / path
    return file.is_file() and not file.is_symlink()


def _named(name: str) -> dict[str, str]:
    """What the browser saves it as: nothing of a name but what RFC 6266 takes."""
    plain = re.sub(r"[^0-9A-Za-z._-]", "_", name)[-80:].lstrip(".") or "tep"
    whole = quote(name.encode("utf-8", "replace").decode()[-150:].replace("/", "_").replace("\\", "_"), safe="")
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}"}


def picture(request: Request) -> Response:
    """A page as a picture."""
    asked, site = request.path_params, site_of(request)
    archive = archive_of(request)
    with archive.reading() as db:
        sql = "select path, sha256 from document where doc_code = ? and path is not null"
        row = next(iter(db.query(sql, [asked["code"]])), None)
    if row is None or asked["width"] not in WIDTHS or not 1 <= asked["number"] <= _MOST_PAGES:
        return Response(status_code=404)
    if asked["width"] == WIDTHS[-1]:
        look(request, "page", doc_code=asked["code"], page=str(asked["number"]))
    try:
        made: Path = site.hands.picture(archive.root / row["path"], row["sha256"], asked["number"], asked["width"])
    except NotShown:
        return Response(status_code=404)
    return FileResponse(made, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=600"})
