"""What the verbs that open a page in a browser have in common: a place of their own in `work/`, a port of this machine."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.web import door
from processor.errors import SohoaError


@contextmanager
def own_place(parent: Path) -> Iterator[Path]:
    """A folder of this process's own; what others that died left is cleared."""
    parent.mkdir(mode=0o700, exist_ok=True)
    for left in parent.iterdir():
        if not Path("/proc", left.name).is_dir():
            shutil.rmtree(left, ignore_errors=True)
    own = parent / str(os.getpid())
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(mode=0o700)
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)


def listening(port: int) -> socket.socket:
    """A socket on this machine alone.

    Raises:
        SohoaError: the port is taken.
    """
    try:
        return door.listening(port)
    except OSError as error:
        raise SohoaError(f"port {port} cannot be had ({error.strerror}): another page may run; --port chooses another") from error
