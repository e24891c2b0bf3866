"""Stacks: every page is accounted for whatever lies in them, and a sheet speaks for the one document after it."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processor.intake.separator import FOREIGN, NoSheet, Sheet, is_keyed, parse, short, text
from processor.intake.stack import BLANK, PAGE, SHEET, Division, Mark, Part, collated, divided

FILE, OTHER = {"file_code": "H05.02.2026.01.TCCB"}, {"file_code": "H05.02.2026.02.VP", "code_number": "7"}
page, blank, plain = Mark(PAGE), Mark(BLANK), Mark(SHEET)
torn = Mark(PAGE, broken=True)
label, other = Mark(SHEET, FILE), Mark(SHEET, OTHER)
marks = st.lists(st.sampled_from([page, page, blank, plain, label, other, Mark(SHEET, {}, "torn"), Mark(PAGE, {}, "a code")] + [torn]), max_size=25)


@given(marks, st.booleans())
@example([label, blank, label, blank, page], False)
def test_every_page_is_in_one_place(found: list[Mark], set_aside: bool) -> None:
    division = divided(found, set_aside=set_aside)
    placed = [n for part in division.parts for n in part.pages] + [*division.separators, *division.blanks]
    assert sorted(placed) == list(range(1, len(found) + 1))
    assert division.account(len(found)).balances
    assert not division.account(len(found) + 1).balances


def test_a_page_twice_and_another_nowhere_do_not_balance_though_the_sums_do() -> None:
    assert not Division((Part((1, 1)),), (), ()).account(2).balances
    assert not Division((Part((1,)),), (1,), ()).account(2).balances
    assert not Division((Part((1, 3)),), (), ()).account(2).balances


@given(marks, st.booleans())
def test_a_broken_page_is_told_with_the_document_it_lies_in(found: list[Mark], set_aside: bool) -> None:
    division = divided(found, set_aside=set_aside)
    assert {n for part in division.parts for n in part.broken} == {n for n, mark in enumerate(found, 1) if mark.broken}
    assert all(set(part.broken) <= set(part.pages) for part in division.parts)


@given(marks, st.booleans())
def test_no_page_with_something_on_it_is_left_out_and_none_changes_its_order(found: list[Mark], set_aside: bool) -> None:
    division = divided(found, set_aside=set_aside)
    kept = [n for part in division.parts for n in part.pages]
    assert kept == sorted(kept)
    assert {n for n, mark in enumerate(found, 1) if mark.what == PAGE} <= set(kept)
    assert all(found[n - 1].what == BLANK for n in division.blanks) and all(found[n - 1].what == SHEET for n in division.separators)


@given(marks, st.booleans())
def test_a_sheet_speaks_for_the_document_after_it_alone(found: list[Mark], set_aside: bool) -> None:
    for part in divided(found, set_aside=set_aside).parts:
        first = min(part.pages)
        before = first if part.is_sheet else next((n for n in range(first - 1, 0, -1) if found[n - 1].what == SHEET), 0)
        assert part.told == (found[before - 1].told if before else {})


@given(marks)
def test_nothing_a_sheet_says_is_dropped_in_silence(found: list[Mark]) -> None:
    """A sheet that says something has its document, or is held; twice the same one, with nothing between, is one."""
    division = divided(found, set_aside=False)
    said = [mark for mark in found if mark.what != BLANK]
    wanted = sum(m.what == SHEET and bool(m.told or m.wrong) and (n == 0 or said[n - 1] != m) for n, m in enumerate(said))
    assert sum(bool(part.told) or (bool(part.wrong) and found[min(part.pages) - 1].what == SHEET) for part in division.parts) <= len(said)
    alone = [part for part in division.parts if part.is_sheet]
    spoken = [part for part in division.parts if part.told or part.is_sheet]
    torn = sum(1 for part in division.parts if not part.is_sheet and not part.told and _sheet_before(found, part.pages[0]).wrong)
    assert len(spoken) + torn == wanted, (alone, division)


def _sheet_before(found: list[Mark], first: int) -> Mark:
    return next((found[n - 1] for n in range(first - 1, 0, -1) if found[n - 1].what == SHEET), page)


def test_blank_backs_stay_where_the_lane_keeps_them_except_that_of_a_sheet() -> None:
    found = [label, blank, page, blank, page]
    assert [part.pages for part in divided(found, set_aside=False).parts] == [(3, 4, 5)]
    assert [(part.pages, part.blanks) for part in divided(found, set_aside=True).parts] == [((3, 5), (2, 4))]


def test_a_sheet_printed_on_both_sides_is_one() -> None:
    division = divided([label, label, page, label, blank, label, blank, page], set_aside=False)
    assert [part.pages for part in division.parts] == [(3,), (8,)] and len(division.separators) == 4


def test_fronts_then_backs_are_read_in_turn() -> None:
    assert collated(6) == [1, 6, 2, 5, 3, 4]
    assert collated(5) is None


KEY = bytes(range(32))


def ours(said: str) -> bool:
    return is_keyed(said, KEY)


values = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=2, max_size=20)


@given(values, st.dictionaries(names, values, max_size=4))
def test_what_was_printed_is_what_is_read(file_code: str, told: dict[str, str]) -> None:
    sheet = Sheet(file_code, told)
    assert parse(text(sheet, KEY), ours) == sheet
    small = parse(short(sheet, KEY), ours)
    assert small == Sheet(file_code, {}, len(told)) and short(sheet, KEY).isascii()


@given(values, st.data())
def test_one_letter_amiss_is_no_sheet(file_code: str, data: st.DataObject) -> None:
    said = text(Sheet(file_code, {"code_number": "12"}), KEY)
    at = data.draw(st.integers(len("SOHOA"), len(said) - 1))
    letter = data.draw(st.characters(exclude_categories=["Cs"]).filter(lambda c: c != said[at]))
    try:
        assert parse(said[:at] + letter + said[at + 1 :], ours) is None
    except NoSheet:
        pass


@given(st.text(max_size=80))
def test_the_codes_of_others_separate_nothing(said: str) -> None:
    if not said.startswith("SOHOA"):
        assert parse(said, ours) is None


@pytest.mark.parametrize("said", [
    "SOHOA1;f=H05.99.2026.01.VP;#32A527BC", text(Sheet("H05.99.2026.01.VP"), bytes(32)), text(Sheet("H05.99.2026.01.VP"), b""),
])  # fmt: skip
def test_sheets_of_another_station_or_an_earlier_version_are_not_ours(said: str) -> None:
    with pytest.raises(NoSheet, match=FOREIGN):
        parse(said, ours)
    assert not is_keyed(said, b""), "a station that never printed any trusts none"
