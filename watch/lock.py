"""One running instance per station.

Promises: while the context is open no other process gets the same lock; the kernel gives it back when the
process dies, however it dies, so there is never a stale lock to clean up. Refuses to work over NFS or SMB
(a station's work area is local) and never deletes the lock file: deleting it would let two processes lock
two different files of one name. The lock belongs to the open file: a child made by a bare fork (not by
``subprocess`` or ``spawn``) shares it and keeps it alive.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class AlreadyRunning(Exception):
    """Another process holds the lock.

    Attributes:
        pid: Its process id, or None when it has not written it yet.
    """

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"another instance is running (pid {pid if pid is not None else 'unknown'})")
        self.pid = pid


class Instance:
    """Context manager that holds the lock and writes our process id into the lock file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            AlreadyRunning: Another process, or another Instance of this process, holds it.
            OSError: The lock file cannot be made.
        """
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.pwrite(fd, b"%d\n" % os.getpid(), 0)
        except BlockingIOError:
            pid = _read_pid(fd)
            os.close(fd)
            raise AlreadyRunning(pid) from None
        except OSError:
            os.close(fd)
            raise
        self._fd = fd
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._fd is None:
            return
        fd, self._fd = self._fd, None
        try:
            os.ftruncate(fd, 0)  # a pid left here could later be another program's
            fcntl.flock(fd, fcntl.LOCK_UN)  # closing alone would leave it with a forked child
        finally:
            os.close(fd)


def _read_pid(fd: int) -> int | None:
    text = os.pread(fd, 20, 0).strip()
    return int(text) if text.isdigit() else None
