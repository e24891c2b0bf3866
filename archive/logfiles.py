"""Files of `_log` that the log tells of, each with its SHA-256, and how one that was damaged here comes back from a copy.

They are the files of published heads (`headfiles`), revocation lists and renewals. What lies beside a renewal's token is in no
entry of the log: the token itself proves it. Promises: nothing is put back that was not logged, and no logged token proves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlite_utils import Database

from archive import copies, evidence, headfiles, revocation
from archive.counted import counted
from archive.durable import is_plain, make_dirs_durably, replace_with
from archive.errors import ArchiveError
from archive.evidence import BEFORE, KNOWN, RENEWALS, Logged, Round
from archive.heads import EVIDENCE, LOG
from archive.verify_log import parsed

_CHAIN = f"{EVIDENCE}.pem"
_UNPROVED = "none"  # the digest of no file


def told(db: Database, *places: Path) -> dict[str, str]:
    """Digests by path from the archive's folder.

    Args:
        db: the catalogue, whose log is asked.
        places: archives, of which the first that has it right says what lies beside a renewal's token.
    """
    found = headfiles.told(db) | revocation.told(db)
    logged = evidence.logged(db)
    for (public,) in db.execute("select public from event where type = 'renewed' order by seq desc"):  # the first one counts
        found |= dict(_renewal(parsed(public), logged, places))
    return {place: digest for place, digest in found.items() if KNOWN.fullmatch(place)}


def _renewal(said: Mapping[str, object], logged: Logged, places: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
    folder, digest = f"{LOG}/{RENEWALS}/{str(said.get('number')).zfill(4)}", str(said.get("token_sha256"))
    yield f"{folder}/evidence.{said.get('digest')}", str(said.get("list_sha256"))
    yield f"{folder}/{EVIDENCE}", digest
    there = [Round(place, place / folder) for place in places if copies.digest_of(place / folder / EVIDENCE) == digest]
    laid = [(each.token, each.folder / _CHAIN) for each in there if is_plain(each.folder / _CHAIN)]
    chains = (path for token, path in laid if evidence.came_with(token, path.read_bytes()))
    yield f"{folder}/{_CHAIN}", next(map(copies.digest_of, chains), _UNPROVED)
    if said.get("hashed_anew"):
        earlier = (path for each in there if is_plain(path := each.folder / BEFORE) and each.is_one_of(logged))
        yield f"{folder}/{BEFORE}", next(map(copies.digest_of, earlier), _UNPROVED)


def restore(root: Path, source: Path, db: Database, path: str) -> None:
    """Puts a file of `_log`, or all of a folder there that are wrong here, back from a good copy.

    Args:
        root: the archive.
        source: where the copy's archive lies.
        db: the catalogue.
        path: the file or the folder, from the archive's folder.

    Raises:
        ArchiveError: `unknown`, the log tells of no such file; `not-proved`, the copy's bytes are not what was logged either;
            `exists`, what lies here is right.
    """
    wanted = {place: digest for place, digest in told(db, root, source).items() if f"{place}/".startswith(f"{path.rstrip('/')}/")}
    if not wanted:
        raise ArchiveError("unknown", f"the log tells of no file {path}, and of none in it")
    wrong = [place for place, digest in wanted.items() if copies.digest_of(root / place) != digest]
    if not wrong:
        raise ArchiveError("exists", f"{path} is what was logged: there is nothing to restore")
    if bad := [place for place in wrong if copies.digest_of(source / place) != wanted[place]]:
        raise ArchiveError("not-proved", f"the copy of {bad[0]} is not what was logged ({counted(len(bad), 'file')} in all)")
    for place in wrong:
        copies.refuse_links(root, {(root / place).parent})
        make_dirs_durably((root / place).parent)
        replace_with(source / place, root / place, expected=wanted[place])
