"""Encrypted copies: opened by any of the keys with openssl alone, checked without one."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shlex
import shutil
import subprocess
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from archive import encrypted
from archive.bag import TAGMANIFEST, manifest_of, opened_to_repair
from archive.copies import Copied, SealedDay
from archive.encrypted import Key, Known
from archive.errors import ArchiveError
from archive.orders import Removal
from archive.store import Archive
from tests.archive.conftest import Office
from tests.archive.test_copies import codes, damage, pdf
from tests.archive.test_heads import a_day
from tests.archive.test_verify_offline import run


def recipient(folder: Path, name: str, private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, passphrase: bytes = b"") -> Path:
    """A certificate `<name>.pem` and its key `<name>.key`."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Phục hồi {name}")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)  # it ended long ago: what it opens it opens
    made = x509.CertificateBuilder(subject, subject, private.public_key(), x509.random_serial_number(), start, start + dt.timedelta(days=9))
    certificate = made.sign(private, None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    how = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    (folder / f"{name}.key").write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how))
    return folder / f"{name}.pem"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recipients: `rsa`, and `ec` whose key has a passphrase; `other` is none."""
    folder = tmp_path_factory.mktemp("keys")
    recipient(folder, "rsa", rsa.generate_private_key(65537, 2048))
    recipient(folder, "ec", ec.generate_private_key(ec.SECP256R1()), "mật khẩu".encode())
    recipient(folder, "other", rsa.generate_private_key(65537, 2048))
    return folder


@pytest.fixture
def days(office: Office, archive: Archive) -> list[SealedDay]:
    a_day(office, archive, "a", "b")
    a_day(office, archive, "c")
    return archive.sealed_days()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "nas").mkdir()
    return tmp_path / "nas"


def mirrored(office: Office, target: Path, days: list[SealedDay], keys: Path, known: dict[str, Known] | None = None) -> dict[str, Known]:
    to = encrypted.certificates([keys / "rsa.pem", keys / "ec.pem"])
    done = [each for each in encrypted.mirror(office.root, target, days, known or {}, to) if isinstance(each, Copied)]
    return (known or {}) | {each.day.isoformat(): Known(each.list_sha256, each.manifest_sha256) for each in done}


def key(keys: Path, name: str, scratch: Path) -> Key:
    return Key(keys / f"{name}.key", "mật khẩu".encode() if name == "ec" else b"", scratch)


def test_any_of_the_keys_opens_it_and_nothing_lies_there_in_clear(
    office: Office, days: list[SealedDay], target: Path, keys: Path, tmp_path: Path
) -> None:
    known = mirrored(office, target, days, keys)
    clear = {path.read_bytes() for path in office.root.glob("*/*/*/**/*") if path.is_file()}
    for path in (path for path in target.glob("*/*/*/**/*") if path.is_file() and path.name != encrypted.LIST):
        assert path.suffix == ".p7m" and not [data for data in clear if len(data) > 20 and data in path.read_bytes()]
    assert list(encrypted.check(target, days, known, None)) == []
    for name in ("rsa", "ec"):
        assert list(encrypted.check(target, days, known, key(keys, name, tmp_path))) == []
    with pytest.raises(ArchiveError, match="not-recipient"):
        list(encrypted.check(target, days, known, key(keys, "other", tmp_path)))
    with pytest.raises(ArchiveError, match="not-recipient"):
        list(encrypted.check(target, days, known, Key(keys / "ec.key", b"wrong", tmp_path)))
    assert encrypted.missing(target, days, known) == [] and mirrored(office, target, days, keys, known) == known


def test_the_page_beside_it_says_how_to_open_it_and_what_was_opened_verifies(
    office: Office, days: list[SealedDay], target: Path, keys: Path, tmp_path: Path
) -> None:
    mirrored(office, target, days, keys)
    script = (target / encrypted.ADVICE).read_text("utf-8").split("check it as FORMAT.md says\n")[1]
    own = {"/noi-khac": shlex.quote(str(tmp_path / "opened")), "khoa.pem": str(keys / "rsa.key"), "chung-thu.pem": str(keys / "rsa.pem")}
    for line, mine in own.items():
        assert line in script
        script = script.replace(line, mine)
    subprocess.run(["sh", "-e", "-c", script], cwd=target, check=True)
    assert run(tmp_path / "opened")["findings"] == []
    for day in days:
        subprocess.run(["sha256sum", "--status", "-c", encrypted.LIST], cwd=target / day.place, check=True)


def test_what_is_altered_there_is_named_without_a_key(office: Office, days: list[SealedDay], target: Path, keys: Path) -> None:
    known = mirrored(office, target, days, keys)
    there = sorted(target.glob("*/*/*/data/*.pdf.p7m"))
    damage(there[0])
    there[1].unlink()
    (there[0].parent / "more.txt").write_text("")
    assert sorted(codes(encrypted.check(target, days, known, None))) == ["copy-altered", "copy-missing", "copy-orphan"]
    damage(target / days[1].place / encrypted.LIST)  # a list that was exchanged with the files it lists
    assert encrypted.missing(target, days, known) == [days[1]]


def test_what_holds_other_bytes_than_were_sealed_is_named_with_a_key(
    office: Office, days: list[SealedDay], target: Path, keys: Path, tmp_path: Path
) -> None:
    known = mirrored(office, target, days, keys)
    folder = target / days[0].place
    first, second = sorted(folder.glob("data/*.pdf.p7m"))
    shutil.copyfile(second, first)  # whoever wrote it wrote its list too
    lines = (folder / encrypted.LIST).read_text().splitlines()
    digest = next(line[:64] for line in lines if line.endswith(second.name))
    forged = [digest + line[64:] if line.endswith(first.name) else line for line in lines]
    (folder / encrypted.LIST).write_text("\n".join(forged) + "\n")
    known[days[0].day.isoformat()] = Known(encrypted.copies.digest_of(folder / encrypted.LIST), days[0].manifest_sha256)
    assert list(encrypted.check(target, days, known, None)) == []
    assert codes(encrypted.check(target, days, known, key(keys, "rsa", tmp_path))) == ["copy-altered"]


def test_a_single_file_is_restored(office: Office, archive: Archive, days: list[SealedDay], target: Path, keys: Path, tmp_path: Path) -> None:
    known = mirrored(office, target, days, keys)
    path = pdf(office.root)
    name = path.relative_to(office.root).as_posix()
    path.parent.chmod(0o755)
    damage(path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.raises(ArchiveError, match="not-recipient"):
        encrypted.restore(office.root, target, days, known, name, key(keys, "other", scratch))
    for bad in ("2026/11/23/../../../x.pdf", f"{days[0].place}/data/nothing.pdf"):
        with pytest.raises(ArchiveError, match="unknown"):
            encrypted.restore(office.root, target, days, known, bad, key(keys, "rsa", scratch))
    encrypted.restore(office.root, target, days, known, name, key(keys, "ec", scratch))
    assert archive.verify().ok and list(scratch.iterdir()) == []


def test_a_damaged_tag_file_is_not_encrypted(office: Office, days: list[SealedDay], target: Path, keys: Path) -> None:
    path = office.root / days[0].place / "bag-info.txt"
    path.chmod(0o644)
    path.write_bytes(b"")
    assert [*mirrored(office, target, days, keys)] == [days[1].day.isoformat()]


def test_what_was_damaged_here_is_not_encrypted(office: Office, days: list[SealedDay], target: Path, keys: Path) -> None:
    damage(pdf(office.root))
    to = encrypted.certificates([keys / "rsa.pem"])
    assert codes(encrypted.mirror(office.root, target, days, {}, to)) == ["altered"]
    assert not (target / days[0].place / encrypted.LIST).exists() and (target / days[1].place / encrypted.LIST).exists()


def test_what_was_removed_by_order_vanishes_from_it(office: Office, archive: Archive, target: Path, keys: Path) -> None:
    a_day(office, archive, "a", "b")
    known = mirrored(office, target, archive.sealed_days(), keys)
    code = archive.remove([pdf(office.root).stem], Removal("disposed", "QĐ 1", ("A",), "luu-tru")).codes[0]
    assert encrypted.missing(target, archive.sealed_days(), known) == archive.sealed_days()
    known = mirrored(office, target, archive.sealed_days(), keys, known)
    assert list(encrypted.check(target, archive.sealed_days(), known, None)) == []
    assert not [path for path in target.rglob("*") if code in path.name]


def test_an_empty_file_is_encrypted_too(office: Office, days: list[SealedDay], target: Path, keys: Path, tmp_path: Path) -> None:
    empty, made = tmp_path / "empty", target / "empty.p7m"
    empty.write_bytes(b"")
    to = encrypted.certificates([keys / "rsa.pem"])
    with encrypted._written(to) as words:
        encrypted._encrypt(empty, made, words, None)
    assert encrypted._decrypt(made, tmp_path / "out", to[0], key(keys, "rsa", tmp_path)) and (tmp_path / "out").read_bytes() == b""


def test_what_cannot_be_encrypted_to_is_refused(office: Office, days: list[SealedDay], target: Path, keys: Path, tmp_path: Path) -> None:
    bad = recipient(tmp_path, "ed", ed25519.Ed25519PrivateKey.generate())
    for path in (bad, keys / "nothing.pem", keys / "rsa.key"):
        with pytest.raises(ArchiveError, match="bad-recipient"):
            encrypted.certificates([path])
    with pytest.raises(ArchiveError, match="bad-recipient"):
        list(encrypted.mirror(office.root, target, days, {}, []))
    assert os.listdir(target) == []


def test_the_page_beside_it_goes_with_the_program() -> None:
    assert resources.files("archive").joinpath("encrypted.txt").is_file()


@pytest.mark.parametrize("which", ["file", "file and list"])
def test_what_others_encrypted_to_the_same_certificates_is_not_restored(
    office: Office, days: list[SealedDay], target: Path, keys: Path, tmp_path: Path, which: str
) -> None:
    known = mirrored(office, target, days, keys)
    days = [replace(day, tagmanifest_sha256="") for day in days]  # so that the list alone shows it
    here, there = office.root / days[0].place, target / days[0].place
    name, forged = pdf(office.root).relative_to(here).as_posix(), tmp_path / "forged"
    told = (here / TAGMANIFEST).read_bytes()
    with opened_to_repair(here):  # here all is lost but the payload manifest
        (here / TAGMANIFEST).unlink()
        (here / name).unlink()
        (here / "bag-info.txt").unlink()
    listed = encrypted.entries_of((there / encrypted.LIST).read_bytes())
    info = b"Source-Organization: forged\n"
    lines = f"{hashlib.sha256(info).hexdigest()}  bag-info.txt\n{hashlib.sha256(b'%PDF forged').hexdigest()}  {name}\n".encode()
    with encrypted._written(encrypted.certificates([target / encrypted.RECIPIENTS])) as words:
        for each, data in {name: b"%PDF forged", "bag-info.txt": info, TAGMANIFEST: told + lines}.items():
            forged.write_bytes(data)
            listed[f"{each}.p7m"] = encrypted._encrypt(forged, there / f"{each}.p7m", words, None)[0]
    if which == "file and list":
        (there / encrypted.LIST).write_bytes(manifest_of(listed))
    for each in (name, "bag-info.txt"):
        with pytest.raises(ArchiveError, match="not-proved|unknown"):
            encrypted.restore(office.root, target, days, known, f"{days[0].place}/{each}", key(keys, "rsa", tmp_path))
    assert not (here / name).exists() and not (here / "bag-info.txt").exists()
