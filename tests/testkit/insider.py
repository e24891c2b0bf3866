"""Somebody with the whole disk of an archive, and where an attack says so the log's key, the organisation's key and the
time-stamping authority at hand; and the archive they find: several days sealed, published, signed, time-stamped.

Promises: days lie some weeks back, so that what is signed afresh now bears today's time. What an attack does not change stays
consistent: manifests, heads and catalogue are made anew where it says so.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from archive import evidence, evidencelist
from archive.bag import manifest_of
from archive.checkpoint import NOTE_KEY, Checkpoint, Head, origin_of, signed, verifier_key
from archive.evidencelist import EvidenceList
from archive.heads import LogKey, Published, add
from archive.links import Order
from archive.log import leaf_hash, root
from archive.naming import local_date
from archive.record import Companion, DocumentKey, canonical_json
from archive.store import Archive
from tests.archive.conftest import CLERK, FILE, Office
from tests.archive.test_heads import log_key
from tests.testkit.answers import Holder, time_answer
from tests.testkit.authorities import Pki
from tests.testkit.proving import came_with, pem, prove, renew
from tests.testkit.signing import Way, cms_of
from tests.testkit.signing import token as token_over

OTHER = "H05.02.2026.02.VP"
A, B, VOID, LATER, BETTER = (f"{FILE}.{number:07}" for number in range(1, 6))
REFILED, BESIDE = (f"{OTHER}.{number:07}" for number in (2, 1))
AGO = dt.timedelta(days=40)
Entry = dict[str, Any]


@dataclass(frozen=True)
class House:
    """The archive as it was left, a copy of the day before, who signs, and what an auditor has at home."""

    root: Path
    yesterday: Path
    pki: Pki
    organisation: Holder
    authorities: tuple[Path, ...]
    kept: Path
    days: tuple[str, ...]

    @property
    def trust(self) -> tuple[str | Path, ...]:
        """Words for the verifier."""
        return tuple(word for path in self.authorities for word in ("--root", path))


def vouch(head: Published, pki: Pki, who: Holder, tsa: Pki | None = None) -> None:
    """The organisation's signature and a time-stamp of that clock, as `processor.publishing` lays them."""
    text = (head.folder / "checkpoint").read_bytes()
    add(head, "checkpoint.p7s", cms_of(hashlib.sha256(text).digest(), who, pki, Way(stamped=False, whole_chain=True)), pem(who))
    token = token_over(tsa or pki, hashlib.sha256(text).digest())
    add(head, "checkpoint.tsr", time_answer(token), came_with(token))


def house(place: Path, *, is_renewed: bool = False) -> House:
    """Four days: three are sealed, published, signed and stamped; on the last one things are still going on.

    Args:
        place: where it is built.
        is_renewed: its proofs were renewed after the second night.
    """
    office = Office(place)
    office.clock.now = dt.datetime.now(dt.UTC).replace(hour=5, minute=0, second=0, microsecond=0) - AGO
    pki = Pki(office.clock.now)
    who, archive, days = pki.organisation(rsa_key=False), office.open(), list[str]()

    def night() -> None:
        day = local_date(office.clock.now)
        office.clock.pass_(hours=14)
        archive.seal_day(day, "night")
        head = archive.publish(day, log_key())
        with pki.at(office.clock.now + dt.timedelta(seconds=5)):
            vouch(head, pki, who)
            prove(archive, head, pki)
            archive.note_heads("night")
            archive.keep_lists(f"_log/{day}/checkpoint.tsr", [pki.crl(pki.tsa_root)], "night")
        days.append(day.isoformat())
        office.clock.pass_(hours=10)

    _first_day(office, archive)
    night()
    shutil.copytree(office.root, place / "yesterday")
    archive.describe(B, {"subject": "Đính chính của bà Trần Thị B", "code_number": "07"}, CLERK)
    archive.file(office.filing(archive, "later"), CLERK)
    archive.refile(A, OTHER, "Xếp nhầm hồ sơ của ông Nguyễn Văn A", CLERK)
    night()
    if is_renewed:
        with pki.at(office.clock.now):
            renew(archive, pki)
    better = DocumentKey(hashlib.sha256(b"scan better").hexdigest(), "sao-y", FILE)
    archive.ask_supersede(Order(LATER, "Bản quét mờ", CLERK), better.scan_sha256, "sao-y")
    archive.file(office.filing(archive, "better"), CLERK)
    night()
    archive.file(office.filing(archive, "open"), CLERK)
    archive.close()
    authorities = tuple(place / name for name in ("root.pem", "tsa-root.pem"))
    for path, authority in zip(authorities, (pki.root, pki.tsa_root), strict=True):
        path.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    shutil.copy(office.root / "_log" / "checkpoint", place / "kept")
    return House(office.root, place / "yesterday", pki, who, authorities, place / "kept", tuple(days))


def _first_day(office: Office, archive: Archive) -> None:
    archive.declare_file(FILE, "Hồ sơ tổ chức cán bộ", maintenance="01", organ_id="H05.02", year=2026, actor=CLERK)
    archive.declare_file(OTHER, "Hồ sơ văn phòng", year=2026, actor=CLERK)
    for name in ("a", "b"):
        beside = (Companion("verification.json", office.blob("v", name.encode())),)
        archive.file(office.filing(archive, name, subject="Về việc", companions=beside), CLERK)
    archive.void(office.filing(archive, "blank").doc_code, "seal-failed", CLERK)
    scan = hashlib.sha256(b"scan beside").hexdigest()
    archive.file(office.filing(archive, "beside", key=DocumentKey(scan, "luu-tru", OTHER)), CLERK)
    for type, code in (("held", "blur"), ("rejected", "by-clerk")):
        public, private = {"code": code, "lane": "sao-y"}, {"reason": "Đơn của ông Lê Văn C không rõ"}
        archive.event(type, scan_sha256="ab" * 32, actor="may", public=public, private=private)


@dataclass
class Insider:
    """At work on a copy of the house."""

    house: House
    root: Path
    keys: LogKey = field(default_factory=log_key)

    @property
    def day(self) -> Path:
        """The first sealed day."""
        return self.shelf(self.house.days[0])

    def shelf(self, day: str) -> Path:
        """A day's folder."""
        return self.root / day.replace("-", "/")

    def pdf(self, code: str = A) -> Path:
        """A document."""
        return next(self.root.glob(f"*/*/*/data/{code}.pdf"))

    def head(self, number: int = 0) -> Path:
        """The published folder of a day."""
        return self.root / "_log" / self.house.days[number]

    def write(self, path: Path, data: bytes) -> None:
        """Bytes in place of others, whatever the modes say."""
        for folder in (path.parent, path.parent.parent):
            folder.chmod(0o755)
        path.unlink(missing_ok=True)
        path.write_bytes(data)

    def remove(self, path: Path) -> None:
        """A file less."""
        path.parent.chmod(0o755)
        path.unlink()

    def bag(self, folder: Path | None = None) -> tuple[str, str]:
        """The manifests of a day made anew of what lies there; their digests."""
        folder, digests = folder or self.day, list[str]()
        for name, places in (("manifest-sha256.txt", sorted((folder / "data").rglob("*"))),
                             ("tagmanifest-sha256.txt", [folder / each for each in ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")])):  # fmt: skip
            listed = {path.relative_to(folder).as_posix(): sha256(path) for path in places if path.is_file()}
            self.write(folder / name, manifest_of(listed))
            digests.append(sha256(folder / name))
        return digests[0], digests[1]

    def sql(self, *statements: str) -> None:
        """What the catalogue says is changed, its guards taken away."""
        db = sqlite3.connect(self.root / "catalogue.db")
        for (name,) in list(db.execute("select name from sqlite_master where type = 'trigger' and name not like 'search%'")):
            db.execute(f"drop trigger {name}")
        for statement in statements:
            db.execute(statement)
        db.commit()
        db.close()

    def tell(self, type: str, code: str | None = None, scan: str | None = None, *, now: bool = False, **public: str | int) -> None:
        """One more entry in the catalogue, event and leaf: for that no key is needed."""
        db = sqlite3.connect(self.root / "catalogue.db")
        seq, last = db.execute("select count(*), (select entry from leaf order by seq desc limit 1) from leaf").fetchone()
        at = f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%S.%fZ}" if now else json.loads(last)["at"]
        entry = {"seq": seq, "type": type, "at": at, "actor": CLERK, "doc_code": code, "scan_sha256": scan, "public": public,
                 "private_sha256": None}  # fmt: skip
        put(db, [(seq, canonical_json(entry))])
        db.commit()
        db.close()

    def lines(self, number: int) -> list[bytes]:
        """The entries a head adds."""
        return (self.head(number) / "entries.jsonl").read_bytes().splitlines()

    def rewrite(
        self, change: Callable[[list[Entry]], list[Entry] | None], *, signs: bool = False, now: bool = False, key: LogKey | None = None
    ) -> None:
        """The whole history written again, consistent in itself: log, bags, catalogue, heads.

        Args:
            change: what is changed in the entries; their numbers, and what sealings say, are made to fit.
            signs: with the organisation's key and new time-stamps; else those that were there stay.
            now: the new time-stamps are of today; else somebody set that authority's clock back to the hours they had.
            key: of the log; its own if none is given.
        """
        ends = {number: json.loads(self.lines(number)[-1])["seq"] for number in range(len(self.house.days))}
        db = sqlite3.connect(self.root / "catalogue.db")
        told = [json.loads(line) for (line,) in db.execute("select entry from leaf order by seq")]
        db.close()
        for entry in told:
            if entry["type"] == "published":  # of heads that will not be those
                entry["public"] = {name: entry["public"][name] for name in ("day", "size")}
        for entry in told:
            entry["head"] = next((number for number, last in ends.items() if entry["seq"] <= last), len(ends))
        entries = change(told)
        lines = list(self._sealed_again(told if entries is None else entries))
        self.sql("delete from leaf", "delete from event", "delete from checkpoint")
        db = sqlite3.connect(self.root / "catalogue.db")
        put(db, [(seq, line) for seq, (_, line) in enumerate(lines)])
        db.commit()
        db.close()
        for number in ends:
            self._published(number, [line for each, line in lines if each <= number], [line for each, line in lines if each == number], key)
            if signs:
                self.vouch(number, None if now else dt.timedelta(seconds=5))

    def _sealed_again(self, entries: list[Entry]) -> Iterator[tuple[int, bytes]]:
        private = {json.loads(row["entry"])["private_sha256"]: row for path in self.root.glob("*/*/*/data/events.jsonl")
                   for row in map(json.loads, path.read_bytes().splitlines())}  # fmt: skip
        made: list[tuple[Entry, bytes]] = []
        for seq, entry in enumerate(entries):
            number, entry = entry["head"], {name: value for name, value in entry.items() if name != "head"} | {"seq": seq}
            if entry["type"] == "sealed":
                folder = self.shelf(entry["public"]["day"])
                mine = [(old, line) for old, line in made if day_of(old) == entry["public"]["day"]]
                rows = [private.get(old["private_sha256"], {"private": None, "salt": None}) | {
                    "seq": old["seq"], "entry": line.decode(), "leaf_hash": leaf_hash(line).hex()} for old, line in mine]  # fmt: skip
                self.write(folder / "data" / "events.jsonl", b"".join(canonical_json(row) + b"\n" for row in rows))
                manifest, tags = self.bag(folder)
                hashes = [leaf_hash(line) for _, line in made]
                entry["public"] |= {"manifest_sha256": manifest, "tagmanifest_sha256": tags, "tree_size": seq, "root": root(hashes).hex()}
            made.append((entry, canonical_json(entry)))
            yield number, made[-1][1]

    def _published(self, number: int, all: list[bytes], own: list[bytes], key: LogKey | None) -> None:
        key, hashes = key or self.keys, [leaf_hash(line) for line in all]
        head = Head(origin_of(hashes[0]), len(all), root(hashes))
        text = Checkpoint(head, (signed(head, key.public, key.sign(head.text().encode())),)).text().encode()
        names = {"checkpoint": text, "entries.jsonl": b"".join(line + b"\n" for line in own)}
        for name, data in names.items():
            self.write(self.head(number) / name, data)
        self.write(self.root / "_log" / "checkpoint", text)
        place = self.root / "_log" / "keys" / signed(head, key.public, b"x").id.hex()
        self.write(place.with_suffix(".pem"), key.pem)
        self.write(place.with_suffix(".txt"), f"{verifier_key(head.origin, NOTE_KEY, key.public)}\n".encode())

    def vouch(self, number: int, late: dt.timedelta | None = dt.timedelta(seconds=5), by: tuple[Pki, Holder] | None = None) -> None:
        """A head signed by the organisation, or another, and time-stamped, afresh, so long after its last entry; None: today."""
        (pki, who), head = by or (self.house.pki, self.house.organisation), self.head(number)
        last = dt.datetime.fromisoformat(json.loads(self.lines(number)[-1])["at"])
        for path in head.glob("checkpoint.*"):
            self.remove(path)
        with pki.at(dt.datetime.now(dt.UTC) if late is None else last + late):
            vouch(Published(last.date(), Head("", 0, b""), head), pki, who)
            self.list_again(head, pki)

    def list_again(self, folder: Path, pki: Pki) -> None:
        """A list of evidence with the digests its files have now, and a time-stamp of that clock over it."""
        (path,) = evidence.list_files(folder)
        before = evidencelist.parsed(path.suffix[1:], path.read_bytes())
        there = {name: sha256(self.root / name) for name in before.digests if (self.root / name).exists()}
        for name in folder.glob("evidence.*"):
            self.remove(name)
        listed = EvidenceList(before.algorithm, there)
        token = token_over(pki, listed.tree.root)
        evidence.put(folder, listed, token, came_with(token))


def put(db: sqlite3.Connection, entries: list[tuple[int, bytes]]) -> None:
    """Entries into a catalogue, leaf and event."""
    names = ("seq", "type", "at", "day", "doc_code", "scan_sha256", "actor", "public")
    for seq, line in entries:
        entry = json.loads(line)
        row = entry | {"day": day_of(entry), "public": canonical_json(entry["public"]).decode()}
        db.execute(f"insert into event ({', '.join(names)}) values (?, ?, ?, ?, ?, ?, ?, ?)", [row[name] for name in names])
        db.execute("insert into leaf values (?, ?, ?)", (seq, line.decode(), leaf_hash(line).hex()))


def sha256(path: Path) -> str:
    """Of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def day_of(entry: Entry) -> str:
    """On which day in Việt Nam an entry was made."""
    return local_date(dt.datetime.fromisoformat(entry["at"])).isoformat()
