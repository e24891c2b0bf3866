"""A station's folders: made, and the clerk's copies handed out and cleaned away again."""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from archive.durable import make_dirs_durably, write_durably
from archive.naming import safe_name
from processor.errors import SettingsError
from processor.seal import demo

FOLDERS = ("drop", "out", "held", "rejected", "notices", "work/claims", "work/items", "archive", "law", "trust")
DEMO_AGENCY = "Ủy ban nhân dân xã Minh Họa"
DEMO_FILE = "H05.99.2026.01.VP"
_DEMO_TABLES = (
    "[seal]", "unattended = true", 'authorisation = "DEMO"', 'key = "authority/seal.p12"',
    'passphrase_file = "authority/passphrase"', 'picture = "authority/seal.png"', "",
    "[trust]", 'roots = ["authority/root.pem"]', 'intermediates = ["authority/issuing.pem"]', "",
    "[persons.chu-tich]", 'name = "Người ký DEMO"', 'position = "CHỦ TỊCH"', 'authority = "TM."',
    'certificate = "authority/person.pem"', "",
)  # fmt: skip


# What is tried out in a demo is mostly made up or printed out; a station by default also asks for "original".
_UNSEALED = ['require_to_seal = ["file", "form", "no-secrecy-mark"]']


@dataclass(frozen=True, slots=True)
class _Lane:
    name: str
    kind: str
    form: str = ""


_LANES = (
    _Lane("sao-y", "copy", "sao-y"), _Lane("sao-luc", "copy", "sao-luc"), _Lane("trich-sao", "copy", "trich-sao"),
    _Lane("luu-tru", "archive"), _Lane("phu-luc", "attachment"), _Lane("phat-hanh", "issue"), _Lane("van-ban-den", "incoming"),
)  # fmt: skip


def _settings_text(is_demo: bool) -> str:
    lines = ["# Keys and defaults: config/station.toml of Sohoa.", "[station]"]
    lines += [f'agency = "{DEMO_AGENCY if is_demo else ""}"', f'organ_id = "{"H05.99" if is_demo else ""}"']
    lines += [f"demo = {str(is_demo).lower()}", "", *(_DEMO_TABLES if is_demo else ())]
    for lane in _LANES:
        lines += [f"[lanes.{lane.name}]", f'kind = "{lane.kind}"', *([f'form = "{lane.form}"'] if lane.form else [])]
        lines += ['signers = ["chu-tich"]'] if is_demo and lane.kind == "issue" else []
        lines += _UNSEALED if is_demo and lane.kind == "copy" else []
        lines += [f'file = "{DEMO_FILE if is_demo else ""}"', *(['settle = "1s"', 'past_year = "take"'] if is_demo else []), ""]
    return "\n".join(lines)


def make(folder: Path, is_demo: bool) -> None:
    """Make a station; with `is_demo` also a worthless authority and key.

    Raises:
        SettingsError: there is one already.
    """
    if (folder / "sohoa.toml").exists():
        raise SettingsError(f"{folder} is a station already")
    prepare(folder, [lane.name for lane in _LANES])
    if is_demo:
        from processor.seal import demo_picture  # a sixth of what every verb took to start, and only this one wants it

        demo.make(folder / "authority", DEMO_AGENCY)
        demo_picture.demo_seal(folder / "authority" / "seal.png", DEMO_AGENCY)
    write_durably(folder / "sohoa.toml", _settings_text(is_demo).encode())


def prepare(folder: Path, lanes: Iterable[str]) -> None:
    """Make what is missing of the station's folders: a new lane's drop folder, a `work/` that was lost."""
    for name in (*FOLDERS, *(f"drop/{lane}" for lane in lanes)):
        make_dirs_durably(folder / name)
    (folder / "work").chmod(0o700)  # text of documents, names


def hand_out(station: Path, lane: str, name: str, made: Path, ending: str = ".pdf") -> None:
    """The clerk's copy in `out/<lane>/`; never the truth, so a name taken by another document's copy gets a number.

    Args:
        station: its folder.
        lane: whose copies these are.
        name: under which the document came; its own ending is replaced.
        made: what is copied.
        ending: of the copy's name.
    """
    folder = station / "out" / lane
    make_dirs_durably(folder)
    if folder.is_symlink():
        raise NotADirectoryError(errno.ENOTDIR, "a link stands where copies go")
    stem = Path(safe_name(Path(name).stem, 180)).name
    for number in count(1):
        target = folder / (f"{stem}{ending}" if number == 1 else f"{stem} ({number}){ending}")
        if target.exists() and filecmp.cmp(made, target, shallow=False):
            return
        if not target.exists():
            handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)  # new: others may write here
            with os.fdopen(handle, "wb") as copy, made.open("rb") as source:
                os.fchmod(copy.fileno(), 0o644)
                shutil.copyfileobj(source, copy)
            os.replace(temporary, target)
            return


def clean_out(station: Path, older_than: float, now: float) -> int:
    """Clear copies in `out/` that were made more than so many seconds ago; returns how many."""
    old = [path for path in (station / "out").rglob("*") if path.is_file() and now - path.lstat().st_mtime > older_than]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
