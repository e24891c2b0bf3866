"""`scripts/pictures`: the pictures of the manual, of a demo station with a month behind it, in a real browser.

Earlier days hold received documents put into the archive one by one, as filing leaves them; today's went the whole way of the demo.
"""

from __future__ import annotations

import datetime as dt
import io
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from archive import rounds
from archive.dossiers import FileFacts
from archive.naming import local_date
from archive.record import DocumentKey
from archive.store import Archive
from processor.seal import logkey
from processor.settings import load
from tests.archive.conftest import CLERK, Clock, Office
from tests.testkit import letters, person, samples, signing

ROOT = Path(__file__).parent.parent
INTO, STATION = ROOT / "docs" / "pictures", ROOT / "build" / "pictures"
SOHOA, CHROMIUM, PASSWORD = Path(sys.executable).with_name("sohoa"), "/usr/bin/chromium", "mot mat khau du dai"
FILE, WITNESS = "H05.99.2026.01.VP", "kiem-toan.gov.vn"
FILES = {
    FILE: "Hồ sơ minh họa", "H05.99.2026.02.TCCB": "Hồ sơ tuyển dụng, nâng lương công chức năm 2026", "H05.99.2026.03.TCKH": "Hồ sơ dự toán, quyết toán năm 2026",
    "H05.99.2026.04.DC": "Hồ sơ giải quyết khiếu nại về đất đai năm 2026", "H05.99.2026.05.YT": "Hồ sơ công tác y tế dự phòng năm 2026",
}  # fmt: skip
_DAYS, _MOST, _HEADS = 30, 8, 8  # days; documents of one; heads of the log
_LEAF = "[...document.images].some(each => each.naturalWidth > 300)"  # pictures of pages are made when they are asked for


def sohoa(*words: str | Path, said: str = "") -> str:
    """A verb; held and refused documents are an outcome."""
    done = subprocess.run([SOHOA, *words], capture_output=True, text=True, input=said, check=False)
    assert done.returncode in {0, 2}, done.stderr
    return done.stdout


def month(station: Path) -> None:
    """What was filed on the days before today, each sealed in its night, with its round; their heads of the log are published."""
    chance, number = random.Random(3), 0
    clock = Clock(dt.datetime.now(dt.UTC).replace(hour=2, minute=0) - dt.timedelta(days=_DAYS))
    office = Office(STATION / "desk", clock)
    office.folder.mkdir()
    archive = Archive.open(station / "archive", clock, organization=load(station).station.agency)
    archive.declare_fonds("P01", "Phông Ủy ban nhân dân xã Minh Họa", "", CLERK)
    for code, title in FILES.items():
        archive.declare(FileFacts(code, title, 2026, "Vĩnh viễn", "H05.99", fonds="P01"), CLERK)
    for night in range(_DAYS):
        day = local_date(clock())
        for _ in range(chance.randrange(1, _MOST) if day.weekday() < 5 else 0):
            number, clock.now = number + 1, clock.now + dt.timedelta(minutes=5)
            _filed(office, archive, number, (chance.choice([*FILES]), chance.randrange(1, 9)))
        clock.now = clock.now.replace(hour=18, minute=30)  # 01:30 in Việt Nam
        archive.seal_day(day, "sohoa")
        share = {"checked": number * 4 // _DAYS, "findings": 0}
        archive.event("fixity", actor="sohoa", public=rounds.public_of(day, [night % _DAYS], _DAYS, share))
        if night >= _DAYS - _HEADS:
            archive.publish(day, logkey.opened(station))
        clock.now = (clock.now + dt.timedelta(days=1)).replace(hour=2, minute=0)
    archive.close()


def _filed(office: Office, archive: Archive, number: int, where: tuple[str, int]) -> None:
    letter, (file_code, pages) = letters.letter(1000 + number), where
    key = DocumentKey(office.blob(f"{number}.scan", f"scan {number}".encode()).sha256, "van-ban-den", file_code)
    told = {name: value for name, value in letter.record().items() if value}
    text = " ".join((letter.organ_name, letter.subject, *(each.text for each in letter.body)))
    made = office.filing(archive, str(number), key=key, form=None, verification="valid", complete=True, text=(text,), pages=pages, **told)
    archive.file(made, CLERK)


def today(station: Path) -> None:
    """The demo's own letters, read and sealed, and one received; the heads of the log get their signatures, one a witness's."""
    drop = station / "drop"
    samples.write(station / "work" / "samples", 5, 3, 200)
    for path in (station / "work" / "samples").iterdir():
        if path.name != "truth.json":
            shutil.copyfile(path, drop / "sao-y" / path.name)
    (drop / "van-ban-den" / "giay-moi.pdf").write_bytes(person.signed(station, signing.page()))
    sohoa("run", "--station", station)
    sohoa("seal", "--station", station)
    asked, signed = STATION / "asked", STATION / "signed"
    sohoa("proof", "--since", "0", "--out", asked, "--station", station)
    told = sohoa("witness", asked, "--keep", STATION / "witness", "--name", WITNESS, "--out", signed)
    key = re.search(rf"{re.escape(WITNESS)}\+\S+", told)
    assert key, told
    hashed = sohoa("serve", "--password", "--station", station, said=PASSWORD).strip()
    with (station / "sohoa.toml").open("a") as settings:
        settings.write(f'[witnesses]\n"{WITNESS}" = "{key[0]}"\n[serve.users.an]\nrole = "auditor"\npassword = "{hashed}"\n')
    sohoa("cosigned", "add", signed, "--station", station)


@contextmanager
def opened(*words: str | Path) -> Iterator[str]:
    """A page that is served, by the address it prints."""
    process = subprocess.Popen([SOHOA, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        yield next(found[0] for line in process.stdout if (found := re.search(r"http://\S+", line)))
    finally:
        process.terminate()
        process.wait()


def page_of(browser: Browser, wide: int, high: int, scale: float = 1) -> Page:
    return browser.new_context(viewport={"width": wide, "height": high}, device_scale_factor=scale, locale="vi-VN").new_page()


def picture(page: Page, name: str, wants: str = "true") -> None:
    """Of what the screen shows, when it is all there."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function(wants)
    page.screenshot(path=INTO / f"{name}.png")
    Image.open(INTO / f"{name}.png").convert("RGB").quantize(256, Image.Quantize.FASTOCTREE).save(INTO / f"{name}.png", optimize=True)


def audited(browser: Browser, station: Path) -> None:
    """The auditors' pages: wide, then five of them side by side as on a telephone."""
    with opened("serve", "--port", "8799", "--station", station) as home:
        home = home.rstrip("/")
        codes = [f"{FILE}.{number:07}" for number in range(1, 200)]
        wide, narrow = page_of(browser, 1250, 860, 0.8), page_of(browser, 390, 844)
        entrance = narrow.screenshot() if narrow.goto(f"{home}/login") else b""
        for page in (wide, narrow):
            page.goto(f"{home}/login")
            page.fill("input[name=name]", "an")
            page.fill("input[type=password]", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(f"{home}/")
        wide.goto(f"{home}/search?q=sao&lane=sao-y")
        sealed = wide.locator(".rows .name").first.get_attribute("href") or f"/document/{codes[0]}"
        last = local_date(dt.datetime.now(dt.UTC)) - dt.timedelta(days=3)
        shown = {"overview": "/", "search": "/search?q=bao+cao", "document": f"{sealed}/check", "day": f"/day/{last}",
                 "shelves": "/shelves", "integrity": "/integrity", "tables": "/tables/kho/document"}  # fmt: skip
        for name, path in shown.items():
            wide.goto(home + path)
            picture(wide, f"serve-{name}", _LEAF if name == "document" else "true")
        leaves = [entrance]
        for path in ("/", "/search?q=bao+cao", f"{sealed}/check", "/tables/kho/document"):
            narrow.goto(home + path)
            leaves.append(narrow.screenshot())
        side_by_side(leaves).quantize(256, Image.Quantize.FASTOCTREE).save(INTO / "serve-narrow.png", optimize=True)


def side_by_side(leaves: list[bytes]) -> Image.Image:
    """Screens of telephones in a row, somewhat smaller."""
    pictures = [Image.open(io.BytesIO(leaf)).convert("RGB").resize((271, 587), Image.Resampling.LANCZOS) for leaf in leaves]
    made = Image.new("RGB", (1400, 587), "#666")
    for number, picture in enumerate(pictures):
        made.paste(picture, (number * 282, 0))
    return made


def described(browser: Browser, station: Path) -> None:
    """The clerk's desk, and what the second of two clerks sees."""
    words = ("desk", "--port", "8798", "--station", station)
    with opened(*words) as link:
        first = page_of(browser, 1280, 800)
        first.goto(link)
        first.locator("a[href^='/filed/']").first.click()
        first.locator("#f-code_number").wait_for()
        picture(first, "desk", _LEAF)
        second = first.context.new_page()
        second.set_viewport_size({"width": 1280, "height": 640})
        second.goto(first.url)
        second.locator("#f-code_number").wait_for()
        first.fill("#f-code_number", "17")
        first.keyboard.press("Control+Enter")
        first.locator(".said").wait_for()
        second.fill("#f-code_number", "11")
        second.keyboard.press("Control+Enter")
        second.locator(".theirs b").wait_for()
        picture(second, "desk-two-clerks", _LEAF)


def main() -> int:
    """Makes all of them anew."""
    shutil.rmtree(STATION, ignore_errors=True)
    STATION.mkdir(parents=True)
    station = STATION / "demo-station"
    sohoa("init", "--demo", station)
    shutil.rmtree(station / "archive")  # its log begins today
    (station / "archive").mkdir()
    month(station)
    today(station)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        audited(browser, station)
        described(browser, station)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
