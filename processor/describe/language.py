"""The language of a document, told by the marks and the small words of its pages.

PURE. Promises: Vietnamese is told by letters only it has, others by their commonest words (`config/law/kinds.toml`); a document of
pages in two languages has both. Refuses: to say anything of a page that is neither, or hardly written on: then nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from processor.describe.heading import Value
from processor.describe.layout import Line
from processor.describe.vocabulary import SIGNS, Vocabulary, nfc

VIETNAMESE = "vi"
LEAST_WORDS = 10  # of a page: fewer say nothing
READ = 0.5  # confidence: recognition made for Vietnamese puts its marks on what it cannot read
MARKED, OWN = 0.25, 0.04  # shares of words with marks of Vietnamese and of its commonest words: its pages have half, and a sixth
PLAINLY = 0.45  # a list of names has few of the commonest words
UNMARKED = 0.12  # at most, where another language is told
SMALL = 0.2  # share of the commonest words: running text has a third and more
AHEAD = 1.3  # times the share of the next language: languages share small words
SURELY = 2.0  # what a share is multiplied by to say how sure it is
MOST = 2  # languages of a document
_VIETNAMESE = re.compile("[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")


def language(pages: Sequence[Sequence[Line]], law: Vocabulary) -> Value | None:
    """ISO 639-1 codes, Vietnamese first, apart by `, `; None where no page tells, or more than two languages are told."""
    found: dict[str, float] = {}
    for rows in pages:
        code, sure = _told([word.text for row in rows for word in row.words if word.confidence >= READ], law)
        if code:
            found[code] = max(found.get(code, 0.0), sure)
    codes = sorted(found, key=lambda code: (code != VIETNAMESE, code))
    return Value(", ".join(codes), min(found.values())) if 0 < len(codes) <= MOST else None


def _told(words: Sequence[str], law: Vocabulary) -> tuple[str, float]:
    """The language of a page and how sure that is; nothing where it cannot be told."""
    spelt = [bare for text in words if (bare := nfc(text).strip(SIGNS + "()")) and any(map(str.isalpha, bare))]
    if len(spelt) < LEAST_WORDS:
        return "", 0.0
    marked = sum(1 for text in spelt if _VIETNAMESE.search(text)) / len(spelt)
    low = [text.lower() for text in spelt]
    shares = {code: sum(text in small for text in low) / len(low) for code, small in law.small_words.items()}
    own = shares.pop(VIETNAMESE, 0.0)
    if marked >= PLAINLY or (marked >= MARKED and own >= OWN):
        return VIETNAMESE, min(1.0, marked * SURELY)
    (second, _), (first, code) = [(0.0, ""), (0.0, ""), *sorted((share, code) for code, share in shares.items())][-2:]
    if marked > UNMARKED or first < max(SMALL, second * AHEAD):
        return "", 0.0
    return code, min(1.0, first * SURELY)
