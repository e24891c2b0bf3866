"""The trust list: what is added is what signatures are held against, under its own digest and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from processor import trust
from processor.errors import MissingError, SettingsError
from processor.seal import demo
from processor.settings import parse


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority") / "a"
    demo.make(folder, "Ủy ban nhân dân xã Minh Họa")
    return folder


def digest(path: Path) -> str:
    return trust.read_file(path)[0].fingerprint(hashes.SHA256()).hex()


def test_roots_and_those_between_are_told_apart(authority: Path, tmp_path: Path) -> None:
    assert [each.kind for each in trust.add(tmp_path, authority / "root.pem")] == ["roots"]
    assert [each.kind for each in trust.add(tmp_path, authority / "issuing.pem")] == ["intermediates"]
    listed = trust.listed(tmp_path, parse({}))
    assert [each.sha256 for each in listed] == [digest(authority / name) for name in ("root.pem", "issuing.pem")]
    assert len(trust.of_kind(listed, "roots")) == len(trust.of_kind(listed, "intermediates")) == 1


def test_adding_twice_changes_nothing(authority: Path, tmp_path: Path) -> None:
    for _ in range(2):
        trust.add(tmp_path, authority / "root.pem")
    assert len(trust.listed(tmp_path, parse({}))) == 1


@pytest.mark.parametrize("form", ["pem", "der", "p7b", "p7b-pem"])
def test_every_usual_form_is_read(authority: Path, tmp_path: Path, form: str) -> None:
    certificates = trust.read_file(authority / "root.pem")
    made = tmp_path / "file"
    made.write_bytes({
        "pem": certificates[0].public_bytes(Encoding.PEM), "der": certificates[0].public_bytes(Encoding.DER),
        "p7b": pkcs7.serialize_certificates(certificates, Encoding.DER),
        "p7b-pem": pkcs7.serialize_certificates(certificates, Encoding.PEM),
    }[form])  # fmt: skip
    assert trust.add(tmp_path, made)[0].sha256 == digest(authority / "root.pem")


def test_another_digest_than_the_pin_adds_nothing(authority: Path, tmp_path: Path) -> None:
    pin = digest(authority / "root.pem")
    with pytest.raises(SettingsError, match="nothing was added"):
        trust.add(tmp_path, authority / "issuing.pem", pin)
    assert trust.listed(tmp_path, parse({})) == []
    spelt = ":".join(pin[i : i + 2] for i in range(0, 64, 2)).upper()
    assert trust.add(tmp_path, authority / "root.pem", spelt)


def test_what_is_no_authority_or_no_certificate_is_refused(authority: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no authority"):
        trust.add(tmp_path, authority / "tsa.pem")
    (tmp_path / "x").write_bytes(b"x")
    for name in ("x", "absent"):
        with pytest.raises(MissingError):
            trust.add(tmp_path, tmp_path / name)


def test_what_the_settings_name_comes_first(authority: Path, tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_bytes((authority / "root.pem").read_bytes())
    trust.add(tmp_path, authority / "root.pem")
    listed = trust.listed(tmp_path, parse({"trust": {"roots": ["own.pem"]}}))
    assert [each.source for each in listed][0] == "own.pem" and len(listed) == 2
    assert len(trust.of_kind(listed, "roots")) == 1, "the same certificate counts once"


def test_the_digests_of_the_governments_authorities_are_digests() -> None:
    known = trust.known_authorities()
    assert len(known) == 6 and all(len(digest) == 64 and int(digest, 16) for digest in known)
