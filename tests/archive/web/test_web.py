"""The auditors' page asked by programs: whom it answers, what it tells browsers, that it writes nothing, what it keeps of a look."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sqlite3
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from datasette.database import QueryInterrupted
from sqlite_utils import Database
from starlette.testclient import TestClient

from archive import rounds
from archive.web import datasets, serving
from archive.web.guard import Door, User
from archive.web.passwords import Gate, hashed, is_hash
from archive.web.site import Site
from archive.web.snapshots import Snapshots
from archive.witness import PUBLIC
from tests.archive.conftest import CLERK, Office
from tests.archive.test_heads import a_day
from tests.archive.test_proofs import seen
from tests.archive.web.conftest import FORMULA, HASH, HOST, HOSTILE, MODES, PASSWORD, PICTURE, ROLES, Come, Kept, filed

OWN = {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}
PLACES = ("/", "/search", "/days", "/shelves", "/integrity", "/tables/kho", "/tables/kho/document", "/tables/kho/document.json",
          "/tables/kho/theo-loai", "/search.csv", "/day/2026-11-21", "/file/H05.02.2026.01.TCCB")  # fmt: skip


def looks(site: Site) -> list[dict[str, str]]:
    return [json.loads(line) for line in site.looks.path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("path", [*PLACES, "/document/{}", "/document/{}/pdf", "/document/{}/original", "/picture/{}/1-1400.jpg", "/nowhere"])
def test_nobody_without_a_session_is_answered(come: Come, kept: Kept, path: str) -> None:
    for cookie in ("", "x"):
        client = come("")
        client.cookies.set("sohoa-serve-8766", cookie)
        answer = client.get(path.format(kept.codes["plain"]))
        assert (answer.status_code, answer.headers["location"]) == (303, "/login") and not answer.content


@pytest.mark.parametrize("path", PLACES)
def test_every_place_answers_in_both_languages_and_says_how_old_its_copy_is(come: Come, path: str) -> None:
    client = come("an")
    answer = client.get(path)
    assert answer.status_code == 200, answer.text[:500]
    if "html" in answer.headers["content-type"]:
        assert '<html lang="vi">' in answer.text and "Bản chép lúc 23/11/2026" in answer.text
        assert client.get("/language", params={"to": "en", "back": path}).headers["location"] == path
        assert '<html lang="en">' in client.get(path).text and "Copied at 2026-11-23" in client.get(path).text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""])
def test_the_choice_of_a_language_leads_nowhere_else(come: Come, back: str) -> None:
    assert come("an").get("/language", params={"to": "vi", "back": back}).headers["location"] == "/"


@pytest.mark.parametrize("path", [*PLACES, "/static/web.css", "/nowhere", "/login"])
def test_every_answer_tells_the_browser_to_fetch_nothing_and_run_nothing_of_the_page(come: Come, path: str) -> None:
    for who in ("", "an"):
        headers = come(who).get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none';") and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
        text = come(who).get(path).text if "html" in headers.get("content-type", "") else ""
        assert not re.search(r"<script|<[^>]* style=|<[^>]* on[a-z]+=", text)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost:8766.evil.example", ""])
def test_another_name_that_leads_here_is_refused(come: Come, host: str) -> None:
    assert come("an").get("/", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_sent_anywhere(come: Come, kept: Kept, method: str) -> None:
    client = come("binh")
    for path in (*PLACES, f"/document/{kept.codes['plain']}", "/tables/-/logout", "/tables/kho/document/x"):
        assert client.request(method, path, headers=OWN, content=b"x").status_code == 405, path


def test_a_copy_can_not_be_written_to(site: Site) -> None:
    snapshot = site.snapshots.of("archivist")
    with snapshot.archive.reading() as db, pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("update document set subject = 'x'")
    with pytest.raises(PermissionError):
        snapshot.archive.event("x", actor="an")
    assert snapshot.path.stat().st_mode & 0o777 == 0o400


@pytest.mark.parametrize("path", ["/tables/-/settings", "/tables/-/databases.json", "/tables/-/metadata", "/tables/_internal", "/tables/_memory",
                                  "/tables/kho.db", "/tables/kho.json", "/tables/kho/search_fts", "/tables/kho/name_fts.json", "/tables/kho/search_fts_data", "/tables/kho/sqlite_master", "/tables/kho/-/x", "/tables/-/static/app.css", "/tables/kho/document.blob",
                                  "/tables/kho?sql=select+1", "/tables/kho/document?_where=1", "/tables/kho/document.json?_trace=1",
                                  "/tables/kho/theo-loai.json?sql=select+1", "/tables/../-/settings", "/tables/%2e%2e/x"])  # fmt: skip
def test_the_machinery_under_the_tables_is_not_reached(come: Come, path: str) -> None:
    assert come("binh").get(path).status_code == 404


def test_prepared_questions_answer_and_facets_count(come: Come, capfd: pytest.CaptureFixture[str]) -> None:
    client = come("an")
    assert ["Công văn", "2026", 2, 2] in client.get("/tables/kho/theo-loai.json").json()["rows"]
    assert client.get("/tables/kho/viec-theo-ngay.json?ngay=2026-11-21").json()["rows"]
    facets = client.get("/tables/kho/document.json?_facet=type_name").json()["facet_results"]["type_name"]["results"]
    assert {row["value"]: row["count"] for row in facets}["Công văn"] == 2
    page = client.get("/tables/kho").text
    assert "Số văn bản theo cơ quan ban hành" in page and "Who did what" not in page
    assert re.search(r">Văn bản</a> <small>5 dòng<", page) and "search_fts" not in page
    assert capfd.readouterr().err == ""


def test_a_question_to_the_tables_that_was_stopped_is_said_to_be_too_wide(come: Come, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stopped(*_: object, **__: object) -> None:
        raise QueryInterrupted(Exception("interrupted"), "select", {})

    monkeypatch.setattr("datasette.database.Database.execute", stopped)
    answer = come("an").get("/tables/kho/document")
    assert answer.status_code == 503 and "Câu hỏi quá rộng, đã dừng sau 2 giây" in answer.text
    assert come("an").get("/tables/kho/document.json").status_code == 503


def test_no_page_looks_at_every_document_to_count_them(come: Come, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an index of the copy answers is read there: with 300,000 documents the list of files took longer than a page may."""
    steps: list[tuple[str, str]] = []
    execute, query = Database.execute, Database.query

    def note(db: Database, sql: str, values: Any) -> None:
        steps.extend((sql, row[3]) for row in db.conn.execute(f"explain query plan {sql}", values or []))

    monkeypatch.setattr(Database, "execute", lambda db, sql, values=None: note(db, sql, values) or execute(db, sql, values))
    monkeypatch.setattr(Database, "query", lambda db, sql, values=None: note(db, sql, values) or query(db, sql, values))
    for path in ("/", "/shelves", "/days", "/day/2026-11-21", "/file/H05.02.2026.01.TCCB"):
        assert come("an").get(path).status_code == 200
    assert any("kho_day" in step for _, step in steps) and any("kho_file" in step for _, step in steps)
    walks = re.compile(r"SCAN (document|event)\b(?! USING COVERING)|SEARCH document USING INDEX \S+ \(state=\?\)")
    assert [each for each in steps if walks.match(each[1])] == []


def test_no_prepared_question_reads_documents_it_does_not_list(kept: Kept, site: Site) -> None:
    """Grouped, or sought among all: by indexes of the copy. With 300,000 documents two of them took more than a second."""
    steps = dict[str, str]()
    with site.snapshots.of("archivist").archive.reading() as db:
        for name, row in datasets.prepared()["query"].items():
            plan = db.conn.execute(f"explain query plan {row['sql']}", {"ngay": "2026-01-01"} if ":ngay" in row["sql"] else {})
            steps[name] = " / ".join(step[3] for step in plan)
        piece = db.conn.execute("explain query plan select count(*) from document where organ_name like '%x%'").fetchall()
    used = {"theo-co-quan": "kho_organ", "theo-loai": "kho_year", "can-mo-ta": "kho_partial", "nhan-dien-tu": "kho_verified", "ai-lam-gi": "kho_actor"}
    assert {name: index for name, index in used.items() if index not in steps[name]} == {}, steps
    assert "COVERING INDEX" in piece[0][3]


@pytest.mark.parametrize("lost", ["path", "original_path"])
def test_a_document_whose_file_is_gone_has_a_page_that_says_so(come: Come, kept: Kept, lost: str) -> None:
    """What cannot be had is not offered, and nothing is a fault of the page."""
    code = kept.codes["plain"]
    row = kept.archive.get(code)
    assert row is not None
    file = kept.office.root / str(row[lost])
    file.parent.chmod(0o755)
    away = file.rename(kept.office.folder / "away")
    try:
        page = come("an").get(f"/document/{code}")
        assert page.status_code == 200 and page.text.count("KHÔNG CÓ ở chỗ của nó") == 1 and "Chữ ký số" in page.text
        kind, others = ("pdf", "original") if lost == "path" else ("original", "pdf")
        assert f"/document/{code}/{kind}" not in page.text and f"/document/{code}/{others}" in page.text
        assert come("an").get(f"/document/{code}/{kind}").status_code == 404
        assert ("/picture/" in page.text) is (lost != "path")
        assert come("an").get(f"/document/{code}/proof").status_code == (404 if lost == "path" else 200)
        assert come("an").get(f"/document/{code}/check").status_code == 200
    finally:
        away.rename(file)


def test_what_happened_is_told_in_the_language_of_the_page(come: Come, kept: Kept) -> None:
    client, places = come("an"), (f"/document/{kept.codes['plain']}", "/day/2026-11-21")
    for words, others in ((("đưa vào kho", "cấp mã"), ("filed<", "code given")), (("filed<", "code given"), ("đưa vào kho", "cấp mã"))):
        for page in (client.get(path).text for path in places):
            assert all(each in page for each in words) and not any(each in page for each in others)
        client.get("/language?to=en&back=/")


@pytest.mark.parametrize("path", ["/tables/kho/document.csv", "/tables/kho/theo-co-quan.csv", "/search.csv"])
def test_no_cell_of_a_table_is_a_formula(come: Come, path: str) -> None:
    answer = come("an").get(path)
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    cells = [value for row in rows for value in row]
    assert f"'{FORMULA}" in cells and FORMULA not in cells
    assert not [value for value in cells if value[:1] in "=+-@\t\r" and value] and "attachment" in answer.headers["content-disposition"]


def test_bytes_are_taken_away_whole_and_never_shown(come: Come, kept: Kept) -> None:
    client, code = come("an"), kept.codes["hostile"]
    pdf, scan = client.get(f"/document/{code}/pdf"), client.get(f"/document/{code}/original")
    assert (pdf.content, scan.content) == (b"%PDF hostile", b"scan hostile")
    for answer in (pdf, scan):
        told = answer.headers["content-disposition"]
        assert told.startswith("attachment; ") and answer.headers["content-type"] == "application/octet-stream"
        assert not set(told) & set("<>\r\n\u202e") and told.count('"') == 2
    assert client.get(f"/picture/{code}/1-1400.jpg").content == PICTURE
    assert {client.get(f"/picture/{code}/{page}.jpg").status_code for page in ("2-1400", "1-99", "0-1400", "999999-240")} == {404}
    today = kept.codes["today"]
    assert client.get(f"/document/{today}/evidence/{today}.verification.json").json() == {"verdict": "valid"}
    assert client.get(f"/document/{today}/evidence/..%2f..%2fcatalogue.db").status_code == 404


def test_a_proof_can_be_taken_away_although_the_rest_of_the_log_is_not_there(come: Come, kept: Kept) -> None:
    code = kept.codes["plain"]
    taken = come("an").get(f"/document/{code}/proof")
    names = zipfile.ZipFile(io.BytesIO(taken.content)).namelist()
    assert {f"{code}.pdf", "entry.json", "checkpoint"} <= set(names) and "attachment" in taken.headers["content-disposition"]
    assert kept.archive.proof(code).text().encode() == zipfile.ZipFile(io.BytesIO(taken.content)).read(f"{code}.tlog-proof")
    assert "Tải bằng chứng" in come("an").get(f"/document/{code}").text
    assert come("an").get(f"/document/{kept.codes['today']}/proof").status_code == 404


def test_a_day_has_the_head_that_covers_its_sealing(come: Come, kept: Kept) -> None:
    (head,) = kept.archive.published()
    for who in ("an", "cong"):
        assert head.head.root.hex() in come(who).get("/day/2026-11-21").text
        assert head.head.root.hex() in come(who).get("/integrity").text
    assert "chưa công bố" in come("an").get("/day/2026-11-23").text


def test_what_names_and_texts_say_is_shown_and_never_part_of_a_page(come: Come, kept: Kept) -> None:
    client = come("an")
    for path in (f"/document/{kept.codes['hostile']}", f"/document/{kept.codes['hostile']}/check", "/search?q=la", f"/search?q={HOSTILE}",
                 "/tables/kho/document", f"/tables/kho/document?subject__contains={HOSTILE}", "/tables/kho/search", "/tables/kho/theo-co-quan",
                 "/file/H05.02.2026.01.TCCB", f"/days?before={HOSTILE}", f"/search?organ_name={HOSTILE}", "/day/2026-11-21"):  # fmt: skip
        text = client.get(path).text
        assert "<script" not in text and "<img src=x" not in text and "<b>Minh" not in text, path
        assert "\u202e" not in text, path
    assert "<U+202E>" in client.get(f"/document/{kept.codes['hostile']}").text.replace("&lt;", "<").replace("&gt;", ">")


def test_words_are_found_with_and_without_marks_and_marked_where_they_stand(come: Come, kept: Kept) -> None:
    client = come("an")
    assert "<mark>Báo</mark>" in client.get("/search?q=bao").text and "<mark>Báo cáo</mark>" in client.get('/search?q="bao cao"').text
    assert "Không tìm thấy" in client.get("/search?q=bảo").text
    for question in ("90/UBND-VP", "bao cao", kept.codes["plain"], '"', "*", "a OR b", "NEAR(", "-", "^x", "AND"):
        assert client.get("/search", params={"q": question}).status_code == 200, question
    narrowed = client.get("/search", params={"type_name": "Công văn", "year": "2026"}).text
    assert "2 văn bản" in narrowed and "Tờ trình" not in re.sub(r"<details.*?</details>", "", narrowed, flags=re.DOTALL)


def test_each_look_is_kept_before_it_is_answered(come: Come, kept: Kept, site: Site) -> None:
    client, code, before = come("an"), kept.codes["plain"], len(looks(site))
    for end in ("", "/pdf", "/original", "/check"):
        client.get(f"/document/{code}{end}")
    client.get("/tables/kho/document?lane=sao-y")
    client.get("/search.csv")
    new = looks(site)[before:]
    assert [row["what"] for row in new] == ["document", "pdf", "original", "check", "tables", "search-table"]
    assert all((row["who"], row["role"], row["place"]) == ("an", "auditor", "testclient") and row["at"] for row in new)
    assert new[0]["doc_code"] == code and new[4]["query"] == "lane=sao-y"
    assert site.looks.path.stat().st_mode & 0o777 == 0o600


def test_a_look_that_cannot_be_kept_is_refused(come: Come, kept: Kept, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", _full)
    for path in (f"/document/{kept.codes['plain']}", f"/document/{kept.codes['plain']}/pdf", "/tables/kho/document"):
        answer = come("an").get(path)
        assert answer.status_code == 503 and "báo cáo" not in answer.text and "frame-ancestors" in answer.headers["content-security-policy"]


def _full(place: int) -> None:
    raise OSError(28, "No space left on device")


# Names and passwords


def test_a_password_opens_a_session_that_can_be_left(come: Come, site: Site) -> None:
    client = come("")
    answer = client.post("/login", data={"name": "an", "password": PASSWORD}, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    told = answer.headers["set-cookie"]
    assert "HttpOnly" in told and "SameSite=strict" in told and "Path=/" in told
    assert client.get("/").status_code == 200 and "kiểm tra viên" in client.get("/").text
    kept = dict(client.cookies)
    assert client.post("/logout", headers=OWN).status_code == 303
    again = TestClient(serving.application(site), f"http://{HOST}", cookies=kept, follow_redirects=False)
    assert again.get("/").status_code == 303
    assert [row["what"] for row in looks(site) if row["who"] == "an"].count("enter") >= 1


@pytest.mark.parametrize("wrong", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {}, {**OWN, "Sec-Fetch-Site": "cross-site"}])
def test_a_password_sent_from_elsewhere_counts_for_nothing(come: Come, wrong: dict[str, str]) -> None:
    assert come("").post("/login", data={"name": "an", "password": PASSWORD}, headers=wrong).status_code == 403


def test_who_guesses_waits_longer_each_time_and_a_wrong_name_looks_the_same(site: Site) -> None:
    now = [0.0]
    gate = Gate({"an": HASH}, lambda: now[0], _nobody=HASH)
    assert not gate.opens("an", "") and not gate.opens("khong-ai", PASSWORD) and gate.opens("an", PASSWORD)
    for _ in range(5):
        assert not gate.opens("an", "sai")
    first = gate.waits("an")
    assert first > 0 and not gate.opens("an", PASSWORD) and gate.waits("khac") == 0
    now[0] += first + 1
    assert not gate.opens("an", "sai") and gate.waits("an") > first
    now[0] += gate.waits("an") + 1
    assert gate.opens("an", PASSWORD) and gate.waits("an") == 0


def test_guesses_at_many_names_are_slowed_down_too() -> None:
    now = [0.0]
    gate = Gate({}, lambda: now[0], _nobody="x")
    for number in range(60):
        gate.opens(f"ten{number}", "sai")
    assert gate.waits("an") > 0


def test_a_page_says_how_long_to_wait_and_no_more(site: Site) -> None:
    door = Door((HOST,), site.door.users, Gate({"an": HASH}, _nobody=HASH))
    client = TestClient(serving.application(_with(site, door)), f"http://{HOST}", follow_redirects=False)
    answers = [client.post("/login", data={"name": "an<b>", "password": "sai"}, headers=OWN) for _ in range(6)]
    assert [answer.status_code for answer in answers][:4] == [401] * 4 and answers[-1].status_code == 429
    assert "chờ" in answers[-1].text and "<b>" not in answers[-1].text and "an&lt;b&gt;" in answers[-1].text


def test_hashes_are_argon2_and_nothing_else_passes_for_one() -> None:
    assert hashed(PASSWORD).startswith("$argon2id$") and is_hash(HASH) and not is_hash("mat khau") and not is_hash("")


def _with(site: Site, door: Door, **more: bool) -> Site:
    return Site(site.agency, site.demo, site.snapshots, door, site.looks, site.hands, site.clock, **more)


def test_a_proxy_names_who_looks_and_nobody_else_is_let_in(site: Site, kept: Kept) -> None:
    users = {"an": User("an", "auditor", "an@xa.vn"), "khong": User("khong", "archivist", "")}
    door = Door(("kho.example.vn",), users, Gate({}), "X-Remote-User")
    app = serving.application(_with(site, door, trusts_proxy=True))
    client = TestClient(app, "http://kho.example.vn", follow_redirects=False)
    named = {"X-Remote-User": "an@xa.vn", "X-Forwarded-For": "9.9.9.9, 10.0.0.7"}
    assert client.get(f"/document/{kept.codes['plain']}", headers=named).status_code == 200
    assert looks(site)[-1]["place"] == "10.0.0.7" and looks(site)[-1]["who"] == "an"
    for wrong in ({}, {"X-Remote-User": ""}, {"X-Remote-User": "an"}, {"X-Remote-User": "binh@xa.vn"}):
        assert client.get("/", headers=wrong).status_code == 403
    assert client.get("/", headers=[("X-Remote-User", "an@xa.vn"), ("X-Remote-User", "an@xa.vn")]).status_code == 403
    assert client.post("/login", data={"name": "an", "password": PASSWORD}, headers=OWN | {"Origin": "http://kho.example.vn"}).status_code == 405


# Copies


def test_what_is_filed_later_is_there_when_it_was_copied_anew(kept: Kept, tmp_path: Path) -> None:
    office = kept.office
    snapshots = Snapshots(office.root, tmp_path, ROLES[1:2], MODES, office.clock)
    assert snapshots.refresh() and not snapshots.refresh()
    snapshots.of("auditor").path.unlink()  # by an order that takes a secret out of all that pages keep
    assert snapshots.refresh() and snapshots.of("auditor").path.is_file() and not snapshots.refresh()
    first, size = snapshots.of("auditor"), snapshots.of("auditor").log_size
    office.clock.pass_(hours=1)
    code = filed(office, kept.archive, "later", subject="Đến sau")
    assert first.archive.get(code) is None
    assert snapshots.refresh() and snapshots.of("auditor").made_at > first.made_at
    found = snapshots.of("auditor").archive.get(code)
    assert found and found["subject"] == "Đến sau" and snapshots.of("auditor").log_size > size
    assert first.path.exists()  # who asked before still gets an answer
    filed(office, kept.archive, "latest")
    snapshots.refresh()
    assert not first.path.exists()


def test_the_rounds_and_the_nights_without_one_are_told_and_what_a_witness_signed_is_verified_or_not(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path)
    archive = office.open()
    archive.event("session", actor=CLERK)
    a_day(office, archive)
    archive.event("fixity-missed", actor="sohoa", public={"first": "2026-11-20", "last": "2026-11-22", "nights": 3, "why": "not-begun"})
    told: dict[str, str | int] = {"scope": "all", "why": "unclean-stop", "since": 3, "checked": 1, "findings": 0}
    archive.event("fixity", actor="sohoa", public=rounds.public_of(office.clock().date(), range(30), 30, told))
    archive.event("incident", actor="sohoa", public={"why": "<b>never heard of</b>".replace(" ", "")})
    made = seen(office)
    archive.witnesses = ((tmp_path / "witness" / PUBLIC).read_text().strip(),)
    archive.take_cosigned(made.text().encode(), CLERK)
    office.clock.pass_(days=4)
    snapshots = Snapshots(office.root, tmp_path / "copies", ROLES, MODES, office.clock)
    (tmp_path / "copies").mkdir()
    snapshots.refresh()
    for pins, word in ((archive.witnesses, "chữ ký đã kiểm chứng"), ((), "CHƯA KIỂM CHỨNG")):
        own = replace(site, snapshots=snapshots, clock=office.clock, hands=replace(site.hands, witnesses=pins))
        client = TestClient(serving.application(own), f"http://{HOST}")
        client.cookies.set(f"sohoa-serve-{HOST.rpartition(':')[2]}", own.door.sessions.begin(own.door.users["binh"]))
        page = client.get("/integrity").text
        assert word in page and "kiem-toan-nha-nuoc" in page
        assert "KHÔNG CHẠY 3 đêm: máy tắt hoặc ổ đĩa không có" in page and "toàn bộ kho: máy đã tắt đột ngột" in page
        assert "ĐÃ QUA 4 ĐÊM" in page and "Đêm tới đọc lại toàn bộ kho: &lt;b&gt;neverheardof" in page
        assert "4 ĐÊM KHÔNG CHẠY" in client.get("/").text
    archive.close()
