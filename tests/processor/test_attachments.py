"""Annexes in files of their own: they bear their main document's number and time, and are linked to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from processor.shift import Shift
from tests.processor.office import Office
from tests.testkit import office_files

LANE = "phu-luc"


def annex(office: Office, name: str, data: bytes | None = None, **beside: str) -> Path:
    if data is None:
        path = office.drop(name, "Bảng số liệu kèm theo", LANE)
    else:
        path = office.folder / "drop" / LANE / name
        path.write_bytes(data)
    if beside:
        path.with_name(f"{name}.json").write_text(json.dumps(beside), "utf-8")
    return path


def main(office: Office, shift: Shift, **fields: str) -> str:
    """A filed document that annexes may belong to; its code."""
    path = office.drop("chinh.png", "Văn bản chính")
    told = {"code_number": "15", "code_notation": "QĐ-UBND", "issued_date": "2026-11-20", **fields}
    path.with_name("chinh.png.json").write_text(json.dumps(told), "utf-8")
    assert dict(office.run(shift)) == {"filed": 1}
    return newest(shift)["doc_code"]


def newest(shift: Shift) -> dict[str, Any]:
    archive = shift.tools.archive
    rows = [row for day in archive.days() for row in archive.filed_on(day.day)]
    return max(rows, key=lambda row: row["doc_code"])


def test_the_block_shows_number_and_time_by_the_law(office: Office) -> None:
    shift = office.shift()
    annex(office, "phu-luc.png", code_number="15", code_notation="QĐ-UBND")
    assert dict(office.run(shift)) == {"filed": 1}
    record = newest(shift)
    number, date, time = record["block_text"].split("; ")
    assert number == "Số: 15/QĐ-UBND" and len(date) == 10 and time.endswith(" +07:00")
    assert record["main_code"] is None and record["pades_level"] == "B-LTA"


def test_the_number_comes_from_the_main_documents_record_and_links_to_it(office: Office) -> None:
    shift = office.shift()
    code = main(office, shift)
    annex(office, "mot.png", main="15/QĐ-UBND", issued_date="2026-11-20")
    assert dict(office.run(shift)) == {"filed": 1}
    assert (newest(shift)["main_code"], newest(shift)["code_number"]) == (code, "15")
    path = office.drop("hai.png", "Phụ lục hai", LANE)
    path.with_name("hai.png.json").write_text(json.dumps({"main": code}), "utf-8")
    assert dict(office.run(shift)) == {"filed": 1}
    assert newest(shift)["main_code"] == code and newest(shift)["block_text"].startswith("Số: 15/QĐ-UBND; ")


def test_without_a_number_it_is_held(office: Office) -> None:
    shift = office.shift()
    annex(office, "khong-so.png")
    assert dict(office.run(shift)) == {"held": 1}
    assert office.told("held")[0]["code"] == "number-missing"


def test_it_waits_for_a_main_document_that_is_not_filed_yet_and_goes_on_by_itself(office: Office) -> None:
    shift = office.shift()
    annex(office, "som.png", main="15/QĐ-UBND", issued_date="2026-11-20")
    assert dict(office.run(shift)) == {"waiting": 1}
    assert shift.journal.items("waiting")[0].code == "waiting-main"
    path = office.drop("chinh.png", "Văn bản chính")
    told = {"code_number": "15", "code_notation": "QĐ-UBND", "issued_date": "2026-11-20"}
    path.with_name("chinh.png.json").write_text(json.dumps(told), "utf-8")
    for _ in range(2):
        office.run(shift)
    rows = [row for day in shift.tools.archive.days() for row in shift.tools.archive.filed_on(day.day)]
    assert {row["lane"] for row in rows} == {LANE, "sao-y"}
    assert not shift.journal.items("waiting")


def test_two_documents_of_one_number_are_told_apart_by_a_person(office: Office) -> None:
    shift = office.shift()
    main(office, shift)
    path = office.drop("khac.png", "Văn bản khác")
    told = {"code_number": "15", "code_notation": "QĐ-UBND", "issued_date": "2026-10-01"}
    path.with_name("khac.png.json").write_text(json.dumps(told), "utf-8")
    office.run(shift)
    annex(office, "phu-luc.png", main="15/QĐ-UBND")
    assert dict(office.run(shift)) == {"held": 1}
    assert office.told("held")[0]["code"] == "main-ambiguous"


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_office_files_become_pages_first_and_stay_as_they_came_beside(office: Office, tmp_path: Path, kind: str) -> None:
    shift, made = office.shift(), tmp_path / f"made.{kind}"
    if kind == "docx":
        office_files.docx(made, office_files.paragraph("Phụ lục số 01"))
    else:
        office_files.xlsx(made, {"Bảng": office_files.sheet(office_files.rows(3, 4))})
    data = made.read_bytes()
    annex(office, f"bang.{kind}", data, code_number="15", code_notation="QĐ-UBND")
    assert dict(office.run(shift)) == {"filed": 1}
    record = newest(shift)
    assert record["original_path"].endswith(f".{kind}") and record["pdfa"] == "2b"
    assert (office.folder / "archive" / record["original_path"]).read_bytes() == data
    assert shift.tools.archive.verify().ok
