"""What is claimed is whole, durable and what was sighted; what is cleared was claimed."""

import errno
import hashlib
import os
import resource
import signal
import subprocess
import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import watch.claims
from watch.claims import Claimed, SourceUnreadable, being_written, claim, clear, sweep
from watch.folders import DropFolder
from watch.settle import Sighting

PAGE = b"%PDF-1.7 scan " * 1000


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir()
    return tmp_path / "drop"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def put(drop: Path, name: bytes = b"a.pdf", content: bytes = PAGE) -> Sighting:
    path = Path(os.fsdecode(os.fsencode(drop) + b"/" + name))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return sight(drop, name)


def sight(drop: Path, name: bytes = b"a.pdf") -> Sighting:
    return next(s for s in DropFolder(drop).look() if s.path == name)


def claimed(drop: Path, sighting: Sighting, work: Path) -> Claimed:
    taken = claim(drop, sighting, work)
    assert taken is not None
    return taken


@pytest.mark.parametrize(
    "name",
    [
        b"a.pdf", b"01.TCCB/a.pdf", b"\xff\xfe.pdf", b"x" * 251 + b".pdf", b"two\nlines.pdf", b"-rf.pdf",
        "Quyết định.pdf".encode(), unicodedata.normalize("NFD", "Quyết định.pdf").encode(),
    ],
)  # fmt: skip
def test_claim_then_clear(drop: Path, work: Path, name: bytes) -> None:
    sighting = put(drop, name)
    taken = claimed(drop, sighting, work)
    sha256 = hashlib.sha256(PAGE).hexdigest()
    assert taken == Claimed(sighting, work / sha256, sha256, len(PAGE))
    assert taken.path.read_bytes() == PAGE
    assert [p.name for p in work.iterdir()] == [sha256]  # no temporary file is left
    assert sight(drop, name) == sighting  # the source is untouched until it is cleared
    assert clear(drop, sighting, sha256)
    assert DropFolder(drop).look() == []
    assert taken.path.read_bytes() == PAGE


def test_larger_than_one_read(drop: Path, work: Path) -> None:
    content = os.urandom(2_500_000)
    assert claimed(drop, put(drop, content=content), work).path.read_bytes() == content


def test_same_bytes_again_share_one_copy(drop: Path, work: Path) -> None:
    first = claimed(drop, put(drop, b"a.pdf"), work)
    second = claimed(drop, put(drop, b"b.pdf"), work)
    assert first.path == second.path
    assert len(list(work.iterdir())) == 1


def test_broken_leftover_of_another_size_is_replaced(drop: Path, work: Path) -> None:
    (work / hashlib.sha256(PAGE).hexdigest()).write_bytes(b"torn")
    assert claimed(drop, put(drop), work).path.read_bytes() == PAGE


def test_grown_after_the_sighting(drop: Path, work: Path) -> None:
    sighting = put(drop)
    with (drop / "a.pdf").open("ab") as page:
        page.write(b"one more page")
    assert claim(drop, sighting, work) is None
    assert list(work.iterdir()) == []


def append(path: Path) -> None:
    with path.open("ab") as page:
        page.write(b"one more page")


def overwrite_and_put_the_time_back(path: Path) -> None:
    status = path.stat()
    path.write_bytes(PAGE[::-1])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replace_by_rename(path: Path) -> None:
    path.with_suffix(".new").write_bytes(PAGE)
    path.with_suffix(".new").rename(path)


def move_to_another_lane(path: Path) -> None:
    path.rename(path.parent.parent / "moved.pdf")


@pytest.mark.parametrize(
    "meanwhile",
    [append, overwrite_and_put_the_time_back, replace_by_rename, move_to_another_lane, Path.unlink],
)
def test_changed_or_vanished_while_copying(
    drop: Path, work: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Path], None]
) -> None:
    sighting = put(drop)
    real_read = os.read
    calls: list[int] = []

    def read(fd: int, size: int) -> bytes:
        if not calls:
            meanwhile(drop / "a.pdf")
        calls.append(fd)
        return real_read(fd, size)

    monkeypatch.setattr(os, "read", read)
    assert claim(drop, sighting, work) is None
    assert list(work.iterdir()) == []


def test_source_that_grows_for_ever_does_not_fill_the_disk(drop: Path, work: Path) -> None:
    sighting = put(drop)
    with (drop / "a.pdf").open("ab") as page:
        page.truncate(1 << 40)
    fd = os.open(drop / "a.pdf", os.O_RDONLY)
    try:
        assert watch.claims._digest(fd, sighting.size)[1] <= sighting.size + (1 << 20)
    finally:
        os.close(fd)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    secret = path.parent.parent / "secret"
    secret.write_bytes(PAGE)
    path.symlink_to(secret)


def folder(path: Path) -> None:
    path.mkdir()


def nothing(path: Path) -> None:
    pass


@pytest.mark.parametrize("becomes", [pipe, link, folder, nothing])
@pytest.mark.parametrize("name", [b"a.pdf", b"01.TCCB/a.pdf"])
def test_source_became_something_else(
    drop: Path, work: Path, becomes: Callable[[Path], None], name: bytes
) -> None:
    sighting = put(drop, name)
    path = drop / os.fsdecode(name)
    path.unlink()
    becomes(path)
    assert claim(drop, sighting, work) is None
    assert clear(drop, sighting, hashlib.sha256(PAGE).hexdigest()) is (becomes is nothing)
    assert becomes is nothing or os.path.lexists(path)


def test_folder_became_a_link_to_elsewhere(drop: Path, work: Path, tmp_path: Path) -> None:
    sighting = put(drop, b"01.TCCB/a.pdf")
    (drop / "01.TCCB").rename(tmp_path / "elsewhere")
    (drop / "01.TCCB").symlink_to(tmp_path / "elsewhere")
    assert claim(drop, sighting, work) is None
    assert clear(drop, sighting, hashlib.sha256(PAGE).hexdigest()) is False
    assert (tmp_path / "elsewhere" / "a.pdf").read_bytes() == PAGE


@pytest.mark.parametrize("path", [b"../a.pdf", b"/etc/passwd", b"a/b/c", b"", b"..", b"x/..", b"./a.pdf"])
def test_path_out_of_the_folder_is_refused(drop: Path, work: Path, path: bytes) -> None:
    sighting = replace(put(drop), path=path)
    with pytest.raises(ValueError, match="not a name in a drop folder"):
        claim(drop, sighting, work)
    with pytest.raises(ValueError, match="not a name in a drop folder"):
        clear(drop, sighting, "0" * 64)


def test_source_replaced_between_claim_and_clear(drop: Path, work: Path) -> None:
    sighting = put(drop)
    taken = claimed(drop, sighting, work)
    replace_by_rename(drop / "a.pdf")
    assert clear(drop, sighting, taken.sha256) is False
    assert (drop / "a.pdf").read_bytes() == PAGE


def test_page_appended_between_claim_and_clear(drop: Path, work: Path) -> None:
    sighting = put(drop)
    taken = claimed(drop, sighting, work)
    append(drop / "a.pdf")
    assert clear(drop, sighting, taken.sha256) is False
    late = sight(drop)  # a new version, which the next look finds
    assert claimed(drop, late, work).sha256 != taken.sha256


def test_overwritten_in_place_with_the_old_times(drop: Path, work: Path) -> None:
    sighting = put(drop)
    taken = claimed(drop, sighting, work)
    overwrite_and_put_the_time_back(drop / "a.pdf")
    assert sight(drop) == sighting  # neither size nor time tells
    assert clear(drop, sighting, taken.sha256) is False
    assert (drop / "a.pdf").exists()


def test_source_still_open_for_writing_is_not_cleared(drop: Path, work: Path) -> None:
    sighting = put(drop)
    taken = claimed(drop, sighting, work)
    with (drop / "a.pdf").open("ab"):
        assert clear(drop, sighting, taken.sha256) is False
    assert clear(drop, sighting, taken.sha256) is True


def test_clearing_twice_is_clearing_once(drop: Path, work: Path) -> None:
    """After a crash the step is done again."""
    sighting = put(drop)
    taken = claimed(drop, sighting, work)
    assert clear(drop, sighting, taken.sha256)
    assert clear(drop, sighting, taken.sha256)


def test_unmounted_share_is_not_a_cleared_source(drop: Path, work: Path) -> None:
    sighting = put(drop)
    (drop / "a.pdf").unlink()
    assert clear(drop, replace(sighting, device=sighting.device + 1), "0" * 64) is False
    drop.rmdir()
    assert clear(drop, sighting, "0" * 64) is False


def test_source_that_cannot_be_deleted(drop: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sighting = put(drop)
    taken = claimed(drop, sighting, work)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "unlink", refuse)  # the tests may run as root, whom no mode stops
    assert clear(drop, sighting, taken.sha256) is False


def test_unreadable_source_is_told_apart_from_a_full_disk(
    drop: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sighting = put(drop)

    def fail(*_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "read", fail)
        with pytest.raises(SourceUnreadable) as source:
            claim(drop, sighting, work)
    assert source.value.errno == errno.EIO
    with pytest.raises(FileNotFoundError) as target:
        claim(drop, sighting, work / "gone")
    assert not isinstance(target.value, SourceUnreadable)
    assert list(work.iterdir()) == []


@contextmanager
def small_files() -> Iterator[None]:
    """The kernel refuses files over 4 KiB, as a full disk would; the test's own output may be such a file."""
    limits, action = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, action)


def test_target_that_takes_no_more_leaves_nothing(drop: Path, work: Path) -> None:
    sighting = put(drop)
    with small_files(), pytest.raises(OSError, match="File too large"):
        claim(drop, sighting, work)
    assert list(work.iterdir()) == []
    assert (drop / "a.pdf").read_bytes() == PAGE


def test_leftovers_of_a_crash_are_swept(drop: Path, work: Path) -> None:
    taken = claimed(drop, put(drop), work)
    (work / ".claim-torn").write_bytes(b"half")
    assert sweep(work) == 1
    assert list(work.iterdir()) == [taken.path]


def test_order_of_durability(drop: Path, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bytes are on the disk before they have a name, and the name is before the claim is told."""
    steps = []
    for step in ("write", "fsync", "link"):
        real = getattr(os, step)

        def noted(*args: object, _real: Callable[..., object] = real, _step: str = step) -> object:
            steps.append(_step)
            return _real(*args)

        monkeypatch.setattr(os, step, noted)
    sighting = put(drop)
    steps.clear()
    claim(drop, sighting, work)
    assert steps == ["write", "fsync", "link", "fsync"]


def test_lease_tells_an_open_writer(drop: Path) -> None:
    put(drop)
    with (drop / "a.pdf").open("ab"):
        assert being_written(drop / "a.pdf") is True
    assert being_written(drop / "a.pdf") is False
    with (drop / "a.pdf").open("rb"):
        assert being_written(drop / "a.pdf") is False


def test_lease_that_cannot_be_had_is_unknown(drop: Path) -> None:
    os.mkfifo(drop / "pipe")
    (drop / "link").symlink_to("pipe")
    assert being_written(drop / "gone.pdf") is None
    assert being_written(drop / "link") is None
    assert being_written(drop / "pipe") is None


def test_writer_that_comes_during_the_probe_does_not_kill_us(drop: Path) -> None:
    """The kernel signals the holder of a lease, and the signal it sends by default ends a process."""
    put(drop)
    writer = "import os,sys\nwhile True: os.close(os.open(sys.argv[1], os.O_WRONLY))"
    probe = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from watch.claims import being_written
        end = time.monotonic() + 1
        answers = set()
        while time.monotonic() < end:
            answers.add(being_written(Path(sys.argv[1])))
        print(sorted(answers))
    """)
    root = Path(watch.claims.__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", writer, drop / "a.pdf"]) as busy:
        try:
            done = subprocess.run(
                [sys.executable, "-c", probe, drop / "a.pdf"],
                cwd=root,
                capture_output=True,
                text=True,
                timeout=20,
            )
        finally:
            busy.kill()
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[False, True]\n"
