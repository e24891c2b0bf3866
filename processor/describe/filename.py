"""Whether the name a scan came under says another number than the document does.

PURE. Clerks name scans by hand ("47 QĐ-UBND.pdf"), and take the wrong one from the glass: the name is never read as a field, but
where it disagrees a person must look. Promises: a name that holds no number beside the abbreviation of a kind says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

from processor.describe.vocabulary import Vocabulary, fold, nfc, squash

_NUMBERED = re.compile(r"(?<![\w])(\d{1,5})[\s._/-]*([a-z]{2,4})(?![a-z])")
_KIND_FIRST = re.compile(r"(?<![\w])([a-z]{2,4})[\s._-]*(?:so[\s._-]*)?(\d{1,5})(?![\w])")


def disagrees(name: str, fields: Mapping[str, str], law: Vocabulary) -> bool:
    """Whether a file's name tells of another number or kind than was read.

    Args:
        name: as the scan came.
        fields: what was read of `code_number` and `code_notation`.
        law: the closed lists.
    """
    number, notation = fields.get("code_number", ""), fields.get("code_notation", "")
    if not number or not notation:
        return False
    kinds = {squash(kind.abbreviation): kind for kind in law.kinds.values() if kind.abbreviation}
    groups = {squash(group) for group in notation.split("-")}
    told = [(digits, letters) for digits, letters in _pairs(name) if letters in kinds]
    return bool(told) and all(int(digits) != int(number) or letters not in groups for digits, letters in told)


def _pairs(name: str) -> list[tuple[str, str]]:
    said = fold(nfc(PurePath(name).stem))
    found = [(match[1], match[2]) for match in _NUMBERED.finditer(said)]
    return found or [(match[2], match[1]) for match in _KIND_FIRST.finditer(said)]
