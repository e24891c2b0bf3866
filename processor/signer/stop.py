"""Why a session at the token ends before its time."""

from __future__ import annotations


class Stop(Exception):
    """Nothing more is signed.

    Args:
        code: a key of `words.REASONS`; the station is told it.
        detail: what a library said; no secret.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
