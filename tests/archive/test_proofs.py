"""Proofs cut from the log, and a witness who signs only what goes on from what it saw."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from archive import keyfile, log
from archive.checkpoint import (
    COSIGNATURE_KEY,
    NOTE_KEY,
    Checkpoint,
    CheckpointError,
    Head,
    Line,
    lines_of,
    parsed,
    signed,
    verifier_key,
    witnessed_at,
    witnessed_text,
)
from archive.errors import ArchiveError
from archive.proofpack import packed
from archive.prooftext import consistency_text, inclusion_text, read_consistency, read_inclusion
from archive.store import Archive
from archive.witness import Asked, WitnessError, of_archive, of_request, witness
from tests.archive.conftest import CLERK, Office
from tests.archive.test_format import blocks
from tests.archive.test_heads import a_day, log_key
from tests.testkit.authorities import Pki
from tests.testkit.insider import vouch
from tests.testkit.insider_details import saying

NOW = 1_800_000_000
NAME = "kiem-toan-nha-nuoc"


def seen(office: Office, asked: Asked | None = None) -> Checkpoint:
    return witness(office.folder / "witness", NAME, asked or of_archive(office.root), NOW)


def refused(office: Office, asked: Asked | None = None) -> str:
    kept = {path: path.read_bytes() for path in (office.folder / "witness").rglob("*") if path.is_file()}
    with pytest.raises(WitnessError) as raised:
        seen(office, asked)
    assert {path: path.read_bytes() for path in (office.folder / "witness").rglob("*") if path.is_file()} == kept
    return raised.value.code


def request(archive: Archive, size: int) -> Asked:
    keys = [path.read_text() for path in (archive.root / "_log" / "keys").glob("*.txt")]
    return of_request(*read_consistency(archive.consistency(size)), keys)


def test_a_document_is_proved_against_the_head_of_its_day(office: Office, archive: Archive) -> None:
    a_day(office, archive, "a", "b")
    a_day(office, archive, "c")
    for code in [row["doc_code"] for day in archive.days() for row in archive.filed_on(day.day)]:
        proof = archive.proof(code)
        index, path, checkpoint = read_inclusion(proof.text())
        head = checkpoint.head
        assert log.verify_inclusion(log.leaf_hash(proof.entry), index, head.size, path, head.root)
        assert not log.verify_inclusion(log.leaf_hash(proof.entry + b" "), index, head.size, path, head.root)
        assert proof.row["sha256"].encode() in proof.entry


def test_what_gave_its_place_to_another_is_proved_by_what_filed_it(office: Office, archive: Archive) -> None:
    old, new = (archive.file(office.filing(archive, name), CLERK)["doc_code"] for name in ("a", "b"))
    archive.supersede(old, new, "bản quét mờ", CLERK)
    a_day(office, archive)
    proof = archive.proof(old)
    told = json.loads(proof.entry)
    assert (told["type"], told["doc_code"], told["seq"]) == ("filed", old, proof.index)


def test_what_no_head_covers_cannot_be_proved_yet(office: Office, archive: Archive) -> None:
    filed = archive.file(office.filing(archive), CLERK)
    with pytest.raises(ArchiveError, match="not-published"):
        archive.proof(filed["doc_code"])
    with pytest.raises(ArchiveError, match="unknown"):
        archive.proof("nothing")
    with pytest.raises(ArchiveError, match="not-published"):
        archive.consistency(0)


paths = st.lists(st.binary(min_size=32, max_size=32), max_size=40)
SIGNED = Checkpoint(Head("sohoa/0", 7, bytes(32)), (Line("sohoa/0", b"abcd", b"s" * 64),))


@given(st.integers(0, 10**18), paths)
def test_proofs_are_read_as_they_were_written(number: int, path: list[bytes]) -> None:
    assert read_inclusion(inclusion_text(number, path, SIGNED.text())) == (number, path, SIGNED)
    assert read_consistency(consistency_text(number, path, SIGNED.text())) == (number, path, SIGNED)


@pytest.mark.parametrize("text", ["", "old x\n\n", "old 1\nAAAA\n\n{}", "old ١\n\n{}", "old 1\n\n", "old 1" + "\n" + "A" * 40 + "\n\n{}", "new 1\n\n{}"])
def test_what_is_no_request(text: str) -> None:
    with pytest.raises(CheckpointError):
        read_consistency(text.replace("{}", SIGNED.text()))


def test_a_witness_signs_what_goes_on(office: Office, archive: Archive) -> None:
    a_day(office, archive, "a")
    first = seen(office)
    a_day(office, archive, "b")
    second = seen(office, request(archive, first.head.size))
    assert second.head.size > first.head.size
    key = keyfile.public(keyfile.opened(office.folder / "witness" / "witness.pem"))
    (line,) = lines_of(second, NAME, COSIGNATURE_KEY, key)
    at, signature = witnessed_at(line)
    assert at == NOW
    Ed25519PublicKey.from_public_bytes(key).verify(signature, witnessed_text(second.head, at).encode())
    assert parsed((office.folder / "witness" / second.head.origin.replace("/", "-") / "checkpoint").read_text()) == second
    assert seen(office).head == second.head  # asked again it is signed again


def test_a_witness_wants_the_proof_from_what_it_saw(office: Office, archive: Archive) -> None:
    a_day(office, archive, "a")
    seen(office)
    a_day(office, archive, "b")
    assert refused(office, request(archive, 0)) == "bad-request"
    assert refused(office, request(archive, 1)) == "bad-request"


def test_a_witness_sees_that_the_end_was_cut_off(office: Office, archive: Archive) -> None:
    a_day(office, archive, "a")
    shutil.copytree(office.root / "_log", office.folder / "older")
    a_day(office, archive, "b")
    seen(office)
    shutil.rmtree(office.root / "_log")
    shutil.copytree(office.folder / "older", office.root / "_log")
    assert refused(office) == "log-shortened"


def test_a_witness_sees_another_past_signed_by_the_same_key(office: Office, archive: Archive, tmp_path: Path) -> None:
    """The log's first entry is the same, so it bears the same name; what follows is another story."""
    archive.close()
    other = Office(tmp_path / "other")
    shutil.copytree(office.root, other.root)
    archive, told = office.open(), other.open()
    a_day(office, archive, "a")
    seen(office)
    a_day(other, told, "x")
    a_day(other, told, "y")
    last = (office.folder / "witness" / f"sohoa-{archive.published()[0].head.origin[6:]}" / "checkpoint").read_text()
    assert refused(office, of_archive(other.root)) == "log-forked"
    assert refused(office, request(told, parsed(last).head.size)) == "log-forked"
    told.close()


def test_a_day_that_was_sealed_after_a_later_one_is_no_other_past(office: Office, archive: Archive) -> None:
    """A fault kept it open for a night: its head is the newer one."""
    first = a_day(office, archive, "a")
    seen(office)
    days = list[dt.date]()
    for name in ("b", "c"):
        archive.file(office.filing(archive, name), CLERK)
        days.append((office.clock.now + dt.timedelta(hours=7)).date())
        office.clock.pass_(days=1)
    for day in reversed(days):
        archive.seal_day(day, CLERK)
        archive.publish(day, log_key())
    assert [each.day for each in archive.published()] == [first.day, *reversed(days)]
    assert seen(office).head == archive.published()[-1].head


@pytest.mark.parametrize("name", ["checkpoint", "keys/*.txt", "????-??-??/checkpoint", "????-??-??/entries.jsonl"])
def test_a_witness_waits_for_no_pipe_on_somebody_elses_disk(office: Office, archive: Archive, name: str) -> None:
    a_day(office, archive, "a")
    seen(office)
    a_day(office, archive, "b")
    for path in (office.root / "_log").glob(name):
        path.unlink()
        os.mkfifo(path)
    assert refused(office) == "bad-request"


@pytest.mark.parametrize("origin", ["..", "witness.pem", ".", "sohoa/../x"])
def test_a_witness_keeps_no_memory_of_a_log_whose_name_is_a_place(office: Office, archive: Archive, origin: str) -> None:
    a_day(office, archive, "a")
    seen(office)
    key, head = log_key(), Head(origin, 1, bytes(32))
    line = signed(head, key.public, key.sign(head.text().encode()))
    asked = of_request(0, [], Checkpoint(head, (line,)), [verifier_key(origin, NOTE_KEY, key.public)])
    assert refused(office, asked) == "bad-request"


def test_a_witness_believes_neither_another_key_nor_entries_that_give_another_head(office: Office, archive: Archive) -> None:
    made = a_day(office, archive, "a")
    seen(office)
    a_day(office, archive, "b")
    newest = office.root / "_log" / "checkpoint"
    good = newest.read_text()
    line = base64.b64encode(parsed(good).lines[0].id + bytes(64)).decode()
    newest.write_text(good.rpartition(" ")[0] + f" {line}\n")
    assert refused(office) == "note-invalid"
    newest.write_text(good)
    (made.folder / "entries.jsonl").write_bytes(b"{}\n" + (made.folder / "entries.jsonl").read_bytes())
    assert refused(office) == "log-altered"
    newest.write_text("nothing")
    assert refused(office) == "bad-request"


# --- what is taken away, and by whose hands it came


@dataclass(frozen=True)
class Taken:
    """A proof that was taken away, unpacked, and the authorities whoever checks it trusts."""

    folder: Path
    roots: tuple[str | Path, ...]
    name: str
    signer: str
    pki: Pki

    def check(self, *words: str | Path) -> tuple[int, str]:
        done = subprocess.run([sys.executable, "-I", self.folder / "kiem-tra.py", *self.roots, *words],
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert not done.stderr
        return done.returncode, done.stdout


@pytest.fixture
def taken(office: Office, archive: Archive, tmp_path: Path) -> Taken:
    head, pki = a_day(office, archive, "a"), Pki(office.clock.now)
    who = pki.organisation(rsa_key=False)
    with pki.at(office.clock.now):
        vouch(head, pki, who)
    (row,) = (row for day in archive.days() for row in archive.filed_on(day.day))
    with zipfile.ZipFile(io.BytesIO(packed(office.root, archive.proof(row["doc_code"])))) as proof:
        proof.extractall(tmp_path / "taken")
    words = list[str | Path]()
    for number, each in enumerate((pki.root, pki.tsa_root)):
        (tmp_path / f"{number}.pem").write_bytes(each.certificate.public_bytes(Encoding.PEM))
        words += ["--root", tmp_path / f"{number}.pem"]
    digest = hashlib.sha256(who.certificate.public_bytes(Encoding.DER)).hexdigest()
    return Taken(tmp_path / "taken", tuple(words), f"{row['doc_code']}.pdf", digest, pki)


def with_lists(taken: Taken, office: Office, archive: Archive, how: str) -> None:
    """Taken away again after revocation lists were kept of the time-stamp."""
    (head,), pki = archive.published(), taken.pki
    with pki.at(office.clock.now):
        if how == "revoked":
            pki.revoke(pki.tsa)
        lists = [pki.crl(pki.root if how == "another's" else pki.tsa_root)]
    archive.keep_lists(f"_log/{head.day}/checkpoint.tsr", lists, "night")
    shutil.rmtree(taken.folder)
    with zipfile.ZipFile(io.BytesIO(packed(office.root, archive.proof(taken.name[:-4])))) as proof:
        proof.extractall(taken.folder)


@pytest.mark.parametrize(("how", "code", "says"), [
    ("good", 0, "ĐÚNG  người cấp dấu thời gian không bị thu hồi"),
    ("revoked", 3, "SAI   người cấp dấu thời gian không bị thu hồi"),
    ("another's", 0, "CHƯA KIỂM TRA  thu hồi: danh sách đi kèm không cho biết"),
])  # fmt: skip
def test_who_gave_the_time_stamp_is_looked_up_in_the_lists_that_came_along(
    taken: Taken, office: Office, archive: Archive, how: str, code: int, says: str
) -> None:
    assert "CHƯA KIỂM TRA  thu hồi: không có danh sách thu hồi đi kèm" in taken.check()[1]
    with_lists(taken, office, archive, how)
    found, told = taken.check()
    assert found == code and says in told, told


@pytest.mark.parametrize(("how", "says"), [("taken out", "bị thiếu"), ("altered", "bị sửa")])
def test_a_revocation_list_that_is_missing_or_another_is_named(
    taken: Taken, office: Office, archive: Archive, how: str, says: str
) -> None:
    with_lists(taken, office, archive, "good")
    (path,) = taken.folder.glob("*.crl")
    path.unlink() if how == "taken out" else path.write_bytes(taken.pki.crl(taken.pki.root))
    code, told = taken.check()
    assert code == 3 and f"SAI   danh sách thu hồi {says}: {path.name}" in told, told


def test_a_list_the_archive_has_lost_is_missed_in_the_proof_too(taken: Taken, office: Office, archive: Archive) -> None:
    with_lists(taken, office, archive, "good")
    (path,) = (office.root / "_log" / "revocation").iterdir()
    path.unlink()
    with zipfile.ZipFile(io.BytesIO(packed(office.root, archive.proof(taken.name[:-4])))) as proof:
        assert "checkpoint.tsr.lists" in proof.namelist() and path.name not in proof.namelist()


@pytest.mark.parametrize("lines", ["../../etc/passwd", "x  ../x.crl", f"{'0' * 64}  /etc/passwd", "\xff"])
def test_a_listing_that_is_none_is_told(taken: Taken, lines: str) -> None:
    (taken.folder / "checkpoint.tsr.lists").write_text(f"{lines}\n", "latin-1")
    code, told = taken.check()
    assert code == 3 and "đọc được bằng chứng" in told


def test_revocation_is_looked_up_by_hand_as_the_advice_says(taken: Taken, office: Office, archive: Archive) -> None:
    with_lists(taken, office, archive, "good")
    advice = (taken.folder / "HUONG-DAN.txt").read_text("utf-8-sig").replace("\r\n", "\n")
    script = "".join(re.findall(r"^    (.*\n)", advice[advice.index("    sha256sum -c checkpoint.tsr.lists"):], re.MULTILINE))
    shutil.copy(taken.roots[3], taken.folder / "chung-thu-goc.pem")
    done = subprocess.run(["sh", "-e", "-c", script], cwd=taken.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Verification: OK" in done.stdout + done.stderr, done.stdout + done.stderr


def test_whoever_checks_is_told_which_file_who_signed_and_when(taken: Taken) -> None:
    """Anybody under a national root can sign a log of his own: the name is for the reader to compare."""
    code, told = taken.check()
    assert (code, told.count("ĐÚNG"), told.count("CHƯA")) == (0, 5, 1), told
    assert taken.name in told and "Sở Kiểm thử" in told and taken.signer in told and re.search(r"THỜI ĐIỂM .*:\d\d 20\d\d GMT", told)
    assert "chữ ký của cơ quan" not in told
    assert "SO TÊN NGƯỜI KÝ VỚI TÊN CƠ QUAN" in (taken.folder / "HUONG-DAN.txt").read_text("utf-8-sig")


def test_the_time_that_is_told_is_the_one_that_was_signed(taken: Taken) -> None:
    path = taken.folder / "checkpoint.tsr"
    path.write_bytes(saying(path.read_bytes(), dt.datetime(2001, 2, 3)))
    code, told = taken.check()
    assert code == 0 and "THỜI ĐIỂM" in told and "2001" not in told


@pytest.mark.parametrize("name", ["checkpoint.p7s", "checkpoint.tsr"])
def test_a_head_nobody_outside_vouches_for_proves_nothing_to_whoever_has_a_root(taken: Taken, name: str) -> None:
    (taken.folder / name).unlink()
    code, told = taken.check()
    assert code == 3 and "chưa có" in told and told.count("SAI") == 1


@pytest.mark.parametrize("garbage", [b'{"a":' * 100_000, b"[]", b'{"type":"filed","doc_code":"x","public":[]}', b'{"type":NaN}', b"\xff"])
def test_a_proof_that_is_none_is_told(taken: Taken, garbage: bytes) -> None:
    (taken.folder / "entry.json").write_bytes(garbage)
    assert taken.check()[0] == 3


def test_the_signer_is_pinned(taken: Taken) -> None:
    assert taken.check("--signer", taken.signer)[0] == 0
    code, told = taken.check("--signer", "0" * 64)
    assert code == 3 and "SAI   người ký" in told
    (taken.folder / "checkpoint.p7s").unlink()
    assert taken.check("--signer", taken.signer)[0] == 3


@pytest.mark.parametrize("beside", [("{}.PDF",), ("DA-TIEU-HUY.txt",), (".khac.pdf",), ("ban-chinh.Pdf ",)])
def test_no_other_document_is_taken_for_the_one_that_was_checked(taken: Taken, beside: tuple[str]) -> None:
    """The genuine one hidden, or said to be destroyed; a forged one where people look."""
    genuine, forged = taken.folder / taken.name, taken.folder / beside[0].format(taken.name[:-4])
    if forged.suffix == ".txt":
        genuine.write_bytes(b"%PDF forged")
    else:
        genuine.rename(taken.folder / ".goc.pdf") if forged.suffix == ".PDF" else None
    forged.write_bytes(b"%PDF forged")
    code, told = taken.check()
    assert code == 3 and "SAI" in told, told


def test_a_document_that_is_gone_is_told_and_only_with_the_mark(taken: Taken) -> None:
    (taken.folder / taken.name).unlink()
    assert taken.check()[0] == 3
    (taken.folder / "DA-TIEU-HUY.txt").write_bytes(b"")
    code, told = taken.check()
    assert code == 0 and "CHƯA KIỂM TRA  văn bản" in told


def test_an_entry_that_files_nothing_proves_no_document(taken: Taken) -> None:
    path = taken.folder / "entry.json"
    path.write_bytes(path.read_bytes().replace(b'"type":"filed"', b'"type":"void"'))
    assert taken.check()[0] == 3


def test_a_root_that_is_none_does_not_make_the_proof_wrong(taken: Taken) -> None:
    for named in ("/nowhere.pem", __file__):
        done = subprocess.run([sys.executable, "-I", taken.folder / "kiem-tra.py", "--root", named], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and not done.stdout and "PEM" in done.stderr and "Traceback" not in done.stderr


PARTS = ["{}", "entry.json", "{}.tlog-proof", "checkpoint", "checkpoint.p7s", "checkpoint.p7s.pem", "checkpoint.tsr", "checkpoint.tsr.pem",
         "checkpoint.tsr.lists", "log-key.pem", "*.crl"]  # fmt: skip


@pytest.mark.parametrize("how", ["a pipe", "a terabyte on no disk", "a link in a circle"])
def test_what_might_never_end_is_not_read_to_its_end(taken: Taken, office: Office, archive: Archive, how: str) -> None:
    with_lists(taken, office, archive, "good")
    for part in PARTS:
        (path,) = taken.folder.glob(part.format(taken.name.removesuffix(".pdf" if "tlog" in part else "")))
        before = path.read_bytes()
        path.unlink()
        match how:
            case "a pipe":
                os.mkfifo(path)
            case "a link in a circle":
                path.symlink_to(path.name)
            case _:
                with path.open("wb") as file:
                    file.truncate(1 << 40)
        words = [sys.executable, "-I", taken.folder / "kiem-tra.py", *taken.roots]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert "SAI" in done.stdout or (part == "checkpoint.tsr.lists" and "CHƯA" in done.stdout), (part, done)
        assert not done.stderr and done.returncode == (3 if "SAI" in done.stdout else 0), (part, done.stdout)
        path.unlink()
        path.write_bytes(before)
    assert taken.check()[0] == 0


def test_revocation_is_looked_up_by_hand_as_the_format_says(taken: Taken, office: Office, archive: Archive) -> None:
    with_lists(taken, office, archive, "good")
    (script,), at = blocks("A proof"), int(office.clock.now.timestamp()) + 60
    for line, mine in {"root=/media/tsa-root.pem": f"root={taken.roots[3]}", "at=1795500000": f"at={at}"}.items():
        assert line in script
        script = script.replace(line, mine)
    done = subprocess.run(["sh", "-e", "-c", script], cwd=taken.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Verification: OK" in done.stdout + done.stderr, done.stdout + done.stderr
