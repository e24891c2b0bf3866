"""What lies on a token: which private key belongs to which certificate, and its signatures.

Promises: a key is taken only where it is the one; "several match" and "none matches" are told, never guessed. A signature is
made from a digest that is made here: of two mechanisms the raw one, which SoftHSM and old tokens have for ECDSA too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11.constants import Attribute, ObjectClass
from pkcs11.exceptions import AttributeSensitive, AttributeTypeInvalid
from pkcs11.mechanisms import KeyType, Mechanism
from pkcs11.types import Object, PrivateKey, Session, SignMixin

from processor.errors import MissingError, Verdict
from processor.seal.certificates import LEAST, PublicKey, above, sealing_key
from processor.seal.keys import Sealer
from processor.seal.pkcs11.session import Token

_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")  # of SHA-256 (RFC 8017 §9.2)
_TYPES = {KeyType.RSA: rsa.RSAPublicKey, KeyType.EC: ec.EllipticCurvePublicKey}


@dataclass(frozen=True, slots=True)
class _Held:
    """A certificate on the token."""

    certificate: x509.Certificate
    id: object


@dataclass(slots=True)
class TokenKey:
    """A private key on a token. Usable from many threads: the token takes one call at a time."""

    token: Token
    label: str
    public: PublicKey = field(repr=False)
    _found: tuple[Session, SignMixin, bool] | None = field(default=None, repr=False)

    def sign_raw(self, attributes: bytes) -> bytes:
        """See `keys.Key.sign_raw`.

        Raises:
            Verdict: what `Token.use` raises; `waiting-key` where the key is no longer there.
        """
        try:
            return self.token.use(lambda session: self._sign(session, attributes))
        except MissingError as error:
            raise Verdict("waiting-key", str(error)) from error

    def find(self, session: Session) -> SignMixin:
        """Look it up, once a session.

        Raises:
            MissingError: it is not there, or several are.
        """
        if self._found is None or self._found[0] is not session:
            key = _the_key(session, self.label, self.public)
            self._found = (session, key, _attribute(key, Attribute.ALWAYS_AUTHENTICATE) is True)
        return self._found[1]

    def _sign(self, session: Session, attributes: bytes) -> bytes:
        key = self.find(session)
        is_rsa = key.key_type == KeyType.RSA
        raw, hashing = (Mechanism.RSA_PKCS, Mechanism.SHA256_RSA_PKCS) if is_rsa else (Mechanism.ECDSA, Mechanism.ECDSA_SHA256)
        known = session.token.slot.get_mechanisms()
        mechanism, data = raw, (_DIGEST_INFO if is_rsa else b"") + hashlib.sha256(attributes).digest()
        if raw not in known and hashing in known:
            mechanism, data = hashing, attributes
        pin = self.token.pin() if self._found and self._found[2] else None
        signature = key.sign(data, mechanism=mechanism, **({"pin": pin.text()} if pin else {}))
        if is_rsa:
            return signature
        half = len(signature) // 2
        return encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))


def sealer(token: Token, label: str, own: x509.Certificate | None, chain: Sequence[x509.Certificate]) -> Sealer:
    """The sealer of a key on the token.

    Args:
        label: the key's; empty where its certificate tells which one it is.
        own: the certificate, where it does not lie on the token.
        chain: what stands above it beside what the token holds.

    Raises:
        MissingError: no certificate, no key, several, or none that may seal.
        Verdict: what `Token.use` raises.
    """

    def find(session: Session) -> Sealer:
        held = _certificates(session)
        certificate = own or _the_certificate(session, label, held)
        public = sealing_key(certificate)
        if public is None:
            raise MissingError(f"the certificate's key may not seal: {LEAST}")
        key = TokenKey(token, label, public)
        key.find(session)
        more = [link for link in above(certificate, [each.certificate for each in held]) if link not in chain]
        return Sealer(key, certificate, (*chain, *more))

    return token.use(find)


def _attribute(each: Object, which: Attribute) -> object:
    """None where the token does not tell."""
    try:
        return each[which]
    except (AttributeTypeInvalid, AttributeSensitive):
        return None


def _certificates(session: Session) -> list[_Held]:
    found = []
    for each in list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})):
        value = _attribute(each, Attribute.VALUE)
        try:
            certificate = x509.load_der_x509_certificate(value if isinstance(value, bytes) else b"")
        except ValueError:  # of another kind; the key's own is missed where it is the one
            continue
        found.append(_Held(certificate, _attribute(each, Attribute.ID)))
    return found


def _keys(session: Session, label: str) -> list[PrivateKey]:
    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, **({Attribute.LABEL: label} if label else {})}
    return [each for each in list(session.get_objects(wanted)) if isinstance(each, PrivateKey) and isinstance(each, SignMixin)]


def _belongs(session: Session, key: PrivateKey, public: PublicKey) -> bool | None:
    """Whether a private key is that of a public one; None where the token does not tell (its signatures will)."""
    if not isinstance(public, _TYPES.get(key.key_type, type(None))):
        return False
    if isinstance(public, rsa.RSAPublicKey):
        modulus = _attribute(key, Attribute.MODULUS)
        return int.from_bytes(modulus) == public.public_numbers().n if isinstance(modulus, bytes) else None
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    beside = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.KEY_TYPE: KeyType.EC, Attribute.ID: key.id}
    told = [_attribute(each, Attribute.EC_POINT) for each in list(session.get_objects(beside))]
    known = [each for each in told if isinstance(each, bytes)]
    return any(each.endswith(point) for each in known) if known else None  # some wrap it in an OCTET STRING, some do not


def _the_key(session: Session, label: str, public: PublicKey) -> SignMixin:
    every = [(key, _belongs(session, key, public)) for key in _keys(session, label)]
    found = [key for key, fits in every if fits] or [key for key, fits in every if fits is None]
    named = f" of the label {label}" if label else ""
    if not found:
        raise MissingError(f"the token holds no private key{named} that belongs to the certificate")
    if len(found) > 1:
        raise MissingError(f"the token holds {len(found)} private keys{named} for the certificate: name one by its label")
    key = found[0]
    if not isinstance(key, SignMixin):
        raise MissingError(f"the token's private key{named} is not for signatures")
    return key


def _the_certificate(session: Session, label: str, held: Sequence[_Held]) -> x509.Certificate:
    keys = _keys(session, label)
    named = f" of the label {label}" if label else ""
    if not keys:
        raise MissingError(f"the token holds no private key{named} for signatures")
    found = {each.certificate for each in held if any(_goes_with(session, key, each) for key in keys)}
    if not found:
        raise MissingError(f"the token holds no certificate of its private key{named}: name its file in `certificate`")
    if len(found) > 1:
        raise MissingError(f"the token holds {len(found)} certificates with private keys{named}: set `label` or `certificate`")
    return found.pop()


def _goes_with(session: Session, key: PrivateKey, held: _Held) -> bool:
    public = sealing_key(held.certificate)
    fits = _belongs(session, key, public) if public else False
    return key.id == held.id if fits is None else fits
