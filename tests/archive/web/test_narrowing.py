"""A role's copy of the catalogue after orders and joins: what was kept from it while it lay here is kept from it afterwards."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path

import pytest

from archive.orders import Kind, Removal
from archive.rebuilding import rebuild
from archive.store import Archive
from archive.web.narrowing import narrow
from tests.archive.conftest import CLERK, NOON, Office
from tests.archive.web.conftest import MODES, ROLES, filed

AUDITOR = ROLES[1]


def seen(office: Office, folder: Path) -> tuple[bytes, dict[str, str]]:
    """The bytes of an auditor's copy, and the documents in it with their states."""
    made = folder / "auditor.db"
    made.unlink(missing_ok=True)
    narrow(office.root / "catalogue.db", made, AUDITOR, MODES)
    with sqlite3.connect(made) as db:
        return made.read_bytes(), dict(db.execute("select doc_code, state from document"))


@pytest.mark.parametrize("kind", ["disposed", "purged"])
def test_a_secret_that_was_removed_by_order_is_not_shown_then(office: Office, archive: Archive, tmp_path: Path, kind: Kind) -> None:
    plain = filed(office, archive, "plain", subject="V/v nghỉ lễ")
    open_one = filed(office, archive, "open", mode="Công khai", subject="Lịch tiếp công dân")
    secret = filed(office, archive, "secret", mode="Mật", subject="V/v giaukin", original_name="giaukin.pdf")
    archive.describe(secret, {"subject": "V/v giaukin sửa"}, CLERK)
    office.clock.pass_(days=1)
    archive.seal_day(NOON.date(), CLERK)
    for code, words in ((plain, "QĐ 0"), (open_one, "QĐ 1"), (secret, "QĐ 2 giaukin")):
        archive.remove([code], Removal(kind, words, ("A",), CLERK))
    archive.event("copy-restored", actor=CLERK, public={"copy": "nas", "path": f"2026/11/23/data/{secret}.pdf"})
    data, documents = seen(office, tmp_path)
    assert documents[plain] == documents[open_one] == kind and secret not in documents
    assert b"giaukin" not in data and secret.encode() not in data
    with sqlite3.connect(office.root / "catalogue.db") as db:  # of an archive of before, or made again from the log
        db.execute("update document set mode = null where doc_code = ?", [secret])
    data, documents = seen(office, tmp_path)
    assert secret not in documents and b"giaukin" not in data and secret.encode() not in data


def test_the_scans_a_secret_was_joined_of_are_closed_like_it(office: Office, archive: Archive, tmp_path: Path) -> None:
    first, inner, second = (office.blob(f"{name}.scan", f"scan {name}".encode()).sha256 for name in ("first", "inner", "second"))
    public = {"lane": "sao-y", "size": 7}
    for piece in (first, inner, second):
        archive.event("received", scan_sha256=piece, actor=CLERK, public=public, private={"name": "giaukin.pdf"})
        archive.event("rejected", scan_sha256=piece, actor=CLERK, public={"lane": "sao-y", "code": "joined-into"}, private={"reason": "giaukin"})
    joined = office.blob("joined.scan", b"scan joined").sha256
    archive.event("joined", scan_sha256=second, actor=CLERK, public=public | {"joined_from_1": inner}, private={"name": "giaukin"})
    archive.event("joined", scan_sha256=joined, actor=CLERK, public=public | {"joined_from_1": f"{first}:1-2", "joined_from_2": second},
                  private={"name": "giaukin"})  # fmt: skip
    secret = filed(office, archive, "joined", mode="Mật", subject="V/v giaukin")
    plain = filed(office, archive, "plain", subject="V/v nghỉ lễ")
    data, documents = seen(office, tmp_path)
    assert documents == {plain: "filed"} and secret not in documents
    assert b"giaukin" not in data and not [each for each in (first, inner, second, joined) if each.encode() in data]


@pytest.mark.parametrize("named_by", ["its code", "its number"])
@pytest.mark.parametrize("going", [("annex",), ("main",), ("main", "annex"), ("annex", "main")], ids=" then ".join)
def test_an_annex_of_a_secret_is_kept_like_it_whichever_is_removed(
    office: Office, archive: Archive, tmp_path: Path, named_by: str, going: tuple[str, ...]
) -> None:
    main = filed(office, archive, "main", mode="Mật", code_number="07", code_notation="QĐ-MAT", subject="V/v giaukin")
    told = main if named_by == "its code" else "07/QĐ-MAT"
    annex = filed(office, archive, "annex", mode="Công khai", main_code=told, subject="Phụ lục giaukin", text=("giaukin",))
    plain = filed(office, archive, "plain", code_number="90", code_notation="QĐ-UBND", subject="V/v nghỉ lễ")
    beside = filed(office, archive, "beside", mode="Công khai", main_code="90/QĐ-UBND", subject="Phụ lục")
    other = filed(office, archive, "other", mode="Công khai", main_code="91/QĐ-UBND", subject="Phụ lục của văn bản nơi khác")
    office.clock.pass_(days=1)
    archive.seal_day(NOON.date(), CLERK)
    codes = {"main": main, "annex": annex}
    for code, words in (*((codes[each], "QĐ 2 giaukin") for each in going), (plain, "QĐ 1"), (beside, "QĐ 1")):
        archive.remove([code], Removal("disposed", words, ("A",), CLERK))
    for catalogue in ("as it is", "made again"):
        if catalogue == "made again":
            office.clock.pass_(days=1)
            archive.seal_day((NOON + dt.timedelta(days=1)).date(), CLERK)
            archive.close()
            (office.root / "catalogue.db").unlink()
            rebuild(office.root, office.clock, lambda lane: (), CLERK)
        data, documents = seen(office, tmp_path)
        assert documents == {plain: "disposed", beside: "disposed", other: "filed"}, catalogue
        assert b"giaukin" not in data and main.encode() not in data and annex.encode() not in data
