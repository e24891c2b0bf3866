"""What people read on a terminal: README's and FORMAT.md's commands as they are written, names that cannot bend a terminal."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.station import SOHOA, command
from tests.testkit import person, signing
from tests.testkit.samples import sample
from tests.testkit.scans import pdf
from tests.testkit.stations import takes_any_scan

ROOT = Path(__file__).parent.parent
CODE = "H05.99.2026.01.VP.0000001"
EVIL = "quyet dinh\x1b[31m\u202efdp.pdf"


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's letters whose numbers are printed, one under a name that bends terminals; one refused, one misplaced."""
    folder = tmp_path_factory.mktemp("demo") / "demo-station"
    assert command("init", "--demo", str(folder)).returncode == 0
    takes_any_scan(folder)
    drop = folder / "drop" / "sao-y"
    for name, seed in (("a.pdf", 29), (EVIL, 5)):
        pdf(drop / name, sample(seed, dpi=200).aged, 200)
    (drop / "web.pdf").write_bytes(b"<html>")
    (folder / "drop" / "la.pdf").write_bytes(b"%PDF-1.7")
    run = command("run", "--station", str(folder))
    assert (run.returncode, run.stdout) == (2, "filed: 2, rejected: 1\n"), run.stderr
    (folder / "drop" / "van-ban-den" / "den.pdf").write_bytes(person.signed(folder, signing.page()))
    assert command("run", "--station", str(folder)).stdout == "filed: 1\n"
    return folder


def blocks(path: str) -> list[str]:
    """The commands of a page: its blocks of indented lines."""
    text = (ROOT / path).read_text("utf-8")
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)]


def shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-ec", script], capture_output=True, text=True, timeout=120, cwd=folder)


def test_readme_s_questions_have_answers(station: Path) -> None:
    (commands,) = (block for block in blocks("README.md") if "sohoa find" in block)
    for line in commands.splitlines():
        done = shell(line.replace(".venv/bin/sohoa", str(SOHOA)), station.parent)
        assert done.returncode == 0 and done.stdout and not done.stderr, line


def test_readme_shows_proofs_the_same_day_on_a_copy_of_the_demo(station: Path) -> None:
    (commands,) = (block for block in blocks("README.md") if "testkit tomorrow" in block)
    python = f"PYTHONPATH={ROOT} {sys.executable}"
    commands = commands.replace(".venv/bin/sohoa", str(SOHOA)).replace(".venv/bin/python", python)
    *lines, last = commands.splitlines()
    done = shell("\n".join(lines), station.parent)
    assert done.returncode == 0 and "sealed " in done.stdout and "heads of the log published: 1\n" in done.stdout, done.stderr
    assert "SAI" not in done.stdout and "ĐÚNG  dấu thời gian" in done.stdout
    assert len(list((station.parent / "tomorrow" / "evidence").glob("*.ers"))) == 3  # its PDF, record and scan
    noticed = shell(f"ca=tomorrow/authority/root.pem\n{last}", station.parent)
    assert noticed.returncode == 3 and {line.split()[0] for line in noticed.stdout.splitlines() if "  _log/" in line} == {"re-dated"}
    assert command("show", CODE, "--station", str(station)).returncode == 0, "the station itself lives on today"


@pytest.mark.skipif(not shutil.which("pdfsig"), reason="poppler-utils is not here")
def test_a_document_is_checked_without_sohoa_as_the_archive_says(station: Path, tmp_path: Path) -> None:
    (commands,) = (block for block in blocks("archive/FORMAT.md") if "pdfsig -dump" in block)
    pdf = next((station / "archive").rglob(f"{CODE}.pdf"))
    script = re.sub(r"^pdf=.*", f"pdf={pdf}", commands, flags=re.MULTILINE)
    script = re.sub(r"^root=.*", f"root={station / 'authority' / 'root.pem'}", script, flags=re.MULTILINE)
    done = shell(script, tmp_path)
    told = done.stdout + done.stderr
    assert done.returncode == 0 and "CMS Verification successful" in told and "Verification: OK" in told, told
    for said in ("Certificate issuer is unknown", "Not total document signed", "Jan 01 1970", "has not yet been verified"):
        assert said in told, "FORMAT.md explains what pdfsig says"


@pytest.mark.parametrize("verb", [("status",), ("find",), ("find", "--csv"), ("show", "H05.99.2026.01.VP.0000002"), ("show", CODE)])
def test_no_name_bends_a_terminal(station: Path, verb: tuple[str, ...]) -> None:
    told = command(*verb, "--station", str(station)).stdout
    assert told and all(letter.isprintable() or letter == "\n" for letter in told)


def test_status_shows_what_a_verb_takes_and_why_in_vietnamese(station: Path) -> None:
    told = command("status", "--station", str(station)).stdout
    (lot,) = re.findall(r"^  rejected (rejected/\S+) sao-y/web\.pdf: not-a-document \(Tệp không phải", told, re.MULTILINE)
    asked = command("show", lot, "--station", str(station))
    assert asked.returncode == 1 and "ly-do.txt" in asked.stderr
    assert (station / lot).is_dir()
    assert "waiting: 1\n" in told and "  waiting la.pdf: not-taken (Tệp đặt sai chỗ" in told
    assert "<U+001B>[31m<U+202E>" in told or "to describe" not in told


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("find", "khongco"), 0, "0 documents"),
        (("find", "--from", "24/11/2026"), 1, "use YYYY-MM-DD"),
        (("find", "--from", "2026-11-24", "--to", "2026-11-23"), 1, "--from 2026-11-24 is after --to 2026-11-23"),
        (("registers", "so-ban-sao", "--from", "2026-11-24", "--to", "2026-11-23", "--out", "/nowhere/x.csv"), 1, "is after --to"),
        (("find", "--field", "so_hieu=5"), 1, "'so_hieu' cannot be asked for; fields are doc_code, file_code, "),
        (("find", "--field", "confidence=1"), 1, "code_number, code_notation, "),
        (("find", "--field", "code_number"), 1, "NAME one of: doc_code, file_code, "),
        (("find", "--field", "code_number=5", "--field", "code_number=6"), 1, "--field code_number is given twice: which of the two is meant?"),
        (("describe", CODE, "--set", "note=a", "--set", "subject=b", "--set", "note=a"), 1, "--set note is given twice"),
        (("sheets", "01.VP", "--field", "note=a", "--field", "note=b", "--out", "/nowhere/x.pdf"), 1, "--field note is given twice"),
        (("describe", CODE, "--set", "note"), 1, "--set wants FIELD=VALUE, not 'note'"),
        (("find", "--mau"), 1, "No such option"),
        (("verify", "--day", "2020-01-01"), 1, "nothing of 2020-01-01"),
        (("verify", CODE.lower()), 1, "nothing is known by"),
        (("verify", "held/sao-y/x"), 1, "nothing is known by"),
        (("reject", CODE, "--reason", "x"), 1, "what is filed is never rejected"),
        (("files", "close", "99.XX"), 1, "H05.99."),
        (("files", "close", "01.VP", "--ended", "2999-01-01"), 1, "a day to come"),
        (("files", "add", "77.XX", " ", "--year", "2026"), 1, "a title"),
        (("reject", "held/sao-y/x", "--reason", " "), 1, "--reason says why"),
    ],
)
def test_what_a_person_is_told(station: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = command(*words, "--station", str(station))
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr and (code == 0 or done.stderr.startswith("sohoa: ")) and done.stderr.count("\n") == 1


def test_a_code_that_is_lost_is_a_finding(station: Path) -> None:
    done = command("verify", CODE.replace("0001", "9999"), "--station", str(station))
    assert done.returncode == 3 and "missing" in done.stdout


def test_a_finding_reads_plain(station: Path) -> None:
    path = next((station / "archive").rglob(f"{CODE}.json"))
    path.chmod(0o644)
    kept = path.read_bytes()
    path.write_bytes(kept + b" ")
    done = command("verify", "--station", str(station))
    path.write_bytes(kept)
    assert done.returncode == 3 and "None" not in done.stdout
    assert "checked 3 documents: 1 FINDING\n" in done.stdout


@pytest.mark.parametrize("verb", ["describe", "release", "reject", "retry"])
def test_a_verb_says_what_an_id_is(verb: str) -> None:
    assert "folder of" in command(verb, "--help").stdout


def test_the_coordinator_loads_no_parser_of_foreign_bytes() -> None:
    """It starts as fast as it can, and what it has not loaded it cannot be attacked through."""
    foreign = ("pymupdf", "pikepdf", "PIL", "openpyxl", "tesserocr", "ocrmypdf", "zxingcpp", "starlette")
    said = f"import sys, processor.cli; print([name for name in {foreign} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
