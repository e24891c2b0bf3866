from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from archive.durable import (
    DurableError,
    clear_temporaries,
    copy_durably,
    link_durably,
    make_dirs_durably,
    replace_durably,
    sha256_file,
    write_durably,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_returned_and_written_once(tmp_path: Path) -> None:
    target = tmp_path / "a"
    blob = write_durably(target, b"bytes")
    assert (blob.path, blob.sha256, blob.size) == (target, hashlib.sha256(b"bytes").hexdigest(), 5)
    assert write_durably(target, b"bytes") == blob == sha256_file(target)
    assert names(tmp_path) == ["a"]


def test_other_bytes_are_never_overwritten(tmp_path: Path) -> None:
    target, source = tmp_path / "a", tmp_path / "b"
    target.write_bytes(b"first")
    source.write_bytes(b"second")
    for attempt in (lambda: write_durably(target, b"second"), lambda: copy_durably(source, target),
                    lambda: link_durably(source, target)):  # fmt: skip
        with pytest.raises(DurableError) as refused:
            attempt()
        assert refused.value.code == "exists"
    assert target.read_bytes() == b"first"
    assert names(tmp_path) == ["a", "b"]


def test_a_copy_is_hashed_while_it_is_made(tmp_path: Path) -> None:
    source, data = tmp_path / "s", os.urandom(3_000_000)
    source.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    assert copy_durably(source, tmp_path / "t", expected=digest).sha256 == digest
    assert (tmp_path / "t").read_bytes() == data


def test_a_source_that_changed_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(b"changed")
    with pytest.raises(DurableError) as refused:
        copy_durably(tmp_path / "s", tmp_path / "t", expected="0" * 64)
    assert refused.value.code == "altered"
    assert names(tmp_path) == ["s"]


def test_a_link_is_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(b"x")
    link_durably(tmp_path / "s", tmp_path / "t")
    link_durably(tmp_path / "s", tmp_path / "t")
    assert (tmp_path / "s").samefile(tmp_path / "t")


def test_symbolic_links_folders_and_pipes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "folder", "pipe"):
        with pytest.raises(DurableError) as refused:
            copy_durably(tmp_path / name, tmp_path / "t")
        assert refused.value.code == "not-a-file"
    with pytest.raises(DurableError):
        write_durably(tmp_path / "link", b"x")
    assert not (tmp_path / "t").exists()


def test_the_order_is_file_name_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    fsync, link = os.fsync, os.link

    def traced_fsync(descriptor: int) -> None:
        steps.append("fsync " + os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")).split(".")[-1])
        fsync(descriptor)

    def traced_link(*args: object, **options: object) -> None:
        steps.append("link")
        link(*args, **options)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(os, "fsync", traced_fsync)
    monkeypatch.setattr(os, "link", traced_link)
    folder = tmp_path / "shelf"
    folder.mkdir()
    write_durably(folder / "a", b"x")
    assert steps == ["fsync part", "link", "fsync shelf"]


def test_a_failed_fsync_is_raised_and_leaves_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "disk")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="disk"):
        write_durably(tmp_path / "a", b"x")
    assert names(tmp_path) == []


def test_a_disposable_file_is_replaced_whole(tmp_path: Path) -> None:
    replace_durably(tmp_path / "a", b"old")
    assert replace_durably(tmp_path / "a", b"new").size == 3
    assert (tmp_path / "a").read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


def test_folders_are_made_with_their_parents(tmp_path: Path) -> None:
    make_dirs_durably(tmp_path / "2026" / "11" / "23")
    make_dirs_durably(tmp_path / "2026" / "11" / "23")
    assert (tmp_path / "2026/11/23").is_dir()


def test_only_unfinished_writes_are_cleared(tmp_path: Path) -> None:
    for name in (".a.1.part", "a.part", ".hidden", "a"):
        (tmp_path / name).write_bytes(b"x")
    assert clear_temporaries(tmp_path) == [tmp_path / ".a.1.part"]
    assert names(tmp_path) == [".hidden", "a", "a.part"]
