"""A finished page, and a clerk's PC far away whose token seals it: over the network, or by a file carried there and back."""

import contextlib
import datetime as dt
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from processor import law
from processor.seal import carried, demo, demo_tls, prepare, remote, sign, validate
from processor.seal.demo import DemoAuthority
from processor.seal.keys import Sealer
from processor.settings import parse
from tests.processor.signer import clerk


@dataclass(frozen=True)
class Office:
    """A finished page, an authority, and a clerk's PC far away."""

    folder: Path
    args: dict[str, Any]
    authority: DemoAuthority
    certificate: x509.Certificate
    pc: clerk.Pc

    def answer(self, kind: str, body: bytes) -> bytes:
        """What the station answers a worker here: time and revocation data, no signature."""
        if kind == "stamp":
            return self.authority.stamp(body[1:], body[0])
        if kind == "fetch":
            url, _, posted = body.partition(b"\n")
            return self.authority.fetch(url.decode(), posted)
        raise AssertionError(f"asked for {kind}")

    def prepared(self, out: Path) -> dict[str, Any]:
        """The first half of a seal."""
        return carried.prepare_seal({**self.args, "out": str(out)}, self.answer)

    def finish(self, prepared: Path, resume: dict[str, Any], signature: bytes, out: Path) -> dict[str, Any]:
        """Put the signature in; what `examine` says of the seal."""
        told = {"prepared": str(prepared), "resume": resume, "signature": b64encode(signature).decode(), "out": str(out)}
        carried.finish_seal({**self.args, **told}, self.answer)
        return self.examined(out)

    def seal_by(self, sealer: Sealer, out: Path) -> None:
        """A seal whose signature comes from there."""

        def answer(kind: str, body: bytes) -> bytes:
            return sealer.sign(body) if kind == "sign" else self.answer(kind, body)

        sign.seal({**self.args, "out": str(out)}, answer)

    def seal_over_network(self, folder: Path, out: Path) -> tuple[int, str]:
        """By `sohoa-signer` over HTTPS; how it ended, what the clerk saw."""
        demo_tls.make(folder, ["127.0.0.1"])
        for name in ("clerk.pem", "clerk.key", "ca.pem"):
            self.pc.put(name, (folder / name).read_bytes())
        own = {"listen": "127.0.0.1:0", "certificate": "station.pem", "key": "station.key", "clients": "ca.pem"}
        with remote.serving(parse({"remote": own}).remote, folder, 1, self.certificate, clerk.AGENCY, 20) as key:
            tls = ["--client", "clerk.pem", "--client-key", "clerk.key", "--ca", "ca.pem"]
            helper = self.pc.start("serve", "--url", f"https://127.0.0.1:{key.address[1]}", *tls, *self.pc.with_token)
            with remote.about("H05.02-1", "Quyết định.pdf", 1):
                self.seal_by(Sealer(key, self.certificate, ()), out)
        said = helper.communicate(timeout=20)[0]
        return helper.returncode, said

    def examined(self, path: Path) -> dict[str, Any]:
        """What `examine` says of a seal."""
        return validate.examine({"path": str(path), "roots": self.args["roots"], "before": self.args["pdf"]}, self.answer)


def signed(office: Office, data: bytes, code: str) -> tuple[int, str, bytes]:
    """The clerk signs a file: exit code, what was seen, what was written."""
    office.pc.put("in.json", data)
    out = office.pc.folder / "out.json"
    out.unlink(missing_ok=True)
    ended, said = office.pc.signer("file", "in.json", "out.json", *office.pc.with_token, typed=f"{code}\nc\n")
    return ended, said, out.read_bytes() if out.exists() else b""


def _text(certificate: x509.Certificate) -> str:
    return b64encode(certificate.public_bytes(Encoding.DER)).decode()


def _finished(folder: Path, rule: law.BlockRule, text: str) -> tuple[Path, dict[str, Any]]:
    paper = pikepdf.new()
    paper.add_blank_page(page_size=(595, 842))
    paper.save(folder / "page.pdf")
    xmp = {"title": "x", "identifier": "H05.02-1", "language": "vi", "creator": "Sohoa"}
    out = folder / "finished.pdf"
    given = {"portions": [str(folder / "page.pdf")], "xmp": xmp, "out": str(out), "rule": asdict(rule), "block_text": text, "font": ""}
    return out, prepare.finish(given, lambda kind, body: b"")


@contextlib.contextmanager
def far_away(folder: Path, kind: str) -> Iterator[Office]:
    """An office in a folder, whose key of this kind (`rsa:2048`, `EC:prime256v1`) lies on the clerk's token."""
    kept, tempfile.tempdir = tempfile.tempdir, str(folder)
    demo.make(folder / "authority", clerk.AGENCY)
    now = dt.datetime.now(dt.UTC)
    rule = law.block_rule("sao-y", now.date())
    text = rule.text(clerk.AGENCY, now)
    pdf, place = _finished(folder, rule, text)
    root, issuing = (
        x509.load_pem_x509_certificate((folder / "authority" / f"{name}.pem").read_bytes()) for name in ("root", "issuing")
    )
    try:
        with clerk.pc() as pc:
            certificate = clerk.certified(folder / "authority", pc.make_key(kind, "01"))
            pc.keep(certificate, "01")
            args = {
                "pdf": str(pdf), "certificate": _text(certificate), "chain": [_text(issuing)], "roots": [_text(root)],
                "others": [], "rule": asdict(rule), "block_text": text, "font": "", "place": place, "certify": False,
            }  # fmt: skip
            yield Office(folder, args, DemoAuthority(folder / "authority"), certificate, pc)
    finally:
        tempfile.tempdir = kept
