"""Letters that wait in `notices/` are sent, when a mail server is set; what it says is kept in the log.

Promises: a letter that was taken is told once; a server that fails costs nothing but time. Not called from where documents are
worked on: each answer may take a minute.
"""

from __future__ import annotations

import structlog

from processor.errors import MissingError
from processor.notices import outbox
from processor.seal import secret
from processor.tools import Tools

log = structlog.get_logger()


def post(tools: Tools) -> None:
    """Send what is due."""
    settings = tools.settings.notices
    if not settings.smtp_host:
        return
    try:
        password = secret.read(settings.smtp_password, tools.station).text() if settings.smtp_password else ""
    except MissingError as error:
        log.error("notices-not-sent", trouble=str(error))
        return
    done = outbox.send(tools.station, settings, password, tools.clock())
    for folder in done.sent:
        tools.archive.event("notified", actor=tools.actor, public={"kind": "sent"}, private={"folder": folder})
    if done.trouble or done.failed:
        log.warning("notices-not-sent", trouble=done.trouble, failed=len(done.failed), later=len(done.later))
