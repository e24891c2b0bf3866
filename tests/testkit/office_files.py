"""Word and Excel files made with the standard library, plain ones and nasty ones.

Promises: the smallest packages that LibreOffice and Microsoft Office open. Refuses: any text of a real agency or person.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

LINE = "Phụ lục kèm theo Quyết định của Ủy ban nhân dân xã Vĩnh Ngọc: ẳ ẵ ặ ề ể ễ ỗ ộ ớ ờ ở ỡ ợ ừ ử ữ ự ỳ ỵ"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_A4 = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="851" w:bottom="1134" w:left="1701"/></w:sectPr>'
_ODF = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
_ODF += ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"'
_ODF += ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" office:version="1.2"'

Parts = Mapping[str, str | bytes]


def package(path: Path, parts: Parts, first: str = "") -> Path:
    """A zip of these members; `first` is stored uncompressed before all others, as OpenDocument wants its `mimetype`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        if first:
            made.writestr(zipfile.ZipInfo(first), parts[first])
        for name, content in parts.items():
            if name != first:
                made.writestr(name, content)
    return path


def _relations(*links: str) -> str:
    return f'{_HEAD}<Relationships xmlns="{_RELATIONS}">{"".join(links)}</Relationships>'


def relation(number: int, kind: str, target: str, outside: bool = False) -> str:
    """A link of a package's part."""
    mode = ' TargetMode="External"' if outside else ""
    return f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"{mode}/>'


def _types(main: str, kind: str, more: str = "") -> str:
    return (
        f'{_HEAD}<Types xmlns="{_TYPES}"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        'ContentType="application/xml"/><Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
        f'<Override PartName="/{main}" ContentType="{kind}"/>{more}</Types>'
    )


def paragraph(text: str, font: str = "Times New Roman") -> str:
    """A paragraph of Word's XML."""
    fonts = f'<w:rPr><w:rFonts w:ascii="{font}" w:hAnsi="{font}" w:cs="{font}"/><w:sz w:val="28"/></w:rPr>'
    return f'<w:p><w:r>{fonts}<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def docx(
    path: Path, body: str = "", *, lines: int = 40, section: str = _A4, links: Sequence[str] = (), more: Parts | None = None
) -> Path:
    """A Word document: `lines` lines of Vietnamese, then `body` (XML)."""
    text = "".join(paragraph(f"{number}. {LINE}") for number in range(1, lines + 1))
    names = f'xmlns:w="{_W}" xmlns:r="{_OFFICE}"'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return package(path, {
        "[Content_Types].xml": _types("word/document.xml", kind),
        "_rels/.rels": _relations(relation(1, "officeDocument", "word/document.xml")),
        "word/document.xml": f"{_HEAD}<w:document {names}><w:body>{text}{body}{section}</w:body></w:document>",
        "word/_rels/document.xml.rels": _relations(*links),
        **(more or {}),
    })  # fmt: skip


def picture() -> str:
    """A drawing that shows the picture of the link rId9 (see `relation`)."""
    return (
        '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
        '<wp:extent cx="1000000" cy="1000000"/><wp:docPr id="1" name="p"/>'
        '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
        '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:nvPicPr><pic:cNvPr id="1" name="p"/>'
        '<pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:link="rId9"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        '<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="1000000" cy="1000000"/></a:xfrm><a:prstGeom prst="rect"/></pic:spPr>'
        "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )


def rows(count: int, columns: int, text: str = "Thôn Đông") -> str:
    """The rows of a sheet, as XML: texts, their row's number the first."""
    cell = f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>'
    return "".join(f"<row><c><v>{number}</v></c>{cell * (columns - 1)}</row>" for number in range(1, count + 1))


def sheet(data: str, setup: str = "") -> str:
    """A worksheet's XML."""
    return f'{_HEAD}<worksheet xmlns="{_S}"><sheetData>{data}</sheetData>{setup}</worksheet>'


def xlsx(path: Path, sheets: Mapping[str, str], hidden: Sequence[str] = (), more: Parts | None = None) -> Path:
    """A workbook of sheets by name (see `sheet`)."""
    listed, links, types = "", [], ""
    for number, name in enumerate(sheets, 1):
        state = ' state="hidden"' if name in hidden else ""
        listed += f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"{state}/>'
        links.append(relation(number, "worksheet", f"worksheets/sheet{number}.xml"))
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
        types += f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{kind}"/>'
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    return package(path, {
        "[Content_Types].xml": _types("xl/workbook.xml", kind, types),
        "_rels/.rels": _relations(relation(1, "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_S}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(*links),
        **{f"xl/worksheets/sheet{number}.xml": content for number, content in enumerate(sheets.values(), 1)},
        **(more or {}),
    })  # fmt: skip


def _opendocument(path: Path, kind: str, body: str, manifest: str = "") -> Path:
    mime = f"application/vnd.oasis.opendocument.{kind}"
    return package(path, {
        "mimetype": mime,
        "META-INF/manifest.xml": f'{_HEAD}<manifest:manifest {_ODF}><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="{mime}"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">'
        f"{manifest}</manifest:file-entry></manifest:manifest>",
        "content.xml": f"{_HEAD}<office:document-content {_ODF}><office:body>{body}</office:body></office:document-content>",
    }, "mimetype")  # fmt: skip


def odt(path: Path, *, manifest: str = "") -> Path:
    """An OpenDocument text; `manifest` is put into the entry of its content."""
    return _opendocument(path, "text", f"<office:text><text:p>{escape(LINE)}</text:p></office:text>", manifest)


def ods(path: Path) -> Path:
    """An OpenDocument spreadsheet."""
    cell = f'<table:table-cell office:value-type="string"><text:p>{escape(LINE[:20])}</text:p></table:table-cell>'
    table = f'<table:table table:name="Bảng"><table:table-row>{cell * 3}</table:table-row></table:table>'
    return _opendocument(path, "spreadsheet", f"<office:spreadsheet>{table}</office:spreadsheet>")


def rtf(path: Path, more: str = "") -> Path:
    """A rich text; `more` is put before its end."""
    text = "".join(letter if ord(letter) < 128 else f"\\u{ord(letter)}?" for letter in LINE)
    path.write_bytes(f"{{\\rtf1\\ansi{{\\fonttbl{{\\f0 Times New Roman;}}}}\\f0 {text}\\par {more}}}".encode("ascii"))
    return path
