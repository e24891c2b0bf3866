"""What scanners, phones and word processors really send, in one station and one night: each filed right or held with its reason.

Every claim is checked on the sealed files by others' tools: poppler, qpdf, veraPDF.
"""

import json
import re
import subprocess
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pikepdf
import pymupdf
import pytest
from PIL import Image

from tests.referees import judges
from tests.station import demo, sohoa
from tests.testkit import odd_pdfs, samples, scans

DPI = 150
AGENCY = (
    "Trung tâm Phục vụ hành chính công phường Nguyễn Thị Minh Khai trực thuộc Ủy ban nhân dân thành phố Buôn Ma Thuột"
)
LANES = {
    "phang": "flatten = true",
    "thang": "deskew = true",
}
_FOOT = 0.4  # of the height
A4, A5, A3, WIDE = (210, 297), (148, 210), (297, 420), (210, 148)


@dataclass(frozen=True, slots=True)
class Filed:
    """What must come out: sizes of the pages in mm, and whether the picture must be the source's own bytes."""

    sizes: tuple[tuple[int, int], ...] = (A4,)
    same_bytes: bool = False
    note: str = ""
    dropped: tuple[str, ...] = ()


FILED = {
    "sao-y/a3.jpg": Filed((A3,), same_bytes=True),
    "sao-y/a5.jpg": Filed((A5,), same_bytes=True),
    "sao-y/ngang.jpg": Filed((WIDE,), same_bytes=True),
    "sao-y/nguoc.jpg": Filed(same_bytes=True),
    "sao-y/xoay180.pdf": Filed(same_bytes=True),
    "sao-y/xoay270.pdf": Filed(same_bytes=True),
    "sao-y/cat.pdf": Filed(same_bytes=True),
    "sao-y/don-vi.pdf": Filed(same_bytes=True),
    "sao-y/exif.jpg": Filed(same_bytes=True),
    "sao-y/16-bit.png": Filed(),
    "sao-y/khong-dpi.png": Filed(),
    "sao-y/trong-suot.png": Filed(),
    "sao-y/cmyk.jpg": Filed(note="cmyk-converted"),
    "sao-y/hon-hop.tif": Filed((A4, WIDE, A4)),
    "sao-y/mm.tif": Filed(),
    "sao-y/lon.tif": Filed((A4, A4)),
    "sao-y/fax.tif": Filed(),
    "sao-y/jpx.pdf": Filed(note="jpeg2000-converted"),
    "sao-y/kem-theo.pdf": Filed(same_bytes=True, dropped=("script", "attachment", "annotation")),
    "sao-y/hai-lop.pdf": Filed(same_bytes=True),
    "luu-tru/dien-tu.pdf": Filed(),
    "luu-tru/lan.pdf": Filed((A4, WIDE)),
    "luu-tru/nghieng.jpg": Filed(same_bytes=True),
    "phang/bieu-mau.pdf": Filed(note="flattened", dropped=("form", "annotation")),
    "phang/khong-nhung.pdf": Filed(note="flattened"),
    "thang/nghieng.jpg": Filed(),
}
HELD = {
    "sao-y/dien-tu.pdf": "born-digital",
    "luu-tru/bieu-mau.pdf": "pdfa-impossible",
    "luu-tru/khong-nhung.pdf": "pdfa-impossible",
}
REJECTED = {"sao-y/khoa.pdf": "encrypted", "sao-y/cut.pdf": "truncated", "sao-y/cut.jpg": "truncated"}


@cache
def page() -> Image.Image:
    """A letter down to `_FOOT`: what is read of it takes most of this file's time, and no more words are needed."""
    whole = samples.sample(7, dpi=DPI).aged[0].copy()
    whole.paste("white", (0, round(whole.height * _FOOT), whole.width, whole.height))
    return whole


def _continued(first: Image.Image) -> Image.Image:
    """The page without its head, as a later page is: two heads are two documents."""
    later = first.copy()
    later.paste("white", (0, 0, first.width, first.width // 4))
    return later


def write(drop: Path) -> None:
    """Everything named above."""
    made, one = samples.sample(7, dpi=DPI), page()
    half = one.crop((0, 0, one.width, one.height // 2))
    skewed = made.aged[0].rotate(2, Image.Resampling.BICUBIC, fillcolor="white")
    at, archive, flat, straight = (drop / lane for lane in ("sao-y", "luu-tru", "phang", "thang"))
    scans.jpeg(at / "a3.jpg", one, round(DPI / 2**0.5))
    scans.jpeg(at / "a5.jpg", one, round(DPI * 2**0.5))
    scans.jpeg(at / "ngang.jpg", half, DPI)
    scans.jpeg(at / "nguoc.jpg", one.rotate(180), DPI, quality=80)
    scans.pdf_turned(at / "xoay180.pdf", [one], DPI, 180)
    scans.pdf_turned(at / "xoay270.pdf", [one], DPI, 270)
    odd_pdfs.pdf_cropped(at / "cat.pdf", [one], DPI)
    odd_pdfs.pdf_user_unit(at / "don-vi.pdf", [one], DPI, 3.7)
    scans.jpeg_turned_by_exif(at / "exif.jpg", one, DPI)
    scans.png(at / "16-bit.png", one, DPI, bits=16)
    one.resize((1237, 1751)).save(at / "khong-dpi.png")
    clear = one.convert("RGBA")
    clear.putalpha(one.convert("L").point([0 if value > 200 else 255 for value in range(256)]))
    clear.save(at / "trong-suot.png", dpi=(DPI, DPI))
    scans.jpeg_cmyk(at / "cmyk.jpg", one, DPI)
    scans.tiff_mixed(at / "hon-hop.tif", [one, _continued(half), _continued(one)], DPI)
    scans.tiff_big_endian(at / "mm.tif", one, DPI)
    scans.tiff_big(at / "lon.tif", [one, _continued(one)], DPI)
    scans.tiff_fax(at / "fax.tif", one)
    odd_pdfs.pdf_jpeg2000(at / "jpx.pdf", [one], DPI)
    odd_pdfs.pdf_with_extras(at / "kem-theo.pdf", [one], DPI)
    scans.pdf_with_text(at / "hai-lop.pdf", made.pages[:1], [one])
    for lane in (at, archive):
        scans.pdf_born_digital(lane / "dien-tu.pdf", made.letter)
    odd_pdfs.pdf_mixed(archive / "lan.pdf", made.letter, [half], DPI)
    for lane in (archive, straight):
        scans.jpeg(lane / "nghieng.jpg", skewed, DPI)
    for lane in (archive, flat):
        odd_pdfs.pdf_form(lane / "bieu-mau.pdf", made.letter)
        odd_pdfs.pdf_font_not_embedded(lane / "khong-nhung.pdf")
    scans.encrypted(at / "khoa.pdf", [one], DPI)
    scans.truncated(at / "cut.pdf", at / "xoay180.pdf")
    scans.truncated(at / "cut.jpg", at / "a3.jpg")


@dataclass(frozen=True, slots=True)
class Night:
    """What one run made of it: sealed file and record by lane and name; codes of what was refused."""

    station: Path
    sealed: dict[str, Path]
    records: dict[str, dict[str, object]]
    held: dict[str, str]
    rejected: dict[str, str]


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    station = demo(tmp_path_factory.mktemp("office") / "station")
    settings = (station / "sohoa.toml").read_text("utf-8")
    settings = re.sub(r'(?m)^agency = .*$', f'agency = "{unicodedata.normalize("NFD", AGENCY)}"', settings)
    settings = settings.replace('key = "authority/seal.p12"\npassphrase_file = "authority/passphrase"\n', "")
    settings += f'\n[keys.own]\nfile = "authority/seal.p12"\nsecret = "authority/passphrase"\nagency = "{AGENCY}"\n'
    for lane, option in LANES.items():
        settings += f'\n[lanes.{lane}]\nkind = "archive"\nfile = "H05.99.2026.01.VP"\nsettle = "0.2s"\n{option}\n'
        (station / "drop" / lane).mkdir()
    (station / "sohoa.toml").write_text(settings, "utf-8")
    write(station / "drop")
    run = sohoa(station, "run")
    assert run.returncode == 2, run.stderr
    told = json.loads(sohoa(station, "status", "--json").stdout)
    records = {f"{r['lane']}/{r['original_name']}": r for r in json.loads(sohoa(station, "find", "--json").stdout)}
    refused = {
        state: {f"{item['lane']}/{item['name']}": item["code"] for item in told[state]} for state in ("held", "rejected")
    }
    sealed = {name: station / "archive" / record["path"] for name, record in records.items()}
    return Night(station, sealed, records, refused["held"], refused["rejected"])


def block(document: pymupdf.Document) -> pymupdf.Rect:
    """Where the seal's block stands, as the page is shown."""
    (field,) = [widget for widget in document[0].widgets() if widget.rect.width > 1]
    return (field.rect * document[0].rotation_matrix).normalize()


def shown(page: pymupdf.Page, dpi: int = 100) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    picture = page.get_pixmap(dpi=dpi)
    return np.frombuffer(picture.samples, np.uint8).reshape(picture.height, picture.width, picture.n).copy()


def said(path: Path, *options: str) -> str:
    return subprocess.run(["pdftotext", *options, str(path), "-"], capture_output=True, text=True, check=True).stdout


def pictures(path: Path) -> set[bytes]:
    """The compressed bytes of every page-sized picture in a file."""
    if path.suffix == ".jpg":
        return {path.read_bytes()}
    with pikepdf.open(path) as pdf:
        streams = [item for item in pdf.objects if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image"]
        return {bytes(stream.read_raw_bytes()) for stream in streams}


def provenance(night: Night, name: str) -> dict[str, object]:
    record = json.loads(night.sealed[name].with_suffix(".json").read_text("utf-8"))
    told: dict[str, object] = record["provenance"]
    return told


def test_each_is_filed_held_or_refused_as_it_must_be(night: Night) -> None:
    assert set(night.sealed) == set(FILED)
    assert night.held == HELD
    assert night.rejected == REJECTED


def test_pages_are_as_many_and_as_large_as_the_paper(night: Night) -> None:
    for name, path in night.sealed.items():
        with pymupdf.open(path) as document:
            sizes = [tuple(side * 25.4 / 72 for side in page.rect[2:]) for page in document]
        assert len(sizes) == len(FILED[name].sizes), name
        for found, wanted in zip(sizes, FILED[name].sizes, strict=True):
            assert found == pytest.approx(wanted, abs=2), name


def test_the_words_of_the_page_are_found_by_any_reader(night: Night) -> None:
    letter = samples.sample(7, dpi=DPI).pages[0]
    kept = [word for word in letter.words if word.box[3] < letter.image.height * _FOOT]
    printed = {word.text.strip(".,;:") for word in kept if len(word.text) > 2}
    for name, path in night.sealed.items():
        if name.endswith("khong-nhung.pdf"):
            assert "mot trang" in said(path)
            continue
        least = 0.1 if FILED[name].sizes[0] == WIDE else 0.6
        with pymupdf.open(path) as document:
            for reader, text in (("poppler", said(path)), ("mupdf", document[0].get_text())):
                found = {word.strip(".,;:") for word in text.split()}
                assert len(printed & found) / len(printed) > least, f"{name} by {reader}"


def test_others_find_nothing_wrong(night: Night) -> None:
    for name, path in night.sealed.items():
        assert judges.qpdf_check(path).sound, name
        seal, *stamps = judges.pdfsig(path)
        assert seal.valid and stamps[-1].whole_file, name
    judged = judges.verapdf(list(night.sealed.values()))
    assert {c.path.name: c.failed for c in judged if not c.compliant} == {}


def test_the_block_stands_upright_top_right_in_the_laws_size(night: Night) -> None:
    for name, path in night.sealed.items():
        with pymupdf.open(path) as document:
            where, size = block(document), document[0].rect
        assert 0 < where.y0 < size.height / 4 and size.width / 2 < where.x1 < size.width, name
        with pikepdf.open(path) as pdf:
            (field,) = [f for f in pdf.Root.AcroForm.Fields if f.get("/FT") == "/Sig" and f.T == "Sohoa_CoQuan"]
            left, bottom, right, top = (float(side) for side in field.AP.N.BBox)
            content = field.AP.N.read_bytes()
        drawn = abs(right - left), abs(top - bottom)
        assert drawn == pytest.approx((where.width, where.height), abs=0.01), name  # drawn to scale: 10 pt are 10 pt
        assert set(re.findall(rb"/F1 ([\d.]+) Tf", content)) == {b"10"} and b" Do" not in content, name


def test_the_block_says_what_the_law_wants_in_composed_letters(night: Night) -> None:
    for name, record in night.records.items():
        lines = said(night.sealed[name], "-l", "1", "-layout")
        told = unicodedata.normalize("NFC", str(record["block_text"]))
        assert AGENCY in told and told.startswith("SAO Y; ") == name.startswith("sao-y/")
        time = re.search(r"\d\d:\d\d:\d\d \+07:00", told)
        assert time and time[0] in lines, name
        assert "Phục vụ hành chính" in " ".join(lines.split()), name


def test_nothing_but_the_block_was_drawn_by_the_seal(night: Night) -> None:
    for name, path in night.sealed.items():
        content = path.read_bytes()
        finished = content[: content.index(b"%%EOF") + 6]
        with pymupdf.open(stream=finished, filetype="pdf") as before, pymupdf.open(path) as after:
            where = block(after) * (100 / 72)
            for old, new in zip(map(shown, before), map(shown, after), strict=True):
                if old is not None and new is not None and where is not None:
                    left, top, right, bottom = (int(side) + grow for side, grow in zip(where, (-2, -2, 3, 3), strict=True))
                    assert (old[top:bottom, left:right] != new[top:bottom, left:right]).any(), name
                    old[top:bottom, left:right] = new[top:bottom, left:right] = 0
                    where = None
                assert (old == new).all(), name


def test_pages_stand_upright(night: Night) -> None:
    """The top of the letter is at the top: its heading is found in the upper third, whatever the file's tags said."""
    for name, path in night.sealed.items():
        if name.endswith(("khong-nhung.pdf",)):
            continue
        with pymupdf.open(path) as document:
            height, turn = document[0].rect.height, document[0].rotation_matrix
            tops = [(box * turn).normalize().y0 / height for box in document[0].search_for("Độc lập")]
        assert tops and max(tops) < 0.3, name


def test_a_kept_picture_is_the_scanners_own_bytes(night: Night) -> None:
    for name in [name for name, wanted in FILED.items() if wanted.same_bytes]:
        kept = next((night.station / "archive").rglob(str(night.records[name]["scan_sha256"]) + ".*"))
        assert pictures(kept) <= pictures(night.sealed[name]), name


def test_straightening_straightens_and_keeps_the_colours(night: Night) -> None:
    def lean(name: str) -> tuple[float, int]:
        with pymupdf.open(night.sealed[name]) as document:
            picture = Image.fromarray(shown(document[0]))
        (heading,) = _boxes(night.sealed[name], "Độc lập - Tự do - Hạnh phúc")
        return heading, sum(picture.convert("HSV").getchannel("S").histogram()[120:])

    assert lean("luu-tru/nghieng.jpg")[0] > 1.2
    straight, colour = lean("thang/nghieng.jpg")
    assert abs(straight) < 0.5 and colour > 200


def _boxes(path: Path, words: str) -> Iterable[float]:
    """How many degrees the line that holds these words rises."""
    with pymupdf.open(path) as document:
        for part in document[0].get_text("dict")["blocks"]:
            for line in part.get("lines", ()):
                if words.split()[0] in "".join(span["text"] for span in line["spans"]):
                    yield float(np.degrees(np.arctan2(-line["dir"][1], line["dir"][0])))


def test_what_was_left_behind_or_changed_is_told(night: Night) -> None:
    for name, wanted in FILED.items():
        told = provenance(night, name)
        assert set(wanted.dropped) <= set(told["dropped"]), name  # type: ignore[call-overload]  # JSON
        assert told["noted"] == ([wanted.note] if wanted.note else []), name
        with pikepdf.open(night.sealed[name]) as pdf:
            assert not {"/OpenAction", "/Names", "/AF"} & set(pdf.Root.keys()), name
            assert len(pdf.pages[0].get("/Annots", [])) <= 2, name
