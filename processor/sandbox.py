"""The walls around a process that parses foreign bytes (docs/design.md promise 5).

Promises: limits on memory and file size, no new privileges, a session of its own that dies as a whole, no network where
the kernel allows it, no files but those it works on (landlock), an environment of five names. Says honestly which walls
stand. Refuses: to hold a key; what runs here is handed none.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from processor import landlock

_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def environment(private: Path) -> dict[str, str]:
    """The whole environment of a worker.

    OMP_THREAD_LIMIT: two Tesseracts on two cores take 2.8 s with it and 8.8 s without (OpenMP fights itself).
    """
    return {
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "OMP_THREAD_LIMIT": "1",
        "HOME": str(private),
        "TMPDIR": str(private),
    }


def _without_network(libc: ctypes.CDLL) -> bool:
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    for name, line in (("uid_map", f"{uid} {uid} 1"), ("setgroups", "deny"), ("gid_map", f"{gid} {gid} 1")):
        with contextlib.suppress(OSError):  # some systems forbid it; the network is gone, and the kernel knows us by number
            Path("/proc/self", name).write_text(line)
    return True


def _system() -> list[Path]:
    """What every worker reads: the system's programs, libraries and fonts, Python, Sohoa itself. No /etc, no /home."""
    etc = ("fonts", "ld.so.cache", "localtime", "mime.types", "alternatives", "libreoffice")
    here = Path(__file__).resolve().parent.parent
    own = (here / name for name in ("processor", "archive", "watch", "config"))
    places = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sys/devices/system/cpu", "/dev/urandom")
    facts = ("self", "meminfo", "cpuinfo", "stat")  # of /proc no other process: its environment may hold secrets
    named = [*(Path("/etc", name) for name in etc), *(Path("/proc", name) for name in facts)]
    return [*map(Path, (*places, sys.prefix, sys.base_prefix)), *named, *own, *map(Path, sys.path)]


def within(readable: Sequence[Path], writable: Sequence[Path]) -> list[str]:
    """Let this process open no files but the system's and these; returns the wall's name if it stands."""
    stands = landlock.restrict([*_system(), *readable], [Path("/dev/null"), *writable])
    return ["files"] if stands else []


def confine(memory_bytes: int, file_bytes: int) -> list[str]:
    """Put up the walls around this process; returns the names of those that stand."""
    libc = ctypes.CDLL(None, use_errno=True)
    walls = []
    if os.getpid() != os.getsid(0):
        os.setsid()
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        walls.append("no-new-privileges")
    if _without_network(libc):
        walls.append("no-network")
    for what, limit in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_FSIZE, file_bytes)):
        resource.setrlimit(what, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a file that grows too large is an error, not a death
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the coordinator's to handle
    return [*walls, "memory", "file-size"]


def die_with(lifeline: int) -> None:
    """End this whole process group as soon as the other end of `lifeline` closes (the coordinator is gone)."""

    def wait() -> None:
        os.read(lifeline, 1)
        os.killpg(os.getpgid(0), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True, name="lifeline").start()
