"""How well paper was scanned: what the law asks is held until a person looks, and good scans are not."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from processor import law, requests
from processor.errors import SettingsError, Verdict
from processor.intake.quality import quality
from processor.journal import Request
from processor.lanes import quality as judge
from tests.processor.office import Office
from tests.testkit import samples, scans

LIMITS = {"file_mb": 2048, "pages": 2000, "page_megapixels": 200}
Change = Callable[[Image.Image], Image.Image]
TODAY = dt.date(2026, 11, 29)
RULE = law.quality_rule("copy", TODAY)
GOOD = {"page": 1, "dpi": 300.0, "mm": [210, 297], "bits": 24, "edge_mm": 0.14, "paper": 250, "ink": 200, "clipped": []}


def never(kind: str, body: bytes) -> bytes:
    raise AssertionError(kind)


def measured(path: Path, pages: int = 1) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = quality({"path": str(path), "wanted": list(range(1, pages + 1)), "limits": LIMITS}, never)["pages"]
    return rows


def found(path: Path, pages: int = 1) -> set[str]:
    return set(judge.found(measured(path, pages), RULE))


@pytest.mark.parametrize("wear", ["clean", "mild", "worn"])
@pytest.mark.parametrize("dpi", [200, 300])
def test_sound_scans_are_never_held(tmp_path: Path, wear: str, dpi: int) -> None:
    for seed in (1, 4):
        made = samples.sample(seed, dpi=dpi, wear=wear)
        assert found(scans.pdf(tmp_path / "a.pdf", made.aged, dpi), len(made.aged)) == set()
        assert found(scans.jpeg(tmp_path / "a.jpg", made.aged[0], dpi)) == set()


def test_what_is_wrong_with_a_scan_is_found(tmp_path: Path) -> None:
    page = samples.sample(1, dpi=200).aged[0]
    assert found(scans.jpeg(tmp_path / "a.jpg", page.resize((827, 1169)), 100)) == {"low-resolution"}
    assert found(scans.jpeg(tmp_path / "a.jpg", page.convert("L"), 200)) == {"not-in-colour"}
    assert found(scans.tiff(tmp_path / "a.tif", [page], 200)) == {"not-in-colour"}
    assert found(scans.jpeg(tmp_path / "a.jpg", page.filter(ImageFilter.GaussianBlur(3)), 200)) == {"blurred"}
    assert found(scans.jpeg(tmp_path / "a.jpg", page, 1200)) == {"paper-size"}
    assert found(scans.pdf(tmp_path / "a.pdf", [page], 20)) == {"low-resolution", "paper-size"}  # a sheet of two metres
    assert "too-dark" in found(scans.jpeg(tmp_path / "a.jpg", page.point(lambda level: level // 6), 200))


@pytest.mark.parametrize(("code", "worse", "near"), [
    ("blurred", lambda page: page.filter(ImageFilter.GaussianBlur(2.2)), lambda page: page.filter(ImageFilter.GaussianBlur(1))),
    ("too-dark", lambda page: page.point(lambda level: level // 5), lambda page: page.point(lambda level: level // 3)),
])  # fmt: skip
def test_a_fault_that_is_nearly_one_is_none(tmp_path: Path, code: str, worse: Change, near: Change) -> None:
    page = samples.sample(1, dpi=200).aged[0]
    assert code in found(scans.jpeg(tmp_path / "a.jpg", worse(page), 200))
    assert code not in found(scans.jpeg(tmp_path / "b.jpg", near(page), 200))


def test_writing_too_light_to_read_is_noted_and_pale_writing_is_not(tmp_path: Path) -> None:
    page = samples.sample(1, dpi=200, wear="clean").aged[0]

    def paler(share: float) -> list[str]:
        made = page.point(lambda level: round(255 - (255 - level) * share))
        return judge.notes(measured(scans.jpeg(tmp_path / "a.jpg", made, 200)), RULE)

    assert paler(0.12) and "page 1" in paler(0.12)[0] and "too light" in paler(0.12)[0]
    assert paler(0.35) == [] == paler(1.0)
    assert judge.notes(measured(scans.jpeg(tmp_path / "b.jpg", Image.new("RGB", page.size, (250, 250, 248)), 200)), RULE) == []


def test_one_page_in_colours_is_enough(tmp_path: Path) -> None:
    made = samples.sample(1, dpi=200).aged
    assert found(scans.pdf(tmp_path / "a.pdf", [made[0].convert("L"), made[0]], 200), 2) == set()


def test_writing_that_runs_off_the_page_is_noted(tmp_path: Path) -> None:
    page = samples.sample(1, dpi=200).pages[0].image
    cut = page.crop((0, 0, page.width, page.height * 2 // 5))
    written = (numpy.asarray(cut.convert("L")) < 128).sum(axis=1) > 150
    through = int(numpy.flatnonzero(written[cut.height // 2 :])[0]) + cut.height // 2  # the first line of writing there, cut through
    cut = cut.crop((0, through, cut.width, cut.height))
    whole, off = measured(scans.png(tmp_path / "a.png", page, 200)), measured(scans.png(tmp_path / "b.png", cut, 200))
    assert judge.notes(whole, RULE) == []
    assert "page 1 top" in judge.notes(off, RULE)[0]
    near = Image.new("L", (cut.width, cut.height + 48), 255)  # three millimetres of paper above and below
    near.paste(cut.convert("L"), (0, 24))
    assert judge.notes(measured(scans.png(tmp_path / "c.png", near, 200)), RULE) == []
    assert judge.found(off, RULE).keys() <= {"not-in-colour"}


pages = st.fixed_dictionaries({
    "page": st.integers(1, 99), "dpi": st.floats(0, 1200), "mm": st.lists(st.integers(0, 5000), min_size=2, max_size=2),
    "bits": st.sampled_from([1, 8, 16, 24]), "edge_mm": st.none() | st.floats(0, 5), "paper": st.integers(0, 255), "ink": st.integers(0, 255),
    "clipped": st.lists(st.sampled_from(["top", "left"]), unique=True),
})  # fmt: skip


@given(st.lists(pages, max_size=8), st.lists(st.sampled_from(judge.CODES), max_size=2))
def test_what_is_held_names_everything_and_is_released_at_once(rows: list[dict[str, Any]], released: list[str]) -> None:
    wrong = judge.found(rows, RULE)
    try:
        judge.check(wrong, RULE, released)
    except Verdict as verdict:
        assert not released and verdict.code == next(iter(wrong)) and all(code in verdict.detail for code in wrong)
    else:
        assert released or not wrong


def test_a_rule_is_found_by_the_day_and_a_slip_in_it_is_told(tmp_path: Path) -> None:
    assert law.quality_rule("archive", TODAY).act == "TT 05/2025/TT-BNV" and law.quality_rule("copy", TODAY).dpi == 200
    with pytest.raises(SettingsError):
        law.quality_rule("archive", dt.date(2025, 6, 30))
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "quality.toml").write_text('[[rule]]\nlanes = ["copy"]\nvalid_from = 2020-01-01\ndpy = 100\n')
    with pytest.raises(SettingsError, match="dpy"):
        law.quality_rule("copy", TODAY, tmp_path)


def test_a_poor_scan_is_held_and_a_person_releases_it(office: Office) -> None:
    (office.folder / "law" / "quality.toml").unlink()  # the law as it is
    office.drop("a.png", "Văn bản xám 100 dpi")
    office.drop("b.png", "Hồ sơ xám 100 dpi", "luu-tru")
    shift = office.shift()
    assert office.run(shift) == {"held": 2} and office.engine.jobs["recognise"] == 0
    for told in office.told("held"):
        assert told["code"] == "low-resolution" and "not-in-colour" in told["detail"] and "100 dpi" in told["detail"]
    folder = next((office.folder / "held" / "sao-y").iterdir())
    assert "200 dpi" in (folder / "ly-do.txt").read_text("utf-8-sig")
    requests.do(Request(0, "release", {"kind": "held", "name": folder.relative_to(office.folder).as_posix()}), shift)
    assert office.run(shift) == {"filed": 1}
    (row,) = [row for day in shift.tools.archive.days() for row in shift.tools.archive.filed_on(day.day)]
    told = json.loads((shift.tools.archive.root / row["path"]).with_suffix(".json").read_text())["provenance"]
    assert told["released"] == ["low-resolution"] and set(told["quality"]["found"]) == {"low-resolution", "not-in-colour"}


