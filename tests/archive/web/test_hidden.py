"""What a role may not see is nowhere: in no page, table, count, file name, download, nor in the bytes of its copy."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter, deque
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.testclient import TestClient

from archive.web.roles import CONDITIONAL, OPEN, SECRET
from archive.web.site import Site
from tests.archive.web.conftest import CIVIL_FILE, MODES, SECRET_FILE, Come, Kept

HIDDEN = ("secret", "unheard", "civil", "stack", "annex", "annex2", "marked", "old", "better")
SOME = 4  # pages of a kind
CLOSED_TO = {"an": HIDDEN, "cong": (*HIDDEN, "plain", "hostile", "today", "neighbour")}


def row_address(code: str) -> str:
    return "/tables/kho/document/" + "".join(char if char.isalnum() else f"~{ord(char):02X}" for char in code)


def crawled(client: TestClient) -> dict[str, str]:
    """What can be reached by following links, some pages of each kind."""
    todo, seen, kinds = deque(["/", "/tables/kho", "/tables/kho/search?_search=noi", "/search?q=giaukin*"]), dict[str, str](), Counter[str]()
    while todo:
        path = todo.popleft()
        kind = re.sub(r"\?.*|[0-9a-f~]{12,}|[0-9]+", "#", path)
        if path in seen or "/language" in path or kinds[kind] == SOME:
            continue
        kinds[kind] += 1
        answer = client.get(path)
        assert answer.status_code in {200, 303} or "/picture/" in path, (path, answer.status_code)
        seen[path] = answer.text
        if "html" in answer.headers.get("content-type", ""):
            links = re.findall(r'(?:href|src)="([^"]+)"', answer.text)
            todo += [urljoin(path, unescape(link)) for link in links if not urlsplit(unescape(link)).scheme]
    return seen


@pytest.mark.parametrize("who", ["an", "cong"])
def test_no_page_that_can_be_reached_tells_of_what_is_hidden(come: Come, kept: Kept, who: str) -> None:
    pages = crawled(come(who))
    assert len(pages) > 50 and any("/tables/kho/document" in path for path in pages)
    codes = [kept.codes[name] for name in CLOSED_TO[who]]
    for path, text in pages.items():
        assert "giaukin" not in unescape(text).replace("giaukin*", "").replace("giaukin%2A", ""), path
        assert not [code for code in codes if code in text], path
        assert SECRET_FILE not in text and CIVIL_FILE not in text, path


@pytest.mark.parametrize("who", ["an", "cong"])
def test_the_bytes_of_a_copy_do_not_hold_it(site: Site, kept: Kept, who: str) -> None:
    data = site.snapshots.of(site.door.users[who].role).path.read_bytes()
    assert b"giaukin" not in data.lower()
    assert not [name for name in CLOSED_TO[who] if kept.codes[name].encode() in data]


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize("end", ["", "/check", "/pdf", "/original", "/proof", "/evidence/{}.verification.json"])
def test_who_knows_a_code_is_answered_as_if_there_were_none(come: Come, kept: Kept, name: str, end: str) -> None:
    code, client, none = kept.codes[name], come("an"), "H05.02.2026.01.TCCB.9999999"
    answer, other = (client.get(f"/document/{each}{end.format(each)}") for each in (code, none))
    assert answer.status_code == other.status_code == 404
    assert answer.text.replace(code, none) == other.text and answer.headers.keys() == other.headers.keys()


@pytest.mark.parametrize("name", HIDDEN)
def test_neither_its_pictures_nor_its_rows_are_found(come: Come, kept: Kept, name: str) -> None:
    client, code = come("an"), kept.codes[name]
    assert client.get(f"/picture/{code}/1-1400.jpg").status_code == 404
    assert client.get(row_address(code)).status_code == 404 and client.get(row_address(code) + ".json").status_code == 404
    assert client.get(f"/tables/kho/document.json?doc_code={code}").json()["rows"] == []
    assert client.get(f"/tables/kho/event.json?doc_code={code}").json()["rows"] == []
    assert "0 " in client.get(f"/search?q={code}").text or "Không tìm thấy" in client.get(f"/search?q={code}").text


@pytest.mark.parametrize("file", [SECRET_FILE, CIVIL_FILE])
def test_a_file_with_nothing_else_in_it_is_not_there(come: Come, file: str) -> None:
    assert come("an").get(f"/file/{file}").status_code == 404
    assert file not in come("an").get("/shelves").text and "giaukintitle" in come("binh").get("/shelves").text


def test_the_scan_of_a_stack_is_not_handed_out_with_the_secret_page_in_it(come: Come, kept: Kept) -> None:
    code = kept.codes["neighbour"]
    assert come("an").get(f"/document/{code}").status_code == 200
    assert come("an").get(f"/document/{code}/original").status_code == 404
    assert b"giaukinstack" in come("binh").get(f"/document/{code}/original").content


def test_counts_are_of_what_is_seen(come: Come, site: Site) -> None:
    for who, seen in (("an", 5), ("cong", 1), ("binh", 13)):
        page = come(who).get("/").text
        assert f'class="big">{seen} <small>' in page, who
        db = sqlite3.connect(f"{site.snapshots.of(site.door.users[who].role).path.as_uri()}?immutable=1", uri=True)
        assert db.execute("select count(*) from document where state = 'filed'").fetchone()[0] == seen
        assert db.execute("select count(*) from search_fts where search_fts match 'dung'").fetchone()[0] == (9 if who == "binh" else 0)


def test_a_day_is_read_again_without_what_is_hidden_in_it(come: Come, kept: Kept) -> None:
    told = come("an").get("/day/2026-11-22/check").text
    assert kept.codes["neighbour"] in told and not [name for name in HIDDEN if kept.codes[name] in told]
    assert "Đã đọc lại 99 văn bản" in come("binh").get("/day/2026-11-22/check").text


def test_who_may_see_everything_does(come: Come, kept: Kept) -> None:
    client = come("binh")
    assert all(client.get(f"/document/{code}").status_code == 200 for code in kept.codes.values())


def test_a_public_reader_sees_no_events_and_no_queues(come: Come, kept: Kept) -> None:
    client = come("cong")
    page = client.get(f"/document/{kept.codes['open']}").text
    assert "Lịch tiếp công dân" in page and "van-thu" not in page
    assert "Giữ lại" not in client.get("/").text and "Giữ lại" in come("an").get("/").text
    assert client.get("/day/2026-11-21/check").status_code == 404
    assert {row["type"] for row in client.get("/tables/kho/event.json?_shape=array").json()} <= {"fixity", "sealed"}


@pytest.mark.parametrize(("text", "marked", "code"), [
    ("Công khai", False, OPEN), ("cong khai", True, OPEN), ("01", False, OPEN), ("Có điều kiện", True, CONDITIONAL), ("", False, CONDITIONAL),
    (None, False, CONDITIONAL), (None, True, SECRET), ("Mật", False, SECRET), ("Tối mật", False, SECRET), ("04", False, SECRET), ("x", False, SECRET),
])  # fmt: skip
def test_what_cannot_be_told_is_closed(text: str | None, marked: bool, code: str) -> None:
    assert MODES.of(text, marked) == code


def test_leaves_of_the_log_are_those_of_the_events_that_are_shown(site: Site) -> None:
    db = sqlite3.connect(f"{site.snapshots.of('auditor').path.as_uri()}?immutable=1", uri=True)
    events = {row[0] for row in db.execute("select seq from event")}
    assert {json.loads(entry)["seq"] for (entry,) in db.execute("select entry from leaf where entry <> ''")} == events
