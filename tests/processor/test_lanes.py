"""What each kind of lane takes and what must stand on the pages, as tables."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive.record import Blob
from processor import lanes
from processor.document import Scan
from processor.errors import Verdict
from processor.settings import parse
from processor.tables import Lane

OWN = parse({"lanes": {
    "sao-y": {"form": "sao-y"}, "sao-luc": {"form": "sao-luc"}, "trich-sao": {"form": "trich-sao"}, "luu-tru": {"kind": "archive"},
    "mo": {"form": "sao-y", "require_to_seal": ["file", "form"], "past_year": "take"}, "nghiem": {"form": "sao-y", "past_year": "reject"},
}}).lanes  # fmt: skip
PAPER, DIGITAL = [{"kind": "scan"}, {"kind": "blank"}, {"kind": "drawn"}], [{"kind": "scan"}, {"kind": "digital"}]


def scan(lane: str, part: str = "", *released: str) -> Scan:
    return Scan(Blob(Path("a"), "a" * 64, 1), lane, "a.pdf", "", part=part, released=released)


def said(call: Any, *args: Any) -> str:
    """The code of the refusal, or nothing."""
    try:
        call(*args)
    except Verdict as verdict:
        return verdict.code
    return ""


def admit(lane: str, part: str = "", *released: str, signed: bool = False, pages: list[dict[str, str]] = PAPER) -> str:
    kind = lanes.kind(OWN[lane])
    return said(kind.admit, scan(lane, part, *released), OWN[lane], {"signed": signed, "pages": pages})


@pytest.mark.parametrize(
    ("lane", "part", "signed", "pages", "refused"),
    [
        ("sao-y", "", False, PAPER, ""),
        ("sao-y", "2", False, PAPER, ""),
        ("sao-y", "", False, DIGITAL, "born-digital"),  # NĐ 30 Đ25.1: from paper only
        ("sao-y", "", True, PAPER, "signed"),
        ("sao-y", "", True, DIGITAL, "signed"),
        ("sao-luc", "", False, DIGITAL, ""),
        ("sao-luc", "", True, PAPER, "signed"),
        ("trich-sao", "", False, PAPER, "pages-missing"),
        ("trich-sao", "1-2", False, PAPER, ""),
        ("trich-sao", "1", False, DIGITAL, ""),
        ("trich-sao", "1", True, PAPER, "signed"),
        ("luu-tru", "", False, DIGITAL, ""),
        ("luu-tru", "", False, PAPER, ""),
        ("luu-tru", "", True, PAPER, "signed"),
    ],
)
def test_what_a_kind_takes(lane: str, part: str, signed: bool, pages: list[dict[str, str]], refused: str) -> None:
    assert admit(lane, part, signed=signed, pages=pages) == refused


@pytest.mark.parametrize("code", ["signed", "born-digital", "pages-missing"])
def test_no_release_makes_a_signed_or_digital_original_a_scan(code: str) -> None:
    assert admit("sao-y", "", code, signed=True) == "signed"
    assert admit("sao-y", "", code, pages=DIGITAL) == "born-digital"
    assert admit("trich-sao", "", code) == "pages-missing"


@pytest.mark.parametrize(
    ("lane", "head", "signature", "released", "refused"),
    [
        ("trich-sao", True, True, [], ""),
        ("trich-sao", False, True, [], "extract-incomplete"),
        ("trich-sao", True, False, [], "extract-incomplete"),
        ("trich-sao", False, False, [], "extract-incomplete"),
        ("trich-sao", False, False, ["extract-incomplete"], ""),
        ("trich-sao", False, True, ["secrecy-mark"], "extract-incomplete"),
        ("sao-y", False, False, [], ""),
        ("sao-luc", False, False, [], ""),
        ("luu-tru", False, False, [], ""),
    ],
)
def test_what_must_stand_on_the_pages(lane: str, head: bool, signature: bool, released: list[str], refused: str) -> None:
    marks = {"head": head, "signature": signature, "secrecy": False, "read": True, "sealed": True, "copied": True}
    assert said(lanes.kind(OWN[lane]).allow, scan(lane, "1", *released), OWN[lane], marks) == refused


def test_an_incomplete_extract_is_told_what_it_lacks() -> None:
    for marks, lacks in (({"head": False, "signature": True}, "no head"), ({"head": True, "signature": False}, "no signature")):
        marks |= {"read": True, "sealed": True}
        with pytest.raises(Verdict) as caught:
            lanes.kind(OWN["trich-sao"]).allow(scan("trich-sao", "1"), OWN["trich-sao"], marks)
        assert caught.value.detail == lacks


@pytest.mark.parametrize("lane", sorted(OWN))
def test_a_mark_of_secrecy_holds_in_every_lane_that_asks_for_none(lane: str) -> None:
    marks = {"head": True, "signature": True, "secrecy": True}
    asks = lane != "mo"
    assert said(lanes.require, scan(lane), OWN[lane], marks) == ("secrecy-mark" if asks else "")
    assert said(lanes.require, scan(lane, "", "secrecy-mark"), OWN[lane], marks) == ""
    assert said(lanes.require, scan(lane, "", "signed"), OWN[lane], marks) == ("secrecy-mark" if asks else "")
    assert said(lanes.require, scan(lane), OWN[lane], {**marks, "secrecy": False}) == ""


@pytest.mark.parametrize("mode", [
    "Mật", "TỐI MẬT", "tuyệt\u00a0mật", "3", "03", "003", "03 - Mật", "Mật.", "Độ mật: Mật", "MAT", "Toi mat", "Bí mật nhà nước", "МẬТ", "３",
])  # fmt: skip
def test_who_says_in_any_words_that_it_is_secret_is_believed(mode: str) -> None:
    called = replace(scan("luu-tru"), sidecar={"mode": mode})
    assert said(lanes.check_called, called) == "secrecy-mark"
    assert said(lanes.check_called, replace(called, released=("secrecy-mark",))) == ""


@pytest.mark.parametrize("mode", ["", "01", "02", "1", "Công khai", "Sử dụng có điều kiện – nội bộ", "Hạn chế", "13"])
def test_other_modes_of_use_are_no_secrets(mode: str) -> None:
    assert said(lanes.check_called, replace(scan("luu-tru"), sidecar={"mode": mode})) == ""


@pytest.mark.parametrize(("said", "other", "both"), [
    ({"mode": "Công khai"}, {"mode": "Mật", "subject": "x"}, {"mode": "Mật", "subject": "x"}),
    ({"mode": "03"}, {"mode": "Mật"}, {"mode": "03"}), ({"mode": "Công khai"}, {"mode": "Hạn chế"}, {"mode": "Công khai"}),
    ({}, {"subject": "x"}, {"subject": "x"}),
])  # fmt: skip
def test_of_two_that_differ_the_one_that_says_secret_is_believed(said: dict[str, str], other: dict[str, str], both: dict[str, str]) -> None:
    assert lanes.over(said, other) == both


@pytest.mark.parametrize(
    ("lane", "sealed", "copied", "released", "refused"),
    [
        ("sao-y", True, False, [], ""),
        ("sao-y", False, False, [], "original-not-seen"),
        ("sao-y", False, False, ["original-not-seen"], ""),
        ("sao-y", False, True, ["secrecy-mark"], "original-not-seen"),
        ("sao-luc", True, True, [], ""),
        ("sao-luc", True, False, [], "source-copy-not-seen"),
        ("sao-luc", False, True, [], "original-not-seen"),
        ("sao-luc", False, False, ["original-not-seen"], "source-copy-not-seen"),
        ("luu-tru", False, False, [], ""),
    ],
)
def test_what_is_copied_is_an_original_and_what_is_sao_luc_a_copy(lane: str, sealed: bool, copied: bool, released: list[str], refused: str) -> None:
    marks = {"head": True, "signature": True, "secrecy": False, "read": True, "sealed": sealed, "copied": copied}
    assert said(lanes.kind(OWN[lane]).allow, scan(lane, "", *released), OWN[lane], marks) == refused
    loose = OWN[lane].model_copy(update={"require_to_seal": ("file", "form")})
    assert said(lanes.kind(loose).allow, scan(lane, "", *released), loose, marks) == ""


def test_each_form_has_its_block() -> None:
    assert {name: lanes.kind(lane).block(lane) for name, lane in OWN.items()} == {
        "sao-y": "sao-y", "sao-luc": "sao-luc", "trich-sao": "trich-sao", "luu-tru": "archive", "mo": "sao-y",
        "nghiem": "sao-y"}  # fmt: skip


def test_every_kind_the_settings_know_has_a_module_that_answers_all() -> None:
    kinds = Lane.model_fields["kind"].annotation.__args__  # type: ignore[union-attr]  # a Literal
    for name in kinds:
        kind = lanes.kind(OWN["sao-y"].model_copy(update={"kind": name}))
        assert all(callable(getattr(kind, each)) for each in ("admit", "allow", "block"))


@pytest.mark.parametrize("lane", ["sao-y", "sao-luc", "trich-sao"])
def test_blank_paper_and_photographs_are_no_copies_of_documents(lane: str) -> None:
    marks = {"head": False, "signature": False, "secrecy": False, "read": False, "sealed": True, "copied": True}
    allow = lanes.kind(OWN[lane]).allow
    assert said(allow, scan(lane, "1"), OWN[lane], marks) == "nothing-read"
    assert said(allow, scan(lane, "1", "nothing-read", "extract-incomplete"), OWN[lane], marks) == ""


def test_text_over_a_picture_is_looked_at_by_a_person() -> None:
    facts = {"pages": [{"kind": "scan"}, {"kind": "digital", "pictured": True}]}
    assert said(lanes.check, scan("luu-tru"), facts) == "text-over-picture"
    assert said(lanes.check, scan("luu-tru", "", "text-over-picture"), facts) == ""
    assert said(lanes.check, scan("luu-tru"), {"pages": [{"kind": "digital"}]}) == ""


@pytest.mark.parametrize(
    ("lane", "year", "released", "code"),
    [
        ("sao-y", 2027, (), ""), ("sao-y", 2028, (), ""), ("sao-y", 2026, (), "file-past-year"),
        ("sao-y", 2026, ("file-past-year",), ""), ("mo", 2026, (), ""), ("luu-tru", 1976, (), ""),
        ("nghiem", 2026, ("file-past-year",), "file-past-year-refused"), ("nghiem", 2027, (), ""),
    ],
)  # fmt: skip
def test_a_file_of_a_past_year_asks_first(lane: str, year: int, released: tuple[str, ...], code: str) -> None:
    assert said(lanes.of_year, scan(lane, "", *released), OWN[lane], year, dt.date(2027, 1, 2)) == code
