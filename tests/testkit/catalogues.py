"""A catalogue of as many documents as wanted, made of words that are as frequent as in a language, for measuring questions.

Nothing lies on its shelves: rows, index and events are those of the real tables, written in bulk.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from sqlite_utils import Database

from archive import facets, index
from archive.record import number_key

Row = dict[str, object]

BEGINNING = dt.date(2014, 1, 1)
DAYS = 4_600
_COMMON = """và của các có được trong cho là theo về ngày tại với số năm không này những đã người ban ủy dân nhân định quyết việc thực hiện
 công tỉnh văn bản hành chính cơ quan quy phòng đơn vị tổ chức cán bộ xã huyện kế hoạch báo cáo thông tư nghị kính gửi nơi nhận lưu chủ tịch""".split()
_FIRST = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split()
_VOWELS = ["aàáảãạ", "ăằắẳẵặ", "âầấẩẫậ", "eèéẻẽẹ", "êềếểễệ", "iìíỉĩị", "oòóỏõọ", "ôồốổỗộ", "ơờớởỡợ", "uùúủũụ", "ưừứửữự", "yỳýỷỹỵ"]
_LAST = ["", "n", "ng", "m", "p", "t", "c", "ch", "nh", "i", "o", "u"]
_KINDS = (("Công văn", ""), ("Quyết định", "QĐ"), ("Thông báo", "TB"), ("Báo cáo", "BC"), ("Kế hoạch", "KH"), ("Tờ trình", "TTr"),
          ("Giấy mời", "GM"), ("Nghị quyết", "NQ"), ("Biên bản", "BB"), ("Hợp đồng", "HĐ"))  # fmt: skip
_OFFICES = ("UBND", "TTHC", "VP", "STC", "SNV", "HĐND", "PNV", "TNMT", "BQL", "TTYT")
_COLUMNS = ("doc_code", "file_code", "doc_ordinal", "scan_sha256", "lane", "part", "again", "state", "seq", "form", "description", "path",
            "original_path", "original_name", "sha256", "record_sha256", "type_name", "code_number", "code_notation", "issued_date",
            "organ_name", "subject", "language", "signer_name", "confidence", "block_text", "signed_at", "filed_at", "shelf_day",
            "pades_level", "pdfa", "number_key", "size", "record_size", "pages")  # fmt: skip


@dataclass
class Made:
    """Documents by number, always the same for a seed; `words` have frequencies of Zipf's law."""

    seed: int = 1
    agencies: int = 400
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    @cached_property
    def words(self) -> list[str]:
        """The commonest first: some fifty of every office, then all that can be spelt."""
        spelt = [first + vowel + last for first in _FIRST for tones in _VOWELS for vowel in tones for last in _LAST]
        self.chance.shuffle(spelt)
        return list(dict.fromkeys([*_COMMON, *spelt]))

    @cached_property
    def _weights(self) -> list[float]:
        return list(itertools.accumulate(1 / (rank + 2.7) for rank in range(len(self.words))))

    @cached_property
    def organs(self) -> list[str]:
        """Names of agencies."""
        kinds = ("Ủy ban nhân dân xã", "Sở", "Hội đồng nhân dân huyện", "Trung tâm")
        return [f"{kinds[n % 4]} {self.words[90 + n].capitalize()} {self.words[3000 + 7 * n].capitalize()}" for n in range(self.agencies)]

    @cached_property
    def _organ_weights(self) -> list[float]:
        return list(itertools.accumulate(1 / (rank + 5) for rank in range(self.agencies)))

    def document(self, number: int, of: int) -> tuple[Row, list[str]]:
        """Row and pages of one document; one in ten is of any day before, the others of about the day they were filed."""
        chance = self.chance
        filed = BEGINNING + dt.timedelta(days=DAYS * number // of)
        issued = filed - dt.timedelta(days=chance.randrange(20) if chance.random() < 0.9 else chance.randrange(5_000))
        kind, short = _KINDS[min(int(chance.expovariate(0.5)), 9)]
        organ = chance.choices(self.organs, cum_weights=self._organ_weights)[0]
        office = chance.choice(_OFFICES)
        notation = f"{short}-{office}" if short else f"UBND-{office}"
        text = chance.choices(self.words, cum_weights=self._weights, k=76)
        name = hashlib.sha256(f"{self.seed} {number}".encode()).hexdigest()
        code_number = str(int(3_000 * chance.random() ** 2) + 1).zfill(2)
        page = (f"{organ.upper()}\nSố: {code_number}/{notation}\n{kind.upper()}\n{' '.join(text)}.\n"
                f"Theo văn bản số {chance.randrange(1, 900)}/{issued.year}/NĐ-CP. Mã {name[:10]}")  # fmt: skip
        file_code, ordinal, day = f"H05.02.{filed.year}.{number // 4_000:05}", number % 4_000 + 1, filed.isoformat()
        code = f"{file_code}.{ordinal:07}"
        row: Row = {
            "doc_code": code, "file_code": file_code, "doc_ordinal": ordinal, "scan_sha256": name, "lane": "sao-y", "part": "", "again": 0,
            "state": "filed", "form": "sao-y", "description": "full" if number % 50 else "partial",
            "path": f"{day.replace('-', '/')}/data/{code}.pdf", "original_path": f"{day.replace('-', '/')}/data/scans/{name}.pdf",
            "original_name": f"scan_{number:08}.pdf", "sha256": name[32:] + name[:32], "record_sha256": name[16:] + name[:16],
            "type_name": kind, "code_number": code_number, "code_notation": notation, "issued_date": issued.isoformat(),
            "organ_name": organ, "subject": f"Về việc {' '.join(text[:10])}", "language": "Tiếng Việt", "signer_name": "Nguyễn Văn A",
            "confidence": '{"code_number": 0.93, "subject": 0.88}', "block_text": f"{organ} {day}", "signed_at": f"{day}T09:00:00+07:00",
            "filed_at": f"{day}T09:00:00+07:00", "shelf_day": day, "pades_level": "B-LTA", "pdfa": "2b", "size": 81_234,
            "record_size": 3_210, "pages": 1,
        }  # fmt: skip
        return row | {"number_key": number_key(row)}, [page]


def fill(db: Database, made: Made, first: int, last: int, of: int) -> None:
    """Documents from `first` to before `last` in one transaction, each with two events."""
    db.execute("begin immediate")
    after = int(db.execute("select coalesce(max(seq), -1) from event").fetchone()[0])
    rows = [made.document(number, of) for number in range(first, last)]
    for place, (row, _) in enumerate(rows, start=1):
        row["seq"] = after + 2 * place
    for code in dict.fromkeys(str(row["file_code"]) for row, _ in rows):
        db.execute("insert into file (file_code, caseless, title, year, opened_at, last_ordinal, organ_id) values (?, ?, 'x', ?, '', 4000, ?)"
                   " on conflict do nothing", [code, code.casefold(), int(code.split(".")[2]), "H05.02"])  # fmt: skip
    conn = db.conn
    conn.executemany("insert into event (seq, type, at, day, doc_code, scan_sha256, actor, public, salt) values (?,?,?,?,?,?,?,?,?)",
                     (event for row, _ in rows for event in _events(row)))  # fmt: skip
    conn.executemany("insert into leaf (seq, entry, leaf_hash) values (?, ?, ?)",
                     ((event[0], _entry(event), row["sha256"]) for row, _ in rows for event in _events(row)))  # fmt: skip
    marks = ",".join("?" * len(_COLUMNS))
    conn.executemany(f"insert into document ({','.join(_COLUMNS)}) values ({marks})",
                     (tuple(row[name] for name in _COLUMNS) for row, _ in rows))  # fmt: skip
    conn.executemany("insert into scan (sha256, path, size, shelf_day) values (?, ?, 99000, ?)",
                     ((row["scan_sha256"], row["original_path"], row["shelf_day"]) for row, _ in rows))  # fmt: skip
    conn.executemany("insert into search (id, doc_code, pages) values (?, ?, ?)",
                     ((row["seq"], row["doc_code"], json.dumps(pages, ensure_ascii=False)) for row, pages in rows))  # fmt: skip
    conn.executemany("insert into search_fts (rowid, words) values (?, ?)",
                     ((row["seq"], facets.indexed(row, pages)) for row, pages in rows))  # fmt: skip
    for name, value in {(name, str(row[name])) for row, _ in rows for name in ("organ_name", "type_name")}:
        index.learn(db, name, value)
    db.execute("commit")


def _events(row: Row) -> Iterator[tuple[object, ...]]:
    seq, day = int(str(row["seq"])), row["shelf_day"]
    for number, type in ((seq - 1, "numbered"), (seq, "filed")):
        public = json.dumps({"path": row["path"], "sha256": row["sha256"]})
        yield number, type, f"{day}T02:00:00.000000Z", day, row["doc_code"], row["scan_sha256"], "van-thu", public, "00" * 16


def _entry(event: tuple[object, ...]) -> str:
    return json.dumps(dict(zip(("seq", "type", "at", "day", "doc_code", "scan_sha256", "actor"), event, strict=False)))
