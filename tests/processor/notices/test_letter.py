"""Letters as a clerk, a sender and a mail program read them, whatever hostile facts they are made of."""

import datetime as dt
import json
import unicodedata
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.addresses import addr_spec, same
from processor.errors import SettingsError
from processor.notices import letter
from processor.notices.letter import Cause, Notice, SignatureSummary
from processor.notices.mail import message
from processor.notices.wording import try_out, wording

NOW = dt.datetime(2026, 11, 5, 2, 30, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 5)
RETURNED = wording("returned", DAY)
NOTICE = Notice(
    id=letter.notice_id("returned", "ab" * 32, "van-ban-den", ""), kind="returned", agency="Ủy ban nhân dân xã Đồng Quế", organ_id="H56.16",
    lane="van-ban-den", original_name="Công văn số 15.pdf", received_at="2026-11-05T09:12:00+07:00", scan_sha256="ab" * 32,
    sender_name="Văn thư Sở Nội vụ", sender_address="van-thu@sonoivu.example.vn", in_reply_to="<15.2026@sonoivu.example.vn>",
    causes=(Cause("signature-invalid", "Nội dung văn bản đã bị thay đổi sau khi ký số.", "Không sử dụng văn bản này; xem báo cáo rồi reject."),),
    number="15/SNV-VP", issued_date="2026-11-04", report="Báo cáo kiểm tra chữ ký số\nChữ ký 1: không hợp lệ\n",
    signatures=(SignatureSummary("invalid", "Nguyễn Văn An", "Sở Nội vụ", "5a:01", "2026-11-04T10:00:00+07:00", "", ("Dữ liệu đã ký bị sửa.",)),),
)  # fmt: skip


def compose(notice: Notice = NOTICE, **how: object) -> dict[str, object]:
    return letter.compose(notice, wording(notice.kind, DAY), NOW, **how)  # type: ignore[arg-type]  # number alone


def read(data: bytes) -> EmailMessage:
    assert data.isascii() and all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    return BytesParser(EmailMessage, policy=policy.default).parsebytes(data)


def mailed(notice: Notice = NOTICE) -> EmailMessage:
    told = letter.compose(notice, wording(notice.kind, DAY), NOW)
    return read(message(told, "van-thu@xa.example.vn", told["sender_address"] or "lanh-dao@xa.example.vn"))


# --- what a person reads


def test_a_returned_document_is_told_as_the_law_asks() -> None:
    assert compose()["text"] == """\
ỦY BAN NHÂN DÂN XÃ ĐỒNG QUẾ

                                  THÔNG BÁO
                       Về việc trả lại văn bản điện tử
                (lập lúc 09:30 ngày 05/11/2026, giờ Việt Nam)

Kính gửi: Văn thư Sở Nội vụ

Căn cứ khoản 2 Điều 21 Nghị định số 30/2020/NĐ-CP ngày 05/3/2020 của Chính phủ
về công tác văn thư, Ủy ban nhân dân xã Đồng Quế đã kiểm tra tính xác thực,
tính toàn vẹn và nơi nhận của văn bản điện tử dưới đây. Văn bản không đáp ứng
quy định nên được trả lại.

Văn bản:
  - Tệp: Công văn số 15.pdf
  - Số, ký hiệu: 15/SNV-VP
  - Ngày ban hành: 04/11/2026
  - Nhận lúc: 09:12 ngày 05/11/2026
  - Mã băm SHA-256 của tệp:
    abababababababababababababababababababababababababababababababab

Lý do trả lại:
  1. Nội dung văn bản đã bị thay đổi sau khi ký số. (mã: signature-invalid)
     Việc cần làm: Kiểm tra lại văn bản và gửi lại bản đúng quy định.

Kết quả kiểm tra từng chữ ký số:
  1. Nguyễn Văn An, Sở Nội vụ: KHÔNG hợp lệ
     số chứng thư 5a:01; ký lúc 10:00 ngày 04/11/2026
     - Dữ liệu đã ký bị sửa.

Văn bản được trả lại không gửi kèm thông báo này. Đề nghị cơ quan, tổ chức gửi
kiểm tra, khắc phục và gửi lại; văn bản chưa được đăng ký vào sổ văn bản đến.

Thông báo do hệ thống lập tự động theo quy trình của cơ quan; không cần trả
lời thư này.
Mã thông báo: """ + NOTICE.id + "\n"


def test_the_sender_is_not_told_what_the_clerk_should_do() -> None:
    text = str(compose()["text"])
    assert "reject" not in text
    wrong = replace(NOTICE, causes=(Cause("wrong-addressee", "Văn bản gửi sai nơi nhận.", "Dùng lệnh retry."),))
    assert "gửi đến đúng cơ quan" in str(compose(wrong)["text"]) and "retry" not in str(compose(wrong)["text"])


def test_the_office_is_told_what_to_do_and_nobody_outside_gets_it() -> None:
    urgent = replace(NOTICE, kind="escalation", urgency="HỎA TỐC")
    told = compose(urgent)
    assert "Mức độ khẩn: HỎA TỐC" in str(told["text"]) and "xem báo cáo rồi reject" in str(told["text"])
    assert told["sender_address"] == "" and "Kính gửi: Người có trách nhiệm giải quyết" in str(told["text"])


def test_a_receipt_tells_the_code_and_no_reproach() -> None:
    told = compose(replace(NOTICE, kind="receipt", causes=(), signatures=(), code="H56.16.2026.01.VBD.0000015"))
    assert "đã nhận văn bản" in str(told["subject"]).lower() or "Đã nhận" in str(told["subject"])
    assert "Mã tại nơi nhận: H56.16.2026.01.VBD.0000015" in str(told["text"]) and "Lý do" not in str(told["text"])


def test_a_demo_station_s_letter_says_so() -> None:
    assert "KHÔNG CÓ GIÁ TRỊ PHÁP LÝ" in str(compose(replace(NOTICE, demo=True))["text"])
    assert "KHÔNG CÓ GIÁ TRỊ" not in str(compose()["text"])


def test_an_unknown_sender_is_addressed_all_the_same() -> None:
    assert "Kính gửi: Cơ quan, tổ chức gửi văn bản" in str(compose(replace(NOTICE, sender_name="", sender_address=""))["text"])


def test_json_keeps_its_fields() -> None:
    told = json.loads(letter.to_json(compose()))
    assert sorted(told) == sorted(
        "id kind agency lane original_name received_at scan_sha256 organ_id part sender_name sender_address in_reply_to causes number issued_date "
        "code urgency signatures report demo version number_of_notice message_id made_at law subject text".split()
    )
    assert told["law"] == {"act": "NĐ 30/2020/NĐ-CP", "article": "Điều 21 khoản 2"}
    assert told["causes"] == [{"code": "signature-invalid", "vi": NOTICE.causes[0].vi, "act": "Kiểm tra lại văn bản và gửi lại bản đúng quy định."}]


# --- what a mail program reads


def test_a_mail_in_vietnamese_is_read_back() -> None:
    mail = mailed()
    assert [(a.display_name, a.addr_spec) for a in mail["from"].addresses] == [(NOTICE.agency, "van-thu@xa.example.vn")]
    assert [(a.display_name, a.addr_spec) for a in mail["to"].addresses] == [("Văn thư Sở Nội vụ", "van-thu@sonoivu.example.vn")]
    assert mail["subject"] == "Trả lại văn bản điện tử: Công văn số 15.pdf"
    assert mail["date"].datetime == NOW and mail["auto-submitted"] == "auto-generated"
    assert mail["in-reply-to"] == mail["references"] == "<15.2026@sonoivu.example.vn>"
    body = mail.get_body()
    assert body is not None and body.get_content().replace("\r\n", "\n") == compose()["text"]


def test_a_mail_carries_the_facts_and_the_report_and_not_the_document() -> None:
    parts = list(mailed().iter_attachments())
    assert [part.get_filename() for part in parts] == ["notice.json", "bao-cao-kiem-tra.txt"]
    assert json.loads(parts[0].get_content()) == compose()
    assert parts[1].get_content().replace("\r\n", "\n") == NOTICE.report


def test_the_same_facts_give_the_same_bytes() -> None:
    told = compose()
    assert message(told, "a@b.vn", "c@d.vn") == message(json.loads(letter.to_json(told)), "a@b.vn", "c@d.vn")


def test_a_repeat_is_known_by_its_id_and_another_letter_has_another() -> None:
    assert mailed()["message-id"] == f"<{NOTICE.id}.1@h56.16.sohoa>"
    assert compose(number=2)["message_id"] == f"<{NOTICE.id}.2@h56.16.sohoa>"
    assert letter.notice_id("a", "b") != letter.notice_id("ab", "") and letter.notice_id("a") == letter.notice_id("a")
    longest = replace(NOTICE, id="f" * 64, organ_id="H56." + "A" * 31, in_reply_to="<" + "x" * 120 + "@" + "y" * 120 + ">")
    assert mailed(longest)["message-id"] == letter.compose(longest, RETURNED, NOW)["message_id"]
    assert mailed(longest)["in-reply-to"] == longest.in_reply_to


def test_a_letter_without_an_address_is_a_draft() -> None:
    told = compose(replace(NOTICE, sender_address="a@b.vn, c@d.vn"))
    assert told["sender_address"] == ""
    draft = read(message(told, "", ""))
    assert draft["x-unsent"] == "1" and draft["to"] is None and draft["from"] is None


hostile = st.text(max_size=40) | st.sampled_from(
    ["a\r\nBcc: x@y.vn", "a\nSubject: b", "\r\n\r\nbody", "=?utf-8?q?=0D=0ABcc:_x@y.vn?=", "\u202eabc", "a" * 500, '"<x@y.vn>,', "x@y.vn>, <z@t.vn", "\x00", "\ud800", "é" * 300, "{agency.__class__}", "\u2028Bcc: x"]
)  # fmt: skip


@given(hostile, hostile, hostile, hostile)
def test_no_fact_adds_a_header_a_line_or_a_recipient(name: str, sender: str, agency: str, reply: str) -> None:
    notice = replace(NOTICE, original_name=name, sender_name=sender, agency=agency, in_reply_to=reply, part=name, number=sender, urgency=agency, report=reply, causes=(Cause(name, sender, agency),))
    mail = mailed(notice)
    allowed = {"message-id", "in-reply-to", "references", "from", "to", "subject", "date", "auto-submitted", "x-auto-response-suppress", "content-language", "mime-version", "content-type"}
    assert {key.lower() for key in mail.keys()} <= allowed and len(mail.keys()) == len({key.lower() for key in mail.keys()})
    assert [a.addr_spec for a in mail["to"].addresses] == ["van-thu@sonoivu.example.vn"]
    assert [a.addr_spec for a in mail["from"].addresses] == ["van-thu@xa.example.vn"]
    told = compose(notice)
    json.loads(letter.to_json(told))
    assert all(char.isprintable() or char == "\n" for char in str(told["text"]))
    assert unicodedata.is_normalized("NFC", str(told["text"]))


@given(st.text(max_size=80))
def test_an_address_is_one_address_or_nothing(text: str) -> None:
    found = addr_spec(text)
    assert found == "" or (addr_spec(found) == found and found.isascii() and found.count("@") == 1 and not set(found) & set(' \r\n\t<>(),;:\\"[]'))


@pytest.mark.parametrize("text", ["a@b.vn", " van-thu.1+x@so.noi-vu.gov.vn ", "A@B.VN"])
def test_addresses_that_are(text: str) -> None:
    assert same(addr_spec(text), text.strip())


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@", "@b.vn", "a@b", "a@b..vn", ".a@b.vn", "a.@b.vn", "a@-b.vn", "a@b.vn,c@d.vn", "a@b.vn c@d.vn", "<a@b.vn>", "a@b.vn\r\nRCPT TO:<c@d.vn>", "a\x00@b.vn", "a@[10.0.0.1]", "a@10.0.0.1", "ă@b.vn", "a@đ.vn", '"a b"@c.vn', "a@b.vn>", "a@c.vn\n", "a" * 65 + "@b.vn", "a@" + ".".join(["b" * 60] * 5) + ".vn"],
)  # fmt: skip
def test_addresses_that_are_none(text: str) -> None:
    assert addr_spec(text) == ""


def test_only_the_office_s_own_setting_may_name_a_host_without_a_domain() -> None:
    assert addr_spec("van-thu@mail", within=True) == "van-thu@mail" and addr_spec("root@localhost") == ""


# --- the words


def test_an_office_writes_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    own = '[[notice]]\nkind = "returned"\nact = "QĐ 1"\narticle = "1"\nvalid_from = 2026-01-01\nabout = "Trả"\nsubject = "Trả {name}"\nlead = "X"\ncauses = "Vì"\nclose = "Hết"\n'
    (tmp_path / "law" / "notices.toml").write_text(own + '[sender]\nunsigned-refused = "Ký rồi gửi lại."\n')
    assert wording("returned", DAY, tmp_path).about == "Trả"
    assert wording("returned", dt.date(2025, 12, 31), tmp_path).about == "Về việc trả lại văn bản điện tử"
    assert wording("receipt", DAY, tmp_path).sender_acts["unsigned-refused"] == "Ký rồi gửi lại."


@pytest.mark.parametrize("slip", ['lead = "{sender}"', "lead = 5", 'close = "{"', 'leed = "x"'])
def test_a_slip_in_an_office_s_words_is_found_before_a_letter_is_due(tmp_path: Path, slip: str) -> None:
    (tmp_path / "law").mkdir()
    own = '[[notice]]\nkind = "returned"\nact = "QĐ 1"\narticle = "1"\nvalid_from = 2026-01-01\nabout = "Trả"\nsubject = "Trả"\ncauses = "Vì"\n'
    rest = "".join(f'{name} = "x"\n' for name in ("lead", "close") if not slip.startswith(name))
    (tmp_path / "law" / "notices.toml").write_text(own + rest + slip + "\n")
    with pytest.raises(SettingsError, match="returned"):
        try_out(DAY, tmp_path)


def test_the_words_hold_since_the_decree_and_not_before() -> None:
    with pytest.raises(SettingsError):
        wording("returned", dt.date(2020, 3, 4))
