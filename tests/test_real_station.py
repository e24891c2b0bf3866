"""A station as an office has it: its own key, an authorisation, time and revocation lists over HTTP, which fail and come back."""

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from processor.seal import demo
from processor.seal.demo import DemoAuthority
from tests.referees.judges import pdfsig
from tests.station import brief, command, sohoa
from tests.testkit.stations import takes_any_scan

FILE = "H05.99.2026.01.VP"
SETTINGS = """
[station]
agency = "Ủy ban nhân dân xã Minh Họa"
organ_id = "H05.99"
[seal]
unattended = true
authorisation = "Quyết định số 12/QĐ-UBND ngày 01/10/2026"
key = "authority/seal.p12"
passphrase_file = "authority/passphrase"
[trust]
roots = ["authority/root.pem"]
revocation_hosts = ["127.0.0.1"]
[time]
urls = ["{url}/tsa"]
attempts = 1
backoff = "0s"
[lanes.sao-y]
kind = "copy"
form = "sao-y"
file = "{file}"
past_year = "take"
settle = "0s"
require_to_seal = ["file", "form", "no-secrecy-mark"]
"""


@dataclass
class Town:
    """The authorities outside, on this machine; each can be made to fail."""

    authority: DemoAuthority | None = None
    failing: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, body: bytes) -> bytes | None:
        kind = "tsa" if path == "/tsa" else "crl"
        self.asked.append(kind)
        if self.authority is None or kind in self.failing:
            return None
        if kind == "tsa":
            return self.authority.stamp(body, 0)[1:]
        return self.authority.fetch(self.url + path, b"")


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    there = Town()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = there.answer(self.path, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            self.send_response(200 if data else 503)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        do_POST = do_GET

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        there.url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(demo, "CRL_HOST", there.url.removeprefix("http://"))
        yield there
        server.shutdown()


@pytest.fixture
def station(tmp_path: Path, town: Town, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "station"
    assert command("init", str(folder)).returncode == 0
    takes_any_scan(folder)
    named = demo._name
    monkeypatch.setattr(demo, "_name", lambda common, *of: named(common.replace("SOHOA DEMO", "Town"), *(of or ("Town",))))
    demo.make(folder / "authority", "Ủy ban nhân dân xã Minh Họa")
    town.authority = DemoAuthority(folder / "authority")
    (folder / "sohoa.toml").write_text(SETTINGS.format(url=town.url, file=FILE), "utf-8")
    assert sohoa(folder, "files", "add", FILE, "Văn thư", "--year", "2026").returncode == 0
    brief(folder / "drop" / "sao-y" / "a.png", 2)
    return folder


def waiting(folder: Path) -> list[str]:
    return [item["code"] for item in json.loads(sohoa(folder, "status", "--json").stdout)["waiting"]]


@pytest.mark.parametrize(("what", "code"), [("tsa", "waiting-tsa"), ("crl", "waiting-revocation")])
def test_without_the_outside_a_document_waits_and_goes_on_when_it_is_back(station: Path, town: Town, what: str, code: str) -> None:
    town.failing = {what}
    assert sohoa(station, "run").returncode == 75
    assert waiting(station) == [code]
    assert (station / "drop" / "sao-y" / "a.png").exists()
    town.failing = set()
    assert sohoa(station, "run").returncode == 0
    (record,) = json.loads(sohoa(station, "find", "--json").stdout)
    assert (record["doc_ordinal"], record["pades_level"]) == (1, "B-LTA")
    assert pdfsig(station / "archive" / record["path"])[0].valid
    assert not (station / "drop" / "sao-y" / "a.png").exists()


def test_doctor_says_what_is_missing_outside(station: Path, town: Town) -> None:
    assert sohoa(station, "doctor").returncode == 0
    town.failing = {"tsa"}
    told = sohoa(station, "doctor", "--json")
    assert told.returncode == 75
    assert {check["name"] for check in json.loads(told.stdout)["checks"] if not check["ok"]} == {"time-stamp-1", "clock"}


def test_the_key_is_not_used_without_an_authorisation(station: Path, town: Town) -> None:
    settings = (station / "sohoa.toml").read_text("utf-8")
    (station / "sohoa.toml").write_text(settings.replace("Quyết định số 12/QĐ-UBND ngày 01/10/2026", " "), "utf-8")
    assert sohoa(station, "run").returncode == 75
    assert waiting(station) == ["needs-operator"]
    assert town.asked == []
