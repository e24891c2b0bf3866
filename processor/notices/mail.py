"""A letter as a mail (RFC 5322).

PURE: no I/O, no third-party package. Promises: pure ASCII, the same bytes for the same letter; no fact can add a header, a line
or a recipient. Refuses to carry the document that is returned: a rejected file is not sent on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from processor.addresses import addr_spec
from processor.notices.letter import MESSAGE_ID, short, to_json

_LONGEST_NAME, _LONGEST_SUBJECT = 100, 180  # characters of a header


def message(told: Mapping[str, Any], sender: str, recipient: str) -> bytes:
    """The mail: the text, `notice.json` and the report; never the document.

    Args:
        told: what `compose` gave.
        sender: the station's address, may be empty.
        recipient: one address, may be empty: then it is a draft that a mail program opens to be completed.

    Raises:
        ValueError: an address that is none.
    """
    mail = EmailMessage(policy=SMTP)
    if not (sender and recipient):
        mail["X-Unsent"] = "1"
    mail["Date"] = format_datetime(dt.datetime.fromisoformat(told["made_at"]))
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no machine answers a machine
    mail["X-Auto-Response-Suppress"] = "All"  # the same in Exchange's words
    mail["Content-Language"] = "vi"
    mail.set_content(told["text"], cte="base64")
    mail.add_attachment(to_json(told), maintype="application", subtype="json", filename="notice.json")
    if told["report"]:
        mail.add_attachment(told["report"], cte="base64", filename="bao-cao-kiem-tra.txt")
    mail.set_boundary(f"=_sohoa_{told['id']}")
    return _head(told, sender, recipient).encode("ascii") + mail.as_bytes()


def _head(told: Mapping[str, Any], sender: str, recipient: str) -> str:
    """What the library folds wrongly (3.11): it loses blanks between encoded words, and encodes long identifiers."""
    to_name = "" if told["kind"] == "escalation" else told["sender_name"]
    ids = [("Message-ID", told["message_id"]), ("In-Reply-To", told["in_reply_to"]), ("References", told["in_reply_to"])]
    lines = [f"{name}: {value}" for name, value in ids if MESSAGE_ID.fullmatch(value)]
    for name, shown, spec in (("From", told["agency"], sender), ("To", to_name, recipient)):
        if spec and addr_spec(spec, within=True) != spec:
            raise ValueError("not one address")
        if spec:
            lines.append(f"{name}: {_encoded(name, shown, _LONGEST_NAME)}\r\n <{spec}>" if shown.strip() else f"{name}: <{spec}>")
    lines.append(f"Subject: {_encoded('Subject', told['subject'], _LONGEST_SUBJECT)}")
    return "".join(f"{line}\r\n" for line in lines)


def _encoded(header: str, text: str, room: int) -> str:
    return Header(short(text, room), "utf-8", header_name=header).encode(linesep="\r\n")  # RFC 2047, nothing as it came
