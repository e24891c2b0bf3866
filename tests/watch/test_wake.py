"""Events wake early; nothing depends on them."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import watch.wake
from watch.folders import DropFolder
from watch.wake import Waker


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    end = time.monotonic() + 5
    while set(threading.enumerate()) - before and time.monotonic() < end:
        time.sleep(0.01)
    assert set(threading.enumerate()) - before == set()


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    (tmp_path / "drop" / "01.TCCB").mkdir(parents=True)
    return tmp_path / "drop"


def nothing() -> None:
    pass


def ready(waker: Waker) -> None:
    """Let the hint of the start pass."""
    waker.wait(1)
    assert waker.wait(0.05) is False


def write(drop: Path) -> None:
    (drop / "a.pdf").write_bytes(b"x")


def write_in_sub_folder(drop: Path) -> None:
    (drop / "01.TCCB" / "a.pdf").write_bytes(b"x")


def rename_from_part(drop: Path) -> None:
    (drop / "a.pdf.part").rename(drop / "a.pdf")


def move_in_from_outside(drop: Path) -> None:
    (drop.parent / "b.pdf").rename(drop / "b.pdf")


def move_in_a_folder(drop: Path) -> None:
    (drop.parent / "02.HC").rename(drop / "02.HC")


def make_a_folder(drop: Path) -> None:
    (drop / "new").mkdir()


@pytest.mark.parametrize(
    "arrive",
    [write, write_in_sub_folder, rename_from_part, move_in_from_outside, move_in_a_folder, make_a_folder],
)
def test_arrival_wakes_within_a_second(drop: Path, arrive: Callable[[Path], None]) -> None:
    (drop / "a.pdf.part").write_bytes(b"x")
    (drop.parent / "b.pdf").write_bytes(b"x")
    (drop.parent / "02.HC").mkdir()
    called = threading.Event()
    with Waker([drop], called.set) as waker:
        ready(waker)
        called.clear()
        arrive(drop)
        assert waker.wait(1)
        assert called.is_set()


def test_new_sub_folder_is_watched_too(drop: Path) -> None:
    with Waker([drop], nothing) as waker:
        ready(waker)
        (drop / "02.HC").mkdir()
        assert waker.wait(1)
        time.sleep(0.1)
        (drop / "02.HC" / "a.pdf").write_bytes(b"x")
        assert waker.wait(1)


def test_looking_wakes_nobody(drop: Path) -> None:
    write(drop)
    with Waker([drop], nothing) as waker:
        ready(waker)
        DropFolder(drop).survey()
        (drop / "a.pdf").read_bytes()
        assert waker.wait(0.2) is False


def test_ten_thousand_files_moved_in_at_once(drop: Path, tmp_path: Path) -> None:
    batch = tmp_path / "batch"
    batch.mkdir()
    for n in range(10_000):
        os.close(os.open(batch / f"{n:05}.pdf", os.O_CREAT | os.O_WRONLY))
    with Waker([drop], nothing) as waker:
        ready(waker)
        for n in range(10_000):
            os.rename(batch / f"{n:05}.pdf", drop / f"{n:05}.pdf")
        assert waker.wait(1)
        assert len(DropFolder(drop).look()) == 10_000


@pytest.mark.parametrize("gone", [shutil.rmtree, lambda path: path.rename(path.parent / "away")])
def test_vanished_root_is_watched_again_when_it_is_back(drop: Path, gone: Callable[[Path], None]) -> None:
    with Waker([drop], nothing) as waker:
        gone(drop)
        assert until(lambda: waker.refresh() == (drop,))
        drop.mkdir()
        assert until(lambda: waker.refresh() == ())
        ready(waker)
        write(drop)
        assert waker.wait(1)


def test_root_replaced_between_two_looks(drop: Path) -> None:
    with Waker([drop], nothing) as waker:
        drop.rename(drop.parent / "away")
        drop.mkdir()
        assert waker.refresh() == ()
        ready(waker)
        write(drop)
        assert waker.wait(1)


def test_root_deleted_and_made_again_between_two_looks(drop: Path) -> None:
    """The new folder often gets the inode of the old one; the watch on it is dead all the same."""
    with Waker([drop], nothing) as waker:
        shutil.rmtree(drop)
        drop.mkdir()
        time.sleep(0.3)
        assert waker.refresh() == ()
        ready(waker)
        write(drop)
        assert waker.wait(1)


def until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def test_missing_folder_does_not_hinder_the_others(drop: Path) -> None:
    missing = drop.parent / "missing"
    with Waker([missing, drop], nothing) as waker:
        assert waker.refresh() == (missing,)
        ready(waker)
        write(drop)
        assert waker.wait(1)


def test_remote_folder_is_left_to_polling(drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    share = drop.parent / "share"
    share.mkdir()
    monkeypatch.setattr(watch.wake, "is_remote", lambda path: path == share)
    with Waker([share, drop], nothing) as waker:
        assert waker.refresh() == (share,)
        ready(waker)
        write(share)
        assert waker.wait(0.3) is False


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_dead_thread_is_replaced(drop: Path) -> None:
    """Whoever is called back may fail: the watch goes on at the next refresh."""
    fail = threading.Event()

    def on_wake() -> None:
        if fail.is_set():
            raise RuntimeError("a mistake of the caller")

    with Waker([drop], on_wake) as waker:
        ready(waker)
        fail.set()
        write(drop)
        assert waker.wait(1)
        fail.clear()
        observer = waker._observer
        assert observer is not None
        observer.join(2)
        assert waker.refresh() == ()
        ready(waker)
        write(drop)
        assert waker.wait(1)


def test_no_inotify_left_means_polling(drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(24, "inotify instance limit reached")

    with monkeypatch.context() as patch:
        patch.setattr(watch.wake, "InotifyObserver", full)
        waker = Waker([drop], nothing)
        waker.start()
        assert waker.refresh() == (drop,)
    assert waker.refresh() == ()
    waker.stop()


def test_stop_ends_a_wait_and_may_come_twice(drop: Path) -> None:
    waker = Waker([drop], nothing)
    waker.stop()
    waker.start()
    ready(waker)
    timer = threading.Timer(0.1, waker.stop)
    timer.start()
    started = time.monotonic()
    assert waker.wait(10)
    assert time.monotonic() - started < 5
    timer.join()
    waker.stop()
