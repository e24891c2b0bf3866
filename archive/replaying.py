"""The rows of a catalogue made again from the entries of its log, in their order, and from the records.

Promises: each event makes the rows that it made when it happened; what only a lost catalogue knew is left open and listed, never
guessed. A record that is gone, or not as it was filed, is told, and its document gets what the log knows of it.
"""

from __future__ import annotations

import bisect
import datetime as dt
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from sqlite_utils import Database

from archive import codes, dossiers, filing, index, removal
from archive.catalogue import Row
from archive.durable import DurableError, read_plain
from archive.gathering import Entry
from archive.log import leaf_hash
from archive.naming import LOCAL, local_date, record_place, shelf, split_file_code
from archive.record import FIELDS, DocumentKey, number_key
from archive.verify_log import Finding, numbers_of

Required = Callable[[str], tuple[str, ...]]


@dataclass(slots=True)
class Replay:
    """One run.

    Attributes:
        required: fields without which the description of a document of a lane is `partial`.
        bereft: numbers of the entries whose private part is not there.
        told_lost: what was told of such by events `rebuilt`: their number, and the ranges.
        erased: numbers of those whose private part was erased by order.
        kept: numbers of later entries whose private part is there.
        partless: codes of which nobody knows any more what part of the scan they were given for.
        nameless: codes of files whose facts were private and are lost.
        findings: what is wrong with the records.
    """

    root: Path
    db: Database
    required: Required
    bereft: list[int] = field(default_factory=list)
    told_lost: list[tuple[int, str]] = field(default_factory=list)
    erased: set[int] = field(default_factory=set)
    kept: list[int] = field(default_factory=list)
    partless: dict[str, Row] = field(default_factory=dict)
    nameless: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        """One event, its leaf, and the rows it makes."""
        told = entry.told
        public = json.dumps(told["public"], ensure_ascii=False, sort_keys=True)
        row = {name: told[name] for name in ("seq", "type", "at", "doc_code", "scan_sha256", "actor")}
        day = local_date(_moment(told["at"])).isoformat()
        self.db.table("event").insert(row | {"day": day, "public": public, "private": entry.private, "salt": entry.salt})
        hashed = leaf_hash(entry.text.encode()).hex()
        self.db.table("leaf").insert({"seq": told["seq"], "entry": entry.text, "leaf_hash": hashed})
        if entry.is_bereft:
            self.bereft.append(told["seq"])
        elif self.bereft and entry.private is not None:
            self.kept.append(told["seq"])
        if make := _MAKES.get(told["type"]):
            make(self, told, json.loads(entry.private or "{}"), entry.is_bereft)

    def lost(self) -> list[int]:
        """Numbers of the entries whose private part is lost, and was not told to be before."""
        known = self.erased.union(numbers_of(self.told_lost))
        return [seq for seq in self.bereft if seq not in known]

    # Files and fonds

    def fonds_declared(self, told: Row, private: Row, is_bereft: bool) -> None:
        code = told["public"]["fonds"]
        facts = {"name": code, "history": ""} if is_bereft else private
        self.db.table("fonds").insert({"code": code, **facts, "opened_at": told["at"], "closed_at": None})

    def fonds_closed(self, told: Row, *_: object) -> None:
        self.db.table("fonds").update(told["public"]["fonds"], {"closed_at": told["at"]})

    def file_declared(self, told: Row, private: Row, is_bereft: bool) -> None:
        code = told["public"]["file_code"]
        organ, year, _ = split_file_code(code) or ("", 0, "")
        if is_bereft:
            self.nameless.add(code)
            private = {"title": "", "maintenance": "", "organ_id": organ, "year": year}
        dossiers.put(self.db, code, private, told["at"])

    def file_changed(self, told: Row, private: Row, _: bool) -> None:
        if private:
            self.db.table("file").update(told["public"]["file_code"], private)

    def file_closed(self, told: Row, *_: object) -> None:
        public = told["public"]
        self.db.table("file").update(public["file_code"], {"closed_at": told["at"], "ended_on": public.get("ended_on")})

    def file_reopened(self, told: Row, *_: object) -> None:
        self.db.table("file").update(told["public"]["file_code"], {"closed_at": None, "ended_on": None})

    # Documents

    def numbered(self, told: Row, private: Row, is_bereft: bool) -> None:
        code, public = told["doc_code"], told["public"]
        part = f"?{code}" if is_bereft else private.get("part", "")
        key = DocumentKey(told["scan_sha256"] or "", public["lane"], public["file_code"], part, public["again"])
        codes.put(self.db, key, code, public["doc_ordinal"], told["seq"])
        if is_bereft:
            self.partless[code] = told

    def void(self, told: Row, *_: object) -> None:
        row = {"state": "void", "void_reason": told["public"]["reason_code"], "seq": told["seq"]}
        if self.partless.pop(told["doc_code"], None):
            row["part"] = ""
        self.db.table("document").update(told["doc_code"], row)

    def filed(self, told: Row, *_: object) -> None:
        code, public = told["doc_code"], told["public"]
        numbered, day = codes.row_of(self.db, code), _shelf_day(told)
        record = self._record(record_place(day, code), code, public["record_sha256"])
        row = numbered | row_of(record, public | {"scan_sha256": told["scan_sha256"]}, _moment(told["at"]), day)
        if self.partless.pop(code, None):
            row["part"] = record.get("part") or ""
        else:
            row["part"] = numbered["part"]  # the record has it composed
        row |= {"seq": told["seq"], "record_size": record.get("record_size")}
        self._file_named(row["file_code"], record)
        scan = {"sha256": row["scan_sha256"], "path": row["original_path"], "size": public["scan_size"]}
        self.db.table("scan").insert(scan | {"shelf_day": scan["path"][:10].replace("/", "-")}, ignore=True)
        self.db.table("document").update(code, row)
        self.db.table("companion").insert_all(
            each | {"doc_code": code, "shelf_day": day}
            for each in record.get("companions") or () if PurePosixPath(each["path"]).name.startswith(f"{code}.")
        )  # fmt: skip
        index.add(self.db, code, record.get("text") or [])

    def described(self, told: Row, private: Row, _: bool) -> None:
        row = codes.row_of(self.db, told["doc_code"])
        changes = {name: "" if value is None else str(value) for name, value in private.items()}
        index.change(self.db, told["doc_code"], filing.described(row, changes, self.required))

    def superseded(self, told: Row, *_: object) -> None:
        public = told["public"]
        row = {"state": "void", "void_reason": public["reason_code"], "superseded_by": public["by"], "seq": told["seq"]}
        index.change(self.db, told["doc_code"], row)
        self.db.table("document").update(public["by"], {"supersedes": told["doc_code"]})

    # Days

    def sealed(self, told: Row, *_: object) -> None:
        self.db.table("day").insert({"day": told["public"]["day"], "closed_at": told["at"]} | _facts_of_day(told))

    def resealed(self, told: Row, *_: object) -> None:
        self.db.table("day").update(told["public"]["day"], _facts_of_day(told))

    # Removed by order

    def removed(self, told: Row, *_: object) -> None:
        self.db.table("scan").delete_where("path = ?", [told["public"]["path"]])

    def gone(self, told: Row, private: Row, *_: object) -> None:
        code = told["doc_code"]
        if told["type"] == "purged":  # what was private of it was erased, not lost
            sql = "select seq from event where private is null and (doc_code = ? or scan_sha256 = ?)"
            self.erased.update(row["seq"] for row in self.db.query(sql, [code, told["scan_sha256"]]))
        if code is None:
            return
        self.partless.pop(code, None)
        removal.entomb(self.db, codes.row_of(self.db, code), told["type"], private.get("mode"))
        self.findings = [finding for finding in self.findings if finding.doc_code != code]

    def rebuilt(self, told: Row, *_: object) -> None:
        self.told_lost.append((told["seq"], str(told["public"].get("lost_private", ""))))

    # The records

    def _record(self, place: str, code: str, sha256: str) -> Row:
        try:
            data = read_plain(self.root / place)
        except (OSError, DurableError):
            self.findings.append(Finding("missing", code, place, "the record is not there: only what the log knows was taken"))
            return {}
        if hashlib.sha256(data).hexdigest() != sha256:
            self.findings.append(Finding("record-altered", code, place, "is not what was filed: only what the log knows was taken"))
            return {}
        record: Row = json.loads(data)
        return record | {"record_size": len(data)}

    def _file_named(self, file_code: str, record: Row) -> None:
        """A file whose facts were lost has those that the records of its documents tell."""
        if file_code in self.nameless and record:
            self.nameless.discard(file_code)
            self.db.table("file").update(file_code, record["file"])


_MAKES: dict[str, Callable[..., None]] = {
    "fonds-declared": Replay.fonds_declared, "fonds-closed": Replay.fonds_closed,
    "file-declared": Replay.file_declared, "file-changed": Replay.file_changed, "file-shelved": Replay.file_changed,
    "file-closed": Replay.file_closed, "file-reopened": Replay.file_reopened,
    "numbered": Replay.numbered, "void": Replay.void, "filed": Replay.filed,
    "adopted": Replay.filed, "described": Replay.described, "superseded": Replay.superseded, "sealed": Replay.sealed,
    "rebuilt": Replay.rebuilt, "resealed": Replay.resealed, "removed": Replay.removed, "disposed": Replay.gone,
    "purged": Replay.gone,
}  # fmt: skip


def row_of(record: Row, public: Row, at: dt.datetime, day: str) -> Row:
    """What a record tells of its document, as its row; without one, what the log knows."""
    told = {name: record.get(name) for name in FIELDS if name not in ("doc_code", "file_code", "doc_ordinal", "lane", "part")}
    filed_at = record.get("filed_at") or at.astimezone(LOCAL).isoformat(timespec="seconds")
    row = told | {
        "state": "filed", "description": record.get("description") or "partial", "path": public["path"],
        "original_path": public["scan_path"], "sha256": public["sha256"], "size": public["size"],
        "scan_sha256": public["scan_sha256"], "record_sha256": public["record_sha256"], "filed_at": filed_at, "shelf_day": day,
        "confidence": json.dumps(record.get("confidence") or {}, sort_keys=True),
        "supersedes": record.get("supersedes") or public.get("supersedes"),
    }  # fmt: skip
    return row | {"number_key": number_key(row)}


def _facts_of_day(told: Row) -> Row:
    facts = {name: told["public"][name] for name in ("documents", "files", "octets", "manifest_sha256")}
    return facts | {"sealed_at": _moment(told["at"]).astimezone(LOCAL).isoformat(timespec="seconds")}


def ranges(lost: list[int], kept: list[int], most: int = 280) -> list[str]:
    """Numbers in order as texts, none too long for an event: `3,7-9`; a range reaches over what never was private."""
    found: list[list[int]] = []
    for number in lost:
        if found and bisect.bisect(kept, found[-1][1]) == bisect.bisect(kept, number):
            found[-1][1] = number
        else:
            found.append([number, number])
    texts = [""]
    for first, last in found:
        text = f"{first}-{last}" if first < last else str(first)
        if len(texts[-1]) + len(text) < most:
            texts[-1] = f"{texts[-1]},{text}".strip(",")
        else:
            texts.append(text)
    return texts


def _moment(at: str) -> dt.datetime:
    return dt.datetime.fromisoformat(at)


def _shelf_day(told: Row) -> str:
    """Of an adopted document it is told: it lay there before."""
    day: Any = told["public"].get("shelf_day")
    return str(day) if told["type"] == "adopted" else "-".join(shelf(_moment(told["at"])).parts)
