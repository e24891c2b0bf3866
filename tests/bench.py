"""Long measurements, run by hand (`scripts/bench`): speed as a ratio within one run, `kill -9` at random moments, how well pages are read,
what questions to a large catalogue cost.

Speeds are CPU seconds of the whole process tree, so that a busy machine changes them little.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests import bench_describe, bench_query
from tests.testkit import samples, scans
from tests.testkit.stations import takes_any_scan

SOHOA = Path(sys.executable).with_name("sohoa")


def _station(folder: Path) -> Path:
    station = folder / "station"
    subprocess.run([SOHOA, "init", "--demo", station], check=True, stdout=subprocess.DEVNULL)
    takes_any_scan(station)
    return station


def _cpu(work: Callable[[], object]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _run(station: Path) -> None:
    subprocess.run([SOHOA, "run", "--station", station], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def speed(count: int, dpi: int, *, with_ocrmypdf: bool) -> None:
    """The whole way from drop to shelf against the bare `tesseract` command, and `ocrmypdf`, on the same pages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages = folder / "pages"
        pages.mkdir()
        for seed in range(count):
            scans.jpeg(pages / f"{seed}.jpg", samples.sample(seed, dpi=dpi).aged[0])
        station = _station(folder)
        for page in pages.iterdir():
            (station / "drop" / "sao-y" / page.name).write_bytes(page.read_bytes())
        ours = _cpu(lambda: _run(station))
        os.environ["OMP_THREAD_LIMIT"] = "1"
        bare = _cpu(lambda: [
            subprocess.run(["tesseract", page, folder / "out", "-l", "vie", "--dpi", str(dpi), "hocr"], stderr=subprocess.DEVNULL)
            for page in pages.iterdir()
        ])  # fmt: skip
        print(f"{count} pages at {dpi} dpi, CPU seconds a page: Sohoa, drop to shelf, {ours / count:.2f}; tesseract {bare / count:.2f}; "
              f"ratio {ours / bare:.2f} (wanted: at most 0.6)")  # fmt: skip
        if with_ocrmypdf:
            tool = Path(sys.executable).with_name("ocrmypdf")
            command = _cpu(lambda: [
                subprocess.run([tool, "-l", "vie", "--image-dpi", str(dpi), "--jobs", "1", page, folder / "out.pdf"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for page in pages.iterdir()
            ])  # fmt: skip
            print(f"ocrmypdf on the command line {command / count:.2f}; {command / ours:.1f} times ours (wanted: at least 5)")


def kill(count: int, dpi: int, seed: int) -> None:
    """`kill -9` at random moments of a run until it is done: as many documents, codes without gaps, nothing else."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        station = _station(Path(name))
        for number in range(count):
            scans.png(station / "drop" / "sao-y" / f"{number}.png", samples.sample(number, dpi=dpi).aged[0], dpi=dpi)
        kills = 0
        while True:
            process = subprocess.Popen([SOHOA, "run", "--station", station], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=chance.uniform(0.5, 15))
                if process.returncode == 0:
                    break
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                kills += 1
        check_all_there(station, count)
        print(f"{count} documents, {kills} kills: {count} codes without gaps, nothing missing, nothing doubled")


def check_all_there(station: Path, count: int) -> None:
    """Every document once, codes without gaps, an archive that verifies, nothing left lying.

    Raises:
        AssertionError: something is not so.
    """
    told = subprocess.run([SOHOA, "find", "--jsonl", "--station", station], capture_output=True, text=True).stdout
    records = [json.loads(line) for line in told.splitlines()]
    assert sorted(record["doc_ordinal"] for record in records) == list(range(1, count + 1)), "codes"
    assert len({record["scan_sha256"] for record in records}) == count, "one document a scan"
    checked = subprocess.run([SOHOA, "verify", "--json", "--station", station], capture_output=True, text=True).stdout
    assert json.loads(checked)["ok"], checked[:2000]
    assert json.loads(checked)["checked"] == count
    for name in ("drop", "held", "rejected", "work/claims", "work/items"):
        assert not [path for path in (station / name).rglob("*") if path.is_file()], name
    assert len(list((station / "out" / "sao-y").glob("*.pdf"))) == count, "one copy in out/ each"


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("what", choices=["speed", "kill", "describe", "query"])
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--dpi", type=int, default=0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--tell", action="store_true", help="describe: also every value that was not read, or wrongly.")
    parser.add_argument("--with-ocrmypdf", action="store_true", help="Also against ocrmypdf's own command: slow.")
    parser.add_argument("--documents", type=int, default=20_000, help="query: how many the catalogue has.")
    parser.add_argument("--until", type=int, help="query: fill only so many of them now; the same command without it goes on.")
    parser.add_argument("--limit", type=int, default=50, help="query: how many answers are read of each question.")
    parser.add_argument("--folder", type=Path, help="query: an empty folder, kept; one that was filled before is asked again.")
    args = parser.parse_args()
    if args.what == "speed":
        speed(args.count or 20, args.dpi or 300, with_ocrmypdf=args.with_ocrmypdf)
    elif args.what == "describe":
        bench_describe.describe(args.count or 300, args.seed, tell=args.tell)
    elif args.what == "query":
        with contextlib.nullcontext(args.folder) if args.folder else tempfile.TemporaryDirectory() as name:
            bench_query.query(Path(name), args.documents, bench_query.Asking(args.count or 100, args.limit), args.until)
    else:
        print(f"seed {args.seed}")
        kill(args.count or 200, args.dpi or 100, args.seed)


if __name__ == "__main__":
    main()
