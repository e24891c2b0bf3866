"""Heads of the log, published day by day, and catalogues that are not the one they were published of."""

from __future__ import annotations

import base64
import datetime as dt
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from archive import log
from archive.checkpoint import parsed
from archive.errors import ArchiveError
from archive.heads import LogKey, Published
from archive.store import Archive
from tests.archive.conftest import CLERK, FILE, NOON, Office

DAY = NOON.date()


def log_key(seed: int = 1) -> LogKey:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    public = private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return LogKey(public.public_bytes(Encoding.Raw, PublicFormat.Raw), pem, private.sign)


def a_day(office: Office, archive: Archive, *names: str) -> Published:
    """Documents filed, the day ended, sealed and published."""
    for name in names:
        archive.file(office.filing(archive, name), CLERK)
    day = (office.clock.now + dt.timedelta(hours=7)).date()
    office.clock.pass_(days=1)
    archive.seal_day(day, CLERK)
    return archive.publish(day, log_key())


def entries(*found: Published) -> list[bytes]:
    return [line for each in found for line in (each.folder / "entries.jsonl").read_bytes().splitlines()]


def test_every_head_is_that_of_the_entries_published_so_far(office: Office, archive: Archive) -> None:
    made = [a_day(office, archive, "a", "b"), a_day(office, archive, "c"), a_day(office, archive, "d", "e")]
    for number, each in enumerate(made, 1):
        said = entries(*made[:number])
        assert (each.head.size, each.head.root) == (len(said), log.root(map(log.leaf_hash, said)))
    newest = (office.root / "_log" / "checkpoint").read_bytes()
    assert newest == (made[-1].folder / "checkpoint").read_bytes()
    assert parsed(newest.decode()).head == made[-1].head
    assert archive.published() == made
    assert archive.unpublished() == []


def test_days_sealed_in_one_night_have_one_head(office: Office, archive: Archive) -> None:
    for name in ("a", "b"):
        archive.file(office.filing(archive, name), CLERK)
        office.clock.pass_(days=1)
    days = archive.unsealed_before(office.clock.now.date())
    for day in days:
        archive.seal_day(day, CLERK)
    assert archive.unpublished() == days == [DAY, DAY + dt.timedelta(days=1)]
    made = archive.publish(days[1], log_key())
    assert archive.unpublished() == [] and archive.published() == [made]
    assert archive.publish(days[0], log_key()) == made == archive.publish(days[1], log_key())
    assert sorted(path.name for path in (office.root / "_log").iterdir()) == [days[1].isoformat(), "checkpoint", "keys"]


def test_openssl_verifies_the_line_of_the_log(office: Office, archive: Archive, tmp_path: Path) -> None:
    made = a_day(office, archive, "a")
    body, _, line = (made.folder / "checkpoint").read_text("utf-8").partition("\n\n")
    _, name, coded = line.split()
    key = office.root / "_log" / "keys" / f"{base64.b64decode(coded)[:4].hex()}.pem"
    (tmp_path / "body").write_text(body + "\n", "utf-8")
    (tmp_path / "signature").write_bytes(base64.b64decode(coded)[4:])
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key, "-in", tmp_path / "body",
                           "-sigfile", tmp_path / "signature"], capture_output=True, text=True, check=False)  # fmt: skip
    assert (done.returncode, name) == (0, made.head.origin), done.stderr


def test_published_again_it_is_the_same_to_the_byte(office: Office, archive: Archive) -> None:
    made = a_day(office, archive, "a")
    before = {path.name: path.read_bytes() for path in made.folder.iterdir()}
    archive.event("settings-changed", actor=CLERK)  # what happened since belongs to the next head
    shutil.rmtree(office.root / "_log")
    assert archive.publish(DAY, log_key()) == made
    assert {path.name: path.read_bytes() for path in made.folder.iterdir()} == before


def test_a_day_that_is_not_sealed_has_no_head(archive: Archive) -> None:
    with pytest.raises(ArchiveError, match="day-open"):
        archive.publish(DAY, log_key())


def test_a_catalogue_that_was_put_back_from_an_older_copy_is_refused(office: Office, archive: Archive) -> None:
    older = office.folder / "older.db"
    archive.close()
    shutil.copy(office.root / "catalogue.db", older)
    archive = office.open()
    a_day(office, archive, "a")
    archive.close()
    shutil.copy(older, office.root / "catalogue.db")
    with pytest.raises(ArchiveError, match="catalogue-older"):
        office.open()
    (office.root / "_log" / "checkpoint").unlink()  # nor is it believed when the newest head alone was taken away
    with pytest.raises(ArchiveError, match="catalogue-older"):
        office.open()


@pytest.mark.parametrize("keeps_rows", [True, False])
def test_a_catalogue_that_tells_another_past_is_refused(office: Office, archive: Archive, keeps_rows: bool) -> None:
    a_day(office, archive, "a")
    archive.event("settings-changed", actor=CLERK)
    archive.close()
    db = sqlite3.connect(office.root / "catalogue.db")
    for trigger in ("leaf_fixed", "checkpoint_update", "checkpoint_delete"):
        db.execute(f"drop trigger {trigger}")
    if keeps_rows:
        db.execute("update checkpoint set root = ?", ["00" * 32])
    else:
        db.execute("delete from checkpoint")
        db.execute("update leaf set leaf_hash = ? where seq = 0", [log.leaf_hash(b"{}").hex()])
    db.commit()
    db.close()
    with pytest.raises(ArchiveError, match="log-forked"):
        office.open()


def test_what_is_no_checkpoint_is_not_taken_for_none(office: Office, archive: Archive) -> None:
    a_day(office, archive, "a")
    archive.close()
    (office.root / "_log" / "checkpoint").write_text("nothing\n")
    with pytest.raises(ArchiveError, match="log-unreadable"):
        office.open()


def test_a_key_that_was_exchanged_signs_only_what_comes_after(office: Office, archive: Archive) -> None:
    made = a_day(office, archive, "a")
    before = (made.folder / "checkpoint").read_bytes()
    assert archive.publish(DAY, log_key(2)) == made
    assert (made.folder / "checkpoint").read_bytes() == before
    assert archive.reserve(office.filing(archive, "b").key, CLERK).startswith(FILE)
