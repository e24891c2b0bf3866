"""The lane of what the office issues: the persons in charge have signed, then the red seal is added and nothing else is touched."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from processor import fixity
from processor.lanes.issue import Person
from processor.seal.timestamps import Outside
from processor.shift import Shift
from tests.processor.office import Office
from tests.testkit import signing
from tests.testkit.authorities import HOSTS, Holder, Pki

LANE = "phat-hanh"


@dataclass
class Both:
    """The demo authority for our own seals, the kit's for the persons'."""

    demo: Outside
    pki: Pki

    def stamp(self, request: bytes, skip: int) -> bytes:
        return self.demo.stamp(request, skip)

    def fetch(self, url: str, body: bytes) -> bytes:
        return (self.pki if any(host in url for host in HOSTS) else self.demo).fetch(url, body)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.demo, name)


@dataclass
class Desk:
    office: Office
    pki: Pki
    leader: Holder
    deputy: Holder
    shift: Shift

    @classmethod
    def of(cls, office: Office) -> Desk:
        pki, shift = Pki(), office.shift()
        leader, deputy = pki.person("Nguyễn Văn Kiểm"), pki.person("Trần Thị Thử")
        persons = tuple(
            Person(id, who.certificate.fingerprint(signing.hashes.SHA256()).hex(), dt.date(2020, 1, 1), dt.date.max)
            for id, who in (("chu-tich", leader), ("pho-chu-tich", deputy))
        )
        tools = replace(
            shift.tools, outside=Both(shift.tools.outside, pki), roots=(*shift.tools.roots, pki.root.der, pki.tsa_root.der),
            intermediates=(*shift.tools.intermediates, pki.issuing.der), persons=persons,
        )  # fmt: skip
        return cls(office, pki, leader, deputy, replace(shift, tools=tools))

    def drop(self, name: str, data: bytes, **beside: str) -> Path:
        path = self.office.folder / "drop" / LANE / name
        path.write_bytes(data)
        if beside:
            path.with_name(f"{name}.json").write_text(json.dumps(beside), "utf-8")
        return path

    def run(self) -> dict[str, int]:
        return dict(self.office.run(self.shift))

    def lane(self, **change: Any) -> None:
        settings = self.shift.tools.settings
        lanes = {**settings.lanes, LANE: settings.lanes[LANE].model_copy(update=change)}
        tools = replace(self.shift.tools, settings=settings.model_copy(update={"lanes": lanes}))
        self.shift = replace(self.shift, tools=tools)

    def filed(self) -> dict[str, Any]:
        archive = self.shift.tools.archive
        rows = [row for day in archive.days() for row in archive.filed_on(day.day)]
        return max(rows, key=lambda row: row["doc_code"])

    def signed(self, *who: Holder, gaps: bool = False) -> bytes:
        data = signing.page(gaps=gaps)
        for number, each in enumerate(who, 1):
            left, bottom, right, top = signing.HAND_BOX
            box = (left, bottom + 70 * (len(who) - number), right, top + 70 * (len(who) - number))
            data = signing.sign(data, each, self.pki, replace(signing.HAND, field=f"Ky{number}", box=box))
        return data


@pytest.fixture
def desk(office: Office) -> Iterator[Desk]:
    yield Desk.of(office)


def refused(desk: Desk) -> str:
    return str(desk.office.told("rejected")[-1]["code"])


def test_the_seal_is_added_to_what_the_leader_signed(desk: Desk, tmp_path: Path) -> None:
    data = desk.signed(desk.leader)
    desk.drop("qd.pdf", data)
    assert desk.run() == {"filed": 1}
    record = desk.filed()
    sealed = (desk.office.folder / "archive" / record["path"]).read_bytes()
    assert sealed.startswith(data) and record["pades_level"] == "B-LTA" and record["block_text"] is None
    assert (desk.office.folder / "archive" / record["original_path"]).read_bytes() == data
    told = subprocess.run(["pdfsig", "-"], input=sealed, capture_output=True)
    (tmp_path / "x.pdf").write_bytes(sealed)
    told = subprocess.run(["pdfsig", tmp_path / "x.pdf"], capture_output=True, text=True)
    assert told.stdout.count("Signature is Valid") == 2
    with pymupdf.open(tmp_path / "x.pdf") as document:
        picture = document[-1].get_pixmap(dpi=72)
    red = [(x, y) for y in range(picture.height) for x in range(picture.width) if _is_red(picture.pixel(x, y))]
    wide = max(x for x, _ in red) - min(x for x, _ in red)
    assert abs(wide - 36 * 72 / 25.4) < 4, "real size"
    left, right = signing.HAND_BOX[0], signing.HAND_BOX[2]
    assert abs(max(x for x, _ in red) - (left + (right - left) / 3)) < 6, "over the left third of the signature"
    check = fixity.checker(desk.shift.tools.engine, desk.shift.tools.roots)
    assert desk.shift.tools.archive.verify(None, check).ok


def _is_red(pixel: tuple[int, int, int]) -> bool:
    return pixel[0] > 150 and pixel[1] < 120 and pixel[2] < 120


def test_number_and_day_go_in_as_signatures_of_our_own(desk: Desk, tmp_path: Path) -> None:
    data = desk.signed(desk.leader, gaps=True)
    desk.drop("qd.pdf", data, code_number="15", issued_date="2025-09-09")
    assert desk.run() == {"filed": 1}
    sealed = (desk.office.folder / "archive" / desk.filed()["path"]).read_bytes()
    assert sealed.startswith(data)
    (tmp_path / "x.pdf").write_bytes(sealed)
    with pymupdf.open(tmp_path / "x.pdf") as document:
        fields = {widget.field_name for page in document for widget in page.widgets()}
        assert "15" in document[0].get_text()
    assert {"Sohoa_CoQuan", "Sohoa_So", "Sohoa_Ngay"} <= fields
    assert desk.filed()["code_number"] == "15" and desk.filed()["issued_date"] == "2025-09-09"


def test_the_order_of_the_lane_is_kept(desk: Desk) -> None:
    desk.lane(signers=("pho-chu-tich", "chu-tich"))
    desk.drop("nguoc.pdf", desk.signed(desk.leader, desk.deputy))
    assert desk.run() == {"rejected": 1} and refused(desk) == "person-order"
    desk.drop("dung.pdf", desk.signed(desk.deputy, desk.leader))
    assert desk.run() == {"filed": 1}


def test_one_or_the_other_may_sign(desk: Desk) -> None:
    desk.lane(signers=("chu-tich|pho-chu-tich",))
    desk.drop("pho.pdf", desk.signed(desk.deputy))
    assert desk.run() == {"filed": 1}


def test_who_is_missing_not_listed_or_out_of_their_time_is_refused(desk: Desk) -> None:
    desk.drop("thieu.pdf", desk.signed(desk.deputy))
    assert desk.run() == {"rejected": 1} and refused(desk) == "person-missing"
    desk.drop("la.pdf", desk.signed(desk.pki.person("Người lạ")))
    assert desk.run() == {"rejected": 1}
    assert "person-not-listed" in {told["code"] for told in desk.office.told("rejected")}
    persons = tuple(replace(person, valid_to=dt.date(2025, 12, 31)) for person in desk.shift.tools.persons)
    desk.shift = replace(desk.shift, tools=replace(desk.shift.tools, persons=persons))
    desk.drop("het-han.pdf", desk.signed(desk.leader))
    assert desk.run() == {"rejected": 1}
    assert [told["code"] for told in desk.office.told("rejected")].count("person-not-listed") == 2
    desk.drop("chua-ky.pdf", signing.page())
    assert desk.run() == {"rejected": 1}


def test_a_broken_or_revoked_signature_is_refused(desk: Desk) -> None:
    data = bytearray(desk.signed(desk.leader))
    data[data.index(b"/MediaBox") + 11] ^= 1
    desk.drop("sua.pdf", bytes(data))
    assert desk.run() == {"rejected": 1} and refused(desk) == "person-not-valid"
    good = desk.signed(desk.leader)
    desk.pki.revoke(desk.leader)
    desk.drop("thu-hoi.pdf", good)
    assert desk.run() == {"rejected": 1}


def test_without_revocation_data_it_waits_and_goes_on_by_itself(desk: Desk) -> None:
    desk.drop("cho.pdf", desk.signed(desk.leader))
    for service in ("ocsp", "crl"):
        desk.pki.lie(service, "silent")
    assert desk.run() == {"waiting": 1}
    assert desk.shift.journal.items("waiting")[0].code == "waiting-revocation"
    for service in ("ocsp", "crl"):
        desk.pki.lie(service, "")
    assert desk.run() == {"filed": 1}


@pytest.mark.parametrize("level", [1, 2])
def test_what_the_signer_locked_is_refused_with_the_reason(desk: Desk, level: int) -> None:
    permission = {1: signing.MDPPerm.NO_CHANGES, 2: signing.MDPPerm.FILL_FORMS}[level]
    data = signing.sign(signing.page(), desk.leader, desk.pki, replace(signing.HAND, certify=permission))
    desk.drop("khoa.pdf", data)
    assert desk.run() in ({"held": 1}, {"rejected": 1})
    told = [*desk.office.told("held"), *desk.office.told("rejected")][0]
    assert told["code"] == {1: "certified-no-changes", 2: "certified-no-new-field"}[level]


@pytest.mark.parametrize("change", ["revoked", "unlisted"])
def test_signers_are_looked_at_again_when_the_seal_is_put_on(desk: Desk, change: str) -> None:
    """In an attended office days go by between the check and the seal."""
    data = signing.sign(signing.page(), desk.leader, desk.pki, replace(signing.HAND, stamped=False))
    desk.drop("cho.pdf", data)
    ring = desk.shift.tools.ring
    desk.shift = replace(desk.shift, tools=replace(desk.shift.tools, ring=None))
    assert desk.run() == {"to-seal": 1}
    persons = desk.shift.tools.persons if change == "revoked" else ()
    desk.shift = replace(desk.shift, tools=replace(desk.shift.tools, ring=ring, persons=persons))
    if change == "revoked":
        desk.pki.revoke(desk.leader)
    assert desk.run() == {"rejected": 1}
    assert refused(desk) == {"revoked": "person-not-valid", "unlisted": "person-not-listed"}[change]
