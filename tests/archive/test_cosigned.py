"""What a witness signed and gave back: taken in by a pinned key alone, and checked ever after."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from archive.checkpoint import COSIGNATURE_KEY, Checkpoint, Head, parsed, verifier_key, witness_of
from archive.store import Archive
from archive.witness import PUBLIC, WitnessError, of_archive, witness
from tests.archive.conftest import CLERK, Office
from tests.archive.test_heads import a_day
from tests.archive.test_proofs import NAME, NOW, seen


@pytest.fixture
def signed(office: Office, archive: Archive) -> Checkpoint:
    """The newest head, signed by a witness whose key is pinned."""
    a_day(office, archive, "a")
    made = seen(office)
    archive.witnesses = (pin(office),)
    return made


def pin(office: Office) -> str:
    return (office.folder / "witness" / PUBLIC).read_text().strip()


def refused(archive: Archive, data: bytes) -> str:
    count = archive.event_count()
    with pytest.raises(WitnessError) as raised:
        archive.take_cosigned(data, CLERK)
    assert archive.event_count() == count and not list(archive.root.glob("_log/cosigned/*"))
    return raised.value.code


def codes(archive: Archive) -> list[str]:
    return [found.code for found in archive.verify().findings]


def test_what_a_pinned_witness_signed_is_taken_in_once(office: Office, archive: Archive, signed: Checkpoint) -> None:
    (told,) = archive.take_cosigned(signed.text().encode(), CLERK)
    assert (told.name, told.size, int(told.at.timestamp()), told.is_verified) == (NAME, signed.head.size, NOW, True)
    (path,) = archive.root.glob("_log/cosigned/*")
    assert path.read_text("utf-8") == signed.text()
    archive.take_cosigned(signed.text().encode(), CLERK)
    assert [event["public"] for event in archive.happened("witnessed")] == [
        {"size": signed.head.size, "witness": NAME, "key": signed.lines[1].id.hex(), "seen_at": NOW}]  # fmt: skip
    assert archive.cosigned() == [told] == archive.cosigned(signed.head.size) and archive.cosigned(1) == []
    assert codes(archive) == [] and archive.lost_heads() == []


def test_a_clock_that_stood_behind_then_takes_nothing_away(office: Office, archive: Archive, signed: Checkpoint) -> None:
    office.clock.pass_(seconds=-60)
    archive.take_cosigned(signed.text().encode(), CLERK)
    assert "clock_behind_us" in archive.happened("witnessed")[0]["public"]  # type: ignore[operator]  # JSON
    archive.take_cosigned(signed.text().encode(), CLERK)
    assert len(archive.happened("witnessed")) == 1 and codes(archive) == [] and archive.lost_heads() == []


def test_each_witness_of_a_head_has_a_file_and_an_entry(office: Office, archive: Archive, signed: Checkpoint) -> None:
    """Whether their lines come one after the other or in one file, and whatever was there before."""
    other = witness(office.folder / "other", "khac.example", of_archive(office.root), NOW + 9)
    archive.witnesses = (*archive.witnesses, (office.folder / "other" / PUBLIC).read_text().strip())
    archive.take_cosigned(signed.text().encode(), CLERK)
    both = Checkpoint(signed.head, (*signed.lines, other.lines[1])).text().encode()
    for _ in range(2):
        assert [each.name for each in archive.take_cosigned(both, CLERK)] == [NAME, "khac.example"]
        assert {each.name for each in archive.cosigned()} == {NAME, "khac.example"}
        assert [event["public"]["witness"] for event in archive.happened("witnessed")] == [NAME, "khac.example"]  # type: ignore[index]  # JSON
    assert sorted(path.read_text("utf-8") for path in archive.root.glob("_log/cosigned/*")) == sorted([signed.text(), other.text()])
    assert codes(archive) == []


def test_a_key_that_is_not_pinned_is_not_believed(office: Office, archive: Archive, signed: Checkpoint) -> None:
    own, archive.witnesses = archive.witnesses, ()
    assert refused(archive, signed.text().encode()) == "not-pinned"
    other = witness(office.folder / "other", NAME, of_archive(office.root), NOW)  # the same name, another key
    archive.witnesses = own
    assert refused(archive, other.text().encode()) == "not-pinned"
    archive.take_cosigned(signed.text().encode(), CLERK)
    archive.witnesses = ()
    assert [each.is_verified for each in archive.cosigned()] == [False]


def test_a_signature_that_does_not_hold_and_another_past_are_refused(office: Office, archive: Archive, signed: Checkpoint) -> None:
    moved = Checkpoint(Head(signed.head.origin, signed.head.size, bytes(32)), signed.lines)
    assert refused(archive, moved.text().encode()) == "signature-invalid"
    other = Office(office.folder / "other")
    other.folder.mkdir()
    there = other.open()
    try:
        there.declare_file("H05.02.2026.01.TCCB", "Khác", year=2026, actor=CLERK)
        a_day(other, there, "a")
        forked = witness(office.folder / "witness", NAME, of_archive(other.root), NOW)  # the same witness, of another log
    finally:
        there.close()
    assert refused(archive, forked.text().encode()) == "log-forked"
    for garbage in (b"", b"\xff", b"sohoa/x\n1\nAAAA\n\n", signed.head.text().encode()):
        assert refused(archive, garbage) == "bad-request"


def test_what_somebody_lays_there_is_told(office: Office, archive: Archive, signed: Checkpoint) -> None:
    archive.take_cosigned(signed.text().encode(), CLERK)
    (path,) = archive.root.glob("_log/cosigned/*")
    path.chmod(0o644)
    line = base64.b64encode(signed.lines[1].id + signed.lines[1].signature).decode()
    path.write_text(signed.text().replace(line, base64.b64encode(signed.lines[1].id + bytes(72)).decode()), "utf-8")
    lost = "witness-missing"  # in each case: what lay there before
    assert codes(archive) == [lost, "witness-invalid"] == [found.code for found in archive.lost_heads()]
    assert [each.is_verified for each in archive.cosigned()] == [False]
    path.write_text("none")
    assert codes(archive) == [lost, "witness-invalid"] and archive.cosigned() == []
    path.write_text(Checkpoint(Head(signed.head.origin, signed.head.size + 1, bytes(32)), signed.lines).text(), "utf-8")
    assert sorted(codes(archive)) == ["witness-forked", "witness-invalid", lost]


def test_what_was_taken_in_and_is_gone_is_told(office: Office, archive: Archive, signed: Checkpoint) -> None:
    """Whether its key is still pinned or not; brought once more, all is well."""
    archive.take_cosigned(signed.text().encode(), CLERK)
    (path,) = archive.root.glob("_log/cosigned/*")
    pins, archive.witnesses = archive.witnesses, ()
    path.unlink()
    assert codes(archive) == ["witness-missing"] == [found.code for found in archive.lost_heads()]
    assert [found.path for found in archive.lost_heads()] == [path.relative_to(archive.root).as_posix()]
    path.write_text(Checkpoint(signed.head, signed.lines[:1]).text(), "utf-8")  # the head without the line
    assert codes(archive) == ["witness-missing"]
    path.unlink()
    archive.witnesses = pins
    archive.take_cosigned(signed.text().encode(), CLERK)
    assert codes(archive) == [] and len(archive.happened("witnessed")) == 1


def test_a_verifier_key_is_what_it_says(office: Office, archive: Archive, signed: Checkpoint, tmp_path: Path) -> None:
    name, public = witness_of(pin(office))
    assert (name, verifier_key(name, COSIGNATURE_KEY, public)) == (NAME, pin(office))
    for bad in ("", "a+b", pin(office)[:-4] + "AAAA", pin(office).replace(NAME, "khac"), (office.root / "_log" / "keys").name):
        with pytest.raises(ValueError, match="not"):
            witness_of(bad)
    assert parsed(signed.text()) == signed
