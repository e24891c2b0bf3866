"""Keys that are not files: a token in this machine, or one in another PC, by the real commands (SoftHSM for the token)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from processor.seal import demo_tls
from tests.station import SOHOA, sohoa
from tests.test_sign import OPERATOR, attended, drop, status
from tests.testkit import softhsm
from tests.testkit.softhsm import PIN, SoftHsm

SIGNER = Path(sys.executable).with_name("sohoa-signer")
LABEL = "van-thu"


@dataclass
class Counter:
    """A station whose organisation's key lies on a token."""

    station: Path
    token: SoftHsm
    pin: Path

    def settings(self, **change: str) -> None:
        path = self.station / "sohoa.toml"
        text = path.read_text("utf-8")
        for old, new in change.items():
            text = text.replace(old, new)
        path.write_text(text, "utf-8")

    def signer(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(SIGNER), *words, "--module", str(softhsm.LIBRARY), "--token", LABEL, "--pin-file", str(self.pin)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, input="c\n")


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    softhsm.need()
    station = attended(tmp_path / "station")
    secret = (station / "authority" / "passphrase").read_bytes()
    key, certificate, _ = pkcs12.load_key_and_certificates((station / "authority" / "seal.p12").read_bytes(), secret)
    assert certificate is not None
    (station / "authority" / "own.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (station / "authority" / "seal.p12").unlink()
    token = SoftHsm.make(tmp_path / "hsm", monkeypatch)
    token.token(LABEL)
    token.put(LABEL, key, LABEL, "01", certificate)
    pin = tmp_path / "pin"
    pin.touch(0o600)
    pin.write_text(PIN)
    made = Counter(station, token, pin)
    text = (station / "sohoa.toml").read_text("utf-8")
    text = re.sub(r'key = "authority/seal.p12"\npassphrase_file = "[^"]*"\n', "", text)
    (station / "sohoa.toml").write_text(text, "utf-8")
    return made


def on_token(counter: Counter, **more: str) -> None:
    """The token is in this machine."""
    rows = {"kind": "pkcs11", "module": str(softhsm.LIBRARY), "token": LABEL, "secret": str(counter.pin), **more}
    lines = [f'{name} = "{value}"' for name, value in rows.items()]
    text = (counter.station / "sohoa.toml").read_text("utf-8")
    chain = 'chain = ["authority/issuing.pem"]'
    (counter.station / "sohoa.toml").write_text("\n".join([text, "[keys.token]", *lines, chain, ""]), "utf-8")


def unattended(counter: Counter) -> None:
    text = (counter.station / "sohoa.toml").read_text("utf-8")
    more = '[seal]\nunattended = true\nauthorisation = "QĐ 1/QĐ-UBND"\n'
    (counter.station / "sohoa.toml").write_text(text.replace("[seal]\n", more), "utf-8")


def waiting(counter: Counter) -> list[str]:
    return [item["code"] for item in status(counter.station)["waiting"]]


def test_a_token_seals_with_nobody_there_and_its_pin_is_in_no_log(counter: Counter) -> None:
    on_token(counter)
    unattended(counter)
    drop(counter.station, 1, 2)
    done = sohoa(counter.station, "run")
    assert done.returncode == 0, done.stderr
    assert status(counter.station)["counts"]["filed"] == 2 and sohoa(counter.station, "verify").returncode == 0
    kept = [path for path in counter.station.rglob("*") if path.is_file() and path.suffix in {".db", ".json", ".toml", ".txt"}]
    assert PIN not in done.stdout + done.stderr and all(PIN.encode() not in path.read_bytes() for path in kept)


def test_a_wrong_pin_is_tried_once_and_documents_wait(counter: Counter) -> None:
    counter.pin.write_text("000000")
    on_token(counter)
    unattended(counter)
    drop(counter.station, 1, 2)
    for _ in range(3):
        assert sohoa(counter.station, "run").returncode == 4
    assert waiting(counter) == ["pin-wrong", "pin-wrong"]
    counter.pin.write_text(PIN)
    assert sohoa(counter.station, "run").returncode == 0, "the token was not locked: it had been asked once"
    assert status(counter.station)["counts"]["filed"] == 2


def test_a_token_that_is_pulled_makes_documents_wait_and_its_return_files_them_under_their_codes(counter: Counter) -> None:
    on_token(counter)
    unattended(counter)
    drop(counter.station, 1)
    counter.token.pull()
    assert sohoa(counter.station, "run").returncode == 4
    assert waiting(counter) == ["waiting-key"]
    counter.token.back()
    drop(counter.station, 2)
    assert sohoa(counter.station, "run").returncode == 0
    codes = [record["doc_code"][-7:] for record in json.loads(sohoa(counter.station, "find", "--json").stdout)]
    assert sorted(codes) == ["0000001", "0000002"]


def remote(counter: Counter, listen: str = "") -> None:
    text = (counter.station / "sohoa.toml").read_text("utf-8")
    lines = ["[keys.token]", 'kind = "remote"', 'certificate = "authority/own.pem"', 'chain = ["authority/issuing.pem"]', ""]
    if listen:
        (counter.station / "tls").mkdir()
        demo_tls.make(counter.station / "tls", ["127.0.0.1"])
        names = {"certificate": "tls/station.pem", "key": "tls/station.key", "clients": "tls/ca.pem", "listen": listen}
        lines += ["[remote]", *(f'{name} = "{value}"' for name, value in names.items()), ""]
    (counter.station / "sohoa.toml").write_text("\n".join([text, *lines]), "utf-8")


def test_digests_are_carried_to_the_token_and_signatures_back(counter: Counter, tmp_path: Path) -> None:
    remote(counter)
    drop(counter.station, 1, 2)
    assert sohoa(counter.station, "run").returncode == 75
    away, back = tmp_path / "away.json", tmp_path / "back.json"
    done = sohoa(counter.station, "sign", "--operator", "lan", "--yes", "--carry", str(away))
    assert done.returncode == 75, done.stderr
    code = re.search(r"compare the code (\S+)", done.stdout)
    assert code and b"%PDF" not in away.read_bytes()
    counter.station = counter.station.rename(tmp_path / "elsewhere")  # a batch that is away finds its documents again
    assert status(counter.station)["counts"]["to-seal"] == 2
    signed = counter.signer("file", str(away), str(back), "--code", code[1])
    assert signed.returncode == 0, signed.stdout + signed.stderr
    done = sohoa(counter.station, "sign", "--operator", "lan", "--carried", str(back))
    assert done.returncode == 0 and "filed: 2" in done.stdout, done.stderr
    assert sohoa(counter.station, "verify").returncode == 0
    again = sohoa(counter.station, "sign", "--operator", "lan", "--carried", str(back))
    assert again.returncode == 1 and "no such batch" in again.stderr


def test_what_was_carried_is_no_use_for_a_document_that_was_rejected_meanwhile(counter: Counter, tmp_path: Path) -> None:
    remote(counter)
    drop(counter.station, 1)
    sohoa(counter.station, "run")
    away, back = tmp_path / "away.json", tmp_path / "back.json"
    done = sohoa(counter.station, "sign", "--operator", "lan", "--yes", "--carry", str(away))
    code = re.search(r"compare the code (\S+)", done.stdout)
    assert code
    counter.signer("file", str(away), str(back), "--code", code[1])
    item: dict[str, Any] = status(counter.station)["waiting"][0]
    assert sohoa(counter.station, "reject", item["id"][:12], "--reason", "nhầm").returncode == 0
    done = sohoa(counter.station, "sign", "--operator", "lan", "--carried", str(back))
    assert done.returncode == 75 and "does not wait" in done.stderr
    assert status(counter.station)["counts"].get("filed", 0) == 0


def test_the_clerks_pc_signs_over_the_network(counter: Counter) -> None:
    remote(counter, "127.0.0.1:18443")
    drop(counter.station, 1, 2)
    assert sohoa(counter.station, "run").returncode == 75
    command = [str(SOHOA), "sign", "--operator", "lan", "--yes", "--station", str(counter.station)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as session:
        try:
            assert session.stdout is not None
            line = ""
            end = time.monotonic() + 40
            while "waiting for sohoa-signer" not in line and time.monotonic() < end:
                line = session.stdout.readline()
            tls = counter.station / "tls"
            papers = ["--client", tls / "clerk.pem", "--client-key", tls / "clerk.key", "--ca", tls / "ca.pem"]
            done = counter.signer("serve", "--url", "https://127.0.0.1:18443", *map(str, papers))
            assert done.returncode == 0, done.stdout + done.stderr
            out, err = session.communicate(timeout=60)
            assert session.returncode == 0 and "filed: 2" in out, out + err
        finally:
            session.kill()
    assert sohoa(counter.station, "verify").returncode == 0
    assert OPERATOR and not (counter.station / "authority" / "seal.p12").exists()
