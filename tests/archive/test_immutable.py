"""The immutable flag on sealed days: nobody slips there, and lawful change lifts it and sets it again."""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import bagit  # type: ignore[import-untyped]  # it has no types
import pytest

from archive import copies, immutable
from archive.errors import ArchiveError
from archive.orders import Removal
from archive.store import Archive
from tests.archive.conftest import FILE, Office
from tests.archive.test_heads import a_day


@pytest.fixture
def kept(office: Office, archive: Archive) -> Iterator[Archive]:
    """An archive with two sealed days that bear the flag, where the machine lets us set it."""
    a_day(office, archive, "a", "b")
    a_day(office, archive, "c")
    if trouble := immutable.trouble(office.root):
        pytest.skip(trouble)
    try:
        assert archive.protect() == []
        yield archive
    finally:
        immutable.lift(office.root)


def days(office: Office) -> list[Path]:
    return sorted(path for path in office.root.glob("[0-9]*/*/*") if (path / "bagit.txt").exists())


def bearing(folder: Path) -> set[bool]:
    return {immutable.is_set(path) for path in (folder, *folder.rglob("*"))}


def test_what_is_sealed_cannot_be_changed_by_a_slip(office: Office, kept: Archive) -> None:
    pdf = next(office.root.glob("*/*/*/data/*.pdf"))
    for slip in (lambda: pdf.write_bytes(b""), pdf.unlink, lambda: (pdf.parent / "new").touch(), lambda: pdf.chmod(0o644)):
        with pytest.raises(PermissionError):
            slip()  # type: ignore[operator]  # any of them
    assert all(bearing(day) == {True} for day in days(office))
    assert kept.verify().findings == [] and bagit.Bag(str(days(office)[0])).validate()
    assert kept.seal_day(dt.date.fromisoformat("-".join(days(office)[0].parts[-3:])), "again").manifest_sha256


def test_a_removal_lifts_it_and_sets_it_again(office: Office, kept: Archive) -> None:
    done = kept.remove([f"{FILE}.0000001"], Removal("disposed", "QĐ 1", ("A",), "luu-tru"))
    assert not list(office.root.rglob("*0000001*")) and len(done.days) == 1
    assert all(bearing(day) == {True} for day in days(office))
    assert kept.verify().findings == [] and bagit.Bag(str(days(office)[0])).validate()


def test_a_restored_file_bears_it_again(office: Office, kept: Archive, tmp_path: Path) -> None:
    target = tmp_path / "nas"
    target.mkdir()
    list(copies.mirror(office.root, target, kept.sealed_days()))
    pdf = next(office.root.glob("*/*/*/data/*.pdf"))
    immutable.lift(days(office)[0])
    pdf.chmod(0o644)
    pdf.write_bytes(b"broken")
    kept.protect()
    copies.restore(office.root, target, kept.sealed_days(), pdf.relative_to(office.root).as_posix())
    assert all(bearing(day) == {True} for day in days(office)) and kept.verify().findings == []


def test_where_it_cannot_be_lifted_nothing_is_removed(office: Office, kept: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    real = fcntl.ioctl

    def refused(file: int, request: int, *more: object) -> object:
        if request == immutable._SET:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        return real(file, request, *more)  # type: ignore[call-overload]  # as it was called

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "ioctl", refused)
        with pytest.raises(ArchiveError, match="immutable"):
            kept.remove([f"{FILE}.0000001"], Removal("disposed", "QĐ 1", ("A",), "luu-tru"))
        assert immutable.trouble(office.root) == "CAP_LINUX_IMMUTABLE is missing"
    assert kept.verify().findings == [] and kept.half_removed() == [f"{FILE}.0000001"]


def test_a_file_system_without_the_flag_is_told(office: Office, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    day = a_day(office, archive, "a").day

    def absent(*args: object) -> object:
        raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))

    monkeypatch.setattr(fcntl, "ioctl", absent)
    assert immutable.trouble(office.root) == "the file system has no such flag"
    assert archive.protect() == [day] and not immutable.is_set(office.root)
    assert not immutable.lift(office.root)
