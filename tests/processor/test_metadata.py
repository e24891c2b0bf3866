"""Records as the acts write them: names, codes, days, ordinals; nothing is cut in silence."""

from __future__ import annotations

import datetime as dt
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.record import FIELDS
from processor import law
from processor.errors import SettingsError
from processor.metadata import Complaint, complaints, document, dossier, values

TODAY = dt.date(2026, 11, 29)
LAW = tomllib.loads(resources.files("config").joinpath("law", "metadata.toml").read_text("utf-8"))
IDS = [row["id"] for row in LAW["profile"]]
RECORD: dict[str, Any] = dict.fromkeys(FIELDS) | {
    "doc_code": "H05.02.2026.01.TCCB.0000017", "file_code": "H05.02.2026.01.TCCB", "doc_ordinal": 17, "type_name": "Quyết định",
    "code_number": "05", "code_notation": "QĐ-UBND", "issued_date": "2026-03-05", "organ_name": "Ủy ban nhân dân xã A",
    "subject": "Về việc nâng lương", "language": "vi", "page_amount": 3, "pages": 3, "mode": "Công khai", "priority": "Khẩn",
}  # fmt: skip
FILE = {"file_code": "H05.02.2026.01.TCCB", "title": "Hồ sơ", "maintenance": "05 năm", "retention": "years:5", "note": "", "fonds": ""}


def told(id: str, record: dict[str, Any] = RECORD, day: dt.date = TODAY) -> dict[str, str]:
    return values(document(record, FILE), law.metadata_profile(id, day))


def test_the_circular_of_2025_has_its_fields_and_codes() -> None:
    assert told("tt05-document") == {
        "docCode": "H05.02.2026.01.TCCB.0000017", "maintenance": "07", "typeName": "02", "codeNumber": "05", "codeNotation": "QĐ-UBND",
        "issuedDate": "05/03/2026", "organName": "Ủy ban nhân dân xã A", "subject": "Về việc nâng lương", "language": "01",
        "numberOfPage": "3", "mode": "01", "confidenceLevel": "02", "riskRecovery": "0", "process": "0",
    }  # fmt: skip
    assert told("tt05-document", RECORD | {"maintenance": "Vĩnh viễn"})["maintenance"] == "01", "a document's own goes before its file's"
    counted = {"tt05-sip-file": 18, "tt05-aip-file": 18, "tt05-document": 21, "tt05-aip-document": 19}
    assert {id: len(law.metadata_profile(id, TODAY).fields) for id in counted} == counted
    assert told("tt05-aip-document")["docOrdinal"] == "0000017"


def test_the_decree_of_2020_has_its_own() -> None:
    made = told("nd30-outgoing")
    assert {name: made[name] for name in ("FileCode.OrganId", "FileCode.FileCatalog", "FileCode.FileNotation", "DocOrdinal", "Language")} == {
        "FileCode.OrganId": "H05.02", "FileCode.FileCatalog": "2026", "FileCode.FileNotation": "01.TCCB", "DocOrdinal": "017",
        "Language": "Tiếng Việt",
    }  # fmt: skip
    assert made["TypeName"] == "Quyết định" and made["Priority"] == "1"


def test_a_file_reckons_from_its_documents() -> None:
    later = RECORD | {"issued_date": "2026-12-01", "verification": "valid", "language": "en", "page_amount": None, "pages": 2}
    made = values(dossier(FILE, [RECORD, later, RECORD | {"issued_date": None}]), law.metadata_profile("tt05-sip-file", TODAY))
    assert {name: made[name] for name in made if name not in {"fileCode", "title"}} == {
        "maintenance": "07", "startDate": "05/03/2026", "endDate": "01/12/2026", "totalDoc": "3", "numberOfPage": "8",
        "confidenceLevel": "03", "mode": "01", "language": "06", "riskRecovery": "0",
    }  # fmt: skip
    decree = values(dossier(FILE, [RECORD]), law.metadata_profile("nd30-file", TODAY))
    assert (decree["Maintenance"], decree["DocTotal"], decree["Language"]) == ("05 năm", "1", "Tiếng Việt")


@pytest.mark.parametrize(
    ("id", "changes", "complaint"),
    [
        ("tt05-document", {"subject": "x" * 501}, Complaint("subject", "too-long", "501 of 500")),
        ("tt05-document", {"mode": "Nội bộ"}, Complaint("mode", "not-listed")),
        ("tt05-document", {"issued_date": "tháng 3"}, Complaint("issuedDate", "not-a-day")),
        ("nd30-outgoing", {"doc_ordinal": 1000}, Complaint("DocOrdinal", "too-long", "4 of 3")),
        ("nd30-outgoing", {"page_amount": "ba"}, Complaint("PageAmount", "not-a-number")),
    ],
)
def test_what_does_not_fit_is_told_and_kept_whole(id: str, changes: dict[str, Any], complaint: Complaint) -> None:
    record, profile = document(RECORD | changes, FILE), law.metadata_profile(id, TODAY)
    assert complaint in complaints(record, profile)
    written = values(record, profile)[complaint.field]
    assert written == str(next(iter(changes.values())))


def test_what_an_act_demands_is_missed() -> None:
    missing = {c.field for c in complaints(document(RECORD | {"subject": None}), law.metadata_profile("cv7197-document", TODAY))}
    assert missing == {"DocCode", "Subject"}
    profile = law.metadata_profile("tt05-sip-file", TODAY)
    assert Complaint("paperFileCode", "missing") in complaints(dossier(FILE, [RECORD]), profile), "digitised paper names its box"
    assert complaints(dossier(FILE, [RECORD | {"verification": "valid"}]), profile) == []


def test_an_act_holds_on_its_days() -> None:
    assert law.metadata_profile("tt02-document", dt.date(2025, 6, 30)).confirmed is False
    with pytest.raises(SettingsError, match="tt02-document is in force"):
        law.metadata_profile("tt02-document", dt.date(2025, 7, 1))
    with pytest.raises(SettingsError):
        law.metadata_profile("tt05-document", dt.date(2025, 6, 30))


@pytest.mark.parametrize("row", LAW["profile"], ids=IDS)
def test_every_profile_names_its_act_and_is_well_formed(row: dict[str, Any]) -> None:
    made = law.metadata_profile(row["id"], row.get("valid_to", TODAY))
    assert made.act and len({each.name for each in made.fields}) == len(made.fields)
    known = {*FIELDS, *document(RECORD, FILE), *dossier(FILE, [RECORD]), "creator", "title", "keyword", "format", "sheets",
             "paper_file_code", "arc_file_code", "arrival_date", "arrival_number", "package_code", "arc_package_code", "source"}  # fmt: skip
    assert {each.source for each in made.fields if each.source} <= known


@given(st.fixed_dictionaries({name: st.none() | st.text(max_size=30) | st.integers(0, 10**6) for name in FIELDS if name != "file_code"}))
def test_no_record_is_too_odd_to_be_written(odd: dict[str, Any]) -> None:
    record = document(odd | {"file_code": "x"}, FILE)
    for id in ("tt05-document", "nd30-outgoing"):
        profile = law.metadata_profile(id, TODAY)
        fitting = {each.name: each for each in profile.fields}
        wrong = {each.field for each in complaints(record, profile)}
        for name, value in values(record, profile).items():
            assert value
            assert name in wrong or not fitting[name].length or len(value) <= fitting[name].length


def test_a_station_may_have_lists_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "code-lists.toml").write_text(
        '[[list]]\nid = "mode"\nact = "QĐ 1"\nvalid_from = 2026-01-01\ncodes = {"04" = ["Nội bộ"]}\n', "utf-8")  # fmt: skip
    made = values(document(RECORD | {"mode": "nội bộ"}), law.metadata_profile("tt05-document", TODAY, tmp_path))
    assert made["mode"] == "04"
