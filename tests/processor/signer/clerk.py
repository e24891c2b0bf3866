"""A clerk's PC for tests: another process and, where the tests may, another user, who alone owns the token and knows its PIN."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key

from processor.seal import demo

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN, TOKEN, LABEL = "86427531", "van-thu", "seal"
AGENCY = "Ủy ban nhân dân xã Minh Họa"
_NOBODY = 65534
_REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True)
class Pc:
    """A folder that is the clerk's alone, with the helper installed, and the Python that runs it."""

    folder: Path
    python: str
    user: int | None

    def _how(self) -> dict[str, Any]:
        who = {"user": self.user, "group": self.user, "extra_groups": []} if self.user is not None else {}
        packages = os.pathsep.join([str(self.folder / "app"), sysconfig.get_paths()["purelib"]])
        env = {
            "SOFTHSM2_CONF": str(self.folder / "softhsm2.conf"), "PYTHONPATH": packages, "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8", "HOME": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1",
            "https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9",
        }  # fmt: skip
        return {"env": env, "cwd": self.folder, "text": True, **who}

    def call(self, *command: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, input=typed, capture_output=True, timeout=30, check=False, **self._how())

    def start(self, *arguments: str, typed: str = "c\n") -> subprocess.Popen[str]:
        """`sohoa-signer`, running; stdout and stderr in one."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        process = subprocess.Popen([self.python, "-m", "processor.signer", *arguments], **pipes, **self._how())
        if process.stdin is None:
            raise RuntimeError("no pipe")
        process.stdin.write(typed)
        process.stdin.close()
        process.stdin = None  # what is typed is typed: `communicate` only reads
        return process

    def signer(self, *arguments: str, typed: str = "c\n") -> tuple[int, str]:
        """`sohoa-signer` to its end: exit code, what the clerk saw."""
        with self.start(*arguments, typed=typed) as process:
            said, _ = process.communicate(timeout=30)
        return process.returncode, said

    def put(self, name: str, data: bytes, mode: int = 0o600) -> Path:
        """A file of the clerk's."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        path.chmod(mode)
        if self.user is not None:
            os.chown(path, self.user, self.user)
        return path

    @property
    def with_token(self) -> list[str]:
        """Arguments that name the token and the file with its PIN."""
        return ["--module", MODULE, "--token", TOKEN, "--pin-file", str(self.folder / "pin")]

    def make_key(self, kind: str, number: str, label: str = LABEL) -> Any:
        """A key pair made on the token, which never leaves it; its public key."""
        self._tool("--keypairgen", "--key-type", kind, "--id", number, "--label", label)
        out = self.folder / "public.der"
        self._tool("--read-object", "--type", "pubkey", "--id", number, "--output-file", str(out))
        data = out.read_bytes()
        out.unlink()
        return load_der_public_key(data)

    def keep(self, certificate: x509.Certificate, number: str) -> None:
        """A certificate beside its key."""
        path = self.put("certificate.der", certificate.public_bytes(Encoding.DER))
        self._tool("--write-object", str(path), "--type", "cert", "--id", number, "--label", LABEL)

    def _tool(self, *arguments: str) -> None:
        done = self.call("pkcs11-tool", "--module", MODULE, "--token-label", TOKEN, "--login", "--pin", PIN, *arguments)
        if done.returncode:
            raise RuntimeError(done.stderr)


def _runs(python: str, user: int | None) -> bool:
    how = {"user": user, "group": user, "extra_groups": []} if user is not None else {}
    env = {"PYTHONPATH": sysconfig.get_paths()["purelib"], "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, "-c", "import ssl, pkcs11._pkcs11, asn1crypto.cms"]
    try:
        return subprocess.run(command, env=env, cwd="/", capture_output=True, check=False, **how).returncode == 0
    except OSError:
        return False


@contextlib.contextmanager
def pc() -> Iterator[Pc]:
    """A PC with an empty token. Another user where this one is root and a Python is there that the other may run."""
    others = [(python, _NOBODY) for python in (sys.executable, "/usr/bin/python3")] if os.geteuid() == 0 else []
    python, user = next((each for each in others if _runs(*each)), (sys.executable, None))
    folder = Path(tempfile.mkdtemp(prefix="sohoa-clerk-", dir="/tmp"))  # pytest's own folders are closed to other users
    try:
        made = Pc(folder, python, user)
        (folder / "tokens").mkdir()
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
        app = folder / "app" / "processor"
        app.mkdir(parents=True)
        shutil.copy(_REPOSITORY / "processor" / "__init__.py", app)  # what is installed there is the helper alone
        shutil.copytree(_REPOSITORY / "processor" / "signer", app / "signer", ignore=shutil.ignore_patterns("__pycache__"))
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
            if user is not None:
                os.chown(path, user, user)
        made.put("pin", f"{PIN}\n".encode())
        done = made.call("softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "12345678")
        if done.returncode:
            raise RuntimeError(done.stderr)
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class _Public:
    """What `demo` asks of a key it certifies; the private one is on the token."""

    key: Any

    def public_key(self) -> Any:
        return self.key


def certified(authority: Path, public: Any, days: int = 30) -> x509.Certificate:
    """The organisation's certificate for a key on the token, by the demo authority in a folder."""
    issuing = x509.load_pem_x509_certificate((authority / "issuing.pem").read_bytes())
    by = (issuing, demo._load(authority / "issuing.key"), f"http://{demo.CRL_HOST}/issuing.crl")
    extensions = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (demo._usage("digital_signature", "content_commitment"), True),
    ]
    return demo._certificate(demo._name(AGENCY, AGENCY), _Public(public), by, extensions, days)  # type: ignore[arg-type]  # only its public half is asked for
