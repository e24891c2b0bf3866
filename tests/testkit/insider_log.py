"""What somebody with the whole disk, and where it says so with keys, does to log, heads and catalogue; and the codes that name it.

`UNSEEN`: what nothing in the folder tells, only whoever kept a checkpoint elsewhere.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil

from archive.record import canonical_json
from tests.archive.test_heads import log_key
from tests.testkit.insider import FILE, LATER, A, B, Entry, Insider, sha256
from tests.testkit.insider_attacks import Attacks, a_refusal_erased_from_the_day, caught, deleted, listing

UNSEEN: Attacks = {}
unseen = listing(UNSEEN)  # by the codes a kept checkpoint gives them: nothing in the folder tells


def _no_refusal(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry["type"] != "rejected"]


def entry_of(entries: list[Entry], type: str, code: str | None = None) -> Entry:
    return next(entry for entry in entries if entry["type"] == type and code in (None, entry["doc_code"]))


def _lines(insider: Insider, number: int, lines: list[bytes]) -> None:
    insider.write(insider.head(number) / "entries.jsonl", b"".join(line + b"\n" for line in lines))


def _size(insider: Insider, number: int) -> int:
    return int((insider.head(number) / "checkpoint").read_text("utf-8").split("\n")[1])


def _cut(insider: Insider) -> None:
    shutil.rmtree(insider.head(2))
    insider.write(insider.root / "_log" / "checkpoint", (insider.head(1) / "checkpoint").read_bytes())


def _cut_catalogue(insider: Insider) -> None:
    size = _size(insider, 1)
    codes = f"select doc_code from document where shelf_day > '{insider.house.days[1]}'"
    insider.sql(f"delete from leaf where seq >= {size}", f"delete from event where seq >= {size}",
                f"delete from checkpoint where size > {size}", f"delete from search where doc_code in ({codes})",
                f"delete from document where doc_code in ({codes})",
                f"update document set state = 'filed', superseded_by = null where doc_code = '{LATER}'")  # fmt: skip


# --- the published log


@caught("log-altered")
def a_refusal_erased_from_day_and_log(insider: Insider) -> None:
    a_refusal_erased_from_the_day(insider)
    _lines(insider, 0, [line for line in insider.lines(0) if b'"rejected"' not in line])


@caught("signature-invalid", "token-invalid")
def the_log_rewritten_with_its_key(insider: Insider) -> None:
    insider.rewrite(_no_refusal)


@caught("signature-missing")
def the_log_rewritten_and_signatures_taken_away(insider: Insider) -> None:
    insider.rewrite(_no_refusal)
    for path in (insider.root / "_log").glob("*/checkpoint.*"):
        insider.remove(path)


@caught("signature-missing")
def the_log_rewritten_with_its_key_under_one_head_of_today(insider: Insider) -> None:
    """No head is signed, and the newest entry is of today: as if the signatures were still to come."""

    def change(entries: list[Entry]) -> list[Entry]:
        found = [entry | {"head": min(number, 2)} for number, entry in enumerate(_no_refusal(entries))]
        at = f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        return [*found, found[-1] | {"type": "session", "at": at, "doc_code": None, "scan_sha256": None, "public": {}}]

    insider.rewrite(change)
    _lines(insider, 2, [line for number in range(3) for line in insider.lines(number)])
    for path in (*(insider.root / "_log").glob("*/checkpoint.*"), *(insider.root / "_log").glob("*/evidence.*")):
        insider.remove(path)
    for number in (0, 1):
        deleted(insider.head(number))


@caught("stamped-late")
def the_log_rewritten_signed_and_stamped_today(insider: Insider) -> None:
    insider.rewrite(_no_refusal, signs=True, now=True)


@caught("signature-invalid", "token-invalid")
def the_log_signed_with_a_second_key(insider: Insider) -> None:
    insider.rewrite(lambda entries: None, key=log_key(2))


@caught("note-invalid")
def the_log_signed_with_a_key_that_is_not_there(insider: Insider) -> None:
    insider.rewrite(lambda entries: None, key=log_key(2), signs=True)
    for path in (insider.root / "_log" / "keys").iterdir():
        insider.write(path, log_key(3).pem)


@caught("log-exchanged", "note-invalid")
def the_log_under_another_name(insider: Insider) -> None:
    for path in (insider.root / "_log").rglob("checkpoint"):
        insider.write(path, path.read_bytes().replace(b"sohoa/", b"sohoa/f"))


@caught("signature-invalid", "token-invalid")
def signed_and_stamped_by_others_of_the_same_names(insider: Insider) -> None:
    other = insider.house.pki.double()
    insider.vouch(0, by=(other, other.organisation(rsa_key=False)))


@caught("token-invalid")
def the_time_stamp_of_another_head(insider: Insider) -> None:
    insider.write(insider.head(0) / "checkpoint.tsr", (insider.head(1) / "checkpoint.tsr").read_bytes())


@caught("signature-missing")
def the_time_stamp_taken_away(insider: Insider) -> None:
    insider.remove(insider.head() / "checkpoint.tsr")


@caught("checkpoint-replayed")
def yesterdays_checkpoint_as_the_newest(insider: Insider) -> None:
    insider.write(insider.root / "_log" / "checkpoint", (insider.head(1) / "checkpoint").read_bytes())


@caught("checkpoint-bad")
def a_head_removed_its_entries_kept(insider: Insider) -> None:
    insider.remove(insider.head(1) / "checkpoint")


@caught("stamped-late")
def all_entries_under_one_head_of_today(insider: Insider) -> None:
    """The heads before, with their time-stamps, are gone; the last one, signed and stamped today, covers all."""
    _lines(insider, 2, [line for number in range(3) for line in insider.lines(number)])
    for number in (0, 1):
        shutil.rmtree(insider.head(number))
    insider.sql("delete from checkpoint")
    insider.vouch(2, late=None)


@caught("log-altered")
def the_last_entry_doubled(insider: Insider) -> None:
    """A tree that doubles its odd leaf has one root for both logs."""
    _lines(insider, 2, [*insider.lines(2), insider.lines(2)[-1]])


@caught("log-altered", "log-order")
def two_entries_in_another_order(insider: Insider) -> None:
    first, second, *rest = insider.lines(1)
    _lines(insider, 1, [second, first, *rest])


@caught("day-unknown")
def the_log_cut_back_by_a_day(insider: Insider) -> None:
    _cut(insider)
    _cut_catalogue(insider)


@caught("head-missing")
def the_newest_head_removed(insider: Insider) -> None:
    _cut(insider)


@caught("log-missing", "head-missing")
def the_whole_log_removed(insider: Insider) -> None:
    shutil.rmtree(insider.root / "_log")


@caught("head-missing")
def a_head_and_its_time_stamp_merged_into_the_next(insider: Insider) -> None:
    _lines(insider, 1, [*insider.lines(0), *insider.lines(1)])
    shutil.rmtree(insider.head(0))
    insider.sql(f"delete from checkpoint where day = '{insider.house.days[0]}'")


@caught("head-altered")
def a_head_signed_and_stamped_once_more_two_days_later(insider: Insider) -> None:
    insider.vouch(1, dt.timedelta(days=2))


@caught("head-altered")
def certificates_beside_a_signature_that_did_not_come_with_it(insider: Insider) -> None:
    insider.write(insider.head(1) / "checkpoint.p7s.pem", (insider.head(1) / "checkpoint.p7s.pem").read_bytes() + b"\n")


# --- the catalogue


@caught("catalogue-replayed")
def yesterdays_catalogue(insider: Insider) -> None:
    shutil.copy(insider.house.yesterday / "catalogue.db", insider.root / "catalogue.db")


@caught("day-unknown")
def yesterdays_catalogue_and_log(insider: Insider) -> None:
    yesterdays_catalogue(insider)
    shutil.rmtree(insider.root / "_log")
    shutil.copytree(insider.house.yesterday / "_log", insider.root / "_log")


@caught("catalogue-altered")
def a_digest_in_the_catalogue(insider: Insider) -> None:
    insider.sql(f"update document set sha256 = '{'ab' * 32}' where doc_code = '{B}'")


@caught("catalogue-altered")
def a_path_in_the_catalogue(insider: Insider) -> None:
    insider.sql(f"update document set path = '2020/01/01/data/{B}.pdf' where doc_code = '{B}'")


@caught("catalogue-altered")
def a_state_in_the_catalogue(insider: Insider) -> None:
    insider.sql(f"update document set state = 'filed' where doc_code = '{A}'")


@caught("catalogue-altered")
def a_row_erased(insider: Insider) -> None:
    insider.sql(f"delete from search where doc_code = '{B}'", f"delete from document where doc_code = '{B}'")


@caught("catalogue-altered")
def a_row_added(insider: Insider) -> None:
    names = "doc_code, file_code, doc_ordinal, scan_sha256, lane, part, again, state, seq"
    insider.sql(f"insert into document ({names}) values ('{FILE}.0000099', '{FILE}', 99, 'x', 'sao-y', '', 0, 'filed', 999)")


@caught("catalogue-altered")
def an_entry_in_the_catalogue(insider: Insider) -> None:
    insider.sql("update leaf set entry = replace(entry, 'by-clerk', 'blur') where entry like '%\"rejected\"%'")


# --- what nothing in the folder tells


@unseen("log-shortened")
def a_refusal_erased_everywhere_with_all_keys_in_time(insider: Insider) -> None:
    insider.rewrite(_no_refusal, signs=True)


@unseen("log-forked")
def a_refusal_reworded_everywhere_with_all_keys_in_time(insider: Insider) -> None:
    insider.rewrite(lambda entries: entry_of(entries, "rejected")["public"].update({"code": "blur"}), signs=True)


@unseen("log-forked")
def a_document_exchanged_everywhere_with_all_keys_in_time(insider: Insider) -> None:
    path, data = insider.pdf(B), b"%PDF other words"
    insider.write(path, data)
    digest = hashlib.sha256(data).hexdigest()
    record = json.loads(path.with_suffix(".json").read_bytes()) | {"sha256": digest, "size": len(data)}
    insider.write(path.with_suffix(".json"), canonical_json(record))
    again = sha256(path.with_suffix(".json"))
    insider.sql(f"update document set sha256 = '{digest}', record_sha256 = '{again}' where doc_code = '{B}'")
    insider.rewrite(lambda entries: entry_of(entries, "filed", B)["public"].update({"sha256": digest, "record_sha256": again}), signs=True)


@unseen("log-shortened")
def the_newest_day_as_if_it_had_not_been(insider: Insider) -> None:
    _cut(insider)
    _cut_catalogue(insider)
    deleted(insider.shelf(insider.house.days[2]))
    for day in insider.root.glob("[0-9]*/*/*"):
        if "-".join(day.parts[-3:]) > insider.house.days[2]:
            deleted(day)


@unseen("log-shortened")
def the_archive_of_yesterday(insider: Insider) -> None:
    deleted(insider.root)
    shutil.copytree(insider.house.yesterday, insider.root)


@unseen("log-exchanged", "log-forked")
def another_archive_of_the_same_organisation(insider: Insider) -> None:
    insider.rewrite(lambda entries: entries[0].update({"actor": "khac"}), signs=True)
