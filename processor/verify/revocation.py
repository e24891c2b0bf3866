"""What is known of a certificate's revocation: lists and answers looked at before they are believed.

Promises: a statement comes only of a list or an answer that the certificate's issuer (or its proper delegate) signed, that
speaks of this very certificate, of all reasons and of its kind. Every link may be asked by CRL and by OCSP; what the sources
did not give is told. Refuses: the network (it asks the coordinator), and to say what a statement is worth at which moment.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from asn1crypto import core
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from processor.errors import Verdict
from processor.seal.revocation import question
from processor.verify.certificates import GARBAGE, OCSP_SIGNING, Certificate, issued, readable, usages, verifies
from processor.verify.facts import Statement
from processor.worker import Ask

_HARMLESS = frozenset({  # extensions of a list that may be critical and are understood here
    x509.IssuingDistributionPoint.oid, x509.CRLNumber.oid, x509.AuthorityKeyIdentifier.oid,
})  # fmt: skip
_NOT_ASKED = frozenset({"embedded", "given"})
_EXPIRED_CERTS_ON_CRL = x509.ObjectIdentifier("2.5.29.60")
_REASON = {
    x509.ReasonFlags.unspecified: "unspecified", x509.ReasonFlags.key_compromise: "key_compromise",
    x509.ReasonFlags.ca_compromise: "ca_compromise", x509.ReasonFlags.affiliation_changed: "affiliation_changed",
    x509.ReasonFlags.superseded: "superseded", x509.ReasonFlags.cessation_of_operation: "cessation_of_operation",
    x509.ReasonFlags.certificate_hold: "certificate_hold", x509.ReasonFlags.privilege_withdrawn: "privilege_withdrawn",
    x509.ReasonFlags.aa_compromise: "aa_compromise", x509.ReasonFlags.remove_from_crl: "remove_from_crl",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Datum:
    """One list or answer as it came."""

    kind: str  # crl | ocsp
    der: bytes
    source: str

    @property
    def sha256(self) -> str:
        """Of its bytes."""
        return hashlib.sha256(self.der).hexdigest()


def _earliest(revoked: x509.RevokedCertificate) -> tuple[dt.datetime, str]:
    """When an entry takes effect: a key known to be lost earlier counts from then (RFC 5280, 5.3.2)."""
    at, reason = revoked.revocation_date_utc, "unspecified"
    for extension in revoked.extensions:
        if isinstance(extension.value, x509.CRLReason):
            reason = _REASON.get(extension.value.reason, "unspecified")
        if isinstance(extension.value, x509.InvalidityDate):
            at = min(at, extension.value.invalidity_date_utc)
    return at, reason


def _addresses(names: Iterable[x509.GeneralName] | None) -> set[str]:
    return {str(name.value) for name in names or () if isinstance(name, x509.UniformResourceIdentifier)}


def _points(one: x509.Certificate) -> list[x509.DistributionPoint]:
    try:
        return list(one.extensions.get_extension_for_class(x509.CRLDistributionPoints).value)
    except (x509.ExtensionNotFound, *GARBAGE):
        return []


def list_addresses(one: Certificate) -> list[str]:
    """Where lists for a certificate are published, in its own order."""
    return [url for point in _points(one.own) for url in sorted(_addresses(point.full_name)) if url.startswith("http")]


def answer_addresses(one: Certificate) -> list[str]:
    """Where OCSP for a certificate is asked."""
    try:
        access = one.own.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, *GARBAGE):
        return []
    ours = (d for d in access if d.access_method == AuthorityInformationAccessOID.OCSP)
    return [url for d in ours for url in _addresses([d.access_location]) if url.startswith("http")]


def _scope(found: x509.CertificateRevocationList, one: Certificate) -> str:
    """`all`, `some` (only some reasons: it can prove revocation, not its absence) or `none`."""
    for extension in found.extensions:
        value = extension.value
        if extension.critical and extension.oid not in _HARMLESS:
            return "none"
        if isinstance(value, x509.DeltaCRLIndicator):
            return "none"
        if isinstance(value, x509.IssuingDistributionPoint):
            authority = one.asn1.ca
            if value.only_contains_attribute_certs or value.indirect_crl:
                return "none"
            if (value.only_contains_user_certs and authority) or (value.only_contains_ca_certs and not authority):
                return "none"
            named = {url for point in _points(one.own) for url in _addresses(point.full_name)}
            if value.full_name and named and not named & _addresses(value.full_name):
                return "none"
            if value.only_some_reasons:
                return "some"
    return "all"


def of_list(datum: Datum, one: Certificate, issuer: Certificate) -> Statement | None:
    """What a list says of a certificate; None where it is not this issuer's list or not about this certificate."""
    try:
        found = x509.load_der_x509_crl(datum.der)
        plain, _ = usages(issuer)
        if plain and "crl_sign" not in plain:
            return None
        if not verifies(issuer.own.public_key(), found.signature, found.tbs_certlist_bytes, found.signature_hash_algorithm,
                        found.signature_algorithm_parameters):  # fmt: skip
            return None
        scope = _scope(found, one)
        entry = found.get_revoked_certificate_by_serial_number(one.own.serial_number)
        if scope == "none" or (scope == "some" and entry is None) or found.next_update_utc is None:
            return None
        at, reason = _earliest(entry) if entry is not None else (None, "")
        status = "revoked" if entry is not None and reason != "remove_from_crl" else "good"
        keeps = any(_since(extension.value) <= one.own.not_valid_after_utc for extension in found.extensions
                    if extension.oid == _EXPIRED_CERTS_ON_CRL)  # fmt: skip
        return Statement("crl", datum.sha256, datum.source, status, found.last_update_utc, found.next_update_utc, at, reason, keeps)
    except GARBAGE:
        return None


def _matches(told: ocsp.OCSPSingleResponse, one: Certificate, issuer: Certificate) -> bool:
    digest = hashlib.new(told.hash_algorithm.name)
    digest.update(issuer.asn1.public_key["public_key"].contents[1:])
    name = hashlib.new(told.hash_algorithm.name, issuer.asn1.subject.dump()).digest()
    named = hashlib.new(told.hash_algorithm.name, one.asn1.issuer.dump()).digest()
    return (
        told.serial_number == one.own.serial_number
        and told.issuer_key_hash == digest.digest()
        and told.issuer_name_hash in {name, named}
    )


def _signer_of(answer: ocsp.OCSPResponse, issuer: Certificate, lists: Sequence[Datum]) -> bool:
    """Whether the issuer itself or a responder it appointed signed (RFC 6960, 4.2.2.2)."""
    data = (answer.signature, answer.tbs_response_bytes, answer.signature_hash_algorithm)
    if verifies(issuer.own.public_key(), *data):
        return True
    for one in readable(certificate.public_bytes(Encoding.DER) for certificate in answer.certificates):
        if OCSP_SIGNING not in usages(one)[1] or not issued(one, issuer):
            continue
        if not one.own.not_valid_before_utc <= answer.produced_at_utc <= one.own.not_valid_after_utc:
            continue
        told = [of_list(datum, one, issuer) for datum in lists]
        if not any(said and said.status == "revoked" for said in told) and verifies(one.own.public_key(), *data):
            return True
    return False


def of_answer(datum: Datum, one: Certificate, issuer: Certificate, lists: Sequence[Datum] = ()) -> Statement | None:
    """What an OCSP response says of a certificate; None where it is not an answer about it that may be believed."""
    try:
        answer = ocsp.load_der_ocsp_response(datum.der)
        if answer.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL or not _signer_of(answer, issuer, lists):
            return None
        told = next((said for said in answer.responses if _matches(said, one, issuer)), None)
        asked = datum.source not in _NOT_ASKED
        if told is None or (asked and any(isinstance(e.value, x509.OCSPNonce) for e in answer.extensions)):
            return None  # we send no nonce: an answer with one is another's
        status = {ocsp.OCSPCertStatus.GOOD: "good", ocsp.OCSPCertStatus.REVOKED: "revoked"}.get(told.certificate_status, "unknown")
        reason = _REASON.get(told.revocation_reason, "unspecified") if told.revocation_reason else "unspecified"
        keeps = any(cutoff <= one.own.not_valid_after_utc for cutoff in _cutoffs(datum.der))
        return Statement("ocsp", datum.sha256, datum.source, status, told.this_update_utc, told.next_update_utc,
                         told.revocation_time_utc, reason if status == "revoked" else "", keeps)  # fmt: skip
    except GARBAGE:
        return None


def _since(value: object) -> dt.datetime:
    """The date of expiredCertsOnCRL (X.509, 9.5.2.9)."""
    raw = value.value if isinstance(value, x509.UnrecognizedExtension) else b""
    moment: dt.datetime = core.GeneralizedTime.load(raw).native
    return moment


def _cutoffs(der: bytes) -> list[dt.datetime]:
    """How far back a responder remembers, where it says so (RFC 6960, 4.4.4)."""
    singles = asn1_ocsp.OCSPResponse.load(der).response_data["responses"]
    told = (extension for single in singles for extension in single["single_extensions"] or ())
    return [extension["extn_value"].parsed.native for extension in told if extension["extn_id"].native == "archive_cutoff"]


def request(one: Certificate, issuer: Certificate) -> bytes:
    """An OCSP request, SHA-1 identifiers: what every responder understands. No nonce: it is judged by its dates."""
    built = ocsp.OCSPRequestBuilder().add_certificate(one.own, issuer.own, hashes.SHA1()).build()  # noqa: S303
    return built.public_bytes(Encoding.DER)


@dataclass(slots=True)
class Gathered:
    """All revocation data of one verification: embedded, given, fetched; each fetched once.

    Attributes:
        ask: the worker's door; None: nothing is fetched.
        data: what there is.
        refused: what was not to be had: address to why.
    """

    ask: Ask | None
    data: list[Datum] = field(default_factory=list)
    refused: dict[tuple[str, bytes], str] = field(default_factory=dict)
    _had: dict[tuple[str, bytes], Datum] = field(default_factory=dict)

    def add(self, data: Iterable[Datum]) -> None:
        """Data that came with the document or the station."""
        known = {datum.sha256 for datum in self.data}
        self.data += [datum for datum in data if datum.sha256 not in known]

    def statements(self, one: Certificate, issuer: Certificate) -> list[Statement]:
        """What all data at hand say of a certificate."""
        lists = [datum for datum in self.data if datum.kind == "crl"]
        told = [of_list(datum, one, issuer) for datum in lists]
        told += [of_answer(datum, one, issuer, lists) for datum in self.data if datum.kind == "ocsp"]
        return [said for said in told if said is not None]

    def fetch(self, one: Certificate, issuer: Certificate, *, authority: bool) -> Iterator[str]:
        """Ask outside, in order: lists first for an authority, the responder first for a signer. Yields after each answer."""
        lists = [("crl", url, b"") for url in list_addresses(one)]
        answers = [("ocsp", url, request(one, issuer)) for url in answer_addresses(one)]
        for kind, url, body in [*lists, *answers] if authority else [*answers, *lists]:
            self._one(kind, url, body)
            yield url

    def why(self, one: Certificate) -> str:
        """Why there is no more: what each address answered."""
        mine = {*list_addresses(one), *answer_addresses(one)}
        told = [f"{url}: {why}" for (url, _), why in self.refused.items() if url in mine]
        return "; ".join(told) if told else ("" if mine else "the certificate names no source")

    def _one(self, kind: str, url: str, body: bytes) -> None:
        if self.ask is None or (url, body) in self._had or (url, body) in self.refused:
            return
        try:
            datum = Datum(kind, self.ask("fetch", question(url, body)), url)
        except Verdict as verdict:
            self.refused[url, body] = verdict.detail or verdict.code
            return
        self._had[url, body] = datum
        self.add([datum])
