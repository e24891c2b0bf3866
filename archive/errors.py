"""What the archive refuses, as one exception with a stable code.

PURE: no I/O, no third-party package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class ArchiveError(Exception):
    """The archive refuses; its content is as it was before.

    Attributes:
        code: stable, for programs: `file-unknown`, `file-closed`, `file-open`, `file-disposed`, `file-exists`, `bad-file-code`,
            `unknown`, `not-filed`, `not-numbered`, `already-filed`, `key-mismatch`, `shelf-closed`, `clock-behind`,
            `day-open`, `ambiguous`, `bad-field`, `bad-value`, `exists`, `altered`, `not-a-file`, `missing`,
            `orphan`, `catalogue-version`, `catalogue-missing`, `catalogue-older`,
            `log-forked`, `log-unreadable`, `not-published`, `bad-key`; of a witness `bad-request`, `bad-memory`,
            `note-invalid`, `key-changed`, `log-shortened`, `log-altered`.
        detail: English, for the log; never text of a document.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Ambiguous(ArchiveError):
    """An ID is the beginning of several.

    Attributes:
        candidates: their rows, for the person who typed it; they hold names and text, so they are not for a log.
    """

    def __init__(self, detail: str, candidates: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("ambiguous", detail)
        self.candidates = candidates
