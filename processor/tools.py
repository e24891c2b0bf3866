"""What the stages of a document need from elsewhere, handed in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from archive.store import Archive
from processor import lanes, law
from processor.document import Scan
from processor.engine import Engine
from processor.seal.keys import Sealer
from processor.seal.timestamps import Outside
from processor.settings import Settings
from processor.tables import Lane

ACTOR = "sohoa"


@dataclass(frozen=True, slots=True)
class Tools:
    """What the stages need from elsewhere; handed in, so that tests can hand in others.

    Attributes:
        key_missing: why there is no `sealer` though the station may seal, else empty.
        clean: an engine whose workers never read what arrived: one that did could ask for a seal of its own making.
    """

    settings: Settings
    station: Path
    engine: Engine
    archive: Archive
    sealer: Sealer | None
    outside: Outside
    roots: tuple[bytes, ...]
    intermediates: tuple[bytes, ...]
    clock: Callable[[], dt.datetime]
    key_missing: str = ""
    clean: Engine | None = None

    @property
    def sealing(self) -> Engine:
        """Where seals are made and examined."""
        return self.clean or self.engine

    def abandon(self) -> None:
        """End all jobs in hand; from any thread."""
        for engine in (self.engine, self.sealing):
            engine.abandon()

    @property
    def font(self) -> str:
        """The office's own font file, absolute; empty where one is looked for."""
        return str(self.station / self.settings.seal.font) if self.settings.seal.font else ""


def lane_of(scan: Scan, tools: Tools) -> Lane:
    """The lane a scan came by."""
    return tools.settings.lanes[scan.lane]


def block_rule(scan: Scan, tools: Tools, moment: dt.datetime) -> law.BlockRule:
    """How the block of a scan's lane is written at a moment."""
    lane = lane_of(scan, tools)
    return law.block_rule(lanes.kind(lane).block(lane), moment.astimezone(law.VIETNAM).date(), tools.station)
