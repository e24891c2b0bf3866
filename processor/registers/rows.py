"""Records and files as the rows of a list: which words stand under which heading.

Promises: nothing is guessed: what is not known is empty; what was given up (void) is shown as such, with what took its place.
PURE: no I/O, no third-party package.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]
_VIETNAM = dt.timezone(dt.timedelta(hours=7))
_UNKNOWN = "……"  # a place to write by hand, within a text of which the rest is known
_LAST = "9999"  # where a document without a date stands: after all that have one


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a list: its values by source; `void`: given up."""

    values: Mapping[str, str]
    void: bool = False


@dataclass(frozen=True, slots=True)
class Dossier:
    """What the lists tell of a file (hồ sơ)."""

    file_code: str
    notation: str
    title: str
    year: int
    retention: str
    paper: str = ""


def documents(records: Iterable[Record]) -> list[Line]:
    """Documents of a file in the order of their dates, those without one last; void ones stand among them without a number."""
    lines, number = [], 0
    for record in in_order(records):
        void = record["state"] == "void"
        number += not void
        told = {"number": "" if void else str(number), "extent": _extent(record), "note": _note(record)}
        lines.append(Line(_of(record) | told, void))
    return lines


def in_order(records: Iterable[Any]) -> list[Any]:
    """Documents by their dates, then by their places in the file; those without a date last."""
    return sorted(records, key=lambda record: (record["issued_date"] or _LAST, record["doc_ordinal"]))


def copies(records: Iterable[Record], forms: Mapping[str, str]) -> list[Line]:
    """Copies made, in the order they were signed in."""
    lines, number = [], 0
    for record in sorted(records, key=lambda record: (signed(record), record["doc_code"])):
        void = record["state"] == "void"
        number += not void
        note = "\n".join(filter(None, (record["doc_code"], _gone(record), record["note"])))
        lines.append(Line(_of(record) | {
            "number": "" if void else str(number), "form": forms.get(record["form"], record["form"] or ""),
            "signed": _moment(signed(record)), "note": note,
        }, void))  # fmt: skip
    return lines


def files(dossiers: Iterable[tuple[Dossier, Sequence[Record]]], retention: Mapping[str, str]) -> list[Line]:
    """Files with what their documents say of them, in the order given."""
    lines = []
    for number, (dossier, records) in enumerate(dossiers, 1):
        kept = [record for record in records if record["state"] == "filed"]
        undated = sum(not record["issued_date"] for record in kept)
        note = f"{undated} văn bản chưa rõ ngày" if undated else ""
        lines.append(Line({
            "number": str(number), "file": dossier.file_code, "notation": dossier.notation, "title": dossier.title,
            "year": str(dossier.year), "retention": retention.get(dossier.retention, dossier.retention),
            "span": span(kept), "extent": _pages(sum(record["pages"] or 0 for record in kept)), "paper": dossier.paper,
            "box": box(dossier.paper), "documents": str(len(kept)), "note": note,
        }))  # fmt: skip
    return lines


def unused(records: Iterable[Record]) -> tuple[str, ...]:
    """Codes that were given and never filed: they explain the gaps."""
    return tuple(sorted(record["doc_code"] for record in records if _never_filed(record)))


def listed(records: Iterable[Record]) -> list[Record]:
    """Records that once were documents: filed, or filed and given up since."""
    return [record for record in records if not _never_filed(record)]


def _never_filed(record: Record) -> bool:
    return record["state"] == "void" and not record["path"]


def span(records: Sequence[Record]) -> str:
    """From the first date of a file's documents to the last; empty where none is known."""
    days = sorted(record["issued_date"] for record in records if record["issued_date"])
    if not days:
        return ""
    first, last = day(days[0]), day(days[-1])
    return first if first == last else f"{first} - {last}"


def day(iso: str) -> str:
    """A date as it is written: dd/MM/yyyy."""
    year, month, date = iso[:10].split("-")
    return f"{date}/{month}/{year}"


def box(paper: str) -> str:
    """Store, shelf and box within a paper file's code: `[Mã CQ lưu trữ].[kho/giá/hộp].[số HS giấy]` (TT 05/2025).

    The agency's code has dots of its own, so that the part with slashes is looked for; empty where there is none.
    """
    return next((part for part in paper.split(".") if "/" in part), "")


def _of(record: Record) -> dict[str, str]:
    issued = record["issued_date"]
    return {
        "code": _code(record), "date": day(issued) if issued else "", "author": record["organ_name"] or "",
        "subject": " ".join(filter(None, (record["type_name"], record["subject"]))), "pages": str(record["pages"] or ""),
    }  # fmt: skip


def _code(record: Record) -> str:
    number, notation = record["code_number"], record["code_notation"]
    if not number and not notation:
        return ""
    return f"{number or _UNKNOWN}/{notation or _UNKNOWN}"


def _extent(record: Record) -> str:
    """The sheet's number is pencilled on paper and known to nobody else; what is known is how many pages there are."""
    pages = _pages(record["pages"] or 0)
    return pages if record["verification"] or not pages else f"{_UNKNOWN}/ {pages}"


def _pages(count: int) -> str:
    return f"{count} trang" if count else ""


def _note(record: Record) -> str:
    main = f"Kèm theo {record['main_code']}" if record["main_code"] else ""
    return "\n".join(filter(None, (f"Mã: {record['doc_code'].rpartition('.')[2]}", _gone(record), main, record["note"])))


def _gone(record: Record) -> str:
    if record["state"] == "void":
        return f"HỦY; thay bằng {record['superseded_by']}" if record["superseded_by"] else "HỦY"
    return f"Thay {record['supersedes']}" if record["supersedes"] else ""


def signed(record: Record) -> str:
    """When a document was signed, or else filed, in Vietnam's time; empty for one that never was."""
    moment = record["signed_at"] or record["filed_at"]
    return dt.datetime.fromisoformat(moment).astimezone(_VIETNAM).isoformat(timespec="seconds") if moment else ""


def _moment(moment: str) -> str:
    return f"{day(moment)} {moment[11:19]}" if moment else ""
