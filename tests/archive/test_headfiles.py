"""Files of published heads, as the log tells of them: what was taken away is not made again, and comes back from a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from archive import copies
from archive.errors import ArchiveError
from archive.heads import Published
from archive.store import Archive
from tests.archive.conftest import CLERK, Office
from tests.archive.test_heads import a_day, log_key
from tests.archive.test_verify import codes, forge

OLDER, NEWEST = "_log/2026-11-23", "_log/2026-11-24"
Two = tuple[Published, Published]


@pytest.fixture
def two(office: Office, archive: Archive) -> Two:
    """Two nights; beside the heads lies what would be a signature."""
    made = a_day(office, archive, "a"), a_day(office, archive, "b")
    for each in made:
        (each.folder / "checkpoint.p7s").write_bytes(each.day.isoformat().encode())
        (each.folder / "checkpoint.p7s.pem").write_bytes(b"pem")
    archive.note_heads(CLERK)
    return made


@pytest.fixture
def copy(office: Office, archive: Archive, two: Two) -> Path:
    assert [each for each in copies.mirror(office.root, office.folder / "nas", archive.sealed_days(), archive.log_files())
            if not isinstance(each, copies.Copied)] == []  # fmt: skip
    return office.folder / "nas"


def test_the_log_tells_once_of_each_file_and_later_of_what_came_later(archive: Archive, two: Two) -> None:
    told = [event["public"] for event in archive.happened("published")]
    assert [each["day"] for each in told] == ["2026-11-23", "2026-11-24"]  # type: ignore[index]  # JSON
    assert set(archive.log_files()) == {f"{day}/{name}" for day in (OLDER, NEWEST)
                                         for name in ("checkpoint", "entries.jsonl", "checkpoint.p7s", "checkpoint.p7s.pem")}  # fmt: skip
    (two[1].folder / "checkpoint.tsr.pem").write_bytes(b"pem")
    archive.note_heads(CLERK)
    assert len(archive.happened("published")) == 2, "it is not laid down yet: certificates come before their time-stamp"
    (two[1].folder / "checkpoint.tsr").write_bytes(b"token")
    archive.note_heads(CLERK)
    archive.note_heads(CLERK)
    later = archive.happened("published")[2:]
    assert [set(event["public"]) for event in later] == [{"day", "size", "checkpoint.tsr", "checkpoint.tsr.pem"}]  # type: ignore[call-overload]  # JSON


def test_another_head_of_the_same_log_is_none_the_more(office: Office, archive: Archive, two: Two) -> None:
    """What the log was told of heads is no sealing: a day whose head is another's gets none of its own."""
    assert archive.publish(two[1].day, log_key()) == two[1] and archive.unpublished() == []


@pytest.mark.parametrize(("name", "code"), [("checkpoint.p7s", "head-missing"), ("entries.jsonl", "head-missing"),
                                            ("checkpoint", "head-missing"), ("", "head-missing")])  # fmt: skip
def test_what_is_lost_is_known_and_told_every_night(office: Office, archive: Archive, two: Two, name: str, code: str) -> None:
    path = office.root / NEWEST / name
    path.unlink() if name else shutil.rmtree(path)
    assert archive.lost_head_files() and all(place.startswith(f"{NEWEST}/{name}") for place in archive.lost_head_files())
    assert {found.code for found in archive.lost_heads()} == {code} == codes(archive)


def test_another_signature_in_the_place_of_one_is_told(office: Office, archive: Archive, two: Two) -> None:
    (office.root / OLDER / "checkpoint.p7s").write_bytes(b"made later")
    assert [(found.code, found.path) for found in archive.lost_heads()] == [("head-altered", f"{OLDER}/checkpoint.p7s")]
    assert archive.lost_head_files() == []


def test_a_copy_gives_back_one_file_or_the_whole_head(office: Office, archive: Archive, copy: Path) -> None:
    with pytest.raises(ArchiveError, match="exists"):
        archive.restore_log_file(copy, NEWEST)
    before = {path.name: path.read_bytes() for path in (office.root / NEWEST).iterdir()}
    (office.root / OLDER / "checkpoint.p7s").unlink()
    shutil.rmtree(office.root / NEWEST)
    archive.restore_log_file(copy, f"{OLDER}/checkpoint.p7s")
    archive.restore_log_file(copy, f"{NEWEST}/")
    assert {path.name: path.read_bytes() for path in (office.root / NEWEST).iterdir()} == before
    assert archive.lost_heads() == [] == archive.lost_head_files() and codes(archive) == set()


@pytest.mark.parametrize("path", ["_log", "_log/checkpoint", "_log/2026-11-2", f"{NEWEST}/../../catalogue.db", f"{NEWEST}/nothing"])
def test_only_what_the_log_tells_of_is_put_back(office: Office, archive: Archive, copy: Path, path: str) -> None:
    if path == "_log":  # all of it, where it is asked for so
        shutil.rmtree(office.root / OLDER)
        archive.restore_log_file(copy, path)
        assert archive.lost_head_files() == []
        return
    with pytest.raises(ArchiveError, match="unknown"):
        archive.restore_log_file(copy, path)


def test_a_copy_that_is_not_what_was_published_gives_nothing_back(office: Office, archive: Archive, copy: Path) -> None:
    shutil.rmtree(office.root / NEWEST)
    (copy / NEWEST / "checkpoint.p7s").write_bytes(b"made later")
    with pytest.raises(ArchiveError, match="not-proved"):
        archive.restore_log_file(copy, NEWEST)
    assert not (office.root / NEWEST).exists(), "all of it, or nothing"
    (office.root / NEWEST).symlink_to(office.folder)
    with pytest.raises(ArchiveError, match="altered"):
        archive.restore_log_file(copy, f"{NEWEST}/checkpoint")
    assert not (office.folder / "checkpoint").exists(), "nothing is written where a link leads out"


def test_what_was_altered_here_never_overwrites_a_good_copy(office: Office, archive: Archive, copy: Path) -> None:
    (office.root / NEWEST / "checkpoint.p7s").write_bytes(b"made later")
    found = list(copies.mirror(office.root, copy, archive.sealed_days(), archive.log_files()))
    assert [(each.code, each.path) for each in found if not isinstance(each, copies.Copied)] == [("altered", f"{NEWEST}/checkpoint.p7s")]
    archive.restore_log_file(copy, NEWEST)
    assert archive.lost_heads() == []


def test_only_a_persons_word_kept_in_the_log_lets_a_lost_head_be_made_again(office: Office, archive: Archive, two: Two) -> None:
    with pytest.raises(ArchiveError, match="exists"):
        archive.give_up_head(two[1].day, "không có lý do", CLERK)
    with pytest.raises(ArchiveError, match="unknown"):
        archive.give_up_head(office.clock.now.date(), "ngày khác", CLERK)
    before = {path.name: path.read_bytes() for path in two[1].folder.iterdir()}
    shutil.rmtree(two[1].folder)
    assert archive.give_up_head(two[1].day, "Đĩa hỏng, không có bản sao", CLERK) == two[1]
    archive.publish(two[1].day, log_key())
    archive.note_heads(CLERK)
    assert (two[1].folder / "checkpoint").read_bytes() == before["checkpoint"]
    assert (two[1].folder / "entries.jsonl").read_bytes() == before["entries.jsonl"]
    (told,) = archive.happened("head-lost")
    assert told["public"] == {"day": "2026-11-24", "files": 4}
    assert told["private"] == {"reason": "Đĩa hỏng, không có bản sao"} and told["actor"] == CLERK
    assert archive.lost_head_files() == [] == archive.lost_heads() and codes(archive) == set()


def test_a_head_of_which_a_catalogue_made_again_knows_only_that_it_is_lost_can_be_given_up(office: Office, archive: Archive, two: Two) -> None:
    a_day(office, archive, "c")
    archive.close()
    shutil.rmtree(two[1].folder)
    forge(office, f"delete from checkpoint where day = '{two[1].day}'")
    again = office.open()
    assert again.lost_head_files()
    assert again.give_up_head(two[1].day, "Mất cả danh mục và mốc", CLERK) is None
    assert again.lost_head_files() == [] and len(again.happened("head-lost")) == 1
