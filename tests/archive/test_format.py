"""FORMAT.md is for someone who has only the disk: it must name all that lies there."""

from __future__ import annotations

import datetime as dt
import json
import re

from archive.record import FIELDS
from archive.store import Archive
from tests.archive.conftest import CLERK, Office


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
