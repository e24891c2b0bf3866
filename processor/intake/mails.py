"""A mail as it was saved (`.eml`): who sent it, and what is attached.

Promises: an attachment comes out as it went in, or the mail is refused; what is not taken is told. Refuses to follow anything
(external bodies, parts of messages sent in pieces), to read what only one vendor's program reads, to undo encryption, and to
believe that a mail's sender is who it says: it is where a notice goes, no more.
"""

from __future__ import annotations

import binascii
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.errors import (
    CloseBoundaryNotFoundDefect,
    MessageError,
    NoBoundaryInMultipartDefect,
    StartBoundaryNotFoundDefect,
)
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from processor.addresses import addr_spec
from processor.errors import Verdict
from processor.report import visible

_LARGEST = 128 << 20  # bytes: parsed, a mail takes several times as much memory
_MOST_BOUNDARIES = 20_000
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_QUOTED = re.compile(r'"[^"]*"')
_ADDRESS = re.compile(r"[^\s<>(),;:]+@[^\s<>(),;:]+")
_LONGEST = 300  # characters of a header that is shown
_TNEF = b"\x78\x9f\x3e\x22"
_ERRORS = (MessageError, ValueError, LookupError, AttributeError, TypeError, RecursionError, binascii.Error)
"""What the standard library raises on headers no mail program writes (its parser has no error class of its own)."""
_CUT = (CloseBoundaryNotFoundDefect, NoBoundaryInMultipartDefect, StartBoundaryNotFoundDefect)
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a mail carries: bytes under a name (may be empty), or why it is not taken.

    Attributes:
        inside: names of the forwarded messages it lies in, the outermost first.
        skipped: `tnef`, `partial`, `external`, `smime-signature`; empty for what is taken.
    """

    inside: tuple[str, ...]
    name: str
    data: bytes
    skipped: str = ""


def read(path: Path) -> Message:
    """A mail.

    Raises:
        Verdict: `container-too-large`, `container-broken`.
    """
    if path.stat().st_size > _LARGEST:
        raise Verdict("container-too-large", "mail")
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if data.count(b"\n--") > _MOST_BOUNDARIES:
        raise Verdict("container-too-large", "mail: parts")
    try:
        return BytesParser(EmailMessage, policy=policy.default).parsebytes(data)
    except _ERRORS as error:
        raise Verdict("container-broken", f"mail: {type(error).__name__}") from error


def told(mail: Message) -> dict[str, Any]:
    """Who sent it to whom, for a notice; a sender that is not exactly one address is none."""
    name, address = _sender(mail)
    message_id = _MESSAGE_ID.fullmatch(_header(mail, "message-id"))
    return {
        "from": address, "from_name": name, "to": [to for _, to in _addresses(mail, "to") if to],
        "subject": _header(mail, "subject"),
        "message_id": message_id[0] if message_id else "", "date": _date(mail), "automatic": _is_automatic(mail),
    }  # fmt: skip


def _header(mail: Message, name: str) -> str:
    try:
        value = mail.get(name, "")
        return visible(" ".join(str(value).split()))[:_LONGEST].strip()
    except _ERRORS:
        return ""


def _addresses(mail: Message, name: str) -> list[tuple[str, str]]:
    try:
        found = getattr(mail[name], "addresses", ())
        return [(visible(one.display_name)[:_LONGEST], addr_spec(one.addr_spec)) for one in found[:50]]
    except _ERRORS:
        return []


def _sender(mail: Message) -> tuple[str, str]:
    """Its one sender; where two programs could read two, there is none."""
    found = _addresses(mail, "from")
    raw = [str(value) for name, value in mail.raw_items() if name.lower() == "from"]
    named = {address.casefold() for text in raw for address in _ADDRESS.findall(_QUOTED.sub("", text))}
    is_one = len(found) == len(named) == len(raw) == 1
    return found[0] if is_one and found[0][1].casefold() in named else ("", "")


def _date(mail: Message) -> str:
    try:
        moment = parsedate_to_datetime(_header(mail, "date"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).isoformat()
    except (*_ERRORS, OverflowError):
        return ""


def _is_automatic(mail: Message) -> bool:
    """A machine's mail is not answered by a machine (RFC 3834)."""
    submitted, path = _header(mail, "auto-submitted").lower(), _header(mail, "return-path")
    listed = _header(mail, "precedence").lower() in {"bulk", "junk", "list"} or bool(_header(mail, "list-id"))
    return submitted not in {"", "no"} or path == "<>" or listed


def attachments(mail: Message, deepest: int) -> Iterator[Attachment]:
    """What it carries, in order; its own texts are no attachments.

    Args:
        mail: what `read` gave.
        deepest: how many messages may lie in one another below it.

    Raises:
        Verdict: `container-broken`, `container-encrypted`, `container-too-large`.
    """
    try:
        yield from _parts(mail, (), deepest)
    except _ERRORS as error:
        raise Verdict("container-broken", f"mail: {type(error).__name__}") from error


def _parts(part: Message, inside: tuple[str, ...], deepest: int) -> Iterator[Attachment]:
    kind = part.get_content_type()
    if any(isinstance(defect, _CUT) for defect in part.defects):
        raise Verdict("container-broken", "mail: cut off")
    if kind == "message/rfc822":
        yield from _forwarded(part, inside, deepest)
    elif kind in {"message/partial", "message/external-body"}:
        yield Attachment(inside, _name(part), b"", "partial" if kind.endswith("partial") else "external")
    elif part.is_multipart():
        for below in _below(part):
            yield from _parts(below, inside, deepest)
    else:
        yield from _leaf(part, kind, inside)


def _below(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [below for below in payload if isinstance(below, Message)] if isinstance(payload, list) else []


def _forwarded(part: Message, inside: tuple[str, ...], deepest: int) -> Iterator[Attachment]:
    if len(inside) >= deepest:
        raise Verdict("container-too-large", "messages within messages")
    if _encoding(part) in {"base64", "quoted-printable"}:  # RFC 2046 §5.2.1 forbids it, and the library would not see what is in it
        raise Verdict("container-broken", "mail: an encoded message")
    for message in _below(part):
        name = _name(part) or _header(message, "subject") or "thư chuyển tiếp"
        yield from _parts(message, (*inside, name), deepest)


def _leaf(part: Message, kind: str, inside: tuple[str, ...]) -> Iterator[Attachment]:
    name = _name(part)
    if kind in {"text/plain", "text/html"} and not name and part.get_content_disposition() != "attachment":
        return
    if kind in {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}:
        yield Attachment(inside, name, b"", "smime-signature")
        return
    if kind in {"application/pkcs7-mime", "application/x-pkcs7-mime"} and name.casefold() in {"", "smime.p7m"}:
        # The whole mail is wrapped: what it carries is not seen, and must not pass for nothing.
        is_signed = str(part.get_param("smime-type", "")).casefold() == "signed-data"
        raise Verdict("container-smime" if is_signed else "container-encrypted", "S/MIME")
    if kind == "application/pgp-encrypted":
        raise Verdict("container-encrypted", "PGP")
    data = _data(part)
    is_tnef = kind in {"application/ms-tnef", "application/vnd.ms-tnef"} or data.startswith(_TNEF)
    yield Attachment(inside, name, b"" if is_tnef else data, "tnef" if is_tnef else "")


def _data(part: Message) -> bytes:
    """The bytes of a leaf; the library would skip what is no base64, and give other bytes than were sent."""
    if _encoding(part) != "base64":
        data = part.get_payload(decode=True)
        return data if isinstance(data, bytes) else b""
    text = "".join(str(part.get_payload()).split())
    if not _BASE64.fullmatch(text) or len(text.rstrip("=")) % 4 == 1:
        raise Verdict("container-broken", "mail: base64")
    return binascii.a2b_base64(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def _encoding(part: Message) -> str:
    return _header(part, "content-transfer-encoding").lower()


def _name(part: Message) -> str:
    """As the sender wrote it; RFC 2231, and the encoded words that many programs write where none may stand."""
    try:
        return part.get_filename("") or ""
    except _ERRORS:
        return ""
