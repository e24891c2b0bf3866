"""The elements of a package filled in from records; whatever does not fit or is missing becomes a complaint in Vietnamese.

Promises: no value is shortened or guessed; a word without a code is complained of.
PURE: no I/O, no third-party package.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Record = Mapping[str, Any]
Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class File:
    """What is known of the file itself."""

    file_code: str
    arc_file_code: str
    title: str
    maintenance: str
    paper: str


@dataclass(frozen=True, slots=True)
class Lists:
    """Code lists, and the codes of the levels of confidence."""

    codes: Mapping[str, Mapping[str, str]]
    confidence: Mapping[str, str]


def of_document(record: Record, file: File, lists: Lists) -> dict[str, str]:
    """Everything a document can tell, by source."""
    issued = record["issued_date"]
    return {
        "file_code": file.file_code, "arc_file_code": file.arc_file_code, "maintenance": file.maintenance,
        "id": record["sha256"][:25], "doc_code": record["doc_code"], "ordinal": f"{record['doc_ordinal']:07}",
        "type": record["type_name"] or "", "number": record["code_number"] or "", "notation": record["code_notation"] or "",
        "date": _day(issued) if issued else "", "organ": record["organ_name"] or "", "subject": record["subject"] or "",
        "language": _language([record]), "pages": str(record["pages"] or ""), "keyword": record["keyword"] or "",
        "mode": record["mode"] or "", "confidence": lists.confidence[_origin(record)], "description": record["note"] or "",
    }  # fmt: skip


def of_file(records: Sequence[Record], file: File, lists: Lists) -> dict[str, str]:
    """Everything a file can tell, by source."""
    days = sorted(record["issued_date"] for record in records if record["issued_date"])
    origins = {_origin(record) for record in records}
    return {
        "file_code": file.file_code, "arc_file_code": file.arc_file_code, "title": file.title, "maintenance": file.maintenance,
        "mode": _only(record["mode"] or "" for record in records), "language": _language(records), "keyword": "",
        "start": _day(days[0]) if days else "", "end": _day(days[-1]) if days else "", "documents": str(len(records)),
        "pages": str(sum(record["pages"] or 0 for record in records)), "paper": file.paper,
        "confidence": lists.confidence[origins.pop() if len(origins) == 1 else "mixed"],
        "description": f"Thời hạn bảo quản: {file.maintenance}" if _is_other(file.maintenance, lists) else "",
    }  # fmt: skip


def filled(wanted: Iterable[Any], told: Mapping[str, str], lists: Lists, whose: str) -> tuple[Fields, list[str]]:
    """The elements in their order with their texts, and what is wrong with them.

    Args:
        wanted: elements as `rules.Wanted` has them.
        told: values by source.
        lists: the code lists.
        whose: the code of the document or file, for the complaints.
    """
    fields, complaints = [], []
    for each in wanted:
        text = told.get(each.source, "") if each.source else each.value
        coded = _coded(text, lists.codes[each.codes]) if each.codes and text else text
        if coded is None:
            complaints.append(f"{whose}: {each.name}: không có mã cho “{text}”")
            coded = ""
        elif not coded and (each.required or told["confidence"] in each.required_of):
            complaints.append(f"{whose}: {each.name}: chưa có giá trị")
        elif len(coded) > each.longest:
            complaints.append(f"{whose}: {each.name}: dài {len(coded)} ký tự, quá {each.longest} ký tự cho phép")
        fields.append((each.name, coded))
    return tuple(fields), complaints


def _coded(text: str, codes: Mapping[str, str]) -> str | None:
    """The code of a word; a code stays what it is; None where the list has neither."""
    if text in codes.values():
        return text
    known = {word.casefold(): code for word, code in codes.items()}
    return known.get(text.casefold(), codes.get("*"))


def _is_other(maintenance: str, lists: Lists) -> bool:
    codes = lists.codes["maintenance"]
    return bool(maintenance) and maintenance not in codes.values() and _coded(maintenance, codes) == codes.get("*")


def _origin(record: Record) -> str:
    """Whether a document is paper made electronic: it came without signatures of its own, as pictures of pages."""
    pages = record["provenance"].get("pages") or ()
    scanned = any(page.get("kind") == "scan" for page in pages)
    return "digitised" if scanned and not record["verification"] else "born_digital"


def _language(records: Sequence[Record]) -> str:
    """The languages of documents, `en+vi`; empty where none is known."""
    return "+".join(sorted({part.strip() for record in records for part in (record["language"] or "").split(",")} - {""}))


def _only(values: Iterable[str]) -> str:
    """The one value all have; empty where they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else ""


def _day(iso: str) -> str:
    return dt.date.fromisoformat(iso).strftime("%d/%m/%Y")
