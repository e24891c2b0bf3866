"""Sealed days in other places, each file encrypted by itself to certificates: CMS AuthEnvelopedData (RFC 5083), AES-256-GCM.

Promises: any of the keys opens any file, with `openssl cms` and nothing of ours, as the page that lies beside says; what was
encrypted is what the day's manifest says; that what lies there is what was written is shown without a key, by a list of digests
that the log knows. Refuses (ArchiveError) a certificate that cannot be encrypted to (`bad-recipient`), a key that opens nothing
there (`not-recipient`). What it does not hide: names of files, their sizes, how many there are.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from archive import bag, copies
from archive.copies import Copied, SealedDay
from archive.durable import DurableError, make_dirs_durably, replace_durably, replace_made, sha256_stream
from archive.errors import ArchiveError
from archive.verify_bag import entries_of
from archive.verify_log import Finding

_NOT_SEALED = "does not hold what was sealed, or cannot be opened"
LIST, ENDING, RECIPIENTS, ADVICE = "encrypted-sha256.txt", ".p7m", "recipients.pem", "GIAI-MA.txt"


@dataclass(frozen=True, slots=True)
class Known:
    """What the log knows of a day there: SHA-256 of its list, and of the manifest it was made by."""

    list_sha256: str
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class Key:
    """A private key (PEM) with its passphrase, and where what it opens may lie for a moment: nobody else's folder."""

    file: Path
    passphrase: bytes
    scratch: Path


def certificates(files: Iterable[Path]) -> list[x509.Certificate]:
    """Those that are encrypted to.

    Raises:
        ArchiveError: `bad-recipient`.
    """
    found = []
    for path in files:
        try:
            data = path.read_bytes()
            found += x509.load_pem_x509_certificates(data) if b"-----BEGIN" in data else [x509.load_der_x509_certificate(data)]
        except (OSError, ValueError) as error:
            raise ArchiveError("bad-recipient", f"{path} is no certificate that can be read") from error
    for each in found:
        if not isinstance(each.public_key(), rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
            raise ArchiveError("bad-recipient", f"{each.subject.rfc4514_string()}: RSA or an elliptic curve is wanted")
    return found


def missing(target: Path, days: Sequence[SealedDay], known: Mapping[str, Known]) -> list[SealedDay]:
    """Days that do not lie there as the log knows them, or are not there."""
    return [each for each in days if not _is_there(target, each, known.get(each.day.isoformat()))]


def mirror(
    root: Path, target: Path, days: Sequence[SealedDay], known: Mapping[str, Known], to: Sequence[x509.Certificate],
    logged: Mapping[str, str] = copies.NOTHING_LOGGED,
) -> Iterator[Copied | Finding]:
    """Encrypt the days that are missing there, oldest first, then lay what tells how to open them.

    Raises:
        ArchiveError: `bad-place`, `bad-recipient`.
        OSError: the other place cannot be written.
    """
    copies.check_place(root, target)
    if not to:
        raise ArchiveError("bad-recipient", "there is no certificate to encrypt to")
    _lay_recipients(target, to)
    for each in missing(target, days, known):
        try:
            yield _encrypt_day(root, target, each, to)
        except DurableError as error:
            place = error.path.relative_to(root).as_posix() if error.path.is_relative_to(root) else each.place
            yield Finding(error.code, None, place, "cannot be copied: it is not what was sealed")
    replace_durably(target / ADVICE, resources.files("archive").joinpath("encrypted.txt").read_bytes())
    yield from copies.copy_beside(root, target, logged)


def check(target: Path, days: Sequence[SealedDay], known: Mapping[str, Known], key: Key | None) -> Iterator[Finding]:
    """What is not as it was written there; with a key also what is not as it was sealed."""
    for each in days:
        folder, told = target / each.place, known.get(each.day.isoformat())
        if told is None or not _is_there(target, each, told):
            yield Finding("copy-missing", None, each.place, "the day does not lie there in full")
            continue
        listed = entries_of((folder / LIST).read_bytes())
        yield from copies.check_files(folder, each.place, listed, frozenset({LIST}))
        if key is not None:
            yield from _check_opened(target, each, listed, key)


def restore(root: Path, target: Path, days: Sequence[SealedDay], known: Mapping[str, Known], path: str, key: Key) -> None:
    """Puts back a file of a sealed day from an encrypted copy; only what the log's list says was written there is opened.

    Raises:
        ArchiveError: as `copies.restore`; `not-recipient`.
    """
    if ".." in PurePosixPath(path).parts:
        raise ArchiveError("unknown", f"{path} lies in no sealed day")
    certificate = _certificate(target, key)
    with tempfile.TemporaryDirectory(dir=key.scratch) as made:
        opened = Path(made)
        for day in (each for each in days if path.startswith(f"{each.place}/")):
            written = _written_there(target, day, known.get(day.day.isoformat()))
            for name in (bag.MANIFEST, bag.TAGMANIFEST, path.removeprefix(f"{day.place}/")):
                source = target / day.place / f"{name}{ENDING}"
                if source.is_file() and copies.digest_of(source) == written.get(f"{name}{ENDING}"):
                    _decrypt(source, opened / day.place / name, certificate, key)
        copies.restore(root, opened, days, path)


def _is_there(target: Path, day: SealedDay, known: Known | None) -> bool:
    digest = copies.digest_of(target / day.place / LIST)
    return known is not None and digest == known.list_sha256 and day.manifest_sha256 == known.manifest_sha256


def _written_there(target: Path, day: SealedDay, known: Known | None) -> dict[str, str]:
    """What was written there, by a list that the log knows; a day that was sealed anew since may still give its other files."""
    path = target / day.place / LIST
    return entries_of(path.read_bytes()) if known is not None and copies.digest_of(path) == known.list_sha256 else {}


def _encrypt_day(root: Path, target: Path, day: SealedDay, to: Sequence[x509.Certificate]) -> Copied:
    folder, there = root / day.place, target / day.place
    listed = copies.listed(root, day)
    (there / LIST).unlink(missing_ok=True)  # it says that all is there
    digests, octets = {}, 0
    with _written(to) as files:
        for name in (*listed, *copies.TAGS, bag.TAGMANIFEST):
            made = _encrypt(folder / name, there / f"{name}{ENDING}", files, listed.get(name))
            digests[f"{name}{ENDING}"] = made[0]
            octets += made[1]
    for path in copies.files(there):  # of what was removed by order, and of an earlier try
        if path.relative_to(there).as_posix() not in digests:
            path.unlink()
    made_list = replace_durably(there / LIST, bag.manifest_of(digests))
    return Copied(day.day, len(listed), octets, made_list.sha256, day.manifest_sha256)


def _encrypt(source: Path, target: Path, to: Sequence[str], expected: str | None) -> tuple[str, int]:
    """SHA-256 and size of what lies there then; the target stays as it was where the source is not as expected."""
    stream = [] if source.stat().st_size == 0 else ["-stream"]  # OpenSSL 3.0 cannot write an empty stream
    words = ["openssl", "cms", "-encrypt", "-binary", *stream, "-outform", "DER", "-aes-256-gcm", *to]
    make_dirs_durably(target.parent)
    with replace_made(target) as made:
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=made.file, stderr=subprocess.DEVNULL) as process:
            digest = sha256_stream(source, cast(BinaryIO, process.stdin))
        if process.returncode:
            raise OSError(f"openssl could not encrypt {source.name}")
        if expected is not None and digest != expected:
            raise DurableError("altered", source)
    return made.blob.sha256, made.blob.size


@contextmanager
def _written(to: Sequence[x509.Certificate]) -> Iterator[list[str]]:
    """The certificates as arguments."""
    with tempfile.TemporaryDirectory() as folder:
        words = []
        for number, each in enumerate(to):
            path = Path(folder, f"{number}.pem")
            path.write_bytes(each.public_bytes(Encoding.PEM))
            is_rsa = isinstance(each.public_key(), rsa.RSAPublicKey)
            how = ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256") if is_rsa else ("ecdh_kdf_md:sha256",)
            words += ["-recip", str(path), *(word for option in how for word in ("-keyopt", option))]
        yield words


def _decrypt(source: Path, target: Path, certificate: x509.Certificate, key: Key) -> bool:
    """Whether it could be opened; what could not leaves nothing."""
    make_dirs_durably(target.parent)
    with tempfile.TemporaryDirectory(dir=key.scratch) as folder:
        recipient = Path(folder, "recipient.pem")
        recipient.write_bytes(certificate.public_bytes(Encoding.PEM))
        words = ["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", str(source), "-out", str(target),
                 "-recip", str(recipient), "-inkey", str(key.file), "-passin", "stdin"]  # fmt: skip
        done = subprocess.run(words, input=key.passphrase + b"\n", capture_output=True, check=False)
    if done.returncode:
        target.unlink(missing_ok=True)
    return not done.returncode


def _certificate(target: Path, key: Key) -> x509.Certificate:
    """The certificate of a key, of those the copy was encrypted to.

    Raises:
        ArchiveError: `not-recipient`.
    """
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    try:
        private = load_pem_private_key(key.file.read_bytes(), key.passphrase or None)
        found = certificates([target / RECIPIENTS])
    except (OSError, ValueError, TypeError) as error:
        why = f"{key.file} cannot be opened: it is no private key in PEM, or has another passphrase"
        raise ArchiveError("not-recipient", why) from error
    own = private.public_key().public_bytes(*form)
    for each in found:
        if each.public_key().public_bytes(*form) == own:
            return each
    raise ArchiveError("not-recipient", f"{key.file} is the key of none of those the copy was encrypted to")


def _check_opened(target: Path, day: SealedDay, listed: Mapping[str, str], key: Key) -> Iterator[Finding]:
    certificate = _certificate(target, key)
    with tempfile.TemporaryDirectory(dir=key.scratch) as made:
        opened = Path(made, "opened")

        def digest(name: str) -> str:
            is_open = _decrypt(target / day.place / f"{name}{ENDING}", opened, certificate, key)
            return copies.digest_of(opened) if is_open else ""

        if digest(bag.MANIFEST) != day.manifest_sha256:
            yield Finding("copy-altered", None, f"{day.place}/{bag.MANIFEST}{ENDING}", _NOT_SEALED)
            return
        for name, expected in entries_of(opened.read_bytes()).items():
            if f"{name}{ENDING}" in listed and digest(name) != expected:
                yield Finding("copy-altered", None, f"{day.place}/{name}{ENDING}", _NOT_SEALED)
            elif f"{name}{ENDING}" not in listed:
                yield Finding("copy-missing", None, f"{day.place}/{name}{ENDING}", "in the manifest only")


def _lay_recipients(target: Path, to: Sequence[x509.Certificate]) -> None:
    """All certificates that anything there was encrypted to, also those of earlier years."""
    before: list[x509.Certificate] = []
    with suppress(ArchiveError):  # it was lost or damaged: whoever has a key has its certificate
        before = certificates([target / RECIPIENTS])
    every = dict.fromkeys(each.public_bytes(Encoding.PEM) for each in (*before, *to))
    replace_durably(target / RECIPIENTS, b"".join(every))
