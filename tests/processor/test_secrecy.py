"""A mark of secrecy in places where nobody looks for one: it holds the scan, and nothing of it is read, kept or shown."""

import io
import json
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from processor import handing, parking, requests
from processor.journal import Request
from processor.shift import Shift
from tests.processor.office import Office, picture
from tests.processor.test_lists import lay
from tests.processor.test_stacks import drop, letter, sheet
from tests.testkit import ink as pens
from tests.testkit import scans

MM = 100 / 25.4
BLACK, RED = (0, 0, 0), pens.RED


def stamp(colour: pens.Colour) -> bytes:
    """A picture of a stamp, as programs for PDF lay one on a page."""
    made = Image.new("RGB", (700, 300), "white")
    pens.press(made, [(pens.urgency("TUYỆT MẬT", 3 * MM, 4), colour, (20, 20))])
    written = io.BytesIO()
    made.save(written, "PNG")
    return written.getvalue()


def annotated(path: Path, colour: pens.Colour, number: int = 1) -> Path:
    """A scan of two pages, on one of which somebody has laid a stamp with a program, after it was scanned."""
    scans.pdf(path, [picture("Trang một của văn bản"), picture("Trang hai của văn bản")], 100)
    with pymupdf.open("pdf", path.read_bytes()) as document:
        place = pymupdf.Rect(50, 60, 218, 132)
        document[number - 1].add_stamp_annot(place, stamp=pymupdf.Pixmap(stamp(colour))).update()
        document.save(path)
    return path


def codes(office: Office) -> list[str]:
    return [told["code"] for told in office.told("held")]


@pytest.mark.parametrize(("lane", "colour", "number"), [("sao-y", RED, 2), ("luu-tru", BLACK, 1), ("phu-luc", RED, 1)])
def test_a_stamp_that_a_program_laid_on_a_scan_is_seen_though_no_copy_shows_it(office: Office, lane: str, colour: pens.Colour, number: int) -> None:
    """The archive copy leaves annotations behind; the scan beside it has them."""
    annotated(office.folder / "drop" / lane / "a.pdf", colour, number)
    assert office.run(office.shift()) == {"held": 1} and codes(office) == ["secrecy-mark"]
    assert office.engine.jobs["recognise"] == 0


@pytest.mark.parametrize("first", [[], [letter(1)]], ids=["one document", "two documents"])
def test_a_stamp_on_a_separator_sheet_holds_the_stack(office: Office, tmp_path: Path, first: list[Image.Image]) -> None:
    """Whoever stamps the sheet means the document under it; the archive keeps both."""
    page = sheet(tmp_path, code_number="299").convert("RGB")
    pens.press(page, [(pens.urgency("MẬT", MM, 4), RED, (80, 900))])
    drop(office, [*first, page, letter(2)])
    assert office.run(office.shift()) == {"held": 1} and codes(office) == ["secrecy-mark"]
    assert office.engine.jobs["recognise"] == 0


def beside(path: Path, **fields: str) -> None:
    path.with_name(f"{path.name}.json").write_text(json.dumps(fields), "utf-8")


def test_what_is_said_to_be_secret_is_not_even_opened(office: Office) -> None:
    """An extract without its pages, an annex without a number: held for that, they would be pictured at the desk."""
    for lane in ("trich-sao", "sao-y", "phu-luc", "van-ban-den"):
        path = scans.pdf(office.folder / "drop" / lane / "a.pdf", [picture(lane)], 100)
        beside(path, mode="Mật")
    assert office.run(office.shift()) == {"held": 4} and codes(office) == ["secrecy-mark"] * 4
    assert not {"probe", "body", "glance", "verify", "read_original"} & {*office.engine.jobs}


def test_a_sidecar_does_not_make_public_what_a_list_calls_secret(office: Office) -> None:
    beside(office.drop("a.png", "Văn bản", "luu-tru"), mode="Công khai")
    lay(office, "a.png;02;x;03\r\n", head="fileName;typeName;subject;mode\r\n")
    assert office.run(office.shift()) == {"held": 1} and codes(office) == ["secrecy-mark"]


def test_who_splits_what_is_said_to_be_secret_has_not_answered_for_it(office: Office, tmp_path: Path) -> None:
    beside(drop(office, [letter(1), sheet(tmp_path), letter(2)]), mode="Mật")
    shift = office.shift()
    assert office.run(shift) == {"held": 1} and codes(office) == ["stack-sidecar"]
    (lot,) = parking.lots(office.folder)
    requests._do(Request(1, "split", {"kind": "held", "name": lot.folder, "parts": "1;3", "reason": "x", "operator": "lan"}), shift)
    assert office.run(shift) == {"held": 2} and codes(office) == ["secrecy-mark"] * 2


def release(office: Office, shift: Shift, reason: str = "") -> None:
    (lot,) = parking.lots(office.folder)
    requests._do(Request(1, "release", {"kind": "held", "name": lot.folder, "operator": "lan", "reason": reason}), shift)


def test_nobody_answers_for_a_secret_by_writing_into_a_note(office: Office) -> None:
    """Who may write in `held/` could have a marked scan sealed without a reason, and without a word of it in the log."""
    page = picture("Văn bản").convert("RGB")
    pens.press(page, [(pens.urgency("MẬT", MM, 4), RED, (80, 300))])
    drop(office, [page])
    shift = office.shift()
    assert office.run(shift) == {"held": 1} and codes(office) == ["secrecy-mark"]
    (note,) = office.folder.glob("held/*/*/reason.json")
    parked = json.loads(note.read_text("utf-8"))
    note.write_text(json.dumps({**parked, "code": "nothing-read", "released": ["secrecy-mark", "original-not-seen"]}))
    release(office, shift)
    assert office.run(shift) == {"held": 1} and codes(office) == ["secrecy-mark"]
    release(office, shift, "đã giải mật")
    assert office.run(shift) == {"filed": 1}


def test_what_somebody_answered_for_stays_so_when_it_is_held_for_something_else(office: Office) -> None:
    beside(drop(office, [letter(1)]), mode="Mật", file_code="H05.99.2026.77.XX")
    shift = office.shift()
    assert office.run(shift) == {"held": 1} and codes(office) == ["secrecy-mark"]
    release(office, shift, "đã giải mật")
    assert office.run(shift) == {"held": 1} and codes(office) == ["file-unknown"]
    (lot,) = parking.lots(office.folder)
    handing.set_fields(office.folder, lot.folder, {"file_code": "H05.99.2026.01.VP"})
    release(office, shift)
    assert office.run(shift) == {"filed": 1}
