"""A password as it is kept, made where somebody types it: never echoed, never in an argument that others see."""

from __future__ import annotations

import getpass
import sys

from archive.web import passwords
from processor.errors import SettingsError


def made() -> str:
    """The hash of a password that is typed twice, or of the first line that is piped in.

    Raises:
        SettingsError: it is too short, or typed differently.
    """
    if sys.stdin.isatty():
        typed = getpass.getpass("Mật khẩu / Password: ")
        if getpass.getpass("Lần nữa / Again: ") != typed:
            raise SettingsError("the two passwords differ")
    else:
        typed = sys.stdin.readline().rstrip("\r\n")
    if len(typed) < passwords.SHORTEST:
        raise SettingsError(f"a password has {passwords.SHORTEST} characters or more")
    return passwords.hashed(typed)
