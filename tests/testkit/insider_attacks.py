"""What somebody with the whole disk and no key does to the days of an archive; and the codes that name it."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from archive.record import canonical_json
from tests.testkit.insider import FILE, A, B, Insider, sha256

Attack = Callable[[Insider], None]
Attacks = dict[str, tuple[Attack, tuple[str, ...]]]
ATTACKS: Attacks = {}


def listing(attacks: Attacks) -> Callable[..., Callable[[Attack], Attack]]:
    """What lists an attack there under the codes that must name it."""

    def caught(*codes: str) -> Callable[[Attack], Attack]:
        def listed(attack: Attack) -> Attack:
            attacks[attack.__name__] = (attack, codes)
            return attack

        return listed

    return caught


caught = listing(ATTACKS)


def deleted(folder: Path) -> None:
    """A read-only folder with all that is in it."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


# --- one sealed day


@caught("altered")
def a_pdf_edited(insider: Insider) -> None:
    insider.write(insider.pdf(), b"%PDF other words")


@caught("manifest-altered")
def a_pdf_edited_with_the_manifests(insider: Insider) -> None:
    insider.write(insider.pdf(), b"%PDF other words")
    insider.bag()


@caught("exchanged")
def two_pdfs_swapped_with_the_manifests(insider: Insider) -> None:
    first, second = insider.pdf(A).read_bytes(), insider.pdf(B).read_bytes()
    insider.write(insider.pdf(A), second)
    insider.write(insider.pdf(B), first)
    insider.bag()


@caught("missing")
def a_document_deleted_with_manifests_and_row(insider: Insider) -> None:
    for path in (insider.pdf(B).with_suffix(".json"), insider.pdf(B)):
        insider.remove(path)
    insider.bag()
    insider.sql(f"delete from search where doc_code = '{B}'", f"delete from document where doc_code = '{B}'")


@caught("altered")
def a_record_edited(insider: Insider) -> None:
    path = insider.pdf().with_suffix(".json")
    insider.write(path, path.read_bytes().replace("Về việc".encode(), "Về chuyện".encode()))


@caught("exchanged")
def a_record_edited_with_the_manifests(insider: Insider) -> None:
    a_record_edited(insider)
    insider.bag()


@caught("exchanged")
def a_scan_exchanged_with_the_manifests(insider: Insider) -> None:
    insider.write(next(insider.day.glob("data/scans/*")), b"another scan")
    insider.bag()


@caught("altered")
def evidence_replaced(insider: Insider) -> None:
    insider.write(next(insider.day.glob("data/evidence/*")), b"{}")


@caught("manifest-altered")
def evidence_replaced_with_the_manifests(insider: Insider) -> None:
    evidence_replaced(insider)
    insider.bag()


@caught("orphan")
def a_file_added(insider: Insider) -> None:
    insider.write(insider.day / "data" / "extra.pdf", b"%PDF extra")


@caught("orphan")
def a_file_added_beside_the_days(insider: Insider) -> None:
    insider.write(insider.day.parent / "extra.pdf", b"%PDF extra")


@caught("orphan")
def a_document_put_into_a_sealed_day(insider: Insider) -> None:
    for ending in (".pdf", ".json"):
        insider.write(insider.day / "data" / f"{FILE}.0000009{ending}", b"{}")
    insider.bag()


@caught("not-a-file")
def a_link_in_place_of_a_file(insider: Insider) -> None:
    path, away = insider.pdf(), insider.root.parent / "away.pdf"
    away.write_bytes(path.read_bytes())
    insider.remove(path)
    path.symlink_to(away)


@caught("not-a-file")
def a_link_in_place_of_a_day(insider: Insider) -> None:
    insider.day.chmod(0o755)
    away = insider.day.rename(insider.root.parent / "away")
    insider.day.symlink_to(away)


@caught("missing")
def renamed_with_the_manifests(insider: Insider) -> None:
    for path in (insider.pdf(B).with_suffix(".json"), insider.pdf(B)):
        path.parent.chmod(0o755)
        path.rename(path.with_name(path.name.replace(B, f"{FILE}.0000009")))
    insider.bag()


@caught("manifest-altered")
def the_tag_manifest_removed(insider: Insider) -> None:
    insider.remove(insider.day / "tagmanifest-sha256.txt")


@caught("altered")
def another_agency_in_the_bag(insider: Insider) -> None:
    path = insider.day / "bag-info.txt"
    insider.write(path, path.read_bytes().replace("UBND xã".encode(), "UBND huyện".encode()))


@caught("manifest-altered")
def another_agency_in_the_bag_with_the_tag_manifest(insider: Insider) -> None:
    another_agency_in_the_bag(insider)
    insider.bag()


@caught("bag-missing")
def a_day_deleted(insider: Insider) -> None:
    deleted(insider.shelf(insider.house.days[1]))


# --- the events of a day


def _events(insider: Insider, change: Callable[[dict[str, str]], dict[str, str] | None], day: int = 0) -> None:
    path = insider.shelf(insider.house.days[day]) / "data" / "events.jsonl"
    rows = [change(json.loads(line)) for line in path.read_bytes().splitlines()]
    insider.write(path, b"".join(canonical_json(row) + b"\n" for row in rows if row is not None))
    insider.bag(path.parent.parent)


@caught("events-altered")
def a_refusal_erased_from_the_day(insider: Insider) -> None:
    _events(insider, lambda row: None if '"rejected"' in row["entry"] else row)


@caught("log-altered")
def a_refusal_erased_from_day_and_log(insider: Insider) -> None:
    a_refusal_erased_from_the_day(insider)
    insider.write(insider.head() / "entries.jsonl", b"".join(line + b"\n" for line in insider.lines(0) if b'"rejected"' not in line))


@caught("private-altered")
def a_private_reason_reworded(insider: Insider) -> None:
    _events(insider, lambda row: row | {"private": row["private"] and row["private"].replace("không rõ", "đã rõ")})


@caught("private-altered")
def a_private_correction_emptied(insider: Insider) -> None:
    _events(insider, lambda row: row | {"private": None, "salt": None}, day=1)


@caught("private-altered")
def the_salt_exchanged(insider: Insider) -> None:
    _events(insider, lambda row: row | {"salt": row["salt"] and "00" * 16})


@caught("orphan")
def a_forged_document_in_a_folder_that_looks_like_the_day(insider: Insider) -> None:
    folder = insider.root / insider.house.days[0] / "data"
    folder.mkdir(parents=True)
    insider.write(folder / insider.pdf().name, b"%PDF forged")


# --- excused by the catalogue, for whose unpublished end no key is needed


def _gone(insider: Insider, *paths: Path, now: bool = False) -> None:
    for path in paths:
        insider.tell("removed", path=path.relative_to(insider.root).as_posix(), sha256=sha256(path), now=now)
        insider.remove(path)


@caught("missing")
def a_document_removed_by_the_catalogue_alone(insider: Insider) -> None:
    _gone(insider, insider.pdf(B))


@caught("missing")
def a_document_removed_by_an_order_for_another(insider: Insider) -> None:
    insider.tell("dispose-asked", A, kind="disposed")
    _gone(insider, insider.pdf(B))
    insider.tell("disposed", A)


def ordered(insider: Insider, *, now: bool) -> None:
    """A whole order, made up, with the rows that go with it."""
    insider.tell("dispose-asked", B, kind="disposed", now=now)
    _gone(insider, insider.pdf(B), insider.pdf(B).with_suffix(".json"), now=now)
    manifest, tags = insider.bag()
    insider.tell("resealed", day=insider.house.days[0], manifest_sha256=manifest, tagmanifest_sha256=tags, now=now)
    insider.tell("disposed", B, now=now)
    insider.sql(f"update document set state = 'disposed' where doc_code = '{B}'")


def sealed_by_the_catalogue(insider: Insider) -> None:
    """The open day made a bag, and said to be sealed, in entries that no head covers."""
    folder = max(insider.root.glob("[0-9]*/*/*"))
    day = "-".join(folder.parts[-3:])
    for name in ("bagit.txt", "bag-info.txt"):
        insider.write(folder / name, (insider.day / name).read_bytes())
    names = ("seq", "entry", "leaf_hash", "private", "salt")
    with contextlib.closing(sqlite3.connect(insider.root / "catalogue.db")) as db:
        found = db.execute(f"select {', '.join(names)} from leaf join event using (seq) where day = ? order by seq", [day])
        rows = [canonical_json(dict(zip(names, row, strict=True))) + b"\n" for row in found]
    insider.write(folder / "data" / "events.jsonl", b"".join(rows))
    manifest, tags = insider.bag(folder)
    insider.tell("sealed", day=day, manifest_sha256=manifest, tagmanifest_sha256=tags, now=True)


@caught("catalogue-altered")
def an_order_of_today_of_which_no_row_tells(insider: Insider) -> None:
    ordered(insider, now=True)
    insider.sql(f"update document set state = 'filed' where doc_code = '{B}'")


@caught("missing")
def evidence_of_another_document_deleted_beside_an_order_of_today(insider: Insider) -> None:
    insider.remove(next(insider.day.glob(f"data/evidence/{A}.*")))
    ordered(insider, now=True)


@caught("removal-unpublished")
def an_order_of_weeks_ago_that_no_night_published(insider: Insider) -> None:
    ordered(insider, now=False)


@caught("removal-unpublished", "evidence-altered")
def evidence_exchanged_and_its_day_said_to_be_sealed_anew(insider: Insider) -> None:
    path = next(insider.day.glob("data/evidence/*.json"))
    insider.write(path, b'{"forged":1}')
    insider.tell("removed", path=path.relative_to(insider.root).as_posix(), sha256=sha256(path), now=True)
    manifest, tags = insider.bag()
    insider.tell("resealed", day=insider.house.days[0], manifest_sha256=manifest, tagmanifest_sha256=tags, now=True)


@caught("evidence-altered")
def evidence_left_off_the_list_of_its_night(insider: Insider) -> None:
    """With all keys, and an authority that sets its clock back: but the record names what lies beside the document."""
    path = insider.head(0) / "evidence.sha256"
    insider.write(path, b"".join(line for line in path.read_bytes().splitlines(keepends=True) if b"/evidence/" not in line))
    insider.vouch(0)


@caught("catalogue-altered")
def a_leaf_without_an_event(insider: Insider) -> None:
    insider.tell("session")
    insider.sql("delete from event where seq = (select max(seq) from event)")


@caught("evidence-altered")
def the_evidence_of_another_night(insider: Insider) -> None:
    for name in ("evidence.sha256", "evidence.tst", "evidence.tst.pem"):
        insider.write(insider.head(0) / name, (insider.head(1) / name).read_bytes())
