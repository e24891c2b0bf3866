"""Renewal at a real station: due, in vain, without an authority, asked for, and by another hash algorithm."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import evidence
from archive.evidencelist import EvidenceList
from processor import publishing, renewing
from processor.shift import Shift
from processor.tools import Tools
from tests.processor.office import Office
from tests.processor.test_publishing import Silent, sealed  # noqa: F401  # a fixture

Station = tuple[Office, Shift]


@pytest.fixture
def station(sealed: Station) -> Iterator[Station]:  # noqa: F811
    publishing.publish(sealed[1].tools)
    yield sealed


def hasty(tools: Tools, days: int = 20_000) -> Tools:
    """The same station, which wants its proofs renewed long before their end."""
    time = tools.settings.time.model_copy(update={"renew_before": days * 86_400.0})
    return dataclasses.replace(tools, settings=tools.settings.model_copy(update={"time": time}))


def renewals(office: Office) -> list[str]:
    return sorted(path.name for path in office.folder.glob("archive/_log/renewals/*/*"))


def test_what_holds_for_years_is_not_renewed(station: Station) -> None:
    office, shift = station
    found = renewing.renew(shift.tools)
    assert (found.outcome, found.is_short, renewals(office)) == ("", False, [])
    tsa = office.folder / "authority" / "tsa.pem"
    end = subprocess.run(["openssl", "x509", "-in", tsa, "-noout", "-enddate", "-dateopt", "iso_8601"], capture_output=True, text=True, check=True)
    assert found.until and found.until.isoformat() in end.stdout
    for path in office.folder.glob("archive/_log/*/*.ts?.pem"):  # others that last longer are laid there: nobody is fooled
        path.write_bytes((office.folder / "authority" / "root.pem").read_bytes())
    assert renewing.renew(shift.tools).until == found.until
    assert {each.code for each in shift.tools.archive.lost_heads()} == {"certificates-altered"}


@pytest.mark.parametrize("garbage", [b"", b"junk", b"\x30\x80"])
def test_a_time_stamp_that_is_none_is_told(station: Station, garbage: bytes) -> None:
    office, shift = station
    told = set[tuple[str, str]]()
    for path in sorted(office.folder.glob("archive/_log/*/*.ts[rt]")):
        path.write_bytes(garbage)
        told.add(("evidence-altered", path.relative_to(office.folder / "archive").as_posix()))
        assert {(each.code, each.path) for each in renewing.renew(shift.tools).findings} == told


@pytest.mark.parametrize("spoiled", ["junk", "signature", "pipe", "list"])
def test_a_time_stamp_that_does_not_hold_is_told_each_night_and_keeps_no_other_from_being_renewed(station: Station, spoiled: str) -> None:
    """Put back from a copy, it is renewed like any other."""
    office, shift = station
    (token,) = office.folder.glob("archive/_log/*/evidence.tst" if spoiled == "list" else "archive/_log/*/checkpoint.tsr")
    place = token.relative_to(office.folder / "archive").as_posix()
    path = token.with_name("evidence.sha256") if spoiled == "list" else token
    whole = path.read_bytes()
    path.unlink()
    match spoiled:
        case "pipe":
            os.mkfifo(path)
        case "list":
            path.write_bytes(b"no list\n")
        case _:
            path.write_bytes(b"junk" if spoiled == "junk" else whole[:-1] + bytes([whole[-1] ^ 1]))
    code = "token-invalid" if spoiled == "signature" else "evidence-altered"
    assert [(each.code, each.path) for each in renewing.renew(shift.tools).findings] == [(code, place)]
    found = renewing.renew(shift.tools, is_forced=True)
    assert (found.outcome, [(each.code, each.path) for each in found.findings]) == (renewing.DONE, [(code, place)])
    listed = (office.folder / "archive/_log/renewals/0001/evidence.sha256").read_text()
    assert "/checkpoint.p7s\n" in listed and f"{place}\n" not in listed
    assert found.until is not None and not found.is_short, "what cannot be renewed makes nothing due"
    path.unlink()
    path.write_bytes(whole)
    assert renewing.renew(shift.tools, is_forced=True).findings == ()
    assert f"{place}\n" in (office.folder / "archive/_log/renewals/0002/evidence.sha256").read_text()


def test_every_time_stamp_has_its_night() -> None:
    tokens = [Path(str(number)) for number in range(3 * renewing.A_NIGHT + 5)]
    nights = [renewing.share(tokens, night) for night in range(700, 704)]
    assert {each for night in nights for each in night} == set(tokens) and {len(night) for night in nights} == {renewing.A_NIGHT}
    assert [*renewing.share(tokens[:3], 1)] == tokens[1:3] + tokens[:1] and not renewing.share([], 1)


def test_without_an_authority_nothing_is_laid_down_and_it_is_told(station: Station) -> None:
    office, shift = station
    found = renewing.renew(dataclasses.replace(hasty(shift.tools), outside=Silent()))
    assert (found.outcome, found.is_short, renewals(office)) == ("waiting-tsa", True, [])


def test_an_authority_whose_certificate_is_still_the_same_is_asked_in_vain(station: Station) -> None:
    office, shift = station
    found = renewing.renew(hasty(shift.tools))
    assert (found.outcome, renewals(office)) == (renewing.NO_GAIN, [])


def test_what_was_interrupted_after_its_token_is_logged_by_the_next_one(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    office, shift = station
    with monkeypatch.context() as patched, pytest.raises(OSError, match="power"):
        patched.setattr("archive.store.Archive._note_renewal", failing)
        shift.tools.archive.renew(shift.tools.archive.evidence().renewal("sha256"), *_token(shift.tools), "test")
    assert shift.tools.archive.happened("renewed") == []
    assert renewing.renew(shift.tools).outcome == ""
    assert len(shift.tools.archive.happened("renewed")) == 1


@pytest.mark.parametrize("spoiled", ["token", "certificates", "list", "roots"])
def test_a_renewal_that_somebody_laid_there_is_not_taken_for_ours(station: Station, spoiled: str) -> None:
    """Even one with a time-stamp of our own authority: by it renewal would never fall due again."""
    office, shift = station
    listed = shift.tools.archive.evidence().renewal("sha256").listed
    if spoiled == "list":
        listed = EvidenceList("sha256", dict.fromkeys(listed.digests, "0" * 64))
    made = publishing.stamped(listed.tree.root, "sha256", shift.tools)
    root = (office.folder / "authority" / "root.pem").read_bytes()
    token, chain = b"junk" if spoiled == "token" else made.token, root if spoiled == "certificates" else made.chain
    evidence.put(office.folder / "archive" / "_log" / "renewals" / "0001", listed, token, chain)
    tools = dataclasses.replace(shift.tools, roots=[]) if spoiled == "roots" else shift.tools
    found = renewing.renew(tools)
    stamped = sorted(path.relative_to(office.folder / "archive").as_posix() for path in office.folder.glob("archive/_log/*/*.ts[rt]"))
    untrusted = [("token-untrusted", place) for place in stamped] if spoiled == "roots" else []
    expected = [("token-invalid", "_log/renewals/0001/evidence.tst"), *untrusted]
    assert [(each.code, each.path) for each in found.findings] == expected
    assert found.until is not None and shift.tools.archive.happened("renewed") == []
    if spoiled == "token":
        assert renewing.renew(shift.tools, is_forced=True).number == 2


@pytest.mark.parametrize("error", [PermissionError("closed"), UnicodeEncodeError("utf-8", "\udcff", 0, 1, "surrogates")])
def test_evidence_that_cannot_be_read_is_a_finding_and_holds_no_night_up(station: Station, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr("archive.store.Archive.evidence", refuse)
    found = renewing.renew(station[1].tools)
    assert (found.outcome, found.is_short, [each.code for each in found.findings]) == ("evidence-unreadable", True, ["evidence-unreadable"])


def failing(*_: object) -> None:
    raise OSError("power")


def _token(tools: Tools) -> tuple[bytes, bytes]:
    made = publishing.stamped(tools.archive.evidence().renewal("sha256").listed.tree.root, "sha256", tools)
    return made.token, made.chain


def test_asked_for_and_by_another_algorithm_the_archive_still_verifies(station: Station) -> None:
    """First by the one in force, then the day comes on which SHA-256 is weak, and a year later SHA-384."""
    office, shift = station
    assert renewing.renew(shift.tools, is_forced=True).number == 1
    law = office.folder / "law"
    law.mkdir(exist_ok=True)
    soon = publishing.soon(shift.tools).date().isoformat()
    (law / "algorithms.toml").write_text(f'[[digest]]\nname = "sha256"\nweak_from = "{soon}"\n')
    assert (found := renewing.renew(shift.tools)).outcome == renewing.DONE, found
    assert found.number == 2 and "evidence.sha384" in renewals(office) and "evidence.before" in renewals(office)
    (event,) = [each for each in shift.tools.archive.happened("renewed") if each["public"]["number"] == 2]  # type: ignore[index]  # JSON
    assert event["public"] == event["public"] | {"digest": "sha384", "hashed_anew": 1}  # type: ignore[operator]  # JSON
    archive, root = office.folder / "archive", office.folder / "authority" / "root.pem"
    words = (sys.executable, "-I", archive / "_tools" / "verify.py", archive, "--json", "--root", root)
    told = json.loads(subprocess.run(words, capture_output=True, text=True, check=False).stdout)
    assert {each["code"] for each in told["findings"]} == {"re-dated"}, "the day was sealed by a clock that was ahead; nothing else"
