"""`sohoa sheets`: what is printed is what the station's own reader reads back, and a sheet that could only stop its document is refused."""

from pathlib import Path

import pymupdf
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from archive.record import DESCRIPTIVE
from archive.store import Archive
from processor import sheetkey, stacks, station
from processor.cli import cli, wiring
from processor.errors import MissingError, SettingsError
from processor.intake.split import split
from processor.settings import load
from tests.testkit import scans
from tests.testkit.stations import takes_any_scan

FILE, OTHER, CLOSED = "H05.99.2026.01.VP", "H05.99.2026.02.TCCB", "H05.99.2026.03.CU"
LIMITS = {"file_mb": 2048, "pages": 2000, "page_megapixels": 200}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("office") / "station"
    station.make(made, True)
    takes_any_scan(made)
    with wiring.opened_archive(made, load(made)) as archive:
        declared(archive)
    return made


def declared(archive: Archive) -> None:
    for code in (FILE, OTHER, CLOSED):
        archive.declare_file(code, f"Hồ sơ {code[-2:]} về công tác văn thư", organ_id="H05.99", year=2026, actor="test")
    archive.close_file(CLOSED, "test")


def sheets(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["sheets", "--station", str(folder), *words])


def read(folder: Path, path: Path, place: Path) -> list[dict[str, str] | None]:
    """Printed, scanned, read."""
    with pymupdf.open(path) as document:
        shown = [page.get_pixmap(dpi=150) for page in document]
    images = [Image.frombytes("RGB", (each.width, each.height), each.samples) for each in shown]
    asked = {"path": str(scans.pdf(place / "scan.pdf", images, 150)), "limits": LIMITS, "sheets": True}
    told = split(asked, stacks.knows_sheets(sheetkey.known(folder)))
    assert {row["what"] for row in told["marks"]} == {"sheet"} and not any("wrong" in row for row in told["marks"])
    return [row.get("told") for row in told["marks"]]


def test_one_for_every_open_file(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "to.pdf"
    assert sheets(folder, "--out", str(out)).exit_code == 0
    assert read(folder, out, tmp_path) == [{"file_code": FILE}, {"file_code": OTHER}]
    with pymupdf.open(out) as document:
        text = " ".join(document[1].get_text().split())
        assert document[0].rect == pymupdf.paper_rect("a4")
    assert "TỜ PHÂN CÁCH" in text and OTHER in text and "Hồ sơ CB về công tác văn thư" in text


def test_one_file_with_fields_several_times(folder: Path, tmp_path: Path) -> None:
    out, subject = tmp_path / "to.pdf", "V/v báo cáo; số = 1"
    words = [OTHER, "--field", "code_number=299", "--field", f"subject={subject}", "--count", "2", "--out", str(out)]
    assert sheets(folder, *words).exit_code == 0
    assert read(folder, out, tmp_path) == [{"file_code": OTHER, "code_number": "299", "subject": subject}] * 2


def test_a_day_is_printed_as_vietnamese_write_it_and_read_back_as_the_record_has_it(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "to.pdf"
    assert sheets(folder, OTHER, "--field", "issued_date=2026-02-05", "--out", str(out)).exit_code == 0
    with pymupdf.open(out) as document:
        text = document[0].get_text()
    assert "05/02/2026" in text and "2026-02-05" not in text
    assert read(folder, out, tmp_path) == [{"file_code": OTHER, "issued_date": "2026-02-05"}]


def test_plain_ones(folder: Path, tmp_path: Path) -> None:
    assert sheets(folder, "--plain", "--out", str(tmp_path / "a.pdf")).exit_code == 0
    assert sheets(folder, "--plain", "--collate", "--out", str(tmp_path / "b.pdf")).exit_code == 0
    assert read(folder, tmp_path / "a.pdf", tmp_path) == [None]
    assert read(folder, tmp_path / "b.pdf", tmp_path) == [{"collate": "fronts-backs"}]


@pytest.mark.parametrize("words", [
    [CLOSED], ["H05.99.2026.77.XX"], ["--plain", FILE], ["--field", "code_number=1"], [FILE, OTHER, "--field", "code_number=1"],
    [FILE, "--field", "issued_date=mai"], [FILE, "--field", "so=1"], [FILE, "--field", f"subject={'ờ' * 400}"], ["--collate"],
    [FILE, "--count", "2000", "--count", "0"],
])  # fmt: skip
def test_what_could_only_go_wrong_is_refused(folder: Path, tmp_path: Path, words: list[str]) -> None:
    done = sheets(folder, *words, "--out", str(tmp_path / "to.pdf"))
    assert isinstance(done.exception, SettingsError | SystemExit) and done.exit_code != 0
    assert not (tmp_path / "to.pdf").exists()


def test_the_key_of_the_sheets_is_private_and_what_is_none_is_told(tmp_path: Path) -> None:
    assert sheetkey.known(tmp_path) == b"", "nobody printed any"
    assert sheetkey.opened(tmp_path) == sheetkey.opened(tmp_path) == sheetkey.known(tmp_path) != b""
    path = tmp_path / sheetkey.FILE
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    path.write_text("junk")
    assert sheetkey.known(tmp_path) == b""
    with pytest.raises(MissingError, match="print the sheets anew"):
        sheetkey.opened(tmp_path)


def test_nothing_is_overwritten(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "to.pdf").write_bytes(b"mine")
    assert sheets(folder, FILE, "--out", str(tmp_path / "to.pdf")).exit_code != 0
    assert (tmp_path / "to.pdf").read_bytes() == b"mine"


def test_a_sheet_that_would_not_be_read_back_is_not_printed(folder: Path, tmp_path: Path) -> None:
    """With so many lines the code was so small that the sheet became a page of the document before it."""
    out = tmp_path / "to.pdf"
    names = [name for name in DESCRIPTIVE if name not in {"code_number", "issued_date", "page_amount"}]
    for pairs in ([f"{name}=Nội dung" for name in names], ["note=đổi\u202ehướng"], ["note=một", "note=hai"]):
        done = sheets(folder, FILE, *(word for pair in pairs for word in ("--field", pair)), "--out", str(out))
        assert isinstance(done.exception, SettingsError) and not out.exists()
