"""What a lot's `reason.json` and `fields.json` say: notes, not orders, for people may write there.

Promises: a note is believed only in the shape it was written in, for the lane its folder is of; a giant, a link or a pipe is
not read.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from processor.intake import pages

REASON = "reason.json"
_SHAPE: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("code", "reason", "lane", "file_code", "part", "scan_sha256", "original_name", "received_at"), str),
    "again": int, "size": int, "doc_code": (str, type(None)), "sidecar": dict, "released": list, "origin": dict, "rotate": str,
    "listed": dict, "cells": dict, "stack": dict,
    "joined_from": list,
}  # fmt: skip
_JOINED = re.compile("[0-9a-f]{64}(:[0-9,-]+)?")
_LARGEST = 1 << 20  # bytes of a reason.json or fields.json
_MOST_AGAIN = 999
MOST_PAGES = 99_999
_LONGEST_PART = 4096  # a range of pages, or a member's path


def page_count(part: str) -> int:
    """How many pages a part names; none where it is no range of pages."""
    return len(pages.parse(part, MOST_PAGES) or ())


def fields_of(path: Path) -> dict[str, str]:
    """What a `fields.json` holds.

    Raises:
        ValueError: it is no JSON object.
        OSError: it cannot be read.
    """
    try:
        told = json.loads(_small(path).decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(told, dict):
        raise ValueError("not an object")
    return told


def _small(path: Path) -> bytes:
    """The bytes of a file people may have put there: not a link, a pipe or a giant.

    Raises:
        OSError: it cannot be read.
        ValueError: it is none of ours.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("not a file")
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError("larger than 1 MB")
    return data


def fields_bytes(path: Path) -> bytes:
    """The bytes of a `fields.json`; none where it is not there, or none of ours."""
    try:
        return _small(path)
    except (OSError, ValueError):
        return b""


def fields_text(fields: Mapping[str, str]) -> bytes:
    """A `fields.json` as it lies on the disk."""
    return as_json(fields)


def as_json(value: Mapping[str, Any]) -> bytes:
    """A note as it lies on the disk."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def read(folder: Path) -> dict[str, Any] | None:
    """What `reason.json` of a folder says; None where there is none that can be believed: people may write there."""
    try:
        text = _small(folder / REASON).decode("utf-8")
        told = json.loads(text)
        json.dumps(told, ensure_ascii=False).encode()  # a lone surrogate would end whoever prints it
    except (OSError, ValueError, RecursionError):
        return None
    if isinstance(told, dict):
        told.setdefault("rotate", "")
        for name in ("origin", "listed", "cells", "stack"):  # lots of earlier versions have none
            told.setdefault(name, {})
        told.setdefault("joined_from", [])
    return told if isinstance(told, dict) and _is_ours(told, folder) else None


def _is_ours(told: Mapping[str, Any], folder: Path) -> bool:
    if not all(name in told and isinstance(told[name], kind) for name, kind in _SHAPE.items()):
        return False
    texts = [*told["released"], *told["joined_from"]]
    for name in ("sidecar", "origin", "listed", "cells"):
        texts += [*told[name], *told[name].values()]
    lists_texts = all(isinstance(item, str) for item in texts)
    return (
        lists_texts
        and _is_stack(told["stack"])
        and told["lane"] == folder.parent.name
        and re.fullmatch("[0-9a-f]{64}", told["scan_sha256"]) is not None
        and 0 <= told["again"] <= _MOST_AGAIN
        and _is_part(told["part"])
        and all(_JOINED.fullmatch(each) for each in told["joined_from"])
        and pages.turns(told["rotate"]) is not None
    )


def _is_stack(stack: Mapping[str, Any]) -> bool:
    """Counts of pages, and lists of their numbers."""
    numbers = [n for value in stack.values() for n in (value if isinstance(value, list) else [value])]
    return all(isinstance(n, int) and 0 <= n <= MOST_PAGES for n in numbers)


def _is_part(part: str) -> bool:
    """A range of pages, or the path of a member within a package."""
    if pages.parse(part, MOST_PAGES) is not None:
        return True
    steps = part.split("/")
    return len(part) <= _LONGEST_PART and not {"", ".", ".."} & set(steps) and part.isprintable()
