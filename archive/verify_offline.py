#!/usr/bin/env python3
"""Checks an archive from its folder alone: Python's standard library and `openssl`, nothing of the program that wrote it.

    python3 -I verify.py ARCHIVE [--root CA.pem]... [--signer CERT.pem|SHA-256]...
        [--witness CHECKPOINT]... [--witness-key KEY]... [--json]

FORMAT.md says what lies in ARCHIVE and what each code means. --root: certificates that the organisation's signatures and the
time-stamps must lead to, had from those authorities and not from this disk. --signer: certificates, one of which must have signed
each head. --witness: a checkpoint that somebody else kept. --witness-key: name+id+key of a witness.
Exit code: 0 nothing wrong, 3 findings, 1 or 2 wrong usage. What was not checked is a note, and never counted as good.
"""

from __future__ import annotations  # Python 3.9 is enough

import argparse
import base64
import contextlib
import datetime as dt
import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Head = tuple[int, Path, "re.Match[str]"]
FAULTS = (ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RecursionError, TypeError, ValueError, sqlite3.Error)
VIETNAM = dt.timezone(dt.timedelta(hours=7))
SLACK = dt.timedelta(minutes=1)  # between the clocks of the archive and of the time-stamps
LATE = dt.timedelta(days=14)  # so long an entry may wait for a time-stamp; a log rewritten later has only later ones
BEFORE = {"filed": "numbered", "adopted": "numbered", "void": "numbered", "superseded": "filed"}  # before it became that
HEAD = re.compile("([!-*,-~]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n\n((?:\u2014 [!-*,-~]+ [A-Za-z0-9+/]+=*\n)+)")
ED25519 = bytes.fromhex("302a300506032b6570032100")  # what stands before such a key in a public key's DER
TAGS, EVENTS, DAY = "tagmanifest-sha256.txt", "data/events.jsonl", "[0-9]{4}-[0-9]{2}-[0-9]{2}"
SHELF, MOST = re.compile("([0-9]{4})/([0-9]{2})/([0-9]{2})/"), 1 << 16  # bytes of a checkpoint
KNOWN = re.compile(rf"FORMAT\.md|catalogue\.db(-journal)?|_tools/verify\.py|_log/(checkpoint|keys/[0-9a-f]{{8}}\.(pem|txt))"
                   rf"|_log/cosigned/[0-9]{{12}}-[0-9a-f]{{8}}-[0-9]+"
                   rf"|_log/{DAY}/(entries\.jsonl|checkpoint|checkpoint\.(p7s|tsr)(\.pem)?)"
                   rf"|_log/({DAY}|renewals/[0-9]{{4}})/evidence\.(sha(256|384|512)|before|tst(\.pem)?)")  # fmt: skip


def is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def lines_of(path: Path) -> list[bytes]:
    """Lines that end; none of what is no plain file: reading that might never end."""
    return path.read_bytes().split(b"\n")[:-1] if is_plain(path) else []


def digest_of(path: Path, name: str = "sha256") -> str:
    """The digest of a plain file; empty of anything else."""
    digest = hashlib.new(name)
    if not is_plain(path):
        return ""
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def sums(path: Path) -> dict[str, str]:
    """Digests by path, as `sha256sum` writes them."""
    return {place: digest for digest, place in (line.decode().split("  ", 1) for line in lines_of(path))}


def moment(at: str) -> dt.datetime:
    return dt.datetime.fromisoformat(at.replace("Z", "+00:00"))


def day_of(at: str) -> str:
    return moment(at).astimezone(VIETNAM).date().isoformat()


def openssl(*words: object) -> str | None:
    """What it printed; nothing where it refused, or a file it was to read is none."""
    if not all(is_plain(word) for word in words if isinstance(word, Path)):
        return None
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, errors="replace", check=False)
    return None if done.returncode else done.stdout


def digests_of(pem: str) -> set[str]:
    """SHA-256 of certificates in PEM."""
    blocks = re.findall("-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", pem, re.DOTALL)
    return {hashlib.sha256(base64.b64decode(block)).hexdigest() for block in blocks}


def pinned(given: list[str]) -> set[str]:
    """SHA-256 of the certificates that --signer names, itself or in files."""
    named = {each.replace(":", "").lower() for each in given if re.fullmatch("[0-9A-Fa-f:]{64,95}", each)}
    files = [Path(each) for each in given if not re.fullmatch("[0-9A-Fa-f:]{64,95}", each)]
    return named.union(*((path.is_file() and digests_of(path.read_text("latin-1"))) or {""} for path in files))


def certified(given: str) -> Path:
    """A file of certificates that is named on the command line: a slip there is no finding."""
    if Path(given).is_file() and "BEGIN CERTIFICATE" in Path(given).read_text("latin-1"):
        return Path(given)
    raise argparse.ArgumentTypeError(f"{given} holds no certificate in PEM")


class Check:
    """One run: what the log says, what was found wrong, what was not checked."""

    def __init__(self, root: Path, work: Path, has_roots: bool, signers: set[str]) -> None:
        self.root, self.work, self.has_roots, self.signers = root, work, has_roots, signers
        self.findings, self.notes = list[dict[str, str]](), ["the seals within the PDFs were not checked: FORMAT.md says how"]
        self.heads: list[Head] = []  # by size
        self.span: dict[Path, range] = {}  # by head: the entries it adds
        self.stamped: dict[Path, dt.datetime] = {}
        self.renewed: dict[int, dict[str, Any]] = {}  # what the log says of renewals
        # by token: when it was renewed; what it lists
        self.until, self.lists = dict[Path, dt.datetime](), dict[Path, dict[str, str]]()
        self.peaks: list[tuple[int, bytes]] = []  # the log's perfect subtrees (RFC 6962): width, head
        self.roots: dict[int, bytes] = {}  # size: root
        self.times: list[str] = []  # of the entries
        self.origin, self.published, self.whole = "", 0, hashlib.sha256()
        # by day: files that lie there; SHA-256 of its entries; what the log says of its bag; files it must hold, with SHA-256
        self.shelves, self.days, self.sealed, self.expected = (dict[str, Any]() for _ in range(4))
        # by file: its last place; by code: numbered, filed, void or gone; path, SHA-256, SHA-256 of the record
        self.places, self.state, self.filed = (dict[str, Any]() for _ in range(3))
        # by order: paths; codes and scans whose private facts were erased; entries whose private facts were lost with a catalogue
        self.removed, self.purged, self.lost = dict[str, int](), dict[str, int](), set[int]()
        # by code: entry that ordered its removal, that tells its end; by path: codes it was filed for; by entry: what it filed
        self.asked, self.gone, self.owners, self.covered = (dict[Any, Any]() for _ in range(4))
        self.cosigns: list[Head] = []
        self.witnessed: set[tuple[int, str, str, int]] = set()  # what the log says that witnesses signed

    def find(self, code: str, where: object, detail: str) -> None:
        self.findings.append({"code": code, "path": str(where).replace(f"{self.root}/", "", 1), "detail": detail})

    @contextlib.contextmanager
    def reading(self, where: object) -> Iterator[None]:
        """What cannot be read is told, and the rest goes on."""
        try:
            yield
        except FAULTS as error:
            self.find("unreadable", where, f"not as FORMAT.md says: {type(error).__name__}: {error}"[:200])

    def look_round(self) -> None:
        """Nothing but plain files and folders, where FORMAT.md knows them."""
        for base, folders, names in os.walk(self.root, onerror=lambda error: self.find("unreadable", error.filename, str(error))):
            for path in (Path(base, name) for name in (*folders, *names)):
                place = path.relative_to(self.root).as_posix()
                shelf = SHELF.match(place)
                if path.is_symlink() or not (path.is_dir() or path.is_file()):
                    self.find("not-a-file", path, "a link, or something else that is no plain file")
                elif path.is_file() and shelf:
                    self.shelves.setdefault("-".join(shelf.groups()), set()).add(place[11:])
                elif path.is_file() and re.match("[0-9]", place):
                    self.find("orphan", path, "belongs to no day")
                elif path.is_file() and not KNOWN.fullmatch(place):
                    self.notes.append(f"not checked: {place}")

    def read_head(self, path: Path) -> list[Head]:
        with self.reading(path):
            if found := HEAD.fullmatch(path.read_bytes().decode() if is_plain(path) and path.stat().st_size <= MOST else ""):
                return [(int(found[2]), path, found)]
            self.find("checkpoint-bad", path, "is not there, or is no checkpoint")
        return []

    def read_log(self, witnesses: list[Path]) -> None:
        """All published entries against all heads: those that lie here, and those that somebody else kept."""
        self.cosigns = [head for path in sorted((self.root / "_log/cosigned").glob("*")) for head in self.read_head(path)]
        seen = [*(head for path in witnesses for head in self.read_head(path)), *self.cosigns]
        files: list[tuple[int, Path]] = []
        for folder in sorted(path for path in (self.root / "_log").glob("*-*-*") if re.fullmatch(DAY, path.name)):
            head = self.read_head(folder / "checkpoint")
            files.append((head[0][0] if head else max(files, default=(0,))[0], folder / "entries.jsonl"))
            self.heads = sorted([*self.heads, *head])
        self.roots = dict.fromkeys((size for size, _, _ in (*self.heads, *seen)), b"")
        for _, path in sorted(files):
            with self.reading(path):
                for line in lines_of(path):
                    self.add(line)
        self.published = len(self.times)
        if not self.heads:
            return self.find("log-missing", "_log", "there is no published head of the log")
        if [found[0] for *_, found in self.read_head(self.root / "_log/checkpoint")] != [self.heads[-1][2][0]]:
            self.find("checkpoint-replayed", "_log/checkpoint", "is not the newest of the published heads")
        for size, path, found in (*self.heads, *seen):
            is_last, is_seen = path == self.heads[-1][1], (size, path, found) in seen
            if is_seen and size > self.published:
                self.find("log-shortened", path, f"{size} entries were seen elsewhere, {self.published} are here")
            elif self.roots[size] != base64.b64decode(found[3]) or (is_last and size != self.published):
                self.find("log-forked" if is_seen else "log-altered", path, f"is no head of these {self.published} entries")
            if found[1] != self.origin:
                self.find("log-exchanged", path, "the log's name is not that of its first entry")

    def add(self, line: bytes) -> None:
        """One entry more: into the tree, and what it says into what the archive must hold."""
        number, node, width = len(self.times), hashlib.sha256(b"\0" + line).digest(), 1
        self.origin = self.origin or f"sohoa/{node.hex()[:16]}"
        while self.peaks and self.peaks[-1][0] == width:
            node, width = hashlib.sha256(b"\1" + self.peaks.pop()[1] + node).digest(), 2 * width
        self.peaks.append((width, node))
        if number + 1 in self.roots:
            for _, left in reversed(self.peaks[:-1]):
                node = hashlib.sha256(b"\1" + left + node).digest()
            self.roots[number + 1] = node
        self.whole.update(line + b"\n")
        self.times.append(self.times[-1] if self.times else "")
        with self.reading(f"entry {number}"):
            entry = json.loads(line)
            day = day_of(entry["at"])
            self.days.setdefault(day, hashlib.sha256()).update(line + b"\n")
            if entry["seq"] != number or entry["at"] < self.times[-1]:
                self.find("log-order", f"entry {number}", "numbers have a gap, or time goes back")
            self.times[-1] = entry["at"]
            self.told(entry, entry["type"], entry["doc_code"], entry["public"], day)

    def told(self, entry: dict[str, Any], kind: str, code: str, public: dict[str, Any], day: str) -> None:
        if kind == "numbered":
            file, _, place = code.rpartition(".")
            before, self.places[file], self.state[code] = self.places.get(file, 0), int(place), kind
            if int(place) != before + 1:
                self.find("renumbered", code, f"comes after place {before} of its file")
        elif kind in BEFORE:
            was, self.state[code] = self.state.get(code, "never given"), "filed" if kind in ("filed", "adopted") else "void"
            if was != BEFORE[kind]:
                self.find("renumbered", code, f"is said to be {kind}, and was {was}")
            if self.state[code] == "filed":  # of a refiled document the record alone is new
                now, day = day, public["shelf_day"] if kind == "adopted" else day
                if day > now or (kind == "adopted" and day in self.sealed):
                    self.find("re-dated", public["path"], f"adopted for {day}, which was sealed or still to come")
                path, record = public["path"], f"{day.replace('-', '/')}/data/{code}.json"
                self.filed[code] = said = (path, public["sha256"], public["record_sha256"])
                if not public.get("supersedes") and path != f"{record[:-5]}.pdf":
                    self.find("re-dated", path, f"filed on {day}, and does not lie on that day's shelf under its code")
                # of a refiled one the bytes have the evidence of where they were
                self.covered[entry["seq"]] = [record] if public.get("supersedes") else [path, record, public["scan_path"]]
                for name, digest in ((path, said[1]), (record, said[2]), (public["scan_path"], entry["scan_sha256"])):
                    self.owners.setdefault(name, set()).add(code)
                    if self.expected.setdefault(name[:10].replace("/", "-"), {}).setdefault(name, digest) != digest:
                        self.find("exchanged", name, f"{code} was filed with other bytes than those that lie there")
        elif kind in ("sealed", "resealed"):
            if kind == "sealed" and public["day"] in self.sealed:
                self.find("log-order", f"entry {entry['seq']}", f"{public['day']} is sealed a second time")
            self.sealed[public["day"]] = {**public, "seq": entry["seq"], "kind": kind}
        elif kind == "rebuilt":  # what only a lost catalogue knew of days that were not sealed yet
            for first, last in re.findall("([0-9]{1,9})(?:-([0-9]{1,9}))?", public["lost_private"]):
                lost = range(int(first), min(int(last or first) + 1, len(self.times)))
                self.lost |= {seq for seq in lost if day_of(self.times[seq]) not in self.sealed}
        else:
            self.done(entry, kind, code, public)

    def done(self, entry: dict[str, Any], kind: str, code: str | None, public: dict[str, Any]) -> None:
        """Removals by order, renewals, witnesses."""
        if kind == "removed":
            self.removed.setdefault(public["path"], entry["seq"])
        elif kind == "dispose-asked":
            self.asked.setdefault(code, entry["seq"])
        elif kind == "renewed":
            if self.renewed.setdefault(public["number"], public) is not public:
                self.find("log-order", f"entry {entry['seq']}", f"renewal {public['number']} is told a second time")
        elif kind == "witnessed":
            self.witnessed.add((public["size"], public["witness"], public["key"], public["seen_at"]))
        elif kind in ("disposed", "purged"):
            self.state[code or ""] = "gone"  # of a scan that became part of another one there is no code
            self.gone.setdefault(code, entry["seq"])
            for each in {code, entry["scan_sha256"]} - {None} if kind == "purged" else ():
                self.purged.setdefault(each, entry["seq"])

    def was_removed(self, place: str) -> bool:
        """It is gone, by orders for all it was filed for, which the log tells from beginning to end."""
        beside = re.match(rf"{SHELF.pattern}data/evidence/([^/]+[.][0-9]{{7}})[.]", place)
        codes = self.owners.get(place, {beside[4]} if beside else set[str]())
        if place not in self.removed or not codes or os.path.lexists(self.root / place):
            return False
        if not all(self.state.get(code) == "gone" and code in self.asked and code in self.gone for code in codes):
            return False
        self.is_published(place, max(self.removed[place], *(max(self.asked[code], self.gone[code]) for code in codes)))
        return True

    def is_published(self, place: str, seq: int) -> None:
        """What the catalogue alone tells was published the same night, or is to be: until then it is a note, and never for long."""
        said = "removed or erased by order, of which only the catalogue tells: not published yet"
        if seq >= self.published and moment(self.times[seq]) < dt.datetime.now(VIETNAM) - LATE:
            if not any((each["code"], each["path"]) == ("removal-unpublished", place) for each in self.findings):
                self.find("removal-unpublished", place, f"{said}, and should be")
        elif seq >= self.published:
            self.notes += [each for each in (f"{place}: {said}",) if each not in self.notes]

    def signatures(self) -> None:
        keys = {self.own_line(path, found) for _, path, found in self.heads} - {""}
        self.notes.append(f"keys of the log itself: {', '.join(sorted(keys))}")
        for number, public in self.renewed.items():
            folder = self.root / f"_log/renewals/{number:04}"
            for path, key in ((folder / f"evidence.{public['digest']}", "list_sha256"), (folder / "evidence.tst", "token_sha256")):
                if digest_of(path) != public[key]:
                    code = "renewal-altered" if os.path.lexists(path) else "renewal-missing"
                    self.find(code, path, "is not the one of which the log says that it renews what lay here")
        if not self.has_roots:
            return self.notes.append("signatures of the organisation and time-stamps were not checked: no --root was given")
        for token in sorted(self.root.glob("_log/renewals/*/evidence.tst"), reverse=True):  # the newest vouches for those before
            with self.reading(token):
                self.renewal(token)
        for name, check in (("checkpoint.tsr", self.stamp), ("evidence.tst", self.evidence), ("checkpoint.p7s", self.signature)):
            last_one = max((size for size, path, _ in self.heads if is_plain(path.with_name(name))), default=0)
            begin = 0
            for size, path, _ in self.heads:
                with self.reading(path):
                    self.span[path], first, last = range(begin, size), moment(self.times[begin]), moment(self.times[size - 1])
                    begin = size
                    if is_plain(path.with_name(name)):
                        check(path, first, last)
                    elif size < last_one or first < dt.datetime.now(VIETNAM) - LATE:
                        self.find("signature-missing", path.with_name(name), "is not there, and is not still to come")
                    else:
                        self.notes.append(f"{path.parent.name}: no {name} yet: nobody outside vouches for this head")

    def own_line(self, path: Path, found: re.Match[str]) -> str:
        """The key of the log that signed this head."""
        body, line = self.work / "body", self.work / "line"
        body.write_text("\n".join((found[1], found[2], found[3], "")))
        for name, coded in (each.split(" ")[1:] for each in found[4].splitlines()):
            key = self.root / "_log" / "keys" / f"{base64.b64decode(coded)[:4].hex()}.pem"
            line.write_bytes(base64.b64decode(coded)[4:])
            verify = ("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key, "-in", body, "-sigfile", line)
            if name == found[1] and openssl(*verify) is not None:
                return key.stem
        self.find("note-invalid", path, "the log's own signature does not verify")
        return ""

    def cosigned(self, keys: list[str]) -> None:
        """What witnesses signed: by whose key of those that are given; that these are heads of this log is seen with the others."""
        there = set[tuple[int, str, str, int]]()
        for size, path, found in self.cosigns:
            with self.reading(path):
                for name, coded in (each.split(" ")[1:] for each in found[4].splitlines()):
                    data = base64.b64decode(coded)
                    if name == found[1]:  # the log's own line
                        continue
                    if len(data) != 76:
                        self.find("witness-invalid", path, f"the line of {name} is no witness's")
                        continue
                    there.add((size, name, data[:4].hex(), int.from_bytes(data[4:12], "big")))
                    held = [key.split("+", 2)[2] for key in keys if key.startswith(f"{name}+{data[:4].hex()}+")]
                    if not all(self.holds(key, data, found) for key in held):
                        self.find("witness-invalid", path, f"the signature of {name} does not verify")
                    worth = "" if held else ": not checked, no --witness-key"
                    self.notes.append(f"{name} signed the head of {found[2]} entries{worth}")
        for size, name, key, at in sorted(self.witnessed - there):
            place = f"_log/cosigned/{size:012}-{key}-{at}"
            self.find("witness-missing", place, f"the log tells that {name} signed the head of {size} entries: without its line")

    def holds(self, key: str, data: bytes, found: re.Match[str]) -> bool:
        """A witness's signature is over this head."""
        text, line, pem = self.work / "body", self.work / "line", self.work / "key"
        text.write_text("\n".join(("cosignature/v1", f"time {int.from_bytes(data[4:12], 'big')}", *found.groups()[:3], "")))
        line.write_bytes(data[12:])
        spki = base64.b64encode(ED25519 + base64.b64decode(key)[1:]).decode()
        pem.write_text(f"-----BEGIN PUBLIC KEY-----\n{spki}\n-----END PUBLIC KEY-----\n")
        return openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", pem, "-in", text, "-sigfile", line) is not None

    def stamp(self, head: Path, first: dt.datetime, last: dt.datetime) -> None:
        """The token is over these very bytes, not before and not long after what they cover."""
        token = Path(f"{head}.tsr")
        at = self.token(token, "-data", head)
        if at is None:
            return
        self.stamped[head] = at
        if at < last - SLACK:
            self.find("re-dated", token, "entries claim a later time than the time-stamp over them")
        if at > first + LATE:
            self.find("stamped-late", token, f"of {at:%Y-%m-%d}, its entries begin on {first:%Y-%m-%d}: were they written again?")

    def evidence(self, head: Path, first: dt.datetime, last: dt.datetime) -> None:
        """The time-stamp is over the hash tree (RFC 4998) of what was filed until this head, and not before that."""
        token = head.with_name("evidence.tst")
        root = self.tree(token)
        wanted = [head.relative_to(self.root).as_posix(), *(each for seq in self.span[head] for each in self.covered.get(seq, ()))]
        for place in dict.fromkeys(wanted):
            if place not in self.lists[token] and not self.was_removed(place):
                self.find("evidence-altered", place, f"was filed by {head.parent.name}, and is not on the list of that night")
        if (at := self.token(token, "-digest", root)) and at < last - SLACK:
            self.find("re-dated", token, "is of an earlier time than what it lists")

    def renewal(self, token: Path) -> None:
        """What it lists counts as of its own time, whatever has ended since; of two renewals as of the older one's."""
        if at := self.token(token, "-digest", self.tree(token)):
            self.until.update((self.root / place, at) for place in self.lists[token])

    def token(self, token: Path, *over: object) -> dt.datetime | None:
        """The time of a time-stamp over these bytes; it leads to a root as of then, and as of its renewal or of now."""
        form, now = ("-token_in",) * (token.suffix == ".tst"), dt.datetime.now(VIETNAM)
        words = r"Time stamp: (\w+ +\d+ [\d:]+)[.\d]* (\d+) GMT"
        said = re.search(words, openssl("ts", "-reply", *form, "-in", token, "-text") or "")
        at = dt.datetime.strptime(f"{said[1]} {said[2]} +0000", "%b %d %H:%M:%S %Y %z") if said else now
        trust = ("-CAfile", self.work / "roots", "-untrusted", Path(f"{token}.pem"), "-attime")
        if at > self.until.get(token, now) + SLACK:
            self.find("renewal-order", token, "is of a later time than the renewal that lists it")
        for when in (at, self.until.get(token, now)):
            if openssl("ts", "-verify", *form, "-in", token, *over, *trust, int(when.timestamp())) is None:
                code = "token-invalid" if when == at else "token-expired"
                self.find(code, token, f"the time-stamp does not verify as of {when:%Y-%m-%d}")
                return None
        return at

    def tree(self, token: Path) -> str:
        """Root of the hash tree over the files listed beside a token; each is as it was listed, or was removed by order."""
        (path,), nodes = token.parent.glob("evidence.sha*"), list[bytes]()
        name, self.lists[token], before = path.suffix[1:], sums(path), sums(token.with_name("evidence.before"))
        if list(self.lists[token]) != sorted(self.lists[token]) or len(self.lists[token]) != len(lines_of(path)):
            self.find("evidence-altered", path, "its lines are not in order, or a path stands there twice")
        for place, said in self.lists[token].items():
            day = self.expected.get(place[:10].replace("/", "-"), {}) if name == "sha256" else {}  # `bags` reads those
            told = day.get(place)
            if not self.was_removed(place) and (told or digest_of(self.root / place, name)) != said:
                self.find("evidence-altered", place, f"is not what {path.parent.name} lists")
            leaf = bytes.fromhex(said)
            nodes.append(hashlib.new(name, leaf + bytes.fromhex(before[place])).digest() if place in before else leaf)
        nodes = sorted({*nodes})
        while len(nodes) > 1:
            pairs = [sorted(nodes[at : at + 2]) for at in range(0, len(nodes), 2)]
            nodes = [hashlib.new(name, b"".join(pair)).digest() if len(pair) > 1 else pair[0] for pair in pairs]
        return nodes[0].hex()

    def signature(self, head: Path, first: dt.datetime, last: dt.datetime) -> None:
        """The organisation signed these very bytes, with a certificate that was good when they were time-stamped."""
        who, when = self.work / "who", int(self.stamped.get(head, last).timestamp())
        verify = ("cms", "-verify", "-binary", "-inform", "DER", "-in", Path(f"{head}.p7s"), "-content", head, "-out", os.devnull)
        trust = ("-CAfile", self.work / "roots", "-certfile", Path(f"{head}.p7s.pem"), "-purpose", "any", "-attime", when)
        if openssl(*verify, *trust, "-signer", str(who)) is None:
            return self.find("signature-invalid", f"{head}.p7s", "the organisation's signature does not verify")
        if self.signers and not self.signers & digests_of(who.read_text()):
            self.find("signer-unknown", f"{head}.p7s", f"no --signer: {'; '.join(sorted(digests_of(who.read_text())))}")
        name = openssl("x509", "-in", who, "-noout", "-nameopt", "RFC2253,-esc_msb,utf8", "-subject") or ""
        self.notes += {f"signed by: {name.strip()}"} - {*self.notes}

    def bags(self) -> None:
        for day in sorted({*self.shelves, *self.sealed, *self.expected}):
            folder = self.root / day.replace("-", "/")
            with self.reading(folder):
                if day in self.sealed:
                    self.bag(day, folder, self.sealed[day])
                elif "bagit.txt" in self.shelves.get(day, ()) or any(day < other for other in self.sealed):
                    self.find("day-unknown", folder, "it or a later day is sealed, and the log does not say so: was it shortened?")
                else:
                    self.notes.append(f"{day} is not sealed yet, and was not checked")

    def bag(self, day: str, folder: Path, sealed: dict[str, Any]) -> None:
        """The manifests are the log's, the files are the manifest's and the log's, the events are the log's."""
        if day not in self.shelves:
            return self.find("bag-missing", folder, "a sealed day is not there")
        if sealed["seq"] >= self.published and sealed["kind"] == "resealed":
            if not any(self.was_removed(place) for place in self.removed if place.startswith(f"{day.replace('-', '/')}/")):
                if not any(seq >= self.published for seq in self.purged.values()):
                    self.find("removal-unpublished", folder, "sealed anew, as only the catalogue tells, and nothing went")
        if sealed["seq"] >= self.published:
            self.notes.append(f"{day}: its sealing is not published yet: only the catalogue tells of it")
        listed: dict[str, str] = {}
        for name, known in ((TAGS, sealed.get("tagmanifest_sha256")), (TAGS[3:], sealed["manifest_sha256"])):
            with self.reading(folder / name):
                if known is None:
                    self.notes.append(f"{day}: the log does not know its {name}")
                elif digest_of(folder / name) != known:
                    self.find("manifest-altered", folder / name, "is not there, or not the one the log knows")
                for said, path in (os.fsdecode(line).split("  ", 1) for line in lines_of(folder / name)):
                    listed[re.sub("%25|%0[AaDd]", lambda found: chr(int(found[0][1:], 16)), path)] = said
        filed = {place[11:]: digest for place, digest in self.expected.get(day, {}).items()}
        for name in sorted({*self.shelves[day], *listed, *filed} - {TAGS}):
            with self.reading(folder / name):
                self.file(f"{day.replace('-', '/')}/{name}", listed.get(name), filed.get(name), folder / name)
        with self.reading(folder / EVENTS):
            self.events(day, folder / EVENTS)

    def file(self, place: str, listed: str | None, filed: str | None, path: Path) -> None:
        """Manifest, log and disk tell the same; what was removed by order is told as such."""
        if self.was_removed(place):
            self.notes.append(f"{place}: removed by order")
        elif not listed:
            self.find("missing" if filed else "orphan", place, "in no manifest")
        elif filed != listed and not (filed is None and re.match(f"{EVENTS}$|data/evidence/|[^/]+$", place[11:])):
            self.find("exchanged" if filed else "orphan", place, "is not what the log says was filed")
        elif digest_of(path) != listed:
            self.find("altered" if os.path.lexists(path) else "missing", place, "its bytes are not those of the manifest")

    def events(self, day: str, path: Path) -> None:
        """The events are those of the log; what is private in them is what was logged, unless it was erased by order."""
        seen = hashlib.sha256()
        for number, line in enumerate(lines_of(path), start=1):
            with self.reading(f"{path} line {number}"):
                event = json.loads(line)
                entry, private, salt = json.loads(event["entry"]), event["private"], bytes.fromhex(event["salt"] or "")
                seen.update(event["entry"].encode() + b"\n")
                digest = None if private is None else hashlib.sha256(salt + private.encode()).hexdigest()
                erased = [self.purged[each] for each in (entry["doc_code"], entry["scan_sha256"]) if each in self.purged]
                is_purged = private is None and (erased or entry["seq"] in self.lost)
                if private is None and entry["private_sha256"] and erased:
                    self.is_published(f"{path.relative_to(self.root)} line {number}", min(erased))
                if digest != entry["private_sha256"] and not is_purged:
                    self.find("private-altered", path, f"what is private of entry {entry['seq']} is not what was logged")
        if seen.digest() != self.days.get(day, hashlib.sha256()).digest():
            self.find("events-altered", path, "the day's events are not those of the log")

    def catalogue(self) -> None:
        """The catalogue, where there is one, goes on from the published log and tells what it files."""
        path, published, count = self.root / "catalogue.db", self.whole.digest(), 0
        if not is_plain(path):
            return self.notes.append("no catalogue.db: nothing of it was checked")
        with self.reading(path):
            db, seen = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True), hashlib.sha256()
            for count, (entry,) in enumerate(db.execute("select entry from leaf order by seq"), start=1):
                seen.update(entry.encode() + b"\n" if count <= self.published else b"")
                if count > self.published and seen.digest() == published:
                    self.add(entry.encode())
                    row = db.execute("select type, doc_code, public from event where seq = ?", (count - 1,)).fetchone()
                    said = [json.loads(entry)[name] for name in ("type", "doc_code", "public")]
                    if row is None or [*row[:2], json.loads(row[2])] != said:
                        self.find("catalogue-altered", f"entry {count - 1}", "has a leaf, and no event that says the same")
            if seen.digest() != published:
                code = "catalogue-replayed" if count < self.published else "catalogue-altered"
                self.find(code, path, f"its {count} entries do not begin with the {self.published} that were published")
            for (day,) in db.execute("select day from checkpoint"):
                if not is_plain(self.root / "_log" / day / "checkpoint"):
                    self.find("head-missing", f"_log/{day}", "the catalogue knows a head of the log that is not there")
            rows = {row[0]: row[1:] for row in db.execute("select doc_code, state, path, sha256, record_sha256 from document")}
            for code in sorted({*rows, *self.state}):
                told = (self.state.get(code), *self.filed.get(code, (None,) * 3))
                if told[0] != "gone" and rows.get(code) != told:
                    self.find("catalogue-altered", code, "is not what the log says of it")
        self.notes += [f"of {len(self.lost)} entries what is private was lost with a catalogue"] if self.lost else []
        self.notes.append(f"{len(self.times) - self.published} entries are not published yet: of them only the catalogue tells")
        self.notes.append("of the catalogue its log, codes, states, paths and digests were checked: no title, word or description")


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks an archive from its folder alone.")
    parser.add_argument("archive", type=Path)
    parser.add_argument("--root", type=certified, action="append", default=[], help="certificates to trust, PEM")
    parser.add_argument("--witness", type=Path, action="append", default=[], help="a checkpoint that was kept elsewhere")
    parser.add_argument("--signer", action="append", default=[], help="certificate that must have signed, PEM, or its SHA-256")
    parser.add_argument("--witness-key", action="append", default=[], help="name+id+key of a witness")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    bare = not any(re.fullmatch("_log|_tools|catalogue.db|[0-9]{4}", each.name) for each in asked.archive.glob("*"))
    if bare or "" in pinned(asked.signer) or (asked.signer and not asked.root):
        parser.error(f"{asked.archive} is no archive" if bare else "--signer wants certificates (PEM, SHA-256), and --root too")
    with tempfile.TemporaryDirectory() as work:
        Path(work, "roots").write_bytes(b"\n".join(path.read_bytes() for path in asked.root))
        check = Check(asked.archive.resolve(), Path(work), bool(asked.root), pinned(asked.signer))
        for step in (check.look_round, lambda: check.read_log(asked.witness), check.catalogue, check.signatures,
                     lambda: check.cosigned(asked.witness_key), check.bags):  # fmt: skip
            with check.reading(check.root):
                step()
    counts = {"entries": check.published, "heads": len(check.heads), "days": len(check.sealed), "documents": len(check.filed)}
    lines = [*("  ".join(each.values()) for each in check.findings), *(f"note: {each}" for each in check.notes), f"{counts}"]
    told = {"ok": not check.findings, **counts, "findings": check.findings, "notes": check.notes}
    print(json.dumps(told) if asked.json else "\n".join(re.sub("[^ -~\u00a1-\u1eff]", "?", line) for line in lines))
    return 3 if check.findings else 0


if __name__ == "__main__":
    sys.exit(main())
