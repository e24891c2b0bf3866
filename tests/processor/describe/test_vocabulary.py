"""The closed lists are the law's, and words are compared as Vietnamese is written."""

import datetime as dt
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.describe.vocabulary import Vocabulary, fold, is_spelt, marks, nfc, skeleton, squash

from .written import LAW, VOCABULARY


def test_the_kinds_are_those_of_the_law() -> None:
    kinds = list(VOCABULARY.kinds.values())
    assert len(kinds) == 29  # NĐ 30 Điều 7
    assert sum(1 for kind in kinds if kind.abbreviation) == 27  # Phụ lục III, mục I


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


@pytest.mark.parametrize("word", ["quyết", "Ngãi", "các", "TTHC", "internet", "COVID", "học", "đất", "Lắk"])
def test_words_that_may_stand(word: str) -> None:
    assert is_spelt(word)


@pytest.mark.parametrize("word", ["quyêt", "Nøãi", "đât", "năп"])
def test_words_recognition_spoilt(word: str) -> None:
    assert not is_spelt(word)
