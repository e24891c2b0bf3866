"""Snippets: text and marks, wherever the words stand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from archive.web.snippets import snippet

LONG = "lời mở đầu " * 60


def shown(words: str, text: str) -> str:
    return "".join(f"[{piece.text}]" if piece.is_hit else piece.text for piece in snippet(words, text))


def test_marks_count_when_they_were_typed() -> None:
    assert shown("quyet dinh", "Quyết định số 5") == "[Quyết] [định] số 5"
    assert shown("quyết", "Quyệt và quyết") == "Quyệt và [quyết]"
    assert shown("duong", "Đường xá, đường") == "[Đường] xá, [đường]"
    assert snippet("quyết", "Quyet") == [] and snippet("đ", "d") == [] and snippet("", "x") == [] and snippet("***", "x") == []


def test_a_phrase_is_one_hit_and_a_number_is_found_as_it_is_written() -> None:
    assert shown('"hội đồng"', "Hội  đồng nhân dân") == "[Hội đồng] nhân dân"
    assert shown("299/UBND-TTHC", "Số: 299/UBND-TTHC ngày") == "Số: [299/UBND-TTHC] ngày"
    assert shown("bao", "báo, thông báo; baobab") == "[báo], thông [báo]; baobab"


def test_of_a_long_text_the_part_is_shown_that_holds_most_of_the_words() -> None:
    told = shown("bao cao", f"{LONG} nâng cao {LONG} báo cáo tháng {LONG}")
    assert told.startswith("… ") and told.endswith(" …") and "[báo] [cáo]" in told and len(told) < 320


@given(st.text(max_size=200), st.text(max_size=600))
def test_what_is_shown_is_of_the_text(words: str, text: str) -> None:
    flat = " ".join(text.split())
    pieces = snippet(words, text)
    whole = "".join(piece.text for piece in pieces)
    assert whole.removeprefix("… ").removesuffix(" …") in flat or whole in flat
