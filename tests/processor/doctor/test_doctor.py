"""The doctor on a real demo station: all fine, then one thing broken at a time, each defect named after its check."""

import datetime as dt
import tomllib
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from processor import doctor, trust
from processor.doctor import Parts, keys, machine
from processor.doctor import time as times
from processor.errors import ExitCode
from processor.ocr import languages
from processor.seal import checkup, demo
from processor.seal.authorities import State
from processor.seal.certificates import read_certificates
from processor.seal.demo import DemoAuthority
from processor.seal.timestamps import Outside
from tests.processor.doctor import broken
from tests.processor.doctor.broken import Break, Liar, certificate_of, faulty, lane, loose, now, office, rule, tables

OTHER = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}
LIES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "silent": (broken.silent, "no answer: 1 authorities left, none answered"),
    "later-authority": (lambda answer: b"\1" + answer[1:], "no answer: a later authority answered"),
    "empty": (lambda answer: b"", "no answer: a later authority answered"),
    "refused": (broken.refused, "refused: rejection"),
    "garbage": (lambda answer: answer[:1] + b"<html>", "not a usable answer"),
    "cut": (lambda answer: answer[:-200], "not a usable answer"),
    "other-nonce": (broken.changed("nonce", 1), "the token has another nonce"),
    "other-digest": (broken.changed("message_imprint", OTHER), "the token is of another digest"),
    "other-time": (broken.changed("gen_time", now() - dt.timedelta(days=1)), "the token's signature is broken"),
}
_SEALING = ("sao-y", "sao-luc", "trich-sao", "luu-tru", "phu-luc", "phat-hanh")
_AGENCIES = tuple(f"key-agency-{name}" for name in _SEALING)
_SPARE = {name: f"{name}-moi" for name in keys.OF_A_CERTIFICATE}
_NO_MODULE = {"kind": "pkcs11", "module": "/opt/none/libeToken.so", "secret": "authority/passphrase"}

# check -> (how it is broken, what else can then not be told or fails by it)
DEFECTS: dict[str, tuple[Break, tuple[str, ...]]] = {
    "agency": (lambda p: tables(p, station={"agency": " "}), _AGENCIES),
    "organ-id": (lambda p: tables(p, station={"organ_id": "xã"}), ()),
    "lanes": (broken.no_lanes, ()),
    "station-folder": (loose(".", 0o777), ()),
    "folders": (broken.file_instead("held"), ()),
    "drop-sao-y": (broken.file_instead("drop/sao-y"), ()),
    "out-sao-y": (broken.file_instead("out/sao-y"), ()),
    "disk": (lambda p: tables(p, limits={"free_disk_mb": 10**9}), ()),
    "local-disk": (broken.network_share, ()),
    "immutable": (lambda p: replace(tables(p, archive={"immutable": True}), immutable=lambda folder: "no such flag"), ()),
    "copies-nas": (broken.no_copy, ()),
    "walls": (lambda p: replace(p, engine=broken.NoNetworkWall()), ()),
    "languages": (lambda p: lane(p, languages=("vie", "xyz")), ()),
    "font": (broken.poor_font, ()),
    "converter": (lambda p: tables(p, convert={"program": "/nowhere/soffice"}), ()),
    "rules": (rule("quality.toml", "x = ["), ()),
    "law-sao-y": (rule("copies.toml", '[[block]]\nforms = ["sao-y"]\nvalid_from = 2020-01-01\nact = "a"\narticle = "b"\n'), ("rules",)),
    "law-phat-hanh": (rule("algorithms.toml", '[[digest]]\nname = "sha1"\nweak_from = "never"\n'), ("law-van-ban-den", "rules")),
    "law-van-ban-den": (rule("notices.toml", '[[notice]]\nkind = "returned"\nvalid_from = 2020-01-01\n'), ("rules",)),
    "file-sao-y": (lambda p: lane(p, file="H05.99.2026.02.VP"), ()),
    "person-chu-tich": (broken.garbage("authority/person.pem"), ()),
    "signers-phat-hanh": (lambda p: lane(p, "phat-hanh", signers=("chu-tich|pho-chu-tich",)), ()),
    "seal-picture": (broken.black_seal, ()),
    "sealing": (lambda p: office(p, seal={"authorisation": " "}), ("no-demo",)),
    "no-demo": (office, ()),
    "key-files": (loose("moi-seal.p12", 0o640), ()),
    "key": (broken.lost_passphrase, (*keys.OF_A_CERTIFICATE, *_AGENCIES)),
    "key-moi": (lambda p: broken.another_key(p, secret="authority/issuing.key"), tuple(_SPARE.values())),
    "key-agency-sao-y": (lambda p: lane(p, agency="Sở Khác"), ()),
    "token-module-dau": (
        lambda p: tables(p, keys={"dau": {**broken.another_key(p).settings.keys["moi"].model_dump(), **_NO_MODULE}}),
        ("token-dau", "token-pin-dau", *(f"{name}-dau" for name in keys.OF_A_CERTIFICATE)),
    ),
    "certificate-life": (lambda p: certificate_of(p, 29), ()),
    "certificate-chain": (broken.no_chain, ("revocation", "not-revoked")),
    "roots": (broken.without(trust.ROOTS), ("intermediates", "person-chu-tich", "certificate-chain", "time-stamp-1", "clock")),
    "intermediates": (broken.without(trust.INTERMEDIATES), ("person-chu-tich",)),
    "revocation-hosts": (lambda p: office(p, trust={"revocation_hosts": ()}), ("no-demo",)),
    "revocation-lists": (lambda p: tables(p, trust={"lists": ("trust/issuing.crl",)}), ()),
    "revocation": (lambda p: replace(p, outside=Liar(p, b"")), ("not-revoked",)),
    "not-revoked": (lambda p: broken.list_of(p, revoked=True), ()),
    "remote": (lambda p: broken.listening(p, key="tls/other.key"), ("remote-certificate",)),
    "remote-certificate": (broken.ended_tls, ()),
    "mail-settings": (lambda p: broken.mailing(p, 25, sender=""), ("mail",)),
    "mail": (lambda p: broken.mailing(p, broken.closed_port()), ()),
    "time-authorities": (lambda p: office(p, time={"urls": ()}), ("clock", "no-demo")),
    "time-stamp-1": (lambda p: replace(p, outside=Liar(p, turned=broken.silent)), ("clock",)),
    "clock": (lambda p: replace(p, clock=lambda: now() + dt.timedelta(minutes=5)), ()),
}
OUTSIDE = {"disk", "copies-nas", "converter", "intermediates", "revocation-hosts", "revocation", "mail", "time-stamp-1"}
NEEDED_BESIDE = {"intermediates", "revocation-hosts"}  # what else is missing then is needed


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
    if name == "key-files":
        parts = broken.another_key(parts)
    done = doctor.examine(breaking(parts))
    found = faulty(done)
    assert set(found) == {name, *depending}
    assert len({check.name for check in done}) == len(done)
    assert found[name].ok is False and found[name].detail and found[name].act.endswith(".")
    assert found[name].level == ("outside" if name in OUTSIDE else "needed")
    assert doctor.exit_code(done) == (ExitCode.WAITING if name in OUTSIDE - NEEDED_BESIDE else ExitCode.MISSING)


def test_every_check_can_fail_but_the_one_that_only_reports(parts: Parts) -> None:
    rows = set(tomllib.loads(resources.files("config").joinpath("doctor.toml").read_text("utf-8")))
    of_tokens = {"token", "token-pin"}  # each broken in tests/processor/seal/test_token_modules.py, on real tokens
    broken_here = {row for row in rows if any(name == row or name.removeprefix(f"{row}-") in _OF for name in DEFECTS)}
    assert rows - broken_here - of_tokens == {"sqlite"}
    names = {check.name for check in doctor.examine(parts)}
    lanes_of = {f"{row}-{each}" for row in ("drop", "out", "law", "file", "key-agency") for each in parts.settings.lanes}
    assert names - set(DEFECTS) - lanes_of == {"sqlite", "token-module"}


_OF = {"sao-y", "phat-hanh", "van-ban-den", "chu-tich", "moi", "dau", "1", "nas"}


def test_a_lane_without_a_file_of_its_own_is_a_hint(parts: Parts) -> None:
    told = {check.name: check for check in doctor.examine(lane(parts, file=""))}["file-sao-y"]
    assert told.ok and "held" in told.detail and not told.act


def test_a_worker_that_does_not_start_is_a_missing_wall() -> None:
    assert machine.walls(broken.NoWorker()).ok is False


def test_a_station_that_only_receives_needs_no_key(parts: Parts) -> None:
    receiving = broken.only(office(parts, seal={"key": "", "unattended": False, "authorisation": ""}), "van-ban-den")
    assert set(faulty(doctor.examine(receiving))) == {"no-demo"}, "its root is the demo's"


@pytest.mark.parametrize(("days", "ok", "said"), [(61, True, "days left"), (59, True, "renew"), (29, False, "renew"), (-1, False, "not valid")])
def test_the_end_of_the_certificate_is_told_in_time(parts: Parts, days: int, ok: bool, said: str) -> None:
    found = keys.life(broken.sealer_of(certificate_of(parts, days)), now())
    assert found.ok is ok and said in found.detail


def test_a_namesake_of_the_issuer_is_no_link(parts: Parts) -> None:
    forged = broken.sealer_of(certificate_of(parts, 300, issuer="root"))
    assert "signed" in checkup.chain_fault(forged, parts.roots, now())


def test_a_root_that_came_with_the_key_is_not_trusted_for_that(parts: Parts, tmp_path: Path) -> None:
    demo.make(tmp_path / "other", "Khác")
    others = read_certificates([tmp_path / "other" / "root.pem"])[0].public_bytes(Encoding.DER)
    own, own_root = broken.sealer_of(parts), x509.load_der_x509_certificate(parts.roots[0])
    sealer = replace(own, chain=(*own.chain, own_root))
    assert checkup.chain_fault(sealer, [others], now()) != ""
    assert checkup.chain_fault(sealer, parts.roots, now()) == ""
    assert "out of date" in checkup.chain_fault(sealer, parts.roots, now() + dt.timedelta(days=4000))


@pytest.mark.parametrize(("made", "said"), [
    (lambda p: broken.list_of(p, until=dt.timedelta(hours=-1)), "out of date"),
    (lambda p: broken.list_of(p, signer="root"), "not signed"),
    (lambda p: replace(p, outside=Liar(p, b"<html>")), "not a revocation list"),
])  # fmt: skip
def test_a_list_that_proves_nothing_is_no_list(parts: Parts, made: Break, said: str) -> None:
    told = made(parts)
    found = checkup.listing(broken.sealer_of(told), told.roots, told.outside, now())
    assert said in found.fault and found.revoked is None


@pytest.mark.parametrize("name", LIES)
def test_a_stamp_is_believed_only_when_it_is_of_this_request(parts: Parts, name: str) -> None:
    lie, said = LIES[name]
    assert said in checkup.stamp(Liar(parts, turned=lie), 0, parts.roots, now).fault


def test_a_stamp_of_an_unknown_authority_is_not_good(parts: Parts, tmp_path: Path) -> None:
    demo.make(tmp_path / "other", "Khác")
    found = checkup.stamp(DemoAuthority(tmp_path / "other"), 0, parts.roots, now)
    assert found.fault == "the token does not lead to a configured root"


class Two(Outside):
    """Two authorities, of which some are dead, behind one fetcher; the second's clock may be late."""

    def __init__(self, folder: Path, alive: set[int]) -> None:
        self._demo, self._alive = DemoAuthority(folder / "authority"), alive

    def stamp(self, request: bytes, skip: int) -> bytes:
        for number in sorted(self._alive):
            if number >= skip:
                return bytes([number]) + self._demo.stamp(request, 0)[1:]
        return broken.silent(b"")

    def fetch(self, url: str, body: bytes) -> bytes:
        return self._demo.fetch(url, body)


@pytest.mark.parametrize("alive", [{0, 1}, {0}, {1}, set()])
def test_each_authority_is_asked_apart(parts: Parts, alive: set[int]) -> None:
    two = replace(
        office(parts, time={"urls": ("http://one.invalid/", "http://two.invalid/")}), outside=Two(parts.folder, alive)
    )
    done = {check.name: check for check in times.checks(two)}
    assert [done[f"time-stamp-{n}"].ok for n in (1, 2)] == [0 in alive, 1 in alive]
    assert done["time-stamp-2"].detail.startswith("two.invalid: ")
    assert done["clock"].ok is (True if alive else None)


def test_what_is_known_of_an_authority_is_told_beside_its_answer(parts: Parts) -> None:
    class Counted(Two):
        def states(self) -> list[State]:
            return [State("http://one.invalid/", used=7, granted=10), State("http://two.invalid/", failures=3, wait=412.0)]

    two = replace(office(parts, time={"urls": ("http://one.invalid/", "http://two.invalid/")}), outside=Counted(parts.folder, {0, 1}))
    done = {check.name: check for check in times.checks(two)}
    assert "7 of 10 requests" in done["time-stamp-1"].detail
    assert "left alone for 412 s" in done["time-stamp-2"].detail and done["time-stamp-2"].ok


def test_authorities_that_disagree_leave_the_clock_in_doubt(parts: Parts) -> None:
    asked = iter(range(100))
    moments = [0, 0, 3600, 3600]  # our clock jumps between the two authorities: one of the tokens must look wrong

    def jumping() -> dt.datetime:
        return now() + dt.timedelta(seconds=moments[next(asked)])

    stamps = [checkup.stamp(DemoAuthority(parts.folder / "authority"), 0, parts.roots, jumping) for _ in range(2)]
    assert times.clock([stamp.off for stamp in stamps if stamp.off is not None]).ok is None


def test_a_station_without_the_second_model_reads_and_is_told_so(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "load", lambda wanted: languages.Loaded("5.3.0", ("Vietnamese",)))
    (found,) = [each for each in machine.checks(parts) if each.name == "languages"]
    assert found.ok and "without Vietnamese" in found.detail


def test_a_broken_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "vie.traineddata").write_bytes(bytes(range(256)) * 8)
    found = languages.load(("vie",), tmp_path)
    assert found.version and found.missing == ("vie",)
