"""Whether a scan that is to take a document's place shows the same document, as far as is known of both.

PURE: no I/O, no third-party package. Promises: what is not known of one of them is no difference; a bad scan is often ill read, so
who looked at both has the last word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from processor.agencies import Agencies, folded

_TOLD_APART_BY = ("type_name", "code_number", "code_notation", "issued_date", "organ_name")


def differences(old: Mapping[str, Any], new: Mapping[str, Any], known: Agencies) -> list[str]:
    """What of two documents differs, each as `field: old / new`; empty: nothing that is known.

    Args:
        old: the record of the one whose place is to be taken.
        new: the record of the other; of one not filed yet its form, and what a person said of it.
        known: an agency and its successor are one.
    """
    told = ["form"] if old["form"] != new["form"] else []
    told += [name for name in _TOLD_APART_BY if old.get(name) and new.get(name) and not _is_same(name, old, new, known)]
    return [f"{name}: {old[name] or '–'} / {new[name] or '–'}" for name in told]


def _is_same(name: str, old: Mapping[str, Any], new: Mapping[str, Any], known: Agencies) -> bool:
    one, other = str(old[name]), str(new[name])
    if name == "organ_name":
        return known.is_same(one, other)
    if name in {"code_number", "code_notation"}:  # as doubles are told: without leading zeros and spaces
        one, other = ("".join(each.split()).lstrip("0") for each in (one, other))
    return folded(one) == folded(other)
