"""Who looked at what, when and from where: a file of its own that only grows.

Promises: a look is on the disk before its answer is sent; a look that cannot be kept is refused. Holds no text of a document and no
password.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_LONGEST = 400  # characters of a value


@dataclass(slots=True)
class Looks:
    """The log of accesses.

    Attributes:
        path: JSON, a line a look.
    """

    path: Path
    clock: Callable[[], dt.datetime]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, what: str, **told: str) -> None:
        """Keep a look.

        Raises:
            OSError: it cannot be kept.
        """
        row = {"at": self.clock().astimezone(dt.UTC).isoformat(), "what": what}
        row |= {name: each[:_LONGEST] for name, each in told.items()}
        line = json.dumps(row, ensure_ascii=True).encode() + b"\n"  # a lone surrogate, a line break: nothing bends the file
        with self._lock:
            place = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                os.write(place, line)
                os.fsync(place)
            finally:
                os.close(place)
