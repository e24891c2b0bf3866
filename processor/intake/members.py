"""The documents in a package (`.zip`) or a mail (`.eml`), taken out into files of our own naming.

Promises: all that was sent comes out whole, or the container is refused: a document must not be lost in silence; what is left
aside (systems' leavings, links) is told. The same container gives the same paths. Refuses bombs: files, bytes, ratio and depth
are bounded. Runs in a worker: the bytes are foreign.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message as Mail
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from processor.errors import Verdict
from processor.intake import entrynames, mails
from processor.intake.containers import sniff
from processor.intake.zips import Package
from processor.worker import Ask

MOST = 200  # files of a container, those in containers within it included
DEEPEST = 2  # containers within it, one in the other
RATIO = 200  # times its size that a container may unfold to ...
_SLACK = 64 << 20  # ... and so many bytes in any case
_ENTRIES = 20 * MOST  # folders and systems' leavings included
_CONTAINERS = frozenset({"zip", "eml", "msg"})
_FORWARDED = "thư chuyển tiếp"


@dataclass(slots=True)
class _Haul:
    """What was taken out so far, and how much more may be."""

    out: Path
    room: int
    most: int
    deepest: int
    members: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)
    paths: entrynames.Paths = field(default_factory=entrynames.Paths)
    files: int = 0

    def skip(self, inside: list[str], name: str, why: str) -> None:
        """Something is left aside."""
        if len(self.skipped) >= _ENTRIES:
            raise Verdict("container-too-large", "entries")
        self.skipped.append({"path": "/".join([*inside, *entrynames.steps(name)]), "why": why})

    def take(self, inside: list[str], name: str, chunks: Iterable[bytes], depth: int) -> None:
        """A file comes out; what it holds too, if it is a container.

        Args:
            inside: the steps of what it lies in.
            name: as it came.
            chunks: its bytes.
            depth: how many containers it lies in.
        """
        self.files += 1
        if self.files > self.most:
            raise Verdict("container-too-large", f"more than {self.most} files")
        file = self.out / f"{self.files:04}"
        sha256, size = self._write(file, chunks)
        kind = sniff(file)
        path = self.paths.give(inside, name, f"tep-{self.files}" + (".pdf" if kind == "pdf" else ""))
        if kind in _CONTAINERS:
            self.open(file, kind, path.split("/"), depth)
            file.unlink()
            return
        told = {"path": path, "name": path.rpartition("/")[2], "file": str(file), "sha256": sha256, "size": size}
        self.members.append(told | {"kind": kind or "other"})

    def _write(self, file: Path, chunks: Iterable[bytes]) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with file.open("wb") as target:
            for chunk in chunks:
                size += len(chunk)
                self.room -= len(chunk)
                if self.room < 0:
                    raise Verdict("container-too-large", "unpacked")
                digest.update(chunk)
                target.write(chunk)
        return digest.hexdigest(), size

    def open(self, path: Path, kind: str, inside: list[str], depth: int) -> Mail | None:
        """All that a container holds; the mail itself, if it is one."""
        if kind == "msg":
            raise Verdict("container-msg")
        if depth > self.deepest:
            raise Verdict("container-too-large", "containers within containers")
        if kind == "zip":
            self._unzip(path, inside, depth)
            return None
        mail = mails.read(path)
        for found in mails.attachments(mail, self.deepest - depth):
            below = [*inside, *("_".join(entrynames.steps(name)) or _FORWARDED for name in found.inside)]
            name = "_".join(entrynames.steps(found.name))  # a mail has no folders
            if why := found.skipped or ("ignored" if entrynames.is_junk(found.name) else ""):
                self.skip(below, name or why, why)
            else:
                self.take(below, name, [found.data], depth + len(found.inside) + 1)
        return mail

    def _unzip(self, path: Path, inside: list[str], depth: int) -> None:
        package = Package(path, _ENTRIES)
        try:
            if sum(entry.size for entry in package.entries) > self.room:
                raise Verdict("container-too-large", "unpacked")
            for entry in package.entries:
                if entry.kind == "other":
                    self.skip(inside, entry.name, "link")
                elif entrynames.is_junk(entry.name):
                    self.skip(inside, entry.name, "ignored")
                elif entry.kind == "file":
                    self.take(inside, entry.name, package.read(entry), depth + 1)
        finally:
            package.close()


def members(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`; `out`, an empty folder this process may write in, or empty text: then all is unpacked and checked as
            well, and only told; `limits` (file_mb; members, ratio and nesting where they are not the usual).
        ask: not used.

    Returns:
        `container`: `zip`, `eml` or empty (it is none: nothing was taken out).
        `members`: each with `path` (its own within the container, composed; steps joined by `/`), `name`, `file` (below `out`;
        else empty), `sha256`, `size`, `kind` (`pdf`, `office`, `other`), in the container's order.
        `mail`: `from` (one address or empty), `from_name`, `to`, `subject`, `message_id`, `date`, `automatic` (written by a
        machine: it gets no answer), or None.
        `skipped`: each `path` and `why` (`ignored`, `link`, `tnef`, `partial`, `external`, `smime-signature`).

    Raises:
        Verdict: `container-empty` (neither PDF nor Office file), `container-broken`, `container-encrypted`,
            `container-too-large`, `container-msg`, `container-smime`.
    """
    path, limits = Path(args["path"]), args["limits"]
    kind = sniff(path)
    if kind not in _CONTAINERS:
        return {"container": "", "members": [], "mail": None, "skipped": []}
    size, most = path.stat().st_size, limits["file_mb"] << 20
    room = min(most, max(_SLACK, size * limits.get("ratio", RATIO)))
    if size > most:
        raise Verdict("container-too-large", "file size")
    with TemporaryDirectory(prefix="members-") as scratch:
        haul = _Haul(Path(args["out"] or scratch), room, limits.get("members", MOST), limits.get("nesting", DEEPEST))
        mail = haul.open(path, kind, [], 0)
    if not any(member["kind"] in {"pdf", "office"} for member in haul.members):
        raise Verdict("container-empty", ", ".join(sorted({left["why"] for left in haul.skipped})))
    found = haul.members if args["out"] else [member | {"file": ""} for member in haul.members]
    return {
        "container": kind, "members": found, "mail": mails.told(mail) if mail is not None else None, "skipped": haul.skipped,
    }  # fmt: skip
