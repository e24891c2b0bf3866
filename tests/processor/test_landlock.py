"""The wall around files: a worker opens what it works on, the system's, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from processor import landlock
from processor.engine import LocalEngine, Reach
from processor.errors import Verdict
from processor.settings import parse

OURS = parse({"engine": {"workers": 1}})
SHEET = {"text": "Phiếu", "title": "Phiếu", "font": ""}


@pytest.fixture
def office(tmp_path: Path) -> Path:
    for name in ("archive", "items"):
        (tmp_path / name).mkdir()
    (tmp_path / "passphrase").write_text('{"subject": "bí mật"}')
    (tmp_path / "archive" / "beside.json").write_text('{"subject": "A"}')
    return tmp_path


@pytest.fixture
def engine(office: Path):
    with LocalEngine(OURS.engine, OURS.limits, reach=Reach((office / "archive",), (office / "items",))) as running:
        if "files" not in running.walls():
            pytest.skip("this kernel has no landlock")
        yield running


def refused(engine: LocalEngine, job: str, args: dict[str, object]) -> str:
    with pytest.raises(Verdict) as caught:
        engine.call(job, args)
    return caught.value.detail


def test_what_it_works_on_is_read_and_written(engine: LocalEngine, office: Path) -> None:
    assert engine.call("sidecar", {"path": str(office / "archive" / "beside.json")}) == {"fields": {"subject": "A"}}
    engine.call("sheet", {**SHEET, "out": str(office / "items" / "phieu.pdf")})
    assert (office / "items" / "phieu.pdf").stat().st_size > 1000


def test_a_key_beside_it_is_not_read(engine: LocalEngine, office: Path) -> None:
    assert "PermissionError" in refused(engine, "sidecar", {"path": str(office / "passphrase")})


def test_the_archive_is_not_written(engine: LocalEngine, office: Path) -> None:
    refused(engine, "sheet", {**SHEET, "out": str(office / "archive" / "phieu.pdf")})
    refused(engine, "sheet", {**SHEET, "out": str(office / "archive" / "beside.json")})
    assert [path.name for path in (office / "archive").iterdir()] == ["beside.json"]
    assert (office / "archive" / "beside.json").read_text() == '{"subject": "A"}'


def test_what_it_starts_stands_behind_the_same_wall(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("x")
    script = f"""
import ctypes, subprocess, sys
from pathlib import Path
from processor import landlock
ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
if not landlock.restrict([Path("/usr"), Path("/lib"), Path("/lib64"), Path("/bin")], [Path("/dev/null")]): sys.exit(77)
sys.exit(subprocess.run(["cat", {str(tmp_path / "key")!r}], stderr=subprocess.DEVNULL).returncode)
"""
    ended = subprocess.run([sys.executable, "-c", script]).returncode
    if ended == 77:
        pytest.skip("this kernel has no landlock")
    assert ended == 1


def test_without_the_kernel_no_wall_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "_call", lambda *_: -1)
    assert not landlock.restrict([], [])
