"""A wall of the Linux kernel around what a process may read and write (landlock(7), Linux 5.13).

Promises: after `restrict` neither this process nor any it starts can open a file outside the folders named, for good. Says
honestly when the kernel has no such wall.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls, the same numbers on every architecture
_ASK_VERSION = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = (1 << bit for bit in range(4))
_CHANGES = sum(1 << bit for bit in range(4, 13))  # make and remove files, folders, links, devices
_REFER, _TRUNCATE = 1 << 13, 1 << 14  # since versions 2 and 3
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_READ = _EXECUTE | _READ_FILE | _READ_DIR


def _call(number: int, *args: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.syscall(ctypes.c_long(number), *args))


def _allow(rules: int, path: Path, access: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there need not be allowed
    try:
        allowed = access if path.is_dir() else access & _OF_FILES
        rule = struct.pack("=Qi", allowed, opened)
        _call(_ADD, ctypes.c_int(rules), ctypes.c_int(_PATH_BENEATH), ctypes.c_char_p(rule), ctypes.c_uint32(0))
    finally:
        os.close(opened)


def restrict(readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """Let this process open nothing but what lies below these files and folders.

    Args:
        readable: may be read and executed.
        writable: may be read and changed as well.

    Returns:
        Whether the wall stands. Needs `no_new_privs`.
    """
    version = _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    if version < 1:
        return False
    handled = _READ | _WRITE_FILE | _CHANGES | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    attributes = struct.pack("=Q", handled)
    rules = _call(_CREATE, ctypes.c_char_p(attributes), ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    if rules < 0:
        return False
    try:
        for path in readable:
            _allow(rules, path, _READ)
        for path in writable:
            _allow(rules, path, handled)
        return _call(_RESTRICT, ctypes.c_int(rules), ctypes.c_uint32(0)) == 0
    finally:
        os.close(rules)
