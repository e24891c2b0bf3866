"""E-mail addresses that came from outside, as one thing a mail may be sent to, or nothing.

PURE: no I/O, no third-party package. Promises: what is returned is exactly one address (RFC 5321 addr-spec without quotes,
comments or literals) of visible ASCII: it fits a header and an SMTP command as it is, and can smuggle nothing into either.
Refuses everything else with an empty text: an address is not mended, a wrong person would get the letter.
"""

from __future__ import annotations

import re

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LONGEST, _LONGEST_LOCAL = 254, 64  # RFC 5321 §4.5.3.1


def addr_spec(text: str, *, within: bool = False) -> str:
    """The address, its domain in lower case; empty where the text is not exactly one.

    Args:
        text: as it came.
        within: the office's own setting, which may name a host without a domain (`van-thu@mail`).
    """
    local, at, domain = text.strip(" ").rpartition("@")
    fits = at and len(text.strip(" ")) <= _LONGEST and len(local) <= _LONGEST_LOCAL
    if not (fits and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        return ""
    last = domain.rpartition(".")[2]
    is_named = "." in domain and not last.isdigit()  # not the root of this machine, not a number on the office's network
    return f"{local}@{domain.lower()}" if is_named or within else ""


def same(one: str, other: str) -> bool:
    """Whether two addresses reach one mailbox, as nearly all servers have it: case is no difference."""
    return bool(one) and one.casefold() == other.casefold()
