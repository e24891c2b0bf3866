"""An archive of three days in which some things are not for everybody, and a page that shows it, without workers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from archive.dossiers import FileFacts
from archive.record import Companion, DocumentKey
from archive.store import Archive
from archive.web import serving
from archive.web.guard import Door, User
from archive.web.hands import Hands, NotShown, Standing, Verdict
from archive.web.looks import Looks
from archive.web.passwords import Gate
from archive.web.roles import Modes, Role
from archive.web.site import Site
from archive.web.snapshots import Snapshots
from processor.cells import cell
from processor.report import visible
from tests.archive.conftest import CLERK, FILE, NOON, Office
from tests.archive.test_heads import log_key

PASSWORD = "một mật khẩu dài"
HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)  # cheap: a test waits for many of them
HOST = "127.0.0.1:8766"
SECRET_FILE, CIVIL_FILE = "H05.02.2026.02.MAT", "H05.02.2026.03.HT"
HOSTILE = '"><script>document.title="hỏng"</script><img src=x onerror=alert(1)>'
FORMULA = "=HYPERLINK(\"http://evil.example\")"
MODES = Modes({"Công khai": "01", "Có điều kiện": "02", "Sử dụng có điều kiện": "02", "Mật": "03"})
CLOSED = frozenset({"ho-tich"})
ROLES = (
    Role("public", frozenset({"01"}), CLOSED, sees_events=False), Role("auditor", frozenset({"01", "02"}), CLOSED),
    Role("archivist", frozenset({"01", "02", "03"})),
)  # fmt: skip
PICTURE = b"\xff\xd8picture"


@dataclass
class Kept:
    """What was filed, by a short name: its code; and words that only what is hidden holds."""

    office: Office
    archive: Archive
    codes: dict[str, str]


def filed(office: Office, archive: Archive, name: str, **changes: Any) -> str:
    office.clock.pass_(minutes=1)
    return str(archive.file(office.filing(archive, name, **changes), CLERK)["doc_code"])


@pytest.fixture(scope="package")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    office = Office(tmp_path_factory.mktemp("kho"))
    office.clock.now = NOON - dt.timedelta(days=2)
    archive = office.open()
    archive.declare_fonds("P01", "Phông Ủy ban nhân dân xã", "", CLERK)
    archive.declare(FileFacts(FILE, "Hồ sơ tổ chức cán bộ", 2026, "Vĩnh viễn", "H05.02", fonds="P01"), CLERK)
    archive.declare(FileFacts(SECRET_FILE, "Hồ sơ giaukintitle", 2026), CLERK)
    archive.declare(FileFacts(CIVIL_FILE, "Sổ hộ tịch giaukinregister", 2026), CLERK)
    codes = {"plain": filed(office, archive, "plain", subject="V/v nộp báo cáo", type_name="Công văn", organ_name="Ủy ban nhân dân xã Cẩm Thạch",
                            code_number="90", code_notation="UBND-VP", issued_date="2026-02-05", text=("Báo cáo về công tác năm 2025.",))}  # fmt: skip
    codes["open"] = filed(office, archive, "open", mode="Công khai", subject="Lịch tiếp công dân", type_name="Thông báo", text=("Lịch tiếp dân",))
    codes["hostile"] = filed(office, archive, "hostile", subject=HOSTILE, organ_name=FORMULA, type_name="Tờ trình",
                             original_name=f"x{HOSTILE}\u202egnp.pdf", text=(f"chữ lạ {HOSTILE} hết",))  # fmt: skip
    office.clock.pass_(days=1)
    codes |= _hidden(office, archive)
    archive.seal_day((NOON - dt.timedelta(days=2)).date(), CLERK)
    archive.publish((NOON - dt.timedelta(days=2)).date(), log_key())
    archive.event("fixity", actor="sohoa", public={"checked": 3, "findings": 0})
    office.clock.now = NOON
    codes["today"] = filed(office, archive, "today", subject="Việc hôm nay", type_name="Công văn",
                           companions=(Companion("verification.json", office.blob("v.json", b'{"verdict": "valid"}')),))  # fmt: skip
    yield Kept(office, archive, codes)
    archive.close()


def _hidden(office: Office, archive: Archive) -> dict[str, str]:
    """What an auditor must not see: each holds a word that begins with `giaukin`."""
    def key(name: str, file: str = SECRET_FILE, **more: Any) -> DocumentKey:
        return DocumentKey(office.blob(f"{name}.scan", f"scan {name}".encode()).sha256, more.pop("lane", "sao-y"), file, **more)

    def told(name: str) -> dict[str, Any]:
        return {"subject": f"V/v giaukin{name}", "text": (f"nội dung giaukin{name}",), "original_name": f"giaukin{name}.pdf"}

    codes = {
        "secret": filed(office, archive, "secret", key=key("secret"), mode="Mật", code_number="07", code_notation="QĐ-MAT", **told("secret")),
        "unheard": filed(office, archive, "unheard", key=key("unheard"), mode="Tuyệt mật", **told("unheard")),
        "civil": filed(office, archive, "civil", key=key("civil", CIVIL_FILE, lane="ho-tich"), mode="Công khai", **told("civil")),
    }  # fmt: skip
    stack = office.blob("stack.scan", b"stack: giaukinstack on its second page")
    for part, mode, name in (("1", None, "neighbour"), ("2", "Mật", "stack")):
        of = DocumentKey(stack.sha256, "sao-y", FILE, part)
        words = told(name) if mode else {"subject": "V/v láng giềng", "text": ("láng giềng",)}
        codes[name] = filed(office, archive, name, key=of, scan=stack, mode=mode, **words)
    codes["annex"] = filed(office, archive, "annex", main_code=codes["secret"], **told("annex"))
    codes["annex2"] = filed(office, archive, "annex2", main_code="07/QĐ-MAT", **told("annexnumber"))
    marked = key("marked", FILE)
    archive.event("held", scan_sha256=marked.scan_sha256, actor="sohoa", public={"code": "secrecy-mark", "lane": "sao-y"})
    codes["marked"] = filed(office, archive, "marked", key=marked, **told("marked"))
    codes["old"] = filed(office, archive, "old", **told("old"))
    codes["better"] = filed(office, archive, "better", mode="Mật", **told("better"))
    archive.supersede(codes["old"], codes["better"], "giaukinreason", CLERK)
    lost = office.blob("lost.scan", b"never filed").sha256
    archive.event("rejected", scan_sha256=lost, actor=CLERK, public={"code": "secrecy-mark", "lane": "sao-y"}, private={"name": "giaukinname"})
    archive.event("received", scan_sha256="ab" * 32, actor=CLERK, public={"lane": "ho-tich"}, private={"name": "giaukinchild"})
    archive.event("same-number", doc_code=codes["neighbour"], actor="sohoa", public={"of": codes["secret"]})
    return codes


def hands(folder: Path) -> Hands:
    """A page's hands without workers."""
    def picture(path: Path, digest: str, number: int, width: int) -> Path:
        if number > 1:
            raise NotShown
        made = folder / f"{digest}.jpg"
        made.write_bytes(PICTURE)
        return made

    return Hands(
        picture=picture, kept=lambda report: Verdict(report["verdict"], "2026-11-23T05:00:00+00:00"),
        check=lambda row: Verdict("unknown", "2026-11-23T05:00:00+00:00", [f"lý do {HOSTILE}"], (), []),
        check_day=lambda day, codes: (99, []) if codes is None else (len(codes), list(codes)), standing=lambda: Standing({"held": 2, "rejected": 1, "waiting": 0}, 41),
        nightly=dt.time(1), witnesses=(), seen=visible, cell=cell, field=lambda name, lang: name,
    )  # fmt: skip


@pytest.fixture(scope="package")
def site(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("work")
    snapshots = Snapshots(kept.office.root, folder, ROLES, MODES, kept.office.clock)
    snapshots.refresh()
    users = {name: User(name, role, f"{name}@xa.vn") for name, role in (("an", "auditor"), ("binh", "archivist"), ("cong", "public"))}
    door = Door((HOST,), users, Gate(dict.fromkeys(users, HASH), _nobody=HASH))
    return Site("Ủy ban nhân dân xã <b>Minh Họa</b>", True, snapshots, door, Looks(folder / "access.jsonl", kept.office.clock), hands(folder),
                kept.office.clock)  # fmt: skip


Come = Callable[[str], TestClient]


@pytest.fixture(scope="package")
def come(site: Site) -> Come:
    """Somebody who has signed in."""
    app = serving.application(site)

    def made(name: str) -> TestClient:
        client = TestClient(app, f"http://{HOST}", follow_redirects=False)
        if name:
            client.cookies.set(f"sohoa-serve-{HOST.rpartition(':')[2]}", site.door.sessions.begin(site.door.users[name]))
        return client

    return made
