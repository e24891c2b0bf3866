"""Heads of the log at a real station: published in the night, signed and time-stamped so that openssl alone verifies them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archive import evidence, headfiles, heads
from archive.errors import ArchiveError
from archive.heads import Published, Standing
from archive.naming import local_date
from processor import nightly, publishing
from processor.cli import cli, wiring
from processor.engine import LocalEngine
from processor.errors import Verdict
from processor.seal import logkey
from processor.seal.timestamps import Outside
from processor.shift import Shift
from tests.processor.office import Office


@pytest.fixture
def sealed(tmp_path: Path, workers: LocalEngine) -> Iterator[tuple[Office, Shift]]:
    """A station on whose first day nothing but an event happened; the day is sealed."""
    office = Office.make(tmp_path, workers)
    shift = office.shift()
    today = dt.datetime.now(dt.UTC).astimezone(dt.timezone(dt.timedelta(hours=7))).date()
    office.set_clock(1, "01:00", today)
    shift.tools.archive.seal_day(today, "test")
    office.moved = dt.timedelta()  # certificates of the demo are of today
    yield office, shift
    office.close()


def openssl(*words: str | Path) -> str:
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    return f"{done.returncode} {done.stdout} {done.stderr}"


def signature(head: Published, root: Path) -> str:
    return openssl("cms", "-verify", "-binary", "-inform", "DER", "-in", head.folder / "checkpoint.p7s", "-content", head.folder / "checkpoint",
                   "-CAfile", root, "-certfile", head.folder / "checkpoint.p7s.pem", "-purpose", "any", "-out", "/dev/null")  # fmt: skip


def token(head: Published, root: Path) -> str:
    return openssl("ts", "-verify", "-data", head.folder / "checkpoint", "-in", head.folder / "checkpoint.tsr", "-CAfile", root,
                   "-untrusted", head.folder / "checkpoint.tsr.pem")  # fmt: skip


def test_openssl_alone_verifies_signature_and_token(sealed: tuple[Office, Shift]) -> None:
    office, shift = sealed
    assert publishing.publish(shift.tools) == Standing(1, 0, 0)
    (head,) = shift.tools.archive.published()
    root = office.folder / "authority" / "root.pem"
    assert signature(head, root).startswith("0 "), signature(head, root)
    assert token(head, root).startswith("0 "), token(head, root)
    with (head.folder / "checkpoint").open("a") as file:
        file.write("more\n")
    assert not signature(head, root).startswith("0 ")
    assert not token(head, root).startswith("0 ")


class Silent(Outside):
    def stamp(self, request: bytes, skip: int) -> bytes:
        raise Verdict("waiting-tsa", "nobody answers")

    def fetch(self, url: str, body: bytes) -> bytes:
        raise Verdict("waiting-revocation", "nobody answers")


def test_seal_answers_that_a_head_still_lacks_its_time_stamp(sealed: tuple[Office, Shift], monkeypatch: pytest.MonkeyPatch) -> None:
    station = str(sealed[0].folder)
    with monkeypatch.context() as patch:
        patch.setattr(wiring, "outside", lambda *_: Silent())
        lacking = CliRunner().invoke(cli, ["seal", "--station", station])
    assert lacking.exit_code == 75 and "1 without a time-stamp" in lacking.stdout, lacking.output
    done = CliRunner().invoke(cli, ["seal", "--station", station])
    assert (done.exit_code, done.stdout) == (0, "no past day waits for its seal\nheads of the log published: 1\n"), done.output


def test_without_time_it_is_published_and_stamped_later(sealed: tuple[Office, Shift]) -> None:
    _, shift = sealed
    assert publishing.publish(dataclasses.replace(shift.tools, outside=Silent())) == Standing(1, 0, 1)
    (head,) = shift.tools.archive.published()
    before = (head.folder / "checkpoint").read_bytes()
    assert publishing.publish(shift.tools) == Standing(1, 0, 0)
    assert (head.folder / "checkpoint").read_bytes() == before


@pytest.mark.parametrize("broken", ["put", "of_night"])
def test_a_head_whose_files_fail_keeps_no_other_and_no_night(
    sealed: tuple[Office, Shift], monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    _, shift = sealed
    publishing.publish(dataclasses.replace(shift.tools, outside=Silent()))
    (head,) = shift.tools.archive.published()
    before, asked = getattr(evidence, broken), list[object]()

    def fails_once(*words: Any) -> Any:
        asked.append(words)
        if len(asked) == 1:
            raise PermissionError("closed")
        return before(*words)

    monkeypatch.setattr(f"archive.evidence.{broken}", fails_once)
    publishing._add([head, head], publishing._prove, shift.tools)
    assert len(asked) == 2 and head.is_evident


def test_without_a_clerk_it_is_published_and_signed_in_the_next_session(sealed: tuple[Office, Shift]) -> None:
    _, shift = sealed
    assert publishing.publish(dataclasses.replace(shift.tools, ring=None)) == Standing(1, 1, 0)
    assert publishing.complete(shift.tools) == Standing(1, 0, 0)


def test_the_logs_key_is_nobodys_to_read(sealed: tuple[Office, Shift]) -> None:
    office, shift = sealed
    publishing.publish(shift.tools)
    assert (office.folder / logkey.FILE).stat().st_mode & 0o777 == 0o600
    assert logkey.opened(office.folder).public == logkey.opened(office.folder).public


def test_the_verifier_in_the_archive_finds_nothing_wrong_with_it(tmp_path: Path, workers: LocalEngine) -> None:
    office = Office.make(tmp_path, workers)
    shutil.rmtree(office.folder / "archive")  # its first events are of today
    office.moved = -dt.timedelta(days=1)
    shift = office.shift()
    yesterday = local_date(office.clock())
    shift.tools.archive.event("fixity", actor="test", public={"checked": 0, "findings": 0})
    office.moved = dt.timedelta()
    shift.tools.archive.seal_day(yesterday, "test")
    assert publishing.publish(shift.tools) == Standing(1, 0, 0)
    office.close()
    archive, root = office.folder / "archive", office.folder / "authority" / "root.pem"
    words = (sys.executable, "-I", archive / "_tools" / "verify.py", archive, "--root", root, "--witness", archive / "_log" / "checkpoint")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "signed by: " in done.stdout and "there yet" not in done.stdout, done.stdout + done.stderr


def test_a_head_that_cannot_be_published_is_told_and_keeps_no_night(sealed: tuple[Office, Shift]) -> None:
    """Somebody laid another key where the log's own is kept."""
    office, shift = sealed
    publishing.publish(shift.tools)
    (key,) = office.folder.glob("archive/_log/keys/*.txt")
    good = key.read_text()
    key.write_text("other\n")
    shift.tools.archive.event("fixity", actor="test", public={"checked": 0, "findings": 0})
    later = local_date(office.clock()) + dt.timedelta(days=1)
    office.set_clock(1, "01:00", later)
    shift.tools.archive.seal_day(later, "test")
    office.moved = dt.timedelta()
    stood, findings = nightly._publish(shift.tools)
    assert stood.published >= 1 and [each.code for each in findings] == ["head-not-published"]
    key.write_text(good)
    assert nightly._publish(shift.tools) == (Standing(2, 0, 0), []) and not shift.tools.archive.lost_heads()


# --- a head that was taken away, or interrupted


@pytest.fixture
def two(sealed: tuple[Office, Shift]) -> tuple[Office, Shift, Published]:
    """Two nights were published; the newest head."""
    office, shift = sealed
    publishing.publish(shift.tools)
    shift.tools.archive.event("fixity", actor="test", public={"checked": 0, "findings": 0})
    later = local_date(office.clock()) + dt.timedelta(days=1)
    office.set_clock(1, "01:00", later)
    shift.tools.archive.seal_day(later, "test")
    office.moved = dt.timedelta()
    publishing.publish(shift.tools)
    return office, shift, shift.tools.archive.published()[-1]


def take_away(head: Published) -> None:
    """With the older checkpoint in its place: all on the disk is as if the night had been interrupted before."""
    shutil.rmtree(head.folder)
    (older,) = head.folder.parent.glob("*-*-*/checkpoint")
    shutil.copy(older, head.folder.parent / "checkpoint")


def files_of(head: Published) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in head.folder.iterdir()}


def test_a_head_that_was_taken_away_is_not_made_again_nor_published_over(two: tuple[Office, Shift, Published]) -> None:
    office, shift, head = two
    before, station = files_of(head), str(office.folder)
    office.set('[mirrors.nas]\npath = "nas"')
    shutil.copytree(office.folder / "archive", office.folder / "nas")
    take_away(head)
    again = office.shift()  # the settings have a copy by now
    stood, findings = nightly._publish(again.tools)
    assert [(each.code, "lost" in each.detail or "not there" in each.detail) for each in findings] == [("head-not-published", True)]
    assert stood.published == 2 and not head.folder.exists()
    assert "head-missing" in {each.code for each in again.tools.archive.lost_heads()}
    publishing.complete(again.tools)
    assert not head.folder.exists(), "nor does a clerk's session make it again"
    with pytest.raises(ArchiveError, match="head-missing"):
        CliRunner().invoke(cli, ["seal", "--station", station], catch_exceptions=False)
    done = CliRunner().invoke(cli, ["copies", "restore", f"_log/{head.day}", "--from", "nas", "--station", station])
    assert done.exit_code == 0, done.output
    assert files_of(head) == before
    assert publishing.publish(again.tools) == Standing(2, 0, 0) and again.tools.archive.lost_heads() == []


def test_a_time_stamp_that_was_taken_away_is_not_had_anew(two: tuple[Office, Shift, Published]) -> None:
    _, shift, head = two
    (head.folder / "checkpoint.tsr").unlink()
    publishing.complete(shift.tools)
    assert not (head.folder / "checkpoint.tsr").exists(), "a later one would hide that the one there was is lost"
    with pytest.raises(ArchiveError, match="head-missing"):
        publishing.publish(shift.tools)


def test_a_head_is_published_again_by_a_persons_word_and_the_verifier_notes_it(two: tuple[Office, Shift, Published]) -> None:
    office, _, head = two
    station, archive = str(office.folder), office.folder / "archive"
    take_away(head)
    for words in (["--lost", f"{head.day}"], ["--reason", "x"], ["--lost", f"{head.day}", "--reason", " "]):
        assert CliRunner().invoke(cli, ["seal", *words, "--station", station]).exit_code != 0
    done = CliRunner().invoke(cli, ["seal", "--lost", f"{head.day}", "--reason", "Đĩa hỏng", "--station", station])
    assert done.exit_code == 0 and f"published again: the head of {head.day}" in done.stdout, done.output
    assert {"checkpoint", "checkpoint.p7s", "checkpoint.tsr", "evidence.tst"} <= files_of(head).keys()
    words = (sys.executable, "-I", archive / "_tools" / "verify.py", archive, "--root", office.folder / "authority" / "root.pem")
    told = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    assert f"note: head of {head.day}: 9 of its files were lost, and made again" in told
    assert "head-missing" not in told and "head-altered" not in told, told


class Killed(BaseException):
    """The power went."""


@pytest.mark.parametrize("point", ["entries.jsonl", "checkpoint", "newest", "note"])
def test_a_head_that_was_interrupted_anywhere_is_finished_by_itself(
    sealed: tuple[Office, Shift], monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    _, shift = sealed
    log, before = shift.tools.archive.root / "_log", {name: getattr(heads, name) for name in ("write_durably", "replace_durably")}

    def dies(name: str, target: Path, data: bytes) -> object:
        if target == log / "checkpoint" if point == "newest" else target.parent != log and target.name == point:
            raise Killed
        return before[name](target, data)

    with monkeypatch.context() as patched:
        for name in before:
            patched.setattr(heads, name, lambda target, data, name=name: dies(name, target, data))
        if point == "note":
            patched.setattr(headfiles, "_laid_down", lambda folder: dies("", folder / point, b""))
        with pytest.raises(Killed):
            publishing.publish(shift.tools)
    assert shift.tools.archive.lost_head_files() == [], "what the log does not tell of was not published"
    assert publishing.publish(shift.tools) == Standing(1, 0, 0)
    assert shift.tools.archive.lost_heads() == [] and len(shift.tools.archive.happened("published")) == 1
