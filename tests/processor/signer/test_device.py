"""The token and its PIN, on SoftHSM, as the clerk's command uses them."""

import datetime as dt
import hashlib
import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pkcs11 import Mechanism, TokenFlag

from processor.seal.batch import Batch, Item, read_signed
from processor.signer import device, messages, words
from tests.processor.seal.test_remote import attributes
from tests.processor.signer import clerk


@pytest.fixture(scope="module")
def pc() -> Iterator[clerk.Pc]:
    with clerk.pc() as made:
        yield made


@pytest.fixture(scope="module")
def certificate(pc: clerk.Pc) -> x509.Certificate:
    """The organisation's, for the first of two keys of one label on one token."""
    made = signed_by_itself(pc.make_key("EC:prime256v1", "01"))
    pc.keep(made, "01")
    pc.keep(signed_by_itself(pc.make_key("EC:prime256v1", "02")), "02")
    return made


def signed_by_itself(public: Any) -> x509.Certificate:
    now, name = dt.datetime.now(dt.UTC), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, clerk.AGENCY)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(public).serial_number(1)
    dated = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=9))
    return dated.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())


def run(pc: clerk.Pc, certificate: x509.Certificate, *arguments: str) -> tuple[int, str, Batch]:
    """Sign one document by file; exit code, what the clerk saw."""
    batch = Batch.of(clerk.AGENCY, certificate, [Item("1", "H05", "a.pdf", 1, attributes(certificate))])
    pc.put("in.json", batch.export())
    (pc.folder / "out.json").unlink(missing_ok=True)
    return *pc.signer("file", "in.json", "out.json", *arguments, typed=f"{batch.code}\nc\n"), batch


def test_the_key_is_the_certificates_own(pc: clerk.Pc, certificate: x509.Certificate) -> None:
    code, said, batch = run(pc, certificate, *pc.with_token)
    assert code == 0, said
    assert set(read_signed((pc.folder / "out.json").read_bytes(), batch).signatures) == {"1"}


def test_two_keys_of_one_label_are_not_guessed_at(pc: clerk.Pc, certificate: x509.Certificate) -> None:
    code, said, _ = run(pc, certificate, *pc.with_token, "--label", clerk.LABEL)
    assert (code, words.REASONS["which-key"] in said) == (4, True)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--module", "/nothing/token.so"], "module"), (["--module", "/usr/bin/true"], "module"),
        (["--module", clerk.MODULE, "--token", "another"], "no-token"),
        (["--module", clerk.MODULE, "--token", clerk.TOKEN, "--label", "another"], "no-key"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told(pc: clerk.Pc, certificate: x509.Certificate, arguments: list[str], reason: str) -> None:
    code, said, _ = run(pc, certificate, *arguments, "--pin-file", str(pc.folder / "pin"))
    assert (code, words.REASONS[reason] in said) == (4, True), said


@pytest.mark.parametrize("pin", ["11111111", "1", "9" * 300, clerk.PIN + " "])
def test_a_wrong_pin_is_tried_once(pc: clerk.Pc, certificate: x509.Certificate, pin: str) -> None:
    wrong = pc.put("wrong", pin.encode())
    code, said, _ = run(pc, certificate, "--module", clerk.MODULE, "--pin-file", str(wrong))
    assert (code, said.count("Mã PIN SAI")) == (4, 1)
    assert clerk.PIN not in said and (len(pin) < 8 or pin not in said)
    assert run(pc, certificate, *pc.with_token)[0] == 0, "the right one still opens it"


def test_no_pin_is_no_try(pc: clerk.Pc, certificate: x509.Certificate) -> None:
    code, said, _ = run(pc, certificate, "--module", clerk.MODULE, "--pin-file", str(pc.put("empty", b"\n")))
    assert (code, words.REASONS["no-pin"] in said) == (4, True)


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_pin_that_others_can_read_is_not_used(pc: clerk.Pc, certificate: x509.Certificate, mode: int) -> None:
    code, said, _ = run(pc, certificate, "--module", clerk.MODULE, "--pin-file", str(pc.put("open", clerk.PIN.encode(), mode)))
    assert (code, words.REASONS["pin-file"] in said) == (1, True)


@pytest.mark.parametrize(
    ("flags", "fault"),
    [
        (TokenFlag.TOKEN_INITIALIZED, ""), (TokenFlag.USER_PIN_COUNT_LOW, ""),
        (TokenFlag.USER_PIN_COUNT_LOW | TokenFlag.USER_PIN_FINAL_TRY, "pin-final-try"),
        (TokenFlag.USER_PIN_LOCKED | TokenFlag.USER_PIN_FINAL_TRY, "pin-locked"),
    ],
)  # fmt: skip
def test_the_last_try_is_the_clerks_own(flags: TokenFlag, fault: str) -> None:
    assert device.pin_fault(flags) == fault


def test_a_token_that_cannot_hash_is_given_what_rsa_pads() -> None:
    asked: list[tuple[bytes, Mechanism]] = []

    class Key:
        key_type = device.KeyType.RSA

        def sign(self, data: bytes, mechanism: Mechanism) -> bytes:
            asked.append((data, mechanism))
            return b"s"

    assert device._signing(Key(), {Mechanism.RSA_PKCS}, None)(b"x") == b"s"
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017, 9.2, note 1
    assert asked == [(prefix + hashlib.sha256(b"x").digest(), Mechanism.RSA_PKCS)]


# --- on any PC


def test_it_stands_alone_and_needs_nothing_that_windows_lacks(pc: clerk.Pc) -> None:
    """The clerk's folder holds the helper alone; what it loads besides is the standard library and two packages."""
    lacking = ["fcntl", "pwd", "grp", "resource", "termios", "posix_ipc", "syslog"]
    program = f"""
import sys
for name in {lacking!r}: sys.modules[name] = None
before = set(sys.modules)
import processor.signer.command, json
print(json.dumps(sorted({{name.partition(".")[0] for name in set(sys.modules) - before}} - set(sys.stdlib_module_names))))
print(json.dumps(sorted(name for name in sys.modules if name.startswith("processor."))))
"""
    done = pc.call(pc.python, "-c", program)
    assert done.returncode == 0, done.stderr
    packages, own = map(json.loads, done.stdout.splitlines())
    assert {name for name in packages if not name.startswith(("_", "cython"))} == {"asn1crypto", "pkcs11", "processor"}
    assert all(name.startswith("processor.signer") for name in own)


def test_there_is_no_pin_among_its_arguments(pc: clerk.Pc) -> None:
    for verb in ("serve", "file"):
        said = pc.call(pc.python, "-m", "processor.signer", verb, "--help").stdout
        assert "--pin-file" in said and "--pin " not in said


def test_the_clerks_code_page_does_not_end_a_session(pc: clerk.Pc, certificate: x509.Certificate) -> None:
    run(pc, certificate, *pc.with_token)
    (pc.folder / "out.json").unlink()
    how = pc._how()
    how["env"] |= {"PYTHONIOENCODING": "cp437", "PYTHONUTF8": "0"}
    batch = (pc.folder / "in.json").read_bytes()
    command = [pc.python, "-m", "processor.signer", "file", "in.json", "out.json", *pc.with_token, "--code", messages.code(batch)]
    done = subprocess.run(command, input=b"c\n", capture_output=True, check=False, **{**how, "text": False})
    assert done.returncode == 0, done.stdout
