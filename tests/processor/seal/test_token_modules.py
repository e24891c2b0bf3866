"""What `doctor` says of tokens: which library, which software to install, is the token in, is the PIN good."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from processor.check import Check
from processor.seal import keyring, token_modules
from processor.seal.pkcs11 import library
from processor.settings import Settings, parse
from tests.testkit import softhsm
from tests.testkit.softhsm import PIN, Calls, SoftHsm

AGENCY = "Ủy ban nhân dân xã Minh Họa"
NOW = dt.datetime.now(dt.UTC)
KEY = ec.generate_private_key(ec.SECP256R1())
SUBJECT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, AGENCY)])
OWN = (
    x509.CertificateBuilder().subject_name(SUBJECT).issuer_name(SUBJECT).public_key(KEY.public_key()).serial_number(1)
    .not_valid_before(NOW - dt.timedelta(days=1)).not_valid_after(NOW + dt.timedelta(days=90, hours=1)).sign(KEY, hashes.SHA256())
)  # fmt: skip


def settings(folder: Path, pin: str = PIN, **row: Any) -> Settings:
    (folder / "work").mkdir(exist_ok=True)
    (folder / "pin").write_text(pin)
    (folder / "pin").chmod(0o600)
    every = {"kind": "pkcs11", "module": str(softhsm.spy()), "token": "vn", "secret": "pin", **row}
    lanes = {"copies": {"form": "sao-y"}, "others": {"form": "sao-y", "agency": "Sở Khác"}, "in": {"kind": "incoming"}}
    return parse({"station": {"agency": AGENCY}, "keys": {"dau": every}, "lanes": lanes})


def told(own: Settings, folder: Path) -> dict[str, Check]:
    with keyring.opened(own, folder) as ring:
        done = list(token_modules.token_checks(own, folder, ring))
    assert len({each.name for each in done}) == len(done)
    return {each.name.removesuffix("-dau"): each for each in done}


@pytest.fixture
def filled(machine: SoftHsm) -> SoftHsm:
    machine.token("vn")
    machine.put("vn", KEY, "dau", "01", OWN)
    return machine


def test_a_good_token_is_all_fine(filled: SoftHsm, calls: Calls, tmp_path: Path) -> None:
    done = told(settings(tmp_path), tmp_path)
    assert {name: each.ok for name, each in done.items()} == {"token-module": True, "token": True, "token-pin": True}
    assert calls.since().count("C_Login") == 1 and not any(call.startswith("C_Sign") for call in calls.since())


def test_a_library_that_is_not_here_is_named_with_what_to_install(tmp_path: Path) -> None:
    done = told(settings(tmp_path, module="/opt/none/libeToken.so"), tmp_path)
    assert [each.ok for each in done.values()] == [False, None, None]
    assert "libeToken.so" in done["token-module"].detail and "SafeNet Authentication Client" in done["token-module"].detail
    assert done["token-module"].act and done["token-module"].level == "needed"
    assert "apt install softhsm2" in told(settings(tmp_path, module="/opt/none/other.so"), tmp_path)["token-module"].detail
    assert "not set" in told(settings(tmp_path, module=""), tmp_path)["token-module"].detail


def test_a_library_that_does_not_start_is_said(machine: SoftHsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOFTHSM2_CONF", "/nowhere/at/all")
    done = told(settings(tmp_path), tmp_path)
    assert [each.ok for each in done.values()] == [False, None, None]


def test_a_token_that_is_not_in_can_come_later(machine: SoftHsm, tmp_path: Path) -> None:
    machine.token("khác")
    done = told(settings(tmp_path), tmp_path)
    assert [each.ok for each in done.values()] == [True, False, None]
    assert "khác" in done["token"].detail and done["token"].level == "outside"


def test_a_wrong_pin_is_tried_once_however_often_the_doctor_comes(filled: SoftHsm, calls: Calls, tmp_path: Path) -> None:
    own = settings(tmp_path, "161803")
    for _ in range(3):
        done = told(own, tmp_path)
        assert (done["token"].ok, done["token-pin"].ok) == (True, False) and done["token-pin"].act
        assert "161803" not in str(done)
    assert calls.since().count("C_Login") == 1


@pytest.mark.parametrize("state", ["last-try", "locked"])
def test_no_pin_is_tried_on_the_last_try(
    filled: SoftHsm, calls: Calls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(library, "pin_state", lambda token: state)
    assert told(settings(tmp_path), tmp_path)["token-pin"].ok is False
    assert "C_Login" not in calls.since()


def test_a_pin_that_a_person_gives_is_not_asked_for(filled: SoftHsm, calls: Calls, tmp_path: Path) -> None:
    done = told(settings(tmp_path, secret=""), tmp_path)
    assert [each.ok for each in done.values()] == [True, True, True]
    assert "C_Login" not in calls.since()


@pytest.mark.parametrize("mode", [0o644, 0o000])
def test_a_pin_file_that_others_can_read_is_a_fault_of_the_pin(filled: SoftHsm, calls: Calls, tmp_path: Path, mode: int) -> None:
    own = settings(tmp_path)
    (tmp_path / "pin").chmod(mode) if mode else (tmp_path / "pin").unlink()
    assert told(own, tmp_path)["token-pin"].ok is False and "C_Login" not in calls.since()


def test_a_key_without_its_certificate_is_a_fault_of_the_token(machine: SoftHsm, tmp_path: Path) -> None:
    machine.token("vn")
    machine.put("vn", KEY, "dau", "01")
    done = told(settings(tmp_path), tmp_path)
    assert (done["token"].ok, done["token-pin"].ok) == (False, True) and "no certificate" in done["token"].detail


def test_each_lane_that_seals_needs_a_key_of_the_agency_it_prints(filled: SoftHsm, tmp_path: Path) -> None:
    own = settings(tmp_path)
    with keyring.opened(own, tmp_path) as ring:
        done = {each.name: each for each in token_modules.agency_checks(own, ring, NOW)}
    assert {name: each.ok for name, each in done.items()} == {"key-agency-copies": True, "key-agency-others": False}
    assert "90 days" in done["key-agency-copies"].detail and "Sở Khác" in done["key-agency-others"].detail
    filled.pull()
    with keyring.opened(own, tmp_path) as ring:
        assert [each.ok for each in token_modules.agency_checks(own, ring, NOW)] == [None, None]


# --- libraries on this machine


def test_known_libraries_are_found_wherever_they_lie(tmp_path: Path) -> None:
    for name in ("usr/lib/softhsm/libsofthsm2.so", "usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", "usr/lib64/libeToken.so.10",
                 "usr/lib/bit4id/libbit4xpki.so", "usr/lib/viettel-ca_v6.so", "opt/ePass2003-Castle-20141128/x64/redist/libcastle.so.1.0.0"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "usr/lib64/libeToken.so").symlink_to("libeToken.so.10")
    (tmp_path / "usr/lib/x86_64-linux-gnu/pkcs11").mkdir()
    (tmp_path / "usr/lib/x86_64-linux-gnu/pkcs11/opensc-pkcs11.so").symlink_to("../opensc-pkcs11.so")
    here = token_modules.found(tmp_path)
    assert len(here) == 6 and len({known.name for known, _ in here}) == 6


def test_on_a_bare_machine_nothing_is_found_and_all_are_named(tmp_path: Path) -> None:
    assert token_modules.found(tmp_path) == []
    everything = token_modules.advice(Path("/x/unknown.so"))
    assert all(word in everything for word in ("softhsm2", "opensc", "bit4id", "SafeNet", "Viettel-CA", "ePass2003"))
    assert token_modules.advice(Path("/x/libcastle.so.1.0.0")).count(";") == 0


def test_a_station_without_tokens_has_nothing_to_worry_about(tmp_path: Path) -> None:
    own = parse({"station": {"agency": AGENCY}})
    with keyring.opened(own, tmp_path) as ring:
        (done,) = token_modules.token_checks(own, tmp_path, ring)
    assert done.ok is True and done.name == "token-module"
