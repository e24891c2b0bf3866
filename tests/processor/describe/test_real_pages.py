"""Real first pages, recognised by the real Tesseract: what is read of them is true; what is not read may be absent."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest

from processor.describe.fields import read
from processor.describe.layout import Page, Word

from .written import ROOT, VOCABULARY

SAMPLES = Path(os.environ.get("SOHOA_SAMPLES", ROOT.parent / "shared" / "samples"))
TOOLS = ("pdftoppm", "tesseract")

pytestmark = [
    pytest.mark.skipif(not (SAMPLES / "metadata-truth.tsv").is_file(), reason="the real samples are not here"),
    pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="needs pdftoppm and tesseract"),
]


def recognised(pdf: Path, folder: Path) -> Page:
    """The first page at 200 dpi, the least the law allows (NĐ 30 Phụ lục I, Phần II, mục I.2)."""
    image = folder / "page"
    subprocess.run(["pdftoppm", "-r", "200", "-f", "1", "-l", "1", "-png", "-singlefile", pdf, image], check=True)
    command = ["tesseract", f"{image}.png", str(image), "-l", "vie", "--dpi", "200", "tsv"]
    subprocess.run(command, check=True, env=os.environ | {"OMP_THREAD_LIMIT": "1"}, stderr=subprocess.DEVNULL)
    rows = [row.split("\t") for row in image.with_suffix(".tsv").read_text("utf-8").splitlines()[1:]]
    width, height = int(rows[0][8]), int(rows[0][9])
    words = []
    for row in rows:
        if row[0] == "5" and row[11].strip():
            x, y, w, h = map(int, row[6:10])
            words.append(Word(row[11], x / width, y / height, (x + w) / width, (y + h) / height, float(row[10]) / 100))
    return Page(tuple(words))


def truth(name: str) -> dict[str, str]:
    """What a person read."""
    with (SAMPLES / "metadata-truth.tsv").open(encoding="utf-8", newline="") as table:
        row = next(row for row in csv.DictReader(table, delimiter="\t") if row["file"] == name)
    number, _, notation = row["so_ky_hieu"].partition("/")
    return {
        "type_name": row["loai_van_ban"],
        "code_number": number,
        "code_notation": notation,
        "issued_date": row["ngay_ban_hanh"],
        "organ_name": row["co_quan_ban_hanh"],
        "subject": row["trich_yeu"],
        "language": "vi",
        "signer_name": row["nguoi_ky"],
    }


def plain(text: str) -> str:
    """A text without what two careful typists may write in two ways."""
    return unicodedata.normalize("NFC", text).casefold().replace("ủy ban nhân dân", "ubnd").strip(" .")


@pytest.mark.parametrize("name", ["vn-scans/SCAN0097.pdf", "vn-scans/qn-04-CT-2024.pdf"])
def test_nothing_read_of_a_real_page_is_wrong(name: str, tmp_path: Path) -> None:
    found = read([recognised(SAMPLES / name, tmp_path)], VOCABULARY).fields
    true = truth(name)
    wrong = {field: text for field, text in found.items() if field in true and plain(text) != plain(true[field])}
    assert wrong == {}
    assert {"type_name", "code_notation", "organ_name", "language"} <= found.keys()
    assert not {"code_number", "issued_date"} & found.keys()  # both are written by hand on these pages
