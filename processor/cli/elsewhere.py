"""Keys whose token is in another PC, as an attended session uses them: listening for `sohoa-signer` when the first is needed."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import click
from cryptography import x509

from processor.errors import Verdict
from processor.seal import remote
from processor.seal.keys import Key
from processor.settings import Settings


class _NotHere:
    """A key of which only the certificate is needed: the signature comes back in a file."""

    def sign_raw(self, attributes: bytes) -> bytes:
        """Refuses."""
        raise Verdict("waiting-key", "this key signs where its token is")


class Elsewhere:
    """The keys of kind `remote` of one session; `expected` signatures are announced to the clerk's helper.

    Args:
        settings: of the station.
        folder: the station.
        listens: whether digests are fetched over the network; else they are carried in a file.
    """

    def __init__(self, settings: Settings, folder: Path, listens: bool) -> None:
        self._settings = settings
        self._folder = folder
        self._listens = listens
        self._open = ExitStack()
        self.expected = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    def key(self, name: str, certificate: x509.Certificate) -> Key:
        """The key of that name.

        Raises:
            Verdict: `waiting-key`, no helper has called. MissingError: a file or the address of [remote].
        """
        if not self._listens:
            return _NotHere()
        table, agency = self._settings.remote, self._settings.station.agency
        key = self._open.enter_context(remote.serving(table, self._folder, self.expected, certificate, agency))
        click.echo(f"waiting for sohoa-signer ({name}) on {key.address[0]}:{key.address[1]}")
        if not remote.wait_for_clerk(key):
            raise Verdict("waiting-key", f"{name}: no sohoa-signer called")
        return key
