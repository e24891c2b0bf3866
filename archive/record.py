"""What the archive keeps of a document, and its bytes as JSON.

PURE: no I/O, no third-party package. Promises: a value made here is valid; the same value always gives the
same bytes. Refuses (RecordError): unknown fields, dates that are not ISO 8601, numbers that JSON readers
would round.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from archive.errors import ArchiveError

DESCRIPTIVE: tuple[str, ...] = (
    "type_name", "code_number", "code_notation", "issued_date", "organ_name", "subject", "language",
    "page_amount", "signer_position", "signer_name", "signer_authority", "organ_parent", "issued_place", "recipients",
    "priority", "attachments", "keyword", "mode", "note", "maintenance",
)  # fmt: skip

# The order of the JSON contract (docs/design.md, "JSON that others rely on").
FIELDS: tuple[str, ...] = (
    "doc_code", "file_code", "doc_ordinal", "lane", "form", "part", "state", "description", "path",
    "original_path", "original_name", "sha256", "scan_sha256", "pages", *DESCRIPTIVE, "confidence",
    "block_text", "signed_at", "timestamped_at", "filed_at", "pades_level", "pdfa", "main_code", "verification",
    "supersedes", "superseded_by",
)  # fmt: skip

# Lengths of NĐ 30/2020 PL VI mục I and II, the wider one where TT 05/2025 PL I allows more (language, keyword, mode); those of
# place, authority and attachments are of no act.
LENGTHS: Mapping[str, int] = MappingProxyType({
    "type_name": 100, "code_number": 11, "code_notation": 30, "organ_name": 200, "subject": 500,
    "language": 100, "signer_position": 100, "signer_name": 50, "signer_authority": 10, "organ_parent": 200,
    "issued_place": 100, "recipients": 1000, "priority": 20, "attachments": 500, "keyword": 100, "mode": 30, "note": 500,
    "maintenance": 100,
})  # fmt: skip

_WITH_NOTATION = re.compile(r"[\w ]+(?:/[0-9]{4} *)?/ *[^\W\d_]")
_DIGIT = re.compile("[0-9]")  # NĐ 30/2020 PL I II.3: a number is in Arabic digits; letters may stand with it (12a)
_FIRST_YEAR = 1000  # what is typed of an earlier one is a slip (0202): nothing that an agency holds is as old
_MOST_PAGES = 9999  # numberOfPage is N4 in TT 05/2025 PL I
_EXACT_INTEGER = 2**53 - 1  # beyond it a JSON reader may round (RFC 8785 §3.2.2.3)


class RecordError(ArchiveError):
    """A value is not what a record may hold: `bad-field` or `bad-value`."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes at rest, known by their digest (lower-case hexadecimal SHA-256); size in bytes."""

    path: Path
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Companion:
    """What lies beside a document as evidence, under its code and this ending (`verification.json`)."""

    ending: str
    blob: Blob


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """What makes a document one and the same; `again` is 0, or n for the n-th lawful second copy."""

    scan_sha256: str
    lane: str
    file_code: str
    part: str = ""
    again: int = 0


@dataclass(frozen=True, slots=True)
class Description:
    """The descriptive fields of a record, each with how sure its reader was (0..1)."""

    type_name: str | None = None
    code_number: str | None = None
    code_notation: str | None = None
    issued_date: str | None = None
    organ_name: str | None = None
    subject: str | None = None
    language: str | None = None
    page_amount: int | None = None
    signer_position: str | None = None
    signer_name: str | None = None
    signer_authority: str | None = None
    organ_parent: str | None = None
    issued_place: str | None = None
    recipients: str | None = None
    priority: str | None = None
    attachments: str | None = None
    keyword: str | None = None
    mode: str | None = None
    note: str | None = None
    maintenance: str | None = None
    confidence: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, sure in self.confidence.items():
            if not 0 <= sure <= 1:
                raise RecordError("bad-value", f"confidence of {name} must lie in 0..1, not {sure}")

    def replace_fields(self, changes: Mapping[str, str]) -> Description:
        """The same description with fields set by hand, as sure as can be (1.0); empty text clears a field.

        Raises:
            RecordError: `bad-field`, not in DESCRIPTIVE; `bad-value`, nothing the field can hold.
        """
        values = {name: parse_field(name, text) for name, text in changes.items()}
        sure = {name: value for name, value in self.confidence.items() if name not in values}
        sure |= {name: 1.0 for name, value in values.items() if value is not None}
        return replace(self, confidence=sure, **values)  # type: ignore[arg-type]  # parse_field gave each its type

    def lacks(self, required: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the required fields that say nothing yet."""
        return tuple(name for name in required if getattr(self, name) in (None, ""))


@dataclass(frozen=True, slots=True)
class Filing:
    """Everything the application knows when it files a document; times are RFC 3339 with offset.

    `text` is the text of each page; `provenance` is any JSON: software, settings, side-car, what was dropped. `main_code` is the
    code, or the number, of the document this one belongs to; `verification` says how its own signatures were found (`valid`, or
    `accepted` by a person), null where it came without; `companions` is what proves that. `takes_place`: an order that it take
    another's place is obeyed; not where it turned out to be another document.
    """

    key: DocumentKey
    doc_code: str
    form: str | None
    original_name: str
    description: Description
    complete: bool
    pdf: Blob
    scan: Blob
    scan_ext: str
    pages: int
    block_text: str | None = None
    signed_at: str | None = None
    timestamped_at: str | None = None
    pades_level: str | None = None
    pdfa: str | None = None
    main_code: str | None = None
    verification: str | None = None
    companions: tuple[Companion, ...] = ()
    text: tuple[str, ...] = ()
    provenance: Mapping[str, object] = field(default_factory=dict)
    takes_place: bool = True


def parse_field(name: str, text: str) -> str | int | None:
    """The value of a descriptive field as typed by a person; empty text is None.

    Raises:
        RecordError: `bad-field`; `bad-value`, its detail says what the field may hold, and never the value.
    """
    if name not in DESCRIPTIVE:
        raise RecordError("bad-field", f"{name!r} cannot be described; fields are {', '.join(DESCRIPTIVE)}")
    value = unicodedata.normalize("NFC", text).strip()
    if not value:
        return None
    if name == "issued_date":
        return _iso_date(value)
    if name == "page_amount":
        return _page_amount(value)
    if name == "code_number" and not _DIGIT.search(value):
        raise RecordError("bad-value", "code_number: a number is written with digits, such as 12, 12a or 01/2024")
    if name == "code_number" and bears_notation(value):
        told = "a number is written alone, such as 12 or 01/2024; letters after its / are code_notation"
        raise RecordError("bad-value", f"code_number: {told}")
    if len(value) > LENGTHS[name]:
        raise RecordError("bad-value", f"{name}: at most {LENGTHS[name]} characters, not {len(value)}")
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in value):
        raise RecordError("bad-value", f"{name}: neither control characters nor line breaks")
    return value


def bears_notation(number: str) -> bool:
    """Whether a number has its notation with it, which is a field of its own: 68/QĐ-UBND; a Party's 12-CV/TU is a number."""
    return _WITH_NOTATION.match(unicodedata.normalize("NFC", number)) is not None


def number_key(values: Mapping[str, object]) -> str | None:
    """Year, number and notation as one text, by which a second document of the same number is noticed (NĐ 30 PL VI III.1.h).

    Numbers without their leading zeros, notations without case; None where one of the three is not known.
    """
    year, number, notation = (str(values.get(name) or "") for name in ("issued_date", "code_number", "code_notation"))
    written = unicodedata.normalize("NFC", "".join(notation.split())).casefold()
    known = year[:4], "".join(number.split()).casefold().lstrip("0"), unicodedata.normalize("NFC", written)
    return "/".join(known) if all(known) else None


def description_digest(values: Mapping[str, object]) -> str:
    """SHA-256 over the descriptive fields of a record: who saw the same digest saw the same description."""
    return hashlib.sha256(canonical_json({name: values.get(name) for name in DESCRIPTIVE})).hexdigest()


def canonical_json(value: object) -> bytes:
    """The one byte form of a value, for digests: RFC 8785 without floating-point numbers.

    Raises:
        RecordError: `bad-value` for a float, an integer beyond 2^53-1, a key or a value that is not JSON.
    """
    return _encoded(_canonical(value), indent=None)


def record_json(value: Mapping[str, object]) -> bytes:
    """A record as it lies on the disk: sorted keys, UTF-8, NFC, one field a line, a line feed at the end.

    Raises:
        RecordError: `bad-value` for what is not JSON (not-a-number and infinity included).
    """
    return _encoded(_composed(value), indent=1) + b"\n"


def line_json(value: Mapping[str, object]) -> bytes:
    """The same on one line and without the line feed.

    Raises:
        RecordError: `bad-value`, as record_json.
    """
    return _encoded(_composed(value), indent=None)


def _iso_date(value: str) -> str:
    is_written = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) is not None
    try:
        day = dt.date.fromisoformat(value) if is_written else dt.date.min
    except ValueError:
        day = dt.date.min
    if day.year < _FIRST_YEAR:
        raise RecordError("bad-value", f"issued_date: a day of the calendar from the year {_FIRST_YEAR} on, written YYYY-MM-DD")
    return value


def _page_amount(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", value) or not 1 <= int(value) <= _MOST_PAGES:
        raise RecordError("bad-value", f"page_amount: a whole number from 1 to {_MOST_PAGES}")
    return int(value)


def _canonical(value: object) -> object:
    if isinstance(value, Mapping):
        keys = sorted(_keys(value), key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return {key: _canonical(value[key]) for key in keys}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int) and abs(value) <= _EXACT_INTEGER:
        return value
    raise RecordError("bad-value", f"{type(value).__name__} has no canonical form here")


def _composed(value: object) -> object:
    if isinstance(value, Mapping):
        return {unicodedata.normalize("NFC", key): _composed(value[key]) for key in sorted(_keys(value))}
    if isinstance(value, list | tuple):
        return [_composed(item) for item in value]
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _keys(value: Mapping[object, object]) -> list[str]:
    keys = [key for key in value if isinstance(key, str)]
    if len(keys) != len(value):
        raise RecordError("bad-value", "the keys of an object must be text")
    return keys


def _encoded(value: object, indent: int | None) -> bytes:
    separators = (",", ":") if indent is None else (",", ": ")
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators)
        return text.encode("utf-8")
    except (TypeError, ValueError) as error:  # UnicodeEncodeError (a lone surrogate) is a ValueError
        raise RecordError("bad-value", str(error)) from error
