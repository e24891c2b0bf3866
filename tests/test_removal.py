"""`freeze`, `dispose`, `purge-secret`, as an archivist types them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from click.testing import CliRunner, Result

from processor.cli import cli, wiring
from processor.errors import SohoaError
from processor.settings import load
from tests.testkit.shelves import FILE, furnished

ONE, ORDER, BY = f"{FILE}.0000001", ("--order", "Quyết định 12/QĐ-UBND"), ("--by", "Nguyễn Thị Hủy", "--by", "Trần Văn Chứng")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnished(tmp_path_factory.mktemp("removal") / "station")


@pytest.fixture
def station(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "station"))


def typed(station: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "--station", str(station)])


def row_of(station: Path, code: str) -> dict[str, Any]:
    with wiring.opened_archive(station, load(station)) as archive:
        found = archive.get(code)
    assert found is not None
    return found


def verified(station: Path) -> list[str]:
    with wiring.opened_archive(station, load(station)) as archive:
        return [found.code for found in archive.verify().findings]


def test_what_is_not_due_is_not_destroyed_without_a_second_reason(station: Path) -> None:
    refused = typed(station, "dispose", ONE, *ORDER, *BY)
    assert isinstance(refused.exception, SohoaError) and "is not due" in str(refused.exception)
    assert row_of(station, ONE)["state"] == "filed"
    done = typed(station, "dispose", ONE, *ORDER, *BY, "--early", "trùng lặp")
    assert done.exit_code == 0, done.output
    assert row_of(station, ONE)["state"] == "disposed"
    assert verified(station) == []
    assert row_of(station, ONE)["events"][-1]["private"]["early"] == "trùng lặp"


def test_the_minutes_tell_no_content(station: Path) -> None:
    before = row_of(station, ONE)
    done = typed(station, "purge-secret", ONE, *ORDER, *BY)
    assert done.exit_code == 0, done.output
    printed = next((station / "bien-ban").glob("*.pdf"))
    assert str(printed) in done.output
    with pymupdf.open(printed) as document:
        text = " ".join(" ".join(page.get_text() for page in document).split())
        assert document.page_count == 1
    assert "BIÊN BẢN LOẠI BỎ TÀI LIỆU CHỨA BÍ MẬT NHÀ NƯỚC" in text
    assert ONE in text and "Quyết định 12/QĐ-UBND" in text and "Trần Văn Chứng" in text
    assert before["subject"] and before["subject"] not in text and before["original_name"] not in text


def test_copies_of_a_secret_about_the_station_go_too(station: Path) -> None:
    row = row_of(station, ONE)
    (station / "out" / "sao-y").mkdir(parents=True, exist_ok=True)
    handed = Path(shutil.copy(station / "archive" / row["path"], station / "out" / "sao-y" / "tên khác.pdf"))
    other = station / "out" / "sao-y" / "khác.pdf"
    other.write_bytes(b"another")
    (station / "work" / "desk").mkdir(parents=True, exist_ok=True)
    picture = station / "work" / "desk" / "abc-1-240.jpg"
    picture.write_bytes(b"x")
    assert typed(station, "purge-secret", ONE, *ORDER, *BY).exit_code == 0
    assert not handed.exists() and not picture.exists() and other.exists()
    again = typed(station, "purge-secret", ONE, *ORDER, *BY)  # as after a run that was cut short
    assert again.exit_code == 0, again.output
    assert verified(station) == []


def test_a_frozen_file_keeps_its_documents(station: Path) -> None:
    assert typed(station, "freeze", "--file", FILE, "--reason", "thanh tra").exit_code == 0
    refused = typed(station, "dispose", ONE, *ORDER, *BY, "--early", "x")
    assert refused.exit_code != 0 and "frozen" in str(refused.exception)
    assert typed(station, "freeze", "--file", FILE, "--reason", "xong", "--lift").exit_code == 0
    assert typed(station, "dispose", ONE, *ORDER, *BY, "--early", "x").exit_code == 0


def test_a_removed_document_is_told_as_such(station: Path) -> None:
    assert typed(station, "dispose", ONE, *ORDER, *BY, "--early", "x").exit_code == 0
    shown = typed(station, "show", ONE).output
    assert "removed by order" in shown and "disposed" in shown
    assert ONE not in typed(station, "find").output
    assert ONE in typed(station, "find", "--field", "state=disposed").output
    refused = typed(station, "export", ONE, "--as", "csv", "--out", str(station.parent / "out"))
    assert isinstance(refused.exception, SohoaError) and "no filed document" in str(refused.exception)
    listed = typed(station, "registers", "muc-luc-van-ban", "--file", FILE, "--out", str(station.parent / "list.csv"))
    assert listed.exit_code == 0 and ONE not in (station.parent / "list.csv").read_text("utf-8-sig")
