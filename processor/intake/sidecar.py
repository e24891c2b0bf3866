"""What a person says of a scan in the JSON file beside it (`a.pdf.json`), or in a held item's `fields.json`.

Promises: only fields of the record, `file_code`, `pages`, `rotate`, `collate` and those of `ROUTING`, each with a value it can
hold; a value that says nothing (empty text, null) says nothing. Refuses everything else as `sidecar-bad`: a field misspelt in
silence would be a field lost.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archive.naming import is_organ_id
from archive.record import RecordError, parse_field
from processor.addresses import addr_spec
from processor.errors import Verdict
from processor.intake import pages
from processor.worker import Ask

LARGEST = 1 << 20
ROUTING = ("to_organ_id", "sender_name", "sender_email", "main")
"""Where a document came from and belongs, none of it a field of its description: the agency it is addressed to, who sent it,
and the code or number of the main document of an annex."""
_NAMING = ("file_code", "pages", "rotate", "collate")
_COLLATE = ("fronts-backs", "none")
_LONGEST_ROUTING = 200  # organName and docCode of the law are no longer


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict[str, Any]()
    for name, value in pairs:
        if name in told:
            raise Verdict("sidecar-bad", f"not JSON: {name[:40]!r} twice")
        told[name] = value
    return told


def parse(data: bytes) -> dict[str, str]:
    """The fields a side-car sets, as text.

    Raises:
        Verdict: `sidecar-bad`; its detail names the field, never the value.
    """
    try:
        told = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise Verdict("sidecar-bad", f"not JSON: {type(error).__name__}") from error
    if not isinstance(told, Mapping):
        raise Verdict("sidecar-bad", "not an object")
    return checked(told)


def checked(told: Mapping[str, object]) -> dict[str, str]:
    """Fields a person set in whatever form, as text; those that say nothing left out.

    Raises:
        Verdict: `sidecar-bad`, as `parse`.
    """
    return {name: text for name, value in told.items() if (text := _text(name, value))}


def _text(name: str, value: object) -> str:
    value = "" if value is None else value
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise Verdict("sidecar-bad", f"{name[:40]!r} is neither text nor a whole number")
    text = unicodedata.normalize("NFC", str(value)).strip()
    if any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in text):
        raise Verdict("sidecar-bad", f"{name[:40]!r} holds control characters")
    if name in ROUTING:
        _check_routing(name, text)
    elif name not in _NAMING:
        _check(name, text)
    elif name == "collate" and text not in {"", *_COLLATE}:
        raise Verdict("sidecar-bad", f"collate is {' or '.join(_COLLATE)}")
    elif name == "pages" and text and pages.parse(text, 99_999) is None:
        raise Verdict("sidecar-bad", "pages is not a range like 1-3,5")
    elif name == "rotate" and pages.turns(text) is None:
        raise Verdict("sidecar-bad", "rotate is not like 2:90,5:180")
    return pages.normal(text) if name == "pages" else text


def _check(name: str, text: str) -> None:
    try:
        parse_field(name, text)
    except RecordError as error:
        why = f"{name[:40]!r}: no field of the record" if error.code == "bad-field" else error.detail
        raise Verdict("sidecar-bad", why) from error


def _check_routing(name: str, text: str) -> None:
    wants = ""
    if name == "to_organ_id" and not is_organ_id(text):
        wants = "an agency's code, such as H05.02"
    elif name == "sender_email" and not addr_spec(text):
        wants = "one address, such as van-thu@example.vn"
    elif len(text) > _LONGEST_ROUTING:
        wants = f"at most {_LONGEST_ROUTING} characters, not {len(text)}"
    if text and wants:
        raise Verdict("sidecar-bad", f"{name}: {wants}")


def sidecar(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`.
        ask: not used.

    Returns:
        `fields`: what it sets.

    Raises:
        Verdict: `sidecar-bad`.
    """
    with Path(args["path"]).open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Verdict("sidecar-bad", "larger than 1 MB")
    return {"fields": parse(data)}
