"""What an auditor asks, as values and as SQL.

PURE. Promises: a word typed with its marks finds that word, a word typed without finds it with any marks, in the text as in a
field of words. Refuses (ArchiveError `bad-field`): fields the JSON contract does not name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archive.errors import ArchiveError
from archive.naming import file_code_forms
from archive.record import FIELDS
from archive.words import encodable

OF_WORDS = frozenset({"organ_name", "subject", "type_name"})  # found by words in them; every other field by its whole value
NAMED = frozenset({"organ_name", "type_name"})  # of these, those whose values come again and again
_NUMBERS = frozenset({"doc_ordinal", "pages", "page_amount"})


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

    def values(self, name: str) -> list[str]:
        """What a field may hold for it to be asked for: one value, or the forms that a code has and had."""
        value = encodable(self.fields[name]).strip()
        return sorted(file_code_forms(value)) if name == "file_code" else [value]


def where(query: Query) -> tuple[list[str], list[object]]:
    """The conditions on a document's row that a question's fields and days make, and their arguments.

    Raises:
        ArchiveError: `bad-field`, a field that records do not have, or one that is not a single value.
    """
    conditions: list[str] = []
    arguments: list[object] = []
    for name in query.fields:
        if name not in FIELDS or name == "confidence":
            raise ArchiveError("bad-field", f"{name!r} cannot be asked for")
        values = query.values(name)
        # nearly all rows are filed: the index of states would be the longest way to them
        conditions.append("+state = ?" if name == "state" and values == ["filed"] else _condition(name, len(values)))
        arguments += values
    if query.organs:
        marks = ", ".join("?" * len(query.organs))
        conditions.append(f"exists (select 1 from file where file.file_code = document.file_code and organ_id in ({marks}))")
        arguments += [encodable(organ) for organ in query.organs]
    if "state" not in query.fields:
        conditions.append("+state = 'filed'")
    for bound, operator in ((query.date_from, ">="), (query.date_to, "<=")):
        if bound:
            conditions.append(f"coalesce(issued_date, shelf_day) {operator} ?")
            arguments.append(encodable(bound))
    return conditions, arguments


def _condition(name: str, values: int) -> str:
    if values > 1:
        return f"{name} in ({', '.join('?' * values)})"
    if name in OF_WORDS:
        return f"contains({name}, ?)"
    if name in _NUMBERS:
        return f"cast({name} as text) = ?"
    if name == "code_number":  # 05 on paper is 5 in a list (NĐ 30 PL I II.3 pads numbers below ten)
        return "ltrim(code_number, '0') = ltrim(?, '0')"
    return f"{name} = ?"
