"""`scripts/bench query`: what questions cost on a catalogue of many documents, what filing one more costs, and who waits for whom.

Times are of the wall, as an auditor feels them; those of the processor beside them tell how busy the machine was otherwise.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import multiprocessing
import os
import random
import shutil
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sqlite_utils import Database

from archive.catalogue import Row, connect
from archive.query import Query
from archive.reader import Reader
from archive.words import WORD, fold
from tests.archive.conftest import CLERK, FILE, Office
from tests.testkit.bulk import fill, in_bulk, made_rows, rows
from tests.testkit.catalogues import Made

_PART, _BATCH, _SMALL = 500_000, 20_000, 300  # documents at a time
_SPARE = 2 << 30  # octets left free beside a snapshot
_GOALS = {"number": 20, "number in fields": 20, "code": 20, "agency and month": 20}  # milliseconds at p95; words 150


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each run of something."""

    wall: list[float]
    cpu: list[float]

    def told(self) -> str:
        """Median and 95th of a hundred; of the wall, of the processor."""
        parts = [f"p50 {statistics.median(each):8.2f}  p95 {_p95(each):8.2f}" for each in (self.wall, self.cpu)]
        return f"wall {parts[0]}   cpu {parts[1]}"


@dataclass(frozen=True, slots=True)
class Asking:
    """How often each question is asked, and how many answers are read."""

    runs: int
    limit: int


def query(root: Path, documents: int, how: Asking, until: int | None = None) -> None:
    """Fills a catalogue as far as it is not filled, asks it, and files beside those who ask it; prints what each took."""
    made = Made()
    office = Office(root)
    grow(office, made, documents, until=until)
    print(_told_of(office.root / "catalogue.db"))
    print(f"questions, the first {how.limit} answers of each, {how.runs} runs, ms; {_busy()}:")
    for name, times in asked(office.root / "catalogue.db", made, how).items():
        goal = _GOALS.get(name, 150)
        print(f"  {name:32} {times.told()}   goal {goal:3}: {'met' if _p95(times.wall) < goal else 'NOT MET'}")
    print(_busy())
    for name, times in beside(office, how.runs).items():
        print(f"  filing {name:42} {times.told()}")


def _told_of(path: Path) -> str:
    with contextlib.closing(connect(path)) as db:
        documents = db.execute("select count(*) from document").fetchone()[0]
        pieces = [row[0] for row in db.execute("select count(*) from search_fts_idx group by segid order by 1 desc")]
    size = path.stat().st_size
    return (f"catalogue.db: {documents:,} documents, {size / 1e9:.2f} GB, {size / documents:,.0f} bytes each; SQLite {sqlite3.sqlite_version};\n"
            f"its index is in {len(pieces)} pieces, the largest {', '.join(f'{count / sum(pieces):.0%}' for count in pieces[:5])} of it")


def _busy() -> str:
    return f"{os.cpu_count()} cores, wanted by {', '.join(f'{load:.1f}' for load in os.getloadavg())} (1, 5, 15 minutes)"


def grow(office: Office, made: Made, documents: int, *, until: int | None = None, singly: int = 20) -> list[Times]:
    """Documents in bulk, in parts, and after each part some filed one by one, as every document is; prints what one costs.

    What was begun is gone on with: a part that is there is left as it is.

    Args:
        documents: of the whole, spread over all years.
        until: how many of them are made, if not all.
    """
    archive = office.open()
    archive.declare_file(FILE, "Hồ sơ", year=2026, actor=CLERK)
    archive.close()
    print("documents, ms a document: in bulk (wall, cpu of who writes); filed one by one, files, fsync and all")
    told, path = [], office.root / "catalogue.db"
    parts = max(10, documents // _PART)
    for part in range(parts):
        first, last = documents * part // parts, documents * (part + 1) // parts
        first = max(first, _there(path))
        if first >= last or (until is not None and last > until):
            continue
        started, busy = time.perf_counter(), time.process_time()
        _in_bulk(path, made, (first, last), documents)
        bulk = [(end - begun) * 1000 / max(1, last - first) for begun, end in ((started, time.perf_counter()), (busy, time.process_time()))]
        told.append(filed(office, f"part{part}", singly))
        print(f"  {last:>10,}  bulk {bulk[0]:6.3f} {bulk[1]:6.3f}   one by one {told[-1].told()}", flush=True)
    return told


def _there(path: Path) -> int:
    """How many were made in bulk: the number in the name of the last one's scan, and one."""
    with contextlib.closing(connect(path)) as db:
        sql = "select original_name from document where original_name like 'scan\\_%' escape '\\' order by seq desc limit 1"
        found = db.execute(sql).fetchone()
    return int(found[0][5:13]) + 1 if found else 0


def _in_bulk(path: Path, made: Made, numbers: tuple[int, int], of: int) -> None:
    """The last hundred of a part one by one, so that the index has as many small pieces as one that grew by itself."""
    first, last = numbers
    large = max(first, last - _SMALL)
    portions = [(start, min(large, start + _BATCH)) for start in range(first, large, _BATCH)]
    with in_bulk(path) as db:
        after = int(db.execute("select coalesce(max(seq), -1) from event").fetchone()[0])
        for told in made_rows(made, portions, of, after):
            fill(db, told)
        db.execute("insert into search_fts (search_fts, rank) values ('hashsize', ?)", [1 << 20])
        for number in range(large, last):
            fill(db, rows(made, number, number + 1, of, after + 2 * (number - first)))


def filed(office: Office, name: str, count: int) -> Times:
    """Documents filed one by one, as the product does it; none that an earlier run has filed, for that would cost nothing."""
    archive = office.open()
    try:
        names = [f"{name}-{time.time_ns()}-{number}" for number in range(count)]
        ready = [office.filing(archive, each, subject="Về việc nghỉ lễ", organ_name="Sở Nội vụ") for each in names]
        return _timed([partial(archive.file, each, CLERK) for each in ready])
    finally:
        archive.close()


def asked(path: Path, made: Made, how: Asking) -> dict[str, Times]:
    """Every kind of question so many times, of documents all over the catalogue."""
    reader = Reader.open(path, changes=True)
    try:
        with reader.reading() as db:
            rows = list(chosen(db, made, how.runs))
        times = {name: _timed([_question(reader, make(row), how.limit) for row in rows]) for name, make in kinds(made).items()}
        questions = [Query(f"{_word(row, 3)} {fold(_word(row, 7))}", limit=how.limit) for row in rows]
        return times | {
            "two words, with snippets": _timed([partial(_shown, reader, each) for each in questions]),
            "two words, by relevance": _timed([partial(reader.ranked, each) for each in questions]),
        }
    finally:
        reader.close()


def beside(office: Office, runs: int) -> dict[str, Times]:
    """Filing alone, beside processes that only burn, beside auditors of the live catalogue, beside auditors of a snapshot."""
    path, copy = office.root / "catalogue.db", office.root.parent / "snapshot.db"
    plans = [("beside two busy processes", ("", False)), ("beside two auditors, the live catalogue", (str(path), True))]
    if _copied(office, copy):
        plans.append(("beside two auditors, a snapshot", (str(copy), False)))
    found = {"alone": filed(office, "alone", runs)}
    spawn = multiprocessing.get_context("spawn")
    for name, work in plans:
        others = [spawn.Process(target=_audit, args=work, daemon=True) for _ in range(2)]
        for other in others:
            other.start()
        time.sleep(2)  # till they are at it
        found[name] = filed(office, name.replace(" ", "-"), runs)
        for other in others:
            other.terminate()
            other.join()
    return found


def _copied(office: Office, copy: Path) -> bool:
    """Whether there was room for a snapshot, which is as large as the catalogue; prints what it took."""
    if shutil.disk_usage(copy.parent).free < (office.root / "catalogue.db").stat().st_size + _SPARE:
        print("no room for a snapshot: who asks one is left out")
        return False
    archive = office.open()
    started = time.perf_counter()
    archive.snapshot(copy)
    print(f"a snapshot took {time.perf_counter() - started:.1f} s")
    archive.close()
    return True


def _audit(path: str, changes: bool) -> None:
    """Asks for ever, the heaviest questions; without a catalogue it only keeps a core busy."""
    while not path:
        sum(range(10_000))
    reader = Reader.open(Path(path), changes=changes)
    for words in itertools.cycle(("và", "van ban", '"khong co cum tu nay"', "quyet dinh cua", "uy ban nhan dan xa")):
        list(reader.find(Query(words, limit=2_000)))


def kinds(made: Made) -> dict[str, Callable[[dict[str, str]], Query | str]]:
    """What is asked, made of a document; a text is a code."""
    common = itertools.cycle(made.words[:20])
    return {
        "number": lambda row: Query(f"Số {row['code_number']}/{row['code_notation']}"),
        "number in fields": lambda row: Query(fields={name: row[name] for name in ("code_number", "code_notation")}),
        "code": lambda row: row["doc_code"],
        "agency and month": lambda row: Query("", {"organ_name": row["organ_name"]}, *_month(row)),
        "agency without marks and month": lambda row: Query("", {"organ_name": fold(row["organ_name"])}, *_month(row)),
        "the rarest word": lambda row: Query(row["scan_sha256"][:10]),
        "the commonest words, with marks": lambda row: Query(next(common)),
        "the commonest words, without": lambda row: Query(fold(next(common))),
        "a word of a document": lambda row: Query(_word(row, 4)),
        "two words": lambda row: Query(f"{_word(row, 3)} {fold(_word(row, 7))}"),
        "a phrase of two words": lambda row: Query(f'"{_word(row, 4)} {_word(row, 5)}"'),
        "a phrase of three words": lambda row: Query('"' + " ".join(_word(row, place) for place in (4, 5, 6)) + '"'),
        "a phrase, without marks": lambda row: Query('"' + fold(" ".join(_word(row, place) for place in (7, 8, 9))) + '"'),
        "a common word, kind and month": lambda row: Query(next(common), {"type_name": row["type_name"]}, *_month(row)),
        "a word, files of an agency": lambda row: Query(_word(row, 4), organs=("H05.02",)),
        "a common and a rare word": lambda row: Query(f"{next(common)} {made.words[-int(row['size'])]}"),
    }


def _question(reader: Reader, what: Query | str, limit: int) -> Callable[[], object]:
    if isinstance(what, str):
        return lambda: reader.get(what)
    return lambda: list(reader.find(replace(what, limit=limit)))


def _shown(reader: Reader, question: Query) -> list[Row]:
    return list(reader.find(question, snippets=True))


def chosen(db: Database, made: Made, runs: int) -> Iterator[dict[str, str]]:
    """Documents from all over the catalogue."""
    highest = int(db.execute("select max(seq) from document").fetchone()[0])
    chance = random.Random(made.seed)
    while runs:
        sql = "select * from document where seq >= ? and organ_name != 'Sở Nội vụ' order by seq limit 1"
        for row in db.query(sql, [chance.randrange(highest)]):
            runs -= 1
            yield {name: str(value) for name, value in row.items()} | {"size": str(chance.randrange(1, 500))}


def _word(row: dict[str, str], place: int) -> str:
    found = WORD.findall(row["subject"])
    return found[place % len(found)]


def _month(row: dict[str, str]) -> tuple[str, str]:
    first = dt.date.fromisoformat(row["issued_date"]).replace(day=1)
    last = (first + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    return first.isoformat(), last.isoformat()


def _timed(runs: Sequence[Callable[[], object]]) -> Times:
    wall, cpu = [], []
    for run in runs:
        started, busy = time.perf_counter(), time.thread_time()
        run()
        wall.append((time.perf_counter() - started) * 1000)
        cpu.append((time.thread_time() - busy) * 1000)
    return Times(wall, cpu)


def _p95(times: list[float]) -> float:
    return sorted(times)[max(0, -(-len(times) * 95 // 100) - 1)]
