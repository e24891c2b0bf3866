"""The desk as a clerk has it: in a real browser, by the keyboard."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from archive.store import Archive
from tests.processor.desk.conftest import HOSTILE, Served, served, sohoa
from tests.processor.office import DPI, picture
from tests.referees import judges
from tests.testkit import scans

CHROMIUM = Path("/usr/bin/chromium")  # Debian's; a browser of Playwright's own is another program than clerks have
TEN = 10


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    judges.need("chromium")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@dataclass
class Clerk:
    """A browser that came by the link, and what went wrong in it."""

    desk: Served
    context: BrowserContext
    page: Page
    wrong: list[str] = field(default_factory=list)

    def goes(self, path: str) -> None:
        self.page.goto(self.desk.home + path)

    def types(self, *keys: str) -> None:
        """Text is typed, names of keys are pressed, as focus goes."""
        for key in keys:
            if re.fullmatch(r"(Alt\+|Control\+)?(Enter|Escape|Tab|F1|Arrow\w+|r)", key):
                self.page.keyboard.press(key)
            else:
                self.page.keyboard.type(key)

    def is_at(self, name: str) -> None:
        """The page is there and the cursor stands in a field."""
        expect(self.page.locator(f"#f-{name}")).to_be_focused()


def come(desk: Served, browser: Browser, wide: int = 1440, high: int = 900) -> Clerk:
    context = browser.new_context(viewport={"width": wide, "height": high}, locale="vi-VN")
    page = context.new_page()
    clerk = Clerk(desk, context, page)
    page.on("pageerror", lambda error: clerk.wrong.append(str(error)))
    page.on("console", lambda said: clerk.wrong.append(said.text) if said.type == "error" and "status of 4" not in said.text else None)
    page.on("dialog", lambda dialog: clerk.wrong.append(dialog.message))
    page.on("request", lambda asked: clerk.wrong.append(asked.url) if not asked.url.startswith(desk.home) else None)
    page.goto(desk.link)
    desk.link = desk.next_link()
    expect(page).to_have_url(desk.home + "/")
    return clerk


@pytest.fixture
def clerk(desk: Served, browser: Browser) -> Iterator[Clerk]:
    made = come(desk, browser)
    yield made
    made.context.close()
    assert made.wrong == []


def record(folder: Path, code: str) -> dict[str, Any]:
    archive = Archive.open(folder / "archive", lambda: dt.datetime.now(dt.UTC))
    found = archive.get(code)
    archive.close()
    assert found is not None
    return found


def to_describe(folder: Path) -> list[str]:
    return [row["id"] for row in json.loads(sohoa(folder, "status", "--json").stdout)["to_describe"]]


def test_where_a_field_was_read_is_marked_when_the_cursor_is_in_it(clerk: Clerk) -> None:
    code = to_describe(clerk.desk.folder)[0]
    path = (clerk.desk.folder / "archive" / record(clerk.desk.folder, code)["path"]).with_suffix(".json")
    kept = path.read_bytes()
    told = json.loads(kept)
    told["provenance"]["places"] = {"code_notation": [1, 0.1, 0.15, 0.3, 0.19], "subject": [9, 0, 0, 1, 1], "note": "x"}
    path.chmod(0o644)
    path.write_text(json.dumps(told), "utf-8")
    clerk.goes(f"/filed/{code}")
    clerk.is_at("code_number")
    expect(clerk.page.locator("rect.exact.on")).to_have_count(0)
    clerk.types("Tab")
    clerk.is_at("code_notation")
    mark, leaf = clerk.page.locator("rect.exact.on").bounding_box(), clerk.page.locator("#leaf-1").bounding_box()
    assert mark and leaf
    assert abs(mark["x"] - leaf["x"] - 0.1 * leaf["width"]) < 3 and abs(mark["width"] - 0.2 * leaf["width"]) < 3
    path.write_bytes(kept)


@pytest.mark.parametrize(("wide", "high"), [(1440, 900), (390, 844)])
def test_nothing_is_wider_than_the_screen_and_every_field_has_its_name(desk: Served, browser: Browser, wide: int, high: int) -> None:
    clerk = come(desk, browser, wide, high)
    lot = next((desk.folder / "held").glob("*/*")).relative_to(desk.folder).as_posix()
    for path in ("/", "/?tab=held", "/?tab=waiting", f"/filed/{to_describe(desk.folder)[0]}", f"/{lot}"):
        clerk.goes(path)
        assert clerk.page.evaluate("document.scrollingElement.scrollWidth") <= wide, path
        nameless = "[...document.querySelectorAll('input:not([type=hidden]), textarea, select')].filter(each => !each.labels.length).length"
        assert clerk.page.evaluate(nameless) == 0, path
    assert clerk.wrong == []
    clerk.context.close()


def test_what_names_and_texts_say_is_never_done(clerk: Clerk) -> None:
    (hostile,) = [code for code in to_describe(clerk.desk.folder) if record(clerk.desk.folder, code)["subject"] == HOSTILE]
    clerk.goes(f"/filed/{hostile}")
    clerk.is_at("code_number")
    expect(clerk.page.locator("#f-subject")).to_have_value(HOSTILE)
    assert "hỏng" not in clerk.page.title()
    assert clerk.page.locator("main img").count() == clerk.page.locator(".leaf img, img.ahead").count()


def test_ten_documents_by_the_keyboard_alone(clerk: Clerk) -> None:
    codes = to_describe(clerk.desk.folder)[:TEN]
    clerk.types("Enter")
    for number, code in enumerate(codes):
        expect(clerk.page).to_have_url(f"{clerk.desk.home}/filed/{code}")
        clerk.is_at("code_number")
        clerk.types(str(100 + number), "Enter")
    expect(clerk.page.locator(".said")).to_contain_text(codes[-1])
    for number, code in enumerate(codes):
        found = record(clerk.desk.folder, code)
        assert (found["code_number"], found["description"]) == (str(100 + number), "full")
    assert len(to_describe(clerk.desk.folder)) == 2


def test_the_cursor_stands_in_no_field_before_its_keys_work(clerk: Clerk) -> None:
    code = to_describe(clerk.desk.folder)[0]
    clerk.page.route("**/static/desk.js", lambda route: route.abort())
    clerk.goes(f"/filed/{code}")
    expect(clerk.page.locator("#f-code_number")).to_be_visible()
    assert clerk.page.evaluate("document.activeElement.tagName") == "BODY"
    clerk.page.unroute("**/static/desk.js")
    clerk.goes(f"/filed/{code}")
    clerk.is_at("code_number")
    clerk.wrong[:] = [said for said in clerk.wrong if "ERR_FAILED" not in said]


def test_a_day_is_read_back_and_taken_by_a_second_enter(clerk: Clerk) -> None:
    code = to_describe(clerk.desk.folder)[0]
    clerk.goes(f"/filed/{code}")
    clerk.page.locator("#f-issued_date").focus()
    clerk.types("3/1")
    expect(clerk.page.locator("#h-issued_date")).to_contain_text("= 03/01/")
    clerk.types("Enter")
    expect(clerk.page.locator("#f-issued_date")).to_have_value(re.compile(r"03/01/20\d\d"))
    clerk.types("Escape")
    expect(clerk.page.locator("#f-issued_date")).to_have_value("05/02/2026")
    clerk.types("03012026", "Enter")
    expect(clerk.page.locator(".said")).to_contain_text(code)
    assert record(clerk.desk.folder, code)["issued_date"] == "2026-01-03"


def test_who_comes_second_sees_both_values_and_chooses(clerk: Clerk, browser: Browser) -> None:
    code = to_describe(clerk.desk.folder)[0]
    other = come(clerk.desk, browser)
    for each in (clerk, other):
        each.goes(f"/filed/{code}")
        each.is_at("code_number")
    clerk.types("21", "Enter")
    expect(clerk.page.locator(".said")).to_be_visible()
    other.types("22", "Control+Enter")
    expect(other.page.locator(".alert")).to_contain_text("Có người vừa sửa")
    expect(other.page.locator(".theirs b")).to_have_text("21")
    expect(other.page.locator("#f-code_number")).to_have_value("22")
    other.page.get_by_role("button", name="Lấy giá trị này").click()
    other.page.locator("#f-note").evaluate("box => { box.closest('details').open = true; box.focus(); }")
    other.types("đã đối chiếu", "Enter")
    expect(other.page.locator(".said")).to_be_visible()
    found = record(clerk.desk.folder, code)
    assert (found["code_number"], found["note"]) == ("21", "đã đối chiếu")
    other.context.close()


def test_help_is_a_key_away_and_leaving_what_is_not_saved_asks_once(clerk: Clerk) -> None:
    code = to_describe(clerk.desk.folder)[0]
    clerk.goes(f"/filed/{code}")
    clerk.is_at("code_number")
    clerk.types("?")
    expect(clerk.page.locator("#help")).to_be_visible()
    clerk.types("Escape", "9", "Alt+ArrowLeft")
    expect(clerk.page.locator("#help")).to_be_hidden()
    before = clerk.page.locator("#before, #after")
    if before.count():
        clerk.types("Alt+ArrowRight")
        expect(clerk.page.locator("#form-hint")).to_contain_text("Chưa lưu")
    assert record(clerk.desk.folder, code)["code_number"] is None


def test_what_is_typed_while_a_document_is_sent_is_no_part_of_it(clerk: Clerk) -> None:
    clerk.goes(f"/filed/{to_describe(clerk.desk.folder)[0]}")
    clerk.is_at("code_number")
    asked: list[Route] = []
    clerk.page.route("**/alive", lambda route: asked.append(route))  # a desk that takes its time
    clerk.types("41")
    with clerk.page.expect_request("**/alive"):
        clerk.types("Enter")
    clerk.types("9")
    expect(clerk.page.locator("#f-code_number")).to_have_value("41")
    asked[0].abort()  # and then does not answer
    expect(clerk.page.locator("#form-hint")).to_contain_text("còn nguyên")
    clerk.page.locator("#f-code_number").press("End")
    clerk.types("9")
    expect(clerk.page.locator("#f-code_number")).to_have_value("419")
    clerk.wrong[:] = [said for said in clerk.wrong if "ERR_FAILED" not in said]


@pytest.mark.parametrize("link", [".brand", ".tabs a >> nth=1"])
def test_a_click_that_leaves_what_is_not_saved_asks_once_where_it_is_seen(desk: Served, browser: Browser, link: str) -> None:
    clerk, code = come(desk, browser, 1366, 768), to_describe(desk.folder)[0]
    clerk.goes(f"/filed/{code}")
    clerk.is_at("code_number")
    clerk.types("51")
    clerk.page.locator(link).click()
    expect(clerk.page.locator("#form-hint")).to_contain_text("Chưa lưu")
    expect(clerk.page.locator("#form-hint")).to_be_in_viewport(ratio=1)
    expect(clerk.page.locator("#f-code_number")).to_have_value("51")
    clerk.page.locator(link).click()
    expect(clerk.page).not_to_have_url(f"{desk.home}/filed/{code}")
    assert record(desk.folder, code)["code_number"] is None
    assert clerk.wrong == []
    clerk.context.close()


def test_what_was_typed_outlives_the_desk(station: Path, browser: Browser) -> None:
    code = to_describe(station)[0]
    first = served(station)
    port = first.home.rpartition(":")[2]
    clerk = come(first, browser)
    clerk.goes(f"/filed/{code}")
    clerk.is_at("code_number")
    first.end(at_once=True)
    clerk.types("31", "Enter")
    expect(clerk.page.locator("#form-hint")).to_contain_text("còn nguyên")
    again = served(station, "--port", port)
    clerk.types("Enter")
    expect(clerk.page.locator("#form-hint")).to_contain_text("khởi động lại")
    tab = clerk.context.new_page()
    tab.goto(again.link)
    expect(tab).to_have_url(again.home + "/")
    clerk.page.bring_to_front()
    clerk.types("Enter")
    expect(clerk.page.locator(".said")).to_contain_text(code)
    assert record(station, code)["code_number"] == "31"
    clerk.context.close()
    again.end()


def test_what_is_opened_below_the_fields_is_seen_whole_on_a_small_screen(desk: Served, browser: Browser) -> None:
    clerk = come(desk, browser, 1366, 768)
    clerk.goes("/?tab=held")
    clerk.types("Enter")
    clerk.is_at("pages")
    clerk.types("Alt+r")
    expect(clerk.page.locator("#refuse button.danger")).to_be_in_viewport(ratio=1)
    clerk.page.get_by_text("Tách thành nhiều văn bản").click()
    expect(clerk.page.get_by_role("button", name="Tách", exact=True)).to_be_in_viewport(ratio=1)
    assert clerk.wrong == []
    clerk.context.close()


def test_a_held_page_is_turned_and_its_document_refused_by_the_keyboard(clerk: Clerk) -> None:
    clerk.goes("/?tab=held")
    clerk.types("Enter")
    clerk.is_at("pages")
    for _ in range(3):
        clerk.page.locator("[data-turn='2']").click()
    expect(clerk.page.locator("#f-rotate")).to_have_value("2:270")
    expect(clerk.page.locator("#leaf-2")).to_have_class(re.compile("turned-270"))
    clerk.types("Alt+r")
    expect(clerk.page.locator("#reject-reason")).to_be_focused()
    clerk.types("Quét lại", "Enter")
    expect(clerk.page.locator(".said")).to_contain_text("Đã từ chối")


def test_a_held_scan_is_split_and_no_page_is_left_out_unsaid(clerk: Clerk) -> None:
    clerk.goes("/?tab=held")
    name = clerk.page.locator("a.row .name").first.inner_text()
    clerk.types("Enter")
    clerk.page.get_by_text("Tách thành nhiều văn bản").click()
    clerk.page.locator("#parts").fill("1-2; 4")
    clerk.types("Enter")
    expect(clerk.page.locator(".alert")).to_contain_text("Trang bị bỏ ra: 3")
    expect(clerk.page.locator("#parts")).to_have_value("1-2; 4")
    clerk.page.locator("#parts").fill("1-2; 3,4")
    clerk.types("Enter")
    expect(clerk.page.locator(".said")).to_contain_text("Đã tách")
    clerk.page.close()
    clerk.desk.end()
    sohoa(clerk.desk.folder, "run")
    held = json.loads(sohoa(clerk.desk.folder, "status", "--json").stdout)["held"]
    assert sorted(row["part"] for row in held if row["name"] == name) == ["1-2", "3-4"]


def test_two_held_scans_are_joined_in_the_order_that_is_typed(station: Path, browser: Browser) -> None:
    for name in ("ghep-1.pdf", "ghep-2.pdf"):
        scans.pdf(station / "drop" / "trich-sao" / name, [picture(f"{name} trang {number}") for number in (1, 2)], DPI)
    sohoa(station, "run")
    desk = served(station)
    clerk = come(desk, browser)
    clerk.goes("/?tab=held")
    clerk.page.locator("a.row", has_text="ghep-1.pdf").click()
    clerk.page.get_by_text("Ghép với bản quét khác").click()
    clerk.page.get_by_label("ghep-1.pdf").fill("2")
    clerk.types("Enter")
    expect(clerk.page.locator(".alert")).to_contain_text("Ghi thứ tự")
    expect(clerk.page.get_by_label("ghep-1.pdf")).to_have_value("2")
    clerk.page.get_by_label("ghep-2.pdf").fill("1")
    expect(clerk.page.locator(".offer.open b")).to_have_text("ghep-1.pdf")
    clerk.types("Enter")
    expect(clerk.page.locator(".said")).to_contain_text("Đã ghép")
    clerk.context.close()
    for _ in range(600):  # nobody else is at work: the desk does it
        found = {told["original_name"]: told for told in (json.loads(each.read_text("utf-8")) for each in station.glob("held/*/*/reason.json"))}
        if "ghep-2 (ghép 2).pdf" in found:
            break
        time.sleep(0.1)
    desk.end()
    assert found["ghep-2 (ghép 2).pdf"]["joined_from"] == [found[name]["scan_sha256"] for name in ("ghep-2.pdf", "ghep-1.pdf")]
    assert clerk.wrong == []
