"""Stacks at a station: several documents in one scan, each on its own way, every page accounted for."""

import errno
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image, ImageDraw

from archive.naming import local_date
from archive.record import DocumentKey
from processor import handing, parking, pipeline, recognising, report, requests, sheetkey, stacks
from processor.document import Recognised, Scan
from processor.errors import SECRET, SohoaError, Verdict
from processor.intake import separator
from processor.intake.separator import Sheet
from processor.journal import Request
from processor.separator_sheets import separator_sheets
from processor.shift import Shift
from processor.tools import Tools
from tests.processor.intake.test_split import broken_frame, broken_jpeg
from tests.processor.office import Office, Watched, picture
from tests.processor.test_nightly import due, nightly
from tests.testkit import faces, ink, scans

OTHERS = "another document of the same scan"
FILE, OTHER = "H05.99.2026.01.VP", "H05.99.2026.02.TCCB"
BLANK = Image.new("L", (827, 1169), 250)


def sheet(folder: Path, file_code: str = "", **fields: str) -> Image.Image:
    """A separator sheet as it comes back from the scanner."""
    out = folder / "sheet.pdf"
    key, said = sheetkey.opened(folder / "station"), Sheet(file_code, fields)
    codes = [separator.text(said, key), separator.short(said, key)]
    told = {"file_code": file_code, "title": "", "fields": fields, "shown": [], "codes": codes}
    separator_sheets({"sheets": [told], "count": 1, "agency": "", "font": "", "out": str(out)}, lambda kind, body: b"")
    with pymupdf.open(out) as document:
        shown = document[0].get_pixmap(dpi=100, colorspace=pymupdf.csGRAY)
    return Image.frombytes("L", (shown.width, shown.height), shown.samples).resize((827, 1169))


def drop(office: Office, pages: list[Image.Image], lane: str = "sao-y", name: str = "tap.pdf") -> Path:
    return scans.pdf(office.folder / "drop" / lane / name, pages, 100)


def filed(shift: Shift) -> dict[str, dict[str, Any]]:
    """The records by part."""
    rows = [row for day in shift.tools.archive.days() for row in shift.tools.archive.filed_on(day.day)]
    root = shift.tools.archive.root
    return {row["part"]: json.loads((root / row["path"]).with_suffix(".json").read_text()) for row in rows}


def letter(number: int) -> Image.Image:
    return picture(f"Văn bản số {number} của Ủy ban nhân dân xã")


def test_a_stack_becomes_its_documents_and_its_source_goes_with_the_last(office: Office, tmp_path: Path) -> None:
    shift = office.shift()
    shift.tools.archive.declare_file(OTHER, "Hồ sơ khác", organ_id="H05.99", year=2026, actor="test")
    stack = [letter(1), sheet(tmp_path, OTHER, code_number="299"), BLANK, letter(2), letter(3), sheet(tmp_path), letter(4)]
    drop(office, stack)
    assert office.run(shift) == {"filed": 3}
    assert office.dropped() == []
    found = filed(shift)
    told = {part: (row["file_code"], row["pages"], row["code_number"]) for part, row in found.items()}
    assert told == {"1": (FILE, 1, None), "4-5": (OTHER, 2, "299"), "7": (FILE, 1, None)}  # nothing bled over
    assert [found[part]["doc_code"] for part in ("1", "7")] == [f"{FILE}.000000{number}" for number in (1, 2)], "as they lay"
    account = {"scanned": 7, "in_documents": 4, "separators": 2, "blanks": 1, "documents": 3}
    assert found["4-5"]["provenance"]["stack"] == account | {"number": 2, "set_aside": [3]}
    assert list(found["4-5"]["provenance"]["set_aside"]) == ["3"]
    assert {row["original_path"] for row in found.values()} == {found["1"]["original_path"]}  # the scan is kept whole, once
    assert {path.name for path in (office.folder / "out" / "sao-y").iterdir()} == {f"tap (trang {p}).pdf" for p in found}
    assert shift.journal.items() == [] and list((office.folder / "work" / "claims").iterdir()) == []


def test_the_same_stack_again_is_known_page_by_page(office: Office, tmp_path: Path) -> None:
    stack, shift = [letter(1), sheet(tmp_path), letter(2)], office.shift()
    kept = shutil.copy(path := drop(office, stack), tmp_path / "again.pdf")
    path.with_name(f"{path.name}.json").write_text('{"rotate": "1:180"}')
    assert office.run(shift) == {"filed": 2}
    shutil.copy(kept, office.folder / "drop" / "sao-y" / "again.pdf")
    assert office.run(shift) == {"duplicate": 2}
    assert len(filed(shift)) == 2 and office.dropped() == []
    code = filed(shift)["1"]["doc_code"]
    requests._do(Request(1, "again", {"name": code, "reason": "bản thứ hai", "operator": "lan"}), shift)
    assert office.run(shift) == {"filed": 1}
    sums = stacks.accounts(local_date(office.clock()), office.folder, shift.tools.archive)
    assert (sums["scanned"], sums["separators"], sums["filed"], sums["under_way"]) == (3, 1, 2, 0)
    (second,) = (office.folder / "archive").glob(f"[0-9]*/**/{FILE}.0000003.json")
    assert json.loads(second.read_text("utf-8"))["provenance"]["rotate"] == "1:180", "the second copy lies as the first does"


def test_a_wrong_sheet_stops_its_own_document_and_every_page_is_accounted_for(office: Office, tmp_path: Path) -> None:
    wrong, unknown, bad = sheet(tmp_path, FILE), sheet(tmp_path, "H05.99.2026.77.XX"), sheet(tmp_path, FILE, issued_date="mai")
    stack = [wrong, unknown, letter(1), bad, letter(2), letter(3), sheet(tmp_path, FILE), letter(4)]
    drop(office, stack)
    shift = office.shift()
    assert office.run(shift)["filed"] == 1
    held = {(row["part"], row["code"]) for state in ("held", "rejected") for row in office.told(state)}
    assert held == {("1", "sheet-alone"), ("3", "file-unknown"), ("5-6", "sheet-doubtful")}
    assert office.dropped() == [] and list(filed(shift)) == ["8"]
    day = local_date(office.clock())
    sums = stacks.accounts(day, office.folder, shift.tools.archive)
    assert sums == {"scanned": 8, "separators": 3, "blanks": 0, "filed": 1, "held": 4, "rejected": 0, "under_way": 0}
    assert sums["scanned"] == sum(count for name, count in sums.items() if name != "scanned")
    (lot,) = (row["folder"] for row in parking.listed(office.folder, "held") if row["part"] == "5-6")
    for parts, twice in (("5;6,8", "8"), ("3;5-6", "3")):  # no page is filed in two documents: one is filed, the other held
        with pytest.raises(SohoaError, match=f"page {twice} "):
            requests._do(Request(1, "split", {"kind": "held", "name": lot, "parts": parts, "reason": "x", "operator": "lan"}), shift)
    handing.set_fields(office.folder, lot, {"pages": "5-8"})
    with pytest.raises(SohoaError, match="page 8 "):
        requests._do(Request(1, "release", {"kind": "held", "name": lot, "reason": "x", "operator": "lan"}), shift)
    assert "Trang 8 đã thuộc văn bản khác" in parking.lot_at(office.folder, lot).told["detail"]


def test_without_sheets_a_scan_stays_what_it_was(office: Office) -> None:
    drop(office, [letter(1), BLANK, letter(2)])
    shift = office.shift()
    assert office.run(shift) == {"filed": 1}
    (row,) = filed(shift).values()
    assert row["part"] == "" and row["pages"] == 3 and "stack" not in row["provenance"]


def test_blanks_are_set_aside_with_their_pictures_where_the_lane_says_so(office: Office) -> None:
    settings = office.folder / "sohoa.toml"
    settings.write_text(settings.read_text().replace('form = "sao-y"', 'form = "sao-y"\nblanks = "set-aside"'))
    drop(office, [letter(1), BLANK, letter(2), BLANK])
    shift = office.shift()
    assert office.run(shift) == {"filed": 1}
    (row,) = filed(shift).values()
    assert (row["part"], row["pages"]) == ("1,3", 2)
    assert set(row["provenance"]["set_aside"]) == {"2", "4"}


@pytest.mark.parametrize("pages", [4, 3])
def test_fronts_then_backs_are_collated_or_held(office: Office, pages: int) -> None:
    path = drop(office, [letter(n) for n in range(pages)])
    path.with_name(f"{path.name}.json").write_text('{"collate": "fronts-backs"}')
    shift = office.shift()
    if pages % 2 == 0:
        assert office.run(shift) == {"filed": 1}
        assert list(filed(shift)) == ["1,4,2-3"]
    else:
        assert office.run(shift) == {"held": 1}
        assert [row["code"] for row in office.told("held")] == ["collate-uneven"]


def test_a_sheet_on_top_says_that_fronts_and_backs_came_apart(office: Office, tmp_path: Path) -> None:
    cover, between = sheet(tmp_path, collate="fronts-backs"), sheet(tmp_path)
    fronts, backs = [cover, letter(1), between, letter(3)], [letter(4), BLANK, letter(2), BLANK]
    drop(office, fronts + backs)
    shift = office.shift()
    assert office.run(shift) == {"filed": 2}
    assert set(filed(shift)) == {"2,7", "4-5"}


def test_a_sheet_of_our_form_inside_a_document_neither_splits_nor_describes_it(office: Office, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    foreign = sheet(tmp_path / "other", OTHER, code_number="1")
    shift = office.shift()
    drop(office, [letter(1), sheet(tmp_path), letter(2), foreign, letter(3)])
    drop(office, [letter(4), foreign, letter(5)], name="mot.pdf")
    assert office.run(shift) == {"filed": 1, "held": 2} and set(filed(shift)) == {"1"}
    told = {row["original_name"]: (row["code"], row["part"]) for row in office.told("held")}
    assert told == {"tap.pdf": ("sheet-foreign", "3-5"), "mot.pdf": ("sheet-foreign", "")}
    for lot in parking.listed(office.folder, "held"):
        assert "không do trạm này in" in (office.folder / lot["folder"] / "ly-do.txt").read_text("utf-8-sig")
        requests._do(Request(1, "release", {"kind": "held", "name": lot["folder"], "reason": "", "operator": "lan"}), shift)
    assert office.run(shift) == {"filed": 2} and set(filed(shift)) == {"1", "3-5", ""}, "it is a page of the document then"


def test_a_side_car_that_describes_one_document_does_not_bleed_over_a_stack(office: Office, tmp_path: Path) -> None:
    path = drop(office, [letter(1), sheet(tmp_path), letter(2)])
    path.with_name(f"{path.name}.json").write_text('{"code_number": "12"}')
    assert office.run(office.shift()) == {"held": 1}
    assert [row["code"] for row in office.told("held")] == ["stack-sidecar"]


def test_a_sheet_left_over_from_another_day_does_not_overrule_what_lies_beside_the_scan(office: Office, tmp_path: Path) -> None:
    path = drop(office, [sheet(tmp_path, FILE, code_number="299", type_name="Công văn"), letter(1)])
    path.with_name(f"{path.name}.json").write_text('{"code_number": "305", "type_name": "Công văn"}')
    assert office.run(office.shift()) == {"held": 1}
    (told,) = office.told("held")
    assert (told["code"], told["detail"]) == ("sheet-doubtful", "the sheet says otherwise than the side-car or list: code_number")


def test_a_sheet_that_calls_its_document_secret_stops_the_stack(office: Office, tmp_path: Path) -> None:
    drop(office, [letter(1), sheet(tmp_path, FILE, mode="Tối  mật"), letter(2)])
    shift = office.shift()
    assert office.run(shift) == {"held": 1} and filed(shift) == {}
    (told,) = office.told("held")
    assert (told["code"], told["part"]) == ("secrecy-mark", "")


def test_a_sheet_that_described_a_document_describes_no_other(office: Office, tmp_path: Path) -> None:
    of_one, of_many = sheet(tmp_path, OTHER, code_number="299", type_name="Công văn"), sheet(tmp_path, FILE, type_name="Công văn")
    shift = office.shift()
    shift.tools.archive.declare_file(OTHER, "Hồ sơ khác", organ_id="H05.99", year=2026, actor="test")
    drop(office, [of_one, letter(1), of_many, letter(2)])
    assert office.run(shift) == {"filed": 2}
    drop(office, [of_one, letter(3), of_many, letter(4)], name="hom-sau.pdf")
    assert office.run(shift) == {"filed": 1, "held": 1}
    (told,) = office.told("held")
    assert (told["code"], told["part"], told["detail"]) == ("sheet-doubtful", "2", f"{OTHER}.0000001 was filed with what the sheet says")
    assert told["file_code"] == OTHER, "nothing a sheet says is dropped in silence"


@pytest.mark.parametrize("kind", ["pdf", "tiff"])
def test_a_broken_page_holds_its_own_document_and_the_others_go_on(office: Office, tmp_path: Path, kind: str) -> None:
    pages = [letter(1), sheet(tmp_path), letter(2), letter(3), sheet(tmp_path), BLANK]
    if kind == "pdf":
        broken_jpeg(drop(office, pages, "trich-sao"), 4).rename(office.folder / "drop" / "sao-y" / "tap.pdf")
    else:
        broken_frame(scans.tiff(tmp_path / "tap.tif", pages, 100, "tiff_lzw"), 4).rename(office.folder / "drop" / "sao-y" / "tap.tif")
    shift = office.shift()
    assert office.run(shift) == {"filed": 1, "held": 1}
    (told,) = office.told("held")
    assert (told["part"], told["code"], told["detail"]) == ("3-4", "page-broken", "page 4")
    sums = stacks.accounts(local_date(office.clock()), office.folder, shift.tools.archive)
    assert sums == {"scanned": 6, "separators": 2, "blanks": 1, "filed": 1, "held": 2, "rejected": 0, "under_way": 0}
    if kind == "pdf":
        return
    folder = next((office.folder / "held" / "sao-y").iterdir())
    fields = json.loads((folder / "fields.json").read_text("utf-8")) | {"pages": "3"}
    (folder / "fields.json").write_text(json.dumps(fields), "utf-8")
    requests.do(Request(0, "release", {"kind": "held", "name": folder.relative_to(office.folder).as_posix()}), shift)
    assert office.run(shift) == {"filed": 1} and set(filed(shift)) == {"1", "3"}


def test_a_page_too_large_to_be_decoded_stops_its_own_document(office: Office, tmp_path: Path) -> None:
    office.set("[limits]\npage_megapixels = 2")
    pages = [letter(1), sheet(tmp_path), letter(2).resize((2000, 2800))]
    scans.tiff(office.folder / "drop" / "sao-y" / "tap.tif", pages, 100, "tiff_lzw")
    assert office.run(office.shift()) == {"filed": 1, "rejected": 1}
    assert [(told["part"], told["code"]) for told in office.told("rejected")] == [("3", "too-large")]


Rows = list[dict[str, Any]]


class Liar(Watched):
    """Workers whose look at a stack is told wrong."""

    lie: Callable[[Rows], Rows]

    def call(self, job: str, args: Mapping[str, Any], *more: Any, **named: Any) -> Any:
        told = super().call(job, args, *more, **named)
        return told | {"marks": self.lie(told["marks"])} if job == "split" else told


@pytest.mark.parametrize(("lie", "said"), [
    (lambda rows: rows[:-1], "scanned: 3, in_documents: 1, separators: 1, blanks: 0"),
    (lambda rows: [*rows, rows[-1]], "scanned: 3, in_documents: 3, separators: 1, blanks: 0"),
    (lambda rows: rows[:1], "scanned: 3, in_documents: 1, separators: 0, blanks: 0"),
])  # fmt: skip
def test_a_stack_whose_pages_do_not_add_up_is_held_whole(
    office: Office, tmp_path: Path, lie: Callable[[Rows], Rows], said: str
) -> None:
    liar = Liar(office.engine.inner)
    liar.lie = lie
    came = drop(office, [letter(1), sheet(tmp_path), letter(2)]).read_bytes()
    shift = office.shift(liar)
    assert office.run(shift) == {"held": 1} and liar.jobs["recognise"] == 0 == liar.jobs["body"]
    (told,) = office.told("held")
    assert (told["code"], told["detail"], told["part"], told["stack"]) == ("pages-unbalanced", said, "", {})
    (folder,) = (office.folder / "held" / "sao-y").iterdir()
    assert (folder / "tap.pdf").read_bytes() == came and "Số trang không khớp" in (folder / "ly-do.txt").read_text("utf-8-sig")
    assert office.dropped() == [] and shift.tools.archive.told_on(local_date(office.clock()), "split") == []
    with pytest.raises(SohoaError, match="a reason is needed"):  # a page may be lost: who lets it go on says why
        requests._do(Request(1, "release", {"kind": "held", "name": f"held/sao-y/{folder.name}", "operator": "lan"}), shift)


def secret(number: int) -> Image.Image:
    page = letter(number).convert("RGB").resize((827, 1169))
    ink.press(page, [(ink.urgency("TUYỆT MẬT", 100 / 25.4, 4), ink.RED, (200, 300))])
    return page


def test_no_document_takes_a_secret_into_the_archive_with_the_scan_they_share(office: Office, tmp_path: Path) -> None:
    drop(office, [letter(1), sheet(tmp_path), secret(2), sheet(tmp_path), letter(3)])
    path = drop(office, [letter(4), secret(5)], name="hai.pdf")
    path.with_name(f"{path.name}.json").write_text('{"pages": "1"}')
    shift = office.shift()
    assert office.run(shift) == {"held": 2}
    told = {row["original_name"]: (row["code"], row["detail"], row["part"]) for row in office.told("held")}
    assert told == {"tap.pdf": ("secrecy-mark", "page 3", ""), "hai.pdf": ("secrecy-mark", "page 2 of the scan", "1")}
    assert filed(shift) == {} and office.engine.jobs["recognise"] == 0
    assert not list((office.folder / "work").rglob("*.jpg"))
    lot = next(row["folder"] for row in parking.listed(office.folder, "held") if row["name"] == "tap.pdf")
    requests._do(Request(1, "release", {"kind": "held", "name": lot, "reason": "đã giải mật", "operator": "lan"}), shift)
    office.run(shift)
    assert set(filed(shift)) == {"1", "3", "5"}, "somebody has answered for the scan as a whole, by name"
    (event,) = shift.tools.archive.told_on(local_date(office.clock()), "released")
    assert (event["actor"], event["public"]["code"]) == ("lan", "secrecy-mark")


def black(number: int) -> Image.Image:
    """A page with a mark in black: it is found only when the page is read."""
    page = letter(number).convert("L").resize((827, 1169))
    ImageDraw.Draw(page).text((90, 300), "MẬT", font=faces.font("bold", 34), fill=0)
    return page


def reasons(office: Office, state: str = "held") -> dict[str, tuple[str, str]]:
    return {row["part"]: (row["code"], row["detail"]) for row in office.told(state)}


def test_a_black_mark_on_the_last_document_keeps_the_first_from_being_numbered(office: Office, tmp_path: Path) -> None:
    drop(office, [letter(1), sheet(tmp_path), letter(2), sheet(tmp_path), black(3)])
    shift = office.shift()
    assert office.run(shift) == {"held": 3}
    assert reasons(office) == {"1": (SECRET, OTHERS), "3": (SECRET, OTHERS), "5": (SECRET, "")}
    assert filed(shift) == {} and office.dropped() == []
    assert shift.tools.archive.key_state(DocumentKey(office.told("held")[0]["scan_sha256"], "sao-y", FILE, "1")) == ("new", None)
    lots = {row["part"]: row["folder"] for row in parking.listed(office.folder, "held")}
    assert "Có thể có dấu mật" in (office.folder / lots["1"] / "ly-do.txt").read_text("utf-8-sig")
    for part in ("5", "1"):  # each of them is answered for, by name
        args = {"kind": "held", "name": lots[part], "reason": "không phải dấu mật", "operator": "lan"}
        requests._do(Request(1, "release", args), shift)
    assert office.run(shift) == {"filed": 2} and set(filed(shift)) == {"1", "5"}
    assert reasons(office) == {"3": (SECRET, OTHERS)}


def test_a_black_mark_on_a_page_that_no_document_has_holds_each_of_the_scan(office: Office) -> None:
    path = drop(office, [letter(1), black(2), letter(3), letter(4)], name="trich.pdf")
    path.with_name(f"{path.name}.json").write_text('{"pages": "1"}')
    shift = office.shift()
    assert office.run(shift) == {"held": 1}
    assert reasons(office) == {"1": (SECRET, "page 2 of the scan")} and filed(shift) == {}
    (lot,) = (row["folder"] for row in parking.listed(office.folder, "held"))
    args = {"kind": "held", "name": lot, "operator": "lan", "reason": "không phải dấu mật"}
    requests._do(Request(1, "split", args | {"parts": "1;3-4"}), shift)
    assert office.run(shift) == {"filed": 2}, "somebody has answered for the scan"


def test_pages_that_a_person_left_out_are_read_for_a_mark_and_those_of_the_others_are_not(office: Office) -> None:
    path = drop(office, [letter(1), letter(2), letter(3), black(4)], name="ba.pdf")
    path.with_name(f"{path.name}.json").write_text('{"issued_date": "mai"}')
    shift = office.shift()
    assert office.run(shift) == {"held": 1}
    (lot,) = (row["folder"] for row in parking.listed(office.folder, "held"))
    args = {"kind": "held", "name": lot, "operator": "lan", "reason": "bỏ trang 4", "file_code": FILE, "parts": "1;2-3"}
    read: list[list[int]] = []
    office.engine.before = lambda job, told: read.append(list(told["wanted"])) if job == "marked_pages" and told.get("read") else None
    requests._do(Request(1, "split", args), shift)
    assert office.run(shift) == {"held": 2}
    assert reasons(office) == dict.fromkeys(("1", "2-3"), (SECRET, "page 4 of the scan")) and filed(shift) == {}
    assert read == [[4], [1, 4]], "of the first nothing but a note that people may write says any more that it was read"


def test_what_stops_before_it_is_read_is_read_for_secrecy_alone(office: Office, tmp_path: Path) -> None:
    drop(office, [letter(1), sheet(tmp_path, FILE, issued_date="mai"), black(2)])
    drop(office, [letter(3), sheet(tmp_path, FILE, issued_date="mai"), letter(4)], name="hai.pdf")
    shift = office.shift()
    assert office.run(shift) == {"filed": 1, "held": 3} and set(filed(shift)) == {"1"}
    told = {(row["original_name"], row["part"]): (row["code"], row["detail"]) for row in office.told("held")}
    wrong = ("sheet-doubtful", told["hai.pdf", "3"][1])
    assert told == {("tap.pdf", "1"): (SECRET, OTHERS), ("tap.pdf", "3"): (SECRET, "besides sheet-doubtful"), ("hai.pdf", "3"): wrong}
    assert not list((office.folder / "work").rglob("reading.json"))


def test_pages_to_the_end_and_beyond_hold_the_scan(office: Office) -> None:
    """Written as `1-99999`: it waited for ever, since no system waits for a worker as long as so many pages may take."""
    path = office.drop("a.png", "Văn bản")
    path.with_name("a.png.json").write_text('{"pages": "1-99999"}')
    assert office.run(office.shift()) == {"held": 1} and [told["code"] for told in office.told("held")] == ["bad-pages"]


def test_what_could_not_be_looked_at_counts_as_marked(office: Office, tmp_path: Path) -> None:
    def die(job: str, args: Mapping[str, Any]) -> None:
        if args.get("read"):
            raise Verdict("worker-died")

    drop(office, [letter(1), sheet(tmp_path, FILE, issued_date="mai"), letter(2)])
    shift, office.engine.before = office.shift(), die
    assert office.run(shift) == {"held": 2}
    unseen = "besides sheet-doubtful; it could not be looked at: worker-died"
    assert reasons(office) == {"1": (SECRET, OTHERS), "3": (SECRET, unseen)}


def test_a_document_waits_for_its_scan_over_a_restart_and_goes_on_when_a_person_refuses_the_rest(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(office, [letter(1), sheet(tmp_path), letter(2)])
    shift = office.shift()
    with monkeypatch.context() as full:

        def recognise(scan: Scan, tools: Tools, work: Path) -> Recognised:
            if scan.part == "3":
                raise OSError(errno.ENOSPC, "no space")
            return recognising.recognise(scan, tools, work)

        full.setattr(pipeline, "recognise", recognise)
        assert office.run(shift) == {"waiting": 1}
        told = {item.scan.part: item.code for item in shift.journal.items("waiting")}
        assert told == {"1": "waiting-scan", "3": "waiting-disk"} and filed(shift) == {}
        assert office.run(again := office.shift()) == {"waiting": 1} and filed(again) == {}, "killed and begun anew"
    (last,) = (item for item in again.journal.items() if item.scan.part == "3")
    args = {"kind": "item", "name": str(last.number), "reason": "bỏ", "operator": "lan"}
    requests._do(Request(1, "reject", args), again)
    assert office.run(again) == {"filed": 1} and set(filed(again)) == {"1"}
    assert reasons(office, "rejected") == {"3": ("rejected-by-clerk", "bỏ")} and office.engine.jobs["marked_pages"] == 2


def test_the_morning_page_has_the_sums(office: Office, tmp_path: Path) -> None:
    drop(office, [letter(1), sheet(tmp_path), letter(2)])
    shift = office.shift()
    assert office.run(shift) == {"filed": 2}
    day = local_date(office.clock())
    office.set_clock(1, "02:00", day)
    nightly.do(due(shift), shift.tools, shift.journal)
    page = (office.folder / "out" / nightly.REPORTS / f"{day.isoformat()}.txt").read_text("utf-8-sig")
    assert "Tập quét: 3 trang = 2 đã lưu + 1 tờ phân cách" in page
    assert report.LINES >= len(page.splitlines())
