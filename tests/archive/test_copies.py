"""Copies of sealed days elsewhere: made, read again, and what restores a damaged file from a good one."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from archive import copies
from archive.bag import MANIFEST, TAGMANIFEST, opened_to_repair
from archive.copies import Copied, SealedDay
from archive.errors import ArchiveError
from archive.removal import Removal
from archive.store import Archive
from archive.verify_log import Finding
from tests.archive.conftest import Office
from tests.archive.test_heads import a_day
from tests.archive.test_verify_offline import run


@pytest.fixture
def days(office: Office, archive: Archive) -> list[SealedDay]:
    a_day(office, archive, "a", "b")
    a_day(office, archive, "c")
    return archive.sealed_days()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    made = tmp_path / "nas"
    made.mkdir()
    return made


def pdf(place: Path, number: int = 0) -> Path:
    return sorted(place.glob("*/*/*/data/*.pdf"))[number]


def damage(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"x")


def codes(found: object) -> list[str]:
    return [each.code for each in found if isinstance(each, Finding)]  # type: ignore[attr-defined]  # any iterable


def test_a_copy_is_an_archive_that_is_verified_by_itself(office: Office, days: list[SealedDay], target: Path) -> None:
    made = list(copies.mirror(office.root, target, days))
    assert [each.day for each in made if isinstance(each, Copied)] == [each.day for each in days]
    assert copies.missing(target, days) == []
    assert list(copies.check(target, days)) == []
    assert run(target)["findings"] == []
    assert list(copies.mirror(office.root, target, days)) == []


def test_what_is_altered_here_never_overwrites_what_is_right_there(office: Office, days: list[SealedDay], target: Path) -> None:
    list(copies.mirror(office.root, target, days))
    good = pdf(target).read_bytes()
    damage(pdf(office.root, 0))
    damage(pdf(office.root, 1))
    pdf(target, 1).unlink()
    (target / days[0].place / "tagmanifest-sha256.txt").unlink()  # so that the day is copied once more
    assert codes(copies.mirror(office.root, target, days)) == ["altered"]
    assert pdf(target).read_bytes() == good
    assert copies.missing(target, days) == days[:1]  # it is not called whole


def test_a_manifest_that_was_exchanged_is_not_copied(office: Office, days: list[SealedDay], target: Path) -> None:
    damage(office.root / days[0].place / "manifest-sha256.txt")
    assert codes(copies.mirror(office.root, target, days)) == ["altered"]
    assert not (target / days[0].place).exists()


@pytest.mark.parametrize("is_known", [True, False])  # an archive of version 0.4 has no tag manifests in its log
@pytest.mark.parametrize("name", ["bagit.txt", "bag-info.txt", TAGMANIFEST])
def test_a_damaged_tag_file_never_overwrites_the_one_there(
    office: Office, days: list[SealedDay], target: Path, name: str, is_known: bool
) -> None:
    days = days if is_known else [replace(day, tagmanifest_sha256="") for day in days]
    list(copies.mirror(office.root, target, days))
    there = target / days[0].place
    good = (there / name).read_bytes()
    with opened_to_repair(office.root / days[0].place):
        (office.root / days[0].place / name).write_bytes(b"")
    (there / MANIFEST).unlink()  # so that the day is copied once more
    assert codes(copies.mirror(office.root, target, days)) == ["altered"]
    assert (there / name).read_bytes() == good and not (there / MANIFEST).exists()


def test_every_fault_of_a_copy_is_named(office: Office, days: list[SealedDay], target: Path) -> None:
    list(copies.mirror(office.root, target, days))
    damage(pdf(target, 0))
    pdf(target, 1).unlink()
    (pdf(target, 0).parent / "more.txt").write_text("")
    (target / days[1].place / "manifest-sha256.txt").unlink()
    assert sorted(codes(copies.check(target, days))) == ["copy-altered", "copy-missing", "copy-missing", "copy-orphan"]


def test_a_damaged_file_is_restored_from_a_good_copy(office: Office, archive: Archive, days: list[SealedDay], target: Path) -> None:
    list(copies.mirror(office.root, target, days))
    path = pdf(office.root)
    name = path.relative_to(office.root).as_posix()
    with pytest.raises(ArchiveError, match="exists"):
        copies.restore(office.root, target, days, name)
    path.parent.chmod(0o755)
    damage(path)
    copies.restore(office.root, target, days, name)
    assert archive.verify().ok
    assert not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    path.parent.chmod(0o755)
    path.unlink()
    copies.restore(office.root, target, days, name)
    assert archive.verify().ok


def test_a_lost_day_is_restored_file_by_file(office: Office, archive: Archive, days: list[SealedDay], target: Path) -> None:
    list(copies.mirror(office.root, target, days))
    for place, _, _ in os.walk(office.root / days[0].place):
        os.chmod(place, 0o755)
    shutil.rmtree(office.root / days[0].place)
    for path in sorted((target / days[0].place).rglob("*")):
        if path.is_file():
            copies.restore(office.root, target, days, path.relative_to(target).as_posix())
    assert archive.verify().ok


@pytest.mark.parametrize("which", ["copy too", "manifest too", "outside", "nowhere"])
def test_what_cannot_be_shown_to_be_right_is_not_restored(office: Office, days: list[SealedDay], target: Path, which: str) -> None:
    list(copies.mirror(office.root, target, days))
    path = pdf(office.root)
    damage(path)
    damaged, name = path.read_bytes(), path.relative_to(office.root).as_posix()
    code = "unknown"
    if which == "copy too":
        damage(target / name)
        code = "not-proved"
    elif which == "manifest too":
        for place in (office.root, target):
            damage(place / days[0].place / "manifest-sha256.txt")
        code = "not-proved"
    elif which == "outside":
        name = f"{days[0].place}/../../../../{path.name}"
    else:
        name = f"{days[0].place}/data/nothing.pdf"
    with pytest.raises(ArchiveError, match=code):
        copies.restore(office.root, target, days, name)
    assert path.read_bytes() == damaged


def test_a_copy_within_the_archive_is_none(office: Office, days: list[SealedDay]) -> None:
    for place in (office.root, office.root / "copy", office.folder):
        with pytest.raises(ArchiveError, match="bad-place"):
            list(copies.mirror(office.root, place, days))


def test_what_was_removed_by_order_vanishes_from_the_copy(office: Office, archive: Archive, target: Path) -> None:
    a_day(office, archive, "a", "b")
    list(copies.mirror(office.root, target, archive.sealed_days()))
    code = archive.remove([pdf(target).stem], Removal("disposed", "QĐ 1", ("A",), "luu-tru")).codes[0]
    assert codes(copies.check(target, archive.sealed_days())) == ["copy-missing"]
    made = list(copies.mirror(office.root, target, archive.sealed_days()))
    assert len(made) == 1
    assert list(copies.check(target, archive.sealed_days())) == []
    assert not [path for path in target.rglob("*") if code in path.name]


@pytest.mark.parametrize("name", ["data/../../../../../victim.txt", "/victim.txt", "", "data"])
def test_a_forged_removal_deletes_nothing_outside_the_copy(
    office: Office, archive: Archive, days: list[SealedDay], target: Path, tmp_path: Path, name: str
) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("not of the archive")
    path = f"{days[0].place}/{tmp_path}/victim.txt" if name.startswith("/") else f"{days[0].place}/{name}"
    with archive.reading() as db:
        columns = ", ".join(set(db.table("event").columns_dict) - {"seq", "type", "public"})
    forger = sqlite3.connect(office.root / "catalogue.db")
    for told in (f'{{"path": "{path}"}}', "{}"):
        forger.execute(
            f"insert into event (seq, type, public, {columns}) select max(seq) + 1, 'removed', ?, {columns} from event", [told]
        )
    forger.commit()
    forger.close()
    assert len([each for each in copies.mirror(office.root, target, archive.sealed_days()) if isinstance(each, Copied)]) == 2
    assert victim.read_text() == "not of the archive"
    assert "log-broken" in {finding.code for finding in archive.verify().findings}  # it is told there


def test_a_link_laid_in_the_copy_leads_nowhere(office: Office, archive: Archive, target: Path, tmp_path: Path) -> None:
    a_day(office, archive, "a", "b")
    day, gone = archive.sealed_days()[0], pdf(office.root)
    archive.remove([gone.stem], Removal("disposed", "QĐ 1", ("A",), "luu-tru"))
    (tmp_path / "other").mkdir()
    victim = tmp_path / "other" / gone.name
    victim.write_text("not of the archive")
    (target / day.place).mkdir(parents=True)
    (target / day.place / "data").symlink_to(tmp_path / "other")
    assert codes(copies.mirror(office.root, target, archive.sealed_days())) == ["altered"]
    assert [path.name for path in (tmp_path / "other").iterdir()] == [victim.name]


def test_a_manifest_cannot_name_what_lies_outside_its_day(office: Office, days: list[SealedDay], target: Path) -> None:
    manifest = office.root / days[0].place / "manifest-sha256.txt"
    manifest.chmod(0o644)
    manifest.write_text(manifest.read_text().replace("  data/", "  data/../../../../../"))
    forged = replace(days[0], manifest_sha256=copies.digest_of(manifest))
    assert codes(copies.mirror(office.root, target, [forged])) == ["altered"]


@pytest.mark.parametrize("is_known", [True, False])  # an archive of version 0.4 has no tag manifests in its log
def test_a_hostile_copy_cannot_tell_what_a_file_must_be(
    office: Office, archive: Archive, days: list[SealedDay], target: Path, is_known: bool
) -> None:
    days = days if is_known else [replace(day, tagmanifest_sha256="") for day in days]
    list(copies.mirror(office.root, target, days))
    here, there = office.root / days[0].place, target / days[0].place
    name = pdf(office.root).relative_to(here).as_posix()
    forged = {name: b"%PDF forged by the copy", "bag-info.txt": b"Source-Organization: forged\n", "more.txt": b"forged"}
    with (there / TAGMANIFEST).open("a") as tags:
        for each, data in forged.items():
            (there / each).write_bytes(data)
            tags.write(f"{hashlib.sha256(data).hexdigest()}  {each}\n")
    with opened_to_repair(here):
        (here / MANIFEST).unlink()
        (here / name).unlink()
        (here / TAGMANIFEST).unlink()
    for each in (name, "more.txt", TAGMANIFEST, *(["bag-info.txt"] if is_known else [])):
        with pytest.raises(ArchiveError, match="not-proved|unknown"):
            copies.restore(office.root, target, days, f"{days[0].place}/{each}")
    assert not (here / name).exists() and not (here / TAGMANIFEST).exists() and not (here / "more.txt").exists()
    copies.restore(office.root, target, days, f"{days[0].place}/{MANIFEST}")
    assert copies.digest_of(here / MANIFEST) == days[0].manifest_sha256
