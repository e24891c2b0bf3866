"""Says what a Word or Excel file is, by content, and what it carries that a reader of the PDF will not see.

Promises: every member of a package is unpacked once within a limit and its check sum compared, before LibreOffice sees it;
nothing a file says is followed. Refuses: what is encrypted, what is no Office file whatever its name says.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from processor.errors import Verdict
from processor.intake import compound

WRITER, CALC, MATH = "writer", "calc", "math"
_MEMBERS = 10_000
_UNPACKED = 512 << 20  # bytes: LibreOffice needs several times as much memory for them
_ONE_MEMBER = 192 << 20
_OF_EXCEL = (".xls", ".xlt")
_ENCRYPTED = 0x0100  # FibBase.fEncrypted ([MS-DOC] 2.5.1)
_WORD_97 = 0x00C1
_FILEPASS = 0x002F  # the record that says a workbook is encrypted ([MS-XLS] 2.4.117)
_BOF, _WRITE_PROTECT = 0x0809, 0x0086


@dataclass(frozen=True, slots=True)
class Office:
    """An Office file.

    Attributes:
        components: of LibreOffice that are needed: `writer` or `calc`, and `math` where there are formulas, which else vanish.
        reader: LibreOffice's name of the filter that reads it; no other is tried.
        suffix: of the copy that is converted.
        features: what it carries besides what is printed, sorted.
        sized: whether it says on which paper it is printed; if not, that is A4 (NĐ 30/2020, Phụ lục I, Phần I, mục I.1).
    """

    components: tuple[str, ...]
    reader: str
    suffix: str
    features: tuple[str, ...]
    sized: bool = True


_OOXML = (
    (rb"wordprocessingml\.(document|template)\.main|ms-word\.(document|template)\.macro", (WRITER, "MS Word 2007 XML", "docx")),
    (rb"spreadsheetml\.(sheet|template)\.main|ms-excel\.(sheet|template)\.macro", (CALC, "Calc MS Excel 2007 XML", "xlsx")),
)
_ODF = {
    b"application/vnd.oasis.opendocument.text": (WRITER, "writer8", "odt"),
    b"application/vnd.oasis.opendocument.text-template": (WRITER, "writer8", "odt"),
    b"application/vnd.oasis.opendocument.spreadsheet": (CALC, "calc8", "ods"),
    b"application/vnd.oasis.opendocument.spreadsheet-template": (CALC, "calc8", "ods"),
}
_SIZED, _FORMULA = "sized", "formula"
# Every repetition has an end: in a hostile file they would cost the square of its size.
_FIELD = rb"(<w:instrText[^>]{0,500}>|w:instr=[\"'])\s*"
_LEGACY_FONT = rb"""["'{ ]\.Vn[A-Z]|["'{ ]VNI[- ]"""  # TCVN3 and VNI: without these fonts the letters are others
_SIGNS = tuple(
    (re.compile(member), re.compile(content, re.DOTALL), feature)
    for member, content, feature in (
        (r"vbaProject\.bin$|^Basic/.*\.xml$|^Scripts/", rb"", "macros"),
        (r"/embeddings/|/activeX/", rb"", "embedded-object"),
        (r"^xl/externalLinks/", rb"", "external-link"),
        (r"^xl/externalLinks/", rb"ddeLink", "dde"),
        (r"^word/.*\.xml$", _FIELD + rb"DDE(AUTO)?\b", "dde"),
        (r"^xl/worksheets/", rb"<f\b[^>]{0,500}>[^<]{0,300}\|[^<]{0,300}![^<]{0,300}</f>", "dde"),
        (r"^word/.*\.xml$", _FIELD + rb"(DATE|TIME)\b", "current-date"),
        (r"^xl/worksheets/", rb"<f\b[^>]{0,500}>[^<]{0,300}\b(TODAY|NOW)\(", "current-date"),
        (r"^content\.xml$", rb"<draw:image\b[^>]{0,500}xlink:href=.(https?|ftp|file|smb):", "remote-image"),
        (r"^content\.xml$", rb"<(table:table-source|text:section-source|table:cell-range-source)\b", "external-link"),
        (r"^content\.xml$", rb"<(office:dde-source|text:dde-connection|table:dde-link)", "dde"),
        (r"^content\.xml$", rb"<draw:object-ole\b", "embedded-object"),
        (r"^content\.xml$", rb"<text:(date|time)\b(?![^>]{0,500}text:fixed=.true)", "current-date"),
        (r"^word/.*\.xml$", rb"<m:oMath\b", _FORMULA),
        (r"^META-INF/manifest\.xml$", rb"opendocument\.formula", _FORMULA),
        (r"^word/document\.xml$", rb"<w:pgSz\b", _SIZED),
        (r"^styles\.xml$", rb"fo:page-width", _SIZED),
        (r"^xl/worksheets/", rb"<pageSetup\b[^>]{0,500}paperSize=", _SIZED),
        (r"^word/document\.xml$|^xl/(sharedStrings|styles)\.xml$|^content\.xml$", _LEGACY_FONT, "legacy-font"),
    )
)
_RTF_SIGNS = (
    (rb"\\objdata", "embedded-object"),
    (rb"\\\*\\template\s+(https?|file|\\\\)", "external-link"),
    (rb"INCLUDEPICTURE\s+\"?(https?|ftp|file|\\)", "remote-image"),
    (rb"\\fldinst[^}]{0,300}DDE", "dde"),
    (_LEGACY_FONT, "legacy-font"),
)
_LINK = re.compile(rb"<Relationship\b[^>]{0,500}TargetMode\s*=\s*.External[^>]{0,500}>")
_PICTURED = re.compile(rb"/(image|video|audio|media)[\"']")


def examine(path: Path, name: str, limits: Mapping[str, int]) -> Office:
    """What a file is.

    Args:
        path: the bytes.
        name: what it was called; believed only where the content leaves it open.
        limits: `file_mb`.

    Raises:
        Verdict: `empty`, `not-a-document`, `damaged`, `encrypted`, `too-large`.
    """
    if path.stat().st_size > limits["file_mb"] << 20:
        raise Verdict("too-large", "file size")
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        raise Verdict("empty")
    if head.startswith(b"PK\x03\x04"):
        return _package(path)
    if head.startswith(compound.MAGIC):
        return _compound(path, name)
    if head.startswith(b"{\\rtf"):
        return _rich_text(path)
    raise Verdict("not-a-document", "no Office file")


def _package(path: Path) -> Office:
    try:
        with zipfile.ZipFile(path) as package:
            members = [info for info in package.infolist() if not info.is_dir()]
            if len(members) > _MEMBERS or sum(info.file_size for info in members) > _UNPACKED:
                raise Verdict("too-large", "unpacked")
            if any(info.flag_bits & 1 for info in members):
                raise Verdict("encrypted", "members")
            if any(info.file_size > _ONE_MEMBER for info in members):
                raise Verdict("too-large", "a member unpacked")
            sort = _sort(package)
            found: set[str] = set()
            for info in members:
                found.update(_carried(info.filename, package.read(info)))
            program, reader, suffix = sort
            components = (program, MATH) if _FORMULA in found else (program,)
            return Office(components, reader, suffix, tuple(sorted(found - {_SIZED, _FORMULA})), _SIZED in found)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError, ValueError, OSError) as error:
        raise Verdict("damaged", type(error).__name__) from error


def _sort(package: zipfile.ZipFile) -> tuple[str, str, str]:
    names = set(package.namelist())
    if "mimetype" in names and (known := _ODF.get(package.read("mimetype").strip())):
        if "META-INF/manifest.xml" in names and b"encryption-data" in package.read("META-INF/manifest.xml"):
            raise Verdict("encrypted", "OpenDocument")
        return known
    types = package.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
    for sign, sort in _OOXML:
        if re.search(sign, types):
            return sort
    raise Verdict("not-a-document", "a package of another kind")


def _carried(member: str, data: bytes) -> Iterator[str]:
    for where, sign, feature in _SIGNS:
        if where.search(member) and sign.search(data):
            yield feature
    if member.endswith(".rels"):
        for link in _LINK.findall(data):
            if b"/hyperlink" not in link:
                yield "remote-image" if _PICTURED.search(link) else "external-link"


def _rich_text(path: Path) -> Office:
    data = path.read_bytes()
    found = {feature for sign, feature in _RTF_SIGNS if re.search(sign, data, re.DOTALL)}
    return Office((WRITER,), "Rich Text Format", "rtf", tuple(sorted(found)), rb"\paperw" in data)


def _compound(path: Path, name: str) -> Office:
    """A file of Office 97-2003, or the wrapping of an encrypted newer one."""
    try:
        held = compound.parts(path)
    except ValueError as error:
        raise Verdict("damaged", str(error)) from error
    if "EncryptedPackage" in held:
        raise Verdict("encrypted", "OOXML")
    found = ["macros"] if "_VBA_PROJECT" in held else []
    if any(part.startswith(("MBD", "\x01Ole10Native")) for part in held):
        found.append("embedded-object")
    order = ("Workbook", "Book", "WordDocument") if name.lower().endswith(_OF_EXCEL) else ("WordDocument", "Workbook", "Book")
    for part in (part for part in order if part in held):  # one may hold the other as an embedded object
        with path.open("rb") as file:
            file.seek(held[part].at)
            opening = file.read(512)
        if part == "WordDocument":
            return _word(opening, tuple(found))
        if _is_locked(opening):
            raise Verdict("encrypted", "workbook")
        return Office((CALC,), "MS Excel 97" if part == "Workbook" else "MS Excel 95", "xls", tuple(found))
    raise Verdict("not-a-document", "a compound file of another kind")


def _word(opening: bytes, features: tuple[str, ...]) -> Office:
    version, flags = (int.from_bytes(opening[at : at + 2], "little") for at in (2, 10))
    if flags & _ENCRYPTED:
        raise Verdict("encrypted", "Word 97")
    return Office((WRITER,), "MS Word 97" if version >= _WORD_97 else "MS WinWord 6.0", "doc", features)


def _is_locked(opening: bytes) -> bool:
    """Whether a workbook's first records say that the rest is encrypted."""
    at = 0
    while at + 4 <= len(opening):
        record, size = (int.from_bytes(opening[at + step : at + step + 2], "little") for step in (0, 2))
        if record == _FILEPASS:
            return True
        if record not in {_BOF, _WRITE_PROTECT} or not size:
            return False
        at += 4 + size
    return False
