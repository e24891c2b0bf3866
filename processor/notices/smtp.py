"""One connection to the office's mail server.

Promises: what the server says, or fails to say, is an answer, never an exception; a certificate that does not hold, or a
server that offers no encryption where the settings ask for it, gets neither password nor letter; nothing waits longer than the
line's patience for one answer, or than its whole time for all of them.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import time
from dataclasses import dataclass

from processor.report import visible
from processor.tables import NoticesTable

_LONGEST_REPLY = 300  # characters


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it.

    Attributes:
        word: `taken`; `refused` for good; `later` (this letter, or all); `unreachable`, `auth-refused`,
            `sender-refused`: the station's trouble, not the letter's.
        code: SMTP's three digits, 0 where there are none.
        reply: what the server said.
    """

    word: str
    code: int = 0
    reply: str = ""


class Line:
    """A connection that is opened once and closed for good.

    Args:
        tls: how certificates are checked; by default against the system's authorities.
        patience: seconds for one answer. RFC 5321 §4.5.3.2.6 would wait ten minutes for the last one: a server that looks for
            viruses is slow, and who hangs up too early sends twice.
        whole: seconds after which no other letter is begun.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, patience: float = 60.0, whole: float = 180.0) -> None:
        self._tls = tls
        self._patience = patience
        self._until = time.monotonic() + whole
        self._server: smtplib.SMTP | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can take another letter."""
        return self._server is not None and self._server.sock is not None and time.monotonic() < self._until

    def open(self, settings: NoticesTable, password: str) -> Answer | None:
        """Connect, encrypt, log in as the settings say; None when it is ready."""
        here = settings.sender.rpartition("@")[2].encode("ascii", "replace").decode()  # says no name of this machine
        try:
            tls = self._tls or ssl.create_default_context()
            if settings.smtp_security == "tls":
                self._server = smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, here, timeout=self._patience, context=tls)
            else:
                self._server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, here, timeout=self._patience)
            if settings.smtp_security == "starttls":
                self._server.starttls(context=tls)
            if settings.smtp_user:
                self._server.login(settings.smtp_user, password)
        except smtplib.SMTPAuthenticationError as error:
            return self._gone("auth-refused", error)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return self._gone("unreachable", error)
        return None

    def send(self, sender: str, recipient: str, mail: bytes) -> Answer:
        """Hand over one letter; after an answer that leaves the connection in doubt it is closed."""
        server = self._server
        if server is None:
            return Answer("unreachable")
        try:
            server.sendmail(sender, [recipient], mail)
        except smtplib.SMTPRecipientsRefused as error:
            return _told(error.recipients.get(recipient, (0, b"")))
        except smtplib.SMTPDataError as error:
            return _told((error.smtp_code, error.smtp_error))
        except smtplib.SMTPSenderRefused as error:
            return self._gone("sender-refused", error)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return self._gone("unreachable", error)
        return Answer("taken", 250)

    def close(self) -> None:
        """Say goodbye, if the server still listens."""
        if self._server is not None and self._server.sock is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._server.quit()
        if self._server is not None:
            self._server.close()
            self._server = None

    def _gone(self, word: str, error: Exception) -> Answer:
        """The connection is of no more use."""
        if self._server is not None:
            self._server.close()
        code = error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0
        said = error.smtp_error if isinstance(error, smtplib.SMTPResponseException) else type(error).__name__
        return Answer(word, code, _text(said))


def _told(answer: tuple[int, bytes | str]) -> Answer:
    code, said = answer
    return Answer("refused" if 500 <= code < 600 else "later", code, _text(said))


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return visible(" ".join(text.split()))[:_LONGEST_REPLY]
