"""What must not be destroyed whatever its period says: documents and files that a person froze.

Promises: whether something is frozen is what the log says last of it, so that no restored table can thaw it. Refuses (ArchiveError)
to freeze what was never given, or is frozen, or to lift what is not.
"""

from __future__ import annotations

import json

from sqlite_utils import Database

from archive import codes, dossiers
from archive.catalogue import Catalogue
from archive.errors import ArchiveError
from archive.event import Event

FROZEN, LIFTED = "frozen", "unfrozen"


def set_hold(catalogue: Catalogue, code: str, *, is_file: bool, lift: bool, reason: str, actor: str) -> None:
    """Freeze a document or a file, or lift that.

    Raises:
        ArchiveError: `unknown`, `file-unknown`; `frozen`, `not-frozen`: it is so already.
    """
    with catalogue.writing() as db:
        if is_file:
            dossiers.row_of(db, code)
        else:
            codes.row_of(db, code)
        known = is_held(db, code, is_file=is_file)
        if known != lift:
            raise ArchiveError("frozen" if known else "not-frozen", code)
        public = {"file_code": code} if is_file else {}
        catalogue.append(Event(LIFTED if lift else FROZEN, actor, None if is_file else code, None, public, {"reason": reason}))


def is_held(db: Database, code: str, *, is_file: bool) -> bool:
    """Whether the log froze this very document or file, and has not lifted it since."""
    sql = "select type, doc_code, public from event where type in (?, ?) order by seq desc"
    for row in db.query(sql, [FROZEN, LIFTED]):
        named = json.loads(row["public"]).get("file_code") if is_file else row["doc_code"]
        if named == code:
            return bool(row["type"] == FROZEN)
    return False


def refuse_held(db: Database, doc_code: str, file_code: str) -> None:
    """Nothing is destroyed that is frozen, alone or with its file.

    Raises:
        ArchiveError: `frozen`.
    """
    if is_held(db, doc_code, is_file=False):
        raise ArchiveError("frozen", doc_code)
    if is_held(db, file_code, is_file=True):
        raise ArchiveError("frozen", f"{doc_code}: its file is")
