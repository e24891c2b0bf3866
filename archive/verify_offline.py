#!/usr/bin/env python3
"""Checks an archive from its folder alone: Python's standard library and `openssl`, nothing of the program that wrote it.

    python3 -I verify.py ARCHIVE [--root PEM]... [--signer PEM|SHA-256]... [--witness CHECKPOINT]... [--witness-key KEY]... [--json]

FORMAT.md says what lies in ARCHIVE and what each code means, --help the rest. Roots are had from their authorities, not this disk.
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
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

# --- What FORMAT.md says

FAULTS = (ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RecursionError, TypeError, ValueError, sqlite3.Error)
VIETNAM = dt.timezone(dt.timedelta(hours=7))
NOW = dt.datetime.now(VIETNAM)
SLACK = dt.timedelta(minutes=1)  # between clocks
LATE = dt.timedelta(days=14)  # for so long an entry may wait for its time-stamp
MOST = 1 << 36  # bytes of a file that is read: one may say that it is larger than any disk
STATES = {"numbered": ("never given", "numbered"), "filed": ("numbered", "filed"), "adopted": ("numbered", "filed"),
          "void": ("numbered", "void"), "superseded": ("filed", "void")}  # by event: state of its code before, after  # fmt: skip
HEAD = re.compile("(([!-*,-~]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n)\n((?:\u2014 [!-*,-~]+ [A-Za-z0-9+/]+=*\n)+)")
PUBLIC = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA{}\n-----END PUBLIC KEY-----\n"  # an Ed25519 key in PEM
TAGS, EVENTS, DAY = "tagmanifest-sha256.txt", "data/events.jsonl", "[0-9]{4}-[0-9]{2}-[0-9]{2}"
KNOWN = re.compile(rf"FORMAT\.md|catalogue\.db(-journal)?|_tools/verify\.py|_log/(checkpoint|keys/[0-9a-f]{{8}}\.(pem|txt))"
                   rf"|_log/cosigned/[0-9]{{12}}-[0-9a-f]{{8}}-[0-9]+|_log/{DAY}/(entries\.jsonl|checkpoint(\.(p7s|tsr)(\.pem)?)?)"
                   rf"|_log/revocation/\w+\.crl|_log/({DAY}|renewals/[0-9]{{4}})/evidence\.(sha(256|384|512)|before|tst(\.pem)?)")
UNPUBLISHED = "removed or erased by order, of which only the catalogue tells: not published yet"


class Head(NamedTuple):
    """A checkpoint: what it says of the log, and who signed that."""

    size: int  # how many entries the log had
    path: Path
    root: bytes  # of their tree
    origin: str  # the log's name
    body: str  # what is signed
    lines: list[tuple[str, bytes]]  # by whom: name, and id of the key with the signature


class Day:
    """A day's shelf."""

    def __init__(self) -> None:
        self.files = set[str]()  # what lies there
        self.events = hashlib.sha256()  # of the entries that the log has of that day
        self.filed = dict[str, str]()  # SHA-256 of what the log says was filed there
        self.sealed = dict[str, Any]()  # what the log says of its last sealing


# --- Files, and what `openssl` says of them


def is_plain(path: Path) -> bool:
    """Whether it is a file; reading anything else might never end."""
    return path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST


def lines_of(path: Path) -> list[bytes]:
    """Lines of a plain file; a last one without an end is not as it was written, and is spoiled."""
    *lines, rest = path.read_bytes().split(b"\n") if is_plain(path) else [b""]
    return [*lines, rest + b" (no end)"] if rest else lines


def listed_in(path: Path) -> dict[str, str]:  # digests by path, as `sha256sum` writes them
    return {place: digest for digest, place in (os.fsdecode(line).split("  ", 1) for line in lines_of(path))}


def digest_of(path: Path, name: str = "sha256") -> str:  # empty of what is no plain file
    digest = hashlib.new(name)
    if not is_plain(path):
        return ""
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def openssl(*words: object, why: str = "") -> str | None:
    """What it printed; nothing where it refused (saying why, if that is asked for), or a file it was to read is none."""
    if not all(is_plain(word) for word in words if isinstance(word, Path)):
        return None
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, errors="replace", check=False)
    return None if done.returncode and why in done.stderr else done.stdout


def certificates(path: Path) -> list[bytes]:  # in PEM there, DER here
    text = path.read_text("latin-1") if path.is_file() else ""
    return [base64.b64decode(block) for block in re.findall("-----BEGIN CERTIFICATE-----([^-]*)-----END", text)]


def signers(given: str) -> set[str]:
    """SHA-256 of the certificates that --signer names: one itself, or those in a file."""
    named = [given.replace(":", "").lower()] if re.fullmatch("[0-9A-Fa-f:]{64,95}", given) else []
    return {*named, *(hashlib.sha256(each).hexdigest() for each in certificates(Path(given)))}


class Check:
    """One run: what the log says, what lies there, and what of it is wrong."""

    def __init__(self, root: Path, work: Path, has_roots: bool, signers: set[str]) -> None:
        self.root, self.work, self.has_roots, self.signers = root, work, has_roots, signers
        self.findings, self.notes = dict[tuple[str, str, str], None](), dict[str, None]()  # in order, each once
        # The log as a tree: its name; heads published here, and signed by witnesses; perfect subtrees (width, node); roots by size
        self.origin, self.heads, self.cosigns = "", list[Head](), list[Head]()
        self.peaks, self.roots = list[tuple[int, bytes]](), dict[int, bytes]()
        # Its entries: when each was made, how many are published, SHA-256 of these
        self.times, self.published, self.whole = list[dt.datetime](), 0, hashlib.sha256()
        # What it says of files in `_log`, by folder and name: of what, SHA-256; by token: when lists were kept of it, and which;
        # by head: its time-stamp's time; by what a renewal lists: that renewal's time; of witnesses: size, name, key, time
        self.laid, self.lists = defaultdict[str, dict[str, tuple[str, str]]](dict), dict[Path, tuple[dt.datetime, list[str]]]()
        self.stamped, self.until = dict[Path, dt.datetime](), dict[Path, dt.datetime]()
        self.witnessed = set[tuple[int, str, str, int]]()
        # What it says of documents: by day; by path the codes it was filed for; by code its state; by code path and digests of what
        # was filed; by entry the paths that it filed
        self.days, self.owners = defaultdict[str, Day](Day), defaultdict[str, set[str]](set)
        self.state, self.filed, self.covered = dict[str, str](), dict[str, tuple[str, str, str]](), dict[int, list[str]]()
        # Entries of removals: by path, that it was removed; by code, that an order was begun, and ended; by code or scan, erased
        self.removed, self.asked, self.gone, self.purged = (dict[Any, int]() for _ in range(4))
        # Entries whose private facts a catalogue lost; by entry of which that was told, from where on to look for others
        self.lost, self.after = set[int](), dict[int, int]()

    def find(self, code: str, where: object, detail: str, unless: object = False) -> None:
        if not unless:
            self.findings[code, str(where).replace(f"{self.root}/", "", 1), detail] = None

    def note(self, text: str) -> None:
        self.notes[text] = None

    @contextlib.contextmanager
    def reading(self, where: object) -> Iterator[None]:
        """What cannot be read is told, and the rest goes on."""
        try:
            yield
        except FAULTS as error:
            self.find("unreadable", where, f"not as FORMAT.md says: {type(error).__name__}: {error}"[:200])

    # --- What lies there

    def look_round(self) -> None:
        """Nothing but plain files and folders, where FORMAT.md knows them."""
        for base, folders, names in os.walk(self.root, onerror=lambda error: self.find("unreadable", error.filename, str(error))):
            for path in (os.path.join(base, name) for name in (*folders, *names)):
                place, is_file = path[len(str(self.root)) + 1 :], os.path.isfile(path)
                if os.path.islink(path) or not (is_file or os.path.isdir(path)):
                    self.find("not-a-file", path, "a link, or something else that is no plain file")
                elif is_file and re.match("[0-9]{4}/[0-9]{2}/[0-9]{2}/", place):
                    self.days[place[:10]].files.add(place)
                elif is_file and not KNOWN.fullmatch(place):
                    self.find("orphan", path, "belongs to no day", unless=not re.match("[0-9]", place))
                    self.note(f"not checked: {place}")

    def head(self, path: Path) -> list[Head]:
        """The checkpoint that lies there; none where it is none, or has more than 64 KiB."""
        with self.reading(path):
            if found := HEAD.fullmatch(path.read_bytes().decode() if is_plain(path) and path.stat().st_size <= 1 << 16 else ""):
                body, origin, size, root, lines = found.groups()
                signed = [(name, base64.b64decode(coded)) for _, name, coded in map(str.split, lines.splitlines())]
                return [Head(int(size), path, base64.b64decode(root), origin, body, signed)]
            self.find("checkpoint-bad", path, "is not there, or is no checkpoint")
        return []

    # --- The log: its entries lead to the roots that were signed

    def log(self, kept: list[Path]) -> None:
        """All published entries against all heads: those that lie here, and those that somebody else kept."""
        self.cosigns = [head for path in sorted((self.root / "_log/cosigned").glob("*")) for head in self.head(path)]
        seen, entries = [*(head for path in kept for head in self.head(path)), *self.cosigns], list[tuple[int, Path]]()
        for folder in sorted(path for path in (self.root / "_log").glob("*-*-*") if re.fullmatch(DAY, path.name)):
            found = self.head(folder / "checkpoint")
            entries.append((max((head.size for head in found or self.heads), default=0), folder / "entries.jsonl"))
            self.heads += found
        self.heads.sort()
        self.roots = dict.fromkeys((head.size for head in (*self.heads, *seen)), b"")
        for _, path in sorted(entries):
            with self.reading(path):
                for line in lines_of(path):
                    self.add(line)
        self.published = len(self.times)
        if not self.heads:
            return self.find("log-missing", "_log", "there is no published head of the log")
        last, newest = self.heads[-1], [(head.body, head.lines) for head in self.head(self.root / "_log/checkpoint")]
        self.find("checkpoint-replayed", "_log/checkpoint", "is not the newest head", unless=newest == [(last.body, last.lines)])
        self.find("log-altered", last.path, f"number of entries: {self.published}", unless=last.size == self.published)
        for head, is_seen in (*((head, False) for head in self.heads), *((head, True) for head in seen)):
            code = "log-altered" if not is_seen else "log-forked" if head.size <= self.published else "log-shortened"
            self.find(code, head.path, "is no head of the entries that lie here", unless=self.roots[head.size] == head.root)
            self.find("log-exchanged", head.path, "the log's name is not its first entry's", unless=head.origin == self.origin)

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
        self.times.append(self.times[-1] if self.times else dt.datetime.fromtimestamp(0, VIETNAM))
        with self.reading(f"entry {number}"):
            entry = json.loads(line)
            at = dt.datetime.fromisoformat(entry["at"].replace("Z", "+00:00")).astimezone(VIETNAM)
            is_next = entry["seq"] == number and at >= self.times[-1]
            self.find("log-order", f"entry {number}", "numbers have a gap, or time goes back", unless=is_next)
            self.times[-1], day = at, f"{at:%Y/%m/%d}"
            self.days[day].events.update(line + b"\n")
            self.tell(entry, day, entry["public"])

    # --- What entries say: it is gathered here, and held against what lies there further down

    def tell(self, entry: dict[str, Any], day: str, public: dict[str, Any]) -> None:
        """What an entry of that day says."""
        kind, seq, code, where = entry["type"], entry["seq"], entry["doc_code"], f"entry {entry['seq']}"
        if kind in STATES:
            self.step(entry, code, day)
        elif kind in ("sealed", "resealed"):
            shelf = self.days[public["day"].replace("-", "/")]
            self.find("log-order", where, f"{public['day']} is sealed a second time", unless=kind == "resealed" or not shelf.sealed)
            shelf.sealed = {**public, "seq": seq, "type": kind}
        elif kind == "removed":
            self.removed.setdefault(public["path"], seq)
        elif kind == "dispose-asked":
            self.asked.setdefault(code, seq)
        elif kind in ("disposed", "purged"):
            self.remove(entry, code)
        elif kind == "renewed":
            folder, name = f"_log/renewals/{int(public['number']):04}", f"evidence.{public['digest']}"
            self.find("log-order", where, f"renewal {public['number']} is told twice", unless=folder not in self.laid)
            self.lay(folder, "renewal", {name: public["list_sha256"], "evidence.tst": public["token_sha256"]})
        elif kind == "revocation-kept":
            names = {f"{public[key]}.crl": public[key] for key in public if key.startswith("list_")}
            self.lay("_log/revocation", "revocation", names)
            self.lists.setdefault(self.root / public["token"], (self.times[-1], [f"_log/revocation/{name}" for name in names]))
        elif kind == "published":  # `day` and `size`, and by name the files of that head
            names = {name: public[name] for name in public if name not in ("day", "size", "clock_behind_us")}
            self.lay(f"_log/{dt.date.fromisoformat(public['day'])}", "head", names)
        elif kind == "head-lost":  # by a person's word: what was laid down of it until then does not count any more
            self.laid.pop(f"_log/{dt.date.fromisoformat(public['day'])}", None)
            self.note(f"head of {public['day']}: {public['files']} of its files were lost, and made again after {where}")
        elif kind == "witnessed":
            self.witnessed.add((public["size"], public["witness"], public["key"], public["seen_at"]))
        elif kind == "rebuilt":  # what only a lost catalogue knew of days that were not sealed yet
            for first, last in re.findall("([0-9]{1,9})(?:-([0-9]{1,9}))?", public["lost_private"]):
                self.lose(int(first), min(int(last or first) + 1, len(self.times)))

    def step(self, entry: dict[str, Any], code: str, day: str) -> None:
        """A code is given, filed, or void: each in its turn, and numbers without a gap."""
        was, (before, now) = self.state.get(code, "never given"), STATES[entry["type"]]
        file, _, place = code.rpartition(".")
        is_next = entry["type"] != "numbered" or int(place) == 1 or f"{file}.{int(place) - 1:07}" in self.state
        detail = f"is said to be {entry['type']}, and was {was}" if is_next else "comes after a gap in its file"
        self.find("renumbered", code, detail, unless=was == before and is_next)
        self.state[code] = now
        if now == "filed":
            self.file(entry, code, entry["public"], day)

    def remove(self, entry: dict[str, Any], code: str | None) -> None:
        """An order was carried out; of a scan that became part of another one there is no code."""
        if code:
            self.state[code] = "gone"
        if code in self.asked:
            self.gone.setdefault(code, entry["seq"])
        for each in {code, entry["scan_sha256"]} - {None} if entry["type"] == "purged" else ():
            self.purged.setdefault(each, entry["seq"])

    def lay(self, folder: str, what: str, names: dict[str, str]) -> None:
        """Files that lie in `_log`, by name with their SHA-256; of each the first that is told counts."""
        for name, digest in names.items():
            self.laid[folder].setdefault(name, (what, digest))

    def lose(self, at: int, end: int) -> None:
        """The private part of these entries is lost, where their day was not sealed yet; none is looked at twice."""
        passed = list[int]()
        while at < end:
            passed.append(at)
            if at not in self.after and not self.days[f"{self.times[at]:%Y/%m/%d}"].sealed:
                self.lost.add(at)
            at = self.after.get(at, at + 1)
        self.after.update(dict.fromkeys(passed, at))

    def file(self, entry: dict[str, Any], code: str, public: dict[str, Any], day: str) -> None:
        """What a filing says must lie there, and where; of a refiled document the record alone is new."""
        is_adopted, is_moved = entry["type"] == "adopted", bool(public.get("supersedes"))
        shelf, path, scan = public["shelf_day"].replace("-", "/") if is_adopted else day, public["path"], public["scan_path"]
        record = f"{shelf}/data/{code}.json"
        is_open = shelf <= day and not (is_adopted and self.days[shelf].sealed)
        is_there = self.filed[public["supersedes"]][:2] == (path, public["sha256"]) if is_moved else path == f"{record[:-5]}.pdf"
        self.find("re-dated", path, f"filed on {day}: that is not its shelf, or it was sealed by then", unless=is_open and is_there)
        self.filed[code] = (path, public["sha256"], public["record_sha256"])
        said = [(record, public["record_sha256"]), (path, public["sha256"]), (scan, entry["scan_sha256"])]
        data = (self.root / record).read_bytes() if is_plain(self.root / record) and not is_moved else b""
        if hashlib.sha256(data).hexdigest() == public["record_sha256"]:  # it names what proves the document's own signatures
            said += [(each["path"], each["sha256"]) for each in json.loads(data).get("companions") or ()]
        self.covered[entry["seq"]] = [place for place, _ in said[: 1 if is_moved else None]]
        for place, digest in said:
            self.owners[place].add(code)
            is_same = self.days[place[:10]].filed.setdefault(place, digest) == digest
            self.find("exchanged", place, f"{code} was filed with other bytes than those that lie there", unless=is_same)

    def was_removed(self, place: str) -> bool:
        """It is gone, by orders for all it was filed for, which the log tells from beginning to end."""
        beside = re.fullmatch("[0-9/]{10}/data/evidence/([^/]+[.][0-9]{7})[.][^/]+", place)
        codes = self.owners.get(place) or ({beside[1]} if beside else set[str]())
        if not codes or not codes <= self.gone.keys() or place not in self.removed or os.path.lexists(self.root / place):
            return False
        self.is_published(place, max(self.removed[place], *(self.gone[code] for code in codes)))
        return True

    def is_published(self, place: str, seq: int) -> None:
        """What the catalogue alone tells is published the same night: until then it is a note, and never for long."""
        if seq >= self.published:
            self.find("removal-unpublished", place, f"{UNPUBLISHED}, and should be", unless=self.times[seq] > NOW - LATE)
            self.note(f"{place}: {UNPUBLISHED}")

    # --- Who vouches for the log from outside

    def outside(self) -> None:
        """The log's key, what it says of files in `_log`; and, where there are roots, signatures and time-stamps of others."""
        self.note(f"keys of the log itself: {', '.join(sorted({*map(self.own_key, self.heads)} - {''}))}")
        for folder, names in sorted(self.laid.items()):
            for path, (what, digest) in ((self.root / folder / name, told) for name, told in sorted(names.items())):
                code = f"{what}-altered" if os.path.lexists(path) else f"{what}-missing"
                self.find(code, path, "is not the file that the log tells of", unless=digest_of(path) == digest)
        if not self.has_roots:
            return self.note("signatures of the organisation and time-stamps were not checked: no --root was given")
        for token in sorted(filter(is_plain, self.root.glob("_log/renewals/*/evidence.tst")), reverse=True):  # newest first
            with self.reading(token):  # what it lists counts as of its time, whatever has ended since
                root, listed = self.tree(token)
                if at := self.token(token, self.times[0], "-digest", root):
                    self.until.update((self.root / place, at) for place in listed)
        for name, check in (("checkpoint.tsr", self.stamp), ("evidence.tst", self.evidence), ("checkpoint.p7s", self.signature)):
            begin, last_one = 0, max((head.size for head in self.heads if is_plain(head.path.with_name(name))), default=0)
            for head in self.heads:
                path, entries, begin = head.path.with_name(name), range(begin, head.size), head.size
                with self.reading(path):
                    if is_plain(path):
                        check(path, head.path, entries)
                    elif head.size < last_one or self.times[entries[0]] < NOW - LATE:
                        self.find("signature-missing", path, "is not there, and is not still to come")
                    else:
                        self.note(f"{path.parent.name}: no {name} yet: nobody outside vouches for this head")

    def signed(self, key: bytes, text: str, signature: bytes) -> bool:
        """Whether a signature (Ed25519) by this key is over this text."""
        words, pem = ["pkeyutl", "-verify", "-rawin", "-pubin"], PUBLIC.format(base64.b64encode(key).decode())
        for word, data in (("-inkey", pem.encode()), ("-in", text.encode()), ("-sigfile", signature)):
            words += [word, str(self.work / word)]
            (self.work / word).write_bytes(data)
        return openssl(*words) is not None

    def own_key(self, head: Head) -> str:
        """The id of the log's key that signed this head: it is that of the key, and both files there are of this one."""
        for data in (data for name, data in head.lines if name == head.origin):
            path = self.root / f"_log/keys/{data[:4].hex()}.pem"
            with self.reading(path):
                text = path.read_text("latin-1") if is_plain(path) else ""
                key = b"\1" + base64.b64decode(text[43:87])
                id = hashlib.sha256(head.origin.encode() + b"\n" + key).hexdigest()[:8]
                is_told = lines_of(path.with_suffix(".txt")) == [f"{head.origin}+{id}+{base64.b64encode(key).decode()}".encode()]
                if is_told and text == PUBLIC.format(text[43:87]) and id == path.stem and self.signed(key[1:], head.body, data[4:]):
                    return path.stem
        self.find("note-invalid", head.path, "the log's own signature does not verify")
        return ""

    def witnesses(self, keys: list[str]) -> None:
        """What witnesses signed, by those of their keys that are given; that these are heads of this log `log` tells."""
        there = set[tuple[int, str, str, int]]()
        for head, name, data in [(each, *line) for each in self.cosigns for line in each.lines if line[0] != each.origin]:
            with self.reading(head.path):
                id, at, signature = data[:4].hex(), int.from_bytes(data[4:12], "big"), data[12:]
                held = [base64.b64decode(key.split("+", 2)[2])[1:] for key in keys if key.startswith(f"{name}+{id}+")]
                text = f"cosignature/v1\ntime {at}\n{head.body}"
                holds = len(signature) == 64 and all(self.signed(key, text, signature) for key in held)
                self.find("witness-invalid", head.path, f"the line of {name} is no witness's, or does not verify", unless=holds)
                self.note(f"{name} signed the head of size {head.size}" + ("" if held else ": not checked, no --witness-key"))
                there.add((head.size, name, id, at))
        for size, name, id, at in sorted(self.witnessed - there):
            self.find("witness-missing", f"_log/cosigned/{size:012}-{id}-{at}", f"the log tells that {name} signed this head")

    def stamp(self, token: Path, head: Path, entries: range) -> None:
        """The token is over these very bytes, not before and not long after what they cover."""
        if at := self.token(token, self.times[entries[-1]], "-data", head):
            self.stamped[head], first = at, self.times[entries[0]]
            self.find("stamped-late", token, f"is over entries since {first:%Y-%m-%d}: written again?", unless=at <= first + LATE)

    def evidence(self, token: Path, head: Path, entries: range) -> None:
        """The time-stamp is over the hash tree (RFC 4998) of what was filed until this head, and not before that."""
        root, listed = self.tree(token)
        self.token(token, self.times[entries[-1]], "-digest", root)
        for place in (head.relative_to(self.root).as_posix(), *(each for seq in entries for each in self.covered.get(seq, ()))):
            is_so = place in listed or self.was_removed(place)
            self.find("evidence-altered", place, f"filed by {head.parent.name}, and not on that night's list", unless=is_so)

    def signature(self, signature: Path, head: Path, entries: range) -> None:
        """The organisation signed these very bytes, with a certificate that was good when they were time-stamped."""
        who, when = self.work / "who", int(self.stamped.get(head, self.times[entries[-1]]).timestamp())
        verify = ("cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content", head, "-out", os.devnull)
        trust = ("-CAfile", self.work / "roots", "-certfile", Path(f"{signature}.pem"), "-purpose", "any", "-attime", when)
        if openssl(*verify, *trust, "-signer", str(who)) is None:
            return self.find("signature-invalid", signature, "the organisation's signature does not verify")
        digests = signers(str(who))
        if self.signers and not self.signers & digests:
            self.find("signer-unknown", signature, f"no --signer: {'; '.join(sorted(digests))}")
        name = openssl("x509", "-in", who, "-noout", "-nameopt", "RFC2253,-esc_msb,utf8", "-subject") or ""
        self.note(f"signed by: {name.strip()}")

    def token(self, token: Path, last: dt.datetime, *over: object) -> dt.datetime | None:
        """The time of a time-stamp over these bytes, not before `last`; it leads to a root as of then, and as of its renewal."""
        form, pem, until = ("-token_in",) * (token.suffix == ".tst"), Path(f"{token}.pem"), self.until.get(token, NOW)
        text = openssl("ts", "-reply", *form, "-in", token, "-text") or ""
        said = re.search(r"Time stamp: (\w+ +\d+ [\d:]+)[.\d]* (\d+) GMT", text.rpartition("TST info:")[2])  # unsigned before
        at = dt.datetime.strptime(f"{said[1]} {said[2]} +0000", "%b %d %H:%M:%S %Y %z") if said else NOW
        is_own = all(map(token.read_bytes().__contains__, certificates(pem)))
        self.find("certificates-altered", pem, "did not come with the time-stamp", unless=is_own)
        self.find("renewal-order", token, "is of a later time than the renewal that lists it", unless=at <= until + SLACK)

        def holds(when: dt.datetime, roots: str = "roots", *more: str, why: str = "") -> bool:
            trust = ("-CAfile", self.work / roots, "-untrusted", pem, "-attime", int(when.timestamp()))
            return openssl("ts", "-verify", *form, "-in", token, *over, *trust, *more, why=why) is not None

        for when, code in ((at, "token-invalid"), (until, "token-expired")):
            if not holds(when):
                self.find(code, token, f"the time-stamp does not verify as of {when:%Y-%m-%d}")
                return None
        if token in self.lists:
            when, names = self.lists[token]
            lists = [openssl("crl", "-inform", "DER", "-in", self.root / name) or "" for name in names]
            (self.work / "lists").write_text("".join([(self.work / "roots").read_text("latin-1"), *lists]), "latin-1")
            if not holds(when, "lists", "-crl_check_all", why="certificate revoked"):
                self.find("token-revoked", token, "a certificate of who gave it is on a revocation list that was kept of it")
            elif not holds(when, "lists", "-crl_check_all"):
                self.note(f"{token.relative_to(self.root)}: by its revocation lists nobody can tell if who gave it was revoked")
        self.find("re-dated", token, "what it is over claims a later time", unless=at >= last - SLACK)
        return at

    def tree(self, token: Path) -> tuple[str, dict[str, str]]:
        """Root of the hash tree over the files listed beside a token; each is as it was listed, or was removed by order."""
        (path,), nodes = token.parent.glob("evidence.sha*"), set[bytes]()
        name, listed, before = path.suffix[1:], listed_in(path), listed_in(token.with_name("evidence.before"))
        is_in_order = list(listed) == sorted(listed) and len(listed) == len(lines_of(path))
        self.find("evidence-altered", path, "its lines are not in order, or a path stands there twice", unless=is_in_order)
        for place, was in listed.items():
            is_read = name == "sha256" and "/evidence/" not in place  # by `bags`, against what the log says was filed
            now = (is_read and self.days[place[:10]].filed.get(place)) or digest_of(self.root / place, name)
            is_so = now == was or self.is_unread(place) or self.was_removed(place)
            self.find("evidence-altered", place, f"not what {path.parent.name} lists", unless=is_so)
            leaf = bytes.fromhex(was + before.get(place, ""))
            nodes.add(hashlib.new(name, leaf).digest() if place in before else leaf)
        row = sorted(nodes)
        while len(row) > 1:
            pairs = [sorted(row[at : at + 2]) for at in range(0, len(row), 2)]
            row = [hashlib.new(name, b"".join(pair)).digest() if len(pair) > 1 else pair[0] for pair in pairs]
        return row[0].hex(), listed

    # --- The days: what lies there is what the manifests list, and what the log says was filed

    def bags(self) -> None:
        """Every day that is sealed, or ought to be."""
        last = max((shelf for shelf, day in self.days.items() if day.sealed), default="")
        for shelf in sorted(shelf for shelf, day in self.days.items() if day.sealed or day.files or day.filed):
            day, folder = self.days[shelf], self.root / shelf
            with self.reading(folder):
                if day.sealed and day.files:
                    self.bag(shelf, day)
                elif day.sealed:
                    self.find("bag-missing", folder, "a sealed day is not there")
                elif f"{shelf}/bagit.txt" in day.files or shelf < last:
                    self.find("day-unknown", folder, "it or a later day is sealed, and the log does not say so: was it shortened?")
                else:
                    self.note(f"{shelf} is not sealed yet, and was not checked")

    def bag(self, shelf: str, day: Day) -> None:
        """The manifests are the log's, the files are the manifest's and the log's, the events are the log's."""
        if day.sealed["seq"] >= self.published:
            self.note(f"{shelf}: its sealing is not published yet: only the catalogue tells of it")
            is_so = day.sealed["type"] == "sealed" or any(seq >= self.published for seq in self.purged.values())
            is_so |= any(self.was_removed(place) for place in self.removed if place.startswith(f"{shelf}/"))
            self.find("removal-unpublished", shelf, "sealed anew, and nothing went", unless=is_so)
        listed: dict[str, str] = {}
        for name, key in ((TAGS, "tagmanifest_sha256"), (TAGS[3:], "manifest_sha256")):
            path = self.root / shelf / name
            with self.reading(path):
                if key == "tagmanifest_sha256" and key not in day.sealed:
                    self.note(f"{shelf}: the log does not know its {name}")
                elif digest_of(path) != day.sealed.get(key):
                    self.find("manifest-altered", path, "is not there, or not the one the log knows")
                for each, said in listed_in(path).items():
                    listed[f"{shelf}/" + re.sub("%25|%0[AaDd]", lambda found: chr(int(found[0][1:], 16)), each)] = said
        for place in sorted({*day.files, *listed, *day.filed} - {f"{shelf}/{TAGS}"}):
            with self.reading(place):
                self.shelved(place, listed.get(place), day.filed.get(place))
        with self.reading(f"{shelf}/{EVENTS}"):
            self.events(self.root / shelf / EVENTS, day)

    def shelved(self, place: str, listed: str | None, filed: str | None) -> None:
        """Manifest, log and disk tell the same; what was removed by order is told as such."""
        may_lie_beside = filed is None and re.fullmatch(f"{EVENTS}|data/evidence/.*|[^/]+", place[11:])
        if self.was_removed(place):
            self.note(f"{place}: removed by order")
        elif not listed:
            self.find("missing" if filed else "orphan", place, "in no manifest")
        elif filed != listed and not may_lie_beside:
            self.find("exchanged" if filed else "orphan", place, "is not what the log says was filed")
        elif self.is_unread(place):
            self.find("too-large", place, "has more than 64 GiB, and was not read: nobody can tell what it is")
        elif digest_of(self.root / place) != listed:
            code = "altered" if os.path.lexists(self.root / place) else "missing"
            self.find(code, place, "its bytes are not those of the manifest")

    def is_unread(self, place: str) -> bool:
        """A file that is too large to be read here, and no larger than its whole day was when it was sealed."""
        path, most = self.root / place, self.days[place[:10]].sealed.get("octets", 0)
        return path.is_file() and MOST < path.stat().st_size <= most

    def events(self, path: Path, day: Day) -> None:
        """The events are those of the log; what is private in them is what was logged, unless it was erased by order."""
        seen = hashlib.sha256()
        for number, line in enumerate(lines_of(path), start=1):
            with self.reading(f"{path} line {number}"):
                event = json.loads(line)
                entry, private, salt = json.loads(event["entry"]), event["private"], bytes.fromhex(event["salt"] or "")
                seen.update(event["entry"].encode() + b"\n")
                digest = None if private is None else hashlib.sha256(salt + private.encode()).hexdigest()
                is_same = digest == entry["private_sha256"] or (private is None and entry["seq"] in self.lost)
                erased = [self.purged[each] for each in (entry["doc_code"], entry["scan_sha256"]) if each in self.purged]
                is_gone = private is None and erased
                self.find("private-altered", path, f"entry {entry['seq']} has other private facts", unless=is_same or is_gone)
                if is_gone and not is_same:
                    self.is_published(f"{path.relative_to(self.root)} line {number}", min(erased))
        self.find("events-altered", path, "the day's events are not those of the log", unless=seen.digest() == day.events.digest())

    # --- The catalogue

    def catalogue(self) -> None:
        """The catalogue, where there is one, goes on from the published log and tells what it files."""
        path, published, count = self.root / "catalogue.db", self.whole.digest(), 0
        if path.is_symlink() or not path.is_file():
            return self.note("no catalogue.db: nothing of it was checked")
        with self.reading(path):
            db, seen = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True), hashlib.sha256()
            steps = iter(range(path.stat().st_size // 100_000 + 100))  # a view without end must not be read without end
            db.set_progress_handler(lambda: next(steps, None) is None, 100_000)
            events = "select entry, type, doc_code, public from leaf left join event using (seq) order by seq"
            for count, (entry, *row) in enumerate(db.execute(events), start=1):
                if count <= self.published:
                    seen.update(entry.encode() + b"\n")
                elif seen.digest() == published:
                    self.add(entry.encode())
                    said = [json.loads(entry)[name] for name in ("type", "doc_code", "public")]
                    is_same = [*row[:2], json.loads(row[2] or "null")] == said
                    self.find("catalogue-altered", f"entry {count - 1}", "no event says what its leaf says", unless=is_same)
            code = "catalogue-replayed" if count < self.published else "catalogue-altered"
            self.find(code, path, "its entries do not begin with those that were published", unless=seen.digest() == published)
            for (day,) in db.execute("select day from checkpoint"):
                self.find("head-missing", f"_log/{day}", "was published", unless=is_plain(self.root / f"_log/{day}/checkpoint"))
            rows = {row[0]: row[1:] for row in db.execute("select doc_code, state, path, sha256, record_sha256 from document")}
            for code in sorted({*rows, *self.state}):
                told, row = (self.state.get(code), *self.filed.get(code, (None,) * 3)), rows.get(code, (None,))
                is_same = row == told or (told[0] == "gone" and row[0] in ("disposed", "purged"))
                self.find("catalogue-altered", code, "is not what the log says of it", unless=is_same)
        if self.lost:
            self.note(f"entries whose private part was lost with a catalogue: {len(self.lost)}")
        self.note(f"entries not published yet, of which only the catalogue tells: {len(self.times) - self.published}")
        self.note("of the catalogue its log, codes, states, paths and digests were checked: no title, word or description")


# --- The command


def main() -> int:
    parser = argparse.ArgumentParser(description="Checks an archive from its folder alone.")
    parser.add_argument("archive", type=Path)
    parser.add_argument("--root", type=Path, action="append", default=[], help="certificates to trust, PEM")
    parser.add_argument("--witness", type=Path, action="append", default=[], help="a checkpoint that was kept elsewhere")
    parser.add_argument("--signer", type=signers, action="append", default=[], help="certificate that must have signed, or SHA-256")
    parser.add_argument("--witness-key", action="append", default=[], help="name+id+key of a witness")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    bare = not any(re.fullmatch("_log|_tools|catalogue.db|[0-9]{4}", each.name) for each in asked.archive.glob("*"))
    if bare or not all([*map(certificates, asked.root), *asked.signer]) or (asked.signer and not asked.root):
        parser.error(f"{asked.archive} is no archive" if bare else "--root, --signer want PEM certificates, the latter a --root")
    with tempfile.TemporaryDirectory() as work:
        Path(work, "roots").write_bytes(b"\n".join(path.read_bytes() for path in asked.root))
        check = Check(asked.archive.resolve(), Path(work), bool(asked.root), set().union(*asked.signer))
        for step in (check.look_round, lambda: check.log(asked.witness), check.catalogue, check.outside,
                     lambda: check.witnesses(asked.witness_key), check.bags):  # fmt: skip
            with check.reading(check.root):
                step()
    check.note("the seals within the PDFs were not checked: FORMAT.md says how")
    sealed = sum(bool(day.sealed) for day in check.days.values())
    counts = {"entries": check.published, "heads": len(check.heads), "days": sealed, "documents": len(check.filed)}
    findings = [{"code": code, "path": path, "detail": detail} for code, path, detail in check.findings]
    lines = [*map("  ".join, check.findings), *(f"note: {each}" for each in check.notes), f"{counts}"]
    told = {"ok": not findings, **counts, "findings": findings, "notes": [*check.notes]}
    print(json.dumps(told) if asked.json else "\n".join(re.sub("[^ -~\u00a1-\u1eff]", "?", line) for line in lines))
    return 3 if findings else 0


if __name__ == "__main__":
    there, most = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (there if most < 0 else min(there, most), most))  # a file may say that it is larger
    sys.setrecursionlimit(5000)  # as deep as folders can be
    sys.exit(main())
