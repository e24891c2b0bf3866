"""A look names everything, opens nothing and never fails."""

import errno
import os
import socket
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pytest

from watch.folders import DropFolder, is_remote
from watch.settle import Sighting, Watched, settle


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "sao-y"
    folder.mkdir()
    return folder


def names(sightings: list[Sighting]) -> list[bytes]:
    return sorted(s.path for s in sightings)


def test_sighting_tells_what_the_file_system_says(drop: Path) -> None:
    (drop / "a.pdf").write_bytes(b"12345")
    status = (drop / "a.pdf").stat()
    assert DropFolder(drop).look() == [
        Sighting(b"a.pdf", status.st_dev, status.st_ino, 5, status.st_mtime_ns)
    ]


def test_one_level_of_sub_folders(drop: Path) -> None:
    (drop / "01.TCCB" / "too deep").mkdir(parents=True)
    (drop / "01.TCCB" / "01.TCCB").write_bytes(b"a file named like its folder")
    (drop / "01.TCCB" / "too deep" / "lost.pdf").write_bytes(b"x")
    survey = DropFolder(drop).survey()
    assert [s.path for s in survey.files] == [b"01.TCCB/01.TCCB"]
    assert survey.oddities == (b"01.TCCB/too deep",)


def test_names_are_bytes(drop: Path) -> None:
    """NFC and NFD twins, 255 bytes, invalid UTF-8, line ends: each is its own file."""
    nfc = "Quyết định.pdf".encode()
    nfd = unicodedata.normalize("NFD", "Quyết định.pdf").encode()
    longest = "ệ".encode() * 83 + b"ab.pdf"
    assert len(longest) == 255
    for name in (nfc, nfd, longest, b"\xff\xfe caf\xe9.pdf", b"two\nlines.pdf", b"-rf"):
        (Path(os.fsdecode(os.fsencode(drop) + b"/" + name))).write_bytes(b"x")
    expected = sorted([nfc, nfd, longest, b"\xff\xfe caf\xe9.pdf", b"two\nlines.pdf", b"-rf"])
    assert names(DropFolder(drop).look()) == expected


def test_nothing_but_regular_files(drop: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(b"not for the archive")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "b.pdf").write_bytes(b"x")
    (drop / "link.pdf").symlink_to(secret)
    (drop / "dangling.pdf").symlink_to("nowhere")
    (drop / "folder-link").symlink_to(elsewhere)
    os.mkfifo(drop / "pipe.pdf")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.fspath(drop / "socket"))
        folder = DropFolder(drop)
        assert folder.look() == []
        assert sorted(folder.oddities()) == [
            b"dangling.pdf",
            b"folder-link",
            b"link.pdf",
            b"pipe.pdf",
            b"socket",
        ]


def test_litter_is_skipped_and_the_unfinished_set_apart(drop: Path) -> None:
    for folder in ("@eaDir", ".stfolder", "copying.tmp"):
        (drop / folder).mkdir()
        (drop / folder / "a.pdf").write_bytes(b"x")
    for name in ("Thumbs.db", ".DS_Store", "~$a.docx", "b.pdf.part", "c.pdf"):
        (drop / name).write_bytes(b"x")
    survey = DropFolder(drop).survey()
    assert [s.path for s in survey.files] == [b"c.pdf"]
    assert names(list(survey.unfinished)) == [b"b.pdf.part", b"copying.tmp/a.pdf"]
    assert survey.oddities == ()


def test_a_part_file_left_for_a_day_can_be_told(drop: Path) -> None:
    (drop / "b.pdf.part").write_bytes(b"x")
    day = 86_400.0
    known, _ = settle({}, DropFolder(drop).survey().unfinished, 0.0, day)
    _, stale = settle(known, DropFolder(drop).survey().unfinished, day, day)
    assert [s.path for s in stale] == [b"b.pdf.part"]


def test_vanished_root_is_an_oddity_not_an_error(drop: Path) -> None:
    folder = DropFolder(drop)
    drop.rmdir()
    assert folder.look() == []
    assert folder.oddities() == [b"."]
    drop.write_bytes(b"a file now")
    assert folder.oddities() == [b"."]
    drop.unlink()
    drop.mkdir()
    (drop / "a.pdf").write_bytes(b"x")
    assert names(folder.look()) == [b"a.pdf"]
    assert folder.oddities() == []


@pytest.mark.parametrize(("number", "told"), [(errno.EACCES, [b"01.TCCB"]), (errno.ENOENT, [])])
def test_sub_folder_that_cannot_be_listed_is_told(
    drop: Path, monkeypatch: pytest.MonkeyPatch, number: int, told: list[bytes]
) -> None:
    (drop / "01.TCCB").mkdir()
    (drop / "a.pdf").write_bytes(b"x")
    real_open = os.open

    def refuse(path: bytes | Path, flags: int, *, dir_fd: int | None = None) -> int:
        if path == b"01.TCCB":  # the tests may run as root, whom no mode stops
            raise OSError(number, os.strerror(number))
        return real_open(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", refuse)
    folder = DropFolder(drop)
    assert folder.oddities() == told
    assert names(folder.look()) == [b"a.pdf"]


def test_future_modification_time_settles_like_any_other(drop: Path) -> None:
    (drop / "a.pdf").write_bytes(b"x")
    os.utime(drop / "a.pdf", (4e9, 4e9))  # the year 2096
    folder = DropFolder(drop)
    known, _ = settle({}, folder.look(), 0.0, 10.0)
    assert [s.path for s in settle(known, folder.look(), 10.0, 10.0)[1]] == [b"a.pdf"]


def test_scanner_that_appends_pages_closing_between_them(drop: Path) -> None:
    """Seven seconds between pages, a quiet time of ten: never taken in between (paperless-ngx#43)."""
    folder = DropFolder(drop)
    known: Mapping[bytes, Watched] = {}
    taken = []
    for second in range(40):
        if second % 7 == 0 and second <= 21:
            with (drop / "scan.pdf").open("ab") as page:
                page.write(b"page")
        known, ready = settle(known, folder.look(), float(second), 10.0)
        taken += [(second, s.size) for s in ready]
    assert taken[0] == (31, 16)
    assert {size for _, size in taken} == {16}


def test_rename_in_is_seen_under_its_final_name_only(drop: Path) -> None:
    (drop / "scan.pdf.part").write_bytes(b"x")
    assert DropFolder(drop).look() == []
    (drop / "scan.pdf.part").rename(drop / "scan.pdf")
    assert names(DropFolder(drop).look()) == [b"scan.pdf"]


def test_ten_thousand_files_moved_in_at_once_are_all_found(drop: Path, tmp_path: Path) -> None:
    batch = tmp_path / "batch"
    batch.mkdir()
    for n in range(10_000):
        os.close(os.open(batch / f"{n:05}.pdf", os.O_CREAT | os.O_WRONLY))
    batch.rename(drop / "01.TCCB")
    assert names(DropFolder(drop).look()) == [b"01.TCCB/%05d.pdf" % n for n in range(10_000)]


MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /srv/scan rw - autofs systemd-1 rw,fd=1
31 22 0:41 / /srv/scan rw,relatime shared:9 - cifs //nas/scan rw,vers=3.0
32 31 8:2 / /srv/scan/local rw - xfs /dev/sdb1 rw
33 22 0:42 / /mnt/M\303\241y\040qu\303\251t rw - nfs4 nas:/scan rw
34 22 0:43 / /mnt/May\040quet\134x rw - smb3 //nas/x rw
35 22 0:44 / /mnt/gdrive rw master:2 propagate_from:3 - fuse.rclone gdrive: rw
36 22 0:45 / /mnt/usb rw - fuseblk /dev/sdc1 rw
37 22 0:46 / /host rw - 9p host rw
38 22 0:47 / /vm rw - virtiofs vm rw
39 22 0:48 / /docker rw - overlay overlay rw
"""


@pytest.mark.parametrize(
    ("path", "remote"),
    [
        ("/home/a", False),
        ("/srv/scanner", False),  # not below /srv/scan
        ("/srv/scan", True),  # mounted over the autofs of the same place
        ("/srv/scan/sao-y", True),
        ("/srv/scan/local/sao-y", False),  # the longest mount point decides
        ("/mnt/May quet\\x/sao-y", True),  # octal escapes
        ("/mnt/gdrive", True),
        ("/mnt/usb/drop", False),  # a local disk through FUSE: the kernel sees each write
        ("/host/drop", True),
        ("/vm/drop", True),
        ("/docker/drop", False),
    ],
)
def test_mount_type_decides_polling(path: str, remote: bool) -> None:
    assert is_remote(Path(path), MOUNTS) is remote


def test_link_into_a_share_is_remote(tmp_path: Path) -> None:
    (tmp_path / "drop").symlink_to("/srv/scan/sao-y")
    assert is_remote(tmp_path / "drop", MOUNTS)


def test_this_machine_can_be_asked(tmp_path: Path) -> None:
    assert is_remote(tmp_path) is False
    assert is_remote(tmp_path / "not" / "there") is False
