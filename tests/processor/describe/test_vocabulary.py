"""The closed lists are the law's, and words are compared as Vietnamese is written."""

import datetime as dt
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.describe.vocabulary import Vocabulary, fold, folded_words, is_spelt, is_syllable, marks, nfc, skeleton, squash

from .written import LAW, VOCABULARY


def test_the_kinds_are_those_of_the_law() -> None:
    kinds = [VOCABULARY.kinds[squash(name)] for name in LAW["kinds"][0]["abbreviations"]]
    assert len(kinds) == 29  # NĐ 30 Điều 7
    assert sum(1 for kind in kinds if kind.abbreviation) == 27  # Phụ lục III, mục I


def test_older_paper_shortens_some_kinds_otherwise() -> None:
    introduction = VOCABULARY.kinds[squash("Giấy giới thiệu")]
    assert (introduction.abbreviation, introduction.older) == ("GGT", ("GT",))


@pytest.mark.parametrize("lists", [["written", "places"], ["before_names"]])
def test_no_two_phrases_of_an_agency_have_the_same_letters(lists: list[str]) -> None:
    phrases = [folded_words(text) for name in lists for text in LAW["agency"][name]]
    assert len(phrases) == len(set(phrases))


def test_posts_that_marks_alone_tell_apart_are_told_apart() -> None:
    said = ("THỨ TRƯỞNG", "THỦ TRƯỞNG", "THƯ TRƯỞNG", "PHO CHỦ TỊCH")
    assert [VOCABULARY.position(text) for text in said] == ["Thứ trưởng", "Thủ trưởng", "", "Phó Chủ tịch"]


def test_a_surname_is_certain_where_no_other_has_its_letters() -> None:
    assert VOCABULARY.is_sole("Nguyễn") and not VOCABULARY.is_sole("Lò")
    assert VOCABULARY.surname("Nguyên") == "Nguyễn" and VOCABULARY.surname("Lọ") == ""


@pytest.mark.parametrize(("name", "abbreviation"), [("Quyết định", "QĐ"), ("Quy định", "QyĐ"), ("Tờ trình", "TTr"), ("Công văn", "")])
def test_kinds_bear_their_abbreviation(name: str, abbreviation: str) -> None:
    kind = VOCABULARY.kinds[squash(name)]
    assert (kind.name, kind.abbreviation) == (name, abbreviation)


def test_every_table_of_law_is_dated_and_cited() -> None:
    for table in LAW["kinds"]:
        assert table["act"] and table["article"]
        assert isinstance(table["valid_from"], dt.date)


@pytest.mark.parametrize("key", sorted(LAW))
def test_a_missing_table_is_an_error_that_names_it(key: str) -> None:
    law: dict[str, Any] = {name: table for name, table in LAW.items() if name != key}
    with pytest.raises(ValueError, match=key):
        Vocabulary.from_mapping(law)


@given(st.text(max_size=60))
def test_folding_keeps_every_letter_in_its_place(text: str) -> None:
    assert len(fold(nfc(text))) == len(nfc(text))


@given(st.text(alphabet="aăâeêiouơưyđbckhnptàáảãạằắẳẵặ ", max_size=40))
def test_unicode_forms_compare_alike(text: str) -> None:
    assert skeleton(unicodedata.normalize("NFD", text)) == skeleton(text)


def test_slips_of_recognition_leave_the_skeleton() -> None:
    assert skeleton("QĐÐ") == skeleton("QĐ")
    assert squash("QUYÉT ĐỊNH:") == squash("Quyết định")


def test_marks_tell_lost_accents_from_moved_ones() -> None:
    assert marks("UỶ BAN HOÀ") == marks("ỦY BAN HÒA")
    assert marks("TINH") != marks("TỈNH")


@pytest.mark.parametrize("word", ["quyết", "Ngãi", "các", "TTHC", "internet", "COVID", "học", "đất", "Lắk", "Krông", "nghiêng", "quýt", "gìn", "giữa", "khuỷu"])
def test_words_that_may_stand(word: str) -> None:
    assert is_spelt(word)


@pytest.mark.parametrize("word", ["quyêt", "Nøãi", "đât", "năп", "TỈNHLAMXUYÊN", "xãCẩm", "Ïo"])
def test_words_recognition_spoilt(word: str) -> None:
    assert not is_spelt(word)


def test_the_letters_of_a_syllable_are_known() -> None:
    said = "quốc gìn nghiêng khuỷu Đắk yên oanh thuở ban ah bari kưu2 hoc Nà trch Ngii lưu xoong".split()
    assert [text for text in said if not is_syllable(text)] == ["ah", "bari", "kưu2", "trch", "Ngii"]
