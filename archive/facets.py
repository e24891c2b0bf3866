"""What the index holds of a document, and what it is asked for a question.

PURE: no I/O, no third-party package. Promises: words, fields and days are words of one index, so that any of them together are
found from the newest on without reading what one of them alone finds; a field is narrowed here and compared in the row, so the
answer is that of the row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice

from archive import words
from archive.query import NAMED, OF_WORDS, Query
from archive.words import BREAK, PART, WORD, Term, exact, fold, is_bare

_SEARCHED = ("code_number", "code_notation", "type_name", "organ_name", "subject", "original_name")

# The word of a field's value begins with its own character. They are in the index of every archive: none is ever given anew.
_MARK: Mapping[str, str] = {
    name: chr(0xE010 + place) for place, name in enumerate((
        "lane", "form", "file_code", "description", "pages", "type_name", "code_number", "code_notation", "organ_name", "subject",
        "language", "page_amount", "signer_position", "signer_name", "signer_authority", "organ_parent", "issued_place",
        "recipients", "priority", "attachments", "keyword", "mode", "note", "maintenance", "pades_level", "pdfa", "verification",
        "sha256",
    ))
}  # fmt: skip
Names = Mapping[str, Sequence[str] | None]
_VALUED = [name for name in _MARK if name not in OF_WORDS or name in NAMED]
_VOID, _DAY, _ORGAN, _MONTH = "\ue003", "\ue004", "\ue005", "\ue007"
ORGAN_PARTS = 4  # of an agency's identifier, as in 000.00.12.H29 (QCVN 102:2016)
_MONTHS = 128  # of agencies, that are asked for each
_LONGEST = 64  # of a value as a word: what begins alike is told apart in the row
_FIRST, _LAST = "0000-01-01", "9999-12-31"
_DATE_PARTS = (1, 2, 3, 4, 7, 10)  # how many characters of a day: its millennium … year, month, day


def indexed(row: Mapping[str, object], pages: Sequence[str]) -> str:
    """The text that the index holds of a document: fields, numbers, pairs of words, all words with marks and without."""
    text = marked(row, pages)
    bare = fold(text)
    numbers = words.references(text) | words.references(bare)
    return f" {BREAK} ".join((*fields(row), " ".join(sorted(numbers)), " ".join(words.pairs(bare)), text, bare))


def marked(row: Mapping[str, object], pages: Sequence[str]) -> str:
    """All in which words are looked for, as they are found with their marks: number, fields of words, pages."""
    number, notation = row.get("code_number"), row.get("code_notation")
    code = f"{number}/{notation}" if number and notation else ""
    return exact(words.plain("\n".join((code, *(str(row.get(name) or "") for name in _SEARCHED), *pages))))


def name_indexed(field: str, value: str) -> str:
    """The text that the index of names holds of a value of a field of words, with its marks and again without."""
    return f" {BREAK} ".join(_words(field, value))


def name_expression(field: str, typed: str) -> str | None:
    """What the index of names is asked for; None where nothing is typed that could be found."""
    return " AND ".join(_phrases(_MARK[field], typed)) or None


def narrowing(query: Query, names: Names, spelt: Callable[[Term], str] = Term.expression) -> str | None:
    """What the index is asked for: at least what the question is answered with; None when it cannot help.

    Args:
        names: the values that have the words asked for in a field; None: they are too many to ask for each.
        spelt: how words are looked up.
    """
    wanted = _agency_and_month(names.get("organ_name") or (), query.date_from, query.date_to)
    wanted += [spelt(term) for term in words.terms(query.words)]
    for name in query.fields:
        if named := names.get(name):
            wanted.append(_any(sorted({_value(name, value) for value in named})))
        elif name in OF_WORDS:
            value = query.values(name)[0]
            wanted += [*words.side_by_side(fold(words.plain(value))), *_phrases(_MARK[name], value)]
        elif name in _MARK:
            found = [_value(name, value) for value in query.values(name)]
            wanted += [_any(found)] if all(found) else []
    if query.fields.get("state") == "void":
        wanted.append(f'"{_VOID}"')
    if days := list(_days(query.date_from, query.date_to)):
        wanted.append(_any(days))
    return " AND ".join(wanted) or None


def files(organs: Sequence[str], codes: Sequence[str]) -> str:
    """What the index is asked for the documents of these agencies' files, and of these files."""
    return _any([*(_organ(organ) for organ in organs), *(_value("file_code", code) for code in codes)])


@lru_cache(maxsize=4096)
def _agencies(file_code: str) -> tuple[str, ...]:
    """A file's code begins with its agency's (NĐ 30 PL VI): every beginning may be one."""
    parts = file_code.split(".")
    return tuple(_organ(".".join(parts[:count])) for count in range(1, min(len(parts), ORGAN_PARTS + 1)))


def _organ(code: str) -> str:
    return _ORGAN + PART.join(WORD.findall(fold(words.plain(code))))[:_LONGEST]


def fields(row: Mapping[str, object]) -> Iterator[str]:
    """What the index holds of a document's fields and day, phrase by phrase."""
    values = [_value(name, row[name]) for name in _VALUED if row.get(name) not in (None, "")]
    day = str(row.get("issued_date") or row.get("shelf_day") or "")
    days = _days_of(day)
    months = [_month(str(row["organ_name"]), day[:7])] if days and row.get("organ_name") else []
    void = [_VOID] if row.get("state") == "void" else []
    yield " ".join(filter(None, (*values, *days, *months, *void, *_agencies(str(row.get("file_code") or "")))))
    for name in sorted(OF_WORDS):
        yield from _words(name, str(row.get(name) or ""))


@lru_cache(maxsize=4096)
def _days_of(day: str) -> tuple[str, ...]:
    return tuple(_day(day[:length]) for length in _DATE_PARTS if len(day) == _DATE_PARTS[-1])


@lru_cache(maxsize=4096)  # agencies, kinds, lanes come again and again
def _words(name: str, value: str) -> tuple[str, ...]:
    value = words.plain(value)
    return tuple(" ".join(_MARK[name] + word for word in WORD.findall(text)) for text in dict.fromkeys((exact(value), fold(value))))


@lru_cache(maxsize=4096)
def _value(name: str, value: object) -> str:
    if value in (None, ""):
        return ""
    text = fold(words.plain(str(value)))
    if name == "code_number":
        text = text.lstrip("0")
    told = PART.join(WORD.findall(text))[:_LONGEST]
    return _MARK[name] + told + PART * (name in NAMED) if told else ""  # a name of one word is not that word


def _phrases(mark: str, value: str) -> list[str]:
    """The words of a field, side by side where they were typed by one rule."""
    text = words.plain(value)
    rules = {is_bare(chunk) for chunk in text.split() if WORD.search(chunk)}
    found = [WORD.findall(fold(chunk) if is_bare(chunk) else exact(chunk)) for chunk in text.split()]
    told = [mark + word for chunk in found for word in chunk]
    return [f'"{word}"' for word in told] if len(rules) > 1 else [f'"{" ".join(told)}"'] if told else []


def _agency_and_month(organs: Sequence[str], first: str | None, last: str | None) -> list[str]:
    """An agency's documents of all years and all agencies' of a month are both many: those of both have a word of their own."""
    if not (first and last and _is_day(first) and _is_day(last)):
        return []
    months = list(islice(_months(first[:7], last[:7]), _MONTHS + 1))
    found = [_month(organ, month) for organ in organs for month in months] if len(organs) * len(months) <= _MONTHS else []
    return [_any(sorted(set(found)))] if found else []


def _months(first: str, last: str) -> Iterator[str]:
    year, month = int(first[:4]), int(first[5:])
    while f"{year:04}-{month:02}" <= last:
        yield f"{year:04}-{month:02}"
        year, month = year + month // 12, month % 12 + 1


def _month(organ: str, month: str) -> str:
    return _MONTH + words.short(f"{_value('organ_name', organ)} {month}")


def _any(found: Sequence[str]) -> str:
    return "(" + " OR ".join(f'"{word}"' for word in found) + ")"


def _day(part: str) -> str:
    return _DAY + part.replace("-", PART)


def _days(first: str | None, last: str | None) -> Iterator[str]:
    """The fewest millennia, …, years, months, days that are those from the first to the last."""
    if not (first or last) or not all(_is_day(day) for day in (first, last) if day):
        return
    yield from map(_day, filter(None, _cover("", first or _FIRST, _month_full(last) if last else _LAST)))


def _month_full(day: str) -> str:
    """The last day of a month as that of the longest: then the month is asked for, not each of its days."""
    is_last = (dt.date.fromisoformat(day) + dt.timedelta(days=1)).day == 1 if day < _LAST else True
    return day[:8] + "31" if is_last else day


def _cover(part: str, first: str, last: str) -> Iterator[str]:
    lowest, highest = part + _FIRST[len(part) :], part + _LAST[len(part) :]
    if highest < first or lowest > last:
        return
    if first <= lowest and highest <= last:
        yield part
        return
    if len(part) < 4:
        children = [str(digit) for digit in range(10)]
    else:
        children = [f"-{number:02}" for number in range(1, 13 if len(part) == 4 else 32)]
    for child in children:
        yield from _cover(part + child, first, last)


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
