"""Runs jobs in worker processes: warm, limited, killed whole on time-out, replaced when they die or grow old.

Promises: `call` returns the job's value or raises `Verdict`; a worker that dies or hangs costs the job in hand and no
other; nothing a worker sends is executed. Another engine (many machines) keeps this one method.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from processor import sandbox
from processor.errors import Abandoned, Verdict
from processor.tables import EngineTable, LimitsTable

Answer = Callable[[str, bytes], bytes]
_MEGABYTE = 1 << 20
_LONGEST_MESSAGE = 64 * _MEGABYTE
_LONGEST_SENDING = 60.0  # seconds
_LONGEST_JOB = 7 * 24 * 3600.0  # seconds, whatever settings say and however many pages: the system waits for less than 25 days


def _no_answers(kind: str, body: bytes) -> bytes:
    raise Verdict("unexpected", f"a job asked for {kind}, which it may not have ({len(body)} bytes)")


class Engine(Protocol):
    """Whatever runs jobs."""

    size: int
    """How many jobs at once."""

    def walls(self) -> tuple[str, ...]:
        """Which walls stand around a worker."""
        ...

    def abandon(self) -> None:
        """End all jobs in hand at once, from any thread: each `call`, now and later, raises Abandoned."""
        ...

    def call(self, job: str, args: Mapping[str, Any], pages: int = 1, answer: Answer = _no_answers) -> Any:
        """Run one job and return its JSON value.

        Args:
            job: a key of `processor.worker.JOBS`.
            args: JSON values; files are named by absolute path.
            pages: how many pages it works on, for the time-out.
            answer: answers the job's questions.

        Raises:
            Verdict: the job's own, or `too-slow`, `worker-died`.
            Abandoned: `abandon` was called.
        """
        ...


@dataclass(slots=True, eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    channel: Connection
    lifeline: int
    private: Path
    walls: tuple[str, ...] = ()
    jobs: int = 0

    def kill(self) -> None:
        """End it and every process it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.channel.close()
        os.close(self.lifeline)
        shutil.rmtree(self.private, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Reach:
    """The files a worker may open besides the system's and its own folder: to read, and to change as well."""

    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()

    def told(self, private: Path) -> str:
        """As a worker is told."""
        return json.dumps([[str(path) for path in self.readable], [str(path) for path in (*self.writable, private)]])


def _start(engine: EngineTable, limits: LimitsTable, scratch: Path | None, reach: Reach | None) -> _Worker:
    ours, theirs = socket.socketpair()
    their_life, our_life = os.pipe()
    private = Path(tempfile.mkdtemp(prefix="sohoa-worker-", dir=scratch))
    sizes = [engine.memory_mb * _MEGABYTE, 2 * limits.file_mb * _MEGABYTE]
    command = [sys.executable, "-P", "-m", "processor.worker", str(theirs.fileno()), str(their_life)]
    within = [reach.told(private)] if reach else []
    process = subprocess.Popen(
        [*command, *(str(size) for size in sizes), *within],
        env=sandbox.environment(private),
        cwd=private,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # one known 123 KB file makes a tool print 58 million lines
        stderr=subprocess.DEVNULL,
        pass_fds=(theirs.fileno(), their_life),
        start_new_session=True,
    )
    theirs.close()
    os.close(their_life)
    worker = _Worker(process, Connection(ours.detach()), our_life, private)
    try:
        worker.walls = tuple(_received(worker)["walls"])
    except (EOFError, OSError, ValueError, TypeError, KeyError) as error:
        worker.kill()
        raise Verdict("worker-died", "a worker did not start") from error
    return worker


class LocalEngine:
    """Workers on this machine, one a core unless the settings say otherwise. Usable from many threads.

    Args:
        engine: how many, and their limits.
        limits: what a scan may be.
        scratch: where each worker's own folder is made; the system's place for temporary files by default.
        reach: which files its workers may open; None puts up no such wall.
    """

    def __init__(
        self, engine: EngineTable, limits: LimitsTable, scratch: Path | None = None, reach: Reach | None = None
    ) -> None:
        self._engine = engine
        self._reach = reach
        self._scratch = scratch
        self._limits = limits
        self.size = engine.workers or len(os.sched_getaffinity(0))
        self._free: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        self._alive: set[_Worker] = set()
        self._abandoned = threading.Event()
        for _ in range(self.size):
            self._free.put(None)  # started when first needed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def call(self, job: str, args: Mapping[str, Any], pages: int = 1, answer: Answer = _no_answers) -> Any:
        """See `Engine.call`."""
        worker = self._free.get()
        try:
            if worker is not None and worker.process.poll() is not None:
                self._stop(worker)  # it died while nobody looked, of nothing this document did
                worker = None
            worker = worker or self._begin()
            allowed = min(self._engine.seconds_per_document + pages * self._engine.seconds_per_page, _LONGEST_JOB)
            reply = self._converse(worker, {"job": job, "args": args}, allowed, answer)
        except BaseException as error:
            if worker is not None:
                self._stop(worker)
            self._free.put(None)
            if self._abandoned.is_set():
                raise Abandoned(job) from error
            raise
        self._free.put(self._retire(worker))
        if "verdict" in reply:
            raise Verdict(reply["verdict"], reply["detail"])
        return reply["done"]

    def _begin(self) -> _Worker:
        if self._abandoned.is_set():
            raise Abandoned("no job is begun any more")
        worker = _start(self._engine, self._limits, self._scratch, self._reach)
        self._alive.add(worker)
        if self._abandoned.is_set():  # it came between the question and the start
            self._stop(worker)
        return worker

    def _stop(self, worker: _Worker) -> None:
        self._alive.discard(worker)
        worker.kill()

    def _retire(self, worker: _Worker) -> _Worker | None:
        worker.jobs += 1
        if worker.jobs < self._engine.recycle_after:
            return worker
        self._stop(worker)  # parsers leak (PyMuPDF#881); a fresh process is the cure
        return None

    def _converse(self, worker: _Worker, message: Any, allowed: float, answer: Answer) -> dict[str, Any]:
        """One job's talk; the clock stands still while we answer: an authority may take minutes (facts: 2 to 131 s)."""
        channel, deadline = worker.channel, time.monotonic() + allowed
        try:
            channel.send_bytes(json.dumps(message).encode())
            while channel.poll(max(0.0, deadline - time.monotonic())):
                reply = _received(worker)
                if "ask" not in reply:
                    return reply
                asked = time.monotonic()
                channel.send_bytes(json.dumps(_answered(reply, answer)).encode())
                deadline += time.monotonic() - asked
        except (EOFError, OSError, ValueError, TypeError, KeyError) as error:  # death, or no longer our protocol
            raise Verdict("worker-died", f"{message['job']}: {type(error).__name__}") from error
        raise Verdict("too-slow", f"{message['job']}: time-out")

    def walls(self) -> tuple[str, ...]:
        """Which walls stand around the workers here (for `doctor`)."""
        worker = self._free.get() or self._begin()
        self._free.put(worker)
        return worker.walls

    def abandon(self) -> None:
        """See `Engine.abandon`."""
        self._abandoned.set()
        for worker in list(self._alive):
            worker.process.kill()

    def close(self) -> None:
        """End all workers; jobs in hand are abandoned."""
        self.abandon()
        for _ in range(self.size):
            worker = self._free.get()
            if worker is not None:
                self._stop(worker)


def _received(worker: _Worker) -> dict[str, Any]:
    """A message whole; a worker that begins one and does not end it is killed."""
    watchdog = threading.Timer(_LONGEST_SENDING, worker.process.kill)
    watchdog.start()
    try:
        reply: dict[str, Any] = json.loads(worker.channel.recv_bytes(_LONGEST_MESSAGE))
        return reply
    finally:
        watchdog.cancel()


def _answered(question: Mapping[str, str], answer: Answer) -> dict[str, str]:
    try:
        body = answer(question["ask"], base64.b64decode(question["body"]))
    except Verdict as verdict:
        return {"refuse": verdict.code, "detail": verdict.detail}
    return {"answer": base64.b64encode(body).decode()}
