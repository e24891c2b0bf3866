"""What the doctor looks at."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from archive import immutable
from archive.naming import local_date
from processor import lanes
from processor.copying import Standing
from processor.seal.ring import Ring
from processor.seal.timestamps import Outside
from processor.settings import Settings
from processor.tables import Lane
from processor.trust import INTERMEDIATES, ROOTS, Anchor, of_kind
from watch import folders


class Walled(Protocol):
    """An engine that knows its walls (`processor.engine.LocalEngine`)."""

    def walls(self) -> tuple[str, ...]:
        """Names of the walls around a worker."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What is looked at.

    Attributes:
        folder: the station's, absolute.
        ring: the keys, opened without anybody to ask, also where sealing is attended; those that sign elsewhere by
            `keys.elsewhere`.
        anchors: the trust list.
        anchors_missing: why it could not be read, else empty.
        declared: whether a file code is declared and open in the archive.
        is_remote: whether other machines write the file system below a folder.
        copies: how each copy of the sealed days stands.
        immutable: why the immutable flag cannot be set in a folder, else empty.
    """

    folder: Path
    settings: Settings
    ring: Ring
    outside: Outside
    anchors: tuple[Anchor, ...]
    anchors_missing: str
    clock: Callable[[], dt.datetime]
    engine: Walled
    declared: Callable[[str], bool]
    copies: Sequence[Standing] = ()
    is_remote: Callable[[Path], bool] = folders.is_remote
    immutable: Callable[[Path], str] = immutable.trouble

    @property
    def roots(self) -> tuple[bytes, ...]:
        """DER."""
        return of_kind(list(self.anchors), ROOTS)

    @property
    def intermediates(self) -> tuple[bytes, ...]:
        """DER."""
        return of_kind(list(self.anchors), INTERMEDIATES)

    @property
    def lists(self) -> tuple[bytes, ...]:
        """Revocation lists in files, DER; those that cannot be read have a check of their own."""
        paths = [self.folder / name for name in self.settings.trust.lists]
        return tuple(path.read_bytes() for path in paths if path.is_file() and os.access(path, os.R_OK))

    @property
    def today(self) -> dt.date:
        """The day in Việt Nam."""
        return local_date(self.clock())

    @property
    def takes_originals(self) -> bool:
        """Whether a lane takes signed documents of others."""
        return any(lanes.takes_originals(lane) for lane in self.settings.lanes.values())

    def lanes_of(self, kind: str) -> list[Lane]:
        """The lanes of a kind."""
        return [lane for lane in self.settings.lanes.values() if lane.kind == kind]
