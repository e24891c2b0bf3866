"""The acts' code lists: one place, read in both ways."""

from __future__ import annotations

import datetime as dt
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor import law
from processor.codelists import CodeList
from processor.errors import SettingsError

TODAY = dt.date(2026, 11, 29)
LISTS = law.code_lists(TODAY)
TABLES = {name: tomllib.loads(resources.files("config").joinpath("law", f"{name}.toml").read_text("utf-8"))
          for name in ("code-lists", "kinds", "lists", "metadata")}  # fmt: skip


def test_every_list_is_dated_and_cited_and_no_word_has_two_codes() -> None:
    for table in TABLES["code-lists"]["list"]:
        assert table["act"] and isinstance(table["valid_from"], dt.date)
        words = [word.casefold() for words in table["codes"].values() for word in words]
        assert len(words) == len(set(words)), table["id"]


def test_every_list_that_is_named_is_there() -> None:
    lists = TABLES["lists"]
    named = {*lists["column_codes"].values(), *(name for rule in lists["profile"] for name in rule.get("codes", {}).values())}
    named |= {field["list"] for profile in TABLES["metadata"]["profile"] for field in profile["fields"] if "list" in field}
    assert named <= LISTS.keys()


def test_the_kinds_of_the_circular_are_all_there_and_hold_those_of_the_decree() -> None:
    kinds = LISTS["type-name"]
    assert sorted(kinds.words) == [f"{code:02}" for code in range(1, 33)]
    decree = TABLES["kinds"]["kinds"][0]["abbreviations"]
    assert {kinds.code(name) for name in decree} == {f"{code:02}" for code in range(1, 30)}  # all but map, drawing, other


@pytest.mark.parametrize("name", sorted(LISTS))
def test_what_a_list_reads_it_writes_as_the_same_code(name: str) -> None:
    """What came in by a list of scans must go out in a package under the code it came with."""
    for code, words in LISTS[name].words.items():
        assert [LISTS[name].code(word) for word in (code, *words)] == [code] * (len(words) + 1)
        assert {LISTS[name].word(word) for word in (code, *words)} == {words[0]}


def test_several_languages_count_in_any_order() -> None:
    assert [LISTS["language"].code(text) for text in ("vi, en", "en,vi", "Tiếng Việt", "hán  nôm", "Lào")] == ["06", "06", "01", "09", "11"]


@given(st.text(min_size=1, max_size=12))
def test_a_word_that_is_not_listed_gets_no_code_of_another(text: str) -> None:
    strict = CodeList({"01": ("Tốt",)})
    known = text.strip().casefold() in {"tốt", "01", "1"} or " ".join(text.split()).casefold() == "tốt"
    assert known or (strict.code(text), strict.word(text)) == (None, None)
    assert CodeList({"01": ("Tốt",)}, other="07").code(text) in {"01", "07"}


def test_a_station_that_writes_a_list_wrongly_is_told(tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    own = tmp_path / "law" / "code-lists.toml"
    own.write_text('[[list]]\nid = "mode"\nact = "QĐ 1"\nvalid_from = 2026-01-01\ncodes = {"Nội bộ" = "04"}\n', "utf-8")
    with pytest.raises(SettingsError, match="list mode"):
        law.code_lists(TODAY, tmp_path)
