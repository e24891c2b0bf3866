"""A value in the cell of a table that a spreadsheet will open.

Promises: no text is taken for a formula (OWASP, CSV injection); what nobody sees is shown as `<U+202E>`.
PURE: no I/O, no third-party package.
"""

from __future__ import annotations

import json

from processor.report import visible_lines

_FORMULA = frozenset({"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"})  # full-width too: some locales take them


def cell(value: object) -> object:
    """The value as a CSV cell: numbers as they are, objects as JSON, text made harmless by an apostrophe before it."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str):
        return value
    return visible_lines(f"'{value}" if is_formula(value) else value)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet could take this text for a formula."""
    return text[:1] in _FORMULA or text.lstrip()[:1] in _FORMULA
