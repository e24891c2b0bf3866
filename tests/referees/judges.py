"""veraPDF, EU DSS, pdfsig, qpdf, openssl and bagit, each as a function from files to what that tool says of them.

Promises: nothing is asked of the network; Java starts once for DSS, however many tests ask it, and once for each question to
veraPDF, of any number of files. A judge that is not on this machine skips the test that needs it; with
SOHOA_REFEREES=required (CI sets it) that test fails. Refuses: to interpret; a tool that breaks down raises `RuntimeError` with
its own words.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import bagit
import pikepdf
import pytest

HOME = Path(__file__).resolve().parents[2] / ".venv" / "referees"
_JAVA = ("java", "-Xmx1g", "-XX:+UseSerialGC", "-Djava.awt.headless=true")
_VERAPDF = "greenfield-apps-*.jar"  # holds an older JAXB of its own: never on one class path with DSS
AS_CLAIMED = "0"  # of veraPDF: the level that the file says it has
_UTF8 = {**os.environ, "LC_ALL": "C.UTF-8"}  # names of files and people are Vietnamese


@dataclass(frozen=True, slots=True)
class Conformity:
    """What veraPDF says of one file; `failed` names clauses of ISO 19005 as `6.2.4.3-2`, or tells why it was not read."""

    path: Path
    compliant: bool
    profile: str
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What EU DSS says of one signature (ETSI EN 319 102-1), or of a file without one (`NO_SIGNATURE`, `UNREADABLE`).

    A page changed by an increment after the seal is a mere warning to DSS: who asks whether a file is as it was sealed
    must look at `warnings` too. `timestamps` holds the indication of each time-stamp; times are RFC 3339 in UTC.
    """

    path: Path
    indication: str
    sub_indication: str | None = None
    signature_format: str = ""
    field: str = ""
    signed_by: str = ""
    best_signature_time: str | None = None
    timestamps: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """What pdfsig says of one signature field. It does not judge document time-stamps (`valid` is None there)."""

    kind: str
    valid: bool | None
    whole_file: bool


@dataclass(frozen=True, slots=True)
class Opinion:
    """A plain yes or no with the tool's own words."""

    sound: bool
    words: str


def missing(*tools: str) -> list[str]:
    """Which of these commands are not here; `java` stands for the fetched referees too."""
    absent = [tool for tool in tools if shutil.which(tool) is None]
    if "java" in tools and not (HOME / "stamp").is_file():
        absent.append("veraPDF and EU DSS (scripts/setup --tests)")
    return absent


def need(*tools: str) -> None:
    """Skip the running test where a tool is missing; fail it where SOHOA_REFEREES says that none may be."""
    absent = missing(*tools)
    if absent and os.environ.get("SOHOA_REFEREES") == "required":
        pytest.fail(f"referees missing: {', '.join(absent)}")
    if absent:
        pytest.skip(f"referees missing: {', '.join(absent)}")


def _run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, encoding="utf-8", timeout=300, env=_UTF8)


def verapdf(paths: Sequence[Path], flavour: str = "2b") -> list[Conformity]:
    """Judge files against one level of PDF/A, or each as it claims; answers in the order of `paths`."""
    need("java")
    (jar,) = (HOME / "lib").glob(_VERAPDF)
    how = ("--flavour", flavour, "--format", "json", "--maxfailuresdisplayed", "1", "--nonpdfext")
    named = {str(path.absolute()): path for path in paths}
    run = _run(*_JAVA, "-cp", jar, "org.verapdf.apps.GreenfieldCliWrapper", *how, *named)
    try:
        said = {job["itemDetails"]["name"]: job for job in json.loads(run.stdout)["report"]["jobs"]}
        return [_conformity(path, said[name]) for name, path in named.items()]
    except (ValueError, KeyError) as error:
        raise RuntimeError(f"veraPDF: {run.stderr[-500:]}") from error


def _conformity(path: Path, job: dict[str, Any]) -> Conformity:
    if "taskException" in job:
        return Conformity(path, False, "", (job["taskException"]["exceptionMessage"],))
    (result,) = job["validationResult"]
    failed = tuple(f"{r['clause']}-{r['testNumber']}" for r in result["details"]["ruleSummaries"])
    profile = re.search(r"PDF/A-(\w+)", result["profileName"])
    return Conformity(path, result["compliant"], profile.group(1).lower() if profile else "", failed)


def dss(paths: Sequence[Path], world: Path) -> list[Judgement]:
    """Judge every signature of every file as `dss_each` does, all in one world."""
    return dss_each(dict.fromkeys(paths, world))


def dss_each(worlds: Mapping[Path, Path]) -> list[Judgement]:
    """Judge every signature of every file with what the file carries and what its world knows.

    Args:
        worlds: for each file a PEM file: self-signed certificates are trusted, others and revocation lists are merely known.
    """
    need("java")
    return [each for path, world in worlds.items() for each in _judged(path, world)]


def _judged(path: Path, world: Path, *about: Path) -> Iterator[Judgement]:
    process = _validate(HOME)
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("EU DSS: no pipes")
    try:
        process.stdin.write("\t".join(str(each.absolute()) for each in (world, path, *about)) + "\n")
        process.stdin.flush()
    except BrokenPipeError as error:
        raise RuntimeError("EU DSS is gone") from error
    while line := process.stdout.readline().rstrip("\n"):
        yield _judgement(path, json.loads(line))
    if process.poll() is not None:
        raise RuntimeError(f"EU DSS ended: {process.returncode}")


def dss_evidence(pairs: Sequence[tuple[Path, Path]], world: Path) -> list[Judgement]:
    """Judge evidence records (RFC 4998), each with the file it is about; `best_signature_time` is since when that file is proved."""
    need("java")
    return [each for record, about in pairs for each in _judged(record, world, about)]


@cache
def _validate(home: Path) -> subprocess.Popen[str]:
    """The Java program, which ends when this process does: then its input ends. What it logs is not asked for."""
    jars = [jar for jar in sorted((home / "lib").glob("*.jar")) if not jar.match(_VERAPDF)]
    words = [*_JAVA, "-cp", os.pathsep.join(map(str, [*jars, home / "classes"])), "Validate"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(words, text=True, encoding="utf-8", env=_UTF8, **pipes)


def _judgement(path: Path, said: dict[str, Any]) -> Judgement:
    told = {key: tuple(value) if isinstance(value, list) else value for key, value in said.items() if key != "file"}
    return Judgement(path, **told)


def pdfsig(path: Path) -> list[Signature]:
    """The signature fields of one file as Poppler sees them; trust is not asked."""
    need("pdfsig")
    run = _run("pdfsig", "-nocert", path)
    blocks = re.split(r"^Signature #\d+:$", run.stdout, flags=re.MULTILINE)[1:]
    return [_signature(block) for block in blocks]


def _signature(block: str) -> Signature:
    said = dict(line.strip(" -").split(": ", 1) for line in block.splitlines() if ": " in line)
    verdict = said["Signature Validation"]
    valid = None if "not yet been verified" in verdict else verdict == "Signature is Valid."
    return Signature(said["Signature Type"], valid, "- Total document signed" in block)


def qpdf_check(path: Path) -> Opinion:
    """Whether the file's structure is sound; a warning is a no."""
    need("qpdf")
    run = _run("qpdf", "--check", path)
    return Opinion(run.returncode == 0, run.stdout + run.stderr)


def openssl_stamp(path: Path, root: Path) -> Opinion:
    """Whether the file's last time-stamp (RFC 3161) covers all its bytes and leads to the root, as openssl sees it."""
    need("openssl")
    (start, length, then, rest), token = _last_stamp(path)
    content = path.read_bytes()
    if start != 0 or then + rest != len(content):
        return Opinion(False, "no time-stamp covers the whole file")
    with tempfile.TemporaryDirectory() as folder:
        covered, stamp = Path(folder, "covered"), Path(folder, "token.der")
        covered.write_bytes(content[:length] + content[then:])
        stamp.write_bytes(token)
        run = _run("openssl", "ts", "-verify", "-data", covered, "-in", stamp, "-token_in", "-CAfile", root)
    return Opinion(run.returncode == 0, run.stdout + run.stderr)


def _last_stamp(path: Path) -> tuple[list[int], bytes]:
    """Byte range and token of the last document time-stamp; a range of nothing where there is none."""
    with pikepdf.open(path) as document:
        fields = document.Root.get("/AcroForm", {}).get("/Fields", [])
        values = [field["/V"] for field in fields if field.get("/V", {}).get("/Type") == "/DocTimeStamp"]
        found = [([int(number) for number in value["/ByteRange"]], bytes(value["/Contents"])) for value in values]
    return max(found, key=lambda stamp: stamp[0][2], default=([0, 0, 0, 0], b""))


def bagit_validate(folder: Path) -> Opinion:
    """Whether a folder is a complete and unchanged bag (RFC 8493)."""
    try:
        bagit.Bag(str(folder)).validate(processes=1)
    except bagit.BagError as error:
        return Opinion(False, str(error))
    return Opinion(True, "")
