"""Whether Word and Excel files can be made PDF here, for `doctor`.

Promises: LibreOffice is really started, in a process and a profile of its own that are gone afterwards; a station without a
lane of attachments is not asked for it. Refuses: to load it into the process that asks.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from processor import sandbox
from processor.check import Check, check
from processor.errors import Verdict
from processor.intake import libreoffice
from processor.settings import Settings

_LONGEST = 60.0  # seconds; it takes 1


def converter(settings: Settings) -> Iterator[Check]:
    """The check `converter`, where a lane may be handed Word and Excel files."""
    if not any(lane.kind == "attachment" for lane in settings.lanes.values()):
        return
    try:
        program = libreoffice.find(settings.convert.program, *libreoffice.COMPONENTS)
    except Verdict as verdict:
        yield check("converter", False, verdict.detail)
        return
    version = _started(program)
    yield check("converter", bool(version), version or f"LibreOffice in {program} does not start")


def _started(program: Path) -> str:
    """The version it told, or nothing."""
    with tempfile.TemporaryDirectory(prefix="sohoa-office-") as folder:
        profile = Path(folder, "profile")
        libreoffice.lay_out(profile)
        try:
            done = subprocess.run(
                libreoffice.command(program, profile), env=sandbox.environment(Path(folder)) | libreoffice.environment(profile),
                cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                timeout=_LONGEST, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return ""
    return done.stdout.decode("utf-8", "replace").partition("\n")[0] if done.returncode == 0 else ""
