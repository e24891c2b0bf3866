"""What the stages of a document need from elsewhere, handed in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from archive.naming import local_date
from archive.store import Archive
from processor import lanes, law
from processor.document import Described, Scan, scan_of
from processor.engine import Engine
from processor.errors import Verdict
from processor.lanes import attachment
from processor.lanes.issue import Person
from processor.seal.ring import Ring
from processor.seal.timestamps import Outside
from processor.settings import Settings
from processor.tables import Lane

ACTOR = "sohoa"


@dataclass(frozen=True, slots=True)
class Tools:
    """What the stages need from elsewhere; handed in, so that tests can hand in others.

    Attributes:
        ring: the organisation's keys; None where a clerk must be there and is not.
        lists: revocation lists given in files, DER.
        persons: whose signatures the `issue` lanes know.
        actor: who files: the machine, or the operator of an attended session.
        clean: an engine whose workers never read what arrived: one that did could ask for a seal of its own making.
    """

    settings: Settings
    station: Path
    engine: Engine
    archive: Archive
    ring: Ring | None
    outside: Outside
    roots: tuple[bytes, ...]
    intermediates: tuple[bytes, ...]
    clock: Callable[[], dt.datetime]
    clean: Engine | None = None
    lists: tuple[bytes, ...] = ()
    persons: tuple[Person, ...] = ()
    actor: str = ACTOR

    @property
    def sealing(self) -> Engine:
        """Where seals are made and examined."""
        return self.clean or self.engine

    def abandon(self) -> None:
        """End all jobs in hand; from any thread."""
        for engine in (self.engine, self.sealing):
            engine.abandon()

    @property
    def picture(self) -> Path:
        """The picture of the organisation's seal."""
        return self.station / self.settings.seal.picture

    @property
    def font(self) -> str:
        """The office's own font file, absolute; empty where one is looked for."""
        return str(self.station / self.settings.seal.font) if self.settings.seal.font else ""


def lane_of(scan: Scan, tools: Tools) -> Lane:
    """The lane a scan came by."""
    return tools.settings.lanes[scan.lane]


def agency_of(scan: Scan, tools: Tools) -> str:
    """Whose seal a scan's lane bears, by the name it has today.

    Raises:
        Verdict: `agency-missing`; `agency-ended`, it is no more, and who succeeded it is not told.
    """
    agency = lane_of(scan, tools).agency or tools.settings.station.agency
    if not agency:
        raise Verdict("agency-missing")
    named = law.agencies(tools.station).name_on(agency, local_date(tools.clock()))
    if named is None:
        raise Verdict("agency-ended")
    return named


def own_name(tools: Tools) -> str:
    """The station's agency by the name it has today, as far as that is told: what heads pages and letters."""
    agency = tools.settings.station.agency
    return law.agencies(tools.station).name_on(agency, local_date(tools.clock())) or agency


def block_number(described: Described, tools: Tools) -> str:
    """What a block that shows a number shows."""
    is_annex = lane_of(scan_of(described), tools).kind == "attachment"
    return attachment.numbered(described.values) if is_annex else ""


def block_rule(scan: Scan, tools: Tools, moment: dt.datetime) -> law.BlockRule:
    """How the block of a scan's lane is written at a moment."""
    lane = lane_of(scan, tools)
    return law.block_rule(lanes.kind(lane).block(lane), local_date(moment), tools.station)
