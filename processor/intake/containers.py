"""Says whether a file is a package or a mail that holds others, by content; the name's ending is never believed.

Promises: reads a little of the file, follows nothing in it. A Word file is a zip too, and no package of documents: its kind
is `office`.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from processor.intake import compound

_HEAD = 1 << 16
_PDF_WITHIN = 1024  # ISO 32000-1 Annex H.3
_FIELD = re.compile(rb"[!-9;-~]{1,76}:")
_UNIX_FROM = re.compile(rb"From [^\r\n]*\r?\n")
_OF_MAIL = re.compile(rb"(?im)^(from|to|date|subject|received|message-id|mime-version|return-path|delivered-to|content-type):")
_LEAST_FIELDS = 3
_OFFICE_OLE = frozenset({"WordDocument", "Workbook", "Book", "PowerPoint Document", "EncryptedPackage"})
_MESSAGE_OLE = frozenset({"__nameid_version1.0", "__properties_version1.0"})


def sniff(path: Path) -> str:
    """`zip`, `eml` or `msg` for what holds documents, `office`, `pdf`, or empty for anything else."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "office" if _is_office(path) else "zip"
    if head.startswith(compound.MAGIC):
        return _compound(path)
    if head.startswith(b"{\\rtf"):
        return "office"
    if _is_mail(head):
        return "eml"
    return "pdf" if b"%PDF-" in head[:_PDF_WITHIN] else ""


def _is_office(path: Path) -> bool:
    """OOXML by its two fixed members (ECMA-376-2), OpenDocument by its first."""
    try:
        with zipfile.ZipFile(path) as package:
            names = set(package.namelist())
            if "mimetype" in names and package.getinfo("mimetype").file_size < 256:
                return package.read("mimetype").startswith(b"application/vnd.oasis.opendocument")
            return {"[Content_Types].xml", "_rels/.rels"} <= names
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError, zlib.error):
        return False  # whoever unpacks it says what is wrong


def _compound(path: Path) -> str:
    try:
        held = compound.parts(path).keys()
    except ValueError:
        return ""
    if held >= _MESSAGE_OLE:
        return "msg"
    return "office" if held & _OFFICE_OLE else ""


def _is_mail(head: bytes) -> bool:
    """A block of RFC 5322 fields, three of them a mail's."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if mark := _UNIX_FROM.match(text):
        text = text[mark.end() :]
    if _FIELD.match(text) is None:
        return False
    fields = re.split(rb"\r?\n\r?\n", text, maxsplit=1)[0]
    return len({name.lower() for name in _OF_MAIL.findall(fields)}) >= _LEAST_FIELDS
