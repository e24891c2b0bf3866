"""A catalogue of as many documents as wanted, made of words that are as frequent as in a language, for measuring questions.

The subject of a document is its own; the rest of its page is sentences that stand in others too.

Nothing lies on its shelves: rows, index and events are those of the real tables, written in bulk. What `facets.indexed` would
make of a document is put together here from parts that were made once; a test holds the two against each other.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

from archive import facets, words
from archive.record import number_key
from archive.words import BREAK, exact, fold

Row = dict[str, object]

BEGINNING = dt.date(2014, 1, 1)
DAYS = 4_600
_POOL = 250_000
_SENTENCES = 100_000
_COMMON = """và của các có được trong cho là theo về ngày tại với số năm không này những đã người ban ủy dân nhân định quyết việc thực hiện
 công tỉnh văn bản hành chính cơ quan quy phòng đơn vị tổ chức cán bộ xã huyện kế hoạch báo cáo thông tư nghị kính gửi nơi nhận lưu chủ tịch""".split()
_FIRST = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split()
_VOWELS = ["aàáảãạ", "ăằắẳẵặ", "âầấẩẫậ", "eèéẻẽẹ", "êềếểễệ", "iìíỉĩị", "oòóỏõọ", "ôồốổỗộ", "ơờớởỡợ", "uùúủũụ", "ưừứửữự", "yỳýỷỹỵ"]
_LAST = ["", "n", "ng", "m", "p", "t", "c", "ch", "nh", "i", "o", "u"]
_KINDS = (("Công văn", ""), ("Quyết định", "QĐ"), ("Thông báo", "TB"), ("Báo cáo", "BC"), ("Kế hoạch", "KH"), ("Tờ trình", "TTr"),
          ("Giấy mời", "GM"), ("Nghị quyết", "NQ"), ("Biên bản", "BB"), ("Hợp đồng", "HĐ"))  # fmt: skip
_OFFICES = ("UBND", "TTHC", "VP", "STC", "SNV", "HĐND", "PNV", "TNMT", "BQL", "TTYT")


@dataclass(frozen=True, slots=True)
class Document:
    """A row, its pages, and what the index holds of it."""

    row: Row
    pages: list[str]
    indexed: str


@dataclass(frozen=True)
class Made:
    """Documents by number, always the same for a seed and a beginning; `words` have frequencies of Zipf's law."""

    seed: int = 1
    agencies: int = 400

    @cached_property
    def words(self) -> list[str]:
        """The commonest first: some fifty of every office, then all that can be spelt."""
        spelt = [first + vowel + last for first in _FIRST for tones in _VOWELS for vowel in tones for last in _LAST]
        random.Random(self.seed).shuffle(spelt)
        return list(dict.fromkeys([*_COMMON, *spelt]))

    @cached_property
    def _pool(self) -> list[tuple[str, str]]:
        """Every word as often as it is frequent, with its marks and without: one of them is quicker drawn than by weights."""
        shares = [1 / (rank + 2.7) for rank in range(len(self.words))]
        one = _POOL / sum(shares)
        return [
            told for word, share in zip(self.words, shares, strict=True) for told in itertools.repeat((word, fold(word)), max(1, round(one * share)))
        ]

    @cached_property
    def organs(self) -> list[str]:
        """Names of agencies."""
        kinds = ("Ủy ban nhân dân xã", "Sở", "Hội đồng nhân dân huyện", "Trung tâm")
        return [f"{kinds[n % 4]} {self.words[90 + n].capitalize()} {self.words[3000 + 7 * n].capitalize()}" for n in range(self.agencies)]

    @cached_property
    def _organ_pool(self) -> list[str]:
        return [organ for rank, organ in enumerate(self.organs) for _ in range(max(1, 20_000 // (rank + 5)))]

    def documents(self, first: int, last: int, of: int) -> Iterator[Document]:
        """From `first` to before `last`; one in ten is of any day before, the others of about the day they were filed."""
        chance = random.Random(f"{self.seed} {first}")
        for number in range(first, last):
            yield self._document(number, DAYS * number // of, chance)

    def _document(self, number: int, day: int, chance: random.Random) -> Document:
        drawn, days = chance.random, _days()
        issued = days[day - int(drawn() * (20 if drawn() < 0.9 else 5_000))]
        organ = self._organ_pool[int(drawn() * len(self._organ_pool))]
        head = _head(min(int(chance.expovariate(0.5)), 9), organ, int(drawn() * 10))
        text, bare = zip(*chance.choices(self._pool, k=10), strict=True)
        sentences = [self._sentence(int(drawn() * _SENTENCES)) for _ in range(3)]
        name, code_number = hashlib.sha256(f"{self.seed} {number}".encode()).hexdigest(), _NUMBERS[int(3_000 * drawn() ** 2)]
        about, about_folded, decree, mark = " ".join(text), " ".join(bare), f"{1 + int(drawn() * 899)}/{issued[:4]}", name[:10]
        said = " ".join((about, *(sentence.text for sentence in sentences)))
        row = _row(number, days[day], name)
        row["type_name"], row["code_notation"], row["organ_name"] = head.told
        row["code_number"], row["issued_date"], row["subject"] = code_number, issued, f"Về việc {about}"
        row["number_key"] = number_key(row)
        page = f"{head.upper[2]}\nSố: {code_number}/{head.told[1]}\n{head.upper[0]}\n{said}.\nTheo văn bản số {decree}/NĐ-CP. Mã {mark}"
        kind, notation, name = head.exact
        marked = (f"{code_number}/{notation}\n{code_number}\n{notation}\n{kind}\n{name}\nvề việc {about}\nscan_{number:08}.pdf\n"
                  f"{name}\nsố: {code_number}/{notation}\n{kind}\n{said}.\ntheo văn bản số {decree}/nđ-cp. mã {mark}")  # fmt: skip
        kind, notation, name = head.folded
        before = (f"{code_number}/{notation}\n{code_number}\n{notation}\n{kind}\n{name}\nve viec {about_folded}\nscan_{number:08}.pdf\n"
                  f"{name}\nso: {code_number}/{notation}\n{kind}\n{about_folded}")  # fmt: skip
        after = f".\ntheo van ban so {decree}/nd-cp. ma {mark}"
        folded = " ".join((before, *(sentence.folded for sentence in sentences))) + after
        numbers = sorted({*_references(f"{decree}/NĐ-CP. Mã"), *_own(code_number, head.told[1])})
        parts = (*facets.fields(row), " ".join(numbers), " ".join(_pairs(before, sentences, after)), marked, folded)
        return Document(row, [page], f" {BREAK} ".join(parts))


    def _sentence(self, number: int) -> _Sentence:
        if number not in self._sentences:
            text, folded = zip(*random.Random(f"{self.seed} of {number}").choices(self._pool, k=22), strict=True)
            self._sentences[number] = _Sentence(" ".join(text), " ".join(folded), tuple(words.pairs(" ".join(folded))), folded[0], folded[-1])
        return self._sentences[number]

    @cached_property
    def _sentences(self) -> dict[int, _Sentence]:
        return {}


@dataclass(frozen=True, slots=True)
class _Sentence:
    """Words that stand together in many documents, what they are without marks, and what their pairs are called."""

    text: str
    folded: str
    pairs: tuple[str, ...]
    first: str
    last: str


def _pairs(before: str, sentences: list[_Sentence], after: str) -> dict[str, None]:
    """Pairs of words of a text that has sentences in its middle."""
    found: list[str] = []
    for sentence in sentences:
        found += *words.pairs(f"{before} {sentence.first}"), *sentence.pairs
        before = sentence.last
    return dict.fromkeys((*found, *words.pairs(before + after)))


@dataclass(frozen=True, slots=True)
class _Head:
    """Kind, notation and agency, as documents of one office bear them."""

    told: tuple[str, str, str]
    upper: list[str]
    exact: list[str]
    folded: list[str]


@cache
def _head(kind: int, organ: str, office: int) -> _Head:
    name, short = _KINDS[kind]
    told = name, f"{short or 'UBND'}-{_OFFICES[office]}", organ
    return _Head(told, [each.upper() for each in told], [exact(each) for each in told], [fold(each) for each in told])


@lru_cache(maxsize=1 << 16)
def _references(text: str) -> frozenset[str]:
    return frozenset(words.references(exact(text)) | words.references(fold(text)))


def _own(number: str, notation: str) -> list[str]:
    return [pattern.replace("7", number.lstrip("0")) for pattern in _references(f"7/{notation}")]


_NUMBERS = [str(number).zfill(2) for number in range(1, 3_001)]


@lru_cache(maxsize=1)
def _days() -> list[str]:
    """Days of filing; before the first, counted backwards from the end, those of issue."""
    return [(BEGINNING + dt.timedelta(days=day if day <= DAYS else day - 2 * DAYS - 1_000)).isoformat() for day in range(2 * DAYS + 1_000)]


def _row(number: int, day: str, name: str) -> Row:
    file_code, ordinal, folder = f"H05.02.{day[:4]}.{number // 4_000:05}", number % 4_000 + 1, day.replace("-", "/")
    code = f"{file_code}.{ordinal:07}"
    return {
        "doc_code": code, "file_code": file_code, "doc_ordinal": ordinal, "scan_sha256": name, "lane": "sao-y", "part": "", "again": 0,
        "state": "filed", "form": "sao-y", "description": "full" if number % 50 else "partial",
        "path": f"{folder}/data/{code}.pdf", "original_path": f"{folder}/data/scans/{name}.pdf",
        "original_name": f"scan_{number:08}.pdf", "sha256": name[32:] + name[:32], "record_sha256": name[16:] + name[:16],
        "language": "Tiếng Việt", "signer_name": "Nguyễn Văn A",
        "confidence": '{"code_number": 0.93, "subject": 0.88}', "block_text": f"UBND {day}", "signed_at": f"{day}T09:00:00+07:00",
        "filed_at": f"{day}T09:00:00+07:00", "shelf_day": day, "pades_level": "B-LTA", "pdfa": "2b", "size": 81_234,
        "record_size": 3_210, "pages": 1,
    }  # fmt: skip
