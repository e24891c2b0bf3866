"""The clerk's side of the queue, by the real command: side-cars, what is held and why, and every way out of it.

One morning's scans are dropped, processed, and looked at; then the clerk acts on each, and one more run ends the day.
"""

import datetime as dt
import hashlib
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import station
from tests.testkit import samples, scans

YEAR = dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).year
DEMO_FILE = "H05.99.2026.01.VP"
SAID = {
    "type_name": "Tờ trình", "code_number": "27", "code_notation": "TTr-UBND", "issued_date": "2026-03-02",
    "organ_name": "Ủy ban nhân dân xã Thử Nghiệm", "subject": "Về việc kiểm thử tệp đi kèm", "signer_name": "Lê Văn Mẫu",
}  # fmt: skip
EXTRACT = {"pages": "1-2", "subject": "Trích hai trang"}


def full(notation: str) -> str:
    return f"H05.99.{YEAR}.{notation}"


@dataclass(frozen=True)
class Office:
    """A station and the command line on it."""

    folder: Path

    def do(self, *words: str) -> subprocess.CompletedProcess[str]:
        return station.sohoa(self.folder, *words)

    def ok(self, *words: str) -> str:
        done = self.do(*words)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.do(*words, "--json").stdout)

    def drop(self, where: str, write: Callable[[Path], object], said: object = None) -> None:
        path = self.folder / "drop" / where
        path.parent.mkdir(parents=True, exist_ok=True)
        if said is not None:
            path.with_name(f"{path.name}.json").write_bytes(said if isinstance(said, bytes) else json.dumps(said).encode())
        write(path)


def page(seed: int) -> Callable[[Path], object]:
    return lambda path: station.page(path, seed, wear="clean")


def several(seed: int) -> Callable[[Path], object]:
    return lambda path: scans.pdf(path, samples.sample(seed, dpi=150, wear="clean").aged, 150)


def label(seed: int) -> Callable[[Path], object]:
    """A slip of paper on which the block of the legal form finds no room."""
    image = samples.sample(seed, dpi=100, wear="clean").aged[0]
    return lambda path: scans.png(path, image.crop((100, 100, 160, 160)), dpi=100)


def make(folder: Path) -> Office:
    station.set_up(station.demo(folder), ("[lanes.sao-luc]", '[lanes.sao-luc]\nsidecar = "required"'))
    return Office(folder)


@dataclass(frozen=True)
class Seen:
    """What a person sees after a run."""

    office: Office
    code: int
    status: dict[str, Any]
    filed: dict[str, dict[str, Any]]
    lots: dict[str, dict[str, bytes]]

    def ids(self) -> dict[str, str]:
        return {item["name"]: item["id"] for item in (*self.status["held"], *self.status["rejected"])}

    def lot(self, name: str) -> Path:
        """The folder a scan of this name lies in."""
        every = (*self.status["held"], *self.status["rejected"])
        return self.office.folder / str(next(item["folder"] for item in every if item["name"] == name))

    def place(self, name: str) -> str:
        """That folder as an ID, where the same bytes lie in several."""
        return self.lot(name).relative_to(self.office.folder).as_posix()

    def why(self, state: str) -> dict[str, str]:
        return {item["name"]: item["code"] for item in self.status[state] if item["name"] != "noi-khac-nua.png"}


def look(office: Office, code: int) -> Seen:
    status = office.json("status")
    lots = {
        item["name"]: {path.name: path.read_bytes() for path in (office.folder / item["folder"]).iterdir()}
        for item in (*status["held"], *status["rejected"])
    }
    return Seen(office, code, status, {r["original_name"]: r for r in office.json("find")}, lots)


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    office = make(tmp_path_factory.mktemp("office") / "station")
    for notation in ("02.TCCB", "04.KT", "05.NHO"):
        office.ok("files", "add", full(notation), f"Hồ sơ {notation}", "--year", str(YEAR))
    office.ok("files", "close", full("04.KT"))
    office.drop("sao-y/ghi-san.png", page(1), SAID)
    office.drop("sao-y/02.TCCB/theo-thu-muc.png", page(4))
    office.drop("trich-sao/hai-trang.pdf", several(3), EXTRACT)
    office.drop("trich-sao/chua-neu-trang.pdf", several(28))
    office.drop("sao-y/sai.png", page(2), {"subjekt": "x"})
    office.drop("sao-luc/thieu.png", page(5))
    (office.folder / "drop/luu-tru/le-loi.png.json").write_text("{}")
    office.drop("sao-y/02.TCCB/noi-khac.png", page(6), {"file_code": DEMO_FILE})
    office.drop("sao-luc/02.TCCB/noi-khac-cho.png", page(6))
    office.drop("sao-y/01.VP/noi-khac-nua.png", page(7), {"file_code": full("02.TCCB")})
    office.drop("sao-y/03.VX/chua-khai.png", page(15), {"page_amount": 7, "signer_name": "Lê Văn Mẫu"})
    office.drop("sao-y/04.KT/da-dong.png", page(5))  # the same bytes as thieu.png, in another lane
    office.drop("luu-tru/05.NHO/nhan.png", label(17))
    office.drop("sao-y/khoa.pdf", lambda path: scans.encrypted(path, samples.sample(1, dpi=100).aged[:1], 100))
    return look(office, office.do("run").returncode)


def test_each_is_held_with_its_code(morning: Seen) -> None:
    assert morning.why("held") == {
        "chua-neu-trang.pdf": "pages-missing", "sai.png": "sidecar-bad", "thieu.png": "sidecar-missing",
        "le-loi.png.json": "sidecar-orphan", "noi-khac.png": "sidecar-bad",
        "noi-khac-cho.png": "sidecar-missing", "chua-khai.png": "file-unknown",
        "da-dong.png": "file-closed", "nhan.png": "no-room",
    }  # fmt: skip
    assert morning.why("rejected") == {"khoa.pdf": "encrypted"}
    assert morning.code == 2
    assert not [path for path in (morning.office.folder / "drop").rglob("*") if path.is_file()]


def test_a_side_car_may_not_name_another_file_than_its_folder(morning: Seen) -> None:
    assert "noi-khac-nua.png" not in morning.filed


def test_beside_what_is_held_lies_a_page_the_clerk_can_read(morning: Seen) -> None:
    for name, files in morning.lots.items():
        text = files["ly-do.txt"].decode("utf-8")
        assert text.startswith("\ufeff") and text.count("\n") == text.count("\r\n") > 5, name
        assert "Lý do: " in text and "Việc cần làm: " in text and name in text
        assert files[name], "the bytes lie there under their own name"
    assert "Hồ sơ được nêu chưa được khai báo." in morning.lots["chua-khai.png"]["ly-do.txt"].decode()


def test_fields_json_holds_what_was_said_and_blanks_for_the_rest(morning: Seen) -> None:
    fields = json.loads(morning.lots["chua-khai.png"]["fields.json"])
    assert fields["file_code"] == full("03.VX") and fields["signer_name"] == "Lê Văn Mẫu"
    assert {"pages", "type_name", "code_number", "issued_date", "subject"} <= fields.keys() and fields["subject"] == ""
    assert "fields.json" not in morning.lots["khoa.pdf"]


def test_a_side_car_goes_before_what_is_read(morning: Seen) -> None:
    record = morning.filed["ghi-san.png"]
    assert {name: record[name] for name in SAID} == SAID
    assert {record["confidence"][name] for name in SAID} == {1.0}
    assert record["description"] == "full"


def test_a_side_cars_hash_is_in_the_record_on_the_shelf(morning: Seen) -> None:
    for name, said in (("ghi-san.png", SAID), ("hai-trang.pdf", EXTRACT)):
        path = morning.office.folder / "archive" / morning.filed[name]["path"]
        kept = json.loads(path.with_suffix(".json").read_bytes())["provenance"]
        assert kept["sidecar_sha256"] == hashlib.sha256(json.dumps(said).encode()).hexdigest()


def test_an_extract_is_of_the_pages_named(morning: Seen) -> None:
    record = morning.filed["hai-trang.pdf"]
    assert (record["form"], record["part"], record["pages"]) == ("trich-sao", "1-2", 2)
    assert record["block_text"].startswith("TRÍCH SAO; ")


def test_a_sub_folder_names_the_file_by_its_notation(morning: Seen) -> None:
    record = morning.filed["theo-thu-muc.png"]
    assert (record["file_code"], record["doc_code"]) == (full("02.TCCB"), f"{full('02.TCCB')}.0000001")


def test_unknown_and_ambiguous_ids_are_told_plainly(morning: Seen) -> None:
    held, filed = morning.ids()["sai.png"], morning.filed["ghi-san.png"]["doc_code"]
    asked = [
        ("release", "khong-co", "nothing is known by khong-co"),
        ("release", morning.ids()["thieu.png"], "means several"),
        ("release", morning.ids()["thieu.png"], "\n  held/"),
        ("show", "H05.99", "begin with 'H05.99'; type more of one of these:\n"),
        ("show", "H05.99", f"\n  {filed}  filed  20"),
        ("describe", "H05.99", "--set", "subject=x", f"\n  {filed}  filed  "),
        ("describe", held, "--set", "subjekt=x", "'subjekt' cannot be described"),
        ("describe", held, "--set", "issued_date=2.3.2026", "YYYY-MM-DD"),
        ("describe", held, "--set", "code_number=abc", "a number is written with digits"),
        ("describe", filed, "--set", "code_number=abc", "a number is written with digits"),
        ("describe", held, "--set", "code_number=8/CT-X", "letters after its / are code_notation"),
        ("describe", morning.ids()["khoa.pdf"], "--set", "subject=x", "is rejected, not held"),
        ("describe", morning.ids()["le-loi.png.json"], "--set", "subject=x", "a side-car alone"),
        ("retry", held, "is held: `release` sends it on"),
        ("retry", filed, "a second copy wants --again"),
        ("retry", "--all", filed, "retry wants an ID or --all"),
    ]
    for *words, told in asked:
        done = morning.office.do(*words)
        assert (done.returncode, done.stdout) == (1, ""), words
        assert told in done.stderr and "Traceback" not in done.stderr, (words, done.stderr)
    assert morning.office.json("status") == morning.status, "nothing was done"


def test_no_id_means_nothing(tmp_path: Path) -> None:
    office = make(tmp_path / "station")
    (office.folder / "drop/sao-y/le-loi.png.json").write_text("{}")
    assert office.do("run").returncode == 2
    done = office.do("reject", "", "--reason", "x")
    assert done.returncode == 1 and "nothing is known by" in done.stderr


@pytest.fixture(scope="module")
def evening(morning: Seen) -> Seen:
    """The clerk acts on everything, by what `ly-do.txt` and the manual say, and a last run does the work."""
    office, held = morning.office, morning.ids()
    fields = morning.lot("thieu.png") / "fields.json"
    fields.write_bytes(b"\xef\xbb\xbf" + json.dumps(json.loads(fields.read_bytes()) | SAID, ensure_ascii=False).encode())
    office.ok("release", morning.place("thieu.png"))
    (morning.lot("sai.png") / "fields.json").write_text('{"subject": "gõ tay rất lâu",}', "utf-8")
    office.ok("release", held["sai.png"][:12])
    office.ok("describe", held["chua-neu-trang.pdf"][:12], "--set", "pages=1-2", "--set", "subject=Trích")
    office.ok("files", "add", full("03.VX"), "Hồ sơ mới", "--year", str(YEAR))
    office.ok("release", held["chua-khai.png"], "--reason", "đã khai báo")
    office.ok("describe", morning.place("da-dong.png"), "--set", f"file_code={DEMO_FILE}")
    office.ok("reject", held["le-loi.png.json"], "--reason", "bỏ")
    office.ok("reject", morning.place("noi-khac.png"), "--reason", "quét nhầm")
    office.ok("reject", f"{full('05.NHO')}.0000001", "--reason", "nhãn, không phải văn bản")
    office.ok("retry", held["khoa.pdf"][:12])
    office.ok("retry", morning.filed["ghi-san.png"]["doc_code"], "--again", "--reason", "bản sao thứ hai cho Tòa án")
    office.drop("luu-tru/05.NHO/sau-nhan.png", page(18))
    typed = morning.lot("noi-khac-cho.png") / "fields.json"
    typed.write_text(json.dumps(json.loads(typed.read_bytes()) | {"subject": "gõ dở"}), "utf-8")
    office.drop("sao-luc/02.TCCB/noi-khac-cho.png", page(6))
    return look(office, office.do("run").returncode)


def test_filling_in_fields_json_files_it(evening: Seen) -> None:
    record = evening.filed["thieu.png"]
    assert (record["subject"], record["confidence"]["subject"]) == (SAID["subject"], 1.0)


def test_describing_a_held_one_files_it(evening: Seen) -> None:
    record = evening.filed["chua-neu-trang.pdf"]
    assert (record["part"], record["pages"], record["subject"]) == ("1-2", 2, "Trích")
    assert evening.filed["da-dong.png"]["file_code"] == DEMO_FILE


def test_what_named_an_unknown_file_goes_on_when_it_is_declared(evening: Seen) -> None:
    record = evening.filed["chua-khai.png"]
    assert record["doc_code"] == f"{full('03.VX')}.0000001"
    assert record["signer_name"] == "Lê Văn Mẫu", "what its side-car said still holds"


def test_all_that_a_side_car_said_still_holds_after_release(evening: Seen) -> None:
    assert evening.filed["chua-khai.png"]["page_amount"] == 7


def test_what_was_released_is_gone_from_held(evening: Seen) -> None:
    assert evening.code == 2
    assert set(evening.why("held")) == {"sai.png", "noi-khac-cho.png"}
    left = {path.name for path in (evening.office.folder / "held").glob("*/*/*") if path.suffix in {".png", ".pdf"}}
    assert left - {"noi-khac-nua.png"} == {"sai.png", "noi-khac-cho.png"}


def test_a_slip_of_the_keyboard_does_not_cost_what_was_typed(evening: Seen) -> None:
    assert evening.why("held")["sai.png"] == "sidecar-bad"
    assert "gõ tay rất lâu" in evening.lots["sai.png"]["fields.json"].decode()


def test_dropping_it_again_does_not_cost_what_was_typed(evening: Seen) -> None:
    assert json.loads(evening.lots["noi-khac-cho.png"]["fields.json"])["subject"] == "gõ dở"


def test_what_was_rejected_lies_with_the_reason_given(evening: Seen) -> None:
    assert evening.why("rejected") == {
        "khoa.pdf": "encrypted", "le-loi.png.json": "rejected-by-clerk", "noi-khac.png": "rejected-by-clerk",
        "nhan.png": "rejected-by-clerk"}  # fmt: skip
    told = evening.lots["noi-khac.png"]
    assert json.loads(told["reason.json"])["detail"] == "quét nhầm" and told["noi-khac.png"]
    assert (told["noi-khac.png.json"], json.loads(told["reason.json"])["doc_code"]) == (
        json.dumps({"file_code": DEMO_FILE}).encode(), None)  # fmt: skip


def test_a_code_that_was_numbered_and_rejected_is_void_and_never_used_again(evening: Seen) -> None:
    assert json.loads(evening.office.do("show", f"{full('05.NHO')}.0000001", "--json").stdout)["state"] == "void"
    assert evening.filed["sau-nhan.png"]["doc_code"] == f"{full('05.NHO')}.0000002"
    assert evening.status["counts"]["void"] == 1


def test_a_second_copy_has_its_own_code(evening: Seen) -> None:
    copies = [r for r in evening.office.json("find", "--limit", "99") if r["original_name"] == "ghi-san.png"]
    assert len({r["doc_code"] for r in copies}) == 2 and len({r["scan_sha256"] for r in copies}) == 1
    assert len({r["sha256"] for r in copies}) == 2
    assert len(list((evening.office.folder / "out/sao-y").glob("ghi-san*.pdf"))) == 2


def test_describing_a_filed_one_adds_and_leaves_the_shelf_alone(evening: Seen) -> None:
    office = evening.office
    partial = [r for r in evening.filed.values() if r["description"] == "partial"]
    record = next(r for r in partial if r["original_name"] == "theo-thu-muc.png")
    shelf = (office.folder / "archive" / record["path"]).parent
    before = {path: path.read_bytes() for path in shelf.rglob("*") if path.is_file()}
    said = json.loads(office.ok("describe", record["doc_code"], "--json", *(f"--set={n}={v}" for n, v in SAID.items())))
    assert (said["description"], said["subject"]) == ("full", SAID["subject"])
    shown = office.json("show", record["doc_code"])
    types = [event["type"] for event in shown["events"]]
    assert [each for each in types if each != "same-number"][-1] == "described"  # other pages here bear the same number
    assert {path: path.read_bytes() for path in shelf.rglob("*") if path.is_file()} == before
    assert record["doc_code"] not in {item["id"] for item in office.json("status")["to_describe"]}


def test_the_archive_holds_at_the_end_of_the_day(evening: Seen) -> None:
    verified = evening.office.json("verify", "--all")
    assert verified["ok"], verified["findings"]
    ordinals: dict[str, list[int]] = {}
    for record in (*evening.office.json("find"), *evening.office.json("find", "--field", "state=void")):
        ordinals.setdefault(record["file_code"], []).append(record["doc_ordinal"])
    assert all(sorted(each) == list(range(1, len(each) + 1)) for each in ordinals.values())


def test_what_sohoa_itself_failed_at_is_tried_again_by_retry_all(tmp_path: Path) -> None:
    office = make(tmp_path / "station")
    settings = office.folder / "sohoa.toml"
    text = settings.read_text("utf-8")
    settings.write_text(f"{text}\n[engine]\nseconds_per_document = 0.001\nseconds_per_page = 0\n", "utf-8")
    for name, seed in (("a.png", 1), ("b.png", 2)):
        office.drop(f"sao-y/{name}", page(seed))
    assert office.do("run").returncode == 2
    settings.write_text(text, "utf-8")
    reasons = sorted((office.folder / "rejected").rglob("reason.json"))
    assert [json.loads(path.read_text("utf-8"))["code"] for path in reasons] == ["too-slow", "too-slow"]
    gone = next(reasons[0].parent.glob("*.png"))
    gone.unlink()  # the first of them cannot be taken up any more: that must not stop the second
    office.ok("retry", "--all", "--reason", "máy chủ đã mạnh hơn")
    assert office.do("run").returncode == 0
    (record,) = office.json("find")
    assert record["original_name"] in {"a.png", "b.png"} - {gone.name}


def test_an_older_catalogue_put_back_costs_nothing(tmp_path: Path) -> None:
    """Nobody may take what was filed since the backup for an interrupted filing's leavings."""
    office = make(tmp_path / "station")
    catalogue, drop = office.folder / "archive" / "catalogue.db", office.folder / "drop" / "sao-y"
    scans.png(drop / "mot.png", samples.sample(1, dpi=100).aged[0], dpi=100)
    assert office.do("run").returncode == 0
    older = catalogue.read_bytes()
    scans.png(drop / "hai.png", samples.sample(2, dpi=100).aged[0], dpi=100)
    assert office.do("run").returncode == 0
    newer, files = catalogue.read_bytes(), sorted((office.folder / "archive").rglob("*"))
    catalogue.write_bytes(older)
    refused = office.do("run")
    assert refused.returncode == 3 and "older copy" in refused.stderr
    assert sorted((office.folder / "archive").rglob("*")) == files
    catalogue.unlink()
    assert office.do("run").returncode == 3 and not catalogue.exists()
    catalogue.write_bytes(newer)
    known, book = office.json("find"), [tmp_path / name for name in ("before.csv", "after.csv")]
    office.ok("registers", "so-ban-sao", "--out", str(book[0]))
    catalogue.unlink()
    made = office.json("rebuild")  # of a day that no seal or head tells of
    assert made["ok"] and (made["entries"], sorted(made["adopted"])) == (0, sorted(each["doc_code"] for each in known))
    assert office.do("run").returncode == 0 and office.do("verify").returncode == 0
    assert sorted(office.json("find"), key=str) == sorted(known, key=str)
    office.ok("registers", "so-ban-sao", "--out", str(book[1]))
    assert book[0].read_bytes() == book[1].read_bytes() and len(book[0].read_text("utf-8").splitlines()) > 2
    catalogue.write_bytes(older)
    made = office.json("rebuild")
    assert made["sources"] == ["catalogue"] and len(made["adopted"]) == 1 and (office.folder / "archive" / made["aside"]).exists()
    assert office.do("verify").returncode == 0
    catalogue.write_bytes(newer)
    assert office.do("run").returncode == 0 and office.do("verify").returncode == 0
