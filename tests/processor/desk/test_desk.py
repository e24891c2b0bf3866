"""The desk asked by programs: whom it answers, what it tells their browsers, what it refuses, what it writes."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.record import description_digest
from archive.store import Archive
from tests.processor.desk.conftest import SOHOA, Clerk, Served, served, sohoa

CODE = "H05.99.2026.01.VP.{:07}"


@pytest.fixture(scope="module")
def clerk(desk: Served) -> Clerk:
    return desk.clerk()


def told(folder: Path, code: str) -> dict[str, object]:
    archive = Archive.open(folder / "archive", lambda: dt.datetime.now(dt.UTC))
    found = archive.get(code)
    archive.close()
    assert found is not None
    return found


def events(folder: Path, type: str) -> list[tuple[str, str, str]]:
    with sqlite3.connect(folder / "archive" / "catalogue.db") as db:
        return list(db.execute("select actor, doc_code, private from event where type = ? order by seq", [type]))


def test_the_link_opens_one_browser_and_is_worth_nothing_after(desk: Served) -> None:
    link = desk.link
    desk.clerk()
    assert desk.link != link
    assert desk.ask("GET", link.removeprefix(desk.home))[0] == 401


@pytest.mark.parametrize("path", ["/", "/filed/" + CODE.format(1), "/picture/filed/" + CODE.format(1) + "/1-1400.jpg", "/alive"])
def test_nobody_without_a_session_is_answered(desk: Served, path: str) -> None:
    name = f"sohoa-desk-{desk.home.rpartition(':')[2]}"
    for cookie in ("", f"{name}=", f"{name}=AAAA", name, "sohoa-desk-1=AAAA"):
        status, headers, text = desk.ask("GET", path, Cookie=cookie)
        assert status == 401 and "H05" not in text and "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "localhost", ""])
def test_another_name_that_leads_here_is_refused(desk: Served, clerk: Clerk, host: str) -> None:
    assert desk.ask("GET", "/", Cookie=clerk.cookie, Host=host)[0] == 421


def test_every_answer_tells_the_browser_to_fetch_nothing_and_run_nothing_of_the_page(clerk: Clerk) -> None:
    for path in ("/", "/filed/" + CODE.format(1), "/static/desk.js", "/nowhere", "/enter"):
        headers = clerk.get(path)[1]
        assert headers["content-security-policy"].startswith("default-src 'none';"), path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"
    assert clerk.get("/filed/" + CODE.format(1))[1]["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "wrong",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": ""}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}],
)
def test_a_form_sent_from_elsewhere_changes_nothing(desk: Served, clerk: Clerk, wrong: dict[str, str]) -> None:
    path = "/filed/" + CODE.format(1)
    form = clerk.form(path) | {"code_number": "666"}
    assert clerk.post(path, form, **wrong)[0] == 403
    assert told(desk.folder, CODE.format(1))["code_number"] is None


@pytest.mark.parametrize("token", ["", "AAAA", "\u1ea1"])
def test_a_form_without_the_sessions_token_changes_nothing(desk: Served, clerk: Clerk, token: str) -> None:
    path = "/filed/" + CODE.format(1)
    assert clerk.post(path, clerk.form(path) | {"code_number": "666", "token": token})[0] == 403
    assert told(desk.folder, CODE.format(1))["code_number"] is None


def test_a_giant_form_is_refused(clerk: Clerk) -> None:
    path = "/filed/" + CODE.format(1)
    assert clerk.post(path, clerk.form(path) | {"note": "a" * 70_000})[0] == 413


@pytest.mark.parametrize("path", ["/held/sao-y/..", "/held/../sao-y", "/held/sao-y/%2e%2e", "/archive/2026/11", "/rejected/trich-sao/%2Fetc",
                                  "/filed/H05", "/filed/%00", "/picture/held/trich-sao/../1-1400.jpg", "/picture/filed/x/0-1400.jpg"])  # fmt: skip
def test_what_is_no_document_is_not_found(clerk: Clerk, path: str) -> None:
    assert clerk.get(path)[0] == 404


def test_a_value_is_filed_as_an_event_of_who_typed_it_and_the_next_document_follows(desk: Served, clerk: Clerk) -> None:
    path, before = "/filed/" + CODE.format(2), told(desk.folder, CODE.format(2))
    status, headers, _ = clerk.post(path, clerk.form(path) | {"code_number": "15a"})
    assert (status, headers["location"]) == (303, "/filed/" + CODE.format(3))
    after = told(desk.folder, CODE.format(2))
    assert (after["code_number"], after["description"]) == ("15a", "full")
    assert after["sha256"] == before["sha256"]
    actor, code, private = events(desk.folder, "described")[-1]
    assert code == CODE.format(2) and json.loads(private) == {"code_number": "15a"} and actor
    assert sohoa(desk.folder, "verify", CODE.format(2)).returncode == 0


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [("issued_date", "31/2/2026", "Không đọc được ngày"), ("code_number", "1" * 12, "Nhiều nhất 11 ký tự; đang có 12"),
     ("subject", "V/v \u202egnp", "ký tự ẩn"), ("page_amount", "0", "từ 1 đến 9999"), ("issued_date", "1/1/2999", "sau ngày lưu")],
)  # fmt: skip
def test_what_cannot_be_taken_is_said_beside_its_field_and_nothing_is_lost(
    desk: Served, clerk: Clerk, name: str, typed: str, said: str
) -> None:
    path = "/filed/" + CODE.format(3)
    status, _, page = clerk.post(path, clerk.form(path) | {"code_number": "7", name: typed})
    assert status == 422 and said in page
    if name != "code_number":
        assert 'value="7"' in page, "what was typed beside it stays"
    assert told(desk.folder, CODE.format(3))["code_number"] is None


def test_a_month_is_never_filled_in_in_silence(desk: Served, clerk: Clerk) -> None:
    path = "/filed/" + CODE.format(3)
    status, _, page = clerk.post(path, clerk.form(path) | {"issued_date": "3/2"})
    assert status == 422 and "do máy điền" in page and 'value="03/02/2026"' in page
    assert told(desk.folder, CODE.format(3))["issued_date"] == "2026-02-05"


def test_who_saves_second_is_shown_both_values(desk: Served, clerk: Clerk) -> None:
    path, other = "/filed/" + CODE.format(4), desk.clerk()
    first, second = clerk.form(path), other.form(path)
    assert clerk.post(path, first | {"code_number": "11", "note": "của người thứ nhất"})[0] == 303
    status, _, page = other.post(path, second | {"code_number": "12", "signer_name": "Người Ký"})
    assert status == 409 and "Có người vừa sửa" in page and 'value="12"' in page and "<b>11</b>" in page
    assert 'value="Người Ký"' in page and "của người thứ nhất" in page
    now = told(desk.folder, CODE.format(4))
    assert (now["code_number"], now["signer_name"], now["note"]) == ("11", None, "của người thứ nhất")


def test_of_many_who_save_at_once_one_does(desk: Served, clerk: Clerk) -> None:
    path = "/filed/" + CODE.format(5)
    form, answers = clerk.form(path), list[int]()

    def save(number: int) -> None:
        answers.append(clerk.post(path, form | {"code_number": str(number)})[0])

    threads = [threading.Thread(target=save, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303] + [409] * 7
    assert sum(1 for _, code, _ in events(desk.folder, "described") if code == CODE.format(5)) == 1


def test_a_version_is_of_the_description_alone(desk: Served, clerk: Clerk) -> None:
    shown = told(desk.folder, CODE.format(6))
    assert clerk.form("/filed/" + CODE.format(6))["version"] == description_digest(shown)


def test_names_and_texts_of_documents_are_text(desk: Served, clerk: Clerk) -> None:
    (hostile,) = [row["id"] for row in status(desk.folder)["to_describe"] if row["name"].startswith("x<img")]
    for path in ("/", f"/filed/{hostile}"):
        page = clerk.get(path)[2]
        assert "<script>document" not in page and "<img src=x" not in page and "\u202e" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;&lt;U+202E&gt;" in page
    assert "style=" not in page


def status(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sohoa(folder, "status", "--json").stdout)
    return found


def held(folder: Path) -> list[dict[str, str]]:
    return list(status(folder)["held"])


def test_a_held_document_goes_on_with_what_was_typed_only_as_it_was_seen(desk: Served, clerk: Clerk) -> None:
    (lot,) = [row["folder"] for row in held(desk.folder) if row["name"] == "trich-1.pdf"]
    form = clerk.form(f"/{lot}") | {"do": "release", "pages": "1,4", "rotate": "4:90"}
    assert clerk.post(f"/{lot}", form | {"pages": "5"})[0] == 422
    assert clerk.post(f"/{lot}", form | {"file_code": "99.XX"})[0] == 422
    fields = desk.folder / lot / "fields.json"
    by_hand = json.loads(fields.read_text("utf-8")) | {"note": "ghi bằng Notepad"}
    fields.write_text(json.dumps(by_hand, ensure_ascii=False), "utf-8")
    status, _, page = clerk.post(f"/{lot}", form)
    assert status == 409 and "ghi bằng Notepad" in page and 'value="1,4"' in page
    form = clerk.form(f"/{lot}") | {"do": "release", "pages": "1,4", "rotate": "4:90"}
    assert clerk.post(f"/{lot}", form)[0] == 303
    assert clerk.post(f"/{lot}", form)[0] in {303, 404}, "asked twice, it is done once"
    _until(lambda: lot not in {row["folder"] for row in held(desk.folder)})
    sohoa(desk.folder, "run")
    (back,) = [row for row in held(desk.folder) if row["name"] == "trich-1.pdf"]
    assert (back["code"], back["part"]) == ("extract-incomplete", "1,4")
    typed = json.loads((desk.folder / back["folder"] / "fields.json").read_text("utf-8"))
    assert (typed["rotate"], typed["note"]) == ("4:90", "ghi bằng Notepad")


def test_a_held_document_is_refused_with_a_reason_and_the_log_says_by_whom(desk: Served, clerk: Clerk) -> None:
    (lot,) = [row["folder"] for row in held(desk.folder) if row["name"] == "trich-2.pdf"]
    form = clerk.form(f"/{lot}") | {"do": "reject"}
    assert clerk.post(f"/{lot}", form | {"reason": " "})[0] == 422
    assert clerk.post(f"/{lot}", form | {"reason": "Trùng bản đã có"})[0] == 303
    _until(lambda: bool(status(desk.folder)["counts"].get("working")))
    sohoa(desk.folder, "run")
    actor, _, private = events(desk.folder, "rejected")[-1]
    assert json.loads(private) == {"reason": "Trùng bản đã có"} and actor not in {"", "sohoa"}
    (folder,) = [row["folder"] for row in status(desk.folder)["rejected"]]
    assert clerk.post(f"/{lot}", form)[0] == 404
    assert "Xử lý lại" in clerk.get(f"/{folder}")[2]


def _until(true: object) -> None:
    assert callable(true)
    for _ in range(100):
        if true():
            return
        threading.Event().wait(0.1)
    raise AssertionError("it did not come to pass")


@pytest.fixture
def proxied(station: Path) -> Iterator[Path]:
    settings = station / "sohoa.toml"
    text = settings.read_text("utf-8")
    more = '[desk]\nuser_header = "X-Remote-User"\nsocket = "work/desk.sock"\nhosts = ["ban.example.vn"]\n'
    more += '[operators.lan]\nname = "Nguyễn Thị Lan"\naccount = "lan.nt"\n[operators.cu]\naccount = "cu"\nvalid_to = 2020-01-01\n'
    settings.write_text(f"{text}\n{more}", "utf-8")
    yield station
    settings.write_text(text, "utf-8")


def test_behind_a_proxy_its_users_are_the_operators_and_nobody_else(proxied: Path) -> None:
    class Through(http.client.HTTPConnection):
        def connect(self) -> None:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(str(proxied / "work" / "desk.sock"))

    def ask(*names: str, host: str = "ban.example.vn") -> tuple[int, str]:
        connection = Through("ban.example.vn")
        connection.putrequest("GET", "/", skip_host=True)
        connection.putheader("Host", host)
        for name in names:
            connection.putheader("X-Remote-User", name)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    process = subprocess.Popen([SOHOA, "desk", "--station", proxied], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout and "enter" not in process.stdout.readline()
        _until(lambda: (proxied / "work" / "desk.sock").exists() and _answers(ask))
        status, page = ask("lan.nt")
        assert status == 200 and "operator:lan" in page
        assert [ask(*names)[0] for names in ((), ("",), ("cu",), ("root",), ("lan.nt", "root"))] == [403] * 5
        assert ask("lan.nt", host="127.0.0.1")[0] == 421
    finally:
        process.terminate()
        process.wait(timeout=60)


def _answers(ask: object) -> bool:
    assert callable(ask)
    try:
        return bool(ask())
    except OSError:
        return False


def test_what_is_purged_while_a_desk_is_open_is_neither_shown_nor_kept_there(desk: Served, clerk: Clerk) -> None:
    code, other = CODE.format(5), CODE.format(6)
    scan, pictures = told(desk.folder, code)["scan_sha256"], desk.folder / "work" / "desk"
    for each in (code, other):
        assert clerk.get(f"/filed/{each}")[0] == 200
        assert clerk.get(f"/picture/filed/{each}/1-1400.jpg")[1]["content-type"] == "image/jpeg"
    form = clerk.form(f"/filed/{code}")
    done = sohoa(desk.folder, "purge-secret", code, "--order", "Quyết định 12/QĐ-UBND", "--by", "A", "--by", "B")
    assert done.returncode == 0, done.stderr
    assert not list(pictures.rglob("*.jpg"))
    for path in (f"/filed/{code}", f"/picture/filed/{code}/1-1400.jpg", f"/open?id={scan}"):
        assert clerk.get(path)[0] == 404, path
    assert clerk.post(f"/filed/{code}", form | {"code_number": "5"})[0] == 404
    assert code not in clerk.get("/")[2]
    assert clerk.get(f"/picture/filed/{other}/1-1400.jpg")[1]["content-type"] == "image/jpeg", "of others they are made again"
    assert clerk.post(f"/filed/{other}", clerk.form(f"/filed/{other}") | {"code_number": "6"})[0] == 303


def test_a_port_that_is_taken_is_said(desk: Served) -> None:
    port = desk.home.rpartition(":")[2]
    done = sohoa(desk.folder, "desk", "--port", port)
    assert done.returncode == 1 and "--port" in done.stderr


def test_a_desk_that_is_killed_has_lost_nothing_and_leaves_nothing(station: Path) -> None:
    made = served(station)
    clerk, path = made.clerk(), "/filed/" + CODE.format(7)
    assert clerk.get(f"/picture{path}/1-1400.jpg")[1]["content-type"] == "image/jpeg"
    assert clerk.post(path, clerk.form(path) | {"code_number": "77"})[0] == 303
    made.end(at_once=True)
    assert told(station, CODE.format(7))["code_number"] == "77"
    served(station).end()
    left = [path.name for path in (station / "work" / "desk").iterdir()]
    assert all((Path("/proc") / name).is_dir() for name in left)
