"""What the archive gives for a package: its own words, and a proof that they are in the log."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from archive.errors import ArchiveError
from archive.log import leaf_hash, verify_inclusion
from archive.packages.gather import Gathered, gather
from archive.record import Companion, DocumentKey
from archive.store import Archive
from tests.archive.conftest import CLERK, FILE, Office


def proved(found: Gathered) -> tuple[dict[str, int], int | None]:
    """The events by type, each shown to be in the log; the event whose head of the log they lead to."""
    lines = [json.loads(line) for line in found.events.decode().splitlines()]
    proof = json.loads(found.proof)
    entries = {line["seq"]: line["entry"] for line in lines}
    for leaf in proof["leaves"]:
        path = [bytes.fromhex(node) for node in leaf["path"]]
        hashed = leaf_hash(entries[leaf["seq"]].encode())
        assert verify_inclusion(hashed, leaf["seq"], proof["tree_size"], path, bytes.fromhex(proof["root"]))
    types = [json.loads(entry)["type"] for entry in entries.values()]
    return {type: types.count(type) for type in types}, proof["sealed_by"]


def test_what_happened_to_a_document_and_its_scan_is_told_and_nothing_of_others(office: Office, archive: Archive) -> None:
    filing = office.filing(archive)
    archive.event("released", scan_sha256=filing.key.scan_sha256, actor=CLERK, private={"reason": "có dấu"})
    code = archive.file(filing, CLERK)["doc_code"]
    archive.describe(code, {"subject": "về việc"}, CLERK)
    archive.file(office.filing(archive, "b"), CLERK)
    types, sealed_by = proved(gather(archive, FILE, [code]))
    assert types == {"file-declared": 1, "numbered": 1, "released": 1, "filed": 1, "described": 1} and sealed_by is None


def test_once_a_day_is_sealed_the_proof_leads_to_its_head(office: Office, archive: Archive) -> None:
    code = archive.file(office.filing(archive), CLERK)["doc_code"]
    before = gather(archive, FILE, [code])
    office.clock.pass_(days=1)
    archive.seal_day(dt.date(2026, 11, 23), "night")
    after = gather(archive, FILE, [code])
    types, sealed_by = proved(after)
    assert types["sealed"] == 1 and sealed_by is not None
    sealed = json.loads(json.loads(after.events.decode().splitlines()[-1])["entry"])
    assert sealed["seq"] == sealed_by and sealed["public"]["root"] == json.loads(after.proof)["root"]
    assert before.moment == after.moment  # the package is no other one for it


def test_corrections_are_told_and_the_record_stays_as_it_was_filed(office: Office, archive: Archive) -> None:
    code = archive.file(office.filing(archive), CLERK)["doc_code"]
    first = gather(archive, FILE, [code]).held[0].record
    archive.describe(code, {"subject": "về việc"}, CLERK)
    (held,) = gather(archive, FILE, [code]).held
    assert held.record == first and held.told["subject"] == "về việc"


def test_a_record_that_is_not_the_one_filed_goes_nowhere(office: Office, archive: Archive) -> None:
    row = archive.file(office.filing(archive), CLERK)
    path = (office.root / row["path"]).with_suffix(".json")
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ArchiveError) as refused:
        gather(archive, FILE, [row["doc_code"]])
    assert refused.value.code == "altered"


def test_a_refiled_document_goes_with_its_own_record_its_evidence_and_what_happened_before(office: Office, archive: Archive) -> None:
    other = FILE.replace("TCCB", "VP")
    archive.declare_file(other, "Hồ sơ văn phòng", year=2026, actor=CLERK)
    proof = office.blob("proof", b"{}")
    old = archive.file(office.filing(archive, companions=(Companion("verification.json", proof),)), CLERK)
    new = archive.refile(old["doc_code"], other, "nhầm hồ sơ", CLERK)
    found = gather(archive, other, [new["doc_code"]])
    (held,) = found.held
    assert json.loads(held.record)["doc_code"] == new["doc_code"] and held.row["path"] == old["path"]
    assert [beside["sha256"] for beside in held.companions] == [proof.sha256]
    types, _ = proved(found)
    assert types["filed"] == 2 and types["superseded"] == 1


def test_what_was_said_of_another_document_of_the_same_scan_stays_here(office: Office, archive: Archive) -> None:
    scan = office.blob("a.scan", b"scan a")
    for part in ("1-3", ""):
        row = archive.file(office.filing(archive, "a", key=DocumentKey(scan.sha256, "sao-y", FILE, part)), CLERK)
        archive.event("rejected", scan_sha256=scan.sha256, actor=CLERK, public={"code": "rejected-by-clerk"},
                      private={"reason": "đơn của bà Nguyễn Thị B"})  # fmt: skip
        lines = [json.loads(line) for line in gather(archive, FILE, [row["doc_code"]]).events.splitlines()]
        rejected = [line for line in lines if json.loads(line["entry"])["type"] == "rejected"]
        assert rejected and all(json.loads(line["entry"])["private_sha256"] for line in rejected), "the log is whole all the same"
        assert any(line["private"] or line["salt"] for line in rejected) == (not part)
