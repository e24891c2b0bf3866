"""Ways in which a station is not whole: each takes the doctor's parts and gives them with one thing broken."""

import datetime as dt
import shutil
import socket
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from asn1crypto import core, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from PIL import Image

from processor import trust
from processor.copying import Standing
from processor.doctor import Check, Parts, elsewhere
from processor.errors import Verdict
from processor.seal import demo_tls, keyring
from processor.seal.demo import CRL_HOST, DemoAuthority
from processor.seal.keys import Sealer
from processor.seal.ring import Ring, Row
from processor.settings import Settings, parse
from watch import folders

Break = Callable[[Parts], Parts]


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def faulty(checks: Iterable[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks if check.ok is not True}


# Settings and folders


def ring_of(settings: Settings, folder: Path) -> Ring:
    """As the verb opens it, with nobody to ask; keys in files need no closing."""
    with keyring.opened(settings, folder, remote=elsewhere) as ring:
        return ring


def tables(parts: Parts, **changed: dict[str, Any]) -> Parts:
    """The same parts, with these keys of these tables changed."""
    dumped = parts.settings.model_dump()
    for lane in dumped["lanes"].values():
        del lane["name"]
    for name, keys in changed.items():
        dumped[name] |= keys
    settings = parse(dumped)
    has_other_keys = changed.keys() & {"seal", "keys"}
    return replace(parts, settings=settings, ring=ring_of(settings, parts.folder) if has_other_keys else parts.ring)


def no_copy(parts: Parts) -> Parts:
    """A place for copies that is on no disk."""
    mirrors = {"nas": {"path": "../nas"}}
    return replace(tables(parts, mirrors=mirrors), copies=(Standing("nas", "../nas", 3, 0, None, None, 0, away=True),))


def lane(parts: Parts, name: str = "sao-y", **keys: object) -> Parts:
    dumped = parts.settings.model_dump()["lanes"]
    for table in dumped.values():
        del table["name"]
    return tables(parts, lanes=dumped | {name: dumped[name] | keys})


def office(parts: Parts, **changed: dict[str, Any]) -> Parts:
    """The same station as if it were a real one, sealing unattended; its authorities have addresses."""
    wanted: dict[str, dict[str, Any]] = {
        "station": {"demo": False}, "time": {"urls": ("http://tsa.invalid/",)}, "trust": {"revocation_hosts": (CRL_HOST,)},
        "seal": {"unattended": True, "authorisation": "12/QĐ-UBND ngày 05/01/2026"},
    }  # fmt: skip
    return tables(parts, **{name: wanted.get(name, {}) | changed.get(name, {}) for name in {*wanted, *changed}})


def no_lanes(parts: Parts) -> Parts:
    return replace(parts, settings=parse(parts.settings.model_dump() | {"lanes": {}}))


def only(parts: Parts, *names: str) -> Parts:
    """The same station with these lanes alone."""
    dumped = parts.settings.model_dump()
    kept = {name: {key: value for key, value in dumped["lanes"][name].items() if key != "name"} for name in names}
    return replace(parts, settings=parse(dumped | {"lanes": kept}))


def rule(name: str, text: str) -> Break:
    """The station's own law profile."""

    def do(parts: Parts) -> Parts:
        (parts.folder / "law" / name).write_text(text)
        return parts

    return do


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


def garbage(name: str) -> Break:
    def do(parts: Parts) -> Parts:
        (parts.folder / name).write_bytes(b"\0garbage")
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


def black_seal(parts: Parts) -> Parts:
    Image.new("RGB", (300, 300)).save(parts.folder / "authority" / "seal.png")
    return parts


# Keys and certificates


def sealer_of(parts: Parts, number: int = 0) -> Sealer:
    return parts.ring.rows[number].open()


def sealing_with(parts: Parts, sealer: Sealer) -> Parts:
    """The key of [seal] is this one."""
    return replace(parts, ring=Ring([Row(keyring.OWN, lambda: sealer), *parts.ring.rows[1:]]))


def key_of(parts: Parts, name: str) -> Any:
    return load_pem_private_key((parts.folder / "authority" / f"{name}.key").read_bytes(), None)


def lost_passphrase(parts: Parts) -> Parts:
    (parts.folder / "authority" / "passphrase").write_text("wrong")
    return replace(parts, ring=ring_of(parts.settings, parts.folder))


def certificate_of(parts: Parts, days: float, issuer: str = "issuing", begun: float = 400) -> Parts:
    """The organisation's certificate issued anew, to end in so many days."""
    own = sealer_of(parts)
    old = own.certificate
    begins, ends = now() - dt.timedelta(days=begun), now() + dt.timedelta(days=days, minutes=1)
    builder = x509.CertificateBuilder(
        old.issuer, old.subject, old.public_key(), old.serial_number, begins, ends, list(old.extensions)
    )
    return sealing_with(parts, replace(own, certificate=builder.sign(key_of(parts, issuer), hashes.SHA256())))


def no_chain(parts: Parts) -> Parts:
    return sealing_with(parts, replace(sealer_of(parts), chain=()))


def another_key(parts: Parts, **keys: Any) -> Parts:
    """[keys.moi] beside the one of [seal]: a copy of it in a file of its own."""
    for name in ("seal.p12", "passphrase"):
        shutil.copy2(parts.folder / "authority" / name, parts.folder / f"moi-{name}")
    given = {"kind": "pkcs12", "file": "moi-seal.p12", "secret": "moi-passphrase"}
    return tables(parts, keys={"moi": {**parse({"keys": {"moi": given}}).keys["moi"].model_dump(), **keys}})


def without(kind: str) -> Break:
    """No anchor of a kind."""
    return lambda parts: replace(parts, anchors=tuple(anchor for anchor in parts.anchors if anchor.kind != kind))


def anchored(parts: Parts, certificate: x509.Certificate, kind: str = trust.INTERMEDIATES, known: str = "") -> Parts:
    return replace(parts, anchors=(*parts.anchors, trust.Anchor(kind, certificate, "trust/x.pem", known)))


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


def listing(parts: Parts, until: dt.timedelta = dt.timedelta(days=1), signer: str = "issuing", revoked: bool = False) -> bytes:
    """A revocation list of the issuer of the organisation's certificate, DER."""
    certificate = sealer_of(parts).certificate
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.issuer)
        .last_update(now() - dt.timedelta(days=9))
        .next_update(now() + until)
    )
    if revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(now() - dt.timedelta(days=9)).build())
    return builder.sign(key_of(parts, signer), hashes.SHA256()).public_bytes(Encoding.DER)


def list_of(parts: Parts, until: dt.timedelta = dt.timedelta(days=1), signer: str = "issuing", revoked: bool = False) -> Parts:
    return replace(parts, outside=Liar(parts, listing(parts, until, signer, revoked)))


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


# Mail, and keys elsewhere


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def mailing(parts: Parts, port: int, **keys: Any) -> Parts:
    set_ = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "sender": "van-thu@xa.vn", "office": "truc@xa.vn"}
    return tables(parts, notices={**set_, **keys})


def listening(parts: Parts, **keys: Any) -> Parts:
    """A door for the clerk's helper, with certificates."""
    (parts.folder / "tls").mkdir(exist_ok=True)
    if not (parts.folder / "tls" / "ca.pem").exists():
        demo_tls.make(parts.folder / "tls", ["127.0.0.1"])
    files = {"certificate": "tls/station.pem", "key": "tls/station.key", "clients": "tls/ca.pem"}
    return tables(parts, remote={"listen": "127.0.0.1:0", **files, **keys})


def ended_tls(parts: Parts) -> Parts:
    done = listening(parts)
    key: Any = load_pem_private_key((parts.folder / "tls" / "station.key").read_bytes(), None)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "station")])
    begins, ends = now() - dt.timedelta(days=9), now() - dt.timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, begins, ends).sign(key, hashes.SHA256())
    (parts.folder / "tls" / "station.pem").write_bytes(made.public_bytes(Encoding.PEM))
    return done
