"""The clerk's page: what it says is so, it fits one sheet, and no name can bend it."""

import datetime as dt
import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor import report
from processor.condition import Condition, Proofs
from processor.errors import reason, reasons
from processor.report import DayFacts, Item

DAY = dt.date(2026, 11, 23)
QUIET = DayFacts(
    agency="Ủy ban nhân dân xã Minh Họa", day=DAY, made_at=dt.datetime(2026, 11, 23, 23, 5, tzinfo=dt.UTC), demo=False,
    received=0, duplicates=0, filed=(), held=(), rejected=(), waiting=(), to_describe=(),
    archive=Condition(fixity=(10, 0), certificate_days_left=214),
)  # fmt: skip


def standing(**changes: object) -> DayFacts:
    return replace(QUIET, archive=replace(QUIET.archive, **changes))  # type: ignore[arg-type]  # the names are Condition's


HEADINGS = (
    "1. TIẾP NHẬN", "2. ĐÃ LƯU", "3. BỊ GIỮ", "4. BỊ TỪ CHỐI", "5. ĐANG CHỜ", "6. CẦN BỔ SUNG MÔ TẢ",
    "7. TRÙNG SỐ, KÝ HIỆU", "8. KIỂM TRA KHO LƯU TRỮ",
)  # fmt: skip


def item(code: str, name: str = "SCAN_0001.pdf", lane: str = "sao-y") -> Item:
    told = reason(code)
    return Item(name, lane, told.vi, told.act, f"{told.state}/{lane}/2026-11-23-0123456789ab")


def lines(facts: DayFacts) -> list[str]:
    return report.text(facts).split("\n")[:-1]


def counts(line: str) -> list[int]:
    return [int(number.replace(".", "")) for number in re.findall(r"\d+(?:\.\d{3})*", line)]


def test_a_good_day_says_so_before_anything_else_of_the_page() -> None:
    page = lines(replace(QUIET, received=30, filed=[("sao-y", 30, 85)]))
    assert page[0] == "ỦY BAN NHÂN DÂN XÃ MINH HỌA"
    assert page[2].strip() == "PHIẾU KẾT QUẢ NGÀY 23/11/2026"
    assert page[3].strip() == "Lập lúc 06:05 ngày 24/11/2026 (giờ Việt Nam)"
    assert page[5] == "Tất cả 30 văn bản đã được lưu."


def test_a_bad_day_says_what_must_be_done() -> None:
    facts = replace(
        QUIET, received=36, filed=[("sao-y", 30, 85)], held=[item("file-missing")] * 3, rejected=[item("truncated")],
        waiting=[item("waiting-tsa")] * 2,
    )  # fmt: skip
    assert report.verdict(facts) == "CẦN XỬ LÝ: 3 văn bản bị giữ, 1 bị từ chối, 2 chờ."
    page = report.text(facts)
    told = " ".join(page.split())
    for code in ("file-missing", "truncated", "waiting-tsa"):
        assert reason(code).vi in told
        assert reason(code).act in told
    assert "held/sao-y/2026-11-23-0123456789ab" in page


@pytest.mark.parametrize("code", sorted(reasons()))
def test_every_reason_and_its_remedy_stand_whole_on_the_page(code: str) -> None:
    told = " ".join(report.text(replace(QUIET, held=[item(code)])).split())
    assert reason(code).vi in told
    assert reason(code).act in told


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (QUIET, "Trong ngày không có bản quét nào."),
        (replace(QUIET, received=4, duplicates=4), "Không có văn bản mới: 4 bản quét đều trùng."),
        (replace(QUIET, received=5, filed=[("a", 3, 3)]), "Đã lưu 3 văn bản, 2 bản quét đang xử lý."),
        (standing(fixity=None), "Trong ngày không có bản quét nào; kho chưa được kiểm tra."),
        (standing(fixity=(10, 2)), "CẦN XỬ LÝ: kho lưu trữ có 2 lỗi."),
        (standing(failed=1), "CẦN XỬ LÝ: kho lưu trữ có 1 lỗi."),
        (standing(certificate_days_left=30), "CẦN XỬ LÝ: chứng thư số sắp hết hạn."),
        (standing(certificate_days_left=-1), "CẦN XỬ LÝ: chứng thư số đã hết hạn."),
        (replace(QUIET, rejected=[item("empty")]), "CẦN XỬ LÝ: 1 văn bản bị từ chối."),
        (
            replace(QUIET, received=1, filed=[("a", 1, 1)], to_describe=[item("x")]),
            "Tất cả 1 văn bản đã được lưu; 1 văn bản cần bổ sung mô tả.",
        ),
    ],
)
def test_the_verdict_of(facts: DayFacts, said: str) -> None:
    assert report.verdict(facts) == said


def test_an_empty_section_says_so_and_a_check_that_did_not_run_is_not_a_clean_one() -> None:
    page = report.text(standing(fixity=None))
    for heading in HEADINGS[:6]:
        assert f"{heading}: Không có\n" in page
    assert "Kiểm tra toàn vẹn: CHƯA CHẠY" in page
    assert "đã kiểm tra 10 mục, không có lỗi" in report.text(QUIET)


def test_a_demo_station_is_worth_nothing_and_says_so() -> None:
    assert "BẢN MINH HỌA - KHÔNG CÓ GIÁ TRỊ PHÁP LÝ" in report.text(replace(QUIET, demo=True))
    assert "MINH HỌA -" not in report.text(QUIET)


def test_codes_given_in_a_lane_are_shown() -> None:
    facts = replace(QUIET, received=9, filed=[("sao-y", 9, 9)], file_range={"sao-y": ("H05.01.0000001", "H05.01.0000009")})
    assert "mã H05.01.0000001 đến H05.01.0000009" in report.text(facts)


def test_the_same_reason_is_told_once_with_its_documents_under_it() -> None:
    held = [item("file-missing", "a.pdf"), item("born-digital", "b.pdf"), item("file-missing", "c.pdf")]
    page = report.text(replace(QUIET, held=held))
    assert page.count("Chưa biết văn bản thuộc hồ sơ nào.") == 1
    assert "Lý do (2 văn bản): Chưa biết" in page
    assert page.index("a.pdf") < page.index("c.pdf") < page.index("b.pdf")


def test_no_section_starves_another_and_what_is_cut_is_counted() -> None:
    facts = replace(
        QUIET, held=[item("signed", f"h{n}.pdf") for n in range(900)], rejected=[item("truncated", f"r{n}.pdf") for n in range(5)],
        waiting=[item("waiting-tsa", f"w{n}.pdf") for n in range(400)], to_describe=[item("born-digital", f"d{n}.pdf") for n in range(70)],
    )  # fmt: skip
    page = report.text(facts)
    parts = re.split(r"\n\d\. ", page)[3:7]
    for part, letter, count in zip(parts, "hrwd", (900, 5, 400, 70), strict=True):
        shown = len(re.findall(rf"- {letter}\d+\.pdf", part))
        cut = re.search(r"… còn ([\d.]+) văn bản chưa nêu tên", part)
        assert shown >= 1
        assert shown + (counts(cut[0])[0] if cut else 0) == count


def test_who_reads_the_verdict_of_a_bad_night_understands_each_count() -> None:
    bad = replace(standing(fixity=(0, 1), failed=1, copies=(1, 1)), held=[item("signed")] * 7, rejected=[item("empty")] * 2,
                  waiting=[item("waiting-tsa")] * 2)  # fmt: skip
    assert report.verdict(bad) == "CẦN XỬ LÝ: 2 lỗi kho, 7 giữ, 2 bị từ chối, 2 chờ, 1 bản sao dự phòng chưa đạt."
    page = report.text(bad)
    assert "đã kiểm tra 0 mục, CÓ 1 LỖI" in page, "what was read is told apart from the night's other works"
    assert "1 LỖI khi niêm phong, công bố, gia hạn, sao chép" in page


def test_documents_whose_reason_is_told_and_whose_name_is_not_are_not_others() -> None:
    held = [code for code, told in reasons().items() if told.state == "held"][:9]
    page = report.text(replace(QUIET, held=[item(code) for code in held], to_describe=[lacking(f"d{n}.pdf") for n in range(12)],
                               waiting=[item("waiting-tsa"), item("not-taken"), item("waiting-disk")]))  # fmt: skip
    part = page[page.index("3. BỊ GIỮ: 9 văn bản") : page.index("4. BỊ TỪ CHỐI")]
    assert part.count("Lý do: ") == 9
    assert f"… còn {9 - part.count('SCAN_0001.pdf')} văn bản chưa nêu tên (xem đủ bằng lệnh sohoa status)\n" in part
    assert "mục khác" not in page


def test_each_reason_gets_its_first_document_before_one_gets_many() -> None:
    held = [item("signed", f"s{n}.pdf") for n in range(50)] + [item("file-missing", "m.pdf"), item("file-closed", "k.pdf")]
    page = report.text(replace(QUIET, held=held))
    assert "m.pdf" in page
    assert "k.pdf" in page


def test_every_reason_is_read_before_any_name() -> None:
    held = [code for code, told in reasons().items() if told.state == "held"][:8]
    rejected = [code for code, told in reasons().items() if told.state == "rejected"][:4]
    named = {name: [item(code, f"{code}-{n}.pdf") for code in codes for n in range(40)]
             for name, codes in (("held", held), ("rejected", rejected))}  # fmt: skip
    page = report.text(replace(QUIET, **named, to_describe=[lacking(f"d{n}.pdf") for n in range(300)]))
    told = " ".join(page.split())
    assert [code for code in (*held, *rejected) if reason(code).vi[:50] not in told] == []
    assert "thiếu số, trích yếu" in told


def lacking(name: str) -> Item:
    return Item(name, "sao-y", "", "sohoa describe MÃ --set …", "H05.99.2026.01.VP.0000012", "số, trích yếu")


def test_what_is_to_be_described_says_its_code_and_what_is_missing() -> None:
    page = report.text(replace(QUIET, to_describe=[lacking("a.pdf"), lacking("b.pdf"), lacking("x" * 300 + ".pdf")]))
    assert "   - a.pdf, mã H05.99.2026.01.VP.0000012: thiếu số, trích yếu\n" in page
    assert page.count("sohoa describe") == 1
    assert page.count(": thiếu số, trích yếu\n") == 2 and "     thiếu số, trích yếu\n" in page


def test_a_lane_that_is_none_is_not_shown() -> None:
    page = report.text(replace(QUIET, waiting=[Item("a.pdf", "", "Sai chỗ.", "Chuyển đi.", "drop")]))
    assert "- a.pdf, tại drop\n" in page


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b", "\r", "\n", "\x00", "\x1b", "\x85", "\u2028", "\udc80", "\u00a0"])
def test_a_name_cannot_bend_the_page(sign: str) -> None:
    plain, bent = (replace(QUIET, held=[item("signed", name)]) for name in ("quet_gpj.exe", f"quet_{sign}gpj.exe"))
    page = report.text(bent)
    assert sign == "\n" or sign not in page
    assert f"quet_<U+{ord(sign):04X}>gpj.exe" in page
    assert page.count("\n") == report.text(plain).count("\n")


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    page = report.text(replace(QUIET, held=[item("signed", "Công văn " + "x" * 500 + "số 12.pdf")]))
    assert re.search(r"- Công văn x+…x+số 12\.pdf, tại held/sao-y/", page)


def test_names_from_a_mac_are_composed() -> None:
    page = report.text(replace(QUIET, held=[item("signed", unicodedata.normalize("NFD", "Quyết định.pdf"))]))
    assert "Quyết định.pdf" in page


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        report.text(replace(QUIET, made_at=dt.datetime(2026, 11, 24, 6, 0)))


NAMES = st.text(st.characters(), max_size=300)  # surrogates too: names of files are bytes
SOME = st.integers(0, 1000)


@st.composite
def items(draw: st.DrawFn) -> list[Item]:
    few = draw(st.lists(st.builds(Item, NAMES, NAMES, NAMES, NAMES, NAMES, NAMES), min_size=1, max_size=4))
    count = draw(SOME | st.integers(0, 4))
    return [few[n % len(few)] for n in range(count)]


DAYS = st.builds(
    DayFacts, agency=NAMES, day=st.dates(), demo=st.booleans(), received=SOME, duplicates=SOME,
    made_at=st.datetimes(dt.datetime(1970, 1, 2), dt.datetime(9999, 12, 30), timezones=st.just(dt.UTC)),
    filed=st.lists(st.tuples(NAMES, SOME, SOME), max_size=20), held=items(), rejected=items(), waiting=items(),
    to_describe=items(), doubles=items(), archive=st.builds(
        Condition, sealed_days=st.lists(st.dates(), max_size=40), fixity=st.none() | st.tuples(SOME, SOME),
        heads=st.tuples(SOME, SOME, SOME), copies=st.tuples(SOME, SOME),
        certificate_days_left=st.none() | st.integers(-1000, 1000), failed=st.integers(0, 3),
        proofs=st.none() | st.builds(Proofs, st.dates(), st.integers(-1000, 1000), st.booleans(), st.booleans()),
    ),
)  # fmt: skip


@settings(max_examples=60, derandomize=True)
@given(DAYS)
def test_any_day_is_one_page_with_every_section(facts: DayFacts) -> None:
    page = lines(facts)
    assert len(page) <= report.LINES <= 60
    assert max(map(len, page)) <= report.COLUMNS == 78
    assert all(line.isprintable() for line in page)
    found = [line for line in page if line.startswith(HEADINGS)]
    assert [next(h for h in HEADINGS if line.startswith(h)) for line in found] == list(HEADINGS)
    for line, named in zip(found[2:7], (facts.held, facts.rejected, facts.waiting, facts.to_describe, facts.doubles), strict=True):
        assert counts(line)[1:] == ([len(named)] if named else [])


@settings(max_examples=100, derandomize=True)
@given(DAYS)
def test_the_verdict_is_one_line_and_true(facts: DayFacts) -> None:
    said = report.verdict(facts)
    assert said in lines(facts)
    findings = facts.archive.findings
    trouble = [n for n in (findings, len(facts.held), len(facts.rejected), len(facts.waiting), facts.archive.copies[1]) if n]
    soon = facts.archive.certificate_days_left is not None and facts.archive.certificate_days_left <= 30
    proofs = facts.archive.proofs
    soon = soon or (proofs is not None and proofs.is_due and proofs.days_left <= 30)
    assert said.startswith("CẦN XỬ LÝ: ") == bool(trouble or soon)
    if trouble or soon:
        assert counts(said) == trouble
    else:
        documents = sum(row[1] for row in facts.filed)
        assert (f"Tất cả {documents:,} văn bản đã được lưu".replace(",", ".") in said) == (
            documents > 0 and documents >= facts.received - facts.duplicates
        )
