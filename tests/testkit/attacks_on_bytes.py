"""Attacks on what is signed: wrapping, universal forgery, bits, and files saved anew (pdf-insecurity.org, CCS 2019)."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pikepdf
import pymupdf

from tests.testkit import wrapping
from tests.testkit.false_signers import Build, Scene
from tests.testkit.rows import EITHER, INVALID, Row, on, words
from tests.testkit.signing import UNSTAMPED, page


def _content_number(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        number: int = document.pages[0].Contents.objgen[0]
    return number


def _swa(*, trimmed: bool = True, table: bool = True, more: bytes = b"") -> Build:
    return on(lambda pdf: wrapping.swa(pdf, _content_number(pdf), trimmed=trimmed, table=table, more=more))


def _range(text: bytes) -> Build:
    return on(lambda pdf: wrapping.with_range(pdf, text))


def _hex(text: bytes) -> Build:
    return on(lambda pdf: wrapping.with_hex(pdf, text))


def _key(pattern: bytes, replacement: bytes) -> Build:
    return on(lambda pdf: wrapping.with_key(pdf, pattern, replacement))


# wrapping: the signed bytes are moved, or share their file with what is not signed

ALTERED = words("altered signature-destroyed byte-range-odd unreadable junk-after-signature contents-padded covers-part")
WRAPPING: Mapping[str, Row] = {
    "swa": Row(_swa(), EITHER, "second signed part moved down, own range and content in the gap, table at the signed offset", ALTERED),
    "swa-no-table": Row(_swa(table=False), EITHER, "the same without a table", ALTERED),
    "swa-padded": Row(_swa(trimmed=False, table=False), EITHER, "the same, /Contents keeps its padding", ALTERED),
    "swa-six-numbers": Row(_swa(more=b" 0 0"), EITHER, "the range has a third pair", ALTERED),
    "gap-keys": Row(on(lambda pdf: wrapping.keys_in_the_gap(pdf, b"/Name (Bo truong) /Reason (Phe duyet)")), EITHER,
                    "entries of the dictionary in the room that padding left", ALTERED),
    "gap-second-range": Row(on(lambda pdf: wrapping.keys_in_the_gap(pdf, b"/ByteRange [0 10 20 10]")), EITHER,
                            "a second /ByteRange in that room", ALTERED),
    "gap-comment": Row(on(lambda pdf: wrapping.keys_in_the_gap(pdf, b"%junk")), EITHER, "a comment in that room", ALTERED),
    "padding-data": Row(on(lambda pdf: wrapping.data_in_the_padding(pdf, b"%PDF-1.4 hidden")), EITHER,
                        "data behind the CMS object in its padding", ALTERED, alone=True),
}  # fmt: skip

# universal forgery: the signature dictionary is crippled, so that a check is skipped

USF = ALTERED | words("changed-since")
UNIVERSAL: Mapping[str, Row] = {
    "usf-no-contents": Row(_key(rb"/Contents <", b"/Kontents <"), EITHER, "no /Contents", USF),
    "usf-null-contents": Row(_hex(b"/Contents null"), EITHER, "/Contents null", USF),
    "usf-empty-contents": Row(_hex(b"/Contents <>"), EITHER, "/Contents <>", USF),
    "usf-zero-contents": Row(_hex(b"/Contents <" + b"00" * 64 + b">"), EITHER, "/Contents of zeros", USF),
    "usf-number-contents": Row(_hex(b"/Contents 0"), EITHER, "/Contents is a number", USF),
    "usf-dangling-contents": Row(_hex(b"/Contents 999 0 R"), EITHER, "/Contents leads nowhere", USF),
    "usf-no-range": Row(_range(b""), EITHER, "no /ByteRange", USF),
    "usf-null-range": Row(_range(b"/ByteRange null"), EITHER, "/ByteRange null", USF),
    "usf-empty-range": Row(_range(b"/ByteRange []"), EITHER, "/ByteRange []", USF),
    "usf-zero-range": Row(_range(b"/ByteRange [0 0 0 0]"), EITHER, "nothing is covered", USF),
    "usf-negative-range": Row(_range(b"/ByteRange [0 -1 -1 -1]"), EITHER, "negative numbers", USF),
    "usf-huge-range": Row(_range(b"/ByteRange [0 99999999 999999999 9]"), EITHER, "beyond the file", USF),
    "usf-short-range": Row(_range(b"/ByteRange [0 100]"), EITHER, "one pair", USF),
    "usf-text-range": Row(_range(b"/ByteRange [(a) /B null <<>>]"), EITHER, "not numbers", USF),
    "usf-real-range": Row(_range(b"/ByteRange [0.0 100.5 200.0 9.0]"), EITHER, "real numbers", USF),
    "usf-dictionary-range": Row(_range(b"/ByteRange <</A 1>>"), EITHER, "a dictionary", USF),
    "usf-overlapping-range": Row(_range(b"/ByteRange [0 5000 100 5000]"), EITHER, "the pairs overlap", USF),
    "usf-self-range": Row(_range(b"/ByteRange 38 0 R"), EITHER, "the range is the signature itself", USF),
    "usf-subfilter": Row(_key(rb"/SubFilter /ETSI.CAdES.detached", b"/SubFilter /Nothing"), EITHER, "an unknown /SubFilter", USF),
    "usf-no-subfilter": Row(_key(rb"/SubFilter /ETSI.CAdES.detached", b""), EITHER, "no /SubFilter", USF),
    "usf-type": Row(_key(rb"/Type /Sig", b"/Type /Gis"), EITHER, "not a signature by its /Type", USF),
    "usf-value-null": Row(_key(rb"/V \d+ 0 R", b"/V null"), EITHER, "the field has no value, in place", USF),
}  # fmt: skip


# bits and bytes


def _flip_page(pdf: bytes) -> bytes:
    return wrapping.flipped(pdf, pdf.index(b"stream\n") + 500)


def _resaved(pdf: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        saved = io.BytesIO()
        document.save(saved)
    return saved.getvalue()


def _resaved_by_mupdf(pdf: bytes) -> bytes:
    with pymupdf.open(stream=pdf, filetype="pdf") as document:
        made: bytes = document.tobytes(garbage=3, deflate=True)
    return made


def _orphaned(pdf: bytes) -> bytes:
    """Re-saved by a program that drops the form and keeps the rest."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        value = document.Root.AcroForm.Fields[0].V
        del document.Root["/AcroForm"]
        del document.pages[0].obj["/Annots"]
        document.Root.PieceInfo = pikepdf.Dictionary(Old=value)
        saved = io.BytesIO()
        document.save(saved)
    return saved.getvalue()


def _copied(scene: Scene) -> bytes:
    """The signature of one letter stands in another."""
    return wrapping.with_contents(scene.signed(page(4)), wrapping.der(scene.signed()))


_DESTROYED = words("altered signature-destroyed byte-range-odd unreadable")
BYTES: Mapping[str, Row] = {
    "flip-content": Row(on(_flip_page), INVALID, "one bit of the page", words("altered")),
    "flip-table": Row(on(lambda pdf: wrapping.flipped(pdf, pdf.rindex(b"/Info") + 6)), EITHER, "one bit of the trailer", USF),
    "flip-signature": Row(on(lambda pdf: wrapping.flipped_cms(pdf, b"\x04\x82\x01\x00", 40)), INVALID,
                          "one bit of the signature's value", words("altered")),
    "flip-digest": Row(on(lambda pdf: wrapping.flipped_cms(pdf, bytes.fromhex("06092a864886f70d010904"), 20), UNSTAMPED), INVALID,
                       "one bit of the message digest", words("altered")),
    "flip-certificate": Row(on(lambda pdf: wrapping.flipped_cms(pdf, b"sokiemthu@thunghiem", 2), UNSTAMPED), EITHER,
                            "one bit of the certificate's name", words("altered chain-unknown chain-broken unreadable")),
    "junk-text": Row(on(lambda pdf: pdf + b"\nSo: 99/QD-UBND\n"), EITHER, "text after the end",
                     words("junk-after-signature"), alone=True),
    "junk-zeros": Row(on(lambda pdf: pdf + bytes(1000)), EITHER, "zeros after the end", words("junk-after-signature"), alone=True),
    "junk-pdf": Row(on(lambda pdf: pdf + page(4)), EITHER, "another document after the end",
                    words("junk-after-signature signature-destroyed changed-since unreadable")),
    "prefix": Row(on(lambda pdf: wrapping.prefixed(pdf, b"From: x\n\n", shifted=False)), EITHER, "text before the header", USF),
    "prefix-shifted": Row(on(lambda pdf: wrapping.prefixed(pdf, b"From: x\n\n", shifted=True)), EITHER,
                          "and the range moved along with it", USF),
    "truncated": Row(on(lambda pdf: pdf[:-600]), EITHER, "the end is cut off", USF),
    "resaved-qpdf": Row(on(_resaved), INVALID, "saved anew by qpdf", _DESTROYED),
    "resaved-mupdf": Row(on(_resaved_by_mupdf), INVALID, "saved anew by MuPDF", _DESTROYED),
    "orphan": Row(on(_orphaned), INVALID, "saved anew without its form; a dictionary with /ByteRange is left", _DESTROYED),
    "copied": Row(_copied, INVALID, "the signature of another letter", words("altered")),
}  # fmt: skip
