"""A package onto the disk: whole or not at all, never over another, never other bytes than those that were filed."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.durable import DurableError
from archive.packages import write
from archive.packages.values import Item, made

MOMENT = "2026-11-29T12:42:24+07:00"


def items(folder: Path, data: bytes = b"%PDF sealed") -> list[Item]:
    kept = folder / "kept.pdf"
    kept.write_bytes(data)
    known = Item("rep/data/a.pdf", hashlib.sha256(b"%PDF sealed").hexdigest(), 11, "application/pdf", MOMENT, kept)
    return [made("metadata/EAD.xml", b"<x/>", "application/xml", MOMENT), known, made("METS.xml", b"<m/>", "application/xml", MOMENT)]


def zipped(held: list[Item], target: Path) -> None:
    write.archived(held, target, "top")


WAYS: list[Callable[[list[Item], Path], None]] = [write.folder, zipped]


@pytest.mark.parametrize("way", WAYS)
def test_what_is_written_is_what_was_filed(way: Callable[[list[Item], Path], None], tmp_path: Path) -> None:
    target = tmp_path / "out"
    way(items(tmp_path), target)
    if target.is_dir():
        assert (target / "rep/data/a.pdf").read_bytes() == b"%PDF sealed" and (target / "METS.xml").read_bytes() == b"<m/>"
    else:
        with zipfile.ZipFile(target) as made_:
            assert made_.testzip() is None and made_.namelist() == ["top/metadata/EAD.xml", "top/rep/data/a.pdf", "top/METS.xml"]
            assert made_.read("top/rep/data/a.pdf") == b"%PDF sealed"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.pdf", "out"]


@pytest.mark.parametrize("way", WAYS)
def test_altered_bytes_make_no_package(way: Callable[[list[Item], Path], None], tmp_path: Path) -> None:
    with pytest.raises(DurableError) as refused:
        way(items(tmp_path, b"%PDF SEALED"), tmp_path / "out")
    assert refused.value.code == "altered" and [path.name for path in tmp_path.iterdir()] == ["kept.pdf"]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_written_over(way: Callable[[list[Item], Path], None], tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(DurableError) as refused:
        way(items(tmp_path), tmp_path / "out")
    assert refused.value.code == "exists" and not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("way", WAYS)
def test_a_missing_file_leaves_nothing_behind(way: Callable[[list[Item], Path], None], tmp_path: Path) -> None:
    held = items(tmp_path)
    os.unlink(tmp_path / "kept.pdf")
    with pytest.raises(OSError):
        way(held, tmp_path / "out")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("way", WAYS)
def test_what_a_killed_run_left_is_in_nobodys_way(way: Callable[[list[Item], Path], None], tmp_path: Path) -> None:
    (tmp_path / ".out.1.part").write_bytes(b"half")
    (tmp_path / ".out.2.part" / "metadata").mkdir(parents=True)
    way(items(tmp_path), tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.pdf", "out"]


def test_the_same_items_are_the_same_zip(tmp_path: Path) -> None:
    zipped(items(tmp_path), tmp_path / "one")
    os.utime(tmp_path / "kept.pdf", (0, 0))
    zipped(items(tmp_path), tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
