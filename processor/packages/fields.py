"""The elements of a package as its profile has them; whatever does not fit or is missing becomes a complaint in Vietnamese.

Promises: no value is shortened or guessed; a word without a code is complained of, and its element stands empty.
PURE: no I/O, no third-party package.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from processor import metadata
from processor.metadata import Complaint, Profile

Fields = tuple[tuple[str, str], ...]

_NO_VALUE = frozenset({"not-listed", "not-a-number", "not-a-day"})


def filled(told: Mapping[str, Any], profile: Profile, whose: str) -> tuple[Fields, list[str]]:
    """The elements in their order with their texts, and what is wrong with them.

    Args:
        told: a file or a document, as `metadata.dossier` and `metadata.document` make it.
        profile: the elements.
        whose: the code of the document or file, for the complaints.
    """
    known, complaints = metadata.values(told, profile), metadata.complaints(told, profile)
    without = {each.field for each in complaints if each.problem in _NO_VALUE}
    fields = tuple((each.name, "" if each.name in without else known.get(each.name, "")) for each in profile.fields)
    return fields, [f"{whose}: {each.field}: {_said(each, known.get(each.field, ''), profile)}" for each in complaints]


def with_period(told: Mapping[str, Any], profile: Profile) -> Mapping[str, Any]:
    """A file whose description names its period, where the act's list has no code for it."""
    codes = next((each.codes for each in profile.fields if each.source == "retention"), None)
    period = told.get("retention")
    if not period or codes is None or codes.code(period) != codes.other:
        return told
    said = f"Thời hạn bảo quản: {told['retention_shown']}"
    return {**told, "description": "; ".join(filter(None, (told.get("description"), said)))}


def alone(file: Mapping[str, Any], records: Sequence[Mapping[str, Any]], code: str, archive: str, agency: str) -> Mapping[str, Any]:
    """What a package of documents without their file is told by.

    Args:
        file: theirs.
        records: the documents.
        code: of the package.
        archive: the code of the archive that it is handed to.
        agency: who hands it in: what it issued itself is outgoing, what others issued came in.
    """
    ours = {_same(record["organ_name"]) == _same(agency) for record in records if record["organ_name"]}
    known = len(ours) == 1 and all(record["organ_name"] for record in records)
    return {
        **file, "title": "; ".join(record["subject"] or "" for record in records), "package_code": code,
        "arc_package_code": f"{archive}.{code}", "source": ("outgoing" if ours.pop() else "incoming") if known else "",
    }  # fmt: skip


def _same(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split())).casefold()


def _said(complaint: Complaint, text: str, profile: Profile) -> str:
    longest = next(each.length for each in profile.fields if each.name == complaint.field)
    return {
        "missing": "chưa có giá trị",
        "too-long": f"dài {len(text)} ký tự, quá {longest} ký tự cho phép",
        "not-listed": f"không có mã cho “{text}”",
        "not-a-number": f"“{text}” không phải số",
        "not-a-day": f"“{text}” không phải ngày",
    }[complaint.problem]
