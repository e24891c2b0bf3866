"""Bytes before any parser's opinion: what a signature covers, what lies in its gap, what was left behind by re-saving.

Promises: facts of the file's bytes and its cross-references, each a code of `judge`; a signature that was destroyed is
found where no form field leads to it any more. Refuses: to repair, and to trust a /ByteRange because a parser liked it.
"""

from __future__ import annotations

import binascii
import bisect
import mmap
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

Data: TypeAlias = bytes | mmap.mmap
_RANGE = re.compile(rb"/ByteRange[\s\x00]*\[([-\d\s\x00/*.]*)\]")
_HEADER = re.compile(rb"\s*(\d+)\s+(\d+)\s+obj\b")
_OBJECT = re.compile(rb"\b\d+\s+\d+\s+obj\b")
_LENGTH = re.compile(rb"/Length\s+(\d+)(\s+\d+\s+R)?")
_END_OF_FILE = re.compile(rb"%%EOF(\r\n|\r|\n)?\Z")
_BLANK = b"\x00\t\n\x0c\r "
_MOST_OBJECTS = 500_000
_SIG_DICT = 1 << 18  # how far into an object a signature dictionary is looked for
READING = (PdfError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, ArithmeticError,
           NotImplementedError, OSError, EOFError, zlib.error, struct.error, StopIteration)  # fmt: skip
"""What a parser throws at bytes of another shape."""


@dataclass(frozen=True, slots=True)
class Span:
    """What one signature says it covers.

    Attributes:
        start, end: of the bytes from the first to the last covered one, gap included.
        gap: where the signature's own value stands.
    """

    start: int
    end: int
    gap: tuple[int, int]


def span(byte_range: Iterable[object], size: int) -> Span | None:
    """The span of a /ByteRange; None where it is not four numbers that cover a beginning and an end of some revision."""
    numbers = [int(number) for number in byte_range if isinstance(number, int)]
    if len(numbers) != 4:
        return None
    start, length, second, rest = numbers
    if start != 0 or length <= 0 or rest <= 0 or second <= length or second + rest > size:
        return None
    return Span(start, second + rest, (length, second))


def gap_flaw(data: Data, where: Span, value: bytes) -> str:
    """What is wrong with the hole of a signature: `byte-range-odd`, `contents-padded`, or empty.

    The hole must be the hexadecimal string of the signature's value and nothing else, right behind its key: else other
    objects may hide in what is not signed (signature wrapping).
    """
    first, last = where.gap
    hole = bytes(data[first:last])
    before = bytes(data[max(0, first - 64) : first]).rstrip(_BLANK)
    if not before.endswith(b"/Contents"):
        return "byte-range-odd"
    string = hole.strip(_BLANK)
    if not (string.startswith(b"<") and string.endswith(b">")) or string.startswith(b"<<"):
        return "byte-range-odd"
    try:
        digits = string[1:-1].translate(None, _BLANK)
        found = binascii.unhexlify(digits + b"0" * (len(digits) % 2))
    except ValueError:
        return "byte-range-odd"
    if found != value:
        return "byte-range-odd"
    return "" if len(hole) == len(string) == 2 + 2 * len(value) else "contents-padded"


def objects(reader: PdfFileReader) -> Iterator[tuple[int, int, int]]:
    """(revision, object number, offset) of every object of every revision that stands in the file by itself."""
    for revision in range(reader.xrefs.total_revisions):
        section = reader.xrefs.get_xref_data(revision)
        tables = [section] + ([section.hybrid.xref_data] if section.hybrid is not None else [])
        for table in tables:
            for number, (_, offset) in table.standard_xrefs.items():
                yield revision, number, offset


def _starts(reader: PdfFileReader, data: Data) -> list[int]:
    """Offsets of objects that really stand there, in order."""
    found = {offset for _, _, offset in objects(reader) if _HEADER.match(data, max(0, offset), offset + 64)}
    return sorted(found)[:_MOST_OBJECTS]


def _end(reader: PdfFileReader, data: Data, begin: int) -> int:
    """Where an object that begins here ends; what its stream holds, perhaps a whole signed PDF, is its own."""
    end = data.find(b"endobj", begin)
    stream = data.find(b"stream", begin, end)
    if end < 0 or stream < 0:
        return end if end >= 0 else len(data)
    length = _LENGTH.search(data[begin:stream])
    if length is None:
        return end
    size = int(length[1])
    if length[2]:
        try:
            size = int(reader.get_object(generic.Reference(size, 0)))
        except READING:
            return end
    return max(end, data.find(b"endobj", stream + size))


def _dictionaries(reader: PdfFileReader, data: Data) -> Iterator[tuple[int, bytes]]:
    """Raw objects that hold a /ByteRange outside any stream, also where no table leads to them: where, and their text."""
    offsets = _starts(reader, data)
    for position in (match.start() for match in _RANGE.finditer(data)):
        before = bisect.bisect_right(offsets, position) - 1
        begin = offsets[before] if before >= 0 else 0
        end = _end(reader, data, begin) if before >= 0 else 0
        if position > end:  # an update may have gone on from before this one
            headers = list(_OBJECT.finditer(data, max(end, position - _SIG_DICT), position))
            begin = headers[-1].start() if headers else position
        text = data[begin:position]
        if len(text) <= _SIG_DICT and text and b"stream" not in text.replace(b"endstream", b"") and b"endobj" not in text:
            yield position, data[begin : position + 256]


def _numbers(match: re.Match[bytes]) -> tuple[int, ...]:
    return tuple(int(word) for word in match[1].split() if re.fullmatch(rb"-?\d{1,18}", word))


def orphans(reader: PdfFileReader, data: Data, known: Iterable[Iterable[object]]) -> int:
    """How many signature dictionaries of any revision no signature field leads to."""
    kept = {tuple(int(n) for n in numbers if isinstance(n, int)) for numbers in known}
    plain = (match for position, _ in _dictionaries(reader, data) if (match := _RANGE.match(data, position)))
    return len({_numbers(match) for match in (*plain, *_compressed(reader))} - kept)


def _compressed(reader: PdfFileReader) -> Iterator[re.Match[bytes]]:
    """The same in object streams, where re-saving puts them."""
    for revision in range(reader.xrefs.total_revisions):
        for reference in reader.xrefs.object_streams_used_in(revision):
            try:
                text = reader.get_object(reference, revision=revision).data
            except READING:
                continue
            yield from _RANGE.finditer(text)


def tail_flaw(reader: PdfFileReader, data: Data, covered: int) -> str:
    """`junk-after-signature` where the bytes behind the last signature are no well-formed increments; else empty.

    pyHanko says of such a file that all is well: it looks at the revision, not at the file (facts-reliability 0.4).
    """
    tail = data[covered:]
    if not tail.strip(b"\r\n") and len(tail) <= 2:
        return ""
    sections = [reader.xrefs.get_xref_container_info(r) for r in range(reader.xrefs.total_revisions)]
    later = [section for section in sections if section.end_location > covered]
    if not later or not _END_OF_FILE.search(data[-16:]):
        return "junk-after-signature"
    marks = sorted({offset for _, _, offset in objects(reader) if offset >= covered})
    marks += [section.declared_startxref for section in later]
    return "" if _woven(data, covered, sorted(set(marks))) else "junk-after-signature"


def _woven(data: Data, begin: int, marks: Sequence[int]) -> bool:
    """Whether objects and tables follow each other with nothing between but white space and end-of-file marks."""
    if data[begin : marks[0]].strip(_BLANK):
        return False
    for mark, following in zip(marks, [*marks[1:], len(data)], strict=True):
        piece = data[mark:following].rstrip(_BLANK)
        if not piece.endswith((b"endobj", b"%%EOF")):
            return False
        if not (_HEADER.match(piece) or piece.startswith(b"xref")):
            return False
    return True


def points_back(reader: PdfFileReader, covered: int, revision: int) -> bool:
    """Whether a later cross-reference section gives an object another place among the signed bytes.

    An increment brings its own objects; one that only points elsewhere shows what was hidden before signing (shadow attack).
    """
    for later, number, offset in objects(reader):
        if later > revision and 0 < offset < covered:
            section = reader.xrefs.get_xref_data(later).standard_xrefs.get(number)
            generation = section[0] if section else 0
            before = reader.xrefs.get_historical_ref(generic.Reference(number, generation, reader), revision)
            if before != offset:
                return True
    return False
