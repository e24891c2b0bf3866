"""One instance, and no stale lock whatever kills it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import watch.lock
from watch.lock import AlreadyRunning, Instance

HOLD = "import sys; from pathlib import Path; from watch.lock import Instance\n"
HOLD += "with Instance(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"


@contextmanager
def other_instance(path: Path) -> Iterator[subprocess.Popen[str]]:
    root = Path(watch.lock.__file__).parents[1]
    command = [sys.executable, "-c", HOLD, os.fspath(path)]
    with subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_second_instance_is_told_who_runs(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with other_instance(path) as other:
        with pytest.raises(AlreadyRunning) as told, Instance(path):
            pass
        assert told.value.pid == other.pid
        assert str(other.pid) in str(told.value)
        assert path.read_text() == f"{other.pid}\n"


def test_killed_instance_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with other_instance(path) as other:
        other.kill()
        other.wait()
        with Instance(path):
            assert path.read_text() == f"{os.getpid()}\n"


def test_same_process_cannot_have_it_twice(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with Instance(path), pytest.raises(AlreadyRunning), Instance(path):
        pass
    with Instance(path):
        pass


def test_forked_child_does_not_keep_a_lock_given_back(tmp_path: Path) -> None:
    read, write = os.pipe()
    with Instance(tmp_path / "lock"):
        child = os.fork()
        if child == 0:
            os.read(read, 1)
            os._exit(0)
    try:
        with Instance(tmp_path / "lock"):
            pass
    finally:
        os.write(write, b"x")
        os.waitpid(child, 0)
        os.close(read)
        os.close(write)


def test_pid_not_yet_written_is_unknown(tmp_path: Path) -> None:
    with Instance(tmp_path / "lock"):
        os.truncate(tmp_path / "lock", 0)
        with pytest.raises(AlreadyRunning) as told, Instance(tmp_path / "lock"):
            pass
    assert told.value.pid is None


def test_lock_file_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic links"), Instance(tmp_path / "lock"):
        pass
    assert not (tmp_path / "precious").exists()
