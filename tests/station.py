"""A demo station, the command line on it, and pages to drop: for the tests that do as a user does."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from tests import zygote
from tests.testkit import faces, samples, scans
from tests.testkit.stations import takes_any_scan

DPI = 100
ROOT = Path(__file__).parent.parent
SOHOA = Path(sys.executable).with_name("sohoa")
"""The real command, for what lives on, is killed, or has a terminal."""


def sohoa(station: Path, *words: str, timeout: float = 300, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A verb on this station."""
    return command(*words, "--station", str(station), timeout=timeout, env=env)


def command(
    *words: str, timeout: float = 300, env: Mapping[str, str] | None = None, main: str = "sohoa"
) -> subprocess.CompletedProcess[str]:
    """What is typed after `sohoa`, in a process of its own (see `zygote`), with nobody there to answer."""
    asked = {"main": main, "words": words, "env": dict(os.environ if env is None else env), "cwd": os.getcwd()}
    with open(os.devnull) as nothing, _written() as out, _written() as err:
        line, pid = zygote.ask(_listening(), asked, [nothing.fileno(), out.fileno(), err.fileno()])
        with line:
            line.settimeout(timeout)
            try:
                code = int(line.recv(64))
            except TimeoutError:
                os.kill(pid, 9)
                raise subprocess.TimeoutExpired(["sohoa", *words], timeout, _told(out), _told(err)) from None
        return subprocess.CompletedProcess(["sohoa", *words], code, _told(out), _told(err))


def _written() -> Any:
    return tempfile.TemporaryFile("w+", encoding="utf-8")


def _told(file: Any) -> str:
    file.seek(0)
    return str(file.read())


@cache
def _folder() -> Path:
    """Of this process of tests; it goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="sohoa-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _listening() -> str:
    """Where processes are forked from now on."""
    workers, sohoas = (str(_folder() / role) for role in ("worker", "sohoa"))
    started = []
    for role in (("worker", workers), ("sohoa", sohoas, workers)):
        words = (sys.executable, "-m", "tests.zygote", *role)
        process: Any = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        atexit.register(process.wait)
        atexit.register(process.stdin.close)
        started.append(process)
    for process in started:
        assert process.stdout.readline() == b"listening\n"
    return sohoas


@cache
def _template() -> Path:
    made = _folder() / "template"
    done = command("init", "--demo", str(made))
    assert done.returncode == 0, done.stderr
    return made


def demo(folder: Path, settle: str = "0.2s") -> Path:
    """A demo station as `init --demo` makes it; all of one process of tests have the same keys.

    Args:
        folder: where; nothing lies there yet.
        settle: how long a file must lie still: waiting says nothing where the test is not about it.
    """
    takes_any_scan(Path(shutil.copytree(_template(), folder)))
    set_up(folder, ('settle = "1s"', f'settle = "{settle}"'))
    return folder


def set_up(station: Path, *changes: tuple[str, str]) -> None:
    """Change the station's settings."""
    path = station / "sohoa.toml"
    text = path.read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


def picture(text: str) -> Image.Image:
    """An A4 page at 100 dpi with a few words: read in a blink."""
    page = Image.new("L", (827, 1169), 255)
    font = ImageFont.truetype(str(faces.path("regular")), 24)
    ImageDraw.Draw(page).text((100, 200), text, font=font, fill=0)
    return page


def brief(path: Path, number: int) -> Path:
    """A scan like that, for the tests in which nothing hangs on what is read; each number's is another."""
    return scans.png(path, picture(f"Văn bản số {number}"), dpi=DPI)


@cache
def _page(seed: int, dpi: int, wear: str) -> bytes:
    path = _folder() / "page.png"
    scans.png(path, samples.sample(seed, dpi=dpi, wear=wear).aged[0], dpi=dpi)
    return path.read_bytes()


def page(path: Path, seed: int, dpi: int = 100, wear: str = "mild") -> Path:
    """The first page of a letter as a scan; each is made once."""
    path.write_bytes(_page(seed, dpi, wear))
    return path
