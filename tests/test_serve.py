"""`sohoa serve` as it is run: pictures and verdicts by workers, who may look by the settings, what is wrong told before it is served."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from argon2 import PasswordHasher

from tests.processor.office import DPI, picture
from tests.station import SOHOA, demo, sohoa
from tests.testkit import person, scans, signing

CODE = "H05.99.2026.01.VP.0000001"
PASSWORD = "một mật khẩu đủ dài"
HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
USER = f'\n[serve.users.an]\nrole = "auditor"\npassword = "{HASH}"\n'


@dataclass
class Served:
    """A page at work, and somebody who signed in."""

    folder: Path
    process: subprocess.Popen[str]
    port: int
    cookie: str = ""

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            told = {"Cookie": self.cookie} | {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body or None, told)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def page(self, path: str) -> str:
        status, _, body = self.ask("GET", path)
        assert status == 200, (path, body[:300])
        return body.decode()


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = demo(tmp_path_factory.mktemp("office") / "station")
    scans.png(folder / "drop" / "sao-y" / "bao-cao.png", picture("Báo cáo công tác của văn phòng"), dpi=DPI)
    assert sohoa(folder, "run").returncode == 0
    (folder / "drop" / "van-ban-den" / "den.pdf").write_bytes(person.signed(folder, signing.page()))
    assert sohoa(folder, "run").returncode == 0
    with (folder / "sohoa.toml").open("a", encoding="utf-8") as file:
        file.write(USER)
    return folder


@pytest.fixture(scope="module")
def served(station: Path) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([SOHOA, "serve", "--port", str(port), "--station", station], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONUNBUFFERED": "1"})  # fmt: skip
    assert process.stdout and f"http://127.0.0.1:{port}/" in process.stdout.readline()
    made = Served(station, process, port)
    for _ in range(600):
        try:
            made.ask("GET", "/login")
            break
        except OSError:
            time.sleep(0.05)
    form = urlencode({"name": "an", "password": PASSWORD})
    told = {"Origin": f"http://127.0.0.1:{port}", "Content_Type": "application/x-www-form-urlencoded"}
    status, headers, _ = made.ask("POST", "/login", form, **told)
    assert status == 303
    made.cookie = headers["set-cookie"].partition(";")[0]
    yield made
    process.terminate()
    assert process.wait(timeout=60) in {0, -15}
    assert not (station / "work" / "serve").exists() or not list((station / "work" / "serve").iterdir())


def test_a_document_has_its_picture_and_its_verdict_with_chain_and_token(served: Served) -> None:
    page = served.page(f"/document/{CODE}")
    assert "PAdES B-LTA" in page and "Kiểm tra ngay" in page
    status, headers, body = served.ask("GET", f"/picture/{CODE}/1-1400.jpg")
    assert (status, headers["content-type"], body[:2]) == (200, "image/jpeg", b"\xff\xd8")
    checked = served.page(f"/document/{CODE}/check")
    assert '<p class="verdict valid"><b>HỢP LỆ</b>' in checked and "Tệp, bản ghi và nhật ký khớp nhau." in checked
    assert "SOHOA DEMO Issuing CA → SOHOA DEMO Root CA" in checked and "SOHOA DEMO Time Stamping" in checked
    assert served.ask("GET", f"/document/{CODE}/pdf")[2] == next((served.folder / "archive").rglob(f"{CODE}.pdf")).read_bytes()


def test_a_received_document_is_proved_offline_by_what_was_kept_beside_it(served: Served) -> None:
    with sqlite3.connect(served.folder / "archive" / "catalogue.db") as db:
        (code,) = db.execute("select doc_code from document where verification = 'valid'").fetchone()
    page = served.page(f"/document/{code}")
    assert "Khi lưu" in page and '<p class="verdict valid">' in page and ".verification.json" in page
    assert '<p class="verdict valid">' in served.page(f"/document/{code}/check")
    assert not list((served.folder / "work" / "serve").rglob("*.pdf"))


def test_a_day_is_read_again_and_what_is_wrong_with_it_is_told(served: Served) -> None:
    with sqlite3.connect(served.folder / "archive" / "catalogue.db") as db:
        day, path = db.execute("select shelf_day, path from document where doc_code = ?", [CODE]).fetchone()
    assert "Đã đọc lại 2 văn bản" in served.page(f"/day/{day}/check")
    pdf = served.folder / "archive" / path
    kept = pdf.read_bytes()
    pdf.chmod(0o644)
    pdf.write_bytes(kept.replace(b"%PDF-1", b"%PDF-2", 1))
    assert "[altered]" in served.page(f"/day/{day}/check")
    checked = served.page(f"/document/{CODE}/check")
    assert '<p class="verdict invalid">' in checked and "[altered]" in checked
    pdf.write_bytes(kept)


def test_the_station_works_on_while_it_is_looked_at(served: Served) -> None:
    assert sohoa(served.folder, "describe", CODE, "--set", "note=đã xem").returncode == 0
    assert "đã xem" not in served.page(f"/document/{CODE}")  # the copy is of before, and says so
    assert "Bản chép lúc" in served.page("/")
    looks = [json.loads(line) for line in (served.folder / "work" / "access.jsonl").read_text("utf-8").splitlines()]
    assert {"who": "an", "role": "auditor", "what": "document", "doc_code": CODE}.items() <= looks[-1].items()


@pytest.mark.parametrize(("text", "told"), [
    ("", "nobody may look"), ('[serve.users.an]\nrole = "auditor"\n', "users.an.password"),
    ('[serve.users.an]\nrole = "auditor"\npassword = "mat khau"\n', "users.an.password"),
    ('[serve.users.an]\nrole = "vua"\n', "serve.users.an.role"), ('[serve]\nuser_header = "X"\n', "serve.socket"),
    (f'[serve]\nuser_header = "X"\nsocket = "s"\nhosts = ["h"]\n{USER}', "users.an.account"),
])  # fmt: skip
def test_settings_that_would_let_nobody_or_anybody_in_are_refused(station: Path, tmp_path: Path, text: str, told: str) -> None:
    folder = tmp_path / "station"
    shutil.copytree(station, folder, ignore=shutil.ignore_patterns("work", "archive"))
    settings = folder / "sohoa.toml"
    settings.write_text(settings.read_text("utf-8").replace(USER, "\n") + text, "utf-8")
    done = sohoa(folder, "serve")
    assert done.returncode == 1 and told in done.stderr


def test_a_password_becomes_a_hash_that_does_not_tell_it(station: Path) -> None:
    done = subprocess.run([SOHOA, "serve", "--password", "--station", station], input=f"{PASSWORD}\n", capture_output=True, text=True, timeout=60)
    assert re.fullmatch(r"\$argon2id\$\S+\n", done.stdout) and PASSWORD not in done.stdout + done.stderr
    assert PasswordHasher().verify(done.stdout.strip(), PASSWORD)
    short = subprocess.run([SOHOA, "serve", "--password", "--station", station], input="ngan\n", capture_output=True, text=True, timeout=60)
    assert short.returncode == 1 and not short.stdout
