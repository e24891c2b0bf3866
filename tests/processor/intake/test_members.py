"""Packages and mails that hold documents: everything comes out whole under an honest name, or nothing does."""

import base64
import hashlib
import unicodedata
import zipfile
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.engine import LocalEngine, Reach
from processor.errors import Verdict, reasons
from processor.intake import entrynames
from processor.intake.containers import sniff
from processor.intake.members import MOST, members
from processor.settings import parse
from tests.testkit import containers as kit
from tests.testkit.containers import PDF, mail, zipped

SIGNED = b"%PDF-1.7 signed /ByteRange\n%%EOF"


def ask(kind: str, body: bytes) -> bytes:
    raise AssertionError("it asks nothing")


def opened(folder: Path, data: bytes | EmailMessage, **limits: int) -> dict[str, Any]:
    path, out = folder / "container", folder / "out"
    path.write_bytes(data.as_bytes(policy=policy.SMTP) if isinstance(data, EmailMessage) else data)
    out.mkdir(exist_ok=True)
    return members({"path": str(path), "out": str(out), "limits": {"file_mb": 64, **limits}}, ask)


def paths(found: dict[str, Any]) -> list[str]:
    return [member["path"] for member in found["members"]]


def refused(folder: Path, data: bytes | EmailMessage, **limits: int) -> str:
    with pytest.raises(Verdict) as caught:
        opened(folder, data, **limits)
    assert caught.value.code in reasons()
    return caught.value.code


# --- what is a container


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (zipped({"a.pdf": PDF}), "zip"), (zipped({}), "zip"), (kit.docx(), "office"), (mail().as_bytes(), "eml"), (PDF, "pdf"),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b""}), "office"),
        (kit.compound("__nameid_version1.0", "__properties_version1.0"), "msg"), (kit.compound("WordDocument"), "office"),
        (b"", ""), (b"PK", ""), (b"{\\rtf1 a}", "office"), (b"Subject: one field is no mail\n\nFrom: x", ""), (b"MZ" + zipped({"a.pdf": PDF}), ""),
        (b"From - Thu Nov 05 2026\r\n" + mail().as_bytes(), "eml"), (b"\xef\xbb\xbf\r\n" + mail().as_bytes(), "eml"),
    ],
)  # fmt: skip
def test_containers_are_known_by_content(tmp_path: Path, data: bytes, kind: str) -> None:
    (tmp_path / "a").write_bytes(data)
    assert sniff(tmp_path / "a") == kind


@pytest.mark.parametrize("data", [PDF, kit.docx(), b"\x89PNG\r\n\x1a\n", b"GIF89a", b"hello", b""])
def test_what_is_no_container_is_left_alone(tmp_path: Path, data: bytes) -> None:
    assert opened(tmp_path, data) == {"container": "", "members": [], "mail": None, "skipped": []}
    assert list((tmp_path / "out").iterdir()) == []


# --- packages


def test_a_package_of_several_documents(tmp_path: Path) -> None:
    found = opened(tmp_path, zipped({"Công văn 15.pdf": PDF, "phụ lục/Bảng kê.xlsx": kit.docx(), "ghi chú.txt": b"abc", "phụ lục/": b""}))
    assert found["container"] == "zip" and found["mail"] is None and found["skipped"] == []
    assert [(m["path"], m["name"], m["kind"]) for m in found["members"]] == [
        ("Công văn 15.pdf", "Công văn 15.pdf", "pdf"), ("phụ lục/Bảng kê.xlsx", "Bảng kê.xlsx", "office"), ("ghi chú.txt", "ghi chú.txt", "other"),
    ]  # fmt: skip
    for member in found["members"]:
        data = Path(member["file"]).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (member["sha256"], member["size"])
        assert Path(member["file"]).parent == tmp_path / "out"


def test_the_same_package_gives_the_same_again(tmp_path: Path) -> None:
    data = zipped({"a.pdf": PDF, "A.PDF": SIGNED, "goi.zip": zipped({"a.pdf": PDF})})
    assert opened(tmp_path, data) == opened(tmp_path, data)


@pytest.mark.parametrize(
    ("raw", "flags", "shown"),
    [
        ("Công văn số 15.pdf".encode(), 1 << 11, "Công văn số 15.pdf"),
        (unicodedata.normalize("NFD", "Công văn số 15.pdf").encode(), 0, "Công văn số 15.pdf"),
        (unicodedata.normalize("NFD", "Quyết định.pdf").encode(), 1 << 11, "Quyết định.pdf"),
        (b"C\xf4ng v\xe3n s\xf4\xec 15.pdf", 0, "Công văn số 15.pdf"),  # Windows-1258: the tone is a letter of its own
        (b"C\xabng v\xa8n s\xe8 15.pdf", 0, "Công văn số 15.pdf"),  # TCVN3
        (b"Quy\xd5t \xae\xdenh.pdf", 0, "Quyết định.pdf"),
        (b"r\x82sum\x82.pdf", 0, "résumé.pdf"),  # code page 437, as the format says
        (b"cong van.pdf", 0, "cong van.pdf"),
    ],
)
def test_names_of_old_archivers_are_read(tmp_path: Path, raw: bytes, flags: int, shown: str) -> None:
    assert paths(opened(tmp_path, kit.packed(kit.entry(raw, PDF, flags=flags)))) == [shown]


def test_a_name_in_the_extra_field_counts_only_for_its_own_bytes(tmp_path: Path) -> None:
    raw = b"c_ng v_n.pdf"
    right, wrong = kit.unicode_path("Công văn.pdf", raw), kit.unicode_path("Công văn.pdf", b"another")
    assert paths(opened(tmp_path, kit.packed(kit.entry(raw, PDF, extra=right)))) == ["Công văn.pdf"]
    assert paths(opened(tmp_path, kit.packed(kit.entry(raw, PDF, extra=wrong)))) == ["c_ng v_n.pdf"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/cron.d/a.pdf", "etc/cron.d/a.pdf"), ("/a.pdf", "a.pdf"), ("C:\\Users\\van thu\\a.pdf", "Users/van thu/a.pdf"), ("a/../../b.pdf", "a/b.pdf"),
        ("\\\\may-chu\\chung\\a.pdf", "may-chu/chung/a.pdf"), ("..", "tep-1.pdf"), ("CON.pdf", "_CON.pdf"), ("a\x1b[31m.pdf", "a_[31m.pdf"),
        ("\u202efdp.exe", "_fdp.exe"), ("a\u200b.pdf", "a_.pdf"), ("a" * 300 + ".pdf", "a" * 156 + ".pdf"), ("a.pdf. . ", "a.pdf"),
    ],
)  # fmt: skip
def test_names_lead_nowhere_and_hide_nothing(tmp_path: Path, name: str, shown: str) -> None:
    assert paths(opened(tmp_path, kit.packed(kit.entry(name.encode(), PDF, flags=1 << 11)))) == [shown]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["container", "out"]


def test_names_that_differ_in_case_or_composition_stay_apart(tmp_path: Path) -> None:
    names = ["Số.pdf", unicodedata.normalize("NFD", "Số.pdf"), "SỐ.PDF", "số.pdf"]
    found = opened(tmp_path, kit.packed(*(kit.entry(name.encode(), PDF + bytes([at]), flags=1 << 11) for at, name in enumerate(names))))
    assert paths(found) == ["Số.pdf", "Số (2).pdf", "SỐ (2).PDF".replace("(2)", "(3)"), "số (4).pdf"]
    assert len({member["sha256"] for member in found["members"]}) == 4


def test_two_entries_of_one_name_are_two_documents(tmp_path: Path) -> None:
    assert paths(opened(tmp_path, kit.packed(kit.entry(b"a.pdf", PDF), kit.entry(b"a.pdf", SIGNED)))) == ["a.pdf", "a (2).pdf"]


def test_what_systems_leave_is_told_and_not_taken(tmp_path: Path) -> None:
    found = opened(tmp_path, zipped({"a.pdf": PDF} | dict.fromkeys(kit.MAC_JUNK, b"junk")))
    assert paths(found) == ["a.pdf"]
    assert found["skipped"] == [{"path": "/".join(entrynames.steps(name)), "why": "ignored"} for name in kit.MAC_JUNK]


def test_links_and_devices_are_told_and_not_followed(tmp_path: Path) -> None:
    link, device = (kit.entry(name, b"/etc/passwd", attributes=mode << 16) for name, mode in ((b"l.pdf", 0o120777), (b"d.pdf", 0o020666)))
    found = opened(tmp_path, kit.packed(kit.entry(b"a.pdf", PDF), link, device))
    assert paths(found) == ["a.pdf"]
    assert found["skipped"] == [{"path": "l.pdf", "why": "link"}, {"path": "d.pdf", "why": "link"}]


def test_a_large_package_s_form_is_read(tmp_path: Path) -> None:
    assert paths(opened(tmp_path, kit.zip64("a.pdf", PDF))) == ["a.pdf"]


def test_packages_within_packages_are_opened_to_a_depth(tmp_path: Path) -> None:
    assert paths(opened(tmp_path, kit.nested(3))) == ["goi.zip/goi.zip/a.pdf"]
    assert refused(tmp_path, kit.nested(4)) == "container-too-large"
    assert refused(tmp_path, kit.nested(200)) == "container-too-large"


def test_a_word_file_in_a_package_is_not_opened(tmp_path: Path) -> None:
    found = opened(tmp_path, zipped({"a.docx": kit.docx()}))
    assert [(member["path"], member["kind"]) for member in found["members"]] == [("a.docx", "office")]


@pytest.mark.parametrize("flags", [1, 1 | 1 << 6, 1 << 13])
def test_what_is_encrypted_is_refused_whole(tmp_path: Path, flags: int) -> None:
    assert refused(tmp_path, kit.packed(kit.entry(b"b.pdf", PDF), kit.entry(b"a.pdf", PDF, flags=flags))) == "container-encrypted"
    inner = kit.packed(kit.entry(b"a.pdf", PDF, flags=flags))
    assert refused(tmp_path, zipped({"b.pdf": PDF, "goi.zip": inner})) == "container-encrypted"


@pytest.mark.parametrize("data", [zipped({}), zipped({"a/": b""}), zipped({"a.txt": b"x"}), zipped(dict.fromkeys(kit.MAC_JUNK, PDF)), mail(), mail(("a.txt", b"x"))])
def test_no_document_is_a_reason(tmp_path: Path, data: bytes | EmailMessage) -> None:
    assert refused(tmp_path, data) == "container-empty"


WHOLE = zipped({"a.pdf": PDF * 50, "b.pdf": SIGNED})


@pytest.mark.parametrize(
    "data",
    [
        WHOLE[:-30], WHOLE[: len(WHOLE) // 2], WHOLE + b"%PDF-1.7 another document", kit.overlapping(), WHOLE[:20] + bytes(8) + WHOLE[28:], b"PK\x03\x04", b"PK\x05\x06",
        kit.packed(kit.entry(b"a.pdf", PDF), before=b"PK\x03\x04hidden"), kit.packed(kit.entry(b"a.pdf", PDF), offsets=[10_000]),
        kit.packed(kit.entry(b"a.pdf", PDF, size=len(PDF) - 1)), kit.packed(kit.entry(b"a.pdf", PDF, size=len(PDF) + 1)), kit.lying_bomb(20),
        kit.packed(kit.entry(b"a.pdf", PDF, size=5, deflated=False)), zipped({"a.pdf": PDF}, zipfile.ZIP_LZMA), zipped({"a.pdf": PDF}, zipfile.ZIP_BZIP2),
        kit.packed(kit.entry(b"\xff\xfe.pdf", PDF, flags=1 << 11)), kit.packed(tuple(map(lambda a, b: a.replace(b, b"evil.pdf") if a.startswith(b"PK\x03") else a, kit.entry(b"good.pdf", PDF), (b"good.pdf", b"")))),
    ],
)  # fmt: skip
def test_what_is_damaged_or_can_be_read_in_two_ways_is_refused(tmp_path: Path, data: bytes) -> None:
    assert refused(tmp_path, data) == "container-broken"


def test_a_mail_server_s_padding_after_the_end_does_no_harm(tmp_path: Path) -> None:
    assert paths(opened(tmp_path, zipped({"a.pdf": PDF}, comment="nén bởi văn thư".encode()) + b"\r\n\0\0")) == ["a.pdf"]


def test_bombs_are_refused_before_they_unfold(tmp_path: Path) -> None:
    assert refused(tmp_path, kit.bomb()) == "container-too-large"
    assert sum(path.stat().st_size for path in (tmp_path / "out").iterdir()) == 0
    assert refused(tmp_path, zipped({"a.zip": kit.bomb(), "b.pdf": PDF}), file_mb=1000) == "container-too-large"  # by its ratio
    many = zipped({f"{at}.pdf": PDF for at in range(MOST + 1)})
    assert refused(tmp_path, many) == "container-too-large"
    assert refused(tmp_path, zipped({"a.pdf": PDF, "b.pdf": PDF}), members=1) == "container-too-large"
    assert refused(tmp_path, zipped({f"{at}/": b"" for at in range(20_000)} | {"a.pdf": PDF})) == "container-too-large"
    assert refused(tmp_path, zipped({"a.pdf": bytes(2 << 20)}, zipfile.ZIP_STORED), file_mb=1) == "container-too-large"


def test_all_containers_of_a_container_share_its_room(tmp_path: Path) -> None:
    half = zipped({"a.pdf": PDF + bytes(40 << 20)})
    assert refused(tmp_path, zipped({"a.zip": half, "b.zip": half})) == "container-too-large"


# --- mails


def test_a_mail_of_an_office(tmp_path: Path) -> None:
    found = opened(tmp_path, mail(("Công văn số 15 về việc nghỉ lễ.pdf", PDF), ("Phụ lục – bảng kê chi tiết của các phòng, ban, đơn vị trực thuộc Sở năm 2026.pdf", SIGNED)))
    assert found["container"] == "eml"
    assert paths(found) == ["Công văn số 15 về việc nghỉ lễ.pdf", "Phụ lục – bảng kê chi tiết của các phòng, ban, đơn vị trực thuộc Sở năm 2026.pdf"]
    assert [Path(member["file"]).read_bytes() for member in found["members"]] == [PDF, SIGNED]
    assert found["mail"] == {
        "from": "vanthu@sonoivu.example.vn", "from_name": "Văn thư Sở Nội vụ", "to": ["noivu@huyen.example.vn"], "subject": "Gửi Công văn số 15/SNV-VP",
        "message_id": "<15.2026@sonoivu.example.vn>", "date": "2026-11-05T09:30:00+07:00", "automatic": False,
    }  # fmt: skip


BODY = base64.encodebytes(PDF)


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        (b"Content-Disposition: attachment; filename*=UTF-8''C%C3%B4ng%20v%C4%83n.pdf", "Công văn.pdf"),
        (b"Content-Disposition: attachment;\r\n filename*0*=UTF-8''C%C3%B4ng%20;\r\n filename*1*=v%C4%83n.pdf", "Công văn.pdf"),
        (b'Content-Disposition: attachment; filename="=?utf-8?B?Q8O0bmcgdsSDbi5wZGY=?="', "Công văn.pdf"),
        (b'Content-Disposition: attachment; filename="=?utf-8?Q?C=C3=B4ng_v=C4=83n.pdf?="', "Công văn.pdf"),
        (b'Content-Disposition: attachment; filename="=?windows-1258?Q?C=F4ng_v=E3n.pdf?="', "Công văn.pdf"),
        ('Content-Disposition: attachment; filename="Công văn.pdf"'.encode(), "Công văn.pdf"),
        (b'Content-Type: application/pdf; name="=?utf-8?B?Q8O0bmcgdsSDbi5wZGY=?="', "Công văn.pdf"),
        (b'Content-Disposition: inline; filename="a.pdf"', "a.pdf"), (b"Content-Type: application/pdf", "tep-1.pdf"), (b"Content-Type: application/octet-stream", "tep-1.pdf"),
        (b'Content-Disposition: attachment; filename="../../a/b.pdf"', "a_b.pdf"), (b'Content-Disposition: attachment; filename="C:\\\\x\\\\b.pdf"', "x_b.pdf"),
    ],
)  # fmt: skip
def test_names_of_attachments(tmp_path: Path, header: bytes, shown: str) -> None:
    kind = b"" if header.startswith(b"Content-Type") else b"Content-Type: application/octet-stream\r\n"
    found = opened(tmp_path, kit.raw_mail(kind + header + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + BODY))
    assert paths(found) == [shown]
    assert Path(found["members"][0]["file"]).read_bytes() == PDF


def test_a_forwarded_mail_is_opened_to_a_depth_and_the_outer_sender_counts(tmp_path: Path) -> None:
    inner, outer = mail(("a.pdf", PDF), sender="goc@example.vn"), mail(sender="chuyen@example.vn")
    outer.add_attachment(inner)
    found = opened(tmp_path, outer)
    assert paths(found) == ["Gửi Công văn số 15_SNV-VP/a.pdf"]
    assert found["mail"]["from"] == "chuyen@example.vn"
    for _ in range(2):
        again = mail()
        again.add_attachment(outer)
        outer = again
    assert refused(tmp_path, outer) == "container-too-large"


def test_a_package_in_a_mail_and_a_mail_in_a_package(tmp_path: Path) -> None:
    assert paths(opened(tmp_path, mail(("ho so.zip", zipped({"a.pdf": PDF}))))) == ["ho so.zip/a.pdf"]
    found = opened(tmp_path, zipped({"thu.eml": mail(("a.pdf", PDF)).as_bytes()}))
    assert paths(found) == ["thu.eml/a.pdf"] and found["mail"] is None
    assert paths(opened(tmp_path, mail(("goi.zip", kit.nested(2))))) == ["goi.zip/goi.zip/a.pdf"]
    assert refused(tmp_path, mail(("goi.zip", kit.nested(3)))) == "container-too-large"


def test_what_is_not_read_is_told(tmp_path: Path) -> None:
    made = mail(("a.pdf", PDF), ("winmail.dat", b"\x78\x9f\x3e\x22rest"))
    made.add_attachment(b"signature", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    assert opened(tmp_path, made)["skipped"] == [{"path": "winmail.dat", "why": "tnef"}, {"path": "smime.p7s", "why": "smime-signature"}]
    tnef = mail(("winmail.dat", b"\x78\x9f\x3e\x22rest"))
    with pytest.raises(Verdict, match="tnef"):
        opened(tmp_path, tnef)
    part = b"Content-Type: application/pdf; name=a.pdf\r\n\r\n" + PDF
    found = opened(tmp_path, kit.raw_mail(part, b"Content-Type: message/external-body; access-type=URL; URL=\"http://x\"\r\n\r\nContent-Type: application/pdf\r\n\r\n"))
    assert found["skipped"] == [{"path": "external", "why": "external"}]


@pytest.mark.parametrize(("kind", "code"), [("signed-data", "container-smime"), ("enveloped-data", "container-encrypted"), ("", "container-encrypted")])
def test_a_mail_that_is_wrapped_whole_is_refused(tmp_path: Path, kind: str, code: str) -> None:
    head = f"From: a@b.vn\r\nTo: c@d.vn\r\nDate: Thu, 05 Nov 2026 09:30:00 +0700\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type={kind}; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB\r\n"
    assert refused(tmp_path, head.encode()) == code


def test_a_document_signed_in_a_wrapping_of_its_own_is_a_member(tmp_path: Path) -> None:
    made = mail(("a.pdf", PDF))
    made.add_attachment(b"0\x80wrapped", maintype="application", subtype="pkcs7-mime", filename="Công văn.pdf.p7m")
    assert paths(opened(tmp_path, made)) == ["a.pdf", "Công văn.pdf.p7m"]


PART = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"


@pytest.mark.parametrize(
    "data",
    [
        kit.raw_mail(PART + b"!!!" + BODY), kit.raw_mail(PART + BODY.strip()[:-3].rstrip(b"=") + b"A" * (1 + (-len(BODY.strip()[:-3].rstrip(b"=").replace(b"\n", b""))) % 4)),
        kit.raw_mail(PART + BODY + b"-- \r\nsent by a gateway"), kit.raw_mail(PART + BODY, close=False), kit.raw_mail(PART + BODY)[:-60],
        kit.raw_mail(PART + BODY).replace(b"; boundary=x", b""), kit.raw_mail(b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(mail(("a.pdf", PDF)).as_bytes())),
    ],
)  # fmt: skip
def test_a_mail_that_lost_bytes_is_refused_not_mended(tmp_path: Path, data: bytes) -> None:
    assert refused(tmp_path, data) == "container-broken"


def test_base64_that_old_gateways_wrote_is_read(tmp_path: Path) -> None:
    loose = PART + b" \r\n".join(BODY.replace(b"=", b"").splitlines()) + b"\r\n\r\n"
    found = opened(tmp_path, kit.raw_mail(loose))
    assert Path(found["members"][0]["file"]).read_bytes() == PDF


def test_pieces_without_end_are_bounded(tmp_path: Path) -> None:
    assert refused(tmp_path, kit.raw_mail(*[b"\r\n"] * 30_000)) == "container-too-large"
    assert refused(tmp_path, kit.raw_mail(*[PART + BODY] * (MOST + 1))) == "container-too-large"
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (at, at) for at in range(5000))
    assert refused(tmp_path, b"From: a@b.vn\r\nTo: c@d.vn\r\nDate: x\r\n" + deep) == "container-broken"


@pytest.mark.parametrize(
    "sender",
    ["a@b.vn, c@d.vn", "undisclosed:;", "", "a b@c.vn", '"x y"@z.vn', "a@[127.0.0.1]", "root@localhost", "a@1.2.3.4", "ä@b.vn", "a@b.vn <c@d.vn", "(((((((a@b.vn", "@", "<>", "a@" + "b" * 70 + ".vn"],
)
def test_a_sender_that_is_not_one_address_is_none(tmp_path: Path, sender: str) -> None:
    data = mail(("a.pdf", PDF), sender="x@y.vn").as_bytes().split(b"\n", 1)[1]
    data = b"From: " + sender.encode() + b"\n" + data
    assert opened(tmp_path, data)["mail"]["from"] == ""


@pytest.mark.parametrize("sender", ["van-thu@snv.vn <van-thu@snv.vn>", '"vt@khac.vn" <van-thu@snv.vn>', "Nguyễn V. An <van-thu@SNV.vn>", "van-thu@snv.vn (Văn thư)", "<van-thu@snv.vn>"])
def test_a_sender_as_programs_write_it(tmp_path: Path, sender: str) -> None:
    data = mail(("a.pdf", PDF), sender="x@y.vn").as_bytes().split(b"\n", 1)[1]
    assert opened(tmp_path, b"From: " + sender.encode() + b"\n" + data)["mail"]["from"] == "van-thu@snv.vn"


@pytest.mark.parametrize(("name", "value"), [("Auto_Submitted", "auto-replied"), ("Precedence", "bulk"), ("List_Id", "<tin.example.vn>"), ("Return_Path", "<>")])
def test_a_machine_s_mail_is_told(tmp_path: Path, name: str, value: str) -> None:
    assert opened(tmp_path, mail(("a.pdf", PDF), **{name: value}))["mail"]["automatic"] is True


def test_two_senders_are_none(tmp_path: Path) -> None:
    data = b"From: x@y.vn\n" + mail(("a.pdf", PDF)).as_bytes()
    assert opened(tmp_path, data)["mail"]["from"] == ""


def test_an_outlook_message_is_refused_with_what_to_do(tmp_path: Path) -> None:
    message = kit.compound("__nameid_version1.0", "__properties_version1.0")
    assert refused(tmp_path, message) == refused(tmp_path, zipped({"thu.msg": message, "a.pdf": PDF})) == "container-msg"
    assert ".eml" in reasons()["container-msg"].act


def test_an_end_of_a_zip64_that_lies_where_no_file_reaches_is_broken(tmp_path: Path) -> None:
    whole = kit.zip64("a.pdf", PDF)
    at = whole.rindex(b"PK\x06\x07") + 8  # where the locator says that end lies
    for told in ((1 << 62).to_bytes(8, "little"), b"\xff" * 8, len(whole).to_bytes(8, "little")):
        with pytest.raises(Verdict) as refused:
            opened(tmp_path, whole[:at] + told + whole[at + 8 :])
        assert refused.value.code == "container-broken"


# --- anything at all


@settings(max_examples=150)
@given(st.sampled_from([WHOLE, kit.zip64("a.pdf", PDF), mail(("a.pdf", PDF), ("b.zip", WHOLE)).as_bytes(), kit.raw_mail(PART + BODY)]), st.data())
def test_damage_is_a_verdict_or_does_no_harm(tmp_path_factory: pytest.TempPathFactory, data: bytes, draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(data) - 1))
    change = draw.draw(st.binary(max_size=4))
    spoilt = data[:at] + change + data[at + draw.draw(st.integers(0, 8)) :]
    folder = tmp_path_factory.mktemp("spoilt")
    try:
        found = opened(folder, spoilt)
    except Verdict as verdict:
        assert verdict.code in reasons()
        return
    assert len(set(paths(found))) == len(found["members"])


@settings(max_examples=200)
@given(st.lists(st.text(max_size=20), max_size=6), st.lists(st.text(min_size=1, max_size=6).map(entrynames.safe_name), max_size=2))
def test_any_names_become_paths_of_their_own(names: list[str], inside: list[str]) -> None:
    given_ = entrynames.Paths()
    shown = [given_.give(inside, name, "tep-1") for name in names]
    assert len({path.casefold() for path in shown}) == len(shown)
    for path in shown:
        steps = path.split("/")
        assert steps[: len(inside)] == inside and len(steps) > len(inside)
        assert all(step not in {"", ".", ".."} and not step.startswith(" ") for step in steps)
        assert unicodedata.is_normalized("NFC", path) and len(path.encode()) <= 420


@given(st.binary(max_size=30))
def test_any_bytes_are_a_name(raw: bytes) -> None:
    assert isinstance(entrynames.of_bytes(raw), str)


def test_what_is_only_asked_for_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.pdf": PDF, "b.zip": zipped({"c.pdf": SIGNED})}))
    told = members({"path": str(tmp_path / "a.zip"), "out": "", "limits": {"file_mb": 10}}, ask)
    assert paths(told) == ["a.pdf", "b.zip/c.pdf"] and {member["file"] for member in told["members"]} == {""}
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_a_worker_does_the_job_within_its_walls(tmp_path: Path) -> None:
    claims, items = tmp_path / "claims", tmp_path / "items"
    claims.mkdir()
    items.mkdir()
    (claims / "a").write_bytes(zipped({"Công văn.pdf": PDF}))
    (claims / "b").write_bytes(mail(("Công văn.pdf", PDF)).as_bytes())
    own = parse({"engine": {"workers": 1}})
    with LocalEngine(own.engine, own.limits, reach=Reach((claims,), (items,))) as walled:
        for name, out in (("a", ""), ("b", str(items))):
            told = walled.call("members", {"path": str(claims / name), "out": out, "limits": own.limits.model_dump()})
            assert paths(told) == ["Công văn.pdf"]
