"""A record as an act of law names and writes its fields (`config/law/metadata.toml`).

PURE: no I/O, no third-party package. Promises: nothing is cut to fit; what is too long, missing or not in the act's code list is
told (`complaints`) and stands in `values` as it is, so that a person, not a program, shortens it.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from archive.naming import split_file_code
from processor import retention
from processor.codelists import CodeList
from processor.errors import SettingsError

Row = Mapping[str, Any]
Problem = Literal["missing", "too-long", "not-listed", "not-a-number", "not-a-day"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a profile; see the head of `metadata.toml`."""

    name: str
    type: Literal["string", "number", "date", "boolean"]
    source: str = ""
    value: str = ""
    length: int = 0
    digits: int = 0
    mandatory: str = ""
    codes: CodeList | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """The fields of a file or a document by one act, as they hold on a day."""

    id: str
    of: Literal["file", "document"]
    act: str
    article: str
    date: str
    fields: tuple[Field, ...]
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Complaint:
    """What keeps a value from being what the act asks for; `detail` never holds the value itself."""

    field: str
    problem: Problem
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Converted:
    values: dict[str, str] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)


def made(table: Row, lists: Mapping[str, CodeList]) -> Profile:
    """A profile of its table.

    Args:
        table: as `metadata.toml` has it.
        lists: by their ids.

    Raises:
        SettingsError: a key is missing or unknown, or a list is not there.
    """
    try:
        rows = [
            Field(source=row.get("from", ""), codes=lists[row["list"]] if "list" in row else None,
                  **{key: value for key, value in row.items() if key not in {"from", "list"}})
            for row in table["fields"]
        ]  # fmt: skip
        confirmed = table.get("confirmed", True)
        return Profile(table["id"], table["of"], table["act"], table["article"], table["date"], tuple(rows), confirmed)
    except (KeyError, TypeError) as error:
        raise SettingsError(f"metadata.toml: profile {table.get('id')}: {error}") from error


def document(record: Row, file: Row | None = None) -> dict[str, Any]:
    """A document's record with what is reckoned from it.

    Args:
        record: as `find --json` gives it; `provenance`, where it is there, tells paper from what was born digital.
        file: its file, as `files list --json` gives it; `arc_file_code`: its code in the archive that it is handed to.
    """
    own, told = record.get("maintenance"), file or {}
    period = _said(retention.parse(str(own))) if own else _period(file)
    return _parts(record["file_code"]) | period | {
        "confidence_level": _level(record), "doc_id": str(record.get("sha256") or "")[:25], "page_count": record.get("pages"),
        "fonds": told.get("fonds") or "", "arc_file_code": told.get("arc_file_code") or "",
    } | {name: value for name, value in record.items() if value is not None}  # fmt: skip


def dossier(file: Row, records: Iterable[Row]) -> dict[str, Any]:
    """A file with what is reckoned from its documents: their days, pages, languages, modes, how they came into being."""
    own = [document(record, file) for record in records]
    days = sorted(record["issued_date"] for record in own if record.get("issued_date"))
    levels = {record["confidence_level"] for record in own}
    modes = {record.get("mode") for record in own}
    languages = {part.strip() for record in own for part in str(record.get("language") or "").split(",")} - {""}
    return {**file, **_parts(file["file_code"]), **_period(file)} | {
        "start_date": days[0] if days else None, "end_date": days[-1] if days else None, "documents": len(own),
        "pages": sum(record["page_count"] or 0 for record in own), "language": ", ".join(sorted(languages)) or None,
        "confidence_level": "mixed" if len(levels) > 1 else next(iter(levels), None), "description": file.get("note"),
        "mode": modes.pop() if len(modes) == 1 else None,
    }  # fmt: skip


def _level(record: Row) -> str:
    """Whether a document is paper made electronic: it came without signatures of its own, as pictures of pages."""
    if record.get("verification"):
        return "original"
    told = record.get("provenance")
    is_paper = told is None or any(page.get("kind") == "scan" for page in told.get("pages") or ())
    return "digitised" if is_paper else "original"


def values(record: Row, profile: Profile) -> dict[str, str]:
    """The fields of a profile that the record has something to say in, as the act writes them, in its order."""
    return _converted(record, profile).values


def complaints(record: Row, profile: Profile) -> list[Complaint]:
    """What is missing, too long, or no value of its kind."""
    return _converted(record, profile).complaints


def _converted(record: Row, profile: Profile) -> _Converted:
    done = _Converted()
    for each in profile.fields:
        raw = record.get(each.source) if each.source else each.value
        text = "" if raw is None else unicodedata.normalize("NFC", str(raw)).strip()
        if text:
            done.values[each.name], problems = _written(text, each, profile)
            done.complaints.extend(problems)
        elif each.mandatory == "always" or (each.mandatory == "digitised" and record.get("confidence_level") != "original"):
            done.complaints.append(Complaint(each.name, "missing"))
    return done


def _written(text: str, told: Field, profile: Profile) -> tuple[str, list[Complaint]]:
    """A value as the act writes it, and what is wrong with it."""
    if told.codes is not None:
        code = told.codes.code(text)
        if code is None:
            return text, [Complaint(told.name, "not-listed")]
        text = code
    match told.type:
        case "date":
            day = _day(text)
            return (text, [Complaint(told.name, "not-a-day")]) if day is None else (day.strftime(profile.date), [])
        case "number" if not re.fullmatch("[0-9]+", text):
            return text, [Complaint(told.name, "not-a-number")]
        case "number":
            text = text.zfill(told.digits)
        case "boolean":
            text = text.casefold()
    if told.length and len(text) > told.length:
        return text, [Complaint(told.name, "too-long", f"{len(text)} of {told.length}")]
    return text, []


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        return None


def _parts(file_code: str) -> dict[str, Any]:
    organ, year, notation = split_file_code(file_code) or ("", None, "")
    return {"organ_id": organ, "file_year": year, "file_notation": notation}


def _period(file: Row | None) -> dict[str, Any]:
    """The retention of a file, canonical and in words."""
    told = file or {}
    return _said(retention.of_file(told.get("retention") or "", told.get("maintenance") or "", told.get("periods") or ()))


def _said(period: retention.Retention | None) -> dict[str, Any]:
    return {"retention": period.canonical, "retention_shown": period.shown} if period else {"retention": "", "retention_shown": ""}
