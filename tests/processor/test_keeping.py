"""Revocation lists of the time-stamping authority kept at a real station: in the night, later where they were not to be had."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from processor import keeping, publishing, renewing
from processor.condition import Condition, Proofs, lines
from processor.shift import Shift
from tests.processor.office import Office
from tests.processor.test_publishing import Silent, sealed  # noqa: F401  # a fixture

Station = tuple[Office, Shift]


@pytest.fixture
def station(sealed: Station) -> Iterator[Station]:  # noqa: F811
    publishing.publish(sealed[1].tools)
    yield sealed


def kept(office: Office) -> list[Path]:
    return sorted(office.folder.glob("archive/_log/revocation/*"))


def test_lists_are_kept_once_told_in_the_log_and_renewed_with_the_tokens(station: Station) -> None:
    office, shift = station
    assert keeping.keep(shift.tools) == (0, []) == keeping.keep(shift.tools)
    told = [each["public"] for each in shift.tools.archive.happened("revocation-kept")]
    assert [Path(each["token"]).name for each in told] == ["checkpoint.tsr", "evidence.tst"]  # type: ignore[index]  # JSON
    assert {path.stem for path in kept(office)} == {each["list_1"] for each in told}  # type: ignore[index]  # JSON
    for path in kept(office):
        text = subprocess.run(["openssl", "crl", "-inform", "DER", "-in", path, "-noout", "-issuer"], capture_output=True, text=True, check=True)
        assert "issuer=" in text.stdout
    assert renewing.renew(shift.tools, is_forced=True).number == 1
    assert f"  _log/revocation/{kept(office)[0].name}\n" in (office.folder / "archive/_log/renewals/0001/evidence.sha256").read_text()
    assert keeping.keep(shift.tools) == (0, []) and len(shift.tools.archive.happened("revocation-kept")) == 3, "the renewal's own token"


def test_what_is_not_to_be_had_comes_another_night_and_holds_up_nothing(station: Station) -> None:
    office, shift = station
    assert keeping.keep(dataclasses.replace(shift.tools, outside=Silent())) == (2, []) and kept(office) == []
    (junk,) = office.folder.glob("archive/_log/*/evidence.tst")
    whole = junk.read_bytes()
    junk.write_bytes(b"junk")
    assert keeping.keep(shift.tools) == (1, []), "the other one has them; of this one `renew` tells"
    junk.write_bytes(whole)
    assert keeping.keep(shift.tools) == (0, [])


def test_a_list_that_is_gone_or_another_is_told_every_night_and_by_the_verifier_in_the_archive(station: Station) -> None:
    office, shift = station
    keeping.keep(shift.tools)
    (path,) = kept(office)
    archive, root = office.folder / "archive", office.folder / "authority" / "root.pem"

    def told() -> tuple[set[str], set[str]]:
        words = (sys.executable, "-I", archive / "_tools" / "verify.py", archive, "--json", "--root", root)
        said = json.loads(subprocess.run(words, capture_output=True, text=True, check=False).stdout)
        return {each.code for each in shift.tools.archive.lost_heads()}, {each["code"] for each in said["findings"]} - {"re-dated"}

    assert told() == (set(), set())
    path.write_bytes(b"junk")
    assert told() == (set(), {"revocation-altered"}) and {each.code for each in shift.tools.archive.verify().findings} == {"revocation-altered"}
    path.unlink()
    assert told() == ({"revocation-missing"}, {"revocation-missing"})
    path.mkdir()
    assert told() == ({"revocation-altered"}, {"revocation-altered"})


def test_the_clerks_page_says_how_many_wait() -> None:
    proofs = Proofs(until=dt.date(2030, 1, 2), days_left=900, unlisted=3)
    assert any("có giá trị đến 02/01/2030, 3 chờ danh sách thu hồi" in line for line in lines(Condition(proofs=proofs)))
