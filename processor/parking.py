"""`held/` and `rejected/`: the bytes under their own name beside the reason, for a person to act on.

Promises: bytes are parked durably before their source is cleared; two documents never share a folder; what lies here is
enough to take the document up again, whatever became of `work/`.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

from archive.durable import DurableError, copy_durably, fsync_dir, make_dirs_durably, replace_durably, sha256_file
from archive.naming import local_date, safe_name
from archive.record import DESCRIPTIVE, Blob
from processor import details, lot_notes
from processor.document import Scan
from processor.errors import SohoaError, Verdict, reason
from processor.intake import pages
from processor.intake.sidecar import ROUTING
from processor.report import visible

REASON, PAGE, FIELDS = lot_notes.REASON, "ly-do.txt", "fields.json"
ORPHAN = "sidecar-orphan"
NO_SCANS = frozenset({ORPHAN, "list-left"})
"""Lots that hold what a person said of scans, and no scan: they are dropped again, not released."""
BESIDE = ("xac-minh.txt", "xac-minh.json")
_OURS = frozenset({REASON, PAGE, FIELDS, *BESIDE})
_BLANK = ("file_code", "pages", *DESCRIPTIVE)
_SHOWN = 300  # characters of a cell of a list, on the clerk's page
_KEY = ("file_code", "part", "again", "scan_sha256")
NOT_BY_RELEASE = frozenset({"signed", "born-digital", "sheet-alone", *NO_SCANS})  # released they would be held again


@dataclass(frozen=True, slots=True)
class Lot:
    """One folder of `held/` or `rejected/`.

    Attributes:
        folder: relative to the station.
        told: what `reason.json` says.
    """

    folder: str
    told: Mapping[str, Any]

    @property
    def state(self) -> str:
        """`held` or `rejected`."""
        return self.folder.partition("/")[0]


def _lines(text: str) -> bytes:
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()  # Notepad wants the mark and CRLF


def _told(scan: Scan, verdict: Verdict, now: dt.datetime, state: str, doc_code: str) -> dict[str, Any]:
    return {
        "code": verdict.code, "reason": verdict.reason.en, "detail": verdict.detail, "state": state,
        "lane": scan.lane, "file_code": scan.file_code, "part": scan.part, "again": scan.again,
        "scan_sha256": scan.blob.sha256, "size": scan.blob.size, "original_name": _printable(scan.original_name),
        "received_at": scan.received_at, "at": now.isoformat(timespec="seconds"), "doc_code": doc_code or None,
        "sidecar": dict(scan.sidecar), "sidecar_sha256": scan.beside.sha256 if scan.beside else None,
        "released": list(scan.released), "origin": dict(scan.origin), "rotate": scan.rotate, "listed": dict(scan.listed),
        "cells": dict(scan.cells), "stack": dict(scan.stack),
        "joined_from": list(scan.joined_from),
    }  # fmt: skip


def _printable(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _page(scan: Scan, verdict: Verdict, lot: str) -> str:
    why, state = verdict.reason, lot.partition("/")[0]
    done = {"held": "GIỮ LẠI, CHỜ XỬ LÝ", "rejected": "TỪ CHỐI"}[state]
    command = f"sohoa release {lot}" if state == "held" else f"đưa lại tệp vào drop/{scan.lane}/"
    if verdict.code in NOT_BY_RELEASE:
        command = f'sohoa reject {lot} --reason "..."'
    within = f"Phần: {visible(scan.part)}\n" if scan.part else ""
    if scan.listed:
        within += f"Danh sách: {visible(scan.listed.get('name', ''))}, dòng {visible(scan.listed.get('row', ''))}\n"
    detail = f"Chi tiết: {visible(details.vietnamese(verdict.detail))}\n" if verdict.detail else ""
    if scan.cells:
        detail += "Dòng đó ghi:\n" + "".join(f"  {visible(name)}: {visible(text)[:_SHOWN]}\n" for name, text in scan.cells.items())
    return (
        f"{done}\n\nTệp: {visible(scan.original_name)}\nLuồng: {scan.lane}\n{within}\nLý do: {why.vi}\n{detail}"
        f"Việc cần làm: {why.act}\n\nSau khi xử lý (trong thư mục của trạm): {command}\nMã lý do: {verdict.code}\n"
    )


def _fields(scan: Scan) -> dict[str, str]:
    part = scan.part if pages.parse(scan.part, lot_notes.MOST_PAGES) is not None else ""  # a member's path is no range of pages
    known = {**scan.sidecar, "pages": part, "file_code": scan.file_code, **({"rotate": scan.rotate} if scan.rotate else {})}
    further = (name for name in (*ROUTING, "rotate", "collate") if name in known)
    return {name: str(known.get(name, "")) for name in (*_BLANK, *further)}


def _place(station: Path, state: str, scan: Scan, now: dt.datetime) -> Path:
    """A folder of its own: the same bytes may be held twice, as extracts of different pages; the same document once."""
    day = local_date(now).isoformat()
    base = station / state / scan.lane / f"{day}-{scan.blob.sha256[:12]}"
    ours = {"file_code": scan.file_code, "part": scan.part, "again": scan.again, "scan_sha256": scan.blob.sha256}
    for folder in sorted(base.parent.glob(f"*-{scan.blob.sha256[:12]}*")):
        told = lot_notes.read(folder)
        if told is not None and all(told[name] == ours[name] for name in _KEY) and _has_room(folder, scan):
            return folder
    folders = (base if number == 1 else base.with_name(f"{base.name}-{number}") for number in count(1))
    return next(folder for folder in folders if lot_notes.read(folder) is None and _has_room(folder, scan))


def _laid(scan: Scan) -> list[tuple[Blob, str]]:
    """What is laid beside the reason, each under its name."""
    name = _name(scan)
    return [(scan.blob, name)] + ([(scan.beside, f"{name}.json")] if scan.beside else [])


def _has_room(folder: Path, scan: Scan) -> bool:
    """Whether nothing else lies there under those names: a person may have exchanged it, or its reason was lost."""
    there = [(blob, folder / name) for blob, name in _laid(scan) if os.path.lexists(folder / name)]
    try:
        return all(sha256_file(path).sha256 == blob.sha256 for blob, path in there)
    except DurableError:
        return False


def _name(scan: Scan) -> str:
    name = safe_name(_printable(scan.original_name))
    is_ours = {name.casefold(), f"{name}.json".casefold()} & _OURS  # on Windows shares case is no difference
    return f"_{name}" if is_ours else name


def park(
    station: Path, scan: Scan, verdict: Verdict, now: dt.datetime, *, doc_code: str = "", into: str = "",
    beside: Mapping[str, bytes] = MappingProxyType({}),
) -> str:  # fmt: skip
    """Lay a scan, and the side-car that came with it, beside the reason.

    Args:
        station: its folder.
        scan: what is laid down.
        verdict: why.
        now: shows in the folder's name, as a day in Việt Nam.
        doc_code: the code reserved for the document, if there is one.
        into: the lot it lies in already, when the state stays the same: the reason there is replaced.
        beside: what else a person should read there (a verification's report): names of `BESIDE`, and contents.

    Returns:
        The folder, relative to the station.
    """
    state = "rejected" if verdict.reason.state == "rejected" else "held"
    stays = into.startswith(f"{state}/") and _has_room(station / into, scan)
    folder = station / into if stays else _place(station, state, scan, now)
    make_dirs_durably(folder)
    for blob, name in _laid(scan):
        if not (folder / name).exists():
            copy_durably(blob.path, folder / name, expected=blob.sha256)
    for name, data in beside.items():
        replace_durably(folder / name, data)
    replace_durably(folder / PAGE, _lines(_page(scan, verdict, folder.relative_to(station).as_posix())))
    # What a person typed stays until it was applied: with a slip in it, or not released yet.
    is_typed = (folder / FIELDS).exists() and (verdict.code == "sidecar-bad" or not stays)
    if state == "held" and verdict.code not in NO_SCANS and not is_typed:
        replace_durably(folder / FIELDS, lot_notes.as_json(_fields(scan)))
    # last, since it makes the lot
    replace_durably(folder / REASON, lot_notes.as_json(_told(scan, verdict, now, state, doc_code)))
    return folder.relative_to(station).as_posix()


def _folders(station: Path, state: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Each folder, and what its reason says; None where that is lost or was tampered with, and something lies there."""
    for folder in sorted((station / state).glob("*/*")):
        if folder.is_dir() and not folder.is_symlink():
            told = lot_notes.read(folder)
            if told is not None or any(folder.iterdir()):
                yield folder.relative_to(station).as_posix(), told


def lots(station: Path, states: Sequence[str] = ("held", "rejected")) -> Iterator[Lot]:
    """All lots, oldest day first within a lane."""
    for state in states:
        yield from (Lot(folder, told) for folder, told in _folders(station, state) if told is not None)


def _parked(told: Mapping[str, Any]) -> Scan:
    """The scan a note tells of, its bytes not looked at."""
    return Scan(
        blob=Blob(Path(), "", 0), lane=told["lane"], original_name=str(told["original_name"]),
        received_at=told["received_at"], file_code=told["file_code"], part=told["part"], again=told["again"],
        sidecar=told["sidecar"], released=tuple(told["released"]), origin=told["origin"],
        rotate=told["rotate"], listed=told["listed"], cells=told["cells"], stack=told["stack"],
        joined_from=tuple(told["joined_from"]),
    )  # fmt: skip


def lot_at(station: Path, folder: str) -> Lot:
    """A lot by its folder.

    Raises:
        SohoaError: nothing that can be believed lies there.
    """
    told = lot_notes.read(station / folder)
    if told is None:
        raise SohoaError(f"{folder} is not there any more")
    return Lot(folder, told)


def remark(station: Path, lot: Lot, detail: str) -> None:
    """Note beside a lot why it could not be done what a person asked of it."""
    replace_durably(station / lot.folder / REASON, lot_notes.as_json({**lot.told, "detail": detail}))


def scan_path(station: Path, lot: Lot) -> Path:
    """Where the bytes of a lot should lie."""
    return station / lot.folder / _name(_parked(lot.told))


def scan_of(station: Path, lot: Lot) -> Scan:
    """The scan of a lot as it was parked; its bytes are those that lie there now, which a person may have changed.

    What was answered for was answered for the bytes that were parked: of others nothing is released.

    Raises:
        Verdict: `unexpected`: they are not there.
        OSError: they cannot be read.
    """
    parked = _parked(lot.told)
    path = scan_path(station, lot)
    if not path.is_file():
        raise Verdict("unexpected", f"{lot.folder}: the scan is not there any more")
    beside = path.with_name(f"{path.name}.json")
    blob = sha256_file(path)
    released = parked.released if blob.sha256 == lot.told["scan_sha256"] else ()
    return replace(parked, blob=blob, released=released, beside=sha256_file(beside) if beside.is_file() else None)


def clear(folder: Path, sha256: str) -> bool:
    """Take away a lot whose scan is safe elsewhere; what a person laid beside it, or changed, stays where it is."""
    told = lot_notes.read(folder)
    if told is None:
        return True
    try:
        for path in sorted(folder.iterdir(), key=lambda path: path.name == REASON):  # the reason last: it makes the lot
            if path.is_symlink() or not path.is_file():
                continue
            is_safe = path.name in _OURS or sha256_file(path).sha256 in {sha256, told.get("sidecar_sha256")}
            if is_safe:
                path.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()
            fsync_dir(folder.parent)
    except OSError:
        return False
    return True


def listed(station: Path, state: str) -> list[dict[str, str]]:
    """What lies in `held` or `rejected`, as `status --json` shows it; a folder without its reason too: its bytes are there."""
    return [_row(folder, told) for folder, told in _folders(station, state)]


def _row(folder: str, told: Mapping[str, Any] | None) -> dict[str, str]:
    if told is None:
        lost, (_, lane, name) = reason("lot-broken"), folder.split("/")
        told = {"scan_sha256": "", "original_name": name, "lane": lane, "code": lost.code, "reason": lost.en, "part": ""}
    return {
        "id": told["scan_sha256"], "name": told["original_name"], "lane": told["lane"],
        "scan_sha256": told["scan_sha256"], "code": told["code"], "reason": told["reason"], "part": told["part"], "folder": folder,
    }  # fmt: skip
