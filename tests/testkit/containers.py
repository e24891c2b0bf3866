"""Packages and mails as offices, old programs and attackers make them; each as bytes."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from email.message import EmailMessage

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
MAC_JUNK = ("__MACOSX/._a.pdf", ".DS_Store", "tai lieu/Thumbs.db", "desktop.ini", "~$cong van.docx")


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    """A package as Python writes it: names that are not ASCII with the UTF-8 flag."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as package:
        for name, data in files.items():
            package.writestr(name, data)
        package.comment = comment
    return target.getvalue()


def entry(
    name: bytes, data: bytes, *, flags: int = 0, deflated: bool = True, size: int | None = None, extra: bytes = b"", attributes: int = 0
) -> tuple[bytes, bytes]:
    """An entry written by hand: (local header with data, directory row without the offset)."""
    packed = zlib.compress(data, 9)[2:-4] if deflated else data
    told = struct.pack("<HHHHHIIIHH", 20, flags, 8 if deflated else 0, 0, 33, zlib.crc32(data), len(packed), len(data) if size is None else size, len(name), len(extra))
    central = struct.pack("<H", 3 << 8 | 20) + told + struct.pack("<HHHI", 0, 0, 0, attributes)
    return b"PK\x03\x04" + told + name + extra + packed, b"PK\x01\x02" + central + b"%s" + name + extra


def packed(*entries: tuple[bytes, bytes], offsets: Sequence[int] | None = None, before: bytes = b"", after: bytes = b"") -> bytes:
    """A package of entries written by hand; `offsets` says other places than the true ones."""
    body, places = before, []
    for local, _ in entries:
        places.append(len(body))
        body += local
    rows = b""
    for place, (_, row) in zip(offsets or places, entries, strict=True):
        rows += row.replace(b"%s", struct.pack("<I", place), 1)
    return body + rows + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(rows), len(body), 0) + after


def unicode_path(name: str, raw: bytes) -> bytes:
    """Info-ZIP's extra field with the true name."""
    field = b"\x01" + struct.pack("<I", zlib.crc32(raw)) + name.encode()
    return struct.pack("<HH", 0x7075, len(field)) + field


def zip64(name: str, data: bytes) -> bytes:
    """A package with the end record of large ones."""
    small = zipped({name: data}, zipfile.ZIP_STORED)
    at = small.rindex(b"PK\x05\x06")
    entries, size, start = struct.unpack_from("<HII", small, at + 10)
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, size, start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return small[:at] + end64 + locator + end


def nested(levels: int, inner: bytes = PDF, name: str = "a.pdf") -> bytes:
    """Packages in one another; one level is a package with the file."""
    for _ in range(levels):
        inner, name = zipped({name: inner}), "goi.zip"
    return inner


def overlapping() -> bytes:
    """Two names for one run of bytes, as the bomb that unfolds without nesting."""
    kernel = entry(b"a.pdf", PDF)
    return packed(kernel, (b"", kernel[1]), offsets=[0, 0])


def bomb(megabytes: int = 100) -> bytes:
    """A small package that says what it unfolds to."""
    return zipped({"a.pdf": PDF + b"\0" * (megabytes << 20)})


def lying_bomb(megabytes: int = 100) -> bytes:
    """The same that says it is small."""
    return packed(entry(b"a.pdf", PDF + b"\0" * (megabytes << 20), size=len(PDF)))


def docx() -> bytes:
    """As little of a Word file as makes one."""
    return zipped({"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"<Relationships/>", "word/document.xml": b"<w:document/>"})


def compound(*streams: str) -> bytes:
    """An OLE compound file with these streams, empty: an Outlook message, an old Word file."""
    names = ["Root Entry", *streams]
    entries = b""
    for place, name in enumerate(names):
        text = name.encode("utf-16-le") + b"\0\0"
        entries += text.ljust(64, b"\0") + struct.pack("<HBB", len(text), 5 if place == 0 else 2, 1) + struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF) + bytes(36) + struct.pack("<IQ", 0xFFFFFFFE, 0)
    entries = entries.ljust(-(-len(entries) // 512) * 512, b"\0")
    sectors = len(entries) // 512
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    table = [0xFFFFFFFD, *range(2, sectors + 1), 0xFFFFFFFE]
    return header + struct.pack("<128I", *table, *[0xFFFFFFFF] * (128 - len(table))) + entries


def mail(*attachments: tuple[str, bytes], sender: str = "Văn thư Sở Nội vụ <vanthu@sonoivu.example.vn>", **headers: str) -> EmailMessage:
    """A mail as a Vietnamese office sends it."""
    made = EmailMessage()
    made["From"] = sender
    made["To"] = "Phòng Nội vụ <noivu@huyen.example.vn>"
    made["Subject"] = "Gửi Công văn số 15/SNV-VP"
    made["Date"] = "Thu, 05 Nov 2026 09:30:00 +0700"
    made["Message-ID"] = "<15.2026@sonoivu.example.vn>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content("Kính gửi quý cơ quan,\nxin gửi văn bản kèm theo.\n")
    for name, data in attachments:
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made


def raw_mail(*parts: bytes, head: bytes = b"", close: bool = True) -> bytes:
    """A multipart mail whose parts are written by hand (header and body)."""
    start = head or b"From: a@b.example.vn\r\nTo: c@d.example.vn\r\nDate: Thu, 05 Nov 2026 09:30:00 +0700\r\n"
    start += b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    return start + b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + (b"--x--\r\n" if close else b"")
