"""What somebody with the whole disk and all keys does to the history: written again, consistent in itself, under the hours of the
time-stamps it had; and the codes that name it."""

from __future__ import annotations

import datetime as dt
import json

from archive.record import canonical_json
from tests.testkit.insider import FILE, LATER, REFILED, VOID, B, Entry, Insider
from tests.testkit.insider_attacks import caught
from tests.testkit.insider_log import entry_of


@caught("re-dated")
def a_document_backdated_to_another_shelf(insider: Insider) -> None:
    for path in (insider.pdf(LATER).with_suffix(".json"), insider.pdf(LATER)):
        (insider.day / "data").chmod(0o755)
        path.parent.chmod(0o755)
        path.rename(insider.day / "data" / path.name)
    place = insider.pdf(LATER).relative_to(insider.root).as_posix()
    insider.sql(f"update document set path = '{place}' where doc_code = '{LATER}'")
    insider.rewrite(lambda entries: entry_of(entries, "filed", LATER)["public"].update({"path": place}), signs=True)  # type: ignore[func-returns-value]  # None


@caught("re-dated")
def a_document_said_to_be_adopted_for_a_sealed_day(insider: Insider) -> None:
    """As after a loss of the catalogue: but that day was sealed by then."""
    for path in (insider.pdf(LATER).with_suffix(".json"), insider.pdf(LATER)):
        (insider.day / "data").chmod(0o755)
        path.parent.chmod(0o755)
        path.rename(insider.day / "data" / path.name)
    place = insider.pdf(LATER).relative_to(insider.root).as_posix()

    def change(entries: list[Entry]) -> None:
        filed = entry_of(entries, "filed", LATER)
        filed["type"], filed["public"] = "adopted", filed["public"] | {"path": place, "shelf_day": insider.house.days[0]}

    insider.sql(f"update document set path = '{place}' where doc_code = '{LATER}'")
    insider.rewrite(change, signs=True)  # type: ignore[arg-type]  # None: changed in place


@caught("private-altered")
def a_private_correction_said_to_be_lost(insider: Insider) -> None:
    """As after a loss of the catalogue: but its day was sealed by then."""
    def change(entries: list[Entry]) -> None:
        last = entries[-1]
        made = last | {"type": "rebuilt", "doc_code": None, "scan_sha256": None, "private_sha256": None,
                       "public": {"entries": len(entries), "from": "bags", "adopted": 0, "lost_private": f"0-{len(entries)}"}}
        entries.append(made)

    erased = entry_of(json.loads(json.dumps([json.loads(line) for line in insider.lines(1)])), "described", B)
    for path in insider.root.glob("*/*/*/data/events.jsonl"):
        rows = [json.loads(line) for line in path.read_bytes().splitlines()]
        for row in rows:
            if json.loads(row["entry"])["private_sha256"] == erased["private_sha256"]:
                row |= {"private": None, "salt": None}
        insider.write(path, b"".join(canonical_json(row) + b"\n" for row in rows))
    insider.rewrite(change, signs=True)  # type: ignore[arg-type]  # None: changed in place


@caught("log-order")
def an_entry_dated_before_the_one_before_it(insider: Insider) -> None:
    insider.rewrite(lambda entries: entry_of(entries, "filed", B).update({"at": "2020-01-01T00:00:00.000000Z"}), signs=True)  # type: ignore[func-returns-value]  # None


@caught("re-dated")
def entries_dated_later_than_they_were_written(insider: Insider) -> None:
    insider.vouch(2, late=dt.timedelta(hours=-1))


def _renamed(insider: Insider, old: str, new: str) -> None:
    for path in (insider.pdf(old).with_suffix(".json"), insider.pdf(old)):
        path.parent.chmod(0o755)
        path.rename(path.with_name(path.name.replace(old, new)))

    def change(entries: list[Entry]) -> list[Entry]:
        return [json.loads(json.dumps(entry).replace(old, new)) for entry in entries]

    insider.rewrite(change, signs=True)


@caught("renumbered")
def a_document_under_a_higher_number(insider: Insider) -> None:
    _renamed(insider, LATER, f"{FILE}.0000009")


@caught("renumbered")
def two_documents_under_one_number(insider: Insider) -> None:
    insider.rewrite(lambda entries: [json.loads(json.dumps(entry).replace(LATER, B)) if entry["type"] == "numbered" else entry
                                     for entry in entries], signs=True)  # fmt: skip


@caught("renumbered")
def filed_a_second_time(insider: Insider) -> None:
    insider.rewrite(lambda entries: [*entries[:-3], entry_of(entries, "filed", B) | {"at": entries[-4]["at"], "head": 2}, *entries[-3:]], signs=True)


@caught("renumbered")
def a_void_code_and_its_reason_erased(insider: Insider) -> None:
    insider.rewrite(lambda entries: [entry for entry in entries if entry["doc_code"] != VOID], signs=True)


@caught("log-order")
def a_day_sealed_twice(insider: Insider) -> None:
    insider.rewrite(lambda entries: [*entries[:-3], entry_of(entries, "sealed") | {"at": entries[-4]["at"], "head": 2}, *entries[-3:]], signs=True)


@caught("orphan")
def a_filing_erased_its_files_kept(insider: Insider) -> None:
    insider.rewrite(lambda entries: [entry for entry in entries if (entry["type"], entry["doc_code"]) != ("filed", B)], signs=True)


@caught("missing")
def evidence_that_was_never_there(insider: Insider) -> None:
    """As whoever deletes it, with its row, before its day is sealed: manifest, log and list say nothing of it."""
    for path in insider.day.glob("data/evidence/*"):
        insider.remove(path)
    insider.sql("delete from companion")
    insider.rewrite(lambda entries: None, signs=True)


@caught("exchanged")
def another_scan_in_the_log(insider: Insider) -> None:
    insider.rewrite(lambda entries: entry_of(entries, "filed", B).update({"scan_sha256": "ab" * 32}), signs=True)


@caught("exchanged")
def a_refiled_document_with_other_bytes(insider: Insider) -> None:
    insider.rewrite(lambda entries: entry_of(entries, "filed", REFILED)["public"].update({"sha256": "ab" * 32}), signs=True)
