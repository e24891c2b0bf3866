"""Pages that real offices scanned, through the real command; the samples lie beside the repository, and only there.

Signed PDFs are refused by copy lanes; what such a page looks like on paper is tried by its picture, as a scanner makes it.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from tests.referees import judges
from tests.station import demo, sohoa

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not here")

TAKEN = {  # name: where it comes from and the truth about its words
    "lat.pdf": ("vn-scans/SCAN0097.pdf", ""),  # /Rotate 270 on landscape media; a folio number by pencil top right
    "chup.jpg": ("vn-scans/dn-1906-2020-p1.jpg", "vn-scans/dn-1906-2020-p1.gt.txt"),  # 576 x 960 pixels
    "khong-dpi.jpg": ("vn-scans/ndcp-1.jpg", ""),  # JFIF density 1 x 1, the head cut off
    "nam.jpg": ("ocr-pairs/p08-rot90.jpg", "ocr-pairs/p08.txt"),
    "that.tif": ("ocr-pairs/r01-real-scan.tif", "ocr-pairs/r01.txt"),
}
SHOWN = {"hai-dau.jpg": "vn-scans/qn-47-QD-2025.pdf", "mot-dau.jpg": "vn-scans/qn-05-CT-2020.pdf"}  # seals top right


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = demo(tmp_path_factory.mktemp("office") / "station")
    drop = made / "drop" / "sao-y"
    for name, (source, _) in TAKEN.items():
        shutil.copyfile(SAMPLES / source, drop / name)
    for name, source in SHOWN.items():
        with pymupdf.open(SAMPLES / source) as document:
            picture = document[0].get_pixmap(dpi=200, alpha=False)
        Image.frombytes("RGB", (picture.width, picture.height), picture.samples).save(drop / name, dpi=(200, 200))
    shutil.copyfile(SAMPLES / "vn-scans/qn-47-QD-2025.pdf", drop / "da-ky.pdf")
    shutil.copyfile(SAMPLES / "vn-broken/nd-57-2022-is-really-html.pdf", drop / "trang-web.pdf")
    run = sohoa(made, "run")
    assert run.returncode == 2, run.stderr
    return made


@pytest.fixture(scope="module")
def sealed(station: Path) -> dict[str, Path]:
    records = json.loads(sohoa(station, "find", "--json").stdout)
    return {record["original_name"]: station / "archive" / record["path"] for record in records}


def words(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"\w{2,}", text)}


def test_scans_are_filed_and_the_rest_told(station: Path, sealed: dict[str, Path]) -> None:
    told = json.loads(sohoa(station, "status", "--json").stdout)
    assert set(sealed) == {*TAKEN, *SHOWN}
    assert {item["name"]: item["code"] for item in told["held"]} == {"da-ky.pdf": "signed"}
    assert {item["name"]: item["code"] for item in told["rejected"]} == {"trang-web.pdf": "not-a-document"}


def test_no_page_is_larger_than_paper_and_all_stand_upright(sealed: dict[str, Path]) -> None:
    for name, path in sealed.items():
        with pymupdf.open(path) as document:
            for page in document:
                wide, high = (side * 25.4 / 72 for side in page.rect[2:])
                assert 200 < wide < 220 and wide < high < 360, name
                assert len(page.get_text("words")) > 100, name


def test_the_words_of_the_page_are_found(sealed: dict[str, Path]) -> None:
    for name, (_, truth) in TAKEN.items():
        found = words(subprocess.run(["pdftotext", sealed[name], "-"], capture_output=True, text=True).stdout)
        if truth:
            wanted = words((SAMPLES / truth).read_text("utf-8"))
            assert len(wanted & found) / len(wanted) > 0.75, name
        elif name == "lat.pdf":
            assert words("Độc lập Tự do Hạnh phúc") <= found


def test_what_is_read_of_the_record_is_true_and_what_a_pen_wrote_is_left(station: Path) -> None:
    true = {
        "lat.pdf": {"type_name": "Quyết định", "code_number": None, "code_notation": "QĐ-UBND", "issued_date": None,
                    "organ_name": "Ủy ban nhân dân tỉnh Hải Dương", "signer_position": "Phó Chủ tịch Thường trực",
                    "signer_authority": "KT.", "signer_name": "Lê Hồng Văn"},
        "chup.jpg": {"type_name": "Công văn", "code_notation": "SGDĐT-CTrTT", "issued_date": "2020-07-26",
                     "organ_name": "Sở Giáo dục và Đào tạo", "organ_parent": "UBND thành phố Đà Nẵng"},
        "khong-dpi.jpg": {"type_name": "Nghị định", "code_number": "28", "code_notation": "2021/NĐ-CP", "issued_date": "2021-03-26"},
        "hai-dau.jpg": {"type_name": "Quyết định", "code_number": None, "issued_date": None, "issued_place": "Quảng Ngãi"},
        "mot-dau.jpg": {"type_name": "Chỉ thị", "code_number": None, "issued_date": None, "issued_place": "Quảng Ngãi"},
    }  # fmt: skip
    found = {record["original_name"]: record for record in json.loads(sohoa(station, "find", "--json").stdout)}
    assert {name: {field: found[name][field] or None for field in fields} for name, fields in true.items()} == true


def test_the_block_covers_no_seal_and_no_writing(sealed: dict[str, Path]) -> None:
    for name, path in sealed.items():
        assert json.loads(path.with_suffix(".json").read_text("utf-8"))["provenance"]["over_ink"] is False, name
        with pymupdf.open(path) as document:
            (field,) = [widget for widget in document[0].widgets() if widget.rect.width > 1]
            where = (field.rect * document[0].rotation_matrix).normalize()
            assert 0 < where.y0 and where.y1 < 60 * 72 / 25.4 and where.x1 > document[0].rect.width / 2, name


def test_others_find_nothing_wrong(sealed: dict[str, Path]) -> None:
    for name, path in sealed.items():
        seal, *stamps = judges.pdfsig(path)
        assert seal.valid and stamps[-1].whole_file and judges.qpdf_check(path).sound, name
    assert {c.path.name: c.failed for c in judges.verapdf(list(sealed.values())) if not c.compliant} == {}
