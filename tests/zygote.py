"""Processes forked where everything is imported: what `sohoa` and its workers take to start is paid for once, not at every call.

`python -m tests.zygote ROLE SOCKET [SOCKET OF THE WORKERS]` listens at SOCKET until its standard input ends. Each call is a process
of its own, with its own arguments, folder, environment and standard files, and ends as any other; the walls around a worker are put
up after the fork, where `processor.worker` puts them up always. What starts by the real command and lives on (`watch`, a run that is
killed, a terminal) stays the real command, and so do `test_cli.py`, `test_whole_way.py` and the engine's own tests.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PIL import Image, ImageDraw

_LONGEST = 1 << 17


def ask(path: str, message: Mapping[str, Any], files: Sequence[int]) -> tuple[socket.socket, int]:
    """The line to a new process, which tells its exit code at its end, and its number."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    line.connect(path)
    socket.send_fds(line, [json.dumps(message).encode("utf-8", "surrogateescape")], files)
    return line, int(line.recv(64))


def _forked(path: str) -> tuple[dict[str, Any], list[int]]:
    """Serve; returns in each child, with what it is to do and the files it was handed."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen(64)
    print("listening", flush=True)
    selector = selectors.SelectSelector()
    selector.register(listener, selectors.EVENT_READ)
    selector.register(0, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj == 0:
                sys.exit(0)
            if key.data is not None:
                pid, line = key.data
                selector.unregister(key.fileobj)
                os.close(key.fd)
                with contextlib.suppress(OSError):  # who asked may be gone
                    line.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())
                line.close()
                continue
            line, _ = listener.accept()
            message, files, _, _ = socket.recv_fds(line, _LONGEST, 8)
            pid = os.fork()
            if pid == 0:
                line.close()
                listener.close()
                for other in selector.get_map().values():
                    if other.data is not None:
                        os.close(other.fd)
                        other.data[1].close()
                return json.loads(message), list(files)
            for file in files:
                os.close(file)
            with contextlib.suppress(OSError):
                line.send(str(pid).encode())
            selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, line))


def _settle_in(asked: Mapping[str, Any]) -> None:
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()


class _ForkedWorker:
    """As much of `subprocess.Popen` as the engine needs."""

    path = ""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], cwd: object, pass_fds: Sequence[int], **_: object
    ) -> None:
        sizes = command[command.index("processor.worker") + 3 :]
        line, self.pid = ask(self.path, {"words": sizes, "env": dict(env), "cwd": str(cwd)}, pass_fds)
        line.close()
        self._handle = os.pidfd_open(self.pid)

    def __del__(self) -> None:
        os.close(self._handle)

    def poll(self) -> int | None:
        return 0 if self._has_ended(0) else None

    def wait(self, timeout: float | None = None) -> int:
        if not self._has_ended(timeout):
            raise subprocess.TimeoutExpired("a worker", timeout or 0)
        return 0

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def _has_ended(self, timeout: float | None) -> bool:
        with selectors.PollSelector() as selector:
            selector.register(self._handle, selectors.EVENT_READ)
            return bool(selector.select(timeout))


def _warm() -> None:
    """What a worker does once, with its first document: loads the models of Tesseract and its plug-ins, prepares fonts."""
    from processor.ocr import reader, recognise
    from processor.seal import fonts
    from tests.testkit import scans

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        picture = Image.new("L", (827, 1169), 255)
        ImageDraw.Draw(picture).text((100, 200), "a word to be read", fill=0, font_size=24)
        page = scans.pdf(folder / "page.pdf", [picture], 100)
        recognise.recognise({"body": str(page), "first": 1, "last": 1, "kinds": ["scan"], "languages": ["vie", "eng"], "rotate": True,
                             "rotate_confidence": 2.0, "deskew": False, "read_dpi": 150, "page_megapixels": 100,
                             "out": str(folder / "out.pdf"), "reading": str(folder / "reading.json")}, lambda kind, body: b"")  # fmt: skip
        reader.strip(picture, 100, reader.another("vie+eng"))  # head and foot are read by this one too
        upright = fonts.find()
        ready = {path: fonts.prepared(path, folder).read_bytes() for path in (upright, fonts.italic(upright))}
    tempfile.tempdir = None  # a worker has a folder of its own
    prepare = fonts.prepared

    @cache
    def prepared(path: Path, folder: Path) -> Path:
        if path not in ready:
            return prepare(path, folder)
        out = folder / f"block-{path.stem}.ttf"
        out.write_bytes(ready[path])
        return out

    vars(fonts)["prepared"] = prepared


def _worker(path: str) -> Callable[[], object]:
    from processor import worker

    for name in worker.UNUSED:
        sys.modules[name] = None  # type: ignore[assignment]
    for module in set(worker.JOBS.values()):
        import_module(module)
    _warm()
    sys.path.remove(os.getcwd())  # it is no part of what a worker may read
    gc.freeze()
    asked, files = _forked(path)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.close(nothing)
    _settle_in(asked)
    return lambda: worker.main([*map(str, files), *asked["words"]])


def _sohoa(path: str, workers: str) -> Callable[[], object]:
    from processor import cli, engine

    for module in ("processor.cli.signing", "processor.doctor", "tests.crash"):
        import_module(module)
    _ForkedWorker.path = workers
    vars(engine)["subprocess"] = SimpleNamespace(Popen=_ForkedWorker, DEVNULL=subprocess.DEVNULL)
    gc.freeze()
    asked, files = _forked(path)
    for standard, file in enumerate(files):
        os.dup2(file, standard)
        os.close(file)
    _settle_in(asked)
    if asked["main"] == "crash":
        return lambda: sys.modules["tests.crash"].main(*asked["words"])
    sys.argv = ["sohoa", *asked["words"]]
    sys.modules["__main__"].__package__ = None  # or click takes its name from it
    return cli.main


def main(role: str, path: str, workers: str = "") -> None:
    """Entry point; in a child it is the child's."""
    child = _worker(path) if role == "worker" else _sohoa(path, workers)
    sys.exit(child())


if __name__ == "__main__":
    main(*sys.argv[1:])
