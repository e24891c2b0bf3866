"""Files, fonds and documents in other documents' places, as an archivist has them on the command line."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageDraw, ImageFont

from processor.cli import cli
from processor.errors import SohoaError
from tests.processor.intake.test_listed import workbook
from tests.processor.intake.test_spreadsheets import changed
from tests.processor.test_filelist import ABOVE, HEAD
from tests.station import demo, sohoa
from tests.testkit import faces, scans

YEAR = dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).year
DEMO = "H05.99.2026.01.VP"
LIST = (*[[cell.replace("2026", str(YEAR)) for cell in row] for row in ABOVE], HEAD, ["I", "TỔ CHỨC CÁN BỘ"])


@dataclass
class Desk:
    """A station, and the verbs in this process."""

    folder: Path

    def call(self, *words: str) -> Result:
        return CliRunner().invoke(cli, [*words, "--station", str(self.folder)])

    def ok(self, *words: str) -> str:
        result = self.call(*words)
        assert result.exit_code == 0, (words, result.output, result.exception)
        return result.output

    def json(self, *words: str) -> Any:
        return json.loads(self.ok(*words, "--json"))

    def refused(self, *words: str) -> str:
        result = self.call(*words)
        assert result.exception is not None, result.output
        return str(result.exception)

    def files(self) -> dict[str, dict[str, Any]]:
        return {row["file_code"]: row for row in self.json("files", "list")}


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo(tmp_path_factory.mktemp("office") / "station")


@pytest.fixture
def desk(new: Path, tmp_path: Path) -> Iterator[Desk]:
    shutil.copytree(new, tmp_path / "station")
    yield Desk(tmp_path / "station")


def code(notation: str) -> str:
    return f"H05.99.{YEAR}.{notation}"


def test_a_list_is_imported_once_and_its_wrong_rows_are_told(desk: Desk, tmp_path: Path) -> None:
    rows = [["01.TCCB", "Hồ sơ bộ máy", "Vĩnh viễn", "Văn phòng"], ["02/TCCB", "Hồ sơ khác", "10 năm"], ["03.TCCB", "+84 hồ sơ", "05 năm", "", "x"]]
    listed = str(workbook(tmp_path / "dm.xlsx", *LIST, *rows))
    dry = desk.call("files", "import", listed, "--dry-run")
    assert dry.exit_code == 2 and code("01.TCCB") not in desk.files()
    told = desk.call("files", "import", listed, "--json")
    made = json.loads(told.output)
    assert (told.exit_code, made["declared"]) == (2, [code("01.TCCB"), code("03.TCCB")])
    assert [(row["row"], row["code"]) for row in made["rows"]] == [(9, "row-bad-notation")]
    again = json.loads(desk.call("files", "import", listed, "--json").output)
    assert (again["declared"], again["changed"], again["same"]) == ([], [], [code("01.TCCB"), code("03.TCCB")])
    kept = desk.files()
    assert [kept[code(n)]["retention"] for n in ("01.TCCB", "03.TCCB")] == ["permanent", "years:5"]
    assert (kept[code("01.TCCB")]["section"], kept[code("01.TCCB")]["creator"]) == ("I TỔ CHỨC CÁN BỘ", "Văn phòng")
    assert "all hold" in desk.ok("verify")


def test_what_differs_is_changed_only_when_asked_and_only_while_open(desk: Desk, tmp_path: Path) -> None:
    for notation in ("01.VX", "02.VX"):
        desk.ok("files", "add", notation, "Cũ", "--year", str(YEAR), "--maintenance", "10 năm")
    desk.ok("files", "close", "02.VX")
    listed = str(workbook(tmp_path / "dm.xlsx", HEAD, ["01.VX", "Mới", "20 năm"], ["02.VX", "Mới", "20 năm"]))
    assert "--year" in desk.refused("files", "import", listed)
    other = str(workbook(tmp_path / "x.xlsx", HEAD, [f"H05.99.{YEAR - 1}.07.VX", "Năm khác", "20 năm"], [code("08.VX"), "Mã đủ", "20 năm"]))
    told = json.loads(desk.call("files", "import", other, "--year", str(YEAR), "--dry-run", "--json").output)
    assert (told["declared"], [row["code"] for row in told["rows"]]) == ([code("08.VX")], ["row-bad-notation"])
    first = json.loads(desk.call("files", "import", listed, "--year", str(YEAR), "--json").output)
    assert [row["code"] for row in first["rows"]] == ["row-differs", "row-closed"]
    second = json.loads(desk.call("files", "import", listed, "--year", str(YEAR), "--update", "--json").output)
    assert (second["changed"], [row["code"] for row in second["rows"]]) == ([code("01.VX")], ["row-closed"])
    kept = desk.files()
    assert [(kept[code(n)]["title"], kept[code(n)]["retention"]) for n in ("01.VX", "02.VX")] == [("Mới", "years:20"), ("Cũ", "years:10")]
    assert "all hold" in desk.ok("verify")


def test_a_list_of_another_year_or_none_at_all_is_refused(desk: Desk, tmp_path: Path) -> None:
    listed = str(workbook(tmp_path / "dm.xlsx", *LIST, ["01.VX", "Mới", "20 năm"]))
    assert f"list of {YEAR}" in desk.refused("files", "import", listed, "--year", str(YEAR - 1))
    (tmp_path / "x.csv").write_bytes(b"a,b\n")
    assert "không tìm thấy dòng tiêu đề" in desk.refused("files", "import", str(tmp_path / "x.csv"), "--year", "2026")


def test_a_hostile_workbook_declares_nothing(desk: Desk, tmp_path: Path) -> None:
    listed = changed(workbook(tmp_path / "dm.xlsx", HEAD, ["01.VX", "Mới", "20 năm"]), "xl/vbaProject.bin", lambda _: b"x")
    assert "macro" in desk.refused("files", "import", str(listed), "--year", str(YEAR))
    assert code("01.VX") not in desk.files()


def test_a_file_closed_by_mistake_is_opened_again(desk: Desk) -> None:
    desk.ok("files", "add", "01.VX", "Hồ sơ việc", "--year", str(YEAR))
    assert "is open" in desk.refused("files", "reopen", "01.VX", "--reason", "Đóng nhầm")
    desk.ok("files", "close", "01.VX", "--ended", f"{YEAR}-01-02")
    assert "--reason is empty" in desk.refused("files", "reopen", "01.VX", "--reason", " ")
    assert f"opened {code('01.VX')} again" in desk.ok("files", "reopen", "01.VX", "--reason", "Đóng nhầm")
    assert (desk.files()[code("01.VX")]["closed_at"], desk.files()[code("01.VX")]["ended_on"]) == (None, None)
    assert "all hold" in desk.ok("verify")


def test_who_opens_a_file_again_is_told_that_it_was_packed(desk: Desk, tmp_path: Path) -> None:
    page(desk.folder / "drop" / "sao-y" / "a.png", "Văn bản")
    assert run(desk) == 0
    (file_code,) = (row["file_code"] for row in desk.json("find"))
    desk.ok("files", "close", file_code)
    desk.ok("export", "--file", file_code, "--as", "sip", "--partial", "--out", str(tmp_path / "sip"))
    assert "a package of it was made" in desk.ok("files", "reopen", file_code, "--reason", "Bổ sung văn bản")


def test_what_has_run_out_is_told_and_nothing_more(desk: Desk) -> None:
    for notation, period in (("01.CU", "05 năm"), ("02.CU", "70 năm"), ("03.CU", "Vĩnh viễn"), ("04.CU", "Đến khi văn bản hết hiệu lực")):
        desk.ok("files", "add", f"H05.99.2010.{notation}", "Hồ sơ cũ", "--year", "2010", "--maintenance", period)
        desk.ok("files", "close", f"H05.99.2010.{notation}", "--ended", "2012-06-30")
    desk.ok("files", "add", "H05.99.2010.05.CU", "Chưa đóng", "--year", "2010", "--maintenance", "05 năm")
    due = desk.json("files", "list", "--due")
    assert [(row["file_code"], row["due_on"]) for row in due] == [("H05.99.2010.01.CU", "2018-01-01")]
    assert "hết hạn từ 2018-01-01" in desk.ok("files", "list", "--due")
    assert len(desk.files()) == 6


def test_the_fonds_of_a_dissolved_body_takes_no_new_files(desk: Desk) -> None:
    desk.ok("fonds", "add", "P01", "Phông UBND xã Cũ", "--history", "Giải thể ngày 01/7/2025")
    desk.ok("files", "add", "H05.98.2024.01.VX", "Việc dở dang", "--year", "2024", "--fonds", "P01")
    desk.ok("fonds", "close", "P01")
    assert "takes no new files" in desk.refused("files", "add", "H05.98.2025.01.VX", "Mới", "--year", "2025", "--fonds", "P01")
    desk.ok("files", "add", "01.VX", "Việc dở dang, tiếp", "--year", str(YEAR), "--continues", "H05.98.2024.01.VX")
    assert "not declared" in desk.refused("files", "add", "02.VX", "x", "--year", str(YEAR), "--continues", "H05.98.1999.01.VX")
    assert "not declared" in desk.refused("files", "add", "02.VX", "x", "--year", str(YEAR), "--fonds", "P09")
    assert [(row["code"], row["files"], bool(row["closed_at"])) for row in desk.json("fonds", "list")] == [("P01", 1, True)]
    assert desk.files()[code("01.VX")]["continues"] == "H05.98.2024.01.VX"
    assert "all hold" in desk.ok("verify")


def page(folder: Path, text: str) -> None:
    """A page that is read in a blink."""
    picture = Image.new("L", (827, 1169), 255)
    ImageDraw.Draw(picture).text((100, 200), text, font=ImageFont.truetype(str(faces.path("regular")), 24), fill=0)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scans.png(folder, picture, dpi=100)


def run(desk: Desk) -> int:
    return sohoa(desk.folder, "run").returncode


def test_a_document_finds_its_right_file_and_a_better_scan_its_place(desk: Desk) -> None:
    drop, settings = desk.folder / "drop" / "sao-y", desk.folder / "sohoa.toml"
    settings.write_text(settings.read_text("utf-8").replace('settle = "1s"', 'settle = "0.2s"').replace('past_year = "take"\n', ""), "utf-8")
    desk.ok("files", "add", "02.TCCB", "Hồ sơ đúng", "--year", str(YEAR))
    desk.ok("files", "add", "H05.99.2020.09.CU", "Hồ sơ năm 2020", "--year", "2020")
    desk.ok("files", "add", "01.VX", "Hồ sơ năm nay", "--year", str(YEAR))
    page(drop / "01.VX" / "mo.png", "Quyết định về việc nâng lương")
    page(drop / "H05.99.2020.09.CU" / "ro.png", "Quyết định về việc nâng lương, bản rõ")
    assert run(desk) == 2, "one is held: its file is of a past year"
    told = desk.json("status")
    assert [item["code"] for item in told["held"]] == ["file-past-year"]

    old = code("01.VX") + ".0000001"
    moved = json.loads(desk.ok("refile", old, "--file", "02.TCCB", "--reason", "Xếp nhầm", "--json"))
    assert (moved["doc_code"], moved["supersedes"], moved["state"]) == (code("02.TCCB") + ".0000001", old, "filed")
    assert moved["path"].endswith(f"{old}.pdf") and (desk.folder / "archive" / moved["path"]).is_file()
    assert [row["doc_code"] for row in desk.json("find", "nâng", "lương")] == [moved["doc_code"]]
    assert f"→ {moved['doc_code']}" in desk.ok("find", "--field", "state=void")
    assert desk.json("show", old)["superseded_by"] == moved["doc_code"]
    desk.ok("describe", moved["doc_code"], "--set", "maintenance=70 năm")
    assert desk.files()[code("02.TCCB")]["retention"] == "years:70", "the longest of its documents rules"
    assert "reason" in desk.refused("refile", moved["doc_code"], "--file", "01.VX", "--reason", " ")
    assert f"is void: {moved['doc_code']} counts" in desk.refused("refile", old, "--file", "01.VX", "--reason", "x")

    better = told["held"][0]["folder"]
    assert "counts until" in desk.ok("supersede", moved["doc_code"], "--by", better, "--reason", "Bản quét mờ")
    desk.ok("release", better)
    assert run(desk) == 0
    new = desk.json("show", "H05.99.2020.09.CU.0000001")
    assert (new["state"], new["supersedes"]) == ("filed", moved["doc_code"])
    assert desk.json("show", moved["doc_code"])["state"] == "void"
    assert {row["doc_code"] for row in desk.json("find", "--field", "organ_id=H05.99")} == {new["doc_code"]}
    assert desk.json("status")["counts"]["void"] == 2
    assert "checked 3 documents: all hold" in desk.ok("verify")


def test_another_document_takes_a_place_only_where_somebody_says_so(desk: Desk) -> None:
    for name in ("mo", "ro", "sau"):
        page(desk.folder / "drop" / "sao-y" / f"{name}.png", f"Bản quét {name}")
    assert run(desk) == 0
    old, better, third = sorted(row["doc_code"] for row in desk.json("find"))
    desk.ok("describe", old, "--set", "organ_name=Ủy ban nhân dân xã A", "--set", "type_name=Quyết định", "--set", "code_number=15")
    desk.ok("describe", better, "--set", "organ_name=Sở Nội vụ", "--set", "type_name=Công văn", "--set", "code_number=015")
    told = desk.refused("supersede", old, "--by", better, "--reason", "Bản quét mờ")
    assert "organ_name: Ủy ban nhân dân xã A / Sở Nội vụ" in told and "type_name: Quyết định / Công văn" in told
    assert "--differs" in told and "code_number" not in told
    assert desk.json("show", old)["state"] == "filed"
    assert "is void" in desk.ok("supersede", old, "--by", better, "--reason", "Bản cũ ghi nhầm cơ quan", "--differs")
    assert "is void" in desk.ok("supersede", better, "--by", third, "--reason", "Bản quét mờ"), "of it nothing is known that differs"


def test_what_is_held_is_asked_about_by_what_was_said_of_it(desk: Desk) -> None:
    page(desk.folder / "drop" / "sao-y" / "mo.png", "Bản quét mờ")
    page(desk.folder / "drop" / "sao-y" / "khong-khai" / "ro.png", "Bản quét rõ")
    assert run(desk) == 2
    (old,) = (row["doc_code"] for row in desk.json("find"))
    desk.ok("describe", old, "--set", "code_number=15")
    (held,) = (desk.folder / each["folder"] for each in desk.json("status")["held"])
    (held / "fields.json").write_text('{"code_number": "16"}', "utf-8")
    asked = ("supersede", old, "--by", held.name, "--reason", "Bản quét mờ")
    assert "code_number: 15 / 16" in desk.refused(*asked)
    assert "counts until" in desk.ok(*asked, "--differs")


def ordered_and_held(desk: Desk) -> tuple[str, Path, tuple[str, ...]]:
    """A scan that was ordered to take a filed document's place before anybody knew that it is another: its code, the lot, the order."""
    page(desk.folder / "drop" / "sao-y" / "mo.png", "Bản quét mờ")
    page(desk.folder / "drop" / "sao-y" / "khong-khai" / "ro.png", "Bản quét rõ")
    assert run(desk) == 2
    (old,) = (row["doc_code"] for row in desk.json("find"))
    desk.ok("describe", old, "--set", "code_number=15", "--set", "issued_date=2026-03-05")
    (held,) = (desk.folder / each["folder"] for each in desk.json("status")["held"])
    asked = ("supersede", old, "--by", str(held.relative_to(desk.folder)), "--reason", "Bản quét mờ")
    assert "counts until" in desk.ok(*asked), "nothing is known of it yet"
    (held / "fields.json").write_text(json.dumps({"code_number": "16", "issued_date": "2026-03-05", "file_code": DEMO}), "utf-8")
    desk.ok("release", asked[3])
    assert run(desk) == 2
    assert [each["code"] for each in desk.json("status")["held"]] == ["place-differs"]
    assert desk.json("show", old)["state"] == "filed", "nothing is void yet"
    return old, held, asked


def test_a_scan_ordered_into_a_place_before_it_was_known_is_compared_when_it_is(desk: Desk) -> None:
    old, held, asked = ordered_and_held(desk)
    told = (held / "ly-do.txt").read_text("utf-8-sig")
    assert f"{old}, khác ở: số (code_number)" in told and "--differs" in told
    assert "code_number: 15 / 16" in desk.refused(*asked)
    (held / "fields.json").write_text("{}", "utf-8")
    assert "code_number" in desk.refused(*asked), "what was read of it is known by what it is held for"
    (held / "fields.json").write_text(json.dumps({"code_number": "16", "file_code": DEMO}), "utf-8")
    desk.ok(*asked, "--differs")
    desk.ok("release", asked[3])
    assert run(desk) == 0
    after = desk.json("show", old)
    assert after["state"] == "void" and desk.json("show", after["superseded_by"])["code_number"] == "16"


def test_a_scan_that_turned_out_to_be_another_document_is_released_into_no_place(desk: Desk) -> None:
    old, _, asked = ordered_and_held(desk)
    desk.ok("release", asked[3])
    assert run(desk) == 0
    assert desk.json("show", old)["state"] == "filed"
    (new,) = (row["doc_code"] for row in desk.json("find") if row["doc_code"] != old)
    assert desk.json("show", new)["supersedes"] is None
    assert "is void" in desk.ok("supersede", old, "--by", new, "--reason", "Đã xem lại", "--differs"), "as any two filed documents"
    assert "all hold" in desk.ok("verify")


def test_a_slip_mended_while_it_is_held_lets_the_scan_into_its_place(desk: Desk) -> None:
    old, held, asked = ordered_and_held(desk)
    (held / "fields.json").write_text(json.dumps({"code_number": "15", "issued_date": "2026-03-05", "file_code": DEMO}), "utf-8")
    desk.ok("release", asked[3])
    assert run(desk) == 0
    assert desk.json("show", old)["state"] == "void"


def test_what_is_typed_wrong_is_told(desk: Desk) -> None:
    assert isinstance(desk.call("refile", "nothing", "--file", "01.VX", "--reason", "x").exception, SohoaError)
    assert isinstance(desk.call("supersede", "nothing", "--by", "x", "--reason", "x").exception, SohoaError)
    assert desk.call("refile", "x", "--file", "01.VX").exit_code == 2, "click's own: no reason given"
