"""The dated folders on the disk, and what an interrupted filing left in them.

Promises: `clear` removes only what a filing that never committed can have left in a day that is not sealed:
unfinished writes, files of a code that has no place or another place, scans that no document is known to be
made of. Refuses to touch anything else: a file it cannot account for is for a person, and so is what was told to be left when the
catalogue was made again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any

from sqlite_utils import Database

from archive.durable import clear_temporaries, make_dirs_durably, replace_durably
from archive.naming import record_place

DATA, TOOLS = "data", "_tools"
SCANS, EVIDENCE = "scans", "evidence"

_SCAN_NAME = re.compile(r"[0-9a-f]{64}\.[0-9a-z]{1,8}")
_DAY = "[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]"


def explain(root: Path) -> None:
    """`FORMAT.md` says what this version writes, `_tools/verify.py` checks it."""
    make_dirs_durably(root / TOOLS)
    for name, place in (("FORMAT.md", "FORMAT.md"), ("verify_offline.py", f"{TOOLS}/verify.py")):
        text, path = resources.files("archive").joinpath(name).read_bytes(), root / place
        if not path.is_file() or path.is_symlink() or path.read_bytes() != text:
            replace_durably(path, text)


def day_folders(root: Path) -> Iterator[Path]:
    """The dated folders there are, oldest first."""
    return iter(sorted(path for path in root.glob(_DAY) if path.is_dir() and not path.is_symlink()))


def day_of(folder: Path) -> str:
    """The day of a dated folder, ISO 8601."""
    return "-".join(folder.parts[-3:])


def payload(folder: Path) -> Iterator[Path]:
    """Everything below the folder's payload that is not a folder, symbolic links too."""
    data = folder / DATA
    return (path for path in sorted(data.rglob("*")) if path.is_symlink() or not path.is_dir())


def clear(root: Path, folder: Path, db: Database) -> list[str]:
    """Removes what an interrupted filing left in a day that is not sealed; within a writing transaction.

    Returns:
        The paths removed, from the root.
    """
    kept = told_left(db)
    removed = [temporary for place in (folder, folder / DATA, folder / DATA / SCANS, folder / DATA / EVIDENCE)
               for temporary in clear_temporaries(place)]  # fmt: skip
    for path in payload(folder):
        is_plain = path.is_file() and not path.is_symlink() and path.relative_to(root).as_posix() not in kept
        if is_plain and _left_over(path.relative_to(folder), root, path, db):
            path.unlink()
            removed.append(path)
    return [path.relative_to(root).as_posix() for path in removed]


def told_left(db: Database) -> frozenset[str]:
    """What lay on the shelves when the catalogue was made again, and nobody could account for: for a person to look at."""
    told = db.query("select private from event where type = 'rebuilt' and private is not null")
    return frozenset(path for row in told for path in json.loads(row["private"])["left"])


def _places(row: dict[str, Any]) -> set[str]:
    """Where the PDF and the record of a code lie; nowhere while it is only numbered."""
    return {row["path"], record_place(row["shelf_day"], row["doc_code"])} if row["shelf_day"] else set()


def _left_over(within: Path, root: Path, path: Path, db: Database) -> bool:
    place = path.relative_to(root).as_posix()
    match PurePosixPath(within).parts:
        case (_, name) if path.suffix in (".pdf", ".json"):
            known = list(db.table("document").rows_where("doc_code = ?", [name.removesuffix(path.suffix)]))
            return bool(known) and place not in _places(known[0])
        case (_, _, name) if within.parts[1] == SCANS and _SCAN_NAME.fullmatch(name):
            return not db.table("scan").count_where("path = ?", [place])
        case (_, "evidence", _):
            return not db.table("companion").count_where("path = ?", [place])
        case _:
            return False
