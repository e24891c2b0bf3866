"""`proof` and `witness` as they are typed: what leaves the house is checked by somebody who has nothing of it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from processor import keeping, publishing
from processor.engine import LocalEngine
from processor.seal import demo
from processor.seal.demo import DemoAuthority
from processor.shift import Shift
from tests.processor.conftest import workers  # noqa: F401  # a fixture
from tests.processor.office import Office
from tests.referees import judges
from tests.station import sohoa

TODAY = dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).date()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, workers: LocalEngine) -> Iterator[Office]:  # noqa: F811
    """A station with one document, its day sealed and its head published."""
    made = Office.make(tmp_path_factory.mktemp("proof"), workers)
    made.drop("a.png", "Văn bản thứ nhất")
    shift = made.shift()
    assert made.run(shift) == {"filed": 1}
    _night(made, shift)
    yield made
    made.close()


def _night(made: Office, shift: Shift) -> None:
    made.set_clock(1, "01:00", TODAY)
    shift.tools.archive.seal_day(TODAY, "test")
    made.moved = dt.timedelta()
    assert publishing.publish(shift.tools).unstamped == 0
    assert keeping.keep(shift.tools) == (0, [])
    made.close()


@pytest.fixture
def unpacked(office: Office, tmp_path: Path) -> Path:
    (record,) = (office.folder / "archive").glob("*/*/*/data/*.json")
    done = sohoa(office.folder, "proof", record.stem, "--out", str(tmp_path / "p.zip"))
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        archive.extractall(tmp_path / "p")
    return tmp_path / "p"


def checked(folder: Path, *words: str | Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-I", folder / "kiem-tra.py", *words], capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout


def test_a_citizen_checks_a_document_offline(office: Office, unpacked: Path) -> None:
    code, told = checked(unpacked, "--root", office.folder / "authority" / "root.pem")
    assert (code, told.count("ĐÚNG"), told.count("CHƯA")) == (0, 6, 0), told
    listed = {path.name: path.read_text() for path in unpacked.glob("*.lists")}
    assert set(listed) == {"checkpoint.tsr.lists", *(f"{path.name}.lists" for path in unpacked.glob("*.ers"))} and len(listed) == 2
    assert {path.name for path in unpacked.glob("*.crl")} == {text.split()[1] for text in listed.values()}
    code, told = checked(unpacked)
    assert (code, told.count("ĐÚNG"), told.count("CHƯA")) == (0, 3, 2), told


@pytest.mark.parametrize("name", ["*.pdf", "entry.json", "*.tlog-proof", "checkpoint", "checkpoint.p7s", "checkpoint.tsr", "log-key.pem"])
def test_whatever_is_changed_in_it_is_told(office: Office, unpacked: Path, name: str) -> None:
    (path,) = unpacked.glob(name)
    data = bytearray(path.read_bytes())
    data[-1 if path.suffix in {".p7s", ".tsr"} else len(data) // 2] ^= 1  # in their middle are certificates that lie beside them too
    path.write_bytes(data)
    code, told = checked(unpacked, "--root", office.folder / "authority" / "root.pem")
    assert code == 3 and "SAI" in told


def test_the_evidence_record_is_there_and_any_validator_reads_it(office: Office, unpacked: Path, tmp_path: Path) -> None:
    """EU DSS, of the file in the citizen's zip and of those `evidence` lays out."""
    (record,) = (office.folder / "archive").glob("*/*/*/data/*.json")
    done = sohoa(office.folder, "evidence", record.stem, "--out", str(tmp_path / "e"))
    assert (done.returncode, done.stdout.count(".ers")) == (0, 3), done.stdout + done.stderr
    pairs = [(path, path.with_suffix("")) for folder in (tmp_path / "e", unpacked) for path in sorted(folder.glob("*.ers"))]
    assert {path.suffix for _, path in pairs} == {".pdf", ".json", ".png"} and len(pairs) == 4
    for each in judges.dss_evidence(pairs, _world(office.folder / "authority", tmp_path / "world")):
        assert (each.indication, each.timestamps) == ("PASSED", ("PASSED",)), each
    again = sohoa(office.folder, "evidence", record.stem, "--out", str(tmp_path / "e"))
    assert again.returncode == 0, "the same bytes are there already"


@pytest.mark.parametrize(("verb", "within"), [("proof", ""), ("evidence", "{code}.pdf")])
def test_what_lies_there_already_is_never_written_over(office: Office, tmp_path: Path, verb: str, within: str) -> None:
    (record,) = (office.folder / "archive").glob("*/*/*/data/*.json")
    theirs = tmp_path / "out" / within.format(code=record.stem)
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("another's", "utf-8")
    done = sohoa(office.folder, verb, record.stem, "--out", str(tmp_path / "out"))
    assert done.returncode == 1 and "there already" in done.stderr
    assert theirs.read_text("utf-8") == "another's"


def _world(authority: Path, path: Path) -> Path:
    """The demo's root, and its lists: they are not in the record, a validator asks the authority for them."""
    lists = [DemoAuthority(authority).fetch(f"http://{demo.CRL_HOST}/{name}.crl", b"") for name in ("root", "issuing")]
    pem = [x509.load_der_x509_crl(der).public_bytes(Encoding.PEM) for der in lists]
    path.write_bytes(b"".join([(authority / "root.pem").read_bytes(), *pem]))
    return path


def test_renewal_asked_for_at_the_command_line(office: Office) -> None:
    assert "nothing is due: the proofs hold until 20" in (done := sohoa(office.folder, "renew")).stdout, done.stderr
    assert "renewal 0001" in (done := sohoa(office.folder, "renew", "--force")).stdout, done.stderr


def test_another_authority_is_not_trusted(unpacked: Path, tmp_path: Path) -> None:
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "k", "-out", tmp_path / "c", "-subj", "/CN=x"],
                   capture_output=True, check=True)  # fmt: skip
    code, told = checked(unpacked, "--root", tmp_path / "c")
    assert (code, told.count("SAI")) == (3, 2)


def test_an_auditor_witnesses_what_was_sent_and_what_lies_there(office: Office, tmp_path: Path) -> None:
    here, words = tmp_path / "auditor", ("--keep", str(tmp_path / "auditor" / "keep"), "--name", "kiem-toan")
    here.mkdir()
    assert sohoa(office.folder, "proof", "--since", "0", "--out", str(here / "request")).returncode == 0
    done = _witness(here, str(here / "request"), *words, "--out", str(here / "first"))
    assert done.returncode == 0, done.stderr
    assert "kiem-toan" in (here / "first").read_text()
    assert _witness(here, str(office.folder / "archive"), *words, "--out", str(here / "second")).returncode == 0
    shutil.copytree(office.folder / "archive" / "_log", here / "archive" / "_log")
    (entries,) = (here / "archive" / "_log").glob("*/entries.jsonl")
    entries.write_bytes(entries.read_bytes().replace(b"received", b"receivet"))
    done = _witness(here, str(here / "archive"), *words, "--out", str(here / "third"))
    assert (done.returncode, (here / "third").exists()) == (3, False)
    (here / "request").write_text("nothing")
    assert _witness(here, str(here / "request"), *words, "--out", str(here / "third")).returncode == 1


def _witness(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from processor.cli import main; main()", "witness", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def test_what_cannot_be_proved_is_said(office: Office, tmp_path: Path) -> None:
    for words in (("nothing",), ("--since", "99999"), (), ("x", "--since", "0")):
        done = sohoa(office.folder, "proof", *words, "--out", str(tmp_path / "p"))
        assert (done.returncode, (tmp_path / "p").exists()) == (1, False)


def test_what_an_auditor_signed_comes_back_by_a_key_that_was_pinned(office: Office, tmp_path: Path) -> None:
    keep, signed = str(tmp_path / "keep"), str(tmp_path / "signed")
    done = _witness(tmp_path, str(office.folder / "archive"), "--keep", keep, "--name", "kiem-toan.gov.vn", "--out", signed)
    key = done.stdout.split("for the office to pin: ")[1].strip()
    assert sohoa(office.folder, "cosigned", "add", signed).returncode == 1  # nobody pinned it
    before = (office.folder / "sohoa.toml").read_text()
    office.set('[witnesses]\n"kiem-toan.gov.vn" = "kiem-toan.gov.vn+00000000+AAAA"')
    assert sohoa(office.folder, "cosigned", "list").returncode == 1  # a slip in the key is told
    (office.folder / "sohoa.toml").write_text(before)
    office.set(f'[witnesses]\n"kiem-toan.gov.vn" = "{key}"')
    done = sohoa(office.folder, "cosigned", "add", signed)
    assert done.returncode == 0 and "kiem-toan.gov.vn saw" in done.stdout, done.stderr
    (told,) = json.loads(sohoa(office.folder, "cosigned", "list", "--json").stdout)
    assert (told["name"], told["verified"]) == ("kiem-toan.gov.vn", True)
    text = Path(signed).read_text("utf-8")
    Path(signed).write_text(text[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:], "utf-8")
    assert sohoa(office.folder, "cosigned", "add", signed).returncode == 3
    (path,) = (office.folder / "archive" / "_log" / "cosigned").iterdir()
    path.chmod(0o644)
    path.write_text("somebody was here")
    assert sohoa(office.folder, "verify", "--all").returncode == 3
    path.unlink()
    (office.folder / "sohoa.toml").write_text(before)
