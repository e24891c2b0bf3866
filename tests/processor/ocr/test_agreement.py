"""Two readings of one place: agreement makes sure, difference makes doubtful, nothing read is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from processor.ocr import again, inkasked, shapes
from processor.ocr.agreement import (
    DOUBTED,
    OUTVOTED,
    UNMARKED,
    confirmed,
    is_same_place,
    unjoined,
    unlapped,
    unspecked,
    voted,
    whole,
    yielding,
)
from processor.ocr.regions import gutter, zones
from processor.ocr.words import Word

ZONE = (0.0, 0.45)


def word(text: str, left: float = 0.1, top: float = 0.1, sure: float = 80.0) -> Word:
    return Word(text, left, top, left + 0.05, top + 0.01, sure)


def test_what_both_say_is_surer_than_either() -> None:
    (found,) = confirmed([word("Đỗ")], [word("Đỗ", sure=70)], ZONE)
    assert found.text == "Đỗ"
    assert found.confidence > 80


def test_an_eth_and_a_comma_are_no_difference() -> None:
    (found,) = confirmed([word("QÐ-UBND,")], [word("QĐ-UBND")], ZONE)
    assert found.confidence > 80


def test_what_they_say_differently_is_in_doubt() -> None:
    (found,) = confirmed([word("Đó", sure=96)], [word("Đỗ", sure=97)], ZONE)
    assert found.text == "Đỗ"
    assert DOUBTED < found.confidence <= UNMARKED  # the letters are certain
    assert confirmed([word("Hà", sure=96)], [word("Hồ", sure=97)], ZONE)[0].confidence <= DOUBTED


def test_words_that_a_speck_joins_are_apart_where_the_other_reading_has_two() -> None:
    halves = [Word("Lam", 0.1, 0.1, 0.12, 0.11, 90), Word("Xuyên,", 0.125, 0.1, 0.15, 0.11, 90)]
    for joined in ("Lam-Xuyên,", "Lam.Xuyên", "Lam:Xuyén,"):
        for found in (confirmed([word(joined, sure=70)], halves, ZONE), confirmed(halves, [word(joined, sure=70)], ZONE)):
            assert [each.text.strip(",") for each in found] == ["Lam", "Xuyên"]
            assert found[0].confidence > 90
            assert found[0].right <= found[1].left
    year = [Word("đoạn", 0.1, 0.1, 0.12, 0.11, 90), Word("2026", 0.125, 0.1, 0.15, 0.11, 90)]
    assert [each.text for each in unjoined([word("đoạn.2026")], year)] == ["đoạn", "2026"]


def test_halves_between_which_readings_have_different_signs_are_two_words() -> None:
    joined = replace(word("Các-phòng,", sure=55), rivals=("Các-phòng", "Các:phòng", "Các-phòng"))
    first, second = unspecked([joined])
    assert (first.text, second.text) == ("Các", "phòng,") and first.right <= second.left
    assert first.confidence == second.confidence == OUTVOTED
    for rivals in (("Các-phòng", "Các-phòng"), ("Các-phòng", "Các:phóng"), ("Các-phòng", "Cácphòng")):
        whole = replace(joined, rivals=rivals)
        assert unspecked([whole]) == [whole]


def test_what_the_ink_and_two_readings_say_alike_outvotes_what_the_ink_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Image.new("L", (100, 100), 255)
    for left, sure in ((("Số", "Số", "Số"), OUTVOTED), (("Số", "Số"), 55.0), (("Số", "Số", "Sổ"), 55.0)):
        monkeypatch.setattr(shapes, "told", lambda page, words, asked, left=left: [replace(words[0], rivals=left)])
        assert inkasked.shaped(page, [replace(word("Số", sure=55.0), rivals=("Số", "Sổ", "Số"))])[0].confidence == sure


def test_what_no_speck_joins_stays_whole() -> None:
    initials = [Word("QĐ", 0.1, 0.1, 0.12, 0.11, 90), Word("UBND", 0.125, 0.1, 0.15, 0.11, 90)]
    assert [each.text for each in unjoined([word("QĐ-UBND")], initials)] == ["QĐ-UBND"]
    others = [Word("Lan", 0.1, 0.1, 0.12, 0.11, 90), Word("Hương", 0.125, 0.1, 0.15, 0.11, 90)]
    assert [each.text for each in unjoined([word("Lam-Xuyên")], others)] == ["Lam-Xuyên"], "the other reads other words there"
    assert [each.text for each in unjoined([word("Lam-Xuyên")], [word("Lam-Xuyên")])] == ["Lam-Xuyên"]


def test_one_word_that_the_other_reading_has_as_two_is_in_doubt() -> None:
    halves = [Word("3", 0.1, 0.1, 0.12, 0.11, 90), Word("7", 0.125, 0.1, 0.15, 0.11, 90)]
    (found,) = confirmed([word("37", sure=99)], halves, ZONE)
    assert found.text == "37"
    assert found.confidence < 75


def test_a_word_that_only_the_second_reading_has_is_added_if_sure() -> None:
    told = confirmed([word("SỞ")], [word("SỞ"), word("NỘI", left=0.2, sure=95), word("~", left=0.3, sure=95), word("l", left=0.4, sure=30)], ZONE)
    assert [found.text for found in told] == ["SỞ", "NỘI"]


def test_below_the_zone_nothing_changes() -> None:
    below = word("Điều", top=0.6)
    assert confirmed([below], [], ZONE) == [below]


def said(*readings: str) -> tuple[str, float]:
    (found,) = voted([[word(text)] for text in readings])
    return found.text, found.confidence


def test_what_two_of_three_readings_say_stands_but_not_for_a_name() -> None:
    assert said("Đó", "Đỗ", "Đỗ") == ("Đỗ", OUTVOTED)
    assert said("Đó", "Đỗ", "Đô")[1] <= DOUBTED
    assert said("Đó", "Đỗ", "Đỗ", "Đó")[1] <= DOUBTED  # two against two
    assert said("Đó", "Đỗ", "Đỗ", "Đỗ")[1] > OUTVOTED


def test_what_three_readings_say_stands_where_the_others_differ_among_themselves() -> None:
    assert said("Đỗ", "Đỗ", "Đỗ", "Đã", "Đề")[1] > OUTVOTED
    assert said("Đỗ", "Đỗ", "Đỗ", "Đã", "Đã")[1] == OUTVOTED  # three to two is no three to one
    assert said("Đỗ", "Đỗ", "Đã", "Đề", "Đó")[1] <= DOUBTED


def test_a_doubtful_word_bears_what_each_reading_had() -> None:
    (found,) = confirmed([word("Tuần", sure=90)], [word("Tuấn", sure=92)], ZONE)
    assert found.rivals == ("Tuần", "Tuấn") and found.told()[6] == ["Tuần", "Tuấn"]
    (found,) = voted([[word(text, sure=90)] for text in ("Tuần,", "Tuấn", "Tuấn", "Tuần")])
    assert Counter(found.rivals) == {"Tuần": 2, "Tuấn": 2}
    (found,) = confirmed([word("Tuấn", sure=90)], [word("Tuấn", sure=92)], ZONE)
    assert found.rivals == () and len(found.told()) == 6


def test_initials_run_together_are_weighed_each_for_itself() -> None:
    pair = [Word("VT,", 0.1, 0.1, 0.12, 0.11, 90), Word("TH.", 0.122, 0.1, 0.15, 0.11, 90)]
    found = confirmed([word("VT,TH.", sure=90)], pair, ZONE)
    assert [(each.text, each.confidence) for each in found] == [("VT,", 99), ("TH.", 99)]


def test_a_word_lies_where_no_stroke_beside_it_widens_its_box() -> None:
    wide = Word("Phạm", 0.08, 0.09, 0.15, 0.11, 95)
    (found,) = voted([[wide], [word("Phạm", sure=90)]])
    assert (found.left, found.top, found.bottom) == (0.1, 0.1, 0.11)


def test_no_vote_settles_digits_or_capitals_that_look_like_small_letters() -> None:
    assert said("15", "16", "16")[1] <= DOUBTED
    assert said("Vực", "vực", "vực")[1] < 80


def test_words_read_as_one_yield_to_what_two_readings_have_apart() -> None:
    whole = Word("GIÁMĐỐC", 0.1, 0.1, 0.3, 0.11, 90)
    apart = [Word("GIÁM", 0.1, 0.1, 0.19, 0.11, 80), Word("ĐỐC", 0.21, 0.1, 0.3, 0.11, 80)]
    assert {found.text for found in voted([[whole], apart, apart])} == {"GIÁM", "ĐỐC"}


HEADED = [word(text, left=0.1 * place) for place, text in enumerate("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM".split())]


def test_the_head_is_read_twice_where_the_country_stands_over_it() -> None:
    assert zones(HEADED) == [ZONE]
    assert zones([word("Việt"), word("Nam")]) == []


def test_the_foot_is_read_twice_from_its_recipients_on() -> None:
    country = [word(text, top=0.05) for text in ("CỘNG", "HÒA", "HỘI", "NGHĨA")]
    assert zones([*country, word("Nơi", top=0.25)]) == [(0.0, 0.6)]  # a short letter is one part
    assert zones([*country, word("nơi", top=0.6)]) == [ZONE]  # "nơi" within a sentence opens no foot
    assert zones([word("Nơi", top=0.1)])[0][0] < 0.1  # a later page may end soon after its top
    assert zones([*HEADED, word("Nơi", top=0.6)]) == [ZONE, (0.57, 0.95)]


RECIPIENTS = [word(text, left, top, 90.0) for row, top in (("- Như", 0.62), ("- CT,", 0.64), ("- Lưu:", 0.66))
              for text, left in zip(row.split(), (0.15, 0.18), strict=True)]  # fmt: skip


def test_a_foot_whose_heading_is_not_read_is_found_by_its_list() -> None:
    assert zones([*HEADED, *RECIPIENTS]) == [ZONE, (0.57, 0.95)]
    assert zones([*HEADED, word("nhận:", top=0.05), *RECIPIENTS]) == [ZONE, (0.57, 0.95)]  # a line of the text begins so
    assert zones([*HEADED, word("Lưu:", top=0.66)]) == [ZONE]


def test_a_foot_parts_between_its_list_and_the_signature() -> None:
    signature = [word("CHỦ", 0.6, 0.61), word("TỊCH", 0.66, 0.61)]
    parted = gutter([*RECIPIENTS, *signature])
    assert parted and 0.3 < parted.across < 0.6 and parted.top < 0.61
    across = [word("chữ", left / 20, 0.64) for left in range(3, 19)]  # one line of print reaches from column to column
    assert gutter([*RECIPIENTS, *across, *signature]) is None
    assert gutter(HEADED) is None


def test_no_word_of_a_reading_reaches_over_the_next() -> None:
    wide, after, below = Word("cường", 0.1, 0.1, 0.2, 0.11, 96), word("số", 0.15), word("hóa", 0.12, 0.2)
    assert unlapped([wide, after, below]) == [replace(wide, right=0.15), after, below]
    found = voted([unlapped([wide, after]), [Word("cường", 0.1, 0.1, 0.145, 0.11, 97), after]])
    assert sorted(each.text for each in found) == ["cường", "số"]
    assert unlapped([]) == []


def test_marks_read_apart_from_their_word_are_no_words() -> None:
    name, mark, alone = Word("Trần", 0.6, 0.64, 0.65, 0.65, 97), Word("À", 0.62, 0.635, 0.63, 0.642, 99), word("A", 0.7, 0.64)
    assert whole([name, mark, alone]) == [name, alone]


def test_what_the_first_reading_doubts_itself_yields_to_a_sure_word() -> None:
    assert yielding([word("B*.4en-", sure=3)], [word("nhận:", sure=97)]) == []
    assert yielding([word("nhận", sure=40)], [word("nhận:", sure=97)]) and yielding([word("x", sure=3)], [word("y", sure=60)])


def test_no_word_of_a_line_is_lost_to_the_line_above(monkeypatch: pytest.MonkeyPatch) -> None:
    def placed(text: str, left: float, top: float, bottom: float, sure: float) -> Word:
        return Word(text, left, top, left + 0.06, bottom, sure)

    post = [placed(text, 0.58 + 0.08 * place, 0.741, 0.757, 55) for place, text in enumerate(("CHÁNH", "VĂN", "PHÒNG"))]
    above = [placed("CHỦ", 0.66, 0.726, 0.745, 99), placed("TỊCH", 0.74, 0.726, 0.745, 99)]
    tall = [replace(word, top=0.732, bottom=0.763, confidence=96) for word in post]  # as a line read alone has them
    monkeypatch.setattr(again, "part", lambda *_: tall)
    plain = Image.new("L", (1654, 2339), "white")
    found = again.settled(plain, 200, "vie", [*above, *post], [((0.7, 1.0), [*above, *post])], None)
    assert sorted(word.text for word in found) == ["CHÁNH", "CHỦ", "PHÒNG", "TỊCH", "VĂN"]


def test_of_many_doubtful_lines_those_with_something_sure_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stamp = [word("xay", 0.05, 0.02 * at, 30) for at in range(1, 13)]
    name = [word("Irần", 0.6, 0.4, 55), word("Minh", 0.66, 0.4, 99), word("Hậu", 0.72, 0.4, 99)]
    read: list[again.Box] = []
    monkeypatch.setattr(again, "part", lambda plain, box, *_: read.append(box) or [])
    again.settled(Image.new("L", (1654, 2339), "white"), 200, "vie", [*stamp, *name], [(ZONE, [*stamp, *name])], None)
    assert any(box[0] < 0.6 * 1654 < box[2] for box in read)


def test_a_part_of_a_firm_word_is_no_word_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    firm = [Word("quả", 0.5, 0.1, 0.54, 0.112, 99), Word("tốt", 0.55, 0.1, 0.59, 0.112, 99)]
    torn = Word("qu", 0.5, 0.1, 0.518, 0.112, 55)
    monkeypatch.setattr(again, "part", lambda *_: [])
    found = again.settled(Image.new("L", (1654, 2339), "white"), 200, "vie", [*firm, torn], [(ZONE, firm)], None)
    assert sorted(word.text for word in found) == ["quả", "tốt"]


def test_digits_cut_from_a_number_have_their_own_height() -> None:
    plain = Image.new("L", (1000, 1000), "white")
    plain.paste(0, (105, 118, 140, 135))  # the digits
    plain.paste(0, (90, 108, 200, 110))  # a rule above
    number = Word("15", 0.1, 0.105, 0.145, 0.145, 99)
    found = again._measured(plain, 200, number)
    assert (found.top, found.bottom, found.left) == (0.118, 0.135, 0.1)
    plain.paste(0, (120, 100, 124, 145))  # a pen's stroke is as high as it is
    assert again._measured(plain, 200, number) == replace(number, top=0.105, bottom=0.145)
    assert again._measured(Image.new("L", (1000, 1000), "white"), 200, number) == number


words = st.lists(
    st.builds(word, st.text(max_size=4), st.floats(0, 0.95), st.floats(0, 0.98), st.floats(0, 100)), max_size=8
)


@given(words, words)
def test_every_word_of_the_first_reading_stays_once(first: list[Word], second: list[Word]) -> None:
    found = confirmed(first, second, ZONE)
    places = [(w.left, w.top) for w in found]
    for each in first:
        assert places.count((each.left, each.top)) >= sum(other == each for other in first)
    assert all(0 <= w.confidence <= 100 for w in found)


@given(words)
def test_a_box_lies_in_its_own_place(some: list[Word]) -> None:
    assert all(is_same_place(each, each) for each in some)


def test_a_slash_that_one_reading_misses_leaves_number_and_notation_sure() -> None:
    for first, second in (("05/ĐA-SNNMT", "05ĐA-SNNMT"), ("05ĐA-SNNMT", "05/ĐA-SNNMT")):
        number, notation = confirmed([word(first, sure=90)], [word(second, sure=90)], ZONE)
        assert (number.text, notation.text) == ("05", "/ĐA-SNNMT") and min(number.confidence, notation.confidence) > 90
    assert len(confirmed([word("05/ĐA-SNNMT")], [word("06ĐA-SNNMT")], ZONE)) == 1


def test_words_in_capitals_that_a_speck_joins_are_two_but_no_initials() -> None:
    joined = replace(word("CỘNG:HÒA", sure=73), rivals=("CỘNG:HÒA", "CỘNG.HÒA", "CỘNG:HÒA"))
    assert [each.text for each in unspecked([joined])] == ["CỘNG", "HÒA"]
    for text, other in (("TP.HCM", "TP:HCM"), ("QĐ-UBND", "QĐ.UBND")):
        initials = replace(word(text), rivals=(text, other))
        assert unspecked([initials]) == [initials]


def test_one_reading_in_small_letters_against_three_is_no_doubt_about_a_capital() -> None:
    assert said("Nguyễn", "Nguyễn", "Nguyễn", "nguyễn")[1] > 90
    assert said("Vận", "vận", "Vận")[1] < 80


def test_a_name_is_held_against_its_twin_in_capitals_and_the_ink_tells_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large, far = word("Trũng,", top=0.2, sure=99), word("TRÙNG", top=0.1, sure=89), word("TRÚNG", top=0.8, sure=99)
    asked = list[Word]()

    def told(page: Image.Image, words: list[Word], some: list[Word], says: str = "") -> list[Word]:
        asked.extend(some)
        return [replace(each, text=says, rivals=(says, says)) if each.said == "TRÙNG" and says else each for each in words]

    page = Image.new("L", (100, 100), 255)
    monkeypatch.setattr(shapes, "told", told)
    assert inkasked.shaped(page, [small, large, far]) == [small, large, far], "where the ink tells nothing all stays"
    assert {each.said: set(each.rivals) for each in asked} == {"Trũng": {"Trũng", "Trùng", "Trúng"}, "TRÙNG": {"TRÙNG", "TRŨNG"}}
    monkeypatch.setattr(shapes, "told", lambda *args: told(*args, says="TRŨNG"))
    found = inkasked.shaped(page, [small, large, far])
    assert [each.said for each in found] == ["Trũng", "TRŨNG", "TRÚNG"]
    assert found[1].confidence == OUTVOTED, "what was read otherwise is sure enough for a sentence, not for a name"


def test_a_name_that_most_readings_have_otherwise_is_as_the_ink_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    page, voted_word = Image.new("L", (100, 100), 255), replace(word("Trùng", top=0.6, sure=98), rivals=("Trùng", "Trũng", "Trùng"))
    monkeypatch.setattr(shapes, "told", lambda page, words, asked: [replace(asked[0], text="Trũng", rivals=("Trũng", "Trũng"))])
    (found,) = inkasked.shaped(page, [voted_word])
    assert (found.text, found.confidence) == ("Trũng", OUTVOTED)
