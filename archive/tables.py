"""The tables of the catalogue, made and brought up from older versions.

Promises: what was made by any version is brought to this one by adding columns and tables; nothing that was recorded is changed.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlite_utils import Database

from archive import index
from archive.record import number_key

VERSION = 6
ELSEWHERE = "substr(file_code, 1, length(organ_id) + 1) != organ_id || '.'"  # a file whose code does not begin with its agency's

_LATER: Mapping[int, tuple[str, ...]] = {  # columns by the version that brought them
    2: ("main_code", "verification"),
    3: ("signer_authority", "organ_parent", "issued_place", "recipients", "priority", "attachments", "keyword", "mode", "note",
        "supersedes", "superseded_by", "number_key", "maintenance"),
}  # fmt: skip
_OF_FILES = ("retention", "creator", "section", "note", "fonds", "continues", "ended_on", "paper_file_code")  # columns of version 3
_TEXT_FIELDS = (
    "form", "description", "path", "original_path", "original_name", "sha256", "record_sha256", "type_name",
    "code_number", "code_notation", "issued_date", "organ_name", "subject", "language", "signer_position",
    "signer_name", "confidence", "block_text", "signed_at", "timestamped_at", "filed_at", "shelf_day",
    "pades_level", "pdfa", "void_reason", *(column for columns in _LATER.values() for column in columns),
)  # fmt: skip
_KEY = {"doc_code": str, "file_code": str, "doc_ordinal": int, "scan_sha256": str, "lane": str, "part": str,
        "again": int, "state": str, "seq": int}  # fmt: skip

# What sqlite-utils has no words for: indices with a condition, and tables that only grow.
_DOUBLES = """create index if not exists document_number on document (number_key, seq, state, main_code)
    where state = 'filed' and main_code is null and number_key is not null"""
_GUARDS = f"""{_DOUBLES};
create unique index document_key on document (scan_sha256, lane, file_code, part, again)
    where state != 'void';
create index document_partial on document (doc_code, lane) where description = 'partial';
create trigger event_kept before delete on event begin select raise(abort, 'events are kept'); end;
create trigger leaf_kept before delete on leaf begin select raise(abort, 'leaves are kept'); end;
create trigger leaf_fixed before update on leaf begin select raise(abort, 'leaves are fixed'); end;
create trigger document_kept before delete on document begin select raise(abort, 'codes are kept'); end;
"""


def version_of(db: Database) -> int:
    """The version that made or brought up a catalogue."""
    return int(db.execute("pragma user_version").fetchone()[0])


def upgrade(db: Database, telling: index.Telling) -> int:
    """The version of a catalogue, brought up where it was older; within a writing transaction."""
    version = version_of(db)
    while 1 <= version < VERSION:
        version += 1
        for column in _LATER.get(version, ()):
            db.execute(f"alter table document add column {column} text")
        if version == 2:
            _companions(db)
        if version == 3:
            db.table("event").create_index(["scan_sha256"])
            for column in _OF_FILES:
                db.execute(f"alter table file add column {column} text")
            _fonds(db)
            _number(db)
            db.execute("create index if not exists document_partial on document (doc_code, lane) where description = 'partial'")
        if version == 4:
            _checkpoints(db)
        if version == 5:
            _newest_first(db)
        if version == 6:
            _by_agency(db)
            index.again(db, telling)
        db.execute(f"pragma user_version = {version}")
    return version


def _companions(db: Database) -> None:
    db.table("companion").create(
        {"path": str, "doc_code": str, "sha256": str, "size": int, "shelf_day": str}, pk="path",
        not_null={"doc_code", "sha256", "size", "shelf_day"}, foreign_keys=[("doc_code", "document", "doc_code")], strict=True,
    ).create_index(["doc_code"]).create_index(["shelf_day"])  # fmt: skip


def _checkpoints(db: Database) -> None:
    """Heads of the log that were published; `peaks` are what the next one grows from."""
    db.table("checkpoint").create(
        {"day": str, "origin": str, "size": int, "root": str, "peaks": str, "made_at": str}, pk="day",
        not_null={"origin", "size", "root", "peaks", "made_at"}, strict=True,
    ).create_index(["size"], unique=True)  # fmt: skip
    for change in ("update", "delete"):
        db.execute(f"create trigger checkpoint_{change} before {change} on checkpoint"
                   " begin select raise(abort, 'heads are fixed'); end")  # fmt: skip


def _newest_first(db: Database) -> None:
    """The index answers for days and numbers too; what few rows have gets an index of those rows."""
    for column in ("issued_date", "code_notation", "number_key"):
        db.execute(f"drop index if exists idx_document_{column}")
    db.execute(_DOUBLES)
    _seldom(db)
    index.restructure(db)


def _by_agency(db: Database) -> None:
    db.execute(f"create index file_elsewhere on file (organ_id) where {ELSEWHERE}")


def _seldom(db: Database) -> None:
    for column in ("main_code", "supersedes", "superseded_by"):
        db.execute(f"create index document_{column} on document ({column}) where {column} is not null")


def _number(db: Database) -> None:
    """What was filed before has a number too."""
    for row in list(db.query("select doc_code, issued_date, code_number, code_notation from document where path is not null")):
        db.table("document").update(row["doc_code"], {"number_key": number_key(row)})


def _fonds(db: Database) -> None:
    db.table("fonds").create(
        {"code": str, "name": str, "history": str, "opened_at": str, "closed_at": str}, pk="code",
        not_null={"name", "opened_at"}, strict=True,
    )  # fmt: skip


def create(db: Database) -> None:
    """All tables of an empty catalogue."""
    _fonds(db)
    db.table("file").create(
        {"file_code": str, "caseless": str, "title": str, "maintenance": str, "organ_id": str, "year": int,
         "opened_at": str, "closed_at": str, "last_ordinal": int, **dict.fromkeys(_OF_FILES, str)},
        pk="file_code", not_null={"caseless", "title", "year", "opened_at", "last_ordinal"}, strict=True,
    ).create_index(["caseless"], unique=True)  # fmt: skip
    numbers = {"size": int, "record_size": int, "pages": int, "page_amount": int}
    document = db.table("document").create(
        _KEY | dict.fromkeys(_TEXT_FIELDS, str) | numbers, pk="doc_code", not_null=set(_KEY) - {"doc_code"},
        foreign_keys=[("file_code", "file", "file_code")], strict=True,
    )  # fmt: skip
    document.create_index(["file_code", "doc_ordinal"], unique=True).create_index(["seq"], unique=True)
    for column in ("scan_sha256", "shelf_day", "state"):
        document.create_index([column])
    scan = db.table("scan").create(
        {"sha256": str, "path": str, "size": int, "shelf_day": str}, pk="sha256",
        not_null={"path", "size", "shelf_day"}, strict=True,
    )  # fmt: skip
    scan.create_index(["shelf_day"])
    _companions(db)
    _by_agency(db)
    _log_tables(db)
    _checkpoints(db)
    _seldom(db)
    index.create(db)
    db.executescript(_GUARDS)
    db.execute(f"pragma user_version = {VERSION}")


def _log_tables(db: Database) -> None:
    event = db.table("event").create(
        {"seq": int, "type": str, "at": str, "day": str, "doc_code": str, "scan_sha256": str, "actor": str,
         "public": str, "private": str, "salt": str},
        pk="seq", not_null={"type", "at", "day", "actor", "public"}, strict=True,
    )  # fmt: skip
    for column in ("at", "day", "doc_code", "scan_sha256", "type"):
        event.create_index([column])
    db.table("leaf").create(
        {"seq": int, "entry": str, "leaf_hash": str}, pk="seq", not_null={"entry", "leaf_hash"},
        foreign_keys=[("seq", "event", "seq")], strict=True,
    )  # fmt: skip
    db.table("day").create(
        {"day": str, "closed_at": str, "sealed_at": str, "documents": int, "files": int, "octets": int,
         "manifest_sha256": str},
        pk="day", not_null={"closed_at"}, strict=True,
    )  # fmt: skip
