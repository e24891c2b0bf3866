"""Files (hồ sơ) and fonds (phông) checked: the catalogue says of them what the log says.

Reads only. Part of `verify`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlite_utils import Database

from archive.verify_log import Finding, facts, parsed

Row = dict[str, Any]

_SQL = "select type, entry, private from event join leaf using (seq) where type in ({}) order by seq"
_TABLES = {
    "file": ("file_code", "'file-declared', 'file-changed', 'file-closed', 'file-reopened'"),
    "fonds": ("code", "'fonds-declared', 'fonds-closed'"),
}


def check(db: Database) -> Iterator[Finding]:
    """Every file and fonds that was declared, with its corrections, open or closed as the log says."""
    for table, (key, types) in _TABLES.items():
        said: dict[str, Row] = {}
        for row in db.query(_SQL.format(types)):
            _add(said, row, "file_code" if table == "file" else "fonds")
        for code, told in said.items():
            yield from _check(db, table, key, code, told)


def _add(said: dict[str, Row], row: Row, name: str) -> None:
    public = facts(row["entry"])
    told = said.setdefault(str(public.get(name)), {"closed": False})
    if str(row["type"]).endswith("-closed"):
        told |= {"closed": True} | ({"ended_on": public["ended_on"]} if "ended_on" in public else {})
    elif row["type"] == "file-reopened":
        told |= {"closed": False, "ended_on": None}
    else:
        told |= parsed(row["private"])


def _check(db: Database, table: str, key: str, code: str, told: Row) -> Iterator[Finding]:
    rows = list(db.query(f"select * from {table} where {key} = ?", [code]))
    if not rows:
        yield Finding("missing", None, code, f"the catalogue has lost a declared {table}")
    for row in rows:
        now = row | {"closed": row["closed_at"] is not None}
        for name in (name for name, value in told.items() if now.get(name) != value):
            yield Finding("record-altered", None, code, f"{name} of the {table} is not what was declared")
