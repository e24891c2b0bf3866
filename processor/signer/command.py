"""The command `sohoa-signer`: what it takes, what it asks the clerk, what it answers (docs/signer.md).

Promises: nothing is signed before the clerk has seen whose documents, how many and by which certificate, and has agreed; the
PIN comes from a prompt or a file of its owner alone, never from arguments or the environment. Exit codes: 0 all signed,
1 not begun, 2 some not signed, 4 the token or the station failed, 130 interrupted.
"""

from __future__ import annotations

import argparse
import getpass
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from asn1crypto import x509

from processor.signer import device, messages, words
from processor.signer.device import Choice, Device
from processor.signer.messages import Announced, Item, ProtocolError
from processor.signer.signing import Signing, telling
from processor.signer.station import Papers, Station, context
from processor.signer.stop import Stop

DONE, NOT_BEGUN, SOME, FAILED, INTERRUPTED = 0, 1, 2, 4, 130
_NOT_BEGUN = {"code-wrong", "declined", "exists", "file", "pin-file", "protocol"}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sohoa-signer", description=words.DESCRIPTION)
    verbs = parser.add_subparsers(dest="verb", required=True)
    serve = verbs.add_parser("serve", help="ký trực tuyến: lấy yêu cầu từ trạm qua mạng nội bộ")
    serve.add_argument("--url", required=True, help="địa chỉ trạm, ví dụ https://192.168.1.5:8443")
    serve.add_argument("--client", required=True, type=Path, help="chứng thư TLS của máy này (PEM)")
    serve.add_argument("--client-key", required=True, type=Path, help="khóa TLS của máy này (PEM)")
    serve.add_argument("--ca", required=True, type=Path, help="chứng thư gốc TLS nội bộ của cơ quan (PEM)")
    file = verbs.add_parser("file", help="ký tệp lô mang tay")
    file.add_argument("batch", type=Path, metavar="VÀO.json")
    file.add_argument("out", type=Path, metavar="RA.json")
    file.add_argument("--code", default="", help="mã lô in trên trạm; bỏ trống thì được hỏi")
    for verb in (serve, file):
        verb.add_argument("--module", required=True, help="thư viện PKCS#11 của Token (.dll, .so)")
        verb.add_argument("--token", default="", help="tên (label) của Token, khi có nhiều Token")
        verb.add_argument("--label", default="", help="tên (label) của khóa, khi Token có nhiều khóa")
        verb.add_argument("--pin-file", type=Path, help="tệp chứa mã PIN, chỉ chủ tệp đọc được; bỏ trống thì được hỏi")
    return parser


def say(text: str) -> None:
    """A line for the clerk, at once."""
    print(text, flush=True)


def _answered(question: str) -> str:
    try:
        return input(question)
    except EOFError:
        return ""


def _pin(file: Path | None) -> Callable[[], str]:
    def read() -> str:
        if file is None:
            return getpass.getpass(words.ASK_PIN)
        try:  # Windows tells no mode: there the folder's own permissions protect it (docs/signer.md)
            if os.name == "posix" and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise Stop("pin-file")
            return file.read_text("utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            raise Stop("pin-file") from error

    return read


def _present(announced: Announced) -> None:
    try:
        certificate = x509.Certificate.load(announced.certificate)
        subject, until = certificate.subject.human_friendly, certificate.not_valid_after
    except (ValueError, TypeError) as error:
        raise ProtocolError("no certificate") from error
    say(words.ANNOUNCED.format(
        agency=messages.shown(announced.agency), id=messages.shown(announced.id), expected=announced.expected,
        subject=messages.shown(subject), until=f"{until:%d/%m/%Y}",
    ))  # fmt: skip


def _shower(expected: int) -> Callable[[int, Item, str, str], None]:
    def show(number: int, item: Item, digest: str, reason: str) -> None:
        say(words.ITEM.format(
            number=number, expected=expected, doc_code=messages.shown(item.doc_code), name=messages.shown(item.name),
            pages=item.pages, digest=digest[:32] or "-",
        ))  # fmt: skip
        if reason:
            say(f"      {words.REASONS.get(reason, reason)}")

    return show


def _consent(announced: Announced) -> None:
    if _answered(words.ASK_CONSENT.format(expected=announced.expected)).strip().lower() not in words.YES:
        raise Stop("declined")


def _opened(options: argparse.Namespace, announced: Announced) -> Device:
    token = device.find(Choice(options.module, options.token, options.label))
    opened = Device(token, announced.certificate, options.label, _pin(options.pin_file))
    say(words.READY)
    return opened


def _serve(options: argparse.Namespace) -> Signing:
    station = Station(options.url, context(Papers(options.client, options.client_key, options.ca)))
    announced = station.session()
    with telling(station, announced):
        _present(announced)
        _consent(announced)
        with _opened(options, announced) as key:
            signing = Signing(announced, key, _shower(announced.expected))
            signing.serve(station)
    return signing


def _file(options: argparse.Namespace) -> Signing:
    if options.out.exists():
        raise Stop("exists")
    data = _read(options.batch)
    announced, items = messages.batch(data)
    _present(announced)
    for number, item in enumerate(items, 1):
        say(f"{number:>4}  {messages.shown(item.doc_code)}  {messages.shown(item.name)}")
    if not messages.same_code(options.code or _answered(words.ASK_CODE), messages.code(data)):
        raise Stop("code-wrong")
    _consent(announced)
    with _opened(options, announced) as key:
        signing = Signing(announced, key, _shower(announced.expected))
        try:
            for item in items:
                signing.take(item)
        finally:  # a token pulled in mid-batch: what is signed is carried back, the rest waits on the station
            if signing.signed or signing.refused:
                _write(options.out, signing.answer(items, batch_sha256=messages.sha256(data)))
    return signing


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(messages.LARGEST + 1)
    except OSError as error:
        raise Stop("file") from error
    if len(data) > messages.LARGEST:
        raise Stop("protocol")
    return data


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".sohoa-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError as error:
        raise Stop("file") from error
    say(words.WRITTEN.format(path=path))


def _failed(error: Stop) -> int:
    say(words.REASONS.get(error.code, error.code) + (f" [{messages.shown(error.detail)}]" if error.detail else ""))
    return NOT_BEGUN if error.code in _NOT_BEGUN else FAILED


def run(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console of another code page must not end a session
    options = _parser().parse_args(argv)
    try:
        signing = _serve(options) if options.verb == "serve" else _file(options)
    except Stop as error:
        return _failed(error)
    except KeyboardInterrupt:
        say(words.REASONS["clerk-stopped"])
        return INTERRUPTED
    say(words.DONE.format(signed=len(signing.signed), refused=len(signing.refused)))
    return SOME if signing.refused else DONE
