"""Published heads that are not what was published: the archive's own check tells, before any auditor does."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from archive.store import Archive
from tests.archive.conftest import CLERK, Office
from tests.archive.test_heads import a_day
from tests.archive.test_verify import change, codes, forge

DAYS = ("_log/2026-11-23", "_log/2026-11-24")


@pytest.fixture
def published(office: Office, archive: Archive) -> Archive:
    for names in (("a", "b"), ("c",)):
        a_day(office, archive, *names)
    archive.event("fixity", actor=CLERK, public={"checked": 1, "findings": 0})
    return archive


def test_heads_as_they_were_published(published: Archive) -> None:
    assert published.verify().findings == [] and published.lost_heads() == []


@pytest.mark.parametrize(("attack", "code"), [
    (lambda root: shutil.rmtree(root / DAYS[0]), "head-missing"),
    (lambda root: (root / DAYS[1] / "checkpoint").unlink(), "head-missing"),
    (lambda root: (root / "_log/checkpoint").unlink(), "head-missing"),
    (lambda root: shutil.copy(root / DAYS[0] / "checkpoint", root / "_log/checkpoint"), "head-altered"),
    (lambda root: shutil.copy(root / DAYS[1] / "checkpoint", root / DAYS[0] / "checkpoint"), "head-altered"),
    (lambda root: change(root / DAYS[0] / "checkpoint", b"\xff"), "head-altered"),
])  # fmt: skip
def test_a_head_that_is_not_what_was_published(office: Office, published: Archive, attack: Callable[..., object], code: str) -> None:
    attack(office.root)
    assert codes(published) == {code}
    assert {finding.code for finding in published.lost_heads()} == {code}, "the night sees it too"


def test_entries_that_are_not_those_of_the_catalogue(office: Office, published: Archive) -> None:
    change(office.root / DAYS[1] / "entries.jsonl", b"{}\n")
    assert codes(published) == {"head-altered"} and published.lost_heads() == []
    (office.root / DAYS[1] / "entries.jsonl").unlink()
    assert codes(published) == {"head-missing"}


def test_a_head_noted_otherwise(office: Office, published: Archive) -> None:
    forge(office, f"update checkpoint set root = '{'00' * 32}' where day = '2026-11-23'")
    assert codes(published) == {"head-altered", "log-broken"}
