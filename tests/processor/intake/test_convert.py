"""Word and Excel files through the real LibreOffice in a real worker, behind all its walls."""

import contextlib
import datetime as dt
import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pikepdf
import pymupdf
import pytest
from pikepdf import pdfa

from processor import law
from processor.engine import LocalEngine, Reach
from processor.errors import Verdict
from processor.intake import libreoffice
from processor.intake.body import body
from processor.intake.compound import MAGIC
from processor.intake.convert import convert
from processor.intake.converter import converter
from processor.intake.probe import probe
from processor.ocr.recognise import recognise
from processor.seal.prepare import finish
from processor.settings import parse
from tests.testkit import office_files as files

OURS = parse({"engine": {"workers": 1}, "lanes": {"phu-luc": {"kind": "attachment"}}})
LIMITS = OURS.limits.model_dump()
A4 = (595, 842)
try:
    libreoffice.find("", *libreoffice.COMPONENTS)
except Verdict:
    pytestmark = pytest.mark.skip(reason="LibreOffice is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tram") / "hồ sơ"  # a station's path may be Vietnamese, with spaces
    (made / "items").mkdir(parents=True)
    return made


@pytest.fixture(scope="module")
def engine(folder: Path) -> Iterator[LocalEngine]:
    with LocalEngine(OURS.engine, OURS.limits, reach=Reach((folder,), (folder / "items",))) as running:
        yield running


def args(source: Path, where: Path, **more: Any) -> dict[str, Any]:
    out = where / f"{source.name}.pdf"
    given = {"path": str(source), "name": source.name, "out": str(out), "program": "", "seconds": 60.0, "work": str(where)}
    return {**given, "limits": LIMITS, **more}


class Station:
    """Files made and converted in one place."""

    def __init__(self, folder: Path, engine: LocalEngine) -> None:
        self.folder, self.engine, self.work = folder, engine, folder / "items"

    def convert(self, source: Path, **more: Any) -> tuple[pymupdf.Document, dict[str, Any]]:
        told = self.engine.call("convert", args(source, self.work, **more))
        made = pymupdf.open(self.work / f"{source.name}.pdf")
        assert told["pages"] == made.page_count
        return made, told

    def refused(self, source: Path, **more: Any) -> str:
        (self.work / f"{source.name}.pdf").unlink(missing_ok=True)
        with pytest.raises(Verdict) as caught:
            self.engine.call("convert", args(source, self.work, **more))
        assert not (self.work / f"{source.name}.pdf").exists()
        return caught.value.code

    def old(self, source: Path, kind: str) -> Path:
        """The file as an older program would have saved it."""
        command = ["soffice", f"-env:UserInstallation={(self.folder / 'profile').as_uri()}", "--headless", "--convert-to", kind]
        subprocess.run([*command, "--outdir", str(self.folder), str(source)], check=True, capture_output=True, timeout=60)
        return source.with_suffix(f".{kind}")


@pytest.fixture(scope="module")
def station(folder: Path, engine: LocalEngine) -> Station:
    return Station(folder, engine)


def text(made: pymupdf.Document) -> str:
    return " ".join(" ".join(page.get_text().split()) for page in made)


def sizes(made: pymupdf.Document) -> list[tuple[int, int]]:
    return [(round(page.rect.width), round(page.rect.height)) for page in made]


def embedded(made: pymupdf.Document) -> bool:
    return all(made.extract_font(font[0])[3] for page in made for font in page.get_fonts())


def all_letters(made: pymupdf.Document, of: str = files.LINE) -> bool:
    return "".join(of.split()) in "".join(text(made).split())


def test_the_worker_stands_behind_all_walls(engine: LocalEngine) -> None:
    assert {"no-network", "memory", "file-size", "no-new-privileges"} <= set(engine.walls())


@pytest.mark.parametrize("kind", ["docx", "odt", "ods", "rtf"])
def test_a_file_becomes_a_vietnamese_pdf_on_a4(station: Station, kind: str) -> None:
    made, told = station.convert(getattr(files, kind)(station.folder / f"phu luc.{kind}"))
    assert set(sizes(made)) == {A4} and embedded(made)
    assert all_letters(made, files.LINE if kind != "ods" else files.LINE[:20])
    assert told["features"] == [] and told["converter"].startswith("LibreOffice ")


@pytest.mark.parametrize("kind", ["doc", "xls"])
def test_old_formats_as_well(station: Station, kind: str) -> None:
    if kind == "doc":
        new = files.docx(station.folder / "cũ.docx")
    else:
        new = files.xlsx(station.folder / "cũ.xlsx", {"A": files.sheet(files.rows(5, 3, files.LINE[:9]))})
    made, _ = station.convert(station.old(new, kind))
    assert sizes(made)[0] == A4 and all_letters(made, files.LINE[:9])


def test_all_pages_come_and_the_same_ones_again(station: Station) -> None:
    source = files.docx(station.folder / "dài.docx", lines=120)
    first, _ = station.convert(source)
    words = text(first)
    second, _ = station.convert(source)
    assert first.page_count > 3 and text(second) == words and words.rindex("120. Phụ lục") > words.index("1. Phụ lục")


def test_who_declares_no_paper_gets_a4_and_who_does_keeps_it(station: Station) -> None:
    plain, _ = station.convert(files.docx(station.folder / "không khổ.docx", section=""))
    a3 = '<w:sectPr><w:pgSz w:w="16838" w:h="23811"/></w:sectPr>'
    large, _ = station.convert(files.docx(station.folder / "a3.docx", section=a3))
    assert set(sizes(plain)) == {A4} and set(sizes(large)) == {(842, 1191)}


def test_a_wide_sheet_is_turned_and_fits_its_page(station: Station) -> None:
    sheets = {"Hẹp": files.sheet(files.rows(9, 4)), "Rộng": files.sheet(files.rows(9, 13)), "Rất rộng": files.sheet(files.rows(9, 60))}
    made, told = station.convert(files.xlsx(station.folder / "rộng.xlsx", sheets))
    assert sizes(made) == [A4, A4[::-1], A4[::-1]]
    assert told["features"] == ["shrunk"]
    assert text(made).count("Thôn Đông") == 9 * (3 + 12 + 59)


def test_a_size_the_author_chose_is_kept(station: Station) -> None:
    setup = '<pageSetup paperSize="9" scale="50" orientation="portrait"/>'
    made, _ = station.convert(files.xlsx(station.folder / "tự chọn.xlsx", {"A": files.sheet(files.rows(9, 13), setup)}))
    assert sizes(made) == [A4]


def test_a_hidden_sheet_is_not_printed_but_told(station: Station) -> None:
    sheets = {"Hiện": files.sheet(files.rows(3, 2)), "Ẩn": files.sheet(files.rows(3, 2, "bí mật"))}
    made, told = station.convert(files.xlsx(station.folder / "ẩn.xlsx", sheets, hidden=["Ẩn"]))
    assert told["features"] == ["hidden-sheet"] and made.page_count == 1 and "bí mật" not in text(made)


def run(name: str, content: str) -> str:
    return f'<w:p><w:{name} w:id="1" w:author="x" w:date="2026-01-01T00:00:00Z"><w:r>{content}</w:r></w:{name}></w:p>'


@pytest.mark.parametrize(
    ("body_xml", "more", "feature"),
    [
        (run("ins", "<w:t>thêm</w:t>"), {}, "tracked-changes"),
        (run("del", "<w:delText>bỏ</w:delText>"), {}, "tracked-changes"),
        ("", {"word/vbaProject.bin": b"\0"}, "macros"),
        (files.paragraph("Céng hoµ", ".VnTime"), {}, "legacy-font"),
        ('<w:p><w:fldSimple w:instr=" DATE "><w:r><w:t>01/01/2020</w:t></w:r></w:fldSimple></w:p>', {}, "current-date"),
        ('<w:p><w:r><w:instrText> DDEAUTO c:\\\\cmd "/c calc" </w:instrText></w:r></w:p>', {}, "dde"),
    ],
)
def test_what_a_reader_cannot_see_is_told(station: Station, body_xml: str, more: dict[str, bytes], feature: str) -> None:
    _, told = station.convert(files.docx(station.folder / f"{feature}.docx", body_xml, lines=2, more=more))
    assert told["features"] == [feature]


FRACTION = (
    '<w:p><m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"><m:f><m:num><m:r><m:t>117</m:t></m:r></m:num>'
    "<m:den><m:r><m:t>293</m:t></m:r></m:den></m:f></m:oMath></w:p>"
)


def test_formulas_come_or_the_file_waits(station: Station, tmp_path: Path) -> None:
    """Without its Math LibreOffice leaves formulas out and says nothing."""
    source = files.docx(station.folder / "công thức.docx", FRACTION, lines=1)
    made, _ = station.convert(source)
    assert "117" in text(made) and "293" in text(made)
    place = tmp_path / "program"
    place.mkdir()
    for name in ("libmergedlo.so", "libswlo.so", "soffice"):
        (place / name).touch()
    assert station.refused(source, program=str(place / "soffice"), out=str(station.work / "none.pdf")) == "converter-missing"


def test_a_formula_that_would_start_a_program_starts_none(station: Station) -> None:
    mark = station.work / "started"
    row = f"<row><c><f>cmd|'/c touch {mark}'!A0</f><v>1</v></c><c><f>DDE(\"sh\",\"-c\",\"touch {mark}\")</f></c></row>".replace('"', "&quot;")
    _, told = station.convert(files.xlsx(station.folder / "dde.xlsx", {"A": files.sheet(row)}))
    assert "dde" in told["features"] and not mark.exists()


def test_a_picture_elsewhere_is_never_fetched(tmp_path: Path) -> None:
    """Not even where there is a network: here the job runs without the worker's walls."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.png"
        links = [files.relation(9, "image", address, outside=True), files.relation(8, "attachedTemplate", address, outside=True)]
        source = files.docx(tmp_path / "xa.docx", files.picture(), links=links)
        told = convert(args(source, tmp_path), lambda *_: b"")
        with pytest.raises(TimeoutError):
            server.accept()
    assert told["features"] == ["external-link", "remote-image"]


def test_a_file_of_this_machine_is_not_drawn_in(tmp_path: Path) -> None:
    pymupdf.open().new_page().get_pixmap().save(tmp_path / "secret.png")
    links = [files.relation(9, "image", (tmp_path / "secret.png").as_uri(), outside=True)]
    source = files.docx(tmp_path / "gần.docx", files.picture(), lines=1, links=links)
    assert convert(args(source, tmp_path), lambda *_: b"")["features"] == ["remote-image"]
    with pymupdf.open(tmp_path / "gần.docx.pdf") as made:
        assert made[0].get_images() == []


def test_what_is_no_whole_office_file_is_refused(station: Station) -> None:
    good = files.docx(station.folder / "tốt.docx")
    bent = bytearray(good.read_bytes())
    bent[900:940] = bytes(40)
    bad = {
        "rỗng.docx": (b"", "empty"), "chữ.doc": (b"<html>", "not-a-document"), "cụt.docx": (good.read_bytes()[:-300], "damaged"),
        "méo.docx": (bytes(bent), "damaged"), "ole.doc": (MAGIC + bytes(600), "damaged"),
    }  # fmt: skip
    for name, (content, code) in bad.items():
        path = station.folder / name
        path.write_bytes(content)
        assert station.refused(path) == code, name
    assert station.refused(files.package(station.folder / "ảnh.docx", {"a.txt": "x"})) == "not-a-document"


def compound(path: Path, name: str, content: bytes) -> Path:
    """A compound file of one stream."""
    def entry(of: str, kind: int, first: int, size: int, child: int = 0xFFFFFFFF) -> bytes:
        raw = of.encode("utf-16-le") + b"\0\0"
        head = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw), kind, 1) + struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child)
        return head.ljust(116, b"\0") + struct.pack("<IQ", first, size)

    header = MAGIC.ljust(24, b"\0") + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
    header = header.ljust(44, b"\0") + struct.pack("<IIIIIIII", 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + b"\xff" * 432
    table = struct.pack("<10I", 0xFFFFFFFD, 0xFFFFFFFE, *range(3, 10), 0xFFFFFFFE).ljust(512, b"\xff")
    directory = (entry("Root Entry", 5, 0xFFFFFFFE, 0, 1) + entry(name, 2, 2, 4096)).ljust(512, b"\0")
    path.write_bytes(header + table + directory + content.ljust(4096, b"\0"))
    return path


def test_what_is_encrypted_is_refused(station: Station) -> None:
    where = station.folder
    bof = struct.pack("<HH16x", 0x0809, 16)
    for source in (
        files.odt(where / "khóa.odt", manifest="<manifest:encryption-data/>"),
        compound(where / "khóa.docx", "EncryptedPackage", b""),
        compound(where / "khóa.doc", "WordDocument", struct.pack("<HH6xH", 0xA5EC, 0xC1, 0x0100)),
        compound(where / "khóa.xls", "Workbook", bof + struct.pack("<HH", 0x002F, 6)),
    ):
        assert station.refused(source) == "encrypted", source.name


def test_what_unpacks_without_end_is_refused_before_it_is_unpacked(station: Station) -> None:
    source = files.docx(station.folder / "bom.docx", more={"word/media/a.bin": bytes(200 << 20)})
    begun = time.monotonic()
    assert station.refused(source) == "too-large"
    assert time.monotonic() - begun < 2


def test_a_sheet_of_more_pages_than_allowed_is_refused(station: Station) -> None:
    source = files.xlsx(station.folder / "dài.xlsx", {"A": files.sheet(files.rows(60_000, 1))})
    assert station.refused(source, limits=LIMITS | {"pages": 50}) == "too-large"


def left_over(folder: Path) -> list[str]:
    """Processes at work in a folder; one that was killed may take a moment to give back its memory."""
    until = time.monotonic() + 3
    while (found := at_work(folder)) and time.monotonic() < until:
        time.sleep(0.05)
    return found


def at_work(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.fsencode(folder) in (entry / "cmdline").read_bytes():
                found.append(entry.name)
    return found


def test_what_takes_too_long_is_ended_and_nothing_stays(station: Station) -> None:
    source = files.docx(station.folder / "chậm.docx", lines=20_000)
    assert station.refused(source, seconds=1.5) == "too-slow"
    assert left_over(station.work) == []
    assert not list(station.work.glob("office-*"))


def test_it_dies_with_its_worker(station: Station) -> None:
    source = files.docx(station.folder / "chết.docx", lines=20_000)
    own = parse({"engine": {"workers": 1, "seconds_per_document": 2, "seconds_per_page": 0}})
    with LocalEngine(own.engine, own.limits) as hasty, pytest.raises(Verdict, match="too-slow"):
        hasty.call("convert", args(source, station.work))
    assert left_over(station.work) == []
    for scratch in station.work.glob("office-*"):
        shutil.rmtree(scratch)  # the station clears work/ of a document that came to nothing


def test_a_file_that_breaks_libreoffice_costs_itself_only(station: Station) -> None:
    source = files.docx(station.folder / "vỡ.docx", more={"word/document.xml": "<w:document"})
    assert station.refused(source) in {"convert-failed", "damaged"}
    station.convert(files.docx(station.folder / "sau đó.docx", lines=1), work=str(station.work / "chưa có" / "office"))


def test_without_libreoffice_it_waits(station: Station) -> None:
    assert station.refused(files.docx(station.folder / "đợi.docx"), program="/opt/none/soffice") == "converter-missing"


def test_the_doctor_asks_only_where_it_is_needed() -> None:
    assert [each.ok for each in converter(OURS)] == [True]
    assert list(converter(parse({"lanes": {"sao-y": {"form": "sao-y"}}}))) == []
    absent = parse({"convert": {"program": "/opt/none/soffice"}, "lanes": {"phu-luc": {"kind": "attachment"}}})
    assert [each.ok for each in converter(absent)] == [False]


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_it_goes_all_the_way_to_pdfa(station: Station, tmp_path: Path, kind: str) -> None:
    source = station.folder / f"đủ.{kind}"
    if kind == "docx":
        picture = tmp_path / "dấu.png"
        pixmap = pymupdf.Pixmap(pymupdf.csRGB, (0, 0, 40, 40), True)
        pixmap.save(picture)  # transparent, as seals are
        inner = files.picture().replace("r:link", "r:embed")
        files.docx(source, inner, links=[files.relation(9, "image", "media/a.png")], more={"word/media/a.png": picture.read_bytes()})
    else:
        files.xlsx(source, {"A": files.sheet(files.rows(60, 5))})
    made, told = station.convert(source)
    facts = probe({"path": made.name, "limits": LIMITS}, lambda *_: b"")
    assert facts["features"] == [] and {page["kind"] for page in facts["pages"]} == {"digital"}
    whole, read = tmp_path / "body.pdf", tmp_path / "read.pdf"
    kinds = [page["kind"] for page in facts["pages"]]
    body({
        "path": made.name, "type": "pdf", "kinds": kinds, "features": [], "pages": "", "flatten": False, "limits": LIMITS,
        "out": str(whole),
    }, lambda *_: b"")  # fmt: skip
    recognise({
        "body": str(whole), "first": 1, "last": told["pages"], "kinds": kinds, "languages": ["vie"], "rotate": True,
        "rotate_confidence": 6.0, "deskew": False, "read_dpi": 200, "page_megapixels": 100, "out": str(read),
        "reading": str(tmp_path / "read.json"),
    }, lambda *_: b"")  # fmt: skip
    rule = law.block_rule("sao-y", dt.date(2026, 11, 24), station.folder)
    finish({
        "portions": [str(read)], "out": str(tmp_path / "finished.pdf"), "rule": asdict(rule), "font": "",
        "xmp": {"title": "t", "identifier": "i", "language": "vi", "creator": "Sohoa"}, "block_text": "SAO Y; A; 24/11/2026",
    }, lambda *_: b"")  # fmt: skip
    with pikepdf.open(tmp_path / "finished.pdf") as finished:
        assert pdfa.check(finished, "2b").passed
