"""The token, through PKCS#11: one login a run, one try of the PIN, the key that belongs to the certificate asked for.

Promises: the PIN is given to the token once and kept only where the key itself wants it before every signature; a token that
has one try left, or none, is not logged in to (a second wrong PIN would lock it: OpenSC#1199); any fault of the token while
signing is `DeviceError`, never a signature of another key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import pkcs11
from asn1crypto import algos, x509
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, TokenFlag

from processor.signer.stop import Stop

_WRONG = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange)
_SHUT = (pkcs11.PinLocked, pkcs11.PinExpired, pkcs11.UserPinNotInitialized)


class DeviceError(Stop):
    """The token cannot be used: `module`, `no-token`, `which-token`, `pin-locked`, `pin-final-try`, `pin-wrong`, `no-pin`,
    `no-certificate`, `no-key`, `which-key`, `token-gone`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which token and key.

    Attributes:
        module: the vendor's PKCS#11 library.
        token: the token's label; empty: the only one plugged in.
        label: the key's label; empty: the key with the certificate's own id.
    """

    module: str
    token: str = ""
    label: str = ""


def pin_fault(flags: TokenFlag) -> str:
    """Why no PIN may be tried on a token in this state; empty where it may."""
    if flags & TokenFlag.USER_PIN_LOCKED:
        return "pin-locked"
    return "pin-final-try" if flags & TokenFlag.USER_PIN_FINAL_TRY else ""


def find(choice: Choice) -> pkcs11.Token:
    """The token.

    Raises:
        DeviceError: no such library, no token, or several and none chosen.
    """
    try:
        library = pkcs11.lib(choice.module)
    except (RuntimeError, OSError) as error:  # a PKCS#11 error is a RuntimeError
        raise DeviceError("module", f"{choice.module}: {error}"[:200]) from error
    try:
        tokens = [slot.get_token() for slot in library.get_slots(token_present=True)]
        ready = [token for token in tokens if token.flags & TokenFlag.TOKEN_INITIALIZED]
    except pkcs11.PKCS11Error as error:
        raise DeviceError("no-token", type(error).__name__) from error
    chosen = [token for token in ready if choice.token in {"", token.label}]
    if len(chosen) == 1:
        return chosen[0]
    raise DeviceError("which-token" if chosen else "no-token", ", ".join(token.label for token in ready))


class Device:
    """A token logged in to, and the one key used of it. Not for use from several threads.

    Args:
        token: see `find`.
        certificate: DER of the certificate that the signatures must be by.
        label: see `Choice`.
        pin: asks for the PIN; called once, and not at all where the token has its own keypad.

    Raises:
        DeviceError: see there; after `pin-wrong` nothing is tried again.
    """

    def __init__(self, token: pkcs11.Token, certificate: bytes, label: str, pin: Callable[[], str]) -> None:
        if fault := pin_fault(token.flags):
            raise DeviceError(fault)
        _strangers(token, certificate)
        self._session, given = _logged_in(token, pin)
        try:
            self._key = _key(self._session, certificate, label)
            again = _told(self._key, Attribute.ALWAYS_AUTHENTICATE) is True
            self._sign = _signing(self._key, token.slot.get_mechanisms(), given if again else None)
        except DeviceError:
            self._session.close()
            raise
        except pkcs11.PKCS11Error as error:
            raise DeviceError("token-gone", type(error).__name__) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Log out; the token may be gone."""
        try:
            self._session.close()
        except pkcs11.PKCS11Error:
            return

    def sign(self, data: bytes) -> bytes:
        """A signature over the SHA-256 of `data`: RSA PKCS#1 v1.5, or ECDSA in DER.

        Raises:
            DeviceError: `token-gone`, whatever the library calls it.
        """
        try:
            return self._sign(data)
        except pkcs11.PKCS11Error as error:
            raise DeviceError("token-gone", type(error).__name__) from error


def _told(thing: Any, attribute: Attribute) -> object:
    """An attribute's value; None where the token does not tell."""
    try:
        value: object = thing[attribute]
    except (pkcs11.PKCS11Error, KeyError, NotImplementedError):
        return None
    return value


def _certificates(session: pkcs11.Session) -> Iterator[tuple[bytes, object]]:
    for found in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
        value = _told(found, Attribute.VALUE)
        if isinstance(value, bytes):
            yield value, _told(found, Attribute.ID)


def _strangers(token: pkcs11.Token, certificate: bytes) -> None:
    """Refuse a token that shows only other certificates, before its PIN is asked for: it is another person's."""
    try:
        with token.open() as session:
            seen = [value for value, _ in _certificates(session)]
    except pkcs11.PKCS11Error as error:
        raise DeviceError("no-token", type(error).__name__) from error
    if seen and certificate not in seen:
        raise DeviceError("no-certificate")


def _logged_in(token: pkcs11.Token, pin: Callable[[], str]) -> tuple[pkcs11.Session, str | None]:
    keypad = bool(token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH)
    given = None if keypad else pin()
    if given == "":
        raise DeviceError("no-pin")
    try:
        return token.open(user_pin=pkcs11.PROTECTED_AUTH if given is None else given), given
    except _WRONG as error:
        raise DeviceError("pin-wrong", type(error).__name__) from error
    except _SHUT as error:
        raise DeviceError("pin-locked", type(error).__name__) from error
    except pkcs11.PKCS11Error as error:
        raise DeviceError("token-gone", type(error).__name__) from error


def _key(session: pkcs11.Session, certificate: bytes, label: str) -> Any:
    """The private key of the certificate: by the id they share; by its label where one is given."""
    ids = [one for value, one in _certificates(session) if value == certificate]
    if not ids:
        raise DeviceError("no-certificate")
    template: dict[Attribute, Any] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    if label:
        template[Attribute.LABEL] = label
    elif ids[0]:
        template[Attribute.ID] = ids[0]
    keys = [key for key in session.get_objects(template) if _belongs(key, certificate)]
    if len(keys) != 1:
        raise DeviceError("which-key" if keys else "no-key")
    return keys[0]


def _belongs(key: Any, certificate: bytes) -> bool:
    """Whether a key may be the certificate's: an RSA key tells its modulus, an EC key only its kind (the station checks)."""
    public = x509.Certificate.load(certificate).public_key
    if public.algorithm != {KeyType.RSA: "rsa", KeyType.EC: "ec"}.get(key.key_type):
        return False
    modulus = _told(key, Attribute.MODULUS)
    return not isinstance(modulus, bytes) or int.from_bytes(modulus, "big") == public["public_key"].parsed["modulus"].native


def _signing(key: Any, mechanisms: set[Mechanism], pin: str | None) -> Callable[[bytes], bytes]:
    """How this token signs: hashing itself where it can, else over the digest."""
    more: dict[str, Any] = {"pin": pin} if pin else {}
    if key.key_type == KeyType.EC:
        return lambda data: _der(key.sign(hashlib.sha256(data).digest(), mechanism=Mechanism.ECDSA, **more))
    if Mechanism.SHA256_RSA_PKCS in mechanisms:
        return lambda data: bytes(key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS, **more))
    return lambda data: bytes(key.sign(_digest_info(data), mechanism=Mechanism.RSA_PKCS, **more))


def _der(pair: bytes) -> bytes:
    encoded: bytes = algos.DSASignature.from_p1363(pair).dump()
    return encoded


def _digest_info(data: bytes) -> bytes:
    """RFC 8017, 9.2: what is padded."""
    info: bytes = algos.DigestInfo({"digest_algorithm": {"algorithm": "sha256"}, "digest": hashlib.sha256(data).digest()}).dump()
    return info
