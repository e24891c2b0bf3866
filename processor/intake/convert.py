"""Makes a PDF of a Word or Excel file, as it would be printed. Runs in a worker.

Promises: the file is looked at before LibreOffice sees it, and LibreOffice sees a copy, in a profile that lives for one
conversion; macros do not run, links are not followed, what is not printed is told. Refuses: what is encrypted, damaged or too
large, and a PDF with other than all its pages.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pikepdf

from processor.errors import Verdict
from processor.intake import libreoffice, office
from processor.worker import Ask

_TOLD = frozenset({"tracked-changes", "comment", "embedded-object", "dde", "external-link", "hidden-sheet", "shrunk"})


def _run(program: Path, folder: Path, seconds: float, asked: dict[str, str]) -> str:
    """One process of LibreOffice, in the worker's own group: it dies with the worker whatever happens. Returns its version."""
    profile = folder / "profile"
    libreoffice.lay_out(profile)
    command = libreoffice.command(program, profile, "macro:///Standard.Convert.Main")
    try:
        done = subprocess.run(
            command, env=os.environ | libreoffice.environment(profile) | asked, cwd=folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Verdict("too-slow", f"LibreOffice, {seconds:.0f} s") from error
    if done.returncode != 0:
        raise Verdict("convert-failed", f"LibreOffice ended with {done.returncode}")
    return done.stdout.decode("utf-8", "replace").partition("\n")[0]


def _convert(known: office.Office, args: Mapping[str, Any], folder: Path) -> tuple[str, frozenset[str]]:
    source, made, told = folder / f"source.{known.suffix}", folder / "made.pdf", folder / "told.txt"
    shutil.copyfile(args["path"], source)
    asked = {
        "SOHOA_SOURCE": source.as_uri(), "SOHOA_READER": known.reader, "SOHOA_MADE": made.as_uri(), "SOHOA_TOLD": told.as_uri(),
        "SOHOA_SIZED": "yes" if known.sized else "no",
        "SOHOA_PAGES": f"1-{args['limits']['pages'] + 1}",  # one more than allowed: enough to know, and a bound to its work
    }  # fmt: skip
    version = _run(libreoffice.find(args["program"], *known.components), folder, float(args["seconds"]), asked)
    lines = told.read_text("utf-8").split("\n") if told.is_file() else []
    if "done" not in lines or not made.is_file():
        raise Verdict("convert-failed", next((line for line in lines if line.startswith("error")), "refused"))
    return version, _TOLD.intersection(lines)


def _checked(made: Path, out: Path, limit: int) -> int:
    """How many pages there are; without the jump to the first one, which would be told as a script."""
    try:
        with pikepdf.open(made) as pdf:
            count = len(pdf.pages)
            if count > limit:
                raise Verdict("too-large", f"more than {limit} pages")
            if not count:
                raise Verdict("empty", "no pages")
            if "/OpenAction" in pdf.Root:
                del pdf.Root["/OpenAction"]
            pdf.save(out)
    except pikepdf.PdfError as error:
        raise Verdict("convert-failed", "what LibreOffice wrote cannot be read") from error
    return count


def convert(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`, `name` (what it was called), `out` (the PDF), `program` (LibreOffice's `soffice`, or ""), `seconds`,
            `work` (a folder, made if need be; what is laid there is gone afterwards), `limits`.
        ask: not used.

    Returns:
        `pages`, `converter` (its version), `features`: what a reader of the PDF does not see (`macros`, `embedded-object`,
        `external-link`, `remote-image`, `dde`, `hidden-sheet`, `comment`) or should look at (`tracked-changes`,
        `current-date`: a field that shows the day of conversion, `legacy-font`: TCVN3 or VNI, `shrunk` below half size).

    Raises:
        Verdict: `empty`, `not-a-document`, `damaged`, `encrypted`, `too-large`, `too-slow`, `convert-failed`,
            `converter-missing`.
    """
    known = office.examine(Path(args["path"]), args["name"], args["limits"])
    Path(args["work"]).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="office-", dir=args["work"]))
    try:
        version, told = _convert(known, args, folder)
        pages = _checked(folder / "made.pdf", Path(args["out"]), args["limits"]["pages"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"pages": pages, "features": sorted(told.union(known.features)), "converter": version}
