"""Evidence in `_log`: lists of files, each with a time-stamp over its hash tree (RFC 4998), of every night and of renewals.

A night's list has what was filed since the last head, and the head itself; a renewal's what must outlive the certificates or the
hash algorithm of the time-stamps before it (`renewals`). Promises: the folder alone is the truth; a list counts once its token lies
beside it, which is written last. Refuses (ArchiveError `evidence-altered`) to go by a list that is none.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlite_utils import Database

from archive import ers, evidencelist
from archive.catalogue import Row
from archive.counted import counted
from archive.durable import DurableError, digest_file, is_plain, make_dirs_durably, replace_durably, write_durably
from archive.errors import ArchiveError
from archive.ers import DIGESTS, ArchiveTimeStamp
from archive.evidencelist import EvidenceList
from archive.heads import CHECKPOINT, DAY, ENTRIES, EVIDENCE, LOG, Published
from archive.verify_log import Finding
from archive.verify_log import parsed as parsed_facts

_CERTIFICATES = 0xA0  # [0], implicit
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----")
BEFORE, RENEWALS, LISTS = "evidence.before", "renewals", "revocation"
KNOWN = re.compile(
    rf"{LOG}/(keys/[0-9a-f]{{8}}\.(pem|txt)|cosigned/[0-9]{{12}}-[0-9a-f]{{8}}-[0-9]+"
    rf"|{LISTS}/[0-9a-f]{{64}}\.crl|{DAY}/({re.escape(ENTRIES)}|{CHECKPOINT}(\.(p7s|tsr)(\.pem)?)?)"
    rf"|({DAY}|{RENEWALS}/[0-9]{{4}})/evidence\.(sha(256|384|512)|before|tst(\.pem)?))"
)  # what a renewal may list of `_log` (FORMAT.md, "The published log")


Logged = Collection[tuple[int, str, str]]
"""What the log has of renewals: number, SHA-256 of the list, of the token."""


@dataclass(frozen=True)
class Round:
    """A list with its token.

    Attributes:
        root: the archive.
        folder: where they lie.
    """

    root: Path
    folder: Path

    @property
    def token_path(self) -> str:
        """Where the token lies, from the archive's folder."""
        return f"{self.folder.relative_to(self.root).as_posix()}/{EVIDENCE}"

    @property
    def algorithm(self) -> str:
        """Its list's; told without reading the list.

        Raises:
            ArchiveError: `evidence-altered`.
        """
        return self._list_file().suffix[1:]

    @cached_property
    def token(self) -> bytes:
        """The token."""
        return (self.folder / EVIDENCE).read_bytes()

    @cached_property
    def listed(self) -> EvidenceList:
        """The list.

        Raises:
            ArchiveError: `evidence-altered`.
        """
        path = self._list_file()
        try:
            before = self.folder / BEFORE
            return evidencelist.parsed(path.suffix[1:], path.read_bytes(), before.read_bytes() if before.exists() else b"")
        except (OSError, ValueError) as error:
            raise ArchiveError("evidence-altered", f"{self.folder}: {type(error).__name__}") from error

    def _list_file(self) -> Path:
        found = list_files(self.folder)
        if len(found) != 1:
            raise ArchiveError("evidence-altered", f"{self.folder} has {counted(len(found), 'list')}")
        return found[0]

    @property
    def number(self) -> int:
        """Of a renewal, from 1."""
        return int(self.folder.name)

    def is_one_of(self, logged: Logged) -> bool:
        """Whether the log has this very list and token, and what lies beside them is what was time-stamped."""
        try:
            digests = tuple(hashlib.sha256(data).hexdigest() for data in (self._list_file().read_bytes(), self.token))
            return (self.number, *digests) in logged and self.is_stamped
        except (OSError, ArchiveError):
            return False

    @property
    def is_stamped(self) -> bool:
        """Whether the token names the root of this tree: of a token that the log knows nobody can have changed the name."""
        return self.listed.tree.root in self.token

    def names(self, path: str) -> bool:
        """Whether its list has a file; faster than reading the list."""
        return any(f"  {path}\n".encode() in each.read_bytes() for each in list_files(self.folder))

    def stamp_of(self, path: str) -> ArchiveTimeStamp:
        """What proves a file it lists."""
        listed = self.listed
        return ArchiveTimeStamp(listed.algorithm, listed.tree.reduced(listed.leaf(path)), self.token)


def nights(root: Path) -> list[Round]:
    """What was time-stamped night by night, oldest first."""
    return [Round(root, path.parent) for path in sorted((root / LOG).glob(f"{DAY}/{EVIDENCE}"))]


def renewals(root: Path) -> list[Round]:
    """What lies there as renewals, oldest first; whether they are, the log knows."""
    found = sorted((root / LOG / RENEWALS).glob(f"[0-9][0-9][0-9][0-9]/{EVIDENCE}"))
    return [Round(root, path.parent) for path in found if is_plain(path)]


def logged(db: Database) -> set[tuple[int, str, str]]:
    """The renewals that the log knows."""
    told = (parsed_facts(public) for (public,) in db.execute("select public from event where type = 'renewed'"))
    found = ((each.get("number"), str(each.get("list_sha256")), str(each.get("token_sha256"))) for each in told)
    return {(number, of_list, of_token) for number, of_list, of_token in found if isinstance(number, int)}


def facts(number: int, listed: EvidenceList, token: bytes) -> dict[str, str | int]:
    """What the log says of a renewal."""
    return {
        "number": number, "digest": listed.algorithm,
        "files": len(listed.digests), "hashed_anew": len(listed.before),
        "list_sha256": hashlib.sha256(listed.text()).hexdigest(), "token_sha256": hashlib.sha256(token).hexdigest(),
    }  # fmt: skip


def list_files(folder: Path) -> list[Path]:
    """The lists in a folder: one, where nothing was interrupted."""
    return [path for name in DIGESTS if is_plain(path := folder / f"evidence.{name}")]


def of_night(root: Path, db: Database, head: Published, algorithm: str) -> tuple[EvidenceList, list[Finding]]:
    """What a head's evidence is to be over, and which of it is not what was filed any more, and is left out."""
    digests, findings = dict[str, str](), list[Finding]()
    for path, sha256 in _filed(db, head):
        if algorithm == "sha256":
            digests[path] = sha256  # what was filed; whether it still is that, the bags and `verify` tell
            continue
        try:
            digests[path] = digest_file(root / path, algorithm, expected=("sha256", sha256))
        except (OSError, DurableError):
            findings.append(Finding("altered", None, path, "is not what was filed: no time-stamp is had over it"))
    place = (head.folder / CHECKPOINT).relative_to(root).as_posix()
    digests[place] = digest_file(root / place, algorithm)
    return EvidenceList(algorithm, digests), findings


def came_with(token: bytes, chain: bytes) -> bool:
    """Whether these certificates (PEM) are those in a token (RFC 5652 §5.1), all of them."""
    try:
        found = [b64decode(each) for each in _PEM.findall(chain)]
    except ValueError:
        return False
    return bool(found) and ers.der(_CERTIFICATES, *found) in token


def put(folder: Path, listed: EvidenceList, token: bytes, chain: bytes) -> None:
    """Lays a list and its token down; the token comes last, and until then all of it may be written anew.

    Raises:
        ArchiveError: `evidence-altered`, the list could not be read again: nothing is laid down.
    """
    text, before = _readable(listed)
    make_dirs_durably(folder)
    if (folder / EVIDENCE).exists():
        return
    for path in list_files(folder):
        path.unlink()
    replace_durably(folder / f"evidence.{listed.algorithm}", text)
    if before:
        replace_durably(folder / BEFORE, before)
    replace_durably(folder / f"{EVIDENCE}.pem", chain)
    write_durably(folder / EVIDENCE, token)


def _readable(listed: EvidenceList) -> tuple[bytes, bytes]:
    """The list as it is kept, and what the files had before: a name with a line feed, or that is no UTF-8, would make it none."""
    try:
        text, before = listed.text(), evidencelist.written(listed.before)
        evidencelist.parsed(listed.algorithm, text, before)
    except ValueError as error:
        raise ArchiveError("evidence-altered", f"a list cannot hold a name: {type(error).__name__}") from error
    return text, before


def _filed(db: Database, head: Published) -> Iterator[tuple[str, str]]:
    """Path and SHA-256 of what was filed since the head before and not removed since: PDFs, records, scans, what proves them."""
    first = db.execute("select coalesce(max(size), 0) from checkpoint where size < ?", [head.head.size]).fetchone()[0]
    removed = {row["path"] for row in db.query("select json_extract(public, '$.path') path from event where type = 'removed'")}
    sql = "select * from event where type in ('filed', 'adopted') and seq >= ? and seq < ? order by seq"
    for row in list(db.query(sql, [first, head.head.size])):
        yield from (pair for pair in _of_document(db, row) if pair[0] not in removed)


def _of_document(db: Database, row: Row) -> Sequence[tuple[str, str]]:
    code, public = row["doc_code"], json.loads(row["public"])
    day = public["shelf_day"] if row["type"] == "adopted" else row["day"]
    record = (f"{day.replace('-', '/')}/data/{code}.json", public["record_sha256"])
    if public.get("supersedes"):  # refiled: its bytes lie where they were, and have their evidence
        return [record]
    beside = db.query("select path, sha256 from companion where doc_code = ?", [code])
    return [(public["path"], public["sha256"]), record, (public["scan_path"], row["scan_sha256"]),
            *((each["path"], each["sha256"]) for each in beside)]  # fmt: skip
