"""The code lists of acts (`config/law/code-lists.toml`): our words to their codes, and back.

PURE: no I/O, no third-party package. Promises: a word that is not listed is never given the code of another.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from processor.errors import SettingsError


@dataclass(frozen=True, slots=True)
class CodeList:
    """One list.

    Attributes:
        words: code to the words that mean it, first that of our records.
        other: the code of all else; empty: none.
        keeps: what is not listed is written as it is.
        free: what is read may be another word than these.
    """

    words: Mapping[str, tuple[str, ...]]
    other: str = ""
    keeps: bool = False
    free: bool = False

    def code(self, text: str) -> str | None:
        """The code of a word, or of what is a code already; None where the list has neither."""
        if text in self.words:
            return text
        return self._listed(text) or self.other or (text if self.keeps else None)

    def word(self, text: str) -> str | None:
        """Our word for a code (with or without its nought) or for another word; None where neither is listed."""
        code = next((code for code in (text, text.zfill(2)) if code in self.words), None) or self._listed(text)
        if code is not None:
            return self.words[code][0]
        return text if self.free and not text.isdecimal() else None

    def _listed(self, text: str) -> str | None:
        wanted = _bare(text)
        return next((code for code, words in self.words.items() if any(_bare(word) == wanted for word in words)), None)


def made(table: Mapping[str, Any]) -> CodeList:
    """A list of its table.

    Raises:
        SettingsError: it is malformed.
    """
    try:
        for words in table["codes"].values():
            if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
                raise TypeError('codes: write code = ["word", …]')
        codes = {code: tuple(words) for code, words in table["codes"].items()}
        return CodeList(codes, table.get("other", ""), table.get("keeps", False), table.get("free", False))
    except (KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"code-lists.toml: list {table.get('id')}: {error}") from error


def _bare(word: str) -> tuple[str, ...]:
    """Without case; `en, vi` is `vi, en`."""
    composed = unicodedata.normalize("NFC", word).casefold()
    return tuple(sorted(" ".join(part.split()) for part in composed.split(",")))
