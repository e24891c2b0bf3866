"""What clerks read of why a document stopped is Vietnamese, whatever the log says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from processor import details
from processor.errors import OUR_FAULT, reasons

ROOM = Path(__file__).parents[2] / "processor"
TECHNICAL = OUR_FAULT | {"seal-failed", "evidence-impossible", "pdfa-impossible", "seal-picture-unfit"}  # who runs the machine reads them


def text_of(node: ast.expr) -> str:
    """A literal, with a number in the place of what is filled in; empty where it is none."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(text_of(part) if isinstance(part, ast.Constant) else "1" for part in parts)
    return ""


def said() -> Iterator[tuple[str, str]]:
    """Every code that holds or rejects a document, with each detail that is written beside it in English."""
    for path in sorted(ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Verdict" and len(node.args) > 1:
                code, detail = text_of(node.args[0]), text_of(node.args[1])
                known = reasons().get(code)
                if known and known.state in {"held", "rejected"} and code not in TECHNICAL and re.search("[a-z]{3}", detail):
                    yield code, detail


@pytest.mark.parametrize(("code", "detail"), sorted(set(said())))
def test_every_detail_of_a_stopped_document_has_its_vietnamese(code: str, detail: str) -> None:
    assert details.vietnamese(detail) != detail


@pytest.mark.parametrize(
    ("english", "vietnamese"),
    [
        ("page 2, 5 of the scan", "trang 2, 5 của bản quét"), ("another document of the same scan", "văn bản khác của cùng bản quét"),
        ("pages 1, 3", "trang 1, 3"), ("pages 1-4", "bản quét có 4 trang"),
        ("zip: it has no end", "gói zip: thiếu phần cuối"), ("besides two-documents", "ngoài two-documents"),
        ("'code_number': nothing this field can hold", "code_number: giá trị không hợp lệ"),
        ("in the place of H05.99.2026.01.VP.0000001: code_number, form",
         "thay H05.99.2026.01.VP.0000001, khác ở: số (code_number), form"), ("zip: an entry before the file", "gói zip: mục nằm trước đầu tệp"),
        ("'zip': no field of the record", "zip: không có trường này"), ("page 12 of 3", "trang 12; bản quét có 3 trang"),
        ("scan-resolution: page 1 150 dpi, page 2 140 dpi and 3 more; scan-dark: page 4 grey 90 (TT 05/2025/TT-BNV, Phụ lục II)",
         "scan-resolution: trang 1: 150 dpi, trang 2: 140 dpi và 3 trang khác; scan-dark: trang 4: độ xám 90 (TT 05/2025/TT-BNV, Phụ lục II)"),
        ("the sheet says otherwise than the side-car or list: subject", "tờ phân cách nói khác tệp mô tả hoặc danh sách: subject"),
        ("dòng 5: cột 'Ngày': không phải ngày dd/MM/yyyy", "dòng 5: cột 'Ngày': không phải ngày dd/MM/yyyy"), ("", ""),
        ("something nobody translated", "something nobody translated"), ("mail: " * 9999, "mail: " * 9999),
    ],
)  # fmt: skip
def test_a_detail_is_told_in_vietnamese(english: str, vietnamese: str) -> None:
    assert details.vietnamese(english) == vietnamese
