"""What is known of a document from elsewhere than its pages: it goes before what was read, and after what a person typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archive.record import Description
from processor.document import Read, Recognised, original_of, scan_of
from processor.lanes import attachment, issue
from processor.tools import Tools


def of_main(described: Description, typed: Mapping[str, str], main: Mapping[str, Any] | None) -> Description:
    """An annex bears its main document's number, never one that was read on it: that may be any other document's."""
    known = {name: str((main or {}).get(name) or "") for name in ("code_number", "code_notation", "issued_date", "organ_name")}
    described = described.replace_fields(known | {name: text for name, text in typed.items() if name in known})
    attachment.numbered({name: getattr(described, name) for name in known})
    return described


def of_signer(
    described: Description, document: Recognised | Read, authority: str, tools: Tools
) -> Description:
    """Who signed what the office issues, the certificate and the settings know better than the page, or who typed.

    Raises:
        Verdict: `authority-differs`.
    """
    original = original_of(document)
    person = next(person for person in tools.persons if person.id == original.signer)
    issue.authority(scan_of(original), person, authority)
    known = {"signer_name": person.name, "signer_position": person.position}
    return described.replace_fields({name: text for name, text in known.items() if text})
