"""Real worker processes: what they answer, how they die, and the walls around them."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from processor.engine import LocalEngine
from processor.errors import Verdict
from processor.settings import parse

OURS = parse({})


@pytest.fixture
def engine() -> Iterator[Callable[..., LocalEngine]]:
    running: list[LocalEngine] = []

    def start(**table: Any) -> LocalEngine:
        own = parse({"engine": {"workers": 1, "seconds_per_page": 0, "seconds_per_document": 30, **table}})
        running.append(LocalEngine(own.engine, own.limits))
        return running[-1]

    yield start
    for each in running:
        each.close()


@pytest.fixture
def page(tmp_path: Path) -> Path:
    Image.new("L", (100, 100), 255).save(tmp_path / "page.png")
    return tmp_path / "page.png"


@pytest.fixture
def silence(tmp_path: Path) -> Iterator[Path]:
    """A file that never says anything: whoever reads it hangs in the kernel, as on a dead network share."""
    path = tmp_path / "silence.pdf"
    os.mkfifo(path)
    held = os.open(path, os.O_RDWR)
    yield path
    os.close(held)


def probe(engine: LocalEngine, path: Path, pages: int = 1) -> Any:
    return engine.call("probe", {"path": str(path), "limits": OURS.limits.model_dump()}, pages)


def code(call: Callable[[], object]) -> str:
    with pytest.raises(Verdict) as caught:
        call()
    return caught.value.code


OTHERS: set[int] = set()
"""Workers that other tests of this process keep warm."""


@pytest.fixture(scope="module", autouse=True)
def _others() -> None:
    OTHERS.update(workers())


def workers(of: int = os.getpid()) -> list[int]:
    """The worker processes of this one (or another), as the kernel lists them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(entry.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            if parent == of and int(entry.name) not in OTHERS and b"processor.worker" in entry.joinpath("cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue  # it ended meanwhile
    return found


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def ended(pid: int) -> bool:
    """Gone, or only waiting to be counted."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def until(what: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def reads(worker: int, path: Path) -> bool:
    return str(path) in held_by(worker)


def held_by(worker: int) -> list[str]:
    """What the descriptors of a process lead to."""
    found = []
    for each in Path(f"/proc/{worker}/fd").glob("*"):
        with contextlib.suppress(OSError):  # closed meanwhile
            found.append(os.readlink(each))
    return found


def hanging(path: Path) -> int:
    """The worker of ours that has come to the silent file."""
    until(lambda: any(reads(worker, path) for worker in workers()))
    return next(worker for worker in workers() if reads(worker, path))


# --- answers


def test_a_job_answers_with_its_value(engine: Any, page: Path) -> None:
    assert probe(engine(), page) == {"type": "png", "signed": False, "pages": [{"kind": "scan"}], "features": []}


def test_a_job_of_more_pages_than_can_be_waited_for_is_done(engine: Any, page: Path) -> None:
    assert probe(engine(), page, pages=10**9)["type"] == "png"


def test_a_refusal_comes_back_as_the_verdict_it_is(engine: Any, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"<html>")
    running = engine()
    assert code(lambda: probe(running, tmp_path / "a.pdf")) == "not-a-document"
    (tmp_path / "b.pdf").touch()
    assert code(lambda: probe(running, tmp_path / "b.pdf")) == "empty"


@pytest.mark.parametrize(
    ("job", "args"),
    [("probe", {}), ("probe", {"path": 5, "limits": {}}), ("probe", {"path": "/nowhere", "limits": {"file_mb": 1}}),
     ("no such job", {}), ("__init__", {}), ("examine", {"path": "/dev/null", "roots": ["?"], "before": ""})],
)  # fmt: skip
def test_a_fault_of_our_own_costs_this_document_and_shows_none_of_it(engine: Any, page: Path, job: str, args: Any) -> None:
    running = engine()
    with pytest.raises(Verdict) as caught:
        running.call(job, args)
    assert caught.value.code == "unexpected"
    assert "/nowhere" not in caught.value.detail
    before = workers()
    assert probe(running, page)["type"] == "png"
    assert workers() == before  # the same worker goes on


# --- deaths


@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGKILL])
def test_a_worker_that_dies_costs_the_job_in_hand_and_no_other(engine: Any, page: Path, silence: Path, how: int) -> None:
    running = engine()
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(probe, running, silence)
        worker = hanging(silence)
        os.kill(worker, how)
        assert code(lost.result) == "worker-died"
    assert gone(worker)
    assert probe(running, page)["type"] == "png"


def test_a_worker_that_died_between_two_jobs_costs_none(engine: Any, page: Path) -> None:
    """The memory watchman of the system kills whoever is largest, also while it rests."""
    running = engine()
    probe(running, page)
    (worker,) = workers()
    os.kill(worker, signal.SIGKILL)
    os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)  # ended with all its threads, and not yet counted
    assert probe(running, page)["type"] == "png"


def test_a_worker_that_hangs_is_killed_when_its_time_is_over(engine: Any, page: Path, silence: Path) -> None:
    running = engine(seconds_per_document=0.6, seconds_per_page=30)
    probe(running, page)  # warm: what it needs is loaded
    began = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(probe, running, silence, pages=0)
        worker = hanging(silence)
        assert os.getsid(worker) == os.getpgid(worker) == worker  # a group of its own, killed as a whole
        assert code(lost.result) == "too-slow"
    assert 0.5 < time.monotonic() - began < 5
    assert gone(worker)
    assert probe(running, page)["type"] == "png"


def test_a_long_document_has_more_time(engine: Any, silence: Path) -> None:
    running = engine(seconds_per_document=0.1, seconds_per_page=0.3)
    began = time.monotonic()
    assert code(lambda: probe(running, silence, pages=3)) == "too-slow"
    assert time.monotonic() - began >= 1


def test_a_worker_ends_when_the_coordinator_is_killed(silence: Path, tmp_path: Path) -> None:
    script = (
        "import sys\nfrom processor.engine import LocalEngine\nfrom processor.settings import parse\n"
        "own = parse({'engine': {'workers': 1}})\nengine = LocalEngine(own.engine, own.limits)\n"
        "engine.call('probe', {'path': sys.argv[1], 'limits': own.limits.model_dump()})\n"
    )
    coordinator = subprocess.Popen([sys.executable, "-c", script, str(silence)], env={"TMPDIR": str(tmp_path)})
    until(lambda: any(reads(worker, silence) for worker in workers(coordinator.pid)))
    (worker,) = workers(coordinator.pid)
    coordinator.kill()
    coordinator.wait()
    until(lambda: ended(worker))


def test_closing_leaves_neither_process_nor_folder_nor_descriptor(page: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    own = parse({"engine": {"workers": 2}})
    running = LocalEngine(own.engine, own.limits)
    probe(running, page)
    (worker,) = workers()
    private = Path(dict(line.split("=", 1) for line in environment(worker))["TMPDIR"])
    assert private.is_dir()
    running.close()
    assert gone(worker) and not private.exists()
    assert len(os.listdir("/proc/self/fd")) == before


def environment(worker: int) -> list[str]:
    return Path(f"/proc/{worker}/environ").read_text().rstrip("\0").split("\0")


# --- renewal, sharing


def test_a_worker_is_replaced_after_so_many_jobs(engine: Any, page: Path) -> None:
    running, seen = engine(recycle_after=2), []
    for _ in range(5):
        probe(running, page)
        seen.append(workers())
    pids = [pids[0] for pids in seen if pids]
    assert len(pids) == 3 and len(set(pids)) == 3  # after every second job it is gone


def test_many_threads_share_few_workers(engine: Any, page: Path, tmp_path: Path) -> None:
    (tmp_path / "web.pdf").write_bytes(b"<html>")
    running, seen = engine(workers=2), set[int]()

    def one(number: int) -> str:
        seen.update(workers())
        if number % 3 == 0:
            return code(lambda: probe(running, tmp_path / "web.pdf"))
        return str(probe(running, page)["type"])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(40)))
    assert answers == ["not-a-document" if number % 3 == 0 else "png" for number in range(40)]
    assert len(seen | set(workers())) == 2


def test_a_dead_worker_does_not_disturb_its_neighbour(engine: Any, page: Path, silence: Path) -> None:
    running = engine(workers=2)
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(probe, running, silence)
        worker = hanging(silence)
        assert [probe(running, page)["type"] for _ in range(10)] == ["png"] * 10
        os.kill(worker, signal.SIGKILL)
        assert [probe(running, page)["type"] for _ in range(10)] == ["png"] * 10
        assert code(lost.result) == "worker-died"


# --- limits


def bomb(path: Path, wide: int, high: int) -> Path:
    """A few bytes that say they are a PNG of so many pixels, four bytes each."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = wide.to_bytes(4, "big") + high.to_bytes(4, "big") + bytes([8, 6, 0, 0, 0])
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(wide))))
    return path


def test_a_picture_beyond_the_limits_is_refused_before_it_is_unpacked(engine: Any, tmp_path: Path) -> None:
    running = engine()
    assert code(lambda: probe(running, bomb(tmp_path / "bomb.png", 50_000, 50_000))) == "too-large"


def test_a_document_too_large_for_the_memory_of_a_worker_is_refused_and_the_worker_lives(
    engine: Any, tmp_path: Path, page: Path
) -> None:
    running = engine(memory_mb=800)
    probe(running, page)
    before = workers()
    assert code(lambda: probe(running, bomb(tmp_path / "large.png", 19_000, 10_000))) == "too-large"
    assert probe(running, page)["type"] == "png"
    assert workers() == before
    assert "Max address space         838860800            838860800" in Path(f"/proc/{before[0]}/limits").read_text()


# --- doors and walls


def test_a_real_worker_stands_behind_the_walls_it_says_it_has(engine: Any, page: Path) -> None:
    running = engine(memory_mb=2000)
    probe(running, page)
    (worker,) = workers()
    walls, status = running.walls(), Path(f"/proc/{worker}/status").read_text()
    assert {"memory", "file-size", "no-new-privileges"} <= set(walls)
    assert "NoNewPrivs:\t1" in status
    limits = Path(f"/proc/{worker}/limits").read_text()
    assert f"Max file size             {2 * OURS.limits.file_mb << 20}" in limits
    assert "Max core file size        0                    0" in limits
    same = os.readlink(f"/proc/{worker}/ns/net") == os.readlink("/proc/self/ns/net")
    assert same == ("no-network" not in walls)


def test_a_worker_loads_no_network_that_judges_layouts(engine: Any, page: Path) -> None:
    """PyMuPDF does at every import: it costs each worker half a second and its memory, and nothing here asks it."""
    probe(engine(), page)
    (worker,) = workers()
    maps = Path(f"/proc/{worker}/maps").read_text()
    assert "mupdf" in maps and "onnxruntime" not in maps


def test_a_worker_is_told_nothing_of_the_coordinators_environment(
    engine: Any, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/sohoa")
    running = engine()
    probe(running, page)
    (worker,) = workers()
    names = {line.split("=", 1)[0] for line in environment(worker)}
    assert names == {"PATH", "LC_ALL", "OMP_THREAD_LIMIT", "HOME", "TMPDIR"}


def test_a_worker_holds_no_file_of_the_coordinators(engine: Any, page: Path, tmp_path: Path) -> None:
    with (tmp_path / "catalogue.db").open("wb") as held:
        os.set_inheritable(held.fileno(), True)
        running = engine()
        probe(running, page)
        (worker,) = workers()
        seen = held_by(worker)
    assert seen and not [name for name in seen if str(tmp_path) in name]


TRIES = """
import ctypes, encodings.idna, json, os, resource, socket, sys
from processor import sandbox
if sys.argv[3] != "as we are":
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
if sys.argv[3] == "as a user":
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # a user's own process may write its maps; one that was root may not
walls = sandbox.confine(1 << 30, 1 << 20)
def attempt(what):
    try:
        what()
        return "done"
    except BaseException as error:
        return type(error).__name__
port, path = int(sys.argv[1]), sys.argv[2]
def grow():
    with open(path, "wb") as file:
        for _ in range(3):
            file.write(bytes(1 << 20))
            file.flush()
def fork_reaches():
    child = os.fork()
    if child == 0:
        try:
            socket.create_connection(("127.0.0.1", port), 2)
            os._exit(0)
        except OSError:
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise OSError
print(json.dumps({
    "walls": walls,
    "connect": attempt(lambda: socket.create_connection(("127.0.0.1", port), 2)),
    "datagram": attempt(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port))),
    "connect from a child": attempt(fork_reaches),
    "memory": attempt(lambda: bytearray(2 << 30)),
    "memory within": attempt(lambda: bytearray(100 << 20)),
    "file": attempt(grow),
    "file within": attempt(lambda: open(path, "wb").write(bytes(1 << 19))),
    "more memory": attempt(lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1))),
    "user": os.getuid(),
    "owner": os.stat(path).st_uid,
    "session": os.getsid(0) == os.getpid(),
}))
"""


AS = ["as we are", "as a user", "as a user without maps"] if os.getuid() == 0 else ["as we are"]


@pytest.fixture(scope="module", params=AS)
def tried(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a process behind the walls can do, tried by one: ours, or one that has given up root's powers."""
    with socket.create_server(("127.0.0.1", 0)) as server, tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        words = [str(server.getsockname()[1]), str(Path(folder, "file")), request.param]
        said = subprocess.run([sys.executable, "-c", TRIES, *words], capture_output=True, text=True, timeout=60, check=True)
    told: dict[str, Any] = json.loads(said.stdout)
    return told


@pytest.mark.parametrize(
    ("wall", "attempt", "within"),
    [("no-network", "connect", None), ("no-network", "datagram", None), ("no-network", "connect from a child", None),
     ("memory", "memory", "memory within"), ("file-size", "file", "file within")],
)  # fmt: skip
def test_a_wall_that_is_said_to_stand_stands(tried: dict[str, Any], wall: str, attempt: str, within: str | None) -> None:
    if wall not in tried["walls"]:
        pytest.skip(f"this kernel grants no wall {wall}, and confine says so")
    assert tried[attempt] != "done"
    assert within is None or tried[within] == "done"


def test_behind_the_walls_there_is_a_session_of_its_own_and_the_same_user(tried: dict[str, Any]) -> None:
    assert tried["session"]
    assert tried["owner"] == tried["user"]


def test_the_walls_cannot_be_taken_down_from_behind(tried: dict[str, Any]) -> None:
    if tried["user"] == 0:
        pytest.skip("root raises its own limits; an office runs Sohoa as a user of its own")
    assert tried["more memory"] != "done"


def test_the_lifeline_ends_the_whole_group(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    script = (
        "import subprocess, sys\nfrom processor import sandbox\nsandbox.confine(1 << 32, 1 << 20)\n"
        f"sandbox.die_with({reading})\n"
        "child = subprocess.Popen(['sleep', '60'])\nprint(child.pid, flush=True)\nchild.wait()\n"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, pass_fds=(reading,), start_new_session=True
    )
    os.close(reading)
    assert worker.stdout is not None
    child = int(worker.stdout.readline())
    os.close(writing)
    assert worker.wait(10) == -signal.SIGKILL
    worker.stdout.close()
    until(lambda: ended(child))
