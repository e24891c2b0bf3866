"""A copy of the catalogue made to hold only what a role may see: whatever is asked of it later, it cannot tell more.

Promises: a document that is not for a role is in none of the tables, neither is its text, its scan, its events, nor a file in which
there is nothing else; nor is what shows the same bytes, or gives its place to it, or is its annex. A scan from which such a
document was cut is not handed out with its neighbours. What was removed by order stays kept from a role as it was before.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from sqlite_utils import Database

from archive import index
from archive.web.roles import SECRET, Modes, Role

_MARKED = """select scan_sha256 from event where scan_sha256 is not null and type in ('held', 'rejected', 'released')
             and json_extract(public, '$.code') = 'secrecy-mark'"""

# of what was removed by order the record is gone: what neither catalogue nor log kept of it cannot be told, and is closed; so is
# then an annex of a document that nobody knows (any more)
_HIDDEN = f"""
create temp table hidden (doc_code text primary key);
create temp table tie as select event.doc_code main, told.value annex from event, json_each(event.private, '$.annexes') as told
    where event.type in ('disposed', 'purged') and event.doc_code is not null
    union select told.value, event.doc_code from event, json_each(event.private, '$.main') as told
    where event.type in ('disposed', 'purged') and event.doc_code is not null;
create temp table untold as select doc_code from document where state in ('disposed', 'purged') and (mode is null
    or doc_code not in (select doc_code from event where type in ('disposed', 'purged') and doc_code is not null
                        and json_type(private, '$.annexes') = 'array'));
create temp table marked (sha256 text primary key);
insert or ignore into marked {_MARKED};
insert into hidden select doc_code from document
    where not may_see(iif(doc_code in (select doc_code from untold), '{SECRET}', mode), lane,
                      scan_sha256 in (select sha256 from marked))
    or (main_code is not null and exists (select 1 from untold) and main_code not in (select doc_code from document)
        and main_code not in (select code_number || '/' || code_notation from document where code_number is not null));
"""
_RELATED = """
insert or ignore into hidden select doc_code from document where doc_code not in (select doc_code from hidden) and (
    path in (select path from document join hidden using (doc_code) where path is not null)
    or supersedes in (select doc_code from hidden) or superseded_by in (select doc_code from hidden)
    or main_code in (select doc_code from hidden) or doc_code in (select annex from tie join hidden on main = hidden.doc_code)
    or main_code in (select code_number || '/' || code_notation from document join hidden using (doc_code)))
"""
_SCANS = """
create temp table closed_scan (sha256 text primary key);
insert or ignore into closed_scan select scan_sha256 from document join hidden using (doc_code);
insert or ignore into closed_scan select scan_sha256 from event
    where scan_sha256 is not null and is_closed(json_extract(public, '$.lane'));
"""
_SECRET_SCANS = "insert or ignore into closed_scan select sha256 from marked"
_JOINED = """
insert or ignore into closed_scan select substr(told.value, 1, 64) from event, json_each(event.public) as told
    where event.type = 'joined' and told.key like 'joined\\_from\\_%' escape '\\'
    and event.scan_sha256 in (select sha256 from closed_scan)
"""
_NARROW = """
create temp table closed_file (file_code text primary key);
insert into closed_file select file_code from document group by file_code
    having sum(doc_code not in (select doc_code from hidden)) = 0;
delete from companion where doc_code in (select doc_code from hidden);
update document set original_path = null where scan_sha256 in (select sha256 from closed_scan);
delete from scan where sha256 in (select sha256 from closed_scan);
delete from event where doc_code in (select doc_code from hidden)
    or (doc_code is null and scan_sha256 in (select sha256 from closed_scan))
    or exists (select 1 from json_each(event.public) as said where said.value in (select doc_code from hidden)
               or said.value in (select file_code from closed_file))
    or exists (select 1 from json_each(named_by(json_extract(event.public, '$.path'))) as named
               where named.value in (select doc_code from hidden) or named.value in (select sha256 from closed_scan))
    or exists (select 1 from json_tree(coalesce(event.private, '{}')) as said
               where said.value in (select doc_code from hidden));
delete from document where doc_code in (select doc_code from hidden);
delete from file where file_code in (select file_code from closed_file);
update file set last_ordinal = coalesce((select max(doc_ordinal) from document where document.file_code = file.file_code), 0);
update file set continues = null where continues in (select file_code from closed_file);
update day set files = null, octets = null,
    documents = (select count(*) from document where shelf_day = day.day and path is not null);
"""
_NO_EVENTS = """
delete from event where type not in ('sealed', 'fixity', 'fixity-missed') or doc_code is not null or scan_sha256 is not null;
delete from file where file_code not in (select file_code from document);
delete from fonds where code not in (select fonds from file where fonds is not null);
"""


def narrow(whole: Path, made: Path, role: Role, modes: Modes) -> int:
    """Make the copy of a role from a copy of everything.

    Args:
        whole: everything; not changed.
        made: the role's copy; nothing lies there yet.
        role: whose.
        modes: the words of modes.

    Returns:
        How many documents are not in it.
    """
    if role.sees_all:
        os.link(whole, made)
        return 0
    draft = made.with_suffix(".draft")
    shutil.copyfile(whole, draft)
    db = sqlite3.connect(draft, isolation_level=None)
    try:
        db.create_function("may_see", 3, _may_see(role, modes), deterministic=True)
        db.create_function("is_closed", 1, lambda lane: lane in role.closed, deterministic=True)
        db.create_function("named_by", 1, _named_by, deterministic=True)
        db.execute("pragma journal_mode = off")  # a draft: what dies is made anew
        db.execute("pragma synchronous = off")
        count = _narrowed(db, role)
        db.execute("vacuum into ?", [str(made)])  # nothing of what was deleted is left in free pages
    finally:
        db.close()
        draft.unlink(missing_ok=True)
    return count


def _may_see(role: Role, modes: Modes) -> Callable[[str | None, str, int], bool]:
    return lambda mode, lane, marked: role.may_see(modes.of(mode, bool(marked)), lane)


def _named_by(path: str | None) -> str:
    """What a file may be named by, its document's code or its scan's digest: its name up to each dot."""
    parts = PurePosixPath(str(path or "")).name.split(".")
    return json.dumps([".".join(parts[:number]) for number in range(1, len(parts) + 1)])


def _narrowed(db: sqlite3.Connection, role: Role) -> int:
    for name in _guards(db):
        db.execute(f'drop trigger "{name}"')
    db.executescript(_HIDDEN)
    while db.execute(_RELATED).rowcount > 0:
        pass
    db.executescript(_SCANS)
    if SECRET not in role.modes:
        db.execute(_SECRET_SCANS)
    while db.execute(_JOINED).rowcount > 0:  # what a person joined into it shows the same
        pass
    count = int(db.execute("select count(*) from hidden").fetchone()[0])
    if count:
        index.keep_only(Database(db, execute_plugins=False), "hidden")
    if count or db.execute("select 1 from closed_scan limit 1").fetchone():
        db.executescript(_NARROW)
    if not role.sees_events:
        db.executescript(_NO_EVENTS)
    db.execute("update leaf set entry = '' where seq not in (select seq from event)")  # its hash is what proofs are made of
    return count


def _guards(db: sqlite3.Connection) -> list[str]:
    """Triggers that keep rows from being deleted or changed."""
    sql = "select name from sqlite_master where type = 'trigger' and sql like '%raise(abort%'"
    return [str(name) for (name,) in db.execute(sql)]
