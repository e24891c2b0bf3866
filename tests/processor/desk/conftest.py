"""One real station with documents to describe and to decide about, and a desk that serves it."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.processor.office import DPI, picture
from tests.station import SOHOA, demo, sohoa
from tests.testkit import scans

KNOWN = {
    "type_name": "Công văn", "code_notation": "UBND-VP", "issued_date": "2026-02-05", "organ_name": "Ủy ban nhân dân xã Minh Họa",
    "subject": "V/v nộp báo cáo",
}  # fmt: skip
HOSTILE = '<script>document.title="hỏng"</script>" onfocus="x'
BEFORE_HELD = 12  # documents to describe


@dataclass
class Served:
    """A desk at work."""

    folder: Path
    process: subprocess.Popen[str]
    link: str

    @property
    def home(self) -> str:
        return self.link.partition("/enter")[0]

    def next_link(self) -> str:
        """What it prints when a link was used: another browser's."""
        assert self.process.stdout
        while True:
            if found := re.search(r"http\S+", self.process.stdout.readline()):
                return found[0]

    def end(self, *, at_once: bool = False) -> None:
        self.process.kill() if at_once else self.process.terminate()
        self.process.wait(timeout=60)

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
        """A request as any program may send it; the host is the desk's own unless another is given."""
        place = urlsplit(self.link)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
        try:
            connection.request(method, path, body or None, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def clerk(self) -> Clerk:
        """Somebody who came by the link."""
        status, headers, _ = self.ask("GET", "/enter?" + urlsplit(self.link).query)
        assert status == 200
        self.link = self.next_link()
        return Clerk(self, headers["set-cookie"].partition(";")[0])


@dataclass
class Clerk:
    """A session without a browser."""

    desk: Served
    cookie: str

    def get(self, path: str) -> tuple[int, dict[str, str], str]:
        return self.desk.ask("GET", path, Cookie=self.cookie)

    def form(self, path: str) -> dict[str, str]:
        """The hidden and the visible values of a page's first form."""
        page = self.get(path)[2]
        return {name: re.sub("&#34;", '"', value) for name, value in re.findall(r'<input[^>]*name="(\w+)" value="([^"]*)"', page)}

    def post(self, path: str, form: dict[str, str], **headers: str) -> tuple[int, dict[str, str], str]:
        told = {"Cookie": self.cookie, "Origin": self.desk.home, "Content_Type": "application/x-www-form-urlencoded"} | headers
        return self.desk.ask("POST", path, urlencode(form), **told)


def served(folder: Path, *words: str) -> Served:
    """Open a desk on a port nobody else has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [SOHOA, "desk", "--port", str(port), "--station", folder, *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stdout
    found = re.search(r"http\S+", process.stdout.readline())
    assert found
    made = Served(folder, process, found[0])
    _wait(made)
    return made


def _wait(desk: Served) -> None:
    for _ in range(600):
        try:
            desk.ask("GET", "/")
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the desk does not answer")


def dropped(folder: Path, lane: str, name: str, text: str, **fields: Any) -> None:
    path = scans.png(folder / "drop" / lane / name, picture(text), dpi=DPI)
    if fields:
        path.with_name(f"{name}.json").write_text(json.dumps(fields, ensure_ascii=False), "utf-8")


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve documents that lack their number alone, the last of them hostile; two held, which lack their pages."""
    folder = demo(tmp_path_factory.mktemp("office") / "station", settle="0s")
    for number in range(BEFORE_HELD - 1):
        dropped(folder, "sao-y", f"van-ban-{number:02}.png", f"Báo cáo số {number} của văn phòng", **KNOWN)
    dropped(folder, "sao-y", "x<img src=x onerror=alert(1)>\u202egnp.png", "Báo cáo cuối của văn phòng", **KNOWN | {"subject": HOSTILE})
    pages = [picture(f"Văn bản trang {number}") for number in (1, 2, 3)]
    for name in ("trich-1.pdf", "trich-2.pdf"):
        scans.pdf(folder / "drop" / "trich-sao" / name, [*pages, picture(name)], DPI)
    done = sohoa(folder, "run")
    assert "filed: 12" in done.stdout and "held: 2" in done.stdout, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def desk(station: Path) -> Iterator[Served]:
    made = served(station)
    yield made
    made.end()
