"""What an auditor asks, as values and as SQL.

Promises: no input of a person is ever a syntax error; a word typed with its marks finds that word, a word
typed without finds it with any marks, in the text as in a field of words. Refuses (ArchiveError `bad-field`):
fields the JSON contract does not name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from archive.errors import ArchiveError
from archive.naming import file_code_forms
from archive.record import FIELDS

TOKENIZE = "unicode61 remove_diacritics 0"  # marks are told apart; `fold` makes the second column

_CONTAINS = frozenset({"organ_name", "subject", "type_name"})
_NUMBERS = frozenset({"doc_ordinal", "pages", "page_amount"})
_SEARCHED = ("code_number", "code_notation", "type_name", "organ_name", "subject", "original_name")
_PHRASE = re.compile(r'"([^"]*)"|(\S+)')


@dataclass(frozen=True, slots=True)
class Query:
    """A question: words, fields by value, days (ISO 8601, both included), how many at most (None: all).

    `organs` are identifiers of which a document's file must bear one.
    """

    words: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    date_from: str | None = None
    date_to: str | None = None
    limit: int | None = 1000
    organs: tuple[str, ...] = ()


def exact(text: str) -> str:
    """Text as the exact column holds it: composed, lower case."""
    return unicodedata.normalize("NFC", text.lower())


def fold(text: str) -> str:
    """Text as the folded column holds it: without marks, đ as d."""
    marked = unicodedata.normalize("NFD", text.lower())
    return unicodedata.normalize("NFC", "".join(c for c in marked if not unicodedata.combining(c))).replace(
        "đ", "d"
    )


def contains(value: str | None, part: str) -> bool:
    """Whether the value holds the part, in any case, and with any marks when the part has none, as words are found.

    SQLite's own LIKE knows only the case of ASCII.
    """
    if value is None:
        return False
    return _caseless(part) in _caseless(value) or (_is_bare(part) and fold(part) in fold(value))


def searchable(values: Mapping[str, object], pages: Sequence[str]) -> str:
    """What words are looked for in: the code as it is written on paper, the described fields, every page."""
    number, notation = values.get("code_number"), values.get("code_notation")
    code = f"{number}/{notation}" if number and notation else ""
    return "\n".join((code, *(str(values.get(name) or "") for name in _SEARCHED), *pages))


def match(words: str) -> str | None:
    """The FTS5 expression for words as typed ("299/UBND-TTHC", "a phrase"); None when no word is in them."""
    found = [quoted or bare for quoted, bare in _PHRASE.findall(_scrubbed(words))]
    terms = [_term(text) for text in found if any(char.isalnum() for char in text)]
    return " AND ".join(terms) or None


def where(query: Query) -> tuple[list[str], list[object]]:
    """The conditions on a document's row that a question's fields and days make, and their arguments.

    Raises:
        ArchiveError: `bad-field`, a field that records do not have, or one that is not a single value.
    """
    conditions: list[str] = []
    arguments: list[object] = []
    for name, value in query.fields.items():
        if name not in FIELDS or name == "confidence":
            raise ArchiveError("bad-field", f"{name!r} cannot be asked for")
        values = [_encodable(value).strip()]
        if name == "file_code":
            values = sorted(file_code_forms(values[0]))
        conditions.append(_condition(name, len(values)))
        arguments += values
    if query.organs:
        marks = ", ".join("?" * len(query.organs))
        conditions.append(f"file_code in (select file_code from file where organ_id in ({marks}))")
        arguments += [_encodable(organ) for organ in query.organs]
    if "state" not in query.fields:
        conditions.append("state = 'filed'")
    for bound, operator in ((query.date_from, ">="), (query.date_to, "<=")):
        if bound:
            conditions.append(f"coalesce(issued_date, shelf_day) {operator} ?")
            arguments.append(bound)
    return conditions, arguments


def _condition(name: str, values: int) -> str:
    if values > 1:
        return f"{name} in ({', '.join('?' * values)})"
    if name in _CONTAINS:
        return f"contains({name}, ?)"
    if name in _NUMBERS:
        return f"cast({name} as text) = ?"
    if name == "code_number":  # 05 on paper is 5 in a list (NĐ 30 PL I II.3 pads numbers below ten)
        return "ltrim(code_number, '0') = ltrim(?, '0')"
    return f"{name} = ?"


def _is_bare(text: str) -> bool:
    """Whether it was typed without marks."""
    return fold(text) == exact(text)


def _term(text: str) -> str:
    column, stored = ("folded" if _is_bare(text) else "exact"), exact(text)
    return f'{column}: "{stored}"'


def _scrubbed(words: str) -> str:
    text = _encodable(words)
    if text.count('"') % 2:
        text = text.replace('"', " ")
    return "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)


def _caseless(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _encodable(text: str) -> str:
    """Composed, and without the lone surrogates that an argument of a command line can hold."""
    return unicodedata.normalize("NFC", text).encode("utf-8", "replace").decode()
