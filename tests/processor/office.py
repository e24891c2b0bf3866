"""A demo station at work in this process, with a clock that can be moved and workers that can be watched."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from archive.store import Archive
from processor import flow, law, station, trust
from processor.cli import wiring
from processor.engine import LocalEngine
from processor.journal import Journal
from processor.seal import keyring
from processor.settings import load
from processor.shift import Shift
from processor.tools import ACTOR, Tools
from tests.testkit import faces, scans
from tests.testkit.stations import takes_any_scan

DPI = 100


def picture(text: str) -> Image.Image:
    """An A4 page at 100 dpi with a few words: read in a blink."""
    page = Image.new("L", (827, 1169), 255)
    font = ImageFont.truetype(str(faces.path("regular")), 24)
    ImageDraw.Draw(page).text((100, 200), text, font=font, fill=0)
    return page


@dataclass
class Watched:
    """Workers whose jobs are counted; `before` is told of each job before it is done."""

    inner: LocalEngine
    size: int = 1
    jobs: Counter[str] = field(default_factory=Counter)
    before: Callable[[str, Mapping[str, Any]], object] = lambda job, args: None
    abandoned: threading.Event = field(default_factory=threading.Event)

    def walls(self) -> tuple[str, ...]:
        return self.inner.walls()

    def abandon(self) -> None:
        self.abandoned.set()
        self.inner.abandon()

    def call(self, job: str, args: Mapping[str, Any], *more: Any, **named: Any) -> Any:
        self.jobs[job] += 1
        self.before(job, args)
        return self.inner.call(job, args, *more, **named)


@dataclass
class Office:
    """One demo station, and everything that was opened of it."""

    folder: Path
    engine: Watched
    moved: dt.timedelta = dt.timedelta()
    opened: list[Archive | Journal] = field(default_factory=list)
    stack: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def make(cls, place: Path, workers: LocalEngine) -> Office:
        """A demo station with its file declared."""
        station.make(place / "station", True)
        takes_any_scan(place / "station")
        settings = place / "station" / "sohoa.toml"
        settings.write_text(settings.read_text().replace('settle = "1s"', 'settle = "0.2s"'))
        office = cls(place / "station", Watched(workers))
        year = int(station.DEMO_FILE.split(".")[2])
        archive = office.shift().tools.archive
        archive.declare_file(station.DEMO_FILE, "Hồ sơ minh họa", organ_id="H05.99", year=year, actor=ACTOR)
        return office

    def clock(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.moved

    def set_clock(self, days: int, time: str, since: dt.date) -> None:
        """So many days after a day, at a time of day in Việt Nam."""
        at = dt.datetime.combine(since + dt.timedelta(days=days), dt.time.fromisoformat(time), tzinfo=law.VIETNAM)
        self.moved = at - dt.datetime.now(dt.UTC)

    def set(self, text: str) -> None:
        """Add to the station's settings."""
        with (self.folder / "sohoa.toml").open("a") as settings:
            settings.write(f"\n{text}\n")

    def shift(self, engine: Watched | None = None) -> Shift:
        """A new instance at work; the one before has stopped or was killed."""
        settings = load(self.folder)
        archive = Archive.open(self.folder / "archive", self.clock, organization=settings.station.agency)
        journal = Journal(self.folder / "work" / "journal.db")
        self.opened += [archive, journal]
        anchors = trust.listed(self.folder, settings)
        ring = self.stack.enter_context(keyring.opened(settings, self.folder))
        tools = Tools(settings, self.folder, engine or self.engine, archive, ring, wiring.outside(self.folder, settings),
                      trust.of_kind(anchors, trust.ROOTS), trust.of_kind(anchors, trust.INTERMEDIATES), self.clock,
                      persons=wiring.persons(self.folder, settings))  # fmt: skip
        return Shift(tools, journal)

    def drop(self, name: str, text: str, lane: str = "sao-y") -> Path:
        """A scan of its own lies in a drop folder."""
        path = self.folder / "drop" / lane / name
        path.parent.mkdir(exist_ok=True)
        return scans.png(path, picture(text), dpi=DPI)

    def run(self, shift: Shift, told: threading.Event | None = None) -> Counter[str]:
        """The batch; what ended in which state."""
        return flow.run(flow.Flow(shift), shift, told or threading.Event())

    def dropped(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "drop").rglob("*") if path.is_file())

    def filed(self, shift: Shift) -> list[str]:
        """Names of the documents in the archive, by their codes."""
        days = shift.tools.archive.days()
        rows = [row for day in days for row in shift.tools.archive.filed_on(day.day)]
        return [row["original_name"] for row in sorted(rows, key=lambda row: row["doc_code"])]

    def told(self, state: str) -> list[dict[str, Any]]:
        """The reasons that lie in `held` or `rejected`."""
        return [json.loads(path.read_text()) for path in sorted((self.folder / state).glob("*/*/reason.json"))]

    def close(self) -> None:
        self.stack.close()
        for each in self.opened:
            each.close()
