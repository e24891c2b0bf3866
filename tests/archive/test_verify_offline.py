"""The verifier that stands in the archive: run as an auditor runs it, from the folder alone."""

from __future__ import annotations

import ast
import base64
import datetime as dt
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from archive import keyfile, verify_offline
from archive.checkpoint import COSIGNATURE_KEY, Checkpoint, Head, cosigned, parsed, verifier_key, witnessed_text
from archive.naming import local_date
from tests.archive.conftest import CLERK, FILE, Clock, Office
from tests.archive.test_heads import a_day, log_key
from tests.testkit import insider_attacks, insider_details, insider_history, insider_log
from tests.testkit.authorities import Pki
from tests.testkit.insider import Entry, House, Insider, house, vouch
from tests.testkit.proving import prove

SOURCE = Path(__file__).parents[2] / "archive" / "verify_offline.py"
LINES, LONGEST = 625, 40  # of all, of a function
LISTED_BY = (insider_attacks, insider_details, insider_history, insider_log)  # each lists its attacks when it is loaded


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> House:
    return house(tmp_path_factory.mktemp("house"))


@pytest.fixture
def insider(left: House, tmp_path: Path) -> Insider:
    return Insider(left, Path(shutil.copytree(left.root, tmp_path / "archive")))


def run(archive: Path, *words: str | Path) -> dict[str, Any]:
    """What it tells; from a bare folder it needs nothing of ours."""
    done = subprocess.run([sys.executable, "-I", archive / "_tools" / "verify.py", archive, "--json", *words],
                          capture_output=True, text=True, check=False, cwd="/")  # fmt: skip
    assert done.returncode in {0, 3} and not done.stderr, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["ok"] == (done.returncode == 0) == (not told["findings"])
    return told


def codes(told: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in told["findings"]}


def test_nothing_is_wrong_with_an_archive_as_it_was_left(left: House) -> None:
    told = run(left.root, *left.trust, "--witness", left.kept)
    assert told["findings"] == []
    assert (told["heads"], told["days"], told["documents"]) == (3, 3, 7)
    assert any("signed by" in note and "Sở Kiểm thử" in note for note in told["notes"])


@pytest.mark.parametrize("name", insider_attacks.ATTACKS)
def test_whoever_changes_something_is_named(insider: Insider, name: str) -> None:
    attack, expected = insider_attacks.ATTACKS[name]
    attack(insider)
    assert set(expected) <= codes(run(insider.root, *insider.house.trust)), name


@pytest.mark.parametrize("name", insider_log.UNSEEN)
def test_only_a_checkpoint_kept_elsewhere_tells(insider: Insider, name: str) -> None:
    attack, expected = insider_log.UNSEEN[name]
    attack(insider)
    assert run(insider.root, *insider.house.trust)["findings"] == []
    assert codes(run(insider.root, *insider.house.trust, "--witness", insider.house.kept)) == set(expected)


GARBAGE = (b"", b"\xff\xfe\x00", b"[" * 100_000, b"null", b"[]", b"{}", b'{"seq":1e999}', b'{"seq":' + b"9" * 6000 + b"}", b"\0" * 70_000,
           b'{"seq":1,"at":5,"type":"filed","doc_code":null,"scan_sha256":null,"public":null,"private_sha256":null}',
           b'{"entry":"{}","private":5,"salt":"xyz"}', b'{"entry":' + b'{"a":' * 50_000, b"sohoa/x\n99999999999999999999\nA\n\n\n",
           "sohoa/x\n9999999999999\n{0}=\n\n\u2014 sohoa/x AAAA\n".replace("{0}", "A" * 43).encode(), b"x  ../../../../etc/passwd")  # fmt: skip


def files(root: Path) -> list[Path]:
    """One of each kind: names that differ only in what they are called are one kind."""
    kinds = {re.sub("[0-9a-f.]{8,}|[0-9]+", "N", path.relative_to(root).as_posix()): path
             for path in sorted(root.rglob("*"), reverse=True) if path.is_file() and "_tools" not in path.parts}  # fmt: skip
    return list(kinds.values())


def test_no_garbage_makes_it_stumble(insider: Insider, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every kind of file in turn is garbage of every kind; it says so, and does not take it for good."""
    monkeypatch.setattr("sys.argv", ["verify.py", str(insider.root), "--json"])  # no process each: there are many
    for number, path in enumerate(files(insider.root)):
        before = path.read_bytes()
        for garbage in GARBAGE[number % 8 :: 8]:
            insider.write(path, garbage + b"\n" * (number % 2))
            assert (verify_offline.main() == 3) is (path.name != "FORMAT.md"), path
        insider.write(path, before)
    capsys.readouterr()
    assert verify_offline.main() == 0, capsys.readouterr().out


def test_a_terabyte_on_no_disk_is_not_read_to_its_end(
    insider: Insider, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (word for pair in zip(("--root",) * 2, map(str, insider.house.authorities), strict=True) for word in pair)
    monkeypatch.setattr("sys.argv", ["verify.py", str(insider.root), "--json", *words])
    for path in files(insider.root):
        before = path.read_bytes()
        insider.write(path, b"")
        os.truncate(path, 1 << 40)
        assert (verify_offline.main() == 3) is (path.name != "FORMAT.md"), path
        insider.write(path, before)
    capsys.readouterr()
    assert verify_offline.main() == 0, capsys.readouterr().out


@pytest.mark.parametrize("table", ["leaf", "checkpoint", "document"])
def test_a_table_without_end_is_not_read_to_its_end(insider: Insider, table: str) -> None:
    """A view that counts for ever in the place of a table: the catalogue is anybody's to write."""
    columns = {"leaf": "n seq, '{}' entry, '' leaf_hash", "checkpoint": "n day", "document": "n doc_code, 1 state, 1 path, 1 sha256, 1 record_sha256"}
    db = sqlite3.connect(insider.root / "catalogue.db")
    db.execute(f"drop table {table}")
    db.execute(f"create view {table} as with recursive c(n) as (select 0 union all select n + 1 from c) select {columns[table]} from c")
    db.commit()
    db.close()
    told = run(insider.root)
    assert ("unreadable", "catalogue.db") in {(each["code"], each["path"]) for each in told["findings"]}


class Counted(list[dt.datetime]):
    """The times of a log's entries, and how often one was looked at."""

    asked = 0

    def __getitem__(self, at: Any) -> Any:
        self.asked += 1
        return super().__getitem__(at)


def test_a_log_that_tells_of_all_its_entries_in_each_of_them_is_read_once(tmp_path: Path) -> None:
    many, when = 2000, dt.datetime(2026, 11, 23, tzinfo=verify_offline.VIETNAM)
    check = verify_offline.Check(tmp_path, tmp_path, False, set())
    check.times = times = Counted()
    for seq in range(many):
        entry = {"seq": seq, "type": "rebuilt", "at": when.isoformat(), "doc_code": None, "public": {"lost_private": "0-999999999," * 20}}
        check.add(json.dumps(entry).encode())
    assert check.findings == {} and check.lost == set(range(many)) and times.asked <= 4 * many


@pytest.mark.parametrize(("declared", "code"), [(True, "too-large"), (False, "altered")])
def test_a_file_too_large_to_be_read_is_not_called_altered_where_it_may_be_so_large(insider: Insider, declared: bool, code: str) -> None:
    """The log says how large a day is in all; a file may say that it is larger than any disk."""
    def change(entries: list[Entry]) -> None:
        for entry in entries:
            if entry["type"] == "sealed":
                entry["public"]["octets"] = 1 << 40

    if declared:
        insider.rewrite(change)
    insider.write(insider.pdf(), b"")
    os.truncate(insider.pdf(), 1 << 38)
    place = insider.pdf().relative_to(insider.root).as_posix()
    assert [(each["code"], each["path"]) for each in run(insider.root)["findings"]] == [(code, place)]


def test_folders_deeper_than_any_name_hide_nothing_else(insider: Insider) -> None:
    insider.write(insider.pdf(insider_log.B), b"%PDF other words")
    name, folder = "d" * 200, os.open(insider.day / "data", os.O_RDONLY)
    for _ in range(30):
        os.mkdir(name, dir_fd=folder)
        folder, before = os.open(name, os.O_RDONLY, dir_fd=folder), folder
        os.close(before)
    os.close(folder)
    told = run(insider.root)["findings"]
    odd = [each for each in told if each["code"] != "altered"]
    assert odd and all(each["code"] in {"not-a-file", "unreadable"} and name in each["path"] for each in odd)
    assert [each["path"] for each in told if each not in odd] == [insider.pdf(insider_log.B).relative_to(insider.root).as_posix()]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_a_line_that_cannot_be_read_hides_nothing_else(insider: Insider, garbage: bytes) -> None:
    for path in (insider.head(1) / "entries.jsonl", insider.shelf(insider.house.days[1]) / "data" / "events.jsonl"):
        first, _, *rest = path.read_bytes().splitlines()
        insider.write(path, b"\n".join((first, garbage, *rest, b"")))
    insider.write(insider.pdf(insider_log.B), b"%PDF other words")
    told = run(insider.root, *insider.house.trust)
    assert {"unreadable", "altered", "log-altered", "events-altered"} <= codes(told)
    assert any(finding["path"].startswith("entry ") for finding in told["findings"] if finding["code"] == "unreadable")


def test_what_is_no_file_is_not_waited_for(insider: Insider) -> None:
    for name in ("entries.jsonl", "checkpoint", "checkpoint.tsr.pem", "checkpoint.p7s", "checkpoint.p7s.pem"):
        insider.remove(insider.head() / name)
        os.mkfifo(insider.head() / name)
    for path in (insider.root / "_log" / "keys").iterdir():
        insider.remove(path)
        path.symlink_to("/dev/zero")
    odd = insider.shelf(insider.house.days[1]) / "data" / os.fsdecode(b"\xff\x1b[31m\n\xe2\x80\xae.pdf")
    insider.write(odd, b"")
    told = run(insider.root, *insider.house.trust)
    assert {"not-a-file", "orphan"} <= codes(told)
    plain = subprocess.run([sys.executable, "-I", insider.root / "_tools" / "verify.py", insider.root], capture_output=True, check=False)
    assert plain.returncode == 3 and b"\x1b" not in plain.stdout and not plain.stderr


@pytest.mark.parametrize("data", [b"", b"SQLite format 3\0" + b"\xff" * 5000, None])
def test_a_catalogue_that_is_none(insider: Insider, data: bytes | None) -> None:
    path = insider.root / "catalogue.db"
    path.unlink()
    if data is None:
        db = sqlite3.connect(path)
        db.execute("create table leaf (seq, entry)")
        db.execute("insert into leaf values (0, x'ff'), ('x', null)")
        db.commit()
        db.close()
    else:
        path.write_bytes(data)
    assert codes(run(insider.root)) & {"unreadable", "catalogue-replayed"}


def test_a_bare_folder_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "_tools").mkdir()
    shutil.copy(SOURCE, tmp_path / "_tools" / "verify.py")
    assert codes(run(tmp_path)) == {"log-missing"}


def test_it_is_written_for_machines_of_long_ago() -> None:
    """Python 3.9 reads it, it needs nothing but the standard library, and it stays a text that one can read."""
    text = SOURCE.read_text("utf-8")
    tree = ast.parse(text, feature_version=(3, 9))
    named = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    named |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in named} <= sys.stdlib_module_names
    newer = r"\bmatch .*:$|dt\.UTC|strict=|removesuffix|StrEnum|tomllib|slots=|ExceptionGroup|itertools\.pairwise|isinstance\(.*\|"
    assert not re.search(newer, text, re.MULTILINE)
    assert len(text.splitlines()) <= LINES
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert max(lengths.values()) <= LONGEST, lengths


# --- who signed, and who witnessed


def test_the_certificates_that_must_have_signed_are_pinned(left: House, tmp_path: Path) -> None:
    der = left.organisation.certificate.public_bytes(Encoding.DER)
    pem, digest = tmp_path / "own.pem", hashlib.sha256(der).hexdigest()
    pem.write_bytes(b"chung thu\n" + left.organisation.certificate.public_bytes(Encoding.PEM))
    colons = ":".join(digest[n : n + 2] for n in range(0, 64, 2)).upper()
    for pin in (pem, digest, colons):
        assert run(left.root, *left.trust, "--signer", pin, "--signer", "0" * 64)["findings"] == []
    told = run(left.root, *left.trust, "--signer", left.authorities[0])  # it leads there, and is not it
    assert codes(told) == {"signer-unknown"} and len(told["findings"]) == 3
    assert digest in told["findings"][0]["detail"]


SLIPS = [("--signer", "0" * 64), ("--signer", "nothing.pem"), ("--root", "nothing.pem"), ("--root", __file__), ("--signer", __file__)]


@pytest.mark.parametrize("words", SLIPS)
def test_a_certificate_that_is_none_is_a_slip_and_no_finding(left: House, words: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-I", SOURCE, left.root, *words], capture_output=True, check=False)
    assert done.returncode == 2 and not done.stdout and b"Traceback" not in done.stderr


def cosign(insider: Insider, read: Checkpoint, seed: int = 7, name: str = "kiem-toan") -> tuple[Path, str]:
    """A witness's line under a head, laid where such lines lie, and the witness's key."""
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    line = cosigned(name, keyfile.public(private), 1_800_000_000, private.sign(witnessed_text(read.head, 1_800_000_000).encode()))
    path = insider.root / "_log" / "cosigned" / f"{read.head.size:012}-{line.id.hex()}-1800000000"
    path.parent.mkdir(exist_ok=True)
    path.write_text(Checkpoint(read.head, (read.lines[0], line)).text(), "utf-8")
    return path, verifier_key(name, COSIGNATURE_KEY, keyfile.public(private))


def test_what_a_witness_signed_is_checked_with_its_key(insider: Insider) -> None:
    read = parsed((insider.root / "_log" / "checkpoint").read_text("utf-8"))
    path, key = cosign(insider, read)
    told = run(insider.root, *insider.house.trust)
    assert told["findings"] == [] and any("kiem-toan signed" in note and "not checked" in note for note in told["notes"])
    told = run(insider.root, *insider.house.trust, "--witness-key", key)
    assert told["findings"] == [] and not any("no --witness-key" in note for note in told["notes"])
    path.write_text(path.read_text("utf-8").replace(read.lines[0].text(), read.lines[0].text() * 2), "utf-8")
    assert run(insider.root, "--witness-key", key)["findings"] == []
    own = path.read_text("utf-8").splitlines()[-1]
    forged = base64.b64decode(own.split(" ")[2])
    path.write_text(path.read_text("utf-8").replace(own.split(" ")[2], base64.b64encode(forged[:-1] + bytes([forged[-1] ^ 1])).decode()), "utf-8")
    assert codes(run(insider.root, "--witness-key", key)) == {"witness-invalid"}


def test_a_head_of_another_past_that_a_witness_signed_is_named(insider: Insider) -> None:
    read = parsed((insider.root / "_log" / "checkpoint").read_text("utf-8"))
    cosign(insider, Checkpoint(Head(read.head.origin, read.head.size, bytes(32)), read.lines))
    assert codes(run(insider.root)) == {"log-forked"}
    cosign(insider, Checkpoint(Head(read.head.origin, read.head.size + 5, bytes(32)), read.lines))
    assert codes(run(insider.root)) == {"log-forked", "log-shortened"}


def test_a_witness_of_whom_the_log_tells_is_missed(insider: Insider) -> None:
    read = parsed((insider.root / "_log" / "checkpoint").read_text("utf-8"))
    path, key = cosign(insider, read)
    insider.tell("witnessed", size=read.head.size, witness="kiem-toan", key=key.split("+")[1], seen_at=1_800_000_000)
    assert run(insider.root, *insider.house.trust)["findings"] == []
    path.write_text(path.read_text("utf-8").replace(path.read_text("utf-8").splitlines()[-1], read.lines[0].text().strip()), "utf-8")
    assert codes(run(insider.root, *insider.house.trust)) == {"witness-missing"}
    path.unlink()
    assert codes(run(insider.root, *insider.house.trust)) == {"witness-missing"}


def test_a_cosigned_file_that_is_none_hides_no_other(insider: Insider) -> None:
    read = parsed((insider.root / "_log" / "checkpoint").read_text("utf-8"))
    path, key = cosign(insider, read)
    own = path.read_text("utf-8").splitlines()[-1].split(" ")[2]
    data = base64.b64decode(own)
    path.write_text(path.read_text("utf-8").replace(own, base64.b64encode(data[:-1] + bytes([data[-1] ^ 1])).decode()), "utf-8")
    text = (insider.root / "_log" / "checkpoint").read_text("utf-8")
    short = base64.b64encode(b"x" * 50).decode()
    for name, more in (("000000000001-aaaaaaaa-1", "\u2014 w AAAAA=\n"), ("000000000001-aaaaaaaa-2", f"\u2014 w {short}\n"),
                       ("000000000001-aaaaaaaa-3", f"\u2014 w {short}\n" * 2000)):  # fmt: skip
        (path.parent / name).write_text(text + more, "utf-8")
    told = {(each["code"], each["path"][-1]) for each in run(insider.root, "--witness-key", key)["findings"]}
    assert told == {("unreadable", "1"), ("witness-invalid", "2"), ("checkpoint-bad", "3"), ("witness-invalid", "0")}


def test_an_order_of_today_is_a_note_until_it_is_published(insider: Insider) -> None:
    insider_attacks.ordered(insider, now=True)
    told = run(insider.root, *insider.house.trust)
    assert told["findings"] == []
    assert sum("removed or erased by order, of which only the catalogue tells" in note for note in told["notes"]) == 2
    archive = Office(insider.root.parent, Clock(dt.datetime.now(dt.UTC))).open()
    assert {"missing", "manifest-altered"} <= {each.code for each in archive.verify().findings}, "whoever has the program is told at once"
    archive.close()


def test_a_sealing_that_only_the_catalogue_tells_is_a_note_until_the_next_night(insider: Insider) -> None:
    insider_attacks.sealed_by_the_catalogue(insider)
    told = run(insider.root, *insider.house.trust)
    assert told["findings"] == [] and any("its sealing is not published yet" in note for note in told["notes"])
    office = Office(insider.root.parent, Clock(dt.datetime.now(dt.UTC)))
    archive = office.open()
    office.clock.pass_(days=1)
    for day in archive.unsealed_before(local_date(office.clock.now)):
        archive.seal_day(day, "night")
    archive.publish(archive.unpublished()[-1], log_key())
    archive.close()
    assert "log-order" in codes(run(insider.root, *insider.house.trust))


@pytest.mark.parametrize("how", ["good", "revoked", "not its own"])
def test_who_is_on_a_revocation_list_that_was_kept_is_told(tmp_path: Path, how: str) -> None:
    office = Office(tmp_path, Clock(dt.datetime.now(dt.UTC) - dt.timedelta(days=3)))
    archive, pki = office.open(), Pki(office.clock.now)
    archive.declare_file(FILE, "Hồ sơ tổ chức cán bộ", year=2026, actor=CLERK)
    head = a_day(office, archive, "a")
    with pki.at(office.clock.now):
        vouch(head, pki, pki.organisation(rsa_key=False))
        prove(archive, head, pki)
        if how == "revoked":
            pki.revoke(pki.tsa)
        for name in ("checkpoint.tsr", "evidence.tst"):
            archive.keep_lists(f"_log/{head.day}/{name}", [pki.crl(pki.root if how == "not its own" else pki.tsa_root)], "night")
    archive.close()
    words = list[str | Path]()
    for number, each in enumerate((pki.root, pki.tsa_root)):
        (tmp_path / f"{number}.pem").write_bytes(each.certificate.public_bytes(Encoding.PEM))
        words += ["--root", tmp_path / f"{number}.pem"]
    told = run(office.root, *words)
    assert codes(told) == ({"token-revoked"} if how == "revoked" else set())
    assert len(told["findings"]) == (2 if how == "revoked" else 0)
    assert sum("by its revocation lists nobody can tell" in note for note in told["notes"]) == (2 if how == "not its own" else 0)


@pytest.mark.parametrize("folder", ["nowhere", "empty", "station"])
def test_a_folder_that_is_no_archive_is_a_slip_and_no_finding(left: House, tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "station").mkdir()
    (tmp_path / "station" / "archive").symlink_to(left.root)
    done = subprocess.run([sys.executable, left.root / "_tools" / "verify.py", tmp_path / folder], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "") and f"{folder} is no archive" in done.stderr
