"""Revocation lists of the authorities that gave the time-stamps in `_log`: `_log/revocation/<sha256>.crl`, each list once.

Promises: which lists were kept for which token is an entry of the log (`revocation-kept`), written after they lie there; renewals
cover them like all of `_log`. Parses none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlite_utils import Database

from archive.catalogue import Catalogue
from archive.durable import digest_file, make_dirs_durably, write_durably
from archive.errors import ArchiveError
from archive.event import Event
from archive.evidence import LISTS
from archive.heads import LOG
from archive.verify_log import Finding, parsed

KEPT = "revocation-kept"
_LIST = "list_"


def keep(root: Path, catalogue: Catalogue, token: str, lists: Sequence[bytes], actor: str, *, is_revoked: bool = False) -> None:
    """Keeps the lists (DER) for a token, named by its path from the archive's folder; may be run again after any interruption.

    Args:
        root, catalogue: the archive.
        token, lists: what is kept for what.
        actor: who does it.
        is_revoked: who gave the token, or an authority above, is on one of them.
    """
    folder, digests = root / LOG / LISTS, [hashlib.sha256(each).hexdigest() for each in lists]
    make_dirs_durably(folder)
    for digest, data in zip(digests, lists, strict=True):
        write_durably(folder / f"{digest}.crl", data)
    said = {f"{_LIST}{number}": digest for number, digest in enumerate(digests, start=1)}
    with catalogue.writing():
        catalogue.append(Event(KEPT, actor, public={"token": token, **said, **({"revoked": 1} if is_revoked else {})}))


def revoked(db: Database) -> set[str]:
    """Tokens of which lists were kept that name who gave them: paths."""
    told = (parsed(public) for (public,) in db.execute("select public from event where type = ?", [KEPT]))
    return {str(said.get("token")) for said in told if said.get("revoked")}


def kept(db: Database) -> dict[str, set[str]]:
    """Digests of the lists that were kept, by token."""
    found = dict[str, set[str]]()
    for (public,) in db.execute("select public from event where type = ?", [KEPT]):
        said = parsed(public)
        found.setdefault(str(said.get("token")), set()).update(str(said[name]) for name in said if name.startswith(_LIST))
    return found


def told(db: Database) -> dict[str, str]:
    """Digests of the lists that were kept, by path from the archive's folder."""
    return {f"{LOG}/{LISTS}/{digest}.crl": digest for digest in sorted(set[str]().union(*kept(db).values()))}


def check(root: Path, db: Database, *, is_read: bool) -> Iterator[Finding]:
    """Every list that was kept is there; and, where all is read, is what it was."""
    for place, digest in told(db).items():
        try:
            there = digest_file(root / place, "sha256") if is_read or not (root / place).is_file() else digest
        except FileNotFoundError:
            yield Finding("revocation-missing", None, place, "a revocation list that was kept is not there")
        except (OSError, ArchiveError, ValueError):  # ValueError: a name with a NUL
            yield Finding("revocation-altered", None, place, "cannot be read, or is no file")
        else:
            if there != digest:
                yield Finding("revocation-altered", None, place, "is not the revocation list that was kept")
