from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from archive import hits
from archive.errors import ArchiveError
from archive.facets import narrowing
from archive.finding import _candidates as candidates
from archive.query import Query, where
from archive.record import DocumentKey
from archive.store import Archive
from archive.words import _folded, exact, fold, terms
from tests.archive.conftest import CLERK, FILE, Clock, Office

Find = Callable[..., list[int]]


BOOKS: dict[str, dict[str, Any]] = {
    "cong-van": {"code_number": "299", "code_notation": "UBND-TTHC", "organ_name": "Ủy ban nhân dân xã Đông Hà",
                 "subject": "Về việc quyết định nghỉ lễ", "issued_date": "2026-09-02", "type_name": "Công văn",
                 "text": ("Kính gửi: các thôn", "Nơi nhận: Đoàn thanh niên")},
    "quyet-dinh": {"code_number": "05", "code_notation": "QĐ-UBND", "organ_name": "ỦY BAN NHÂN DÂN HUYỆN",
                   "subject": "Bổ nhiệm cán bộ", "issued_date": "2025-12-31", "type_name": "Quyết định",
                   "page_amount": 3},
    "khong-ro": {"text": ("Quyet dinh nay \ue010sao\ue000y", "299 ubnd", "Căn cứ Nghị định số 30/2020/NĐ-CP")},
}  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """Three documents; `find` names them by their place in the file."""
    office = Office(Path(tmp_path_factory.mktemp("library")), Clock())
    archive = office.open()
    archive.declare_file(FILE, "Hồ sơ", year=2026, actor=CLERK)
    for name, described in BOOKS.items():
        archive.file(office.filing(archive, name, **described), CLERK)
        office.clock.pass_(days=1)
    yield archive
    archive.close()


@pytest.fixture
def find(library: Archive) -> Find:
    return lambda *args, **named: [row["doc_ordinal"] for row in library.find(Query(*args, **named))]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", [3, 2, 1]),
        ("quyết định", [2, 1]),
        ("QUYẾT ĐỊNH", [2, 1]),
        (unicodedata.normalize("NFD", "quyết định"), [2, 1]),
        ("quyet dinh", [3, 2, 1]),
        ("quyết dinh", [2, 1]),
        ("quyệt", []),
        ("doan", [1]),
        ("đoàn", [1]),
        ("đoan", []),
        ("299/UBND-TTHC", [1]),
        ("299/ubnd-tthc", [1]),
        ("05/QĐ-UBND", [2]),
        ("05/qd-ubnd", [2]),
        ("UBND-TTHC", [1]),
        ('"thanh niên"', [1]),
        ('"niên thanh"', []),
        ("niên thanh", [1]),
        ("cong-van", [1]),
        ("nghỉ AND lễ", []),
        ("---", []),
        ("Ủy ban nhân dân", [2, 1]),
        ("Số 299/UBND-TTHC", [1]),
        ("số: 299/ubnd-tthc", [1]),
        ("so 299/UBND-TTHC", [1]),
        ("0299/UBND-TTHC", [1]),
        ("299/UBND", [1]),
        ("299/UBN", []),
        ("29/UBND-TTHC", []),
        ("5/QĐ-UBND", [2]),
        ("SỐ 5/qđ-ubnd", [2]),
        ("5/qð-ubnd", []),
        ('"05/QĐ-UBND"', [2]),
        ("5", [2]),
        ("05", [2]),
        ("30/2020/NĐ-CP", [3]),
        ("30/2020/nd-cp", [3]),
        ("30/2020", [3]),
        ("20/2020/NĐ-CP", []),
        ('"quyết dinh"', [2, 1]),
        ('"quyet định"', [2, 1]),
        ('"dinh quyết"', []),
        ('"định nghi"', [1]),
        ('"định nghỉ"', [1]),
        ('"dinh nghì"', []),
        ('"kính gui cac thôn"', [1]),
        ("\ue0025\ue000", [2]),
        ('0")"', []),
        ('doan"thanh nien"', [1]),
        ("\ue010sao", [3]),
    ],
)
def test_words_are_found_as_they_are_typed(find: Find, words: str, found: list[int]) -> None:
    assert find(words) == found


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"code_number": "5"}, [2]),
        ({"code_number": "05"}, [2]),
        ({"code_number": "0299"}, [1]),
        ({"code_notation": "QĐ-UBND"}, [2]),
        ({"organ_name": "ủy ban nhân dân"}, [2, 1]),
        ({"organ_name": "HUYỆN"}, [2]),
        ({"subject": "NHIỆM"}, [2]),
        ({"subject": "%"}, []),
        ({"organ_name": "dong ha"}, [1]),
        ({"organ_name": "đong ha"}, []),
        ({"type_name": "quyet"}, [2]),
        ({"subject": "nghi le"}, [1]),
        ({"subject": "nghì lễ"}, []),
        ({"type_name": "quyết"}, [2]),
        ({"doc_ordinal": "2"}, [2]),
        ({"page_amount": "3"}, [2]),
        ({"lane": "sao-y", "form": "sao-y"}, [3, 2, 1]),
        ({"lane": "luu-tru"}, []),
        ({"doc_code": f"{FILE}.0000003"}, [3]),
        ({"state": "void"}, []),
        ({"description": "partial"}, [3, 2, 1]),
        ({"organ_name": "nhân uy"}, []),
        ({"organ_name": "uy ban nhân dan"}, [2, 1]),
        ({"organ_name": "uyb"}, []),
        ({"file_code": FILE}, [3, 2, 1]),
        ({"code_notation": "qđ-ubnd"}, []),
    ],
)
def test_fields_are_asked_for_by_value(find: Find, fields: dict[str, str], found: list[int]) -> None:
    assert find(fields=fields) == found


def test_days_are_those_of_the_document_or_else_of_its_filing(find: Find) -> None:
    assert find(date_from="2026-01-01") == [3, 1]
    assert find(date_to="2025-12-31") == [2]
    assert find(date_from="2026-11-25", date_to="2026-11-25") == [3], "undated: the day it was filed"


def test_days_are_found_with_words_and_fields(find: Find) -> None:
    assert find("uy ban", {"organ_name": "đông hà"}, date_from="2026-09-01", date_to="2026-09-30") == [1]
    assert find("uy ban", date_from="2025-12-31", date_to="2025-12-31") == [2]
    assert find("uy ban", {"organ_name": "đông hà"}, date_to="2026-09-01") == []
    assert find(date_from="0001-01-01", date_to="9999-12-31") == [3, 2, 1]
    assert find(date_from="2026-09-03", date_to="2026-09-01") == []
    assert find(date_from="2026-0") == [3, 1], "what is no day is compared as text, as ever"


def test_answers_are_newest_first_and_no_more_than_asked_for(find: Find) -> None:
    assert find(limit=2) == [3, 2]
    assert find(limit=0) == []
    assert find(limit=None) == [3, 2, 1]


def test_long_answers_come_in_portions(library: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.finding._PORTION", 1)
    assert [row["doc_ordinal"] for row in library.find(Query(limit=None))] == [3, 2, 1]
    assert [row["doc_ordinal"] for row in library.find(Query(limit=2))] == [3, 2]


@pytest.mark.parametrize("field", ["confidence", "text", "subject; drop table document", "seq"])
def test_a_field_that_records_do_not_have_is_refused(library: Archive, field: str) -> None:
    with pytest.raises(ArchiveError) as refused:
        library.find(Query(fields={field: "x"}))
    assert refused.value.code == "bad-field"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters() | st.sampled_from('"*^:()-+{}\x00\udcff ²ⅷ'), max_size=20))
@example("\ud800")
def test_no_words_are_a_syntax_error(find: Find, words: str) -> None:
    find(words)
    find(fields={"subject": words, "code_number": words, "organ_name": words, "lane": words})
    find(f"quyet {words}", date_from=words)


@pytest.mark.parametrize("words", ["x" * 50_000, '"' + "a " * 9_000 + '"', "1/" + "a-" * 9_000 + "b", "quyết dinh " * 3_000, "(" * 5_000])
def test_no_flood_of_words_is_too_much(library: Archive, words: str) -> None:
    found = [row["doc_ordinal"] for row in library.find(Query(words), snippets=True)]
    assert found == ([2, 1] if "dinh" in words else [])


def test_a_corrected_field_is_found_and_the_old_one_is_not(office: Office, archive: Archive) -> None:
    record = archive.file(office.filing(archive, subject="Sai lầm"), CLERK)
    archive.describe(record["doc_code"], {"subject": "Đính chính"}, CLERK)
    assert [row["subject"] for row in archive.find(Query("đính chính"))] == ["Đính chính"]
    assert list(archive.find(Query("sai lầm"))) == []
    assert [row["subject"] for row in archive.find(Query("trang một"))] == ["Đính chính"], "the text stays"


@given(st.text())
def test_folding_is_final_and_leaves_no_marks(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert exact("ĐỒNG") == "đồng" and fold("ĐỒNG") == "dong"


@given(st.text())
def test_what_is_bare_folds_fast_to_the_same(text: str) -> None:
    assert fold(text) == _folded(text.lower())


WORDS = st.lists(
    st.sampled_from(["quyết", "quyet", "định", "dinh", "QUYỆT", "nghị", "số", "05/QĐ-UBND", "5/QĐ-UBND", "xã", "xa", "ngày 05", "x1",
                     '"quyết định"', '"quyet dinh"', '"quyết dinh so"', '"định nghị"', '"QĐ-UBND x1"', '"nghi quyet quyet"', "qd-ubnd"]),
    max_size=4,
).map(" ".join)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """Documents of few words in every mixture, some described anew, some void."""
    office, chance = Office(Path(tmp_path_factory.mktemp("many")), Clock()), random.Random(5)
    archive = office.open()
    archive.declare_file(FILE, "Hồ sơ", year=2026, organ_id="H05.02", actor=CLERK)
    some = lambda *options: chance.choice([None, *options])  # noqa: E731  # said five times, below
    for number in range(16):
        record = archive.file(office.filing(
            archive, f"n{number}", type_name=some("Quyết định", "Nghị quyết"), code_number=some("05", "5", "299"),
            code_notation=some("QĐ-UBND", "UBND-TTHC"), issued_date=some("2026-01-31", "2025-12-31", "2026-02-01"),
            organ_name=some("UBND xã Quyết", "Xã Quyệt"), subject=some("quyết định nghị", "quyet dinh"),
            text=(f"{some('quyết dinh', 'QUYẾT ĐỊNH', 'x1')} {some('số 05/QĐ-UBND ngày 05', '5/qđ-ubnd', 'xa')}",),
        ), CLERK)  # fmt: skip
        if number % 5 == 0:
            archive.describe(record["doc_code"], {"subject": "quyệt định", "issued_date": "2026-02-28"}, CLERK)
        if number % 7 == 6:
            archive.supersede(f"{FILE}.{number:07}", record["doc_code"], "scanned badly", CLERK)
    yield archive
    archive.close()


@settings(max_examples=80)
@given(
    words=WORDS,
    fields=st.fixed_dictionaries({}, optional={
        "organ_name": WORDS, "type_name": st.sampled_from(["quyet dinh", "nghị quyết", "quyết"]), "state": st.sampled_from(["void", "filed"]),
        "code_number": st.sampled_from(["5", "05", "299"]), "code_notation": st.sampled_from(["QĐ-UBND", "UBND"]),
    }),
    days=st.tuples(*[st.sampled_from([None, "2025-12-31", "2026-01-01", "2026-01-31", "2026-02-15", "2026-02-28", "2026-12-31", "9999-12-31"])] * 2),
    organs=st.sampled_from([(), ("H05.02",), ("H05.03",)]),
)  # fmt: skip
def test_the_index_answers_as_the_rows_do(
    many: Archive, words: str, fields: dict[str, str], days: tuple[str | None, str | None], organs: tuple[str, ...]
) -> None:
    question = Query(words, fields, *days, organs=organs)
    conditions, arguments = where(question)
    sql = f"""select *, (select search.pages from search where id = seq) as told from document
              where {' and '.join(conditions)} order by seq desc"""
    with many.reading() as db:
        rows = list(db.query(sql, arguments))
    wanted = [row["doc_code"] for row in rows if _says(row, words)]
    for few, often, seldom in ((64, 8, 2000), (0, 8, 2000), (0, 1000, 0), (1, 8, 2000)):  # phrases looked up in texts, in the index
        with pytest.MonkeyPatch.context() as patched:
            for name, value in {"_FEW": few, "_OFTEN": often, "_SELDOM": seldom}.items():
                patched.setattr(f"archive.finding.{name}", value)
            assert [row["doc_code"] for row in many.find(question)] == wanted
    assert sorted(row["doc_code"] for row in many.ranked(question).rows) == sorted(wanted)


def _says(row: dict[str, Any], words: str) -> bool:
    number = f"{row['code_number']}/{row['code_notation']}" if row["code_number"] and row["code_notation"] else ""
    fields = [row[name] for name in ("code_number", "code_notation", "type_name", "organ_name", "subject", "original_name")]
    told = "\n".join([number, *filter(None, fields), *json.loads(row["told"])])
    return all(term.pattern().search(told) for term in terms(words))


def test_what_is_taken_out_of_the_index_was_in_it(many: Archive) -> None:
    with many._catalogue.writing() as db:
        db.execute("insert into search_fts (search_fts) values ('integrity-check')")
        assert list(db.query("select id from search except select seq from document")) == []
    assert many.verify().ok


def test_a_document_whose_place_was_taken_is_found_among_the_void(many: Archive) -> None:
    void = [row["doc_code"] for row in many.find(Query(fields={"state": "void"}))]
    assert void == [f"{FILE}.{number:07}" for number in (13, 6)]
    assert set(void) >= {row["doc_code"] for row in many.find(Query("n5.pdf", {"state": "void"}))} != set()
    assert not set(void) & {row["doc_code"] for row in many.find(Query(limit=None))}


def test_months_and_years_are_asked_for_as_such() -> None:
    def parts(first: str | None, last: str | None) -> int:
        asked = narrowing(Query(date_from=first, date_to=last), {})
        return 0 if asked is None else asked.count('"') // 2

    assert parts("2026-04-01", "2026-04-30") == parts("2024-02-01", "2024-02-29") == parts("2026-01-01", "2026-12-31") == 1
    assert parts("2026-02-01", "2026-03-31") == 2 and parts("2000-01-01", "2009-12-31") == 1
    assert parts("2026-04-15", "2026-04-15") == 1 and parts("2026-02-30", None) == parts(None, None) == 0
    assert parts("1987-11-05", "2026-03-18") < 80


def test_documents_are_narrowed_to_files_of_an_agency(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = office.open()
    files = {FILE: "H05.02", "H99.2026.01": "H05.02", "H05.02.03.2026.01": "H05.02.03", "H98.2026.01": "1.2.3.4.5", "H05.2026.01": ""}
    for code, organ in files.items():
        archive.declare_file(code, "Hồ sơ", year=2026, organ_id=organ, actor=CLERK)
        scan = office.blob("scan", f"scan {code}".encode())
        archive.file(office.filing(archive, code, key=DocumentKey(scan.sha256, "sao-y", code)), CLERK)

    def found(*organs: str) -> list[str]:
        return [row["file_code"] for row in archive.find(Query(organs=organs))]

    for most in (200, 0):
        monkeypatch.setattr("archive.finding._FILES", most)
        assert found("H05.02") == ["H99.2026.01", FILE], "by the file's agency, whatever its code begins with"
        assert found("H05.02.03") == ["H05.02.03.2026.01"] and found("H05") == [] and found("H99") == []
        assert found("1.2.3.4.5") == ["H98.2026.01"] and found("") == ["H05.2026.01"]
        assert found("H05.02.03", "1.2.3.4.5") == ["H98.2026.01", "H05.02.03.2026.01"]


def test_a_phrase_is_looked_for_where_its_pairs_are() -> None:
    def parts(words: str) -> list[int]:
        return [term.expression().count('"') // 2 for term in terms(words)]

    assert parts('"quyet dinh nghi"') == [3] and parts('"quyết định nghỉ"') == [3], "two pairs, then the phrase itself"
    asked = terms('"quyet dinh nghi" "quyết dinh" "quyết định" quyết 5/QĐ-UBND')
    assert [term.by_pairs().count('"') // 2 for term in asked] == [2, 1, 1, 1, 1]
    assert [term.telling() for term in asked[:3]] == [[], ['"quyết"', '"dinh"'], ['"quyết"', '"định"']]
    assert parts("UBND-TTHC quyết") == [2, 1] and parts('"quyết dinh"') == [3], "and its word with marks"
    assert parts("5/QĐ-UBND") == [1] and parts('"' + " ".join(map(str, range(99))) + '"') == [17]
    assert narrowing(Query(fields={"subject": "nghỉ le"}), {}).count('"') == 6  # type: ignore[union-attr]  # something is asked


def test_of_the_words_of_a_phrase_the_rarest_is_asked_for_beside_its_pairs(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lists of common words are as long as the archive, and tell next to nothing that the pairs do not."""
    archive, asked = office.open(), list[str]()
    archive.declare_file(FILE, "Hồ sơ", year=2026, actor=CLERK)
    texts = ["Của bản gửi là văn", "văn bản gửi của", "văn bản gụi của", "văn bẩn gửi của", "văn bạn gửi của"]
    codes = [archive.file(office.filing(archive, f"n{number}", text=(text,)), CLERK)["doc_code"] for number, text in enumerate(texts)]
    monkeypatch.setattr("archive.finding._FEW", 1)
    monkeypatch.setattr("archive.finding._candidates", lambda db, text, *rest: asked.append(text) or candidates(db, text, *rest))
    assert [row["doc_code"] for row in archive.find(Query('"văn bản gụi"'))] == [codes[2]]
    pairs, *_, told = asked
    assert told == f'{pairs} AND "gụi"'


def test_an_agency_and_a_month_are_one_word() -> None:
    def asked(first: str | None, last: str | None, names: list[str]) -> str:
        return narrowing(Query(fields={"organ_name": "x"}, date_from=first, date_to=last), {"organ_name": names}) or ""

    month = "\ue007"
    assert asked("2026-02-01", "2026-02-28", ["Sở Nội vụ"]).count(month) == 1
    assert asked("2025-11-05", "2026-02-03", ["Sở Nội vụ", "Sở Y tế"]).count(month) == 8
    assert asked("1026-02-01", "2026-02-28", ["Sở Nội vụ"]).count(month) == 0, "too many"
    assert asked(None, "2026-02-28", ["Sở Nội vụ"]).count(month) == asked("2026-03-01", "2026-02-28", ["Sở Nội vụ"]).count(month) == 0


# Relevance, snippets


def test_a_hit_is_marked_as_the_text_has_it(library: Archive) -> None:
    def snippets(words: str) -> list[str | None]:
        return [row["snippet"] for row in library.find(Query(words), snippets=True)]

    assert snippets("doan") == ["Nơi nhận: ⟦Đoàn⟧ thanh niên"]
    assert snippets('"thanh nien" đoàn') == ["Nơi nhận: ⟦Đoàn⟧ ⟦thanh niên⟧"]
    assert snippets("5/QĐ-UBND") == [None], "stands in no text, and is shown as fields"
    assert snippets("nghi le") == ["Về việc quyết định ⟦nghỉ⟧ ⟦lễ⟧"], "of a field"
    assert snippets("so 30/2020/nd-cp") == ["Căn cứ Nghị định số ⟦30/2020/NĐ-CP⟧"]
    assert snippets("") == [None, None, None]
    assert "snippet" not in next(library.find(Query("doan")))


@settings(max_examples=100)
@given(st.lists(st.text(st.sampled_from("aáạăđbc \n.⟦⟧\\\""), max_size=300), max_size=3), st.sampled_from(["a b", "á", '"b c"', "đ a"]))
def test_a_snippet_is_a_short_piece_of_one_line(texts: list[str], words: str) -> None:
    piece = hits.snippet(texts, terms(words))
    if piece is not None:
        assert hits.OPEN in piece and piece.count(hits.OPEN) == piece.count(hits.CLOSE) and "\n" not in piece
        assert len(piece.replace(hits.OPEN, "").replace(hits.CLOSE, "")) < 300


def test_a_long_text_is_shown_where_most_of_the_words_stand() -> None:
    text = "một " * 200 + "quyết định bổ nhiệm " + "hai " * 200 + "bổ"
    assert hits.snippet([text], terms("bo nhiem")) == (
        "… " + "một " * 9 + "quyết định ⟦bổ⟧ ⟦nhiệm⟧ " + "hai " * 40 + "…"
    )


def test_what_is_about_the_words_comes_before_what_mentions_them(office: Office, archive: Archive) -> None:
    told: list[dict[str, Any]] = [{"subject": "Nghỉ lễ"}, {"text": ("nghỉ phép, sau đó là lễ",)}, {"text": ("nghỉ lễ " + "khác " * 300,)}]
    for number, described in enumerate(told):
        archive.file(office.filing(archive, f"r{number}", **described), CLERK)
    assert [row["doc_ordinal"] for row in archive.find(Query("nghi le"))] == [3, 2, 1]
    ranked = archive.ranked(Query("nghi le"))
    assert [row["doc_ordinal"] for row in ranked.rows][0] == 1 and not ranked.capped
    assert len(archive.ranked(Query("nghi le", limit=2)).rows) == 2


def test_who_asks_by_relevance_is_told_when_older_answers_were_left_out(library: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.finding.RANKED_AMONG", 2)
    assert not library.ranked(Query("thon")).capped
    ranked = library.ranked(Query("quyet dinh"))
    assert ranked.capped and {row["doc_ordinal"] for row in ranked.rows} == {3, 2}
