"""Digests carried to the token in a file: what leaves, what comes back, and the seal that is made of it."""

import hashlib
import json
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from processor.engine import LocalEngine
from processor.errors import Verdict
from processor.seal import carried
from processor.seal.batch import Away, Batch, BatchError, Item, load, read_signed
from tests.processor.seal.carrying import Office, far_away, signed
from tests.processor.signer import clerk


@pytest.fixture(scope="module", params=["rsa:2048", "EC:prime256v1"], ids=["RSA", "ECDSA"])
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with far_away(tmp_path_factory.mktemp("office"), request.param) as made:
        yield made


@dataclass(frozen=True)
class Sent:
    """A batch that left the station, and what is kept of it."""

    away: Away
    batch: Batch
    data: bytes
    folder: Path


@pytest.fixture(scope="module")
def three(office: Office) -> tuple[Batch, dict[str, Any], bytes]:
    """A batch of three, what the station keeps of each, and the file that the clerk brings back."""
    items, resume = [], {}
    for number in (1, 2, 3):
        path = office.folder / f"prepared-{number}.pdf"
        told = office.prepared(path)
        items.append(Item(f"doc-{number}", f"H05.02-{number}", f"Quyết định {number}.pdf", 1, carried.b64decode(told["attributes"])))
        resume[f"doc-{number}"] = {"resume": told["resume"], "prepared": str(path)}
    batch = Batch.of(clerk.AGENCY, office.certificate, items)
    return batch, resume, signed(office, batch.export(), batch.code)[2]


@pytest.fixture
def sent(three: tuple[Batch, dict[str, Any], bytes], tmp_path: Path) -> Sent:
    away = Away(tmp_path / "carried")
    return Sent(away, three[0], away.send(three[0], three[1]), tmp_path)


@pytest.fixture
def back(three: tuple[Batch, dict[str, Any], bytes]) -> bytes:
    return three[2]


# --- the whole way


def test_a_seal_made_in_two_halves_is_a_seal(office: Office, sent: Sent) -> None:
    ended, said, back = signed(office, sent.data, sent.batch.code.lower().replace("-", " "))
    assert ended == 0, said
    batch, came = sent.away.back(back)
    assert set(came.signatures) == {"doc-1", "doc-2", "doc-3"} and came.wrong == {}
    for one, kept in sent.away.left(batch).items():
        out = sent.folder / f"{one}.pdf"
        seen = office.finish(Path(kept["prepared"]), kept["resume"], came.signatures[one], out)
        assert seen["findings"] == [] and seen["level"] == "B-LTA" and seen["pdfa"] == "2b" and seen["identifier"] == "H05.02-1"
        told = subprocess.run(["pdfsig", "-nocert", str(out)], capture_output=True, text=True, check=False).stdout
        assert "Signature is Valid" in told and "Total document signed" in told
        sent.away.close(batch, one)
    for item in sent.batch.items:
        assert item.doc_code in said and item.name in said
    assert clerk.PIN not in said


def test_a_seal_whose_digest_went_over_the_network_is_the_same(office: Office, tmp_path: Path) -> None:
    """The way of `sign --operator` with a key of kind `remote`: the helper signs, the station never has the key."""
    code, said = office.seal_over_network(tmp_path, tmp_path / "out.pdf")
    assert code == 0 and "Quyết định.pdf" in said
    assert office.examined(tmp_path / "out.pdf")["findings"] == []


def test_the_worker_makes_both_halves_behind_its_walls(office: Office, sent: Sent, workers: LocalEngine) -> None:
    path, out = sent.folder / "p.pdf", sent.folder / "s.pdf"
    told = workers.call("prepare_seal", {**office.args, "out": str(path)}, answer=office.answer)
    batch = Batch.of(clerk.AGENCY, office.certificate, [Item("a", "", "", 1, carried.b64decode(told["attributes"]))])
    _, said, back = signed(office, batch.export(), batch.code)
    signature = b64encode(read_signed(back, batch).signatures["a"]).decode()
    given = {"prepared": str(path), "resume": told["resume"], "signature": signature, "out": str(out)}
    workers.call("finish_seal", {**office.args, **given}, answer=office.answer)
    assert office.examined(out)["findings"] == []


@pytest.mark.parametrize("number", [1, 2])
def test_one_signature_of_a_document_is_carried_not_several(office: Office, tmp_path: Path, number: int) -> None:
    """Each further one is over the bytes of the one before: that would be a way to the token for each."""
    passes = [{"field": f"Sohoa_{one}", "page": 0, "appearance": {"kind": "none"}} for one in range(number)]
    issued = replace(office, args={**office.args, "passes": passes})
    if number > 1:
        with pytest.raises(Verdict) as caught:
            issued.prepared(tmp_path / "p.pdf")
        assert caught.value.code == "seal-failed"
        return
    told = issued.prepared(tmp_path / "p.pdf")
    batch = Batch.of(clerk.AGENCY, office.certificate, [Item("a", "", "", 1, carried.b64decode(told["attributes"]))])
    signature = read_signed(signed(office, batch.export(), batch.code)[2], batch).signatures["a"]
    assert issued.finish(tmp_path / "p.pdf", told["resume"], signature, tmp_path / "o.pdf")["findings"] == []


def test_what_is_carried_holds_no_bytes_of_the_documents(sent: Sent) -> None:
    told = json.loads(sent.data)
    assert set(told) == {"sohoa_signer", "id", "agency", "expected", "certificate", "items"}
    assert {key for item in told["items"] for key in item} == {"id", "doc_code", "name", "pages", "attributes"}


def test_the_first_half_asks_for_no_time_and_the_second_waits_for_it(office: Office, tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(kind: str, body: bytes) -> bytes:
        asked.append(kind)
        return office.answer(kind, body)

    carried.prepare_seal({**office.args, "out": str(tmp_path / "p.pdf")}, answer)
    assert set(asked) == {"fetch"}


def test_without_time_the_signature_is_kept_for_later(office: Office, sent: Sent, back: bytes) -> None:
    """The clerk's way to the token and back is not made in vain."""
    batch, came = sent.away.back(back)
    kept = sent.away.left(batch)["doc-1"]

    def no_time(kind: str, body: bytes) -> bytes:
        if kind == "stamp":
            raise Verdict("waiting-tsa")
        return office.answer(kind, body)

    told = {**office.args, **kept, "signature": b64encode(came.signatures["doc-1"]).decode(), "out": str(sent.folder / "o.pdf")}
    with pytest.raises(Verdict) as caught:
        carried.finish_seal(told, no_time)
    assert caught.value.code == "waiting-tsa"
    assert office.finish(Path(kept["prepared"]), kept["resume"], came.signatures["doc-1"], sent.folder / "o.pdf")["findings"] == []


def test_a_certificate_that_cannot_be_checked_is_not_carried_out(office: Office, tmp_path: Path) -> None:
    def no_lists(kind: str, body: bytes) -> bytes:
        raise Verdict("waiting-revocation")

    with pytest.raises(Verdict) as caught:
        carried.prepare_seal({**office.args, "out": str(tmp_path / "p.pdf")}, no_lists)
    assert caught.value.code == "waiting-revocation"


def test_a_prepared_file_that_was_changed_is_not_finished(office: Office, tmp_path: Path) -> None:
    told = office.prepared(tmp_path / "p.pdf")
    with (tmp_path / "p.pdf").open("r+b") as file:
        file.seek(200)
        byte = file.read(1)
        file.seek(200)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(Verdict) as caught:
        office.finish(tmp_path / "p.pdf", told["resume"], bytes(256), tmp_path / "o.pdf")
    assert caught.value.code == "seal-failed"


def test_a_signature_of_something_else_makes_no_seal(office: Office, sent: Sent, back: bytes) -> None:
    """Should a wrong one get as far as the worker, `examine` says so."""
    batch, came = sent.away.back(back)
    kept = sent.away.left(batch)["doc-1"]
    seen = office.finish(Path(kept["prepared"]), kept["resume"], came.signatures["doc-2"], sent.folder / "o.pdf")
    assert seen["findings"] != []


# --- at the token


def test_a_wrong_code_ends_it_before_the_pin(office: Office, sent: Sent) -> None:
    other = Batch.of(clerk.AGENCY, office.certificate, sent.batch.items)
    ended, said, back = signed(office, sent.data, other.code)
    assert (ended, back) == (1, b"") and "KHÔNG khớp" in said and "đăng nhập" not in said


@pytest.mark.parametrize("change", ["name", "attributes", "one more"])
def test_a_file_changed_on_the_stick_has_another_code(office: Office, sent: Sent, change: str) -> None:
    told = json.loads(sent.data)
    if change == "one more":
        told["items"].append({**told["items"][0], "id": "doc-4"})
        told["expected"] = 4
    else:
        told["items"][0][change] = told["items"][1][change]
    ended, said, back = signed(office, json.dumps(told, ensure_ascii=False, indent=1).encode(), sent.batch.code)
    assert (ended, back) == (1, b"") and "KHÔNG khớp" in said


def test_more_documents_than_announced_are_not_signed(office: Office, sent: Sent) -> None:
    told = json.loads(sent.data)
    told["expected"] = 2
    ended, _, back = signed(office, json.dumps(told).encode(), "")
    assert (ended, back) == (1, b"")


def test_what_was_written_is_not_written_over(office: Office, sent: Sent) -> None:
    signed(office, sent.data, sent.batch.code)
    before = (office.pc.folder / "out.json").read_bytes()
    ended, _ = office.pc.signer("file", "in.json", "out.json", *office.pc.with_token, typed=f"{sent.batch.code}\nc\n")
    assert ended == 1 and (office.pc.folder / "out.json").read_bytes() == before


# --- back at the station


def changed(back: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    told = json.loads(back)
    change(told)
    return json.dumps(told).encode()


def test_what_is_not_signed_waits(sent: Sent, back: bytes) -> None:
    batch, came = sent.away.back(changed(back, lambda told: told["signatures"].pop(1)))
    assert set(came.signatures) == {"doc-1", "doc-3"} and came.wrong == {"doc-2": "not-signed"}
    for one in came.signatures:
        sent.away.close(batch, one)
    again, came = sent.away.back(back)
    assert set(came.signatures) == {"doc-2"}, "the rest may come later, what is done is not done again"
    sent.away.close(again, "doc-2")
    with pytest.raises(BatchError, match="finished"):
        sent.away.back(back)
    assert sent.away.away() == [] and not any((sent.folder / "carried").iterdir())


BAD: dict[str, Callable[[dict[str, Any]], object]] = {
    "swapped": lambda told: told["signatures"][0].update(signature=told["signatures"][1]["signature"]),
    "garbage": lambda told: told["signatures"][0].update(signature="AAAA"),
    "no base64": lambda told: told["signatures"][0].update(signature="\N{SNOWMAN}"),
    "empty": lambda told: told["signatures"][0].update(signature=""),
    "twice": lambda told: told["signatures"].append(told["signatures"][0]),
}


@pytest.mark.parametrize("how", BAD)
def test_a_wrong_signature_counts_for_nothing_and_spoils_no_other(sent: Sent, back: bytes, how: str) -> None:
    _, came = sent.away.back(changed(back, BAD[how]))
    assert set(came.signatures) == {"doc-2", "doc-3"} and came.wrong == {"doc-1": "bad-signature"}


def test_a_batch_signed_twice_is_finished_once(office: Office, sent: Sent, back: bytes) -> None:
    second = signed(office, sent.data, sent.batch.code)[2]
    batch, _ = sent.away.back(back)
    for item in batch.items:
        sent.away.close(batch, item.id)
    with pytest.raises(BatchError, match="finished"):
        sent.away.back(second)


def test_another_batchs_file_is_refused(office: Office, sent: Sent, back: bytes, tmp_path: Path) -> None:
    other = Batch.of(clerk.AGENCY, office.certificate, sent.batch.items[:1])
    with pytest.raises(BatchError, match="another batch"):
        read_signed(back, other)
    with pytest.raises(BatchError, match="no such batch"):
        Away(tmp_path / "empty").back(back)
    sent.away.send(other, {"doc-1": {}})
    with pytest.raises(BatchError, match="changed on its way"):
        sent.away.back(changed(back, lambda told: told.update(id=other.id)))


def test_a_changed_batch_is_noticed_even_if_the_clerk_did_not(office: Office, sent: Sent) -> None:
    told = json.loads(sent.data)
    told["items"][0]["name"] = "Another.pdf"
    data = json.dumps(told, ensure_ascii=False, indent=1).encode()
    _, _, back = signed(office, data, load(data).code)
    with pytest.raises(BatchError, match="changed on its way"):
        sent.away.back(back)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"null", b"[" * 100_000, b'{"sohoa_signer": 2}', b'{"sohoa_signer": 1}', b"\xff\xfe",
             b'{"sohoa_signer": 1, "id": "../../etc"}', b'{"sohoa_signer": 1, "id": 7}'],
)  # fmt: skip
def test_any_other_file_is_refused_with_a_text(sent: Sent, data: bytes) -> None:
    with pytest.raises(BatchError):
        sent.away.back(data)


def test_a_batch_is_the_same_when_read_again(sent: Sent) -> None:
    assert load(sent.data) == sent.batch and load(sent.data).export() == sent.data
    assert sent.away.away() == [sent.batch]
    assert replace(sent.batch, agency="x").code != sent.batch.code


def test_the_signatures_that_come_back_are_of_the_kind_the_law_knows(office: Office, sent: Sent, back: bytes) -> None:
    key = office.certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    assert hashlib.sha256(sent.data).hexdigest() == json.loads(back)["batch_sha256"]
