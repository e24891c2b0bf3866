#!/usr/bin/env python3
"""Checks an archive from its folder alone: Python's standard library and `openssl`, nothing of the program that wrote it.

    python3 verify.py ARCHIVE [--root CA.pem]... [--witness CHECKPOINT]... [--json]

ARCHIVE holds `_log/` and the dated folders (FORMAT.md says what they are). --root: certificates that the organisation's signature
and the time-stamps must lead to, had from those authorities and not from this disk. --witness: a checkpoint somebody else kept.
Exit code: 0 nothing wrong, 3 findings, 1 wrong usage. What could not be checked is told and is never counted as good.
"""

import argparse
import base64
import datetime as dt
import hashlib
import json
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

VIETNAM = dt.timezone(dt.timedelta(hours=7))
LATE = dt.timedelta(days=7)  # a time-stamp much younger than what it covers is what a rewritten log would have
SLACK = dt.timedelta(seconds=60)
TAGS = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")


class Check:
    """One run: the archive, what was found, what could not be checked, what was removed by order."""

    def __init__(self, root: Path, authorities: str) -> None:
        self.root, self.authorities = root, authorities
        self.findings: list[dict[str, str]] = []
        self.notes: list[str] = []
        self.lines: list[bytes] = []  # the log's entries as they were hashed, and read
        self.entries: list[dict[str, Any]] = []
        self.heads: list[tuple[Path, dict[str, Any]]] = []
        self.listed: dict[str, str] = {}  # what the manifests of all sealed days list, from the archive's folder

    def find(self, code: str, where: object, detail: str) -> None:
        self.findings.append({"code": code, "path": str(where).removeprefix(f"{self.root}/"), "detail": detail})

    def told(self, *types: str) -> list[dict[str, Any]]:
        return [entry for entry in self.entries if entry["type"] in types]


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def openssl(*words: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)


def roots(lines: list[bytes], sizes: set[int]) -> dict[int, bytes]:
    """The root the log had at each size (RFC 6962): perfect subtrees from the left, joined from the right."""
    peaks: list[tuple[int, bytes]] = []
    found = {}
    for size in range(len(lines) + 1):
        if size:
            leaf, width = hashlib.sha256(b"\0" + lines[size - 1]).digest(), 1
            while peaks and peaks[-1][0] == width:
                leaf, width = hashlib.sha256(b"\1" + peaks.pop()[1] + leaf).digest(), 2 * width
            peaks.append((width, leaf))
        if size in sizes:
            head = peaks[-1][1] if peaks else hashlib.sha256().digest()
            for _, left in reversed(peaks[:-1]):
                head = hashlib.sha256(b"\1" + left + head).digest()
            found[size] = head
    return found


def read_head(check: Check, path: Path) -> "dict[str, Any] | None":
    try:
        body, signatures = path.read_bytes().decode().split("\n\n", 1)
        origin, size, root = body.split("\n")
        lines = [line.split(" ")[1:] for line in signatures.splitlines()]
        return {"origin": origin, "size": int(size), "root": base64.b64decode(root, validate=True), "body": body + "\n",
                "lines": [(name, base64.b64decode(coded)) for name, coded in lines]}
    except (OSError, ValueError) as error:
        check.find("checkpoint-bad", path, f"no checkpoint: {type(error).__name__}")
        return None


def read_log(check: Check) -> None:
    """All published entries and heads: roots, numbers, times, the log's own signatures."""
    counts = []
    for folder in sorted(path for path in (check.root / "_log").glob("[0-9]*-*-*") if path.is_dir()):
        data = (folder / "entries.jsonl").read_bytes() if is_file(folder / "entries.jsonl") else b""
        check.lines += data.split(b"\n")[:-1]
        if head := read_head(check, folder / "checkpoint"):
            check.heads.append((folder, head))
            counts.append(len(check.lines))
    if not check.heads:
        return check.find("log-missing", "_log", "no published head of the log")
    found = roots(check.lines, {head["size"] for _, head in check.heads})
    for (folder, head), count in zip(check.heads, counts, strict=True):
        if head["size"] != count or found.get(count) != head["root"]:
            check.find("log-altered", folder, f"the first {count} entries do not give its root of {head['size']}")
        own_line(check, folder, head)
    newest = read_head(check, check.root / "_log" / "checkpoint")
    if newest and newest["body"] != check.heads[-1][1]["body"]:
        check.find("checkpoint-replayed", "_log/checkpoint", "is not the newest of the published heads")
    first = hashlib.sha256(b"\0" + check.lines[0]).hexdigest()[:16] if check.lines else ""
    if any(head["origin"] != f"sohoa/{first}" for _, head in check.heads):
        check.find("log-exchanged", "_log", "the log's name is not that of its first entry")
    for number, line in enumerate(check.lines):
        check.entries.append(json.loads(line))
        if check.entries[-1]["seq"] != number or (number and check.entries[-1]["at"] < check.entries[-2]["at"]):
            check.find("log-order", f"entry {number}", "numbers have a gap, or time goes back")


def own_line(check: Check, folder: Path, head: dict[str, Any]) -> None:
    for data in [data for name, data in head["lines"] if name == head["origin"]][:1]:
        key = check.root / "_log" / "keys" / f"{data[:4].hex()}.pem"
        with tempfile.TemporaryDirectory() as place:
            body, line = Path(place, "body"), Path(place, "line")
            body.write_text(head["body"])
            line.write_bytes(data[4:])
            done = openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key, "-in", body, "-sigfile", line)
            if done.returncode == 0:
                return
    check.find("note-invalid", folder / "checkpoint", "the log's own signature does not verify")


def outside(check: Check) -> None:
    """The organisation's signature and the time-stamp of each head."""
    for folder, head in check.heads:
        signature, token = folder / "checkpoint.p7s", folder / "checkpoint.tsr"
        check.notes += [f"{path.name} of {folder.name} is not there yet" for path in (signature, token) if not path.exists()]
        trust = ("-CAfile", check.authorities, "-certfile", f"{signature}.pem", "-purpose", "any", "-no_check_time")
        what = ("-binary", "-inform", "DER", "-in", signature, "-content", folder / "checkpoint", "-out", "/dev/null")
        if check.authorities and signature.exists() and openssl("cms", "-verify", *what, *trust).returncode:
            check.find("signature-invalid", signature, "the organisation's signature does not verify")
        if check.authorities and token.exists():
            stamp(check, folder, token, check.entries[head["size"] - 1]["at"] if 0 < head["size"] <= len(check.entries) else "")
    if not check.authorities:
        check.notes.append("the heads' signatures and time-stamps were not checked: no --root was given")


def stamp(check: Check, folder: Path, token: Path, last: str) -> None:
    """A token is over this very head, and of about the time of its last entry."""
    told = re.search(r"Time stamp: (.*) GMT", openssl("ts", "-reply", "-in", token, "-text").stdout)
    if not told or openssl("ts", "-verify", "-data", folder / "checkpoint", "-in", token, "-CAfile", check.authorities,
                           "-untrusted", f"{token}.pem", "-no_check_time").returncode:
        return check.find("token-invalid", token, "the time-stamp does not verify")
    text = re.sub(r"\.[0-9]+", "", " ".join(told[1].split()))
    at = dt.datetime.strptime(text, "%b %d %H:%M:%S %Y").replace(tzinfo=dt.UTC)
    written = moment(last) if last else at
    if at < written - SLACK:
        check.find("re-dated", token, "entries claim a later time than the time-stamp over them")
    if at > written + LATE:
        check.find("stamped-late", token, f"stamped on {at:%Y-%m-%d}, long after its last entry: was the log rewritten?")


def moment(at: str) -> dt.datetime:
    return dt.datetime.fromisoformat(at.replace("Z", "+00:00"))


def day_of(at: str) -> str:
    return moment(at).astimezone(VIETNAM).date().isoformat()


def manifest(path: Path) -> dict[str, str]:
    lines = [line.split("  ", 1) for line in path.read_bytes().decode("utf-8", "replace").split("\n")] if is_file(path) else []
    return {re.sub("%25|%0[AaDd]", lambda found: {"%25": "%", "%0A": "\n", "%0D": "\r"}[found[0].upper()], line[1]): line[0]
            for line in lines if len(line) == 2}


def bags(check: Check) -> None:
    """Each sealed day: its manifest is the log's, its files are the manifest's, its events are the log's."""
    sealed = {entry["public"]["day"]: entry["public"]["manifest_sha256"] for entry in check.told("sealed", "resealed")}
    days: dict[str, list[bytes]] = {}
    for line, entry in zip(check.lines, check.entries, strict=True):
        days.setdefault(day_of(entry["at"]), []).append(line)
    for day, digest in sorted(sealed.items()):
        folder = check.root / day.replace("-", "/")
        if not is_file(folder / "manifest-sha256.txt"):
            check.find("bag-missing", folder, "a sealed day is not there")
            continue
        if sha256(folder / "manifest-sha256.txt") != digest:
            check.find("manifest-altered", folder / "manifest-sha256.txt", "is not the one the log knows")
        payload(check, folder)
        events(check, folder / "data" / "events.jsonl", days.get(day, []))
    known = {check.root / day.replace("-", "/") for day in sealed}
    for folder in sorted(check.root.glob("[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]")):
        if folder not in known and sealed and folder < max(known):
            check.find("day-unsealed", folder, "later days are sealed, this one is not")
        elif folder not in known:
            check.notes.append(f"{folder.relative_to(check.root)}: not sealed yet, and not checked")


def payload(check: Check, folder: Path) -> None:
    listed, tags = manifest(folder / "manifest-sha256.txt"), manifest(folder / "tagmanifest-sha256.txt")
    for name in TAGS:
        if not is_file(folder / name) or tags.get(name) != sha256(folder / name):
            check.find("tags-altered", folder / name, "not as in the tag manifest")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}
    for name in sorted(there - listed.keys() - {*TAGS, "tagmanifest-sha256.txt"}):
        check.find("orphan", folder / name, "in no manifest")
    check.listed |= {(folder / name).relative_to(check.root).as_posix(): said for name, said in listed.items()}
    for name, said in sorted(listed.items()):
        if not is_file(folder / name):
            check.find("missing", folder / name, "in the manifest only")
        elif sha256(folder / name) != said:
            check.find("altered", folder / name, "its bytes are not those of the manifest")


def events(check: Check, path: Path, expected: list[bytes]) -> None:
    """The day's events are those of the log, and what is private in them is what was logged, unless it was erased by order."""
    purged = {entry[name] for entry in check.told("purged") for name in ("doc_code", "scan_sha256")} - {None}
    seen = []
    for line in path.read_bytes().split(b"\n")[:-1] if is_file(path) else []:
        told = json.loads(line)
        entry = json.loads(told["entry"])
        seen.append(told["entry"].encode())
        salted = bytes.fromhex(told["salt"] or "") + (told["private"] or "").encode()
        private = told["private"] and hashlib.sha256(salted).hexdigest()
        is_purged = private is None and purged & {entry["doc_code"], entry["scan_sha256"]}
        if private != entry["private_sha256"] and not is_purged:
            check.find("private-altered", path, f"what is private of entry {entry['seq']} is not what was logged")
    if seen != expected:
        check.find("events-altered", path, "the day's events are not those of the log")


def documents(check: Check) -> None:
    """Each document: numbered without gaps, filed once, on the day it says, in the bag with the bytes the log knows."""
    numbers: dict[str, list[int]] = {}
    for entry in check.told("numbered"):
        file_code, _, ordinal = str(entry["doc_code"]).rpartition(".")
        numbers.setdefault(file_code, []).append(int(ordinal))
    for file_code, given in numbers.items():
        if given != list(range(1, len(given) + 1)):
            check.find("renumbered", file_code, "codes of this file have gaps or come twice")
    removed = {entry["public"]["path"] for entry in check.told("removed")}
    sealed = {entry["public"]["day"] for entry in check.told("sealed")}
    known = {entry["doc_code"] for entry in check.told("numbered")}
    for entry in check.told("filed"):
        path, record = entry["public"]["path"], f"{entry['public']['path'].rpartition('/')[0]}/{entry['doc_code']}.json"
        if entry["public"].get("supersedes"):  # refiled: its bytes lie where they were, its record on this day's shelf
            record = f"{day_of(entry['at']).replace('-', '/')}/data/{entry['doc_code']}.json"
        elif path.rpartition("/data/")[0].replace("/", "-") != day_of(entry["at"]):
            check.find("re-dated", path, "does not lie on the shelf of the day it was filed")
        if entry["doc_code"] not in known:
            check.find("renumbered", entry["doc_code"], "was filed under a code that was never given")
        for name, said in ((path, entry["public"]["sha256"]), (record, entry["public"]["record_sha256"])):
            if name.partition("/data/")[0].replace("/", "-") not in sealed or name in removed:
                check.notes += [f"{name}: removed by order"] if name in removed else []
            elif check.listed.get(name) != said:
                check.find("exchanged" if name in check.listed else "missing", name, "is not what was filed under this code")


def catalogue(check: Check) -> None:
    """The catalogue, where there is one, tells the published log and what it files."""
    path = check.root / "catalogue.db"
    if not is_file(path):
        return check.notes.append("no catalogue.db: nothing of it was checked")
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    leaves = [entry.encode() for (entry,) in db.execute("select entry from leaf order by seq limit ?", [len(check.lines)])]
    if leaves != check.lines:
        is_older = len(leaves) < len(check.lines)
        check.find("catalogue-replayed" if is_older else "catalogue-altered", path, "its log is not the published one")
    columns = "doc_code, sha256, path, record_sha256, state, superseded_by"
    rows = {row[0]: row[1:] for row in db.execute(f"select {columns} from document")}
    gone = {entry["doc_code"] for entry in check.told("disposed", "purged")}
    for entry in check.told("filed"):
        said = tuple(entry["public"][name] for name in ("sha256", "path", "record_sha256"))
        row = rows.get(entry["doc_code"])
        if row is None or row[:3] != said or (row[3] != "filed" and not row[4] and entry["doc_code"] not in gone):
            check.find("catalogue-altered", entry["doc_code"], "the catalogue does not say what was filed")


def witnessed(check: Check, paths: list[Path]) -> None:
    """The log still goes on from the checkpoints that somebody else kept."""
    for path in paths:
        head = read_head(check, path)
        if head and head["size"] > len(check.lines):
            check.find("log-shortened", path, f"{head['size']} entries were seen elsewhere, {len(check.lines)} are here")
        elif head and roots(check.lines, {head["size"]})[head["size"]] != head["root"]:
            check.find("log-forked", path, "the log that was seen elsewhere is not the beginning of this one")


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks an archive from its folder alone.")
    parser.add_argument("archive", type=Path)
    parser.add_argument("--root", type=Path, action="append", default=[], help="certificates to trust, PEM")
    parser.add_argument("--witness", type=Path, action="append", default=[], help="a checkpoint that was kept elsewhere")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.NamedTemporaryFile(suffix=".pem") as together:
        together.write(b"".join(path.read_bytes() for path in asked.root))
        together.flush()
        check = Check(asked.archive.resolve(), together.name if asked.root else "")
        try:
            for step in (read_log, outside, bags, documents, catalogue):
                step(check)
            witnessed(check, asked.witness)
        except (ValueError, KeyError, TypeError, AttributeError, OSError, sqlite3.Error) as error:
            check.find("unreadable", "", f"cannot be read as FORMAT.md says: {type(error).__name__}: {error}"[:200])
    if asked.json:
        print(json.dumps({"ok": not check.findings, "entries": len(check.lines), "findings": check.findings, "notes": check.notes}))
    else:
        for text in (*("  ".join(each.values()) for each in check.findings), *(f"note: {each}" for each in check.notes)):
            print(text)
        counts = f"{len(check.lines)} entries, {len(check.heads)} heads, {len(check.told('filed'))} documents"
        print(f"{counts}: {len(check.findings)} findings")
    return 3 if check.findings else 0


if __name__ == "__main__":
    sys.exit(main())
