"""A small public-key infrastructure in the profile of the government's CA (law.md §6), with services that may lie.

Promises: no network: a `Pki` answers what a worker asks (`answer`) and what the coordinator asks (`stamp`, `fetch`: it is an
`Outside` of processor/seal/timestamps.py); its clock may stand in the past. Two of them have the same names and other keys:
each is the other's look-alike. Refuses: a name of a real authority, agency or person; a host that exists.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from processor.errors import Verdict
from processor.seal.timestamps import Outside
from tests.testkit.answers import LIES, About, Holder, Key, ocsp_response, revocation_list, time_answer, time_token

HOSTS = ("ocsp.ca.test.invalid", "crl.ca.test.invalid", "pub.ca.test.invalid", "crl.tsa.test.invalid")
AGENCY = "Sở Kiểm thử"
PEOPLE = "Ủy ban nhân dân tỉnh Thử Nghiệm"
_PLACE = "Thử Nghiệm"
_YEAR = dt.timedelta(days=365)
_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
    "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip
Extensions = Sequence[tuple[x509.ExtensionType, bool]]


@cache
def _rsa(number: int) -> rsa.RSAPrivateKey:
    """Making an RSA key takes long: the kit has a few for all its authorities."""
    return rsa.generate_private_key(65537, 2048)


def _usage(*allowed: str) -> tuple[x509.ExtensionType, bool]:
    return x509.KeyUsage(**{name: name in allowed for name in _USAGES}), True


_CA: Extensions = ((x509.BasicConstraints(ca=True, path_length=None), True), _usage("key_cert_sign", "crl_sign"))
_SIGNS: Extensions = (
    (x509.BasicConstraints(ca=False, path_length=None), True), _usage("digital_signature", "content_commitment"),
)  # fmt: skip


def _purpose(oid: x509.ObjectIdentifier, *, critical: bool) -> tuple[x509.ExtensionType, bool]:
    return x509.ExtendedKeyUsage([oid]), critical


def name(common: str, **parts: str | Sequence[str]) -> x509.Name:
    """A name as the government's CA writes it: e-mail, UID (repeatable), CN, T, OU, O, L, C."""
    order = {
        "email": NameOID.EMAIL_ADDRESS, "uid": NameOID.USER_ID, "cn": NameOID.COMMON_NAME, "t": NameOID.TITLE,
        "ou": NameOID.ORGANIZATIONAL_UNIT_NAME, "o": NameOID.ORGANIZATION_NAME, "l": NameOID.LOCALITY_NAME,
        "c": NameOID.COUNTRY_NAME,
    }  # fmt: skip
    given = {"cn": common, "c": "VN", **parts}
    values = {key: [value] if isinstance(value, str) else value for key, value in given.items()}
    return x509.Name([x509.NameAttribute(order[key], value) for key in order for value in values.get(key, ())])


class Pki(Outside):
    """Root, issuing CA, OCSP responder, and a time-stamping authority with a root of its own.

    Args:
        moment: where its clock stands; None: it goes with the machine's.
        years: how long its authorities live, from four years before `moment`.
        tsa_years: the same of the time-stamping authority.

    `lies` maps a service (`tsa`, `ocsp`, `crl`, `root-crl`, `tsa-crl`) to a word of `answers.LIES`; `revoked` serial numbers to
    moment and reason; `direct`: OCSP is signed by the issuing CA itself; `asked` is what was asked: service, address.
    """

    def __init__(self, moment: dt.datetime | None = None, years: int = 24, tsa_years: int = 24) -> None:
        self.moment = moment
        self.lies: dict[str, str] = {}
        self.revoked: dict[int, tuple[dt.datetime, x509.ReasonFlags]] = {}
        self.direct = False
        self.asked: list[tuple[str, str]] = []
        self._holders: dict[int, Holder] = {}
        self._numbers = itertools.count(1)
        self._double: Pki | None = None
        life, stamping = ((self.now() - 4 * _YEAR, self.now() + (length - 4) * _YEAR) for length in (years, tsa_years))
        self.root = self.issue(name("CA gốc Kiểm thử", o="Cơ quan Kiểm thử"), None, _CA, life)
        at_root = [_lists("crl.ca.test.invalid/root")]
        self.issuing = self.issue(name("CA phục vụ Kiểm thử G2", o="Cơ quan Kiểm thử"), self.root, [*_CA, *at_root], life)
        no_check = (x509.OCSPNoCheck(), False)
        answers = [*_SIGNS, _purpose(ExtendedKeyUsageOID.OCSP_SIGNING, critical=False), no_check]
        self.responder = self.issue(name("OCSP Kiểm thử", o="Cơ quan Kiểm thử"), self.issuing, answers, life)
        self.tsa_root = self.issue(name("CA gốc Dấu thời gian Kiểm thử"), None, _CA, stamping)
        stamps = [*_SIGNS, _purpose(ExtendedKeyUsageOID.TIME_STAMPING, critical=True), _lists("crl.tsa.test.invalid/tsa-root")]
        self.tsa = self.issue(name("TSA Kiểm thử"), self.tsa_root, stamps, stamping)

    def now(self) -> dt.datetime:
        """The time here, UTC, whole seconds."""
        return (self.moment or dt.datetime.now(dt.UTC)).replace(microsecond=0)

    @contextlib.contextmanager
    def at(self, moment: dt.datetime) -> Iterator[None]:
        """For a while the clock stands elsewhere."""
        before, self.moment = self.moment, moment
        try:
            yield
        finally:
            self.moment = before

    def issue(
        self, subject: x509.Name, issuer: Holder | None, extensions: Extensions, life: tuple[dt.datetime, dt.datetime],
        key: Key | None = None,
    ) -> Holder:  # fmt: skip
        """A certificate and its key (EC unless another is given); without issuer it is self-signed."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        signer = issuer.key if issuer else key
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(life[0])
            .not_valid_after(life[1])
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        made = Holder(builder.sign(signer, hashes.SHA256()), key, issuer)
        self._holders[made.certificate.serial_number] = made
        return made

    def _leaf(self, subject: x509.Name, life: tuple[dt.datetime, dt.datetime] | None, rsa_key: bool) -> Holder:
        where = x509.AuthorityInformationAccess([
            x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ocsp.ca.test.invalid/")),
            x509.AccessDescription(
                AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://pub.ca.test.invalid/issuing.crt")),
        ])  # fmt: skip
        life = life or (self.now() - dt.timedelta(days=30), self.now() + 3 * _YEAR)
        key = _rsa(next(self._numbers) % 2) if rsa_key else None
        return self.issue(subject, self.issuing, [*_SIGNS, (where, False), _lists("crl.ca.test.invalid/issuing")], life, key)

    def organisation(
        self, common: str = AGENCY, life: tuple[dt.datetime, dt.datetime] | None = None, *, rsa_key: bool = True
    ) -> Holder:
        """An agency's certificate: `UID=MST:…, UID=MNS:…, CN, O, L, C` and its e-mail."""
        tax = ["MST:0000000017", "MNS:0000042"]
        subject = name(common, uid=tax, o=PEOPLE, l=_PLACE, email="sokiemthu@thunghiem.invalid")
        return self._leaf(subject, life, rsa_key)

    def person(
        self, common: str = "Nguyễn Văn Kiểm", life: tuple[dt.datetime, dt.datetime] | None = None, *, title: str = "Giám đốc"
    ) -> Holder:
        """A person's certificate: `UID=CCCD:…, CN, T, OU, O, L, C` and an e-mail."""
        subject = name(common, uid="CCCD:000000000017", t=title, ou=AGENCY, o=PEOPLE, l=_PLACE, email="kiem@thunghiem.invalid")
        return self._leaf(subject, life, rsa_key=False)

    def double(self) -> Pki:
        """A look-alike: the same names, other keys, the same clock."""
        self._double = self._double or Pki(self.moment)
        return self._double

    def revoke(
        self, who: Holder, at: dt.datetime | None = None, reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise
    ) -> None:
        """From now on lists and responder say so; `at` None: revoked an hour ago."""
        self.revoked[who.certificate.serial_number] = (at or self.now() - dt.timedelta(hours=1), reason)

    def lie(self, service: str, word: str) -> None:
        """Make a service lie in one way, or be honest again (empty word).

        Raises:
            KeyError: no such service, or it knows no such lie.
        """
        if word and word not in LIES[service.rsplit("-")[-1]]:
            raise KeyError(f"{service} knows no lie {word!r}")
        self.lies[service] = word

    def crl(self, issuer: Holder, lie: str = "") -> bytes:
        """The list of an authority as of this clock."""
        mine = {serial: told for serial, told in self.revoked.items() if self._holders[serial].issuer == issuer}
        other = self.double().issuing if lie == "stranger" else self.tsa_root
        return revocation_list(issuer, mine, self.now(), lie, other)

    def ocsp(self, request: bytes, lie: str = "") -> bytes:
        """The responder's answer as of this clock."""
        asked = ocsp.load_der_ocsp_request(request)
        subject = self.person() if lie == "other" else self._holders.get(asked.serial_number)
        told = {} if lie in {"stranger", "other", "leaf"} else self.revoked  # those call everything good
        about = About(subject, told.get(subject.certificate.serial_number)) if subject else None
        responder = self.issuing if self.direct else self.responder
        responder = {"stranger": self.double().responder, "leaf": self.person()}.get(lie, responder)
        return ocsp_response(asked, about, responder, self.now(), lie)

    def ocsp_about(self, who: Holder, lie: str = "") -> bytes:
        """The responder's answer about somebody, without nonce, as a signing program embeds it."""
        issuer = who.issuer or who
        request = ocsp.OCSPRequestBuilder().add_certificate(who.certificate, issuer.certificate, hashes.SHA1()).build()
        return self.ocsp(request.public_bytes(Encoding.DER), lie)

    def token(self, request: tsp.TimeStampReq, lie: str = "") -> bytes:
        """A time-stamp token as of this clock."""
        authority = self.double().tsa if lie == "stranger" else self.tsa
        return time_token(request, authority, self.now(), lie, next(self._numbers))

    def stamp(self, request: bytes, skip: int) -> bytes:
        """See `timestamps.Outside.stamp`; there is one authority, number 0."""
        self.asked.append(("tsa", ""))
        lie = self.lies.get("tsa", "")
        if skip or lie == "silent":
            raise Verdict("waiting-tsa", "the test kit's authority is silent")
        if lie == "garbage":
            return b"\0\x30\x03abc"
        token = None if lie == "refused" else self.token(tsp.TimeStampReq.load(request), lie)
        return b"\0" + time_answer(token)

    def fetch(self, url: str, body: bytes) -> bytes:
        """See `timestamps.Outside.fetch`: lists, OCSP, certificates of authorities."""
        parts = urlsplit(url)
        stem = Path(parts.path).stem
        authorities = {"root": self.root, "issuing": self.issuing, "tsa-root": self.tsa_root}
        service = {"root": "root-crl", "tsa-root": "tsa-crl"}.get(stem, "crl")
        service = "ocsp" if parts.hostname == HOSTS[0] else service
        self.asked.append((service, url))
        lie = self.lies.get(service, "")
        if lie == "silent" or parts.hostname not in HOSTS or bool(body) != (service == "ocsp"):
            raise Verdict("waiting-revocation", f"{parts.hostname} is silent")
        if service == "ocsp":
            return self.ocsp(body, lie)
        if stem not in authorities:
            raise Verdict("waiting-revocation", "no such list")
        return authorities[stem].der if parts.path.endswith(".crt") else self.crl(authorities[stem], lie)

    def answer(self, kind: str, body: bytes) -> bytes:
        """What a worker's `ask` answers (processor/worker.py): `fetch` with address, line feed, body; `stamp` with skip, request.

        Raises:
            Verdict: `waiting-tsa`, `waiting-revocation`.
            KeyError: another kind: nobody here holds a key.
        """
        if kind == "stamp":
            return self.stamp(body[1:], body[0])
        if kind != "fetch":
            raise KeyError(kind)
        url, _, posted = body.partition(b"\n")
        return self.fetch(url.decode("ascii"), posted)


def _lists(place: str) -> tuple[x509.ExtensionType, bool]:
    where = [x509.UniformResourceIdentifier(f"http://{place}.crl")]
    return x509.CRLDistributionPoints([x509.DistributionPoint(where, None, None, None)]), False
