"""Keys that are elsewhere: the door that the clerk's helper knocks at is opened for a moment, and nobody let in."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from archive.counted import counted
from processor.check import Check, check
from processor.doctor.parts import Parts
from processor.errors import MissingError
from processor.seal.certificates import read_certificates
from processor.seal.remote_http import Doorway
from processor.seal.remote_requests import Announced, Desk

_SOON = 60  # days


def checks(parts: Parts) -> Iterator[Check]:
    """Rows `remote` and `remote-certificate`, where the settings have a key elsewhere, or an address for its helper."""
    remote = parts.settings.remote
    if not remote.listen and not any(key.kind == "remote" for key in parts.settings.keys.values()):
        return
    if not remote.listen:
        yield check("remote", True, "remote.listen is not set: digests are carried to the token and back in files")
        return
    unset = [f"remote.{name}" for name in ("certificate", "key", "clients") if not getattr(remote, name)]
    if unset:
        yield check("remote", False, f"not set: {', '.join(unset)}")
        yield check("remote-certificate", None, "nothing to look at")
        return
    try:
        own, *_ = read_certificates([parts.folder / remote.certificate])
        authorities = read_certificates([parts.folder / remote.clients])
        desk = Desk(Announced("", own, 0))
        desk.end("looked at by the doctor")
        Doorway(remote, parts.folder, desk).server_close()
    except MissingError as error:
        is_busy = isinstance(error.__cause__, OSError) and error.__cause__.errno == errno.EADDRINUSE
        told = f"{error}: by a session that goes on, or by another program" if is_busy else str(error)
        yield check("remote", None if is_busy else False, told)
        yield check("remote-certificate", None, "nothing to look at")
        return
    yield check("remote", True, f"can listen on {remote.listen}, for certificates of the clerks' authority only")
    now = parts.clock()
    lives = [each.not_valid_before_utc <= now <= each.not_valid_after_utc for each in (own, *authorities)]
    days = min((each.not_valid_after_utc - now).days for each in (own, *authorities))
    soon = "; renew them soon" if days < _SOON else ""
    told = f"this station's and the clerks' authority's: {counted(days, 'day')} left{soon}"
    yield check("remote-certificate", all(lives), told)
