"""The page as an auditor has it: in a real browser, by the keyboard, on a wide screen and a telephone, on paper."""

from __future__ import annotations

import dataclasses
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from archive.web import door, serving
from archive.web.guard import Door
from archive.web.passwords import Gate
from archive.web.site import Site
from tests.archive.web.conftest import HASH, HOSTILE, PASSWORD, Kept
from tests.referees import judges

CHROMIUM = Path("/usr/bin/chromium")  # Debian's; a browser of Playwright's own is another program than offices have
WIDE, NARROW = (1440, 900), (390, 844)


@pytest.fixture(scope="module")
def home(site: Site) -> Iterator[str]:
    """The address of a page that is served."""
    sock = door.listening(0)
    port = sock.getsockname()[1]
    gate = Door(door.hosts(port), site.door.users, Gate(dict.fromkeys(site.door.users, HASH), _nobody=HASH))
    app = serving.application(dataclasses.replace(site, door=gate))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    judges.need("chromium")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


def watched(browser: Browser, home: str, size: tuple[int, int]) -> tuple[Page, list[str]]:
    """A page of somebody who signed in by the keyboard, and what goes wrong in it."""
    page, wrong = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="vi-VN").new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("dialog", lambda dialog: wrong.append(dialog.message))
    page.on("request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(home) else None)
    page.goto(home)
    expect(page).to_have_url(f"{home}/login")
    page.keyboard.type("an")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{home}/")
    return page, wrong


BROKEN_DATES = r"""(() => { // dates in tables that stand on two lines
  const broken = [], texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) for (const date of texts.currentNode.data.matchAll(/\d\d\/\d\d\/\d{4}/g)) {
    const range = document.createRange();
    range.setStart(texts.currentNode, date.index); range.setEnd(texts.currentNode, date.index + 10);
    if (new Set([...range.getClientRects()].map(each => each.top)).size > 1) broken.push(date[0]);
  } return broken; })()"""


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_every_page_fits_its_screen_asks_nobody_else_and_names_its_fields(
    home: str, browser: Browser, kept: Kept, size: tuple[int, int]
) -> None:
    page, wrong = watched(browser, home, size)
    for path in ("/", "/search?q=bao", f"/document/{kept.codes['hostile']}", f"/document/{kept.codes['hostile']}/check", "/days",
                 "/day/2026-11-21", "/shelves", "/file/H05.02.2026.01.TCCB", "/integrity", "/tables/kho", "/tables/kho/document",
                 "/tables/kho/theo-loai", "/search?q=la"):  # fmt: skip
        page.goto(home + path)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= size[0], path
        nameless = """[...document.querySelectorAll('input:not([type=hidden]), select')]
                      .filter(each => !each.labels.length && !each.getAttribute('aria-label')).length"""
        assert page.evaluate(nameless) == 0, path
        assert page.evaluate(BROKEN_DATES) == [], path
        assert page.locator("h1").count() == 1 and "hỏng" not in page.title(), path
        assert page.locator("main script, main iframe, main [onerror], main [style]").count() == 0, path
    assert wrong == []
    page.context.close()


def test_a_document_is_found_and_looked_at_by_the_keyboard_alone(home: str, browser: Browser, kept: Kept) -> None:
    page, wrong = watched(browser, home, WIDE)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Tới nội dung")).to_be_focused()
    page.get_by_role("link", name="Tra cứu").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("bao cao")
    page.keyboard.press("Enter")
    expect(page.locator("mark").first).to_have_text("Báo")
    page.locator("a.name").first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{home}/document/{kept.codes['plain']}")
    page.get_by_role("link", name="Kiểm tra ngay").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".verdict")).to_contain_text("CHƯA XÁC ĐỊNH")
    expect(page.locator(".reasons")).to_contain_text(HOSTILE)
    page.get_by_role("link", name="English").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".verdict")).to_contain_text("CANNOT TELL")
    assert wrong == []
    page.context.close()


def test_a_facet_narrows_and_widens_again(home: str, browser: Browser) -> None:
    page, wrong = watched(browser, home, WIDE)
    page.goto(f"{home}/search")
    before = page.locator(".rows li").count()
    page.locator(".facets").get_by_role("link", name="Công văn").click()
    expect(page.locator(".chosen a")).to_contain_text("Công văn")
    assert 0 < page.locator(".rows li").count() < before
    page.locator(".chosen a").click()
    expect(page.locator(".rows li")).to_have_count(before)
    page.goto(f"{home}/tables/kho/document")
    page.get_by_role("link", name="Tờ trình").first.click()
    expect(page.locator("table.data tbody tr")).to_have_count(1)
    assert wrong == []
    page.context.close()


def test_a_download_is_a_file_and_not_a_page(home: str, browser: Browser, kept: Kept) -> None:
    page, wrong = watched(browser, home, WIDE)
    page.goto(f"{home}/document/{kept.codes['hostile']}")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Tải bản gốc như khi nhận").click()
    name = taken.value.suggested_filename
    assert Path(taken.value.path()).read_bytes() == b"scan hostile" and not set(name) & set("<>/\\\u202e"), name
    assert wrong == []
    page.context.close()


def test_on_paper_there_is_what_was_found_and_no_buttons(home: str, browser: Browser, kept: Kept) -> None:
    page, _ = watched(browser, home, WIDE)
    page.goto(f"{home}/document/{kept.codes['plain']}")
    page.emulate_media(media="print")
    expect(page.locator(".places")).to_be_hidden()
    expect(page.locator(".takes")).to_be_hidden()
    expect(page.get_by_role("heading", name="Chữ ký số")).to_be_visible()
    expect(page.locator("footer")).to_contain_text("Bản chép lúc")
    page.context.close()


def test_nobody_reaches_it_from_another_machine() -> None:
    sock = door.listening(0)
    assert sock.getsockname()[0] == "127.0.0.1" and sock.family == socket.AF_INET
    sock.close()
