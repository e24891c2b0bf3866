"""A foreign PDF opened for looking: its signature fields, its validation store, what its form lost.

Promises: every signature field with a value is yielded, whatever its /SubFilter; one that cannot be read says so and hides
no other. Opened leniently (hybrid references are common in the government's files); never written.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from asn1crypto import parser
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import FieldMDPSpec, enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature

from processor.verify import structure
from processor.verify.patience import within
from processor.verify.revocation import Datum
from processor.verify.structure import READING, Data, Span

_SECONDS = 20.0
_DRAWS = re.compile(rb"\b(Do|Tj|TJ|EI)\b")
_MOST_STORED = 2_000


@dataclass(slots=True)
class Found:
    """One signature field with a value.

    Attributes:
        raw: pyHanko's view of it; None: it cannot be read, `flaws` says why.
        level: DocMDP level it sets, with `certified`: by its own reference rather than its field's lock.
    """

    name: str
    raw: EmbeddedPdfSignature | None = None
    span: Span | None = None
    kind: str = "signature"
    subfilter: str = ""
    numbers: tuple[int, ...] = ()
    flaws: list[str] = field(default_factory=list)
    detail: str = ""
    level: int | None = None
    certified: bool = False
    locks: tuple[FieldMDPSpec, ...] = ()

    def locked(self, name: str) -> bool:
        """Whether the signer locked the field of that name."""
        return any(spec.is_locked(name) for spec in self.locks)


def entry(holder: generic.PdfObject, key: str) -> generic.PdfObject | None:
    """A dictionary's entry, followed to where it leads; None where there is none (pyHanko's own `get` does not follow)."""
    if not isinstance(holder, generic.DictionaryObject) or key not in holder:
        return None
    found: generic.PdfObject = holder[key]
    return found.get_object() if isinstance(found, generic.IndirectObject) else found


def open_reader(file: object) -> PdfFileReader:
    """Open leniently; with the empty password where it is encrypted.

    Raises:
        READING: it cannot be read.
        PermissionError: it needs a password.
    """
    with within(_SECONDS):
        reader = PdfFileReader(file, strict=False)
        if reader.encrypted:
            opened = False
            with contextlib.suppress(*READING):
                opened = reader.decrypt("").status.value > 0
            if not opened:
                raise PermissionError("encrypted")
        _ = reader.root, reader.total_revisions
        return reader


def fields(reader: PdfFileReader, data: Data) -> Iterator[Found]:
    """Every signature field that has, or had, a value."""
    seen: set[object] = set()
    for name, value, place in enumerate_sig_fields(reader, filled_status=None):
        holder = place.get_object()
        if "/V" not in holder:
            continue
        reference = holder.raw_get("/V")
        key = reference.reference if isinstance(reference, generic.IndirectObject) else object()
        if key in seen:
            continue
        seen.add(key)
        value = value.get_object() if isinstance(value, generic.IndirectObject) else value
        if not isinstance(value, generic.DictionaryObject):
            yield Found(str(name), flaws=["signature-destroyed"], detail="the field's value is gone")
            continue
        yield _found(reader, data, str(name), holder, value)


def _found(
    reader: PdfFileReader, data: Data, name: str, holder: generic.DictionaryObject, value: generic.DictionaryObject
) -> Found:
    made = Found(name, subfilter=str(entry(value, "/SubFilter") or ""))
    made.kind = "timestamp" if "/DocTimeStamp" in str(entry(value, "/Type")) or made.subfilter == "/ETSI.RFC3161" else "signature"
    numbers = entry(value, "/ByteRange")
    if not isinstance(numbers, generic.ArrayObject):
        made.flaws.append("signature-destroyed")
        made.detail = "no /ByteRange"
        return made
    made.numbers = tuple(int(n) if isinstance(n, int) else -1 for n in numbers)
    made.span = structure.span(numbers, len(data))
    if made.span is None:
        made.flaws.append("byte-range-odd")
    try:
        made.raw = EmbeddedPdfSignature(reader, holder, name)
        _read(made, data, holder)
    except READING as error:
        made.flaws.append("unreadable")
        made.detail = type(error).__name__
    return made


def _read(made: Found, data: Data, holder: generic.DictionaryObject) -> None:
    raw = made.raw
    if raw is None:
        return
    contents = raw.pkcs7_content
    if made.span is not None:
        flaw = structure.gap_flaw(data, made.span, contents)
        made.flaws += [flaw] if flaw else []
    size = parser.peek(contents)
    if contents[size:].strip(b"\x00") and "contents-padded" not in made.flaws:
        made.flaws.append("contents-padded")
    references = entry(raw.sig_object, "/Reference")
    listed = references if isinstance(references, generic.ArrayObject) else ()
    methods = {str(entry(one.get_object(), "/TransformMethod")) for one in listed}
    made.certified = "/DocMDP" in methods
    made.level = raw.docmdp_level.value if raw.docmdp_level is not None else None
    lock = entry(holder, "/Lock")
    specs = [raw.fieldmdp] if raw.fieldmdp is not None else []
    specs += [FieldMDPSpec.from_pdf_object(lock)] if isinstance(lock, generic.DictionaryObject) and "/Action" in lock else []
    made.locks = tuple(specs)


def lost(reader: PdfFileReader, data: Data, found: list[Found]) -> list[str]:
    """Codes of what signatures left behind: dictionaries no field leads to, a store or permission without its signature."""
    flaws = []
    if structure.orphans(reader, data, [one.numbers for one in found]):
        flaws.append("signature-destroyed")
    root = reader.root
    certified = entry(root, "/Perms")
    permission = isinstance(certified, generic.DictionaryObject) and "/DocMDP" in certified
    if (permission and not any(one.certified or one.raw is None for one in found)) or ("/DSS" in root and not found):
        flaws.append("signature-destroyed")
    if any(_emptied(place.get_object()) for _, _, place in enumerate_sig_fields(reader, filled_status=False)):
        flaws.append("signature-field-emptied")
    return list(dict.fromkeys(flaws))


def _emptied(holder: generic.DictionaryObject) -> bool:
    """Whether a signature field without a value still shows something."""
    kids = entry(holder, "/Kids")
    shown = [kid.get_object() for kid in kids] if isinstance(kids, generic.ArrayObject) else [holder]
    for one in shown:
        looks = entry(one, "/AP") if isinstance(one, generic.DictionaryObject) else None
        normal = entry(looks, "/N") if isinstance(looks, generic.DictionaryObject) else None
        if isinstance(normal, generic.StreamObject) and _DRAWS.search(normal.data):
            return True
    return False


def store(reader: PdfFileReader) -> tuple[list[bytes], list[Datum]]:
    """(certificates, revocation data) of the document security store, newest revision."""
    held = entry(reader.root, "/DSS")
    if not isinstance(held, generic.DictionaryObject):
        return [], []

    def streams(key: str) -> list[bytes]:
        listed = entry(held, key)
        items = listed if isinstance(listed, generic.ArrayObject) else ()
        found = []
        for item in list(items)[:_MOST_STORED]:
            with contextlib.suppress(*READING):
                found.append(bytes(item.get_object().data))
        return found

    data = [Datum(kind, der, "embedded") for kind, key in (("crl", "/CRLs"), ("ocsp", "/OCSPs")) for der in streams(key)]
    return streams("/Certs"), data
