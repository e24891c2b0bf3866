"""A station's folders: made, listed, and where what was refused lies beside its reason.

Promises: bytes are parked durably before their source is cleared; nothing in `held/` or `rejected/` is ever overwritten.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

from archive.durable import copy_durably, make_dirs_durably, write_durably
from archive.naming import safe_name
from processor import law
from processor.document import Scan
from processor.errors import SettingsError, Verdict
from processor.seal import demo

FOLDERS = ("drop", "out", "held", "rejected", "notices", "work/claims", "work/items", "archive", "law")
DEMO_AGENCY = "Ủy ban nhân dân xã Minh Họa"
DEMO_FILE = "H05.99.2026.01.VP"
_LANES = (("sao-y", "copy", "sao-y"), ("sao-luc", "copy", "sao-luc"), ("trich-sao", "copy", "trich-sao"))


def _settings_text(is_demo: bool) -> str:
    lines = ["# Keys and defaults: config/station.toml of Sohoa.", "[station]"]
    lines += [f'agency = "{DEMO_AGENCY if is_demo else ""}"', f'organ_id = "{"H05.99" if is_demo else ""}"']
    lines += [f"demo = {str(is_demo).lower()}", ""]
    if is_demo:
        lines += ["[seal]", 'key = "authority/seal.p12"', 'passphrase_file = "authority/passphrase"', ""]
        lines += ["[trust]", 'roots = ["authority/root.pem"]', ""]
    for name, kind, form in (*_LANES, ("luu-tru", "archive", "")):
        lines += [f"[lanes.{name}]", f'kind = "{kind}"', f'form = "{form}"']
        lines += [f'file = "{DEMO_FILE if is_demo else ""}"', *(['settle = "1s"'] if is_demo else []), ""]
    return "\n".join(lines)


def make(folder: Path, is_demo: bool) -> None:
    """Make a station; with `is_demo` also a worthless authority and key.

    Raises:
        SettingsError: there is one already.
    """
    if (folder / "sohoa.toml").exists():
        raise SettingsError(f"{folder} is a station already")
    for name in FOLDERS:
        make_dirs_durably(folder / name)
    for name, *_ in (*_LANES, ("luu-tru",)):
        make_dirs_durably(folder / "drop" / name)
    if is_demo:
        demo.make(folder / "authority", DEMO_AGENCY)
    write_durably(folder / "sohoa.toml", _settings_text(is_demo).encode())


def park(station: Path, scan: Scan, verdict: Verdict, now: dt.datetime) -> Path:
    """Lay the bytes beside their reason in `held/` or `rejected/`; returns the folder."""
    state = "rejected" if verdict.reason.state == "rejected" else "held"
    day = now.astimezone(law.VIETNAM).date().isoformat()
    folder = station / state / scan.lane / f"{day}-{scan.blob.sha256[:12]}"
    make_dirs_durably(folder)
    name = safe_name(Path(scan.original_name).name)
    if not (folder / name).exists():
        copy_durably(scan.blob.path, folder / name)
    told = {
        "code": verdict.code, "reason": verdict.reason.en, "detail": verdict.detail, "lane": scan.lane,
        "file_code": scan.file_code, "part": scan.part, "scan_sha256": scan.blob.sha256,
        "original_name": scan.original_name, "at": now.isoformat(), "state": state,
    }  # fmt: skip
    page = f"{scan.original_name}\n\n{verdict.reason.vi}\n\nViệc cần làm: {verdict.reason.act}\n\nMã: {verdict.code}\n"
    texts = {
        "reason.json": (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode(),
        "ly-do.txt": b"\xef\xbb\xbf" + page.replace("\n", "\r\n").encode(),  # Notepad wants the mark and CRLF
    }
    for file_name, data in texts.items():
        if not (folder / file_name).exists():
            write_durably(folder / file_name, data)
    return folder


def parked(station: Path, state: str) -> list[dict[str, str]]:
    """What lies in `held` or `rejected`, by the reasons beside it."""
    found = []
    for path in sorted((station / state).glob("*/*/reason.json")):
        told = json.loads(path.read_text("utf-8"))
        found.append({
            "id": told["scan_sha256"], "name": told["original_name"], "lane": told["lane"],
            "scan_sha256": told["scan_sha256"], "code": told["code"], "reason": told["reason"],
        })  # fmt: skip
    return found


def hand_out(station: Path, scan: Scan, sealed: Path) -> None:
    """The clerk's copy in `out/<lane>/`; never the truth, so a name taken by another day's copy gets a number."""
    folder = station / "out" / scan.lane
    make_dirs_durably(folder)
    stem = Path(safe_name(Path(scan.original_name).stem, 180))
    for number in range(1, 1000):
        target = folder / (f"{stem}.pdf" if number == 1 else f"{stem} ({number}).pdf")
        if not target.exists() or target.stat().st_size == sealed.stat().st_size:
            temporary = target.with_name(f".{target.name}.part")
            temporary.write_bytes(sealed.read_bytes())
            os.replace(temporary, target)
            return
