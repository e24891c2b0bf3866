"""What the doctor says of persons in charge, of letters, and of the door for keys elsewhere; servers are real ones."""

import datetime as dt
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from processor import trust
from processor.doctor import Check, Parts, issuing, lanes, mail, remote, station
from tests.processor.doctor import broken
from tests.processor.doctor.broken import lane, listening, mailing, now, tables
from tests.testkit import smtp_stub
from tests.testkit.smtp_stub import Stub

CHAIR = "person-chu-tich"


def person(parts: Parts, **keys: Any) -> Check:
    row = {**parts.settings.persons["chu-tich"].model_dump(), **keys}
    return next(issuing.checks(tables(parts, persons={"chu-tich": row})))


def fingerprint(parts: Parts) -> str:
    return trust.read_file(parts.folder / "authority" / "person.pem")[0].fingerprint(hashes.SHA256()).hex(":").upper()


def test_a_person_may_be_known_by_fingerprint(parts: Parts) -> None:
    digest = fingerprint(parts)
    assert person(parts, certificate="", fingerprint=digest).ok
    assert person(parts, fingerprint=digest).ok
    assert person(parts, fingerprint="0" * 64).ok is False, "the file holds another certificate"
    assert person(parts, certificate="", fingerprint=digest[:-2]).ok is False
    assert person(parts, certificate="").ok is False


def ended(parts: Parts) -> None:
    """The person's certificate, ended."""
    path = parts.folder / "authority" / "person.pem"
    (old,) = trust.read_file(path)
    begins, ends = now() - dt.timedelta(days=400), now() - dt.timedelta(days=1)
    builder = x509.CertificateBuilder(old.issuer, old.subject, old.public_key(), 9, begins, ends, list(old.extensions))
    path.write_bytes(builder.sign(broken.key_of(parts, "issuing"), hashes.SHA256()).public_bytes(Encoding.PEM))


def test_who_still_signs_needs_a_certificate_in_date(parts: Parts) -> None:
    ended(parts)
    assert person(parts).ok is False and "not in date" in person(parts).detail
    assert person(parts, valid_to=now().date() - dt.timedelta(days=3)).ok, "who has left signs no more"


def signers(parts: Parts, *names: str, **rows: dict[str, Any]) -> Check:
    plain = parts.settings.persons["chu-tich"].model_dump()
    declared = tables(parts, persons={id: {**plain, **row} for id, row in rows.items()})
    done = {each.name: each for each in issuing.checks(lane(declared, "phat-hanh", signers=names))}
    return done["signers-phat-hanh"]


def test_each_of_the_signers_must_be_declared_and_one_of_each_able(parts: Parts) -> None:
    gone = {"pho": {"valid_to": now().date() - dt.timedelta(days=3)}}
    assert signers(parts, "chu-tich").ok
    assert signers(parts, "chu-tich | pho", **gone).ok
    assert "pho" in signers(parts, "chu-tich|pho").detail
    alone = signers(parts, "chu-tich", "pho", **gone)
    assert alone.ok is False and "today" in alone.detail
    assert signers(parts).ok, "anybody declared"


def test_a_lane_that_issues_needs_somebody_who_signs(parts: Parts) -> None:
    dumped = parts.settings.model_dump() | {"persons": {}}
    for row in dumped["lanes"].values():
        del row["name"]
    alone = broken.replace(parts, settings=broken.parse(dumped))
    (found,) = [each for each in issuing.checks(alone) if each.name == "signers-phat-hanh"]
    assert found.ok is False


@pytest.mark.parametrize(("picture", "said"), [("", "not set"), ("none.png", "no PNG"), ("authority/root.pem", "no PNG")])
def test_the_seal_needs_its_picture(parts: Parts, picture: str, said: str) -> None:
    (found,) = [each for each in issuing.checks(tables(parts, seal={"picture": picture})) if each.name == "seal-picture"]
    assert found.ok is False and said in found.detail
    assert not [each for each in issuing.checks(broken.only(parts, "sao-y")) if each.name == "seal-picture"]


# Letters


def letters(parts: Parts, port: int, **keys: Any) -> dict[str, Check]:
    return {each.name: each for each in mail.checks(mailing(parts, port, **keys))}


def test_the_mail_server_is_really_asked_and_no_letter_sent(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = smtp_stub.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))  # what an office's own authority is to its machines
    (parts.folder / "mail-password").write_text("mat khau 7\n")
    (parts.folder / "mail-password").chmod(0o600)
    login = {"smtp_security": "starttls", "smtp_user": "sohoa", "smtp_password": "mail-password"}
    with Stub(pem=pem, tls="starttls", login=("sohoa", "mat khau 7")) as stub:
        done = letters(parts, stub.port, **login)
        assert done["mail-settings"].ok and done["mail"].ok, done
        (parts.folder / "mail-password").write_text("sai")
        wrong = letters(parts, stub.port, **login)["mail"]
        assert wrong.ok is False and wrong.level == "outside" and "auth-refused" in wrong.detail
        assert stub.taken == [] and not [line for line in stub.commands if line.upper().startswith("MAIL")]
        assert "sai" not in wrong.detail


@pytest.mark.parametrize("mode", ["greet-5xx", "drop-at-once"])
def test_a_mail_server_that_does_not_let_us_in_is_outside(parts: Parts, mode: str) -> None:
    with Stub(mode=mode) as stub:
        done = letters(parts, stub.port)
    assert done["mail"].ok is False and done["mail"].level == "outside" and done["mail-settings"].ok


@pytest.mark.parametrize("keys", [
    {"sender": "văn thư"}, {"office": ""}, {"smtp_user": "sohoa"}, {"smtp_user": "sohoa", "smtp_password": "none"},
    {"smtp_host": "mail.xa.vn", "smtp_user": "sohoa", "smtp_password": "authority/passphrase"},
])  # fmt: skip
def test_settings_that_cannot_work_are_told_and_nobody_is_asked(parts: Parts, keys: dict[str, str]) -> None:
    done = letters(parts, broken.closed_port(), **keys)
    assert done["mail-settings"].ok is False and done["mail"].ok is None
    assert (parts.folder / "authority" / "passphrase").read_text() not in str(done)


# The door for keys elsewhere


def door(parts: Parts, **keys: Any) -> dict[str, Check]:
    return {each.name: each for each in remote.checks(listening(parts, **keys))}


def test_the_door_is_tried_and_closed_again(parts: Parts) -> None:
    port = broken.closed_port()
    done = door(parts, listen=f"127.0.0.1:{port}")
    assert done["remote"].ok and done["remote-certificate"].ok
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


@pytest.mark.parametrize("keys", [
    {"listen": "192.0.2.7:8443"}, {"listen": "8443"}, {"clients": ""}, {"clients": "authority/passphrase"}, {"key": "tls/clerk.key"},
])  # fmt: skip
def test_a_door_that_cannot_be_opened_is_told(parts: Parts, keys: dict[str, str]) -> None:
    done = door(parts, **keys)
    assert done["remote"].ok is False and done["remote"].act and done["remote-certificate"].ok is None


def test_a_key_that_others_can_read_opens_no_door(parts: Parts) -> None:
    settings = listening(parts)
    (parts.folder / "tls" / "station.key").chmod(0o640)
    assert "chmod 600" in next(remote.checks(settings)).detail


def test_a_door_that_is_open_already_cannot_be_told(parts: Parts) -> None:
    with socket.create_server(("127.0.0.1", 0)) as session:
        done = door(parts, listen=f"127.0.0.1:{session.getsockname()[1]}")
    assert done["remote"].ok is None and "session" in done["remote"].detail


def test_without_a_key_elsewhere_there_is_no_door(parts: Parts) -> None:
    assert list(remote.checks(parts)) == []


def test_an_agency_that_ended_a_table_that_is_wrong_and_a_file_of_last_year_are_told(parts: Parts) -> None:
    name, table = parts.settings.station.agency, parts.folder / "law" / "agencies.toml"
    table.parent.mkdir(exist_ok=True)
    row = f'[agencies.cu]\nname = "{name}"\nvalid_from = 2000-01-01\nvalid_to = 2025-06-30\n'

    def said() -> Check:
        return next(station.checks(parts))

    assert said().ok
    table.write_text(row, "utf-8")
    assert said().ok is False and "does not exist today" in said().detail
    table.write_text(f'{row}successor = "moi"\n[agencies.moi]\nname = "Xã Mới"\nvalid_from = 2025-07-01\n', "utf-8")
    assert said().ok and said().detail == f"{name}, today Xã Mới"
    table.write_text(f'{row}successor = "ai"\n', "utf-8")
    assert said().ok is False and "there is no agencies.ai" in said().detail
    table.unlink()
    old = lane(parts, file="H05.99.2020.01.VP", past_year="")
    told = {each.name: each for each in lanes.checks(replace(old, declared=lambda code: True))}
    assert told["file-sao-y"].ok is False and "past year" in told["file-sao-y"].detail
    assert told["file-luu-tru"].ok
