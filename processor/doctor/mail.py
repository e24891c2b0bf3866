"""Letters to senders and to the office: is a mail server set, and does it let us in. No letter is sent."""

from __future__ import annotations

from collections.abc import Iterator

from processor import addresses
from processor.check import Check, check
from processor.doctor.parts import Parts
from processor.errors import MissingError
from processor.notices import outbox
from processor.notices.smtp import Line
from processor.seal import secret

_PATIENCE = 20.0  # seconds
_UNFIT = {
    "": "", "no-server": "", "no-sender": "notices.sender is not an address",
    "password-in-clear": 'notices.smtp_security = "none" would send the password in clear',
}  # fmt: skip


def checks(parts: Parts) -> Iterator[Check]:
    """Row `mail`; with a server also `mail-settings`."""
    settings = parts.settings.notices
    if not settings.smtp_host:
        yield check("mail", True, "no server is set: messages wait in notices/")
        return
    password, unread = "", ""
    try:
        password = secret.read(settings.smtp_password, parts.folder).text() if settings.smtp_password else ""
    except MissingError as error:
        unread = f"notices.smtp_password: {error}"
    office = addresses.addr_spec(settings.office, within=True)
    lacking = "" if password or not settings.smtp_user else "notices.smtp_password is not set"
    faults = [_UNFIT[outbox.unfit(settings)], "" if office else "notices.office is not an address", unread or lacking]
    told = "; ".join(filter(None, faults))
    yield check("mail-settings", not told, told or f"from {settings.sender}, urgent matters to {settings.office}")
    yield check("mail", None, "not tried") if told else _answers(parts, password)


def _answers(parts: Parts, password: str) -> Check:
    settings, line = parts.settings.notices, Line(patience=_PATIENCE)
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        refused = line.open(settings, password)
    finally:
        line.close()
    if refused:
        said = " ".join(filter(None, (refused.word, str(refused.code or ""), refused.reply)))
        return check("mail", False, f"{where}: {said}")
    login = "logged in" if settings.smtp_user else "no login"
    return check("mail", True, f"{where} answers: {settings.smtp_security}, {login}; nothing was sent")
