"""Attacks on the signature dictionary itself: wrapping (SWA), universal forgery (USF), bits flipped, signatures moved.

Promises: each function takes a document whose last signature the kit made, and gives the attack; no key is used. After
pdf-insecurity.org (CCS 2019). A crippled signature goes with one changed word elsewhere, so that it is no signature of this file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.testkit.increments import last_start

_RANGE = re.compile(rb"/ByteRange \[([^\]]*)\] *")
_SCANNER = b"Scanner of the test kit"
_BAR = b"q 1 g 60 100 480 640 re f 0 g 80 420 300 40 re f Q"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the last signature stands: its `<`, what follows its `>`, and its byte range."""

    start: int
    end: int
    ranges: tuple[int, int, int, int]

    @classmethod
    def of(cls, pdf: bytes) -> Spot:
        """Found by its hexadecimal contents."""
        start = pdf.rindex(b"/Contents <") + 10
        found = _RANGE.search(pdf, start)
        if found is None:
            raise ValueError("the kit writes /ByteRange behind /Contents")
        first, length, second, rest = map(int, found[1].split())
        return cls(start, pdf.index(b">", start) + 1, (first, length, second, rest))


def der(pdf: bytes) -> bytes:
    """The CMS object of the last signature without its padding."""
    spot = Spot.of(pdf)
    raw = bytes.fromhex(pdf[spot.start + 1 : spot.end - 1].decode())
    size = 2 + (raw[1] & 0x7F)
    return raw[: size + int.from_bytes(raw[2:size])]


def with_contents(pdf: bytes, cms: bytes) -> bytes:
    """Another CMS object in the same room."""
    spot = Spot.of(pdf)
    room = spot.end - spot.start - 2
    return pdf[: spot.start + 1] + cms.hex().encode().ljust(room, b"0") + pdf[spot.end - 1 :]


def with_key(pdf: bytes, pattern: bytes, replacement: bytes) -> bytes:
    """An entry of the last signature's dictionary is another of the same length; one word elsewhere too."""
    place = pdf.rindex(b"%%EOF", 0, Spot.of(pdf).start)
    found = re.compile(pattern).search(pdf, place)
    if found is None or len(replacement) > len(found[0]):
        raise ValueError(f"no room for {replacement!r}")
    changed = pdf[: found.start()] + replacement.ljust(len(found[0])) + pdf[found.end() :]
    return changed.replace(_SCANNER, b"Scammer of the test kit", 1)


def with_range(pdf: bytes, text: bytes) -> bytes:
    """Another `/ByteRange`, or nothing for it."""
    return with_key(pdf, _RANGE.pattern, text)


def with_hex(pdf: bytes, text: bytes) -> bytes:
    """Something else for `/Contents`."""
    return with_key(pdf, rb"/Contents <[0-9A-Fa-f]*>", text)


def flipped(pdf: bytes, place: int, bit: int = 1) -> bytes:
    """One bit of a file."""
    return pdf[:place] + bytes([pdf[place] ^ bit]) + pdf[place + 1 :]


def flipped_cms(pdf: bytes, needle: bytes, after: int) -> bytes:
    """One bit of the CMS object, so many bytes after the last time these stand in it."""
    cms = der(pdf)
    return with_contents(pdf, flipped(cms, cms.rindex(needle) + after))


def _dictionary(pdf: bytes, spot: Spot, second: int, more: bytes) -> bytes:
    """The rest of the signature dictionary, with the range that fits the moved part."""
    first, length, _, rest = spot.ranges
    closed = pdf[spot.end : pdf.index(b"endobj", spot.end)]
    return _RANGE.sub(b"/ByteRange [%d %d %d %d%s]" % (first, length, second, rest, more), closed, count=1) + b"endobj\n"


def swa(pdf: bytes, contents: int, *, trimmed: bool = True, table: bool = True, more: bytes = b"") -> bytes:
    """The second signed part is moved down; what stands in the gap is the attacker's: a new range and a new page content.

    Args:
        pdf: signed, unfolded.
        contents: number of the object with the first page's content.
        trimmed: the padding of `/Contents` makes room, so that file offsets hold; else the padding stays.
        table: a cross-reference table stands where the signed `startxref` points; else readers have to search.
        more: further numbers in the new range.
    """
    spot = Spot.of(pdf)
    second, place = spot.ranges[2], last_start(pdf)
    hexadecimal = b"<" + der(pdf).hex().encode() + b">" if trimmed else pdf[spot.start : spot.end]
    evil = b"%d 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n" % (contents, len(_BAR), _BAR)
    old = pdf[place : pdf.rindex(b"startxref")]
    moved = second + 4096

    def head(at: int) -> bytes:
        return pdf[: spot.start] + hexadecimal + _dictionary(pdf, spot, at, more)

    before = head(moved)
    if table:
        row = b"%d 1\n%010d 00000 n \ntrailer" % (contents, len(before))
        before = (before + evil).ljust(place, b"\n") + old.replace(b"trailer", row, 1)
    else:
        before += evil
    if len(before) > moved:
        raise ValueError("the gap is too small")
    return before.ljust(moved - 1, b"\n") + b"\n" + pdf[second:]


def keys_in_the_gap(pdf: bytes, keys: bytes) -> bytes:
    """Entries stand in the unsigned room that padding left: every signed byte is where it was."""
    spot = Spot.of(pdf)
    gap = b"<" + der(pdf).hex().encode() + b"> " + keys
    return pdf[: spot.start] + gap.ljust(spot.end - spot.start) + pdf[spot.end :]


def data_in_the_padding(pdf: bytes, data: bytes) -> bytes:
    """Something hides behind the CMS object, in its padding."""
    return with_contents(pdf, der(pdf) + data)


def prefixed(pdf: bytes, text: bytes, *, shifted: bool) -> bytes:
    """Text stands before `%PDF`; `shifted`: the range is moved along with what it covers."""
    if not shifted:
        return text + pdf
    first, length, second, rest = Spot.of(pdf).ranges
    at = len(text)
    text_range = b"/ByteRange [%d %d %d %d]" % (first + at, length, second + at, rest)
    found = _RANGE.search(pdf, Spot.of(pdf).start)
    if found is None:
        raise ValueError("no byte range")
    return text + pdf[: found.start()] + text_range.ljust(len(found[0])) + pdf[found.end() :]
