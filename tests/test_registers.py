"""`registers` and the code of a paper file, as a user types them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pymupdf
import pytest
from click.testing import CliRunner

from processor.cli import cli, wiring
from processor.errors import SettingsError, SohoaError
from processor.settings import load
from tests.testkit.shelves import FILE, YEAR, furnished


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnished(tmp_path_factory.mktemp("lists") / "station")


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "out"


def sohoa(station: Path, *words: str) -> Any:
    return CliRunner().invoke(cli, [*words, "--station", str(station)])


def lists(station: Path, kind: str, out: Path, *more: str) -> Any:
    return sohoa(station, "registers", kind, "--out", str(out), *more)


def test_a_files_documents_in_three_forms(station: Path, out: Path) -> None:
    for suffix in (".csv", ".xlsx", ".pdf"):
        done = lists(station, "muc-luc-van-ban", out.with_suffix(suffix), "--file", "07.ĐĐ")
        assert done.exit_code == 0 and "4 rows" in done.output, done.output
    raw = out.with_suffix(".csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    head, *table = csv.reader(raw.decode("utf-8-sig").splitlines())
    assert len(head) == 7 and [row[2] for row in table] == ["31/12/2024", "02/03/2025", "01/06/2025", ""]
    assert table[0][3].startswith("Quyết định =1+1 về việc ﬁ")  # a kind before it: no formula
    sheet = openpyxl.load_workbook(out.with_suffix(".xlsx")).active
    assert sheet is not None and [cell.value for cell in sheet[7]] == head
    with pymupdf.open(out.with_suffix(".pdf")) as document:
        text = "".join(page.get_text() for page in document)
    assert "Mục lục này gồm: 4 văn bản" in text and "0000002" in text.partition("không dùng")[2]  # the void code explains the gap


def test_the_register_of_copies_holds_copies_of_its_days_only(station: Path, out: Path) -> None:
    done = lists(station, "so-ban-sao", out.with_suffix(".csv"), "--from", "2026-11-29", "--to", "2026-11-29")
    assert done.exit_code == 0 and "3 rows" in done.output  # what was received is no copy
    done = lists(station, "so-ban-sao", out.with_suffix(".xlsx"), "--year", "2025")
    assert "0 rows" in done.output and "empty" in done.output


def test_files_labels_and_covers(station: Path, out: Path) -> None:
    for kind in ("muc-luc-ho-so", "nhan-hop", "bia-ho-so"):
        path = out.with_name(f"{kind}.pdf")
        assert lists(station, kind, path, "--year", str(YEAR)).exit_code == 0
        with pymupdf.open(path) as document:
            words = " ".join(document[0].get_text().split())
        assert "<Quy chế> & 'nội quy'" in words and "Vĩnh viễn" in words, kind
    assert lists(station, "nhan-hop", out.with_suffix(".csv"), "--file", FILE).exit_code == 0
    assert "H05.99.K1/G2/H03.012" in out.with_suffix(".csv").read_text("utf-8")


@pytest.mark.parametrize("words", [
    ("muc-luc-van-ban",), ("muc-luc-van-ban", "--file", "H05.99.2026.99.X"), ("muc-luc-ho-so", "--from", "2026-01-01"),
    ("so-ban-sao", "--year", "2026", "--from", "2026-01-01"), ("muc-luc-van-ban", "--file", FILE, "--year", "2026"),
])  # fmt: skip
def test_what_does_not_go_together_is_refused_and_nothing_is_written(station: Path, out: Path, words: tuple[str, ...]) -> None:
    done = sohoa(station, "registers", *words, "--out", str(out.with_suffix(".pdf")))
    assert isinstance(done.exception, SettingsError) and not out.with_suffix(".pdf").exists()


def test_nothing_is_written_over_and_nothing_into_the_archive(station: Path, out: Path) -> None:
    path = out.with_suffix(".csv")
    path.write_text("mine")
    assert isinstance(lists(station, "muc-luc-ho-so", path).exception, SohoaError) and path.read_text() == "mine"
    assert isinstance(lists(station, "muc-luc-ho-so", out.with_suffix(".doc")).exception, SettingsError)
    assert isinstance(lists(station, "muc-luc-ho-so", station / "archive" / "x.csv").exception, SettingsError)


def test_a_paper_code_is_told_moved_and_checked(station: Path) -> None:
    add = ("files", "add", "08.ĐĐ", "Hồ sơ", "--year", str(YEAR), "--paper")
    for code in ("H05.99.K1/G2/H03.013", "H05.99.K2/G1/H01.001", "H05.99.K2/G1/H01.001"):
        assert sohoa(station, *add, code).exit_code == 0
    for wrong in ("hộp 3", "K1/G2/H3", "H05.99.K1/G2/H03.", "H05." + "9" * 100 + ".K1/G2/H03.1"):
        assert isinstance(sohoa(station, *add, wrong).exception, SettingsError), wrong
    rows = {row["file_code"]: row for row in json.loads(sohoa(station, "files", "list", "--json").output)}
    assert rows[f"H05.99.{YEAR}.08.ĐĐ"]["paper_file_code"] == "H05.99.K2/G1/H01.001"
    with wiring.opened_archive(station, load(station)) as archive, archive.reading() as db:
        moved = [row["private"] for row in db.query("select private from event where type = 'file-shelved' order by seq")]
    assert len(moved) == 3 and "K2/G1" in moved[-1]  # its history, and no event where nothing changed
