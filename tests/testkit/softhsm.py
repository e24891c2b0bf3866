"""SoftHSM tokens for tests: set up, filled, pulled out and put back; and a library between that writes down every call.

Promises: keys and PINs are worthless and made for the test. Where SoftHSM or OpenSC is absent a test is skipped; with
SOHOA_REFEREES=required it fails. Refuses: to touch the tokens of this machine's user (SOFTHSM2_CONF is the test's own).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
_SPIES = ("/usr/lib/x86_64-linux-gnu/pkcs11-spy.so", "/usr/lib/aarch64-linux-gnu/pkcs11-spy.so", "/usr/lib64/pkcs11-spy.so")
PIN, SO_PIN = "271828", "31415926"


def need() -> None:
    """Skip or fail the running test where a tool is missing."""
    absent = [tool for tool in ("softhsm2-util", "pkcs11-tool") if shutil.which(tool) is None]
    if not absent and LIBRARY.is_file():
        return
    told = "missing: Debian packages softhsm2, opensc"
    if os.environ.get("SOHOA_REFEREES") == "required":
        pytest.fail(told)
    pytest.skip(told)


def spy() -> Path:
    """OpenSC's library that hands every call on and writes it down."""
    return next(path for name in _SPIES if (path := Path(name)).is_file())


def _run(*words: str | Path) -> None:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{words[0]}: {done.stdout}{done.stderr}")


@dataclass(frozen=True)
class SoftHsm:
    """A machine with tokens in it, below a folder."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, patch: pytest.MonkeyPatch) -> SoftHsm:
        """Nothing is in yet. A library of this process sees these tokens from its next C_Initialize on."""
        need()
        made = cls(folder)
        made.inside.mkdir(parents=True)
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {made.inside}\nobjectstore.backend = file\nlog.level = ERROR\n")
        patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        return made

    @property
    def inside(self) -> Path:
        """Where SoftHSM keeps its tokens."""
        return self.folder / "tokens"

    def token(self, label: str, pin: str = PIN) -> None:
        """A fresh one is in."""
        _run("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", SO_PIN)

    def put(self, token: str, key: Any, label: str, number: str, *certificates: x509.Certificate, pin: str = PIN) -> None:
        """A key, and certificates of the same label and id, on a token."""
        if key is not None:
            path = self.folder / "key.pem"
            path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            _run("softhsm2-util", "--import", path, "--token", token, "--label", label, "--id", number, "--pin", pin, "--force")
            path.unlink()
        for certificate in certificates:
            path = self.folder / "certificate.der"
            path.write_bytes(certificate.public_bytes(Encoding.DER))
            _run("pkcs11-tool", "--module", LIBRARY, "-l", "--pin", pin, "--token-label", token, "-w", path, "-y", "cert",
                 "--label", label, "--id", number)  # fmt: skip

    def pull(self) -> None:
        """All tokens are out."""
        self.inside.rename(self.folder / "out")
        self.inside.mkdir()

    def back(self) -> None:
        """All tokens are in again."""
        shutil.rmtree(self.inside)
        (self.folder / "out").rename(self.inside)


@dataclass
class Calls:
    """What a library was asked since the last look."""

    log: Path
    start: int = 0

    def since(self) -> list[str]:
        """Names of the calls, in order."""
        return [line.split(": ")[1].strip() for line in self.text().splitlines() if line[:1].isdigit() and ": C_" in line]

    def text(self) -> str:
        """All that was written down."""
        return self.log.read_bytes()[self.start :].decode("utf-8", "replace") if self.log.exists() else ""

    def forget(self) -> None:
        """From here on."""
        self.start = self.log.stat().st_size if self.log.exists() else 0
