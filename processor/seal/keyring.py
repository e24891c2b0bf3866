"""Opens the keys that the settings name: PKCS#12 files, tokens, and those that sign elsewhere.

Promises: a file is read once, a person is asked once a key, a token that two keys lie on has one session.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from cryptography import x509

from processor import trust
from processor.errors import MissingError, SettingsError
from processor.seal import pkcs11, pkcs12, secret
from processor.seal.certificates import above, read_certificates
from processor.seal.keys import Key, Sealer
from processor.seal.refused import Refused
from processor.seal.ring import Ring, Row
from processor.seal.secret import Secret
from processor.settings import Settings, defaults
from processor.tables import KeyTable

Ask = Callable[[str], Secret]
"""Asks a person for the passphrase or PIN of the key of that name."""
Remote = Callable[[str, x509.Certificate], Key]
"""The key of that name, which signs elsewhere."""
OWN = "seal"
"""What the key of [seal] is called among the others."""


def tables(settings: Settings) -> dict[str, KeyTable]:
    """Every key of the settings by its name; that of [seal] is a PKCS#12 file like others.

    Raises:
        SettingsError: two have one name.
    """
    own = settings.seal
    if not own.key:
        return dict(settings.keys)
    if OWN in settings.keys:
        raise SettingsError(f"sohoa.toml: keys.{OWN}: the key of [seal] is called that: give this one another name")
    written = {"file": own.key, "secret": own.passphrase_file, "chain": own.chain}
    return {OWN: KeyTable.model_validate({**defaults()["key"], **written}), **settings.keys}


class _Keys:
    """What is opened, and kept."""

    def __init__(self, settings: Settings, folder: Path, ask: Ask | None, remote: Remote | None) -> None:
        self._settings = settings
        self._folder = folder
        self._ask = ask
        self._remote = remote
        self._lock = threading.Lock()
        self._refused = Refused(folder / "work" / "refused-pins.json")
        self._tokens: dict[tuple[Path, str], pkcs11.Token] = {}
        self._sealers: dict[str, Sealer] = {}
        self._asked: dict[str, Secret] = {}

    def rows(self) -> Iterator[Row]:
        for name, key in tables(self._settings).items():
            yield Row(name, partial(self._open, name, key), key.agency, _day(key.valid_from), _day(key.valid_to))

    def _open(self, name: str, table: KeyTable) -> Sealer:
        if name in self._sealers:
            if table.kind == "pkcs11":
                self._token(name, table).use(lambda session: None)  # is it in? Else nothing need be prepared for it
            return self._sealers[name]
        opens = {"pkcs12": self._file, "pkcs11": self._on_token, "remote": self._elsewhere}[table.kind]
        return self._sealers.setdefault(name, self._completed(opens(name, table)))

    def _completed(self, sealer: Sealer) -> Sealer:
        """With what stands above its own chain, where the station's trust list has it: tokens often hold one certificate."""
        trusted = trust.of_kind(trust.listed(self._folder, self._settings), trust.INTERMEDIATES)
        known = (*sealer.chain, *map(x509.load_der_x509_certificate, trusted))
        more = [each for each in above(sealer.certificate, known) if each not in sealer.chain]
        return replace(sealer, chain=(*sealer.chain, *more))

    def _chain(self, table: KeyTable) -> list[x509.Certificate]:
        return read_certificates([self._folder / name for name in table.chain])

    def _certificate(self, table: KeyTable) -> x509.Certificate | None:
        return read_certificates([self._folder / table.certificate])[0] if table.certificate else None

    def _secret(self, name: str, table: KeyTable) -> Secret:
        if table.secret or self._ask is None:
            return secret.read(table.secret, self._folder)
        with self._lock:  # two threads would ask twice
            if name not in self._asked:
                self._asked[name] = self._ask(name)
            return self._asked[name]

    def _file(self, name: str, table: KeyTable) -> Sealer:
        key, certificate, others = pkcs12.read(self._folder / table.file, self._secret(name, table))
        return Sealer(key, self._certificate(table) or certificate, (*others, *self._chain(table)))

    def _token(self, name: str, table: KeyTable) -> pkcs11.Token:
        if not table.module:
            raise MissingError(f"keys.{name}.module is not set: the token's library")
        library = pkcs11.module(self._folder / table.module)
        token = pkcs11.Token(library, table.token, partial(self._secret, name, table), self._refused)
        return self._tokens.setdefault((library.path, table.token), token)

    def _on_token(self, name: str, table: KeyTable) -> Sealer:
        return pkcs11.sealer(self._token(name, table), table.label, self._certificate(table), self._chain(table))

    def _elsewhere(self, name: str, table: KeyTable) -> Sealer:
        if self._remote is None:
            raise MissingError(f"keys.{name} signs where its token is: in an attended session")
        own = self._certificate(table)
        if own is None:
            raise MissingError(f"keys.{name}.certificate is not set: the certificate of a key that is elsewhere")
        return Sealer(self._remote(name, own), own, tuple(self._chain(table)))


def _day(day: dt.date | str) -> dt.date | None:
    return day if isinstance(day, dt.date) else None


@contextlib.contextmanager
def opened(settings: Settings, folder: Path, ask: Ask | None = None, remote: Remote | None = None) -> Iterator[Ring]:
    """The ring of a station; each key is opened when it is first needed, and tokens are logged out at the end.

    Args:
        ask: for keys whose `secret` is not set; None where nobody is there.
        remote: for keys of kind `remote`; None outside an attended session.
    """
    try:
        yield Ring(tuple(_Keys(settings, folder, ask, remote).rows()))
    finally:
        pkcs11.leave()
