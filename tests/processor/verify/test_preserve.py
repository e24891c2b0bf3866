"""What was verified lasts: the original's bytes, then an increment; verified offline, and long after its certificates died."""

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from processor.errors import Verdict
from processor.verify.preserve import preserve
from processor.verify.report import text
from processor.verify.signatures import verify
from tests.processor.verify.conftest import arguments, law, nobody
from tests.testkit.false_signers import Scene
from tests.testkit.forgeries import CONTROLS, FORGERIES

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("name", ["pades", "unstamped", "archived", "vgca", "certified-1", "hybrid", "streams", "legacy"])
def test_the_joined_file_proves_itself(name: str, tmp_path: Path) -> None:
    scene, path, out = Scene(), tmp_path / "den.pdf", tmp_path / "den.inc"
    path.write_bytes(CONTROLS[name].build(scene))
    done = preserve(arguments(path, scene, out=str(out)), scene.pki.answer)
    joined = tmp_path / "joined.pdf"
    joined.write_bytes(path.read_bytes() + out.read_bytes())
    assert hashlib.sha256(joined.read_bytes()).hexdigest() == done["sha256"] and out.stat().st_size == done["bytes"]
    report = verify(arguments(joined, scene), nobody)
    assert report["verdict"] == "valid" and report["signatures"][-1]["kind"] == "timestamp"
    assert {one["time"] for one in report["signatures"]} == {"proved"}


def test_it_holds_after_the_signer_died(tmp_path: Path) -> None:
    scene, path, out = Scene(), tmp_path / "den.pdf", tmp_path / "den.inc"
    path.write_bytes(CONTROLS["unstamped"].build(scene))
    preserve(arguments(path, scene, out=str(out)), scene.pki.answer)
    path.write_bytes(path.read_bytes() + out.read_bytes())
    later = (scene.pki.now() + dt.timedelta(days=8 * 365)).isoformat()
    with scene.pki.at(dt.datetime.fromisoformat(later)):
        told = verify(arguments(path, scene, now=later), scene.pki.answer)
    assert told["verdict"] == "valid", told["reasons"]


@pytest.mark.parametrize(("name", "code"), [
    ("flip-content", "evidence-impossible"), ("look-alike", "evidence-impossible"), ("crl-silent", "waiting-revocation"),
])  # fmt: skip
def test_what_cannot_be_proved_is_not_preserved(name: str, code: str, tmp_path: Path) -> None:
    scene, path = Scene(), tmp_path / "den.pdf"
    path.write_bytes(FORGERIES[name].build(scene))
    with pytest.raises(Verdict) as refused:
        preserve(arguments(path, scene, out=str(tmp_path / "out")), scene.pki.answer)
    assert refused.value.code == code and not (tmp_path / "out").exists()


def test_without_time_it_waits(tmp_path: Path) -> None:
    scene, path = Scene(), tmp_path / "den.pdf"
    path.write_bytes(CONTROLS["pades"].build(scene))
    scene.pki.lie("tsa", "silent")
    with pytest.raises(Verdict, match="waiting-tsa"):
        preserve(arguments(path, scene, out=str(tmp_path / "out")), scene.pki.answer)


def test_the_page_for_people(tmp_path: Path) -> None:
    scene, path = Scene(), tmp_path / "den.pdf"
    path.write_bytes(FORGERIES["flip-content"].build(scene))
    page = text(verify(arguments(path, scene), scene.pki.answer), name="công văn.pdf", words=law("verification.toml"))
    assert "KẾT LUẬN: KHÔNG HỢP LỆ" in page and "công văn.pdf" in page and "Sở Kiểm thử" in page
    assert "Nội dung đã bị sửa" in page and "{" not in page
