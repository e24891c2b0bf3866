"""The lane of what is received: verified, registered, filed as it came with its proof, or returned with a letter; asked again."""

from __future__ import annotations

import email
import email.policy
import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image

from processor import fixity, parking, posting, requests
from processor.errors import Verdict
from processor.journal import Request
from processor.shift import Shift
from tests.processor.office import Office
from tests.testkit import faces, samples, scans, signing
from tests.testkit import ink as pens
from tests.testkit.authorities import Pki
from tests.testkit.smtp_stub import Stub

LANE = "van-ban-den"


@dataclass
class Desk:
    """A station that trusts the kit's authorities and asks them, without a network."""

    office: Office
    pki: Pki
    shift: Shift

    @classmethod
    def of(cls, office: Office, known: Pki | None = None) -> Desk:
        pki, shift = known or Pki(), office.shift()
        roots = (*shift.tools.roots, pki.root.der, pki.tsa_root.der)
        tools = replace(shift.tools, outside=pki, roots=roots, intermediates=(pki.issuing.der,))
        return cls(office, pki, replace(shift, tools=tools))

    def drop(self, name: str, data: bytes, **beside: str) -> Path:
        path = self.office.folder / "drop" / LANE / name
        path.write_bytes(data)
        if beside:
            path.with_name(f"{name}.json").write_text(json.dumps(beside), "utf-8")
        return path

    def run(self) -> dict[str, int]:
        return dict(self.office.run(self.shift))

    def filed(self) -> list[dict[str, Any]]:
        archive = self.shift.tools.archive
        return [archive.get(row["doc_code"]) or {} for day in archive.days() for row in archive.filed_on(day.day)]

    def events(self) -> dict[str, int]:
        archive, found = self.shift.tools.archive, dict[str, int]()
        for day in archive.days():
            for type, count in archive.events_on(day.day).items():
                found[type] = found.get(type, 0) + count
        return found

    def letters(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text("utf-8")) for path in sorted((self.office.folder / "notices").glob("*/notice.json"))]


@pytest.fixture
def desk(office: Office) -> Iterator[Desk]:
    yield Desk.of(office)


def signed(desk: Desk, **life: Any) -> bytes:
    return signing.sign(signing.page(), desk.pki.organisation(**life), desk.pki, signing.SEALED)


def test_a_valid_document_is_filed_to_the_byte_with_its_report_and_a_proof_any_validator_reads(desk: Desk, tmp_path: Path) -> None:
    data = signed(desk)
    desk.drop("cong-van.pdf", data)
    assert desk.run() == {"filed": 1}
    record, root = desk.filed()[0], desk.office.folder / "archive"
    assert record["verification"] == "valid" and record["path"] == record["original_path"]
    assert (root / record["path"]).read_bytes() == data
    beside = root / Path(record["path"]).parent / "evidence"
    report = json.loads((beside / f"{record['doc_code']}.verification.json").read_text("utf-8"))
    assert report["verdict"] == "valid" and report["signatures"][0]["signer"]["name"]
    whole = tmp_path / "whole.pdf"
    whole.write_bytes(data + (beside / f"{record['doc_code']}.lta").read_bytes())
    told = subprocess.run(["pdfsig", whole], capture_output=True, text=True).stdout
    assert "Signature is Valid" in told and "Total document signed" in told.rpartition("Signature #")[2]
    assert subprocess.run(["qpdf", "--check", whole], capture_output=True).returncode == 0
    check = fixity.checker(desk.shift.tools.engine, desk.shift.tools.roots)
    assert desk.shift.tools.archive.verify(None, check).ok
    copies = {path.name for path in (desk.office.folder / "out" / LANE).iterdir()}
    assert copies == {"cong-van.pdf", "cong-van.xac-minh.txt"}
    assert "HỢP LỆ" in (desk.office.folder / "out" / LANE / "cong-van.xac-minh.txt").read_text("utf-8-sig")
    assert desk.letters() == []


def test_an_altered_document_goes_back_with_a_letter(desk: Desk) -> None:
    data = bytearray(signed(desk))
    data[data.index(b"/MediaBox") + 11] ^= 1
    desk.drop("sua.pdf", bytes(data), sender_name="Sở Y tế", sender_email="vanthu@soyte.invalid")
    assert desk.run() == {"rejected": 1}
    told = desk.office.told("rejected")[0]
    assert told["code"] == "altered" and desk.events().get("void") is None, "no code was given to what is refused"
    lot = next((desk.office.folder / "rejected" / LANE).iterdir())
    assert (lot / "sua.pdf").read_bytes() == bytes(data)
    assert "KHÔNG HỢP LỆ" in (lot / "xac-minh.txt").read_text("utf-8-sig")
    letter = desk.letters()[0]
    assert letter["kind"] == "returned" and letter["sender_address"] == "vanthu@soyte.invalid"
    assert "sua.pdf" in letter["text"] and desk.events()["notified"] == 1


def test_a_revoked_certificate_is_refused(desk: Desk) -> None:
    who = desk.pki.organisation()
    data = signing.sign(signing.page(), who, desk.pki, signing.SEALED)
    desk.pki.revoke(who)
    desk.drop("thu-hoi.pdf", data)
    assert desk.run() == {"rejected": 1}
    assert desk.office.told("rejected")[0]["code"] == "revoked"


def silence(desk: Desk, word: str = "silent") -> None:
    for service in ("ocsp", "crl"):
        desk.pki.lie(service, word)


def test_what_cannot_be_told_is_registered_and_verified_again_under_its_code(desk: Desk) -> None:
    data = signed(desk)
    source = desk.drop("cho.pdf", data)
    silence(desk)
    assert desk.run() == {"waiting": 1}
    item = desk.shift.journal.items("waiting")[0]
    code = desk.shift.tools.archive.key_state(item.scan.key)
    assert (item.code, code[0]) == ("verifying", "numbered") and "revocation-unknown" in item.detail
    assert desk.events()["registered"] == 1 and source.exists()
    page = next((desk.office.folder / "out" / LANE).glob("*.dang-xac-minh.txt"))
    assert "CHƯA XÁC ĐỊNH" in page.read_text("utf-8-sig")
    assert desk.run() == {"waiting": 1} and desk.events()["registered"] == 1
    silence(desk, "")
    assert desk.run() == {"filed": 1}
    assert desk.filed()[0]["doc_code"] == code[1] and not page.exists() and not source.exists()


def test_a_station_copied_to_another_disk_loses_neither_what_waits_nor_its_number(desk: Desk) -> None:
    desk.drop("cho.pdf", signed(desk), keyword="đã chuyển")
    silence(desk)
    assert desk.run() == {"waiting": 1}
    code = desk.shift.tools.archive.key_state(desk.shift.journal.items()[0].scan.key)[1]
    before, desk.office.folder = desk.office.folder, desk.office.folder.with_name("elsewhere")
    shutil.copytree(before, desk.office.folder)  # other numbers for every file, the same names, sizes and times
    shutil.rmtree(before)
    moved = Desk.of(desk.office, desk.pki)
    assert moved.run() == {"waiting": 1} and moved.events()["received"] == 1
    silence(desk, "")
    assert moved.run() == {"filed": 1} and moved.filed()[0]["doc_code"] == code
    assert desk.office.dropped() == [] and moved.shift.journal.items() == [] and "void" not in moved.events()


def test_what_turns_out_invalid_when_asked_again_gives_its_code_up(desk: Desk) -> None:
    who = desk.pki.organisation()
    desk.drop("cho.pdf", signing.sign(signing.page(), who, desk.pki, signing.SEALED), sender_email="a@b.invalid")
    silence(desk)
    assert desk.run() == {"waiting": 1}
    desk.pki.revoke(who)
    silence(desk, "")
    assert desk.run() == {"rejected": 1}
    assert desk.events()["void"] == 1 and [letter["kind"] for letter in desk.letters()] == ["returned"]


def test_a_named_person_may_answer_for_it(desk: Desk) -> None:
    desk.drop("cho.pdf", signed(desk))
    silence(desk)
    desk.run()
    number = desk.shift.journal.numbers("waiting")[0]
    args = {"kind": "item", "name": str(number), "reason": "đã gọi điện xác nhận", "operator": "van-thu"}
    requests.do(Request(0, "release", args), desk.shift)
    assert desk.run() == {"filed": 1}
    record = desk.filed()[0]
    assert record["verification"] == "accepted" and desk.shift.tools.archive.verify().ok
    event = next(event for event in record["events"] if event["type"] == "verified")
    assert event["actor"] == "van-thu"


def test_unsigned_is_the_lanes_rule(desk: Desk) -> None:
    desk.drop("khong-ky.pdf", signing.page())
    assert desk.run() == {"held": 1}
    assert desk.office.told("held")[0]["code"] == "unsigned"
    for rule, state in (("reject", "rejected"), ("file", "filed")):
        lanes = desk.shift.tools.settings.lanes
        settings = desk.shift.tools.settings.model_copy(
            update={"lanes": {**lanes, LANE: lanes[LANE].model_copy(update={"unsigned": rule})}}
        )
        desk.shift = replace(desk.shift, tools=replace(desk.shift.tools, settings=settings))
        desk.drop(f"{rule}.pdf", signing.page(1 if rule == "file" else 3))
        assert desk.run() == {state: 1}
    assert desk.filed()[0]["verification"] == "unsigned"


def test_a_signed_scan_with_a_slanted_red_mark_of_secrecy_is_held_and_nothing_of_it_is_kept(desk: Desk, tmp_path: Path) -> None:
    page = samples.sample(7, dpi=150).aged[0].convert("RGB")
    pens.press(page, [(pens.urgency("MẬT", 150 / 25.4, 4).rotate(14, expand=True), pens.RED, (150, 280))])
    scan = scans.pdf(tmp_path / "scan.pdf", [page], 150).read_bytes()
    desk.drop("mat.pdf", signing.sign(scan, desk.pki.organisation(), desk.pki, signing.SEALED))
    assert desk.run() == {"held": 1}
    assert desk.office.told("held")[0]["code"] == "secrecy-mark" and desk.filed() == []
    assert not list((desk.office.folder / "work" / "items").rglob("reading.json"))


def test_a_long_scan_has_the_time_of_its_pages_to_be_read_in(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes were all that was allowed: a signed scan of some hundred pages was refused, and its sender told so."""
    pages = [Image.effect_noise((140, 200), number) for number in range(50, 62)]
    allowed, call = dict[str, int](), desk.office.engine.inner.call

    def counted(job: str, args: Mapping[str, Any], pages: int = 1, **more: Any) -> Any:
        allowed[job] = pages
        return call(job, args, pages, **more)

    monkeypatch.setattr(desk.office.engine.inner, "call", counted)
    desk.drop("dai.pdf", signing.sign(scans.pdf(tmp_path / "a.pdf", pages, 100).read_bytes(), desk.pki.organisation(), desk.pki, signing.SEALED))
    assert desk.run() == {"filed": 1} and allowed["read_original"] >= len(pages)


def test_a_black_mark_on_a_scan_that_a_program_has_printed_on_is_read(desk: Desk, tmp_path: Path) -> None:
    """Offices print the number of arrival on what they scan, or a line at its foot: the page is a scan all the same."""
    page = samples.sample(7, dpi=150).aged[0].convert("RGB")
    pens.press(page, [(pens.urgency("TỐI MẬT", 150 / 25.4, 4), (0, 0, 0), (150, 330))])
    with pymupdf.open(scans.pdf(tmp_path / "scan.pdf", [page], 150)) as document:
        document[0].insert_text((60, 825), "CV-DEN 1234", fontsize=9)
        desk.drop("a.pdf", signing.sign(document.tobytes(), desk.pki.organisation(), desk.pki, signing.SEALED))
    assert desk.run() == {"held": 1} and desk.office.told("held")[0]["code"] == "secrecy-mark" and desk.filed() == []


def secret_page() -> bytes:
    """A letter of the kit with a printed mark of secrecy."""
    with pymupdf.open("pdf", signing.page(3)) as document:
        document[0].insert_textbox(pymupdf.Rect(40, 118, 170, 143), "MẬT", fontname="tinos", fontfile=str(faces.path("bold")),
                                   fontsize=14, align=1)  # fmt: skip
        return bytes(document.tobytes())


def test_no_member_of_a_package_goes_on_before_all_are_looked_at(desk: Desk, tmp_path: Path) -> None:
    secret = signing.sign(secret_page(), desk.pki.person(), desk.pki, signing.PADES)
    altered = secret.replace(b"841.89", b"841.88", 1)  # refused before it is read
    path = tmp_path / "goi.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.pdf", signed(desk))
        file.writestr("b.pdf", secret)
        file.writestr("c.pdf", altered)
    desk.drop("goi.zip", path.read_bytes())
    assert desk.run() == {"held": 3} and desk.filed() == [] and desk.letters() == []
    told = {row["part"]: (row["code"], row["detail"]) for row in desk.office.told("held")}
    details = {"a.pdf": "another document of the same scan", "b.pdf": "", "c.pdf": "besides altered"}
    assert told == {part: ("secrecy-mark", detail) for part, detail in details.items()}


@pytest.mark.parametrize("colour", [pens.RED, (0, 0, 0)])
def test_a_picture_beside_a_document_is_looked_at_as_a_scan_is(desk: Desk, tmp_path: Path, colour: tuple[int, int, int]) -> None:
    page = samples.sample(7, dpi=150).aged[0].convert("RGB")
    pens.press(page, [(pens.urgency("MẬT", 150 / 25.4, 4), colour, (150, 280))])
    page.save(tmp_path / "anh.png")
    with zipfile.ZipFile(tmp_path / "goi.zip", "w") as file:
        file.writestr("a.pdf", signed(desk))
        file.write(tmp_path / "anh.png", "kèm/ảnh chụp.png")
    desk.drop("goi.zip", (tmp_path / "goi.zip").read_bytes())
    assert desk.run() == {"held": 1} and desk.filed() == [] and desk.letters() == []
    (told,) = desk.office.told("held")
    assert (told["code"], told["detail"], told["part"]) == ("secrecy-mark", "member 2 of the package", "")
    (lot,) = (row["folder"] for row in parking.listed(desk.office.folder, "held"))
    assert "tệp thứ 2 trong gói" in (desk.office.folder / lot / "ly-do.txt").read_text("utf-8-sig")
    requests._do(Request(1, "release", {"kind": "held", "name": lot, "reason": "không phải dấu mật", "operator": "lan"}), desk.shift)
    assert desk.run() == {"filed": 1}, "somebody has answered for the package"


def test_what_nobody_can_look_at_is_named_in_the_record(desk: Desk, tmp_path: Path) -> None:
    samples.sample(7, dpi=100).aged[0].convert("RGB").save(tmp_path / "anh.png")
    with zipfile.ZipFile(tmp_path / "goi.zip", "w") as file:
        file.writestr("a.pdf", signed(desk))
        file.write(tmp_path / "anh.png", "anh.png")
        file.writestr("ghi chú.txt", "Kính gửi")
        file.writestr("hỏng.png", b"\x89PNG\r\n\x1a\n")
    desk.drop("goi.zip", (tmp_path / "goi.zip").read_bytes())
    assert desk.run() == {"filed": 1}
    (row,) = desk.filed()
    origin = json.loads((desk.shift.tools.archive.root / row["path"]).with_suffix(".json").read_bytes())["provenance"]["origin"]
    assert origin == {"others": "anh.png; ghi chú.txt; hỏng.png", "unseen": "ghi chú.txt; hỏng.png"}


def test_a_package_that_could_not_be_looked_at_waits_for_a_person(desk: Desk, tmp_path: Path) -> None:
    def die(job: str, args: Mapping[str, Any]) -> None:
        if job == "marked_members":
            raise Verdict("worker-died")

    with zipfile.ZipFile(tmp_path / "goi.zip", "w") as file:
        file.writestr("a.pdf", signed(desk))
        file.writestr("b.png", b"x")
    desk.drop("goi.zip", (tmp_path / "goi.zip").read_bytes())
    desk.office.engine.before = die
    assert desk.run() == {"held": 1}
    assert desk.office.told("held")[0]["detail"] == "a member of the package could not be looked at: worker-died"


def test_another_agencys_document_goes_back(desk: Desk) -> None:
    desk.drop("lac.pdf", signed(desk), to_organ_id="000.00.16.H56", sender_email="a@b.invalid")
    assert desk.run() == {"rejected": 1}
    assert desk.office.told("rejected")[0]["code"] == "wrong-addressee" and len(desk.letters()) == 1
    desk.drop("dung.pdf", signed(desk), to_organ_id="000.00.99.H05")
    assert desk.run() == {"filed": 1}, "old and new identifiers name one agency"


def mail(*members: tuple[str, bytes]) -> bytes:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "Sở Y tế <vanthu@soyte.invalid>", "xa@minhhoa.invalid", "Gửi công văn"
    message["Message-ID"] = "<1@soyte.invalid>"
    message.set_content("Kính gửi.")
    for name, data in members:
        message.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    return message.as_bytes()


def test_a_mail_is_several_documents_and_its_sender_is_told_of_those_that_fail(desk: Desk) -> None:
    good, bad = signed(desk), bytearray(signing.sign(signing.page(3), desk.pki.person(), desk.pki, signing.PADES))
    bad[bad.index(b"/MediaBox") + 11] ^= 1
    source = desk.drop("thu.eml", mail(("Công văn.pdf", good), ("hỏng.pdf", bytes(bad))))
    assert desk.run() == {"filed": 1, "rejected": 1}
    record = desk.filed()[0]
    root = desk.office.folder / "archive"
    assert (root / record["path"]).read_bytes() == good and record["original_path"].endswith(".eml")
    assert record["part"].endswith("Công văn.pdf") and not source.exists()
    letter = desk.letters()[0]
    assert (letter["sender_address"], letter["in_reply_to"]) == ("vanthu@soyte.invalid", "<1@soyte.invalid>")
    assert desk.shift.tools.archive.verify().ok
    assert {path.name for path in (desk.office.folder / "out" / LANE).glob("*.pdf")} == {"Công văn.pdf"}


def test_a_package_stays_in_the_drop_folder_until_all_its_documents_are_safe(desk: Desk, tmp_path: Path) -> None:
    package = tmp_path / "goi.zip"
    stuck = desk.pki.person()
    with zipfile.ZipFile(package, "w") as file:
        file.writestr("a.pdf", signed(desk))
        file.writestr("b/c.pdf", signing.sign(signing.page(3), stuck, desk.pki, signing.SHA1))
    source = desk.drop("goi.zip", package.read_bytes())
    assert desk.run() == {"filed": 1, "waiting": 1}
    assert source.exists()
    number = desk.shift.journal.numbers("waiting")[0]
    requests.do(Request(0, "reject", {"kind": "item", "name": str(number), "reason": "không nhận", "operator": "x"}), desk.shift)
    assert not source.exists() and len(desk.office.told("rejected")) == 1
    again = desk.drop("goi-lai.zip", package.read_bytes())
    assert desk.run() == {"duplicate": 1, "waiting": 1} and again.exists()


@pytest.mark.parametrize("data", [b"PK\x05\x06" + bytes(18), b"not a document at all"])
def test_what_holds_no_document_is_refused(desk: Desk, data: bytes) -> None:
    desk.drop("x.zip", data)
    assert desk.run() == {"rejected": 1}


def test_an_urgent_document_that_cannot_be_told_is_told_to_the_office_at_once(desk: Desk) -> None:
    data = signing.sign(urgent_page(), desk.pki.organisation(), desk.pki, signing.PADES)
    desk.drop("khan.pdf", data)
    silence(desk)
    assert desk.run() == {"waiting": 1}
    assert [(letter["kind"], letter["urgency"]) for letter in desk.letters()] == [("escalation", "HỎA TỐC")]
    assert desk.run() == {"waiting": 1} and len(desk.letters()) == 1, "told once"


def urgent_page() -> bytes:
    """A letter of the kit with the stamp of urgency where NĐ 30 puts it, under the number."""
    with pymupdf.open("pdf", signing.page()) as document:
        page = document[0]
        page.insert_textbox(pymupdf.Rect(90, 150, 220, 175), "HỎA TỐC", fontname="tinos", fontfile=str(faces.path("bold")),
                            fontsize=14, align=1)  # fmt: skip
        return bytes(document.tobytes())


def test_a_letter_is_sent_when_a_server_is_set_and_marked(desk: Desk) -> None:
    with Stub() as server:
        told = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none", "sender": "xa@minhhoa.vn"}
        settings = desk.shift.tools.settings
        settings = settings.model_copy(update={"notices": settings.notices.model_copy(update=told)})
        desk.shift = replace(desk.shift, tools=replace(desk.shift.tools, settings=settings))
        data = bytearray(signed(desk))
        data[data.index(b"/MediaBox") + 11] ^= 1
        desk.drop("sua.pdf", bytes(data), sender_email="vanthu@soyte.gov.vn")
        assert desk.run() == {"rejected": 1}
        for _ in range(2):
            posting.post(desk.shift.tools)
        assert len(server.taken) == 1
    assert len(list((desk.office.folder / "notices").glob("*/sent.json"))) == 1
    assert desk.events()["notified"] == 2, "laid, and sent"


def test_a_note_that_people_may_write_accepts_nothing(desk: Desk) -> None:
    """`released` in a lot's reason.json is not a named person's word."""
    desk.drop("cho.pdf", signed(desk))
    silence(desk)
    desk.run()
    number = desk.shift.journal.numbers("waiting")[0]
    requests.do(Request(0, "reject", {"kind": "item", "name": str(number), "reason": "x", "operator": "x"}), desk.shift)
    lot = next((desk.office.folder / "rejected" / LANE).iterdir())
    told = json.loads((lot / "reason.json").read_text("utf-8"))
    for forged in ({"released": ["verifying"]}, {"code": "verifying"}):
        (lot / "reason.json").write_text(json.dumps(told | forged), "utf-8")
        folder = lot.relative_to(desk.office.folder).as_posix()
        args = {"kind": "rejected", "name": folder, "reason": "", "operator": "x"}
        requests.do(Request(0, "retry", args), desk.shift)
        assert desk.run() == {"waiting": 1}
        number = desk.shift.journal.numbers("waiting")[0]
        requests.do(Request(0, "reject", {"kind": "item", "name": str(number), "reason": "x", "operator": "x"}), desk.shift)


def test_a_side_car_of_a_package_is_each_documents_and_nothing_is_left_in_work(desk: Desk) -> None:
    data = mail(("a.pdf", signed(desk)), ("b.pdf", signing.sign(signing.page(3), desk.pki.person(), desk.pki, signing.PADES)))
    source = desk.drop("thu.eml", data, subject="Gửi hai văn bản", pages="1")
    assert desk.run() == {"filed": 2} and not source.exists()
    assert {record["subject"] for record in desk.filed()} == {"Gửi hai văn bản"}
    assert not any((desk.office.folder / "work" / "claims").iterdir())
    assert not any((desk.office.folder / "drop" / LANE).iterdir())


def package(desk: Desk, tmp_path: Path) -> bytes:
    """Two documents that cannot be decided."""
    path = tmp_path / "goi.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.pdf", signed(desk))
        file.writestr("b.pdf", signing.sign(signing.page(3), desk.pki.person(), desk.pki, signing.PADES))
    return path.read_bytes()


def restarted(desk: Desk) -> None:
    """The instance was killed; another begins."""
    shift = desk.office.shift()
    desk.shift = replace(shift, tools=replace(desk.shift.tools, archive=shift.tools.archive))


def test_a_member_whose_bytes_in_work_are_lost_is_taken_anew(desk: Desk, tmp_path: Path) -> None:
    source = desk.drop("goi.zip", package(desk, tmp_path))
    silence(desk)
    assert desk.run() == {"waiting": 2}
    lost = desk.shift.journal.items("waiting")[1].scan.blob.path.parent
    shutil.rmtree(lost)
    silence(desk, "")
    restarted(desk)
    desk.run()
    assert {record["part"] for record in desk.filed()} == {"a.pdf", "b.pdf"} and not source.exists()


def test_a_package_that_was_held_enters_as_its_documents(desk: Desk, tmp_path: Path) -> None:
    desk.drop("goi.zip", package(desk, tmp_path), subjekt="a slip")
    assert desk.run() == {"held": 1}
    lot = next((desk.office.folder / "held" / LANE).iterdir())
    (lot / "fields.json").write_text("{}", "utf-8")
    args = {"kind": "held", "name": lot.relative_to(desk.office.folder).as_posix(), "reason": "", "operator": "x"}
    requests.do(Request(0, "release", args), desk.shift)
    assert desk.run() == {"filed": 2} and not lot.exists() and desk.letters() == []


def test_a_member_that_is_held_again_keeps_its_lot_when_the_others_leave(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "goi.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.pdf", signed(desk))
        file.writestr("b.pdf", signing.page(3))
    desk.drop("goi.zip", path.read_bytes(), subjekt="a slip")
    assert desk.run() == {"held": 1}
    lot = next((desk.office.folder / "held" / LANE).iterdir())
    (lot / "fields.json").write_text("{}", "utf-8")
    args = {"kind": "held", "name": lot.relative_to(desk.office.folder).as_posix(), "reason": "", "operator": "x"}
    requests.do(Request(0, "release", args), desk.shift)
    assert desk.run() == {"filed": 1, "held": 1}
    told = desk.office.told("held")
    assert [(each["code"], each["part"]) for each in told] == [("unsigned", "b.pdf")]
    assert "Phần: b.pdf" in next((desk.office.folder / "held" / LANE).glob("*/ly-do.txt")).read_text("utf-8-sig")


def test_a_request_for_a_document_that_has_left_is_not_done_to_another_of_its_number(desk: Desk) -> None:
    desk.drop("mot.pdf", signed(desk))
    silence(desk)
    desk.run()
    item = desk.shift.journal.items("waiting")[0]
    args = {"kind": "item", "name": str(item.number), "scan": f"{'0' * 64}:", "reason": "x", "operator": "x"}
    requests.do(Request(0, "release", args), desk.shift)
    requests.do(Request(0, "reject", args), desk.shift)
    assert desk.run() == {"waiting": 1} and desk.events().get("verified") is None


def test_what_people_put_in_the_way_of_reports_refuses_no_document(desk: Desk) -> None:
    (desk.office.folder / "out").mkdir(exist_ok=True)
    (desk.office.folder / "out" / LANE).write_text("in the way")
    desk.drop("cho.pdf", signed(desk))
    silence(desk)
    assert desk.run() == {"waiting": 1}
    assert desk.shift.journal.items("waiting")[0].code == "verifying"


def test_nobody_is_refused_while_the_letter_cannot_be_laid(desk: Desk) -> None:
    notices = desk.office.folder / "notices"
    notices.rmdir()
    notices.write_text("in the way")
    data = bytearray(signed(desk))
    data[data.index(b"/MediaBox") + 11] ^= 1
    desk.drop("sua.pdf", bytes(data))
    assert desk.run() == {"waiting": 1}
    notices.unlink()
    notices.mkdir()
    assert desk.run() == {"rejected": 1} and len(desk.letters()) == 1
    assert desk.office.told("rejected")[0]["code"] == "altered"


def test_what_is_asked_of_a_document_that_is_being_worked_on_is_done_when_it_waits(desk: Desk) -> None:
    desk.drop("cho.pdf", signed(desk))
    silence(desk)
    desk.run()
    item = desk.shift.journal.items("waiting")[0]
    args = {"kind": "item", "name": str(item.number), "scan": f"{item.scan.blob.sha256}:", "reason": "x", "operator": "van-thu"}
    desk.shift.journal.wake(item.number)
    with pytest.raises(requests.NotYet):
        requests.do(Request(0, "release", args), desk.shift)
    desk.shift.journal.ask("release", **args)
    ended = desk.run()
    assert ended.get("filed", 0) == 1 or desk.run() == {"filed": 1}
    assert desk.filed()[0]["verification"] == "accepted"
