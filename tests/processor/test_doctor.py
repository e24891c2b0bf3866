"""The doctor on a real demo station: all fine, then one thing broken at a time, each defect named after its check."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from archive.store import Archive
from processor import doctor, station
from processor.doctor import Check, Parts
from processor.engine import LocalEngine, Reach
from processor.errors import ExitCode, MissingError, Verdict
from processor.ocr import languages
from processor.seal import checkup, demo
from processor.seal.demo import DemoAuthority
from processor.seal.keys import Sealer, passphrase, read_certificates
from processor.settings import load, parse
from watch import folders

Break = Callable[[Parts], Parts]


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office") / "station"
    station.make(folder, True)
    archive = Archive.open(folder / "archive", now)
    archive.declare_file(station.DEMO_FILE, "Hồ sơ", organ_id="H05.99", year=2026, actor="test")
    archive.close()
    return folder


@pytest.fixture(scope="module")
def engine(original: Path) -> Iterator[LocalEngine]:
    settings = load(original)
    with LocalEngine(settings.engine, settings.limits, reach=Reach()) as engine:
        yield engine


@pytest.fixture(scope="module", autouse=True)
def languages_tried_once() -> Iterator[None]:
    """Tesseract is really asked, but once for the same languages: a third of a second in each of many tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(languages, "load", cache(languages.load))
        yield


@pytest.fixture
def parts(original: Path, engine: LocalEngine, tmp_path: Path) -> Iterator[Parts]:
    folder = tmp_path / "station"
    shutil.copytree(original, folder)
    settings = load(folder)
    roots = read_certificates([folder / name for name in settings.trust.roots])
    archive = Archive.open(folder / "archive", now)
    yield Parts(
        folder=folder, settings=settings, key_missing="", outside=DemoAuthority(folder / "authority"), roots_missing="",
        sealer=Sealer.load(folder / settings.seal.key, passphrase(settings.seal.passphrase_file, folder)),
        roots=tuple(root.public_bytes(Encoding.DER) for root in roots), clock=now, engine=engine,
        declared=lambda code: archive.declared(code) is not None,
    )  # fmt: skip
    archive.close()


def faulty(checks: tuple[Check, ...]) -> dict[str, Check]:
    return {check.name: check for check in checks if check.ok is not True}


# Settings and folders


def tables(parts: Parts, **changed: dict[str, Any]) -> Parts:
    """The same parts, with these keys of these tables changed."""
    dumped = parts.settings.model_dump()
    for lane in dumped["lanes"].values():
        del lane["name"]
    for name, keys in changed.items():
        dumped[name] |= keys
    return replace(parts, settings=parse(dumped))


def lane(parts: Parts, **keys: object) -> Parts:
    dumped = parts.settings.model_dump()["lanes"]
    for table in dumped.values():
        del table["name"]
    return tables(parts, lanes=dumped | {"sao-y": dumped["sao-y"] | keys})


def office(parts: Parts, **changed: dict[str, Any]) -> Parts:
    """The same station as if it were a real one, sealing unattended; its authority has an address."""
    wanted: dict[str, dict[str, Any]] = {
        "station": {"demo": False}, "time": {"urls": ("http://tsa.invalid/",)},
        "seal": {"unattended": True, "authorisation": "12/QĐ-UBND ngày 05/01/2026"},
    }  # fmt: skip
    return tables(parts, **{name: wanted.get(name, {}) | changed.get(name, {}) for name in {*wanted, *changed}})


def no_lanes(parts: Parts) -> Parts:
    dumped = parts.settings.model_dump()
    return replace(parts, settings=parse(dumped | {"lanes": {}}))


def broken_rule(parts: Parts) -> Parts:
    text = '[[block]]\nforms = ["sao-y"]\nvalid_from = 2020-01-01\nact = "a"\narticle = "b"\n'
    (parts.folder / "law" / "copies.toml").write_text(text)
    return parts


def loose(name: str, mode: int) -> Break:
    def do(parts: Parts) -> Parts:
        (parts.folder / name).chmod(mode)
        return parts

    return do


def file_instead(name: str) -> Break:
    def do(parts: Parts) -> Parts:
        shutil.rmtree(parts.folder / name, ignore_errors=True)
        (parts.folder / name).write_bytes(b"")
        return parts

    return do


def network_share(parts: Parts) -> Parts:
    mounts = f"1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / {parts.folder}/archive rw - nfs4 b rw\n"
    return replace(parts, is_remote=lambda path: folders.is_remote(path, mounts))


class NoNetworkWall:
    def walls(self) -> tuple[str, ...]:
        return ("no-new-privileges", "memory", "file-size")


class NoWorker:
    def walls(self) -> tuple[str, ...]:
        raise Verdict("worker-died", "a worker did not start")


def poor_font(parts: Parts) -> Parts:
    (parts.folder / "font.ttf").write_bytes(b"not a font")
    return tables(parts, seal={"font": "font.ttf"})


# Key and certificates


def key_of(parts: Parts, name: str) -> Any:
    return load_pem_private_key((parts.folder / "authority" / f"{name}.key").read_bytes(), None)


def lost_passphrase(parts: Parts) -> Parts:
    with pytest.raises(MissingError) as told:
        Sealer.load(parts.folder / "authority" / "seal.p12", b"wrong")
    return replace(parts, sealer=None, key_missing=str(told.value))


def certificate_of(parts: Parts, days: int, issuer: str = "issuing") -> Parts:
    """The organisation's certificate issued anew."""
    assert parts.sealer is not None
    old = parts.sealer.certificate
    builder = x509.CertificateBuilder(old.issuer, old.subject, old.public_key(), old.serial_number,
        now() - dt.timedelta(days=400), now() + dt.timedelta(days=days, minutes=1), list(old.extensions))  # fmt: skip
    return replace(parts, sealer=replace(parts.sealer, certificate=builder.sign(key_of(parts, issuer), hashes.SHA256())))


def no_chain(parts: Parts) -> Parts:
    assert parts.sealer is not None
    return replace(parts, sealer=replace(parts.sealer, chain=()))


class Liar(DemoAuthority):
    """The demo authority, but for one answer."""

    def __init__(self, parts: Parts, revocation: bytes | None = None, turned: Callable[[bytes], bytes] | None = None) -> None:
        super().__init__(parts.folder / "authority")
        self._revocation, self._turned = revocation, turned

    def fetch(self, url: str, body: bytes) -> bytes:
        if self._revocation == b"":
            raise Verdict("waiting-revocation", "host not in trust.revocation_hosts")
        return self._revocation or super().fetch(url, body)

    def stamp(self, request: bytes, skip: int) -> bytes:
        answer = super().stamp(request, skip)
        return self._turned(answer) if self._turned else answer


def list_of(parts: Parts, until: dt.timedelta = dt.timedelta(days=1), signer: str = "issuing", revoked: bool = False) -> Parts:
    assert parts.sealer is not None
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(parts.sealer.certificate.issuer)
        .last_update(now() - dt.timedelta(days=9))
        .next_update(now() + until)
    )
    if revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(parts.sealer.certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(now() - dt.timedelta(days=9)).build())
    made = builder.sign(key_of(parts, signer), hashes.SHA256()).public_bytes(Encoding.DER)
    return replace(parts, outside=Liar(parts, made))


# Time


def silent(answer: bytes) -> bytes:
    raise Verdict("waiting-tsa", "1 authorities left, none answered")


def refused(answer: bytes) -> bytes:
    status: bytes = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {"bad_alg"}}).dump()
    return answer[:1] + b"\x30" + bytes([len(status)]) + status


def changed(field: str, value: object) -> Callable[[bytes], bytes]:
    """A token in which one field was changed after signing."""

    def turn(answer: bytes) -> bytes:
        response = tsp.TimeStampResp.load(answer[1:])
        content = response["time_stamp_token"]["content"]["encap_content_info"]["content"]
        info = tsp.TSTInfo.load(content.parsed.dump())
        info[field] = value
        wrapped = core.ParsableOctetString(info.dump())
        response["time_stamp_token"]["content"]["encap_content_info"]["content"] = wrapped
        return answer[:1] + bytes(response.dump(force=True))

    return turn


OTHER = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}
LIES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "silent": (silent, "no answer: 1 authorities left, none answered"),
    "later-authority": (lambda answer: b"\1" + answer[1:], "no answer: a later authority answered"),
    "empty": (lambda answer: b"", "no answer: a later authority answered"),
    "refused": (refused, "refused: rejection"),
    "garbage": (lambda answer: answer[:1] + b"<html>", "not a usable answer"),
    "cut": (lambda answer: answer[:-200], "not a usable answer"),
    "other-nonce": (changed("nonce", 1), "the token has another nonce"),
    "other-digest": (changed("message_imprint", OTHER), "the token is of another digest"),
    "other-time": (changed("gen_time", now() - dt.timedelta(days=1)), "the token's signature is broken"),
}
_KEY_DEPENDS = ("certificate-life", "certificate-chain", "revocation", "not-revoked")

# check -> (how it is broken, what else can then not be told or fails by it)
DEFECTS: dict[str, tuple[Break, tuple[str, ...]]] = {
    "agency": (lambda p: tables(p, station={"agency": " "}), ()),
    "organ-id": (lambda p: tables(p, station={"organ_id": "xã"}), ()),
    "lanes": (no_lanes, ()),
    "station-folder": (loose(".", 0o777), ()),
    "folders": (file_instead("held"), ()),
    "drop-sao-y": (file_instead("drop/sao-y"), ()),
    "out-sao-y": (file_instead("out/sao-y"), ()),
    "disk": (lambda p: tables(p, limits={"free_disk_mb": 10**9}), ()),
    "local-disk": (network_share, ()),
    "walls": (lambda p: replace(p, engine=NoNetworkWall()), ()),
    "languages": (lambda p: lane(p, languages=("vie", "xyz")), ()),
    "font": (poor_font, ()),
    "law-sao-y": (broken_rule, ()),
    "file-sao-y": (lambda p: lane(p, file="H05.99.2026.02.VP"), ()),
    "sealing": (lambda p: office(p, seal={"authorisation": " "}), ("no-demo",)),
    "no-demo": (office, ()),
    "key-files": (loose("authority/seal.p12", 0o640), ()),
    "key": (lost_passphrase, _KEY_DEPENDS),
    "certificate-life": (lambda p: certificate_of(p, 29), ()),
    "certificate-chain": (no_chain, ("revocation", "not-revoked")),
    "roots": (lambda p: replace(p, roots=()), ("certificate-chain", "time-stamp-1", "clock")),
    "revocation": (lambda p: replace(p, outside=Liar(p, b"")), ("not-revoked",)),
    "not-revoked": (lambda p: list_of(p, revoked=True), ()),
    "time-authorities": (lambda p: office(p, time={"urls": ()}), ("clock", "no-demo")),
    "time-stamp-1": (lambda p: replace(p, outside=Liar(p, turned=silent)), ("clock",)),
    "clock": (lambda p: replace(p, clock=lambda: now() + dt.timedelta(minutes=5)), ()),
}
OUTSIDE = {"disk", "revocation", "time-stamp-1"}


def test_on_a_whole_station_everything_is_fine_and_nothing_is_changed(parts: Parts) -> None:
    before = sorted((path, path.lstat().st_mtime_ns) for path in parts.folder.rglob("*") if path.is_file())
    done = doctor.examine(parts)
    assert faulty(done) == {}
    assert doctor.exit_code(done) == ExitCode.DONE
    assert len({check.name for check in done}) == len(done)
    assert all(check.act == "" and check.detail for check in done)
    assert before == sorted((path, path.lstat().st_mtime_ns) for path in parts.folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", DEFECTS)
def test_one_defect_is_told_by_its_own_check_and_no_other(parts: Parts, name: str) -> None:
    breaking, depending = DEFECTS[name]
    done = doctor.examine(breaking(parts))
    found = faulty(done)
    assert set(found) == {name, *depending}
    assert found[name].ok is False and found[name].detail and found[name].act.endswith(".")
    assert doctor.exit_code(done) == (ExitCode.WAITING if name in OUTSIDE else ExitCode.MISSING)


def test_every_check_can_fail_but_the_one_that_only_reports(parts: Parts) -> None:
    names = {check.name for check in doctor.examine(parts)}
    lanes_of = {f"{row}-{each}" for row in ("drop", "out", "law", "file") for each in ("sao-luc", "trich-sao", "luu-tru")}
    assert names - set(DEFECTS) - lanes_of == {"sqlite"}


def test_without_a_key_what_rests_on_it_cannot_be_told(parts: Parts) -> None:
    found = faulty(tuple(doctor._seal(lost_passphrase(parts))))
    assert "wrong passphrase" in found["key"].detail
    assert {found[name].ok for name in _KEY_DEPENDS} == {None}
    assert {found[name].act for name in _KEY_DEPENDS} == {""}, "no advice on what nobody could look at"
    attended = faulty(tuple(doctor._seal(replace(office(parts, seal={"unattended": False}), sealer=None))))
    assert attended["key"].ok is None and attended["sealing"].detail.startswith("attended")


def test_a_lane_without_a_file_of_its_own_is_a_hint(parts: Parts) -> None:
    told = {check.name: check for check in doctor.examine(lane(parts, file=""))}["file-sao-y"]
    assert told.ok and "held" in told.detail and not told.act


def test_a_worker_that_does_not_start_is_a_missing_wall() -> None:
    assert doctor._walls(NoWorker()).ok is False


@pytest.mark.parametrize(("days", "ok", "said"), [(61, True, "days left"), (59, True, "renew"), (29, False, "renew"), (-1, False, "not valid")])
def test_the_end_of_the_certificate_is_told_in_time(parts: Parts, days: int, ok: bool, said: str) -> None:
    sealer = certificate_of(parts, days).sealer
    assert sealer is not None
    found = doctor._life(sealer, now())
    assert found.ok is ok and said in found.detail


def test_a_namesake_of_the_issuer_is_no_link(parts: Parts) -> None:
    forged = certificate_of(parts, 300, issuer="root").sealer
    assert forged is not None
    assert "signed" in checkup.chain_fault(forged, parts.roots, now())


def test_a_root_that_came_with_the_key_is_not_trusted_for_that(parts: Parts, tmp_path: Path) -> None:
    demo.make(tmp_path / "other", "Khác")
    others = read_certificates([tmp_path / "other" / "root.pem"])[0].public_bytes(Encoding.DER)
    assert parts.sealer is not None
    own_root = x509.load_der_x509_certificate(parts.roots[0])
    sealer = replace(parts.sealer, chain=(*parts.sealer.chain, own_root))
    assert checkup.chain_fault(sealer, [others], now()) != ""
    assert checkup.chain_fault(sealer, parts.roots, now()) == ""
    assert "out of date" in checkup.chain_fault(sealer, parts.roots, now() + dt.timedelta(days=4000))


@pytest.mark.parametrize(("made", "said"), [
    (lambda p: list_of(p, until=dt.timedelta(hours=-1)), "out of date"),
    (lambda p: list_of(p, signer="root"), "not signed"),
    (lambda p: replace(p, outside=Liar(p, b"<html>")), "not a revocation list"),
])  # fmt: skip
def test_a_list_that_proves_nothing_is_no_list(parts: Parts, made: Break, said: str) -> None:
    told = made(parts)
    assert told.sealer is not None
    found = checkup.listing(told.sealer, told.roots, told.outside, now())
    assert said in found.fault and found.revoked is None


@pytest.mark.parametrize("name", LIES)
def test_a_stamp_is_believed_only_when_it_is_of_this_request(parts: Parts, name: str) -> None:
    lie, said = LIES[name]
    assert said in checkup.stamp(Liar(parts, turned=lie), 0, parts.roots, now).fault


def test_a_stamp_of_an_unknown_authority_is_not_good(parts: Parts, tmp_path: Path) -> None:
    demo.make(tmp_path / "other", "Khác")
    found = checkup.stamp(DemoAuthority(tmp_path / "other"), 0, parts.roots, now)
    assert found.fault == "the token does not lead to a configured root"


class Two:
    """Two authorities, of which some are dead, behind one fetcher; the second's clock may be late."""

    def __init__(self, folder: Path, alive: set[int]) -> None:
        self._demo, self._alive = DemoAuthority(folder / "authority"), alive

    def stamp(self, request: bytes, skip: int) -> bytes:
        for number in sorted(self._alive):
            if number >= skip:
                return bytes([number]) + self._demo.stamp(request, 0)[1:]
        raise Verdict("waiting-tsa", "none answered")

    def fetch(self, url: str, body: bytes) -> bytes:
        return self._demo.fetch(url, body)


@pytest.mark.parametrize("alive", [{0, 1}, {0}, {1}, set()])
def test_each_authority_is_asked_apart(parts: Parts, alive: set[int]) -> None:
    two = replace(
        office(parts, time={"urls": ("http://one.invalid/", "http://two.invalid/")}), outside=Two(parts.folder, alive)
    )
    done = {check.name: check for check in doctor._time(two)}
    assert [done[f"time-stamp-{n}"].ok for n in (1, 2)] == [0 in alive, 1 in alive]
    assert done["time-stamp-2"].detail.startswith("two.invalid: ")
    assert done["clock"].ok is (True if alive else None)


def test_authorities_that_disagree_leave_the_clock_in_doubt(parts: Parts) -> None:
    asked = iter(range(100))
    times = [0, 0, 3600, 3600]  # our clock jumps between the two authorities: one of the tokens must look wrong

    def jumping() -> dt.datetime:
        return now() + dt.timedelta(seconds=times[next(asked)])

    stamps = [checkup.stamp(DemoAuthority(parts.folder / "authority"), 0, parts.roots, jumping) for _ in range(2)]
    assert doctor._clock([stamp.off for stamp in stamps if stamp.off is not None]).ok is None


def test_a_broken_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "vie.traineddata").write_bytes(bytes(range(256)) * 8)
    found = languages.load(("vie",), tmp_path)
    assert found.version and found.missing == ("vie",)
