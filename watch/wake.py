"""Wake the rescan early when something happens in a local drop folder.

Promises: an event in a local folder wakes within moments; a vanished or unwatchable folder, or a dead
thread of watchdog, is put right by the next ``refresh``. Promises nothing about single events: watchdog
loses them in a burst (25,666 of 60,000 measured with its default filter), and inotify never sees what
another machine writes to NFS or SMB (watchdog#409, #504). Events are hints; the caller looks at the folders
at its own interval anyway.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import ObservedWatch
from watchdog.observers.inotify import InotifyObserver

from watch.folders import is_remote

log = logging.getLogger(__name__)

# A file is written and closed, or moved in; a folder appears with files already in it. Nothing per page or
# byte: the kernel's queue holds 16,384 events.
_HINTS: list[type[FileSystemEvent]] = [FileClosedEvent, FileMovedEvent, DirCreatedEvent, DirMovedEvent]


@dataclass(frozen=True, slots=True)
class _Hold:
    """A watch and the folder it was put on: another folder may take the same name later."""

    watch: ObservedWatch
    identity: tuple[int, int]


class _Handler(FileSystemEventHandler):
    def __init__(self, hint: Callable[[], None]) -> None:
        self._hint = hint

    def on_any_event(self, event: FileSystemEvent) -> None:
        self._hint()


class Waker:
    """Calls ``on_wake`` and ends ``wait`` early when a local folder changes.

    Args:
        paths: Drop folders. Remote ones are left to polling.
        on_wake: Called on a thread of watchdog, once or more per event; must only set a flag and return.
    """

    def __init__(self, paths: Iterable[Path], on_wake: Callable[[], None]) -> None:
        self._paths = tuple(paths)
        self._on_wake = on_wake
        self._handler = _Handler(self._hint)
        self._woken = threading.Event()
        self._lock = threading.Lock()
        self._observer: InotifyObserver | None = None
        self._holds: dict[Path, _Hold] = {}

    def start(self) -> None:
        """Start watching; the same as a first ``refresh``."""
        self.refresh()

    def stop(self) -> None:
        """Stop watching and wait for watchdog's threads. Ends a ``wait`` of another thread."""
        with self._lock:
            self._drop_observer()
        self._woken.set()

    def refresh(self) -> tuple[Path, ...]:
        """Put right what broke since the last call. Cheap; meant to be called before each look.

        Returns:
            The folders that are not watched now (remote, missing, or the kernel's limits reached) and live on
            polling alone.
        """
        with self._lock:
            if self._observer is not None and not self._observer.is_alive():
                log.warning("the watching thread died; starting another")
                self._drop_observer()
            observer = self._observer or self._start_observer()
            if observer is None:
                return self._paths
            return tuple(path for path in self._paths if not self._watched(observer, path))

    def wait(self, timeout: float) -> bool:
        """Wait for a hint, at most ``timeout`` seconds. True when there was one since the last wait."""
        woken = self._woken.wait(timeout)
        self._woken.clear()
        return woken

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _hint(self) -> None:
        self._woken.set()
        self._on_wake()

    def _start_observer(self) -> InotifyObserver | None:
        try:
            # Full events: else a file moved in from outside is reported as created, which our filter drops.
            observer = InotifyObserver(generate_full_events=True)
        except OSError as error:  # the user's limit of inotify instances
            log.warning("no file system events, polling only: %s", error.strerror)
            return None
        observer.start()
        self._observer = observer
        return observer

    def _drop_observer(self) -> None:
        observer, self._observer = self._observer, None
        self._holds.clear()
        if observer is not None:
            observer.stop()
            observer.join()

    def _watched(self, observer: InotifyObserver, path: Path) -> bool:
        identity = None if is_remote(path) else _identity(path)
        hold = self._holds.get(path)
        if hold is not None and hold.identity == identity and _works(observer, hold.watch):
            return True
        if hold is not None:
            del self._holds[path]
            observer.unschedule(hold.watch)
        if identity is None:
            return False
        try:
            watch = observer.schedule(self._handler, path, recursive=True, event_filter=_HINTS)
        except OSError as error:  # gone again, or the user's limit of inotify watches
            log.warning("a drop folder cannot be watched, polling it: %s", error.strerror)
            return False
        self._holds[path] = _Hold(watch, identity)
        self._hint()  # what came before the watch was there
        return True


def _works(observer: InotifyObserver, watch: ObservedWatch) -> bool:
    # watchdog stops the emitter of a deleted folder and says so to nobody.
    return any(emitter.watch == watch and emitter.is_alive() for emitter in observer.emitters.copy())


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
