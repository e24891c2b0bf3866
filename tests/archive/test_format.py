"""FORMAT.md is for someone who has only the disk: it must name all that lies there."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
import textwrap
from pathlib import Path

import pytest

from archive.record import FIELDS
from archive.store import Archive
from archive.web import site
from tests.archive.conftest import CLERK, Office
from tests.testkit.insider import House, house

ROOT = Path(__file__).parents[2] / "archive"


def test_it_lies_in_the_archive_and_names_every_field_event_and_table(office: Office, archive: Archive) -> None:
    record = archive.file(office.filing(archive, original_name="\udcff.pdf"), CLERK)
    archive.describe(record["doc_code"], {"subject": "x"}, CLERK)
    archive.void(office.filing(archive, "b").doc_code, "blank", CLERK)
    archive.close_file(record["file_code"], CLERK)
    office.clock.pass_(days=1)
    archive.seal_day(dt.date(2026, 11, 23), "night")
    words = set(re.findall(r"`([^`\s]+)`", (office.root / "FORMAT.md").read_text("utf-8")))

    beside = json.loads((office.root / record["path"]).with_suffix(".json").read_bytes())
    assert set(beside) | set(FIELDS) <= words
    line = json.loads((office.root / "2026/11/23/data/events.jsonl").read_text().splitlines()[0])
    assert set(line) | set(json.loads(line["entry"])) <= words
    with archive._catalogue.reading() as db:
        types = {row["type"] for row in db.query("select distinct type from event")}
        tables = {name for name in db.table_names() if not name.startswith(("search_fts_", "name_fts_"))}
        sealed = json.loads(list(db.query("select public from event where type = 'sealed'"))[0]["public"])
        filed = json.loads(list(db.query("select public from event where type = 'filed'"))[0]["public"])
    assert types | tables | set(sealed) | set(filed) <= words


def test_every_event_of_the_page_has_its_words_on_the_auditors_pages() -> None:
    section = (ROOT / "FORMAT.md").read_text("utf-8").split("| `file-declared`")[1].split("\n\n")[0]
    named = {type for row in re.findall(r"^\| (`.*?) \|", "| `file-declared`" + section, re.MULTILINE) for type in re.findall(r"`([a-z-]+)`", row)}
    assert {name.removeprefix("event_") for name in site.said() if name.startswith("event_")} == named


def blocks(heading: str) -> list[str]:
    """What is to be pasted, of a section."""
    section = (ROOT / "FORMAT.md").read_text("utf-8").split(f"\n## {heading}")[1].split("\n## ")[0]
    return [textwrap.dedent(found) for found in re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> House:
    return house(tmp_path_factory.mktemp("house"))


def test_a_head_is_checked_by_hand_as_the_page_says(left: House, tmp_path: Path) -> None:
    (script,) = blocks("The published log")
    root, tsa = left.authorities
    at = int((dt.datetime.fromisoformat(f"{left.days[1]}T05:00Z") + dt.timedelta(days=1)).timestamp())
    own = {"log=/archive/_log": f"log={left.root}/_log", "day=2026-11-24": f"day={left.days[1]}",
           "root=/media/root.pem": f"root={root}", "tsa=/media/tsa-root.pem": f"tsa={tsa}", "at=1795500000": f"at={at}"}  # fmt: skip
    for line, mine in own.items():
        assert line in script
        script = script.replace(line, mine)
    done = subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    for good in ("Signature Verified Successfully", "CMS Verification successful", "Verification: OK", "Time stamp:", "who.pem: OK"):
        assert good in told


def test_the_program_is_run_as_the_page_says(left: House, tmp_path: Path) -> None:
    (line,) = blocks("The program that checks")
    root, tsa = left.authorities
    for said, mine in {"/archive": left.root, "/media/root.pem": root, "/media/tsa-root.pem": tsa, "/home/me/checkpoint": left.kept}.items():
        assert f" {said}" in line
        line = line.replace(f" {said}", f" {mine}")
    done = subprocess.run(line, shell=True, cwd=left.root / "_tools", capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "note: signed by: " in done.stdout, done.stdout + done.stderr


def test_the_page_names_every_code_of_the_program_and_no_other() -> None:
    section = (ROOT / "FORMAT.md").read_text("utf-8").split("\n## The program that checks")[1].split("\n## ")[0]
    named = {code for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for code in re.findall(r"`([a-z-]+)`", row)}
    source = (ROOT / "verify_offline.py").read_text("utf-8")
    calls = re.findall(r"self\.find\((.*)", source) + re.findall(r"code = (.*)", source) + re.findall(r", code in (.*)", source)
    told = {code for call in calls for code in re.findall(r'"([a-z]+(?:-[a-z]+)*)"(?!\])', call.split(", f\"")[0])}
    told |= {f"{what}-{how}" for what in re.findall(r'self\.lay\(.*?, "([a-z]+)",', source) for how in ("altered", "missing")}
    assert named == told - {"_log"}
