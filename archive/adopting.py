"""Documents on the shelf of a day that was not sealed, of which no entry of the log is left: adopted, or left to a person.

Promises: adopted is only what is whole (record, PDF, scan and evidence are there and agree) and fits the log as far as it is known;
its place, its record and the day it was filed on stay as they are, and that it was adopted is an event. Nothing is moved or
removed; what does not fit is told.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sqlite_utils import Database

from archive import codes, dossiers, links, naming, shelves
from archive.bag import EVENTS
from archive.catalogue import Catalogue, Row
from archive.dossiers import FileFacts
from archive.durable import DurableError, read_plain, sha256_file
from archive.errors import ArchiveError
from archive.event import Event, stamp
from archive.links import REFILED, RESCANNED, Order
from archive.naming import record_place
from archive.record import DocumentKey
from archive.replaying import Replay
from archive.verify_log import Finding

LOST = "lost"  # why a code is void of which nobody knows any more what it was given for
_DATA = "[0-9]{4}/[0-9]{2}/[0-9]{2}/data/"
_FARTHEST = 10_000  # places beyond the last one known: more would be a file's name gone wrong


class _Unfit(Exception):
    """Why it is not adopted."""


@dataclass(frozen=True, slots=True)
class Found:
    """A whole document on a shelf."""

    code: str
    ordinal: int
    day: str
    record: Row
    record_sha256: str

    @property
    def key(self) -> DocumentKey:
        """What makes it one and the same."""
        told = self.record
        return DocumentKey(told["scan_sha256"], told["lane"], told["file_code"], told["part"] or "", told["again"])


@dataclass(frozen=True, slots=True)
class Adopting:
    """One run, within the transaction that makes the catalogue."""

    replay: Replay
    catalogue: Catalogue
    actor: str

    @property
    def _db(self) -> Database:
        return self.replay.db

    def all(self) -> list[str]:
        """Adopts what fits; returns the codes, in the order of filing."""
        found = self._single(sorted(self._whole(), key=lambda each: (each.record["filed_at"], each.code)))
        self._number(found)
        adopted: dict[str, None] = {}
        waiting = found
        while ready := [each.code for each in waiting if self._adopt(each)]:  # who takes a place may be read before whose it is
            adopted |= dict.fromkeys(ready)
            waiting = [each for each in waiting if each.code not in adopted]
        for each in waiting:
            self._tell(each.code, each.day, "whose place it takes is not filed")
        self._give_up()
        return list(adopted)

    def left(self) -> list[str]:
        """What lies on the shelves of days that are not sealed and belongs to nothing that is known."""
        return sorted(place for folder in self._open() for place in self._unknown(folder))

    # What is there

    def _open(self) -> list[Path]:
        sealed = {row["day"] for row in self._db.table("day").rows_where("sealed_at is not null")}
        return [folder for folder in shelves.day_folders(self.replay.root) if shelves.day_of(folder) not in sealed]

    def _unknown(self, folder: Path) -> Iterator[str]:
        root, day = self.replay.root, shelves.day_of(folder)
        known = {record_place(day, row["doc_code"]) for row in self._db.table("document").rows_where("shelf_day = ?", [day])}
        for table in ("document", "scan", "companion"):
            known |= {row["path"] for row in self._db.table(table).rows_where("shelf_day = ?", [day])}
        for path in shelves.payload(folder):
            place = path.relative_to(root).as_posix()
            if place not in known and path != folder / EVENTS and not re.fullmatch(r"\..*\.part", path.name):
                yield place

    def _whole(self) -> Iterator[Found]:
        for folder in self._open():
            for place in [place for place in self._unknown(folder) if re.fullmatch(r"[^/]+/../../data/[^/]+\.json", place)]:
                code, day = PurePosixPath(place).stem, shelves.day_of(folder)
                try:
                    yield self._read(place, code, day)
                except _Unfit as error:
                    self._tell(code, day, str(error))
                except (OSError, DurableError, ArchiveError, ValueError, LookupError, TypeError, AttributeError) as error:
                    self._tell(code, day, f"cannot be read as a record: {type(error).__name__}")

    def _read(self, place: str, code: str, day: str) -> Found:
        data = read_plain(self.replay.root / place)
        record, (file_code, ordinal) = json.loads(data), naming.split_doc_code(code)
        filed = naming.local_date(dt.datetime.fromisoformat(record["filed_at"])).isoformat()
        if (record["doc_code"], record["file_code"], record["doc_ordinal"], filed) != (code, file_code, ordinal, day):
            raise _Unfit("the record is of another code or another day")
        found = Found(code, ordinal, day, record, hashlib.sha256(data).hexdigest())
        self._check_bytes(found)
        self._check_code(found)
        return found

    def _check_bytes(self, found: Found) -> None:
        """Every file that the record names lies where such a file belongs, and is the one it names."""
        record, path = found.record, str(found.record["path"])
        own, beside = f"{found.day.replace('-', '/')}/data/{found.code}.pdf", path.removesuffix(".pdf")
        beside = f"{PurePosixPath(path).parent}/{shelves.EVIDENCE}/{PurePosixPath(beside).name}."
        scan = rf"{_DATA}{shelves.SCANS}/{record['scan_sha256']}\.[0-9a-z]{{1,8}}|{re.escape(path)}"
        told = [(record["original_path"], record["scan_sha256"], record["scan_size"], scan)]
        told += [(path, record["sha256"], record["size"], rf"{_DATA}[^/]+\.pdf" if record["supersedes"] else re.escape(own))]
        told += [(each["path"], each["sha256"], each["size"], rf"{re.escape(beside)}[a-z0-9.-]+") for each in record["companions"]]
        for place, sha256, size, pattern in told:
            if re.fullmatch(pattern, place) is None:
                raise _Unfit("names a file that is not its own")
            blob = sha256_file(self.replay.root / place)
            if (blob.sha256, blob.size) != (sha256, size):
                raise _Unfit("its files are not those that the record names")

    def _check_code(self, found: Found) -> None:
        key = found.key
        for row in self._db.table("document").rows_where("doc_code = ?", [found.code]):
            same = all(row[name] == getattr(key, name) for name in ("scan_sha256", "lane", "again"))
            part = key.part if found.code in self.replay.partless else unicodedata.normalize("NFC", row["part"])
            if row["state"] != "numbered" or not same or part != key.part:
                raise _Unfit("its code was given for another document, or is void")
        known = codes.by_key(self._db, key)
        if known and known["doc_code"] != found.code:
            raise _Unfit("the same document has another code")
        file = list(self._db.table("file").rows_where("file_code = ?", [key.file_code]))
        if found.ordinal > (file[0]["last_ordinal"] if file else 0) + _FARTHEST:
            raise _Unfit("its place in the file is far beyond the last one known")
        if not file and not (naming.valid_file_code(key.file_code) and found.record["file"]["title"]):
            raise _Unfit("its file is not known")

    def _single(self, found: list[Found]) -> list[Found]:
        """Without those of which two have one code, or are one document."""
        by_code, by_key = Counter(each.code for each in found), Counter(each.key for each in found)
        single = {id(each) for each in found if by_code[each.code] == by_key[each.key] == 1}
        for each in (each for each in found if id(each) not in single):
            self._tell(each.code, each.day, "two documents have one code, or one document two")
        return [each for each in found if id(each) in single]

    def _tell(self, code: str, day: str, why: str) -> None:
        self.replay.findings.append(Finding("not-adopted", code, record_place(day, code), why))

    # What is made of it

    def _number(self, found: list[Found]) -> None:
        """Codes that the log does not know: given now, with those before them that nobody knows what for."""
        for each in sorted(found, key=lambda each: (each.key.file_code, each.ordinal)):
            file = each.key.file_code
            if not self._db.table("file").count_where("file_code = ?", [file]):
                told = {name: value for name, value in each.record["file"].items() if value is not None}
                dossiers.add(self.catalogue, self._db, FileFacts(file, **told), self.actor)
            last = dossiers.row_of(self._db, file)["last_ordinal"]
            digits = len(each.code) - len(file) - 1
            for ordinal in range(last + 1, each.ordinal):
                code = f"{file}.{ordinal:0{digits}}"
                codes.give(self.catalogue, self._db, DocumentKey("", "", file), code, ordinal, self.actor)
                self._void(code, None)
            if each.ordinal > last:
                codes.give(self.catalogue, self._db, each.key, each.code, each.ordinal, self.actor)

    def _has_place(self, found: Found) -> bool:
        """Whether it takes nobody's place, or that of a document that is filed; a refiled one has that one's very bytes."""
        former, its = found.record["supersedes"], (found.record["path"], found.record["sha256"])
        is_own = PurePosixPath(its[0]).stem == found.code
        rows = self._db.table("document").rows_where("doc_code = ? and state = 'filed'", [former])
        return (not former and is_own) or any(is_own or (row["path"], row["sha256"]) == its for row in rows)

    def _adopt(self, found: Found) -> bool:
        """Whether it could be: nothing else has taken the place it takes."""
        if not self._has_place(found):
            return False
        record, former = found.record, found.record["supersedes"]
        is_refiled = PurePosixPath(record["path"]).stem != found.code
        public: dict[str, str | int] = {name: record[name] for name in ("sha256", "size", "path")} | {
            "record_sha256": found.record_sha256, "scan_path": record["original_path"], "scan_size": record["scan_size"],
            "shelf_day": found.day,
        } | ({"supersedes": former} if is_refiled else {})  # fmt: skip
        event = Event("adopted", self.actor, found.code, record["scan_sha256"], public)
        moment = self.catalogue.moment()
        seq = self.catalogue.append(event, moment)
        told = {"type": event.type, "doc_code": found.code, "scan_sha256": event.scan_sha256, "public": public}
        self.replay.filed(told | {"at": stamp(moment.at), "seq": seq})
        if former:
            order = Order(former, "", self.actor)
            links.void(self.catalogue, self._db, order, found.code, REFILED if is_refiled else RESCANNED, moment)
        return True

    def _give_up(self) -> None:
        """Codes given for a part of a scan of which only the lost catalogue knew which."""
        for code, told in list(self.replay.partless.items()):
            self._void(code, told["scan_sha256"])

    def _void(self, code: str, scan_sha256: str | None) -> None:
        public = {"reason_code": LOST}
        seq = self.catalogue.append(Event("void", self.actor, code, scan_sha256, public))
        self.replay.void({"doc_code": code, "public": public, "seq": seq})
