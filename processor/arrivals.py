"""What lies ready in the drop folders: scans that lie still, each with its side-car, and side-cars that came alone.

Promises: a side-car is only ever given to the scan of its own name that lies there with it and was not taken yet; a late or
lonely one is an orphan (docs/design.md, "The station on disk"). `pair` is pure; `Lookout` looks and remembers.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from processor.listed import Listed
from processor.sources import Dropped, Source, root_of
from processor.tables import Lane
from watch.folders import DropFolder
from watch.settle import Sighting, Watched, ignorable, settle

SIDECAR = b".json"
EMPTY_REST = 6  # times `settle`: some scanners make the file before they warm up


@dataclass(frozen=True, slots=True)
class Arrival:
    """A scan that may be taken, an orphaned side-car, or a list.

    Attributes:
        listed: what the lists of its folder say of a scan; None where there is none.
    """

    lane: Lane
    sighting: Sighting
    sidecar: Sighting | None = None
    is_orphan: bool = False
    is_list: bool = False
    listed: Listed | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a lane.

    Attributes:
        arrivals: what may be taken.
        restless: files that do not lie still yet.
        oddities: names that are no files (links, pipes) or cannot be listed.
        there: all files that lie there.
        unfinished: names a writer has not given their last name yet.
    """

    arrivals: tuple[Arrival, ...]
    restless: int
    oddities: tuple[bytes, ...]
    there: tuple[Sighting, ...] = ()
    unfinished: tuple[bytes, ...] = ()


def pair(
    lane: Lane, files: Sequence[Sighting], ready: Iterable[Sighting], unfinished: Sequence[bytes], taken: Iterable[Dropped]
) -> list[Arrival]:
    """Which scans and orphans may be taken.

    Args:
        lane: whose drop folder it is.
        files: everything that lies there.
        ready: what of it lies still.
        unfinished: names a writer has not given their last name yet (`a.pdf.part`).
        taken: where the documents under way came from.
    """
    there = {sighting.path: sighting for sighting in files}
    still = list(ready)
    calm = set(still)
    begun = {sighting for source in taken for sighting in (source.sighting, source.sidecar) if sighting}
    found: list[Arrival] = []
    for sighting in still:
        if sighting in begun:
            continue
        if sighting.path.endswith(SIDECAR):
            if _is_orphan(sighting, there, unfinished, begun):
                found.append(Arrival(lane, sighting, is_orphan=True))
            continue
        sidecar = there.get(sighting.path + SIDECAR)
        if sidecar is None or sidecar in begun:  # cleared with the scan it came with, never another's
            found.append(Arrival(lane, sighting))
        elif sidecar in calm:
            found.append(Arrival(lane, sighting, sidecar))
    return found


def _is_orphan(
    sidecar: Sighting, there: Mapping[bytes, Sighting], unfinished: Sequence[bytes], begun: Collection[Sighting]
) -> bool:
    name = sidecar.path[: -len(SIDECAR)]
    if name in there:
        return there[name] in begun  # the scan was taken without it
    return not any(other.startswith(name) for other in unfinished)


def not_taken(station: Path, lanes: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Lane and name of what lies in `drop/` and is never taken: links, devices, folders within folders or of no lane."""
    known = set(lanes)
    for place in sorted((station / "drop").iterdir()):
        if place.name not in known:
            is_empty = place.is_dir() and not any(place.iterdir())
            if not is_empty and not ignorable(os.fsencode(place.name)):
                yield "", os.fsencode(place.name).decode("utf-8", "replace")
            continue
        for oddity in DropFolder(place).survey().oddities:
            yield place.name, oddity.decode("utf-8", "replace")


class Lookout:
    """Looks at one lane's drop folder and remembers since when each file lies still."""

    def __init__(self, station: Path, lane: Lane) -> None:
        self.lane = lane
        self._folder = DropFolder(root_of(station, lane.name))
        self._known: Mapping[bytes, Watched] = {}

    def look(self, now: float, sources: Iterable[Source]) -> Look:
        """Look once.

        Args:
            now: monotonic seconds.
            sources: of the documents under way.
        """
        survey = self._folder.survey()
        self._known, ready = settle(self._known, survey.files, now, self.lane.settle)
        rest = EMPTY_REST * self.lane.settle
        ready += tuple(w.sighting for w in self._known.values() if w.sighting.size == 0 and now - w.since >= rest)
        taken = [s for s in sources if isinstance(s, Dropped) and s.lane == self.lane.name]
        unfinished = [sighting.path for sighting in survey.unfinished]
        arrivals = pair(self.lane, survey.files, ready, unfinished, taken)
        return Look(tuple(arrivals), len(survey.files) - len(ready), survey.oddities, survey.files, tuple(unfinished))
