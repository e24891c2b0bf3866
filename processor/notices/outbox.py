"""`notices/`: letters to senders and to the office, laid durably and sent when a mail server takes them.

Promises: a letter is laid once however often it is asked for; one that was sent is marked after the server said so, and a
crash costs at most one repeat, with the same Message-ID; a try is written down before it is made, so that a full disk cannot
make a flood; what cannot be sent waits, is counted, and harms nothing else. Refuses: recipients that are not exactly one
address, the station's own mailbox, a password over a line that is not encrypted.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from archive.durable import make_dirs_durably, replace_durably
from archive.naming import local_date
from processor import addresses
from processor.notices import letter, mail
from processor.notices.letter import Notice
from processor.notices.smtp import Answer, Line
from processor.notices.wording import wording
from processor.tables import NoticesTable

log = structlog.get_logger()
PAGE, TOLD, MAIL = "thong-bao.txt", "notice.json", "notice.eml"
SENT, FAILED, TRIES = "sent.json", "failed.json", "tries.json"
_LARGEST = 8 << 20  # bytes of a notice.json
_FIRST_WAIT, _LONGEST_WAIT = dt.timedelta(minutes=5), dt.timedelta(hours=6)
_MOST_A_CALL = 50
_MOST_A_DAY = 50  # letters to one address outside: whoever forges a sender must not make us flood them
_AGAIN = "Sửa nguyên nhân, rồi xóa tệp failed.json này để hệ thống gửi lại; hoặc gửi thong-bao.txt bằng cách khác."
_TEXTS = (
    "id", "kind", "agency", "sender_name", "sender_address", "in_reply_to", "message_id", "made_at", "subject", "text", "report",
)  # fmt: skip
_FOLDER = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{12}(?:-[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Laid:
    """One folder of `notices/`.

    Attributes:
        folder: relative to the station.
        told: what its `notice.json` says.
    """

    folder: str
    told: Mapping[str, Any]


@dataclass(slots=True)
class Sending:
    """What came of one call of `send`.

    Attributes:
        sent, failed, later: folders whose letter was taken, refused for good, or is tried again.
        trouble: why the server was not used or given up: `no-server`, `no-sender`, `password-in-clear`, `auth-refused`,
            `sender-refused`, `unreachable`, `disk`; empty when all went well.
    """

    sent: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    trouble: str = ""


def lay(station: Path, notice: Notice, now: dt.datetime) -> str:
    """Lay a letter down, unless the same lies there already; another one of the same id gets a number.

    Returns:
        The folder, relative to the station.

    Raises:
        OSError: the disk does not take it.
        SettingsError: the words in the station's own law profile cannot be written by.
        ValueError: the notice's id is none, or `now` has no zone.
    """
    words = wording(notice.kind, local_date(now), station)
    others = [(folder, told) for folder in _folders(station, notice.id[:12]) if (told := _told(folder)) is not None]
    told = letter.compose(notice, words, now, number=len(others) + 1)
    for folder, known in others:
        if letter.same(known, told):
            return folder.relative_to(station).as_posix()
    folder = _place(station, notice.id[:12], now)
    make_dirs_durably(folder)
    replace_durably(folder / PAGE, b"\xef\xbb\xbf" + told["text"].replace("\n", "\r\n").encode())  # as Notepad wants it
    replace_durably(folder / MAIL, mail.message(told, "", told["sender_address"]))
    replace_durably(folder / TOLD, letter.to_json(told))  # last: it makes the letter
    log.info("notice-laid", kind=notice.kind, scan=notice.scan_sha256[:12], codes=[cause.code for cause in notice.causes])
    return folder.relative_to(station).as_posix()


def _place(station: Path, id12: str, now: dt.datetime) -> Path:
    """A folder that holds no letter: one that a crash left unfinished, or a new one."""
    for folder in _folders(station, id12):
        if not os.path.lexists(folder / TOLD):
            return folder
    base = station / "notices" / f"{local_date(now).isoformat()}-{id12}"
    number, folder = 1, base
    while os.path.lexists(folder):
        number += 1
        folder = base.with_name(f"{base.name}-{number}")
    return folder


def _folders(station: Path, id12: str = "") -> Iterator[Path]:
    """The folders of letters, oldest day first; what people lay between them is none."""
    for folder in sorted((station / "notices").glob(f"*-{id12}*" if id12 else "*")):
        if _FOLDER.fullmatch(folder.name) and folder.is_dir() and not folder.is_symlink():
            yield folder


def _told(folder: Path) -> dict[str, Any] | None:
    told = _small(folder / TOLD)
    if told is None:
        return None
    if not all(isinstance(told.get(name), str) for name in _TEXTS) or re.fullmatch("[0-9a-f]{12,64}", told["id"]) is None:
        return None
    return told


def _small(path: Path) -> dict[str, Any] | None:
    """An object in a file of ours; None for a link, a pipe, a giant, or anything else people may have put there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            data = file.read(_LARGEST + 1)
        told = json.loads(data.decode("utf-8")) if len(data) <= _LARGEST else None
        json.dumps(told, ensure_ascii=False).encode()  # a lone surrogate would end whoever prints it
    except (OSError, ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _state(folder: Path) -> str:
    if (folder / SENT).exists():
        return "sent"
    return "failed" if (folder / FAILED).exists() else "waiting"


def letters(station: Path) -> list[Laid]:
    """All of them, oldest day first."""
    found = ((folder.relative_to(station).as_posix(), _told(folder)) for folder in _folders(station))
    return [Laid(folder, told) for folder, told in found if told is not None]


def pending(station: Path) -> list[Laid]:
    """Letters that are neither sent nor refused for good, oldest first."""
    return [laid for laid in letters(station) if _state(station / laid.folder) == "waiting"]


def recipient(told: Mapping[str, Any], settings: NoticesTable) -> str:
    """Where a letter goes: exactly one address, or nothing; never back to the station, which would answer itself."""
    if told["kind"] == "escalation":
        return addresses.addr_spec(settings.office, within=True)
    to = addresses.addr_spec(told["sender_address"])
    is_own = any(addresses.same(to, own) for own in (settings.sender, settings.office))
    return "" if is_own else to


def counts(station: Path, settings: NoticesTable) -> dict[str, int]:
    """How many letters are `waiting`, `sent`, `failed`, have `no-address`, or are `broken` (their facts lost or changed)."""
    found = dict.fromkeys(("waiting", "no-address", "sent", "failed", "broken"), 0)
    for folder in _folders(station):
        state = _state(folder)
        if state == "waiting":
            told = _told(folder)
            state = "broken" if told is None else "waiting" if recipient(told, settings) else "no-address"
        found[state] += 1
    return found


def send(station: Path, settings: NoticesTable, password: str, now: dt.datetime, line: Line | None = None) -> Sending:
    """Send what is due, over one connection; takes at most some minutes, and raises nothing.

    Args:
        station: its folder.
        settings: the server and the addresses.
        password: of `smtp_user`.
        now: a moment with a zone.
        line: how the server is reached, where it is not the usual way.
    """
    done = Sending(trouble=unfit(settings))
    due = [] if done.trouble else _due(station, settings, now)
    if not due:
        return done
    line = line or Line()
    try:
        if refused := line.open(settings, password):
            done.trouble = refused.word
            for laid in due:
                _write_try(station / laid.folder, now, refused)
                done.later.append(laid.folder)
            return done
        for laid in due:
            if not _send_one(station, laid, settings, now, line, done):
                break
    except OSError as error:  # only of our own disk: the line's are answers
        done.trouble = "disk"
        log.error("notices-not-written", error=error.strerror)
    finally:
        line.close()
    return done


def unfit(settings: NoticesTable) -> str:
    """Why by these settings nothing is sent: `no-server`, `no-sender`, `password-in-clear`; empty where it is."""
    if not settings.smtp_host:
        return "no-server"
    if not addresses.addr_spec(settings.sender, within=True):
        return "no-sender"
    is_here = settings.smtp_host in {"localhost", "127.0.0.1", "::1"}
    return "password-in-clear" if settings.smtp_user and settings.smtp_security == "none" and not is_here else ""


def _due(station: Path, settings: NoticesTable, now: dt.datetime) -> list[Laid]:
    waiting = pending(station)
    sent = _sent_on(station, local_date(now).isoformat()) if waiting else Counter[str]()
    due = []
    for laid in waiting:
        to = recipient(laid.told, settings)
        if not to or not _is_time(station / laid.folder, now):
            continue
        if laid.told["kind"] != "escalation" and sent[to.casefold()] >= _MOST_A_DAY:
            continue
        sent[to.casefold()] += 1
        due.append(laid)
    return due[:_MOST_A_CALL]


def _sent_on(station: Path, day: str) -> Counter[str]:
    marks = (_small(path) for path in (station / "notices").glob(f"*/{SENT}"))
    return Counter(str(mark.get("to", "")).casefold() for mark in marks if mark and mark.get("day") == day)


def _is_time(folder: Path, now: dt.datetime) -> bool:
    tries = _small(folder / TRIES) or {}
    try:
        return dt.datetime.fromisoformat(str(tries.get("not_before", ""))) <= now
    except (ValueError, TypeError):  # none yet, or it cannot be believed
        return True


def _write_try(folder: Path, now: dt.datetime, answer: Answer | None) -> int:
    """One more try, and when the next is due: before it is made, and again with what the server said."""
    known = _small(folder / TRIES) or {}
    tries = known.get("tries", 0) if isinstance(known.get("tries"), int) else 0
    tries += answer is None or answer.word in {"unreachable", "auth-refused"}  # else it was counted before it was made
    pause = _FIRST_WAIT * 2 ** min(max(tries - 1, 0), 10)
    if pause > _LONGEST_WAIT or (answer and answer.word == "auth-refused"):  # asking on would lock the account
        pause = _LONGEST_WAIT
    last, following = (moment.isoformat(timespec="seconds") for moment in (now, now + pause))
    told: dict[str, Any] = {"tries": tries, "last": last, "not_before": following}
    if answer:
        told |= {"code": answer.code, "reply": answer.reply}
    replace_durably(folder / TRIES, letter.to_json(told))
    return tries


def _send_one(station: Path, laid: Laid, settings: NoticesTable, now: dt.datetime, line: Line, done: Sending) -> bool:
    """Send one letter and note what came of it; whether the connection can take another."""
    folder, to = station / laid.folder, recipient(laid.told, settings)
    sender = addresses.addr_spec(settings.sender, within=True)
    try:
        data = mail.message(laid.told, sender, to)
    except (ValueError, KeyError, TypeError):  # somebody changed it
        changed = {"code": 0, "reply": "notice.json is not as it was written", "act": _AGAIN}
        replace_durably(folder / FAILED, letter.to_json(changed))
        done.failed.append(laid.folder)
        return True
    tries = _write_try(folder, now, None)
    replace_durably(folder / MAIL, data)
    answer = line.send(sender, to, data)
    facts = {"at": now.isoformat(timespec="seconds"), "to": to, "message_id": laid.told["message_id"], "tries": tries}
    facts |= {"code": answer.code, "reply": answer.reply}
    if answer.word == "taken":
        replace_durably(folder / SENT, letter.to_json(facts | {"day": local_date(now).isoformat()}))
        done.sent.append(laid.folder)
    elif answer.word == "refused":
        replace_durably(folder / FAILED, letter.to_json(facts | {"act": _AGAIN}))
        done.failed.append(laid.folder)
    else:
        _write_try(folder, now, Answer("later", answer.code, answer.reply))
        done.later.append(laid.folder)
        done.trouble = done.trouble or ("" if answer.word == "later" else answer.word)
    log.info("notice", result=answer.word, code=answer.code, kind=laid.told["kind"], tries=tries)
    return answer.word in {"taken", "refused", "later"} and line.is_open
