"""Which field a clerk looks at first, and where on the page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.record import DESCRIPTIVE
from processor.desk import papers
from processor.desk.papers import Paper, Place

JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


def paper(**values: str) -> Paper:
    required = ("code_number", "issued_date", "subject")
    made = papers.fields(values, papers.in_order(required), required, dict.fromkeys(values, 0.99))
    return Paper("/filed/x", "x", "x.pdf", "sao-y", 1, "/picture/filed/x", "v", made)


def test_the_first_field_that_is_missing_is_looked_at_first() -> None:
    assert paper().wants == "code_number"
    assert paper(code_number="5").wants == "issued_date"
    assert paper(code_number="5", issued_date="2026-02-05").wants == "subject"
    full = paper(code_number="5", issued_date="2026-02-05", subject="x", type_name="Công văn")
    assert full.wants == "code_number"
    doubtful = [replace(each, sure=0.5) if each.name == "type_name" else each for each in full.fields]
    assert replace(full, fields=doubtful).wants == "type_name"
    wrong = [replace(each, message="sai", wrong=each.name == "subject") for each in full.fields]
    assert replace(full, fields=wrong).wants == "subject"


def test_every_field_is_on_the_page_once_and_what_is_required_is_always_seen() -> None:
    made = papers.fields({}, papers.in_order(("keyword",)), ("keyword",))
    whole = replace(paper(), fields=made)
    assert sorted(each.name for each in made) == sorted(DESCRIPTIVE)
    assert "keyword" in {each.name for each in whole.first} and "note" in {each.name for each in whole.more}
    assert all(each.label[0].isupper() for each in made)


def test_a_day_is_shown_as_people_write_it_and_kept_as_it_is() -> None:
    (day,) = [each for each in paper(issued_date="2026-02-05").fields if each.name == "issued_date"]
    assert (day.value, day.shown, day.was) == ("2026-02-05", "05/02/2026", "2026-02-05")


def test_where_a_field_was_read_is_believed_within_the_page() -> None:
    found = papers.places({"code_number": [2, 0.1, 0.2, 0.3, 0.4], "subject": [1, -1, 0, 2, 1]}, 2)
    assert found["code_number"] == Place(2, (0.1, 0.2, 0.3, 0.4))
    assert found["subject"].box == (0.0, 0.0, 1.0, 1.0)
    assert not found["signer_name"].exact and found["signer_name"].page == 2 and found["issued_date"].page == 1


@pytest.mark.parametrize("at", [[3, 0, 0, 1, 1], [0, 0, 0, 1, 1], [1, 0.5, 0, 0.5, 1], [1, 0, 0, 1], ["1", 0, 0, 1, 1], "1", None, [True]])
def test_what_is_no_place_is_none(at: object) -> None:
    assert not papers.places({"code_number": at}, 2)["code_number"].exact


@given(JSON)
def test_no_record_is_a_fault(told: object) -> None:
    assert set(papers.places(told, 3)) == set(DESCRIPTIVE)
