"""The letter to whoever sent a document, or to the office: as text and as JSON (`mail` makes a mail of it).

PURE: no I/O, no third-party package. Promises: the same facts give the same bytes; what came from outside shows as what it is
and can add no line; a repeat has the same Message-ID, so that it is recognised.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from processor.addresses import addr_spec
from processor.report import visible, visible_lines

Kind: TypeAlias = Literal["returned", "escalation", "receipt"]
VERSION = 1
_VIETNAM = dt.timezone(dt.timedelta(hours=7))
_WIDTH = 78  # characters of a line
_LONGEST_SUBJECT = 180
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
_ID = re.compile(r"[0-9a-f]{12,64}")
# A verification that is done again says other times in its report.
_OF_THE_DAY = frozenset({"made_at", "message_id", "number_of_notice", "text", "report"})


@dataclass(frozen=True, slots=True)
class Cause:
    """A code of `config/codes.toml` with its Vietnamese sentence and what it asks the clerk to do."""

    code: str
    vi: str
    act: str = ""


@dataclass(frozen=True, slots=True)
class SignatureSummary:
    """What the report says of one signature; `causes` are Vietnamese sentences."""

    verdict: Literal["valid", "invalid", "unknown"]
    signer: str = ""
    agency: str = ""
    serial: str = ""
    signed_at: str = ""
    stamped_at: str = ""
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """The facts of a letter; texts are empty where nobody knows.

    Attributes:
        id: 12 to 64 hexadecimal digits (see `notice_id`); the same event has the same.
        agency: whose station writes.
        organ_id: its code.
        lane: the drop folder it came through.
        original_name: of the file as it came.
        part: the member's path, of a package or mail.
        received_at: RFC 3339 with offset.
        sender_name: who sent it.
        sender_address: where the letter goes; anything but one address is none. An escalation goes to the office.
        in_reply_to: Message-ID of the mail it came in.
        number, issued_date: of the document, with its notation; ISO.
        code: the document's code or number of arrival here (of a receipt).
        urgency: its mark, as written (HỎA TỐC, ...).
        report: the verification's whole text.
        demo: of a demo station, without legal value.
    """

    id: str
    kind: Kind
    agency: str
    lane: str
    original_name: str
    received_at: str
    scan_sha256: str
    organ_id: str = ""
    part: str = ""
    sender_name: str = ""
    sender_address: str = ""
    in_reply_to: str = ""
    causes: tuple[Cause, ...] = ()
    number: str = ""
    issued_date: str = ""
    code: str = ""
    urgency: str = ""
    signatures: tuple[SignatureSummary, ...] = ()
    report: str = ""
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a kind of letter, as data (`config/law/notices.toml`)."""

    act: str
    article: str
    about: str
    subject: str
    lead: str
    causes: str
    close: str
    form: Mapping[str, str]
    verdicts: Mapping[str, str]
    sender_acts: Mapping[str, str]


def notice_id(*facts: str) -> str:
    """An id for what a letter is about, e.g. its kind, the scan's SHA-256, lane and part: the same facts, the same id."""
    return hashlib.sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()[:32]


def compose(notice: Notice, wording: Wording, made_at: dt.datetime, number: int = 1) -> dict[str, Any]:
    """The letter as `notice.json` holds it; the mail is made of it.

    Args:
        notice: the facts.
        wording: the words in force.
        made_at: when it is written.
        number: which one of this id it is.

    Raises:
        ValueError: an id that is none, a moment without a zone.
    """
    if _ID.fullmatch(notice.id) is None or made_at.tzinfo is None:
        raise ValueError("a notice needs an id of hexadecimal digits, and a moment with a zone")
    reply = MESSAGE_ID.fullmatch(notice.in_reply_to)
    names = {"agency": _line(notice.agency), "name": _line(notice.original_name), "received": _when(notice.received_at)}
    told = asdict(notice) | {"causes": [_cause(cause, notice.kind, wording) for cause in notice.causes]}
    told |= {
        "version": VERSION, "number_of_notice": number, "message_id": _message_id(notice, number),
        "made_at": made_at.isoformat(timespec="seconds"), "law": {"act": wording.act, "article": wording.article},
        "sender_address": "" if notice.kind == "escalation" else addr_spec(notice.sender_address),
        "in_reply_to": reply[0] if reply else "", "subject": short(wording.subject.format(**names), _LONGEST_SUBJECT),
        "text": _text(notice, wording, made_at, names),
    }  # fmt: skip
    return {name: _clean(value) for name, value in told.items()}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two letters tell the same, whenever they were written."""
    return all(one.get(key) == other.get(key) for key in {*one, *other} - _OF_THE_DAY)


def to_json(told: Mapping[str, Any]) -> bytes:
    """A letter as it lies on the disk."""
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def _message_id(notice: Notice, number: int) -> str:
    organ = re.sub(r"[^a-z0-9.]", "", notice.organ_id.lower()).strip(".") or "station"
    return f"<{notice.id}.{number}@{organ}.sohoa>"  # no host's name: the same wherever the station moves


def _cause(cause: Cause, kind: Kind, wording: Wording) -> dict[str, str]:
    acts = wording.sender_acts
    act = cause.act if kind == "escalation" else acts.get(cause.code, acts.get("", "")) if kind == "returned" else ""
    return {"code": cause.code, "vi": cause.vi, "act": act}


def _clean(value: Any) -> Any:
    """No control or invisible character in any text; those of several lines keep them."""
    if isinstance(value, Mapping):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_clean(item) for item in value]
    return visible_lines(value.replace("\r\n", "\n")) if isinstance(value, str) else value


def _line(text: str) -> str:
    return visible(" ".join(text.split()))


def short(text: str, room: int) -> str:
    """One visible line of at most so many characters."""
    line = _line(text)
    return line if len(line) <= room else f"{line[: room - 1]}…"


def _when(moment: str) -> str:
    try:
        local = dt.datetime.fromisoformat(moment).astimezone(_VIETNAM)
    except ValueError:
        return _line(moment)
    return local.strftime("%H:%M ngày %d/%m/%Y")


def _day(day: str) -> str:
    try:
        return dt.date.fromisoformat(day).strftime("%d/%m/%Y")
    except ValueError:
        return _line(day)


def _text(notice: Notice, wording: Wording, made_at: dt.datetime, names: Mapping[str, str]) -> str:
    form, local = wording.form, made_at.astimezone(_VIETNAM)
    to = form["office"] if notice.kind == "escalation" else _line(notice.sender_name) or form["unknown"]
    head = [_line(notice.agency).upper(), "", form["title"].center(_WIDTH).rstrip(), wording.about.center(_WIDTH).rstrip()]
    head += [f"(lập lúc {local:%H:%M} ngày {local:%d/%m/%Y}, giờ Việt Nam)".center(_WIDTH).rstrip()]
    head += [form["demo"].center(_WIDTH).rstrip()] if notice.demo else []
    body = [*head, "", *_wrapped(f"{form['to']}: {to}"), "", *_wrapped(wording.lead.format(**names)), ""]
    body += [f"{form['document']}:", *_document(notice), "", *_causes(notice, wording), *_signatures(notice, wording)]
    body += [*_wrapped(wording.close.format(**names)), "", *_wrapped(form["automatic"]), f"Mã thông báo: {notice.id}"]
    return "".join(f"{line}\n" for line in body)


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False) or [first]


def _document(notice: Notice) -> Iterator[str]:
    facts = (
        ("Tệp", _line(notice.original_name)), ("Nằm trong", _line(notice.part)), ("Số, ký hiệu", _line(notice.number)),
        ("Ngày ban hành", _day(notice.issued_date) if notice.issued_date else ""), ("Mức độ khẩn", _line(notice.urgency)),
        ("Nhận lúc", _when(notice.received_at)), ("Mã tại nơi nhận", _line(notice.code)),
        ("Mã băm SHA-256 của tệp", _line(notice.scan_sha256)),
    )  # fmt: skip
    for name, value in facts:
        if value:
            yield from _wrapped(f"{name}: {value}", "  - ", "    ")


def _causes(notice: Notice, wording: Wording) -> Iterator[str]:
    if not notice.causes:
        return
    yield f"{wording.causes}:"
    for number, cause in enumerate(notice.causes, start=1):
        yield from _wrapped(f"{number}. {_line(cause.vi)} (mã: {_line(cause.code)})", "  ", "     ")
        if act := _cause(cause, notice.kind, wording)["act"]:
            yield from _wrapped(f"{wording.form['act']}: {_line(act)}", "     ", "     ")
    yield ""


def _signatures(notice: Notice, wording: Wording) -> Iterator[str]:
    if not notice.signatures:
        return
    yield f"{wording.form['signatures']}:"
    for number, each in enumerate(notice.signatures, start=1):
        who = ", ".join(_line(part) for part in (each.signer, each.agency) if part) or "không rõ người ký"
        yield from _wrapped(f"{number}. {who}: {wording.verdicts[each.verdict]}", "  ", "     ")
        facts = (("số chứng thư", each.serial), ("ký lúc", _moment(each.signed_at)), ("dấu thời gian", _moment(each.stamped_at)))
        if known := "; ".join(f"{name} {_line(value)}" for name, value in facts if value):
            yield from _wrapped(known, "     ", "     ")
        for cause in each.causes:
            yield from _wrapped(_line(cause), "     - ", "       ")
    yield ""


def _moment(moment: str) -> str:
    return _when(moment) if moment else ""
