"""The job that reads a year's list of files (Danh mục hồ sơ) somebody typed. Runs in a worker."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from processor import filelist
from processor.errors import Verdict
from processor.intake import grid
from processor.worker import Ask


def listed(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """The files in the first sheet that holds such a list (`filelist.FileList`, as JSON).

    Raises:
        Verdict: `list-unreadable`, `list-too-large`, `list-no-header`.
    """
    for table in grid.tables(Path(args["path"])):
        if found := filelist.read(table):
            return found.told()
    raise Verdict("list-no-header")
