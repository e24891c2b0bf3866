"""Pictures of pages for people who look: made by workers, kept for a while in `work/`, which only the station's account reads.

Promises: a picture is made once, however many look at it; what is kept is bounded, and goes with the page that shows it; of a
document that is removed by order meanwhile none stays.
Refuses what shows a mark of secrecy: who asks must not ask for that.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from processor.engine import Engine
from processor.errors import SECRET, Verdict

WIDTHS = (240, 1400)
_MOST_KEPT = 300
Looks: TypeAlias = Mapping[str, object]
NOT_LOOKED: Looks = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of one page that is served.

    Attributes:
        folder: where they are kept; the workers may write there.
    """

    engine: Engine
    folder: Path
    limits: Mapping[str, int]
    _hands: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def page(self, path: Path, known_by: str, number: int, width: int, looks: Looks = NOT_LOOKED) -> Path:
        """A JPEG of a page.

        Args:
            path: of the PDF or the scan.
            known_by: tells these bytes from others, as a name of a file.
            number: of the page, from 1.
            width: one of `WIDTHS`.
            looks: of a scan that no stage may have looked at: by what a mark of secrecy is known.

        Raises:
            Verdict: it cannot be shown; `secrecy-mark`: it may not.
        """
        if looks:
            self._look_through(path, known_by, looks)
        return self._kept(path, known_by, number, width, looks if width == WIDTHS[-1] else NOT_LOOKED)

    def _look_through(self, path: Path, known_by: str, looks: Looks) -> None:
        """All pages are looked at before any is shown: a mark on the last one is a mark of the whole; once for the same bytes.

        Raises:
            Verdict: `secrecy-mark`; of the first page, whatever keeps it from being shown.
        """
        seen = self.folder / f"{known_by}.looked"
        with self._hand(seen.name):
            if seen.is_file():
                if seen.read_text("utf-8") == SECRET:
                    raise Verdict(SECRET)
                return
            try:
                self._kept(path, known_by, 1, WIDTHS[-1], looks)
                for number in range(2, self._count(known_by) + 1):
                    self._looked_at(path, known_by, number, looks)
            except Verdict as verdict:
                if verdict.code == SECRET:
                    seen.write_text(SECRET, "utf-8")
                    for shown in self.folder.glob(f"{known_by}-*.jpg"):
                        shown.unlink(missing_ok=True)
                raise
            seen.write_text("", "utf-8")

    def _looked_at(self, path: Path, known_by: str, number: int, looks: Looks) -> None:
        try:
            self._kept(path, known_by, number, WIDTHS[-1], looks)
        except Verdict as verdict:
            if verdict.code == SECRET:
                raise  # any other page that cannot be pictured is not shown either

    def _kept(self, path: Path, known_by: str, number: int, width: int, looks: Looks) -> Path:
        kept = self.folder / f"{known_by}-{number}-{width}.jpg"
        with self._hand(kept.name):
            if not kept.is_file():
                self._make({"path": str(path), "page": number, "width": width, "looks": dict(looks)}, known_by, kept)
        return kept

    def pages(self, path: Path, known_by: str, looks: Looks = NOT_LOOKED) -> int:
        """How many pages there are.

        Raises:
            Verdict: as `page` of the first; `secrecy-mark`: any page bears one.
        """
        told = self.folder / f"{known_by}.json"
        if not told.is_file():
            self.page(path, known_by, 1, WIDTHS[-1], looks)
        elif looks:
            self._look_through(path, known_by, looks)
        return self._count(known_by)

    def _count(self, known_by: str) -> int:
        return int(json.loads((self.folder / f"{known_by}.json").read_text("utf-8"))["pages"])

    def _make(self, asked: Mapping[str, object], known_by: str, kept: Path) -> None:
        made = kept.with_suffix(".part")
        try:
            told = self.engine.call("page_picture", {**asked, "limits": dict(self.limits), "out": str(made)})
            (self.folder / f"{known_by}.json").write_text(json.dumps(told), "utf-8")
            with suppress(FileNotFoundError):  # all that desks keep was swept meanwhile
                made.replace(kept)
        finally:
            made.unlink(missing_ok=True)
        if not (kept.is_file() and Path(str(asked["path"])).is_file()):  # bytes go before the sweep: what comes later is seen here
            for left in self.folder.glob(f"{known_by}*"):
                left.unlink(missing_ok=True)
            raise Verdict("not-a-document", "it went while it was pictured")
        self._bound()

    def _hand(self, name: str) -> threading.Lock:
        with self._lock:
            return self._hands.setdefault(name, threading.Lock())

    def _bound(self) -> None:
        with self._lock:
            kept = sorted(self.folder.glob("*.jpg"), key=lambda path: path.stat().st_mtime)
            for path in kept[:-_MOST_KEPT]:
                path.unlink(missing_ok=True)
                self._hands.pop(path.name, None)
