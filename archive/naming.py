"""Codes, shelves and file names.

PURE: no I/O, no third-party package. Promises: a code is a legal one and fit to be a file name on every
system; a shelf is the day in Việt Nam, whatever the zone of the server. Refuses (ValueError): a time
without a zone, a code that is not one.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from pathlib import PurePosixPath

# Asia/Ho_Chi_Minh has been UTC+7 without summer time since 1975. The fixed offset needs no time-zone files,
# which a small server may lack.
LOCAL = dt.timezone(dt.timedelta(hours=7))

FILE_CODE = "{organ_id}.{year}.{notation}"  # NĐ 30/2020 PL VI
DOC_CODE = "{file_code}.{ordinal:07}"  # TT 05/2025 PL I, docCode: file code, a dot, seven digits

_ORGANS = (
    re.compile(r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Y][0-9]{2}"),  # QCVN 102:2016/BTTTT
    re.compile(r"(?=.{3,35}\Z)[A-Y][0-9]{2}(?:\.[0-9A-Z]+)*"),  # QĐ 20/2020/QĐ-TTg
    re.compile(r"Z[0-9]{2}\.?[0-9A-Z]{0,32}"),  # the same, other organisations
    re.compile(r"[0-9]{10}(?:-[0-9]{3})?"),  # the same, enterprises: their tax code
)
_NOTATION = re.compile(r"[^\W_]+(?:[._-][^\W_]+)*")
_YEAR = re.compile(r"(?=\.([12][0-9]{3})\.)")
_LONGEST_CODE = 92  # docCode is S100 in TT 05/2025 PL I, eight of them are the ordinal
_LONGEST_CODE_BYTES = 200  # a file name has 255 bytes, temporaries add to the code

_FORBIDDEN = frozenset('<>:"/\\|?*')
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])\s*(?:\.|\Z)", re.IGNORECASE)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LONGEST_SUFFIX = 12


def doc_code(file_code: str, ordinal: int, template: str = DOC_CODE) -> str:
    """The code of the document at this place (from 1) in its file.

    Raises:
        ValueError: the ordinal is not positive.
    """
    if ordinal < 1:
        raise ValueError(f"documents of a file are counted from 1, not {ordinal}")
    return template.format(file_code=file_code, ordinal=ordinal)


def split_doc_code(code: str) -> tuple[str, int]:
    """The file code and the ordinal that a document code is made of.

    Raises:
        ValueError: it is no document code.
    """
    file_code, dot, digits = code.rpartition(".")
    if not (dot and file_code and re.fullmatch(r"[0-9]+", digits) and int(digits)):
        raise ValueError(f"{code!r} is not a document code")
    return file_code, int(digits)


def is_doc_code(text: str) -> bool:
    """Whether a text has the form of a document's code, in use or not."""
    try:
        return valid_file_code(split_doc_code(text)[0])
    except ValueError:
        return False


def local_date(moment: dt.datetime) -> dt.date:
    """The day in Việt Nam at that moment.

    Raises:
        ValueError: the moment has no time zone.
    """
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError("a moment without a time zone has no local date")
    return moment.astimezone(LOCAL).date()


def shelf(filed_at: dt.datetime) -> PurePosixPath:
    """The dated folder `YYYY/MM/DD` of what is filed at that moment.

    Raises:
        ValueError: the moment has no time zone.
    """
    return shelf_of(local_date(filed_at))


def shelf_of(day: dt.date) -> PurePosixPath:
    """The dated folder of a day."""
    return PurePosixPath(f"{day.year:04}", f"{day.month:02}", f"{day.day:02}")


def record_place(shelf_day: str, code: str) -> str:
    """Where a document's record lies, from the archive's root: on its own shelf, wherever its PDF does."""
    return str(PurePosixPath(*shelf_day.split("-"), "data", f"{code}.json"))


def is_organ_id(text: str) -> bool:
    """Whether this is the identifier of an agency or organisation, in its old or its new form."""
    return any(pattern.fullmatch(text) for pattern in _ORGANS)


def new_organ_id(old: str) -> str:
    """An identifier of QCVN 102:2016 (`000.00.16.H56`) in the order of QĐ 20/2020 (`H56.16`); any other stays as it is."""
    groups = old.split(".")
    if _ORGANS[0].fullmatch(old) is None:
        return old
    return ".".join(group for group in reversed(groups) if group.strip("0"))


def old_organ_id(new: str) -> str | None:
    """The same the other way; None where it has no form in QCVN 102:2016: too many groups, or other than its digits."""
    groups = new.split(".")
    padded = [*groups[1:], *("00", "00", "000")[len(groups) - 1 :]]
    old = ".".join([*reversed(padded), groups[0]])
    return old if _ORGANS[0].fullmatch(old) and new_organ_id(old) == new else None


def organ_id_forms(code: str) -> frozenset[str]:
    """An agency's identifier in its old and its new form, as far as it has both."""
    new = new_organ_id(code)
    old = old_organ_id(new)
    return frozenset({code, new} if old is None else {code, new, old})


def file_code_forms(code: str) -> frozenset[str]:
    """A file's code with its agency's identifier in either form: what was filed before 2020 keeps the old one."""
    told = split_file_code(code)
    return frozenset({code, *(f"{organ}.{told[1]}.{told[2]}" for organ in organ_id_forms(told[0]))} if told else {code})


def split_file_code(code: str) -> tuple[str, int, str] | None:
    """Organisation, year and notation of a full file code (NĐ 30/2020 PL VI); None when it is none."""
    for match in _YEAR.finditer(code):
        organ, notation = code[: match.start()], code[match.start() + 6 :]
        if is_organ_id(organ) and _NOTATION.fullmatch(notation):
            return organ, int(match.group(1)), notation
    return None


def valid_file_code(code: str) -> bool:
    """Whether this is a full file code, composed (NFC), and short enough for the documents in it."""
    return (
        len(code) <= _LONGEST_CODE
        and len(code.encode("utf-8", "replace")) <= _LONGEST_CODE_BYTES
        and unicodedata.is_normalized("NFC", code)
        and split_file_code(code) is not None
    )


def expand_file_code(given: str, organ_id: str, year: int, template: str = FILE_CODE) -> str:
    """The full file code: `01.TCCB` becomes `<organ_id>.<year>.01.TCCB`; a full code stays as it is."""
    code = unicodedata.normalize("NFC", given).strip()
    own = bool(organ_id) and re.match(re.escape(organ_id) + r"\.[12][0-9]{3}\.", code) is not None
    if own or split_file_code(code):
        return code
    return template.format(organ_id=organ_id, year=year, notation=code)


def safe_name(text: str, max_bytes: int = 200) -> str:
    """A file name every system takes, as near to the text as can be; its suffix survives shortening.

    NFC, no character that Windows refuses, no control or invisible character, no reserved device name, no dot
    or space at either end, never empty, at most so many bytes of UTF-8. Applying it twice changes nothing.
    """
    name = unicodedata.normalize("NFC", text)
    while (cleaned := _shortened(_cleaned(name), max_bytes)) != name:
        name = cleaned
    return name


def _cleaned(name: str) -> str:
    kept = "".join(
        "_" if char in _FORBIDDEN or unicodedata.category(char) in _UNSEEN else char for char in name
    )
    kept = kept.strip(" .") or "_"
    return f"_{kept}" if _RESERVED.match(kept) else kept


def _shortened(name: str, max_bytes: int) -> str:
    if len(name.encode()) <= max_bytes:
        return name
    stem, dot, suffix = name.rpartition(".")
    tail = (dot + suffix).encode()
    if not stem or len(tail) > min(_LONGEST_SUFFIX, max_bytes // 2):
        stem, tail = name, b""
    return stem.encode()[: max_bytes - len(tail)].decode("utf-8", "ignore").rstrip(" .") + tail.decode()
