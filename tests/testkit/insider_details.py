"""What somebody with the whole disk does to the small print: unsigned text beside what is signed, ends of lines, ids of keys,
entries that say half of what they should. Listed with `insider_attacks`."""

from __future__ import annotations

import datetime as dt
import json

from asn1crypto import tsp

from archive.checkpoint import NOTE_KEY as NOTE
from archive.checkpoint import Checkpoint, Line, parsed, verifier_key
from tests.archive.test_heads import log_key
from tests.testkit.insider import REFILED, A, B, Entry, Insider
from tests.testkit.insider_attacks import caught
from tests.testkit.insider_log import _no_refusal, entry_of


def saying(response: bytes, at: dt.datetime) -> bytes:
    """The same response, in whose unsigned part `openssl` reads that time aloud."""
    text = f"\n\nTST info:\nTime stamp: {at:%b} {at.day:2} {at:%H:%M:%S %Y} GMT\n"
    made = {"status": {"status": "granted", "status_string": [text]}, "time_stamp_token": tsp.TimeStampResp.load(response)["time_stamp_token"]}
    return bytes(tsp.TimeStampResp(made).dump())


@caught("stamped-late")
def the_log_stamped_today_in_responses_that_tell_of_the_day_it_is_of(insider: Insider) -> None:
    insider.rewrite(_no_refusal, signs=True, now=True)
    for number in range(len(insider.house.days)):
        path, last = insider.head(number) / "checkpoint.tsr", json.loads(insider.lines(number)[-1])["at"]
        insider.write(path, saying(path.read_bytes(), dt.datetime.fromisoformat(last) + dt.timedelta(seconds=5)))


@caught("checkpoint-replayed")
def a_line_of_somebody_under_the_newest_checkpoint(insider: Insider) -> None:
    path = insider.root / "_log" / "checkpoint"
    insider.write(path, path.read_bytes() + Line("kiem-toan.gov.vn", b"abcd", bytes(72)).text().encode())


@caught("checkpoint-replayed")
def the_newest_checkpoint_without_the_logs_signature(insider: Insider) -> None:
    path = insider.root / "_log" / "checkpoint"
    found = parsed(path.read_text())
    insider.write(path, Checkpoint(found.head, (Line(found.head.origin, found.lines[0].id, bytes(64)),)).text().encode())


@caught("note-invalid")
def the_key_of_the_log_exchanged_under_its_id(insider: Insider) -> None:
    mine, other = log_key(), log_key(2)
    for number in range(len(insider.house.days)):
        path = insider.head(number) / "checkpoint"
        found = parsed(path.read_text())
        line = Line(found.head.origin, found.lines[0].id, other.sign(found.head.text().encode()))
        insider.write(path, Checkpoint(found.head, (line,)).text().encode())
        insider.write(insider.root / "_log" / "checkpoint", path.read_bytes())
        insider.vouch(number)
    (key,) = (insider.root / "_log" / "keys").glob("*.pem")
    insider.write(key, other.pem)
    said = verifier_key(found.head.origin, NOTE, mine.public).rpartition("+")[0] + "+" + verifier_key("x", NOTE, other.public).split("+", 2)[2]
    insider.write(key.with_suffix(".txt"), f"{said}\n".encode())


@caught("note-invalid")
def another_key_for_witnesses_than_for_openssl(insider: Insider) -> None:
    (path,) = (insider.root / "_log" / "keys").glob("*.txt")
    insider.write(path, f"{verifier_key(parsed((insider.head(0) / 'checkpoint').read_text()).head.origin, NOTE, log_key(2).public)}\n".encode())


@caught("log-altered")
def an_entry_without_an_end_after_the_last_one(insider: Insider) -> None:
    path = insider.head(2) / "entries.jsonl"
    insider.write(path, path.read_bytes() + insider.lines(2)[-1].replace(b'"sealed"', b'"purged"'))


@caught("evidence-altered")
def a_file_without_an_end_on_a_nights_list(insider: Insider) -> None:
    path = insider.head(2) / "evidence.sha256"
    insider.write(path, path.read_bytes() + b"0" * 64 + b"  2026/01/01/data/x.pdf")


def _said_too(entry: Entry) -> Entry:
    return entry | {"type": "renewed", "doc_code": None, "scan_sha256": None, "private_sha256": None, "public": {"number": "x"}}


@caught("unreadable", "token-invalid")
def a_renewal_without_a_number_in_the_log_and_the_time_stamp_of_a_head_exchanged(insider: Insider) -> None:
    insider.rewrite(lambda entries: [*entries[:5], _said_too(entries[4]), *entries[5:]], signs=True)
    insider.write(insider.head(1) / "checkpoint.tsr", (insider.head(0) / "checkpoint.tsr").read_bytes())


@caught("re-dated")
def a_refiled_document_that_is_another(insider: Insider) -> None:
    def change(entries: list[Entry]) -> None:
        mine, other = (entry_of(entries, "filed", code)["public"] for code in (REFILED, B))
        assert mine["path"] == entry_of(entries, "filed", A)["public"]["path"]
        mine |= {name: other[name] for name in ("path", "sha256", "size")}

    insider.rewrite(change, signs=True)


@caught("manifest-altered")
def a_day_sealed_anew_by_no_manifest(insider: Insider) -> None:
    """Published by the next night: what is written into the catalogue stands in the log by then."""
    def change(entries: list[Entry]) -> list[Entry]:
        at = max(number for number, entry in enumerate(entries) if entry["head"] == 2)
        said = {"type": "resealed", "public": {"day": insider.house.days[0]}, "doc_code": None, "scan_sha256": None, "private_sha256": None}
        return [*entries[: at + 1], entries[at] | said, *entries[at + 1 :]]

    insider.rewrite(change, signs=True)
    (insider.day / "data" / "evidence").chmod(0o755)
    insider.write(insider.day / "data" / "evidence" / f"{A}.note.txt", b"found in order")
    insider.bag()
