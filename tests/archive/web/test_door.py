"""Whence a request comes."""

from __future__ import annotations

import pytest

from archive.web import door

HOSTS = ("127.0.0.1:8765", "localhost:8765")


@pytest.mark.parametrize(("origin", "site", "own"), [
    ("http://127.0.0.1:8765", "same-origin", True), ("http://LOCALHOST:8765", "", True), ("https://localhost:8765", "", True),
    ("http://localhost:8766", "", False), ("http://localhost", "", False), ("null", "", False), ("", "", False), ("file://", "", False),
    ("http://127.0.0.1:8765", "cross-site", False), ("http://127.0.0.1:8765", "same-site", False), ("ftp://localhost:8765", "", False),
    ("http://localhost:8765@evil.example", "", False),
])  # fmt: skip
def test_only_its_own_pages_send_forms(origin: str, site: str, own: bool) -> None:
    assert door.is_own_post(origin, site, HOSTS) is own
