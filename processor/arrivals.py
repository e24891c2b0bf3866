"""What lies ready in the drop folders: scans that lie still, each with its side-car, and side-cars that came alone.

Promises: a side-car is only ever given to the scan of its own name that lies there with it and was not taken yet; a late or
lonely one is an orphan (docs/design.md, "The station on disk"). `pair` is pure; `Lookout` looks and remembers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from processor.settings import Lane
from processor.sources import Dropped, Source, root_of
from watch.folders import DropFolder
from watch.settle import Sighting, Watched, settle

SIDECAR = b".json"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A scan that may be taken, or an orphaned side-car."""

    lane: Lane
    sighting: Sighting
    sidecar: Sighting | None = None
    is_orphan: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a lane.

    Attributes:
        arrivals: what may be taken.
        restless: files that do not lie still yet.
        oddities: names that are no files (links, pipes) or cannot be listed.
    """

    arrivals: tuple[Arrival, ...]
    restless: int
    oddities: tuple[bytes, ...]


def pair(
    lane: Lane, files: Sequence[Sighting], ready: Iterable[Sighting], unfinished: Sequence[bytes], taken: Mapping[bytes, Dropped]
) -> list[Arrival]:
    """Which scans and orphans may be taken.

    Args:
        lane: whose drop folder it is.
        files: everything that lies there.
        ready: what of it lies still.
        unfinished: names a writer has not given their last name yet (`a.pdf.part`).
        taken: documents under way, by the path of their scan.
    """
    there = {sighting.path: sighting for sighting in files}
    still = list(ready)
    calm = set(still)
    found: list[Arrival] = []
    for sighting in still:
        path = sighting.path
        if path.endswith(SIDECAR):
            if _is_orphan(sighting, there, unfinished, taken):
                found.append(Arrival(lane, sighting, is_orphan=True))
            continue
        under_way = taken.get(path)
        if under_way is not None and under_way.sighting == sighting:
            continue
        sidecar = there.get(path + SIDECAR)
        if sidecar is None or sidecar in calm:
            found.append(Arrival(lane, sighting, sidecar))
    return found


def _is_orphan(
    sidecar: Sighting, there: Mapping[bytes, Sighting], unfinished: Sequence[bytes], taken: Mapping[bytes, Dropped]
) -> bool:
    scan = sidecar.path[: -len(SIDECAR)]
    under_way = taken.get(scan)
    if under_way is not None and under_way.sighting == there.get(scan):
        return under_way.sidecar != sidecar  # the scan was taken without it
    return scan not in there and not any(name.startswith(scan) for name in unfinished)


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
        taken = {s.sighting.path: s for s in sources if isinstance(s, Dropped) and s.lane == self.lane.name}
        unfinished = [sighting.path for sighting in survey.unfinished]
        arrivals = pair(self.lane, survey.files, ready, unfinished, taken)
        return Look(tuple(arrivals), len(survey.files) - len(ready), survey.oddities)
